//===- Body.cpp - Bodies that compute scalars, once for each element ------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "Slices.h"

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::reference;

FailureOr<Body> Body::create(const Machine &machine, Block &block,
                             ArrayRef<Datum> captures, Reads reads) {
  Body body(machine, reads);
  size_t own = block.getNumArguments() - captures.size();
  for (BlockArgument argument : block.getArguments()) {
    if (argument.getArgNumber() >= own) {
      const Datum &datum = captures[argument.getArgNumber() - own];
      if (const auto *view = std::get_if<View>(&datum)) {
        body.captured[argument] = *view;
        continue;
      }
      const auto *scalar = std::get_if<Scalar>(&datum);
      if (!scalar)
        return block.getParentOp()->emitOpError("captures ")
               << argument.getType() << ", which the reference cannot hold";
      body.numbers[argument] = body.slots.size();
      body.slots.push_back(*scalar);
      continue;
    }
    body.numbers[argument] = body.slots.size();
    body.slots.emplace_back();
  }
  for (Operation &op : block.without_terminator())
    if (failed(body.addStep(&op)))
      return failure();
  for (Value value : block.getTerminator()->getOperands())
    body.yielded.push_back(body.getSlot(value));
  return body;
}

/// The place of a scalar; one from outside of the block keeps its value.
unsigned Body::getSlot(Value value) {
  auto [it, isNew] = numbers.try_emplace(value, slots.size());
  if (isNew)
    slots.push_back(machine.getScalar(value));
  return it->second;
}

View Body::getTable(Value value) const {
  auto it = captured.find(value);
  return it == captured.end() ? machine.getView(value) : it->second;
}

LogicalResult Body::addStep(Operation *op) {
  Step step{op, Kind::Compute};
  auto readTable = [&](Value table) {
    step.kind = Kind::Read;
    step.table = getTable(table);
  };
  auto readSize = [&](Value table) {
    step.kind = Kind::Size;
    step.table = getTable(table);
  };
  TypeSwitch<Operation *>(op)
      .Case<tensor::ExtractOp>([&](auto read) { readTable(read.getTensor()); })
      .Case<memref::LoadOp>([&](auto read) { readTable(read.getMemRef()); })
      .Case<fovea::tile::GatherOp>(
          [&](auto read) { readTable(read.getTable()); })
      .Case<fovea::tile::ExtractOp>([&](auto read) {
        step.kind = Kind::Read;
        step.table = machine.getTile(read.getTile()).elements;
      })
      .Case<tensor::DimOp, memref::DimOp>(
          [&](auto dim) { readSize(dim.getSource()); })
      .Case<linalg::IndexOp>([&](auto index) {
        step.kind = Kind::Position;
        step.dimension = index.getDim();
      })
      .Default([&](Operation *) { step.function = getScalarFunction(op); });
  if ((step.kind == Kind::Compute && !step.function) ||
      op->getNumResults() != 1 || !isScalarType(op->getResult(0).getType()))
    return machine.refuse(op);
  for (Value operand : op->getOperands())
    if (!isa<ShapedType, fovea::tile::TileType>(operand.getType()))
      step.operands.push_back(getSlot(operand));
  numbers[op->getResult(0)] = step.result = slots.size();
  slots.emplace_back();
  steps.push_back(std::move(step));
  return success();
}

LogicalResult Body::run(ArrayRef<Scalar> arguments,
                        ArrayRef<int64_t> position) {
  llvm::copy(arguments, slots.begin());
  for (const Step &step : steps)
    if (failed(runStep(step, position)))
      return failure();
  return success();
}

static LogicalResult assign(Scalar &target, FailureOr<Scalar> value) {
  if (succeeded(value))
    target = *value;
  return value;
}

LogicalResult Body::runStep(const Step &step, ArrayRef<int64_t> position) {
  SmallVector<Scalar, 4> operands;
  for (unsigned operand : step.operands)
    operands.push_back(slots[operand]);
  Scalar &result = slots[step.result];
  switch (step.kind) {
  case Kind::Compute:
    result = finish(step.function(step.op, operands),
                    step.op->getResult(0).getType());
    return success();
  case Kind::Position:
    result = {0, position[step.dimension]};
    return success();
  case Kind::Size:
    return assign(result, getDim(step.op, step.table, operands[0]));
  case Kind::Read:
    return assign(result, read(step, operands));
  }
  return failure();
}

FailureOr<Scalar> Body::read(const Step &step,
                             ArrayRef<Scalar> operands) const {
  Index index;
  for (Scalar operand : operands)
    index.push_back(operand.integer);
  if (reads == Reads::Safe || isa<fovea::tile::GatherOp>(step.op))
    return step.table.loadSafe(index);
  return loadChecked(step.op, step.table, index);
}
