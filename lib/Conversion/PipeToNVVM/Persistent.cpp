//===- Persistent.cpp - The order of work items, and blocks that take them ===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A persistent kernel has one block a multiprocessor. Block n starts with item
// n; the loading thread draws the number of the next item from a counter in
// global memory before it starts the copies of this one, and hands it to the
// computing groups through a slot of shared memory after them. Positions in
// rings continue from item to item. The last block to end sets the counters
// back to zero, so that the launcher clears them once in their life only.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace fovea;

/// Heads that are side by side in time when tiles go from the last to the
/// first: their keys and values stay in the L2 cache.
static constexpr int64_t sectionHeads = 8;

/// The extent of a coordinate of the grid: an argument of a persistent kernel,
/// else the launch's, whose x is the last coordinate.
Value KernelEmitter::emitExtent(int64_t coordinate) {
  int64_t rank = kernel.getGridRank();
  if (persistent)
    return entry->getArgument(entry->getNumArguments() - 1 - rank + coordinate);
  Type i32 = builder.getI32Type();
  if (coordinate == rank - 1)
    return NVVM::GridDimXOp::create(builder, loc, i32);
  if (coordinate == rank - 2)
    return NVVM::GridDimYOp::create(builder, loc, i32);
  return NVVM::GridDimZOp::create(builder, loc, i32);
}

Value KernelEmitter::emitItemCount() {
  Value count = emitExtent(0);
  for (int64_t n = 1, e = kernel.getGridRank(); n < e; ++n)
    count = arith::MulIOp::create(builder, loc, count, emitExtent(n));
  return count;
}

/// Blocks of a kernel that is not persistent are items: the block's
/// coordinates, or those of its number where the schedule wants another order.
void KernelEmitter::emitBlockItem() {
  Type i32 = builder.getI32Type();
  auto grid = kernel.getGridArguments();
  Values ids = {NVVM::BlockIdXOp::create(builder, loc, i32)};
  if (grid.size() > 1)
    ids.push_back(NVVM::BlockIdYOp::create(builder, loc, i32));
  if (grid.size() > 2)
    ids.push_back(NVVM::BlockIdZOp::create(builder, loc, i32));
  if (!isLastFirst()) {
    for (auto [coordinate, id] : llvm::zip(llvm::reverse(grid), ids))
      set(coordinate, id);
    return;
  }
  Value item = ids.back();
  for (int64_t n = ids.size() - 2; n >= 0; --n)
    item = add(arith::MulIOp::create(builder, loc, item,
                                     emitExtent(grid.size() - 1 - n)),
               ids[n]);
  emitCoordinates(item);
}

/// The coordinates of an item: the last coordinate varies fastest, or, from the
/// last to the first, next to the heads of a section.
void KernelEmitter::emitCoordinates(Value item) {
  int64_t rank = kernel.getGridRank();
  auto divideBy = [&](Value a, Value b) -> Value {
    return arith::DivUIOp::create(builder, loc, a, b);
  };
  auto remainderBy = [&](Value a, Value b) -> Value {
    return arith::RemUIOp::create(builder, loc, a, b);
  };
  auto subtract = [&](Value a, Value b) -> Value {
    return arith::SubIOp::create(builder, loc, a, b);
  };
  auto grid = kernel.getGridArguments();
  Value tiles = emitExtent(rank - 1), outer;
  if (isLastFirst()) {
    Value heads = divideBy(emitItemCount(), tiles);
    Value section = divideBy(item, multiply(tiles, sectionHeads));
    Value first = multiply(section, sectionHeads);
    Value within =
        subtract(item, arith::MulIOp::create(builder, loc, first, tiles));
    Value width = arith::MinUIOp::create(builder, loc, subtract(heads, first),
                                         constant(sectionHeads));
    set(grid[rank - 1], subtract(add(tiles, -1), divideBy(within, width)));
    outer = add(first, remainderBy(within, width));
  } else {
    set(grid[rank - 1], remainderBy(item, tiles));
    outer = divideBy(item, tiles);
  }
  for (int64_t n = rank - 2; n >= 0; --n) {
    if (n == 0) {
      set(grid[n], outer);
      break;
    }
    Value extent = emitExtent(n);
    set(grid[n], remainderBy(outer, extent));
    outer = divideBy(outer, extent);
  }
}

/// The number of an item that no other block takes.
Value KernelEmitter::emitTicket() {
  auto draw = [&]() -> Value {
    return LLVM::AtomicRMWOp::create(builder, loc, LLVM::AtomicBinOp::add,
                                     entry->getArguments().back(), constant(1),
                                     LLVM::AtomicOrdering::monotonic);
  };
  Type i32 = builder.getI32Type();
  Value ticket;
  if (oneThread) {
    ticket = draw();
  } else {
    // The first lane draws for the warp.
    auto first = scf::IfOp::create(builder, loc, TypeRange{i32},
                                   equals(lane, 0), /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(first.thenBlock());
    scf::YieldOp::create(builder, loc, draw());
    builder.setInsertionPointToStart(first.elseBlock());
    scf::YieldOp::create(builder, loc, constant(0));
    builder.setInsertionPointAfter(first);
    ticket = NVVM::ShflOp::create(builder, loc, i32, constant(-1),
                                  first.getResult(0), constant(0), constant(31),
                                  NVVM::ShflKind::idx, UnitAttr());
  }
  return arith::AddIOp::create(builder, loc, ticket,
                               NVVM::GridDimXOp::create(builder, loc, i32));
}

/// The loading end publishes `next` in the slot, the reading end (`next` null)
/// takes it. Returns the number of the next item.
Value KernelEmitter::emitNextItem(Value next, Value round) {
  Type i32 = builder.getI32Type();
  Value slot = sharedPointer(add(shared, itemPlace));
  Value full = add(shared, itemPlace + 8), empty = add(shared, itemPlace + 16);
  Value parity = remainder(round, 2);
  auto arrive = [&](Value barrier) {
    NVVM::MBarrierArriveOp::create(builder, loc, Type(), sharedPointer(barrier),
                                   Value());
  };
  if (next) {
    emitWait(empty, arith::XOrIOp::create(builder, loc, parity, constant(1)));
    onOneThread([&] {
      LLVM::StoreOp::create(builder, loc, next, slot, /*alignment=*/4,
                            /*isVolatile=*/true);
      arrive(full);
    });
    return next;
  }
  emitWait(full, parity);
  next = LLVM::LoadOp::create(builder, loc, i32, slot, /*alignment=*/4,
                              /*isVolatile=*/true);
  NVVM::SyncWarpOp::create(builder, loc, constant(-1));
  OpBuilder::InsertionGuard guard(builder);
  auto first = scf::IfOp::create(builder, loc, equals(lane, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  arrive(empty);
  return next;
}

/// The last block that ends clears both counters.
void KernelEmitter::emitCounterReset() {
  OpBuilder::InsertionGuard guard(builder);
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext(), 1);
  Value counter = entry->getArguments().back();
  Value ended = LLVM::GEPOp::create(builder, loc, pointer, builder.getI32Type(),
                                    counter, ArrayRef<LLVM::GEPArg>{1});
  Value before =
      LLVM::AtomicRMWOp::create(builder, loc, LLVM::AtomicBinOp::add, ended,
                                constant(1), LLVM::AtomicOrdering::acq_rel);
  Value blocks = NVVM::GridDimXOp::create(builder, loc, builder.getI32Type());
  Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       add(before, 1), blocks);
  auto last = scf::IfOp::create(builder, loc, isLast);
  builder.setInsertionPointToStart(last.thenBlock());
  LLVM::StoreOp::create(builder, loc, constant(0), counter);
  LLVM::StoreOp::create(builder, loc, constant(0), ended);
}

LogicalResult KernelEmitter::emitItemLoop(pipe::RoleOp role) {
  OpBuilder::InsertionGuard guard(builder);
  Type i32 = builder.getI32Type();
  bool loads = role.getKind() == pipe::RoleKind::load;
  SmallVector<pipe::RingOp> order(kernel.getBlock().getOps<pipe::RingOp>());
  Value count = emitItemCount();
  Value zero = constant(0);
  // Item, round of the slot, and the position in each ring.
  Values inits = {NVVM::BlockIdXOp::create(builder, loc, i32), zero};
  inits.append(order.size(), zero);
  SmallVector<Type> types(inits.size(), i32);
  SmallVector<Location> locs(inits.size(), loc);
  auto loop = scf::WhileOp::create(builder, loc, types, inits);
  Block *before = builder.createBlock(&loop.getBefore(), {}, types, locs);
  Value more = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                     before->getArgument(0), count);
  scf::ConditionOp::create(builder, loc, more, before->getArguments());

  Block *body = builder.createBlock(&loop.getAfter(), {}, types, locs);
  Value item = body->getArgument(0), round = body->getArgument(1);
  for (auto [n, ring] : llvm::enumerate(order))
    startOf[ring] = body->getArgument(2 + n);
  Value next;
  if (loads)
    next = emitTicket();
  emitCoordinates(item);
  if (failed(emitBlock(kernel.getBlock())) ||
      failed(emitBlock(role.getBlock())))
    return failure();
  next = emitNextItem(next, round);
  Values yielded = {next, add(round, 1)};
  for (Value end : role.getBlock().getTerminator()->getOperands())
    yielded.push_back(get(end));
  scf::YieldOp::create(builder, loc, yielded);
  builder.setInsertionPointAfter(loop);
  if (loads)
    onOneThread([&] { emitCounterReset(); });
  return success();
}
