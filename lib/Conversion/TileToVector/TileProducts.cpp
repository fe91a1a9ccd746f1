//===- TileProducts.cpp - Products in the tile registers of AMX -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile register holds 16 rows of 16 words. One of b's has 16 columns of the
// result for rows, and words of pairs of bf16 along the contracted axis; one of
// a's, words as they are packed in scratch memory: a row for each pair, and the
// rows of a vector. Their product, columns by rows of a vector, is added up in
// a third. Four of these, of as many vectors, share each tile of b, so that the
// loads take less time than the products.
//
// The sums go to scratch memory, where blocks of vectors pick them up: what the
// accumulator starts from, a rest of the contracted axis and what becomes of
// the result is the same as without AMX. So are columns beyond the last 16.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace fovea;

/// Rows and words of a full tile register, and vectors whose sums are kept.
static constexpr int64_t tileSize = 16, maxVectors = 4;

/// Words of a step, up to a full tile: the fewest steps of one size that make up
/// a depth, but less than twice as many as of full tiles; else a full tile.
static int64_t selectTileWords(int64_t depth) {
  int64_t words = depth / 2, fewest = llvm::divideCeil(words, tileSize);
  if (depth % 2 == 0)
    for (int64_t steps = fewest; steps < 2 * fewest; ++steps)
      if (words % steps == 0)
        return words / steps;
  return tileSize;
}

void KernelLowering::makeTiles(tile::DotOp dot, Factor &factor) {
  if (!schedule.getAmx() || factor.pack != 2)
    return;
  tile::LoadOp load = factor.load;
  unsigned contracted = factor.contractsColumns ? 1 : 0;
  Value extent = extents.lookup(dot.getB())[1 - contracted];
  std::optional<int64_t> depth = getConstantIntValue(factor.depth),
                         columns = getConstantIntValue(extent);
  if (columns.value_or(load.getType().getDimSize(1 - contracted)) < tileSize)
    return;
  int64_t words = tileSize;
  if (depth && factor.contractsColumns)
    words = selectTileWords(*depth);
  // A register has one size in a function. Sums, a and b take six full ones;
  // what is left are one of each for smaller steps, all of one size.
  if (words != tileSize && shortWords != 0 && words != shortWords)
    words = tileSize;
  if (depth.value_or(load.getType().getDimSize(contracted)) < 2 * words)
    return;
  if (words != tileSize)
    shortWords = words;
  factor.tileWords = words;
  factor.inner = true;
  // The rows of a tile lie equally far apart.
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  bool even = contracted == 1 ? areTogether(load, tileSize) : !view.getTable();
  if (findContiguousAxis(view) != contracted || view.getBoxes() || !even)
    factor.copy = copyPairs(factor);
}

void KernelLowering::emitTileSums(tile::DotOp dot, const Factor &factor,
                                  Value operand, Value column,
                                  const TileSums &sums) {
  Location loc = dot.getLoc();
  tile::LoadOp load = factor.load;
  int64_t words = factor.tileWords;
  Value x = asPairs(operand), y, stride;
  if (factor.copy) {
    y = asPairs(factor.copy);
    stride = index(cast<MemRefType>(y.getType()).getDimSize(1));
  } else {
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    y = view.getSource();
    auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, y);
    unsigned dim =
        factor.contractsColumns ? view.getDims()[0] : view.getColumnDim();
    stride = getValueOrCreateConstantIndexOp(
        b, loc, metadata.getConstifiedMixedStrides()[dim]);
  }
  auto sumType = amx::TileType::get({tileSize, tileSize}, b.getF32Type());
  auto xType = amx::TileType::get({words, 2 * tileSize}, b.getBF16Type());
  auto yType = amx::TileType::get({tileSize, 2 * words}, b.getBF16Type());
  int64_t numVectors = vectorsOf(dot.getResult());
  for (int64_t first = 0; first < numVectors; first += maxVectors) {
    int64_t vectors = std::min(maxVectors, numVectors - first);
    SmallVector<Value> zeros;
    for (int64_t n = 0; n < vectors; ++n)
      zeros.push_back(amx::TileZeroOp::create(b, loc, sumType));
    auto loop = scf::ForOp::create(
        b, loc, index(0), sums.depth, index(words), zeros,
        [&](OpBuilder &nested, Location, Value k, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          Value depth = arith::MulIOp::create(b, loc, k, index(2));
          SmallVector<Value> at = {column, depth}, next;
          if (!factor.copy)
            at = factor.contractsColumns ? indices(load, column, depth)
                                         : indices(load, depth, column);
          Value ys = amx::TileLoadOp::create(b, loc, yType, y, at, stride);
          for (int64_t n = 0; n < vectors; ++n) {
            Value xs = amx::TileLoadOp::create(
                b, loc, xType, x,
                ValueRange{k, index((first + n) * 2 * tileSize)});
            next.push_back(
                amx::TileMulFOp::create(b, loc, sumType, ys, xs, state[n]));
          }
          scf::YieldOp::create(b, loc, next);
        });
    for (auto [n, sum] : llvm::enumerate(loop.getResults()))
      amx::TileStoreOp::create(
          b, loc, sums.memory,
          ValueRange{index(0), index((first + n) * tileSize)}, sum);
  }
}

FailureOr<Value> KernelLowering::emitTileLoop(tile::DotOp dot,
                                              const Factor &factor,
                                              Value operand, int64_t rows,
                                              Reduction *reduction,
                                              BlockBody body) {
  if (factor.tileWords == 0)
    return index(0);
  Location loc = dot.getLoc();
  TileSums sums;
  sums.memory = allocate({tileSize, vectorsOf(dot.getResult()) * tileSize},
                         b.getF32Type());
  sums.depth = b.createOrFold<arith::DivUIOp>(
      loc, roundDown(loc, factor.depth, 2 * factor.tileWords), index(2));
  Value to = roundDown(loc, columns(dot.getResult()), tileSize);
  LogicalResult result = emitColumnLoop(
      loc, index(0), to, tileSize, reduction,
      [&](Value column, int64_t, MutableArrayRef<Value> state) {
        emitTileSums(dot, factor, operand, column, sums);
        Reduction inner;
        if (reduction)
          inner = {reduction->kind, SmallVector<Value>(state)};
        LogicalResult result = emitColumnLoops(
            loc, index(0), index(tileSize), rows, reduction ? &inner : nullptr,
            [&](Value at, int64_t count, MutableArrayRef<Value> state) {
              TileSums here = sums;
              here.column = at;
              return body(here, arith::AddIOp::create(b, loc, column, at),
                          count, state);
            });
        llvm::copy(inner.state, state.begin());
        return result;
      });
  if (failed(result))
    return failure();
  return to;
}
