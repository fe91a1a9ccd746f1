//===- OfferSchedules.cpp - A version of an op for each schedule ----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNOFFERSCHEDULES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

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

/// Puts the op into the default region of a switch, with copies in its cases.
static void offer(AttentionOp op, ArrayRef<Attribute> schedules) {
  SmallVector<Operation *> parts = findParts(op);
  Operation *place = findPlace(parts);
  if (!place)
    return;
  OpBuilder b(op->getContext());
  b.setInsertionPointAfter(place);
  Location loc = op.getLoc();
  auto numbers = llvm::to_vector(
      llvm::seq<int64_t>(1, static_cast<int64_t>(schedules.size()) + 1));
  auto choice = tile::ChooseOp::create(b, loc, b.getIndexType());
  auto branch = scf::IndexSwitchOp::create(b, loc, TypeRange(), choice, numbers,
                                           numbers.size());
  for (auto [region, schedule] :
       llvm::zip_equal(branch.getCaseRegions(), schedules)) {
    b.setInsertionPointToStart(&region.emplaceBlock());
    IRMapping mapping;
    for (Operation *part : parts)
      if (auto copy = dyn_cast<AttentionOp>(b.clone(*part, mapping)))
        copy.setScheduleAttr(schedule);
    scf::YieldOp::create(b, loc);
  }
  b.setInsertionPointToStart(&branch.getDefaultRegion().emplaceBlock());
  auto end = scf::YieldOp::create(b, loc);
  for (Operation *part : parts)
    part->moveBefore(end);
}

namespace {
struct AttnOfferSchedulesPass final
    : fovea::attn::impl::AttnOfferSchedulesBase<AttnOfferSchedulesPass> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    WalkResult result = getOperation()->walk([&](AttentionOp op) {
      Attribute offered = op->getAttr(offeredSchedules);
      if (!offered)
        return WalkResult::advance();
      auto schedules = dyn_cast<ArrayAttr>(offered);
      if (!schedules || schedules.empty() ||
          !llvm::all_of(schedules, llvm::IsaPred<pipe::ScheduleAttr>)) {
        op.emitOpError("has ")
            << offered << " for " << offeredSchedules
            << ", which is an array of #pipe.schedule attributes";
        return WalkResult::interrupt();
      }
      if (op->getNumResults() == 0)
        ops.push_back(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (AttentionOp op : ops) {
      auto schedules =
          cast<ArrayAttr>(op->removeDiscardableAttr(offeredSchedules));
      offer(op, schedules.getValue());
    }
  }
};
} // namespace
