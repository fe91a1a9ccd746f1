//===- Consumers.cpp - Buffers, reductions and stores ask for tiles -------===//
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

using namespace mlir;
using namespace fovea;
using tile::TileType;

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
  Value rows = extent(loc, view, 0, offsets[0], typeOf(tile).getDimSize(0));
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
