//===- MemRef.cpp - memref ------------------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "Slices.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::reference;

template <typename OpTy>
static LogicalResult runAlloc(Machine &machine, OpTy op) {
  return machine.setResult(
      op, machine.allocate(op, machine.getIndex(op.getMixedSizes()),
                           op.getType().getElementType()));
}

static LogicalResult run(Machine &machine, memref::AllocOp op) {
  return runAlloc(machine, op);
}
static LogicalResult run(Machine &machine, memref::AllocaOp op) {
  return runAlloc(machine, op);
}

static LogicalResult run(Machine &, memref::DeallocOp) { return success(); }

static LogicalResult run(Machine &machine, memref::DimOp op) {
  return machine.setResult(op, getDim(op, machine.getView(op.getSource()),
                                      machine.getScalar(op.getIndex())));
}

static LogicalResult run(Machine &machine, memref::LoadOp op) {
  return machine.setResult(op, loadChecked(op, machine.getView(op.getMemRef()),
                                           machine.getIndex(op.getIndices())));
}

static LogicalResult run(Machine &machine, memref::StoreOp op) {
  View view = machine.getView(op.getMemRef());
  Index index = machine.getIndex(op.getIndices());
  if (failed(checkIndex(op, view, index)))
    return failure();
  view.store(index, machine.getScalar(op.getValueToStore()));
  return success();
}

static LogicalResult run(Machine &machine, memref::CopyOp op) {
  View source = machine.getView(op.getSource());
  View target = machine.getView(op.getTarget());
  if (source.sizes != target.sizes)
    return op.emitOpError("copies [") << ArrayRef(source.sizes) << "] to ["
                                      << ArrayRef(target.sizes) << "]";
  target.assign(source);
  return success();
}

static LogicalResult run(Machine &machine, memref::CastOp op) {
  View view = machine.getView(op.getSource());
  machine.set(op, view);
  if (auto type = dyn_cast<MemRefType>(op.getType()))
    return checkShape(op, view, type);
  return machine.refuse(op);
}

static LogicalResult run(Machine &machine, memref::SubViewOp op) {
  FailureOr<View> slice =
      getSlice(machine, op, machine.getView(op.getSource()));
  if (failed(slice))
    return failure();
  machine.set(op, dropDims(*slice, op.getDroppedDims()));
  return success();
}

static LogicalResult run(Machine &machine, memref::ReinterpretCastOp op) {
  View view = machine.getView(op.getSource());
  view.offset = machine.getIndex(op.getMixedOffsets())[0];
  view.sizes = machine.getIndex(op.getMixedSizes());
  view.strides = machine.getIndex(op.getMixedStrides());
  if (!view.isInsideArray())
    return op.emitOpError("leaves the ")
           << view.array->getNumElements() << " elements of its memory";
  machine.set(op, view);
  return success();
}

static LogicalResult run(Machine &machine,
                         memref::ExtractStridedMetadataOp op) {
  View view = machine.getView(op.getSource());
  machine.setInteger(op.getOffset(), view.offset);
  for (auto [result, size] : llvm::zip_equal(op.getSizes(), view.sizes))
    machine.setInteger(result, size);
  for (auto [result, stride] : llvm::zip_equal(op.getStrides(), view.strides))
    machine.setInteger(result, stride);
  view.offset = 0;
  view.sizes.clear();
  view.strides.clear();
  machine.set(op.getBaseBuffer(), view);
  return success();
}

static LogicalResult run(Machine &machine, memref::ExpandShapeOp op) {
  return machine.setResult(op,
                           reshape(op, machine.getView(op.getSrc()),
                                   machine.getIndex(op.getMixedOutputShape())));
}

static LogicalResult run(Machine &machine, memref::CollapseShapeOp op) {
  View view = machine.getView(op.getSrc());
  return machine.setResult(
      op,
      reshape(op, view, collapse(view.sizes, op.getReassociationIndices())));
}

static LogicalResult run(Machine &machine, memref::AssumeAlignmentOp op) {
  machine.set(op, machine.getView(op.getMemref()));
  return success();
}

static LogicalResult run(Machine &machine, memref::GetGlobalOp op) {
  return machine.setResult(op,
                           machine.getGlobal(op, op.getNameAttr().getAttr()));
}

LogicalResult fovea::reference::runMemRef(Machine &machine, Operation *op) {
  using namespace mlir::memref;
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<AllocOp, AllocaOp, DeallocOp, DimOp, LoadOp, StoreOp, CopyOp,
            CastOp, SubViewOp, ReinterpretCastOp, ExtractStridedMetadataOp,
            ExpandShapeOp, CollapseShapeOp, AssumeAlignmentOp, GetGlobalOp>(
          [&](auto memrefOp) { return run(machine, memrefOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
