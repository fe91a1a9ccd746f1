//===- AttentionKernel.cpp - Attention as a tile program ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "IndexOps.h"

#include "fovea/Dialect/Attn/IR/AttnRegions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;
using tile::TileType;

/// Keys are divided into parts of no fewer key tiles, of the longest sequence.
static constexpr int64_t minTilesOfPart = 2;

void AttentionKernel::collectParameters() {
  takeMoves(op.getValuesMutable(), op.getOutputsMutable());
  groupRows();
  collectRows(op.getValues());
  output = addRows(op.getOutput());
  if (op.getLse())
    lse = addRows(op.getLse());
  if (grouped)
    regroup();
  collectTables();
  if (op.getSinks())
    sinks = addParameter(op.getSinks());
  if (op.getWalkRows()) {
    walkRows = addParameter(op.getWalkRows());
    walkTiles = addParameter(op.getWalkTiles());
    if (op.getWalkMasks())
      walkMasks = addParameter(op.getWalkMasks());
  }
  collectCoordinates();
  if (program.splitTo == 1)
    return;
  b.setInsertionPoint(op);
  Value items = emitNumQueryTiles();
  for (Dim dim : {dimB, dimH}) {
    Value count = extent(parameters[query], maps[0], dim);
    if (dim == dimH && program.heads > 1)
      count = arith::CeilDivSIOp::create(b, loc, count, index(program.heads));
    items = arith::MulIOp::create(b, loc, items, count);
  }
  parts = addParameter(emitNumParts(items));
}

/// Chooses to make queries that share keys rows of the same tiles.
void AttentionKernel::groupRows() {
  std::optional<KeyGroup> group = getKeyGroup(op);
  SmallVector<Value> rows = {op.getQuery()};
  llvm::append_range(rows, op.getOutputs());
  if (!group || llvm::any_of(rows, [&](Value value) {
        return moves.contains(value) ||
               !cast<MemRefType>(value.getType()).isStrided();
      }))
    return;
  int64_t boxRows = program.copiesBoxes ? program.queryTile : 0;
  if (group->queries > 1 && boxRows && !llvm::isPowerOf2_64(boxRows))
    return;
  grouped.emplace(op, *group, boxRows);
}

/// Passes queries and results in groups.
void AttentionKernel::regroup() {
  auto replace = [&](unsigned position, AffineMap map) {
    BoxedRows rows = grouped->regroup(parameters[position], map);
    parameters[position] = rows.memref;
    if (grouped->getNumRows())
      boxedRows[rows.memref] = rows;
  };
  replace(query, maps[0]);
  replace(output, maps[3]);
  if (op.getLse())
    replace(lse, maps[4]);
  auto size = dyn_cast<Value>(grouped->getSize());
  bool asksForHeads =
      !op.getScore().empty() || !op.getMask().empty() || op.getSinks();
  if (size && asksForHeads)
    memberCount = addParameter(size);
}

/// Tiles of queries of a head (of all packed sequences), computed ahead of the
/// op.
Value AttentionKernel::emitNumQueryTiles() {
  Value rows = extent(parameters[query], maps[0], dimI);
  if (std::optional<unsigned> offsets = queryOffsets())
    return emitPackedItemCount(b, loc, parameters[*offsets], rows,
                               program.queryTile);
  if (!op.getWalkRows())
    return arith::CeilDivSIOp::create(b, loc, rows, index(program.queryTile));
  Value blocks = memref::DimOp::create(b, loc, op.getWalkRows(), 2);
  return arith::MulIOp::create(
      b, loc, blocks, index((*op.getWalkShape())[0] / program.queryTile));
}

/// Into how many parts keys are divided, with so many work items otherwise: so
/// that the parts are no more than fill the machine.
Value AttentionKernel::emitNumParts(Value items) {
  Value one = index(1);
  Value all = program.splitTo ? index(program.splitTo)
                              : tile::ProcessorsOp::create(b, loc).getResult();
  Value room = arith::DivUIOp::create(
      b, loc, all, arith::MaxSIOp::create(b, loc, items, one));
  Value keys = emitNumColumns(segments[0], parameters);
  for (const Segment &segment : ArrayRef(segments).drop_front())
    keys = arith::AddIOp::create(b, loc, keys,
                                 emitNumColumns(segment, parameters));
  Value most = arith::CeilDivSIOp::create(
      b, loc, keys, index(minTilesOfPart * program.keyTile));
  return arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, room, most), one);
}

/// Which sequence, head and rows the work item has, and its views.
void AttentionKernel::emitItem() {
  batch = kernel.getGridArguments()[0];
  head = kernel.getGridArguments()[1];
  Value tile = kernel.getGridArguments()[2];
  if (program.splitTo != 1) {
    part = arith::RemUIOp::create(b, loc, tile, parameter(parts));
    tile = arith::DivUIOp::create(b, loc, tile, parameter(parts));
  }
  if (std::optional<unsigned> offsets = queryOffsets()) {
    PackedItem item = emitPackedItem(b, loc, parameter(*offsets),
                                     extent(parameter(query), maps[0], dimI),
                                     program.queryTile, tile);
    batch = item.sequence;
    tile = item.tile;
  }
  queryRows = emitQueryRows();
  Value keyHead = emitKeyHead();
  if (op.getWalkRows())
    emitWalkRow(tile);
  else
    firstRow = arith::MulIOp::create(b, loc, tile, index(program.queryTile));
  for (auto [n, segment] : llvm::enumerate(segments)) {
    emitKeys(segment, n > 0 ? &segments[n - 1] : nullptr);
    bool paged = segment.attribute.getKind() == SegmentKind::paged;
    const Segment *pages = paged ? &segment : nullptr;
    segment.keyView =
        view(segment.key, maps[1], {dimJ, dimD}, keyHead, segment.keys, pages);
    segment.valueView = view(segment.value, maps[2], {dimJ, dimE}, keyHead,
                             segment.keys, pages);
  }
}

void AttentionKernel::emitWalkRow(Value item) {
  int64_t perRow = (*op.getWalkShape())[0] / program.queryTile;
  // Rows stand in the order of their work.
  Value row = item;
  if (program.lastFirst) {
    Value rows = memref::DimOp::create(b, loc, parameter(walkRows), 2);
    Value last = arith::SubIOp::create(
        b, loc, arith::MulIOp::create(b, loc, rows, index(perRow)), index(1));
    row = item = arith::SubIOp::create(b, loc, last, item);
  }
  walkPart = index(0);
  if (perRow != 1) {
    row = arith::DivUIOp::create(b, loc, item, index(perRow));
    walkPart = arith::RemUIOp::create(b, loc, item, index(perRow));
  }
  // One for all sequences or heads, or one for each.
  SmallVector<Value> at;
  for (int64_t axis = 0; axis < 2; ++axis) {
    Value coordinate = axis == 0 ? batch : head;
    Value rows = memref::DimOp::create(b, loc, parameter(walkRows), axis);
    Value last = arith::SubIOp::create(b, loc, rows, index(1));
    at.push_back(arith::MinSIOp::create(b, loc, coordinate, last));
  }
  for (int64_t field = 0; field < 4; ++field) {
    SmallVector<Value> indices = {at[0], at[1], row, index(field)};
    walkRow[field] =
        toIndex(memref::LoadOp::create(b, loc, parameter(walkRows), indices));
  }
  firstRow =
      arith::MulIOp::create(b, loc, walkRow[0], index((*op.getWalkShape())[0]));
  if (perRow != 1)
    firstRow = arith::AddIOp::create(
        b, loc, firstRow,
        arith::MulIOp::create(b, loc, walkPart, index(program.queryTile)));
}

void AttentionKernel::emitWalk(Segment &segment) {
  if (op.getWalkRows()) {
    segment.walk = emitListedWalk(segment);
  } else {
    Value tiles = arith::CeilDivSIOp::create(b, loc, segment.keys.size,
                                             index(program.keyTile));
    if (queryRows.size) {
      // An item may have no rows.
      Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                         firstRow, queryRows.size);
      tiles = arith::SelectOp::create(b, loc, some, tiles, index(0));
    }
    segment.walk = tile::WalkRangesOp::create(
        b, loc, index(0), tiles, ArrayRef<bool>{!op.getMask().empty()});
  }
  segment.numTiles = tile::WalkSizeOp::create(b, loc, segment.walk);
}

Value AttentionKernel::emitListedWalk(const Segment &segment) {
  // Within the list, and the partial ones within those.
  auto clamp = [&](Value value, Value high) -> Value {
    value = arith::MaxSIOp::create(b, loc, value, index(0));
    return arith::MinSIOp::create(b, loc, value, high);
  };
  Value size = memref::DimOp::create(b, loc, parameter(walkTiles), 0);
  Value first = clamp(walkRow[1], size);
  Value count =
      clamp(walkRow[2], arith::SubIOp::create(b, loc, size, first).getResult());
  bool isMasked = !op.getMask().empty() || op.getWalkMasks();
  Value partials = isMasked ? clamp(walkRow[3], count) : index(0);
  int64_t keys = (*op.getWalkShape())[1];
  Value limit =
      arith::CeilDivSIOp::create(b, loc, segment.keys.size, index(keys));
  return tile::WalkListOp::create(b, loc, parameter(walkTiles), first, count,
                                  partials, limit, keys / program.keyTile);
}

Value AttentionKernel::loadQueries(Value first) {
  Value window = view(query, maps[0], {dimI, dimD}, head, queryRows);
  auto type = cast<tile::ViewType>(window.getType());
  return tile::LoadOp::create(
      b, loc,
      TileType::get({program.queryTile, channels}, type.getElementType()),
      window, ValueRange{first, index(0)});
}

/// The queries as the products take them: as they are, or in f32 and times what
/// can be folded into them.
Value AttentionKernel::emitQueries(Value first) {
  double factor = op.getScaleValue(), last = 1.0;
  bool plain = op.getScore().empty();
  if (!plain)
    getLastScaling(op.getScore().front().getTerminator(), last);
  if (program.storageTypes) {
    // What is added is divided by the factor.
    biased = factor >= 0x1p-20 && factor <= 0x1p20 && onlyAdds(op.getScore());
    plain |= biased;
    // A negative or zero factor has to come before the maximum is taken.
    bool late = plain && factor > 0;
    exponentScale = late ? factor * log2e : last * log2e;
    scoreScale = late ? 1.0 : factor;
    return loadQueries(first);
  }
  bool folds = std::abs(factor * log2e) <= maxFoldedScale;
  double folded = 1.0;
  if (folds)
    folded = plain ? factor * log2e : factor;
  exponentScale = plain && folds ? 1.0 : last * log2e;
  scoreScale = folds ? 1.0 : factor;
  return scale(loadQueries(first), folded);
}

Value AttentionKernel::emitWalkMask(Value scores, Value tile, Value entry) {
  Value firstRow =
      arith::MulIOp::create(b, loc, walkPart, index(program.getItemRows()));
  int64_t split = (*op.getWalkShape())[1] / program.keyTile;
  Value firstKey = index(0);
  if (split != 1)
    firstKey = arith::MulIOp::create(
        b, loc, arith::RemUIOp::create(b, loc, tile, index(split)),
        index(program.keyTile));
  return tile::MapOp::create(
      b, loc, scores.getType(), scores, b.getMultiDimIdentityMap(2),
      ValueRange{firstRow, firstKey},
      [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
        auto constant = [&](int64_t value) -> Value {
          return arith::ConstantIntOp::create(b, loc, value, 32);
        };
        auto shifted = [&](Value value, int64_t bits) -> Value {
          return arith::ShRUIOp::create(b, loc, value, constant(bits));
        };
        auto low = [&](Value value, int64_t mask) -> Value {
          return arith::AndIOp::create(b, loc, value, constant(mask));
        };
        auto times = [&](Value value, int64_t factor) -> Value {
          return arith::MulIOp::create(b, loc, value, constant(factor));
        };
        auto sum = [&](Value x, Value y) -> Value {
          return arith::AddIOp::create(b, loc, x, y);
        };
        Value j = arith::IndexCastOp::create(b, loc, b.getI32Type(), a[2]);
        Value word = low(shifted(j, 1), 3);
        if ((*op.getWalkShape())[1] > 128)
          word = sum(times(shifted(j, 7), 4), word);
        Value bit = sum(times(low(shifted(j, 3), 15), 2), low(j, 1));
        word = arith::IndexCastOp::create(b, loc, b.getIndexType(), word);
        Value bits = tile::GatherOp::create(b, loc, parameter(walkMasks),
                                            ValueRange{entry, a[1], word});
        bits = low(arith::ShRUIOp::create(b, loc, bits, bit), 1);
        Value keep = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                           bits, constant(0));
        return arith::SelectOp::create(b, loc, keep, a[0], negativeInfinity(b));
      });
}

/// Whether a float in the body of a map may be so large that a factor makes it
/// infinite, as biases that stand for a mask are: it is made of a very large
/// constant, or of numbers that are read for each row or column. A product of
/// coordinates and a number of the head, as ALiBi's, is none; `member`: the
/// head, if it depends on the row.
static bool mayBeHuge(Value value, tile::MapOp map, Value member) {
  llvm::SmallDenseSet<std::pair<Value, unsigned>> seen;
  // Of an index: whether it depends on coordinates.
  auto isHuge = [&](auto &self, Value value, bool isIndex) -> bool {
    if (value == member)
      return false;
    if (!seen.insert({value, isIndex}).second)
      return false;
    if (auto argument = dyn_cast<BlockArgument>(value))
      return isIndex && llvm::is_contained(map.getCoordinates(), argument);
    Operation *op = value.getDefiningOp();
    APFloat constant(0.0);
    if (!isIndex && matchPattern(value, m_ConstantFloat(&constant)))
      return std::abs(constant.convertToDouble()) >= 0x1p100;
    if (op->getBlock() != &map.getBlock())
      return false;
    isIndex |= isa<tile::GatherOp>(op);
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      return (isIndex || isa<FloatType>(operand.getType())) &&
             !isa<MemRefType>(operand.getType()) &&
             self(self, operand, isIndex);
    });
  };
  return isHuge(isHuge, value, false);
}

/// What a region that only adds adds to the score tile at `at`, over the scale.
Value AttentionKernel::emitBias(ValueRange at) {
  Value none = tile::SplatOp::create(
      b, loc, tileType({program.queryTile, program.keyTile}), number(0));
  Value bias = emitRegion(none, op.getScore(), scoreCaptures, at, false);
  auto map = bias.getDefiningOp<tile::MapOp>();
  OpBuilder::InsertionGuard guard(b);
  Operation *yield = map.getBlock().getTerminator();
  b.setInsertionPoint(yield);
  auto constant = [&](float value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  };
  Value added = yield->getOperand(0);
  double inverse = 1.0 / op.getScaleValue();
  auto scaled = arith::MulFOp::create(b, loc, added, constant(inverse));
  yield->setOperand(0, scaled);
  if (allowsApproximations())
    scaled.setFastmath(arith::FastMathFlags::reassoc);
  if (inverse <= 1.0 ||
      (allowsApproximations() && !mayBeHuge(added, map, member)))
    return bias;
  // What is finite stays so: the lowest number is no mask, minus infinity is.
  constexpr float largest = std::numeric_limits<float>::max();
  Value bounded = arith::MaxNumFOp::create(b, loc, scaled, constant(-largest));
  bounded = arith::MinNumFOp::create(b, loc, bounded, constant(largest));
  Value isFinite =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT,
                            math::AbsFOp::create(b, loc, added).getResult(),
                            constant(std::numeric_limits<float>::infinity()));
  yield->setOperand(0,
                    arith::SelectOp::create(b, loc, isFinite, bounded, added));
  return bias;
}

/// The score region on the tile at `at`, but for a constant that it multiplies
/// by at last: that is part of the exponent's scale.
Value AttentionKernel::emitScoreRegion(Value scores, ValueRange at) {
  Value result =
      emitRegion(scores, op.getScore(), scoreCaptures, at, /*isMask=*/false);
  Operation *yield =
      result.getDefiningOp<tile::MapOp>().getBlock().getTerminator();
  double factor = 1.0;
  if (Operation *product = getLastScaling(yield, factor)) {
    yield->setOperand(0, product->getOperand(0));
    if (product->use_empty())
      product->erase();
  }
  return result;
}

/// Scores of the tile of keys that starts at `first`, before the mask.
Value AttentionKernel::emitScores(const Segment &segment, Value first,
                                  ValueRange at) {
  auto type = cast<tile::ViewType>(segment.keyView.getType());
  Value keys = tile::LoadOp::create(
      b, loc, TileType::get({program.keyTile, channels}, type.getElementType()),
      segment.keyView, ValueRange{first, index(0)});
  Value start =
      biased ? emitBias(at)
             : tile::SplatOp::create(
                   b, loc, tileType({program.queryTile, program.keyTile}),
                   number(0));
  Value scores =
      tile::DotOp::create(b, loc, queries, keys, start, /*transposeB=*/true);
  if (scoreScale == 1.0)
    return scores;
  return map({scores}, [&](OpBuilder &b, ValueRange a) -> Value {
    Value factor =
        arith::ConstantOp::create(b, loc, b.getF32FloatAttr(scoreScale));
    return arith::MulFOp::create(b, loc, a[0], factor);
  });
}

/// Softmax is the same by any number that is subtracted from a row's scores.
/// Where a score region bounds them, as a soft cap does, and approximations are
/// allowed, that is a constant instead of the maximum, which need not be found
/// then, nor sums be scaled when it grows. Of the bits between the bounds a
/// third lies above it and two thirds below: of 150 that is weights of 2^50 at
/// most and 2^-100 at least. An lse is then as exact as the constant, which is
/// enough beside products of bf16, but not of f32.
void AttentionKernel::choosePivot() {
  constexpr double mostBits = 150.0;
  if (!program.storageTypes || op.getScore().empty() || biased ||
      op.getSinks() || !allowsApproximations())
    return;
  auto yield = cast<YieldOp>(op.getScore().front().getTerminator());
  std::optional<std::pair<double, double>> bounds = getBounds(yield.getValue());
  Type values = getElementTypeOrSelf(op.getValues()[0].getType());
  Type probability = op.getNumerics()->getProbability();
  if (!bounds || (bounds->second - bounds->first) * log2e > mostBits ||
      values.isF16() || (probability && probability.isF16()))
    return;
  auto [low, high] = *bounds;
  pivot = (high - (high - low) / 3.0) * log2e;
}

/// The sum l and the maximum m of a row that begins with `sink`: a weight of 1,
/// or none where it is minus infinity. `isFirst` is false in parts of the keys
/// that do not count it; null: all do.
std::pair<Value, Value> AttentionKernel::emitSink(OpBuilder &b, Value sink,
                                                  Value isFirst) {
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  };
  Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sink,
                                     negativeInfinity(b));
  Value l = arith::SelectOp::create(b, loc, none, number(0), number(1));
  // The maximum is kept in the unit of the scores that are formed:
  // exponentScale of them make one in base 2.
  double unit = log2e / exponentScale;
  Value m = sink;
  if (unit != 1.0)
    m = arith::MulFOp::create(b, loc, sink, number(unit));
  if (isFirst) {
    m = arith::SelectOp::create(b, loc, isFirst, m, negativeInfinity(b));
    l = arith::SelectOp::create(b, loc, isFirst, l, number(0));
  }
  return {l, m};
}

/// (o, m, l): nothing summed, or the sink of the row's head.
SmallVector<Value> AttentionKernel::emitInitialState() {
  TileType rows = tileType({program.queryTile});
  Value m = negativeInfinity(b), l = number(0), isFirst;
  if (op.getSinks() && part)
    isFirst =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, part, index(0));
  bool sinksPerRow =
      grouped && grouped->getGroup().dim == dimH && op.getSinks();
  if (op.getSinks() && !sinksPerRow)
    std::tie(l, m) = emitSink(
        b, memref::LoadOp::create(b, loc, parameter(sinks), head), isFirst);
  if (pivot)
    m = number(*pivot / exponentScale);
  if (op.getWalkRows()) {
    // A row that says that it is invalid.
    Value invalid = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          walkRow[2], index(0));
    l = arith::SelectOp::create(
        b, loc, invalid, number(std::numeric_limits<double>::quiet_NaN()), l);
  }
  Value o = tile::SplatOp::create(
      b, loc, tileType({program.queryTile, valueChannels}), number(0));
  Value maxima = tile::SplatOp::create(b, loc, rows, m),
        sums = tile::SplatOp::create(b, loc, rows, l);
  auto fromSinks = [&](Value tile, auto choose) -> Value {
    return tile::MapOp::create(
        b, loc, rows, tile, b.getMultiDimIdentityMap(1), ValueRange{firstRow},
        [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
          Value h = emitRowCoordinates(b, a[1]).h;
          Value sink = tile::GatherOp::create(b, loc, parameter(sinks), h);
          return choose(emitSink(b, sink, isFirst));
        });
  };
  if (sinksPerRow) {
    maxima = fromSinks(maxima, [](auto state) { return state.second; });
    sums = fromSinks(sums, [](auto state) { return state.first; });
  }
  return {o, maxima, sums};
}

/// The weights of a tile's scores by the maximum of the rows so far, and those
/// of what was summed up by the maximum `m`.
AttentionKernel::Weights AttentionKernel::emitWeights(Value s, Value m) {
  TileType rows = tileType({program.queryTile});
  Value top = tile::ReduceOp::create(b, loc, rows, tile::ReduceKind::max, s,
                                     static_cast<int64_t>(1));
  Value newM = map({m, top}, [&](OpBuilder &b, ValueRange a) -> Value {
    return arith::MaxNumFOp::create(b, loc, a[0], a[1]);
  });
  // A row without any weight yet has the maximum -inf; it is not subtracted.
  Value base = map({newM}, [&](OpBuilder &b, ValueRange a) -> Value {
    Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, a[0],
                                       negativeInfinity(b));
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    return arith::SelectOp::create(b, loc, none, zero, a[0]);
  });
  auto weight = [&](OpBuilder &b, ValueRange a) -> Value {
    Value x = arith::SubFOp::create(b, loc, a[0], a[1]);
    if (exponentScale != 1.0) {
      Value factor =
          arith::ConstantOp::create(b, loc, b.getF32FloatAttr(exponentScale));
      x = arith::MulFOp::create(b, loc, x, factor);
    }
    return exp2(b, x);
  };
  Value ofSums = map({m, base}, weight);
  return {mapRows(s, base, weight), ofSums, newM};
}

/// The same by a pivot: nothing changes from tile to tile.
AttentionKernel::Weights AttentionKernel::emitPivotedWeights(Value s) {
  Value weights = map({s}, [&](OpBuilder &b, ValueRange a) -> Value {
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
    };
    return exp2(b, math::FmaOp::create(b, loc, a[0], number(exponentScale),
                                       number(-*pivot)));
  });
  return {weights, Value(), Value()};
}

/// One key tile of the online softmax.
SmallVector<Value> AttentionKernel::emitStep(const Segment &segment,
                                             Value position, ValueRange state) {
  auto at = tile::WalkAtOp::create(b, loc, segment.walk, position);
  Value first =
      arith::MulIOp::create(b, loc, at.getTile(), index(program.keyTile));
  Value i0 = firstRow, j0 = first;
  if (segment.base)
    j0 = arith::AddIOp::create(b, loc, j0, segment.base);
  if (!origin.empty()) {
    i0 = arith::AddIOp::create(b, loc, i0, parameter(origin[2]));
    j0 = arith::AddIOp::create(b, loc, j0, parameter(origin[3]));
  }
  Value s = emitScores(segment, first, {i0, j0});
  if (!op.getScore().empty() && !biased)
    s = emitScoreRegion(s, {i0, j0});
  if (op.getWalkMasks()) {
    Value entry = tile::WalkEntryOp::create(b, loc, segment.walk, position);
    s = emitIfPartial(s, at.getPartial(),
                      [&] { return emitWalkMask(s, at.getTile(), entry); });
  } else {
    s = emitMask(s, at.getPartial(), {i0, j0});
  }

  Value o = state[0], m = state[1], l = state[2];
  Weights weights = pivot ? emitPivotedWeights(s) : emitWeights(s, m);
  TileType rows = tileType({program.queryTile});
  Value sum = tile::ReduceOp::create(b, loc, rows, tile::ReduceKind::add,
                                     weights.ofScores, static_cast<int64_t>(1));
  Value newL;
  if (weights.ofSums)
    newL =
        map({l, weights.ofSums, sum}, [&](OpBuilder &b, ValueRange a) -> Value {
          return math::FmaOp::create(b, loc, a[0], a[1], a[2]);
        });
  else
    newL = map({l, sum}, [&](OpBuilder &b, ValueRange a) -> Value {
      return arith::AddFOp::create(b, loc, a[0], a[1]);
    });
  auto type = cast<tile::ViewType>(segment.valueView.getType());
  Value values = tile::LoadOp::create(
      b, loc,
      TileType::get({program.keyTile, valueChannels}, type.getElementType()),
      segment.valueView, ValueRange{first, index(0)});
  if (weights.ofSums)
    o = mapRows(o, weights.ofSums, [&](OpBuilder &b, ValueRange a) -> Value {
      return arith::MulFOp::create(b, loc, a[0], a[1]);
    });
  Value p = weights.ofScores;
  if (op.getNumerics() && op.getNumerics()->getProbability())
    p = convert(p, op.getNumerics()->getProbability());
  else if (program.storageTypes)
    p = convert(p, type.getElementType());
  Value newO = tile::DotOp::create(b, loc, p, values, o);
  return {newO, weights.maximum ? weights.maximum : m, newL};
}

/// Divides by the sum of the weights and stores o and lse.
void AttentionKernel::emitResult(ValueRange state) {
  Value o = state[0], m = state[1], l = state[2];
  auto isZero = [&](OpBuilder &b, Value x) -> Value {
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, zero);
  };
  Value inverse = map({l}, [&](OpBuilder &b, ValueRange a) -> Value {
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1));
    Value quotient = arith::DivFOp::create(b, loc, one, a[0]);
    return arith::SelectOp::create(b, loc, isZero(b, a[0]), zero, quotient);
  });
  Value mean = mapRows(o, inverse, [&](OpBuilder &b, ValueRange a) -> Value {
    return arith::MulFOp::create(b, loc, a[0], a[1]);
  });
  Value window = view(output, maps[3], {dimI, dimE}, head, queryRows);
  mean = convert(mean, cast<tile::ViewType>(window.getType()).getElementType());
  tile::StoreOp::create(b, loc, mean, window, ValueRange{firstRow, index(0)});
  if (!op.getLse())
    return;
  // lse = m * exponentScale * ln 2 + log2(l) * ln 2.
  const double ln2 = 0.6931471805599453;
  Value total = map({m, l}, [&](OpBuilder &b, ValueRange a) -> Value {
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
    };
    // l is from 1 to the number of keys: an absolute error is what counts.
    Value x = math::Log2Op::create(b, loc, a[1], arith::FastMathFlags::afn);
    x = arith::MulFOp::create(b, loc, x, number(ln2));
    double unit = exponentScale * ln2;
    if (std::abs(unit - 1.0) > 1e-12)
      x = math::FmaOp::create(b, loc, a[0], number(unit), x);
    else
      x = arith::AddFOp::create(b, loc, x, a[0]);
    return arith::SelectOp::create(b, loc, isZero(b, a[1]), negativeInfinity(b),
                                   x);
  });
  tile::StoreOp::create(b, loc, total,
                        view(lse, maps[4], {dimI}, head, queryRows),
                        ValueRange{firstRow});
}

Value AttentionKernel::emitRowsLeft() {
  Value rows =
      queryRows.size ? queryRows.size : extent(parameter(query), maps[0], dimI);
  if (std::optional<int64_t> known =
          grouped ? grouped->getNumRows() : std::nullopt)
    rows = index(*known);
  return arith::SubIOp::create(b, loc, rows, firstRow);
}

/// The result of the last work item of those that share the keys.
void AttentionKernel::emitCombined(ValueRange state) {
  Value rows = emitRowsLeft();
  auto combined = tile::CombineOp::create(
      b, loc, state[0].getType(), state[1].getType(), state[2].getType(),
      b.getI1Type(), state[0], state[1], state[2], part, parameter(parts), rows,
      b.getF64FloatAttr(exponentScale));
  auto last = scf::IfOp::create(b, loc, combined.getLast());
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(last.thenBlock());
  emitResult(combined.getResults().drop_back());
}

void AttentionKernel::emitBody() {
  queries = emitQueries(firstRow);
  choosePivot();
  for (Segment &segment : segments)
    emitWalk(segment);
  SmallVector<Value> sums = emitInitialState();
  for (const Segment &segment : segments)
    sums = emitKeyLoop(segment, sums);
  if (part)
    emitCombined(sums);
  else
    emitResult(sums);
}

tile::KernelOp AttentionKernel::emit(Operation *before, StringRef name) {
  collectParameters();
  auto queryType = cast<MemRefType>(op.getQuery().getType());
  auto valueType = cast<MemRefType>(op.getValues()[0].getType());
  channels = queryType.getDimSize(*axisOf(maps[0], dimD));
  valueChannels = valueType.getDimSize(*axisOf(maps[2], dimE));
  // Tiles may end beyond the memrefs, where they hold zeros.
  channels = llvm::alignTo(channels, program.channelStep);
  valueChannels = llvm::alignTo(valueChannels, program.channelStep);

  createKernel(before, name, op.getScheduleAttr());
  emitItem();
  if (program.tailTile == 0) {
    emitBody();
  } else {
    Value many = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                       emitRowsLeft(), index(program.tailTile));
    auto branch = scf::IfOp::create(b, loc, many, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitBody();
    b.setInsertionPointToStart(branch.elseBlock());
    std::swap(program.queryTile, program.tailTile);
    emitBody();
    std::swap(program.queryTile, program.tailTile);
    b.setInsertionPointAfter(branch);
  }
  tile::ReturnOp::create(b, loc);
  replaceIndexOps(kernel);
  emitLaunch(op);
  return kernel;
}

SmallVector<Value> AttentionKernel::emitKeyLoop(const Segment &segment,
                                                ValueRange state) {
  Value low = index(0), high = segment.numTiles;
  if (part) {
    // Each part has as many tiles of this sequence's walk, the last ones fewer.
    Value share = arith::CeilDivSIOp::create(b, loc, high, parameter(parts));
    low = arith::MinSIOp::create(
        b, loc, arith::MulIOp::create(b, loc, part, share), high);
    high = arith::MinSIOp::create(
        b, loc, arith::AddIOp::create(b, loc, low, share), high);
  }
  auto loop = scf::ForOp::create(
      b, loc, low, high, index(1), state,
      [&](OpBuilder &nested, Location, Value position, ValueRange state) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        scf::YieldOp::create(b, loc, emitStep(segment, position, state));
      });
  b.setInsertionPointAfter(loop);
  return loop.getResults();
}

void AttentionKernel::emitLaunch(Operation *before) {
  b.setInsertionPoint(before);
  Value sequences =
      queryOffsets() ? index(1) : extent(parameters[query], maps[0], dimB);
  Value tiles = emitNumQueryTiles();
  if (part)
    tiles = arith::MulIOp::create(b, loc, tiles, parameters[parts]);
  launch({sequences, extent(parameters[query], maps[0], dimH), tiles});
}
