//===- MaskBounds.cpp - Bounds of a mask over a tile, at run time ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskBounds.h"

#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"
#include <optional>

using namespace mlir;
using namespace fovea::attn;

//===----------------------------------------------------------------------===//
// What depends on which coordinate
//===----------------------------------------------------------------------===//

MaskBounds::MaskBounds(Region &mask) : mask(mask) {
  Block &block = mask.front();
  varies[block.getArgument(2)] = row;
  varies[block.getArgument(3)] = column;
  for (Operation &op : block.without_terminator()) {
    unsigned how = uniform;
    for (Value operand : op.getOperands())
      how |= varies.lookup(operand);
    for (Value result : op.getResults())
      varies[result] = how;
  }
  collect(getYielded());
}

Value MaskBounds::getYielded() const {
  return cast<YieldOp>(mask.front().getTerminator()).getValue();
}

static bool isInteger(Value value) {
  return value.getType().isIntOrIndex() &&
         (value.getType().isIndex() ||
          value.getType().getIntOrFloatBitWidth() <= 64);
}

bool MaskBounds::isBounded(Operation *op) {
  if (isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp,
          arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::CmpIOp,
          arith::IndexCastOp, arith::ExtSIOp>(op)) {
    bool isBitwise = isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op);
    if (isBitwise && !op->getResult(0).getType().isInteger(1))
      return false;
    auto cast = dyn_cast<arith::IndexCastOp>(op);
    if (cast && cast.getType().isInteger() &&
        cast.getType().getIntOrFloatBitWidth() < 64)
      return false; // Cuts bits off.
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      return isInteger(operand) &&
             (isBitwise || !operand.getType().isInteger(1));
    });
  }
  return false;
}

void MaskBounds::collect(Value value) {
  auto add = [&](SmallVectorImpl<Value> &list) {
    if (isInteger(value) && !llvm::is_contained(list, value))
      list.push_back(value);
  };
  switch (varies.lookup(value)) {
  case uniform:
    return add(uniforms);
  case row:
    return value == mask.getArgument(2) ? void() : add(rows);
  case column:
    return value == mask.getArgument(3) ? void() : add(columns);
  default:
    if (isBounded(value.getDefiningOp()))
      for (Value operand : value.getDefiningOp()->getOperands())
        collect(operand);
  }
}

//===----------------------------------------------------------------------===//
// Values and their bounds
//===----------------------------------------------------------------------===//

Type MaskBounds::getType(Value value) {
  MLIRContext *context = value.getContext();
  return IntegerType::get(context, value.getType().isInteger(1) ? 1 : 64);
}

Bounds MaskBounds::createEmpty(OpBuilder &b, Location loc, Value value) {
  auto constant = [&](APInt n) -> Value {
    return arith::ConstantOp::create(b, loc,
                                     b.getIntegerAttr(getType(value), n));
  };
  unsigned width = getType(value).getIntOrFloatBitWidth();
  if (width == 1)
    return {constant(APInt(1, 1)), constant(APInt(1, 0))};
  return {constant(APInt::getSignedMaxValue(width)),
          constant(APInt::getSignedMinValue(width))};
}

Value MaskBounds::createFold(OpBuilder &b, Location loc, bool isHigh, Value x,
                             Value y) {
  if (x.getType().isInteger(1))
    return isHigh ? arith::OrIOp::create(b, loc, x, y).getResult()
                  : arith::AndIOp::create(b, loc, x, y).getResult();
  return isHigh ? arith::MaxSIOp::create(b, loc, x, y).getResult()
                : arith::MinSIOp::create(b, loc, x, y).getResult();
}

/// An integer in i64; a condition as it is.
static Value widen(OpBuilder &b, Location loc, Value value) {
  Type i64 = b.getI64Type();
  if (value.getType().isIndex())
    return arith::IndexCastOp::create(b, loc, i64, value);
  if (value.getType().isInteger(1) || value.getType() == i64)
    return value;
  return arith::ExtSIOp::create(b, loc, i64, value);
}

SmallVector<Value> MaskBounds::evaluate(OpBuilder &b, ArrayRef<Value> values,
                                        ValueRange captures,
                                        ArrayRef<Value> at) {
  SmallVector<Value> arguments(at);
  llvm::append_range(arguments, captures);
  IRMapping mapping;
  inlineRegion(b, mask, arguments, createSafeLoad, mapping);
  return llvm::map_to_vector(values, [&](Value value) {
    return widen(b, value.getLoc(), mapping.lookup(value));
  });
}

void MaskBounds::setUniform(OpBuilder &b, Location loc, ValueRange captures,
                            Value sequence, Value head) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  ofUniforms.clear();
  for (Value value :
       evaluate(b, uniforms, captures, {sequence, head, zero, zero}))
    ofUniforms.push_back({value, value});
}

namespace {

/// Emits the bounds of the values of a region that are known to have some.
class Emitter {
public:
  Emitter(OpBuilder &b, Location loc) : b(b), loc(loc) { sound = constant(1); }

  void set(Value value, Bounds bounds) {
    known[value] = {widen(b, loc, bounds.low), widen(b, loc, bounds.high)};
  }
  std::optional<Bounds> get(Value value) {
    auto it = known.find(value);
    return it == known.end() ? std::nullopt : std::optional(it->second);
  }
  void visit(Operation *op);
  /// Of a condition that may be anything.
  Bounds getUnknown() { return {constant(0), constant(1)}; }
  /// What holds unless an operation wrapped.
  Bounds finish(Bounds mask) {
    return {both(mask.low, sound),
            arith::OrIOp::create(b, loc, mask.high, negate(sound))};
  }

private:
  Value constant(bool value) {
    return arith::ConstantIntOp::create(b, loc, value, 1);
  }
  Value both(Value x, Value y) { return arith::AndIOp::create(b, loc, x, y); }
  Value negate(Value x) {
    return arith::XOrIOp::create(b, loc, x, constant(1));
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  template <typename Op>
  Value create(Value x, Value y) {
    return Op::create(b, loc, x, y);
  }
  Bounds visitCompare(arith::CmpIOp op, Bounds x, Bounds y);
  void require(Bounds bounds, Type type);

  OpBuilder &b;
  Location loc;
  llvm::DenseMap<Value, Bounds> known;
  Value sound; ///< No sum wraps within the tile.
};

} // namespace

/// Sums of 64 bits do not wrap if their operands are below 2^62, those of fewer
/// bits if the sum fits.
void Emitter::require(Bounds bounds, Type type) {
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  int64_t limit = int64_t(1) << (width == 64 ? 62 : width - 1);
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, loc, value, 64);
  };
  using P = arith::CmpIPredicate;
  sound = both(sound, compare(P::sge, bounds.low, number(-limit)));
  sound = both(sound, compare(P::slt, bounds.high, number(limit)));
}

Bounds Emitter::visitCompare(arith::CmpIOp op, Bounds x, Bounds y) {
  using P = arith::CmpIPredicate;
  switch (op.getPredicate()) {
  case P::slt:
  case P::sle:
    return {compare(op.getPredicate(), x.high, y.low),
            compare(op.getPredicate(), x.low, y.high)};
  case P::sgt:
  case P::sge:
    return {compare(op.getPredicate(), x.low, y.high),
            compare(op.getPredicate(), x.high, y.low)};
  case P::eq:
  case P::ne: {
    Value meet =
        both(compare(P::sle, x.low, y.high), compare(P::sle, y.low, x.high));
    Value single =
        both(compare(P::eq, x.low, x.high), compare(P::eq, y.low, y.high));
    Value same = both(single, compare(P::eq, x.low, y.low));
    if (op.getPredicate() == P::eq)
      return {same, meet};
    return {negate(meet), negate(same)};
  }
  default:
    return getUnknown();
  }
}

void Emitter::visit(Operation *op) {
  SmallVector<Bounds> operands;
  for (Value operand : op->getOperands()) {
    std::optional<Bounds> bounds = get(operand);
    if (!bounds && operand.getType().isInteger(1))
      bounds = getUnknown();
    if (!bounds) {
      if (op->getResult(0).getType().isInteger(1))
        known[op->getResult(0)] = getUnknown();
      return;
    }
    operands.push_back(*bounds);
  }
  Value result = op->getResult(0);
  Bounds x = operands[0], y = operands.back();
  if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    require(x, b.getI64Type());
    require(y, b.getI64Type());
    Bounds sum = isa<arith::AddIOp>(op)
                     ? Bounds{create<arith::AddIOp>(x.low, y.low),
                              create<arith::AddIOp>(x.high, y.high)}
                     : Bounds{create<arith::SubIOp>(x.low, y.high),
                              create<arith::SubIOp>(x.high, y.low)};
    if (!result.getType().isIndex())
      require(sum, result.getType());
    known[result] = sum;
  } else if (isa<arith::MinSIOp>(op)) {
    known[result] = {create<arith::MinSIOp>(x.low, y.low),
                     create<arith::MinSIOp>(x.high, y.high)};
  } else if (isa<arith::MaxSIOp>(op)) {
    known[result] = {create<arith::MaxSIOp>(x.low, y.low),
                     create<arith::MaxSIOp>(x.high, y.high)};
  } else if (isa<arith::AndIOp>(op)) {
    known[result] = {both(x.low, y.low), both(x.high, y.high)};
  } else if (isa<arith::OrIOp>(op)) {
    known[result] = {create<arith::OrIOp>(x.low, y.low),
                     create<arith::OrIOp>(x.high, y.high)};
  } else if (isa<arith::XOrIOp>(op)) {
    // Surely so if one surely holds and the other surely does not.
    Value one = both(x.low, negate(y.high)),
          other = both(y.low, negate(x.high));
    Value sure = create<arith::OrIOp>(one, other);
    Value equal = create<arith::OrIOp>(both(x.low, y.low),
                                       both(negate(x.high), negate(y.high)));
    known[result] = {sure, negate(equal)};
  } else if (auto cmp = dyn_cast<arith::CmpIOp>(op)) {
    known[result] = visitCompare(cmp, x, y);
  } else {
    known[result] = x; // A cast that keeps the number.
  }
}

Bounds MaskBounds::emit(OpBuilder &b, Location loc, Bounds i, Bounds j,
                        ArrayRef<Bounds> ofColumns) {
  Emitter emitter(b, loc);
  emitter.set(mask.getArgument(2), i);
  emitter.set(mask.getArgument(3), j);
  for (auto [value, bounds] : llvm::zip_equal(uniforms, ofUniforms))
    emitter.set(value, bounds);
  for (auto [value, bounds] : llvm::zip_equal(rows, ofRows))
    emitter.set(value, bounds);
  for (auto [value, bounds] : llvm::zip_equal(columns, ofColumns))
    emitter.set(value, bounds);
  for (Operation &op : mask.front().without_terminator())
    if (op.getNumResults() == 1 && varies.lookup(op.getResult(0)) == both &&
        isBounded(&op))
      emitter.visit(&op);
  std::optional<Bounds> found = emitter.get(getYielded());
  return emitter.finish(found ? *found : emitter.getUnknown());
}
