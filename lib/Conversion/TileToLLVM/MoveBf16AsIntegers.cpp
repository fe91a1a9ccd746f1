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
    getOperation()->walk(
        [&](LLVM::LLVMFuncOp function) { takeIntegers(b, function); });
    // In order, so that bitcasts of operands fold with those of what made them.
    getOperation()->walk([&](Operation *op) {
      if (!isa<LLVM::LoadOp, LLVM::StoreOp, LLVM::ShuffleVectorOp,
               LLVM::ExtractElementOp, LLVM::InsertElementOp, LLVM::CallOp>(op))
        return;
      b.setInsertionPoint(op);
      for (OpOperand &operand : op->getOpOperands())
        if (isBf16(operand.get().getType()))
          takeIntegers(b, operand);
      for (Value result : op->getResults())
        if (isBf16(result.getType()) && !isa<LLVM::CallOp>(op))
          produceIntegers(b, op, result);
    });
  }

  /// The arguments of a function.
  void takeIntegers(OpBuilder &b, LLVM::LLVMFuncOp function) {
    LLVM::LLVMFunctionType type = function.getFunctionType();
    SmallVector<Type> types(type.getParams());
    if (llvm::none_of(types, isBf16))
      return;
    for (auto [n, argument] : llvm::enumerate(types)) {
      if (!isBf16(argument))
        continue;
      if (!function.isExternal()) {
        BlockArgument value = function.getArgument(n);
        b.setInsertionPointToStart(&function.front());
        auto number = LLVM::BitcastOp::create(b, function.getLoc(),
                                              value.getType(), value);
        value.replaceAllUsesExcept(number, number);
        value.setType(toIntegers(argument));
      }
      argument = toIntegers(argument);
      ++numMoves;
    }
    function.setFunctionType(LLVM::LLVMFunctionType::get(
        type.getReturnType(), types, type.isVarArg()));
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
