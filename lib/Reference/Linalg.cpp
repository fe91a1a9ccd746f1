//===- Linalg.cpp - linalg ops, by their indexing maps and body -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "Slices.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace fovea::reference;

namespace {

/// One input or output of a linalg op: a scalar, or elements and their map.
struct Operand {
  bool isScalar;
  Scalar scalar;
  View view;
  AffineMap map;
};

} // namespace

/// The extents of the iteration space, each from an operand that has the
/// dimension as it is.
static Index getExtents(linalg::LinalgOp op, ArrayRef<Operand> operands) {
  Index extents(op.getNumLoops(), -1);
  for (const Operand &operand : operands)
    for (auto [axis, expr] : llvm::enumerate(operand.map.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && !operand.isScalar)
        extents[dim.getPosition()] = operand.view.sizes[axis];
  assert(!llvm::is_contained(extents, -1) && "maps are invertible");
  return extents;
}

/// The element of an operand at `position` of the iteration space.
static FailureOr<Scalar> load(linalg::LinalgOp op, const Operand &operand,
                              ArrayRef<int64_t> position) {
  if (operand.isScalar)
    return operand.scalar;
  return loadChecked(op, operand.view, evaluateMap(operand.map, position));
}

/// Runs the body once for each point of the iteration space.
static LogicalResult runLoops(linalg::LinalgOp op, Body &body,
                              ArrayRef<Operand> operands,
                              ArrayRef<int64_t> extents) {
  ArrayRef<Operand> outputs = operands.take_back(op.getNumDpsInits());
  SmallVector<Scalar> elements(operands.size());
  return forEachIndex(extents, [&](ArrayRef<int64_t> position) {
    for (auto [element, operand] : llvm::zip_equal(elements, operands)) {
      FailureOr<Scalar> loaded = load(op, operand, position);
      if (failed(loaded))
        return failure();
      element = *loaded;
    }
    if (failed(body.run(elements, position)))
      return failure();
    for (auto [n, output] : llvm::enumerate(outputs))
      output.view.store(evaluateMap(output.map, position), body.getYielded(n));
    return success();
  });
}

LogicalResult fovea::reference::runLinalg(Machine &machine, Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return machine.refuse(op);
  SmallVector<Operand> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    operands.push_back({linalgOp.isScalar(&operand), machine.getScalar(value),
                        linalgOp.isDpsInit(&operand)
                            ? machine.getDestination(value)
                            : machine.getView(value),
                        linalgOp.getMatchingIndexingMap(&operand)});
  }
  FailureOr<Body> body =
      Body::create(machine, *linalgOp.getBlock(), {}, Reads::Checked);
  if (failed(body) || failed(runLoops(linalgOp, *body, operands,
                                      getExtents(linalgOp, operands))))
    return failure();
  for (OpResult result : op->getResults()) {
    OpOperand *init = linalgOp.getTiedOpOperand(result);
    machine.set(result, operands[init->getOperandNumber()].view);
  }
  return success();
}
