//===- Copies.cpp - Between the memory of views and scratch memory --------===//
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

std::optional<unsigned> fovea::findContiguousAxis(tile::ViewOp view) {
  auto type = cast<MemRefType>(view.getSource().getType());
  if (!type.isLastDimUnitStride())
    return std::nullopt;
  // Rows of pages and of boxes lie apart.
  int64_t last = type.getRank() - 1;
  if (view.getType().getShape().size() == 2 && view.getColumnDim() == last)
    return 1;
  if (view.getDims()[0] == last && !view.getTable() && !view.getBoxes())
    return 0;
  return std::nullopt;
}

bool fovea::hasRowVectors(tile::ViewOp view) {
  auto type = cast<MemRefType>(view.getSource().getType());
  Type element = type.getElementType();
  return type.isLastDimUnitStride() &&
         view.getColumnDim() == type.getRank() - 1 && element.isIntOrFloat() &&
         element.getIntOrFloatBitWidth() % 8 == 0;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void KernelLowering::emitFor(Location loc, Value from, Value to, int64_t step,
                             function_ref<void(Value)> body) {
  if (getConstantIntValue(from) &&
      getConstantIntValue(from) == getConstantIntValue(to))
    return;
  scf::ForOp::create(b, loc, from, to, index(step), ValueRange{},
                     [&](OpBuilder &nested, Location, Value at, ValueRange) {
                       OpBuilder::InsertionGuard guard(b);
                       b.setInsertionPointToEnd(nested.getInsertionBlock());
                       body(at);
                       scf::YieldOp::create(b, loc);
                     });
}

Value KernelLowering::roundDown(Location loc, Value value, int64_t step) {
  if (step == 1)
    return value;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return index(*constant / step * step);
  Value rest = arith::RemUIOp::create(b, loc, value, index(step));
  return arith::SubIOp::create(b, loc, value, rest);
}

void KernelLowering::emitSteps(Location loc, Value from, Value to, int64_t step,
                               function_ref<void(Value, int64_t)> body) {
  // `from` is a multiple of the step.
  Value whole = roundDown(loc, to, step);
  emitFor(loc, from, whole, step, [&](Value at) { body(at, step); });
  if (step > 1)
    emitFor(loc, whole, to, 1, [&](Value at) { body(at, 1); });
}

//===----------------------------------------------------------------------===//
// Squares
//===----------------------------------------------------------------------===//

/// Transposes a square of vectors: in each round, squares twice as large.
static void transpose(OpBuilder &b, Location loc, MutableArrayRef<Value> rows) {
  int64_t size = rows.size();
  for (int64_t half = 1; half < size; half *= 2) {
    SmallVector<int64_t> upper, lower;
    for (int64_t lane = 0; lane < size; ++lane) {
      upper.push_back(lane & half ? size + lane - half : lane);
      lower.push_back(lane & half ? size + lane : lane + half);
    }
    for (int64_t n = 0; n < size; ++n) {
      if (n & half)
        continue;
      Value first = rows[n], second = rows[n + half];
      rows[n] = vector::ShuffleOp::create(b, loc, first, second, upper);
      rows[n + half] = vector::ShuffleOp::create(b, loc, first, second, lower);
    }
  }
}

void KernelLowering::emitCopyLoops(
    Location loc, bool squares, int64_t pack, Value rows, Value depth,
    function_ref<void(Value, Value)> square,
    function_ref<void(Value, Value, int64_t)> rest) {
  auto emitRest = [&](Value firstRow, Value endRow, Value first, Value end) {
    emitFor(loc, firstRow, endRow, 1, [&](Value row) {
      emitSteps(loc, first, end, pack,
                [&](Value column, int64_t count) { rest(row, column, count); });
    });
  };
  if (!squares)
    return emitRest(index(0), rows, index(0), depth);
  Value wholeRows = roundDown(loc, rows, width);
  Value wholeDepth = roundDown(loc, depth, width * pack);
  emitFor(loc, index(0), wholeRows, width, [&](Value row) {
    emitFor(loc, index(0), wholeDepth, width * pack,
            [&](Value column) { square(row, column); });
  });
  emitRest(index(0), wholeRows, wholeDepth, depth);
  emitRest(wholeRows, rows, index(0), depth);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

Value KernelLowering::readElement(tile::LoadOp load, Value row, Value column) {
  Location loc = load.getLoc();
  return memref::LoadOp::create(
      b, loc, load.getView().getDefiningOp<tile::ViewOp>().getSource(),
      indices(load, row, column));
}

SmallVector<Value> KernelLowering::indices(tile::LoadOp load, Value row,
                                           Value column) {
  Location loc = load.getLoc();
  Value r = arith::AddIOp::create(b, loc, load.getOffsets()[0], row);
  Value c = arith::AddIOp::create(b, loc, load.getOffsets()[1], column);
  return indices(load.getView().getDefiningOp<tile::ViewOp>(), {r, c});
}

//===----------------------------------------------------------------------===//
// Copies with columns in lanes
//===----------------------------------------------------------------------===//

void KernelLowering::copyRows(tile::ViewOp view, Value rows, Value depth,
                              function_ref<void(Value, Value, Type)> copy) {
  Location loc = view.getLoc();
  Type element = cast<MemRefType>(view.getSource().getType()).getElementType();
  emitFor(loc, index(0), rows, 1, [&](Value row) {
    emitSteps(loc, index(0), depth, hasRowVectors(view) ? width : 1,
              [&](Value column, int64_t count) {
                copy(row, column,
                     count == 1 ? element : lanes.vectorType(element));
              });
  });
}

/// `element`, or a vector of it if `type` is one.
static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

/// An element, or a vector of neighbours in a row.
static Value load(OpBuilder &b, Location loc, Type type, Value memory,
                  ValueRange at) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector::LoadOp::create(b, loc, vector, memory, at);
  return memref::LoadOp::create(b, loc, memory, at);
}

static void store(OpBuilder &b, Location loc, Value value, Value memory,
                  ValueRange at) {
  if (isa<VectorType>(value.getType()))
    vector::StoreOp::create(b, loc, value, memory, at);
  else
    memref::StoreOp::create(b, loc, value, memory, at);
}

void KernelLowering::copyToRows(tile::LoadOp op, Value target) {
  Location loc = op.getLoc();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  auto memory = cast<MemRefType>(target.getType());
  Value words = asIntegers(target);
  Type word = getElementTypeOrSelf(words.getType());
  Value rows = extents.lookup(op.getResult())[0],
        depth = extents.lookup(op.getResult())[1];
  if (getConstantIntValue(rows) != memory.getDimSize(0) ||
      getConstantIntValue(depth) != memory.getDimSize(1)) {
    Value zero = arith::ConstantOp::create(
        b, loc, b.getZeroAttr(lanes.vectorType(word)));
    emitFor(loc, index(0), index(memory.getDimSize(0)), 1, [&](Value row) {
      emitFor(loc, index(0), index(memory.getDimSize(1)), width,
              [&](Value column) {
                store(b, loc, zero, words, ValueRange{row, column});
              });
    });
  }
  copyRows(view, rows, depth, [&](Value row, Value column, Type type) {
    Value x = load(b, loc, type, view.getSource(), indices(op, row, column));
    if (getElementTypeOrSelf(type) != memory.getElementType())
      x = toF32(x);
    x = b.createOrFold<arith::BitcastOp>(loc, withElement(type, word), x);
    store(b, loc, x, words, ValueRange{row, column});
  });
}

void KernelLowering::copyFromRows(tile::StoreOp op, Value buffer, Value rows,
                                  Value depth) {
  Location loc = op.getLoc();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  Value words = asIntegers(buffer);
  Type word = getElementTypeOrSelf(words.getType());
  copyRows(view, rows, depth, [&](Value row, Value column, Type type) {
    Value x =
        load(b, loc, withElement(type, word), words, ValueRange{row, column});
    x = b.createOrFold<arith::BitcastOp>(loc, type, x);
    Value r = arith::AddIOp::create(b, loc, op.getOffsets()[0], row);
    Value c = arith::AddIOp::create(b, loc, op.getOffsets()[1], column);
    store(b, loc, x, view.getSource(), indices(view, {r, c}));
  });
}

//===----------------------------------------------------------------------===//
// Copies with rows in lanes
//===----------------------------------------------------------------------===//

void KernelLowering::copyToLanes(tile::LoadOp load) {
  Location loc = load.getLoc();
  Value tile = load.getResult();
  if (hasColumnsInLanes(tile)) {
    inBuffer[tile] = allocate(typeOf(tile));
    return copyToRows(load, inBuffer[tile]);
  }
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  TileType type = typeOf(tile);
  Type element = type.getElementType();
  int64_t pack = packOf(tile);
  Value target = allocate(type);
  Value rows = extents.lookup(tile)[0], depth = extents.lookup(tile)[1];
  VectorType stored =
      lanes.vectorType(cast<MemRefType>(target.getType()).getElementType());

  // Lanes beyond the view are computed with and never stored; zero keeps them
  // from being slow or trapping. The second half of a word counts in products.
  std::optional<int64_t> known = getConstantIntValue(depth);
  bool odd = pack > 1 && (!known || *known % pack != 0);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(stored));
  emitFor(loc, odd ? index(0) : roundDown(loc, rows, width),
          index(type.getDimSize(0)), width, [&](Value row) {
            emitFor(loc, index(0), index(type.getDimSize(1) / pack), 1,
                    [&](Value column) {
                      vector::StoreOp::create(b, loc, zero, target,
                                              ValueRange{column, row});
                    });
          });
  auto square = [&](Value row, Value column) {
    auto words = VectorType::get(
        {width}, b.getIntegerType(element.getIntOrFloatBitWidth() * pack));
    SmallVector<Value> vectors;
    for (int64_t n = 0; n < width; ++n) {
      Value at = arith::AddIOp::create(b, loc, row, index(n));
      Value loaded = vector::LoadOp::create(
          b, loc, VectorType::get({width * pack}, element), view.getSource(),
          indices(load, at, column));
      vectors.push_back(vector::BitCastOp::create(b, loc, words, loaded));
    }
    transpose(b, loc, vectors);
    Value place = arith::DivUIOp::create(b, loc, column, index(pack));
    for (int64_t n = 0; n < width; ++n) {
      Value at = arith::AddIOp::create(b, loc, place, index(n));
      vector::StoreOp::create(
          b, loc, vector::BitCastOp::create(b, loc, stored, vectors[n]), target,
          ValueRange{at, row});
    }
  };
  emitCopyLoops(
      view.getLoc(), hasRowVectors(view), pack, rows, depth, square,
      [&](Value row, Value column, int64_t count) {
        SmallVector<Value> elements;
        for (int64_t n = 0; n < count; ++n)
          elements.push_back(readElement(
              load, row, arith::AddIOp::create(b, loc, column, index(n))));
        Value place = arith::DivUIOp::create(b, loc, column, index(pack));
        memref::StoreOp::create(b, loc, makeWords(loc, elements, pack), target,
                                ValueRange{place, row});
      });
  inBuffer[tile] = target;
}

void KernelLowering::copyFromLanes(tile::StoreOp store, Value buffer,
                                   Value rows, Value depth) {
  Location loc = store.getLoc();
  Value tile = store.getValue();
  if (hasColumnsInLanes(tile))
    return copyFromRows(store, buffer, rows, depth);
  auto view = store.getView().getDefiningOp<tile::ViewOp>();
  Type element = typeOf(tile).getElementType();
  int64_t pack = packOf(tile);
  auto place = [&](Value row, Value column) {
    Value r = arith::AddIOp::create(b, loc, store.getOffsets()[0], row);
    Value c = arith::AddIOp::create(b, loc, store.getOffsets()[1], column);
    return indices(view, {r, c});
  };
  auto square = [&](Value row, Value column) {
    auto words = VectorType::get(
        {width}, b.getIntegerType(element.getIntOrFloatBitWidth() * pack));
    SmallVector<Value> vectors;
    Value first = arith::DivUIOp::create(b, loc, column, index(pack));
    for (int64_t n = 0; n < width; ++n) {
      Value at = arith::AddIOp::create(b, loc, first, index(n));
      Value loaded = vector::LoadOp::create(
          b, loc,
          lanes.vectorType(cast<MemRefType>(buffer.getType()).getElementType()),
          buffer, ValueRange{at, row});
      vectors.push_back(vector::BitCastOp::create(b, loc, words, loaded));
    }
    transpose(b, loc, vectors);
    for (int64_t n = 0; n < width; ++n) {
      Value at = arith::AddIOp::create(b, loc, row, index(n));
      Value elements = vector::BitCastOp::create(
          b, loc, VectorType::get({width * pack}, element), vectors[n]);
      vector::StoreOp::create(b, loc, elements, view.getSource(),
                              place(at, column));
    }
  };
  emitCopyLoops(view.getLoc(), hasRowVectors(view), pack, rows, depth, square,
                [&](Value row, Value column, int64_t count) {
                  for (int64_t n = 0; n < count; ++n) {
                    Value at = arith::AddIOp::create(b, loc, column, index(n));
                    memref::StoreOp::create(b, loc,
                                            loadElement(tile, buffer, row, at),
                                            view.getSource(), place(row, at));
                  }
                });
}

Value KernelLowering::copyFactor(const Factor &factor) {
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  TileType type = load.getType();
  Type element = type.getElementType();
  int64_t pack = factor.pack;
  // The inner axis of the copy is contiguous in memory, if any is.
  unsigned inner = factor.inner == factor.contractsColumns ? 1 : 0;
  SmallVector<int64_t> shape = {type.getDimSize(1 - inner),
                                type.getDimSize(inner)};
  // Words hold elements along the outer axis.
  shape[0] = llvm::divideCeil(shape[0], pack);
  Value copy = allocate(
      shape, pack == 1
                 ? Type(b.getF32Type())
                 : b.getIntegerType(element.getIntOrFloatBitWidth() * pack));
  SmallVector<Value> extent(extents.lookup(load.getResult()));
  Value whole = findContiguousAxis(view) == inner
                    ? roundDown(loc, extent[inner], width)
                    : index(0);
  auto make = [&](ValueRange elements) {
    return pack == 1 ? toF32(elements[0]) : makeWords(loc, elements, pack);
  };
  emitSteps(
      loc, index(0), extent[1 - inner], pack, [&](Value outer, int64_t count) {
        Value place = arith::DivUIOp::create(b, loc, outer, index(pack));
        auto at = [&](int64_t n, Value other) {
          Value step = arith::AddIOp::create(b, loc, outer, index(n));
          return inner == 1 ? indices(load, step, other)
                            : indices(load, other, step);
        };
        emitFor(loc, index(0), whole, width, [&](Value first) {
          SmallVector<Value> vectors;
          for (int64_t n = 0; n < count; ++n)
            vectors.push_back(
                vector::LoadOp::create(b, loc, lanes.vectorType(element),
                                       view.getSource(), at(n, first)));
          vector::StoreOp::create(b, loc, make(vectors), copy,
                                  ValueRange{place, first});
        });
        emitFor(loc, whole, extent[inner], 1, [&](Value other) {
          SmallVector<Value> elements;
          for (int64_t n = 0; n < count; ++n)
            elements.push_back(
                memref::LoadOp::create(b, loc, view.getSource(), at(n, other)));
          memref::StoreOp::create(b, loc, make(elements), copy,
                                  ValueRange{place, other});
        });
      });
  return copy;
}

Value KernelLowering::copyPairs(const Factor &factor) {
  constexpr int64_t pack = 2;
  tile::LoadOp load = factor.load;
  Location loc = load.getLoc();
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  TileType type = load.getType();
  Type element = type.getElementType();
  unsigned contracted = factor.contractsColumns ? 1 : 0;
  SmallVector<Value> extent(extents.lookup(load.getResult()));
  int64_t words = llvm::divideCeil(type.getDimSize(contracted), pack);
  Value copy =
      allocate({type.getDimSize(1 - contracted), words}, b.getI32Type());
  std::optional<unsigned> contiguous = findContiguousAxis(view);
  auto at = [&](Value n, Value k, int64_t more) {
    k = arith::AddIOp::create(b, loc, k, index(more));
    return factor.contractsColumns ? indices(load, n, k) : indices(load, k, n);
  };
  auto placeOf = [&](Value n, Value k) {
    return SmallVector<Value>{
        n, arith::DivUIOp::create(b, loc, k, index(pack)).getResult()};
  };
  auto loadRun = [&](int64_t size, ValueRange position) -> Value {
    return vector::LoadOp::create(b, loc, VectorType::get({size}, element),
                                  view.getSource(), position);
  };
  auto square = [&](Value n, Value k) {
    SmallVector<Value> places, words;
    for (int64_t row = 0; row < width; ++row)
      places.push_back(arith::AddIOp::create(b, loc, n, index(row)));
    for (int64_t step = 0; step < width; ++step) {
      if (contiguous == contracted)
        words.push_back(vector::BitCastOp::create(
            b, loc, lanes.vectorType(b.getI32Type()),
            loadRun(width * pack, at(places[step], k, 0))));
      else
        words.push_back(makeWords(loc,
                                  {loadRun(width, at(n, k, step * pack)),
                                   loadRun(width, at(n, k, step * pack + 1))},
                                  pack));
    }
    if (contiguous != contracted)
      transpose(b, loc, words);
    for (auto [place, word] : llvm::zip_equal(places, words))
      vector::StoreOp::create(b, loc, word, copy, placeOf(place, k));
  };
  emitCopyLoops(
      loc, contiguous.has_value(), pack, extent[1 - contracted],
      extent[contracted], square, [&](Value n, Value k, int64_t count) {
        SmallVector<Value> elements;
        for (int64_t step = 0; step < count; ++step)
          elements.push_back(
              memref::LoadOp::create(b, loc, view.getSource(), at(n, k, step)));
        memref::StoreOp::create(b, loc, makeWords(loc, elements, pack), copy,
                                placeOf(n, k));
      });
  return copy;
}
