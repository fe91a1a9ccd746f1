//===- MapEmitter.cpp - Maps on a thread's elements -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MapEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea;

/// Largest extent of a dimension: what is left to 2^31 is for small constants
/// that are added to coordinates.
static constexpr int64_t maxExtent = (int64_t(1) << 31) - (int64_t(1) << 20);

/// Fragments of the result and, for two axes, of its slices.
LogicalResult MapEmitter::setUp() {
  tile::TileType type = map.getType();
  FailureOr<Fragment> full = Fragment::get(type, loc);
  if (failed(full))
    return failure();
  fragments[Full] = *full;
  if (firstRegister) {
    fragments[Full].places[3] = numRegisters;
    fragments[Full].registerPart.resize(numRegisters);
  }
  if (type.getRank() == 1)
    return success();
  int64_t groups = full->places[0];
  auto acc = pipe::AccAttr::get(builder.getContext(), groups);
  for (unsigned axis = 0; axis < 2; ++axis) {
    auto slice = pipe::SliceAttr::get(builder.getContext(), 1 - axis, acc);
    auto sliceType = tile::TileType::get({type.getDimSize(axis)},
                                         type.getElementType(), slice);
    FailureOr<Fragment> fragment = Fragment::get(sliceType, loc);
    if (failed(fragment))
      return failure();
    // A thread's row (column) of a slice is that of its elements.
    for (int64_t lane = 0; lane < 32; ++lane)
      if (fragment->at(0, 0, lane, 0)[0] != full->at(0, 0, lane, 0)[axis])
        return map.emitError("the layout ")
               << type.getLayout() << " does not match its slice " << slice;
    fragments[axis == 0 ? Row : Column] = *fragment;
  }
  placeBits();
  return success();
}

Type MapEmitter::typeAt(Type scalar, unsigned level) const {
  Type type = emitter.convertScalar(scalar);
  if (level == Uniform)
    return type;
  return VectorType::get(fragments[level].size(), type);
}

/// The value with an element for each element of the level.
Value MapEmitter::spread(Element element, unsigned level) {
  if (element.level == level)
    return element.value;
  Type scalar = getElementTypeOrSelf(element.value.getType());
  Type type = VectorType::get(fragments[level].size(), scalar);
  if (element.level == Uniform)
    return vector::BroadcastOp::create(builder, loc, type, element.value);
  return vector::ShuffleOp::create(builder, loc, element.value, element.value,
                                   spreadIndices(element.level, level));
}

/// A slice's element for each register, found by its coordinate.
SmallVector<int64_t> MapEmitter::spreadIndices(unsigned from,
                                               unsigned to) const {
  unsigned axis = from == Row ? 0 : 1;
  const Fragment &slice = fragments[from];
  SmallVector<int64_t> indices;
  for (const auto &part : fragments[to].registerPart) {
    const auto *it = llvm::find_if(slice.registerPart, [&](const auto &other) {
      return other[0] == part[axis];
    });
    indices.push_back(it - slice.registerPart.begin());
  }
  return indices;
}

MapEmitter::Element MapEmitter::get(Value value) {
  auto it = elements.find(value);
  if (it != elements.end())
    return it->second;
  auto line = lines.find(value);
  if (line != lines.end())
    return elements[value] = emitLine(line->second);
  return {Uniform, emitter.getExact(value)};
}

/// Coordinates: what a row or column index is in each register.
void MapEmitter::emitCoordinates() {
  Type i32 = builder.getI32Type();
  for (auto [axis, coordinate] : llvm::enumerate(map.getCoordinates())) {
    if (coordinate.use_empty())
      continue;
    unsigned level =
        map.getType().getRank() == 1 ? Full : (axis == 0 ? Row : Column);
    const Fragment &fragment = fragments[level];
    Value base = emitter.emitAffine(
        fragment.map.getResult(0),
        {emitter.group, emitter.warp, emitter.lane,
         firstRegister ? firstRegister : emitter.constant(0)});
    if (!map.getOrigin().empty())
      base = emitter.add(base, emitter.get(map.getOrigin()[axis]));
    SmallVector<int32_t> parts;
    for (const auto &part : fragment.registerPart)
      parts.push_back(part[0]);
    auto type = VectorType::get(fragment.size(), i32);
    Value offsets = arith::ConstantOp::create(
        builder, loc, type, DenseIntElementsAttr::get(type, parts));
    Value all = vector::BroadcastOp::create(builder, loc, type, base);
    elements[coordinate] = {level,
                            arith::AddIOp::create(builder, loc, all, offsets)};
    sums[coordinate] = {level, base,
                        SmallVector<int64_t>(parts.begin(), parts.end()), 0,
                        maxExtent};
  }
}

Value MapEmitter::splat(double value, Type type) {
  auto scalar = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(vector, scalar));
  return arith::ConstantOp::create(builder, loc, scalar);
}

/// What the op computes with at a level: vectors, or null for conditions;
/// indices have the same number of bits.
SmallVector<Value> MapEmitter::prepareOperands(Operation *op,
                                               ArrayRef<Element> operands,
                                               unsigned level) {
  SmallVector<Value> values = llvm::map_to_vector(
      operands, [](const Element &operand) { return operand.value; });
  unsigned indexBits = KernelEmitter::getIndexBits(op, values);
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (!operand.value)
      continue;
    // A scalar condition chooses between vectors as it is.
    if (isa<arith::SelectOp>(op) && index == 0 && operand.level == Uniform)
      continue;
    values[index] = spread(operand, level);
    if (op->getOperand(index).getType().isIndex())
      values[index] = emitter.extend(values[index], indexBits);
  }
  return values;
}

void MapEmitter::create(Operation *op, StringRef name,
                        ArrayRef<Element> operands, unsigned level) {
  if (level != Uniform && op->getResult(0).getType().isInteger(1))
    return noteCondition(op, operands, level);
  SmallVector<Value> values = prepareOperands(op, operands, level);
  Value result = op->getResult(0);
  if (llvm::is_contained(values, Value())) {
    SmallVector<Value> results;
    for (int64_t reg = 0; reg < fragments[level].size(); ++reg)
      results.push_back(emitElement(op, level, values, reg));
    auto type =
        VectorType::get(fragments[level].size(), results.front().getType());
    elements[result] = {
        level, vector::FromElementsOp::create(builder, loc, type, results)};
    return;
  }
  OperationState state(loc, name);
  state.addOperands(values);
  Type type = result.getType();
  if (type.isIndex())
    type = getElementTypeOrSelf(values.back());
  state.addTypes(typeAt(type, level));
  state.addAttributes(op->getAttrs());
  elements[result] = {level, builder.create(state)->getResult(0)};
}

/// One element of the op's result.
Value MapEmitter::emitElement(Operation *op, unsigned level,
                              ValueRange operands, int64_t reg) {
  OperationState state(loc, op->getName());
  for (auto [original, operand] : llvm::zip(op->getOperands(), operands)) {
    if (!operand)
      state.addOperands(emitCondition(original, level, reg));
    else if (isa<VectorType>(operand.getType()))
      state.addOperands(
          vector::ToElementsOp::create(builder, loc, operand).getResult(reg));
    else
      state.addOperands(operand);
  }
  Type type = op->getResult(0).getType();
  state.addTypes(type.isIndex() ? state.operands.back().getType() : type);
  state.addAttributes(op->getAttrs());
  return builder.create(state)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// exp to a few units in the last place: exp2 of the rounded product with
/// log2(e), corrected by the product's error where that is finite.
Value MapEmitter::emitAccurateExp(Value x) {
  constexpr double log2e = 1.4426950408889634;
  Type type = x.getType();
  Value factor = splat(log2e, type);
  Value exponent = arith::MulFOp::create(builder, loc, x, factor);
  Value power = math::Exp2Op::create(builder, loc, exponent);
  Value error = math::FmaOp::create(
      builder, loc, x, factor, arith::NegFOp::create(builder, loc, exponent));
  error = math::FmaOp::create(
      builder, loc, x, splat(log2e - static_cast<float>(log2e), type), error);
  error = arith::MulFOp::create(builder, loc, error,
                                splat(0.69314718055994531, type));
  Value corrected = math::FmaOp::create(builder, loc, power, error, power);
  Value isFinite = arith::CmpFOp::create(
      builder, loc, arith::CmpFPredicate::OLT,
      math::AbsFOp::create(builder, loc, exponent).getResult(),
      splat(128.0, type));
  return arith::SelectOp::create(builder, loc, isFinite, corrected, power);
}

/// tanh to a few units in the last place: an odd polynomial below 0.625 (that
/// of tanhf in Moshier's Cephes library), 1 - 2 / (exp(2 |x|) + 1) above.
Value MapEmitter::emitAccurateTanh(Value x) {
  Type type = x.getType();
  auto fma = [&](Value a, Value b, Value c) -> Value {
    return math::FmaOp::create(builder, loc, a, b, c);
  };
  Value size = math::AbsFOp::create(builder, loc, x);
  Value square = arith::MulFOp::create(builder, loc, x, x);
  Value small = splat(-5.70498872745e-3, type);
  for (double coefficient : {2.06390887954e-2, -5.37397155531e-2,
                             1.33314422036e-1, -3.33332819422e-1})
    small = fma(small, square, splat(coefficient, type));
  small = fma(arith::MulFOp::create(builder, loc, small, square), x, x);
  Value exponent = arith::MulFOp::create(builder, loc, size,
                                         splat(2.8853900817779268, type));
  Value power = math::Exp2Op::create(builder, loc, exponent);
  Value sum = arith::AddFOp::create(builder, loc, power, splat(1.0, type));
  Value part = arith::DivFOp::create(builder, loc, splat(2.0, type), sum);
  Value large = arith::SubFOp::create(builder, loc, splat(1.0, type), part);
  large = math::CopySignOp::create(builder, loc, large, x);
  Value isSmall = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        size, splat(0.625, type));
  return arith::SelectOp::create(builder, loc, isSmall, small, large);
}

/// Ops that LLVM translates as they are.
static bool isIntrinsic(Operation *op) {
  return isa<math::Exp2Op, math::SqrtOp, math::AbsFOp, math::FloorOp,
             math::CeilOp, math::TruncOp, math::RoundOp, math::RoundEvenOp,
             math::CopySignOp, math::FmaOp, math::AbsIOp, math::CtPopOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp>(op);
}

static bool isApproximate(Operation *op) {
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  return math && bitEnumContainsAll(math.getFastMathFlagsAttr().getValue(),
                                    arith::FastMathFlags::afn);
}

bool fovea::hasInstructions(Operation *op) {
  return isIntrinsic(op) || (op->getResult(0).getType().isF32() &&
                             (isa<math::ExpOp, math::TanhOp>(op) ||
                              (isa<math::Log2Op>(op) && isApproximate(op))));
}

/// Functions in terms of what the hardware has.
LogicalResult MapEmitter::emitMath(Operation *op) {
  if (!hasInstructions(op))
    return op->emitError("'")
           << op->getName()
           << "' is not supported in a map on this target; run "
              "pipe-expand-math before, which expands most functions of f16, "
              "bf16 and f32";
  if (isIntrinsic(op)) {
    SmallVector<Element> operands;
    unsigned level = Uniform;
    for (Value operand : op->getOperands()) {
      operands.push_back(get(operand));
      level |= operands.back().level;
    }
    create(op, op->getName().getStringRef(), operands, level);
    return success();
  }
  Element x = get(op->getOperand(0));
  Type type = x.value.getType();
  bool approximate = isApproximate(op);
  if (isa<math::ExpOp>(op)) {
    if (!approximate) {
      elements[op->getResult(0)] = {x.level, emitAccurateExp(x.value)};
      return success();
    }
    Value scaled = arith::MulFOp::create(builder, loc, x.value,
                                         splat(1.4426950408889634, type));
    elements[op->getResult(0)] = {
        x.level, math::Exp2Op::create(builder, loc, scaled).getResult()};
    return success();
  }
  if (isa<math::TanhOp>(op) && !approximate) {
    elements[op->getResult(0)] = {x.level, emitAccurateTanh(x.value)};
    return success();
  }
  auto apply = [&](Value scalar) -> Value {
    if (isa<math::Log2Op>(op))
      return LLVM::CallIntrinsicOp::create(
                 builder, loc, builder.getF32Type(),
                 builder.getStringAttr("llvm.nvvm.lg2.approx.ftz.f"), scalar)
          .getResult(0);
    return LLVM::InlineAsmOp::create(
               builder, loc, builder.getF32Type(), scalar,
               "tanh.approx.f32 $0, $1;", "=f,f",
               /*has_side_effects=*/false, /*is_align_stack=*/false,
               LLVM::tailcallkind::TailCallKind::None,
               LLVM::AsmDialectAttr::get(builder.getContext(),
                                         LLVM::AsmDialect::AD_ATT),
               ArrayAttr())
        .getRes();
  };
  if (x.level == Uniform) {
    elements[op->getResult(0)] = {Uniform, apply(x.value)};
    return success();
  }
  SmallVector<Value> results;
  for (Value scalar :
       vector::ToElementsOp::create(builder, loc, x.value).getResults())
    results.push_back(apply(scalar));
  elements[op->getResult(0)] = {
      x.level, vector::FromElementsOp::create(builder, loc, type, results)};
  return success();
}

/// The exponent (x - y) * c, y of a row, as one fused operation an element:
/// x * c - y * c. Where y * c is rounded, all weights of the row change by the
/// same factor, also those of other steps: the exponent of a row itself, by
/// which sums move from one maximum to the next, is the difference of the
/// rounded products, too. While |y * c| is below 2^22 that factor is within
/// 2^(1/4). Rows beyond take the difference first, in a branch that is the same
/// for the warp and that real scores never enter.
bool MapEmitter::emitScaledDifference(Operation *op) {
  constexpr double bound = 4194304.0;
  auto product = dyn_cast<arith::MulFOp>(op);
  if (!product || !product.getType().isF32() || !product->hasOneUse() ||
      !isa<math::Exp2Op>(*product->user_begin()))
    return false;
  auto difference = product.getLhs().getDefiningOp<arith::SubFOp>();
  if (!difference || difference->getBlock() != op->getBlock())
    return false;
  Element x = get(difference.getLhs()), y = get(difference.getRhs()),
          c = get(product.getRhs());
  if (c.level != Uniform)
    return false;
  if (map.getType().getRank() == 1 && x.level == Full && y.level == Full) {
    Value factor = spread(c, Full);
    auto times = [&](Value value) -> Value {
      return arith::MulFOp::create(builder, loc, value, factor);
    };
    Value scaled = times(y.value);
    Value rounded = arith::SubFOp::create(builder, loc, times(x.value), scaled);
    Value exact = times(arith::SubFOp::create(builder, loc, x.value, y.value));
    Value small = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OLT,
        math::AbsFOp::create(builder, loc, scaled).getResult(),
        splat(bound, scaled.getType()));
    elements[product] = {
        Full, arith::SelectOp::create(builder, loc, small, rounded, exact)};
    return true;
  }
  if (x.level != Full || y.level != Row)
    return false;

  Type rowType = y.value.getType();
  Value scaled = arith::MulFOp::create(builder, loc, y.value,
                                       spread({Uniform, c.value}, Row));
  auto rows =
      vector::ToElementsOp::create(
          builder, loc, math::AbsFOp::create(builder, loc, scaled).getResult())
          .getResults();
  Value largest = rows.front();
  // A NaN stays, and is not below the bound.
  for (Value row : llvm::drop_begin(rows))
    largest = arith::MaximumFOp::create(builder, loc, largest, row);
  Value large =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UGE, largest,
                            splat(bound, builder.getF32Type()));
  Value any = NVVM::VoteSyncOp::create(builder, loc, builder.getI1Type(),
                                       emitter.constant(-1), large,
                                       NVVM::VoteSyncKind::any);
  auto branch = scf::IfOp::create(builder, loc,
                                  TypeRange{x.value.getType(), rowType}, any,
                                  /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    Value exact = arith::SubFOp::create(builder, loc, x.value, spread(y, Full));
    scf::YieldOp::create(builder, loc, ValueRange{exact, splat(0.0, rowType)});
    builder.setInsertionPointToStart(&branch.getElseRegion().front());
    scf::YieldOp::create(builder, loc, ValueRange{x.value, scaled});
  }
  Value offset = arith::NegFOp::create(builder, loc, branch.getResult(1));
  elements[product] = {Full,
                       math::FmaOp::create(builder, loc, branch.getResult(0),
                                           spread({Uniform, c.value}, Full),
                                           spread({Row, offset}, Full))
                           .getResult()};
  return true;
}

/// The value as a sum, if it is one. Uniform indices and integers are.
std::optional<MapEmitter::Sum> MapEmitter::getSum(Value value) {
  auto it = sums.find(value);
  if (it != sums.end())
    return it->second;
  Element element = get(value);
  if (element.level != Uniform || !element.value ||
      !(element.value.getType().isInteger(32) ||
        element.value.getType().isInteger(64)))
    return std::nullopt;
  Sum sum{Uniform, element.value, {0}};
  APInt constant;
  if (matchPattern(element.value, m_ConstantInt(&constant)))
    sum.low = sum.high = constant.getSExtValue();
  else if (value.getType().isIndex() && element.value.getType().isInteger(32))
    sum.low = 0, sum.high = maxExtent;
  return sum;
}

/// The constants of a level's elements.
SmallVector<int64_t> MapEmitter::partsOf(const Sum &sum, unsigned level) const {
  if (sum.level == level)
    return sum.parts;
  if (sum.level == Uniform)
    return SmallVector<int64_t>(fragments[level].size(), 0);
  SmallVector<int64_t> parts;
  for (int64_t index : spreadIndices(sum.level, level))
    parts.push_back(sum.parts[index]);
  return parts;
}

/// Remembers that the op's result is a sum.
void MapEmitter::noteSum(Operation *op) {
  if (isa<arith::IndexCastOp>(op)) {
    auto it = sums.find(op->getOperand(0));
    Type type = op->getResult(0).getType();
    if (it == sums.end())
      return;
    Sum sum = it->second;
    if (type.isInteger(32) && !sum.base.getType().isInteger(32)) {
      // Elements wrap each by itself unless all of them fit.
      if (!sum.fits32())
        return;
      sum.base = arith::TruncIOp::create(builder, loc, type, sum.base);
    }
    if (type.isIndex() || type == sum.base.getType())
      sums[op->getResult(0)] = sum;
    return;
  }
  // Narrower integers may wrap in one element and not in another.
  if (!isa<arith::AddIOp, arith::SubIOp>(op) ||
      !op->getResult(0).getType().isIndex())
    return;
  std::optional<Sum> lhs = getSum(op->getOperand(0)),
                     rhs = getSum(op->getOperand(1));
  if (!lhs || !rhs || (lhs->level | rhs->level) == Uniform)
    return;
  Sum sum;
  sum.level = lhs->level | rhs->level;
  bool subtracts = isa<arith::SubIOp>(op);
  Value left = emitter.extend(lhs->base, 64),
        right = emitter.extend(rhs->base, 64);
  sum.base = subtracts
                 ? arith::SubIOp::create(builder, loc, left, right).getResult()
                 : arith::AddIOp::create(builder, loc, left, right);
  // Both bounds known, or neither.
  if (lhs->fits32() && rhs->fits32()) {
    sum.low = lhs->low + (subtracts ? -rhs->high : rhs->low);
    sum.high = lhs->high + (subtracts ? -rhs->low : rhs->high);
  }
  sum.parts = partsOf(*lhs, sum.level);
  for (auto [part, other] : llvm::zip(sum.parts, partsOf(*rhs, sum.level)))
    part += subtracts ? -other : other;
  sums[op->getResult(0)] = std::move(sum);
}

/// Remembers that the op's result is a line: a sum as f32, and where the order
/// of operations is free its products with and sums with uniform values.
bool MapEmitter::noteLine(Operation *op) {
  if (op->getNumResults() != 1 || !op->getResult(0).getType().isF32())
    return false;
  if (auto conversion = dyn_cast<arith::SIToFPOp>(op)) {
    auto it = sums.find(conversion.getIn());
    if (it == sums.end())
      return false;
    Value base = arith::SIToFPOp::create(builder, loc, builder.getF32Type(),
                                         it->second.base);
    lines[conversion] = {it->second.level, base, Value(), it->second.parts};
    return true;
  }
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  arith::FastMathFlagsAttr flags = math ? math.getFastMathFlagsAttr() : nullptr;
  if (!flags ||
      !bitEnumContainsAll(flags.getValue(), arith::FastMathFlags::reassoc))
    return false;
  auto uniform = [&](Value value) {
    if (lines.contains(value))
      return Value();
    Element element = get(value);
    return element.level == Uniform ? element.value : Value();
  };
  auto times = [&](Value a, Value b) -> Value {
    return a ? arith::MulFOp::create(builder, loc, a, b).getResult() : b;
  };
  for (unsigned n = 0; n < 2 && n < op->getNumOperands(); ++n) {
    auto it = lines.find(op->getOperand(n));
    Value other = it == lines.end() ? Value() : uniform(op->getOperand(1 - n));
    if (!other)
      continue;
    Line line = it->second;
    if (isa<arith::AddFOp>(op)) {
      line.base = arith::AddFOp::create(builder, loc, line.base, other);
    } else if (isa<arith::MulFOp>(op)) {
      line.base = times(line.base, other);
      line.slope = times(line.slope, other);
    } else if (isa<math::FmaOp>(op)) {
      Value addend = uniform(op->getOperand(2));
      if (!addend)
        return false;
      line.base = math::FmaOp::create(builder, loc, line.base, other, addend);
      line.slope = times(line.slope, other);
    } else {
      return false;
    }
    lines[op->getResult(0)] = line;
    return true;
  }
  return false;
}

/// The elements of a line: one operation each. For a converted sum that is
/// exact below 2^24.
MapEmitter::Element MapEmitter::emitLine(const Line &line) {
  auto type = VectorType::get(static_cast<int64_t>(line.parts.size()),
                              builder.getF32Type());
  SmallVector<float> parts(line.parts.begin(), line.parts.end());
  Value constants = arith::ConstantOp::create(
      builder, loc, type, DenseFPElementsAttr::get(type, parts));
  Value base = vector::BroadcastOp::create(builder, loc, type, line.base);
  if (!line.slope)
    return {line.level, arith::AddFOp::create(builder, loc, base, constants)};
  Value slope = vector::BroadcastOp::create(builder, loc, type, line.slope);
  return {line.level,
          math::FmaOp::create(builder, loc, constants, slope, base)};
}

LogicalResult MapEmitter::emitOp(Operation *op) {
  noteSum(op);
  if (emitScaledDifference(op) || noteLine(op))
    return success();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto value = cast<TypedAttr>(emitter.convertConstant(constant.getValue()));
    elements[constant] = {
        Uniform, arith::ConstantOp::create(builder, loc, value).getResult()};
    return success();
  }
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return emitGather(gather);
  if (auto extract = dyn_cast<tile::ExtractOp>(op))
    return emitExtract(extract);
  if (op->getDialect() ==
      builder.getContext()->getLoadedDialect<math::MathDialect>())
    return emitMath(op);
  if (!OpTrait::hasElementwiseMappableTraits(op) || op->getNumRegions() != 0)
    return op->emitError("'")
           << op->getName() << "' is not supported in a map on this target";
  SmallVector<Element> operands;
  unsigned level = Uniform;
  for (Value operand : op->getOperands()) {
    operands.push_back(get(operand));
    if (!operands.back().value && !conditions.contains(operand))
      return op->emitError("an operand has no value in the kernel");
    level |= operands.back().level;
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    elements[op->getResult(0)] = {level,
                                  emitter.convertIndex(op, operands[0].value)};
    return success();
  }
  Type to = op->getResult(0).getType();
  if (isa<arith::TruncFOp>(op) && level != Uniform &&
      op->getOperand(0).getType().isF32() && (to.isBF16() || to.isF16())) {
    elements[op->getResult(0)] = {level, emitPackedTruncation(operands[0], to)};
    return success();
  }
  create(op, op->getName().getStringRef(), operands, level);
  return success();
}

/// Two neighbours are rounded by one instruction, into one 32-bit register.
Value MapEmitter::emitPackedTruncation(Element element, Type to) {
  auto registers = vector::ToElementsOp::create(builder, loc, element.value);
  Type pair = VectorType::get(2, to), i32 = builder.getI32Type();
  SmallVector<Value> words;
  for (unsigned n = 0; n + 1 < registers.getNumResults(); n += 2) {
    Value low = registers.getResult(n), high = registers.getResult(n + 1);
    Value rounded;
    if (to.isBF16())
      rounded = NVVM::ConvertF32x2ToBF16x2Op::create(
          builder, loc, pair, high, low, Value(), NVVM::FPRoundingMode::RN);
    else
      rounded = NVVM::ConvertF32x2ToF16x2Op::create(
          builder, loc, pair, high, low, Value(), NVVM::FPRoundingMode::RN);
    words.push_back(LLVM::BitcastOp::create(builder, loc, i32, rounded));
  }
  auto count = static_cast<int64_t>(words.size());
  Value packed = vector::FromElementsOp::create(
      builder, loc, VectorType::get(count, i32), words);
  return vector::BitCastOp::create(builder, loc, VectorType::get(2 * count, to),
                                   packed);
}

FailureOr<Value> MapEmitter::emit() {
  if (failed(setUp()))
    return failure();
  bool sliced = map.getType().getRank() == 2;
  auto maps = map.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>();
  for (auto [element, input, access] :
       llvm::zip(map.getElements(), map.getInputs(), maps)) {
    unsigned level = Full;
    if (sliced && access.getNumResults() == 1)
      level = access.getDimPosition(0) == 0 ? Row : Column;
    else if (!access.isIdentity())
      return map.emitError(
          "reads an operand transposed, which is not supported "
          "on this target");
    FailureOr<Fragment> fragment =
        Fragment::get(cast<tile::TileType>(input.getType()), loc);
    if (failed(fragment))
      return failure();
    if (fragment->registerPart != fragments[level].registerPart)
      return map.emitError("the operand ")
             << input.getType() << " is not placed as the result "
             << map.getType() << " needs it";
    if (auto splat = input.getDefiningOp<tile::SplatOp>())
      elements[element] = {Uniform, emitter.get(splat.getValue())};
    else
      elements[element] = {level, emitter.get(input)};
  }
  emitCoordinates();
  for (Operation &op : map.getBlock().without_terminator())
    if (failed(emitOp(&op)))
      return failure();
  Value yielded = map.getYielded();
  if (conditions.contains(yielded)) {
    SmallVector<Value> results;
    for (int64_t reg = 0; reg < fragments[Full].size(); ++reg)
      results.push_back(emitCondition(yielded, Full, reg));
    auto type = VectorType::get(fragments[Full].size(), builder.getI1Type());
    return vector::FromElementsOp::create(builder, loc, type, results)
        .getResult();
  }
  Element result = get(yielded);
  if (!result.value)
    return map.emitError("yields a value that is unknown in the kernel");
  return spread(result, Full);
}

LogicalResult KernelEmitter::emitMap(tile::MapOp op) {
  // Emitted with the op that writes it.
  if (isa_and_nonnull<pipe::LanesAttr>(op.getType().getLayout())) {
    values[op];
    return success();
  }
  FailureOr<Value> result = MapEmitter(*this, op).emit();
  if (failed(result))
    return failure();
  set(op, *result);
  return success();
}
