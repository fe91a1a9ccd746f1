//===- Affine.cpp - affine.apply, affine.max, affine.min and maps ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea::reference;

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims,
                        ArrayRef<int64_t> symbols) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t x = evaluate(binary.getLHS(), dims, symbols);
  int64_t y = evaluate(binary.getRHS(), dims, symbols);
  if (expr.getKind() == AffineExprKind::Add)
    return x + y;
  if (expr.getKind() == AffineExprKind::Mul)
    return x * y;
  if (y <= 0)
    return 0;
  if (expr.getKind() == AffineExprKind::Mod)
    return llvm::mod(x, y);
  return expr.getKind() == AffineExprKind::FloorDiv
             ? llvm::divideFloorSigned(x, y)
             : llvm::divideCeilSigned(x, y);
}

Index fovea::reference::evaluateMap(AffineMap map, ArrayRef<int64_t> dims,
                                    ArrayRef<int64_t> symbols) {
  Index index;
  for (AffineExpr expr : map.getResults())
    index.push_back(evaluate(expr, dims, symbols));
  return index;
}

/// What the map of an affine op gives for its operands.
static Index evaluateOperands(Machine &machine, AffineMap map,
                              ValueRange operands) {
  Index values = machine.getIndex(operands);
  return evaluateMap(map, ArrayRef(values).take_front(map.getNumDims()),
                     ArrayRef(values).drop_front(map.getNumDims()));
}

LogicalResult fovea::reference::runAffine(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<affine::AffineApplyOp>([&](auto apply) {
        Index index = evaluateOperands(machine, apply.getAffineMap(),
                                       apply.getMapOperands());
        machine.setInteger(apply.getResult(), index[0]);
        return success();
      })
      .Case<affine::AffineMinOp>([&](auto min) {
        Index index =
            evaluateOperands(machine, min.getMap(), min.getOperands());
        machine.setInteger(min.getResult(), *llvm::min_element(index));
        return success();
      })
      .Case<affine::AffineMaxOp>([&](auto max) {
        Index index =
            evaluateOperands(machine, max.getMap(), max.getOperands());
        machine.setInteger(max.getResult(), *llvm::max_element(index));
        return success();
      })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
