//===- AttnGroups.cpp - Heads and sequences that share keys ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnGroups.h"

using namespace mlir;
using namespace fovea::attn;

/// Extent of a dimension of an operand, 1 if it has none.
static int64_t extentOf(Value operand, AffineMap map, Dim dim) {
  std::optional<unsigned> axis = axisOf(map, dim);
  return axis ? cast<ShapedType>(operand.getType()).getDimSize(*axis) : 1;
}

/// Whether all sequences attend to the same keys and values, as many of each.
static bool sharesKeys(AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return op.getSegments().size() == 1 &&
         cast<SegmentAttr>(op.getSegments()[0]).getKind() ==
             SegmentKind::dense &&
         !axisOf(maps[1], dimB) && !axisOf(maps[2], dimB) &&
         op.getLengths().empty() && extentOf(op.getQuery(), maps[0], dimB) != 1;
}

/// The members along `dim`, if they share keys and can be rows.
static std::optional<KeyGroup> getKeyGroupAlong(AttentionOp op, Dim dim) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  KeyGroup group{dim, extentOf(op.getQuery(), maps[0], dimI), 0};
  auto isGrouped = [&](AffineMap map) {
    return axisOf(map, dim) && axisOf(map, dimI);
  };
  if (!isGrouped(maps[0]) || !isGrouped(maps[3]) ||
      (op.getLse() && !isGrouped(maps[4])) || group.queries < 1 ||
      group.queries > mostFewQueries)
    return std::nullopt;
  group.size = extentOf(op.getQuery(), maps[0], dim);
  if (dim == dimH) {
    int64_t all = group.size;
    int64_t shared = extentOf(op.getKeys()[0], maps[1], dimH);
    bool isDynamic =
        ShapedType::isDynamic(all) || ShapedType::isDynamic(shared);
    if (!isDynamic && (all == shared || shared == 0))
      return std::nullopt;
    group.size = isDynamic ? ShapedType::kDynamic : all / shared;
  }
  // Where rows begin is not known otherwise.
  if (group.queries > 1 && (ShapedType::isDynamic(group.size) || !group.size))
    return std::nullopt;
  return group;
}

std::optional<KeyGroup> fovea::attn::getKeyGroup(AttentionOp op) {
  if (!op.getOrigin().empty() || op.hasWalk() ||
      cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() > 0)
    return std::nullopt;
  if (sharesKeys(op))
    if (std::optional<KeyGroup> group = getKeyGroupAlong(op, dimB))
      return group;
  return getKeyGroupAlong(op, dimH);
}
