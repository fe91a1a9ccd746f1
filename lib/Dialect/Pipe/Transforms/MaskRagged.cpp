//===- MaskRagged.cpp - Masks what lies beyond the end of ragged tiles ----===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include <optional>

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPEMASKRAGGED
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// Where an axis of a tile ends: at the extent of an axis of a view, counted
/// from the offset that the tile was loaded at.
struct End {
  tile::ViewOp view;
  unsigned axis = 0;
  Value offset;

  bool operator==(const End &other) const {
    return view == other.view && axis == other.axis && offset == other.offset;
  }
};

/// The ends of a tile's axes; none where all elements are defined.
using Ends = SmallVector<std::optional<End>, 2>;

/// What is known of elements beyond an end.
enum class Fill { Unknown, Zero, NegativeInfinity };

class RaggedKernel {
public:
  explicit RaggedKernel(tile::KernelOp kernel) : kernel(kernel) {}

  /// Inserts the masks; returns how many, or failure with a diagnostic.
  FailureOr<unsigned> run();

private:
  void visit(Operation *op);
  LogicalResult maskOperands(Operation *op);
  LogicalResult mask(OpOperand &operand, unsigned axis, Fill fill);
  Fill getFill(Value value) const { return fills.lookup(value); }
  Fill evaluate(tile::MapOp map) const;
  const Ends &getEnds(Value value);
  void merge(Value target, ArrayRef<Value> sources);
  Value getExtent(End end);
  Value getFlag(End end, int64_t tileExtent, Value extent);

  tile::KernelOp kernel;
  DenseMap<Value, Ends> ends;
  DenseMap<Value, Fill> fills;
  DenseMap<std::pair<Operation *, unsigned>, Value> extents;
  /// Walks whose full ranges end before the ragged tile, and where that is.
  DenseMap<Operation *, Value> cutWalks;
  unsigned masks = 0;
};

} // namespace

/// Whether the value is known to be a multiple of the factor.
static bool isMultipleOf(Value value, int64_t factor) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue() % factor == 0;
  if (auto product = value.getDefiningOp<arith::MulIOp>())
    return isMultipleOf(product.getLhs(), factor) ||
           isMultipleOf(product.getRhs(), factor);
  return false;
}

const Ends &RaggedKernel::getEnds(Value value) {
  Ends &result = ends[value];
  if (result.empty())
    result.resize(cast<tile::TileType>(value.getType()).getRank());
  return result;
}

void RaggedKernel::merge(Value target, ArrayRef<Value> sources) {
  if (!isa<tile::TileType>(target.getType()))
    return;
  Ends result = getEnds(target);
  for (Value source : sources)
    for (auto [mine, other] : llvm::zip(result, getEnds(source)))
      if (!mine)
        mine = other;
  ends[target] = result;
  Fill fill = getFill(sources.front());
  for (Value source : sources)
    if (getFill(source) != fill)
      fill = Fill::Unknown;
  fills[target] = fill;
}

/// What a body computes from elements beyond the end, in the little arithmetic
/// that keeps zeros and negative infinities.
Fill RaggedKernel::evaluate(tile::MapOp map) const {
  DenseMap<Value, Fill> known;
  for (auto [element, input] : llvm::zip(map.getElements(), map.getInputs()))
    known[element] = getFill(input);
  for (Operation &op : map.getBlock().without_terminator()) {
    if (op.getNumResults() != 1)
      continue;
    Fill fill = Fill::Unknown;
    FloatAttr constant;
    if (auto sub = dyn_cast<arith::SubFOp>(op)) {
      if (known.lookup(sub.getLhs()) == Fill::NegativeInfinity)
        fill = Fill::NegativeInfinity;
    } else if (auto mul = dyn_cast<arith::MulFOp>(op)) {
      Value lhs = mul.getLhs(), rhs = mul.getRhs();
      if (matchPattern(lhs, m_Constant(&constant)))
        std::swap(lhs, rhs);
      if (matchPattern(rhs, m_Constant(&constant)) &&
          constant.getValue().isFiniteNonZero() &&
          (!constant.getValue().isNegative() ||
           known.lookup(lhs) == Fill::Zero))
        fill = known.lookup(lhs);
    } else if (isa<math::Exp2Op, math::ExpOp>(op)) {
      if (known.lookup(op.getOperand(0)) == Fill::NegativeInfinity)
        fill = Fill::Zero;
    } else if (isa<arith::TruncFOp, arith::ExtFOp>(op)) {
      fill = known.lookup(op.getOperand(0));
    } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
      if (known.lookup(select.getTrueValue()) ==
          known.lookup(select.getFalseValue()))
        fill = known.lookup(select.getTrueValue());
    } else if (matchPattern(&op, m_Constant(&constant))) {
      if (constant.getValue().isZero())
        fill = Fill::Zero;
      else if (constant.getValue().isInfinity() &&
               constant.getValue().isNegative())
        fill = Fill::NegativeInfinity;
    }
    known[op.getResult(0)] = fill;
  }
  return known.lookup(map.getYielded());
}

void RaggedKernel::visit(Operation *op) {
  if (auto load = dyn_cast<tile::LoadOp>(op)) {
    Ends result(load.getType().getRank());
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    for (unsigned axis = 0; view && axis < result.size(); ++axis) {
      int64_t extent = view.getType().getShape()[axis];
      int64_t tileExtent = load.getType().getDimSize(axis);
      bool limited = axis == 0 && view.getLimit();
      if (limited || ShapedType::isDynamic(extent) ||
          extent % tileExtent != 0 ||
          !isMultipleOf(load.getOffsets()[axis], tileExtent))
        result[axis] = End{view, axis, load.getOffsets()[axis]};
    }
    ends[load] = result;
    // By the copy engine, or by pipe.clear where a product needs them.
    fills[load] = Fill::Zero;
  } else if (auto dot = dyn_cast<tile::DotOp>(op)) {
    SmallVector<AffineMap> maps(
        dot.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
    Ends result = getEnds(dot.getAcc());
    Value operands[] = {dot.getA(), dot.getB()};
    for (unsigned n = 0; n < 2; ++n)
      for (unsigned axis = 0; axis < 2; ++axis)
        for (unsigned out = 0; out < 2; ++out)
          if (maps[n].getResult(axis) == maps[2].getResult(out) && !result[out])
            result[out] = getEnds(operands[n])[axis];
    ends[dot] = result;
  } else if (auto map = dyn_cast<tile::MapOp>(op)) {
    Ends result(map.getType().getRank());
    auto maps = map.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>();
    for (auto [input, access] : llvm::zip(map.getInputs(), maps))
      for (unsigned axis = 0; axis < access.getNumResults(); ++axis)
        if (auto &mine = result[access.getDimPosition(axis)]; !mine)
          mine = getEnds(input)[axis];
    ends[map] = result;
    fills[map] = evaluate(map);
  } else if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    ends[reduce] = {getEnds(reduce.getInput())[1 - reduce.getAxis()]};
  } else if (auto combine = dyn_cast<tile::CombineOp>(op)) {
    for (auto [operand, result] :
         llvm::zip(combine->getOperands().take_front(3),
                   combine->getResults().take_front(3)))
      ends[result] = getEnds(operand);
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    // Results and arguments of a loop get their ends from the initial values
    // here and from the yielded ones at the terminator.
    for (auto [argument, init, result] : llvm::zip(
             loop.getRegionIterArgs(), loop.getInitArgs(), loop.getResults())) {
      if (!isa<tile::TileType>(init.getType()))
        continue;
      merge(argument, {init});
      merge(result, {init});
      fills[argument] = fills[result] = Fill::Unknown;
    }
  } else if (auto yield = dyn_cast<scf::YieldOp>(op)) {
    Operation *parent = op->getParentOp();
    if (auto loop = dyn_cast<scf::ForOp>(parent)) {
      for (auto [value, argument, result] :
           llvm::zip(yield.getOperands(), loop.getRegionIterArgs(),
                     loop.getResults())) {
        if (!isa<tile::TileType>(value.getType()))
          continue;
        merge(argument, {value});
        merge(result, {value});
        fills[argument] = fills[result] = Fill::Unknown;
      }
    } else if (auto branch = dyn_cast<scf::IfOp>(parent)) {
      if (op->getBlock() == branch.thenBlock())
        return;
      for (auto [result, first, second] :
           llvm::zip(branch.getResults(), branch.thenYield().getOperands(),
                     yield.getOperands()))
        merge(result, {first, second});
    }
  }
}

Value RaggedKernel::getExtent(End end) {
  Value &extent = extents[{end.view, end.axis}];
  if (extent)
    return extent;
  OpBuilder builder(end.view);
  extent = tile::createExtent(builder, end.view, end.axis);
  return extent;
}

/// Moves ragged tiles of a walk from its full to its partial ranges: tiles that
/// end at or before the extent stay full.
static void cutFullRanges(tile::WalkRangesOp walk, int64_t tileExtent,
                          Value extent) {
  OpBuilder builder(walk);
  Location loc = walk.getLoc();
  Value size = arith::ConstantIndexOp::create(builder, loc, tileExtent);
  Value whole = arith::DivUIOp::create(builder, loc, extent, size);
  SmallVector<Value> lower, upper;
  SmallVector<bool> partial;
  Value continued; // Where the partial range after a full one starts now.
  for (unsigned n = 0; n < walk.getPartial().size(); ++n) {
    Value low = walk.getLower()[n], high = walk.getUpper()[n];
    bool isLast = n + 1 == walk.getPartial().size();
    if (!walk.getPartial()[n]) {
      Value cut = arith::MaxSIOp::create(
          builder, loc, low,
          arith::MinSIOp::create(builder, loc, high, whole));
      lower.push_back(low);
      upper.push_back(cut);
      partial.push_back(false);
      if (!isLast && walk.getPartial()[n + 1] &&
          walk.getLower()[n + 1] == high) {
        continued = cut;
        continue;
      }
      low = cut;
    } else if (continued) {
      // Either range may be empty, with an end before its beginning.
      high = arith::MaxSIOp::create(builder, loc, low, high);
      low = arith::MinSIOp::create(builder, loc, low, continued);
      continued = Value();
    }
    lower.push_back(low);
    upper.push_back(high);
    partial.push_back(true);
  }
  auto cut = tile::WalkRangesOp::create(builder, loc, walk.getType(), lower,
                                        upper, partial);
  walk.replaceAllUsesWith(cut.getResult());
}

/// Makes all tiles of the list partial if the extent is no number of tiles, so
/// that full ones are whole. The mask is evaluated in the same ones as before.
static void cutFullEntries(tile::WalkListOp walk, tile::WalkAtOp at,
                           int64_t tileExtent, Value extent) {
  OpBuilder builder(walk);
  Location loc = walk.getLoc();
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  Value rest =
      arith::RemUIOp::create(builder, loc, extent,
                             constant(tileExtent * walk.getSplit()));
  Value whole = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                      rest, constant(0));
  Value masked = arith::MulIOp::create(builder, loc, walk.getPartials(),
                                       constant(walk.getSplit()));
  Value partials = arith::SelectOp::create(
      builder, loc, whole, walk.getPartials(), walk.getCount());
  walk.getPartialsMutable().assign(partials);
  if (at.getPartial().use_empty())
    return;
  builder.setInsertionPointAfter(at);
  Value isMasked =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                            at.getPosition(), masked);
  Value both =
      arith::AndIOp::create(builder, loc, at.getPartial(), isMasked);
  at.getPartial().replaceAllUsesExcept(both, both.getDefiningOp());
}

/// The walk's own flag, if it can be made to hold for each tile across the end.
Value RaggedKernel::getFlag(End end, int64_t tileExtent, Value extent) {
  auto offset = end.offset.getDefiningOp<arith::MulIOp>();
  auto at = offset ? offset.getLhs().getDefiningOp<tile::WalkAtOp>() : nullptr;
  APInt factor;
  if (!at || !matchPattern(offset.getRhs(), m_ConstantInt(&factor)) ||
      factor != tileExtent)
    return Value();
  Operation *walk = at.getWalk().getDefiningOp();
  if (!walk)
    return Value();
  if (Value known = cutWalks.lookup(walk))
    return known == extent ? at.getPartial() : Value();
  Operation *definition = extent.getDefiningOp();
  if (!definition || definition->getBlock() != walk->getBlock() ||
      !definition->isBeforeInBlock(walk))
    return Value();
  if (auto list = dyn_cast<tile::WalkListOp>(walk))
    cutFullEntries(list, at, tileExtent, extent);
  else
    cutFullRanges(cast<tile::WalkRangesOp>(walk), tileExtent, extent);
  cutWalks[at.getWalk().getDefiningOp()] = extent;
  return at.getPartial();
}

/// Replaces the elements of the operand beyond the end of the axis. No use may
/// depend on them, so it is done for all, and later masks can be left out.
LogicalResult RaggedKernel::mask(OpOperand &operand, unsigned axis, Fill fill) {
  Operation *op = operand.getOwner();
  Value value = operand.get();
  std::optional<End> end = getEnds(value)[axis];
  if (!end || getFill(value) == fill)
    return success();
  Region *region = end->offset.getParentRegion();
  if (!region->isAncestor(op->getParentRegion()))
    return op->emitError("folds axis ")
           << axis << " of a tile whose end was left with the loop that loaded "
           << "it; fold it inside that loop";

  Value extent = getExtent(*end);
  auto type = cast<tile::TileType>(value.getType());
  Location loc = op->getLoc();
  OpBuilder builder(op);
  if (Operation *definition = value.getDefiningOp())
    builder.setInsertionPointAfter(definition);
  else
    builder.setInsertionPointToStart(value.getParentBlock());
  Value last = getFlag(*end, type.getDimSize(axis), extent);
  auto at = last ? last.getDefiningOp<tile::WalkAtOp>() : nullptr;
  if (!at || at.getWalk().getDefiningOp<tile::WalkListOp>()) {
    Value size =
        arith::ConstantIndexOp::create(builder, loc, type.getDimSize(axis));
    Value after = arith::AddIOp::create(builder, loc, end->offset, size);
    Value crosses = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::sgt, after, extent);
    last = at ? arith::AndIOp::create(builder, loc, last, crosses) : crosses;
  }
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  auto elementType = cast<FloatType>(type.getElementType());
  const llvm::fltSemantics &semantics = elementType.getFloatSemantics();
  Value neutral = arith::ConstantOp::create(
      builder, loc,
      builder.getFloatAttr(
          elementType, fill == Fill::Zero
                           ? APFloat::getZero(semantics)
                           : APFloat::getInf(semantics, /*Negative=*/true)));
  auto branch = scf::IfOp::create(builder, loc, TypeRange(type), last, true);
  OpBuilder then = branch.getThenBodyBuilder();
  SmallVector<Value> origin(type.getRank(), zero);
  origin[axis] = end->offset;
  Value masked = tile::MapOp::create(
      then, loc, type, value,
      AffineMap::getMultiDimIdentityMap(type.getRank(), op->getContext()),
      origin,
      [&](OpBuilder &body, Location loc, ValueRange arguments) -> Value {
        Value inside = arith::CmpIOp::create(
            body, loc, arith::CmpIPredicate::slt, arguments[1 + axis], extent);
        return arith::SelectOp::create(body, loc, inside, arguments[0],
                                       neutral);
      });
  scf::YieldOp::create(then, loc, masked);
  OpBuilder otherwise = branch.getElseBodyBuilder();
  scf::YieldOp::create(otherwise, loc, value);

  Value result = branch.getResult(0);
  ends[result] = getEnds(value);
  fills[result] = fill;
  value.replaceUsesWithIf(result, [&](OpOperand &use) {
    return !branch->isAncestor(use.getOwner());
  });
  ++masks;
  return success();
}

LogicalResult RaggedKernel::maskOperands(Operation *op) {
  if (auto reduce = dyn_cast<tile::ReduceOp>(op))
    return mask(reduce.getInputMutable(), reduce.getAxis(),
                reduce.getKind() == tile::ReduceKind::max
                    ? Fill::NegativeInfinity
                    : Fill::Zero);
  auto dot = dyn_cast<tile::DotOp>(op);
  if (!dot)
    return success();
  // An element outside must be zero in both operands: what the other one holds
  // need not be finite.
  SmallVector<AffineMap> maps(
      dot.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  OpOperand *operands[] = {&dot.getAMutable(), &dot.getBMutable()};
  for (unsigned n = 0; n < 2; ++n)
    for (unsigned axis = 0; axis < 2; ++axis)
      if (maps[n].getDimPosition(axis) == 2 &&
          failed(mask(*operands[n], axis, Fill::Zero)))
        return failure();
  return success();
}

FailureOr<unsigned> RaggedKernel::run() {
  // Twice, so that what a loop yields is known at its arguments; masks are
  // inserted the second time.
  SmallVector<Operation *> ops;
  kernel.getBody().walk<WalkOrder::PreOrder>(
      [&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops)
    visit(op);
  fills.clear();
  for (Operation *op : ops) {
    if (failed(maskOperands(op)))
      return failure();
    visit(op);
  }
  return masks;
}

namespace {
struct PipeMaskRaggedPass final
    : pipe::impl::PipeMaskRaggedBase<PipeMaskRaggedPass> {
  void runOnOperation() override {
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (!getSchedule(kernel))
        continue;
      FailureOr<unsigned> masks = RaggedKernel(kernel).run();
      if (failed(masks))
        return signalPassFailure();
      numMasks += *masks;
    }
  }
};
} // namespace
