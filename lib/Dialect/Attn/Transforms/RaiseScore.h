//===- RaiseScore.h - The score region of raised attention -----*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_RAISESCORE_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_RAISESCORE_H

#include "Elements.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "llvm/ADT/SetVector.h"

namespace fovea::attn {

/// What each dimension of the iteration space is made of.
using Dims = std::array<Position, 6>;

/// What the scores of an attention are computed from.
struct ScoreSource {
  Elements &elements;
  const Dims &dims;
  Term score;    ///< The element that the softmax is taken of.
  Term product;  ///< The element of the product of queries and keys,
  double factor; ///< which is this times that of the op's operands.
  /// Ops that depend on the product; the region cannot read their tensors.
  const llvm::SetVector<mlir::Operation *> &tainted;
};

/// Gives an op the scale and the score region that compute the score. Returns
/// what stands in the way; nothing if it worked.
std::string buildScore(AttentionOp op, const ScoreSource &source);

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_RAISESCORE_H
