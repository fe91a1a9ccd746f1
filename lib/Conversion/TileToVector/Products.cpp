//===- Products.cpp - Register blocks of tile.dot -------------------------===//
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
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Matchers.h"

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
  if (element.getIntOrFloatBitWidth() > 32)
    return arith::TruncFOp::create(b, function.getLoc(), type, value);
  return arith::ExtFOp::create(b, function.getLoc(), type, value);
}

bool fovea::isOnPairs(tile::DotOp dot) {
  tile::LanesAttr lanes = lanesOf(dot.getA());
  return lanes && lanes.getPack() == 2 &&
         typeOf(dot.getA()).getElementType().isBF16() &&
         typeOf(dot.getB()).getElementType().isBF16();
}

//===----------------------------------------------------------------------===//
// The operand that is broadcast
//===----------------------------------------------------------------------===//

KernelLowering::Factor KernelLowering::makeFactor(tile::DotOp dot) {
  AffineMap map = cast<AffineMapAttr>(dot.getIndexingMaps()[1]).getValue();
  Factor factor;
  factor.load = dot.getB().getDefiningOp<tile::LoadOp>();
  factor.contractsColumns = map.getDimPosition(1) == 2;
  factor.pack = isOnPairs(dot) ? 2 : 1;
  unsigned contracted = factor.contractsColumns ? 1 : 0;
  factor.depth = extents.lookup(dot.getB())[contracted];
  if (hasColumnsInLanes(dot.getResult())) {
    makeRows(factor);
    return factor;
  }
  makeTiles(dot, factor);
  if (factor.tileWords != 0)
    return factor;
  auto view = factor.load.getView().getDefiningOp<tile::ViewOp>();
  std::optional<unsigned> contiguous = findContiguousAxis(view);
  factor.inner = contiguous.value_or(1 - contracted) == contracted;
  // A product over rows visits each once for a block of columns: where a row is
  // costs too much there if rows lie apart.
  bool liesApart = contracted == 0 && (view.getBoxes() || view.getTable());
  bool asItIs =
      factor.pack > 1
          ? contiguous == contracted
          : factor.load.getType().getElementType().isF32() && !liesApart;
  if (!asItIs)
    factor.copy = copyFactor(factor);
  return factor;
}

Value KernelLowering::readFactor(const Factor &factor, Value n, Value k,
                                 int64_t count) {
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  if (factor.copy)
    return memref::LoadOp::create(b, loc, factor.copy,
                                  factor.inner ? ValueRange{n, k}
                                               : ValueRange{k, n});
  auto at = [&](Value position) {
    return factor.contractsColumns ? indices(load, n, position)
                                   : indices(load, position, n);
  };
  Value memory = load.getView().getDefiningOp<tile::ViewOp>().getSource();
  if (factor.pack == 1)
    return memref::LoadOp::create(b, loc, memory, at(k));
  Value first = arith::MulIOp::create(b, loc, k, index(factor.pack));
  if (count == 1)
    return makeWords(
        loc, memref::LoadOp::create(b, loc, memory, at(first)).getResult(),
        factor.pack);
  Type element = load.getType().getElementType();
  Value pair = vector::LoadOp::create(
      b, loc, VectorType::get({factor.pack}, element), memory, at(first));
  Type word = b.getIntegerType(element.getIntOrFloatBitWidth() * factor.pack);
  return vector::ExtractOp::create(
      b, loc,
      vector::BitCastOp::create(b, loc, VectorType::get({1}, word), pair), 0);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

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
  copyLoads(top);
  int64_t mark = scratchTop;
  Factor factor = makeFactor(dot);
  hoist(top);
  if (hasColumnsInLanes(dot.getResult())) {
    LogicalResult result =
        emitRowDot(dot, top, target, *operand, factor, reduction);
    lanes.clearHoisted();
    scratchTop = mark;
    return result;
  }
  // Tiles with fewer vectors than a block have as many accumulators in more
  // rows.
  int64_t numVectors = vectorsOf(dot.getResult());
  int64_t vectors = std::min(schedule.getVectors(), numVectors);
  int64_t rows = std::min<int64_t>(
      schedule.getRows() * schedule.getVectors() / vectors, 16);
  auto body = [&](const TileSums &sums, Value column, int64_t rows,
                  MutableArrayRef<Value> state) -> LogicalResult {
    for (int64_t first = 0; first < numVectors; first += vectors)
      if (failed(emitBlock(dot, top, target, *operand, factor, sums, column,
                           rows, first, vectors, state, reduction)))
        return failure();
    return success();
  };
  FailureOr<Value> from =
      emitTileLoop(dot, factor, *operand, rows, reduction, body);
  if (failed(from))
    return failure();
  LogicalResult result = emitColumnLoops(
      dot.getLoc(), *from, columns(dot), rows, reduction,
      [&](Value column, int64_t rows, MutableArrayRef<Value> state) {
        return body({}, column, rows, state);
      });
  lanes.clearHoisted();
  scratchTop = mark;
  return result;
}

SmallVector<Value> KernelLowering::emitProducts(
    tile::DotOp dot, const Factor &factor, Value operand, ValueRange columns,
    int64_t firstVector, Value k, int64_t count, ValueRange sums) {
  Location loc = dot.getLoc();
  int64_t vectors = sums.size() / columns.size();
  bool pairs = factor.pack > 1;
  VectorType pairsType = VectorType::get({2 * width}, b.getBF16Type());
  SmallVector<Value> a, next;
  for (int64_t n = 0; n < vectors; ++n) {
    if (!pairs) {
      a.push_back(toF32(loadVector(dot.getA(), operand, k, firstVector + n)));
      continue;
    }
    Value words = vector::LoadOp::create(
        b, loc, lanes.vectorType(b.getI32Type()), operand,
        ValueRange{k, index((firstVector + n) * width)});
    a.push_back(vector::BitCastOp::create(b, loc, pairsType, words));
  }
  for (auto [row, column] : llvm::enumerate(columns)) {
    Value y = lanes.broadcast(loc, readFactor(factor, column, k, count));
    if (pairs)
      y = vector::BitCastOp::create(b, loc, pairsType, y);
    for (int64_t n = 0; n < vectors; ++n) {
      Value sum = sums[row * vectors + n];
      if (pairs)
        next.push_back(
            x86vector::DotBF16Op::create(b, loc, sum.getType(), sum, y, a[n]));
      else
        next.push_back(vector::FMAOp::create(b, loc, y, a[n], sum));
    }
  }
  return next;
}

LogicalResult KernelLowering::emitResult(tile::DotOp dot, Value top,
                                         Value target, Value column,
                                         int64_t vector, Value sum,
                                         MutableArrayRef<Value> state,
                                         Reduction *reduction) {
  Point point;
  point[dot.getResult()] = sum;
  FailureOr<Value> value = evaluate(top, column, vector, point);
  if (failed(value))
    return failure();
  if (target)
    storeVectors(top, *value, target, column, vector);
  if (reduction)
    state[vector] =
        foldColumns(reduction->kind, top, column, state[vector], *value);
  return success();
}

LogicalResult
KernelLowering::emitBlock(tile::DotOp dot, Value top, Value target,
                          Value operand, const Factor &factor,
                          const TileSums &tileSums, Value column, int64_t rows,
                          int64_t firstVector, int64_t vectors,
                          MutableArrayRef<Value> state, Reduction *reduction) {
  Location loc = dot.getLoc();
  SmallVector<Value> position, sums;
  for (int64_t row = 0; row < rows; ++row) {
    position.push_back(arith::AddIOp::create(b, loc, column, index(row)));
    for (int64_t n = 0; n < vectors; ++n) {
      Point point;
      FailureOr<Value> start =
          evaluate(dot.getAcc(), position.back(), firstVector + n, point);
      if (failed(start))
        return failure();
      sums.push_back(*start);
      if (!tileSums.memory)
        continue;
      Value at = arith::AddIOp::create(b, loc, tileSums.column, index(row));
      Value added = vector::LoadOp::create(
          b, loc, lanes.vectorType(b.getF32Type()), tileSums.memory,
          ValueRange{at, index((firstVector + n) * width)});
      sums.back() = arith::AddFOp::create(b, loc, *start, added);
    }
  }
  auto emitLoop = [&](Value from, Value to, int64_t count) {
    if (getConstantIntValue(from) &&
        getConstantIntValue(from) == getConstantIntValue(to))
      return;
    auto loop = scf::ForOp::create(
        b, loc, from, to, index(1), sums,
        [&](OpBuilder &nested, Location, Value k, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          scf::YieldOp::create(b, loc,
                               emitProducts(dot, factor, operand, position,
                                            firstVector, k, count, state));
        });
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  };
  if (factor.pack == 1) {
    emitLoop(index(0), factor.depth, 1);
  } else {
    Value pack = index(factor.pack);
    Value whole = b.createOrFold<arith::DivUIOp>(loc, factor.depth, pack);
    Value all = b.createOrFold<arith::CeilDivUIOp>(loc, factor.depth, pack);
    APInt n, m;
    bool odd = !matchPattern(whole, m_ConstantInt(&n)) ||
               !matchPattern(all, m_ConstantInt(&m)) || n != m;
    // A copy is filled up with zero.
    emitLoop(tileSums.memory ? tileSums.depth : index(0),
             factor.copy ? all : whole, factor.pack);
    if (odd && !factor.copy)
      emitLoop(whole, all, 1);
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t n = 0; n < vectors; ++n)
      if (failed(emitResult(dot, top, target, position[row], firstVector + n,
                            sums[row * vectors + n], state, reduction)))
        return failure();
  return success();
}
