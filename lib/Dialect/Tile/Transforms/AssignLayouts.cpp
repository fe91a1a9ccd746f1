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

/// Products read b where it is.
static bool isFactor(Value tile) {
  return llvm::any_of(tile.getUsers(), [&](Operation *user) {
    auto dot = dyn_cast<DotOp>(user);
    return dot && dot.getB() == tile;
  });
}

/// Query rows or columns in lanes, as the schedule says; elements that products
/// take in pairs, packed.
static Attribute lanesOf(TileType type, CpuScheduleAttr schedule) {
  int64_t axis = schedule.getLaneAxis(), lanes = schedule.getLanes();
  // A scalar for each row.
  if (axis == 1 && type.getRank() == 1)
    return LanesAttr::get(type.getContext(), 0, /*width=*/1, /*pack=*/1);
  bool pairs = schedule.multipliesInStorageTypes() && type.getRank() == 2 &&
               type.getElementType().isBF16() && type.getDimSize(1) % 2 == 0;
  // Pairs of as many columns as there are lanes fill half of them.
  if (pairs && axis == 1 && type.getDimSize(1) % (2 * lanes) != 0)
    lanes /= 2;
  return LanesAttr::get(type.getContext(), axis, lanes, pairs ? 2 : 1);
}

namespace {

struct TileAssignLayoutsPass final
    : fovea::tile::impl::TileAssignLayoutsBase<TileAssignLayoutsPass> {
  using Base::Base;

  void runOnOperation() override {
    auto schedule =
        dyn_cast_or_null<CpuScheduleAttr>(getOperation().getScheduleAttr());
    if (!schedule)
      return; // For another target.
    WalkResult result = getOperation().walk([&](Operation *op) {
      for (Value value : op->getResults()) {
        auto type = dyn_cast<TileType>(value.getType());
        if (!type)
          continue;
        if (isa<LoadOp>(op) && isFactor(value)) {
          value.setType(type.withLayout(InMemoryAttr::get(&getContext())));
          continue;
        }
        if (type.getDimSize(0) != schedule.getQueryTile() &&
            type.getDimSize(0) != schedule.getTailTile()) {
          op->emitOpError("makes a tile with ")
              << type.getDimSize(0) << " rows in a kernel whose query_tile is "
              << schedule.getQueryTile();
          return WalkResult::interrupt();
        }
        if (schedule.getLaneAxis() == 1 && type.getRank() == 2 &&
            type.getDimSize(1) % schedule.getLanes() != 0) {
          op->emitOpError("makes a tile with ")
              << type.getDimSize(1)
              << " columns in a kernel whose vectors hold "
              << schedule.getLanes() << " of them";
          return WalkResult::interrupt();
        }
        value.setType(type.withLayout(lanesOf(type, schedule)));
      }
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (Value argument : block.getArguments())
            if (auto type = dyn_cast<TileType>(argument.getType()))
              argument.setType(type.withLayout(lanesOf(type, schedule)));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
