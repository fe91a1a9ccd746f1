//===- Combine.cpp - Work items that share their keys ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Workspace holds a counter for each work item and then its slot: the state as
// it lies in scratch memory. Each work item fills its own slot and
// counts itself at the first one of its parts; the one that completes the count
// folds the slots into its own state.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;

/// Bytes of a counter and of a line of the cache.
static constexpr int64_t counterBytes = 8, lineBytes = 64;

SmallVector<Value, 3> KernelLowering::slotOf(tile::CombineOp op, Value item) {
  Location loc = op.getLoc();
  int64_t rows = typeOf(op.getTop()).getDimSize(0);
  int64_t columns = typeOf(op.getSum()).getDimSize(1);
  int64_t rowBytes = rows * 4;
  int64_t slotBytes = llvm::alignTo((columns + 2) * rowBytes, lineBytes);
  // Of each head of each work item.
  int64_t slots = schedule.getSplitTo() * schedule.getHeads();
  clearedBytes = llvm::alignTo(slots * counterBytes, lineBytes);
  workspaceBytes = clearedBytes + slots * slotBytes;
  Value start = arith::MulIOp::create(b, loc, item, index(slotBytes));
  auto view = [&](int64_t offset, ArrayRef<int64_t> shape) -> Value {
    Value at = arith::AddIOp::create(b, loc, start, index(offset));
    return memref::ViewOp::create(b, loc,
                                  MemRefType::get(shape, b.getF32Type()),
                                  workspace, at, ValueRange{});
  };
  int64_t first = clearedBytes;
  SmallVector<int64_t> shape = {columns, rows};
  if (hasColumnsInLanes(op.getSum()))
    std::swap(shape[0], shape[1]);
  return {view(first + 2 * rowBytes, shape), view(first, rows),
          view(first + rowBytes, rows)};
}

/// Folds the slots of all parts, of which `first` is the first one's work item:
/// the sum into the buffer `target`, maxima and weights into vectors.
void KernelLowering::emitFold(tile::CombineOp op, Value first, Value target,
                              SmallVectorImpl<Value> &top,
                              SmallVectorImpl<Value> &weight) {
  Location loc = op.getLoc();
  int64_t columns = typeOf(op.getSum()).getDimSize(1);
  int64_t numVectors = vectorsOf(op.getTop());
  Value sums = op.getSum();
  int64_t step = hasColumnsInLanes(sums) ? width : 1;
  auto constant = [&](double value) -> Value {
    TypedAttr attribute = b.getF32FloatAttr(value);
    if (auto type = dyn_cast<VectorType>(rowType(op.getTop())))
      attribute = DenseElementsAttr::get(type, Attribute(attribute));
    return arith::ConstantOp::create(b, loc, attribute);
  };
  Value zero = constant(0);
  Value none = constant(-std::numeric_limits<float>::infinity());
  Value unit = constant(op.getUnit().convertToDouble());
  auto asVector = [&](Value value) {
    return isa<VectorType>(value.getType()) ? value
                                            : lanes.broadcast(loc, value);
  };
  auto emitColumnsOf = [&](function_ref<void(Value, int64_t)> body) {
    emitFor(loc, index(0), index(columns), step, [&](Value column) {
      for (int64_t n = 0; n < numVectors; ++n)
        body(column, n);
    });
  };

  // No part yet: maxima of -inf, and zeros.
  emitColumnsOf([&](Value column, int64_t n) {
    storeVectors(sums, asVector(zero), target, column, n);
  });
  SmallVector<Value> init(numVectors, none);
  init.append(numVectors, zero);
  auto loop =
      scf::ForOp::create(b, loc, index(0), op.getCount(), index(1), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(loop.getBody());
  auto slot =
      slotOf(op, arith::AddIOp::create(b, loc, first, loop.getInductionVar()));
  SmallVector<Value> tops, weights, before, here;
  for (int64_t n = 0; n < numVectors; ++n) {
    Value mine = loop.getRegionIterArg(n);
    Value other = loadRows(op.getTop(), slot[1], n);
    Value larger = arith::MaxNumFOp::create(b, loc, mine, other);
    Value isNone =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, larger, none);
    Value base = arith::SelectOp::create(b, loc, isNone, zero, larger);
    auto factor = [&](Value top) -> Value {
      Value x = arith::SubFOp::create(b, loc, top, base);
      x = arith::MulFOp::create(b, loc, x, unit);
      return math::Exp2Op::create(b, loc, x);
    };
    before.push_back(factor(mine));
    here.push_back(factor(other));
    Value sum = arith::MulFOp::create(
        b, loc, loop.getRegionIterArg(numVectors + n), before.back());
    weights.push_back(math::FmaOp::create(
        b, loc, loadRows(op.getWeight(), slot[2], n), here.back(), sum));
    tops.push_back(larger);
  }
  emitColumnsOf([&](Value column, int64_t n) {
    Value sum = loadVector(sums, target, column, n);
    sum = arith::MulFOp::create(b, loc, sum, asVector(before[n]));
    sum = math::FmaOp::create(b, loc, loadVector(sums, slot[0], column, n),
                              asVector(here[n]), sum);
    storeVectors(sums, sum, target, column, n);
  });
  tops.append(weights);
  scf::YieldOp::create(b, loc, tops);
  top.assign(loop.getResults().begin(), loop.getResults().begin() + numVectors);
  weight.assign(loop.getResults().begin() + numVectors,
                loop.getResults().end());
}

LogicalResult KernelLowering::lowerCombine(tile::CombineOp op) {
  Location loc = op.getLoc();
  if (schedule.getSplitTo() == 1)
    return op.emitOpError("needs a schedule of the kernel that says with "
                          "split_to how many work items there may be");
  FailureOr<Value> sum = materialize(op.getSum());
  if (failed(sum))
    return failure();
  int64_t numVectors = vectorsOf(op.getTop());
  auto evaluateAll = [&](Value tile) -> FailureOr<SmallVector<Value>> {
    SmallVector<Value> vectors;
    for (int64_t vector = 0; vector < numVectors; ++vector) {
      Point point;
      FailureOr<Value> value = evaluate(tile, {}, vector, point);
      if (failed(value))
        return failure();
      vectors.push_back(*value);
    }
    return vectors;
  };
  FailureOr<SmallVector<Value>> top = evaluateAll(op.getTop()),
                                weight = evaluateAll(op.getWeight());
  if (failed(top) || failed(weight))
    return failure();

  Type flag = b.getI1Type();
  SmallVector<Type> types(2 * numVectors, rowType(op.getTop()));
  types.push_back(flag);
  SmallVector<Value> own(*top);
  llvm::append_range(own, *weight);
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  Value no = arith::ConstantIntOp::create(b, loc, 0, 1);
  auto yield = [&](Value last) {
    SmallVector<Value> values(own);
    values.push_back(last);
    scf::YieldOp::create(b, loc, values);
  };
  Value isShared = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt,
                                         op.getCount(), index(1));
  auto shared = scf::IfOp::create(b, loc, types, isShared,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  b.setInsertionPointToStart(shared.elseBlock());
  yield(yes);
  b.setInsertionPointToStart(shared.thenBlock());
  Value first = arith::SubIOp::create(b, loc, item, op.getPart());
  auto slot = slotOf(op, item);
  for (int64_t n = 0; n < numVectors; ++n) {
    storeRows(op.getTop(), (*top)[n], slot[1], n);
    storeRows(op.getWeight(), (*weight)[n], slot[2], n);
  }
  memref::CopyOp::create(b, loc, *sum, slot[0]);
  auto counters = memref::ViewOp::create(
      b, loc,
      MemRefType::get(schedule.getSplitTo() * schedule.getHeads(),
                      b.getI64Type()),
      workspace, index(0), ValueRange{});
  Value one = arith::ConstantIntOp::create(b, loc, 1, 64);
  // Acquires and releases.
  Value before = memref::AtomicRMWOp::create(b, loc, arith::AtomicRMWKind::addi,
                                             one, counters, ValueRange{first});
  before = arith::IndexCastOp::create(b, loc, b.getIndexType(), before);
  Value isLast = arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::eq, before,
      arith::SubIOp::create(b, loc, op.getCount(), index(1)));
  auto last = scf::IfOp::create(b, loc, types, isLast, /*addThenBlock=*/true,
                                /*addElseBlock=*/true);
  scf::YieldOp::create(b, loc, last.getResults());
  b.setInsertionPointToStart(last.elseBlock());
  yield(no);
  b.setInsertionPointToStart(last.thenBlock());
  SmallVector<Value> tops, weights;
  emitFold(op, first, *sum, tops, weights);
  own = tops;
  llvm::append_range(own, weights);
  yield(yes);
  b.setInsertionPointAfter(shared);

  ResultRange results = shared.getResults();
  auto vectors = [&](int64_t from) {
    return SmallVector<Value>(results.begin() + from,
                              results.begin() + from + numVectors);
  };
  inLanes[op.getResultTop()] = vectors(0);
  inLanes[op.getResultWeight()] = vectors(numVectors);
  inBuffer[op.getResultSum()] = *sum;
  extents[op.getResultSum()] = {index(typeOf(op.getSum()).getDimSize(0)),
                                index(typeOf(op.getSum()).getDimSize(1))};
  op.getLast().replaceAllUsesWith(results.back());
  return success();
}
