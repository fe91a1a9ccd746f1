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

#include "mlir/IR/TypeUtilities.h"
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

/// Channels of queries and keys, and of values.
static std::pair<int64_t, int64_t> channelsOf(AttentionOp op) {
  auto count = [&](unsigned operand, Value value) {
    AffineMap map = op.getIndexingMapsArray()[operand];
    auto type = cast<ShapedType>(value.getType());
    int64_t channels = 0;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) >= 4)
        channels = type.getDimSize(axis);
    return channels;
  };
  return {count(0, op.getQuery()), count(2, op.getValues()[0])};
}

/// The number of channels that is tiled: that of queries or values, whichever
/// is larger.
static int64_t channels(AttentionOp op) {
  auto [d, dv] = channelsOf(op);
  return std::max(d, dv);
}

/// What no schedule makes possible on an NVIDIA GPU, with what to do.
static LogicalResult checkCuda(AttentionOp op) {
  auto elementOf = [](Value value) {
    return getElementTypeOrSelf(value.getType());
  };
  Type query = elementOf(op.getQuery()), values = elementOf(op.getValues()[0]);
  for (auto [name, type] :
       {std::pair<StringRef, Type>("queries", query),
        std::pair<StringRef, Type>("keys", elementOf(op.getKeys()[0])),
        std::pair<StringRef, Type>("values", values),
        std::pair<StringRef, Type>("results", elementOf(op.getOutput()))})
    if (!type.isBF16() && !type.isF16())
      return op.emitOpError("has ")
             << name << " of " << type
             << "; on NVIDIA GPUs there is code for bf16 and f16: convert them "
                "before the call";
  if (elementOf(op.getKeys()[0]) != query)
    return op.emitOpError("has queries of ")
           << query << " and keys of " << elementOf(op.getKeys()[0])
           << "; they need one type on NVIDIA GPUs";
  if (op.getNumerics() && op.getNumerics()->getProbability() &&
      op.getNumerics()->getProbability() != values)
    return op.emitOpError("has weights (probability) of ")
           << op.getNumerics()->getProbability() << " and values of " << values
           << "; they need one type on NVIDIA GPUs";
  auto [d, dv] = channelsOf(op);
  auto padded = [](int64_t size) { return llvm::alignTo(size, 8); };
  if (d % 8 != 0)
    return op.emitOpError("has ")
           << d << " channels of queries and keys (D), on NVIDIA GPUs a "
           << "multiple of 8 is needed; add zeros up to " << padded(d)
           << " channels, and scale = 1 / sqrt(" << d << ") if it is not given";
  if (dv % 8 != 0)
    return op.emitOpError("has ")
           << dv << " channels of values (Dv), on NVIDIA GPUs a multiple of 8 "
           << "is needed; add any up to " << padded(dv)
           << " channels, and take the first " << dv << " of the result";
  return success();
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

  /// Sets the schedules by `select`, which gives null where it has none, of ops
  /// that pass `check`.
  void selectAll(llvm::function_ref<Attribute(AttentionOp)> select,
                 llvm::function_ref<LogicalResult(AttentionOp)> check) {
    WalkResult result = getOperation()->walk([&](AttentionOp op) {
      if (failed(check(op)))
        return WalkResult::interrupt();
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
        selectAll([](AttentionOp op) -> Attribute { return selectCuda(op); },
                  checkCuda);
    } else if (auto cpu = parse<CpuTarget>()) {
      selectAll(
          [&](AttentionOp op) -> Attribute { return selectCpu(op, *cpu); },
          [](AttentionOp) { return success(); });
    }
  }
};

} // namespace
