//===- ElementKind.cpp - The element types of tensors in memory -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/ElementKind.h"

#include "fovea/Support/Float.h"

#include "llvm/Support/ErrorHandling.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace llvm;
using fovea::ElementKind;

unsigned fovea::elementSize(ElementKind kind) {
  switch (kind) {
  case ElementKind::I8:
  case ElementKind::U8:
  case ElementKind::Bool:
    return 1;
  case ElementKind::F16:
  case ElementKind::BF16:
  case ElementKind::I16:
    return 2;
  case ElementKind::F32:
  case ElementKind::I32:
    return 4;
  case ElementKind::F64:
  case ElementKind::I64:
    return 8;
  }
  llvm_unreachable("not an element kind");
}

StringRef fovea::elementName(ElementKind kind) {
  switch (kind) {
  case ElementKind::F16:
    return "f16";
  case ElementKind::BF16:
    return "bf16";
  case ElementKind::F32:
    return "f32";
  case ElementKind::F64:
    return "f64";
  case ElementKind::I8:
    return "i8";
  case ElementKind::I16:
    return "i16";
  case ElementKind::I32:
    return "i32";
  case ElementKind::I64:
    return "i64";
  case ElementKind::U8:
    return "u8";
  case ElementKind::Bool:
    return "bool";
  }
  llvm_unreachable("not an element kind");
}

std::optional<ElementKind> fovea::parseElementKind(StringRef name) {
  for (ElementKind kind : allElementKinds)
    if (elementName(kind) == name)
      return kind;
  return std::nullopt;
}

template <typename T>
static T load(const void *data, int64_t index) {
  T value;
  memcpy(&value, static_cast<const char *>(data) + index * sizeof(T),
         sizeof(T));
  return value;
}

template <typename T>
static void store(void *data, int64_t index, T value) {
  memcpy(static_cast<char *>(data) + index * sizeof(T), &value, sizeof(T));
}

template <typename T>
static T toInteger(double value) {
  if (std::isnan(value))
    return 0;
  value = std::nearbyint(value);
  // 2^63 isn't an int64_t, hence the comparison with the first value above.
  constexpr double low = double(std::numeric_limits<T>::min());
  constexpr double aboveHigh =
      2 * double(std::numeric_limits<T>::max() / 2 + 1);
  if (value < low)
    return std::numeric_limits<T>::min();
  if (value >= aboveHigh)
    return std::numeric_limits<T>::max();
  return T(value);
}

double fovea::loadElement(ElementKind kind, const void *data, int64_t index) {
  switch (kind) {
  case ElementKind::F16:
    return f16ToFloat(load<uint16_t>(data, index));
  case ElementKind::BF16:
    return bf16ToFloat(load<uint16_t>(data, index));
  case ElementKind::F32:
    return load<float>(data, index);
  case ElementKind::F64:
    return load<double>(data, index);
  case ElementKind::I8:
    return load<int8_t>(data, index);
  case ElementKind::I16:
    return load<int16_t>(data, index);
  case ElementKind::I32:
    return load<int32_t>(data, index);
  case ElementKind::I64:
    return double(load<int64_t>(data, index));
  case ElementKind::U8:
    return load<uint8_t>(data, index);
  case ElementKind::Bool:
    return load<uint8_t>(data, index) != 0;
  }
  llvm_unreachable("not an element kind");
}

void fovea::storeElement(ElementKind kind, void *data, int64_t index,
                         double value) {
  switch (kind) {
  case ElementKind::F16:
    return store(data, index, f16FromDouble(value));
  case ElementKind::BF16:
    return store(data, index, bf16FromDouble(value));
  case ElementKind::F32:
    return store(data, index, float(value));
  case ElementKind::F64:
    return store(data, index, value);
  case ElementKind::I8:
    return store(data, index, toInteger<int8_t>(value));
  case ElementKind::I16:
    return store(data, index, toInteger<int16_t>(value));
  case ElementKind::I32:
    return store(data, index, toInteger<int32_t>(value));
  case ElementKind::I64:
    return store(data, index, toInteger<int64_t>(value));
  case ElementKind::U8:
    return store(data, index, toInteger<uint8_t>(value));
  case ElementKind::Bool:
    return store(data, index, uint8_t(value != 0));
  }
  llvm_unreachable("not an element kind");
}
