//===- ExpandMath.cpp - Functions without an instruction ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MapEmitter.h"

#include "fovea/Conversion/PipeToNVVM/PipeToNVVM.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace fovea {
#define GEN_PASS_DEF_PIPEEXPANDMATH
#include "fovea/Conversion/PipeToNVVM/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

namespace {

/// log10 %x  ->  log10(e) * log %x
struct ExpandLog10 final : OpRewritePattern<math::Log10Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Log10Op op,
                                PatternRewriter &rewriter) const override {
    Value log = math::LogOp::create(rewriter, op.getLoc(), op.getOperand());
    Value factor = arith::ConstantOp::create(
        rewriter, op.getLoc(),
        rewriter.getFloatAttr(op.getType(), 0.43429448190325182));
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, log, factor);
    return success();
  }
};

/// math.isnan, math.isinf, math.isfinite %x  ->  a comparison
template <typename TestOp, arith::CmpFPredicate predicate>
struct ExpandTest final : OpRewritePattern<TestOp> {
  using OpRewritePattern<TestOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(TestOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value size = math::AbsFOp::create(rewriter, loc, op.getOperand());
    auto type = cast<FloatType>(size.getType());
    Value infinity = arith::ConstantOp::create(
        rewriter, loc,
        rewriter.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics())));
    rewriter.replaceOpWithNewOp<arith::CmpFOp>(op, predicate, size, infinity);
    return success();
  }
};

struct PipeExpandMathPass final
    : fovea::impl::PipeExpandMathBase<PipeExpandMathPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet list(context);
    list.add<ExpandLog10, ExpandTest<math::IsNaNOp, arith::CmpFPredicate::UNO>,
             ExpandTest<math::IsInfOp, arith::CmpFPredicate::OEQ>,
             ExpandTest<math::IsFiniteOp, arith::CmpFPredicate::OLT>>(context);
    math::populateExpansionPatterns(list, {"acosh", "asinh", "atanh", "clampf",
                                           "cosh", "fpowi", "powf", "rsqrt",
                                           "sinh", "tan"});
    auto isWanted = [](StringRef name) {
      return name != math::ExpOp::getOperationName() &&
             name != math::Exp2Op::getOperationName() &&
             name != math::TanhOp::getOperationName() &&
             name != math::RsqrtOp::getOperationName();
    };
    populateMathF32ExpansionPatterns(list, [](StringRef) { return true; });
    populateMathPolynomialApproximationPatterns(list, isWanted);
    patterns = FrozenRewritePatternSet(std::move(list));
    return success();
  }

  void runOnOperation() override {
    SmallVector<Operation *> ops = collect();
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    // What no pattern knows stays, for -pipe-to-nvvm to refuse.
    size_t before = ops.size();
    (void)applyOpPatternsGreedily(ops, patterns, config);
    numExpanded += before - std::min(before, collect().size());
  }

  /// The functions without instructions.
  SmallVector<Operation *> collect() {
    SmallVector<Operation *> ops;
    getOperation().walk([&](tile::MapOp map) {
      for (Operation &op : map.getBlock())
        if (isa<math::MathDialect>(op.getDialect()) && !hasInstructions(&op))
          ops.push_back(&op);
    });
    return ops;
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
