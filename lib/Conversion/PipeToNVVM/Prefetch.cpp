//===- Prefetch.cpp - The first tiles of keys and values ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel that only streams leaves the memory idle from the last tile that one
// launch loads to the first of the next. What a kernel does before it waits for
// the launch before it runs beside that one's end: here it asks the
// second-level cache for its first tiles. Nothing is read by that, so what the
// launch before still writes to them is seen by the loads behind the wait.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea;

/// Whether the ops beside the roles read no memory. The entries of a list are
/// read where a walk is asked for them, by ops that do not say so.
static bool isPure(Block &block) {
  return llvm::all_of(block, [](Operation &op) {
    return isa<pipe::RoleOp, pipe::RingOp, pipe::BufferOp, tile::ReturnOp>(
               op) ||
           (isMemoryEffectFree(&op) && !isa<tile::WalkListOp>(op));
  });
}

/// The loop of the loading role in which tiles are filled that are read once,
/// if where they lie follows from its induction variable and from what is
/// computed beside the roles; their fills, and the ops in it that say where.
static scf::ForOp findStreams(pipe::RoleOp role,
                              SmallVectorImpl<pipe::FillOp> &fills,
                              SetVector<Operation *> &slice) {
  auto loops = role.getBlock().getOps<scf::ForOp>();
  if (role.getKind() != pipe::RoleKind::load || loops.empty())
    return nullptr;
  scf::ForOp loop = *loops.begin();
  for (auto fill : loop.getOps<pipe::FillOp>()) {
    auto view = fill.getView().getDefiningOp<tile::ViewOp>();
    if (fill.getEvictFirst() && !view.getTable() && !view.getBoxes() &&
        view->getParentOp() == role->getParentOp())
      fills.push_back(fill);
  }
  BackwardSliceOptions options;
  options.inclusive = true;
  options.filter = [&](Operation *op) {
    return op->getBlock() == loop.getBody();
  };
  SmallVector<Value> used(
      {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()});
  for (pipe::FillOp fill : fills)
    for (Value offset : fill.getOffsets()) {
      used.push_back(offset);
      if (failed(getBackwardSlice(offset, &slice, options)))
        return nullptr;
    }
  for (Operation *op : slice) {
    if (!isMemoryEffectFree(op) || op->getNumRegions() != 0)
      return nullptr;
    llvm::append_range(used, op->getOperands());
  }
  bool isKnown = llvm::all_of(used, [&](Value value) {
    return value == loop.getInductionVar() ||
           slice.contains(value.getDefiningOp()) ||
           value.getParentBlock()->getParentOp() == role->getParentOp();
  });
  return isKnown && !fills.empty() && matchPattern(loop.getStep(), m_One())
             ? loop
             : nullptr;
}

LogicalResult KernelEmitter::emitPrefetch(bool &emittedBlock) {
  SmallVector<pipe::FillOp> fills;
  SetVector<Operation *> slice;
  scf::ForOp loop;
  if (!persistent && isPure(kernel.getBlock()))
    loop = findStreams(roles.front(), fills, slice);
  if (!loop)
    return success();
  emittedBlock = true;
  if (failed(emitBlock(kernel.getBlock())))
    return failure();
  OpBuilder::InsertionGuard guard(builder);
  loc = loop.getLoc();
  auto one = scf::IfOp::create(builder, loc, equals(thread, 0));
  builder.setInsertionPointToStart(one.thenBlock());
  // As many tiles as there are slots.
  int64_t stages =
      rings[fills[0].getSlot().getDefiningOp<pipe::AcquireOp>().getRing()]
          .stages;
  auto tiles = scf::ForOp::create(
      builder, loc, get(loop.getLowerBound()),
      arith::MinSIOp::create(builder, loc, get(loop.getUpperBound()),
                             add(get(loop.getLowerBound()), stages)),
      get(loop.getStep()));
  builder.setInsertionPointToStart(tiles.getBody());
  set(loop.getInductionVar(), tiles.getInductionVar());
  for (Operation &op : *loop.getBody())
    if (slice.contains(&op) && failed(emitOp(&op)))
      return failure();
  for (pipe::FillOp fill : fills) {
    loc = fill.getLoc();
    LogicalResult emitted =
        forEachBox(fill, [&](ValueRange coordinates, int64_t) {
          NVVM::CpAsyncBulkTensorPrefetchOp::create(
              builder, loc, entry->getArgument(tensorMapOf[fill]), coordinates,
              ValueRange(), NVVM::TMALoadMode::TILE, evictionHint(fill));
        });
    if (failed(emitted))
      return failure();
  }
  return success();
}
