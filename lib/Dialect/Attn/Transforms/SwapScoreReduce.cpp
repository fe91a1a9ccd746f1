//===- SwapScoreReduce.cpp - Sums over queries as an attention ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum_i exp(s'[i, j] - lse[i]) is the exponential of the log-sum-exp, over the
// queries i, of scores s'[i, j] - lse[i]: what an attention of the keys to the
// queries computes.
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSWAPSCOREREDUCE
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Swaps the queries and the keys of one segment of an op.
class Swapper {
public:
  /// `start`, 0 where it is null, and for each sequence its numbers in `before`
  /// are the coordinate of the segment's first key; `output`: the part of the
  /// op's output for its keys.
  Swapper(ScoreReduceOp op, unsigned n, Value start, ValueRange before,
          Value output, RewriterBase &b)
      : op(op), loc(op.getLoc()), b(b), maps(op.getIndexingMapsArray()),
        segment(cast<SegmentAttr>(op.getSegments()[n])), key(op.getKeys()[n]),
        packsKeys(segment.getKind() != SegmentKind::packed &&
                  segment.getHasOffsets()),
        start(start), before(before), output(output), lengths(lengthsOf(op, n)),
        tables(cast<ScoreOpInterface>(op.getOperation()).getTablesOf(n)) {}

  /// How many keys each sequence has of a segment; null: as many as are stored.
  static Value lengthsOf(ScoreReduceOp op, unsigned n) {
    auto counted = op.getSegments().getAsRange<SegmentAttr>();
    if (!cast<SegmentAttr>(op.getSegments()[n]).getHasLengths())
      return {};
    return op.getLengths()[llvm::count_if(
        llvm::make_range(counted.begin(), std::next(counted.begin(), n)),
        [](SegmentAttr other) { return other.getHasLengths(); })];
  }

  /// The sums for the segment's keys, in the place of `output`.
  Value swap();

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  /// A map with queries for keys, and keys for queries.
  AffineMap swapped(AffineMap map);
  bool isPacked() const {
    return packsKeys || segment.getKind() == SegmentKind::packed;
  }
  OpFoldResult sizeOf(unsigned dim) {
    return tensor::getMixedSize(b, loc, output, *axisOf(maps[2], dim));
  }
  Value valueOf(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, loc, size);
  }
  AffineMap rowsOf(AffineMap map);
  Value createOffsets();
  Value negateLse();
  std::pair<Value, AffineMap> expandKeys();
  Value sliceChannels();
  SmallVector<Value> getOrigin();
  void swapRegion(Region &from, Region &to, unsigned firstCoordinate);
  void addBefore(AttentionOp attention, Region &region,
                 MutableOperandRange captures, unsigned firstCoordinate);
  void addLse(AttentionOp attention, Value negated);
  AttentionOp createAttention();
  Value exponentiate(Value lse);

  ScoreReduceOp op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
  SegmentAttr segment;
  Value key;
  /// Queries are packed and keys are not: they become rows one after the other.
  bool packsKeys;
  Value start;
  SmallVector<Value> before;
  Value output, lengths;
  SmallVector<Value> tables;
};

} // namespace

AffineMap Swapper::swapped(AffineMap map) {
  SmallVector<AffineExpr> dims;
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
    dims.push_back(b.getAffineDimExpr(dim == dimI   ? dimJ
                                      : dim == dimJ ? dimI
                                                    : dim));
  return map.replaceDimsAndSymbols(dims, {}, map.getNumDims(), 0);
}

/// A map of the output, without the sequence where keys are packed here.
AffineMap Swapper::rowsOf(AffineMap map) {
  std::optional<unsigned> axis = axisOf(map, dimB);
  return packsKeys && axis ? map.dropResult(*axis) : map;
}

/// Where the keys of each sequence begin and end that are packed here.
Value Swapper::createOffsets() {
  Value sequences = valueOf(sizeOf(dimB)), columns = valueOf(sizeOf(dimJ));
  Value count = b.createOrFold<arith::AddIOp>(loc, sequences, index(1));
  Value empty =
      tensor::EmptyOp::create(b, loc, {getAsOpFoldResult(count)},
                              getElementTypeOrSelf(tables[0].getType()));
  auto body = [&](OpBuilder &b, Location loc, ValueRange arguments) {
    Value row = arith::MulIOp::create(
        b, loc, linalg::IndexOp::create(b, loc, 0), columns);
    Type type = arguments[0].getType();
    if (!type.isIndex())
      row = arith::IndexCastOp::create(b, loc, type, row);
    linalg::YieldOp::create(b, loc, row);
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), ValueRange(), empty,
                                   b.getMultiDimIdentityMap(1),
                                   utils::IteratorType::parallel, body)
      .getResult(0);
}

/// -lse; -inf where a query has no key, so that it adds nothing.
Value Swapper::negateLse() {
  Value lse = op.getLse();
  auto type = cast<RankedTensorType>(lse.getType());
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, lse), type.getElementType());
  AffineMap map = b.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange a) {
    Value none = arith::ConstantOp::create(
        b, loc,
        b.getFloatAttr(a[0].getType(),
                       -std::numeric_limits<double>::infinity()));
    Value isNone =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, a[0], none);
    Value negated = arith::NegFOp::create(b, loc, a[0]);
    linalg::YieldOp::create(
        b, loc,
        arith::SelectOp::create(b, loc, isNone, none, negated).getResult());
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), lse, empty,
                                   ArrayRef<AffineMap>{map, map}, iterators,
                                   body)
      .getResult(0);
}

/// The keys as queries, and their map. There is a row for each of the output's:
/// keys that heads or sequences share are copied for each of these, those in
/// pages for each sequence, one page after the other. With packed queries, the
/// keys of one sequence follow those of another.
std::pair<Value, AffineMap> Swapper::expandKeys() {
  bool isPaged = segment.getKind() == SegmentKind::paged;
  SmallVector<AffineExpr> dims(maps[1].getResults());
  bool isWhole = !isPaged && !packsKeys;
  for (unsigned dim : {dimH, dimB})
    if (axisOf(maps[2], dim) && !axisOf(maps[1], dim)) {
      dims.insert(dims.begin(), b.getAffineDimExpr(dim));
      isWhole = false;
    }
  AffineMap map =
      rowsOf(AffineMap::get(maps[1].getNumDims(), 0, dims, b.getContext()));
  Value group;
  if (std::optional<unsigned> axis = axisOf(maps[1], dimH)) {
    OpFoldResult keyHeads = tensor::getMixedSize(b, loc, key, *axis);
    if (OpFoldResult heads = sizeOf(dimH); heads != keyHeads)
      group = b.createOrFold<arith::DivUIOp>(
          loc, getValueOrCreateConstantIndexOp(b, loc, heads),
          getValueOrCreateConstantIndexOp(b, loc, keyHeads));
  }
  if (isWhole && !group)
    return {key, swapped(map)};
  int64_t rank = map.getNumResults();
  SmallVector<OpFoldResult> sizes;
  for (int64_t n = 0; n < rank; ++n) {
    unsigned dim = map.getDimPosition(n);
    if (packsKeys && dim == dimJ)
      sizes.push_back(getAsOpFoldResult(b.createOrFold<arith::MulIOp>(
          loc, valueOf(sizeOf(dimB)), valueOf(sizeOf(dimJ)))));
    else if (dim == dimB || dim == dimH || (isPaged && dim == dimJ))
      sizes.push_back(sizeOf(dim));
    else
      sizes.push_back(tensor::getMixedSize(b, loc, key, *axisOf(maps[1], dim)));
  }
  Value columns = packsKeys ? valueOf(sizeOf(dimJ)) : Value();
  Value empty = tensor::EmptyOp::create(b, loc, sizes,
                                        getElementTypeOrSelf(key.getType()));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  Value pages, pageSize;
  if (isPaged) {
    pages = tensor::DimOp::create(b, loc, key, *axisOf(maps[1], dimB));
    pageSize = index(segment.getPageSize());
  }
  auto body = [&](OpBuilder &b, Location loc, ValueRange) {
    auto coordinate = [&](unsigned dim) -> Value {
      bool isOfRow = packsKeys && (dim == dimB || dim == dimJ);
      Value value =
          linalg::IndexOp::create(b, loc, *axisOf(map, isOfRow ? dimJ : dim));
      if (isOfRow && dim == dimB)
        return arith::DivUIOp::create(b, loc, value, columns);
      if (isOfRow)
        return arith::RemUIOp::create(b, loc, value, columns);
      return value;
    };
    SmallVector<Value> at;
    for (unsigned n = 0; n < maps[1].getNumResults(); ++n) {
      unsigned dim = maps[1].getDimPosition(n);
      at.push_back(coordinate(dim));
      if (dim == dimH && group)
        at.back() = arith::DivUIOp::create(b, loc, at.back(), group);
      if (dim == dimJ && isPaged)
        at.back() = arith::RemUIOp::create(b, loc, at.back(), pageSize);
      if (dim != dimB || !isPaged)
        continue;
      // The table may hold any number where no key is.
      Value position =
          arith::DivUIOp::create(b, loc, coordinate(dimJ), pageSize);
      Value page =
          readIndex(b, loc, tables.back(), ValueRange{at.back(), position});
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      Value last = arith::SubIOp::create(b, loc, pages, one);
      page = arith::MinSIOp::create(b, loc, page, last);
      at.back() = arith::MaxSIOp::create(
          b, loc, page, arith::ConstantIndexOp::create(b, loc, 0));
    }
    linalg::YieldOp::create(
        b, loc, tensor::ExtractOp::create(b, loc, key, at).getResult());
  };
  Value copy =
      linalg::GenericOp::create(b, loc, empty.getType(), ValueRange(), empty,
                                b.getMultiDimIdentityMap(rank), iterators, body)
          .getResult(0);
  return {copy, swapped(map)};
}

/// A few channels of the queries: nobody reads the sum over values, but an
/// attention has some.
Value Swapper::sliceChannels() {
  Value query = op.getQuery();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, query);
  unsigned axis = *axisOf(maps[0], dimD);
  constexpr int64_t few = 8;
  int64_t channels = cast<RankedTensorType>(query.getType()).getDimSize(axis);
  sizes[axis] = b.getIndexAttr(std::min(channels, few));
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, query, offsets, sizes, strides);
}

/// The origin, with that of the keys, which may have a start, for that of the
/// queries.
SmallVector<Value> Swapper::getOrigin() {
  SmallVector<Value> origin = op.getOrigin();
  if (origin.empty() && !start)
    return origin;
  if (origin.empty())
    origin.assign(4, index(0));
  if (start)
    origin[dimJ] = b.createOrFold<arith::AddIOp>(loc, origin[dimJ], start);
  std::swap(origin[dimI], origin[dimJ]);
  return origin;
}

/// Copies a region, whose arguments of coordinates begin at a number.
void Swapper::swapRegion(Region &from, Region &to, unsigned firstCoordinate) {
  IRMapping mapping;
  from.cloneInto(&to, mapping);
  if (to.empty())
    return;
  Value i = to.getArgument(firstCoordinate + dimI);
  Value j = to.getArgument(firstCoordinate + dimJ);
  SmallVector<OpOperand *> uses =
      llvm::map_to_vector(i.getUses(), [](OpOperand &use) { return &use; });
  j.replaceAllUsesWith(i);
  for (OpOperand *use : uses)
    use->set(j);
}

/// Adds to a key's coordinate, which is that of a query now, how many keys its
/// sequence has before it.
void Swapper::addBefore(AttentionOp attention, Region &region,
                        MutableOperandRange captures,
                        unsigned firstCoordinate) {
  if (region.empty() || before.empty())
    return;
  OpBuilder::InsertionGuard guard(b);
  auto capture = [&](Value value) -> Value {
    captures.append(value);
    return region.addArgument(value.getType(), loc);
  };
  b.setInsertionPointToStart(&region.front());
  Value row = region.getArgument(firstCoordinate + dimI);
  SmallVector<OpOperand *> uses =
      llvm::map_to_vector(row.getUses(), [](OpOperand &use) { return &use; });
  if (uses.empty())
    return;
  Value sequence = region.getArgument(firstCoordinate + dimB), sum = row;
  if (!attention.getOrigin().empty())
    sequence = arith::SubIOp::create(b, loc, sequence,
                                     capture(attention.getOrigin()[dimB]));
  for (Value counts : before) {
    Value count = readIndex(b, loc, capture(counts), sequence);
    sum = arith::AddIOp::create(b, loc, sum, count);
  }
  for (OpOperand *use : uses)
    use->set(sum);
}

/// s'  ->  s' - lse[i], which has the coordinate of a key now.
void Swapper::addLse(AttentionOp attention, Value negated) {
  Region &region = attention.getScore();
  OpBuilder::InsertionGuard guard(b);
  if (region.empty()) {
    Block *block = b.createBlock(&region);
    block->addArgument(attention.getAccumulatorType(), loc);
    for (unsigned dim = dimB; dim <= dimJ; ++dim)
      block->addArgument(b.getIndexType(), loc);
    YieldOp::create(b, loc, block->getArgument(0));
  }
  auto capture = [&](Value value) -> Value {
    attention.getScoreCapturesMutable().append(value);
    return region.addArgument(value.getType(), loc);
  };
  Operation *yield = region.front().getTerminator();
  Value table = capture(negated);
  b.setInsertionPoint(yield);
  SmallVector<Value> at;
  for (unsigned axis = 0; axis < maps[3].getNumResults(); ++axis) {
    unsigned dim = maps[3].getDimPosition(axis);
    dim = dim == dimI ? dimJ : dim;
    Value coordinate = region.getArgument(1 + dim);
    if (!attention.getOrigin().empty())
      coordinate = arith::SubIOp::create(b, loc, coordinate,
                                         capture(attention.getOrigin()[dim]));
    // Sequences follow one another.
    if (dim == dimJ && isPacked()) {
      Value sequence = region.getArgument(1 + dimB);
      if (!attention.getOrigin().empty())
        sequence = arith::SubIOp::create(b, loc, sequence,
                                         capture(attention.getOrigin()[dimB]));
      Value first = readIndex(b, loc, capture(tables[0]), sequence);
      coordinate = arith::AddIOp::create(b, loc, coordinate, first);
    }
    at.push_back(coordinate);
  }
  Value term = tensor::ExtractOp::create(b, loc, table, at);
  yield->setOperand(0,
                    arith::AddFOp::create(b, loc, yield->getOperand(0), term));
}

AttentionOp Swapper::createAttention() {
  auto [query, queryMap] = expandKeys();
  Value values = sliceChannels();
  Value negated = negateLse();
  AffineMap keyMap = swapped(maps[0]), lseMap = rowsOf(swapped(maps[2]));
  AffineExpr channel = b.getAffineDimExpr(dimE);
  unsigned axis = *axisOf(keyMap, dimD);
  AffineMap valueMap = keyMap.dropResult(axis).insertResult(channel, axis);
  AffineMap outputMap = lseMap.insertResult(channel, lseMap.getNumResults());
  SmallVector<OpFoldResult> sizes;
  for (unsigned n = 0; n < lseMap.getNumResults(); ++n) {
    unsigned dim = lseMap.getDimPosition(n);
    sizes.push_back(
        dim == dimI && packsKeys
            ? tensor::getMixedSize(b, loc, query, *axisOf(queryMap, dimI))
            : sizeOf(dim == dimI ? dimJ : dim));
  }
  Value lse = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  auto valueType = cast<RankedTensorType>(values.getType());
  sizes.push_back(b.getIndexAttr(valueType.getDimSize(axis)));
  Value unused =
      tensor::EmptyOp::create(b, loc, sizes, valueType.getElementType());

  OperationState state(loc, AttentionOp::getOperationName());
  SmallVector<int32_t> counts;
  auto add = [&](ValueRange operands) {
    state.addOperands(operands);
    counts.push_back(operands.size());
  };
  add(query);
  add(op.getQuery());
  add(values);
  add({}); // Lengths are of queries now.
  if (packsKeys)
    add({createOffsets(), tables[0]});
  else if (isPacked())
    add(llvm::to_vector(llvm::reverse(tables)));
  else
    add({});
  for (unsigned n = 0; n < 3; ++n) // No starts and factors.
    add({});
  add(op.getScoreCaptures());
  add(op.getMaskCaptures());
  add(getOrigin());
  for (unsigned n = 0; n < 4; ++n) // No walk and sinks.
    add({});
  add({unused, lse});
  state.addTypes({unused.getType(), lse.getType()});
  state.addAttribute("operandSegmentSizes", b.getDenseI32ArrayAttr(counts));
  // Keys in pages are copied.
  SegmentKind kind = isPacked() ? SegmentKind::packed : SegmentKind::dense;
  state.addAttribute("segments",
                     b.getArrayAttr(SegmentAttr::get(b.getContext(), kind, 0,
                                                     /*has_lengths=*/false,
                                                     /*has_start=*/false,
                                                     /*has_offsets=*/false)));
  state.addAttribute("scale", b.getF64FloatAttr(op.getScaleValue()));
  state.addAttribute(
      "indexing_maps",
      b.getAffineMapArrayAttr({queryMap, keyMap, valueMap, outputMap, lseMap}));
  if (op.getNumerics())
    state.addAttribute("numerics", *op.getNumerics());
  if (op.getScheduleAttr())
    state.addAttribute("schedule", op.getScheduleAttr());
  swapRegion(op.getScore(), *state.addRegion(), 1);
  swapRegion(op.getMask(), *state.addRegion(), 0);
  auto attention = cast<AttentionOp>(b.create(state));
  addBefore(attention, attention.getScore(),
            attention.getScoreCapturesMutable(), 1);
  addBefore(attention, attention.getMask(), attention.getMaskCapturesMutable(),
            0);
  addLse(attention, negated);
  return attention;
}

/// exp(lse); 0 beyond the length, and for keys of no sequence.
Value Swapper::exponentiate(Value lse) {
  int64_t rank = cast<RankedTensorType>(output.getType()).getRank();
  AffineMap map = b.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  Value columns = packsKeys ? valueOf(sizeOf(dimJ)) : Value();
  auto body = [&](OpBuilder &b, Location loc, ValueRange a) {
    Value result = a[0];
    if (packsKeys) {
      auto at = [&](unsigned dim) -> Value {
        return linalg::IndexOp::create(b, loc, *axisOf(maps[2], dim));
      };
      Value row = arith::AddIOp::create(
          b, loc, arith::MulIOp::create(b, loc, at(dimB), columns), at(dimJ));
      AffineMap rows = rowsOf(maps[2]);
      SmallVector<Value> place;
      for (unsigned n = 0; n < rows.getNumResults(); ++n) {
        unsigned dim = rows.getDimPosition(n);
        place.push_back(dim == dimJ ? row : at(dim));
      }
      result = tensor::ExtractOp::create(b, loc, lse, place);
    }
    result = math::ExpOp::create(b, loc, result);
    Value row = linalg::IndexOp::create(b, loc, *axisOf(maps[2], dimJ));
    auto read = [&](Value table, Value position) {
      return readIndex(b, loc, table, position);
    };
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    bool isPacked = segment.getKind() == SegmentKind::packed;
    if (isPacked && lengths) {
      // The row is one of a sequence's first keys.
      Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
      auto exists = scf::ForOp::create(
          b, loc, index(0), tensor::DimOp::create(b, loc, lengths, 0), index(1),
          no,
          [&](OpBuilder &b, Location loc, Value sequence, ValueRange found) {
            Value place =
                arith::SubIOp::create(b, loc, row, read(tables[1], sequence));
            Value next = arith::AddIOp::create(b, loc, sequence, index(1));
            Value inside = arith::AndIOp::create(
                b, loc,
                arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, place,
                                      read(lengths, sequence)),
                arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, row,
                                      read(tables[1], next)));
            scf::YieldOp::create(
                b, loc,
                arith::OrIOp::create(b, loc, found[0], inside).getResult());
          });
      result =
          arith::SelectOp::create(b, loc, exists.getResult(0), result, zero);
    } else if (lengths) {
      std::optional<unsigned> axis = axisOf(maps[2], dimB);
      Value sequence =
          axis ? linalg::IndexOp::create(b, loc, *axis).getResult() : index(0);
      Value exists = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           row, read(lengths, sequence));
      result = arith::SelectOp::create(b, loc, exists, result, zero);
    }
    if (isPacked && !lengths)
      result = selectRows(b, loc, tables[1], row, result, zero);
    linalg::YieldOp::create(b, loc, result);
  };
  if (packsKeys)
    return linalg::GenericOp::create(b, loc, output.getType(), ValueRange(),
                                     output, map, iterators, body)
        .getResult(0);
  return linalg::GenericOp::create(b, loc, output.getType(), lse, output,
                                   ArrayRef<AffineMap>{map, map}, iterators,
                                   body)
      .getResult(0);
}

Value Swapper::swap() { return exponentiate(createAttention()->getResult(1)); }

/// How many keys each sequence has of a packed segment.
static Value countKeys(RewriterBase &b, ScoreReduceOp op, unsigned n) {
  Location loc = op.getLoc();
  Value offsets = cast<ScoreOpInterface>(op.getOperation()).getTablesOf(n)[1];
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value count = b.createOrFold<arith::SubIOp>(
      loc, b.createOrFold<tensor::DimOp>(loc, offsets, 0), one);
  Value empty =
      tensor::EmptyOp::create(b, loc, {getAsOpFoldResult(count)},
                              getElementTypeOrSelf(offsets.getType()));
  auto body = [&](OpBuilder &b, Location loc, ValueRange arguments) {
    Value sequence = linalg::IndexOp::create(b, loc, 0);
    Value next = arith::AddIOp::create(b, loc, sequence, one);
    Value end = tensor::ExtractOp::create(b, loc, offsets, next);
    Value start = tensor::ExtractOp::create(b, loc, offsets, sequence);
    linalg::YieldOp::create(
        b, loc, arith::SubIOp::create(b, loc, end, start).getResult());
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), ValueRange(), empty,
                                   b.getMultiDimIdentityMap(1),
                                   utils::IteratorType::parallel, body)
      .getResult(0);
}

/// The sums of each segment are a part of the output, one after the other. A
/// segment without a start begins behind the one before it.
static void swapSegments(ScoreReduceOp op, RewriterBase &b) {
  Location loc = op.getLoc();
  b.setInsertionPoint(op);
  auto starts = op.getStarts().begin();
  Value start, output = op.getOutput();
  SmallVector<Value> before;
  Value first = arith::ConstantIndexOp::create(b, loc, 0);
  bool isOne = op.getSegments().size() == 1;
  unsigned axis = *axisOf(op.getIndexingMapsArray()[2], dimJ);
  for (auto [n, segment] :
       llvm::enumerate(op.getSegments().getAsRange<SegmentAttr>())) {
    if (segment.getHasStart()) {
      start = *starts++;
      before.clear();
    }
    if (isOne) {
      output = Swapper(op, n, start, before, output, b).swap();
      break;
    }
    Value columns = getNumColumns(b, op, n);
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, output);
    SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
        strides(sizes.size(), b.getIndexAttr(1));
    sizes[axis] = getAsOpFoldResult(columns);
    offsets[axis] = getAsOpFoldResult(first);
    Value part =
        tensor::ExtractSliceOp::create(b, loc, output, offsets, sizes, strides);
    part = Swapper(op, n, start, before, part, b).swap();
    output = tensor::InsertSliceOp::create(b, loc, part, output, offsets, sizes,
                                           strides);
    first = b.createOrFold<arith::AddIOp>(loc, first, columns);
    if (Value lengths = Swapper::lengthsOf(op, n))
      before.push_back(lengths);
    else if (segment.getKind() == SegmentKind::packed)
      before.push_back(countKeys(b, op, n));
    else
      start =
          start ? b.createOrFold<arith::AddIOp>(loc, start, columns) : columns;
  }
  b.replaceOp(op, output);
}

/// Whether keys can be the queries of an attention.
static bool canSwap(ScoreReduceOp op) {
  if (op.hasWalk() || op.getQueryFactors() ||
      !op.getAccumulatorType().isF32() ||
      !cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
    return false;
  return true;
}

namespace {

struct AttnSwapScoreReducePass final
    : fovea::attn::impl::AttnSwapScoreReduceBase<AttnSwapScoreReducePass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<ScoreReduceOp> ops;
    getOperation()->walk([&](ScoreReduceOp op) {
      if (canSwap(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (ScoreReduceOp op : ops) {
      swapSegments(op, rewriter);
      ++numSwapped;
    }
  }
};

} // namespace
