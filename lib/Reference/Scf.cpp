//===- Scf.cpp - scf without parallel loops -------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

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

LogicalResult fovea::reference::runScf(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<scf::ForOp, scf::IfOp, scf::WhileOp, scf::ExecuteRegionOp>(
          [&](auto scfOp) { return run(machine, scfOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
