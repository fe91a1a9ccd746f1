//===- SplitWalk.cpp - Loops for full and for partial ranges --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WalkOrder.h"

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
  /// The flag that masks depend on: `partial` itself, or with it that the
  /// position is `later` or behind it, where `later` is not null.
  Value partial, later;
};

} // namespace

/// How far a position is ahead of that of the loop.
static std::optional<int64_t> findAhead(scf::ForOp loop, Value position) {
  APInt ahead(64, 0);
  auto sum = position.getDefiningOp<arith::AddIOp>();
  if (sum && matchPattern(sum.getRhs(), m_ConstantInt(&ahead)))
    position = sum.getLhs();
  if (position != loop.getInductionVar())
    return std::nullopt;
  return ahead.getSExtValue();
}

/// Finds the only use of `partial`, a conjunction as pipe-skip-tiles makes it
/// for a walk whose full ranges come first.
static void matchLater(WalkLoop &result) {
  result.partial = result.at.getPartial();
  auto walk = dyn_cast<tile::WalkRangesOp>(result.walk);
  if (!result.partial.hasOneUse() || !walk ||
      !isa<tile::KernelOp>(walk->getParentOp()) || walk.getPartial().front() ||
      llvm::all_equal(walk.getPartial()))
    return;
  auto both = dyn_cast<arith::AndIOp>(*result.partial.user_begin());
  if (!both)
    return;
  Value other = both.getLhs() == result.partial ? both.getRhs() : both.getLhs();
  auto compare = other.getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::sge ||
      !result.loop.isDefinedOutsideOfLoop(compare.getRhs()) ||
      findAhead(result.loop, compare.getLhs()) != result.ahead)
    return;
  result.partial = both;
  result.later = compare.getRhs();
}

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
  std::optional<int64_t> ahead = findAhead(loop, result.at.getPosition());
  if (!result.walk || !ahead)
    return std::nullopt;
  result.ahead = *ahead;
  matchLater(result);
  return result;
}

namespace {
/// A part of a walk that is full or partial as a whole.
struct Part {
  Value size;
  bool partial;
  Value walk; ///< Its tiles; null where a list names them.
};
} // namespace

void fovea::pipe::sortRanges(tile::WalkRangesOp walk) {
  // A walk that stands before the roles is that of all of them.
  if (!isa<tile::KernelOp>(walk->getParentOp()))
    return;
  ArrayRef<bool> partial = walk.getPartial();
  auto order = llvm::to_vector(llvm::seq<size_t>(0, partial.size()));
  llvm::stable_sort(order, [&](size_t a, size_t b) {
    return partial[a] == partial[0] && partial[b] != partial[0];
  });
  auto sorted = [&](auto range) {
    return llvm::map_to_vector(order, [&](size_t n) { return range[n]; });
  };
  SmallVector<Value> lower = sorted(walk.getLower()),
                     upper = sorted(walk.getUpper());
  walk.setPartial(sorted(partial));
  walk.getLowerMutable().assign(lower);
  walk.getUpperMutable().assign(upper);
}

static SmallVector<Part> getParts(OpBuilder &builder, tile::WalkListOp list) {
  Location loc = list.getLoc();
  Value split = arith::ConstantIndexOp::create(builder, loc, list.getSplit());
  auto count = [&](Value entries) -> Value {
    return arith::MulIOp::create(builder, loc, entries, split);
  };
  Value full =
      arith::SubIOp::create(builder, loc, list.getCount(), list.getPartials());
  return {{count(list.getPartials()), true, Value()},
          {count(full), false, Value()}};
}

/// Ranges of one kind that follow one another are one part.
static SmallVector<Part> getParts(OpBuilder &builder, tile::WalkRangesOp walk) {
  Location loc = walk.getLoc();
  ArrayRef<bool> partial = walk.getPartial();
  SmallVector<Part> parts;
  for (unsigned n = 0, end = 0; n < partial.size(); n = end) {
    while (end < partial.size() && partial[end] == partial[n])
      ++end;
    Value part = tile::WalkRangesOp::create(
        builder, loc, walk.getLower().slice(n, end - n),
        walk.getUpper().slice(n, end - n), partial.slice(n, end - n));
    parts.push_back(
        {tile::WalkSizeOp::create(builder, loc, part), partial[n], part});
  }
  return parts;
}

static SmallVector<Part> getParts(OpBuilder &builder, Operation *walk) {
  if (auto list = dyn_cast<tile::WalkListOp>(walk))
    return getParts(builder, list);
  return getParts(builder, cast<tile::WalkRangesOp>(walk));
}

/// The loop over positions from `low` to `high`, all in a part of the walk,
/// which starts at position `start`.
static scf::ForOp emitPart(OpBuilder &builder, WalkLoop &from, const Part &part,
                           Value start, Value low, Value high,
                           ValueRange state) {
  return scf::ForOp::create(
      builder, from.loop.getLoc(), low, high, from.loop.getStep(), state,
      [&](OpBuilder &body, Location loc, Value position, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(from.loop.getInductionVar(), position);
        mapping.map(from.loop.getRegionIterArgs(), arguments);
        Value partial = arith::ConstantIntOp::create(body, from.loop.getLoc(),
                                                     part.partial, 1);
        mapping.map(from.at.getPartial(), partial);
        mapping.map(from.partial, partial);
        for (Operation &op : from.loop.getBody()->without_terminator()) {
          if (&op != from.at) {
            if (&op != from.partial.getDefiningOp())
              body.clone(op, mapping);
            continue;
          }
          Value tile, position = mapping.lookup(from.at.getPosition());
          if (part.walk)
            tile = tile::WalkAtOp::create(
                       body, loc, part.walk,
                       arith::SubIOp::create(body, loc, position, start))
                       .getTile();
          else
            tile = cast<tile::WalkListOp>(from.walk).createTile(body, loc,
                                                                position);
          mapping.map(from.at.getTile(), tile);
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
  SmallVector<Part> parts = getParts(builder, from.walk);
  for (auto [n, part] : llvm::enumerate(parts)) {
    Value end = arith::AddIOp::create(builder, loc, start, part.size);
    Value high = from.loop.getUpperBound();
    if (n + 1 < parts.size()) {
      // What is not partial yet is read from the walk as a whole.
      Value until = end;
      if (from.later && !part.partial && n == 0) {
        part.walk = from.at.getWalk();
        until = arith::MaxSIOp::create(builder, loc, end, from.later);
      }
      Value position = arith::SubIOp::create(builder, loc, until, ahead);
      position = arith::MinSIOp::create(builder, loc, position, high);
      high = arith::MaxSIOp::create(builder, loc, position, low);
    }
    auto loop = emitPart(builder, from, part, start, low, high, state);
    state.assign(loop.getResults().begin(), loop.getResults().end());
    start = end;
    low = high;
  }
  from.loop.replaceAllUsesWith(state);
  from.loop.erase();
  return parts.size();
}

/// What is left of a walk that a list names: reads of the list.
static void expandList(tile::WalkListOp walk) {
  OpBuilder builder(walk);
  Location loc = walk.getLoc();
  for (Operation *user : llvm::make_early_inc_range(walk->getUsers())) {
    builder.setInsertionPoint(user);
    Value split = arith::ConstantIndexOp::create(builder, loc, walk.getSplit());
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
      if (auto walk = dyn_cast<tile::WalkRangesOp>(loop.walk))
        sortRanges(walk);
    for (WalkLoop &loop : loops)
      numLoops += split(loop);
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      for (auto walk : llvm::make_early_inc_range(
               kernel.getBlock().getOps<tile::WalkListOp>()))
        expandList(walk);
  }
};
} // namespace
