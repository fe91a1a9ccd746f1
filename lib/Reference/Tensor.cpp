//===- Tensor.cpp - tensor and bufferization ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Slices.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::reference;

/// A new tensor, with dynamic sizes from operands.
template <typename OpTy>
static FailureOr<View> allocate(Machine &machine, OpTy op) {
  RankedTensorType type = op.getType();
  Builder builder(op.getContext());
  return machine.allocate(op,
                          machine.getIndex(getMixedValues(
                              type.getShape(), op.getDynamicSizes(), builder)),
                          type.getElementType());
}

static LogicalResult run(Machine &machine, tensor::EmptyOp op) {
  return machine.setResult(op, allocate(machine, op));
}

static LogicalResult run(Machine &machine, tensor::DimOp op) {
  return machine.setResult(op, getDim(op, machine.getView(op.getSource()),
                                      machine.getScalar(op.getIndex())));
}

static LogicalResult run(Machine &machine, tensor::RankOp op) {
  machine.setInteger(op, machine.getView(op.getTensor()).sizes.size());
  return success();
}

static LogicalResult run(Machine &machine, tensor::ExtractOp op) {
  return machine.setResult(op, loadChecked(op, machine.getView(op.getTensor()),
                                           machine.getIndex(op.getIndices())));
}

static LogicalResult run(Machine &machine, tensor::InsertOp op) {
  View view = machine.getView(op.getDest()).copy();
  Index index = machine.getIndex(op.getIndices());
  if (failed(checkIndex(op, view, index)))
    return failure();
  view.store(index, machine.getScalar(op.getScalar()));
  machine.set(op, view);
  return success();
}

static LogicalResult run(Machine &machine, tensor::ExtractSliceOp op) {
  FailureOr<View> slice =
      getSlice(machine, op, machine.getView(op.getSource()));
  if (failed(slice))
    return failure();
  machine.set(op, dropDims(*slice, op.getDroppedDims()));
  return success();
}

static LogicalResult run(Machine &machine, tensor::InsertSliceOp op) {
  View result = machine.getView(op.getDest()).copy();
  FailureOr<View> slice = getSlice(machine, op, result);
  if (failed(slice))
    return failure();
  dropDims(*slice, op.getDroppedDims()).assign(machine.getView(op.getSource()));
  machine.set(op, result);
  return success();
}

static LogicalResult run(Machine &machine, tensor::ConcatOp op) {
  SmallVector<View> inputs = llvm::map_to_vector(
      op.getInputs(), [&](Value input) { return machine.getView(input); });
  uint64_t dim = op.getDim();
  Index sizes = inputs[0].sizes;
  sizes[dim] = 0;
  for (const View &input : inputs)
    sizes[dim] += input.sizes[dim];
  View result(sizes, getElementTypeOrSelf(op.getType()));
  int64_t first = 0;
  for (const View &input : inputs) {
    (void)forEachIndex(input.sizes, [&](ArrayRef<int64_t> index) {
      Index to(index);
      to[dim] += first;
      result.store(to, input.load(index));
      return success();
    });
    first += input.sizes[dim];
  }
  machine.set(op, result);
  return checkShape(op, result, op.getType());
}

static LogicalResult run(Machine &machine, tensor::CastOp op) {
  machine.set(op, machine.getView(op.getSource()));
  return checkShape(op, machine.getView(op.getSource()), op.getType());
}

static LogicalResult run(Machine &machine, tensor::SplatOp op) {
  FailureOr<View> view = allocate(machine, op);
  if (failed(view))
    return failure();
  fill(*view, machine.getScalar(op.getInput()));
  machine.set(op, *view);
  return success();
}

static LogicalResult run(Machine &machine, tensor::FromElementsOp op) {
  View view(op.getType().getShape(), op.getType().getElementType());
  auto element = op.getElements().begin();
  (void)forEachIndex(view.sizes, [&](ArrayRef<int64_t> index) {
    view.store(index, machine.getScalar(*element++));
    return success();
  });
  machine.set(op, view);
  return success();
}

static LogicalResult run(Machine &machine, tensor::ExpandShapeOp op) {
  return machine.setResult(op,
                           reshape(op, machine.getView(op.getSrc()).copy(),
                                   machine.getIndex(op.getMixedOutputShape())));
}

static LogicalResult run(Machine &machine, tensor::CollapseShapeOp op) {
  View view = machine.getView(op.getSrc()).copy();
  return machine.setResult(
      op,
      reshape(op, view, collapse(view.sizes, op.getReassociationIndices())));
}

LogicalResult fovea::reference::runTensor(Machine &machine, Operation *op) {
  using namespace mlir::tensor;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<EmptyOp, DimOp, RankOp, ExtractOp, InsertOp, ExtractSliceOp,
            InsertSliceOp, CastOp, SplatOp, FromElementsOp, ExpandShapeOp,
            CollapseShapeOp, ConcatOp>(
          [&](auto tensorOp) { return run(machine, tensorOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}

//===----------------------------------------------------------------------===//
// bufferization
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, bufferization::AllocTensorOp op) {
  if (op.getCopy()) {
    machine.set(op, machine.getView(op.getCopy()).copy());
    return success();
  }
  return machine.setResult(op, allocate(machine, op));
}

static LogicalResult run(Machine &machine,
                         bufferization::MaterializeInDestinationOp op) {
  View source = machine.getView(op.getSource());
  machine.getView(op.getDest()).assign(source);
  if (op.getResult())
    machine.set(op.getResult(), source);
  return success();
}

LogicalResult fovea::reference::runBufferization(Machine &machine,
                                                 Operation *op) {
  using namespace mlir::bufferization;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<AllocTensorOp, MaterializeInDestinationOp>(
          [&](auto bufferOp) { return run(machine, bufferOp); })
      // A conversion copies; so does a clone.
      .Case<ToTensorOp, ToBufferOp, CloneOp>([&](Operation *op) {
        machine.set(op->getResult(0),
                    machine.getView(op->getOperand(0)).copy());
        return success();
      })
      .Case<DeallocOp, DeallocTensorOp>([&](Operation *op) {
        return op->getNumResults() == 0 ? success() : machine.refuse(op);
      })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
