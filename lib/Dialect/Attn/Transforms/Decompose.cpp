//===- Decompose.cpp - attn ops on tensors become linalg ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSE
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

struct AttnDecomposePass final
    : fovea::attn::impl::AttnDecomposeBase<AttnDecomposePass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<linalg::AggregatedOpInterface> targets;
    if (failed(checkNames()))
      return signalPassFailure();
    getOperation()->walk([&](linalg::AggregatedOpInterface op) {
      if (isTarget(op))
        targets.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::AggregatedOpInterface op : targets) {
      rewriter.setInsertionPoint(op);
      FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
      if (failed(values))
        return signalPassFailure();
      rewriter.replaceOp(op, *values);
      ++numDecomposed;
    }
  }

private:
  /// Every name of the option is one of an op that can be decomposed.
  LogicalResult checkNames() {
    for (StringRef name : ops) {
      std::optional<RegisteredOperationName> info =
          RegisteredOperationName::lookup(name, &getContext());
      if (!info || !isa<AttnDialect>(info->getDialect()) ||
          !info->hasInterface<linalg::AggregatedOpInterface>())
        return getOperation()->emitError("attn-decompose: '")
               << name
               << "' in option ops is no op that can be decomposed; there are "
                  "attn.attention, attn.merge, attn.reorder "
                  "and attn.score_reduce";
    }
    return success();
  }

  bool isTarget(Operation *op) {
    if (!isa_and_nonnull<AttnDialect>(op->getDialect()))
      return false;
    if (llvm::none_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
      return false;
    if (keepScheduled && op->hasAttr("schedule"))
      return false;
    auto move = dyn_cast<ReorderOp>(op);
    if (move && move.getOrderAttr() &&
        (keepOrders || (keepOverlaps && move.getKeys() &&
                        !move.getOrderAttr().getKvStep().empty())))
      return false;
    if (move && move.getPermutation() && move.getInverse() && keepInverses)
      return false;
    return ops.empty() ||
           llvm::is_contained(ops, op->getName().getStringRef().str());
  }
};

} // namespace
