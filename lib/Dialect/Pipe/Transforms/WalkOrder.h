//===- WalkOrder.h - The order of a walk's ranges ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_PIPE_TRANSFORMS_WALKORDER_H
#define FOVEA_LIB_DIALECT_PIPE_TRANSFORMS_WALKORDER_H

#include "fovea/Dialect/Tile/IR/Tile.h"

namespace fovea::pipe {

/// Puts ranges of one kind beside each other, those of the first one's kind
/// first: the order in which keys are visited does not matter. A walk that
/// stands in a loop is left as it is.
void sortRanges(tile::WalkRangesOp walk);

} // namespace fovea::pipe

#endif // FOVEA_LIB_DIALECT_PIPE_TRANSFORMS_WALKORDER_H
