//===- LowerWalks.cpp - Walks, made by loops ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A walk is made in two passes over the tiles: the first one counts, and the
// second one, when the rows' places in the list are known, writes. While it
// does, the fields of a row are {tile of queries, place of the next partial
// entry, place of the next full one, partial entries}.
//
//===----------------------------------------------------------------------===//

#include "MaskBounds.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNLOWERWALKS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

namespace {

/// Key tiles whose bounds are kept at a time.
constexpr int64_t chunkTiles = 512;

/// A tile's class: whether it is listed, and then, whether it is partial.
struct TileClass {
  Value listed, partial;
};

/// Emits the loops of one op.
class WalkMaker {
public:
  WalkMaker(OpBuilder &b, Location loc, Value rows, Value tiles)
      : b(b), loc(loc), rows(rows), tiles(tiles) {}
  virtual ~WalkMaker() = default;

  void emit();

protected:
  /// The number of key tiles of a row.
  virtual Value emitNumTiles() = 0;
  /// Called for tiles [first, last) before the rows, and for each row.
  virtual void enterChunk(Value first, Value last) {}
  virtual void enterRow(Value row) {}
  /// The class of a tile of the current sequence, head and row.
  virtual TileClass classify(Value row, Value tile) = 0;
  /// Called where a tile that `classify` was called for is written as an entry.
  virtual void enterEntry(Value entry, Value isPartial) {}

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  template <typename Op>
  Value create(Value x, Value y) {
    return b.createOrFold<Op>(loc, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// A loop over [low, high) that carries `state`; returns what it ends with.
  using Body = function_ref<SmallVector<Value>(Value, ValueRange)>;
  SmallVector<Value> loop(Value low, Value high, ValueRange state, Body body);
  void loop(Value low, Value high, function_ref<void(Value)> body) {
    loop(low, high, {}, [&](Value n, ValueRange) -> SmallVector<Value> {
      body(n);
      return {};
    });
  }

  OpBuilder &b;
  Location loc;
  Value rows, tiles;
  Value sequence, head; ///< Of the rows that are made.

private:
  Value load(Value row, int64_t field);
  void store(Value value, Value row, int64_t field);
  void forEachHead(function_ref<void()> body);
  /// Tiles of a row within a chunk, with two counters that start at fields 1
  /// and 2 of the row and are stored there again.
  using Visit = function_ref<SmallVector<Value>(Value tile, TileClass kind,
                                                ValueRange counters)>;
  void visitTiles(Visit visit);
  void emitPlaces();
  void emitOrder();

  Value numRows, numTiles;
};

} // namespace

SmallVector<Value> WalkMaker::loop(Value low, Value high, ValueRange state,
                                   Body body) {
  auto loop = scf::ForOp::create(
      b, loc, low, high, index(1), state,
      [&](OpBuilder &nested, Location, Value n, ValueRange arguments) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        scf::YieldOp::create(b, loc, body(n, arguments));
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

Value WalkMaker::load(Value row, int64_t field) {
  Value value = memref::LoadOp::create(
      b, loc, rows, ValueRange{sequence, head, row, index(field)});
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

void WalkMaker::store(Value value, Value row, int64_t field) {
  value = arith::IndexCastOp::create(b, loc, b.getI32Type(), value);
  memref::StoreOp::create(b, loc, value, rows,
                          ValueRange{sequence, head, row, index(field)});
}

void WalkMaker::forEachHead(function_ref<void()> body) {
  Value zero = index(0);
  Value sequences = memref::DimOp::create(b, loc, rows, 0);
  Value heads = memref::DimOp::create(b, loc, rows, 1);
  loop(zero, sequences, [&](Value n) {
    sequence = n;
    loop(zero, heads, [&](Value h) {
      head = h;
      body();
    });
  });
}

void WalkMaker::visitTiles(Visit visit) {
  Value size = index(chunkTiles);
  Value chunks = create<arith::CeilDivSIOp>(numTiles, size);
  loop(index(0), chunks, [&](Value chunk) {
    Value low = create<arith::MulIOp>(chunk, size);
    Value high =
        create<arith::MinSIOp>(create<arith::AddIOp>(low, size), numTiles);
    enterChunk(low, high);
    loop(index(0), numRows, [&](Value row) {
      enterRow(row);
      SmallVector<Value> counters = {load(row, 1), load(row, 2)};
      counters = loop(low, high, counters,
                      [&](Value tile, ValueRange counters) {
                        return visit(tile, classify(row, tile), counters);
                      });
      store(counters[0], row, 1);
      store(counters[1], row, 2);
    });
  });
}

/// From the numbers of entries to their places.
void WalkMaker::emitPlaces() {
  Value total = memref::AllocaOp::create(b, loc,
                                         MemRefType::get({}, b.getIndexType()));
  memref::StoreOp::create(b, loc, index(0), total);
  forEachHead([&] {
    loop(index(0), numRows, [&](Value row) {
      Value place = memref::LoadOp::create(b, loc, total);
      Value partial = load(row, 1), all = load(row, 2);
      store(partial, row, 3);
      store(place, row, 1);
      store(create<arith::AddIOp>(place, partial), row, 2);
      memref::StoreOp::create(b, loc, create<arith::AddIOp>(place, all), total);
    });
  });
  Value needed = memref::LoadOp::create(b, loc, total);
  Value room = memref::DimOp::create(b, loc, tiles, 0);
  cf::AssertOp::create(b, loc,
                       compare(arith::CmpIPredicate::sle, needed, room),
                       "the walk has more entries than its list of tiles; give "
                       "a longer one");
}

/// Rows with more entries first: insertion, which leaves equal rows in order.
void WalkMaker::emitOrder() {
  loop(index(1), numRows, [&](Value row) {
    SmallVector<Value> fields;
    for (int64_t field = 0; field < 4; ++field)
      fields.push_back(load(row, field));
    auto search = scf::WhileOp::create(
        b, loc, TypeRange(b.getIndexType()), ValueRange(row),
        [&](OpBuilder &nested, Location, ValueRange at) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToStart(nested.getInsertionBlock());
          Value isInside =
              compare(arith::CmpIPredicate::sgt, at[0], index(0));
          Value before = create<arith::MaxSIOp>(
              create<arith::SubIOp>(at[0], index(1)), index(0));
          Value fewer = compare(arith::CmpIPredicate::slt, load(before, 2),
                                fields[2]);
          scf::ConditionOp::create(
              b, loc, create<arith::AndIOp>(isInside, fewer), at);
        },
        [&](OpBuilder &nested, Location, ValueRange at) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToStart(nested.getInsertionBlock());
          Value before = create<arith::SubIOp>(at[0], index(1));
          for (int64_t field = 0; field < 4; ++field)
            store(load(before, field), at[0], field);
          scf::YieldOp::create(b, loc, before);
        });
    for (int64_t field = 0; field < 4; ++field)
      store(fields[field], search.getResult(0), field);
  });
}

void WalkMaker::emit() {
  numRows = memref::DimOp::create(b, loc, rows, 2);
  numTiles = emitNumTiles();
  Value one = index(1), zero = index(0);
  auto number = [&](Value flag) { return select(flag, one, zero); };
  forEachHead([&] {
    loop(zero, numRows, [&](Value row) {
      store(row, row, 0);
      store(zero, row, 1);
      store(zero, row, 2);
    });
    visitTiles([&](Value, TileClass kind,
                   ValueRange counters) -> SmallVector<Value> {
      return {create<arith::AddIOp>(counters[0], number(kind.partial)),
              create<arith::AddIOp>(counters[1], number(kind.listed))};
    });
  });
  emitPlaces();
  forEachHead([&] {
    visitTiles([&](Value tile, TileClass kind,
                   ValueRange places) -> SmallVector<Value> {
      auto write = scf::IfOp::create(b, loc, kind.listed);
      {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(write.thenBlock());
        Value entry =
            arith::IndexCastOp::create(b, loc, b.getI32Type(), tile);
        Value place = select(kind.partial, places[0], places[1]);
        memref::StoreOp::create(b, loc, entry, tiles, place);
        enterEntry(place, kind.partial);
      }
      Value full = create<arith::SubIOp>(number(kind.listed),
                                         number(kind.partial));
      return {create<arith::AddIOp>(places[0], number(kind.partial)),
              create<arith::AddIOp>(places[1], full)};
    });
    loop(zero, numRows, [&](Value row) {
      Value start = create<arith::SubIOp>(load(row, 1), load(row, 3));
      store(create<arith::SubIOp>(load(row, 2), start), row, 2);
      store(start, row, 1);
    });
    emitOrder();
  });
}

//===----------------------------------------------------------------------===//
// attn.walk.from_mask
//===----------------------------------------------------------------------===//

namespace {

class MaskWalk final : public WalkMaker {
public:
  MaskWalk(OpBuilder &b, WalkFromMaskOp op)
      : WalkMaker(b, op.getLoc(), op.getRows(), op.getTiles()), op(op),
        bounds(op.getMask()) {}

private:
  Value emitNumTiles() override;
  void enterChunk(Value first, Value last) override;
  void enterRow(Value row) override;
  TileClass classify(Value row, Value tile) override;
  void enterEntry(Value entry, Value isPartial) override;

  /// [number * tile, that of the next tile or `end`)
  std::pair<Value, Value> extent(Value number, int64_t tile, Value end) {
    Value size = index(tile);
    Value low = create<arith::MulIOp>(number, size);
    return {low, create<arith::MinSIOp>(create<arith::AddIOp>(low, size), end)};
  }
  Value queries() { return clamped(op.getQueries()); }
  Value keys() { return clamped(op.getKeys()); }
  Value clamped(Value size) {
    return create<arith::MaxSIOp>(size, index(0));
  }
  /// Bounds of values that depend on one coordinate, over [low, high).
  SmallVector<Bounds> fold(ArrayRef<Value> values, Value low, Value high,
                           bool isRow);
  /// Whether some pair of the tile is true, and some false.
  std::pair<Value, Value> evaluate();

  WalkFromMaskOp op;
  MaskBounds bounds;
  SmallVector<Value> columnLows, columnHighs; ///< One buffer for each value.
  Value chunk;
  std::pair<Value, Value> rowExtent, columnExtent;
};

} // namespace

Value MaskWalk::emitNumTiles() {
  for (Value value : bounds.getColumnValues())
    for (SmallVector<Value> *buffers : {&columnLows, &columnHighs})
      buffers->push_back(memref::AllocaOp::create(
          b, loc,
          MemRefType::get({chunkTiles}, MaskBounds::getType(value))));
  return create<arith::CeilDivSIOp>(keys(), index(op.getWalkShape()[1]));
}

SmallVector<Bounds> MaskWalk::fold(ArrayRef<Value> values, Value low,
                                   Value high, bool isRow) {
  SmallVector<Value> state;
  for (Value value : values) {
    Bounds none = MaskBounds::createEmpty(b, loc, value);
    llvm::append_values(state, none.low, none.high);
  }
  state = loop(low, high, state, [&](Value at, ValueRange state) {
    Value zero = index(0);
    SmallVector<Value> elements =
        bounds.evaluate(b, values, op.getMaskCaptures(),
                        {sequence, head, isRow ? at : zero, isRow ? zero : at});
    SmallVector<Value> next;
    for (auto [n, element] : llvm::enumerate(elements)) {
      Bounds wider = MaskBounds::createUnion(
          b, loc, {state[2 * n], state[2 * n + 1]}, {element, element});
      llvm::append_values(next, wider.low, wider.high);
    }
    return next;
  });
  SmallVector<Bounds> result;
  for (unsigned n = 0; n < values.size(); ++n)
    result.push_back({state[2 * n], state[2 * n + 1]});
  return result;
}

void MaskWalk::enterChunk(Value first, Value last) {
  chunk = first;
  bounds.setUniform(b, loc, op.getMaskCaptures(), sequence, head);
  if (bounds.getColumnValues().empty())
    return;
  loop(first, last, [&](Value tile) {
    auto [low, high] = extent(tile, op.getWalkShape()[1], keys());
    Value at = create<arith::SubIOp>(tile, first);
    for (auto [found, lower, upper] :
         llvm::zip(fold(bounds.getColumnValues(), low, high, /*isRow=*/false),
                   columnLows, columnHighs)) {
      memref::StoreOp::create(b, loc, found.low, lower, at);
      memref::StoreOp::create(b, loc, found.high, upper, at);
    }
  });
}

void MaskWalk::enterRow(Value row) {
  rowExtent = extent(row, op.getWalkShape()[0], queries());
  bounds.setRows(fold(bounds.getRowValues(), rowExtent.first, rowExtent.second,
                      /*isRow=*/true));
}

std::pair<Value, Value> MaskWalk::evaluate() {
  Value width = create<arith::SubIOp>(columnExtent.second, columnExtent.first);
  Value height = create<arith::SubIOp>(rowExtent.second, rowExtent.first);
  Value size = create<arith::MulIOp>(
      width, create<arith::MaxSIOp>(height, index(0)));
  Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  Type flag = b.getI1Type();
  auto search = scf::WhileOp::create(
      b, loc, TypeRange{b.getIndexType(), flag, flag},
      ValueRange{index(0), no, no},
      [&](OpBuilder &nested, Location, ValueRange state) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        Value isInside =
            compare(arith::CmpIPredicate::slt, state[0], size);
        Value both = create<arith::AndIOp>(state[1], state[2]);
        Value open = create<arith::XOrIOp>(both, yes);
        scf::ConditionOp::create(b, loc, create<arith::AndIOp>(isInside, open),
                                 state);
      },
      [&](OpBuilder &nested, Location, ValueRange state) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        Value i = create<arith::AddIOp>(
            rowExtent.first,
            arith::DivUIOp::create(b, loc, state[0], width).getResult());
        Value j = create<arith::AddIOp>(
            columnExtent.first,
            arith::RemUIOp::create(b, loc, state[0], width).getResult());
        Value holds = bounds.evaluate(b, bounds.getYielded(),
                                      op.getMaskCaptures(),
                                      {sequence, head, i, j})[0];
        Value fails = create<arith::XOrIOp>(holds, yes);
        scf::YieldOp::create(
            b, loc,
            ValueRange{create<arith::AddIOp>(state[0], index(1)),
                       create<arith::OrIOp>(state[1], holds),
                       create<arith::OrIOp>(state[2], fails)});
      });
  return {search.getResult(1), search.getResult(2)};
}

/// Writes the mask of a partial entry, word by word.
void MaskWalk::enterEntry(Value entry, Value isPartial) {
  if (!op.getMasks())
    return;
  auto write = scf::IfOp::create(b, loc, isPartial);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(write.thenBlock());
  int64_t width = op.getWalkShape()[1];
  Type i32 = b.getI32Type();
  Value zero = index(0);
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, loc, value, 32);
  };
  loop(rowExtent.first, rowExtent.second, [&](Value i) {
    Value row = create<arith::SubIOp>(i, rowExtent.first);
    loop(zero, index(getMaskWords(width)), [&](Value word) {
      // Key 128 (word / 4) + 8 (bit / 2) + 2 (word mod 4) + bit mod 2.
      Value quarter = arith::DivUIOp::create(b, loc, word, index(4));
      Value lane = arith::RemUIOp::create(b, loc, word, index(4));
      Value first = create<arith::AddIOp>(
          create<arith::MulIOp>(quarter, index(128)),
          create<arith::MulIOp>(lane, index(2)));
      Value bits = loop(zero, index(32), number(0), [&](Value bit,
                                                        ValueRange bits) {
        Value group = arith::DivUIOp::create(b, loc, bit, index(2));
        Value odd = arith::RemUIOp::create(b, loc, bit, index(2));
        Value j = create<arith::AddIOp>(
            first,
            create<arith::AddIOp>(create<arith::MulIOp>(group, index(8)), odd));
        Value key = create<arith::AddIOp>(columnExtent.first, j);
        Value exists = create<arith::AndIOp>(
            compare(arith::CmpIPredicate::slt, j, index(width)),
            compare(arith::CmpIPredicate::slt, key, columnExtent.second));
        Value holds = bounds.evaluate(b, bounds.getYielded(),
                                      op.getMaskCaptures(),
                                      {sequence, head, i, key})[0];
        Value one = arith::ShLIOp::create(
            b, loc, number(1), arith::IndexCastOp::create(b, loc, i32, bit));
        Value more = create<arith::OrIOp>(bits[0], one);
        return SmallVector<Value>{
            select(create<arith::AndIOp>(exists, holds), more, bits[0])};
      })[0];
      memref::StoreOp::create(b, loc, bits, op.getMasks(),
                              ValueRange{entry, row, word});
    });
  });
}

TileClass MaskWalk::classify(Value row, Value tile) {
  columnExtent = extent(tile, op.getWalkShape()[1], keys());
  Value at = create<arith::SubIOp>(tile, chunk);
  SmallVector<Bounds> columns;
  for (auto [lower, upper] : llvm::zip(columnLows, columnHighs))
    columns.push_back({memref::LoadOp::create(b, loc, lower, at),
                       memref::LoadOp::create(b, loc, upper, at)});
  auto last = [&](std::pair<Value, Value> extent) {
    return create<arith::SubIOp>(extent.second, index(1));
  };
  Bounds mask = bounds.emit(b, loc, {rowExtent.first, last(rowExtent)},
                            {columnExtent.first, last(columnExtent)}, columns);
  // Not decided: element by element.
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  Value mayFail = create<arith::XOrIOp>(mask.low, yes);
  Value open = create<arith::AndIOp>(mask.high, mayFail);
  Type flag = b.getI1Type();
  auto exact = scf::IfOp::create(b, loc, TypeRange{flag, flag}, open,
                                 /*withElseRegion=*/true);
  b.setInsertionPointToStart(exact.thenBlock());
  auto [someTrue, someFalse] = evaluate();
  scf::YieldOp::create(b, loc, ValueRange{someTrue, someFalse});
  b.setInsertionPointToStart(exact.elseBlock());
  scf::YieldOp::create(b, loc, ValueRange{mask.high, mayFail});
  b.setInsertionPointAfter(exact);
  Value listed = exact.getResult(0);
  Value partial = create<arith::AndIOp>(listed, exact.getResult(1));
  // A row of no query lists nothing.
  Value exists = compare(arith::CmpIPredicate::slt, rowExtent.first,
                         rowExtent.second);
  return {create<arith::AndIOp>(listed, exists),
          create<arith::AndIOp>(partial, exists)};
}

//===----------------------------------------------------------------------===//
// Selections among blocks
//===----------------------------------------------------------------------===//

namespace {

template <typename OpTy>
class BlockWalk final : public WalkMaker {
public:
  BlockWalk(OpBuilder &b, OpTy op)
      : WalkMaker(b, op.getLoc(), op.getRows(), op.getTiles()), op(op) {}

private:
  Value emitNumTiles() override {
    return memref::DimOp::create(b, loc, op.getInput(), 3);
  }
  Value read(Value row, Value tile) {
    return memref::LoadOp::create(b, loc, op.getInput(),
                                  ValueRange{sequence, head, row, tile});
  }
  Value isGreater(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  TileClass classify(Value row, Value tile) override {
    Value listed = select(row, tile);
    Value partial = op.getPartial()
                        ? listed
                        : arith::ConstantIntOp::create(b, loc, 0, 1);
    return {listed, partial};
  }
  Value select(Value row, Value tile);

  OpTy op;
};

} // namespace

template <>
Value BlockWalk<WalkFromBlocksOp>::select(Value row, Value tile) {
  return read(row, tile);
}

template <>
Value BlockWalk<WalkThresholdOp>::select(Value row, Value tile) {
  return isGreater(arith::CmpFPredicate::OGE, read(row, tile),
                   op.getThreshold());
}

/// Fewer than k tiles have a larger score, or an equal one and come before.
template <>
Value BlockWalk<WalkTopKOp>::select(Value row, Value tile) {
  Value own = read(row, tile);
  Value least = arith::ConstantOp::create(
      b, loc,
      b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  SmallVector<Value> rank = loop(
      index(0), emitNumTiles(), index(0),
      [&](Value other, ValueRange rank) -> SmallVector<Value> {
        Value score = read(row, other);
        Value larger = isGreater(arith::CmpFPredicate::OGT, score, own);
        Value equal = isGreater(arith::CmpFPredicate::OEQ, score, own);
        Value before = compare(arith::CmpIPredicate::slt, other, tile);
        Value precedes = create<arith::OrIOp>(
            larger, create<arith::AndIOp>(equal, before));
        return {create<arith::AddIOp>(
            rank[0],
            WalkMaker::select(precedes, index(1), index(0)))};
      });
  Value isBest =
      compare(arith::CmpIPredicate::slt, rank[0], index(op.getK()));
  return create<arith::AndIOp>(
      isBest, isGreater(arith::CmpFPredicate::OGT, own, least));
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnLowerWalksPass final
    : attn::impl::AttnLowerWalksBase<AttnLowerWalksPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<WalkFromMaskOp, WalkFromBlocksOp, WalkTopKOp, WalkThresholdOp>(
              op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (!cast<DestinationStyleOpInterface>(op).hasPureBufferSemantics()) {
        op->emitOpError("works on tensors; run -attn-bufferize first");
        return signalPassFailure();
      }
      OpBuilder b(op);
      if (auto walk = dyn_cast<WalkFromMaskOp>(op))
        MaskWalk(b, walk).emit();
      else if (auto walk = dyn_cast<WalkFromBlocksOp>(op))
        BlockWalk<WalkFromBlocksOp>(b, walk).emit();
      else if (auto walk = dyn_cast<WalkTopKOp>(op))
        BlockWalk<WalkTopKOp>(b, walk).emit();
      else
        BlockWalk<WalkThresholdOp>(b, cast<WalkThresholdOp>(op)).emit();
      op->erase();
      ++numLowered;
    }
  }
};

} // namespace
