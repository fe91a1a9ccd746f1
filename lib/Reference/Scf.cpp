//===- Scf.cpp - scf ------------------------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Slices.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea::reference;

static LogicalResult setResults(Machine &machine, Operation *op,
                                ArrayRef<Datum> values) {
  for (auto [result, value] : llvm::zip_equal(op->getResults(), values))
    machine.set(result, value);
  return success();
}

static LogicalResult run(Machine &machine, scf::ForOp op) {
  int64_t lower = machine.getInteger(op.getLowerBound());
  int64_t upper = machine.getInteger(op.getUpperBound());
  int64_t step = machine.getInteger(op.getStep());
  if (step <= 0)
    return op.emitOpError("has the step ") << step;
  SmallVector<Datum> carried = machine.get(op.getInitArgs());
  for (int64_t i = lower; i < upper;) {
    SmallVector<Datum> arguments = {Scalar{0, i}};
    llvm::append_range(arguments, carried);
    if (failed(machine.runBlock(*op.getBody(), arguments)))
      return failure();
    carried = machine.get(op.getBody()->getTerminator()->getOperands());
    if (llvm::AddOverflow(i, step, i))
      break;
  }
  return setResults(machine, op, carried);
}

static LogicalResult run(Machine &machine, scf::IfOp op) {
  Region &region = machine.getInteger(op.getCondition()) ? op.getThenRegion()
                                                         : op.getElseRegion();
  if (region.empty())
    return success();
  Block &block = region.front();
  if (failed(machine.runBlock(block)))
    return failure();
  return setResults(machine, op,
                    machine.get(block.getTerminator()->getOperands()));
}

static LogicalResult run(Machine &machine, scf::WhileOp op) {
  SmallVector<Datum> carried = machine.get(op.getInits());
  scf::ConditionOp condition = op.getConditionOp();
  while (true) {
    if (failed(machine.runBlock(*op.getBeforeBody(), carried)))
      return failure();
    carried = machine.get(condition.getArgs());
    if (!machine.getInteger(condition.getCondition()))
      return setResults(machine, op, carried);
    if (failed(machine.runBlock(*op.getAfterBody(), carried)))
      return failure();
    carried = machine.get(op.getYieldOp()->getOperands());
  }
}

static LogicalResult run(Machine &machine, scf::ExecuteRegionOp op) {
  if (!op.getRegion().hasOneBlock())
    return machine.refuse(op);
  Block &block = op.getRegion().front();
  if (failed(machine.runBlock(block)))
    return failure();
  return setResults(machine, op,
                    machine.get(block.getTerminator()->getOperands()));
}

/// Number of steps of each dimension of a parallel loop.
static FailureOr<Index> getTrips(Operation *op, ArrayRef<int64_t> lower,
                                 ArrayRef<int64_t> upper,
                                 ArrayRef<int64_t> step) {
  Index trips;
  for (auto [first, last, by] : llvm::zip_equal(lower, upper, step)) {
    if (by <= 0)
      return op->emitOpError("has the step ") << by;
    trips.push_back(last > first ? llvm::divideCeilSigned(last - first, by)
                                 : 0);
  }
  return trips;
}

/// The induction variables at `trip`.
static SmallVector<Datum> getPoint(ArrayRef<int64_t> trip,
                                   ArrayRef<int64_t> lower,
                                   ArrayRef<int64_t> step) {
  SmallVector<Datum> point;
  for (auto [n, first, by] : llvm::zip_equal(trip, lower, step))
    point.push_back(Scalar{0, first + n * by});
  return point;
}

/// Bodies read the outputs as they were before the loop, and insert into the
/// results.
static LogicalResult run(Machine &machine, scf::ForallOp op) {
  Index lower = machine.getIndex(op.getMixedLowerBound());
  Index step = machine.getIndex(op.getMixedStep());
  FailureOr<Index> trips =
      getTrips(op, lower, machine.getIndex(op.getMixedUpperBound()), step);
  if (failed(trips))
    return failure();
  SmallVector<Datum> outputs = machine.get(op.getOutputs());
  llvm::DenseMap<Value, View> results;
  for (auto [argument, output] :
       llvm::zip_equal(op.getRegionIterArgs(), op.getOutputs()))
    results[argument] = machine.getView(output).copy();
  LogicalResult status = forEachIndex(*trips, [&](ArrayRef<int64_t> trip) {
    SmallVector<Datum> arguments = getPoint(trip, lower, step);
    llvm::append_range(arguments, outputs);
    if (failed(machine.runBlock(*op.getBody(), arguments)))
      return failure();
    for (Operation &yielding : op.getTerminator().getYieldingOps()) {
      auto insert = dyn_cast<tensor::ParallelInsertSliceOp>(yielding);
      if (!insert)
        return machine.refuse(&yielding);
      FailureOr<View> slice =
          getSlice(machine, insert, results[insert.getDest()]);
      if (failed(slice))
        return failure();
      dropDims(*slice, insert.getDroppedDims())
          .assign(machine.getView(insert.getSource()));
    }
    return success();
  });
  for (auto [result, argument] :
       llvm::zip_equal(op->getResults(), op.getRegionIterArgs()))
    machine.set(result, results[argument]);
  return status;
}

static LogicalResult run(Machine &machine, scf::ParallelOp op) {
  Index lower = machine.getIndex(op.getLowerBound());
  Index step = machine.getIndex(op.getStep());
  FailureOr<Index> trips =
      getTrips(op, lower, machine.getIndex(op.getUpperBound()), step);
  if (failed(trips))
    return failure();
  SmallVector<Datum> folded = machine.get(op.getInitVals());
  auto reduce = cast<scf::ReduceOp>(op.getBody()->getTerminator());
  auto runItem = [&](ArrayRef<int64_t> trip) -> LogicalResult {
    if (failed(machine.runBlock(*op.getBody(), getPoint(trip, lower, step))))
      return failure();
    SmallVector<Datum> values = machine.get(reduce.getOperands());
    for (auto [n, region] : llvm::enumerate(reduce.getReductions())) {
      Block &block = region.front();
      if (failed(machine.runBlock(block, {folded[n], values[n]})))
        return failure();
      folded[n] = machine.get(block.getTerminator()->getOperands())[0];
    }
    return success();
  };
  if (failed(forEachIndex(*trips, runItem)))
    return failure();
  return setResults(machine, op, folded);
}

LogicalResult fovea::reference::runScf(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<scf::ForOp, scf::IfOp, scf::WhileOp, scf::ExecuteRegionOp,
            scf::ForallOp, scf::ParallelOp>(
          [&](auto scfOp) { return run(machine, scfOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
