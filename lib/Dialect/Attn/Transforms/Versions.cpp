//===- Versions.cpp - Attention ops with what serves them -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Versions.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// The op with what only serves it, in order: moves of tokens to and from its
/// buffers, and these buffers, which -attn-to-tile looks for beside it.
static SmallVector<Operation *> findParts(AttentionOp op) {
  llvm::SmallSetVector<Operation *, 8> parts;
  parts.insert(op);
  for (Value buffer : op->getOperands()) {
    auto alloc = buffer.getDefiningOp<memref::AllocOp>();
    auto serves = [&](Operation *user) {
      return user == op || (isa<ReorderOp, memref::DeallocOp>(user) &&
                            user->getBlock() == op->getBlock());
    };
    if (!alloc || alloc->getBlock() != op->getBlock() ||
        !llvm::all_of(alloc->getUsers(), serves))
      continue;
    parts.insert(alloc);
    for (Operation *user : alloc->getUsers())
      parts.insert(user);
  }
  SmallVector<Operation *> sorted = parts.takeVector();
  llvm::sort(sorted, [](Operation *a, Operation *b) {
    return a != b && a->isBeforeInBlock(b);
  });
  return sorted;
}

/// The last of the parts, behind which all may run; null if they may not. What
/// is freed later may be freed there.
static Operation *findPlace(ArrayRef<Operation *> parts) {
  Operation *last = *llvm::find_if(llvm::reverse(parts), [](Operation *part) {
    return !isa<memref::DeallocOp>(part);
  });
  auto isRead = [&](Value buffer) {
    return llvm::any_of(parts, [&](Operation *part) {
      return llvm::is_contained(part->getOperands(), buffer);
    });
  };
  for (Operation *op = parts.front(); op != last; op = op->getNextNode()) {
    if (llvm::is_contained(parts, op) || isMemoryEffectFree(op) ||
        isa<memref::AllocOp>(op))
      continue;
    auto free = dyn_cast<memref::DeallocOp>(op);
    if (!free || isRead(free.getMemref()))
      return nullptr;
  }
  return last;
}

std::optional<Versions> Versions::find(AttentionOp op) {
  Versions found;
  found.op = op;
  found.parts = findParts(op);
  found.place = findPlace(found.parts);
  if (!found.place)
    return std::nullopt;
  return found;
}

AttentionOp Versions::copyTo(OpBuilder &b) const {
  IRMapping mapping;
  AttentionOp copy;
  for (Operation *part : parts) {
    Operation *cloned = b.clone(*part, mapping);
    if (part == op)
      copy = cast<AttentionOp>(cloned);
  }
  return copy;
}

void Versions::moveTo(Block *block) {
  for (Operation *part : parts)
    part->moveBefore(block->getTerminator());
}
