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
  Operation *walk;
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
  result.walk = result.at.getWalk().getDefiningOp();
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

namespace {
/// A part of a walk that is full or partial as a whole.
struct Part {
  Value size;
  bool partial;
  Value lower; ///< The first tile; null where a list names the tiles.
};
} // namespace

static SmallVector<Part> getRanges(OpBuilder &builder, Operation *op) {
  Location loc = op->getLoc();
  SmallVector<Part> ranges;
  if (auto list = dyn_cast<tile::WalkListOp>(op)) {
    Value split =
        arith::ConstantIndexOp::create(builder, loc, list.getSplit());
    Value full = arith::SubIOp::create(builder, loc, list.getCount(),
                                       list.getPartials());
    auto add = [&](Value entries, bool partial) {
      ranges.push_back({arith::MulIOp::create(builder, loc, entries, split),
                        partial, Value()});
    };
    add(list.getPartials(), true);
    add(full, false);
    return ranges;
  }
  auto walk = cast<tile::WalkRangesOp>(op);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  for (auto [lower, upper, partial] :
       llvm::zip(walk.getLower(), walk.getUpper(), walk.getPartial())) {
    Value size = arith::SubIOp::create(builder, loc, upper, lower);
    size = arith::MaxSIOp::create(builder, loc, size, zero);
    ranges.push_back({size, partial, lower});
  }
  return ranges;
}

/// The loop over positions from `low` to `high`, all in a range of the walk,
/// which starts at position `start`.
static scf::ForOp emitRange(OpBuilder &builder, WalkLoop &from,
                            const Part &range, Value start, Value low,
                            Value high, ValueRange state) {
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
          Value tile, position = mapping.lookup(from.at.getPosition());
          if (range.lower)
            tile = arith::AddIOp::create(
                body, loc, range.lower,
                arith::SubIOp::create(body, loc, position, start));
          else
            tile = cast<tile::WalkListOp>(from.walk)
                       .createTile(body, loc, position);
          mapping.map(from.at.getTile(), tile);
          mapping.map(
              from.at.getPartial(),
              arith::ConstantIntOp::create(body, loc, range.partial, 1));
        }
        body.clone(*from.loop.getBody()->getTerminator(), mapping);
      });
}

static unsigned split(WalkLoop &from) {
  OpBuilder builder(from.loop);
  Location loc = from.loop.getLoc();
  Value ahead = arith::ConstantIndexOp::create(builder, loc, from.ahead);
  Value start = arith::ConstantIndexOp::create(builder, loc, 0);
  Value low = from.loop.getLowerBound();
  SmallVector<Value> state(from.loop.getInitArgs());
  SmallVector<Part> ranges = getRanges(builder, from.walk);
  for (auto [n, range] : llvm::enumerate(ranges)) {
    Value end = arith::AddIOp::create(builder, loc, start, range.size);
    Value high = from.loop.getUpperBound();
    if (n + 1 < ranges.size()) {
      Value position = arith::SubIOp::create(builder, loc, end, ahead);
      position = arith::MinSIOp::create(builder, loc, position, high);
      high = arith::MaxSIOp::create(builder, loc, position, low);
    }
    auto loop = emitRange(builder, from, range, start, low, high, state);
    state.assign(loop.getResults().begin(), loop.getResults().end());
    start = end;
    low = high;
  }
  from.loop.replaceAllUsesWith(state);
  from.loop.erase();
  return ranges.size();
}

/// What is left of a walk that a list names: reads of the list.
static void expandList(tile::WalkListOp walk) {
  OpBuilder builder(walk);
  Location loc = walk.getLoc();
  for (Operation *user : llvm::make_early_inc_range(walk->getUsers())) {
    builder.setInsertionPoint(user);
    Value split =
        arith::ConstantIndexOp::create(builder, loc, walk.getSplit());
    if (auto size = dyn_cast<tile::WalkSizeOp>(user)) {
      size.replaceAllUsesWith(
          arith::MulIOp::create(builder, loc, walk.getCount(), split)
              .getResult());
    } else if (auto entry = dyn_cast<tile::WalkEntryOp>(user)) {
      entry.replaceAllUsesWith(
          walk.createEntry(builder, loc, entry.getPosition()));
    } else {
      auto at = cast<tile::WalkAtOp>(user);
      Value partial = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::slt, at.getPosition(),
          arith::MulIOp::create(builder, loc, walk.getPartials(), split));
      if (!at.getTile().use_empty())
        at.getTile().replaceAllUsesWith(
            walk.createTile(builder, loc, at.getPosition()));
      at.getPartial().replaceAllUsesWith(partial);
    }
    user->erase();
  }
  walk.erase();
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
    for (WalkLoop &loop : loops)
      numLoops += split(loop);
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      for (auto walk : llvm::make_early_inc_range(
               kernel.getBlock().getOps<tile::WalkListOp>()))
        expandList(walk);
  }
};
} // namespace
