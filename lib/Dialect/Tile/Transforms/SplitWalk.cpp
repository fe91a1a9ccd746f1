//===- SplitWalk.cpp - A loop for each range of a walk --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/Transforms/KeyLoop.h"

#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILESPLITWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea::tile;

namespace {
/// The tiles of [low, high), by number or, where a list names them, by
/// position.
struct Part {
  Value low, high;
  bool partial;
};
} // namespace

static SmallVector<Part> getRanges(OpBuilder &, WalkRangesOp walk) {
  SmallVector<Part> ranges;
  for (auto [low, high, partial] :
       llvm::zip(walk.getLower(), walk.getUpper(), walk.getPartial()))
    ranges.push_back({low, high, partial});
  return ranges;
}

static SmallVector<Part> getRanges(OpBuilder &b, WalkListOp walk) {
  Location loc = walk.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value split = arith::ConstantIndexOp::create(b, loc, walk.getSplit());
  Value full = arith::MulIOp::create(b, loc, walk.getPartials(), split);
  Value end = arith::MulIOp::create(b, loc, walk.getCount(), split);
  return {{zero, full, true}, {full, end, false}};
}

static SmallVector<Part> getRanges(OpBuilder &b, Operation *walk) {
  if (auto list = dyn_cast<WalkListOp>(walk))
    return getRanges(b, list);
  return getRanges(b, cast<WalkRangesOp>(walk));
}

static Value countTiles(OpBuilder &b, Location loc, const Part &range) {
  return arith::MaxSIOp::create(
      b, loc, arith::SubIOp::create(b, loc, range.high, range.low),
      arith::ConstantIndexOp::create(b, loc, 0));
}

/// Leaves of each range what lies at the positions that the loop visits.
static void clip(OpBuilder &b, KeyLoop &key, MutableArrayRef<Part> ranges) {
  Location loc = key.loop.getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value start = zero; // The position of the range's first tile.
  for (Part &range : ranges) {
    Value low = range.low, size = countTiles(b, loc, range);
    auto tileAt = [&](Value position) -> Value {
      Value n = arith::SubIOp::create(b, loc, position, start);
      n = arith::MaxSIOp::create(b, loc, n, zero);
      n = arith::MinSIOp::create(b, loc, n, size);
      return arith::AddIOp::create(b, loc, low, n);
    };
    range.low = tileAt(key.loop.getLowerBound());
    range.high = tileAt(key.loop.getUpperBound());
    start = arith::AddIOp::create(b, loc, start, size);
  }
}

/// The loop over a range, with %partial a constant.
static scf::ForOp emitRange(OpBuilder &b, KeyLoop &key, const Part &range,
                            ValueRange state) {
  Location loc = key.loop.getLoc();
  Value isPartial = arith::ConstantIntOp::create(b, loc, range.partial, 1);
  return scf::ForOp::create(
      b, loc, range.low, range.high, key.loop.getStep(), state,
      [&](OpBuilder &nested, Location, Value tile, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(key.loop.getRegionIterArgs(), arguments);
        if (auto list = dyn_cast<WalkListOp>(key.walk)) {
          for (auto entry : key.loop.getBody()->getOps<WalkEntryOp>())
            mapping.map(entry, list.createEntry(nested, loc, tile));
          tile = list.createTile(nested, loc, tile);
        }
        mapping.map(key.at.getTile(), tile);
        mapping.map(key.at.getPartial(), isPartial);
        for (Operation &op : *key.loop.getBody())
          if (&op != key.at && !isa<WalkEntryOp>(op))
            nested.clone(op, mapping);
      });
}

namespace {

struct TileSplitWalkPass final
    : fovea::tile::impl::TileSplitWalkBase<TileSplitWalkPass> {
  using Base::Base;

  void runOnOperation() override {
    for (KeyLoop &key : findKeyLoops(getOperation()))
      split(key);
  }

  void split(KeyLoop &key) {
    OpBuilder b(key.loop);
    SmallVector<Value> state(key.loop.getInitArgs());
    SmallVector<Part> ranges = getRanges(b, key.walk);
    if (!key.isWhole())
      clip(b, key, ranges);
    for (const Part &range : ranges) {
      state = emitRange(b, key, range, state).getResults();
      ++numLoops;
    }
    key.loop.replaceAllUsesWith(state);
    key.loop.erase();
    // What is left to ask the walk for is how many tiles it has.
    for (Operation *user : llvm::make_early_inc_range(key.walk->getUsers()))
      if (auto size = dyn_cast<WalkSizeOp>(user)) {
        b.setInsertionPoint(size);
        Value sum = arith::ConstantIndexOp::create(b, size.getLoc(), 0);
        for (const Part &range : getRanges(b, key.walk))
          sum = arith::AddIOp::create(b, size.getLoc(), sum,
                                      countTiles(b, size.getLoc(), range));
        size.replaceAllUsesWith(sum);
        size.erase();
      }
    if (key.walk->use_empty())
      key.walk->erase();
  }
};

} // namespace
