//===- KernelLowering.cpp - One kernel to loops on vectors ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

static TileType typeOf(Value tile) { return cast<TileType>(tile.getType()); }

static bool isRow(Value tile) { return typeOf(tile).getRank() == 1; }

KernelLowering::KernelLowering(func::FuncOp function,
                               tile::CpuScheduleAttr schedule)
    : function(function), schedule(schedule), b(function.getContext()),
      lanes(b, schedule.getLanes()), width(schedule.getLanes()),
      numVectors(schedule.getQueryTile() / schedule.getLanes()) {}

LogicalResult KernelLowering::run() {
  if (failed(lowerBlock(function.getBody().front())))
    return failure();
  for (Operation *op : llvm::reverse(done))
    op->erase();
  return success();
}

Value KernelLowering::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, function.getLoc(), value);
}

//===----------------------------------------------------------------------===//
// Scratch memory and extents
//===----------------------------------------------------------------------===//

Value KernelLowering::allocate(TileType type) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&function.getBody().front());
  SmallVector<int64_t> shape(llvm::reverse(type.getShape()));
  auto memref = MemRefType::get(shape, type.getElementType());
  int64_t bytes = (memref.getNumElements() *
                       type.getElementType().getIntOrFloatBitWidth() +
                   7) /
                  8;
  Value offset = index(scratchTop);
  scratchTop += llvm::alignTo(bytes, 64);
  scratchEnd = std::max(scratchEnd, scratchTop);
  return memref::ViewOp::create(b, function.getLoc(), memref,
                                function.getArgument(1), offset, ValueRange{});
}

Value KernelLowering::extent(Location loc, tile::ViewOp view, unsigned axis,
                             Value offset, int64_t size) {
  auto type = cast<MemRefType>(view.getSource().getType());
  int64_t dim = view.getDims()[axis];
  bool limited = axis == 0 && view.getLimit();
  APInt constant;
  if (!limited && matchPattern(offset, m_ConstantInt(&constant)) &&
      !type.isDynamicDim(dim) &&
      constant.getSExtValue() + size <= type.getDimSize(dim))
    return index(size);
  Value end = memref::DimOp::create(b, loc, view.getSource(), dim);
  if (limited)
    end = arith::MinSIOp::create(b, loc, end, view.getLimit());
  Value room = arith::SubIOp::create(b, loc, end, offset);
  room = arith::MaxSIOp::create(b, loc, room, index(0));
  return arith::MinSIOp::create(b, loc, room, index(size));
}

SmallVector<Value> KernelLowering::indices(tile::ViewOp view,
                                           ValueRange position) {
  int64_t rank = cast<MemRefType>(view.getSource().getType()).getRank();
  SmallVector<Value> result(rank);
  for (auto [axis, dim] : llvm::enumerate(view.getDims()))
    result[dim] = position[axis];
  auto fixed = view.getIndices().begin();
  for (Value &value : result)
    if (!value)
      value = *fixed++;
  return result;
}

Value KernelLowering::columns(Value tile) {
  if (auto it = extents.find(tile); it != extents.end())
    return it->second[1];
  Operation *op = tile.getDefiningOp();
  if (auto dot = dyn_cast_or_null<tile::DotOp>(op)) {
    // Axis 1 of the result is the axis of b that is not contracted.
    AffineMap map = cast<AffineMapAttr>(dot.getIndexingMaps()[1]).getValue();
    unsigned axis = map.getDimPosition(0) == 1 ? 0 : 1;
    return extents.lookup(dot.getB())[axis];
  }
  if (auto map = dyn_cast_or_null<tile::MapOp>(op))
    for (Value input : map.getInputs())
      if (!isRow(input) && !matchPattern(columns(input), m_Constant()))
        return columns(input);
  return index(typeOf(tile).getDimSize(1));
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

bool KernelLowering::isExpression(Value tile) {
  return !inLanes.count(tile) && !inBuffer.count(tile) &&
         isa_and_nonnull<tile::MapOp, tile::DotOp, tile::SplatOp>(
             tile.getDefiningOp());
}

void KernelLowering::visitExpression(Value tile,
                                     function_ref<void(Value)> visit) {
  visit(tile);
  if (!isExpression(tile))
    return;
  if (auto map = tile.getDefiningOp<tile::MapOp>())
    for (Value input : map.getInputs())
      visitExpression(input, visit);
  else if (auto dot = tile.getDefiningOp<tile::DotOp>())
    visitExpression(dot.getAcc(), visit);
}

void KernelLowering::hoist(Value tile) {
  visitExpression(tile, [&](Value value) {
    if (!isExpression(value) || isRow(value))
      return;
    if (auto map = value.getDefiningOp<tile::MapOp>())
      for (int64_t vector = 0; vector < numVectors; ++vector)
        lanes.hoist(map, vector * width);
  });
}

tile::DotOp KernelLowering::findDot(Value tile) {
  tile::DotOp found;
  visitExpression(tile, [&](Value value) {
    if (isExpression(value) && !found)
      found = value.getDefiningOp<tile::DotOp>();
  });
  return found;
}

tile::LoadOp KernelLowering::findLoad(Value tile) {
  tile::LoadOp found;
  visitExpression(tile, [&](Value value) {
    if (!inBuffer.count(value) && !found)
      found = value.getDefiningOp<tile::LoadOp>();
  });
  return found;
}

/// Whether an op after `op` may read `tile`; uses in the expression of `within`
/// do not count.
bool KernelLowering::isUsedAfter(Value tile, Operation *op, Value within) {
  llvm::SmallPtrSet<Operation *, 8> inside;
  visitExpression(within, [&](Value value) {
    if (value.getDefiningOp())
      inside.insert(value.getDefiningOp());
  });
  for (Operation *user : tile.getUsers()) {
    if (user == op || inside.contains(user))
      continue;
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    if (!ancestor || op->isBeforeInBlock(ancestor))
      return true;
    // An expression that nobody has asked for yet is evaluated later.
    for (Value result : user->getResults())
      if (isa<TileType>(result.getType()) && isExpression(result) &&
          !result.use_empty())
        return true;
  }
  return false;
}

Value KernelLowering::findReusable(Value tile, Operation *op) {
  Value found;
  visitExpression(tile, [&](Value value) {
    if (!inBuffer.count(value) || isa<BlockArgument>(value) ||
        value.getType() != tile.getType() ||
        value.getParentBlock() != op->getBlock() ||
        isUsedAfter(value, op, tile))
      return;
    found = inBuffer.lookup(value);
  });
  return found;
}

Value KernelLowering::toF32(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element.isF32())
    return value;
  Type type = b.getF32Type();
  if (isa<VectorType>(value.getType()))
    type = lanes.vectorType(type);
  return arith::ExtFOp::create(b, function.getLoc(), type, value);
}

FailureOr<Value> KernelLowering::evaluate(Value tile, Value column,
                                          int64_t vector, Point &point) {
  if (Value known = point.lookup(tile))
    return known;
  Location loc = tile.getLoc();
  if (auto it = inLanes.find(tile); it != inLanes.end())
    return it->second[vector];
  if (Value buffer = inBuffer.lookup(tile))
    return vector::LoadOp::create(
               b, loc, lanes.vectorType(typeOf(tile).getElementType()), buffer,
               ValueRange{column, index(vector * width)})
        .getResult();
  if (auto splat = tile.getDefiningOp<tile::SplatOp>())
    return lanes.broadcast(loc, splat.getValue());
  auto map = tile.getDefiningOp<tile::MapOp>();
  if (!map) {
    Operation *op = tile.getDefiningOp();
    return (op ? op : function.getOperation())
               ->emitOpError("cannot be computed on vectors here; products "
                             "take part in one expression each");
  }
  SmallVector<Value> inputs;
  for (auto [input, attribute] :
       llvm::zip(map.getInputs(),
                 map.getIndexingMaps().getAsRange<AffineMapAttr>())) {
    if (isRow(input) && attribute.getValue().getDimPosition(0) != 0)
      return map.emitOpError("reads ")
             << input.getType()
             << " along axis 1; on a CPU tiles of one axis run along axis 0";
    FailureOr<Value> value = evaluate(input, column, vector, point);
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  Value result = lanes.emit(map, vector * width, column, inputs);
  point[tile] = result;
  return result;
}

Value KernelLowering::evaluateScalar(Value tile, Value row, Value column) {
  if (auto load = tile.getDefiningOp<tile::LoadOp>()) {
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    Location loc = load.getLoc();
    Value r = arith::AddIOp::create(b, loc, load.getOffsets()[0], row);
    Value c = arith::AddIOp::create(b, loc, load.getOffsets()[1], column);
    return memref::LoadOp::create(b, loc, view.getSource(),
                                  indices(view, {r, c}));
  }
  auto map = tile.getDefiningOp<tile::MapOp>();
  IRMapping mapping;
  for (auto [argument, input] : llvm::zip(map.getElements(), map.getInputs()))
    mapping.map(argument, evaluateScalar(input, row, column));
  for (auto [n, argument] : llvm::enumerate(map.getCoordinates())) {
    Value position = n == 0 ? row : column;
    if (!map.getOrigin().empty())
      position = arith::AddIOp::create(b, map.getLoc(), map.getOrigin()[n],
                                       position);
    mapping.map(argument, position);
  }
  for (Operation &op : map.getBlock().without_terminator())
    b.clone(op, mapping);
  return mapping.lookup(map.getYielded());
}

//===----------------------------------------------------------------------===//
// Loops over columns
//===----------------------------------------------------------------------===//

static Value fold(OpBuilder &b, Location loc, tile::ReduceKind kind, Value state,
                  Value value) {
  if (kind == tile::ReduceKind::add)
    return arith::AddFOp::create(b, loc, state, value);
  // NaN is passed over: the comparison with it is false.
  Value greater = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT,
                                        value, state);
  return arith::SelectOp::create(b, loc, greater, value, state);
}

void KernelLowering::finishColumn(Location loc, Value value, Value target,
                                  Value column, int64_t vector,
                                  Reduction *reduction,
                                  MutableArrayRef<Value> state) {
  if (target)
    vector::StoreOp::create(b, loc, value, target,
                            ValueRange{column, index(vector * width)});
  if (reduction)
    state[vector] = fold(b, loc, reduction->kind, state[vector], value);
}

LogicalResult KernelLowering::emitColumnLoops(
    Location loc, Value extent, int64_t rows, Reduction *reduction,
    function_ref<LogicalResult(Value, int64_t, MutableArrayRef<Value>)> body) {
  auto emitLoop = [&](Value from, Value to, int64_t step) -> LogicalResult {
    SmallVector<Value> init;
    if (reduction)
      init = reduction->state;
    auto loop = scf::ForOp::create(b, loc, from, to, index(step), init);
    OpBuilder::InsertionGuard guard(b);
    // Without results the builder has made the terminator.
    if (init.empty())
      b.setInsertionPoint(loop.getBody()->getTerminator());
    else
      b.setInsertionPointToEnd(loop.getBody());
    SmallVector<Value> state(loop.getRegionIterArgs());
    if (failed(body(loop.getInductionVar(), step, state)))
      return failure();
    if (!init.empty())
      scf::YieldOp::create(b, loc, state);
    if (reduction)
      reduction->state = llvm::to_vector_of<Value>(loop.getResults());
    return success();
  };
  APInt constant;
  if (rows == 1 || (matchPattern(extent, m_ConstantInt(&constant)) &&
                    constant.getSExtValue() % rows == 0))
    return emitLoop(index(0), extent, rows);
  Value rest = arith::RemUIOp::create(b, loc, extent, index(rows));
  Value whole = arith::SubIOp::create(b, loc, extent, rest);
  if (failed(emitLoop(index(0), whole, rows)))
    return failure();
  return emitLoop(whole, extent, 1);
}

LogicalResult KernelLowering::emitColumns(Value top, Value target,
                                          Reduction *reduction) {
  Location loc = top.getLoc();
  hoist(top);
  LogicalResult result = emitColumnLoops(
      loc, columns(top), 1, reduction,
      [&](Value column, int64_t, MutableArrayRef<Value> state) {
        for (int64_t vector = 0; vector < numVectors; ++vector) {
          Point point;
          FailureOr<Value> value = evaluate(top, column, vector, point);
          if (failed(value))
            return failure();
          finishColumn(loc, *value, target, column, vector, reduction, state);
        }
        return success();
      });
  lanes.clearHoisted();
  return result;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Says what a product must be for this lowering.
static LogicalResult checkDot(tile::DotOp dot) {
  SmallVector<AffineMap> maps(
      dot.getIndexingMaps().getAsValueRange<AffineMapAttr>());
  MLIRContext *context = dot.getContext();
  if (maps[0] != AffineMap::getMultiDimMapWithTargets(3, {0, 2}, context) ||
      maps[2] != AffineMap::getMultiDimMapWithTargets(3, {0, 1}, context))
    return dot.emitOpError("on a CPU a is (m, k) and the result (m, n)");
  if (!dot.getB().getDefiningOp<tile::LoadOp>())
    return dot.emitOpError("on a CPU b is a loaded tile");
  if (!dot.getType().getElementType().isF32())
    return dot.emitOpError("on a CPU products are added in f32");
  return success();
}

LogicalResult KernelLowering::emitDot(tile::DotOp dot, Value top, Value target,
                                      Reduction *reduction) {
  if (failed(checkDot(dot)))
    return failure();
  FailureOr<Value> operand = materialize(dot.getA());
  if (failed(operand))
    return failure();
  hoist(top);
  int64_t block = schedule.getVectors();
  LogicalResult result = emitColumnLoops(
      dot.getLoc(), columns(dot), schedule.getRows(), reduction,
      [&](Value column, int64_t rows, MutableArrayRef<Value> state) {
        for (int64_t first = 0; first < numVectors; first += block)
          if (failed(emitBlock(dot, top, target, *operand, column, rows, first,
                               state, reduction)))
            return failure();
        return success();
      });
  lanes.clearHoisted();
  return result;
}

LogicalResult KernelLowering::emitBlock(tile::DotOp dot, Value top, Value target,
                                        Value operand, Value column,
                                        int64_t rows, int64_t firstVector,
                                        MutableArrayRef<Value> state,
                                        Reduction *reduction) {
  Location loc = dot.getLoc();
  int64_t vectors = schedule.getVectors();
  auto load = dot.getB().getDefiningOp<tile::LoadOp>();
  AffineMap map = cast<AffineMapAttr>(dot.getIndexingMaps()[1]).getValue();
  bool contractsColumns = map.getDimPosition(1) == 2;
  Value depth = extents.lookup(dot.getB())[contractsColumns ? 1 : 0];

  SmallVector<Value> position, accumulators;
  for (int64_t row = 0; row < rows; ++row) {
    position.push_back(arith::AddIOp::create(b, loc, column, index(row)));
    for (int64_t n = 0; n < vectors; ++n) {
      Point point;
      FailureOr<Value> start =
          evaluate(dot.getAcc(), position.back(), firstVector + n, point);
      if (failed(start))
        return failure();
      accumulators.push_back(*start);
    }
  }
  auto loop = scf::ForOp::create(
      b, loc, index(0), depth, index(1), accumulators,
      [&](OpBuilder &nested, Location, Value k, ValueRange sums) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(nested.getInsertionBlock());
        Type element = typeOf(dot.getA()).getElementType();
        SmallVector<Value> a, next;
        for (int64_t n = 0; n < vectors; ++n)
          a.push_back(toF32(vector::LoadOp::create(
              b, loc, lanes.vectorType(element), operand,
              ValueRange{k, index((firstVector + n) * width)})));
        for (int64_t row = 0; row < rows; ++row) {
          Value scalar =
              contractsColumns
                  ? evaluateScalar(load.getResult(), position[row], k)
                  : evaluateScalar(load.getResult(), k, position[row]);
          Value factor = lanes.broadcast(loc, toF32(scalar));
          for (int64_t n = 0; n < vectors; ++n)
            next.push_back(vector::FMAOp::create(b, loc, factor, a[n],
                                                 sums[row * vectors + n]));
        }
        scf::YieldOp::create(b, loc, next);
      });
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t n = 0; n < vectors; ++n) {
      Point point;
      point[dot.getResult()] = loop.getResult(row * vectors + n);
      FailureOr<Value> value =
          evaluate(top, position[row], firstVector + n, point);
      if (failed(value))
        return failure();
      finishColumn(loc, *value, target, position[row], firstVector + n,
                   reduction, state);
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Asking for tiles
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::materializeRows(Value tile, tile::LoadOp load,
                                              Value target) {
  Location loc = tile.getLoc();
  Value rows = extents.lookup(load.getResult())[0];
  Value depth = columns(tile);
  Type element = typeOf(tile).getElementType();
  // Lanes beyond the view are computed with and never stored; zero keeps them
  // from being slow or trapping.
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
  auto emit = [&](Value from, Value to, function_ref<Value(Value, Value)> get) {
    scf::ForOp::create(
        b, loc, from, to, index(1), ValueRange{},
        [&](OpBuilder &outer, Location, Value row, ValueRange) {
          scf::ForOp::create(
              outer, loc, index(0), depth, index(1), ValueRange{},
              [&](OpBuilder &inner, Location, Value column, ValueRange) {
                OpBuilder::InsertionGuard guard(b);
                b.setInsertionPointToEnd(inner.getInsertionBlock());
                Value value = get(row, column);
                memref::StoreOp::create(b, loc, value, target,
                                        ValueRange{column, row});
                scf::YieldOp::create(b, loc);
              });
          scf::YieldOp::create(outer, loc);
        });
  };
  emit(index(0), rows, [&](Value row, Value column) {
    return evaluateScalar(tile, row, column);
  });
  emit(rows, index(typeOf(tile).getDimSize(0)),
       [&](Value, Value) { return zero; });
  return success();
}

FailureOr<Value> KernelLowering::materialize(Value tile, Value target) {
  Value buffer = inBuffer.lookup(tile);
  if (buffer && !target)
    return buffer;
  if (!target)
    target = allocate(typeOf(tile));
  tile::LoadOp load = findLoad(tile);
  tile::DotOp dot = findDot(tile);
  LogicalResult result = success();
  if (load)
    result = materializeRows(tile, load, target);
  else if (dot)
    result = emitDot(dot, tile, target, nullptr);
  else
    result = emitColumns(tile, target, nullptr);
  if (failed(result))
    return failure();
  // The extent is that of the expression, which is forgotten now.
  if (!extents.count(tile))
    extents[tile] = {index(typeOf(tile).getDimSize(0)), columns(tile)};
  inBuffer[tile] = target;
  return target;
}

LogicalResult KernelLowering::lowerReduce(tile::ReduceOp op) {
  if (op.getAxis() != 1)
    return op.emitOpError("on a CPU rows are in lanes: only axis 1 is folded");
  Value input = op.getInput();
  Location loc = op.getLoc();
  bool adds = op.getKind() == tile::ReduceKind::add;
  Value start = arith::ConstantOp::create(
      b, loc,
      b.getF32FloatAttr(adds ? 0 : -std::numeric_limits<float>::infinity()));
  Reduction reduction = {
      op.getKind(),
      SmallVector<Value>(numVectors, lanes.broadcast(loc, start))};
  tile::DotOp dot = findDot(input);
  // What lies between the product and the folded tile must not be wanted by
  // others, or the product comes first on its own.
  if (dot) {
    bool shared = false;
    visitExpression(input, [&](Value value) {
      shared |= isExpression(value) && !isRow(value) && value != input &&
                !value.getDefiningOp<tile::SplatOp>() && !value.hasOneUse();
    });
    if (shared) {
      if (failed(materialize(dot.getResult())))
        return failure();
      dot = {};
    }
  }
  Value target;
  bool kept = isExpression(input) && !input.hasOneUse();
  if (kept) {
    target = dot ? Value() : findReusable(input, op);
    if (!target)
      target = allocate(typeOf(input));
  }
  Value count = columns(input);
  if (failed(dot ? emitDot(dot, input, target, &reduction)
                 : emitColumns(input, target, &reduction)))
    return failure();
  if (kept) {
    extents[input] = {index(typeOf(input).getDimSize(0)), count};
    inBuffer[input] = target;
  }
  inLanes[op.getResult()] = reduction.state;
  return success();
}

LogicalResult KernelLowering::lowerStore(tile::StoreOp op) {
  Location loc = op.getLoc();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  Value tile = op.getValue();
  SmallVector<Value> offsets(op.getOffsets());
  Value rows =
      extent(loc, view, 0, offsets[0], typeOf(tile).getDimSize(0));
  auto store = [&](Value buffer, ValueRange from, ValueRange local) {
    Value value = memref::LoadOp::create(b, loc, buffer, from);
    SmallVector<Value> to;
    for (auto [offset, position] : llvm::zip(offsets, local))
      to.push_back(arith::AddIOp::create(b, loc, offset, position));
    memref::StoreOp::create(b, loc, value, view.getSource(), indices(view, to));
  };
  Value buffer;
  if (isRow(tile)) {
    buffer = allocate(typeOf(tile));
    for (int64_t vector = 0; vector < numVectors; ++vector) {
      Point point;
      FailureOr<Value> value = evaluate(tile, {}, vector, point);
      if (failed(value))
        return failure();
      vector::StoreOp::create(b, loc, *value, buffer,
                              ValueRange{index(vector * width)});
    }
  } else {
    Value target = isExpression(tile) ? findReusable(tile, op) : Value();
    FailureOr<Value> made = materialize(tile, target);
    if (failed(made))
      return failure();
    buffer = *made;
  }
  Value depth;
  if (!isRow(tile))
    depth = extent(loc, view, 1, offsets[1], typeOf(tile).getDimSize(1));
  scf::ForOp::create(
      b, loc, index(0), rows, index(1), ValueRange{},
      [&](OpBuilder &outer, Location, Value row, ValueRange) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(outer.getInsertionBlock());
        if (isRow(tile))
          store(buffer, row, row);
        else
          scf::ForOp::create(
              b, loc, index(0), depth, index(1), ValueRange{},
              [&](OpBuilder &inner, Location, Value column, ValueRange) {
                OpBuilder::InsertionGuard guard(b);
                b.setInsertionPointToEnd(inner.getInsertionBlock());
                store(buffer, {column, row}, {row, column});
                scf::YieldOp::create(b, loc);
              });
        scf::YieldOp::create(b, loc);
      });
  return success();
}

//===----------------------------------------------------------------------===//
// Key loops
//===----------------------------------------------------------------------===//

/// Yields vectors for tiles of one axis; computes the others into the buffers
/// of the loop's arguments.
LogicalResult KernelLowering::lowerYields(scf::ForOp loop,
                                          ArrayRef<Value> buffers,
                                          ValueRange yielded,
                                          SmallVectorImpl<Value> &vectors) {
  for (auto [n, value] : llvm::enumerate(yielded)) {
    if (!isa<TileType>(value.getType())) {
      vectors.push_back(value);
      continue;
    }
    if (!isRow(value))
      continue;
    for (int64_t vector = 0; vector < numVectors; ++vector) {
      Point point;
      FailureOr<Value> element = evaluate(value, {}, vector, point);
      if (failed(element))
        return failure();
      vectors.push_back(*element);
    }
  }
  for (auto [n, value] : llvm::enumerate(yielded)) {
    if (!isa<TileType>(value.getType()) || isRow(value) ||
        inBuffer.lookup(value) == buffers[n])
      continue;
    bool clash = false;
    Value own = buffers[n];
    visitExpression(value, [&](Value read) {
      Value buffer = inBuffer.lookup(read);
      clash |= buffer && buffer != own && llvm::is_contained(buffers, buffer);
    });
    if (clash)
      return loop.emitOpError("yields tile ")
             << n << " from another tile that it carries; on a CPU each "
                     "carried tile is updated in place";
    if (failed(materialize(value, buffers[n])))
      return failure();
  }
  return success();
}

LogicalResult KernelLowering::lowerLoop(scf::ForOp loop) {
  Location loc = loop.getLoc();
  // Expressions from outside that the loop reads are computed once.
  WalkResult walked = loop.walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      if (!isa<TileType>(operand.getType()) || isRow(operand) ||
          !isExpression(operand) ||
          operand.getDefiningOp<tile::SplatOp>() ||
          loop->isAncestor(operand.getDefiningOp()))
        continue;
      if (failed(materialize(operand)))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return failure();

  SmallVector<Value> init, buffers(loop.getInitArgs().size());
  for (auto [n, value] : llvm::enumerate(loop.getInitArgs())) {
    if (!isa<TileType>(value.getType())) {
      init.push_back(value);
    } else if (isRow(value)) {
      for (int64_t vector = 0; vector < numVectors; ++vector) {
        Point point;
        FailureOr<Value> element = evaluate(value, {}, vector, point);
        if (failed(element))
          return failure();
        init.push_back(*element);
      }
    } else if (Value own = inBuffer.lookup(value); own && value.hasOneUse()) {
      buffers[n] = own;
    } else {
      buffers[n] = allocate(typeOf(value));
      if (own ? failed(emitColumns(value, buffers[n], nullptr))
              : failed(materialize(value, buffers[n])))
        return failure();
      // The loop changes the buffer: it does not hold the initial tile for
      // others.
      if (!own) {
        inBuffer.erase(value);
        extents.erase(value);
      }
    }
  }

  auto lowered =
      scf::ForOp::create(b, loc, loop.getLowerBound(), loop.getUpperBound(),
                         loop.getStep(), init);
  Block *body = lowered.getBody();
  if (init.empty())
    body->getTerminator()->erase();
  loop.getInductionVar().replaceAllUsesWith(lowered.getInductionVar());
  auto bind = [&](ValueRange tiles, ValueRange values) {
    auto next = values.begin();
    for (auto [n, tile] : llvm::enumerate(tiles)) {
      if (!isa<TileType>(tile.getType())) {
        tile.replaceAllUsesWith(*next++);
      } else if (isRow(tile)) {
        SmallVector<Value> &vectors = inLanes[tile];
        for (int64_t vector = 0; vector < numVectors; ++vector)
          vectors.push_back(*next++);
      } else {
        inBuffer[tile] = buffers[n];
        extents[tile] = {index(typeOf(tile).getDimSize(0)),
                         index(typeOf(tile).getDimSize(1))};
      }
    }
  };
  int64_t mark = scratchTop;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(body);
    bind(loop.getRegionIterArgs(), lowered.getRegionIterArgs());
    auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
    SmallVector<Value> yielded(yield.getResults());
    // The ops move; their tiles' old block arguments stay known.
    body->getOperations().splice(body->end(), loop.getBody()->getOperations(),
                                 loop.getBody()->begin(), yield->getIterator());
    if (failed(lowerBlock(*body)))
      return failure();
    b.setInsertionPointToEnd(body);
    SmallVector<Value> vectors;
    if (failed(lowerYields(loop, buffers, yielded, vectors)))
      return failure();
    scf::YieldOp::create(b, loc, vectors);
    yield->erase();
  }
  scratchTop = mark;
  b.setInsertionPointAfter(lowered);
  bind(loop.getResults(), lowered.getResults());
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::lowerBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    b.setInsertionPoint(&op);
    if (failed(lowerOp(op)))
      return failure();
  }
  return success();
}

static bool hasTiles(Operation &op) {
  auto isTile = [](Type type) { return isa<TileType>(type); };
  return llvm::any_of(op.getResultTypes(), isTile) ||
         llvm::any_of(op.getOperandTypes(), isTile);
}

LogicalResult KernelLowering::lowerOp(Operation &op) {
  if (isa<tile::ViewOp, tile::SplatOp, tile::DotOp, tile::WalkRangesOp>(op)) {
    done.push_back(&op);
    return success();
  }
  if (auto load = dyn_cast<tile::LoadOp>(op)) {
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    if (isRow(load.getResult()))
      return load.emitOpError("of one axis is not lowered for CPUs");
    for (unsigned axis = 0; axis < 2; ++axis)
      extents[load.getResult()].push_back(
          extent(load.getLoc(), view, axis, load.getOffsets()[axis],
                 load.getType().getDimSize(axis)));
    done.push_back(&op);
    return success();
  }
  if (auto gather = dyn_cast<tile::GatherOp>(op)) {
    SmallVector<Value> safe;
    for (auto [dim, position] : llvm::enumerate(gather.getIndices())) {
      Value size =
          memref::DimOp::create(b, op.getLoc(), gather.getTable(), dim);
      safe.push_back(createSafeIndex(b, op.getLoc(), position, size));
    }
    gather.replaceAllUsesWith(memref::LoadOp::create(b, op.getLoc(),
                                                     gather.getTable(), safe)
                                  .getResult());
    done.push_back(&op);
    return success();
  }
  if (auto map = dyn_cast<tile::MapOp>(op)) {
    done.push_back(&op);
    if (!isRow(map.getResult()))
      return success();
    SmallVector<Value> vectors;
    for (int64_t vector = 0; vector < numVectors; ++vector) {
      Point point;
      FailureOr<Value> value = evaluate(map.getResult(), {}, vector, point);
      if (failed(value))
        return failure();
      vectors.push_back(*value);
    }
    inLanes[map.getResult()] = vectors;
    return success();
  }
  if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    done.push_back(&op);
    return lowerReduce(reduce);
  }
  if (auto store = dyn_cast<tile::StoreOp>(op)) {
    done.push_back(&op);
    return lowerStore(store);
  }
  if (auto loop = dyn_cast<scf::ForOp>(op); loop && hasTiles(op)) {
    done.push_back(&op);
    return lowerLoop(loop);
  }
  if (isa<tile::WalkAtOp, tile::WalkSizeOp>(op))
    return op.emitOpError("stands on a walk of several ranges; run "
                          "-tile-split-walk first");
  if (hasTiles(op))
    return op.emitOpError("on tiles has no lowering for CPUs; run "
                          "-tile-split-walk and -canonicalize first");
  return success();
}
