//===- SplitKeys.cpp - Attention to parts of the keys, merged -------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSPLITKEYS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// The map without a dimension.
static AffineMap without(AffineMap map, unsigned dim) {
  std::optional<unsigned> axis = axisOf(map, dim);
  return axis ? map.dropResult(*axis) : map;
}

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
  SmallVector<Value> createPart(const Part &part, bool isFirst);
  Value shiftLengths(Value lengths, Value first);

  AttentionOp op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
  SmallVector<Part> parts;
};

} // namespace

/// What can be split; results of parts have the channels innermost, and lse the
/// same order of dimensions.
static bool canSplit(AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap output = maps[3];
  return cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics() &&
         op.getSegments().size() == 1 &&
         cast<SegmentAttr>(op.getSegments()[0]).getKind() ==
             SegmentKind::dense &&
         op.getTables().empty() && !op.getWalkRows() &&
         op.getAccumulatorType().isF32() &&
         axisOf(output, dimE) == output.getNumResults() - 1 &&
         (!op.getLse() || maps[4] == without(output, dimE));
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

/// (o, lse) over the keys of a part, in f32.
SmallVector<Value> KeySplitter::createPart(const Part &part, bool isFirst) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, loc, op.getOutput());
  Value o = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  Value lse = tensor::EmptyOp::create(b, loc, ArrayRef(sizes).drop_back(),
                                      b.getF32Type());
  SmallVector<AffineMap> partMaps(ArrayRef(maps).take_front(4));
  partMaps.push_back(without(maps[3], dimE));
  if (part.isShared)
    for (unsigned n : {1, 2})
      partMaps[n] = without(partMaps[n], dimB);

  auto old = cast<SegmentAttr>(op.getSegments()[0]);
  SmallVector<Value> lengths(op.getLengths()), starts(op.getStarts()), sinks;
  if (isFirst) {
    if (op.getSinks())
      sinks.push_back(op.getSinks());
  } else {
    if (!lengths.empty())
      lengths[0] = shiftLengths(lengths[0], part.first);
    if (starts.empty())
      starts.push_back(part.first);
    else
      starts[0] = arith::AddIOp::create(b, loc, starts[0], part.first);
  }
  auto segment = SegmentAttr::get(b.getContext(), SegmentKind::dense,
                                  /*page_size=*/0, old.getHasLengths(),
                                  /*has_start=*/!starts.empty(),
                                  /*has_offsets=*/false);

  OperationState state(loc, AttentionOp::getOperationName());
  SmallVector<int32_t> counts;
  auto add = [&](ValueRange values) {
    state.addOperands(values);
    counts.push_back(values.size());
  };
  add(op.getQuery());
  add(part.key);
  add(part.value);
  add(lengths);
  add({});
  add(starts);
  add(part.factors ? op.getQueryFactors() : ValueRange());
  add(part.factors ? ValueRange(part.factors) : ValueRange());
  add(op.getScoreCaptures());
  add(op.getMaskCaptures());
  add(op.getOrigin());
  for (unsigned n = 0; n < 3; ++n)
    add({});
  add(sinks);
  add({o, lse});
  state.addTypes({o.getType(), lse.getType()});
  state.addAttributes(op->getAttrDictionary().getValue());
  state.attributes.set("operandSegmentSizes", b.getDenseI32ArrayAttr(counts));
  state.attributes.set("segments", b.getArrayAttr(segment));
  state.attributes.set("scale", b.getF64FloatAttr(op.getScaleValue()));
  state.attributes.set("indexing_maps", b.getAffineMapArrayAttr(partMaps));
  for (Region *region : {&op.getScore(), &op.getMask()}) {
    IRMapping mapping;
    region->cloneInto(state.addRegion(), mapping);
  }
  return llvm::to_vector_of<Value>(b.create(state)->getResults());
}

void KeySplitter::split() {
  SmallVector<Value> outputs, lses;
  for (const Part &part : parts) {
    SmallVector<Value> made = createPart(part, &part == parts.begin());
    outputs.push_back(made[0]);
    lses.push_back(made[1]);
  }
  b.replaceOpWithNewOp<MergeOp>(op, op.getResultTypes(), outputs, lses,
                                op.getOutputs());
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
