//===- Buffers.cpp - Vectors of tiles in scratch memory -------------------===//
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

/// An element's bits as an integer.
static Value toBits(OpBuilder &b, Location loc, Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type bits = b.getIntegerType(element.getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    bits = vector.clone(bits);
  return arith::BitcastOp::create(b, loc, bits, value);
}

/// Element `part` (index) of words.
static Value takePart(OpBuilder &b, Location loc, Value words, Value part,
                      Type element) {
  unsigned bits = element.getIntOrFloatBitWidth();
  Type word = getElementTypeOrSelf(words.getType());
  Value size = arith::ConstantIndexOp::create(b, loc, bits);
  Value shift = arith::IndexCastOp::create(
      b, loc, word, arith::MulIOp::create(b, loc, part, size));
  Type narrow = b.getIntegerType(bits);
  if (auto vector = dyn_cast<VectorType>(words.getType())) {
    shift = vector::BroadcastOp::create(b, loc, vector, shift);
    narrow = vector.clone(narrow);
    element = vector.clone(element);
  }
  Value moved = arith::ShRUIOp::create(b, loc, words, shift);
  return arith::BitcastOp::create(
      b, loc, element, arith::TruncIOp::create(b, loc, narrow, moved));
}

Value KernelLowering::makeWords(Location loc, ValueRange elements,
                                int64_t pack) {
  if (pack == 1)
    return elements[0];
  Value low = toBits(b, loc, elements[0]), high;
  if (elements.size() > 1)
    high = toBits(b, loc, elements[1]);
  auto vector = dyn_cast<VectorType>(low.getType());
  unsigned bits =
      2 * getElementTypeOrSelf(low.getType()).getIntOrFloatBitWidth();
  Type word = b.getIntegerType(bits);
  if (vector) {
    if (!high)
      high = arith::ConstantOp::create(b, loc, b.getZeroAttr(vector));
    return vector::BitCastOp::create(
        b, loc, vector.clone(word),
        vector::InterleaveOp::create(b, loc, low, high));
  }
  low = arith::ExtUIOp::create(b, loc, word, low);
  if (!high)
    return low;
  high = arith::ExtUIOp::create(b, loc, word, high);
  Value half =
      arith::ConstantOp::create(b, loc, b.getIntegerAttr(word, bits / 2));
  return arith::OrIOp::create(b, loc, low,
                              arith::ShLIOp::create(b, loc, high, half));
}

Value KernelLowering::loadVector(Value tile, Value buffer, Value column,
                                 int64_t vector) {
  Location loc = tile.getLoc();
  int64_t pack = packOf(tile);
  auto memory = cast<MemRefType>(buffer.getType());
  VectorType type = lanes.vectorType(memory.getElementType());
  if (hasColumnsInLanes(tile))
    return vector::LoadOp::create(b, loc, type, buffer,
                                  ValueRange{index(vector), column});
  auto load = [&](Value at) -> Value {
    return vector::LoadOp::create(b, loc, type, buffer,
                                  ValueRange{at, index(vector * width)});
  };
  if (pack == 1)
    return load(column);
  Value words = load(arith::DivUIOp::create(b, loc, column, index(pack)));
  Value part = arith::RemUIOp::create(b, loc, column, index(pack));
  return takePart(b, loc, words, part, typeOf(tile).getElementType());
}

void KernelLowering::storeVectors(Value tile, ValueRange values, Value target,
                                  Value column, int64_t vector) {
  Location loc = tile.getLoc();
  int64_t pack = packOf(tile);
  if (hasColumnsInLanes(tile)) {
    Value words = asIntegers(target);
    Type type = lanes.vectorType(getElementTypeOrSelf(words.getType()));
    vector::StoreOp::create(
        b, loc, b.createOrFold<arith::BitcastOp>(loc, type, values[0]), words,
        ValueRange{index(vector), column});
    return;
  }
  if (pack > 1)
    column = arith::DivUIOp::create(b, loc, column, index(pack));
  vector::StoreOp::create(b, loc, makeWords(loc, values, pack), target,
                          ValueRange{column, index(vector * width)});
}

Value KernelLowering::asIntegers(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  auto view = buffer.getDefiningOp<memref::ViewOp>();
  return memref::ViewOp::create(
      b, buffer.getLoc(),
      MemRefType::get(type.getShape(),
                      b.getIntegerType(type.getElementTypeBitWidth())),
      view.getSource(), view.getByteShift(), ValueRange{});
}

Value KernelLowering::asPairs(Value buffer) {
  SmallVector<int64_t> shape(cast<MemRefType>(buffer.getType()).getShape());
  shape.back() *= 2;
  auto view = buffer.getDefiningOp<memref::ViewOp>();
  return memref::ViewOp::create(
      b, buffer.getLoc(), MemRefType::get(shape, b.getBF16Type()),
      view.getSource(), view.getByteShift(), ValueRange{});
}

Value KernelLowering::loadElement(Value tile, Value buffer, Value row,
                                  Value column) {
  Location loc = tile.getLoc();
  int64_t pack = packOf(tile);
  if (hasColumnsInLanes(tile))
    return memref::LoadOp::create(b, loc, buffer, ValueRange{row, column});
  if (pack == 1)
    return memref::LoadOp::create(b, loc, buffer, ValueRange{column, row});
  Value place = arith::DivUIOp::create(b, loc, column, index(pack));
  Value word = memref::LoadOp::create(b, loc, buffer, ValueRange{place, row});
  Value part = arith::RemUIOp::create(b, loc, column, index(pack));
  return takePart(b, loc, word, part, typeOf(tile).getElementType());
}

Value KernelLowering::loadRows(Value tile, Value buffer, int64_t vector) {
  Location loc = tile.getLoc();
  Value at = index(vector * rowsPerVector(tile));
  if (rowsPerVector(tile) == 1)
    return memref::LoadOp::create(b, loc, buffer, at);
  return vector::LoadOp::create(
      b, loc, lanes.vectorType(typeOf(tile).getElementType()), buffer, at);
}

void KernelLowering::storeRows(Value tile, Value value, Value buffer,
                               int64_t vector) {
  Location loc = tile.getLoc();
  Value at = index(vector * rowsPerVector(tile));
  if (rowsPerVector(tile) == 1)
    memref::StoreOp::create(b, loc, value, buffer, at);
  else
    vector::StoreOp::create(b, loc, value, buffer, at);
}
