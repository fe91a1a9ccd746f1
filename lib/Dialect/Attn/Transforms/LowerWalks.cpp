//===- LowerWalks.cpp - Walks, made by loops ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A walk is made by parallel loops, each of which needs the one before it:
//
//   bounds   of what the mask is made of, for each tile (masks only)
//   counts   of the entries in each part of a row, a range of key tiles
//   totals   of each row and of each head
//   rows     their places in the list, and their order
//   entries  of each part
//   bits     of the partial entries (masks only)
//
// Items are independent; the loops inside of an item fold, too, in any order.
// So the result does not depend on how many threads there are, or of what kind.
//
// A part has few tiles where there are few rows, so that there is something to
// do for a whole machine. Its tiles are looked at 32 at a time: a word of bits
// says which are listed.
//
//===----------------------------------------------------------------------===//

#include "MaskBounds.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
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

/// Tiles of a chunk at most: bits of a word.
constexpr int64_t wordBits = 32;
/// Parts that are made if rows are few, or that chunks are divided into.
constexpr int64_t wantedParts = 4096;

/// Conditions of a tile, or such of a chunk's tiles as words: whether it is
/// listed, whether it is partial, and whether that is not known yet.
struct TileClass {
  Value listed, partial, open;
};

/// Emits the loops of one op.
class WalkMaker {
public:
  WalkMaker(OpBuilder &b, Location loc, Value rows, Value tiles)
      : b(b), loc(loc), rows(rows), tiles(tiles) {}
  virtual ~WalkMaker() = default;

  /// `check`: with an assertion that the entries fit into the list.
  void emit(bool check);

protected:
  /// The number of key tiles of a row.
  virtual Value emitNumTiles() = 0;
  /// Called before all loops over rows, and at the start of each row's items.
  virtual void emitBounds() {}
  virtual void enterRow(Value row) {}
  /// The chunks, as bits, of [first, last) that may list a tile.
  virtual Value findChunks(Value first, Value last) {
    return lowBits(create<arith::SubIOp>(last, first));
  }
  /// The class of a tile of the current sequence, head and row.
  virtual TileClass classify(Value row, Value tile) = 0;
  /// Whether a tile that `classify` left open is listed and partial.
  virtual std::pair<Value, Value> decide(Value tile) {
    llvm_unreachable("no tile is left open");
  }
  /// Called last.
  virtual void emitBits() {}

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value word(int64_t value) {
    return arith::ConstantIntOp::create(b, loc, value, wordBits);
  }
  Value flag(bool value) {
    return arith::ConstantIntOp::create(b, loc, value, 1);
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
  Value negate(Value condition) {
    return create<arith::XOrIOp>(condition, flag(true));
  }
  Value isSet(Value bits) {
    return compare(arith::CmpIPredicate::ne, bits, word(0));
  }
  Value toIndex(Value value) {
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), value);
  }
  Value toWord(Value value) {
    return arith::IndexCastUIOp::create(b, loc, b.getI32Type(), value);
  }
  Value load(Value memory, ValueRange at) {
    return memref::LoadOp::create(b, loc, memory, at);
  }
  void store(Value value, Value memory, ValueRange at) {
    memref::StoreOp::create(b, loc, value, memory, at);
  }
  Value countBits(Value bits) {
    return toIndex(math::CtPopOp::create(b, loc, bits));
  }
  /// A word with the bits below `count`, from 0 to 32.
  Value lowBits(Value count);
  /// The bit of a condition at place `at`.
  Value bitAt(Value condition, Value at);

  /// A loop over [low, high) that carries `state`; returns what it ends with.
  using Body = function_ref<SmallVector<Value>(Value, ValueRange)>;
  SmallVector<Value> loop(Value low, Value high, ValueRange state, Body body);
  /// A loop over the bits of a word, the lowest first.
  SmallVector<Value> forEachBit(Value bits, ValueRange state, Body body);
  /// A loop that goes on while `condition` of its state holds.
  SmallVector<Value>
  loopWhile(ValueRange state, function_ref<Value(ValueRange)> condition,
            function_ref<SmallVector<Value>(ValueRange)> body);
  /// A parallel loop over all items below `extents`.
  void forAll(ArrayRef<Value> extents, function_ref<void(ValueRange)> body);
  /// A parallel loop over the coordinates from `low` to `high`; what its body
  /// returns is folded by `combine`, starting with `state`.
  using Combine = function_ref<Value(unsigned, Value, Value)>;
  SmallVector<Value> fold(ArrayRef<Value> low, ArrayRef<Value> high,
                          ValueRange state, Combine combine,
                          function_ref<SmallVector<Value>(ValueRange)> body);
  SmallVector<Value> foldBits(Value low, Value high, unsigned count,
                              function_ref<SmallVector<Value>(Value)> body);
  void when(Value condition, function_ref<void()> body);

  /// Memory for all of the op.
  Value allocate(ArrayRef<Value> sizes, int64_t last, Type element);

  OpBuilder &b;
  Location loc;
  Value rows, tiles;
  Value numSequences, numHeads, numRows, numTiles;
  Value numChunks, chunkTiles; ///< At most 32 tiles in a chunk.
  Value sequence, head;        ///< Of the rows that are made.

private:
  /// What the tiles of the part of an item are, chunk by chunk: the tile that
  /// its first bit stands for, and words of the listed and the partial ones.
  /// With `uniform` all of its tiles are listed, and partial as that says.
  using Visit = function_ref<SmallVector<Value>(Value first, Value listed,
                                                Value partial, ValueRange)>;
  SmallVector<Value>
  visitTiles(Value row, Value part, ValueRange state, Visit visit,
             std::optional<std::pair<Value, Value>> uniform = std::nullopt);
  std::pair<Value, Value> classifyChunk(Value row, Value low, Value high);
  void forEachPart(function_ref<void(Value row, Value part)> body);
  /// {partial, listed} entries of a part, and of the parts below `end`.
  SmallVector<Value> loadCounts(Value row, Value part);
  SmallVector<Value> sumCounts(Value row, Value end);

  void planParts();
  void emitCounts();
  void emitTotals();
  void emitRows();
  void emitAssertion();
  void emitEntries();

  Value numParts, partChunks;
  /// {partial, listed} of parts and of rows, listed ones of heads, first
  /// places.
  Value counts, totals, heads, starts;
  SmallVector<Value> memory;
};

} // namespace

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

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

SmallVector<Value>
WalkMaker::loopWhile(ValueRange state,
                     function_ref<Value(ValueRange)> condition,
                     function_ref<SmallVector<Value>(ValueRange)> body) {
  auto loop = scf::WhileOp::create(
      b, loc, state.getTypes(), state,
      [&](OpBuilder &nested, Location, ValueRange state) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        scf::ConditionOp::create(b, loc, condition(state), state);
      },
      [&](OpBuilder &nested, Location, ValueRange state) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        scf::YieldOp::create(b, loc, body(state));
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> WalkMaker::forEachBit(Value bits, ValueRange state,
                                         Body body) {
  SmallVector<Value> carried = {bits};
  llvm::append_range(carried, state);
  carried = loopWhile(
      carried, [&](ValueRange state) { return isSet(state[0]); },
      [&](ValueRange state) {
        Value at = math::CountTrailingZerosOp::create(b, loc, state[0]);
        SmallVector<Value> next = body(toIndex(at), state.drop_front());
        Value others = create<arith::AndIOp>(
            state[0], create<arith::SubIOp>(state[0], word(1)));
        next.insert(next.begin(), others);
        return next;
      });
  carried.erase(carried.begin());
  return carried;
}

void WalkMaker::forAll(ArrayRef<Value> extents,
                       function_ref<void(ValueRange)> body) {
  SmallVector<Value> lows(extents.size(), index(0));
  SmallVector<Value> steps(extents.size(), index(1));
  auto loop = scf::ParallelOp::create(b, loc, lows, extents, steps);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars());
}

SmallVector<Value>
WalkMaker::fold(ArrayRef<Value> low, ArrayRef<Value> high, ValueRange state,
                Combine combine,
                function_ref<SmallVector<Value>(ValueRange)> body) {
  SmallVector<Value> steps(low.size(), index(1));
  auto loop = scf::ParallelOp::create(
      b, loc, low, high, steps, state,
      [&](OpBuilder &nested, Location, ValueRange at, ValueRange) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        auto reduce = scf::ReduceOp::create(b, loc, body(at));
        for (auto [n, region] : llvm::enumerate(reduce.getReductions())) {
          Block &block = region.front();
          b.setInsertionPointToStart(&block);
          scf::ReduceReturnOp::create(
              b, loc, combine(n, block.getArgument(0), block.getArgument(1)));
        }
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value>
WalkMaker::foldBits(Value low, Value high, unsigned count,
                    function_ref<SmallVector<Value>(Value)> body) {
  SmallVector<Value> none(count, word(0));
  return fold(
      low, high, none,
      [&](unsigned, Value x, Value y) { return create<arith::OrIOp>(x, y); },
      [&](ValueRange at) {
        SmallVector<Value> bits = body(at[0]);
        Value place = create<arith::SubIOp>(at[0], low);
        for (Value &bit : bits)
          bit = bitAt(bit, place);
        return bits;
      });
}

void WalkMaker::when(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, loc, condition);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

Value WalkMaker::lowBits(Value count) {
  Value all = compare(arith::CmpIPredicate::sge, count, index(wordBits));
  Value one = arith::ShLIOp::create(b, loc, word(1), toWord(count));
  return select(all, word(-1), create<arith::SubIOp>(one, word(1)));
}

Value WalkMaker::bitAt(Value condition, Value at) {
  Value bit = arith::ExtUIOp::create(b, loc, b.getI32Type(), condition);
  return arith::ShLIOp::create(b, loc, bit, toWord(at));
}

Value WalkMaker::allocate(ArrayRef<Value> sizes, int64_t last, Type element) {
  SmallVector<int64_t> shape(sizes.size(), ShapedType::kDynamic);
  if (last > 1)
    shape.push_back(last);
  memory.push_back(
      memref::AllocOp::create(b, loc, MemRefType::get(shape, element), sizes));
  return memory.back();
}

//===----------------------------------------------------------------------===//
// Parts of rows
//===----------------------------------------------------------------------===//

/// `wantedParts` items or more, if there are as many tiles.
void WalkMaker::planParts() {
  Value allRows = create<arith::MulIOp>(
      create<arith::MulIOp>(numSequences, numHeads), numRows);
  auto share = [&](Value count) {
    Value all = create<arith::MulIOp>(count, allRows);
    return create<arith::MaxSIOp>(
        create<arith::CeilDivSIOp>(all, index(wantedParts)), index(1));
  };
  chunkTiles = create<arith::MinSIOp>(share(numTiles), index(wordBits));
  numChunks = create<arith::CeilDivSIOp>(numTiles, chunkTiles);
  partChunks = share(numChunks);
  numParts = create<arith::CeilDivSIOp>(numChunks, partChunks);
}

void WalkMaker::forEachPart(function_ref<void(Value, Value)> body) {
  forAll({numSequences, numHeads, numRows, numParts}, [&](ValueRange at) {
    sequence = at[0];
    head = at[1];
    body(at[2], at[3]);
  });
}

std::pair<Value, Value> WalkMaker::classifyChunk(Value row, Value low,
                                                 Value high) {
  bool isExact = true;
  SmallVector<Value> bits = foldBits(low, high, 3, [&](Value tile) {
    TileClass kind = classify(row, tile);
    isExact = !kind.open;
    return SmallVector<Value>{kind.listed, kind.partial,
                              kind.open ? kind.open : flag(false)};
  });
  if (isExact)
    return {bits[0], bits[1]};
  SmallVector<Value> known = forEachBit(
      bits[2], ValueRange(bits).take_front(2), [&](Value at, ValueRange known) {
        auto [listed, partial] = decide(create<arith::AddIOp>(low, at));
        return SmallVector<Value>{
            create<arith::OrIOp>(known[0], bitAt(listed, at)),
            create<arith::OrIOp>(known[1], bitAt(partial, at))};
      });
  return {known[0], known[1]};
}

SmallVector<Value>
WalkMaker::visitTiles(Value row, Value part, ValueRange state, Visit visit,
                      std::optional<std::pair<Value, Value>> uniform) {
  enterRow(row);
  Value begin = create<arith::MulIOp>(part, partChunks);
  Value end = create<arith::MinSIOp>(create<arith::AddIOp>(begin, partChunks),
                                     numChunks);
  Value size = index(wordBits);
  Value steps =
      create<arith::CeilDivSIOp>(create<arith::SubIOp>(end, begin), size);
  return loop(index(0), steps, state, [&](Value step, ValueRange state) {
    Value first =
        create<arith::AddIOp>(begin, create<arith::MulIOp>(step, size));
    Value last =
        create<arith::MinSIOp>(create<arith::AddIOp>(first, size), end);
    return forEachBit(
        findChunks(first, last), state, [&](Value at, ValueRange state) {
          Value low = create<arith::MulIOp>(create<arith::AddIOp>(first, at),
                                            chunkTiles);
          Value high = create<arith::MinSIOp>(
              create<arith::AddIOp>(low, chunkTiles), numTiles);
          if (!uniform) {
            auto [listed, partial] = classifyChunk(row, low, high);
            return visit(low, listed, partial, state);
          }
          Type i32 = b.getI32Type();
          auto known = scf::IfOp::create(b, loc, TypeRange{i32, i32},
                                         uniform->first, true);
          {
            OpBuilder::InsertionGuard guard(b);
            b.setInsertionPointToStart(known.thenBlock());
            Value all = lowBits(create<arith::SubIOp>(high, low));
            scf::YieldOp::create(
                b, loc, ValueRange{all, select(uniform->second, all, word(0))});
            b.setInsertionPointToStart(known.elseBlock());
            auto [listed, partial] = classifyChunk(row, low, high);
            scf::YieldOp::create(b, loc, ValueRange{listed, partial});
          }
          return visit(low, known.getResult(0), known.getResult(1), state);
        });
  });
}

SmallVector<Value> WalkMaker::loadCounts(Value row, Value part) {
  SmallVector<Value> found;
  for (int64_t n = 0; n < 2; ++n)
    found.push_back(
        toIndex(load(counts, {sequence, head, row, part, index(n)})));
  return found;
}

SmallVector<Value> WalkMaker::sumCounts(Value row, Value end) {
  return loop(index(0), end, {index(0), index(0)},
              [&](Value part, ValueRange sums) {
                SmallVector<Value> found = loadCounts(row, part);
                for (auto [value, sum] : llvm::zip_equal(found, sums))
                  value = create<arith::AddIOp>(value, sum);
                return found;
              });
}

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

void WalkMaker::emitCounts() {
  counts =
      allocate({numSequences, numHeads, numRows, numParts}, 2, b.getI32Type());
  forEachPart([&](Value row, Value part) {
    SmallVector<Value> found =
        visitTiles(row, part, {index(0), index(0)},
                   [&](Value, Value listed, Value partial, ValueRange found) {
                     return SmallVector<Value>{
                         create<arith::AddIOp>(found[0], countBits(partial)),
                         create<arith::AddIOp>(found[1], countBits(listed))};
                   });
    for (int64_t n = 0; n < 2; ++n)
      store(toWord(found[n]), counts, {sequence, head, row, part, index(n)});
  });
}

void WalkMaker::emitTotals() {
  totals = allocate({numSequences, numHeads, numRows}, 2, b.getI32Type());
  heads = allocate({numSequences, numHeads}, 1, b.getIndexType());
  forAll({numSequences, numHeads, numRows}, [&](ValueRange at) {
    sequence = at[0];
    head = at[1];
    SmallVector<Value> sums = sumCounts(at[2], numParts);
    for (int64_t n = 0; n < 2; ++n)
      store(toWord(sums[n]), totals, {sequence, head, at[2], index(n)});
  });
  forAll({numSequences, numHeads}, [&](ValueRange at) {
    SmallVector<Value> all = fold(
        index(0), numRows, index(0),
        [&](unsigned, Value x, Value y) { return create<arith::AddIOp>(x, y); },
        [&](ValueRange row) {
          return SmallVector<Value>{
              toIndex(load(totals, {at[0], at[1], row[0], index(1)}))};
        });
    store(all[0], heads, at);
  });
}

/// Rows with more entries first, equal ones in the order of their queries.
/// Where entries do not fit, all rows say so.
void WalkMaker::emitRows() {
  using P = arith::CmpIPredicate;
  starts = allocate({numSequences, numHeads, numRows}, 1, b.getIndexType());
  auto sum = [&](unsigned, Value x, Value y) {
    return create<arith::AddIOp>(x, y);
  };
  auto number = [&](Value condition) {
    return select(condition, index(1), index(0));
  };
  forAll({numSequences, numHeads, numRows}, [&](ValueRange item) {
    Value row = item[2], zero = index(0);
    auto total = [&](Value row, int64_t n) {
      return toIndex(load(totals, {item[0], item[1], row, index(n)}));
    };
    Value partial = total(row, 0), own = total(row, 1);
    // Entries of earlier rows, and rows that come first.
    SmallVector<Value> among =
        fold(zero, numRows, {zero, zero}, sum, [&](ValueRange at) {
          Value other = total(at[0], 1);
          Value before = compare(P::slt, at[0], row);
          Value precedes = create<arith::OrIOp>(
              compare(P::sgt, other, own),
              create<arith::AndIOp>(compare(P::eq, other, own), before));
          return SmallVector<Value>{select(before, other, zero),
                                    number(precedes)};
        });
    // Those of earlier heads, and of all.
    SmallVector<Value> beside = fold(
        {zero, zero}, {numSequences, numHeads}, {zero, zero}, sum,
        [&](ValueRange at) {
          auto place = [&](ValueRange at) {
            return create<arith::AddIOp>(create<arith::MulIOp>(at[0], numHeads),
                                         at[1]);
          };
          Value other = load(heads, at);
          Value before = compare(P::slt, place(at), place(item.take_front(2)));
          return SmallVector<Value>{select(before, other, zero), other};
        });
    Value start = create<arith::AddIOp>(beside[0], among[0]);
    Value room = memref::DimOp::create(b, loc, tiles, 0);
    Value fits = compare(P::sle, beside[1], room);
    Value invalid = index(-1);
    store(select(fits, start, invalid), starts, item);
    Value fields[] = {row, select(fits, start, zero),
                      select(fits, own, invalid), select(fits, partial, zero)};
    for (auto [n, field] : llvm::enumerate(fields))
      store(arith::IndexCastOp::create(b, loc, b.getI32Type(), field), rows,
            {item[0], item[1], among[1], index(n)});
  });
}

void WalkMaker::emitAssertion() {
  Value needed =
      loop(index(0), numSequences, index(0), [&](Value n, ValueRange sum) {
        return loop(index(0), numHeads, sum, [&](Value h, ValueRange sum) {
          return SmallVector<Value>{
              create<arith::AddIOp>(sum[0], load(heads, {n, h}))};
        });
      })[0];
  Value room = memref::DimOp::create(b, loc, tiles, 0);
  cf::AssertOp::create(b, loc, compare(arith::CmpIPredicate::sle, needed, room),
                       "the walk has more entries than its list of tiles; give "
                       "a longer one");
}

void WalkMaker::emitEntries() {
  using P = arith::CmpIPredicate;
  forEachPart([&](Value row, Value part) {
    SmallVector<Value> own = loadCounts(row, part);
    Value start = load(starts, {sequence, head, row});
    Value some = create<arith::AndIOp>(compare(P::sgt, own[1], index(0)),
                                       compare(P::sge, start, index(0)));
    when(some, [&] {
      SmallVector<Value> before = sumCounts(row, part);
      Value partials = toIndex(load(totals, {sequence, head, row, index(0)}));
      Value fullBefore = create<arith::SubIOp>(before[1], before[0]);
      SmallVector<Value> places = {
          create<arith::AddIOp>(start, before[0]),
          create<arith::AddIOp>(create<arith::AddIOp>(start, partials),
                                fullBefore)};
      // Nothing has to be found out again where all tiles are of one kind.
      Value partTiles = create<arith::MulIOp>(partChunks, chunkTiles);
      Value first = create<arith::MulIOp>(part, partTiles);
      Value size = create<arith::MinSIOp>(
          partTiles, create<arith::SubIOp>(numTiles, first));
      Value allPartial = compare(P::eq, own[0], own[1]);
      Value oneKind =
          create<arith::OrIOp>(allPartial, compare(P::eq, own[0], index(0)));
      Value uniform =
          create<arith::AndIOp>(compare(P::eq, own[1], size), oneKind);
      visitTiles(
          row, part, places,
          [&](Value first, Value listed, Value partial, ValueRange places) {
            Value full = create<arith::XOrIOp>(listed, partial);
            Value last = create<arith::MinSIOp>(
                create<arith::AddIOp>(first, chunkTiles), numTiles);
            // Each tile at as many places from the first as there are before
            // it.
            fold(first, last, {}, nullptr, [&](ValueRange at) {
              Value place = create<arith::SubIOp>(at[0], first);
              Value bit = bitAt(flag(true), place);
              Value below = create<arith::SubIOp>(bit, word(1));
              auto put = [&](Value bits, Value start) {
                when(isSet(create<arith::AndIOp>(bits, bit)), [&] {
                  Value ahead = countBits(create<arith::AndIOp>(bits, below));
                  store(toWord(at[0]), tiles,
                        create<arith::AddIOp>(start, ahead));
                });
              };
              put(partial, places[0]);
              put(full, places[1]);
              return SmallVector<Value>{};
            });
            return SmallVector<Value>{
                create<arith::AddIOp>(places[0], countBits(partial)),
                create<arith::AddIOp>(places[1], countBits(full))};
          },
          std::pair(uniform, allPartial));
    });
  });
}

void WalkMaker::emit(bool check) {
  numSequences = memref::DimOp::create(b, loc, rows, 0);
  numHeads = memref::DimOp::create(b, loc, rows, 1);
  numRows = memref::DimOp::create(b, loc, rows, 2);
  numTiles = emitNumTiles();
  planParts();
  emitBounds();
  emitCounts();
  emitTotals();
  emitRows();
  if (check)
    emitAssertion();
  emitEntries();
  emitBits();
  for (Value value : memory)
    memref::DeallocOp::create(b, loc, value);
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
  /// The bounds of one value in each tile.
  struct Buffer {
    Value low, high;
  };
  using Extent = std::pair<Value, Value>;

  Value emitNumTiles() override {
    return create<arith::CeilDivSIOp>(keys(), index(op.getWalkShape()[1]));
  }
  void emitBounds() override;
  void enterRow(Value row) override;
  Value findChunks(Value first, Value last) override;
  TileClass classify(Value row, Value tile) override;
  std::pair<Value, Value> decide(Value tile) override;
  void emitBits() override;

  /// [first * tile, last * tile), which does not pass the end.
  Extent extent(Value first, Value last, int64_t tile, Value end) {
    Value size = index(tile);
    auto place = [&](Value number) {
      return create<arith::MinSIOp>(create<arith::MulIOp>(number, size), end);
    };
    return {place(first), place(last)};
  }
  Extent rowsOf(Value row) {
    return extent(row, create<arith::AddIOp>(row, index(1)),
                  op.getWalkShape()[0], queries());
  }
  Extent columnsOf(Value first, Value last) {
    return extent(first, last, op.getWalkShape()[1], keys());
  }
  Extent columnsOf(Value tile) {
    return columnsOf(tile, create<arith::AddIOp>(tile, index(1)));
  }
  Value queries() { return clamped(op.getQueries()); }
  Value keys() { return clamped(op.getKeys()); }
  Value clamped(Value size) { return create<arith::MaxSIOp>(size, index(0)); }
  SmallVector<Buffer> allocateBounds(ArrayRef<Value> values, Value count);
  /// Bounds of values that depend on one coordinate, over [low, high).
  SmallVector<Bounds> foldValues(ArrayRef<Value> values, Extent extent,
                                 bool isRow);
  /// The union of bounds in [low, high) of some buffers.
  SmallVector<Bounds> foldBuffers(ArrayRef<Value> values,
                                  ArrayRef<Buffer> buffers, Extent extent);
  SmallVector<Bounds> foldBounds(ArrayRef<Value> values, Extent extent,
                                 function_ref<SmallVector<Bounds>(Value)> body);
  void storeBounds(ArrayRef<Bounds> found, ArrayRef<Buffer> buffers, Value at);
  SmallVector<Bounds> loadBounds(ArrayRef<Buffer> buffers, Value at);
  /// Of the current rows and some columns.
  Bounds boundMask(Extent columns, ArrayRef<Bounds> ofColumns);
  /// The mask of one pair.
  Value evaluate(Value i, Value j) {
    return bounds.evaluate(b, bounds.getYielded(), op.getMaskCaptures(),
                           {sequence, head, i, j})[0];
  }
  Value last(Extent extent) {
    return create<arith::SubIOp>(extent.second, index(1));
  }

  WalkFromMaskOp op;
  MaskBounds bounds;
  SmallVector<Buffer> ofRows, ofTiles, ofChunks;
  Extent rowExtent; ///< Of the row that was entered.
};

} // namespace

SmallVector<MaskWalk::Buffer> MaskWalk::allocateBounds(ArrayRef<Value> values,
                                                       Value count) {
  return llvm::map_to_vector(values, [&](Value value) -> Buffer {
    Type type = MaskBounds::getType(value);
    Value low = allocate({numSequences, numHeads, count}, 1, type);
    return {low, allocate({numSequences, numHeads, count}, 1, type)};
  });
}

SmallVector<Bounds>
MaskWalk::foldBounds(ArrayRef<Value> values, Extent extent,
                     function_ref<SmallVector<Bounds>(Value)> body) {
  auto flatten = [](ArrayRef<Bounds> list) {
    SmallVector<Value> flat;
    for (const Bounds &item : list)
      llvm::append_values(flat, item.low, item.high);
    return flat;
  };
  SmallVector<Value> none = flatten(llvm::map_to_vector(
      values, [&](Value v) { return MaskBounds::createEmpty(b, loc, v); }));
  SmallVector<Value> folded = fold(
      extent.first, extent.second, none,
      [&](unsigned n, Value x, Value y) {
        return MaskBounds::createFold(b, loc, /*isHigh=*/n % 2, x, y);
      },
      [&](ValueRange at) { return flatten(body(at[0])); });
  SmallVector<Bounds> result;
  for (unsigned n = 0; n < values.size(); ++n)
    result.push_back({folded[2 * n], folded[2 * n + 1]});
  return result;
}

SmallVector<Bounds> MaskWalk::foldValues(ArrayRef<Value> values, Extent extent,
                                         bool isRow) {
  return foldBounds(values, extent, [&](Value at) {
    Value zero = index(0);
    return llvm::map_to_vector(
        bounds.evaluate(b, values, op.getMaskCaptures(),
                        {sequence, head, isRow ? at : zero, isRow ? zero : at}),
        [](Value element) { return Bounds{element, element}; });
  });
}

SmallVector<Bounds> MaskWalk::foldBuffers(ArrayRef<Value> values,
                                          ArrayRef<Buffer> buffers,
                                          Extent extent) {
  return foldBounds(values, extent,
                    [&](Value at) { return loadBounds(buffers, at); });
}

void MaskWalk::storeBounds(ArrayRef<Bounds> found, ArrayRef<Buffer> buffers,
                           Value at) {
  for (auto [value, buffer] : llvm::zip_equal(found, buffers)) {
    store(value.low, buffer.low, {sequence, head, at});
    store(value.high, buffer.high, {sequence, head, at});
  }
}

SmallVector<Bounds> MaskWalk::loadBounds(ArrayRef<Buffer> buffers, Value at) {
  return llvm::map_to_vector(buffers, [&](const Buffer &buffer) -> Bounds {
    Value low = load(buffer.low, {sequence, head, at});
    return {low, load(buffer.high, {sequence, head, at})};
  });
}

/// In one loop for rows and tiles of keys, of which the shorter ones end before
/// the loop does; then of chunks.
void MaskWalk::emitBounds() {
  ArrayRef<Value> rowValues = bounds.getRowValues(),
                  columnValues = bounds.getColumnValues();
  Value most = create<arith::MaxSIOp>(numRows, numTiles);
  ofRows = allocateBounds(rowValues, most);
  ofTiles = allocateBounds(columnValues, most);
  ofChunks = allocateBounds(columnValues, numChunks);
  auto forEach = [&](Value count, function_ref<void(Value)> body) {
    forAll({numSequences, numHeads, count}, [&](ValueRange at) {
      sequence = at[0];
      head = at[1];
      body(at[2]);
    });
  };
  if (!rowValues.empty() || !columnValues.empty())
    forEach(most, [&](Value at) {
      storeBounds(foldValues(rowValues, rowsOf(at), /*isRow=*/true), ofRows,
                  at);
      storeBounds(foldValues(columnValues, columnsOf(at), /*isRow=*/false),
                  ofTiles, at);
    });
  if (!columnValues.empty())
    forEach(numChunks, [&](Value chunk) {
      Value first = create<arith::MulIOp>(chunk, chunkTiles);
      Value last = create<arith::MinSIOp>(
          create<arith::AddIOp>(first, chunkTiles), numTiles);
      storeBounds(foldBuffers(columnValues, ofTiles, {first, last}), ofChunks,
                  chunk);
    });
}

void MaskWalk::enterRow(Value row) {
  bounds.setUniform(b, loc, op.getMaskCaptures(), sequence, head);
  rowExtent = rowsOf(row);
  bounds.setRows(loadBounds(ofRows, row));
}

Bounds MaskWalk::boundMask(Extent columns, ArrayRef<Bounds> ofColumns) {
  return bounds.emit(b, loc, {rowExtent.first, last(rowExtent)},
                     {columns.first, last(columns)}, ofColumns);
}

Value MaskWalk::findChunks(Value first, Value last) {
  // A row of no query lists nothing.
  Value exists =
      compare(arith::CmpIPredicate::slt, rowExtent.first, rowExtent.second);
  return foldBits(first, last, 1, [&](Value chunk) {
    Value tile = create<arith::MulIOp>(chunk, chunkTiles);
    Extent columns = columnsOf(tile, create<arith::AddIOp>(tile, chunkTiles));
    Bounds mask = boundMask(columns, loadBounds(ofChunks, chunk));
    return SmallVector<Value>{create<arith::AndIOp>(mask.high, exists)};
  })[0];
}

/// By its bounds, or by four pairs that differ.
TileClass MaskWalk::classify(Value, Value tile) {
  Extent columns = columnsOf(tile);
  Bounds mask = boundMask(columns, loadBounds(ofTiles, tile));
  Value mayFail = negate(mask.low);
  Value open = create<arith::AndIOp>(mask.high, mayFail);
  Type i1 = b.getI1Type();
  auto corners = scf::IfOp::create(b, loc, TypeRange{i1, i1}, open, true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(corners.thenBlock());
    SmallVector<Value> found = loop(
        index(0), index(4), {flag(false), flag(false)},
        [&](Value corner, ValueRange found) {
          auto end = [&](Value bit, Extent extent) {
            Value isFirst = compare(arith::CmpIPredicate::eq, bit, index(0));
            return select(isFirst, extent.first, last(extent));
          };
          Value i = end(create<arith::AndIOp>(corner, index(1)), rowExtent);
          Value j = end(create<arith::AndIOp>(corner, index(2)), columns);
          Value holds = evaluate(i, j);
          return SmallVector<Value>{
              create<arith::OrIOp>(found[0], holds),
              create<arith::OrIOp>(found[1], negate(holds))};
        });
    scf::YieldOp::create(b, loc, found);
    b.setInsertionPointToStart(corners.elseBlock());
    scf::YieldOp::create(b, loc, ValueRange{mask.high, mayFail});
  }
  Value isPartial =
      create<arith::AndIOp>(corners.getResult(0), corners.getResult(1));
  Value isOpen = create<arith::AndIOp>(open, negate(isPartial));
  Value isKnown = negate(isOpen);
  return {create<arith::AndIOp>(corners.getResult(0), isKnown), isPartial,
          isOpen};
}

/// Some rows at a time, up to the first pair that is true and the first that is
/// false.
std::pair<Value, Value> MaskWalk::decide(Value tile) {
  constexpr int64_t rowsAtATime = 8;
  Extent columns = columnsOf(tile);
  SmallVector<Value> found = loopWhile(
      {rowExtent.first, flag(false), flag(false)},
      [&](ValueRange state) {
        Value inside =
            compare(arith::CmpIPredicate::slt, state[0], rowExtent.second);
        Value both = create<arith::AndIOp>(state[1], state[2]);
        return create<arith::AndIOp>(inside, negate(both));
      },
      [&](ValueRange state) {
        Value next = create<arith::MinSIOp>(
            create<arith::AddIOp>(state[0], index(rowsAtATime)),
            rowExtent.second);
        SmallVector<Value> some = fold(
            {state[0], columns.first}, {next, columns.second},
            {flag(false), flag(false)},
            [&](unsigned, Value x, Value y) {
              return create<arith::OrIOp>(x, y);
            },
            [&](ValueRange at) {
              Value holds = evaluate(at[0], at[1]);
              return SmallVector<Value>{holds, negate(holds)};
            });
        return SmallVector<Value>{next, create<arith::OrIOp>(state[1], some[0]),
                                  create<arith::OrIOp>(state[2], some[1])};
      });
  return {found[1], create<arith::AndIOp>(found[1], found[2])};
}

/// Word by word, for all partial entries of a row.
void MaskWalk::emitBits() {
  if (!op.getMasks())
    return;
  int64_t height = op.getWalkShape()[0], width = op.getWalkShape()[1];
  forAll(
      {numSequences, numHeads, numRows, index(height),
       index(getMaskWords(width))},
      [&](ValueRange at) {
        sequence = at[0];
        head = at[1];
        Value line = at[3], wordAt = at[4];
        auto field = [&](int64_t n) {
          return toIndex(load(rows, {sequence, head, at[2], index(n)}));
        };
        Extent queries = rowsOf(field(0));
        Value i = create<arith::AddIOp>(queries.first, line);
        Value exists = compare(arith::CmpIPredicate::slt, i, queries.second);
        // Key 128 (word / 4) + 8 (bit / 2) + 2 (word mod 4) + bit mod 2.
        Value quarter = arith::DivUIOp::create(b, loc, wordAt, index(4));
        Value lane = arith::RemUIOp::create(b, loc, wordAt, index(4));
        Value first =
            create<arith::AddIOp>(create<arith::MulIOp>(quarter, index(128)),
                                  create<arith::MulIOp>(lane, index(2)));
        when(exists, [&] {
          Value entry = field(1);
          Value end = create<arith::AddIOp>(entry, field(3));
          loop(entry, end, {}, [&](Value entry, ValueRange) {
            Extent columns = columnsOf(toIndex(load(tiles, entry)));
            Value bits = loop(
                index(0), index(wordBits), word(0),
                [&](Value bit, ValueRange bits) {
                  Value group = arith::DivUIOp::create(b, loc, bit, index(2));
                  Value odd = arith::RemUIOp::create(b, loc, bit, index(2));
                  Value j = create<arith::AddIOp>(
                      first, create<arith::AddIOp>(
                                 create<arith::MulIOp>(group, index(8)), odd));
                  Value key = create<arith::AddIOp>(columns.first, j);
                  Value exists = create<arith::AndIOp>(
                      compare(arith::CmpIPredicate::slt, j, index(width)),
                      compare(arith::CmpIPredicate::slt, key, columns.second));
                  Value holds = create<arith::AndIOp>(evaluate(i, key), exists);
                  return SmallVector<Value>{
                      create<arith::OrIOp>(bits[0], bitAt(holds, bit))};
                })[0];
            store(bits, op.getMasks(), {entry, line, wordAt});
            return SmallVector<Value>();
          });
        });
      });
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
    return {listed, op.getPartial() ? listed : flag(false), nullptr};
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
      b, loc, b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  SmallVector<Value> rank =
      loop(index(0), emitNumTiles(), index(0),
           [&](Value other, ValueRange rank) -> SmallVector<Value> {
             Value score = read(row, other);
             Value larger = isGreater(arith::CmpFPredicate::OGT, score, own);
             Value equal = isGreater(arith::CmpFPredicate::OEQ, score, own);
             Value before = compare(arith::CmpIPredicate::slt, other, tile);
             Value precedes = create<arith::OrIOp>(
                 larger, create<arith::AndIOp>(equal, before));
             return {create<arith::AddIOp>(
                 rank[0], WalkMaker::select(precedes, index(1), index(0)))};
           });
  Value isBest = compare(arith::CmpIPredicate::slt, rank[0], index(op.getK()));
  return create<arith::AndIOp>(
      isBest, isGreater(arith::CmpFPredicate::OGT, own, least));
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnLowerWalksPass final
    : attn::impl::AttnLowerWalksBase<AttnLowerWalksPass> {
  using Base::Base;

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
        MaskWalk(b, walk).emit(check);
      else if (auto walk = dyn_cast<WalkFromBlocksOp>(op))
        BlockWalk<WalkFromBlocksOp>(b, walk).emit(check);
      else if (auto walk = dyn_cast<WalkTopKOp>(op))
        BlockWalk<WalkTopKOp>(b, walk).emit(check);
      else
        BlockWalk<WalkThresholdOp>(b, cast<WalkThresholdOp>(op)).emit(check);
      op->erase();
      ++numLowered;
    }
  }
};

} // namespace
