//===- AttnRegions.h - Inlining of score and mask regions ------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNREGIONS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNREGIONS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Region.h"

namespace fovea::attn {

/// Creates the read of `table` at `indices` that a region's tensor.extract or
/// memref.load stands for.
using CapturedRead = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::Value table,
    mlir::ValueRange indices)>;

/// Clones a score or mask region at the builder's insertion point, with its
/// arguments replaced by `arguments`, and returns what it yields. Divisions of
/// integers do not trap in the clone, unless they stay in a region.
mlir::Value inlineRegion(mlir::OpBuilder &builder, mlir::Region &region,
                         mlir::ValueRange arguments, CapturedRead read,
                         bool guardsDivisions = true);

/// The same, with a mapping that says what stands for each of the region's
/// values.
mlir::Value inlineRegion(mlir::OpBuilder &builder, mlir::Region &region,
                         mlir::ValueRange arguments, CapturedRead read,
                         mlir::IRMapping &mapping, bool guardsDivisions = true);

/// An index by the convention for captured reads: from the end of the `size`
/// elements where negative, then clamped.
mlir::Value createSafeIndex(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value index, mlir::Value size);

/// A tensor.extract or memref.load with such indices.
mlir::Value createSafeExtract(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value tensor, mlir::ValueRange indices);
mlir::Value createSafeLoad(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value memref, mlir::ValueRange indices);

/// Whether a score region yields its score plus something that does not depend
/// on it; false for no region.
bool onlyAdds(mlir::Region &score);

/// The multiplication by a positive constant from 2^-20 to 2^20 whose result a
/// score region, or a copy of it that `terminator` ends, yields; null if there
/// is none. `factor` is set to the constant.
mlir::Operation *getLastScaling(mlir::Operation *terminator, double &factor);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNREGIONS_H
