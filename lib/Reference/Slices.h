//===- Slices.h - What tensors and memrefs have in common -------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_SLICES_H
#define FOVEA_LIB_REFERENCE_SLICES_H

#include "Machine.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SmallBitVector.h"

namespace fovea::reference {

/// Reports an index that is not inside of `view`.
mlir::LogicalResult checkIndex(mlir::Operation *op, const View &view,
                               llvm::ArrayRef<int64_t> index);

/// The element at an index that is inside of `view`, or an error.
mlir::FailureOr<Scalar> loadChecked(mlir::Operation *op, const View &view,
                                    llvm::ArrayRef<int64_t> index);

/// The size of a dimension that `view` has, or an error.
mlir::FailureOr<Scalar> getDim(mlir::Operation *op, const View &view,
                               Scalar dimension);

/// Reports a view whose sizes contradict `type`.
mlir::LogicalResult checkShape(mlir::Operation *op, const View &view,
                               mlir::ShapedType type);

/// The offsets, sizes and strides of `op` applied to `view`; one that leaves
/// `view` is an error.
mlir::FailureOr<View> getSlice(Machine &machine,
                               mlir::OffsetSizeAndStrideOpInterface op,
                               const View &view);

/// `view` without some of its dimensions, whose size is 1.
View dropDims(const View &view, const llvm::SmallBitVector &dims);

void fill(const View &view, Scalar value);

/// Sizes after dimensions are merged.
Index collapse(llvm::ArrayRef<int64_t> sizes,
               llvm::ArrayRef<mlir::ReassociationIndices> groups);

/// The elements of `view`, which lie one after another, in another shape.
mlir::FailureOr<View> reshape(mlir::Operation *op, const View &view,
                              llvm::ArrayRef<int64_t> sizes);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_SLICES_H
