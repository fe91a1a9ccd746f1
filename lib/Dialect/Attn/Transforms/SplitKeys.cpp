//===- SplitKeys.cpp - Attention to parts of the keys, merged -------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSPLITKEYS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Keys and values that follow each other, with the keys' factors if there are
/// any; `first` is the position of the first.
struct Part {
  Value key, value, factors, first;
  /// The same for all sequences, without a dimension for them.
  bool isShared = false;
};

/// Splits one op.
class KeySplitter {
public:
  KeySplitter(AttentionOp op, RewriterBase &b)
      : op(op), loc(op.getLoc()), b(b), maps(op.getIndexingMapsArray()) {}

  /// Finds parts: what is concatenated, else `count` ranges.
  void findParts(int64_t count);
  bool isSplit() const { return parts.size() > 1; }
  void split();

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  void findConcatenated();
  void share(Part &part);
  Value slice(Value whole, unsigned axis, Value first, Value size,
              int64_t staticSize);
  Value sliceFactors(Value first, Value size, int64_t staticSize);
  KeyPart getKeys(const Part &part, bool isFirst);
  Value shiftLengths(Value lengths, Value first);

  AttentionOp op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
  SmallVector<Part> parts;
};

} // namespace

static bool canSplit(AttentionOp op) {
  return cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics() &&
         op.getSegments().size() == 1 &&
         cast<SegmentAttr>(op.getSegments()[0]).getKind() ==
             SegmentKind::dense &&
         op.getTables().empty() && !op.hasWalk() &&
         op.getAccumulatorType().isF32();
}

void KeySplitter::findParts(int64_t count) {
  b.setInsertionPoint(op);
  findConcatenated();
  if (isSplit() || count == 1)
    return;
  Value key = op.getKeys()[0], value = op.getValues()[0];
  unsigned keyAxis = *axisOf(maps[1], dimJ), valueAxis = *axisOf(maps[2], dimJ);
  // Either type may say how many there are; of none there are no parts.
  int64_t all = cast<ShapedType>(key.getType()).getDimSize(keyAxis);
  if (ShapedType::isDynamic(all))
    all = cast<ShapedType>(value.getType()).getDimSize(valueAxis);
  if (all == 0)
    return;
  bool isStatic = !ShapedType::isDynamic(all);
  Value size = tensor::DimOp::create(b, loc, key, keyAxis);
  Value share = arith::CeilDivSIOp::create(b, loc, size, index(count));
  for (int64_t n = 0; n < count; ++n) {
    Value first = arith::MinSIOp::create(
        b, loc, arith::MulIOp::create(b, loc, share, index(n)), size);
    Value rest = arith::SubIOp::create(b, loc, size, first);
    Value keys = arith::MinSIOp::create(b, loc, rest, share);
    int64_t known = ShapedType::kDynamic;
    if (isStatic) {
      int64_t most = llvm::divideCeil(all, count);
      int64_t position = n * most;
      if (n > 0 && position >= all)
        break;
      known = std::min(all - position, most);
      first = index(position);
    }
    parts.push_back({slice(key, keyAxis, first, keys, known),
                     slice(value, valueAxis, first, keys, known),
                     sliceFactors(first, keys, known), first});
  }
}

Value KeySplitter::slice(Value whole, unsigned axis, Value first, Value size,
                         int64_t staticSize) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, whole);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  offsets[axis] = getAsOpFoldResult(first);
  sizes[axis] = ShapedType::isDynamic(staticSize)
                    ? OpFoldResult(size)
                    : OpFoldResult(b.getIndexAttr(staticSize));
  return tensor::ExtractSliceOp::create(b, loc, whole, offsets, sizes, strides);
}

/// The factors of a range of keys; null if there are none.
Value KeySplitter::sliceFactors(Value first, Value size, int64_t staticSize) {
  unsigned axis = *axisOf(maps[1], dimJ);
  if (op.getKeyFactors().empty())
    return nullptr;
  Value factors = op.getKeyFactors()[0];
  // One that all keys share.
  if (cast<ShapedType>(factors.getType()).getDimSize(axis) == 1)
    return factors;
  return slice(factors, axis, first, size, staticSize);
}

/// Keys and values that are concatenated in the same places.
void KeySplitter::findConcatenated() {
  auto keys = op.getKeys()[0].getDefiningOp<tensor::ConcatOp>();
  auto values = op.getValues()[0].getDefiningOp<tensor::ConcatOp>();
  unsigned keyAxis = *axisOf(maps[1], dimJ), valueAxis = *axisOf(maps[2], dimJ);
  if (!keys || !values || keys.getDim() != keyAxis ||
      values.getDim() != valueAxis ||
      keys.getInputs().size() != values.getInputs().size())
    return;
  // With one size that is not known, those that are decide.
  unsigned numDynamic = 0;
  for (auto [key, value] : llvm::zip(keys.getInputs(), values.getInputs())) {
    int64_t size = cast<ShapedType>(key.getType()).getDimSize(keyAxis);
    if (size != cast<ShapedType>(value.getType()).getDimSize(valueAxis))
      return;
    numDynamic += ShapedType::isDynamic(size);
  }
  if (numDynamic > 1)
    return;
  Value first = index(0);
  for (auto [key, value] : llvm::zip(keys.getInputs(), values.getInputs())) {
    Value size = b.createOrFold<tensor::DimOp>(loc, key, keyAxis);
    int64_t known = cast<ShapedType>(key.getType()).getDimSize(keyAxis);
    parts.push_back({key, value, sliceFactors(first, size, known), first});
    share(parts.back());
    first = b.createOrFold<arith::AddIOp>(loc, first, size);
  }
}

/// Keys and values that are repeated for each sequence are read as they are.
void KeySplitter::share(Part &part) {
  auto repeated = [](Value value, AffineMap map) -> Value {
    auto broadcast = value.getDefiningOp<linalg::BroadcastOp>();
    std::optional<unsigned> axis = axisOf(map, dimB);
    if (!broadcast || !axis || broadcast.getDimensions().size() != 1 ||
        broadcast.getDimensions()[0] != *axis)
      return nullptr;
    return broadcast.getInput();
  };
  // Factors have the dimensions of the keys.
  if (part.factors)
    return;
  Value key = repeated(part.key, maps[1]),
        value = repeated(part.value, maps[2]);
  if (key && value)
    part = {key, value, nullptr, part.first, /*isShared=*/true};
}

/// How many of them come from `first` on; the op clamps what is below 0.
Value KeySplitter::shiftLengths(Value lengths, Value first) {
  auto type = cast<RankedTensorType>(lengths.getType());
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, lengths), type.getElementType());
  AffineMap identity = b.getMultiDimIdentityMap(1);
  Value amount = first;
  if (!type.getElementType().isIndex())
    amount = arith::IndexCastOp::create(b, loc, type.getElementType(), first);
  return linalg::GenericOp::create(
             b, loc, type, lengths, empty,
             ArrayRef<AffineMap>{identity, identity},
             utils::IteratorType::parallel,
             [&](OpBuilder &b, Location, ValueRange a) {
               Value zero = arith::ConstantOp::create(
                   b, loc, b.getZeroAttr(type.getElementType()));
               Value some = arith::MaxSIOp::create(b, loc, a[0], zero);
               Value rest = arith::SubIOp::create(b, loc, some, amount);
               linalg::YieldOp::create(b, loc, rest);
             })
      .getResult(0);
}

/// A part as a segment.
KeyPart KeySplitter::getKeys(const Part &part, bool isFirst) {
  KeyPart keys;
  keys.key = part.key;
  keys.value = part.value;
  keys.factors = part.factors;
  keys.keyMap = part.isShared ? without(maps[1], dimB) : maps[1];
  keys.valueMap = part.isShared ? without(maps[2], dimB) : maps[2];
  keys.lengths = llvm::to_vector<1>(op.getLengths());
  keys.starts = llvm::to_vector<1>(op.getStarts());
  if (isFirst) {
    if (op.getSinks())
      keys.sinks.push_back(op.getSinks());
  } else {
    if (!keys.lengths.empty())
      keys.lengths[0] = shiftLengths(keys.lengths[0], part.first);
    if (keys.starts.empty())
      keys.starts.push_back(part.first);
    else
      keys.starts[0] =
          arith::AddIOp::create(b, loc, keys.starts[0], part.first);
  }
  keys.segment = SegmentAttr::get(
      b.getContext(), SegmentKind::dense, /*page_size=*/0,
      !keys.lengths.empty(), /*has_start=*/!keys.starts.empty(),
      /*has_offsets=*/false);
  return keys;
}

void KeySplitter::split() {
  SmallVector<AttentionOp> made;
  for (const Part &part : parts)
    made.push_back(createPart(b, op, getKeys(part, &part == parts.begin())));
  replaceByMerge(b, op, made);
}

namespace {

struct AttnSplitKeysPass final
    : fovea::attn::impl::AttnSplitKeysBase<AttnSplitKeysPass> {
  using Base::Base;

  void runOnOperation() override {
    if (parts < 1 || parts > 1024) {
      getOperation()->emitError(
          "attn-split-keys: parts is from 1 to 1024, got ")
          << parts.getValue();
      return signalPassFailure();
    }
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (canSplit(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops) {
      KeySplitter splitter(op, rewriter);
      splitter.findParts(parts);
      if (!splitter.isSplit())
        continue;
      splitter.split();
      ++numSplit;
    }
  }
};

} // namespace
