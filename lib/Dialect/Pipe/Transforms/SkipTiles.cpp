//===- SkipTiles.cpp - Key tiles that no row of a group sees --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WalkOrder.h"

#include "fovea/Dialect/Pipe/Transforms/Passes.h"
#include "fovea/Dialect/Tile/Transforms/LoopMask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPESKIPTILES
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// Splits one loop over the walk of a role.
class TileSkipper {
public:
  TileSkipper(RoleOp role, tile::KeyLoop key, tile::WalkRangesOp walk)
      : b(key.loop), loc(key.loop.getLoc()), role(role), key(key), walk(walk) {}

  /// False, with the loop as it was, if there is nothing that may be skipped.
  bool run();

private:
  Value constant(int64_t x) {
    return arith::ConstantIndexOp::create(b, loc, x);
  }
  template <typename Op>
  Value create(Value x, Value y) {
    return b.createOrFold<Op>(loc, x, y);
  }
  /// The row of the group that is the given row of the query tile.
  Value ofGroup(Value row) {
    return create<arith::AddIOp>(
        row, create<arith::MulIOp>(role.getBlock().getArgument(0),
                                   constant(limits::groupRows)));
  }
  Value max(Value x, Value y) { return x ? create<arith::MaxSIOp>(x, y) : y; }
  Value min(Value x, Value y) { return x ? create<arith::MinSIOp>(x, y) : y; }
  /// max(to - from, 0).
  Value count(Value from, Value to) {
    return max(create<arith::SubIOp>(to, from), constant(0));
  }
  tile::TilePlace findStored();
  void boundMasks(const tile::TilePlace &stored);
  bool boundMask(scf::IfOp branch, const tile::TilePlace &stored);
  void narrowMasks();
  SmallVector<Value> giveBack(Value low, Value high, ValueRange state);

  OpBuilder b;
  Location loc;
  RoleOp role;
  tile::KeyLoop key;
  tile::WalkRangesOp walk;
  /// The branches of masks of which something is known.
  SmallVector<scf::IfOp> bounded;
  /// How many positions at the ends of the walk are skipped; null: none.
  Value before, behind;
  /// How many tiles at the start of the last range, which is partial, are full
  /// for the group; null: it is not known.
  Value full;
};

} // namespace

/// Where results of the query tile are stored, if it is known ahead of the
/// loop: rows exist that one of them has.
tile::TilePlace TileSkipper::findStored() {
  auto isKnown = [&](Value value) {
    return value.getParentRegion()->isProperAncestor(
        role.getBlock().getParent());
  };
  tile::TilePlace place;
  for (Operation &op : role.getBlock()) {
    Value view, row;
    if (auto store = dyn_cast<StoreOp>(op))
      view = store.getView(), row = store.getOffsets()[0];
    else if (auto store = dyn_cast<tile::StoreOp>(op))
      view = store.getView(), row = store.getOffsets()[0];
    else
      continue;
    auto definition = view.getDefiningOp<tile::ViewOp>();
    if (!definition || !isKnown(row) ||
        !llvm::all_of(definition->getOperands(), isKnown) ||
        (place.offset && place.offset != row))
      return {};
    place = {row,
             max(place.extent, tile::createExtent(b, definition, /*axis=*/0))};
  }
  return place;
}

/// Whether each of the branches masks what the one before it gives, and no more
/// is made of that.
static bool areChained(ArrayRef<scf::IfOp> branches) {
  unsigned firsts = 0;
  for (scf::IfOp branch : branches) {
    Value scores = branch.elseYield().getOperand(0);
    auto before = scores.getDefiningOp<scf::IfOp>();
    if (!llvm::is_contained(branches, before)) {
      ++firsts;
      continue;
    }
    for (Operation *user : scores.getUsers())
      if (!branch->isProperAncestor(user))
        return false;
  }
  return firsts <= 1;
}

/// What masks hide from the group at the ends of the walk, and where they begin
/// to hide something.
void TileSkipper::boundMasks(const tile::TilePlace &stored) {
  bool allKnown = true;
  for (Operation *user : key.at.getPartial().getUsers()) {
    auto branch = dyn_cast<scf::IfOp>(user);
    allKnown &= branch && boundMask(branch, stored);
  }
  if (!areChained(bounded)) {
    before = behind = full = Value();
    return;
  }
  // As pipe-split-walk makes its loops: what is full, then what is partial.
  ArrayRef<bool> partial = walk.getPartial();
  if (!allKnown || partial.size() != 2 || partial[0] || !partial[1])
    full = Value();
}

/// False if nothing is known of what a branch on %partial masks.
bool TileSkipper::boundMask(scf::IfOp branch, const tile::TilePlace &stored) {
  std::optional<tile::LoopMask> mask = tile::findLoopMask(b, key, branch);
  if (!mask)
    return false;
  tile::TilePlace queries;
  bool areQueries = stored.offset == mask->row;
  mask->row = ofGroup(mask->row);
  if (areQueries)
    queries = {mask->row, stored.extent};
  tile::RefinedMask bounds(b, key.loop, *mask, limits::groupRows, queries,
                           /*keys=*/{});
  if (bounds.isTrivial())
    return false;
  bounded.push_back(branch);
  if (walk.getPartial().front()) {
    Value low = walk.getLower().front(), first = walk.getUpper().front();
    auto ranges = bounds.makeRanges(low, first);
    if (llvm::none_of(ranges, [&](auto &range) { return range.low == low; })) {
      for (const TileRange<Value> &range : ranges)
        first = min(first, range.low);
      before = max(before, count(low, first));
    }
  }
  if (walk.getPartial().back()) {
    Value low = walk.getLower().back(), high = walk.getUpper().back();
    auto ranges = bounds.makeRanges(low, high);
    if (llvm::none_of(ranges,
                      [&](auto &range) { return range.high == high; })) {
      Value end = low;
      for (const TileRange<Value> &range : ranges)
        end = max(end, range.high);
      behind = max(behind, count(end, high));
    }
    if (ranges.empty() || ranges[0].partial || ranges[0].low != low)
      return false;
    full = min(full, count(low, ranges[0].high));
  }
  return true;
}

/// Tiles that are full for the group are partial no more.
void TileSkipper::narrowMasks() {
  b.setInsertionPointAfter(key.at);
  Value partial = key.at.getPartial();
  Value later = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                      key.at.getPosition(), full);
  Value both = arith::AndIOp::create(b, loc, partial, later);
  partial.replaceAllUsesExcept(both, both.getDefiningOp());
}

/// A loop over positions whose tiles are taken and released at once.
SmallVector<Value> TileSkipper::giveBack(Value low, Value high,
                                         ValueRange state) {
  SmallVector<Value> cursors;
  for (Value value : state)
    if (isa<CursorType>(value.getType()))
      cursors.push_back(value);
  Block *body = key.loop.getBody();
  auto loop = scf::ForOp::create(
      b, loc, low, high, key.loop.getStep(), cursors,
      [&](OpBuilder &inner, Location, Value, ValueRange arguments) {
        IRMapping mapping;
        unsigned position = 0;
        SmallVector<Value> yielded;
        for (BlockArgument argument : key.loop.getRegionIterArgs())
          if (isa<CursorType>(argument.getType()))
            mapping.map(argument, arguments[position++]);
        // Releases beside each other: by one thread of each warp, which no wait
        // of all threads is to stand between.
        SmallVector<Value> slots;
        for (auto take : body->getOps<TakeOp>())
          slots.push_back(cast<TakeOp>(inner.clone(*take, mapping)).getSlot());
        for (Value slot : slots)
          ReleaseOp::create(inner, loc, slot);
        for (Value value : body->getTerminator()->getOperands())
          if (isa<CursorType>(value.getType()))
            yielded.push_back(mapping.lookup(value));
        scf::YieldOp::create(inner, loc, yielded);
      });
  SmallVector<Value> result(state);
  unsigned position = 0;
  for (Value &value : result)
    if (isa<CursorType>(value.getType()))
      value = loop.getResult(position++);
  return result;
}

bool TileSkipper::run() {
  // Tiles are taken by the loop itself, or not given back.
  bool takesInside = false;
  key.loop.getBody()->walk([&](TakeOp take) {
    takesInside |= take->getBlock() != key.loop.getBody();
  });
  if (takesInside)
    return false;
  tile::TilePlace stored = findStored();
  boundMasks(stored);
  APInt known;
  bool allExist =
      !stored.offset ||
      (matchPattern(stored.extent, m_ConstantInt(&known)) &&
       known.urem(getSchedule(role->getParentOfType<tile::KernelOp>())
                      .getQueryTile()) == 0);
  if (!before && !behind && allExist)
    return false;

  Value size = key.loop.getUpperBound(), zero = constant(0), one = constant(1);
  Value low = before ? before : zero;
  Value high = behind ? create<arith::SubIOp>(size, behind) : size;
  if (!allExist)
    high = arith::SelectOp::create(
        b, loc,
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                              ofGroup(stored.offset), stored.extent),
        high, zero);
  if (full) {
    full = create<arith::AddIOp>(
        count(walk.getLower().front(), walk.getUpper().front()), full);
    narrowMasks();
    b.setInsertionPoint(key.loop);
  }
  // One tile at least, of those that are there.
  Value runs =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, zero, size);
  auto branch = scf::IfOp::create(b, loc, key.loop.getResultTypes(), runs,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  key.loop.replaceAllUsesWith(branch.getResults());
  SmallVector<Value> state(key.loop.getInitArgs());
  b.setInsertionPointToEnd(branch.elseBlock());
  scf::YieldOp::create(b, loc, state);
  b.setInsertionPointToEnd(branch.thenBlock());
  if (before) {
    low = create<arith::MinSIOp>(low, create<arith::SubIOp>(size, one));
    state = giveBack(zero, low, state);
  }
  high = create<arith::MaxSIOp>(high, create<arith::AddIOp>(low, one));
  key.loop->moveBefore(branch.thenBlock(), branch.thenBlock()->end());
  key.loop.setLowerBound(low);
  key.loop.setUpperBound(high);
  key.loop.getInitArgsMutable().assign(state);
  state.assign(key.loop.getResults().begin(), key.loop.getResults().end());
  b.setInsertionPointToEnd(branch.thenBlock());
  state = giveBack(high, size, state);
  scf::YieldOp::create(b, loc, state);
  return true;
}

namespace {
struct PipeSkipTilesPass final
    : pipe::impl::PipeSkipTilesBase<PipeSkipTilesPass> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      ScheduleAttr schedule = getSchedule(kernel);
      if (!schedule || !schedule.getSkip())
        continue;
      for (tile::KeyLoop &key : tile::findKeyLoops(kernel)) {
        auto role = dyn_cast<RoleOp>(key.loop->getParentOp());
        auto walk = dyn_cast<tile::WalkRangesOp>(key.walk);
        if (!role || role.getKind() != RoleKind::math || !walk ||
            walk->getParentOp() != kernel || walk.getLower().empty() ||
            !key.isWhole())
          continue;
        sortRanges(walk);
        numLoops += TileSkipper(role, key, walk).run();
      }
    }
  }
};
} // namespace
