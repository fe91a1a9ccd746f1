//===- SplitHeads.cpp - An attention for each range of heads --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSPLITHEADS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// An op is split into no more than so many.
static constexpr size_t maxRanges = 8;

/// What a comparison of the head, an argument of its region, with a constant
/// gives for one head.
static std::optional<bool> compare(arith::CmpIOp op, Value head,
                                   int64_t value) {
  APInt constant;
  APInt number(IndexType::kInternalStorageBitWidth, value);
  if (op.getLhs() == head &&
      matchPattern(op.getRhs(), m_ConstantInt(&constant)))
    return arith::applyCmpPredicate(op.getPredicate(), number, constant);
  if (op.getRhs() == head &&
      matchPattern(op.getLhs(), m_ConstantInt(&constant)))
    return arith::applyCmpPredicate(op.getPredicate(), constant, number);
  return std::nullopt;
}

/// The head among the arguments of a region; null for no region.
static Value headOf(AttentionOp op, Region &region) {
  if (region.empty())
    return nullptr;
  return region.getArgument(dimH + (&region == &op.getScore()));
}

/// First heads of ranges in which all comparisons of the head give the same;
/// one if there is nothing to split.
static SmallVector<int64_t> findRanges(AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  std::optional<unsigned> axis = axisOf(maps[0], dimH);
  if (!cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics() ||
      !op.getOrigin().empty() || op.hasWalk() || !axis)
    return {0};
  for (auto [n, output] : llvm::enumerate(op.getOutputs()))
    if (!axisOf(maps[3 + n], dimH))
      return {0};
  auto heads = [](Value value, AffineMap map) -> int64_t {
    std::optional<unsigned> axis = axisOf(map, dimH);
    return axis ? cast<ShapedType>(value.getType()).getDimSize(*axis) : 1;
  };
  int64_t all = heads(op.getQuery(), maps[0]);
  int64_t keyHeads = heads(op.getKeys()[0], maps[1]);
  if (ShapedType::isDynamic(all) || ShapedType::isDynamic(keyHeads) ||
      keyHeads == 0)
    return {0};
  SmallVector<int64_t> ranges;
  SmallVector<bool> before;
  for (int64_t head = 0; head < all; ++head) {
    SmallVector<bool> now;
    for (Region *region : {&op.getScore(), &op.getMask()})
      region->walk([&](arith::CmpIOp inner) {
        if (auto result = compare(inner, headOf(op, *region), head))
          now.push_back(*result);
      });
    if (head == 0 || now != before)
      ranges.push_back(head);
    before = now;
  }
  // Query heads of a key head stay together.
  bool areWhole = llvm::all_of(
      ranges, [&](int64_t first) { return first % (all / keyHeads) == 0; });
  if (ranges.empty() || !areWhole || ranges.size() > maxRanges)
    return {0};
  return ranges;
}

/// The heads [first, first + count) of an operand.
static Value slice(OpBuilder &b, Location loc, Value value,
                   std::optional<unsigned> axis, int64_t first, int64_t count) {
  if (!axis)
    return value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, value);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  offsets[*axis] = b.getIndexAttr(first);
  sizes[*axis] = b.getIndexAttr(count);
  return tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes, strides);
}

/// Comparisons of the head have one result in the range; elsewhere it counts
/// from the first head of all.
static void specialize(RewriterBase &b, AttentionOp part, Region &region,
                       int64_t first) {
  Value head = headOf(part, region);
  if (!head)
    return;
  SmallVector<arith::CmpIOp> compares;
  region.walk([&](arith::CmpIOp op) { compares.push_back(op); });
  for (arith::CmpIOp op : compares)
    if (std::optional<bool> result = compare(op, head, first)) {
      b.setInsertionPoint(op);
      b.replaceOpWithNewOp<arith::ConstantOp>(op, b.getBoolAttr(*result));
    }
  if (first == 0 || head.use_empty())
    return;
  b.setInsertionPointToStart(&region.front());
  Value offset = arith::ConstantIndexOp::create(b, part.getLoc(), first);
  auto whole = arith::AddIOp::create(b, part.getLoc(), head, offset);
  head.replaceAllUsesExcept(whole, whole);
}

static void split(RewriterBase &b, AttentionOp op, ArrayRef<int64_t> ranges) {
  Location loc = op.getLoc();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  int64_t all = cast<ShapedType>(op.getQuery().getType())
                    .getDimSize(*axisOf(maps[0], dimH));
  std::optional<unsigned> keyAxis = axisOf(maps[1], dimH);
  int64_t keyHeads =
      keyAxis ? cast<ShapedType>(op.getKeys()[0].getType()).getDimSize(*keyAxis)
              : 1;
  int64_t group = all / keyHeads;
  SmallVector<Value> results(op.getOutputs());
  for (auto [n, first] : llvm::enumerate(ranges)) {
    int64_t count = (n + 1 < ranges.size() ? ranges[n + 1] : all) - first;
    b.setInsertionPoint(op);
    auto part = cast<AttentionOp>(b.clone(*op));
    b.setInsertionPoint(part);
    // A factor of one head is that of all.
    auto sliceHeads = [&, first = first](Value value,
                                         std::optional<unsigned> axis,
                                         int64_t by) {
      if (axis && cast<ShapedType>(value.getType()).getDimSize(*axis) == 1)
        return value;
      return slice(b, loc, value, axis, first / by, count / by);
    };
    auto assign = [&](MutableOperandRange operands,
                      std::optional<unsigned> axis, int64_t by) {
      SmallVector<Value> slices;
      for (OpOperand &operand : operands)
        slices.push_back(sliceHeads(operand.get(), axis, by));
      operands.assign(slices);
    };
    assign(part.getQueryMutable(), axisOf(maps[0], dimH), 1);
    assign(part.getKeysMutable(), keyAxis, group);
    assign(part.getValuesMutable(), axisOf(maps[2], dimH), group);
    assign(part.getQueryFactorsMutable(), axisOf(maps[0], dimH), 1);
    assign(part.getKeyFactorsMutable(), keyAxis, group);
    if (op.getSinks())
      assign(part.getSinksMutable(), 0u, 1);
    SmallVector<Value> outputs;
    for (auto [m, output] : llvm::enumerate(results))
      outputs.push_back(
          slice(b, loc, output, axisOf(maps[3 + m], dimH), first, count));
    part.getOutputsMutable().assign(outputs);
    specialize(b, part, part.getScore(), first);
    specialize(b, part, part.getMask(), first);
    b.setInsertionPointAfter(part);
    for (auto [m, result] : llvm::enumerate(part->getResults())) {
      result.setType(outputs[m].getType());
      auto from = outputs[m].getDefiningOp<tensor::ExtractSliceOp>();
      results[m] = tensor::InsertSliceOp::create(
          b, loc, result, results[m], from.getMixedOffsets(),
          from.getMixedSizes(), from.getMixedStrides());
    }
  }
  b.replaceOp(op, results);
}

namespace {

struct AttnSplitHeadsPass final
    : fovea::attn::impl::AttnSplitHeadsBase<AttnSplitHeadsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops) {
      SmallVector<int64_t> ranges = findRanges(op);
      if (ranges.size() < 2)
        continue;
      split(rewriter, op, ranges);
      ++numSplit;
    }
  }
};

} // namespace
