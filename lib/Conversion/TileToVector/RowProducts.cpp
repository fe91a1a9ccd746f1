//===- RowProducts.cpp - Products with columns in lanes -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Few rows of a are multiplied with a tile that is read row by row, as vectors.
// Where a product contracts its columns (queries and keys), a vector of b meets
// one of each row of a, and the sums of as many rows of b as there are lanes
// are transposed while they are added up. Where it contracts its rows (weights
// and values), elements of a are broadcast.
//
// Memory bounds these products: while a step of a loop reads its tile, it asks
// for that of the next one, a few lines of the cache at a time: loads wait
// behind requests for which there is no room.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;

/// Bits of a line of the cache.
static constexpr int64_t lineBits = 64 * 8;

/// Whether an index is known to be a multiple of `factor`.
static bool isMultipleOf(Value value, int64_t factor) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant % factor == 0;
  auto product = value.getDefiningOp<arith::MulIOp>();
  return product && (isMultipleOf(product.getLhs(), factor) ||
                     isMultipleOf(product.getRhs(), factor));
}

/// How far behind this tile the one lies that the loop's next step loads, if
/// that is known.
static std::optional<int64_t> findStride(tile::LoadOp load) {
  auto product = load.getOffsets()[0].getDefiningOp<arith::MulIOp>();
  auto loop = load->getParentOfType<scf::ForOp>();
  if (!product || !loop || product.getLhs() != loop.getInductionVar())
    return std::nullopt;
  std::optional<int64_t> step = getConstantIntValue(loop.getStep()),
                         size = getConstantIntValue(product.getRhs());
  if (!step || !size)
    return std::nullopt;
  return *step * *size;
}

/// The first level of sums of vectors, of which level `n` adds lanes that are
/// `n` apart: lane l of the result has a part of the sum of vector l mod the
/// number of vectors, and the sum if there are as many as lanes.
static Value transposeAndAdd(OpBuilder &b, Location loc,
                             SmallVector<Value> vectors, int64_t level) {
  for (; vectors.size() > 1; level *= 2) {
    SmallVector<Value> sums;
    for (size_t n = 0; n < vectors.size(); n += 2) {
      int64_t size = cast<VectorType>(vectors[n].getType()).getNumElements();
      SmallVector<int64_t> same, other;
      for (int64_t lane = 0; lane < size; ++lane) {
        bool second = lane & level;
        same.push_back(second ? size + lane : lane);
        other.push_back(second ? size + lane - level : lane + level);
      }
      Value x = vector::ShuffleOp::create(b, loc, vectors[n], vectors[n + 1],
                                          same),
            y = vector::ShuffleOp::create(b, loc, vectors[n], vectors[n + 1],
                                          other);
      sums.push_back(arith::AddFOp::create(b, loc, x, y));
    }
    vectors = std::move(sums);
  }
  return vectors[0];
}

//===----------------------------------------------------------------------===//
// Rows of b
//===----------------------------------------------------------------------===//

void KernelLowering::makeRows(Factor &factor) {
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  std::optional<int64_t> size =
      getConstantIntValue(extents.lookup(load.getResult())[1]);
  if (!hasRowVectors(view) || !size) {
    tile::TileType type = load.getType();
    factor.size = llvm::alignTo(type.getDimSize(1), width * factor.pack);
    factor.copy =
        allocate({type.getDimSize(0), factor.size},
                 factor.pack > 1 ? type.getElementType() : b.getF32Type());
    return copyToRows(load, factor.copy);
  }
  factor.size = *size;
  if (std::optional<int64_t> stride = findStride(load)) {
    factor.next =
        arith::AddIOp::create(b, loc, load.getOffsets()[0], index(*stride));
    factor.last =
        arith::SubIOp::create(b, loc, tile::createExtent(b, view, 0), index(1));
    touchNextPages(factor);
  }
}

/// A request waits for its page's address to be translated, and what follows
/// waits for it, but not requests of one instruction after the other.
void KernelLowering::touchNextPages(const Factor &factor) {
  tile::LoadOp load = factor.load;
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  int64_t rows = load.getType().getDimSize(0);
  if (!view.getTable() || static_cast<int64_t>(*view.getPageSize()) >= rows)
    return;
  SmallVector<Row> pages;
  for (int64_t row = 0; row < rows; row += *view.getPageSize())
    llvm::append_range(pages, findNextRows(factor, index(row), 1));
  prefetch(factor, pages, index(0), 1);
}

bool fovea::areTogether(tile::LoadOp load, int64_t count) {
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  if (view.getBoxes())
    return false;
  return !view.getTable() ||
         (!view.getFrom() && *view.getPageSize() % count == 0 &&
          isMultipleOf(load.getOffsets()[0], count));
}

SmallVector<KernelLowering::Row> KernelLowering::findRows(const Factor &factor,
                                                          Value first,
                                                          int64_t count,
                                                          Value last) {
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  Value room;
  if (last)
    room = arith::SubIOp::create(b, loc, last, first);
  bool together = factor.copy || areTogether(load, count);
  unsigned dim = factor.copy ? 0 : view.getDims()[0];
  SmallVector<Row> rows;
  for (int64_t n = 0; n < count; ++n) {
    Value step = index(n);
    if (room && n != 0)
      step = arith::MinSIOp::create(b, loc, step, room);
    Value row = arith::AddIOp::create(b, loc, first, step);
    if (n == 0 || !together) {
      rows.push_back(factor.copy ? Row{row, index(0)}
                                 : indices(load, row, index(0)));
      continue;
    }
    rows.push_back(rows[0]);
    rows.back()[dim] = arith::AddIOp::create(b, loc, rows[0][dim], step);
  }
  return rows;
}

SmallVector<KernelLowering::Row>
KernelLowering::findNextRows(const Factor &factor, Value first, int64_t count) {
  SmallVector<Row> rows;
  if (!factor.next)
    return rows;
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  bool together = areTogether(load, count);
  for (int64_t n = 0; n < count; ++n) {
    // A row that does not exist is in no page; what lies behind one, on its
    // page or not, may be asked for.
    if (n == 0 || !together) {
      Value row = arith::AddIOp::create(b, loc, first, index(n));
      row = arith::AddIOp::create(b, loc, factor.next, row);
      row = arith::MinSIOp::create(b, loc, row, factor.last);
      rows.push_back(indices(view, {row, load.getOffsets()[1]}));
      continue;
    }
    rows.push_back(rows[0]);
    Value &place = rows.back()[view.getDims()[0]];
    place = arith::AddIOp::create(b, loc, place, index(n));
  }
  return rows;
}

void KernelLowering::prefetch(const Factor &factor, ArrayRef<Row> rows,
                              Value column, int64_t columns) {
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  int64_t line =
      lineBits / load.getType().getElementType().getIntOrFloatBitWidth();
  for (Row row : rows) {
    Value &last = row[view.getColumnDim()];
    Value from = arith::AddIOp::create(b, loc, last, column);
    for (int64_t c = 0; c < columns; c += line) {
      last = arith::AddIOp::create(b, loc, from, index(c));
      memref::PrefetchOp::create(b, loc, view.getSource(), row,
                                 /*isWrite=*/false, /*localityHint=*/2,
                                 /*isDataCache=*/true);
    }
  }
}

Value KernelLowering::loadPart(Location loc, Value memory, Row row,
                               unsigned columnDim, Value column, int64_t count,
                               int64_t size) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  row[columnDim] = arith::AddIOp::create(b, loc, row[columnDim], column);
  Value part = vector::LoadOp::create(b, loc, VectorType::get({count}, element),
                                      memory, row);
  if (count == size)
    return part;
  Value zero = arith::ConstantOp::create(
      b, loc, b.getZeroAttr(VectorType::get({size}, element)));
  return vector::InsertStridedSliceOp::create(
      b, loc, part, zero, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
}

Value KernelLowering::loadPart(const Factor &factor, const Row &row,
                               Value column, int64_t count, int64_t size) {
  Location loc = factor.load->getLoc();
  if (factor.copy)
    return loadPart(loc, factor.copy, row, 1, column, count, size);
  auto view = tile::LoadOp(factor.load).getView().getDefiningOp<tile::ViewOp>();
  return loadPart(loc, view.getSource(), row, view.getColumnDim(), column,
                  count, size);
}

Value KernelLowering::multiply(const Factor &factor, Value x, Value y,
                               Value sum) {
  Location loc = factor.load->getLoc();
  if (factor.pack > 1)
    return x86vector::DotBF16Op::create(b, loc, sum.getType(), sum, x, y);
  return vector::FMAOp::create(b, loc, x, y, sum);
}

//===----------------------------------------------------------------------===//
// Products that contract columns of b
//===----------------------------------------------------------------------===//

SmallVector<Value>
KernelLowering::emitRowSums(tile::DotOp dot, const Factor &factor,
                            Value operand, int64_t firstRow, int64_t numRows,
                            ArrayRef<Row> rows, ArrayRef<Row> nextRows) {
  Location loc = dot.getLoc();
  int64_t step = width * factor.pack;
  auto convert = [&](Value x) { return factor.pack > 1 ? x : toF32(x); };
  auto add = [&](Value column, int64_t count, ValueRange sums) {
    prefetch(factor, nextRows, column, count);
    SmallVector<Value> a, next;
    for (int64_t n = 0; n < numRows; ++n)
      a.push_back(
          convert(loadPart(loc, operand, {index(firstRow + n), index(0)}, 1,
                           column, count, step)));
    for (auto [key, row] : llvm::enumerate(rows)) {
      Value x = convert(loadPart(factor, row, column, count, step));
      for (int64_t n = 0; n < numRows; ++n)
        next.push_back(multiply(factor, x, a[n], sums[key * numRows + n]));
    }
    return next;
  };
  Value zero = arith::ConstantOp::create(
      b, loc, b.getZeroAttr(lanes.vectorType(b.getF32Type())));
  SmallVector<Value> sums(numRows * rows.size(), zero);
  int64_t whole = factor.size / step * step;
  if (whole != 0) {
    auto loop = scf::ForOp::create(
        b, loc, index(0), index(whole), index(step), sums,
        [&](OpBuilder &nested, Location, Value column, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          scf::YieldOp::create(b, loc, add(column, step, state));
        });
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }
  if (whole != factor.size)
    sums = add(index(whole), factor.size - whole, sums);
  return sums;
}

SmallVector<Value> KernelLowering::emitRowProducts(tile::DotOp dot,
                                                   const Factor &factor,
                                                   Value operand, Value first) {
  Location loc = dot.getLoc();
  Value count = columns(dot.getResult());
  Value last;
  if (std::optional<int64_t> known = getConstantIntValue(count);
      !known || *known % width != 0)
    last = arith::SubIOp::create(b, loc, count, index(1));
  SmallVector<Row> rows = findRows(factor, first, width, last);
  SmallVector<Row> nextRows = findNextRows(factor, first, width);
  int64_t keys = std::min(schedule.getVectors(), width);
  SmallVector<Value> products;
  for (int64_t row = 0; row < vectorsOf(dot.getResult());
       row += schedule.getRows()) {
    int64_t numRows =
        std::min(schedule.getRows(), vectorsOf(dot.getResult()) - row);
    SmallVector<SmallVector<Value>> parts(numRows);
    for (int64_t key = 0; key < width; key += keys) {
      ArrayRef<Row> next = nextRows;
      SmallVector<Value> sums = emitRowSums(
          dot, factor, operand, row, numRows, ArrayRef(rows).slice(key, keys),
          row == 0 && !next.empty() ? next.slice(key, keys) : ArrayRef<Row>());
      for (int64_t n = 0; n < numRows; ++n) {
        SmallVector<Value> own;
        for (int64_t k = 0; k < keys; ++k)
          own.push_back(sums[k * numRows + n]);
        parts[n].push_back(transposeAndAdd(b, loc, own, 1));
      }
    }
    for (SmallVector<Value> &part : parts)
      products.push_back(transposeAndAdd(b, loc, part, keys));
  }
  return products;
}

//===----------------------------------------------------------------------===//
// Products that contract rows of b
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Value>>
KernelLowering::emitColumnSums(tile::DotOp dot, const Factor &factor,
                               Value operand, int64_t firstRow, int64_t numRows,
                               Value column, int64_t count) {
  Location loc = dot.getLoc();
  int64_t vectors = llvm::divideCeil(count, width);
  SmallVector<Value> places, sums;
  for (int64_t n = 0; n < vectors; ++n)
    places.push_back(arith::AddIOp::create(b, loc, column, index(n * width)));
  for (int64_t row = 0; row < numRows; ++row)
    for (Value place : places) {
      Point point;
      FailureOr<Value> start =
          evaluate(dot.getAcc(), place, firstRow + row, point);
      if (failed(start))
        return failure();
      sums.push_back(*start);
    }
  bool pairs = factor.pack > 1;
  Type type = lanes.vectorType(b.getF32Type());
  if (pairs)
    type = VectorType::get({2 * width}, b.getBF16Type());

  // Elements of a row of a, the same in all lanes.
  auto spread = [&](int64_t row, Value k, int64_t step) -> Value {
    Value at = index(firstRow + row);
    if (!pairs)
      return lanes.broadcast(loc,
                             toF32(loadElement(dot.getA(), operand, at, k)));
    Value pair = loadPart(loc, operand, {at, k}, 1, index(0), step, 2);
    pair = vector::BitCastOp::create(
        b, loc, VectorType::get({1}, b.getI32Type()), pair);
    Value word = vector::ExtractOp::create(b, loc, pair, 0);
    return vector::BitCastOp::create(b, loc, type, lanes.broadcast(loc, word));
  };
  auto add = [&](Value k, int64_t step, ValueRange sums) {
    SmallVector<Row> rows = findRows(factor, k, step);
    if (firstRow == 0)
      prefetch(factor, findNextRows(factor, k, step), column, count);
    SmallVector<Value> x, next;
    for (int64_t n = 0; n < vectors; ++n) {
      int64_t size = std::min(width, count - n * width);
      Value part = loadPart(factor, rows[0], places[n], size, width);
      if (!pairs) {
        x.push_back(toF32(part));
        continue;
      }
      Value second =
          step == 2
              ? loadPart(factor, rows[1], places[n], size, width)
              : arith::ConstantOp::create(b, loc, b.getZeroAttr(part.getType()))
                    .getResult();
      x.push_back(vector::InterleaveOp::create(b, loc, part, second));
    }
    for (int64_t row = 0; row < numRows; ++row) {
      Value y = spread(row, k, step);
      for (int64_t n = 0; n < vectors; ++n)
        next.push_back(multiply(factor, x[n], y, sums[row * vectors + n]));
    }
    return next;
  };
  auto emitLoop = [&](Value from, Value to, int64_t step) {
    auto loop = scf::ForOp::create(
        b, loc, from, to, index(step), sums,
        [&](OpBuilder &nested, Location, Value k, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          scf::YieldOp::create(b, loc, add(k, step, state));
        });
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  };
  Value whole = roundDown(loc, factor.depth, factor.pack);
  emitLoop(index(0), whole, factor.pack);
  if (getConstantIntValue(whole) != getConstantIntValue(factor.depth) ||
      !getConstantIntValue(whole))
    if (pairs)
      emitLoop(whole, factor.depth, 1);
  return sums;
}

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::emitRowDot(tile::DotOp dot, Value top,
                                         Value target, Value operand,
                                         const Factor &factor,
                                         Reduction *reduction) {
  Location loc = dot.getLoc();
  if (factor.contractsColumns)
    return emitColumnLoop(
        loc, index(0), columns(dot.getResult()), width, reduction,
        [&](Value column, int64_t, MutableArrayRef<Value> state) {
          SmallVector<Value> products =
              emitRowProducts(dot, factor, operand, column);
          for (auto [row, product] : llvm::enumerate(products)) {
            Point point;
            FailureOr<Value> start = evaluate(dot.getAcc(), column, row, point);
            if (failed(start))
              return failure();
            Value sum = arith::AddFOp::create(b, loc, *start, product);
            if (failed(emitResult(dot, top, target, column, row, sum, state,
                                  reduction)))
              return failure();
          }
          return success();
        });
  auto body = [&](Value column, int64_t count,
                  MutableArrayRef<Value> state) -> LogicalResult {
    int64_t vectors = llvm::divideCeil(count, width);
    for (int64_t first = 0; first < vectorsOf(dot.getResult());
         first += schedule.getRows()) {
      int64_t numRows =
          std::min(schedule.getRows(), vectorsOf(dot.getResult()) - first);
      FailureOr<SmallVector<Value>> sums =
          emitColumnSums(dot, factor, operand, first, numRows, column, count);
      if (failed(sums))
        return failure();
      for (auto [n, sum] : llvm::enumerate(*sums)) {
        Value at =
            arith::AddIOp::create(b, loc, column, index(n % vectors * width));
        if (failed(emitResult(dot, top, target, at, first + n / vectors, sum,
                              state, reduction)))
          return failure();
      }
    }
    return success();
  };
  int64_t block = schedule.getVectors() * width;
  int64_t whole = factor.size / block * block;
  if (whole != 0 && failed(emitColumnLoop(loc, index(0), index(whole), block,
                                          reduction, body)))
    return failure();
  if (whole == factor.size)
    return success();
  SmallVector<Value> none;
  return body(index(whole), factor.size - whole,
              reduction ? MutableArrayRef(reduction->state)
                        : MutableArrayRef(none));
}
