//===- Float.cpp - 16-bit floating point values in memory -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Float.h"

#include <cmath>
#include <cstring>

namespace {
/// A binary format of 1 + exponent + mantissa = 16 bits.
struct Format {
  int exponentBits;
  int mantissaBits;

  constexpr int bias() const { return (1 << (exponentBits - 1)) - 1; }
  constexpr int infinity() const {
    return ((1 << exponentBits) - 1) << mantissaBits;
  }
};
constexpr Format f16{5, 10};
constexpr Format bf16{8, 7};
} // namespace

static uint16_t fromDouble(Format format, double value) {
  int sign = std::signbit(value) ? 1 << 15 : 0;
  if (std::isnan(value))
    return sign | format.infinity() | 1 << (format.mantissaBits - 1);
  double magnitude = std::fabs(value);
  // Below the smallest normal value all values are equally far apart.
  int minExponent = 1 - format.bias();
  int exponent = magnitude == 0 ? minExponent : std::ilogb(magnitude);
  if (std::isinf(magnitude) || exponent > format.bias())
    return sign | format.infinity();
  if (exponent < minExponent)
    exponent = minExponent;
  // The mantissa with its leading one, rounded. If rounding carries, adding it
  // moves to the next exponent and from there to infinity.
  double scaled = std::ldexp(magnitude, format.mantissaBits - exponent);
  int mantissa = int(std::nearbyint(scaled));
  return sign | (((exponent - minExponent) << format.mantissaBits) + mantissa);
}

float fovea::f16ToFloat(uint16_t bits) {
  int magnitude = bits & 0x7fff;
  float value;
  if (magnitude < f16.infinity()) {
    // Read as an f32, the bits are the value scaled by 2^(15 - 127).
    uint32_t scaled = uint32_t(magnitude) << 13;
    memcpy(&value, &scaled, sizeof(value));
    value *= 0x1p112f;
  } else {
    value = magnitude == f16.infinity() ? INFINITY : NAN;
  }
  return std::copysign(value, bits & 0x8000 ? -1.0f : 1.0f);
}

float fovea::bf16ToFloat(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &wide, sizeof(value));
  return value;
}

uint16_t fovea::f16FromDouble(double value) { return fromDouble(f16, value); }

uint16_t fovea::bf16FromDouble(double value) { return fromDouble(bf16, value); }
