//===- Sequences.cpp - Rows and lengths of sequences ----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sequences.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace fovea;

static Value index(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

/// An element of a table of integers, as an index within [low, high]; it is
/// compared in 64 bits if it has them, which an index may not.
static Value emitClamped(OpBuilder &b, Location loc, Value table,
                         Value position, Value low, Value high) {
  auto cast = [&](Value value, Type type) -> Value {
    if (value.getType() == type)
      return value;
    return arith::IndexCastOp::create(b, loc, type, value);
  };
  Value n = memref::LoadOp::create(b, loc, table, position);
  if (!n.getType().isInteger(64))
    n = cast(n, b.getIndexType());
  low = cast(low, n.getType());
  high = cast(high, n.getType());
  n = arith::MaxSIOp::create(b, loc, n, low);
  n = arith::MinSIOp::create(b, loc, n, high);
  return cast(n, b.getIndexType());
}

Rows fovea::emitRows(OpBuilder &b, Location loc, Value offsets, Value sequence,
                     Value all) {
  Value next = arith::AddIOp::create(b, loc, sequence, index(b, loc, 1));
  Value first = emitClamped(b, loc, offsets, sequence, index(b, loc, 0), all);
  Value last = emitClamped(b, loc, offsets, next, first, all);
  return {first, arith::SubIOp::create(b, loc, last, first)};
}

Value fovea::emitLength(OpBuilder &b, Location loc, Value lengths,
                        Value sequence, Value capacity) {
  return emitClamped(b, loc, lengths, sequence, index(b, loc, 0), capacity);
}

static Value emitNumSequences(OpBuilder &b, Location loc, Value offsets) {
  Value size = memref::DimOp::create(b, loc, offsets, 0);
  return arith::SubIOp::create(b, loc, size, index(b, loc, 1));
}

Value fovea::emitPackedItemCount(OpBuilder &b, Location loc, Value offsets,
                                 Value all, int64_t size) {
  Value sequences = emitNumSequences(b, loc, offsets);
  Value whole = arith::DivUIOp::create(b, loc, all, index(b, loc, size));
  Value count = arith::AddIOp::create(b, loc, whole, sequences);
  Value none = arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::slt,
      arith::MinSIOp::create(b, loc, sequences, all), index(b, loc, 1));
  return arith::SelectOp::create(b, loc, none, index(b, loc, 0), count);
}

PackedItem fovea::emitPackedItem(OpBuilder &b, Location loc, Value offsets,
                                 Value all, int64_t size, Value item) {
  auto less = [&](Value x, int64_t y) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x,
                                 index(b, loc, y));
  };
  auto select = [&](Value condition, Value x, Value y) -> Value {
    return arith::SelectOp::create(b, loc, condition, x, y);
  };
  auto firstItem = [&](OpBuilder &b, Value sequence) -> Value {
    Value first = emitClamped(b, loc, offsets, sequence, index(b, loc, 0), all);
    Value whole = arith::DivUIOp::create(b, loc, first, index(b, loc, size));
    return arith::AddIOp::create(b, loc, whole, sequence);
  };
  Value sequences = emitNumSequences(b, loc, offsets);
  Value steps = select(
      less(sequences, 1 << 8), index(b, loc, 8),
      select(less(sequences, 1 << 16), index(b, loc, 16), index(b, loc, 31)));
  // The last sequence that begins at or before the item. A step more than
  // needed changes nothing.
  auto search = scf::ForOp::create(
      b, loc, index(b, loc, 0), steps, index(b, loc, 1),
      ValueRange{index(b, loc, 0), sequences},
      [&](OpBuilder &b, Location, Value, ValueRange range) {
        Value sum = arith::AddIOp::create(b, loc, range[0], range[1]);
        Value middle = arith::DivUIOp::create(b, loc, sum, index(b, loc, 2));
        Value begins = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle,
                                             firstItem(b, middle), item);
        Value low = arith::SelectOp::create(b, loc, begins, middle, range[0]);
        Value high = arith::SelectOp::create(b, loc, begins, range[1], middle);
        scf::YieldOp::create(b, loc, ValueRange{low, high});
      });
  Value sequence = search.getResult(0);
  Value tile = arith::SubIOp::create(b, loc, item, firstItem(b, sequence));
  // Rows before the first sequence belong to none: the item is behind all.
  Value before = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, tile,
                                       index(b, loc, 0));
  Value behind = arith::CeilDivUIOp::create(b, loc, all, index(b, loc, size));
  return {sequence, select(before, behind, tile)};
}
