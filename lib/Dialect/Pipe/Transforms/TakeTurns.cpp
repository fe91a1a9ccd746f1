//===- TakeTurns.cpp - Groups start products in turns ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPETAKETURNS
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

/// Puts the products started before the first one is awaited into a turn.
static bool takeTurns(scf::ForOp loop) {
  SmallVector<DotOp> dots;
  for (Operation &op : *loop.getBody()) {
    if (isa<AwaitOp>(op))
      break;
    if (auto dot = dyn_cast<DotOp>(op))
      dots.push_back(dot);
  }
  if (dots.size() < 2)
    return false;
  OpBuilder builder(dots.front());
  Value turn = WaitTurnOp::create(builder, dots.front().getLoc(),
                                  TurnType::get(builder.getContext()));
  builder.setInsertionPointAfter(dots.back());
  PassTurnOp::create(builder, dots.back().getLoc(), turn);
  return true;
}

/// Whether each step of the loop takes tiles and releases them, and no more.
static bool givesBack(scf::ForOp loop) {
  return !loop.getBody()->without_terminator().empty() &&
         llvm::all_of(loop.getBody()->without_terminator(),
                      [](Operation &op) { return isa<TakeOp, ReleaseOp>(op); });
}

/// A step that does nothing else is a turn, too.
static void passTurns(scf::ForOp loop) {
  auto builder = OpBuilder::atBlockBegin(loop.getBody());
  Value turn = WaitTurnOp::create(builder, loop.getLoc(),
                                  TurnType::get(builder.getContext()));
  PassTurnOp::create(builder, loop.getLoc(), turn);
}

namespace {
struct PipeTakeTurnsPass final
    : pipe::impl::PipeTakeTurnsBase<PipeTakeTurnsPass> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      ScheduleAttr schedule = getSchedule(kernel);
      if (!schedule || !schedule.getTurns())
        continue;
      for (auto role : kernel.getBlock().getOps<RoleOp>())
        if (role.getKind() == RoleKind::math && role.getGroups() > 1)
          role.walk([&](scf::ForOp loop) {
            if (!takeTurns(loop))
              return;
            ++numLoops;
            for (auto other : loop->getBlock()->getOps<scf::ForOp>())
              if (givesBack(other))
                passTurns(other);
          });
    }
  }
};
} // namespace
