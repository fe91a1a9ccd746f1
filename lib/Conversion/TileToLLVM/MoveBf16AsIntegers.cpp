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

namespace fovea {
#define GEN_PASS_DEF_MOVEBF16ASINTEGERS
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;

namespace {

struct MoveBf16AsIntegersPass final
    : fovea::impl::MoveBf16AsIntegersBase<MoveBf16AsIntegersPass> {
  using Base::Base;

  void runOnOperation() override {
    OpBuilder b(&getContext());
    Type integer = b.getI16Type();
    // Loads come first: a bitcast of theirs folds with that of a store.
    getOperation()->walk([&](LLVM::LoadOp load) {
      if (!load.getType().isBF16())
        return;
      b.setInsertionPointAfter(load);
      Value value = load.getResult();
      auto number =
          LLVM::BitcastOp::create(b, load.getLoc(), value.getType(), value);
      value.replaceAllUsesExcept(number, number);
      value.setType(integer);
      ++numMoves;
    });
    getOperation()->walk([&](LLVM::StoreOp store) {
      if (!store.getValue().getType().isBF16())
        return;
      b.setInsertionPoint(store);
      store.getValueMutable().set(b.createOrFold<LLVM::BitcastOp>(
          store.getLoc(), integer, store.getValue()));
      ++numMoves;
    });
  }
};

} // namespace
