//===- ColumnLoops.cpp - Loops over the columns of a tile -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

Value fovea::foldVector(OpBuilder &b, Location loc, tile::ReduceKind kind,
                        Value state, Value value) {
  if (kind == tile::ReduceKind::add)
    return arith::AddFOp::create(b, loc, state, value);
  // NaN is passed over: the comparison with it is false.
  Value greater =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, value, state);
  return arith::SelectOp::create(b, loc, greater, value, state);
}

Value KernelLowering::foldColumns(tile::ReduceKind kind, Value tile,
                                  Value column, Value state, Value value) {
  Location loc = tile.getLoc();
  Value folded = foldVector(b, loc, kind, state, value);
  if (!hasColumnsInLanes(tile))
    return folded;
  Value extent = columns(tile);
  if (std::optional<int64_t> known = getConstantIntValue(extent);
      known && *known % width == 0)
    return folded;
  Value rest = arith::SubIOp::create(b, loc, extent, column);
  Value exist = vector::CreateMaskOp::create(
      b, loc, lanes.vectorType(b.getI1Type()), rest);
  return arith::SelectOp::create(b, loc, exist, folded, state);
}

LogicalResult KernelLowering::emitColumnLoop(Location loc, Value from, Value to,
                                             int64_t step, Reduction *reduction,
                                             ColumnBody body) {
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
}

LogicalResult KernelLowering::emitColumnLoops(Location loc, Value from,
                                              Value to, int64_t rows,
                                              Reduction *reduction,
                                              ColumnBody body) {
  Value extent = b.createOrFold<arith::SubIOp>(loc, to, from);
  std::optional<int64_t> known = getConstantIntValue(extent);
  if (known == 0)
    return success();
  if (rows == 1 || (known && *known % rows == 0))
    return emitColumnLoop(loc, from, to, rows, reduction, body);
  Value rest = arith::RemUIOp::create(b, loc, extent, index(rows));
  Value whole = arith::SubIOp::create(b, loc, to, rest);
  if (failed(emitColumnLoop(loc, from, whole, rows, reduction, body)))
    return failure();
  return emitColumnLoop(loc, whole, to, 1, reduction, body);
}

LogicalResult KernelLowering::emitColumns(Value top, Value kept, Value target,
                                          Reduction *reduction) {
  Location loc = top.getLoc();
  copyLoads(kept);
  hoist(kept);
  auto body = [&](Value column, int64_t count,
                  MutableArrayRef<Value> state) -> LogicalResult {
    for (int64_t vector = 0; vector < vectorsOf(top); ++vector) {
      SmallVector<Value> values;
      for (int64_t n = 0; n < count; ++n) {
        Value at =
            n == 0
                ? column
                : arith::AddIOp::create(b, loc, column, index(n)).getResult();
        Point point;
        FailureOr<Value> value = evaluate(top, at, vector, point);
        if (failed(value))
          return failure();
        if (reduction)
          state[vector] =
              foldColumns(reduction->kind, top, at, state[vector], *value);
        if (!target)
          continue;
        // `point` holds the value that `kept` is computed from.
        point[top] = *value;
        value = evaluate(kept, at, vector, point);
        if (failed(value))
          return failure();
        values.push_back(*value);
      }
      if (target)
        storeVectors(kept, values, target, column, vector);
    }
    return success();
  };
  auto whole = [&](Value column, int64_t, MutableArrayRef<Value> state) {
    return body(column, 1, state);
  };
  LogicalResult result =
      hasColumnsInLanes(top)
          ? emitColumnLoop(loc, index(0), columns(top), width, reduction, whole)
          : emitColumnLoops(loc, index(0), columns(top),
                            target ? packOf(kept) : 1, reduction, body);
  lanes.clearHoisted();
  return result;
}
