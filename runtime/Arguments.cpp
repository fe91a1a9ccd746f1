//===- Arguments.cpp - Arguments of compiled functions --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"

#include "Aliasing.h"
#include "CudaDevice.h"

#include "fovea-runtime/Runtime.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

using namespace fovea::runtime;

namespace {

enum DeviceType : int64_t { cpuDevice = 1, cudaDevice = 2, hostDevice = 3 };

/// What a signature says of an argument, in either version of the ABI.
class Parameter {
public:
  /// Reads one and moves `words` behind it.
  Parameter(const int64_t *&words, int64_t abi)
      : rank(words[0]), code(words[1]), bits(words[2]),
        written(abi > 1 && words[3]), wordsOfDim(abi > 1 ? 2 : 1),
        dims(words + (abi > 1 ? 4 : 3)) {
    words = dims + (isScalar() ? 0 : rank * wordsOfDim);
  }

  bool isScalar() const { return rank < 0; }
  /// -1: any.
  int64_t size(int64_t axis) const { return dims[axis * wordsOfDim]; }
  int64_t stride(int64_t axis) const {
    if (wordsOfDim == 2)
      return dims[axis * 2 + 1];
    return axis == rank - 1 ? 1 : -1;
  }

  int64_t rank, code, bits;
  bool written;

private:
  int64_t wordsOfDim;
  const int64_t *dims;
};

/// Checks and unpacks one argument after the other.
class Binder {
public:
  Binder(const char *name, int64_t device, int64_t *storage)
      : name(name), device(device), storage(storage) {}

  bool bind(int64_t position, const Parameter &parameter,
            const fovea_tensor_t *tensor, Span &span);

  /// Whether the written one of two arguments has its memory for itself;
  /// `other` is null to compare it with itself.
  bool isAlone(int64_t position, const Span &span, int64_t otherPosition,
               const Span *other);

private:
  __attribute__((format(printf, 2, 3))) bool fail(const char *format, ...);
  bool bindScalar(const fovea_tensor_t &tensor, const Parameter &parameter);
  bool bindArray(const fovea_tensor_t &tensor, const Parameter &parameter,
                 Span &span);
  bool checkDevice(const fovea_tensor_t &tensor);
  bool checkSizes(const fovea_tensor_t &tensor, const Parameter &parameter,
                  int64_t &elements);
  bool measure(Span &span, int64_t elements);

  const char *name;
  int64_t device;
  int64_t *storage;
  int64_t number = 0;
  int32_t deviceId = -1;
};

} // namespace

bool Binder::fail(const char *format, ...) {
  char message[512];
  int length = snprintf(message, sizeof(message),
                        "%.200s: argument %" PRId64 ": ", name, number);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + length, sizeof(message) - length, format, arguments);
  va_end(arguments);
  fovea_report_error(message);
  return false;
}

static const char *kindName(int64_t code) {
  switch (code) {
  case 0:
    return "int";
  case 1:
    return "uint";
  case 2:
    return "float";
  case 4:
    return "bfloat";
  case 6:
    return "bool";
  default:
    return "unknown ";
  }
}

static const char *deviceName(int64_t type) {
  return type == cpuDevice    ? "the CPU"
         : type == cudaDevice ? "a CUDA device"
         : type == hostDevice ? "CUDA's host memory"
                              : "a device of another kind";
}

bool Binder::bind(int64_t position, const Parameter &parameter,
                  const fovea_tensor_t *tensor, Span &span) {
  number = position;
  int64_t rank = parameter.isScalar() ? 0 : parameter.rank;
  if (!tensor)
    return fail("is NULL");
  if (tensor->ndim != rank)
    return fail("expected rank %" PRId64 ", got %d", rank, int(tensor->ndim));
  // A bool may be an integer of 8 bits.
  bool fits = tensor->dtype.code == parameter.code ||
              (parameter.code == 6 && tensor->dtype.code <= 1);
  if (!fits || tensor->dtype.bits != parameter.bits || tensor->dtype.lanes != 1)
    return fail("expected elements of type %s%" PRId64 ", got %s%d%s",
                kindName(parameter.code), parameter.bits,
                kindName(tensor->dtype.code), int(tensor->dtype.bits),
                tensor->dtype.lanes == 1 ? "" : " in vectors");
  return parameter.isScalar() ? bindScalar(*tensor, parameter)
                              : bindArray(*tensor, parameter, span);
}

bool Binder::bindScalar(const fovea_tensor_t &tensor,
                        const Parameter &parameter) {
  if (tensor.device.type != cpuDevice && tensor.device.type != hostDevice)
    return fail("is a scalar; expected it on the CPU, got %s",
                deviceName(tensor.device.type));
  if (!tensor.data)
    return fail("has no data");
  *storage = 0;
  memcpy(storage++, static_cast<char *>(tensor.data) + tensor.byte_offset,
         parameter.bits / 8);
  return true;
}

bool Binder::checkDevice(const fovea_tensor_t &tensor) {
  bool here = tensor.device.type == device ||
              (device == cpuDevice && tensor.device.type == hostDevice);
  if (!here)
    return fail("expected it on %s, got %s", deviceName(device),
                deviceName(tensor.device.type));
  if (device != cudaDevice)
    return true;
  if (deviceId >= 0 && deviceId != tensor.device.id)
    return fail("is on CUDA device %d, but an earlier one on device %d",
                int(tensor.device.id), int(deviceId));
  deviceId = tensor.device.id;
  char why[256];
  return isCurrentCudaDevice(deviceId, why, sizeof(why)) || fail("%s", why);
}

bool Binder::checkSizes(const fovea_tensor_t &tensor,
                        const Parameter &parameter, int64_t &elements) {
  if (parameter.rank > 0 && !tensor.shape)
    return fail("has no shape");
  elements = 1;
  for (int64_t axis = 0; axis < parameter.rank; ++axis) {
    int64_t size = tensor.shape[axis], expected = parameter.size(axis);
    if (size < 0 || (expected >= 0 && size != expected))
      return fail(expected >= 0 ? "dimension %" PRId64 " has size %" PRId64
                                  ", expected %" PRId64
                                : "dimension %" PRId64 " has size %" PRId64,
                  axis, size, expected);
    if (__builtin_mul_overflow(elements, size, &elements))
      return fail("is too large");
  }
  return true;
}

/// Finds the bytes of an array that begins at span.first.
bool Binder::measure(Span &span, int64_t elements) {
  if (elements == 0) {
    span.first = 1;
    span.last = 0;
    return true;
  }
  int64_t below = 0, above = span.bytes - 1;
  for (int64_t axis = 0; axis < span.rank; ++axis) {
    int64_t reach;
    bool isFar =
        __builtin_mul_overflow(span.sizes[axis] - 1, span.bytes, &reach) ||
        __builtin_mul_overflow(reach, span.strides[axis], &reach);
    int64_t &side = reach < 0 ? below : above;
    constexpr int64_t limit = INT64_C(1) << 60;
    if (isFar || __builtin_add_overflow(side, reach, &side) || side > limit ||
        side < -limit)
      return fail("is too large");
  }
  span.last = span.first + above;
  span.first += below;
  return span.last >= span.first || fail("is too large");
}

bool Binder::bindArray(const fovea_tensor_t &tensor, const Parameter &parameter,
                       Span &span) {
  int64_t elements, rank = parameter.rank, bytes = parameter.bits / 8;
  if (!checkDevice(tensor) || !checkSizes(tensor, parameter, elements))
    return false;
  if (elements && !tensor.data)
    return fail("has no data");
  uintptr_t address =
      reinterpret_cast<uintptr_t>(tensor.data) + tensor.byte_offset;
  if (elements && address % bytes)
    return fail("its address is not a multiple of %" PRId64 ", the size of an "
                "element",
                bytes);
  storage[0] = storage[1] = static_cast<int64_t>(address);
  storage[2] = 0;
  int64_t *sizes = storage + 3, *strides = sizes + rank;
  uint64_t rowMajor = 1; // Wraps where there are no elements.
  for (int64_t axis = rank; axis-- > 0;) {
    int64_t expected = parameter.stride(axis);
    sizes[axis] = tensor.shape[axis];
    strides[axis] = tensor.strides ? tensor.strides[axis] : int64_t(rowMajor);
    // The stride of a dimension of one element is never used.
    if (sizes[axis] <= 1 && expected >= 0)
      strides[axis] = expected;
    if (expected >= 0 && strides[axis] != expected)
      return fail("dimension %" PRId64 " has stride %" PRId64 ", expected "
                  "%" PRId64 "; pass a copy that has it",
                  axis, strides[axis], expected);
    rowMajor *= sizes[axis] > 1 ? sizes[axis] : 1;
  }
  span = {address, address, bytes, rank, sizes, strides};
  storage = strides + rank;
  return measure(span, elements);
}

bool Binder::isAlone(int64_t position, const Span &span, int64_t otherPosition,
                     const Span *other) {
  number = position;
  if (!other)
    return !overlapsItself(span) ||
           fail(
               "is written, but its elements share memory; pass an array whose "
               "strides keep them apart");
  return !shareMemory(span, *other) ||
         fail("is written and shares memory with argument %" PRId64 "; give it "
              "memory of its own",
              otherPosition);
}

bool fovea::runtime::bindArguments(const char *name, const int64_t *signature,
                                   int64_t abi,
                                   const fovea_tensor_t *const *arguments,
                                   int64_t count, int64_t *storage) {
  int64_t device = signature[0], expected = signature[1];
  if (count != expected || (count && !arguments)) {
    char message[512];
    snprintf(message, sizeof(message),
             "%.200s: expected %" PRId64 " arguments, got %" PRId64, name,
             expected, arguments ? count : 0);
    fovea_report_error(message);
    return false;
  }
  const int64_t *const first = signature + (abi > 1 ? 3 : 2);
  Binder binder(name, device, storage);
  auto *spans = static_cast<Span *>(__builtin_alloca(sizeof(Span) * count + 1));
  auto *written = static_cast<bool *>(__builtin_alloca(count + 1));
  const int64_t *words = first;
  for (int64_t n = 0; n < count; ++n) {
    Parameter parameter(words, abi);
    spans[n] = {1, 0, 1, 0, nullptr, nullptr};
    written[n] = parameter.written;
    if (!binder.bind(n, parameter, arguments[n], spans[n]))
      return false;
  }
  for (int64_t n = 0; n < count; ++n) {
    if (!written[n])
      continue;
    if (!binder.isAlone(n, spans[n], n, nullptr))
      return false;
    for (int64_t other = 0; other < count; ++other)
      if (other != n && !(written[other] && other > n) &&
          !binder.isAlone(n, spans[n], other, &spans[other]))
        return false;
  }
  return true;
}

int fovea_bind_arguments(const char *name, const int64_t *signature,
                         const fovea_tensor_t *const *arguments, int64_t count,
                         int64_t *storage) {
  fovea_clear_error();
  return !bindArguments(name, signature, /*abi=*/1, arguments, count, storage);
}

int fovea_call_status(void) { return fovea_last_error() != nullptr; }
