//===- Scalar.h - Scalar operations -----------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_SCALAR_H
#define FOVEA_LIB_REFERENCE_SCALAR_H

#include "Values.h"

namespace fovea::reference {

/// Computes the one result of a scalar operation. Results are not yet reduced
/// to their type; see `finish`.
using ScalarFunction = Scalar (*)(mlir::Operation *op,
                                  llvm::ArrayRef<Scalar> operands);

/// The function for `op`, an operation of arith, math or index; null if there
/// is none.
ScalarFunction getScalarFunction(mlir::Operation *op);

/// Whether the interpreter has scalars of this type.
bool isScalarType(mlir::Type type);

/// Wraps an integer to its width, and rounds a float that is narrower than f32.
Scalar finish(Scalar value, mlir::Type type);

/// The number that an attribute holds.
Scalar getScalar(mlir::Attribute attribute);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_SCALAR_H
