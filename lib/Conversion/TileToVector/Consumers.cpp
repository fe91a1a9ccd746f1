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

FailureOr<Value> KernelLowering::materialize(Value tile, Value target) {
  copyLoads(tile);
  Value buffer = inBuffer.lookup(tile);
  if (buffer && !target)
    return buffer;
  if (!target)
    target = allocate(typeOf(tile));
  tile::DotOp dot = findDot(tile);
  // Products make one column after the other.
  if (dot && packOf(tile) > 1) {
    if (failed(materialize(dot.getResult())))
      return failure();
    dot = {};
  }
  if (failed(dot ? emitDot(dot, tile, target, nullptr)
                 : emitColumns(tile, tile, target, nullptr)))
    return failure();
  // The extent is that of the expression, which is forgotten now.
  if (!extents.count(tile))
    extents[tile] = {index(typeOf(tile).getDimSize(0)), columns(tile)};
  inBuffer[tile] = target;
  return target;
}

Value KernelLowering::findKept(tile::ReduceOp op) {
  Value input = op.getInput();
  if (!isExpression(input) || input.hasOneUse())
    return {};
  Operation *reader = nullptr;
  for (Operation *user : input.getUsers()) {
    if (user == op || user == reader)
      continue;
    if (reader)
      return input;
    reader = user;
  }
  auto map = dyn_cast_or_null<tile::MapOp>(reader);
  if (!map || map->getBlock() != op->getBlock() || map.getInputs().size() != 1)
    return input;
  // What its body uses from outside has to be there.
  bool isEarly = true;
  map.walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (Operation *made = operand.getDefiningOp();
          made && made->getBlock() == op->getBlock() && operand != input)
        isEarly &= made->isBeforeInBlock(op);
  });
  return isEarly ? map.getResult() : input;
}

LogicalResult KernelLowering::lowerReduce(tile::ReduceOp op) {
  if (op.getAxis() != 1)
    return op.emitOpError("on a CPU only axis 1 is folded");
  Value input = op.getInput();
  Location loc = op.getLoc();
  bool adds = op.getKind() == tile::ReduceKind::add;
  Value start = arith::ConstantOp::create(
      b, loc,
      b.getF32FloatAttr(adds ? 0 : -std::numeric_limits<float>::infinity()));
  Reduction reduction = {
      op.getKind(),
      SmallVector<Value>(vectorsOf(input), lanes.broadcast(loc, start))};
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
  Value kept = findKept(op);
  // Products store what they fold.
  if (dot && kept)
    kept = input;
  Value target;
  if (kept) {
    target = dot ? Value() : findReusable(kept, op);
    if (!target)
      target = allocate(typeOf(kept));
  }
  Value count = columns(input);
  if (failed(dot ? emitDot(dot, input, target, &reduction)
                 : emitColumns(input, kept ? kept : input, target, &reduction)))
    return failure();
  if (kept) {
    extents[kept] = {index(typeOf(kept).getDimSize(0)), count};
    inBuffer[kept] = target;
  }
  if (hasColumnsInLanes(input))
    for (Value &state : reduction.state)
      state = vector::ReductionOp::create(
          b, loc,
          adds ? vector::CombiningKind::ADD : vector::CombiningKind::MAXNUMF,
          state,
          adds ? arith::FastMathFlags::reassoc : arith::FastMathFlags::nnan);
  inLanes[op.getResult()] = reduction.state;
  return success();
}

LogicalResult KernelLowering::lowerStore(tile::StoreOp op) {
  Location loc = op.getLoc();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  if (view.getBoxes() && !tile::fillsGrid(view))
    return view.emitOpError(
        "has boxes that reach beyond the grid or lie in one another, which are "
        "not stored on CPUs; move tokens back by attn.reorder");
  Value tile = op.getValue();
  SmallVector<Value> offsets(op.getOffsets());
  Value rows = extent(loc, view, 0, offsets[0], typeOf(tile).getDimSize(0));
  if (isRow(tile)) {
    Value buffer = allocate(typeOf(tile));
    for (int64_t vector = 0; vector < vectorsOf(tile); ++vector) {
      Point point;
      FailureOr<Value> value = evaluate(tile, {}, vector, point);
      if (failed(value))
        return failure();
      storeRows(tile, *value, buffer, vector);
    }
    emitFor(loc, index(0), rows, 1, [&](Value row) {
      Value value = memref::LoadOp::create(b, loc, buffer, row);
      Value to = arith::AddIOp::create(b, loc, offsets[0], row);
      memref::StoreOp::create(b, loc, value, view.getSource(),
                              indices(view, to));
    });
    return success();
  }
  Value target = isExpression(tile) ? findReusable(tile, op) : Value();
  FailureOr<Value> made = materialize(tile, target);
  if (failed(made))
    return failure();
  copyFromLanes(op, *made, rows,
                extent(loc, view, 1, offsets[1], typeOf(tile).getDimSize(1)));
  return success();
}
