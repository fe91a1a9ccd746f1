//===- LoopMask.h - The mask of a key loop, bounded -------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the mask in a key loop to ops ahead of the loop that say which key tiles
// some rows see (Analysis/TileBounds.h, Analysis/TileRanges.h).
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_TRANSFORMS_LOOPMASK_H
#define FOVEA_DIALECT_TILE_TRANSFORMS_LOOPMASK_H

#include "fovea/Analysis/TileRanges.h"
#include "fovea/Dialect/Tile/Transforms/KeyLoop.h"

#include <memory>

namespace fovea::tile {

/// The mask of a key loop: in a branch that %partial takes, a map that yields
/// select(%condition, %element, -inf), beside one that yields the elements'
/// tile as it is.
struct LoopMask {
  MapOp map;
  mlir::Value condition;
  mlir::Value scores; ///< The tile that is masked.
  /// The coordinates of its first element: the row is `row`, the column `first`
  /// + `base`, where `first` is the walk's tile times its columns.
  mlir::Value row, first, base;
};

/// The mask in a branch on the %partial of a key loop, with ops of the loop
/// made at the builder's place, ahead of it; none if the branch is something
/// else, or the coordinates have another form.
std::optional<LoopMask> findLoopMask(mlir::OpBuilder &b, KeyLoop &key,
                                     mlir::scf::IfOp branch);

/// Where a tile begins in a view, and the view's extent along that axis; null
/// if they are not known ahead of the loop.
struct TilePlace {
  mlir::Value offset, extent;
};

/// The bounds of a mask, and the ops that evaluate them, made at the builder's
/// place, ahead of the loop.
class RefinedMask {
public:
  /// Of `numRows` rows from `mask.row` on. Rows and keys beyond the extents of
  /// `queries` and `keys` do not exist.
  RefinedMask(mlir::OpBuilder &b, mlir::scf::ForOp loop, const LoopMask &mask,
              int64_t numRows, const TilePlace &queries, const TilePlace &keys);
  ~RefinedMask();

  /// Whether nothing is known.
  bool isTrivial() const;

  /// Ranges of the tiles in [low, high) that the rows see; the others in it
  /// they do not.
  llvm::SmallVector<TileRange<mlir::Value>> makeRanges(mlir::Value low,
                                                       mlir::Value high);

private:
  class Bounds;
  std::unique_ptr<Bounds> bounds;
};

} // namespace fovea::tile

#endif // FOVEA_DIALECT_TILE_TRANSFORMS_LOOPMASK_H
