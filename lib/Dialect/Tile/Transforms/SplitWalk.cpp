//===- SplitWalk.cpp - A loop for each range of a walk --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyLoop.h"

#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILESPLITWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea::tile;

/// The loop over tiles [low, high), with %partial a constant.
static scf::ForOp emitRange(OpBuilder &b, KeyLoop &key, Value low, Value high,
                            bool partial, ValueRange state) {
  Location loc = key.loop.getLoc();
  Value isPartial = arith::ConstantIntOp::create(b, loc, partial, 1);
  return scf::ForOp::create(
      b, loc, low, high, key.loop.getStep(), state,
      [&](OpBuilder &nested, Location, Value tile, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(key.loop.getRegionIterArgs(), arguments);
        mapping.map(key.at.getTile(), tile);
        mapping.map(key.at.getPartial(), isPartial);
        for (Operation &op : *key.loop.getBody())
          if (&op != key.at)
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
    Location loc = key.loop.getLoc();
    SmallVector<Value> state(key.loop.getInitArgs());
    bool isWhole = key.isWhole();
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value start = zero; // The position of the range's first tile.
    for (auto [lower, high, partial] : llvm::zip(
             key.walk.getLower(), key.walk.getUpper(), key.walk.getPartial())) {
      Value low = lower, from = low, to = high;
      if (!isWhole) {
        Value size = arith::SubIOp::create(b, loc, high, low);
        size = arith::MaxSIOp::create(b, loc, size, zero);
        auto tileAt = [&](Value position) -> Value {
          Value n = arith::SubIOp::create(b, loc, position, start);
          n = arith::MaxSIOp::create(b, loc, n, zero);
          n = arith::MinSIOp::create(b, loc, n, size);
          return arith::AddIOp::create(b, loc, low, n);
        };
        from = tileAt(key.loop.getLowerBound());
        to = tileAt(key.loop.getUpperBound());
        start = arith::AddIOp::create(b, loc, start, size);
      }
      state = emitRange(b, key, from, to, partial, state).getResults();
      ++numLoops;
    }
    key.loop.replaceAllUsesWith(state);
    key.loop.erase();
    lowerSizes(key.walk);
    if (key.walk->use_empty())
      key.walk.erase();
  }

  /// What is left to ask a walk for is how many tiles it has.
  static void lowerSizes(WalkRangesOp walk) {
    for (Operation *user : llvm::make_early_inc_range(walk->getUsers())) {
      auto size = dyn_cast<WalkSizeOp>(user);
      if (!size)
        continue;
      OpBuilder b(size);
      Location loc = size.getLoc();
      Value zero = arith::ConstantIndexOp::create(b, loc, 0), sum = zero;
      for (auto [low, high] : llvm::zip(walk.getLower(), walk.getUpper())) {
        Value count = arith::SubIOp::create(b, loc, high, low);
        count = arith::MaxSIOp::create(b, loc, count, zero);
        sum = arith::AddIOp::create(b, loc, sum, count);
      }
      size.replaceAllUsesWith(sum);
      size.erase();
    }
  }
};

} // namespace
