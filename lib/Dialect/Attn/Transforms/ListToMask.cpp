//===- ListToMask.cpp - A listed walk as a part of the mask ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table has a number for each tile of queries by keys: 0 where it is not
// visited, 1 + n where it is partial and -1 - n where it is full, if it is the
// list's entry n. Of a row that did not fit into its list each tile is full:
// its lse is NaN.
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNLISTTOMASK
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Arithmetic on indices and conditions at a place.
struct Arithmetic {
  OpBuilder &b;
  Location loc;

  Value constant(int64_t x) {
    return arith::ConstantIndexOp::create(b, loc, x);
  }
  template <typename Op>
  Value create(Value x, Value y) {
    return b.createOrFold<Op>(loc, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, loc, c, x, y);
  }
  Value read(Value tensor, ValueRange at) {
    return readIndex(b, loc, tensor, at);
  }
  Value size(Value tensor, int64_t axis) {
    return b.createOrFold<tensor::DimOp>(loc, tensor, axis);
  }
};

} // namespace

/// What the walk says of a tile, as the file's comment has it.
static Value findEntry(OpBuilder &b, Location loc, Value rows, Value tiles,
                       ValueRange at) {
  Arithmetic a{b, loc};
  Value zero = a.constant(0), one = a.constant(1);
  auto findInRow = [&](OpBuilder &b, Location loc, Value row,
                       ValueRange found) {
    Arithmetic a{b, loc};
    auto word = [&](int64_t n) {
      return a.read(rows, {at[0], at[1], row, a.constant(n)});
    };
    Value isOwn = a.compare(arith::CmpIPredicate::eq, word(0), at[2]);
    Value first = word(1), count = word(2), partials = word(3);
    Value isInvalid = a.create<arith::AndIOp>(
        isOwn, a.compare(arith::CmpIPredicate::slt, count, zero));
    Value start = a.select(isInvalid, a.constant(-1), found[0]);
    Value end = a.create<arith::MinSIOp>(a.create<arith::AddIOp>(first, count),
                                         a.size(tiles, 0));
    auto entries = scf::ForOp::create(
        b, loc, a.create<arith::MaxSIOp>(first, zero),
        a.select(isOwn, end, zero), one, start,
        [&](OpBuilder &b, Location loc, Value entry, ValueRange found) {
          Arithmetic a{b, loc};
          Value isThis =
              a.compare(arith::CmpIPredicate::eq, a.read(tiles, entry), at[3]);
          Value number = a.create<arith::AddIOp>(entry, one);
          Value isPartial =
              a.compare(arith::CmpIPredicate::slt,
                        a.create<arith::SubIOp>(entry, first), partials);
          number = a.select(isPartial, number,
                            a.create<arith::SubIOp>(zero, number));
          scf::YieldOp::create(b, loc, a.select(isThis, number, found[0]));
        });
    scf::YieldOp::create(b, loc, entries.getResults());
  };
  auto loop =
      scf::ForOp::create(b, loc, zero, a.size(rows, 2), one, zero, findInRow);
  return arith::IndexCastOp::create(b, loc, b.getI32Type(), loop.getResult(0));
}

/// The table of all tiles.
static Value createTable(RewriterBase &b, ScoreReduceOp op) {
  Location loc = op.getLoc();
  Arithmetic a{b, loc};
  Value rows = op.getWalkRows(), tiles = op.getWalkTiles();
  auto ceilDiv = [&](Value x, int64_t y) {
    return a.create<arith::CeilDivSIOp>(x, a.constant(y));
  };
  ArrayRef<int64_t> shape = *op.getWalkShape();
  Value queries =
      a.size(op.getQuery(), *axisOf(op.getIndexingMapsArray()[0], dimI));
  SmallVector<OpFoldResult> sizes = {
      tensor::getMixedSize(b, loc, rows, 0),
      tensor::getMixedSize(b, loc, rows, 1),
      getAsOpFoldResult(ceilDiv(queries, shape[0])),
      getAsOpFoldResult(ceilDiv(getNumColumns(b, op, 0), shape[1]))};
  Value empty = tensor::EmptyOp::create(b, loc, sizes, b.getI32Type());
  SmallVector<utils::IteratorType> iterators(4, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange) {
    SmallVector<Value> at;
    for (int64_t dim = 0; dim < 4; ++dim)
      at.push_back(linalg::IndexOp::create(b, loc, dim));
    linalg::YieldOp::create(b, loc, findEntry(b, loc, rows, tiles, at));
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), ValueRange(), empty,
                                   b.getMultiDimIdentityMap(4), iterators, body)
      .getResult(0);
}

/// The bit of a pair in the mask of a partial entry (see attn.attention).
static Value readBit(Arithmetic a, Value masks, Value entry, Value i, Value j) {
  auto div = [&](Value x, int64_t y) {
    return a.create<arith::DivUIOp>(x, a.constant(y));
  };
  auto rem = [&](Value x, int64_t y) {
    return a.create<arith::RemUIOp>(x, a.constant(y));
  };
  auto scale = [&](int64_t x, Value y) {
    return a.create<arith::MulIOp>(a.constant(x), y);
  };
  Value word =
      a.create<arith::AddIOp>(scale(4, div(j, 128)), rem(div(j, 2), 4));
  Value bit = a.create<arith::AddIOp>(scale(2, div(rem(j, 128), 8)), rem(j, 2));
  Value bits = a.read(masks, {entry, i, word});
  return a.compare(arith::CmpIPredicate::ne,
                   rem(a.create<arith::ShRUIOp>(bits, bit), 2), a.constant(0));
}

static void maskWalk(RewriterBase &b, ScoreReduceOp op) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op);
  Location loc = op.getLoc();
  Value table = createTable(b, op), masks = op.getWalkMasks();
  SmallVector<int64_t> shape(*op.getWalkShape());
  op.getWalkRowsMutable().clear();
  op.getWalkTilesMutable().clear();
  op.getWalkMasksMutable().clear();
  op.removeWalkShapeAttr();

  Region &region = op.getMask();
  if (region.empty()) {
    SmallVector<Type> types(4, b.getIndexType());
    b.createBlock(&region, region.end(), types, SmallVector<Location>(4, loc));
    YieldOp::create(b, loc,
                    arith::ConstantIntOp::create(b, loc, 1, 1).getResult());
  }
  auto capture = [&](Value value) -> Value {
    op.getMaskCapturesMutable().append(value);
    return region.addArgument(value.getType(), loc);
  };
  Operation *yield = region.front().getTerminator();
  b.setInsertionPoint(yield);
  Arithmetic a{b, loc};
  SmallVector<Value> at;
  for (unsigned dim = dimB; dim <= dimJ; ++dim) {
    Value x = region.getArgument(dim);
    if (!op.getOrigin().empty())
      x = a.create<arith::SubIOp>(x, capture(op.getOrigin()[dim]));
    at.push_back(x);
  }
  // Tiles count from the first key.
  if (!op.getStarts().empty())
    at[dimJ] = a.create<arith::SubIOp>(at[dimJ], capture(op.getStarts()[0]));
  Value own = capture(table);
  auto last = [&](int64_t axis) {
    return a.create<arith::SubIOp>(a.size(own, axis), a.constant(1));
  };
  Value i = a.create<arith::RemUIOp>(at[dimI], a.constant(shape[0])),
        j = a.create<arith::RemUIOp>(at[dimJ], a.constant(shape[1]));
  // One list may serve all sequences or heads.
  Value place[] = {a.create<arith::MinSIOp>(at[dimB], last(0)),
                   a.create<arith::MinSIOp>(at[dimH], last(1)),
                   a.create<arith::DivUIOp>(at[dimI], a.constant(shape[0])),
                   a.create<arith::DivUIOp>(at[dimJ], a.constant(shape[1]))};
  Value number = a.read(own, place);
  Value isFull = a.compare(arith::CmpIPredicate::slt, number, a.constant(0));
  Value isPartial = a.compare(arith::CmpIPredicate::sgt, number, a.constant(0));
  Value visible = yield->getOperand(0);
  if (masks) {
    Value entry = a.create<arith::MaxSIOp>(
        a.create<arith::SubIOp>(number, a.constant(1)), a.constant(0));
    visible = readBit(a, capture(masks), entry, i, j);
  }
  visible = a.create<arith::AndIOp>(isPartial, visible);
  yield->setOperand(0, a.create<arith::OrIOp>(isFull, visible));
}

namespace {
struct AttnListToMaskPass final
    : fovea::attn::impl::AttnListToMaskBase<AttnListToMaskPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<ScoreReduceOp> ops;
    getOperation()->walk([&](ScoreReduceOp op) {
      if (op.getWalkRows() &&
          cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
        ops.push_back(op);
    });
    for (ScoreReduceOp op : ops)
      maskWalk(rewriter, op);
    numWalks += ops.size();
  }
};
} // namespace
