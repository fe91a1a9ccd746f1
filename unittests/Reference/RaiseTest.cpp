//===- RaiseTest.cpp - Attention raised from linalg -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs every function of the lit tests of -linalg-raise-attention before and
// after the pass.
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace fovea::reference;

/// Sizes of dynamic dimensions by the name that fovea.dims gives.
static int64_t getSize(StringRef name) {
  return name == "B" ? 2 : name == "S" ? 5 : 7;
}

static SmallVector<Array> makeArguments(Program &program,
                                        func::FuncOp function) {
  SmallVector<Array> arguments;
  for (auto [n, type] : llvm::enumerate(function.getArgumentTypes())) {
    SmallVector<int64_t> shape;
    if (auto shaped = dyn_cast<ShapedType>(type))
      shape.assign(shaped.getShape().begin(), shaped.getShape().end());
    auto names = function.getArgAttrOfType<ArrayAttr>(n, "fovea.dims");
    for (auto [axis, size] : llvm::enumerate(shape))
      if (ShapedType::isDynamic(size))
        size = getSize(cast<StringAttr>(names[axis]));
    Array array = program.random(shape);
    array.elementType = getElementTypeOrSelf(type);
    if (!array.isFloat())
      for (double number : array.floats)
        array.ints.push_back(number > 1);
    array.round();
    arguments.push_back(std::move(array));
  }
  return arguments;
}

static void check(StringRef name) {
  auto file = llvm::MemoryBuffer::getFile(FOVEA_RAISE_TESTS + name.str());
  ASSERT_TRUE(bool(file)) << name.str();
  Program program((*file)->getBuffer());
  SmallVector<func::FuncOp> functions(
      program.getModule().getOps<func::FuncOp>());
  SmallVector<SmallVector<Array>> arguments, before;
  for (func::FuncOp function : functions) {
    arguments.push_back(makeArguments(program, function));
    auto results = interpret(function, arguments.back());
    ASSERT_TRUE(succeeded(results)) << program.diagnostics;
    before.push_back(*results);
  }
  PassManager manager(&program.getContext());
  manager.addPass(fovea::attn::createLinalgRaiseAttention());
  ASSERT_TRUE(succeeded(manager.run(program.getModule())))
      << program.diagnostics;
  for (auto [n, function] : llvm::enumerate(functions)) {
    SCOPED_TRACE(function.getName().str());
    unsigned found = 0;
    function.walk([&](fovea::attn::AttentionOp) { ++found; });
    EXPECT_EQ(found, 1u);
    EXPECT_TRUE(function.getOps<linalg::LinalgOp>().empty());
    auto after = interpret(function, arguments[n]);
    ASSERT_TRUE(succeeded(after)) << program.diagnostics;
    // What was rounded to a short type in between is not any more.
    bool isShort =
        !getElementTypeOrSelf(function.getArgumentTypes()[0]).isF32();
    expectClose((*after)[0], before[n][0], isShort ? 4e-3 : 1e-7);
  }
}

TEST(Raise, Forms) { check("raise-attention.mlir"); }
TEST(Raise, Torch) { check("raise-attention-torch.mlir"); }
TEST(Raise, TorchDynamic) { check("raise-attention-dynamic.mlir"); }
