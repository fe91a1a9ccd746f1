//===- Products.cpp - Register blocks of tile.dot -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

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

Value KernelLowering::toF32(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  if (element.isF32())
    return value;
  Type type = b.getF32Type();
  if (isa<VectorType>(value.getType()))
    type = lanes.vectorType(type);
  return arith::ExtFOp::create(b, function.getLoc(), type, value);
}

LogicalResult KernelLowering::emitDot(tile::DotOp dot, Value top, Value target,
                                      Reduction *reduction) {
  if (failed(checkDot(dot)))
    return failure();
  // An accumulator that is an expression of another product comes first.
  if (tile::DotOp inner = findDot(dot.getAcc()))
    if (failed(materialize(inner.getResult())))
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

LogicalResult KernelLowering::emitBlock(tile::DotOp dot, Value top,
                                        Value target, Value operand,
                                        Value column, int64_t rows,
                                        int64_t firstVector,
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
