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
// A mask computes in 64 bits, and may wrap there. Bounds hold for a mask that
// does not wrap, and must not wrap themselves. So each expression carries a
// bound on its magnitude; a captured value in a sum, which may be anything, is
// compared with a limit at run time, and beyond it nothing is known of the
// mask.
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
  Interval may;                ///< Tiles outside are empty.
  std::optional<Interval> all; ///< Tiles inside are full; none: nothing known.
};

/// a * j + b * i + c.
struct Linear {
  int64_t j = 0, i = 0;
  Value rest;            ///< c, an index.
  int64_t magnitude = 0; ///< Bounds the sum of |a * j|, |b * i| and |c|.
};

/// Bounds coordinates; the boundary keeps extents and origins below 2^31.
constexpr int64_t maxCoordinate = int64_t(1) << 32;
/// Bounds captured values in sums, which is checked at run time.
constexpr int64_t maxInvariant = int64_t(1) << 40;
/// Bounds expressions: with a few more terms they stay far from wrapping.
constexpr int64_t maxMagnitude = int64_t(1) << 61;

/// Bounds masks of one map, at the builder's insertion point ahead of the loop.
class MaskBounds {
public:
  /// `columnBase`: the map's origin along axis 1 is `tile * N + columnBase`.
  MaskBounds(OpBuilder &builder, scf::ForOp loop, MapOp map, Value columnBase)
      : b(builder), loop(loop), map(map), loc(map.getLoc()),
        columnBase(columnBase), rows(map.getType().getDimSize(0)),
        columns(map.getType().getDimSize(1)) {}

  Bounds bound(Value condition, bool negated = false);

private:
  Bounds boundCompare(arith::CmpIOp op, bool negated);
  Bounds boundAtLeastZero(const Linear &e);
  /// Bounds of what is the same for all keys: whether all rows, and whether any
  /// row, may see them.
  Bounds boundSame(Value all, Value any);
  /// `bounds` if the guard holds, and nothing known otherwise.
  Bounds underGuard(const Bounds &bounds);
  static Bounds both(OpBuilder &b, Location loc, const Bounds &x,
                     const Bounds &y);
  static Bounds either(OpBuilder &b, Location loc, const Bounds &x,
                       const Bounds &y);

  std::optional<Linear> linear(Value value);
  /// A side of a comparison with an expression of at most this magnitude.
  std::optional<Linear> clampedInvariant(Value value, int64_t otherMagnitude);
  std::optional<Linear> guardedInvariant(Value value);
  /// x + y, or x - y; none if it may wrap.
  std::optional<Linear> sum(const Linear &x, const Linear &y, bool subtract);
  std::optional<Linear> product(const Linear &x, int64_t factor);
  /// A value of the body that depends on neither element nor coordinate,
  /// recomputed ahead of the loop; null otherwise.
  Value invariant(Value value);

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  /// Of a value that is the same for the work item; null if too wide.
  Value invariantIndex(Value value);
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value subtract(Value x, Value y) {
    return arith::SubIOp::create(b, loc, x, y);
  }
  Value floorDiv(Value x, int64_t d) {
    return d == 1
               ? x
               : arith::FloorDivSIOp::create(b, loc, x, index(d)).getResult();
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
  /// What the bounds of the comparison at hand rely on; null if on nothing.
  Value guard;
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

/// A bound on the magnitude of an integer, for constants, integers of up to 32
/// bits, sizes, coordinates of work items, and sums and differences of these.
static std::optional<int64_t> getMagnitude(Value value, unsigned depth = 0) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    if (constant.getSignificantBits() > 40)
      return std::nullopt;
    return std::abs(constant.getSExtValue());
  }
  if (auto type = dyn_cast<IntegerType>(value.getType()))
    if (type.getWidth() <= 32)
      return int64_t(1) << 31;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
    if (kernel && is_contained(kernel.getGridArguments(), argument))
      return maxCoordinate;
    return std::nullopt;
  }
  Operation *op = value.getDefiningOp();
  if (isa<memref::DimOp>(op))
    return maxCoordinate;
  if (depth > 4 || !isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp,
                        arith::MaxSIOp, arith::IndexCastOp, arith::ExtSIOp>(op))
    return std::nullopt;
  int64_t magnitude = 0;
  for (Value operand : op->getOperands()) {
    std::optional<int64_t> part = getMagnitude(operand, depth + 1);
    if (!part)
      return std::nullopt;
    magnitude += *part;
  }
  return magnitude;
}

Value MaskBounds::invariantIndex(Value value) {
  auto type = dyn_cast<IntegerType>(value.getType());
  if (!type)
    return value;
  if (type.getWidth() > 64)
    return {};
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

/// Beyond the other side's magnitude a comparison has one outcome.
std::optional<Linear> MaskBounds::clampedInvariant(Value value,
                                                   int64_t otherMagnitude) {
  Value known = invariantIndex(value);
  if (!known)
    return std::nullopt;
  if (std::optional<int64_t> magnitude = getMagnitude(value))
    return Linear{0, 0, known, *magnitude};
  int64_t limit = otherMagnitude + 1;
  known = arith::MaxSIOp::create(b, loc, known, index(-limit));
  known = arith::MinSIOp::create(b, loc, known, index(limit));
  return Linear{0, 0, known, limit};
}

std::optional<Linear> MaskBounds::guardedInvariant(Value value) {
  Value known = invariantIndex(value);
  if (!known)
    return std::nullopt;
  if (std::optional<int64_t> magnitude = getMagnitude(value))
    return Linear{0, 0, known, *magnitude};
  for (auto [predicate, limit] :
       {std::pair(arith::CmpIPredicate::sge, -maxInvariant),
        std::pair(arith::CmpIPredicate::sle, maxInvariant)}) {
    Value within = compare(predicate, known, index(limit));
    guard = guard ? arith::AndIOp::create(b, loc, guard, within) : within;
  }
  return Linear{0, 0, known, maxInvariant};
}

std::optional<Linear> MaskBounds::sum(const Linear &x, const Linear &y,
                                      bool subtracts) {
  int64_t magnitude = x.magnitude + y.magnitude;
  if (magnitude > maxMagnitude)
    return std::nullopt;
  if (subtracts)
    return Linear{x.j - y.j, x.i - y.i, subtract(x.rest, y.rest), magnitude};
  return Linear{x.j + y.j, x.i + y.i, add(x.rest, y.rest), magnitude};
}

std::optional<Linear> MaskBounds::product(const Linear &x, int64_t factor) {
  if (factor == 1)
    return x;
  int64_t size = std::abs(factor);
  if (size != 0 && x.magnitude > maxMagnitude / size)
    return std::nullopt;
  Value rest = arith::MulIOp::create(b, loc, x.rest, index(factor));
  return Linear{x.j * factor, x.i * factor, rest, x.magnitude * size};
}

std::optional<Linear> MaskBounds::linear(Value value) {
  auto coordinates = map.getCoordinates();
  if (value == coordinates[0]) {
    Value origin = map.getOrigin().empty() ? index(0) : map.getOrigin()[0];
    if (!map.getOrigin().empty() && !loop.isDefinedOutsideOfLoop(origin))
      return std::nullopt;
    return Linear{0, 1, origin, maxCoordinate};
  }
  if (value == coordinates[1])
    return Linear{1, 0, columnBase, maxCoordinate};
  if (Value outside = invariant(value))
    return guardedInvariant(outside);
  Operation *op = value.getDefiningOp();
  // Narrower integers may wrap where an index does not.
  if (!op || !(value.getType().isIndex() || value.getType().isInteger(64)))
    return std::nullopt;
  if (isa<arith::IndexCastOp>(op))
    return linear(op->getOperand(0));
  if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    std::optional<Linear> x = linear(op->getOperand(0));
    std::optional<Linear> y = linear(op->getOperand(1));
    if (!x || !y)
      return std::nullopt;
    return sum(*x, *y, /*subtracts=*/isa<arith::SubIOp>(op));
  }
  if (auto mul = dyn_cast<arith::MulIOp>(op)) {
    for (unsigned side : {0u, 1u}) {
      APInt factor;
      if (!matchPattern(mul->getOperand(side), m_ConstantInt(&factor)) ||
          factor.getSignificantBits() > 40)
        continue;
      std::optional<Linear> x = linear(mul->getOperand(1 - side));
      return x ? product(*x, factor.getSExtValue()) : std::nullopt;
    }
  }
  return std::nullopt;
}

Bounds MaskBounds::boundSame(Value all, Value any) {
  Value zero = index(0), top = index(std::numeric_limits<int64_t>::max());
  Bounds bounds;
  bounds.all = Interval{Value(), select(all, top, zero)};
  bounds.may.high = select(any, top, zero);
  return bounds;
}

Bounds MaskBounds::underGuard(const Bounds &bounds) {
  if (!guard)
    return bounds;
  Value lowest = index(std::numeric_limits<int64_t>::min());
  Value highest = index(std::numeric_limits<int64_t>::max());
  auto choose = [&](Interval interval, Value low, Value high) -> Interval {
    return {interval.low ? select(guard, interval.low, low) : Value(),
            interval.high ? select(guard, interval.high, high) : Value()};
  };
  Bounds result;
  result.may = choose(bounds.may, lowest, highest);
  if (bounds.all)
    result.all = choose(*bounds.all, highest, lowest);
  return result;
}

/// a * j + b * i + c >= 0 over rows [0, rows) and columns of tile J.
Bounds MaskBounds::boundAtLeastZero(const Linear &e) {
  // The part without j is largest and smallest at the ends of the rows.
  Value atFirst = e.rest;
  Value atLast = e.i == 0 ? e.rest : add(e.rest, index(e.i * (rows - 1)));
  Value largest = e.i > 0 ? atLast : atFirst;
  Value smallest = e.i > 0 ? atFirst : atLast;
  auto negate = [&](Value x) { return subtract(index(0), x); };
  if (e.j == 0)
    return boundSame(compare(arith::CmpIPredicate::sge, smallest, index(0)),
                     compare(arith::CmpIPredicate::sge, largest, index(0)));
  Bounds bounds;
  if (e.j > 0) {
    // j >= ceil(-x / a): tiles whose last, or first, key reaches it.
    bounds.may.low = floorDiv(ceilDiv(negate(largest), e.j), columns);
    bounds.all =
        Interval{ceilDiv(ceilDiv(negate(smallest), e.j), columns), Value()};
    return bounds;
  }
  // j <= floor(x / -a): tiles whose first, or last, key is not beyond.
  Value one = index(1);
  bounds.may.high = add(floorDiv(floorDiv(largest, -e.j), columns), one);
  bounds.all =
      Interval{Value(), floorDiv(add(floorDiv(smallest, -e.j), one), columns)};
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
  guard = {};
  std::optional<Linear> x, y;
  if (Value known = invariant(op.getLhs())) {
    if ((y = linear(op.getRhs())))
      x = clampedInvariant(known, y->magnitude);
  } else if ((x = linear(op.getLhs()))) {
    known = invariant(op.getRhs());
    y = known ? clampedInvariant(known, x->magnitude) : linear(op.getRhs());
  }
  if (!x || !y || x->magnitude + y->magnitude > maxMagnitude)
    return {};
  // p - q + constant >= 0.
  auto atLeast = [&](const Linear &p, const Linear &q, int64_t constant) {
    Linear e = *sum(p, q, /*subtracts=*/true);
    e.rest = add(e.rest, index(constant));
    return boundAtLeastZero(e);
  };
  switch (predicate) {
  case arith::CmpIPredicate::sge:
    return underGuard(atLeast(*x, *y, 0));
  case arith::CmpIPredicate::sgt:
    return underGuard(atLeast(*x, *y, -1));
  case arith::CmpIPredicate::sle:
    return underGuard(atLeast(*y, *x, 0));
  case arith::CmpIPredicate::slt:
    return underGuard(atLeast(*y, *x, -1));
  case arith::CmpIPredicate::eq:
    return underGuard(both(b, loc, atLeast(*x, *y, 0), atLeast(*y, *x, 0)));
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
    bounds.all->high = arith::MaxSIOp::create(b, loc, x.all->high, y.all->high);
  else if (!x.all->high && !y.all->high && x.all->low && y.all->low)
    bounds.all->low = arith::MinSIOp::create(b, loc, x.all->low, y.all->low);
  return bounds;
}

Bounds MaskBounds::bound(Value condition, bool negated) {
  Operation *op = condition.getDefiningOp();
  if (Value known = invariant(condition)) {
    if (negated)
      known = arith::XOrIOp::create(b, loc, known,
                                    arith::ConstantIntOp::create(b, loc, 1, 1));
    return boundSame(known, known);
  }
  if (!op || op->getBlock() != &map.getBlock())
    return {};
  return llvm::TypeSwitch<Operation *, Bounds>(op)
      .Case(
          [&](arith::CmpIOp compare) { return boundCompare(compare, negated); })
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

/// The mask: a map that yields select(%condition, %element, -inf), under the
/// only use of %partial: `scf.if` which yields that element's tile otherwise.
struct Mask {
  MapOp map;
  Value condition;
};

static std::optional<Mask> findMask(KeyLoop &key) {
  Value partial = key.at.getPartial();
  auto branch = partial.hasOneUse() ? dyn_cast<scf::IfOp>(*partial.user_begin())
                                    : nullptr;
  if (!branch || branch.getNumResults() != 1)
    return std::nullopt;
  auto map = branch.thenYield().getOperand(0).getDefiningOp<MapOp>();
  auto select =
      map ? map.getYielded().getDefiningOp<arith::SelectOp>() : nullptr;
  APFloat other(0.0f);
  if (!select || map.getType().getRank() != 2 ||
      !matchPattern(select.getFalseValue(), m_ConstantFloat(&other)) ||
      !other.isInfinity() || !other.isNegative())
    return std::nullopt;
  for (auto [element, input, at] :
       llvm::zip(map.getElements(), map.getInputs(),
                 map.getIndexingMaps().getAsValueRange<AffineMapAttr>()))
    if (element == select.getTrueValue() && at.isIdentity() &&
        input == branch.elseYield().getOperand(0))
      return Mask{map, select.getCondition()};
  return std::nullopt;
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
    for (auto [low, high, partial] : llvm::zip(
             key.walk.getLower(), key.walk.getUpper(), key.walk.getPartial()))
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
    std::optional<Mask> mask = findMask(key);
    Value base = mask ? findColumnBase(b, key, mask->map) : Value();
    if (!base)
      return {};
    return MaskBounds(b, key.loop, mask->map, base).bound(mask->condition);
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
