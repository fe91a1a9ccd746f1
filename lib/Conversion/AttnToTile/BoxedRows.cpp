//===- BoxedRows.cpp - Moves of tokens as views of boxes ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BoxedRows.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnOrder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// What a view is of: an argument, a buffer or a global; null if it is not
/// known.
static Value getRoot(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  Operation *op = memref.getDefiningOp();
  bool isKnown = !op || isa<memref::AllocOp, memref::GetGlobalOp>(op);
  return isKnown ? memref : Value();
}

/// The only op beside `op`, and those that free it, that uses a buffer. `op`
/// uses it as the rows in `uses` alone.
static ReorderOp getMove(Value buffer, Operation *op,
                         ArrayRef<OpOperand *> uses) {
  ReorderOp move;
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return {};
  for (OpOperand &use : buffer.getUses()) {
    Operation *user = use.getOwner();
    if (llvm::is_contained(uses, &use) || isa<memref::DeallocOp>(user))
      continue;
    auto reorder = user == op ? ReorderOp() : dyn_cast<ReorderOp>(user);
    if (!reorder || (move && reorder != move))
      return {};
    move = reorder;
  }
  return move && move->getBlock() == op->getBlock() ? move : ReorderOp();
}

/// Between two ops of a block nothing but other moves of buffers touches
/// memory.
static bool isQuiet(Operation *from, Operation *to) {
  for (Operation *op = from->getNextNode(); op != to; op = op->getNextNode()) {
    if (isMemoryEffectFree(op) || isa<memref::AllocOp, memref::DeallocOp>(op))
      continue;
    auto move = dyn_cast<ReorderOp>(op);
    if (!move || !(move.getInverse() ? move.getInput() : move.getOutput())
                      .getDefiningOp<memref::AllocOp>())
      return false;
  }
  return true;
}

std::optional<BoxedRows> fovea::takeBoxedRows(ArrayRef<OpOperand *> operands,
                                              unsigned axis, ValueRange read) {
  OpOperand &operand = *operands.front();
  Operation *op = operand.getOwner();
  ReorderOp move = getMove(operand.get(), op, operands);
  if (!move || !move.getOrderAttr() || move.getTokenAxis() != axis)
    return std::nullopt;
  bool stores = move.getInverse();
  Value tokens = stores ? move.getOutput() : move.getInput();
  if ((stores ? move.getInput() : move.getOutput()) != operand.get() ||
      move->isBeforeInBlock(op) == stores)
    return std::nullopt;
  auto type = cast<MemRefType>(tokens.getType());
  if (type.isDynamicDim(axis))
    return std::nullopt;
  TokenOrder order = TokenOrder::get(move.getOrderAttr(), move.getKeys(),
                                     type.getDimSize(axis));
  if (!order.fillsBoxes())
    return std::nullopt;
  // What the move reads or writes is the same where the op stands.
  Operation *first = stores ? op : move, *last = stores ? move : op;
  Operation *definition = tokens.getDefiningOp();
  if (!isQuiet(first, last) || (stores && definition &&
                                (definition->getBlock() != op->getBlock() ||
                                 !definition->isBeforeInBlock(op))))
    return std::nullopt;
  if (stores) {
    Value root = getRoot(tokens);
    if (!root)
      return std::nullopt;
    SmallVector<Value> others(read);
    llvm::append_range(others, op->getOperands());
    for (Value other : others)
      if (isa<MemRefType>(other.getType()) &&
          (!getRoot(other) || getRoot(other) == root))
        return std::nullopt;
  }

  OpBuilder b(op);
  SmallVector<ReassociationIndices> groups;
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    groups.emplace_back();
    auto add = [&](int64_t extent, OpFoldResult size) {
      groups.back().push_back(shape.size());
      shape.push_back(extent);
      sizes.push_back(size);
    };
    if (dim == axis)
      for (int64_t extent : order.grid)
        add(extent, b.getIndexAttr(extent));
    else
      add(type.getDimSize(dim),
          memref::getMixedSize(b, op->getLoc(), tokens, dim));
  }
  FailureOr<MemRefType> expanded =
      memref::ExpandShapeOp::computeExpandedType(type, shape, groups);
  if (failed(expanded))
    return std::nullopt;
  BoxedRows result{memref::ExpandShapeOp::create(b, op->getLoc(), *expanded,
                                                 tokens, groups, sizes),
                   axis, order.box, order.step, order.getNumPlaces()};
  move.erase();
  return result;
}
