//===- SplitSegments.cpp - An attention for each segment, merged ----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSPLITSEGMENTS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// A segment, and where its coordinates begin: at `start` (0 where it is null)
/// and the numbers of keys that a sequence has in the segments of `before`.
struct Segment {
  KeyPart part;
  Value start;
  SmallVector<unsigned> before;
};

/// Splits one op.
class SegmentSplitter {
public:
  SegmentSplitter(AttentionOp op, RewriterBase &b)
      : op(op), loc(op.getLoc()), b(b), maps(op.getIndexingMapsArray()) {
    b.setInsertionPoint(op);
  }

  void split();

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  void collect();
  void findStarts();
  Value getNumColumns(const Segment &segment);
  Value emitNumKeys(const Segment &segment, Value columns, Value sequence);
  Value createFirstKeys(const Segment &segment);
  void addFirstKeys(AttentionOp part, Region &region,
                    MutableOperandRange captures, Value firstKeys);

  AttentionOp op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
  SmallVector<Segment> segments;
};

} // namespace

/// The coordinate of the key among a region's arguments, which begin with the
/// score or not.
static Value getKeyArgument(AttentionOp op, Region &region) {
  return region.getArgument(dimJ + (&region == &op.getScore()));
}

/// Whether a region asks for the coordinate of the key.
static bool readsCoordinates(AttentionOp op) {
  return llvm::any_of(
      ArrayRef<Region *>{&op.getScore(), &op.getMask()}, [&](Region *region) {
        return !region->empty() && !getKeyArgument(op, *region).use_empty();
      });
}

void SegmentSplitter::collect() {
  auto lengths = op.getLengths().begin(), starts = op.getStarts().begin();
  for (auto [n, attribute] :
       llvm::enumerate(op.getSegments().getAsRange<SegmentAttr>())) {
    Segment &segment = segments.emplace_back();
    KeyPart &part = segment.part;
    part.segment = attribute;
    part.key = op.getKeys()[n];
    part.value = op.getValues()[n];
    if (!op.getKeyFactors().empty())
      part.factors = op.getKeyFactors()[n];
    part.keyMap = maps[1];
    part.valueMap = maps[2];
    if (attribute.getHasLengths())
      part.lengths.push_back(*lengths++);
    llvm::append_range(
        part.tables, cast<ScoreOpInterface>(op.getOperation()).getTablesOf(n));
    if (attribute.getHasStart())
      segment.start = *starts++;
  }
  // Sinks count once.
  if (op.getSinks())
    segments.front().part.sinks.push_back(op.getSinks());
}

/// A segment without a start begins behind the one before it.
void SegmentSplitter::findStarts() {
  for (size_t n = 1; n < segments.size(); ++n) {
    const Segment &last = segments[n - 1];
    Segment &segment = segments[n];
    if (segment.start)
      continue;
    segment.start = last.start;
    segment.before = last.before;
    if (!last.part.lengths.empty() ||
        last.part.segment.getKind() == SegmentKind::packed) {
      segment.before.push_back(n - 1);
      continue;
    }
    Value columns = getNumColumns(last);
    segment.start =
        segment.start
            ? arith::AddIOp::create(b, loc, segment.start, columns).getResult()
            : columns;
  }
}

/// Keys that the segment stores, of each sequence or of all packed ones.
Value SegmentSplitter::getNumColumns(const Segment &segment) {
  if (segment.part.segment.getKind() != SegmentKind::paged)
    return tensor::DimOp::create(b, loc, segment.part.key,
                                 *axisOf(maps[1], dimJ));
  Value pages = tensor::DimOp::create(b, loc, segment.part.tables.back(), 1);
  return arith::MulIOp::create(b, loc, pages,
                               index(segment.part.segment.getPageSize()));
}

/// Keys that one sequence has.
Value SegmentSplitter::emitNumKeys(const Segment &segment, Value columns,
                                   Value sequence) {
  auto read = [&](Value table, Value position, Value low, Value high) -> Value {
    Value value = tensor::ExtractOp::create(b, loc, table, position);
    if (!value.getType().isIndex())
      value = arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
    value = arith::MaxSIOp::create(b, loc, value, low);
    return arith::MinSIOp::create(b, loc, value, high);
  };
  Value zero = index(0), keys = columns;
  if (segment.part.segment.getKind() == SegmentKind::packed) {
    Value offsets = segment.part.tables[1];
    Value next = arith::AddIOp::create(b, loc, sequence, index(1));
    Value first = read(offsets, sequence, zero, columns);
    Value last = read(offsets, next, first, columns);
    keys = arith::SubIOp::create(b, loc, last, first);
  }
  if (!segment.part.lengths.empty())
    keys = read(segment.part.lengths[0], sequence, zero, keys);
  return keys;
}

/// The coordinate of the segment's first key in each sequence.
Value SegmentSplitter::createFirstKeys(const Segment &segment) {
  Value sequences = index(1);
  if (segment.part.segment.getNumOffsets())
    sequences = arith::SubIOp::create(
        b, loc, tensor::DimOp::create(b, loc, segment.part.tables[0], 0),
        sequences);
  else if (std::optional<unsigned> axis = axisOf(maps[0], dimB))
    sequences = tensor::DimOp::create(b, loc, op.getQuery(), *axis);
  SmallVector<Value> columns = llvm::map_to_vector(
      segment.before, [&](unsigned n) { return getNumColumns(segments[n]); });
  Value start = segment.start ? segment.start : index(0);
  Value empty = tensor::EmptyOp::create(
      b, loc, ArrayRef<OpFoldResult>(sequences), b.getIndexType());
  OpBuilder::InsertionGuard guard(b);
  auto generic = linalg::GenericOp::create(
      b, loc, empty.getType(), ValueRange(), empty, b.getMultiDimIdentityMap(1),
      utils::IteratorType::parallel,
      [&](OpBuilder &nested, Location, ValueRange) {
        b.setInsertionPoint(nested.getInsertionBlock(),
                            nested.getInsertionPoint());
        Value sequence = linalg::IndexOp::create(b, loc, 0), first = start;
        for (auto [n, count] : llvm::zip_equal(segment.before, columns))
          first = arith::AddIOp::create(
              b, loc, first, emitNumKeys(segments[n], count, sequence));
        linalg::YieldOp::create(b, loc, first);
      });
  return generic.getResult(0);
}

/// (.., %b, .., %j)  ->  (.., %b, .., %j, %t = %first) with %j + %t[%b] for %j.
void SegmentSplitter::addFirstKeys(AttentionOp part, Region &region,
                                   MutableOperandRange captures,
                                   Value firstKeys) {
  if (region.empty() || getKeyArgument(part, region).use_empty())
    return;
  auto capture = [&](Value value) -> Value {
    captures.append(value);
    return region.addArgument(value.getType(), loc);
  };
  Value key = getKeyArgument(part, region);
  Value sequence = region.getArgument(dimB + (&region == &part.getScore()));
  Value table = capture(firstKeys), origin;
  if (!part.getOrigin().empty())
    origin = capture(part.getOrigin()[dimB]);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&region.front());
  if (origin)
    sequence = arith::SubIOp::create(b, loc, sequence, origin);
  Value first = tensor::ExtractOp::create(b, loc, table, sequence);
  auto sum = arith::AddIOp::create(b, loc, key, first);
  key.replaceAllUsesExcept(sum, sum);
}

void SegmentSplitter::split() {
  collect();
  bool hasCoordinates = readsCoordinates(op);
  if (hasCoordinates)
    findStarts();
  SmallVector<AttentionOp> parts;
  for (Segment &segment : segments) {
    Value firstKeys;
    if (hasCoordinates && !segment.before.empty())
      firstKeys = createFirstKeys(segment);
    else if (hasCoordinates && segment.start)
      segment.part.starts.push_back(segment.start);
    SegmentAttr &attribute = segment.part.segment;
    attribute = SegmentAttr::get(
        attribute.getContext(), attribute.getKind(), attribute.getPageSize(),
        attribute.getHasLengths(), !segment.part.starts.empty(),
        attribute.getHasOffsets());
    AttentionOp part = createPart(b, op, segment.part);
    if (firstKeys) {
      addFirstKeys(part, part.getScore(), part.getScoreCapturesMutable(),
                   firstKeys);
      addFirstKeys(part, part.getMask(), part.getMaskCapturesMutable(),
                   firstKeys);
    }
    parts.push_back(part);
  }
  replaceByMerge(b, op, parts);
}

namespace {

struct AttnSplitSegmentsPass final
    : fovea::attn::impl::AttnSplitSegmentsBase<AttnSplitSegmentsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (op.getSegments().size() > 1 && !op.getWalkAttr() &&
          op.getAccumulatorType().isF32() &&
          cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops) {
      SegmentSplitter(op, rewriter).split();
      ++numSplit;
    }
  }
};

} // namespace
