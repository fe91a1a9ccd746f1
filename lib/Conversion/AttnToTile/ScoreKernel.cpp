//===- ScoreKernel.cpp - What kernels of scores have in common ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreKernel.h"

#include "IndexOps.h"

#include "fovea/Dialect/Attn/IR/AttnRegions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;
using tile::TileType;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

void ScoreKernel::takeMoves(MutableArrayRef<OpOperand> values,
                            MutableArrayRef<OpOperand> outputs) {
  SmallVector<std::pair<OpOperand *, std::optional<unsigned>>> rows;
  auto add = [&](OpOperand &operand, unsigned map, Dim dim) {
    rows.push_back({&operand, axisOf(maps[map], dim)});
  };
  add(scores.getQueryMutable(), 0, dimI);
  for (OpOperand &key : scores.getKeysMutable())
    add(key, 1, dimJ);
  for (OpOperand &value : values)
    add(value, 2, dimJ);
  // Stores take boxes where tiles stay as they are in memory.
  if (program.storageTypes)
    for (auto [n, output] : llvm::enumerate(outputs))
      add(output, 3 + n, dimI);
  SmallVector<Value> taken;
  for (auto [first, axis] : rows) {
    Value buffer = first->get();
    SmallVector<OpOperand *> uses;
    bool isFirst = true, isSame = axis.has_value();
    for (auto [other, otherAxis] : rows)
      if (other->get() == buffer) {
        isFirst &= !uses.empty() || other == first;
        isSame &= otherAxis == axis;
        uses.push_back(other);
      }
    if (!isFirst || !isSame)
      continue;
    if (auto boxed = takeBoxedRows(uses, *axis, taken)) {
      moves[buffer] = boxed->memref;
      taken.push_back(boxed->memref);
      boxedRows[boxed->memref] = *boxed;
    }
  }
}

unsigned ScoreKernel::addRows(Value value) {
  Value moved = moves.lookup(value);
  return addParameter(moved ? moved : value);
}

void ScoreKernel::collectRows(ValueRange values) {
  query = addRows(scores.getQuery());
  for (auto [n, attribute] :
       llvm::enumerate(scores.getSegments().getAsRange<SegmentAttr>())) {
    Segment segment;
    segment.attribute = attribute;
    segment.key = addRows(scores.getKeys()[n]);
    if (!values.empty())
      segment.value = addRows(values[n]);
    segments.push_back(segment);
  }
}

void ScoreKernel::collectTables() {
  auto lengths = scores.getLengths().begin();
  for (auto [n, segment] : llvm::enumerate(segments)) {
    for (Value table : scores.getTablesOf(n))
      segment.tables.push_back(addParameter(table));
    if (segment.attribute.getHasLengths())
      segment.length = addParameter(*lengths++);
  }
}

void ScoreKernel::collectCoordinates() {
  auto starts = scores.getStarts().begin();
  for (Segment &segment : segments)
    if (segment.attribute.getHasStart())
      segment.start = addParameter(*starts++);
  for (Value coordinate : scores.getOrigin())
    origin.push_back(addParameter(coordinate));
  for (Value capture : scores.getScoreCaptures())
    scoreCaptures.push_back(addParameter(capture));
  for (Value capture : scores.getMaskCaptures())
    maskCaptures.push_back(addParameter(capture));
}

void ScoreKernel::createKernel(Operation *before, StringRef name,
                               Attribute schedule) {
  b.setInsertionPoint(before);
  kernel = tile::KernelOp::create(b, loc, name, TypeRange(parameters),
                                  /*gridRank=*/3, schedule);
  b.setInsertionPointToStart(&kernel.getBlock());
}

void ScoreKernel::launch(ValueRange grid) {
  tile::LaunchOp::create(b, loc, kernel.getSymName(), grid, parameters,
                         IntegerAttr(), IntegerAttr(), IntegerAttr());
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value ScoreKernel::extent(Value memref, AffineMap map, Dim dim) {
  std::optional<unsigned> axis = axisOf(map, dim);
  if (!axis)
    return index(1);
  const BoxedRows *boxes = boxesOf(memref);
  if (boxes && *axis == boxes->axis)
    return index(boxes->numRows);
  return memref::DimOp::create(b, loc, memref, dimOf(boxes, *axis));
}

const BoxedRows *ScoreKernel::boxesOf(Value memref) {
  auto argument = dyn_cast<BlockArgument>(memref);
  if (argument && kernel && argument.getOwner() == &kernel.getBlock())
    memref = parameters[argument.getArgNumber()];
  auto it = boxedRows.find(memref);
  return it == boxedRows.end() ? nullptr : &it->second;
}

Value ScoreKernel::toIndex(Value value) {
  if (value.getType().isIndex())
    return value;
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

Value ScoreKernel::emitKeyHead() {
  Value group =
      arith::DivUIOp::create(b, loc, extent(parameter(query), maps[0], dimH),
                             extent(parameter(segments[0].key), maps[1], dimH));
  return arith::DivUIOp::create(b, loc, head, group);
}

Rows ScoreKernel::emitQueryRows() {
  std::optional<unsigned> offsets = queryOffsets();
  if (!offsets)
    return {};
  return emitRows(b, loc, parameter(*offsets), batch,
                  extent(parameter(query), maps[0], dimI));
}

Value ScoreKernel::emitNumColumns(const Segment &segment, ValueRange values) {
  if (segment.attribute.getKind() != SegmentKind::paged)
    return extent(values[segment.key], maps[1], dimJ);
  Value pages = memref::DimOp::create(b, loc, values[segment.tables.back()], 1);
  return arith::MulIOp::create(b, loc, pages,
                               index(segment.attribute.getPageSize()));
}

void ScoreKernel::emitKeys(Segment &segment, const Segment *before) {
  segment.keys = {{}, emitNumColumns(segment, parameterValues())};
  if (segment.attribute.getKind() == SegmentKind::packed)
    segment.keys = emitRows(b, loc, parameter(segment.tables[1]), batch,
                            segment.keys.size);
  if (segment.length)
    segment.keys.size = emitLength(b, loc, parameter(*segment.length), batch,
                                   segment.keys.size);
  if (segment.start) {
    segment.base = parameter(*segment.start);
  } else if (before) {
    segment.base = before->keys.size;
    if (before->base)
      segment.base =
          arith::AddIOp::create(b, loc, before->base, before->keys.size);
  }
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

Value ScoreKernel::view(unsigned position, AffineMap map, ArrayRef<Dim> dims,
                        Value head, Rows rows, const Segment *pages) {
  auto type = cast<MemRefType>(parameter(position).getType());
  SmallVector<Value> indices;
  SmallVector<int64_t> axes, shape;
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dimB && !pages)
      indices.push_back(batch);
    else if (map.getDimPosition(axis) == dimH)
      indices.push_back(head);
  const BoxedRows *boxes = boxesOf(parameter(position));
  for (Dim dim : dims) {
    unsigned axis = *axisOf(map, dim);
    int64_t first = dimOf(boxes, axis);
    bool isGrid = boxes && axis == boxes->axis;
    for (unsigned n = 0; n < (isGrid ? boxes->getRank() : 1); ++n)
      axes.push_back(first + n);
    shape.push_back(isGrid ? boxes->numRows : type.getDimSize(first));
  }
  if (boxes)
    rows = {};
  else if (rows.size)
    shape[0] = ShapedType::kDynamic;
  Value table;
  SmallVector<Value, 1> sequence;
  IntegerAttr pageSize, pageDim;
  if (pages) {
    table = parameter(pages->tables.back());
    sequence.push_back(batch);
    pageSize = b.getI64IntegerAttr(pages->attribute.getPageSize());
    pageDim = b.getI64IntegerAttr(*axisOf(map, dimB));
  }
  return tile::ViewOp::create(
      b, loc, tile::ViewType::get(shape, type.getElementType()),
      parameter(position), indices, rows.first, rows.size, table, sequence,
      b.getDenseI64ArrayAttr(axes), pageSize, pageDim,
      boxes ? b.getDenseI64ArrayAttr(boxes->boxes) : DenseI64ArrayAttr(),
      boxes && boxes->steps != boxes->boxes
          ? b.getDenseI64ArrayAttr(boxes->steps)
          : DenseI64ArrayAttr());
}

Value ScoreKernel::map(ArrayRef<Value> inputs, Body body, Type element) {
  auto type = cast<TileType>(inputs[0].getType());
  if (element)
    type = TileType::get(type.getShape(), element);
  SmallVector<AffineMap> maps(inputs.size(),
                              b.getMultiDimIdentityMap(type.getRank()));
  return tile::MapOp::create(
      b, loc, type, inputs, maps, ValueRange{},
      [&](OpBuilder &b, Location, ValueRange a) { return body(b, a); });
}

Value ScoreKernel::mapRows(Value input, Value row, Body body) {
  return tile::MapOp::create(
      b, loc, input.getType(), ValueRange{input, row},
      ArrayRef<AffineMap>{
          b.getMultiDimIdentityMap(2),
          AffineMap::getMultiDimMapWithTargets(2, {0}, b.getContext())},
      ValueRange{},
      [&](OpBuilder &b, Location, ValueRange a) { return body(b, a); });
}

/// extf or truncf, by way of f32 between types of the same width.
Value ScoreKernel::convertScalar(OpBuilder &b, Value value, Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned width = to.getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from < width)
    return arith::ExtFOp::create(b, loc, to, value);
  return arith::TruncFOp::create(b, loc, to, value);
}

Value ScoreKernel::convert(Value tile, Type element) {
  if (cast<TileType>(tile.getType()).getElementType() == element)
    return tile;
  return map(
      {tile},
      [&](OpBuilder &b, ValueRange a) {
        return convertScalar(b, a[0], element);
      },
      element);
}

Value ScoreKernel::scale(Value tile, double factor) {
  return map(
      {tile},
      [&](OpBuilder &b, ValueRange a) -> Value {
        Value x = convertScalar(b, a[0], b.getF32Type());
        if (factor == 1.0)
          return x;
        return arith::MulFOp::create(b, loc, x, number(b, factor));
      },
      b.getF32Type());
}

bool ScoreKernel::allowsApproximations() {
  auto numerics = scores->getAttrOfType<NumericsAttr>("numerics");
  return numerics && numerics.getMath() == MathMode::approximate;
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

ScoreKernel::RowCoordinates ScoreKernel::emitRowCoordinates(OpBuilder &b,
                                                            Value row) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  RowCoordinates at = {batch, head, constant(0)};
  Value inGroup = row;
  if (grouped->getGroup().queries > 1) {
    Value stride = constant(grouped->getStride());
    at.i = arith::DivUIOp::create(b, loc, row, stride);
    inGroup = arith::RemUIOp::create(b, loc, row, stride);
  }
  Value &outer = grouped->getGroup().dim == dimH ? at.h : at.b;
  std::optional<int64_t> known = getConstantIntValue(grouped->getSize());
  Value size = known ? constant(*known) : parameter(memberCount);
  Value first = arith::MulIOp::create(b, loc, outer, size);
  outer = member = arith::AddIOp::create(b, loc, first, inGroup);
  return at;
}

Value ScoreKernel::emitRegion(Value tile, Region &region,
                              ArrayRef<unsigned> captures, ValueRange at,
                              bool isMask, bool keysInRows) {
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
      b, loc, tile.getType(), tile, b.getMultiDimIdentityMap(2), at,
      [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
        SmallVector<Value> arguments;
        if (!isMask)
          arguments.push_back(a[0]);
        RowCoordinates row = {b0, h0, a[keysInRows ? 2 : 1]};
        if (grouped)
          row = emitRowCoordinates(b, row.i);
        llvm::append_values(arguments, row.b, row.h, row.i,
                            a[keysInRows ? 1 : 2]);
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

Value ScoreKernel::emitIfPartial(Value tile, Value partial,
                                 function_ref<Value()> body) {
  auto masked = scf::IfOp::create(b, loc, tile.getType(), partial,
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(masked.thenBlock());
  scf::YieldOp::create(b, loc, body());
  b.setInsertionPointToStart(masked.elseBlock());
  scf::YieldOp::create(b, loc, tile);
  return masked.getResult(0);
}

Value ScoreKernel::emitMask(Value tile, Value partial, ValueRange at,
                            bool keysInRows) {
  if (scores.getMask().empty())
    return tile;
  return emitIfPartial(tile, partial, [&] {
    return emitRegion(tile, scores.getMask(), maskCaptures, at,
                      /*isMask=*/true, keysInRows);
  });
}
