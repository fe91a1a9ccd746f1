//===- Lanes.cpp - Loops divided among the lanes of a warp ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea;

Value Lanes::word(Location loc, int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}

/// What one lane has stored all of them see.
void Lanes::synchronize(Location loc) {
  NVVM::SyncWarpOp::create(b, loc, word(loc, -1));
}

LogicalResult Lanes::distribute(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto loop = dyn_cast<scf::ParallelOp>(op)) {
      if (failed(distribute(loop)))
        return failure();
      continue;
    }
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        if (failed(distribute(inner)))
          return failure();
    if (op.getNumRegions() == 0 && hasEffect<MemoryEffects::Write>(&op) &&
        failed(storeOnce(&op)))
      return failure();
  }
  return success();
}

/// op  ->  if the first lane { op }
LogicalResult Lanes::storeOnce(Operation *op) {
  if (op->getNumResults())
    return op->emitOpError("writes memory and has a result, which the lanes of "
                           "a warp cannot share; put it into a parallel loop");
  Location loc = op->getLoc();
  b.setInsertionPoint(op);
  synchronize(loc);
  Value isFirst =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lane,
                            arith::ConstantIndexOp::create(b, loc, 0));
  auto first = scf::IfOp::create(b, loc, isFirst);
  op->moveBefore(first.thenYield());
  b.setInsertionPointAfter(first);
  synchronize(loc);
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// The op that a reduction's region consists of, or null.
static Operation *getOnlyOp(Region &region) {
  Block &block = region.front();
  Operation &first = block.front();
  bool isOnly = block.getOperations().size() == 2 &&
                first.getNumResults() == 1 &&
                block.getTerminator()->getOperand(0) == first.getResult(0);
  return isOnly ? &first : nullptr;
}

/// What an op leaves its other operand as. Upstream knows no width of an index.
static std::optional<TypedAttr> getNeutralElement(Operation *op) {
  Type type = op->getResult(0).getType();
  if (!type.isIndex())
    return arith::getNeutralElement(op);
  using Number = std::optional<int64_t>;
  Number number =
      llvm::TypeSwitch<Operation *, Number>(op)
          .Case<arith::AddIOp, arith::OrIOp, arith::XOrIOp, arith::MaxUIOp>(
              [](auto) { return 0; })
          .Case<arith::AndIOp, arith::MinUIOp>([](auto) { return -1; })
          .Case<arith::MulIOp>([](auto) { return 1; })
          .Case<arith::MaxSIOp>(
              [](auto) { return std::numeric_limits<int64_t>::min(); })
          .Case<arith::MinSIOp>(
              [](auto) { return std::numeric_limits<int64_t>::max(); })
          .Default([](Operation *) { return std::nullopt; });
  if (!number)
    return std::nullopt;
  return IntegerAttr::get(type, *number);
}

FailureOr<SmallVector<Value>> Lanes::getNeutralElements(scf::ReduceOp reduce) {
  SmallVector<Value> elements;
  for (Region &region : reduce.getReductions()) {
    Operation *op = getOnlyOp(region);
    std::optional<TypedAttr> element =
        op ? getNeutralElement(op) : std::nullopt;
    if (!element)
      return reduce.emitOpError("of a loop for the lanes of a warp has to be "
                                "one op with a neutral element");
    elements.push_back(arith::ConstantOp::create(b, reduce.getLoc(), *element));
  }
  return elements;
}

Value Lanes::combine(Region &region, Value x, Value y) {
  IRMapping mapping;
  mapping.map(region.getArguments(), ArrayRef<Value>{x, y});
  for (Operation &op : region.front().without_terminator())
    b.clone(op, mapping);
  return mapping.lookup(region.front().getTerminator()->getOperand(0));
}

Value Lanes::exchange(Value value, int64_t distance) {
  Location loc = value.getLoc();
  Type type = value.getType(), i32 = b.getI32Type(), i64 = b.getI64Type();
  auto shuffle = [&](Value half) -> Value {
    return NVVM::ShflOp::create(b, loc, i32, word(loc, -1), half,
                                word(loc, distance), word(loc, warpSize - 1),
                                NVVM::ShflKind::bfly, UnitAttr());
  };
  if (type.isIndex()) {
    Value wide = arith::IndexCastOp::create(b, loc, i64, value);
    return arith::IndexCastOp::create(b, loc, type, exchange(wide, distance));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  if (isa<FloatType>(type)) {
    Value bits =
        arith::BitcastOp::create(b, loc, b.getIntegerType(width), value);
    return arith::BitcastOp::create(b, loc, type, exchange(bits, distance));
  }
  if (width == 32)
    return shuffle(value);
  if (width < 32) {
    Value wide = arith::ExtUIOp::create(b, loc, i32, value);
    return arith::TruncIOp::create(b, loc, type, shuffle(wide));
  }
  Value size = arith::ConstantIntOp::create(b, loc, 32, 64);
  Value low = arith::TruncIOp::create(b, loc, i32, value);
  Value high = arith::TruncIOp::create(
      b, loc, i32, arith::ShRUIOp::create(b, loc, value, size));
  low = arith::ExtUIOp::create(b, loc, i64, shuffle(low));
  high = arith::ExtUIOp::create(b, loc, i64, shuffle(high));
  return arith::OrIOp::create(b, loc, low,
                              arith::ShLIOp::create(b, loc, high, size));
}

/// What one instruction does for all lanes.
static std::optional<NVVM::ReduxKind> getInstruction(Operation *op) {
  using Kind = std::optional<NVVM::ReduxKind>;
  return llvm::TypeSwitch<Operation *, Kind>(op)
      .Case([](arith::AndIOp) { return NVVM::ReduxKind::AND; })
      .Case([](arith::OrIOp) { return NVVM::ReduxKind::OR; })
      .Default([](Operation *) { return std::nullopt; });
}

FailureOr<Value> Lanes::reduce(Region &region, Value value) {
  Location loc = value.getLoc();
  Type type = value.getType();
  bool isBits = type.isInteger() && type.getIntOrFloatBitWidth() <= 32;
  if (auto kind = getInstruction(getOnlyOp(region)); kind && isBits) {
    Type i32 = b.getI32Type();
    if (type != i32)
      value = arith::ExtUIOp::create(b, loc, i32, value);
    value = NVVM::ReduxOp::create(b, loc, i32, value, *kind, word(loc, -1));
    if (type != i32)
      value = arith::TruncIOp::create(b, loc, type, value);
    return value;
  }
  if (!type.isIntOrIndexOrFloat() ||
      (!type.isIndex() && type.getIntOrFloatBitWidth() > 64))
    return emitError(loc, "a value of type ")
           << type << " cannot be folded over the lanes of a warp";
  for (int64_t distance = warpSize / 2; distance > 0; distance /= 2)
    value = combine(region, value, exchange(value, distance));
  return value;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// The last dimension goes to the lanes; each of them runs all of the others.
LogicalResult Lanes::distribute(scf::ParallelOp loop) {
  Location loc = loop.getLoc();
  b.setInsertionPoint(loop);
  auto reduction = cast<scf::ReduceOp>(loop.getBody()->getTerminator());
  FailureOr<SmallVector<Value>> sums = getNeutralElements(reduction);
  if (failed(sums))
    return failure();
  SmallVector<Value> low(loop.getLowerBound()), step(loop.getStep());
  low.back() = arith::AddIOp::create(
      b, loc, low.back(),
      arith::MulIOp::create(b, loc, lane, step.back()).getResult());
  step.back() = arith::MulIOp::create(
      b, loc, step.back(), arith::ConstantIndexOp::create(b, loc, warpSize));
  scf::LoopNest nest = scf::buildLoopNest(
      b, loc, low, loop.getUpperBound(), step, *sums,
      [&](OpBuilder &, Location, ValueRange at, ValueRange sums) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(at.back().getParentBlock());
        IRMapping mapping;
        mapping.map(loop.getInductionVars(), at);
        for (Operation &op : loop.getBody()->without_terminator())
          b.clone(op, mapping);
        SmallVector<Value> next;
        for (auto [region, sum, value] : llvm::zip_equal(
                 reduction.getReductions(), sums, reduction.getOperands()))
          next.push_back(combine(region, sum, mapping.lookupOrDefault(value)));
        return next;
      });
  b.setInsertionPoint(loop);
  for (auto [region, result, start, own] :
       llvm::zip_equal(reduction.getReductions(), loop.getResults(),
                       loop.getInitVals(), nest.results)) {
    FailureOr<Value> all = reduce(region, own);
    if (failed(all))
      return failure();
    result.replaceAllUsesWith(combine(region, start, *all));
  }
  synchronize(loc);
  loop.erase();
  return success();
}
