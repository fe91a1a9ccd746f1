//===- Combine.cpp - Work items that share their keys ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Workspace has a slot for each work item: a line with a counter for each group,
// then maxima, weights and sums of the rows. A group writes the rows that exist
// into the work item's own slot and counts itself in the slot of part 0. The one
// that completes the count sets it back to zero and folds the slots: its threads
// take four columns of a row each, whatever lanes hold them, so that few rows
// keep all threads busy, and hand them over through shared memory.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace fovea;

/// Bytes before the state; columns that a thread folds; floats behind a row of
/// the folded sum; slots that are read at once.
static constexpr int64_t headerBytes = 128, chunk = 4, rowTail = 4,
                         partsAtOnce = 8;

/// Bytes from a slot's start to its maxima, weights and sums.
static int64_t topsAt() { return headerBytes; }
static int64_t weightsAt(int64_t rows) { return headerBytes + 4 * rows; }
static int64_t sumsAt(int64_t rows) { return headerBytes + 8 * rows; }

static int64_t getSlotBytes(tile::TileType sum) {
  int64_t rows = sum.getDimSize(0);
  return llvm::alignTo(sumsAt(rows) + 4 * rows * sum.getDimSize(1), 128);
}

void KernelEmitter::collectCombine(pipe::CombineOp op) {
  slotBytes = std::max(slotBytes, getSlotBytes(op.getSum().getType()));
}

/// The work item's number in the grid: its last coordinate varies fastest.
Value KernelEmitter::emitItemNumber() {
  Type i32 = builder.getI32Type();
  auto grid = kernel.getGridArguments();
  int64_t rank = kernel.getGridRank();
  Value item = get(grid[0]);
  for (int64_t n = 1; n < rank; ++n) {
    Value extent;
    if (persistent)
      extent = emitExtent(n);
    else if (n == rank - 1)
      extent = NVVM::GridDimXOp::create(builder, loc, i32);
    else
      extent = NVVM::GridDimYOp::create(builder, loc, i32);
    item = add(arith::MulIOp::create(builder, loc, item, extent), get(grid[n]));
  }
  return item;
}

static Value offset(OpBuilder &builder, Location loc, Value pointer,
                    Value bytes) {
  return LLVM::GEPOp::create(builder, loc, pointer.getType(),
                             builder.getI8Type(), pointer, bytes,
                             LLVM::GEPNoWrapFlags::inbounds);
}

/// Calls `body` with the registers of each row that a thread holds of a tile, the
/// row in the tile, and the column that those of the registers are added to.
/// Registers of a row come in pairs of neighbours.
LogicalResult KernelEmitter::forEachHeldRow(
    tile::TileType type,
    function_ref<void(const Fragment &, ArrayRef<int64_t>, Value, Value)>
        body) {
  FailureOr<Fragment> fragment = Fragment::get(type, loc);
  if (failed(fragment))
    return failure();
  llvm::MapVector<int64_t, SmallVector<int64_t>> rows;
  for (int64_t reg = 0; reg < fragment->size(); ++reg)
    rows[fragment->registerPart[reg][0]].push_back(reg);
  Value zero = constant(0);
  Value places[] = {group, warp, lane, zero};
  Value firstRow = emitAffine(fragment->map.getResult(0), places), column;
  if (type.getRank() == 2)
    column = emitAffine(fragment->map.getResult(1), places);
  for (auto &[row, registers] : rows)
    body(*fragment, registers, add(firstRow, row), column);
  return success();
}

/// Counts this group; true in all its threads if it is the last one. What the
/// groups before it wrote is seen then.
Value KernelEmitter::emitArrival(Value counter, Value count) {
  LLVM::FenceOp::create(builder, loc, LLVM::AtomicOrdering::acq_rel, "device");
  emitGroupBarrier();
  Value mine = remainder(thread, pipe::limits::groupThreads);
  auto first = scf::IfOp::create(builder, loc, builder.getI1Type(),
                                 equals(mine, 0), /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(first.elseBlock());
    scf::YieldOp::create(builder, loc, constant(0, 1));
    builder.setInsertionPointToStart(first.thenBlock());
    Value before = LLVM::AtomicRMWOp::create(
        builder, loc, LLVM::AtomicBinOp::add, counter, constant(1),
        LLVM::AtomicOrdering::monotonic, "device");
    // PTX's atomic orders nothing by itself.
    LLVM::FenceOp::create(builder, loc, LLVM::AtomicOrdering::acq_rel,
                          "device");
    Value isLast =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                              add(before, 1), count);
    auto last = scf::IfOp::create(builder, loc, isLast);
    scf::YieldOp::create(builder, loc, isLast);
    builder.setInsertionPointToStart(last.thenBlock());
    LLVM::StoreOp::create(builder, loc, constant(0), counter);
  }
  // A barrier that tells all what one knows.
  return LLVM::CallIntrinsicOp::create(
             builder, loc, builder.getI1Type(),
             builder.getStringAttr("llvm.nvvm.barrier.cta.red.or.aligned.count"),
             ValueRange{add(group, roleFirstGroup),
                        constant(pipe::limits::groupThreads),
                        first.getResult(0)})
      .getResult(0);
}

/// Folds the group's rows below `rows` of `count` slots from `slots` on into the
/// shared memory at `states`.
void KernelEmitter::emitFold(pipe::CombineOp op, Value slots, Value states,
                             Value rows, Value count) {
  tile::TileType type = op.getSum().getType();
  int64_t numRows = type.getDimSize(0), columns = type.getDimSize(1);
  Type f32 = builder.getF32Type(), i64 = builder.getI64Type();
  auto vector = VectorType::get(chunk, f32);
  auto real = [&](double value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
  };
  auto splat = [&](Value scalar) -> Value {
    return vector::BroadcastOp::create(builder, loc, vector, scalar);
  };
  auto widen = [&](Value value) -> Value {
    return arith::ExtUIOp::create(builder, loc, i64, value);
  };
  constexpr int64_t groupRows = pipe::limits::groupRows;
  Value none = real(-std::numeric_limits<float>::infinity()), zero = real(0),
        unit = real(op.getUnit().convertToDouble());
  Value left = arith::SubIOp::create(builder, loc, rows,
                                     multiply(group, groupRows));
  left = arith::MaxSIOp::create(builder, loc, left, constant(0));
  left = arith::MinSIOp::create(builder, loc, left, constant(groupRows));
  auto chunks = scf::ForOp::create(
      builder, loc, remainder(thread, pipe::limits::groupThreads),
      multiply(left, columns / chunk), constant(pipe::limits::groupThreads));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(chunks.getBody());
  Value index = chunks.getInductionVar();
  Value row = add(divide(index, columns / chunk), multiply(group, groupRows));
  Value column = multiply(remainder(index, columns / chunk), chunk);
  Value topAt = add(multiply(row, 4), topsAt());
  Value weightAt = add(multiply(row, 4), weightsAt(numRows));
  Value sumAt =
      add(multiply(add(multiply(row, columns), column), 4), sumsAt(numRows));

  // (maximum, weight, sum) of the slots so far.
  Value last = add(count, -1);
  auto parts =
      scf::ForOp::create(builder, loc, constant(0), count,
                         constant(partsAtOnce),
                         ValueRange{none, zero, splat(zero)});
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(parts.getBody());
    // All reads come first.
    Value exists[partsAtOnce], tops[partsAtOnce], weights[partsAtOnce],
        sums[partsAtOnce];
    for (int64_t n = 0; n < partsAtOnce; ++n) {
      Value part = add(parts.getInductionVar(), n);
      exists[n] = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle,
                                        part, last);
      part = arith::MinSIOp::create(builder, loc, part, last);
      Value slot = offset(
          builder, loc, slots,
          arith::MulIOp::create(builder, loc, widen(part),
                                constant(slotBytes, 64)));
      // Volatile: not from a cache that does not see what other
      // multiprocessors write.
      auto read = [&](Type type, Value at, unsigned alignment) -> Value {
        return LLVM::LoadOp::create(builder, loc, type,
                                    offset(builder, loc, slot, widen(at)),
                                    alignment, /*isVolatile=*/true);
      };
      tops[n] = read(f32, topAt, 4);
      weights[n] = read(f32, weightAt, 4);
      sums[n] = read(vector, sumAt, 16);
    }
    Value before = parts.getRegionIterArg(0), top = before;
    for (int64_t n = 0; n < partsAtOnce; ++n) {
      tops[n] = arith::SelectOp::create(builder, loc, exists[n], tops[n], none);
      top = arith::MaxNumFOp::create(builder, loc, top, tops[n]);
    }
    Value isNone = arith::CmpFOp::create(builder, loc,
                                         arith::CmpFPredicate::OEQ, top, none);
    Value base = arith::SelectOp::create(builder, loc, isNone, zero, top);
    auto factor = [&](Value from) -> Value {
      Value x = arith::SubFOp::create(builder, loc, from, base);
      x = arith::MulFOp::create(builder, loc, x, unit);
      return math::Exp2Op::create(builder, loc, x);
    };
    Value scale = factor(before);
    Value weight = arith::MulFOp::create(builder, loc,
                                         parts.getRegionIterArg(1), scale);
    Value sum = arith::MulFOp::create(builder, loc, parts.getRegionIterArg(2),
                                      splat(scale));
    for (int64_t n = 0; n < partsAtOnce; ++n) {
      Value mine = factor(tops[n]);
      Value more =
          math::FmaOp::create(builder, loc, weights[n], mine, weight);
      weight =
          arith::SelectOp::create(builder, loc, exists[n], more, weight);
      more = math::FmaOp::create(builder, loc, sums[n], splat(mine), sum);
      sum = arith::SelectOp::create(builder, loc, exists[n], more, sum);
    }
    scf::YieldOp::create(builder, loc, ValueRange{top, weight, sum});
  }

  Value place = add(states, multiply(row, 4 * (columns + rowTail)));
  LLVM::StoreOp::create(builder, loc, parts.getResult(2),
                        sharedPointer(add(place, multiply(column, 4))), 16);
  auto first = scf::IfOp::create(builder, loc, equals(column, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  LLVM::StoreOp::create(builder, loc, parts.getResult(0),
                        sharedPointer(add(place, 4 * columns)));
  LLVM::StoreOp::create(builder, loc, parts.getResult(1),
                        sharedPointer(add(place, 4 * columns + 4)));
}

LogicalResult KernelEmitter::emitCombine(pipe::CombineOp op) {
  tile::TileType type = op.getSum().getType(), rowType = op.getTop().getType();
  int64_t numRows = type.getDimSize(0), columns = type.getDimSize(1);
  Value count = get(op.getCount()), part = get(op.getPart()),
        rows = get(op.getRows());
  Values own = {get(op.getSum()), get(op.getTop()), get(op.getWeight())};
  Type f32 = builder.getF32Type(), i1 = builder.getI1Type();
  auto pair = VectorType::get(2, f32);
  SmallVector<Type> types = {own[0].getType(), own[1].getType(),
                             own[2].getType()};
  auto yield = [&](ValueRange state, Value last = {}) {
    SmallVector<Value> results(state);
    if (last)
      results.push_back(last);
    scf::YieldOp::create(builder, loc, results);
  };
  Value isShared = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sgt, count, constant(1));
  types.push_back(i1);
  auto shared = scf::IfOp::create(builder, loc, types, isShared,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  types.pop_back();
  for (auto [result, value] : llvm::zip(op.getResults(), shared.getResults()))
    set(result, value);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(shared.elseBlock());
  yield(own, constant(1, 1));
  builder.setInsertionPointToStart(shared.thenBlock());

  Value item = emitItemNumber();
  auto slotOf = [&](Value number) {
    Value bytes = arith::MulIOp::create(
        builder, loc,
        arith::ExtUIOp::create(builder, loc, builder.getI64Type(), number),
        constant(slotBytes, 64));
    return offset(builder, loc, workspace, bytes);
  };
  auto at = [&](Value slot, Value bytes) {
    return offset(
        builder, loc, slot,
        arith::ExtUIOp::create(builder, loc, builder.getI64Type(), bytes));
  };
  Value slot = slotOf(item);
  Value first = slotOf(arith::SubIOp::create(builder, loc, item, part));

  // The rows that exist.
  auto sums = vector::ToElementsOp::create(builder, loc, own[0]);
  auto tops = vector::ToElementsOp::create(builder, loc, own[1]);
  auto weights = vector::ToElementsOp::create(builder, loc, own[2]);
  auto ifExists = [&](Value row, function_ref<void()> body) {
    Value inside = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, row, rows);
    auto branch = scf::IfOp::create(builder, loc, inside);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    body();
  };
  LogicalResult stored = forEachHeldRow(
      type, [&](const Fragment &held, ArrayRef<int64_t> registers, Value row,
                Value column) {
        ifExists(row, [&] {
          Value start = add(
              multiply(add(multiply(row, columns), column), 4), sumsAt(numRows));
          for (size_t n = 0; n < registers.size(); n += 2) {
            Value both = vector::FromElementsOp::create(
                builder, loc, pair,
                ValueRange{sums.getResult(registers[n]),
                           sums.getResult(registers[n + 1])});
            LLVM::StoreOp::create(
                builder, loc, both,
                at(slot, add(start, 4 * held.registerPart[registers[n]][1])), 8);
          }
        });
      });
  if (succeeded(stored))
    stored = forEachHeldRow(
        rowType, [&](const Fragment &, ArrayRef<int64_t> registers, Value row,
                     Value) {
          ifExists(row, [&] {
            Value start = multiply(row, 4);
            LLVM::StoreOp::create(builder, loc, tops.getResult(registers[0]),
                                  at(slot, add(start, topsAt())));
            LLVM::StoreOp::create(builder, loc, weights.getResult(registers[0]),
                                  at(slot, add(start, weightsAt(numRows))));
          });
        });
  if (failed(stored))
    return failure();

  Value last = emitArrival(at(first, multiply(group, 4)), count);
  auto folded = scf::IfOp::create(builder, loc, types, last,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  yield(folded.getResults(), last);
  builder.setInsertionPointToStart(folded.elseBlock());
  yield(own);
  builder.setInsertionPointToStart(folded.thenBlock());
  Value states = add(this->shared, buffers[op.getBuffer()]);
  emitFold(op, first, states, rows, count);
  emitGroupBarrier();
  SmallVector<Value> newSums(sums.getNumResults()),
      newTops(tops.getNumResults()), newWeights(weights.getNumResults());
  auto read = [&](Type type, Value address) -> Value {
    return LLVM::LoadOp::create(builder, loc, type, sharedPointer(address));
  };
  auto rowAt = [&](Value row) {
    return add(states, multiply(row, 4 * (columns + rowTail)));
  };
  (void)forEachHeldRow(
      type, [&](const Fragment &held, ArrayRef<int64_t> registers, Value row,
                Value column) {
        Value start = add(rowAt(row), multiply(column, 4));
        for (size_t n = 0; n < registers.size(); n += 2) {
          Value both = LLVM::LoadOp::create(
              builder, loc, pair,
              sharedPointer(add(start, 4 * held.registerPart[registers[n]][1])), 8);
          auto elements = vector::ToElementsOp::create(builder, loc, both);
          newSums[registers[n]] = elements.getResult(0);
          newSums[registers[n + 1]] = elements.getResult(1);
        }
      });
  (void)forEachHeldRow(
      rowType, [&](const Fragment &, ArrayRef<int64_t> registers, Value row,
                     Value) {
        newTops[registers[0]] = read(f32, add(rowAt(row), 4 * columns));
        newWeights[registers[0]] = read(f32, add(rowAt(row), 4 * columns + 4));
      });
  auto vectorOf = [&](Type type, ValueRange elements) -> Value {
    return vector::FromElementsOp::create(builder, loc, cast<VectorType>(type),
                                          elements);
  };
  yield({vectorOf(types[0], newSums), vectorOf(types[1], newTops),
         vectorOf(types[2], newWeights)});
  return success();
}
