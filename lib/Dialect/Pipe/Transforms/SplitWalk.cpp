//===- SplitWalk.cpp - One loop for each range of a walk ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPESPLITWALK
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// A loop that asks for the tile of a walk some positions ahead of its own.
struct WalkLoop {
  scf::ForOp loop;
  tile::WalkRangesOp walk;
  tile::WalkAtOp at;
  int64_t ahead = 0;
};

} // namespace

static std::optional<WalkLoop> matchWalkLoop(scf::ForOp loop) {
  if (!matchPattern(loop.getStep(), m_One()))
    return std::nullopt;
  WalkLoop result;
  result.loop = loop;
  for (auto at : loop.getBody()->getOps<tile::WalkAtOp>()) {
    if (result.at)
      return std::nullopt;
    result.at = at;
  }
  if (!result.at || result.at.getPartial().use_empty())
    return std::nullopt;
  result.walk = result.at.getWalk().getDefiningOp<tile::WalkRangesOp>();
  Value position = result.at.getPosition();
  APInt ahead;
  auto sum = position.getDefiningOp<arith::AddIOp>();
  if (sum && matchPattern(sum.getRhs(), m_ConstantInt(&ahead))) {
    position = sum.getLhs();
    result.ahead = ahead.getSExtValue();
  }
  if (!result.walk || position != loop.getInductionVar())
    return std::nullopt;
  return result;
}

/// The loop over positions from `low` to `high`, all in range `range` of the
/// walk, which starts at position `start`.
static scf::ForOp emitRange(OpBuilder &builder, WalkLoop &from, unsigned range,
                            Value start, Value low, Value high,
                            ValueRange state) {
  return scf::ForOp::create(
      builder, from.loop.getLoc(), low, high, from.loop.getStep(), state,
      [&](OpBuilder &body, Location loc, Value position, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(from.loop.getInductionVar(), position);
        mapping.map(from.loop.getRegionIterArgs(), arguments);
        for (Operation &op : from.loop.getBody()->without_terminator()) {
          if (&op != from.at) {
            body.clone(op, mapping);
            continue;
          }
          Value distance = arith::SubIOp::create(
              body, loc, mapping.lookup(from.at.getPosition()), start);
          mapping.map(from.at.getTile(),
                      arith::AddIOp::create(body, loc,
                                            from.walk.getLower()[range],
                                            distance));
          mapping.map(from.at.getPartial(),
                      arith::ConstantIntOp::create(
                          body, loc, from.walk.getPartial()[range], 1));
        }
        body.clone(*from.loop.getBody()->getTerminator(), mapping);
      });
}

static void split(WalkLoop &from) {
  OpBuilder builder(from.loop);
  Location loc = from.loop.getLoc();
  Value ahead = arith::ConstantIndexOp::create(builder, loc, from.ahead);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value start = zero, low = from.loop.getLowerBound();
  SmallVector<Value> state(from.loop.getInitArgs());
  for (unsigned n = 0; n < from.walk.getPartial().size(); ++n) {
    Value size =
        arith::SubIOp::create(builder, loc, from.walk.getUpper()[n],
                              from.walk.getLower()[n]);
    size = arith::MaxSIOp::create(builder, loc, size, zero);
    Value end = arith::AddIOp::create(builder, loc, start, size);
    Value high = from.loop.getUpperBound();
    if (n + 1 < from.walk.getPartial().size()) {
      Value position = arith::SubIOp::create(builder, loc, end, ahead);
      position = arith::MinSIOp::create(builder, loc, position, high);
      high = arith::MaxSIOp::create(builder, loc, position, low);
    }
    auto loop = emitRange(builder, from, n, start, low, high, state);
    state.assign(loop.getResults().begin(), loop.getResults().end());
    start = end;
    low = high;
  }
  from.loop.replaceAllUsesWith(state);
  from.loop.erase();
}

namespace {
struct PipeSplitWalkPass final
    : pipe::impl::PipeSplitWalkBase<PipeSplitWalkPass> {
  void runOnOperation() override {
    SmallVector<WalkLoop> loops;
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      for (auto role : kernel.getBlock().getOps<RoleOp>())
        if (role.getKind() == RoleKind::math)
          role.walk([&](scf::ForOp loop) {
            if (std::optional<WalkLoop> found = matchWalkLoop(loop))
              loops.push_back(*found);
          });
    for (WalkLoop &loop : loops) {
      numLoops += loop.walk.getPartial().size();
      split(loop);
    }
  }
};
} // namespace
