//===- RefineWalk.cpp - Full and partial ranges of walks ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The mask of a key loop becomes a formula, the analysis gives the intervals of
// keys where it may be true and where it may be false for the rows of a work
// item, and the ranges of the walk are made from them as ops ahead of the loop.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/Transforms/LoopMask.h"
#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILEREFINEWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea;
using namespace fovea::tile;

/// The load that decides which elements of a tile exist along an axis.
static std::pair<LoadOp, unsigned> findLoad(Value tile, unsigned axis) {
  while (Operation *op = tile.getDefiningOp()) {
    if (auto load = dyn_cast<LoadOp>(op))
      return {load, axis};
    Value next;
    if (auto map = dyn_cast<MapOp>(op)) {
      for (auto [input, at] :
           llvm::zip(map.getInputs(),
                     map.getIndexingMaps().getAsValueRange<AffineMapAttr>()))
        if (at.isIdentity())
          next = input;
    } else if (auto dot = dyn_cast<DotOp>(op)) {
      auto maps = llvm::to_vector(
          dot.getIndexingMaps().getAsValueRange<AffineMapAttr>());
      unsigned dim = maps[2].getDimPosition(axis);
      for (auto [operand, map] :
           {std::pair(dot.getA(), maps[0]), std::pair(dot.getB(), maps[1])})
        if (std::optional<unsigned> position = map.getResultPosition(
                getAffineDimExpr(dim, op->getContext()))) {
          next = operand;
          axis = *position;
        }
    }
    if (!next)
      break;
    tile = next;
  }
  return {nullptr, 0};
}

static TilePlace findLoaded(OpBuilder &b, scf::ForOp loop, Value tile,
                            unsigned tileAxis) {
  auto [load, axis] = findLoad(tile, tileAxis);
  auto view = load ? load.getView().getDefiningOp<ViewOp>() : nullptr;
  if (!view || !llvm::all_of(view->getOperands(), [&](Value operand) {
        return loop.isDefinedOutsideOfLoop(operand);
      }))
    return {};
  return {load.getOffsets()[axis], createExtent(b, view, axis)};
}
/// A bound of a loop, with what `known` replaces recomputed.
static Value rebase(OpBuilder &b, Value bound, IRMapping &known) {
  if (Value replaced = known.lookupOrNull(bound))
    return replaced;
  Operation *op = bound.getDefiningOp();
  bool changes = false;
  if (op && isMemoryEffectFree(op) && op->getNumRegions() == 0 &&
      op->getNumResults() == 1)
    for (Value operand : op->getOperands())
      changes |= rebase(b, operand, known) != operand;
  if (changes)
    return b.clone(*op, known)->getResult(0);
  known.map(bound, bound);
  return bound;
}

namespace {

struct TileRefineWalkPass final
    : fovea::tile::impl::TileRefineWalkBase<TileRefineWalkPass> {
  using Base::Base;

  void runOnOperation() override {
    for (KeyLoop &key : findKeyLoops(getOperation())) {
      auto walk = dyn_cast<WalkRangesOp>(key.walk);
      if (walk && llvm::is_contained(walk.getPartial(), true))
        ++(succeeded(refine(key, walk)) ? numRefined : numUnbounded);
    }
  }

  /// Fails, and leaves the loop as it is, if nothing is proved of the mask.
  static LogicalResult refine(KeyLoop &key, WalkRangesOp walk) {
    // The only use of %partial: others would change with it.
    Value partial = key.at.getPartial();
    auto branch = partial.hasOneUse()
                      ? dyn_cast<scf::IfOp>(*partial.user_begin())
                      : nullptr;
    if (!branch)
      return failure();
    // At the loop, where everything that its mask reads from outside is known.
    OpBuilder b(key.loop);
    std::optional<LoopMask> found = findLoopMask(b, key, branch);
    if (!found)
      return failure();
    RefinedMask mask(b, key.loop, *found, found->map.getType().getDimSize(0),
                     findLoaded(b, key.loop, found->scores, 0),
                     findLoaded(b, key.loop, found->scores, 1));
    if (mask.isTrivial())
      return failure();
    SmallVector<Value> lows, highs;
    SmallVector<bool> partials;
    auto add = [&](Value low, Value high, bool partial) {
      lows.push_back(low);
      highs.push_back(high);
      partials.push_back(partial);
    };
    for (auto [low, high, partial] :
         llvm::zip(walk.getLower(), walk.getUpper(), walk.getPartial())) {
      if (!partial) {
        add(low, high, false);
        continue;
      }
      for (const TileRange<Value> &range : mask.makeRanges(low, high))
        if (range.low != range.high)
          add(range.low, range.high, range.partial);
    }
    Value refined =
        WalkRangesOp::create(b, walk.getLoc(), lows, highs, partials);
    Value size = WalkSizeOp::create(b, walk.getLoc(), refined);
    IRMapping known;
    for (Operation *user : walk->getUsers())
      if (auto old = dyn_cast<WalkSizeOp>(user))
        known.map(old.getResult(), size);
    Value low = rebase(b, key.loop.getLowerBound(), known);
    Value high = rebase(b, key.loop.getUpperBound(), known);
    key.at.getWalkMutable().assign(refined);
    // A mask without a visible element leaves nothing: that the loop never runs
    // is then known at once.
    if (lows.empty())
      low = high = arith::ConstantIndexOp::create(b, walk.getLoc(), 0);
    key.loop.setLowerBound(low);
    key.loop.setUpperBound(high);
    return success();
  }
};

} // namespace
