//===- Lanes.cpp - Bodies of maps on vectors of lanes ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// Extents of memory are below this, so that coordinates fit into 32 bits; the
/// boundary checks it.
static constexpr int64_t maxExtent = std::numeric_limits<int32_t>::max();

static IntegerRange rangeOfType(Type type) {
  if (type.isIndex() || type.getIntOrFloatBitWidth() >= 64)
    return {};
  unsigned bits = type.getIntOrFloatBitWidth();
  return {-(int64_t(1) << (bits - 1)), (int64_t(1) << (bits - 1)) - 1};
}

static int64_t saturatingAdd(int64_t a, int64_t b) {
  int64_t result;
  if (llvm::AddOverflow(a, b, result))
    return a < 0 ? std::numeric_limits<int64_t>::min()
                 : std::numeric_limits<int64_t>::max();
  return result;
}

static int64_t saturatingMul(int64_t a, int64_t b) {
  int64_t result;
  if (llvm::MulOverflow(a, b, result))
    return (a < 0) != (b < 0) ? std::numeric_limits<int64_t>::min()
                              : std::numeric_limits<int64_t>::max();
  return result;
}

static int64_t negate(int64_t a) {
  return a == std::numeric_limits<int64_t>::min()
             ? std::numeric_limits<int64_t>::max()
             : -a;
}

static IntegerRange join(IntegerRange a, IntegerRange b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

/// Range of the results of integer ops; that of the type where nothing better
/// is known or the op may wrap.
static IntegerRange rangeOf(Operation &op, ArrayRef<Lane> operands) {
  IntegerRange type = rangeOfType(op.getResult(0).getType());
  auto clip = [&](int64_t low, int64_t high) -> IntegerRange {
    if (low < type.low || high > type.high)
      return type;
    return {low, high};
  };
  auto range = [&](unsigned n) { return operands[n].range; };
  return llvm::TypeSwitch<Operation *, IntegerRange>(&op)
      .Case([&](arith::ConstantOp constant) -> IntegerRange {
        auto value = cast<IntegerAttr>(constant.getValue());
        if (value.getType().isInteger(1))
          return {0, 1};
        return {value.getValue().getSExtValue(),
                value.getValue().getSExtValue()};
      })
      .Case([&](arith::AddIOp) {
        return clip(saturatingAdd(range(0).low, range(1).low),
                    saturatingAdd(range(0).high, range(1).high));
      })
      .Case([&](arith::SubIOp) {
        return clip(saturatingAdd(range(0).low, negate(range(1).high)),
                    saturatingAdd(range(0).high, negate(range(1).low)));
      })
      .Case([&](arith::MulIOp) {
        int64_t corners[] = {saturatingMul(range(0).low, range(1).low),
                             saturatingMul(range(0).low, range(1).high),
                             saturatingMul(range(0).high, range(1).low),
                             saturatingMul(range(0).high, range(1).high)};
        return clip(*llvm::min_element(corners), *llvm::max_element(corners));
      })
      .Case<arith::MinSIOp>([&](auto) {
        return clip(std::min(range(0).low, range(1).low),
                    std::min(range(0).high, range(1).high));
      })
      .Case<arith::MaxSIOp>([&](auto) {
        return clip(std::max(range(0).low, range(1).low),
                    std::max(range(0).high, range(1).high));
      })
      .Case<arith::SelectOp>([&](auto) { return join(range(1), range(2)); })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
          [&](auto cast) -> IntegerRange {
            if (cast.getIn().getType().isInteger(1))
              return {-1, 0};
            return clip(range(0).low, range(0).high);
          })
      .Case<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp,
            arith::RemSIOp>([&](auto) {
        // Not larger in magnitude than the dividend, for divisors other than
        // zero; ceil and floor of a small quotient reach -1 or 1.
        int64_t magnitude = std::max(negate(range(0).low), range(0).high);
        magnitude = std::max<int64_t>(magnitude, 1);
        return clip(negate(magnitude), magnitude);
      })
      .Default([&](Operation *) { return type; });
}

static bool isIntegerLike(Type type) {
  return type.isIndex() || isa<IntegerType>(type);
}

/// Integers that lanes may hold in 32 bits.
static bool isWideInteger(Type type) {
  return type.isIndex() ||
         (isa<IntegerType>(type) && type.getIntOrFloatBitWidth() > 32);
}

static bool isShortFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32;
}

/// The type of vectors' elements, and of floats that are the same in all lanes.
static Type heldType(Type type) {
  if (type.isIndex())
    return IntegerType::get(type.getContext(), 64);
  return isShortFloat(type) ? Float32Type::get(type.getContext()) : type;
}

/// The type like that of `value`, a scalar or a vector, with this element type.
static Type withElement(Value value, Type element) {
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    return vector.clone(element);
  return element;
}

/// A value as lanes hold it.
static Value hold(OpBuilder &b, Location loc, Value value) {
  auto vector = dyn_cast<VectorType>(value.getType());
  if (!isShortFloat(vector ? vector.getElementType() : value.getType()))
    return value;
  return arith::ExtFOp::create(b, loc, withElement(value, b.getF32Type()),
                               value);
}

/// A held value of this type in the IR as that has it.
static Value release(OpBuilder &b, Location loc, Value value, Type element) {
  if (!isShortFloat(element))
    return value;
  return b.createOrFold<arith::TruncFOp>(loc, withElement(value, element),
                                         value);
}

//===----------------------------------------------------------------------===//
// Forms of lanes
//===----------------------------------------------------------------------===//

Value LaneEmitter::broadcast(Location loc, Value scalar) {
  return vector::BroadcastOp::create(b, loc, vectorType(scalar.getType()),
                                     scalar);
}

Value LaneEmitter::iota(Location loc, int64_t stride, unsigned bits) {
  SmallVector<APInt> values;
  for (int64_t lane = 0; lane < width; ++lane)
    values.push_back(APInt(bits, lane * stride, /*isSigned=*/true,
                           /*implicitTrunc=*/true));
  auto type = vectorType(b.getIntegerType(bits));
  return arith::ConstantOp::create(b, loc,
                                   DenseIntElementsAttr::get(type, values));
}

Value LaneEmitter::asIndex(Location loc, Value scalar) {
  if (scalar.getType().isIndex())
    return scalar;
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), scalar);
}

Value LaneEmitter::asVector(Location loc, const Lane &lane, unsigned bits) {
  Type element = b.getIntegerType(bits);
  if (lane.isUniform() || lane.isAffine()) {
    Value scalar = lane.isAffine() ? lane.base : lane.scalar;
    if (scalar.getType().isIndex())
      scalar = arith::IndexCastOp::create(b, loc, element, scalar);
    else if (scalar.getType().getIntOrFloatBitWidth() < bits)
      scalar = arith::ExtSIOp::create(b, loc, element, scalar);
    else if (scalar.getType().getIntOrFloatBitWidth() > bits)
      scalar = arith::TruncIOp::create(b, loc, element, scalar);
    Value vector = broadcast(loc, scalar);
    if (lane.isUniform())
      return vector;
    return arith::AddIOp::create(b, loc, vector, iota(loc, lane.stride, bits));
  }
  return castWidth(loc, lane.vector, vectorType(element), /*isSigned=*/true);
}

Value LaneEmitter::asTypedVector(Location loc, const Lane &lane, Type element) {
  if (!isIntegerLike(element) || element.isInteger(1))
    return lane.isUniform() ? broadcast(loc, lane.scalar) : lane.vector;
  return asVector(loc, lane,
                  element.isIndex() ? 64 : element.getIntOrFloatBitWidth());
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// The axis in lanes; none where bodies are emitted on scalars.
static std::optional<unsigned> findLaneAxis(tile::MapOp map) {
  auto lanes = dyn_cast_or_null<tile::LanesAttr>(map.getType().getLayout());
  if (lanes && lanes.getWidth() == 1)
    return std::nullopt;
  return lanes ? lanes.getAxis() : 0;
}

/// A coordinate: row or column.
Lane LaneEmitter::coordinate(tile::MapOp map, unsigned axis, Value position) {
  Location loc = map.getLoc();
  Lane lane;
  Value value = position;
  if (!map.getOrigin().empty())
    value = arith::AddIOp::create(b, loc, map.getOrigin()[axis], position);
  if (axis == findLaneAxis(map)) {
    lane.base = value;
    lane.stride = 1;
  } else {
    lane.scalar = value;
  }
  lane.range = {-maxExtent - 1, maxExtent};
  lane.range.low = map.getOrigin().empty() ? 0 : lane.range.low;
  return lane;
}

Lane LaneEmitter::lookup(Value value, const Cache &values) {
  auto it = values.find(value);
  if (it != values.end())
    return it->second;
  Lane lane;
  Operation *definition = value.getDefiningOp();
  Block *block = definition ? definition->getBlock()
                            : cast<BlockArgument>(value).getOwner();
  if (isa<tile::MapOp>(block->getParentOp()))
    return lane; // Of this body, and not available.
  lane.scalar = hold(b, value.getLoc(), value);
  if (isIntegerLike(value.getType())) {
    lane.range = rangeOfType(value.getType());
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)) &&
        !value.getType().isInteger(1))
      lane.range = {constant.getSExtValue(), constant.getSExtValue()};
    else if (isa_and_nonnull<memref::DimOp>(definition))
      lane.range = {0, maxExtent};
  }
  return lane;
}

void LaneEmitter::emitOps(tile::MapOp map, Cache &values, bool onlyAvailable) {
  for (Operation &op : map.getBlock().without_terminator()) {
    if (values.count(op.getResult(0)))
      continue;
    SmallVector<Lane> operands;
    for (Value operand : op.getOperands())
      operands.push_back(lookup(operand, values));
    if (!llvm::all_of(operands, [](const Lane &l) { return bool(l); })) {
      assert(onlyAvailable && "an operand of a map's body has no value");
      continue;
    }
    values[op.getResult(0)] = emitOp(op, operands);
  }
}

void LaneEmitter::hoist(tile::MapOp map, int64_t row) {
  Cache &values = hoisted[row];
  Value position = arith::ConstantIndexOp::create(b, map.getLoc(), row);
  values[map.getCoordinates()[0]] = coordinate(map, 0, position);
  emitOps(map, values, /*onlyAvailable=*/true);
}

Value LaneEmitter::emit(tile::MapOp map, int64_t row, Value column,
                        ValueRange inputs) {
  Cache values = hoisted.lookup(row);
  for (auto [argument, input] : llvm::zip(map.getElements(), inputs)) {
    Lane lane;
    Value &form = isa<VectorType>(input.getType()) ? lane.vector : lane.scalar;
    form = hold(b, map.getLoc(), input);
    if (isIntegerLike(argument.getType()))
      lane.range = rangeOfType(argument.getType());
    values[argument] = lane;
  }
  auto coordinates = map.getCoordinates();
  if (!values.count(coordinates[0]))
    values[coordinates[0]] = coordinate(
        map, 0, arith::ConstantIndexOp::create(b, map.getLoc(), row));
  if (coordinates.size() > 1 && !coordinates[1].use_empty())
    values[coordinates[1]] = coordinate(map, 1, column);
  emitOps(map, values, /*onlyAvailable=*/false);
  Lane result = lookup(map.getYielded(), values);
  Type type = map.getYielded().getType();
  Value value = findLaneAxis(map) ? asTypedVector(map.getLoc(), result, type)
                                  : result.scalar;
  return release(b, map.getLoc(), value, type);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Whether the result needs no rounding if the operands don't.
static bool keepsPrecision(Operation &op) {
  return isa<arith::ConstantOp, arith::SelectOp, arith::NegFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::BitcastOp, math::AbsFOp, math::CopySignOp,
             tile::GatherOp>(op);
}

Lane LaneEmitter::emitOp(Operation &op, ArrayRef<Lane> operands) {
  Type type = op.getResult(0).getType();
  Lane result = emitOnHeld(op, operands);
  if (!isShortFloat(type) || keepsPrecision(op))
    return result;
  Value &value = result.isUniform() ? result.scalar : result.vector;
  value = hold(b, op.getLoc(), release(b, op.getLoc(), value, type));
  return result;
}

Lane LaneEmitter::emitBitcast(Operation &op, const Lane &operand) {
  Location loc = op.getLoc();
  Type from = op.getOperand(0).getType(), to = op.getResult(0).getType();
  Lane result;
  Value value =
      operand.isUniform() ? operand.scalar : asTypedVector(loc, operand, from);
  value = release(b, loc, value, from);
  value = arith::BitcastOp::create(b, loc, withElement(value, to), value);
  (operand.isUniform() ? result.scalar : result.vector) = hold(b, loc, value);
  if (isIntegerLike(to))
    result.range = rangeOfType(to);
  return result;
}

/// The op on lanes as they are held; its result is not rounded yet.
Lane LaneEmitter::emitOnHeld(Operation &op, ArrayRef<Lane> operands) {
  Type type = op.getResult(0).getType();
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return emitGather(gather, operands.drop_front());
  if (isa<arith::BitcastOp>(op))
    return emitBitcast(op, operands[0]);
  if (isa<arith::ExtFOp, arith::TruncFOp>(op) && heldType(type).isF32() &&
      !op.getOperand(0).getType().isF64())
    return operands[0];
  if (auto constant = dyn_cast<arith::ConstantOp>(op);
      constant && isShortFloat(type)) {
    Lane lane;
    lane.scalar = arith::ConstantOp::create(
        b, op.getLoc(),
        b.getF32FloatAttr(
            cast<FloatAttr>(constant.getValue()).getValueAsDouble()));
    return lane;
  }
  IntegerRange range;
  if (isIntegerLike(op.getResult(0).getType()))
    range = rangeOf(op, operands);
  if (llvm::all_of(operands, [](const Lane &l) { return l.isUniform(); })) {
    IRMapping mapping;
    for (auto [operand, lane] : llvm::zip(op.getOperands(), operands))
      mapping.map(operand, lane.scalar);
    Lane lane;
    lane.scalar = b.clone(op, mapping)->getResult(0);
    if (isShortFloat(type))
      lane.scalar.setType(b.getF32Type());
    lane.range = range;
    return lane;
  }
  if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    if (Lane lane = emitAffine(op, operands, range))
      return lane;
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op)) {
    IntegerRange type = rangeOfType(op.getResult(0).getType());
    IntegerRange from = operands[0].range;
    if (!op.getOperand(0).getType().isInteger(1) &&
        !op.getResult(0).getType().isInteger(1) && from.low >= type.low &&
        from.high <= type.high)
      return operands[0]; // The same integer.
  }
  if (isa<arith::CmpIOp>(op))
    return emitCompare(op, operands);
  if (isa<arith::SIToFPOp>(op))
    return emitToFloat(op, operands[0]);
  return emitGeneric(op, operands, range);
}

/// base + lane * stride, where the op keeps that form and cannot wrap.
Lane LaneEmitter::emitAffine(Operation &op, ArrayRef<Lane> operands,
                             IntegerRange range) {
  auto linear = [](const Lane &l) { return l.isUniform() || l.isAffine(); };
  if (!linear(operands[0]) || !linear(operands[1]))
    return {};
  IntegerRange type = rangeOfType(op.getResult(0).getType());
  if (!op.getResult(0).getType().isIndex() && range.low == type.low &&
      range.high == type.high)
    return {};
  Location loc = op.getLoc();
  auto baseOf = [&](const Lane &l) {
    return l.isAffine() ? l.base : asIndex(loc, l.scalar);
  };
  Lane result;
  result.range = range;
  if (isa<arith::MulIOp>(op)) {
    unsigned side = operands[0].isAffine() ? 1 : 0;
    APInt factor;
    if (operands[side].isAffine() ||
        !matchPattern(operands[side].scalar, m_ConstantInt(&factor)) ||
        factor.getSignificantBits() > 16)
      return {};
    result.stride = operands[1 - side].stride * factor.getSExtValue();
    if (result.stride == 0)
      return {};
    result.base =
        arith::MulIOp::create(b, loc, baseOf(operands[0]), baseOf(operands[1]));
    return result;
  }
  bool adds = isa<arith::AddIOp>(op);
  int64_t stride = adds ? operands[0].stride + operands[1].stride
                        : operands[0].stride - operands[1].stride;
  Value lhs = baseOf(operands[0]), rhs = baseOf(operands[1]);
  Value base = adds ? arith::AddIOp::create(b, loc, lhs, rhs).getResult()
                    : arith::SubIOp::create(b, loc, lhs, rhs).getResult();
  result.stride = stride;
  if (stride != 0) {
    result.base = base;
    return result;
  }
  result.scalar = base;
  if (!op.getResult(0).getType().isIndex())
    result.scalar =
        arith::IndexCastOp::create(b, loc, op.getResult(0).getType(), base);
  return result;
}

Lane LaneEmitter::emitCompare(Operation &op, ArrayRef<Lane> operands) {
  auto compare = cast<arith::CmpIOp>(op);
  Location loc = op.getLoc();
  Lane result;
  result.range = {0, 1};
  auto linear = [](const Lane &l) { return l.isUniform() || l.isAffine(); };
  arith::CmpIPredicate predicate = compare.getPredicate();
  bool isSigned = predicate <= arith::CmpIPredicate::sge;
  bool small =
      operands[0].range.fits32() && operands[1].range.fits32() && isSigned;
  if (compare.getLhs().getType().isInteger(1)) {
    result.vector = arith::CmpIOp::create(
        b, loc, predicate, asTypedVector(loc, operands[0], b.getI1Type()),
        asTypedVector(loc, operands[1], b.getI1Type()));
    return result;
  }
  if (small && linear(operands[0]) && linear(operands[1]) &&
      operands[0].stride != operands[1].stride) {
    // lane * (s0 - s1)  ?  base1 - base0, clamped to 32 bits.
    auto baseOf = [&](const Lane &l) {
      return l.isAffine() ? l.base : asIndex(loc, l.scalar);
    };
    Value difference =
        arith::SubIOp::create(b, loc, baseOf(operands[1]), baseOf(operands[0]));
    difference = arith::MaxSIOp::create(
        b, loc, difference, arith::ConstantIndexOp::create(b, loc, -maxExtent));
    difference = arith::MinSIOp::create(
        b, loc, difference, arith::ConstantIndexOp::create(b, loc, maxExtent));
    Value bound =
        arith::IndexCastOp::create(b, loc, b.getI32Type(), difference);
    result.vector = arith::CmpIOp::create(
        b, loc, predicate,
        iota(loc, operands[0].stride - operands[1].stride, 32),
        broadcast(loc, bound));
    return result;
  }
  unsigned bits = 64;
  if (small)
    bits = 32;
  else if (auto type = dyn_cast<IntegerType>(compare.getLhs().getType()))
    bits = type.getWidth();
  result.vector =
      arith::CmpIOp::create(b, loc, predicate, asVector(loc, operands[0], bits),
                            asVector(loc, operands[1], bits));
  return result;
}

Lane LaneEmitter::emitToFloat(Operation &op, const Lane &operand) {
  Lane result;
  Type from = op.getOperand(0).getType(), type = op.getResult(0).getType();
  Value integers;
  if (from.isInteger(1))
    integers = operand.vector;
  else
    integers = asVector(op.getLoc(), operand, operand.range.fits32() ? 32 : 64);
  result.vector = arith::SIToFPOp::create(
      b, op.getLoc(), vectorType(isShortFloat(type) ? b.getF32Type() : type),
      integers);
  return result;
}

/// The same op on vectors. Integers of more than 32 bits are computed in 32 if
/// all of them fit; narrower ones wrap to their own width.
Lane LaneEmitter::emitGeneric(Operation &op, ArrayRef<Lane> operands,
                              IntegerRange range) {
  Location loc = op.getLoc();
  Type type = op.getResult(0).getType();
  bool fits = isa<arith::MinSIOp, arith::MaxSIOp, arith::AddIOp, arith::SubIOp,
                  arith::MulIOp, arith::SelectOp, arith::FloorDivSIOp,
                  arith::CeilDivSIOp, arith::DivSIOp, arith::RemSIOp>(op) &&
              isWideInteger(type) && range.fits32();
  for (auto [operand, lane] : llvm::zip(op.getOperands(), operands))
    if (isWideInteger(operand.getType()))
      fits &= lane.range.fits32();
  SmallVector<Value> vectors;
  for (auto [operand, lane] : llvm::zip(op.getOperands(), operands))
    vectors.push_back(fits && isWideInteger(operand.getType())
                          ? asVector(loc, lane, 32)
                          : asTypedVector(loc, lane, operand.getType()));
  VectorType result = vectorType(heldType(type));
  if (fits)
    result = vectorType(b.getI32Type());
  Lane lane;
  lane.range = range;
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    lane.vector = castWidth(loc, vectors[0], result,
                            /*isSigned=*/isa<arith::IndexCastOp>(op));
    return lane;
  }
  OperationState state(loc, op.getName(), vectors, result, op.getAttrs());
  lane.vector = b.create(state)->getResult(0);
  return lane;
}

/// An index cast between vectors: a change of width, if that.
Value LaneEmitter::castWidth(Location loc, Value vector, VectorType to,
                             bool isSigned) {
  unsigned from = cast<VectorType>(vector.getType()).getElementTypeBitWidth();
  if (from > to.getElementTypeBitWidth())
    return arith::TruncIOp::create(b, loc, to, vector);
  if (from == to.getElementTypeBitWidth())
    return vector;
  if (isSigned)
    return arith::ExtSIOp::create(b, loc, to, vector);
  return arith::ExtUIOp::create(b, loc, to, vector);
}

//===----------------------------------------------------------------------===//
// Captured reads
//===----------------------------------------------------------------------===//

Value fovea::createSafeIndex(OpBuilder &b, Location loc, Value index,
                             Value size) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value negative =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = arith::AddIOp::create(b, loc, index, size);
  Value chosen = arith::SelectOp::create(b, loc, negative, wrapped, index);
  Value last = arith::SubIOp::create(b, loc, size, one);
  chosen = arith::MinSIOp::create(b, loc, chosen, last);
  return arith::MaxSIOp::create(b, loc, chosen, zero);
}

Lane LaneEmitter::emitGather(tile::GatherOp op, ArrayRef<Lane> indices) {
  Location loc = op.getLoc();
  Lane result;
  if (isIntegerLike(op.getType()))
    result.range = rangeOfType(op.getType());
  auto size = [&](unsigned dim) -> Value {
    return memref::DimOp::create(b, loc, op.getTable(), dim);
  };
  size_t uniform = 0;
  SmallVector<Value> leading;
  for (auto [dim, lane] : llvm::enumerate(indices)) {
    if (!lane.isUniform())
      continue;
    ++uniform;
    leading.push_back(
        createSafeIndex(b, loc, asIndex(loc, lane.scalar), size(dim)));
  }
  if (uniform == indices.size()) {
    result.scalar =
        hold(b, loc, memref::LoadOp::create(b, loc, op.getTable(), leading));
    return result;
  }
  auto type = cast<MemRefType>(op.getTable().getType());
  const Lane &last = indices.back();
  bool consecutive = uniform + 1 == indices.size() && last.isAffine() &&
                     (last.stride == 1 || last.stride == -1) &&
                     type.isLastDimUnitStride() &&
                     (type.getElementType().isIndex() ||
                      type.getElementType().getIntOrFloatBitWidth() % 8 == 0);
  result.vector = consecutive ? emitConsecutive(op, leading, last)
                              : emitElementwise(op, indices);
  return result;
}

/// One vector load where all lanes are inside the table, else one by one.
Value LaneEmitter::emitConsecutive(tile::GatherOp op, ValueRange leading,
                                   const Lane &last) {
  Location loc = op.getLoc();
  VectorType type = vectorType(heldType(op.getType()));
  bool reversed = last.stride < 0;
  Value first = last.base;
  if (reversed)
    first = arith::SubIOp::create(
        b, loc, first, arith::ConstantIndexOp::create(b, loc, width - 1));
  Value size = memref::DimOp::create(b, loc, op.getTable(), leading.size());
  Value room = arith::SubIOp::create(
      b, loc, size, arith::ConstantIndexOp::create(b, loc, width));
  Value low = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, first,
                                    arith::ConstantIndexOp::create(b, loc, 0));
  Value high =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, first, room);
  Value inside = arith::AndIOp::create(b, loc, low, high);
  auto branch =
      scf::IfOp::create(b, loc, type, inside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> at(leading);
  at.push_back(first);
  Value loaded = vector::LoadOp::create(b, loc, vectorType(op.getType()),
                                        op.getTable(), at);
  loaded = op.getType().isIndex()
               ? arith::IndexCastOp::create(b, loc, type, loaded)
               : hold(b, loc, loaded);
  if (reversed) {
    SmallVector<int64_t> order;
    for (int64_t lane = width; lane-- > 0;)
      order.push_back(lane);
    loaded = vector::ShuffleOp::create(b, loc, loaded, loaded, order);
  }
  scf::YieldOp::create(b, loc, loaded);
  b.setInsertionPointToStart(branch.elseBlock());
  SmallVector<Lane> indices(leading.size());
  for (auto [lane, value] : llvm::zip(indices, leading))
    lane.scalar = value;
  indices.push_back(last);
  scf::YieldOp::create(b, loc, emitElementwise(op, indices));
  return branch.getResult(0);
}

Value LaneEmitter::emitElementwise(tile::GatherOp op, ArrayRef<Lane> indices) {
  Location loc = op.getLoc();
  VectorType type = vectorType(heldType(op.getType()));
  SmallVector<Value> vectors;
  for (const Lane &lane : indices)
    vectors.push_back(lane.isUniform() ? Value() : asVector(loc, lane, 64));
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value end = arith::ConstantIndexOp::create(b, loc, width);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value start = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  auto loop = scf::ForOp::create(
      b, loc, zero, end, one, start,
      [&](OpBuilder &b, Location, Value lane, ValueRange state) {
        SmallVector<Value> at;
        for (auto [dim, index] : llvm::enumerate(indices)) {
          Value position = index.scalar;
          if (vectors[dim])
            position = vector::ExtractOp::create(b, loc, vectors[dim], lane);
          if (!position.getType().isIndex())
            position =
                arith::IndexCastOp::create(b, loc, b.getIndexType(), position);
          Value size = memref::DimOp::create(b, loc, op.getTable(), dim);
          at.push_back(createSafeIndex(b, loc, position, size));
        }
        Value element = memref::LoadOp::create(b, loc, op.getTable(), at);
        element = op.getType().isIndex()
                      ? arith::IndexCastOp::create(
                            b, loc, type.getElementType(), element)
                      : hold(b, loc, element);
        Value next = vector::InsertOp::create(b, loc, element, state[0], lane);
        scf::YieldOp::create(b, loc, next);
      });
  return loop.getResult(0);
}
