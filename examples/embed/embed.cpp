//===- embed.cpp - A compiler that uses Fovea -------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds a causal attention, compiles it by Fovea's pipeline in a PassManager
// of its own, and calls it.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnBuilders.h"
#include "fovea/Execution/Jit.h"
#include "fovea/InitAllDialects.h"
#include "fovea/Pipelines/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

constexpr int64_t heads = 2, tokens = 100, channels = 32;

/// func @attend(%q, %k, %v, %o): causal attention.
static OwningOpRef<ModuleOp> buildModule(MLIRContext &context) {
  OpBuilder b(&context);
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  auto type =
      RankedTensorType::get({1, heads, tokens, channels}, b.getF32Type());
  b.setInsertionPointToStart(module->getBody());
  auto function = func::FuncOp::create(
      b, loc, "attend",
      b.getFunctionType(SmallVector<Type>(4, type), Type(type)));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  auto attention = fovea::attn::AttentionOp::create(
      b, loc, body->getArgument(0), body->getArgument(1), body->getArgument(2),
      body->getArgument(3));
  fovea::attn::setCausalMask(b, attention);
  func::ReturnOp::create(b, loc, attention.getResults());
  return module;
}

int main() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  fovea::registerAllDialects(registry);
  fovea::registerJitTranslations(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = buildModule(context);

  PassManager pm(&context);
  pm.addPass(createCanonicalizerPass());
  fovea::CpuPipelineOptions options;
  options.target = "cpu";
  fovea::buildCpuPipeline(pm, options);
  if (failed(pm.run(*module)))
    return 1;

  llvm::ExitOnError check("embed: ");
  fovea::CpuTarget target = check(fovea::CpuTarget::parse("cpu"));
  auto jit = check(fovea::Jit::create(*module, target));

  // Queries of zeros weigh all keys alike, and value j is j: query i attends to
  // the keys 0 to i, whose mean is i / 2.
  std::vector<float> arrays[4];
  SmallVector<fovea::JitArgument> arguments;
  for (std::vector<float> &array : arrays) {
    array.resize(heads * tokens * channels);
    arguments.push_back(
        {true, fovea::MemRefView::rowMajor(array.data(),
                                           {1, heads, tokens, channels})});
  }
  for (size_t n = 0; n < arrays[2].size(); ++n)
    arrays[2][n] = static_cast<float>(n / channels % tokens);
  check(jit->call("attend", arguments));
  llvm::outs() << "query 1: " << arrays[3][channels]
               << "  last query: " << arrays[3].back() << '\n';
  return 0;
}
