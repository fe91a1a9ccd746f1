//===- CheckSizes.cpp - Checks of dynamic sizes of attn ops ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNCHECKSIZES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

struct AttnCheckSizesPass final
    : fovea::attn::impl::AttnCheckSizesBase<AttnCheckSizesPass> {
  using Base::Base;

  void runOnOperation() override {
    auto say = [](Operation *, StringRef what) { return what.str(); };
    getOperation()->walk([&](RuntimeVerifiableOpInterface op) {
      if (!isa_and_nonnull<AttnDialect>(op->getDialect()))
        return;
      OpBuilder builder(op);
      createRuntimeChecks(op, builder, op->getLoc(), say, contents);
    });
  }
};

} // namespace
