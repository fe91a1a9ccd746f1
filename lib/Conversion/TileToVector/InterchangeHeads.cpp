//===- InterchangeHeads.cpp - Heads inside of key loops -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A work item runs its heads one after the other. The loop over them is cut at
// each key loop,
//
//   for h {before; for k {step}; after}
//     ->  for h {before; save}; for k {for h {restore; step; save}};
//         for h {restore; after}
//
//===----------------------------------------------------------------------===//

#include "InterchangeHeads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;

namespace {

class Interchange {
public:
  Interchange(int64_t numHeads, Value scratch, int64_t scratchEnd)
      : numHeads(numHeads), scratch(scratch), scratchEnd(scratchEnd) {}

  /// Cuts the loop at the first of its key loops. Returns the loop over heads
  /// that has what comes after it; null if the key loop stays inside.
  scf::ForOp cut(scf::ForOp heads, scf::ForOp keys);

  int64_t getScratchEnd() const { return scratchEnd; }

private:
  bool isRepeatable(Operation *op);
  /// Memory for a value of each head.
  Value allocate(OpBuilder &b, Location loc, Type type);
  void save(OpBuilder &b, Location loc, Value value, Value memory, Value head);
  Value restore(OpBuilder &b, Location loc, Type type, Value memory,
                Value head);
  /// Makes what ops of `target` use of the body of `from` anew, or saves and
  /// restores it.
  void bringOperands(scf::ForOp from, scf::ForOp target);
  Value bring(scf::ForOp from, scf::ForOp target, Value value, OpBuilder &b,
              IRMapping &known);

  int64_t numHeads;
  Value scratch;
  int64_t scratchEnd;
  /// Memory of values that are saved.
  llvm::DenseMap<Value, Value> saved;
};

} // namespace

/// Moves what is the same for all heads out of their loop.
static void hoistInvariants(scf::ForOp heads,
                            function_ref<bool(Operation *)> isRepeatable) {
  for (Operation &op :
       llvm::make_early_inc_range(heads.getBody()->without_terminator()))
    if (isRepeatable(&op) && llvm::all_of(op.getOperands(), [&](Value operand) {
          return heads.isDefinedOutsideOfLoop(operand);
        }))
      op.moveBefore(heads);
}

bool Interchange::isRepeatable(Operation *op) {
  if (op->getNumRegions() != 0)
    return false;
  if (isMemoryEffectFree(op))
    return true;
  auto load = dyn_cast<memref::LoadOp>(op);
  if (!load)
    return false;
  // Parameters; scratch memory and workspace are views of bytes.
  auto argument = dyn_cast<BlockArgument>(load.getMemRef());
  return argument && argument != scratch &&
         isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
}

Value Interchange::allocate(OpBuilder &b, Location loc, Type type) {
  SmallVector<int64_t> shape = {numHeads};
  if (auto vector = dyn_cast<VectorType>(type)) {
    llvm::append_range(shape, vector.getShape());
    type = vector.getElementType();
  }
  int64_t bytes =
      type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  auto memref = MemRefType::get(shape, type);
  Value offset = arith::ConstantIndexOp::create(b, loc, scratchEnd);
  scratchEnd += llvm::alignTo(memref.getNumElements() * bytes, 64);
  return memref::ViewOp::create(b, loc, memref, scratch, offset, ValueRange{});
}

void Interchange::save(OpBuilder &b, Location loc, Value value, Value memory,
                       Value head) {
  auto vector = dyn_cast<VectorType>(value.getType());
  if (!vector) {
    memref::StoreOp::create(b, loc, value, memory, head);
    return;
  }
  SmallVector<Value> at(vector.getRank() + 1,
                        arith::ConstantIndexOp::create(b, loc, 0));
  at[0] = head;
  vector::StoreOp::create(b, loc, value, memory, at);
}

Value Interchange::restore(OpBuilder &b, Location loc, Type type, Value memory,
                           Value head) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return memref::LoadOp::create(b, loc, memory, head);
  SmallVector<Value> at(vector.getRank() + 1,
                        arith::ConstantIndexOp::create(b, loc, 0));
  at[0] = head;
  return vector::LoadOp::create(b, loc, vector, memory, at);
}

Value Interchange::bring(scf::ForOp from, scf::ForOp target, Value value,
                         OpBuilder &b, IRMapping &known) {
  if (from.isDefinedOutsideOfLoop(value))
    return value;
  if (Value already = known.lookupOrNull(value))
    return already;
  Operation *op = value.getDefiningOp();
  if (isRepeatable(op)) {
    for (Value operand : op->getOperands())
      bring(from, target, operand, b, known);
    b.clone(*op, known);
    return known.lookup(value);
  }
  Value memory = saved.lookup(value);
  Location loc = op->getLoc();
  if (!memory) {
    OpBuilder outside(from);
    memory = allocate(outside, loc, value.getType());
    OpBuilder after(op->getBlock(), ++op->getIterator());
    save(after, loc, value, memory, from.getInductionVar());
    saved[value] = memory;
  }
  Value restored =
      restore(b, loc, value.getType(), memory, target.getInductionVar());
  saved[restored] = memory;
  known.map(value, restored);
  return restored;
}

void Interchange::bringOperands(scf::ForOp from, scf::ForOp target) {
  llvm::SetVector<Value> used;
  target.walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (operand.getParentBlock() == from.getBody())
        used.insert(operand);
  });
  IRMapping known;
  known.map(from.getInductionVar(), target.getInductionVar());
  OpBuilder b = OpBuilder::atBlockBegin(target.getBody());
  for (Value value : used) {
    Value own = bring(from, target, value, b, known);
    value.replaceUsesWithIf(own, [&](OpOperand &use) {
      return target->isProperAncestor(use.getOwner());
    });
  }
}

scf::ForOp Interchange::cut(scf::ForOp heads, scf::ForOp keys) {
  hoistInvariants(heads, [&](Operation *op) { return isRepeatable(op); });
  for (Value bound : keys->getOperands().take_front(3))
    if (!heads.isDefinedOutsideOfLoop(bound))
      return {};
  Location loc = keys.getLoc();
  OpBuilder outside(heads), b(heads->getBlock(), ++heads->getIterator());
  SmallVector<Value> states;
  {
    OpBuilder before(keys);
    for (Value value : keys.getInitArgs()) {
      states.push_back(allocate(outside, loc, value.getType()));
      save(before, loc, value, states.back(), heads.getInductionVar());
    }
  }
  auto createHeads = [&](OpBuilder &b) {
    auto loop = scf::ForOp::create(b, loc, heads.getLowerBound(),
                                   heads.getUpperBound(), heads.getStep());
    b.setInsertionPointToStart(loop.getBody());
    return loop;
  };
  auto restoreAll = [&](OpBuilder &b, ValueRange values, scf::ForOp loop) {
    for (auto [value, memory] : llvm::zip(values, states))
      value.replaceAllUsesWith(
          restore(b, loc, value.getType(), memory, loop.getInductionVar()));
  };

  // A step of the key loop for each head.
  auto newKeys = scf::ForOp::create(b, loc, keys.getLowerBound(),
                                    keys.getUpperBound(), keys.getStep());
  OpBuilder inner = OpBuilder::atBlockBegin(newKeys.getBody());
  scf::ForOp step = createHeads(inner);
  keys.getInductionVar().replaceAllUsesWith(newKeys.getInductionVar());
  restoreAll(inner, keys.getRegionIterArgs(), step);
  Block *stepBody = step.getBody();
  auto yield = cast<scf::YieldOp>(keys.getBody()->getTerminator());
  stepBody->getOperations().splice(
      stepBody->getTerminator()->getIterator(), keys.getBody()->getOperations(),
      keys.getBody()->begin(), yield->getIterator());
  OpBuilder end(stepBody->getTerminator());
  for (auto [value, memory] : llvm::zip(yield.getResults(), states))
    save(end, loc, value, memory, step.getInductionVar());

  // What comes after it.
  scf::ForOp after = createHeads(b);
  restoreAll(b, keys.getResults(), after);
  after.getBody()->getOperations().splice(
      after.getBody()->getTerminator()->getIterator(),
      heads.getBody()->getOperations(), ++keys->getIterator(),
      heads.getBody()->getTerminator()->getIterator());
  keys.erase();
  bringOperands(heads, step);
  bringOperands(heads, after);
  return after;
}

int64_t fovea::interchangeHeads(scf::ForOp heads, ArrayRef<scf::ForOp> keyLoops,
                                int64_t numHeads, Value scratchStart,
                                Value scratch, int64_t headBytes) {
  headBytes = llvm::alignTo(headBytes, 64);
  auto bytes = scratchStart.getDefiningOp<arith::MulIOp>()
                   .getRhs()
                   .getDefiningOp<arith::ConstantIndexOp>();
  OpBuilder b(bytes);
  bytes.replaceAllUsesWith(
      arith::ConstantIndexOp::create(b, bytes.getLoc(), headBytes).getResult());
  bytes.erase();
  Interchange interchange(numHeads, scratch, numHeads * headBytes);
  for (scf::ForOp keys : keyLoops) {
    scf::ForOp after = interchange.cut(heads, keys);
    if (!after)
      break;
    heads = after;
  }
  return interchange.getScratchEnd();
}
