//===- AttnToTile.cpp - Attention to kernels on tiles ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexOps.h"
#include "Sequences.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include <cmath>

namespace fovea {
#define GEN_PASS_DEF_ATTNTOTILE
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;
using tile::TileType;

namespace {

/// Dimensions of the iteration space (b, h, i, j, d, e).
enum Dim : unsigned { dimB, dimH, dimI, dimJ, dimD, dimE };

/// Largest factor that is folded into the queries: with it, products of finite
/// queries and keys overflow no earlier than the scores themselves by more than
/// a few powers of two.
constexpr double maxFoldedScale = 16.0;

/// Products of storage types take channels in steps of so many.
constexpr int64_t storedStep = 16;

/// Keys are divided into parts of no fewer key tiles, of the longest sequence.
constexpr int64_t minTilesOfPart = 2;

/// What a target's schedule says about the program.
struct Program {
  int64_t queryTile, keyTile;
  /// Rows of the tiles of work items with no more rows; 0 if there are none.
  int64_t tailTile;
  /// Up to how many work items there are where keys are divided (see
  /// ScheduleAttrInterface).
  int64_t splitTo;
  /// Queries, keys, values and weights enter products as they are in memory.
  bool storageTypes;
  /// Work items of the last queries are taken first.
  bool lastFirst;

  /// Rows of a work item, also while its smaller tiles are emitted.
  int64_t getItemRows() const { return std::max(queryTile, tailTile); }
};

/// Keys and values of one segment: positions of parameters, then values of the
/// kernel for its sequence.
struct Segment {
  SegmentAttr attribute;
  unsigned key, value;
  std::optional<unsigned> length, start;
  SmallVector<unsigned, 2> tables;

  Value numKeys, keyView, valueView, walk, numTiles;
  /// Coordinate of the first key; null: 0.
  Value base;
};

/// Emits the kernel of one attention op.
class KernelEmitter {
public:
  KernelEmitter(AttentionOp op, Program program)
      : op(op), loc(op.getLoc()), b(op.getContext()), program(program),
        maps(op.getIndexingMapsArray()) {}

  /// Makes the kernel before `before`, and the launch before the op.
  tile::KernelOp emit(Operation *before, StringRef name);

private:
  //===--------------------------------------------------------------------===//
  // Parameters
  //===--------------------------------------------------------------------===//

  /// Passes `value` to the kernel; returns its position.
  unsigned addParameter(Value value) {
    parameters.push_back(value);
    return parameters.size() - 1;
  }
  Value parameter(unsigned position) {
    return kernel.getBlock().getArgument(position);
  }
  void collectParameters();
  Value emitNumQueryTiles();
  Value emitNumParts(Value items);
  void emitLaunch(Operation *before);

  //===--------------------------------------------------------------------===//
  // Scalars
  //===--------------------------------------------------------------------===//

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value number(double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  Value negativeInfinity(OpBuilder &b) {
    return arith::ConstantOp::create(
        b, loc, b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  }
  /// Size of the dimension of a memref that `map` gives for `dim`; 1 if it has
  /// none (it is shared).
  Value extent(Value memref, AffineMap map, Dim dim) {
    int64_t axis = axisOf(map, dim);
    if (axis < 0)
      return index(1);
    return memref::DimOp::create(b, loc, memref, axis);
  }
  static int64_t axisOf(AffineMap map, unsigned dim) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) == dim)
        return axis;
    return -1;
  }
  Value toIndex(Value value) {
    if (value.getType().isIndex())
      return value;
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
  }
  /// Row offsets of packed queries; null if there are none.
  std::optional<unsigned> queryOffsets() {
    if (segments[0].attribute.getKind() != SegmentKind::packed)
      return std::nullopt;
    return segments[0].tables[0];
  }
  void emitItem();
  void emitSegment(Segment &segment, const Segment *before);
  /// The row of the walk that the work item with coordinate `item` computes:
  /// the queries, and the list of key tiles.
  void emitWalkRow(Value item);
  /// All key tiles of a segment, or those that the row lists.
  void emitWalk(Segment &segment);
  Value emitListedWalk(const Segment &segment);

  //===--------------------------------------------------------------------===//
  // Tiles
  //===--------------------------------------------------------------------===//

  TileType tileType(ArrayRef<int64_t> shape) {
    return TileType::get(shape, b.getF32Type());
  }
  AffineMap rowMap() { return AffineMap::get(2, 0, {b.getAffineDimExpr(0)}); }

  /// A window of the memref at `position` whose axes are `dims`, at batch b and
  /// head `head`: the rows given, or through the pages of a segment.
  Value view(unsigned position, AffineMap map, ArrayRef<Dim> dims, Value head,
             Rows rows, const Segment *pages = nullptr);

  using Body = function_ref<Value(OpBuilder &, ValueRange)>;
  /// Element by element on tiles of the same shape.
  Value map(ArrayRef<Value> inputs, Body body, Type element = {});
  /// The second input has one element for each row.
  Value mapRows(Value input, Value row, Body body);
  Value convert(Value tile, Type element);
  Value exp2(OpBuilder &b, Value x) { return math::Exp2Op::create(b, loc, x); }

  Value loadQueries(Value first);
  Value emitQueries(Value first);
  Value emitScores(const Segment &segment, Value first, ValueRange at);
  Value emitRegion(Value scores, Region &region, ArrayRef<unsigned> captures,
                   ValueRange origin, bool isMask);
  Value emitBias(ValueRange at);
  /// The scores of a key tile, masked by the bits of a listed walk's entry.
  Value emitWalkMask(Value scores, Value tile, Value entry);
  bool allowsApproximations() {
    NumericsAttr numerics = op.getNumericsAttr();
    return numerics && numerics.getMath() == MathMode::approximate;
  }
  SmallVector<Value> emitInitialState();
  SmallVector<Value> emitStep(const Segment &segment, Value position,
                              ValueRange state);
  SmallVector<Value> emitKeyLoop(const Segment &segment, ValueRange state);
  /// The program of a work item on tiles of `program.queryTile` rows.
  void emitBody();
  void emitResult(ValueRange state);
  /// Rows of the queries from the work item's first one on.
  Value emitRowsLeft();
  void emitCombined(ValueRange state);

  AttentionOp op;
  Location loc;
  OpBuilder b;
  Program program;
  SmallVector<AffineMap> maps;
  SmallVector<Value> parameters;
  tile::KernelOp kernel;

  // Positions of parameters.
  unsigned query, output, lse, sinks, walkRows, walkTiles, walkMasks, parts;
  SmallVector<Segment, 1> segments;
  SmallVector<unsigned> origin, scoreCaptures, maskCaptures;

  // Values of the kernel. `part` is null where keys are not divided.
  Value part;
  Value batch, head, keyHead, firstRow, queries;
  /// Of the sequence, if they are packed.
  Rows queryRows;
  /// Fields of the row of a listed walk: tile of queries, first entry, number
  /// of entries, partial ones; and which of the row's parts it is.
  Value walkRow[4], walkPart;
  /// Of a tile.
  int64_t channels, valueChannels;
  /// Factor on scores in `tile` before exp2: 1 if folded into the queries.
  double exponentScale = 1.0;
  /// Factor on q . k that is not folded into the queries.
  double scoreScale = 1.0;
  /// The score region only adds to q . k: what it adds over the scale is where
  /// the product's sums start.
  bool biased = false;
};

} // namespace

void KernelEmitter::collectParameters() {
  query = addParameter(op.getQuery());
  auto lengths = op.getLengths().begin(), tables = op.getTables().begin(),
       starts = op.getStarts().begin();
  for (auto [attribute, key, value] :
       llvm::zip(op.getSegments().getAsRange<SegmentAttr>(), op.getKeys(),
                 op.getValues())) {
    Segment segment;
    segment.attribute = attribute;
    segment.key = addParameter(key);
    segment.value = addParameter(value);
    segments.push_back(segment);
  }
  output = addParameter(op.getOutput());
  if (op.getLse())
    lse = addParameter(op.getLse());
  for (Segment &segment : segments) {
    for (unsigned n = 0; n < segment.attribute.getNumTables(); ++n)
      segment.tables.push_back(addParameter(*tables++));
    if (segment.attribute.getHasLengths())
      segment.length = addParameter(*lengths++);
  }
  if (op.getSinks())
    sinks = addParameter(op.getSinks());
  if (op.getWalkRows()) {
    walkRows = addParameter(op.getWalkRows());
    walkTiles = addParameter(op.getWalkTiles());
    if (op.getWalkMasks())
      walkMasks = addParameter(op.getWalkMasks());
  }
  for (Segment &segment : segments)
    if (segment.attribute.getHasStart())
      segment.start = addParameter(*starts++);
  for (Value coordinate : op.getOrigin())
    origin.push_back(addParameter(coordinate));
  for (Value capture : op.getScoreCaptures())
    scoreCaptures.push_back(addParameter(capture));
  for (Value capture : op.getMaskCaptures())
    maskCaptures.push_back(addParameter(capture));
  if (program.splitTo == 1)
    return;
  b.setInsertionPoint(op);
  Value items = emitNumQueryTiles();
  for (Dim dim : {dimB, dimH})
    items = arith::MulIOp::create(b, loc, items,
                                  extent(op.getQuery(), maps[0], dim));
  parts = addParameter(emitNumParts(items));
}

/// Tiles of queries of a head (of all packed sequences), computed ahead of the
/// op.
Value KernelEmitter::emitNumQueryTiles() {
  Value rows = extent(op.getQuery(), maps[0], dimI);
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
Value KernelEmitter::emitNumParts(Value items) {
  Value one = index(1);
  Value all = program.splitTo ? index(program.splitTo)
                              : tile::ProcessorsOp::create(b, loc).getResult();
  Value room = arith::DivUIOp::create(
      b, loc, all, arith::MaxSIOp::create(b, loc, items, one));
  Value keys = extent(op.getKeys()[0], maps[1], dimJ);
  auto segment = cast<SegmentAttr>(op.getSegments()[0]);
  if (segment.getKind() == SegmentKind::paged)
    keys = arith::MulIOp::create(
        b, loc, memref::DimOp::create(b, loc, op.getTables()[0], 1),
        index(segment.getPageSize()));
  Value most = arith::CeilDivSIOp::create(
      b, loc, keys, index(minTilesOfPart * program.keyTile));
  return arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, room, most), one);
}

/// Which sequence, head and rows the work item has.
void KernelEmitter::emitItem() {
  batch = kernel.getGridArguments()[0];
  head = kernel.getGridArguments()[1];
  Value tile = kernel.getGridArguments()[2];
  if (program.splitTo != 1) {
    part = arith::RemUIOp::create(b, loc, tile, parameter(parts));
    tile = arith::DivUIOp::create(b, loc, tile, parameter(parts));
  }
  if (std::optional<unsigned> offsets = queryOffsets()) {
    Value rows = extent(parameter(query), maps[0], dimI);
    PackedItem item = emitPackedItem(b, loc, parameter(*offsets), rows,
                                     program.queryTile, tile);
    batch = item.sequence;
    tile = item.tile;
    queryRows = emitRows(b, loc, parameter(*offsets), batch, rows);
  }
  Value group =
      arith::DivUIOp::create(b, loc, extent(parameter(query), maps[0], dimH),
                             extent(parameter(segments[0].key), maps[1], dimH));
  keyHead = arith::DivUIOp::create(b, loc, head, group);
  if (op.getWalkRows())
    emitWalkRow(tile);
  else
    firstRow = arith::MulIOp::create(b, loc, tile, index(program.queryTile));
}

/// Number and coordinates of a segment's keys in this sequence, and its views.
void KernelEmitter::emitSegment(Segment &segment, const Segment *before) {
  Value all = extent(parameter(segment.key), maps[1], dimJ);
  Rows rows = {{}, all};
  bool paged = segment.attribute.getKind() == SegmentKind::paged;
  if (paged) {
    Value pages =
        memref::DimOp::create(b, loc, parameter(segment.tables[0]), 1);
    rows.size = arith::MulIOp::create(b, loc, pages,
                                      index(segment.attribute.getPageSize()));
  } else if (segment.attribute.getKind() == SegmentKind::packed) {
    rows = emitRows(b, loc, parameter(segment.tables[1]), batch, all);
  }
  if (segment.length)
    rows.size =
        emitLength(b, loc, parameter(*segment.length), batch, rows.size);
  segment.numKeys = rows.size;
  if (segment.start) {
    segment.base = parameter(*segment.start);
  } else if (before) {
    segment.base = before->numKeys;
    if (before->base)
      segment.base =
          arith::AddIOp::create(b, loc, before->base, before->numKeys);
  }
  const Segment *pages = paged ? &segment : nullptr;
  segment.keyView =
      view(segment.key, maps[1], {dimJ, dimD}, keyHead, rows, pages);
  segment.valueView =
      view(segment.value, maps[2], {dimJ, dimE}, keyHead, rows, pages);
}

void KernelEmitter::emitWalkRow(Value item) {
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

void KernelEmitter::emitWalk(Segment &segment) {
  if (op.getWalkRows()) {
    segment.walk = emitListedWalk(segment);
  } else {
    Value tiles = arith::CeilDivSIOp::create(b, loc, segment.numKeys,
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

Value KernelEmitter::emitListedWalk(const Segment &segment) {
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
      arith::CeilDivSIOp::create(b, loc, segment.numKeys, index(keys));
  return tile::WalkListOp::create(b, loc, parameter(walkTiles), first, count,
                                  partials, limit, keys / program.keyTile);
}

Value KernelEmitter::view(unsigned position, AffineMap map, ArrayRef<Dim> dims,
                          Value head, Rows rows, const Segment *pages) {
  auto type = cast<MemRefType>(parameter(position).getType());
  SmallVector<Value> indices;
  SmallVector<int64_t> axes, shape;
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dimB && !pages)
      indices.push_back(batch);
    else if (map.getDimPosition(axis) == dimH)
      indices.push_back(head);
  for (Dim dim : dims) {
    axes.push_back(axisOf(map, dim));
    shape.push_back(type.getDimSize(axes.back()));
  }
  if (rows.size)
    shape[0] = ShapedType::kDynamic;
  Value table;
  SmallVector<Value, 1> sequence;
  IntegerAttr pageSize, pageDim;
  if (pages) {
    table = parameter(pages->tables[0]);
    sequence.push_back(batch);
    pageSize = b.getI64IntegerAttr(pages->attribute.getPageSize());
    pageDim = b.getI64IntegerAttr(axisOf(map, dimB));
  }
  return tile::ViewOp::create(
      b, loc, tile::ViewType::get(shape, type.getElementType()),
      parameter(position), indices, rows.first, rows.size, table, sequence,
      b.getDenseI64ArrayAttr(axes), pageSize, pageDim);
}

Value KernelEmitter::map(ArrayRef<Value> inputs, Body body, Type element) {
  auto type = cast<TileType>(inputs[0].getType());
  if (element)
    type = TileType::get(type.getShape(), element);
  SmallVector<AffineMap> maps(inputs.size(),
                              b.getMultiDimIdentityMap(type.getRank()));
  return tile::MapOp::create(
      b, loc, type, inputs, maps, ValueRange{},
      [&](OpBuilder &b, Location, ValueRange a) { return body(b, a); });
}

Value KernelEmitter::mapRows(Value input, Value row, Body body) {
  return tile::MapOp::create(
      b, loc, input.getType(), ValueRange{input, row},
      ArrayRef<AffineMap>{b.getMultiDimIdentityMap(2), rowMap()}, ValueRange{},
      [&](OpBuilder &b, Location, ValueRange a) { return body(b, a); });
}

/// extf or truncf, by way of f32 between types of the same width.
static Value convertScalar(OpBuilder &b, Location loc, Value value, Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned width = to.getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from < width)
    return arith::ExtFOp::create(b, loc, to, value);
  return arith::TruncFOp::create(b, loc, to, value);
}

Value KernelEmitter::convert(Value tile, Type element) {
  if (cast<TileType>(tile.getType()).getElementType() == element)
    return tile;
  return map(
      {tile},
      [&](OpBuilder &b, ValueRange a) {
        return convertScalar(b, loc, a[0], element);
      },
      element);
}

Value KernelEmitter::loadQueries(Value first) {
  Value window = view(query, maps[0], {dimI, dimD}, head, queryRows);
  auto type = cast<tile::ViewType>(window.getType());
  return tile::LoadOp::create(
      b, loc,
      TileType::get({program.queryTile, channels}, type.getElementType()),
      window, ValueRange{first, index(0)});
}

/// Functions of the body may be replaced by less accurate ones, and sums and
/// products may be ordered anew.
static void allowApproximations(tile::MapOp map) {
  map.walk([](arith::ArithFastMathInterface op) {
    arith::FastMathFlagsAttr flags = op.getFastMathFlagsAttr();
    if (!flags) // A conversion.
      return;
    auto more = arith::FastMathFlags::reassoc;
    if (isa<math::MathDialect>(op->getDialect()))
      more = more | arith::FastMathFlags::afn;
    op->setAttr(op.getFastMathAttrName(),
                arith::FastMathFlagsAttr::get(op.getContext(),
                                              flags.getValue() | more));
  });
}

/// The queries as the products take them: as they are, or in f32 and times what
/// can be folded into them.
Value KernelEmitter::emitQueries(Value first) {
  double scale = op.getScaleValue();
  const double log2e = 1.4426950408889634;
  bool plain = op.getScore().empty();
  if (program.storageTypes) {
    // What is added is divided by the scale.
    biased = scale >= 0x1p-20 && scale <= 0x1p20 && onlyAdds(op.getScore());
    plain |= biased;
    // A negative or zero factor has to come before the maximum is taken.
    bool late = plain && scale > 0;
    exponentScale = late ? scale * log2e : log2e;
    scoreScale = late ? 1.0 : scale;
    return loadQueries(first);
  }
  bool folds = std::abs(scale * log2e) <= maxFoldedScale;
  double folded = 1.0;
  if (folds)
    folded = plain ? scale * log2e : scale;
  exponentScale = plain && folds ? 1.0 : log2e;
  scoreScale = folds ? 1.0 : scale;
  return map(
      {loadQueries(first)},
      [&](OpBuilder &b, ValueRange a) -> Value {
        Value x = convertScalar(b, loc, a[0], b.getF32Type());
        if (folded == 1.0)
          return x;
        Value factor =
            arith::ConstantOp::create(b, loc, b.getF32FloatAttr(folded));
        return arith::MulFOp::create(b, loc, x, factor);
      },
      b.getF32Type());
}

/// A score or mask region as a map of the score tile at `at` = (i, j).
Value KernelEmitter::emitRegion(Value scores, Region &region,
                                ArrayRef<unsigned> captures, ValueRange at,
                                bool isMask) {
  SmallVector<Value> tables = llvm::map_to_vector(
      captures, [&](unsigned position) { return parameter(position); });
  Value b0 = batch, h0 = head;
  if (!origin.empty()) {
    b0 = arith::AddIOp::create(b, loc, batch, parameter(origin[0]));
    h0 = arith::AddIOp::create(b, loc, head, parameter(origin[1]));
  }
  auto read = [](OpBuilder &b, Location loc, Value table, ValueRange indices) {
    return tile::GatherOp::create(b, loc, table, indices).getResult();
  };
  auto map = tile::MapOp::create(
      b, loc, scores.getType(), scores, b.getMultiDimIdentityMap(2), at,
      [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
        SmallVector<Value> arguments;
        if (!isMask)
          arguments.push_back(a[0]);
        llvm::append_values(arguments, b0, h0, a[1], a[2]);
        llvm::append_range(arguments, tables);
        Value result = inlineRegion(b, region, arguments, read);
        if (!isMask)
          return result;
        return arith::SelectOp::create(b, loc, result, a[0],
                                       negativeInfinity(b));
      });
  if (allowsApproximations())
    allowApproximations(map);
  return map;
}

Value KernelEmitter::emitWalkMask(Value scores, Value tile, Value entry) {
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

/// What a region that only adds adds to the score tile at `at`, over the scale.
Value KernelEmitter::emitBias(ValueRange at) {
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
  if (allowsApproximations()) {
    scaled.setFastmath(arith::FastMathFlags::reassoc);
    return bias;
  }
  if (inverse <= 1.0)
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

/// Scores of the tile of keys that starts at `first`, before the mask.
Value KernelEmitter::emitScores(const Segment &segment, Value first,
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

/// (o, m, l): nothing summed, or a sink's weight of 1 with the sink as maximum.
SmallVector<Value> KernelEmitter::emitInitialState() {
  TileType rows = tileType({program.queryTile});
  Value m = negativeInfinity(b), l = number(0);
  if (op.getSinks()) {
    Value sink = memref::LoadOp::create(b, loc, parameter(sinks), head);
    Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sink,
                                       negativeInfinity(b));
    l = arith::SelectOp::create(b, loc, none, number(0), number(1));
    // The maximum is kept in the unit of the scores that are formed:
    // exponentScale of them make one in base 2.
    double unit = 1.4426950408889634 / exponentScale;
    if (unit != 1.0)
      sink = arith::MulFOp::create(b, loc, sink, number(unit));
    m = sink;
    if (part) {
      Value first = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          part, index(0));
      m = arith::SelectOp::create(b, loc, first, m, negativeInfinity(b));
      l = arith::SelectOp::create(b, loc, first, l, number(0));
    }
  }
  if (op.getWalkRows()) {
    // A row that says that it is invalid.
    Value invalid = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          walkRow[2], index(0));
    l = arith::SelectOp::create(
        b, loc, invalid, number(std::numeric_limits<double>::quiet_NaN()), l);
  }
  Value o = tile::SplatOp::create(
      b, loc, tileType({program.queryTile, valueChannels}), number(0));
  return {o, tile::SplatOp::create(b, loc, rows, m),
          tile::SplatOp::create(b, loc, rows, l)};
}

/// One key tile of the online softmax.
SmallVector<Value> KernelEmitter::emitStep(const Segment &segment,
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
    s = emitRegion(s, op.getScore(), scoreCaptures, {i0, j0}, false);
  if (!op.getMask().empty() || op.getWalkMasks()) {
    Value entry;
    if (op.getWalkMasks())
      entry = tile::WalkEntryOp::create(b, loc, segment.walk, position);
    auto masked = scf::IfOp::create(b, loc, s.getType(), at.getPartial(),
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(masked.thenBlock());
    scf::YieldOp::create(
        b, loc,
        entry ? emitWalkMask(s, at.getTile(), entry)
              : emitRegion(s, op.getMask(), maskCaptures, {i0, j0}, true));
    b.setInsertionPointToStart(masked.elseBlock());
    scf::YieldOp::create(b, loc, s);
    s = masked.getResult(0);
  }

  Value o = state[0], m = state[1], l = state[2];
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
  Value alpha = map({m, base}, weight);
  Value p = mapRows(s, base, weight);
  Value sum = tile::ReduceOp::create(b, loc, rows, tile::ReduceKind::add, p,
                                     static_cast<int64_t>(1));
  Value newL = map({l, alpha, sum}, [&](OpBuilder &b, ValueRange a) -> Value {
    return math::FmaOp::create(b, loc, a[0], a[1], a[2]);
  });
  auto type = cast<tile::ViewType>(segment.valueView.getType());
  Value values = tile::LoadOp::create(
      b, loc,
      TileType::get({program.keyTile, valueChannels}, type.getElementType()),
      segment.valueView, ValueRange{first, index(0)});
  Value scaled = mapRows(o, alpha, [&](OpBuilder &b, ValueRange a) -> Value {
    return arith::MulFOp::create(b, loc, a[0], a[1]);
  });
  if (op.getNumerics() && op.getNumerics()->getProbability())
    p = convert(p, op.getNumerics()->getProbability());
  else if (program.storageTypes)
    p = convert(p, type.getElementType());
  Value newO = tile::DotOp::create(b, loc, p, values, scaled);
  return {newO, newM, newL};
}

/// Divides by the sum of the weights and stores o and lse.
void KernelEmitter::emitResult(ValueRange state) {
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

Value KernelEmitter::emitRowsLeft() {
  Value rows =
      queryRows.size ? queryRows.size : extent(parameter(query), maps[0], dimI);
  return arith::SubIOp::create(b, loc, rows, firstRow);
}

/// The result of the last work item of those that share the keys.
void KernelEmitter::emitCombined(ValueRange state) {
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

void KernelEmitter::emitBody() {
  queries = emitQueries(firstRow);
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

tile::KernelOp KernelEmitter::emit(Operation *before, StringRef name) {
  collectParameters();
  auto queryType = cast<MemRefType>(op.getQuery().getType());
  auto valueType = cast<MemRefType>(op.getValues()[0].getType());
  channels = queryType.getDimSize(axisOf(maps[0], dimD));
  valueChannels = valueType.getDimSize(axisOf(maps[2], dimE));
  if (program.storageTypes) {
    // Tiles end beyond the memrefs, where they hold zeros.
    channels = llvm::alignTo(channels, storedStep);
    valueChannels = llvm::alignTo(valueChannels, storedStep);
  }

  b.setInsertionPoint(before);
  OperationState state(loc, tile::KernelOp::getOperationName());
  state.addAttribute("sym_name", b.getStringAttr(name));
  state.addAttribute("grid_rank", b.getI64IntegerAttr(3));
  state.addAttribute("schedule", op.getScheduleAttr());
  Block *block = b.createBlock(state.addRegion());
  for (Value value : parameters)
    block->addArgument(value.getType(), loc);
  for (unsigned n = 0; n < 3; ++n)
    block->addArgument(b.getIndexType(), loc);
  b.setInsertionPoint(before);
  kernel = cast<tile::KernelOp>(b.create(state));

  b.setInsertionPointToStart(block);
  emitItem();
  for (auto [n, segment] : llvm::enumerate(segments))
    emitSegment(segment, n > 0 ? &segments[n - 1] : nullptr);
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

SmallVector<Value> KernelEmitter::emitKeyLoop(const Segment &segment,
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

void KernelEmitter::emitLaunch(Operation *before) {
  b.setInsertionPoint(before);
  Value sequences =
      queryOffsets() ? index(1) : extent(op.getQuery(), maps[0], dimB);
  Value tiles = emitNumQueryTiles();
  if (part)
    tiles = arith::MulIOp::create(b, loc, tiles, parameters[parts]);
  tile::LaunchOp::create(
      b, loc, kernel.getSymName(),
      ValueRange{sequences, extent(op.getQuery(), maps[0], dimH), tiles},
      parameters, IntegerAttr(), IntegerAttr(), IntegerAttr());
}

/// What cannot be lowered, by name.
static LogicalResult checkSupported(AttentionOp op,
                                    tile::ScheduleAttrInterface schedule) {
  if (std::optional<ArrayRef<int64_t>> walk = op.getWalkShape())
    if ((*walk)[0] % schedule.getQueryTile() != 0 ||
        (*walk)[1] % schedule.getKeyTile() != 0)
      return op.emitOpError("has a walk of ")
             << (*walk)[0] << " queries by " << (*walk)[1]
             << " keys and a schedule of " << schedule.getQueryTile() << " by "
             << schedule.getKeyTile()
             << "; the schedule's tiles must divide the walk's";
  if (!op.getAccumulatorType().isF32())
    return op.emitOpError("accumulates in ")
           << op.getAccumulatorType() << "; only f32 is lowered";
  return success();
}

namespace {

struct AttnToTilePass final : fovea::impl::AttnToTileBase<AttnToTilePass> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTableCollection symbolTables;
    WalkResult result = getOperation().walk([&](AttentionOp op) {
      if (cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics()) {
        op.emitOpError("works on tensors; run -attn-bufferize first");
        return WalkResult::interrupt();
      }
      auto schedule =
          dyn_cast_or_null<tile::ScheduleAttrInterface>(op.getScheduleAttr());
      if (!schedule) {
        if (op.getScheduleAttr())
          op.emitOpError("has ") << op.getScheduleAttr()
                                 << " for its schedule; leave it out, or write "
                                    "#tile.cpu_schedule or #pipe.schedule";
        else
          op.emitOpError("has no schedule; run -attn-select-schedule first");
        return WalkResult::interrupt();
      }
      if (failed(checkSupported(op, schedule)))
        return WalkResult::interrupt();
      // The kernel stands beside the function, in the same symbol table.
      auto function = op->getParentOfType<FunctionOpInterface>();
      Operation *table = SymbolTable::getNearestSymbolTable(op);
      if (!function || function->getParentOp() != table) {
        op.emitOpError("is not inside of a function; put it into a func.func");
        return WalkResult::interrupt();
      }
      SymbolTable &symbols = symbolTables.getSymbolTable(table);
      std::string base = (function.getName() + "_attention").str();
      std::string name = base;
      for (unsigned n = 1; symbols.lookup(name); ++n)
        name = base + "_" + std::to_string(n);
      KernelEmitter emitter(op, {schedule.getQueryTile(), schedule.getKeyTile(),
                                 schedule.getTailTile(), schedule.getSplitTo(),
                                 schedule.multipliesInStorageTypes(),
                                 schedule.takesLastFirst()});
      symbols.insert(emitter.emit(function, name));
      op.erase();
      ++numKernels;
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
