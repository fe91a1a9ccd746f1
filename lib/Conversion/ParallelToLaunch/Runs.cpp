//===- Runs.cpp - Iterations that a thread runs together ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace fovea;

/// Bytes that the widest access of a thread moves.
static constexpr int64_t accessBytes = 16;

/// Some op of the body or of its regions uses what differs.
bool Runs::varies(Operation &op) const {
  return op
      .walk([&](Operation *inner) {
        return llvm::any_of(
                   inner->getOperands(),
                   [&](Value value) { return varying.contains(value); })
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

Runs::Runs(scf::ParallelOp loop)
    : body(loop.getBody()), variable(loop.getInductionVars().back()) {
  OpFoldResult extent = getAsOpFoldResult(loop.getUpperBound().back());
  bool hasLoops =
      loop.getBody()
          ->walk([](LoopLikeOpInterface) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (hasLoops || getConstantIntValue(extent).value_or(0) < 2 * length ||
      !isConstantIntValue(loop.getLowerBound().back(), 0) ||
      !isConstantIntValue(loop.getStep().back(), 1))
    return;
  varying.insert(variable);
  for (Operation &op : body->without_terminator()) {
    addRow(op);
    if (varies(op))
      varying.insert_range(op.getResults());
  }
}

void Runs::addRow(Operation &op) {
  Value memref;
  OperandRange indices(nullptr, 0);
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    memref = load.getMemref();
    indices = load.getIndices();
  } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
    memref = store.getMemref();
    indices = store.getIndices();
  }
  if (indices.empty() || indices.back() != variable ||
      memref.getParentBlock() == body ||
      llvm::any_of(indices.drop_back(),
                   [&](Value index) { return varying.contains(index); }))
    return;
  auto type = cast<MemRefType>(memref.getType());
  Type element = type.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0 ||
      !type.isLastDimUnitStride())
    return;
  int64_t bytes = element.getIntOrFloatBitWidth() / 8 * length;
  rows.try_emplace(&op, Row{cast<TypedValue<MemRefType>>(memref),
                            std::min(bytes, accessBytes)});
}

Value Runs::emitAreAligned(ImplicitLocOpBuilder &b, IRMapping &mapping) const {
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  Value all = arith::ConstantIntOp::create(b, 1, 1);
  llvm::SmallDenseSet<Value> done;
  for (Operation &op : *body) {
    auto row = rows.find(&op);
    if (row == rows.end() || !done.insert(row->second.memref).second)
      continue;
    auto [outer, alignment] = row->second;
    Value memref = mapping.lookup(outer);
    int64_t size = outer.getType().getElementTypeBitWidth() / 8;
    auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
    // Bits of all that is added up to the address of a row.
    Value bits = metadata.getOffset();
    for (Value stride : metadata.getStrides().drop_back())
      bits = arith::OrIOp::create(b, bits, stride);
    bits = arith::MulIOp::create(b, bits, index(size));
    bits = arith::OrIOp::create(
        b, bits, memref::ExtractAlignedPointerAsIndexOp::create(b, memref));
    bits = arith::AndIOp::create(b, bits, index(alignment - 1));
    Value aligned =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, bits, index(0));
    all = arith::AndIOp::create(b, all, aligned);
  }
  return all;
}

void Runs::emit(ImplicitLocOpBuilder &b, IRMapping &mapping) const {
  SmallVector<IRMapping> iterations(length, mapping);
  for (auto [n, iteration] : llvm::enumerate(iterations)) {
    Value distance = arith::ConstantIndexOp::create(b, n);
    iteration.map(variable, b.createOrFold<arith::AddIOp>(
                                mapping.lookup(variable), distance));
  }
  for (Operation &op : body->without_terminator()) {
    if (!varies(op)) {
      Operation *common = b.clone(op, iterations.front());
      for (IRMapping &iteration : iterations)
        iteration.map(op.getResults(), common->getResults());
      continue;
    }
    SmallVector<Operation *> copies =
        llvm::map_to_vector(iterations, [&](IRMapping &iteration) {
          return b.clone(op, iteration);
        });
    auto row = rows.find(&op);
    if (row == rows.end())
      continue;
    // That of the first is the vector's.
    if (auto load = dyn_cast<memref::LoadOp>(copies.front()))
      load.setAlignment(row->second.alignment);
    else
      cast<memref::StoreOp>(copies.front()).setAlignment(row->second.alignment);
  }
}
