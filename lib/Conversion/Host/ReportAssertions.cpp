//===- ReportAssertions.cpp - Assertions as errors of the runtime ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "RuntimeCalls.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fovea {
#define GEN_PASS_DEF_REPORTASSERTIONS
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

LLVM::LLVMFuncOp fovea::getRuntime(ModuleOp module, StringRef name, Type result,
                                   ArrayRef<Type> arguments) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  return LLVM::LLVMFuncOp::create(
      b, module.getLoc(), name, LLVM::LLVMFunctionType::get(result, arguments));
}

Value fovea::createText(ImplicitLocOpBuilder &b, ModuleOp module,
                        const Twine &name, StringRef text) {
  std::string bytes = text.str() + '\0';
  std::string symbol = name.str();
  for (unsigned n = 0; module.lookupSymbol(symbol); ++n)
    symbol = (name + "_" + Twine(n)).str();
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  auto global = LLVM::GlobalOp::create(
      top, b.getLoc(), LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size()),
      /*isConstant=*/true, LLVM::Linkage::Internal, symbol,
      b.getStringAttr(bytes));
  return LLVM::AddressOfOp::create(b, global);
}

/// cf.assert -> report and return.
static LogicalResult lowerAssert(cf::AssertOp assertion,
                                 func::FuncOp function) {
  StringRef name = function.getName();
  if (assertion->getParentOp() != function)
    return assertion.emitOpError(
        "inside of another op cannot become an error of the C ABI; move it to "
        "the function's body");
  auto module = function->getParentOfType<ModuleOp>();
  ImplicitLocOpBuilder b(assertion.getLoc(), assertion);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value condition = assertion.getArg();
  std::string message = (name + ": " + assertion.getMsg()).str();
  Block *head = assertion->getBlock();
  Block *rest = head->splitBlock(assertion);
  assertion.erase();
  Block *error = b.createBlock(&function.getBody());
  Value text = createText(b, module, name + "_message", message);
  LLVM::CallOp::create(b,
                       getRuntime(module, "fovea_report_error",
                                  LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointer}),
                       text);
  func::ReturnOp::create(b);
  b.setInsertionPointToEnd(head);
  cf::CondBranchOp::create(b, condition, rest, error);
  return success();
}

namespace {

struct ReportAssertionsPass final
    : fovea::impl::ReportAssertionsBase<ReportAssertionsPass> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<cf::AssertOp> assertions;
      if (function.getNumResults() == 0)
        function.walk([&](cf::AssertOp op) { assertions.push_back(op); });
      for (cf::AssertOp assertion : assertions)
        if (failed(lowerAssert(assertion, function)))
          return signalPassFailure();
      numAssertions += assertions.size();
    }
  }
};

} // namespace
