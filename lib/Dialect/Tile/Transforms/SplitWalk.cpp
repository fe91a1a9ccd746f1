//===- SplitWalk.cpp - A loop for each range of a walk --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyLoop.h"

#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILESPLITWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea::tile;

/// The loop's body over tiles [low, high), with %partial known.
static SmallVector<Value> emitRange(OpBuilder &b, KeyLoop &key, Value low,
                                    Value high, bool partial,
                                    ValueRange state) {
  Location loc = key.loop.getLoc();
  auto range = scf::ForOp::create(
      b, loc, low, high, key.loop.getStep(), state,
      [&](OpBuilder &nested, Location, Value tile, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(key.loop.getRegionIterArgs(), arguments);
        mapping.map(key.at.getTile(), tile);
        for (Operation &op : key.loop.getBody()->without_terminator()) {
          if (&op == key.at)
            continue;
          auto branch = dyn_cast<scf::IfOp>(op);
          if (!branch || branch.getCondition() != key.at.getPartial()) {
            nested.clone(op, mapping);
            continue;
          }
          Block *block = partial ? branch.thenBlock() : branch.elseBlock();
          for (Operation &inner : block->without_terminator())
            nested.clone(inner, mapping);
          for (auto [result, value] :
               llvm::zip(branch.getResults(),
                         block->getTerminator()->getOperands()))
            mapping.map(result, mapping.lookupOrDefault(value));
        }
        SmallVector<Value> results;
        for (Value value : key.loop.getBody()->getTerminator()->getOperands())
          results.push_back(mapping.lookupOrDefault(value));
        scf::YieldOp::create(nested, loc, results);
      });
  return llvm::to_vector_of<Value>(range.getResults());
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
    for (auto [low, high, partial] :
         llvm::zip(key.walk.getLower(), key.walk.getUpper(),
                   key.walk.getPartial())) {
      state = emitRange(b, key, low, high, partial, state);
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
