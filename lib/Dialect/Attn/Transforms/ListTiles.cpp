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

/// Larger tables are not made: an entry a tile.
static constexpr int64_t maxListed = int64_t(1) << 16;

/// Boxes inside of all tiles of an op, about: a second at worst.
static constexpr int64_t maxBoxes = int64_t(1) << 23;

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
    if (op.getMask().empty() || op.hasWalk() || !op.getOrigin().empty() ||
        op.getSegments().size() != 1 ||
        !cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
      return false;
    auto segment = cast<SegmentAttr>(op.getSegments()[0]);
    return segment.getKind() == SegmentKind::dense &&
           segment.getNumOffsets() == 0;
  }

  void list(AttentionOp op) {
    bool isCuda = CudaTarget::isCuda(target);
    TileExtents tiles = getTiles(op, isCuda);
    OpExtents extents(op);
    if (extents.queries < tiles.queries || extents.keys <= 0 ||
        tiles.queries % walkUnit != 0 || tiles.keys % walkUnit != 0)
      return;
    int64_t rows = llvm::divideCeil(extents.queries, tiles.queries);
    int64_t columns = llvm::divideCeil(extents.keys, tiles.keys);
    if (rows > maxListed / columns)
      return;
    MaskRanges ranges(op, tiles);
    if (!ranges.isKnown() || ranges.dependsOn(0) || !ranges.mayVisitInVain())
      return;
    int64_t heads = ranges.dependsOn(1) ? extents.heads : 1;
    if (heads > maxListed / (rows * columns))
      return;
    auto maxSteps = unsigned(
        std::clamp<int64_t>(maxBoxes / (heads * rows * columns), 16, 8192));
    int64_t visited = 0, spared = 0;
    SmallVector<TileLists> lists;
    for (int64_t h = 0; h < heads; ++h) {
      TileTable table = ranges.classify(0, h, maxSteps);
      TileLists &list = lists.emplace_back(rows);
      ranges.visit(
          0, h, [&](int64_t row, int64_t low, int64_t high, bool partial) {
            visited += high - low;
            for (int64_t tile = low; tile < high; ++tile) {
              TileClass which = partial ? table.at(row, tile) : TileClass::full;
              spared += partial && which != TileClass::partial;
              if (which != TileClass::empty)
                list[row].push_back({tile, which});
            }
          });
    }
    // With a walk a GPU's kernel has tiles of a fixed size, which is not always
    // the best: a few tiles are not worth it.
    if (spared == 0 || (isCuda && spared * 20 < visited))
      return;
    OpBuilder b(op);
    setWalk(b, op, lists, tiles);
    ++numListed;
    numSpared += spared;
  }
};

} // namespace
