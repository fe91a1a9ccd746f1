//===- Expressions.cpp - What a tile is computed from ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

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
      for (int64_t vector = 0; vector < vectorsOf(value); ++vector)
        lanes.hoist(map, vector * rowsPerVector(value));
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

void KernelLowering::copyLoads(Value tile) {
  visitExpression(tile, [&](Value value) {
    if (auto load = value.getDefiningOp<tile::LoadOp>();
        load && !inBuffer.count(value))
      copyToLanes(load);
  });
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

FailureOr<Value> KernelLowering::evaluate(Value tile, Value column,
                                          int64_t vector, Point &point) {
  if (Value known = point.lookup(tile))
    return known;
  Location loc = tile.getLoc();
  if (auto it = inLanes.find(tile); it != inLanes.end())
    return it->second[vector];
  if (Value buffer = inBuffer.lookup(tile))
    return loadVector(tile, buffer, column, vector);
  if (auto splat = tile.getDefiningOp<tile::SplatOp>()) {
    if (isRow(tile) && rowsPerVector(tile) == 1)
      return splat.getValue();
    return lanes.broadcast(loc, splat.getValue());
  }
  auto map = tile.getDefiningOp<tile::MapOp>();
  if (!map) {
    Operation *op = tile.getDefiningOp();
    return (op ? op : function.getOperation())
        ->emitOpError("cannot be computed on vectors here; products "
                      "take part in one expression each");
  }
  SmallVector<Value> inputs;
  for (Value input : map.getInputs()) {
    FailureOr<Value> value = evaluate(input, column, vector, point);
    if (failed(value))
      return failure();
    inputs.push_back(*value);
  }
  Value result = lanes.emit(map, vector * rowsPerVector(tile), column, inputs);
  point[tile] = result;
  return result;
}
