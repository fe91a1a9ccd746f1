//===- RewriteScores.cpp - Algebra of score regions -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "ScoreTerms.h"

#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNREWRITESCORES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// Coordinates count from 0 for all sequences, in one dense segment.
static bool hasPlainCoordinates(AttentionOp op) {
  auto segment = cast<SegmentAttr>(op.getSegments()[0]);
  return op.getSegments().size() == 1 && op.getOrigin().empty() &&
         segment.getKind() == SegmentKind::dense && !segment.getHasStart() &&
         !segment.getHasOffsets();
}

static bool isOnTensors(AttentionOp op) {
  return cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics();
}

/// Clones a score region into a place where some of its arguments are known,
/// and gives what stands for its values; what depends on the others has no
/// meaning there.
static IRMapping cloneScore(OpBuilder &b, AttentionOp op,
                            llvm::ArrayRef<Value> coordinates) {
  Location loc = op.getLoc();
  Type type = op.getScore().getArgument(0).getType();
  SmallVector<Value> arguments = {
      arith::ConstantOp::create(b, loc, b.getZeroAttr(type))};
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  for (Value coordinate : coordinates)
    arguments.push_back(coordinate ? coordinate : zero);
  llvm::append_range(arguments, op.getScoreCaptures());
  IRMapping mapping;
  inlineRegion(b, op.getScore(), arguments, createSafeExtract, mapping);
  return mapping;
}

//===----------------------------------------------------------------------===//
// Terms of a row
//===----------------------------------------------------------------------===//

namespace {

/// A sum on the way from the score to the result, one operand of which is a
/// product of values that depend on the row alone.
struct RowTerm {
  Operation *sum;
  SmallVector<Value, 2> factors;
  bool isNegative;
};

/// The row terms of a score.
class RowTermFinder {
public:
  RowTermFinder(const ScoreTerms &terms) : terms(terms) {}

  /// Adds the terms of `value`, whose sign in the result is known.
  void visit(Value value, bool isNegative);

  SmallVector<RowTerm> found;

private:
  bool isTerm(Operation *sum, ValueRange factors) const;

  const ScoreTerms &terms;
};

} // namespace

static bool hasFlags(Operation *op, arith::FastMathFlags flags) {
  auto math = dyn_cast<arith::ArithFastMathInterface>(op);
  return math && arith::bitEnumContainsAll(
                     math.getFastMathFlagsAttr().getValue(), flags);
}

/// Whether the sum may do without a term: what is proved to be finite may go,
/// and with flags anything.
static bool mayDrop(const ScoreTerms &terms, Operation *sum,
                    ValueRange factors) {
  return hasFlags(sum, arith::FastMathFlags::reassoc |
                           arith::FastMathFlags::nnan |
                           arith::FastMathFlags::ninf) ||
         terms.isModerate(factors);
}

bool RowTermFinder::isTerm(Operation *sum, ValueRange factors) const {
  return llvm::all_of(factors, [&](Value v) { return terms.isRowTerm(v); }) &&
         mayDrop(terms, sum, factors);
}

void RowTermFinder::visit(Value value, bool isNegative) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.hasOneUse())
    return;
  llvm::TypeSwitch<Operation *>(op)
      .Case<arith::AddFOp, arith::SubFOp>([&](auto sum) {
        bool subtracts = isa<arith::SubFOp>(op);
        if (isTerm(op, sum.getRhs())) {
          found.push_back({op, {sum.getRhs()}, isNegative != subtracts});
          return visit(sum.getLhs(), isNegative);
        }
        if (isTerm(op, sum.getLhs()))
          found.push_back({op, {sum.getLhs()}, isNegative});
        else
          visit(sum.getLhs(), isNegative);
        visit(sum.getRhs(), isNegative != subtracts);
      })
      .Case([&](arith::NegFOp negation) {
        visit(negation.getOperand(), !isNegative);
      })
      .Case([&](math::FmaOp fma) {
        if (isTerm(op, {fma.getA(), fma.getB()}))
          found.push_back({op, {fma.getA(), fma.getB()}, isNegative});
        else if (isTerm(op, fma.getC())) {
          found.push_back({op, {fma.getC()}, isNegative});
          return;
        }
        visit(fma.getC(), isNegative);
      });
}

/// What the sum is without the term.
static Value createRest(RewriterBase &rewriter, const RowTerm &term) {
  rewriter.setInsertionPoint(term.sum);
  Location loc = term.sum->getLoc();
  if (auto fma = dyn_cast<math::FmaOp>(term.sum)) {
    if (term.factors.size() == 2)
      return fma.getC();
    return arith::MulFOp::create(rewriter, loc, fma.getA(), fma.getB(),
                                 fma.getFastmathAttr());
  }
  if (term.factors[0] == term.sum->getOperand(1))
    return term.sum->getOperand(0);
  Value rest = term.sum->getOperand(1);
  if (isa<arith::SubFOp>(term.sum))
    rest = arith::NegFOp::create(rewriter, loc, rest);
  return rest;
}

/// lse with the terms added.
static Value createLse(RewriterBase &rewriter, AttentionOp op,
                       ArrayRef<RowTerm> found) {
  Value lse = op.getResult(1);
  Location loc = op.getLoc();
  AffineMap map = op.getIndexingMapsArray()[4];
  AffineMap identity = rewriter.getMultiDimIdentityMap(map.getNumResults());
  SmallVector<utils::IteratorType> loops(map.getNumResults(),
                                         utils::IteratorType::parallel);
  rewriter.setInsertionPointAfter(op);
  return linalg::GenericOp::create(
             rewriter, loc, lse.getType(), ValueRange{}, lse, identity, loops,
             [&](OpBuilder &b, Location, ValueRange arguments) {
               SmallVector<Value> at(4);
               for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
                 at[map.getDimPosition(axis)] =
                     linalg::IndexOp::create(b, loc, axis);
               IRMapping mapping = cloneScore(b, op, at);
               Value sum = arguments[0];
               for (const RowTerm &term : found) {
                 Value value = mapping.lookup(term.factors[0]);
                 if (term.factors.size() == 2)
                   value = arith::MulFOp::create(
                       b, loc, value, mapping.lookup(term.factors[1]));
                 if (term.isNegative)
                   sum = arith::SubFOp::create(b, loc, sum, value);
                 else
                   sum = arith::AddFOp::create(b, loc, sum, value);
               }
               linalg::YieldOp::create(b, loc, sum);
             })
      .getResult(0);
}

/// Whether row terms of the op leave its results as they are, or can be added
/// to lse.
static bool mayDropRowTerms(AttentionOp op, bool beside) {
  return !op.getScore().empty() && !op.getSinks() && isOnTensors(op) &&
         op.getAccumulatorType().isF32() &&
         (!op.getLse() || (beside && hasPlainCoordinates(op)));
}

/// The two integers whose sum, or difference, in f32 a value is.
static Operation *findDistance(Value value) {
  auto convert = value.getDefiningOp<arith::SIToFPOp>();
  Operation *op = convert ? convert.getIn().getDefiningOp() : nullptr;
  while (
      isa_and_nonnull<arith::IndexCastOp, arith::ExtSIOp, index::CastSOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<arith::AddIOp, arith::SubIOp, index::AddOp,
                         index::SubOp>(op)
             ? op
             : nullptr;
}

static Value toFloat(OpBuilder &b, Location loc, Value value, Type type) {
  if (value.getType().isIndex())
    value = arith::IndexCastOp::create(b, loc, b.getI64Type(), value);
  return arith::SIToFPOp::create(b, loc, type, value);
}

namespace {

/// yield fma(float(%j - %i), %slope, %s)
///   ->  yield fma(float(%j), %slope, %s) - float(%i) * %slope
///
/// Rounds otherwise: products grow with the coordinates and not with their
/// distance. It needs `reassoc` on the fma (or `math = approximate`) and is
/// done where the new term then goes.
struct SplitDistance final : OpRewritePattern<AttentionOp> {
  SplitDistance(MLIRContext *context, bool beside)
      : OpRewritePattern(context), beside(beside) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!mayDropRowTerms(op, beside))
      return failure();
    ScoreTerms terms(op);
    SmallVector<Value> parts = {
        op.getScore().front().getTerminator()->getOperand(0)};
    while (!parts.empty()) {
      Operation *part = parts.pop_back_val().getDefiningOp();
      if (!part || !part->hasOneUse())
        continue;
      if (isa<math::FmaOp, arith::MulFOp>(part) &&
          succeeded(split(op, terms, part, rewriter)))
        return success();
      if (auto fma = dyn_cast<math::FmaOp>(part))
        parts.push_back(fma.getC());
      else if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp>(part))
        llvm::append_range(parts, part->getOperands());
    }
    return failure();
  }

private:
  LogicalResult split(AttentionOp op, const ScoreTerms &terms,
                      Operation *product, PatternRewriter &rewriter) const {
    bool approximates = op.getNumerics() &&
                        op.getNumerics()->getMath() == MathMode::approximate;
    if (!approximates && !hasFlags(product, arith::FastMathFlags::reassoc))
      return failure();
    for (unsigned n : {0, 1}) {
      Operation *distance = findDistance(product->getOperand(n));
      Value slope = product->getOperand(1 - n);
      if (!distance || !terms.isRowTerm(slope))
        continue;
      Value x = distance->getOperand(0), y = distance->getOperand(1);
      bool isFirst = terms.isRowTerm(x);
      if (isFirst == terms.isRowTerm(y) || !terms.isModerate(x) ||
          !terms.isModerate(y) ||
          !mayDrop(terms, product, {isFirst ? x : y, slope}))
        continue;
      bool subtracts = isa<arith::SubIOp, index::SubOp>(distance);
      Location loc = product->getLoc();
      auto flags =
          cast<arith::ArithFastMathInterface>(product).getFastMathFlagsAttr();
      Type type = product->getResult(0).getType();
      rewriter.setInsertionPoint(product);
      auto signedFloat = [&](Value value, bool isNegative) {
        Value number = toFloat(rewriter, loc, value, type);
        if (isNegative)
          number = arith::NegFOp::create(rewriter, loc, number);
        return number;
      };
      Value first = signedFloat(x, false), second = signedFloat(y, subtracts);
      Value column = isFirst ? second : first, row = isFirst ? first : second;
      Value rest;
      if (auto fma = dyn_cast<math::FmaOp>(product))
        rest = math::FmaOp::create(rewriter, loc, column, slope, fma.getC(),
                                   flags);
      else
        rest = arith::MulFOp::create(rewriter, loc, column, slope, flags);
      Value term = arith::MulFOp::create(rewriter, loc, row, slope, flags);
      rewriter.modifyOpInPlace(op, [&] {
        rewriter.replaceOpWithNewOp<arith::AddFOp>(product, rest, term, flags);
      });
      return success();
    }
    return failure();
  }

  bool beside;
};

/// score(%s, %b, %h, %i, %j) { yield (%s + f(%i)) + g(%j) }
///   ->  score(%s, ...) { yield %s + g(%j) }, and lse + f(%i)
///
/// Exact: rounding is less, not more. Not with sinks, to which the term is not
/// added, and only if f is proved to be finite and moderate, or the flags of
/// the sum (reassoc, nnan, ninf) say so.
struct DropRowTerms final : OpRewritePattern<AttentionOp> {
  DropRowTerms(MLIRContext *context, bool beside, Pass::Statistic &count)
      : OpRewritePattern(context), beside(beside), count(count) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!mayDropRowTerms(op, beside))
      return failure();
    ScoreTerms terms(op);
    RowTermFinder finder(terms);
    finder.visit(op.getScore().front().getTerminator()->getOperand(0), false);
    if (finder.found.empty())
      return failure();
    if (op.getLse()) {
      Value lse = createLse(rewriter, op, finder.found);
      rewriter.replaceAllUsesExcept(op.getResult(1), lse, lse.getDefiningOp());
    }
    rewriter.modifyOpInPlace(op, [&] {
      for (const RowTerm &term : finder.found)
        rewriter.replaceOp(term.sum, createRest(rewriter, term));
    });
    count += finder.found.size();
    return success();
  }

  bool beside;
  Pass::Statistic &count;
};

} // namespace

//===----------------------------------------------------------------------===//
// Columns
//===----------------------------------------------------------------------===//

/// A kernel computes what depends on the column alone once for each key and
/// tile of 64 or more queries, by all threads; beside the op one thread does.
static constexpr int64_t leastQueries = 512;

/// What a column costs to compute, from where it is no longer cheaper than a
/// read; a multiply-add has 1.
static constexpr int64_t leastCost = 8;

static int64_t costOf(Operation *op) {
  if (isa<math::MathDialect>(op->getDialect()))
    return isa<math::FmaOp, math::AbsFOp, math::AbsIOp>(op) ? 1 : 10;
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp,
          arith::RemUIOp, arith::FloorDivSIOp, arith::CeilDivSIOp,
          arith::CeilDivUIOp, index::DivSOp, index::DivUOp, index::RemSOp,
          index::RemUOp, index::FloorDivSOp, index::CeilDivSOp,
          index::CeilDivUOp, arith::RemFOp>(op))
    return 5;
  return isa<tensor::ExtractOp>(op) ? 3 : 1;
}

/// The costs of what a value is computed from and that differs from key to key.
static int64_t costOf(Value value, const ScoreTerms &terms) {
  llvm::SetVector<Operation *> needed;
  needed.insert(value.getDefiningOp());
  for (size_t n = 0; n < needed.size(); ++n)
    for (Value operand : needed[n]->getOperands())
      if (Operation *op = operand.getDefiningOp();
          op && terms.dependsOn(operand, ScoreTerms::column))
        needed.insert(op);
  int64_t cost = 0;
  for (Operation *op : needed)
    cost += costOf(op);
  return cost;
}

namespace {

/// score(%s, %b, %h, %i, %j, %t = %table) { ... log(%t[%h, %j]) ... }
///   ->  %row = linalg.generic { log(%table[%h, %j]) }
///       score(%s, %b, %h, %i, %j, %r = %row) { ... %r[%h, %j] ... }
///
/// Exact, wherever the value stands in the score. The tensor has the dimensions
/// that the value depends on.
struct ComputeColumns final : OpRewritePattern<AttentionOp> {
  ComputeColumns(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getScore().empty() || !isOnTensors(op) || !hasPlainCoordinates(op) ||
        hasFewQueries(op))
      return failure();
    ScoreTerms terms(op);
    for (Operation &inner : op.getScore().front().without_terminator()) {
      Value value = inner.getResult(0);
      auto isColumn = [&](Value other) {
        return isa<FloatType>(other.getType()) && terms.isColumnTerm(other) &&
               terms.dependsOn(other, ScoreTerms::column);
      };
      // The last of those that depend on the column alone.
      bool isLast = llvm::any_of(inner.getUsers(), [&](Operation *user) {
        return !user->getNumResults() || !isColumn(user->getResult(0));
      });
      if (!isColumn(value) || !isLast || costOf(value, terms) < leastCost)
        continue;
      compute(op, terms, value, rewriter);
      ++count;
      return success();
    }
    return failure();
  }

private:
  static bool hasFewQueries(AttentionOp op) {
    AffineMap map = op.getIndexingMapsArray()[0];
    std::optional<unsigned> axis =
        map.getResultPosition(getAffineDimExpr(2, op.getContext()));
    if (!axis)
      return true;
    int64_t queries =
        cast<ShapedType>(op.getQuery().getType()).getDimSize(*axis);
    return !ShapedType::isDynamic(queries) && queries < leastQueries;
  }

  static void compute(AttentionOp op, const ScoreTerms &terms, Value value,
                      PatternRewriter &rewriter) {
    Location loc = op.getLoc();
    rewriter.setInsertionPoint(op);
    // The dimensions b, h and j, as far as the value depends on them.
    SmallVector<unsigned> dims;
    SmallVector<OpFoldResult> sizes;
    for (unsigned dim : {0u, 1u, 3u}) {
      auto argument = static_cast<ScoreTerms::Argument>(dim + 1);
      if (!terms.dependsOn(value, argument))
        continue;
      bool isKey = dim == 3;
      Value operand = isKey ? op.getKeys()[0] : op.getQuery();
      AffineMap map = op.getIndexingMapsArray()[isKey ? 1 : 0];
      std::optional<unsigned> axis =
          map.getResultPosition(getAffineDimExpr(dim, op.getContext()));
      sizes.push_back(axis ? tensor::getMixedSize(rewriter, loc, operand, *axis)
                           : rewriter.getIndexAttr(1));
      dims.push_back(dim);
    }
    Value empty =
        tensor::EmptyOp::create(rewriter, loc, sizes, value.getType());
    AffineMap identity = rewriter.getMultiDimIdentityMap(dims.size());
    SmallVector<utils::IteratorType> loops(dims.size(),
                                           utils::IteratorType::parallel);
    Value row = linalg::GenericOp::create(
                    rewriter, loc, empty.getType(), ValueRange{}, empty,
                    identity, loops,
                    [&](OpBuilder &b, Location, ValueRange) {
                      SmallVector<Value> at(4);
                      for (auto [axis, dim] : llvm::enumerate(dims))
                        at[dim] = linalg::IndexOp::create(b, loc, axis);
                      linalg::YieldOp::create(
                          b, loc, cloneScore(b, op, at).lookup(value));
                    })
                    .getResult(0);
    rewriter.modifyOpInPlace(op, [&] {
      Region &score = op.getScore();
      SmallVector<Value> indices;
      for (unsigned dim : dims)
        indices.push_back(score.getArgument(dim + 1));
      op.getScoreCapturesMutable().append(row);
      Value captured = score.addArgument(row.getType(), loc);
      rewriter.setInsertionPoint(value.getDefiningOp());
      rewriter.replaceOpWithNewOp<tensor::ExtractOp>(value.getDefiningOp(),
                                                     captured, indices);
    });
  }

  Pass::Statistic &count;
};

} // namespace

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnRewriteScoresPass final
    : fovea::attn::impl::AttnRewriteScoresBase<AttnRewriteScoresPass> {
  using Base::Base;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    SmallVector<std::string> chosen(rules.begin(), rules.end());
    if (chosen.empty())
      chosen = {"rows", "columns"};
    for (StringRef rule : chosen) {
      if (rule == "rows") {
        patterns.add<SplitDistance>(context, beside);
        patterns.add<DropRowTerms>(context, beside, numRowTerms);
      } else if (rule == "columns") {
        if (beside)
          patterns.add<ComputeColumns>(context, numColumns);
      } else {
        getOperation()->emitError("attn-rewrite-scores: there is no rule '")
            << rule << "'; there are rows and columns";
        return signalPassFailure();
      }
    }
    AttentionOp::getCanonicalizationPatterns(patterns, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
