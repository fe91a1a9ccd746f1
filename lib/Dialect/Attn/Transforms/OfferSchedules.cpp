//===- OfferSchedules.cpp - A version of an op for each schedule ----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "Versions.h"
#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNOFFERSCHEDULES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Puts the op into the default region of a switch, with copies in its cases.
static void offer(AttentionOp op, ArrayRef<Attribute> schedules) {
  std::optional<Versions> versions = Versions::find(op);
  if (!versions)
    return;
  OpBuilder b(op->getContext());
  b.setInsertionPointAfter(versions->getPlace());
  Location loc = op.getLoc();
  auto numbers = llvm::to_vector(
      llvm::seq<int64_t>(1, static_cast<int64_t>(schedules.size()) + 1));
  auto choice = tile::ChooseOp::create(b, loc, b.getIndexType());
  auto branch = scf::IndexSwitchOp::create(b, loc, TypeRange(), choice, numbers,
                                           numbers.size());
  for (auto [region, schedule] :
       llvm::zip_equal(branch.getCaseRegions(), schedules)) {
    b.setInsertionPointToStart(&region.emplaceBlock());
    versions->copyTo(b).setScheduleAttr(schedule);
    scf::YieldOp::create(b, loc);
  }
  Block &block = branch.getDefaultRegion().emplaceBlock();
  b.setInsertionPointToStart(&block);
  scf::YieldOp::create(b, loc);
  versions->moveTo(&block);
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
