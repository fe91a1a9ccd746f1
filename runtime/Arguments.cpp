//===- Arguments.cpp - Arguments of compiled functions --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CudaDevice.h"

#include "fovea-runtime/Runtime.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace {

enum DeviceType : int64_t { cpuDevice = 1, cudaDevice = 2, hostDevice = 3 };

/// Checks and unpacks one argument after the other.
class Binder {
public:
  Binder(const char *name, int64_t device, int64_t *storage)
      : name(name), device(device), storage(storage) {}

  /// `signature` and the storage are advanced.
  bool bind(int64_t number, const int64_t *&signature,
            const fovea_tensor_t *tensor);

private:
  __attribute__((format(printf, 2, 3))) bool fail(const char *format, ...);
  bool bindScalar(const fovea_tensor_t &tensor, int64_t bits);
  bool bindArray(const fovea_tensor_t &tensor, int64_t rank, int64_t bits,
                 const int64_t *sizes);

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

bool Binder::bind(int64_t position, const int64_t *&signature,
                  const fovea_tensor_t *tensor) {
  number = position;
  int64_t rank = signature[0], code = signature[1], bits = signature[2];
  const int64_t *sizes = signature + 3;
  signature = sizes + (rank < 0 ? 0 : rank);
  if (!tensor)
    return fail("is NULL");
  if (tensor->ndim != (rank < 0 ? 0 : rank))
    return fail("expected rank %" PRId64 ", got %d", rank < 0 ? 0 : rank,
                int(tensor->ndim));
  // A bool may be an integer of 8 bits.
  bool fits =
      tensor->dtype.code == code || (code == 6 && tensor->dtype.code <= 1);
  if (!fits || tensor->dtype.bits != bits || tensor->dtype.lanes != 1)
    return fail("expected elements of type %s%" PRId64 ", got %s%d%s",
                kindName(code), bits, kindName(tensor->dtype.code),
                int(tensor->dtype.bits),
                tensor->dtype.lanes == 1 ? "" : " in vectors");
  return rank < 0 ? bindScalar(*tensor, bits)
                  : bindArray(*tensor, rank, bits, sizes);
}

bool Binder::bindScalar(const fovea_tensor_t &tensor, int64_t bits) {
  if (tensor.device.type != cpuDevice && tensor.device.type != hostDevice)
    return fail("is a scalar; expected it on the CPU, got %s",
                deviceName(tensor.device.type));
  if (!tensor.data)
    return fail("has no data");
  *storage = 0;
  memcpy(storage++, static_cast<char *>(tensor.data) + tensor.byte_offset,
         bits / 8);
  return true;
}

bool Binder::bindArray(const fovea_tensor_t &tensor, int64_t rank, int64_t bits,
                       const int64_t *sizes) {
  bool here = tensor.device.type == device ||
              (device == cpuDevice && tensor.device.type == hostDevice);
  if (!here)
    return fail("expected it on %s, got %s", deviceName(device),
                deviceName(tensor.device.type));
  if (device == cudaDevice) {
    if (deviceId >= 0 && deviceId != tensor.device.id)
      return fail("is on CUDA device %d, but an earlier one on device %d",
                  int(tensor.device.id), int(deviceId));
    deviceId = tensor.device.id;
    char why[256];
    if (!fovea::runtime::isCurrentCudaDevice(deviceId, why, sizeof(why)))
      return fail("%s", why);
  }
  if (rank > 0 && !tensor.shape)
    return fail("has no shape");
  int64_t elements = 1;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t size = tensor.shape[axis];
    if (size < 0 || (sizes[axis] >= 0 && size != sizes[axis]))
      return fail(sizes[axis] >= 0 ? "dimension %" PRId64 " has size %" PRId64
                                     ", expected %" PRId64
                                   : "dimension %" PRId64 " has size %" PRId64,
                  axis, size, sizes[axis]);
    if (__builtin_mul_overflow(elements, size, &elements))
      return fail("is too large");
  }
  if (elements && !tensor.data)
    return fail("has no data");
  uintptr_t address =
      reinterpret_cast<uintptr_t>(tensor.data) + tensor.byte_offset;
  if (elements && address % (bits / 8))
    return fail("its address is not a multiple of %" PRId64 ", the size of an "
                "element",
                bits / 8);
  if (rank > 0 && tensor.strides && tensor.shape[rank - 1] > 1 &&
      tensor.strides[rank - 1] != 1)
    return fail("the last dimension has stride %" PRId64 "; expected 1, as of "
                "a contiguous copy",
                tensor.strides[rank - 1]);
  storage[0] = storage[1] = static_cast<int64_t>(address);
  storage[2] = 0;
  int64_t *extents = storage + 3, *strides = extents + rank, stride = 1;
  for (int64_t axis = rank; axis-- > 0;) {
    extents[axis] = tensor.shape[axis];
    strides[axis] =
        !tensor.strides || axis == rank - 1 ? stride : tensor.strides[axis];
    stride *= tensor.shape[axis] > 1 ? tensor.shape[axis] : 1;
  }
  storage = strides + rank;
  return true;
}

int fovea_bind_arguments(const char *name, const int64_t *signature,
                         const fovea_tensor_t *const *arguments, int64_t count,
                         int64_t *storage) {
  fovea_clear_error();
  int64_t device = *signature++, expected = *signature++;
  if (count != expected || (count && !arguments)) {
    char message[512];
    snprintf(message, sizeof(message),
             "%.200s: expected %" PRId64 " arguments, got %" PRId64, name,
             expected, arguments ? count : 0);
    fovea_report_error(message);
    return 1;
  }
  Binder binder(name, device, storage);
  for (int64_t n = 0; n < count; ++n)
    if (!binder.bind(n, signature, arguments[n]))
      return 1;
  return 0;
}

int fovea_call_status(void) { return fovea_last_error() != nullptr; }
