//===- RefineWalk.cpp - Full and partial ranges of walks ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bounds of the key tiles J for which a mask may be true ("may") and for which
// it surely is true ("all"), as intervals, for the query rows of one work item.
// An atom a * j + b * i + c >= 0 with j = J * N + jj is bounded at the corners
// of the tile. Over-approximating "may" and under-approximating "all" is always
// safe.
//
//===----------------------------------------------------------------------===//

#include "KeyLoop.h"

#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILEREFINEWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea::tile;

namespace {

/// Half-open interval of key tiles; a null end is "no bound".
struct Interval {
  Value low, high;
};

/// What is known of a condition over the tiles of a walk.
struct Bounds {
  Interval may;              ///< Tiles outside are empty.
  std::optional<Interval> all; ///< Tiles inside are full; none: nothing known.
};

/// a * j + b * i + c.
struct Linear {
  int64_t j = 0, i = 0;
  Value rest; // index
};

/// Bounds masks of one map, at the builder's insertion point ahead of the loop.
class MaskBounds {
public:
  /// `columnBase`: the map's origin along axis 1 is `tile * N + columnBase`.
  MaskBounds(OpBuilder &builder, scf::ForOp loop, MapOp map, Value columnBase)
      : b(builder), loop(loop), map(map), loc(map.getLoc()),
        columnBase(columnBase),
        rows(map.getType().getDimSize(0)), columns(map.getType().getDimSize(1)) {
  }

  Bounds bound(Value condition, bool negated = false);

private:
  Bounds boundCompare(arith::CmpIOp op, bool negated);
  Bounds boundAtLeastZero(const Linear &e);
  static Bounds both(OpBuilder &b, Location loc, const Bounds &x,
                     const Bounds &y);
  static Bounds either(OpBuilder &b, Location loc, const Bounds &x,
                       const Bounds &y);

  std::optional<Linear> linear(Value value);
  /// A value of the body that depends on neither element nor coordinate,
  /// recomputed ahead of the loop; null otherwise.
  Value invariant(Value value);

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value scale(Value x, int64_t factor) {
    return factor == 1 ? x
                       : arith::MulIOp::create(b, loc, x, index(factor))
                             .getResult();
  }
  Value floorDiv(Value x, int64_t d) {
    return d == 1 ? x
                  : arith::FloorDivSIOp::create(b, loc, x, index(d))
                        .getResult();
  }
  Value ceilDiv(Value x, int64_t d) {
    return d == 1 ? x
                  : arith::CeilDivSIOp::create(b, loc, x, index(d)).getResult();
  }

  OpBuilder &b;
  scf::ForOp loop;
  MapOp map;
  Location loc;
  Value columnBase;
  int64_t rows, columns;
  IRMapping hoisted;
};

} // namespace

Value MaskBounds::invariant(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &map.getBlock())
    return loop.isDefinedOutsideOfLoop(value) ? value : Value();
  if (Value known = hoisted.lookupOrNull(value))
    return known;
  if (op->getNumRegions() != 0)
    return {};
  for (Value operand : op->getOperands())
    if (!invariant(operand))
      return {};
  // Division by what may be zero is not done ahead of the loop.
  if (!isSpeculatable(op) && !isa<GatherOp>(op))
    return {};
  return b.clone(*op, hoisted)->getResult(0);
}

/// Whether an integer surely lies within 2^40, so that sums of a few cannot wrap
/// in 64 bits: constants, integers of up to 32 bits, sizes, coordinates of work
/// items, and sums and differences of these.
static bool isSmall(Value value, unsigned depth = 0) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSignificantBits() <= 40;
  if (auto type = dyn_cast<IntegerType>(value.getType()))
    if (type.getWidth() <= 32)
      return true;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
    return kernel && is_contained(kernel.getGridArguments(), argument);
  }
  Operation *op = value.getDefiningOp();
  if (isa<memref::DimOp>(op))
    return true;
  if (depth > 4 || !isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp,
                        arith::MaxSIOp, arith::IndexCastOp, arith::ExtSIOp>(op))
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return isSmall(operand, depth + 1);
  });
}

std::optional<Linear> MaskBounds::linear(Value value) {
  auto coordinates = map.getCoordinates();
  if (value == coordinates[0]) {
    Value origin = map.getOrigin().empty() ? index(0) : map.getOrigin()[0];
    if (!map.getOrigin().empty() && !loop.isDefinedOutsideOfLoop(origin))
      return std::nullopt;
    return Linear{0, 1, origin};
  }
  if (value == coordinates[1])
    return Linear{1, 0, columnBase};
  if (Value outside = invariant(value)) {
    if (!isSmall(outside))
      return std::nullopt;
    if (!outside.getType().isIndex())
      outside =
          arith::IndexCastOp::create(b, loc, b.getIndexType(), outside);
    return Linear{0, 0, outside};
  }
  Operation *op = value.getDefiningOp();
  // Narrower integers may wrap where an index does not.
  if (isa_and_nonnull<arith::IndexCastOp>(op) &&
      (op->getResult(0).getType().isIndex() ||
       op->getResult(0).getType().isInteger(64)))
    return linear(op->getOperand(0));
  if (!value.getType().isIndex() && !value.getType().isInteger(64))
    return std::nullopt;
  if (isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op)) {
    std::optional<Linear> x = linear(op->getOperand(0));
    std::optional<Linear> y = linear(op->getOperand(1));
    if (!x || !y)
      return std::nullopt;
    if (isa<arith::AddIOp>(op))
      return Linear{x->j + y->j, x->i + y->i, add(x->rest, y->rest)};
    return Linear{x->j - y->j, x->i - y->i,
                  arith::SubIOp::create(b, loc, x->rest, y->rest)};
  }
  if (auto mul = dyn_cast_or_null<arith::MulIOp>(op)) {
    for (unsigned side : {0u, 1u}) {
      APInt factor;
      if (!matchPattern(mul->getOperand(side), m_ConstantInt(&factor)) ||
          factor.getSignificantBits() > 20)
        continue;
      std::optional<Linear> x = linear(mul->getOperand(1 - side));
      if (!x)
        return std::nullopt;
      int64_t f = factor.getSExtValue();
      return Linear{x->j * f, x->i * f, scale(x->rest, f)};
    }
  }
  return std::nullopt;
}

/// a * j + b * i + c >= 0 over rows [0, rows) and columns of tile J.
Bounds MaskBounds::boundAtLeastZero(const Linear &e) {
  // The part without j is largest and smallest at the ends of the rows.
  Value atFirst = e.rest;
  Value atLast = e.i == 0 ? e.rest : add(e.rest, index(e.i * (rows - 1)));
  Value largest = e.i > 0 ? atLast : atFirst;
  Value smallest = e.i > 0 ? atFirst : atLast;
  auto negate = [&](Value x) -> Value {
    return arith::SubIOp::create(b, loc, index(0), x);
  };
  Bounds bounds;
  if (e.j == 0) {
    // The same for all keys: a tile is full if it is so for all rows.
    Value zero = index(0), top = index(std::numeric_limits<int64_t>::max() / 2);
    Value holds = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                        smallest, zero);
    bounds.all = Interval{
        zero, arith::SelectOp::create(b, loc, holds, top, zero)};
    Value may = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                      largest, zero);
    bounds.may.high = arith::SelectOp::create(b, loc, may, top, zero);
    return bounds;
  }
  if (e.j > 0) {
    // j >= ceil(-x / a): tiles whose last, or first, key reaches it.
    bounds.may.low = floorDiv(ceilDiv(negate(largest), e.j), columns);
    bounds.all =
        Interval{ceilDiv(ceilDiv(negate(smallest), e.j), columns), Value()};
    return bounds;
  }
  // j <= floor(x / -a): tiles whose first, or last, key is not beyond.
  Value one = index(1);
  bounds.may.high =
      add(floorDiv(floorDiv(largest, -e.j), columns), one);
  bounds.all = Interval{
      Value(), floorDiv(add(floorDiv(smallest, -e.j), one), columns)};
  return bounds;
}

static arith::CmpIPredicate invert(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return arith::CmpIPredicate::ne;
  case arith::CmpIPredicate::ne:
    return arith::CmpIPredicate::eq;
  case arith::CmpIPredicate::slt:
    return arith::CmpIPredicate::sge;
  case arith::CmpIPredicate::sle:
    return arith::CmpIPredicate::sgt;
  case arith::CmpIPredicate::sgt:
    return arith::CmpIPredicate::sle;
  case arith::CmpIPredicate::sge:
    return arith::CmpIPredicate::slt;
  default:
    return predicate;
  }
}

Bounds MaskBounds::boundCompare(arith::CmpIOp op, bool negated) {
  arith::CmpIPredicate predicate =
      negated ? invert(op.getPredicate()) : op.getPredicate();
  if (predicate > arith::CmpIPredicate::sge)
    return {}; // Unsigned.
  std::optional<Linear> x = linear(op.getLhs()), y = linear(op.getRhs());
  if (!x || !y)
    return {};
  // lhs - rhs + constant, and its opposite.
  auto difference = [&](const Linear &p, const Linear &q, int64_t constant) {
    Value rest = arith::SubIOp::create(b, loc, p.rest, q.rest);
    return Linear{p.j - q.j, p.i - q.i, add(rest, index(constant))};
  };
  switch (predicate) {
  case arith::CmpIPredicate::sge:
    return boundAtLeastZero(difference(*x, *y, 0));
  case arith::CmpIPredicate::sgt:
    return boundAtLeastZero(difference(*x, *y, -1));
  case arith::CmpIPredicate::sle:
    return boundAtLeastZero(difference(*y, *x, 0));
  case arith::CmpIPredicate::slt:
    return boundAtLeastZero(difference(*y, *x, -1));
  case arith::CmpIPredicate::eq:
    return both(b, loc, boundAtLeastZero(difference(*x, *y, 0)),
                boundAtLeastZero(difference(*y, *x, 0)));
  default:
    return {};
  }
}

static Value larger(OpBuilder &b, Location loc, Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  return arith::MaxSIOp::create(b, loc, x, y);
}

static Value smaller(OpBuilder &b, Location loc, Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  return arith::MinSIOp::create(b, loc, x, y);
}

static Interval intersect(OpBuilder &b, Location loc, Interval x, Interval y) {
  return {larger(b, loc, x.low, y.low), smaller(b, loc, x.high, y.high)};
}

Bounds MaskBounds::both(OpBuilder &b, Location loc, const Bounds &x,
                        const Bounds &y) {
  Bounds bounds;
  bounds.may = intersect(b, loc, x.may, y.may);
  if (x.all && y.all)
    bounds.all = intersect(b, loc, *x.all, *y.all);
  return bounds;
}

Bounds MaskBounds::either(OpBuilder &b, Location loc, const Bounds &x,
                          const Bounds &y) {
  Bounds bounds;
  // The hull; an end without a bound has none.
  if (x.may.low && y.may.low)
    bounds.may.low = arith::MinSIOp::create(b, loc, x.may.low, y.may.low);
  if (x.may.high && y.may.high)
    bounds.may.high = arith::MaxSIOp::create(b, loc, x.may.high, y.may.high);
  if (!x.all || !y.all) {
    bounds.all = x.all ? x.all : y.all;
    return bounds;
  }
  // Two intervals that both start at the beginning, or both reach the end, have
  // an interval as union; of others the first is kept.
  bounds.all = x.all;
  if (!x.all->low && !y.all->low && x.all->high && y.all->high)
    bounds.all->high =
        arith::MaxSIOp::create(b, loc, x.all->high, y.all->high);
  else if (!x.all->high && !y.all->high && x.all->low && y.all->low)
    bounds.all->low = arith::MinSIOp::create(b, loc, x.all->low, y.all->low);
  return bounds;
}

Bounds MaskBounds::bound(Value condition, bool negated) {
  Operation *op = condition.getDefiningOp();
  if (!op || op->getBlock() != &map.getBlock())
    return {};
  return llvm::TypeSwitch<Operation *, Bounds>(op)
      .Case([&](arith::CmpIOp compare) {
        return boundCompare(compare, negated);
      })
      .Case<arith::AndIOp, arith::OrIOp>([&](auto join) {
        Bounds x = bound(join.getLhs(), negated);
        Bounds y = bound(join.getRhs(), negated);
        bool conjunction = isa<arith::AndIOp>(join) != negated;
        return conjunction ? both(b, loc, x, y) : either(b, loc, x, y);
      })
      .Case([&](arith::XOrIOp exclusive) -> Bounds {
        // not x is written x xor true.
        if (!matchPattern(exclusive.getRhs(), m_One()))
          return {};
        return bound(exclusive.getLhs(), !negated);
      })
      .Default([](Operation *) { return Bounds(); });
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

/// The mask: the one map under `scf.if %partial`.
static MapOp findMask(KeyLoop &key) {
  MapOp found;
  for (Operation *user : key.at.getPartial().getUsers()) {
    auto branch = dyn_cast<scf::IfOp>(user);
    if (!branch || found || branch.getNumResults() != 1)
      return {};
    auto yield = cast<scf::YieldOp>(branch.thenBlock()->getTerminator());
    found = yield.getOperand(0).getDefiningOp<MapOp>();
  }
  return found;
}

/// select(%condition, %element, -inf): the condition of a mask's map.
static Value findCondition(MapOp mask) {
  auto select = mask.getYielded().getDefiningOp<arith::SelectOp>();
  APFloat other(0.0f);
  if (!select || !is_contained(mask.getElements(), select.getTrueValue()) ||
      !matchPattern(select.getFalseValue(), m_ConstantFloat(&other)) ||
      !other.isInfinity() || !other.isNegative())
    return {};
  return select.getCondition();
}

/// The mask's origin along axis 1 without `tile * N`: added together from
/// values outside of the loop. Null where it has another form.
static Value findColumnBase(OpBuilder &b, KeyLoop &key, MapOp mask) {
  if (mask.getOrigin().empty())
    return {};
  Location loc = mask.getLoc();
  Value base = arith::ConstantIndexOp::create(b, loc, 0);
  Value rest = mask.getOrigin()[1];
  int64_t columns = mask.getType().getDimSize(1);
  while (auto add = rest.getDefiningOp<arith::AddIOp>()) {
    if (!key.loop.isDefinedOutsideOfLoop(add.getRhs()))
      return {};
    base = arith::AddIOp::create(b, loc, base, add.getRhs());
    rest = add.getLhs();
  }
  auto mul = rest.getDefiningOp<arith::MulIOp>();
  APInt factor;
  if (!mul || mul.getLhs() != key.at.getTile() ||
      !matchPattern(mul.getRhs(), m_ConstantInt(&factor)) ||
      factor.getSExtValue() != columns)
    return {};
  return base;
}

namespace {

/// The ranges of a walk as they are collected.
struct Ranges {
  SmallVector<Value> low, high;
  SmallVector<bool> partial;

  void add(Value from, Value to, bool isPartial) {
    low.push_back(from);
    high.push_back(to);
    partial.push_back(isPartial);
  }
};

struct TileRefineWalkPass final
    : fovea::tile::impl::TileRefineWalkBase<TileRefineWalkPass> {
  using Base::Base;

  void runOnOperation() override {
    for (KeyLoop &key : findKeyLoops(getOperation()))
      refine(key);
  }

  void refine(KeyLoop &key) {
    if (!llvm::is_contained(key.walk.getPartial(), true))
      return;
    // At the loop, where everything that its mask reads from outside is known.
    OpBuilder b(key.loop);
    Bounds bounds = findBounds(b, key);
    if (!bounds.may.low && !bounds.may.high && !bounds.all) {
      ++numUnbounded;
      return;
    }
    Ranges ranges;
    for (auto [low, high, partial] :
         llvm::zip(key.walk.getLower(), key.walk.getUpper(),
                   key.walk.getPartial()))
      if (partial)
        refineRange(b, key.loop.getLoc(), bounds, low, high, ranges);
      else
        ranges.add(low, high, false);
    Value walk = WalkRangesOp::create(b, key.walk.getLoc(), ranges.low,
                                      ranges.high, ranges.partial);
    key.at.getWalkMutable().assign(walk);
    key.loop.setUpperBound(WalkSizeOp::create(b, key.size.getLoc(), walk));
    if (key.size->use_empty())
      key.size.erase();
    if (key.walk->use_empty())
      key.walk.erase();
    ++numRefined;
  }

  static Bounds findBounds(OpBuilder &b, KeyLoop &key) {
    MapOp mask = findMask(key);
    Value condition = mask ? findCondition(mask) : Value();
    Value base = condition ? findColumnBase(b, key, mask) : Value();
    if (!base)
      return {};
    return MaskBounds(b, key.loop, mask, base).bound(condition);
  }

  /// [low, high) -> partial [may.low, all.low), full [all), partial
  /// [all.high, may.high).
  static void refineRange(OpBuilder &b, Location loc, const Bounds &bounds,
                          Value low, Value high, Ranges &ranges) {
    auto clamp = [&](Value value, Value from, Value to) {
      return smaller(b, loc, larger(b, loc, value, from), to);
    };
    Value begin = bounds.may.low ? clamp(bounds.may.low, low, high) : low;
    Value end = bounds.may.high ? clamp(bounds.may.high, begin, high) : high;
    if (!bounds.all)
      return ranges.add(begin, end, true);
    Value from = bounds.all->low ? clamp(bounds.all->low, begin, end) : begin;
    Value to = bounds.all->high ? clamp(bounds.all->high, from, end) : end;
    if (bounds.all->low)
      ranges.add(begin, from, true);
    ranges.add(from, to, false);
    if (bounds.all->high)
      ranges.add(to, end, true);
  }
};

} // namespace
