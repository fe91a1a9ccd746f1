//===- RefineWalk.cpp - Full and partial ranges of walks ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The mask of a key loop becomes a formula, the analysis gives the intervals of
// keys where it may be true and where it may be false for the rows of a work
// item, and the ranges of the walk are made from them as ops ahead of the loop.
//
// A mask computes in 64 bits, and may wrap there. A formula holds for a mask
// that does not wrap. So a captured value in a sum, which may be anything, is
// compared with a limit at run time, and beyond it nothing is known of the
// mask.
//
//===----------------------------------------------------------------------===//

#include "KeyLoop.h"

#include "fovea/Analysis/MaskTranslation.h"
#include "fovea/Analysis/TileRanges.h"
#include "fovea/Dialect/Tile/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILEREFINEWALK
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea;
using namespace fovea::tile;

//===----------------------------------------------------------------------===//
// What a mask reads
//===----------------------------------------------------------------------===//

/// The range of an integer: constants, integers of up to 32 bits, sizes,
/// coordinates of work items, and sums, products and the like of these.
static std::optional<IntegerRange> getRange(Value value, unsigned depth = 0) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    if (constant.getSignificantBits() > 41)
      return std::nullopt;
    return IntegerRange{constant.getSExtValue(), constant.getSExtValue()};
  }
  std::optional<IntegerRange> ofType = getTypeRange(value.getType());
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
    if (kernel && is_contained(kernel.getGridArguments(), argument))
      return IntegerRange{0, maxExtent};
    return ofType;
  }
  Operation *op = value.getDefiningOp();
  if (isa<memref::DimOp>(op))
    return IntegerRange{0, maxExtent};
  if (depth > 4)
    return ofType;
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(op)) {
    std::optional<IntegerRange> x = getRange(op->getOperand(0), depth + 1);
    return x && ofType && (x->low < ofType->low || x->high > ofType->high)
               ? ofType
               : x;
  }
  // What divides an index that is not negative, whatever it is, makes it less.
  if (auto quotient = dyn_cast<arith::DivUIOp>(op); quotient && !ofType) {
    std::optional<IntegerRange> x = getRange(quotient.getLhs(), depth + 1);
    if (x && x->low >= 0)
      return IntegerRange{0, x->high};
    return std::nullopt;
  }
  // Operands of at most 2^42 give results without wrapping, if of 64 bits.
  if (ofType || !isa<arith::AddIOp, arith::SubIOp, arith::MulIOp,
                     arith::MinSIOp, arith::MaxSIOp>(op))
    return ofType;
  std::optional<IntegerRange> x = getRange(op->getOperand(0), depth + 1);
  std::optional<IntegerRange> y = getRange(op->getOperand(1), depth + 1);
  if (!x || !y)
    return std::nullopt;
  IntegerRange result;
  if (isa<arith::AddIOp>(op)) {
    result = {x->low + y->low, x->high + y->high};
  } else if (isa<arith::SubIOp>(op)) {
    result = {x->low - y->high, x->high - y->low};
  } else if (isa<arith::MinSIOp>(op)) {
    result = {std::min(x->low, y->low), std::min(x->high, y->high)};
  } else if (isa<arith::MaxSIOp>(op)) {
    result = {std::max(x->low, y->low), std::max(x->high, y->high)};
  } else {
    int64_t products[4];
    if (llvm::MulOverflow(x->low, y->low, products[0]) ||
        llvm::MulOverflow(x->low, y->high, products[1]) ||
        llvm::MulOverflow(x->high, y->low, products[2]) ||
        llvm::MulOverflow(x->high, y->high, products[3]))
      return std::nullopt;
    result = {*std::min_element(products, products + 4),
              *std::max_element(products, products + 4)};
  }
  const int64_t limit = int64_t(1) << 42;
  if (result.low < -limit || result.high > limit)
    return std::nullopt;
  return result;
}

/// The coordinates of elements at `origin` and up to `extent` after it.
static IntegerRange getCoordinates(Value origin, int64_t extent) {
  IntegerRange range{-maxCoordinate, maxCoordinate};
  if (std::optional<IntegerRange> known = getRange(origin)) {
    range.low = std::max(range.low, known->low);
    range.high =
        std::max(std::min(range.high, known->high + extent), range.low);
  }
  return range;
}

namespace {

/// The values of a mask's body, with what is the same for a work item
/// recomputed ahead of the loop.
class LoopMask final : public MaskSource {
public:
  LoopMask(OpBuilder &b, scf::ForOp loop, MapOp map)
      : MaskSource(map.getCoordinates()[0], map.getCoordinates()[1]), b(b),
        loop(loop), map(map) {}

  bool isInvariant(Value value) override { return hoist(value) != nullptr; }
  std::optional<IntegerRange> rangeOf(Value value) override {
    return getRange(value);
  }

  /// The value ahead of the loop; null if it depends on the element.
  Value hoist(Value value);

private:
  OpBuilder &b;
  scf::ForOp loop;
  MapOp map;
  IRMapping hoisted;
  DenseSet<Operation *> variant; ///< Known to depend on the element.
};

/// The arithmetic of ops, created at the builder's insertion point.
class Ops {
public:
  using Value = mlir::Value;
  using Condition = mlir::Value;

  Ops(OpBuilder &b, Location loc, const TermTable &terms)
      : b(b), loc(loc), terms(terms) {}

  /// Says what a symbol is.
  void define(unsigned term, Value value) { values[term] = value; }
  void defineFlags(SmallVector<Value> values) { flags = std::move(values); }

  Value linear(const Linear &e);
  Value constant(int64_t x) {
    return arith::ConstantIndexOp::create(b, loc, x);
  }
  Value add(Value x, int64_t y) {
    return y == 0 ? x : create<arith::AddIOp>(x, constant(y));
  }
  Value subtract(Value x, Value y) {
    return isZero(y) ? x : create<arith::SubIOp>(x, y);
  }
  Value floorDiv(Value x, int64_t d) {
    return d == 1 ? x : create<arith::FloorDivSIOp>(x, constant(d));
  }
  Value min(Value x, Value y) {
    return x == y ? x : create<arith::MinSIOp>(x, y);
  }
  Value max(Value x, Value y) {
    return x == y ? x : create<arith::MaxSIOp>(x, y);
  }
  Value select(Condition c, Value x, Value y) {
    return arith::SelectOp::create(b, loc, c, x, y);
  }
  Condition lessEqual(Value x, Value y) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, x, y);
  }
  Condition both(Condition x, Condition y) {
    return create<arith::AndIOp>(x, y);
  }
  Condition flag(unsigned n, bool negated) {
    if (!negated)
      return flags[n];
    Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
    return create<arith::XOrIOp>(flags[n], yes);
  }

private:
  template <typename Op>
  Value create(Value x, Value y) {
    return b.createOrFold<Op>(loc, x, y);
  }
  static bool isZero(Value x) { return matchPattern(x, m_Zero()); }

  OpBuilder &b;
  Location loc;
  const TermTable &terms;
  DenseMap<unsigned, Value> values;
  SmallVector<Value> flags;
};

} // namespace

Value LoopMask::hoist(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != &map.getBlock())
    return loop.isDefinedOutsideOfLoop(value) ? value : Value();
  if (Value known = hoisted.lookupOrNull(value))
    return known;
  if (variant.contains(op))
    return {};
  // Division by what may be zero is not done ahead of the loop.
  bool isMovable =
      op->getNumRegions() == 0 && (isSpeculatable(op) || isa<GatherOp>(op)) &&
      llvm::all_of(op->getOperands(),
                   [&](Value operand) { return hoist(operand) != nullptr; });
  if (isMovable)
    return b.clone(*op, hoisted)->getResult(0);
  variant.insert(op);
  return {};
}

Value Ops::linear(const Linear &e) {
  Value sum;
  for (auto [t, factor] : e.parts) {
    const TermTable::Term &term = terms[t];
    Value &value = values[t];
    if (!value) {
      Value a = linear(term.a);
      Value quotient = floorDiv(a, term.divisor);
      if (term.kind == TermTable::Kind::mod)
        quotient = subtract(
            a, create<arith::MulIOp>(quotient, constant(term.divisor)));
      values[t] = quotient;
    }
    Value part = values[t];
    if (std::abs(factor) != 1)
      part = create<arith::MulIOp>(part, constant(std::abs(factor)));
    if (!sum)
      sum = factor > 0 ? part : create<arith::SubIOp>(constant(0), part);
    else
      sum = factor > 0 ? create<arith::AddIOp>(sum, part)
                       : create<arith::SubIOp>(sum, part);
  }
  return sum ? add(sum, e.constant) : constant(e.constant);
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

/// The mask: a map that yields select(%condition, %element, -inf), under the
/// only use of %partial: `scf.if` which yields that element's tile otherwise.
namespace {
struct LoopMaskOps {
  MapOp map;
  Value condition;
  Value scores; ///< The tile that is masked.
};
} // namespace

static std::optional<LoopMaskOps> findMask(KeyLoop &key) {
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
      return LoopMaskOps{map, select.getCondition(), input};
  return std::nullopt;
}

namespace {
/// The first coordinates of a mask's tile: the row is `row`, the column is
/// `first` + `base` with first = tile * N. Null where it has another form.
struct TileOrigin {
  Value row, first, base;
};
} // namespace

static TileOrigin findOrigin(OpBuilder &b, KeyLoop &key, MapOp mask) {
  if (mask.getOrigin().empty() ||
      !key.loop.isDefinedOutsideOfLoop(mask.getOrigin()[0]))
    return {};
  Location loc = mask.getLoc();
  Value base = arith::ConstantIndexOp::create(b, loc, 0);
  Value rest = mask.getOrigin()[1];
  while (auto add = rest.getDefiningOp<arith::AddIOp>()) {
    if (!key.loop.isDefinedOutsideOfLoop(add.getRhs()))
      return {};
    base = b.createOrFold<arith::AddIOp>(loc, base, add.getRhs());
    rest = add.getLhs();
  }
  auto mul = rest.getDefiningOp<arith::MulIOp>();
  APInt factor;
  if (!mul || mul.getLhs() != key.at.getTile() ||
      !matchPattern(mul.getRhs(), m_ConstantInt(&factor)) ||
      factor.getSExtValue() != mask.getType().getDimSize(1))
    return {};
  return {mask.getOrigin()[0], rest, base};
}

/// The load that decides which elements of a tile exist along an axis.
static std::pair<LoadOp, unsigned> findLoad(Value tile, unsigned axis) {
  while (Operation *op = tile.getDefiningOp()) {
    if (auto load = dyn_cast<LoadOp>(op))
      return {load, axis};
    Value next;
    if (auto map = dyn_cast<MapOp>(op)) {
      for (auto [input, at] :
           llvm::zip(map.getInputs(),
                     map.getIndexingMaps().getAsValueRange<AffineMapAttr>()))
        if (at.isIdentity())
          next = input;
    } else if (auto dot = dyn_cast<DotOp>(op)) {
      auto maps = llvm::to_vector(
          dot.getIndexingMaps().getAsValueRange<AffineMapAttr>());
      unsigned dim = maps[2].getDimPosition(axis);
      for (auto [operand, map] :
           {std::pair(dot.getA(), maps[0]), std::pair(dot.getB(), maps[1])})
        if (std::optional<unsigned> position = map.getResultPosition(
                getAffineDimExpr(dim, op->getContext()))) {
          next = operand;
          axis = *position;
        }
    }
    if (!next)
      break;
    tile = next;
  }
  return {nullptr, 0};
}

namespace {
/// Where a tile begins in the view that it is loaded from, and the view's
/// extent along that axis; null if it is not known ahead of the loop.
struct Loaded {
  Value offset, extent;
};
} // namespace

static Loaded findLoaded(OpBuilder &b, scf::ForOp loop, Value tile,
                         unsigned tileAxis) {
  auto [load, axis] = findLoad(tile, tileAxis);
  auto view = load ? load.getView().getDefiningOp<ViewOp>() : nullptr;
  if (!view || !llvm::all_of(view->getOperands(), [&](Value operand) {
        return loop.isDefinedOutsideOfLoop(operand);
      }))
    return {};
  return {load.getOffsets()[axis], createExtent(b, view, axis)};
}

static bool isMultiple(Value value, int64_t size) {
  APInt constant;
  return matchPattern(value, m_ConstantInt(&constant)) &&
         constant.getSExtValue() % size == 0;
}

namespace {

/// A mask of a key loop, its bounds, and the ops that evaluate them.
class RefinedMask {
public:
  RefinedMask(OpBuilder &b, scf::ForOp loop, LoopMaskOps mask,
              const TileOrigin &origin, const Loaded &queries,
              const Loaded &keys);

  bool isTrivial() const { return bounds.isTrivial(); }

  /// The ranges in place of the partial range [low, high).
  SmallVector<TileRange<Value>> makeRanges(Value low, Value high);

private:
  /// What is the same for a work item as a symbol, or as a constant.
  Linear addSymbol(Value value, IntegerRange range);
  void addTranslated(LoopMask &source);
  void limitTo(const Loaded &queries, const Loaded &keys);

  OpBuilder &b;
  Location loc;
  int64_t numRows;
  MaskTranslation translation;
  Ops ops;
  TileRows rows;
  TileGrid grid;
  TileBounds bounds;
  Value guard; ///< What the bounds rely on; null if on nothing.
};

} // namespace

/// The coordinates of the elements that exist. Those of a view are below its
/// extent.
static IntegerRange getRows(const TileOrigin &origin, const Loaded &queries,
                            int64_t numRows) {
  IntegerRange range = getCoordinates(origin.row, numRows - 1);
  if (queries.offset == origin.row)
    range.high = std::max(std::min(range.high, maxExtent - 1), range.low);
  return range;
}

static IntegerRange getColumns(const TileOrigin &origin, const Loaded &keys) {
  return getCoordinates(
      origin.base, keys.offset == origin.first ? maxExtent - 1 : maxCoordinate);
}

RefinedMask::RefinedMask(OpBuilder &b, scf::ForOp loop, LoopMaskOps mask,
                         const TileOrigin &origin, const Loaded &queries,
                         const Loaded &keys)
    : b(b), loc(mask.map.getLoc()), numRows(mask.map.getType().getDimSize(0)),
      translation(getRows(origin, queries, numRows), getColumns(origin, keys)),
      ops(b, loc, translation.mask.terms) {
  LoopMask source(b, loop, mask.map);
  translateMask(mask.condition, source, translation);
  addTranslated(source);
  grid = {addSymbol(origin.base, getCoordinates(origin.base, 0)),
          mask.map.getType().getDimSize(1)};
  rows.first = addSymbol(origin.row, getCoordinates(origin.row, 0));
  limitTo(queries.offset && loop.isDefinedOutsideOfLoop(queries.offset)
              ? queries
              : Loaded(),
          keys.offset == origin.first ? keys : Loaded());
  bounds = boundTiles(translation.mask, rows);
}

Linear RefinedMask::addSymbol(Value value, IntegerRange range) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return Linear::get(constant.getSExtValue());
  unsigned term = translation.mask.terms.addSymbol(range);
  ops.define(term, value);
  return translation.mask.terms.get(term);
}

/// Defines the symbols and flags of the translated mask.
void RefinedMask::addTranslated(LoopMask &source) {
  auto require = [&](arith::CmpIPredicate predicate, Value x, int64_t limit) {
    Value holds =
        arith::CmpIOp::create(b, loc, predicate, x, ops.constant(limit));
    guard = guard ? arith::AndIOp::create(b, loc, guard, holds) : holds;
  };
  // By term, so that equal masks give equal ops.
  auto terms = llvm::to_vector(llvm::make_first_range(translation.symbols));
  llvm::sort(terms);
  for (unsigned term : terms) {
    const MaskSymbol &symbol = translation.symbols[term];
    Value value = source.hoist(symbol.value);
    if (!value.getType().isIndex())
      value = arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
    if (symbol.limit != 0)
      value = ops.min(ops.max(value, ops.constant(-symbol.limit)),
                      ops.constant(symbol.limit));
    if (symbol.isGuarded) {
      require(arith::CmpIPredicate::sge, value, -maxGuarded);
      require(arith::CmpIPredicate::sle, value, maxGuarded);
    }
    ops.define(term, value);
  }
  ops.defineFlags(llvm::map_to_vector(
      translation.flags, [&](Value flag) { return source.hoist(flag); }));
}

/// Says how many rows and keys exist, where that is known.
void RefinedMask::limitTo(const Loaded &queries, const Loaded &keys) {
  TermTable &terms = translation.mask.terms;
  rows.others = Linear::get(numRows - 1);
  if (queries.extent) {
    Value last = ops.subtract(ops.add(queries.extent, -1), queries.offset);
    last = ops.min(ops.max(last, ops.constant(0)), ops.constant(numRows - 1));
    rows.others = addSymbol(last, {0, numRows - 1});
  }
  // Of whole tiles each key exists.
  if (keys.extent && !isMultiple(keys.extent, grid.size))
    rows.lastKey = terms.add(
        terms.add(addSymbol(keys.extent, {-maxExtent, maxExtent}), grid.base),
        -1);
}

SmallVector<TileRange<Value>> RefinedMask::makeRanges(Value low, Value high) {
  SmallVector<TileRange<Value>> ranges =
      TileRangeMaker<Ops>(ops, rows, grid, low, high).make(bounds);
  if (!guard)
    return ranges;
  // Without what the bounds rely on, one range is all there is.
  auto *whole =
      llvm::find_if(ranges, [](const auto &range) { return range.partial; });
  for (auto &range : ranges) {
    if (&range == whole)
      range = {ops.select(guard, range.low, low),
               ops.select(guard, range.high, high), true};
    else
      range.high = ops.select(guard, range.high, range.low);
  }
  if (whole == ranges.end())
    ranges.push_back({ops.select(guard, high, low), high, true});
  return ranges;
}

/// A bound of a loop, with what `known` replaces recomputed.
static Value rebase(OpBuilder &b, Value bound, IRMapping &known) {
  if (Value replaced = known.lookupOrNull(bound))
    return replaced;
  Operation *op = bound.getDefiningOp();
  bool changes = false;
  if (op && isMemoryEffectFree(op) && op->getNumRegions() == 0 &&
      op->getNumResults() == 1)
    for (Value operand : op->getOperands())
      changes |= rebase(b, operand, known) != operand;
  if (changes)
    return b.clone(*op, known)->getResult(0);
  known.map(bound, bound);
  return bound;
}

namespace {

struct TileRefineWalkPass final
    : fovea::tile::impl::TileRefineWalkBase<TileRefineWalkPass> {
  using Base::Base;

  void runOnOperation() override {
    for (KeyLoop &key : findKeyLoops(getOperation())) {
      auto walk = dyn_cast<WalkRangesOp>(key.walk);
      if (walk && llvm::is_contained(walk.getPartial(), true))
        ++(succeeded(refine(key, walk)) ? numRefined : numUnbounded);
    }
  }

  /// Fails, and leaves the loop as it is, if nothing is proved of the mask.
  static LogicalResult refine(KeyLoop &key, WalkRangesOp walk) {
    std::optional<LoopMaskOps> found = findMask(key);
    if (!found)
      return failure();
    // At the loop, where everything that its mask reads from outside is known.
    OpBuilder b(key.loop);
    TileOrigin origin = findOrigin(b, key, found->map);
    if (!origin.first)
      return failure();
    RefinedMask mask(b, key.loop, *found, origin,
                     findLoaded(b, key.loop, found->scores, 0),
                     findLoaded(b, key.loop, found->scores, 1));
    if (mask.isTrivial())
      return failure();
    SmallVector<Value> lows, highs;
    SmallVector<bool> partials;
    auto add = [&](Value low, Value high, bool partial) {
      lows.push_back(low);
      highs.push_back(high);
      partials.push_back(partial);
    };
    for (auto [low, high, partial] : llvm::zip(
             walk.getLower(), walk.getUpper(), walk.getPartial())) {
      if (!partial) {
        add(low, high, false);
        continue;
      }
      for (const TileRange<Value> &range : mask.makeRanges(low, high))
        if (range.low != range.high)
          add(range.low, range.high, range.partial);
    }
    Value refined =
        WalkRangesOp::create(b, walk.getLoc(), lows, highs, partials);
    Value size = WalkSizeOp::create(b, walk.getLoc(), refined);
    IRMapping known;
    for (Operation *user : walk->getUsers())
      if (auto old = dyn_cast<WalkSizeOp>(user))
        known.map(old.getResult(), size);
    Value low = rebase(b, key.loop.getLowerBound(), known);
    Value high = rebase(b, key.loop.getUpperBound(), known);
    key.at.getWalkMutable().assign(refined);
    // A mask without a visible element leaves nothing: that the loop never runs
    // is then known at once.
    if (lows.empty())
      low = high = arith::ConstantIndexOp::create(b, walk.getLoc(), 0);
    key.loop.setLowerBound(low);
    key.loop.setUpperBound(high);
    return success();
  }
};

} // namespace
