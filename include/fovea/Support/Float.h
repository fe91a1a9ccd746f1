//===- Float.h - 16-bit floating point values in memory ------- -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions of f16 (IEEE binary16) and bf16 bit patterns, rounding to nearest
// even, for data that no compiled code touches: files, references, printing.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_SUPPORT_FLOAT_H
#define FOVEA_SUPPORT_FLOAT_H

#include <cstdint>

namespace fovea {

/// The value of an f16 bit pattern; exact.
float f16ToFloat(uint16_t bits);

/// The value of a bf16 bit pattern; exact.
float bf16ToFloat(uint16_t bits);

/// The f16 nearest to `value`, with ties to even; rounded once, also from f64.
/// What is too large becomes infinity; a NaN becomes the quiet NaN.
uint16_t f16FromDouble(double value);

/// The bf16 nearest to `value`, by the same rules.
uint16_t bf16FromDouble(double value);

} // namespace fovea

#endif // FOVEA_SUPPORT_FLOAT_H
