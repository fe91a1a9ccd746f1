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
#include "llvm/ADT/StringSet.h"

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
    llvm::StringSet<> addressed, changed;
    getOperation()->walk(
        [&](LLVM::AddressOfOp op) { addressed.insert(op.getGlobalName()); });
    getOperation()->walk([&](LLVM::LLVMFuncOp function) {
      if (function.isExternal())
        return;
      // What others call keeps the type that they know.
      bool isOwn =
          !function.isPublic() && !addressed.contains(function.getName());
      takeIntegers(b, function, isOwn);
      if (isOwn)
        changed.insert(function.getName());
    });
    // In order, so that bitcasts of operands fold with those of what made them.
    getOperation()->walk([&](Operation *op) {
      auto call = dyn_cast<LLVM::CallOp>(op);
      if (call ? !call.getCallee() || !changed.contains(*call.getCallee())
               : !isa<LLVM::LoadOp, LLVM::StoreOp, LLVM::ShuffleVectorOp,
                      LLVM::ExtractElementOp, LLVM::InsertElementOp>(op))
        return;
      b.setInsertionPoint(op);
      for (OpOperand &operand : op->getOpOperands())
        if (isBf16(operand.get().getType()))
          takeIntegers(b, operand);
      for (Value result : op->getResults())
        if (isBf16(result.getType()) && !call)
          produceIntegers(b, op, result);
    });
  }

  /// The arguments of a function are integers from its beginning on and, if it
  /// is our own, before.
  void takeIntegers(OpBuilder &b, LLVM::LLVMFuncOp function, bool isOwn) {
    b.setInsertionPointToStart(&function.front());
    Location loc = function.getLoc();
    SmallVector<Type> types(function.getFunctionType().getParams());
    for (auto [argument, type] :
         llvm::zip_equal(function.getArguments(), types)) {
      if (!isBf16(type))
        continue;
      Type integer = toIntegers(type);
      Operation *first = nullptr;
      Value value = argument;
      if (!isOwn) {
        value = LLVM::BitcastOp::create(b, loc, integer, argument);
        first = value.getDefiningOp();
      }
      auto number = LLVM::BitcastOp::create(b, loc, type, value);
      argument.replaceUsesWithIf(number, [&](OpOperand &use) {
        return use.getOwner() != number && use.getOwner() != first;
      });
      if (isOwn) {
        argument.setType(integer);
        type = integer;
      }
      ++numMoves;
    }
    if (isOwn)
      function.setFunctionType(LLVM::LLVMFunctionType::get(
          function.getFunctionType().getReturnType(), types,
          function.isVarArg()));
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
