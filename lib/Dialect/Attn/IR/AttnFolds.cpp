//===- AttnFolds.cpp - Canonicalization -----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace fovea::attn;

/// Drops a region and what it captures.
static void clearRegion(PatternRewriter &rewriter, Region &region,
                        MutableOperandRange captures) {
  while (!region.empty())
    rewriter.eraseBlock(&region.back());
  captures.clear();
}

namespace {

/// mask(...) { yield true }  ->  no mask
template <typename OpTy>
struct DropConstantTrueMask final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getMask().empty())
      return failure();
    auto yield = cast<YieldOp>(op.getMask().front().getTerminator());
    if (!matchPattern(yield.getValue(), m_NonZero()))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      clearRegion(rewriter, op.getMask(), op.getMaskCapturesMutable());
    });
    return success();
  }
};

/// score(%s, ...) { yield %s }  ->  no score
template <typename OpTy>
struct DropIdentityScore final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getScore().empty())
      return failure();
    auto yield = cast<YieldOp>(op.getScore().front().getTerminator());
    if (yield.getValue() != op.getScore().getArgument(0))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      clearRegion(rewriter, op.getScore(), op.getScoreCapturesMutable());
    });
    return success();
  }
};

/// score(..., %t = %table) { %t unused }  ->  score(...)
template <typename OpTy>
struct DropUnusedCaptures final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    bool score =
        drop(rewriter, op, op.getScore(), op.getScoreCapturesMutable());
    bool mask = drop(rewriter, op, op.getMask(), op.getMaskCapturesMutable());
    return success(score || mask);
  }

  static bool drop(PatternRewriter &rewriter, OpTy op, Region &region,
                   MutableOperandRange captures) {
    if (region.empty())
      return false;
    bool changed = false;
    unsigned own = region.getNumArguments() - captures.size();
    for (unsigned n = captures.size(); n-- > 0;) {
      if (!region.getArgument(own + n).use_empty())
        continue;
      rewriter.modifyOpInPlace(op, [&] {
        region.eraseArgument(own + n);
        captures.erase(n);
      });
      changed = true;
    }
    return changed;
  }
};

/// attention origin(...) without regions, or a walk, that ask for coordinates
///   ->  attention
template <typename OpTy>
struct DropUnusedOrigin final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getOrigin().empty() || !op.getScore().empty() ||
        !op.getMask().empty() || op.getWalkAttr())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getOriginMutable().clear(); });
    return success();
  }
};

/// attention(cast(%t) : tensor<?xf32>)  ->  attention(%t : tensor<8xf32>), with
/// a cast of the result for that of an output. Goes before the pattern of the
/// tensor dialect, which knows nothing of regions: their captures have types,
/// and they may be empty.
template <typename OpTy>
struct FoldCasts final : OpRewritePattern<OpTy> {
  FoldCasts(MLIRContext *context)
      : OpRewritePattern<OpTy>(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (OpOperand &operand : op->getOpOperands()) {
      auto cast = operand.get().getDefiningOp<tensor::CastOp>();
      if (!cast || !tensor::canFoldIntoConsumerOp(cast))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(cast.getSource()); });
      if (op.isDpsInit(&operand))
        refineResult(rewriter, op.getTiedOpResult(&operand), cast);
      changed = true;
    }
    if (changed)
      rewriter.modifyOpInPlace(op, [&] {
        refineArguments(op.getScore(), op.getScoreCaptures());
        refineArguments(op.getMask(), op.getMaskCaptures());
      });
    return success(changed);
  }

  static void refineResult(PatternRewriter &rewriter, OpResult result,
                           tensor::CastOp cast) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(result.getOwner());
    auto back = tensor::CastOp::create(rewriter, cast.getLoc(),
                                       result.getType(), result);
    rewriter.replaceAllUsesExcept(result, back, back);
    rewriter.modifyOpInPlace(
        result.getOwner(), [&] { result.setType(cast.getSource().getType()); });
  }

  static void refineArguments(Region &region, OperandRange captures) {
    if (!region.empty())
      for (auto [argument, capture] : llvm::zip_equal(
               region.getArguments().take_back(captures.size()), captures))
        argument.setType(capture.getType());
  }
};

/// %o, %lse = attention outs(%a, %b)  ->  %o = attention outs(%a)
/// where %lse has no use.
struct DropUnusedLse final : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getNumResults() != 2 || !op.getResult(1).use_empty())
      return failure();
    OperationState state(op.getLoc(), AttentionOp::getOperationName());
    state.addTypes(op.getResult(0).getType());
    state.addOperands(op->getOperands().drop_back());
    state.addAttributes(op->getAttrDictionary().getValue());
    SmallVector<int32_t> sizes(op.getProperties().getOperandSegmentSizes());
    sizes.back() = 1;
    state.attributes.set("operandSegmentSizes",
                         rewriter.getDenseI32ArrayAttr(sizes));
    if (op.getIndexingMaps())
      state.attributes.set(
          "indexing_maps",
          rewriter.getArrayAttr(op.getIndexingMaps()->getValue().drop_back()));
    state.addRegion();
    state.addRegion();
    auto smaller = cast<AttentionOp>(rewriter.create(state));
    rewriter.inlineRegionBefore(op.getScore(), smaller.getScore(),
                                smaller.getScore().end());
    rewriter.inlineRegionBefore(op.getMask(), smaller.getMask(),
                                smaller.getMask().end());
    rewriter.replaceAllUsesWith(op.getResult(0), smaller.getResult(0));
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

template <typename OpTy>
static void addCommonPatterns(RewritePatternSet &patterns,
                              MLIRContext *context) {
  patterns
      .add<DropConstantTrueMask<OpTy>, DropIdentityScore<OpTy>,
           DropUnusedCaptures<OpTy>, DropUnusedOrigin<OpTy>, FoldCasts<OpTy>>(
          context);
}

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  addCommonPatterns<AttentionOp>(patterns, context);
  patterns.add<DropUnusedLse>(context);
}

void ScoreReduceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                MLIRContext *context) {
  addCommonPatterns<ScoreReduceOp>(patterns, context);
}
