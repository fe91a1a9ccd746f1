//===- ScoreTerms.cpp - What the values of a score depend on --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreTerms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace fovea::attn;

/// A row term of this size leaves 13 bits of a score's fraction in f64.
static constexpr double largestModerate = 0x1p40;

/// What is above is not rounded to 0.
static constexpr double smallestDivisor = 0x1p-12;

/// Coordinates are below 2^31, with an origin or a start below 2^32.
static constexpr int64_t largestCoordinate = int64_t(1) << 32;

ScoreTerms::ScoreTerms(AttentionOp op) {
  Block &block = op.getScore().front();
  for (unsigned n = 0; n < numArguments; ++n)
    dependences[block.getArgument(n)] = 1u << n;
  AffineMap map = op.getIndexingMapsArray()[0];
  auto type = cast<ShapedType>(op.getQuery().getType());
  for (unsigned n = batch; n < numArguments; ++n) {
    int64_t low = op.getOrigin().empty() ? 0 : -largestCoordinate;
    int64_t high = largestCoordinate;
    std::optional<unsigned> axis =
        map.getResultPosition(getAffineDimExpr(n - batch, op.getContext()));
    if (n != column && axis && op.getOrigin().empty() &&
        !type.isDynamicDim(*axis))
      high = std::max<int64_t>(type.getDimSize(*axis) - 1, 0);
    unsigned width = IndexType::kInternalStorageBitWidth;
    ranges.insert(
        {block.getArgument(n),
         ConstantIntRanges::fromSigned(APInt(width, low, /*isSigned=*/true),
                                       APInt(width, high, /*isSigned=*/true))});
  }
  for (Operation &inner : block.without_terminator())
    addOp(inner);
}

void ScoreTerms::addOp(Operation &op) {
  unsigned all = 0;
  for (Value operand : op.getOperands())
    all |= dependences.lookup(operand);
  for (Value result : op.getResults())
    dependences[result] = all;
  if (auto infer = dyn_cast<InferIntRangeInterface>(op)) {
    SmallVector<ConstantIntRanges> operands;
    for (Value operand : op.getOperands()) {
      if (!operand.getType().isIntOrIndex())
        return;
      operands.push_back(rangeOf(operand));
    }
    infer.inferResultRanges(operands,
                            [&](Value result, const ConstantIntRanges &range) {
                              ranges.insert_or_assign(result, range);
                            });
  }
  auto type = dyn_cast<FloatType>(op.getResult(0).getType());
  std::optional<Interval> interval = type ? intervalOf(op) : std::nullopt;
  if (!interval)
    return;
  // Half of the largest number: the bounds are not rounded as the numbers are.
  double limit =
      APFloat::getLargest(type.getFloatSemantics()).convertToDouble() / 2;
  if (interval->low >= -limit && interval->high <= limit)
    intervals[op.getResult(0)] = *interval;
}

ConstantIntRanges ScoreTerms::rangeOf(Value value) const {
  auto it = ranges.find(value);
  if (it != ranges.end())
    return it->second;
  return ConstantIntRanges::maxRange(
      ConstantIntRanges::getStorageBitwidth(value.getType()));
}

std::optional<ScoreTerms::Interval> ScoreTerms::find(Value value) const {
  if (value.getType().isIntOrIndex()) {
    ConstantIntRanges range = rangeOf(value);
    return Interval{static_cast<double>(range.smin().getSExtValue()),
                    static_cast<double>(range.smax().getSExtValue())};
  }
  auto it = intervals.find(value);
  if (it == intervals.end())
    return std::nullopt;
  return it->second;
}

/// Ops of numbers in known ranges; those of floats that may be anything have no
/// range.
std::optional<ScoreTerms::Interval>
ScoreTerms::intervalOf(Operation &op) const {
  using Result = std::optional<Interval>;
  APFloat constant(0.0);
  if (matchPattern(op.getResult(0), m_ConstantFloat(&constant))) {
    double value = constant.convertToDouble();
    return Interval{value, value};
  }
  SmallVector<Interval, 3> in;
  for (Value operand : op.getOperands()) {
    if (operand.getType().isInteger(1)) {
      in.push_back({-1, 1});
      continue;
    }
    Result known = find(operand);
    if (!known)
      return std::nullopt;
    in.push_back(*known);
  }
  auto sum = [](Interval a, Interval b) -> Interval {
    return {a.low + b.low, a.high + b.high};
  };
  auto product = [](Interval a, Interval b) -> Interval {
    double corners[] = {a.low * b.low, a.low * b.high, a.high * b.low,
                        a.high * b.high};
    return {*llvm::min_element(corners), *llvm::max_element(corners)};
  };
  auto negated = [](Interval a) -> Interval { return {-a.high, -a.low}; };
  return llvm::TypeSwitch<Operation *, Result>(&op)
      .Case<arith::SIToFPOp, arith::ExtFOp>([&](auto) { return in[0]; })
      .Case([&](arith::AddFOp) { return sum(in[0], in[1]); })
      .Case([&](arith::SubFOp) { return sum(in[0], negated(in[1])); })
      .Case([&](arith::MulFOp) { return product(in[0], in[1]); })
      .Case([&](math::FmaOp) { return sum(product(in[0], in[1]), in[2]); })
      .Case([&](arith::NegFOp) { return negated(in[0]); })
      .Case([&](math::AbsFOp) {
        return Interval{0, std::max(-in[0].low, in[0].high)};
      })
      .Case([&](arith::DivFOp) -> Result {
        if (in[1].low < smallestDivisor && in[1].high > -smallestDivisor)
          return std::nullopt;
        return product(in[0], {1 / in[1].high, 1 / in[1].low});
      })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) {
        return Interval{std::max(in[0].low, in[1].low),
                        std::max(in[0].high, in[1].high)};
      })
      .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) {
        return Interval{std::min(in[0].low, in[1].low),
                        std::min(in[0].high, in[1].high)};
      })
      .Case([&](arith::SelectOp) {
        return Interval{std::min(in[1].low, in[2].low),
                        std::max(in[1].high, in[2].high)};
      })
      .Case([&](math::ExpOp) { return Interval{0, std::exp(in[0].high)}; })
      .Case([&](math::Exp2Op) { return Interval{0, std::exp2(in[0].high)}; })
      .Case<math::TanhOp, math::SinOp, math::CosOp, math::ErfOp>(
          [](auto) { return Interval{-1, 1}; })
      .Default([](Operation *) { return std::nullopt; });
}

bool ScoreTerms::isModerate(ValueRange factors) const {
  double size = 1;
  for (Value factor : factors) {
    std::optional<Interval> known = find(factor);
    if (!known)
      return false;
    // Factors below 1 count as 1.
    size *= std::max({std::abs(known->low), std::abs(known->high), 1.0});
  }
  return size <= largestModerate;
}
