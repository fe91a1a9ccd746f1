//===- AttnFactors.h - Factors of a bias ------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNFACTORS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNFACTORS_H

#include "fovea/Dialect/Attn/IR/Attn.h"

namespace fovea::attn {

/// The dimensions in which a factor need not have the size of the operand whose
/// map it has: in place of the channels are the products of a sum, and what has
/// a size of 1 is shared.
inline llvm::SmallVector<unsigned> getFreeDims(mlir::Value factor,
                                               mlir::AffineMap map) {
  llvm::SmallVector<unsigned> dims = {dimD};
  auto type = mlir::cast<mlir::ShapedType>(factor.getType());
  for (auto [size, dim] : llvm::zip(type.getShape(), map.getResults()))
    if (size == 1)
      dims.push_back(mlir::cast<mlir::AffineDimExpr>(dim).getPosition());
  return dims;
}

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNFACTORS_H
