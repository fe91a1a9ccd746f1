//===- MaskRanges.h - Ranges of key tiles in closed form --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the mask of an op becomes in its kernel: a few ranges of key tiles for
// each query tile (TileBounds.h), with what they visit and what they would
// visit if each tile were looked at.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKRANGES_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKRANGES_H

#include "TileMap.h"

#include "fovea/Analysis/TileBounds.h"

namespace fovea::attn {

/// Tiles by what the ranges make of them, and the partial ones that are empty
/// or full when one looks at them one by one.
struct RangeCounts {
  int64_t empty = 0, full = 0, partial = 0;
  int64_t inVain = 0;

  int64_t all() const { return empty + full + partial; }
  void add(const RangeCounts &other);
};

/// The analysis of the mask region of an op, which has one.
class MaskRanges {
public:
  MaskRanges(ScoreOpInterface op, TileExtents tiles);

  const TileBounds &getBounds() const { return bounds; }
  const TileRows &getRows() const { return rows; }
  const MaskTranslation &getTranslation() const { return translation; }
  RegionMask &getSource() { return source; }
  /// The symbols that are the first query of a tile, and the number of those
  /// after it where that varies (else 0, which is none).
  unsigned getFirst() const { return first; }
  unsigned getOthers() const { return others; }

  /// Whether sizes are static and the mask depends on b, h, i and j alone, so
  /// that tiles can be counted and classified.
  bool isKnown() const { return known; }
  /// Whether the mask depends on b, or on h.
  bool dependsOn(unsigned argument) const;
  /// Whether the ranges may hold more than they have to.
  bool mayVisitInVain() const;
  /// The ranges of the query tiles of a sequence and a head, of a mask that is
  /// known: key tiles [low, high). Others are empty.
  void visit(int64_t b, int64_t h,
             llvm::function_ref<void(int64_t row, int64_t low, int64_t high,
                                     bool partial)>
                 take) const;
  /// The same tiles, looked at one by one, with so many boxes inside of each.
  TileTable classify(int64_t b, int64_t h, unsigned maxSteps) const;
  /// The tiles of all sequences and heads, those that are alike once; none
  /// unless the mask is known. A larger table than `maxTable` is not made.
  std::optional<RangeCounts> count() const;

private:
  int64_t symbolOf(unsigned term, int64_t b, int64_t h) const;

  mlir::Region &mask;
  OpExtents extents;
  TileExtents tiles;
  IntegerRange coordinates;
  RegionMask source;
  MaskTranslation translation;
  unsigned first, others = 0;
  TileRows rows;
  TileBounds bounds;
  bool known;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKRANGES_H
