//===- MoveBf16AsIntegers.cpp - Loads and stores of bf16 as integers ------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

namespace fovea {
#define GEN_PASS_DEF_MOVEBF16ASINTEGERS
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;

static bool isBf16(Type type) { return getElementTypeOrSelf(type).isBF16(); }

static Type toIntegers(Type type) {
  Type integer = IntegerType::get(type.getContext(), 16);
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(integer);
  return integer;
}

namespace {

struct MoveBf16AsIntegersPass final
    : fovea::impl::MoveBf16AsIntegersBase<MoveBf16AsIntegersPass> {
  using Base::Base;

  void runOnOperation() override {
    OpBuilder b(&getContext());
    // In order, so that bitcasts of operands fold with those of what made them.
    getOperation()->walk([&](Operation *op) {
      if (!isa<LLVM::LoadOp, LLVM::StoreOp, LLVM::ShuffleVectorOp,
               LLVM::ExtractElementOp, LLVM::InsertElementOp>(op))
        return;
      b.setInsertionPoint(op);
      for (OpOperand &operand : op->getOpOperands())
        if (isBf16(operand.get().getType()))
          takeIntegers(b, operand);
      for (Value result : op->getResults())
        if (isBf16(result.getType()))
          produceIntegers(b, op, result);
    });
  }

  void produceIntegers(OpBuilder &b, Operation *op, Value value) {
    b.setInsertionPointAfter(op);
    auto number =
        LLVM::BitcastOp::create(b, op->getLoc(), value.getType(), value);
    value.replaceAllUsesExcept(number, number);
    value.setType(toIntegers(value.getType()));
    ++numMoves;
  }

  void takeIntegers(OpBuilder &b, OpOperand &operand) {
    operand.set(b.createOrFold<LLVM::BitcastOp>(
        operand.getOwner()->getLoc(), toIntegers(operand.get().getType()),
        operand.get()));
    ++numMoves;
  }
};

} // namespace
