//===- ListTiles.cpp - List the tiles of masks without exact ranges -------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskRanges.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNLISTTILES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Larger tables are not made: it takes time, and an entry a tile.
static constexpr int64_t maxListed = int64_t(1) << 16;

/// The tiles of a table that are not empty.
static TileLists getLists(const TileTable &table) {
  TileLists lists(table.classes.size() / table.numKeyTiles);
  for (auto [row, list] : llvm::enumerate(lists))
    for (int64_t tile = 0; tile < table.numKeyTiles; ++tile)
      if (TileClass which = table.at(row, tile); which != TileClass::empty)
        list.push_back({tile, which});
  return lists;
}

namespace {

struct AttnListTilesPass final
    : attn::impl::AttnListTilesBase<AttnListTilesPass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation()->walk([&](AttentionOp op) {
      if (isCandidate(op))
        list(op);
    });
  }

  static bool isCandidate(AttentionOp op) {
    return !op.getMask().empty() && !op.hasWalk() &&
           op.getOrigin().empty() && op.getSegments().size() == 1 &&
           cast<SegmentAttr>(op.getSegments()[0]).getKind() ==
               SegmentKind::dense &&
           cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics();
  }

  void list(AttentionOp op) {
    TileExtents tiles = getTiles(op, CudaTarget::isCuda(target));
    OpExtents extents(op);
    if (extents.queries < tiles.queries || extents.keys <= 0 ||
        tiles.queries % walkUnit != 0 || tiles.keys % walkUnit != 0)
      return;
    MaskRanges ranges(op, tiles);
    if (!ranges.isKnown() || ranges.dependsOn(0) || !ranges.mayVisitInVain())
      return;
    int64_t heads = ranges.dependsOn(1) ? extents.heads : 1;
    int64_t rows = llvm::divideCeil(extents.queries, tiles.queries);
    int64_t columns = llvm::divideCeil(extents.keys, tiles.keys);
    if (heads * rows > maxListed / columns)
      return;
    TileCounts counts;
    SmallVector<TileLists> lists;
    for (int64_t h = 0; h < heads; ++h) {
      counts.add(ranges.count(0, h));
      lists.push_back(getLists(ranges.classify(0, h)));
    }
    if (counts.inVain == 0)
      return;
    OpBuilder b(op);
    setWalk(b, op, lists, tiles);
    ++numListed;
    numSpared += counts.inVain;
  }
};

} // namespace
