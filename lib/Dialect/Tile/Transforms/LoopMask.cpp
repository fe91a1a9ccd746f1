//===- LoopMask.cpp - The mask of a key loop, bounded
//----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A mask computes in 64 bits, and may wrap there. A formula holds for a mask
// that does not wrap. So a captured value in a sum, which may be anything, is
// compared with a limit at run time, and beyond it nothing is known of the
// mask.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/Transforms/LoopMask.h"

#include "fovea/Analysis/MaskTranslation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

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
class MaskBody final : public MaskSource {
public:
  MaskBody(OpBuilder &b, scf::ForOp loop, MapOp map)
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

Value MaskBody::hoist(Value value) {
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
// The mask of a loop
//===----------------------------------------------------------------------===//

/// Fills in the coordinates; fails if they have another form.
static LogicalResult findOrigin(OpBuilder &b, KeyLoop &key, LoopMask &mask) {
  ValueRange origin = mask.map.getOrigin();
  if (origin.empty())
    return failure();
  Location loc = mask.map.getLoc();
  mask.row = origin[0];
  APInt constant;
  if (matchPattern(mask.row, m_ConstantInt(&constant)))
    mask.row = arith::ConstantIndexOp::create(b, loc, constant.getSExtValue());
  else if (!key.loop.isDefinedOutsideOfLoop(mask.row))
    return failure();
  mask.first = origin[1];
  mask.base = arith::ConstantIndexOp::create(b, loc, 0);
  while (auto add = mask.first.getDefiningOp<arith::AddIOp>()) {
    if (!key.loop.isDefinedOutsideOfLoop(add.getRhs()))
      return failure();
    mask.base = b.createOrFold<arith::AddIOp>(loc, mask.base, add.getRhs());
    mask.first = add.getLhs();
  }
  auto mul = mask.first.getDefiningOp<arith::MulIOp>();
  APInt factor;
  return success(mul && mul.getLhs() == key.at.getTile() &&
                 matchPattern(mul.getRhs(), m_ConstantInt(&factor)) &&
                 factor.getSExtValue() == mask.map.getType().getDimSize(1));
}

std::optional<LoopMask> fovea::tile::findLoopMask(OpBuilder &b, KeyLoop &key,
                                                  scf::IfOp branch) {
  if (branch.getNumResults() != 1 ||
      branch.getCondition() != key.at.getPartial())
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
        input == branch.elseYield().getOperand(0)) {
      LoopMask mask{map, select.getCondition(), input, {}, {}, {}};
      if (succeeded(findOrigin(b, key, mask)))
        return mask;
      return std::nullopt;
    }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Its bounds
//===----------------------------------------------------------------------===//

static bool isMultiple(Value value, int64_t size) {
  APInt constant;
  return matchPattern(value, m_ConstantInt(&constant)) &&
         constant.getSExtValue() % size == 0;
}

class RefinedMask::Bounds {
public:
  Bounds(OpBuilder &b, scf::ForOp loop, LoopMask mask, int64_t numRows,
         const TilePlace &queries, const TilePlace &keys);

  bool isTrivial() const { return bounds.isTrivial(); }

  /// The ranges in place of the partial range [low, high).
  SmallVector<TileRange<Value>> makeRanges(Value low, Value high);

private:
  /// What is the same for a work item as a symbol, or as a constant.
  Linear addSymbol(Value value, IntegerRange range);
  void addTranslated(MaskBody &source);
  void limitTo(const TilePlace &queries, const TilePlace &keys);

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

/// The coordinates of the elements that exist. Those of a view are below its
/// extent.
static IntegerRange getRows(const LoopMask &mask, const TilePlace &queries,
                            int64_t numRows) {
  IntegerRange range = getCoordinates(mask.row, numRows - 1);
  if (queries.offset == mask.row)
    range.high = std::max(std::min(range.high, maxExtent - 1), range.low);
  return range;
}

static IntegerRange getColumns(const LoopMask &mask, const TilePlace &keys) {
  return getCoordinates(mask.base, keys.offset == mask.first ? maxExtent - 1
                                                             : maxCoordinate);
}

RefinedMask::Bounds::Bounds(OpBuilder &b, scf::ForOp loop, LoopMask mask,
                            int64_t numRows, const TilePlace &queries,
                            const TilePlace &keys)
    : b(b), loc(mask.map.getLoc()), numRows(numRows),
      translation(getRows(mask, queries, numRows), getColumns(mask, keys)),
      ops(b, loc, translation.mask.terms) {
  MaskBody source(b, loop, mask.map);
  translateMask(mask.condition, source, translation);
  addTranslated(source);
  grid = {addSymbol(mask.base, getCoordinates(mask.base, 0)),
          mask.map.getType().getDimSize(1)};
  rows.first = addSymbol(mask.row, getCoordinates(mask.row, 0));
  limitTo(queries.offset && loop.isDefinedOutsideOfLoop(queries.offset)
              ? queries
              : TilePlace(),
          keys.offset == mask.first ? keys : TilePlace());
  bounds = boundTiles(translation.mask, rows);
}

Linear RefinedMask::Bounds::addSymbol(Value value, IntegerRange range) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return Linear::get(constant.getSExtValue());
  unsigned term = translation.mask.terms.addSymbol(range);
  ops.define(term, value);
  return translation.mask.terms.get(term);
}

/// Defines the symbols and flags of the translated mask.
void RefinedMask::Bounds::addTranslated(MaskBody &source) {
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
void RefinedMask::Bounds::limitTo(const TilePlace &queries,
                                  const TilePlace &keys) {
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

SmallVector<TileRange<Value>> RefinedMask::Bounds::makeRanges(Value low,
                                                              Value high) {
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

RefinedMask::RefinedMask(OpBuilder &b, scf::ForOp loop, const LoopMask &mask,
                         int64_t numRows, const TilePlace &queries,
                         const TilePlace &keys)
    : bounds(std::make_unique<Bounds>(b, loop, mask, numRows, queries, keys)) {}

RefinedMask::~RefinedMask() = default;

bool RefinedMask::isTrivial() const { return bounds->isTrivial(); }

SmallVector<TileRange<Value>> RefinedMask::makeRanges(Value low, Value high) {
  return bounds->makeRanges(low, high);
}
