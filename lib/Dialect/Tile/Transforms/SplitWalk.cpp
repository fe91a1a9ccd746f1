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
    SmallVector<Value> state(key.loop.getInitArgs());
    for (auto [low, high, partial] : llvm::zip(
             key.walk.getLower(), key.walk.getUpper(), key.walk.getPartial())) {
      state = emitRange(b, key, low, high, partial, state).getResults();
      ++numLoops;
    }
    key.loop.replaceAllUsesWith(state);
    key.loop.erase();
    if (key.size->use_empty())
      key.size.erase();
    if (key.walk->use_empty())
      key.walk.erase();
  }
};

} // namespace
