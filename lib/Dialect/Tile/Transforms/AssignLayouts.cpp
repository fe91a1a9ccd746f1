//===- AssignLayouts.cpp - Where the elements of tiles live ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/Transforms/Passes.h"

namespace fovea::tile {
#define GEN_PASS_DEF_TILEASSIGNLAYOUTS
#include "fovea/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace fovea::tile

using namespace mlir;
using namespace fovea::tile;

namespace {

struct TileAssignLayoutsPass final
    : fovea::tile::impl::TileAssignLayoutsBase<TileAssignLayoutsPass> {
  using Base::Base;

  void runOnOperation() override {
    auto schedule =
        dyn_cast_or_null<CpuScheduleAttr>(getOperation().getScheduleAttr());
    if (!schedule)
      return; // For another target.
    Attribute lanes = LanesAttr::get(&getContext(), /*axis=*/0,
                                     schedule.getLanes());
    Attribute memory = InMemoryAttr::get(&getContext());
    auto assign = [&](Value value, Attribute layout) {
      if (auto type = dyn_cast<TileType>(value.getType()))
        value.setType(type.withLayout(layout));
    };
    WalkResult result = getOperation().walk([&](Operation *op) {
      for (Value value : op->getResults()) {
        auto type = dyn_cast<TileType>(value.getType());
        if (type && !isa<LoadOp>(op) &&
            type.getDimSize(0) != schedule.getQueryTile()) {
          op->emitOpError("makes a tile with ")
              << type.getDimSize(0) << " rows in a kernel whose query_tile is "
              << schedule.getQueryTile();
          return WalkResult::interrupt();
        }
        assign(value, isa<LoadOp>(op) ? memory : lanes);
      }
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (Value argument : block.getArguments())
            assign(argument, lanes);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
