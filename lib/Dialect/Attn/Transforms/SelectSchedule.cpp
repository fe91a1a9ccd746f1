//===- SelectSchedule.cpp - Tile sizes for attention ops ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CpuTarget.h"
#include "fovea/Target/CudaTarget.h"
#include "llvm/Support/MathExtras.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSELECTSCHEDULE
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Number of queries, or -1 if it is dynamic.
static int64_t staticQueries(AttentionOp op) {
  AffineMap map = op.getIndexingMapsArray()[0];
  auto type = cast<ShapedType>(op.getQuery().getType());
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == 2)
      return type.isDynamicDim(axis) ? -1 : type.getDimSize(axis);
  return -1;
}

/// Rows by vectors of a register block: 12 to 16 accumulators where there are
/// 32 registers, 8 to 12 where there are 16.
static tile::CpuScheduleAttr selectCpu(AttentionOp op,
                                       const CpuTarget &target) {
  int64_t queries = staticQueries(op);
  int64_t lanes = target.lanes;
  // {vectors of a query tile, vectors of a block, rows of a block}
  struct Shape {
    int64_t tile, vectors, rows;
  };
  SmallVector<Shape> shapes;
  if (lanes == 16)
    shapes = {{1, 1, 16}, {2, 2, 8}, {4, 4, 4}};
  else if (lanes == 8)
    shapes = {{1, 1, 8}, {2, 2, 4}, {6, 3, 4}};
  else
    shapes = {{1, 1, 8}, {2, 2, 4}, {8, 2, 4}};
  Shape shape = shapes.back();
  if (queries >= 0)
    for (const Shape &smaller : llvm::reverse(shapes))
      if (smaller.tile * lanes >= queries)
        shape = smaller;
  return tile::CpuScheduleAttr::get(op.getContext(), shape.tile * lanes,
                                    /*key_tile=*/128, lanes, shape.rows,
                                    shape.vectors);
}

/// The number of channels that is tiled: that of queries or values, whichever
/// is larger.
static int64_t channels(AttentionOp op) {
  int64_t most = 0;
  for (auto [map, value] :
       {std::pair<AffineMap, Value>(op.getIndexingMapsArray()[0],
                                    op.getQuery()),
        std::pair<AffineMap, Value>(op.getIndexingMapsArray()[2],
                                    op.getValues()[0])}) {
    auto type = cast<ShapedType>(value.getType());
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) >= 4)
        most = std::max(most, type.getDimSize(axis));
  }
  return most;
}

/// For Hopper: three warpgroups where output and scores of a row take at most
/// 160 registers, otherwise two with 240, which leave room for a persistent
/// kernel; null if they do not fit.
static pipe::ScheduleAttr selectCuda(AttentionOp op) {
  int64_t size = channels(op);
  if (size > 128)
    return {};
  bool narrow = size <= 64;
  return pipe::ScheduleAttr::get(
      op.getContext(), /*query_tile=*/narrow ? 192 : 128, /*key_tile=*/128,
      /*stages=*/2, /*groups=*/narrow ? 3 : 2,
      /*producer_regs=*/narrow ? 32 : 24, /*consumer_regs=*/narrow ? 160 : 240,
      /*overlap=*/true, /*turns=*/true, /*persistent=*/!narrow,
      /*last_first=*/!narrow && !op.getMask().empty());
}

namespace {

struct AttnSelectSchedulePass final
    : attn::impl::AttnSelectScheduleBase<AttnSelectSchedulePass> {
  using Base::Base;

  /// Sets the schedules by `select`, which gives null where it has none.
  void selectAll(llvm::function_ref<Attribute(AttentionOp)> select) {
    WalkResult result = getOperation()->walk([&](AttentionOp op) {
      if (op.getScheduleAttr())
        return WalkResult::advance();
      Attribute schedule = select(op);
      if (!schedule) {
        op.emitOpError("has ")
            << channels(op) << " channels; for " << target
            << " there is a schedule up to 128: give one as attribute schedule";
        return WalkResult::interrupt();
      }
      op.setScheduleAttr(schedule);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  template <typename Target>
  std::optional<Target> parse() {
    llvm::Expected<Target> parsed = Target::parse(target);
    if (parsed)
      return *parsed;
    emitError(getOperation()->getLoc()) << toString(parsed.takeError());
    signalPassFailure();
    return std::nullopt;
  }

  void runOnOperation() override {
    if (CudaTarget::isCuda(target)) {
      if (parse<CudaTarget>())
        selectAll([](AttentionOp op) -> Attribute { return selectCuda(op); });
    } else if (auto cpu = parse<CpuTarget>()) {
      selectAll(
          [&](AttentionOp op) -> Attribute { return selectCpu(op, *cpu); });
    }
  }
};

} // namespace
