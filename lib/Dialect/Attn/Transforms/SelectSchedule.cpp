//===- SelectSchedule.cpp - Tile sizes for attention ops ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CpuTarget.h"
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
static tile::CpuScheduleAttr selectCpu(AttentionOp op, const CpuTarget &target) {
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

namespace {

struct AttnSelectSchedulePass final
    : attn::impl::AttnSelectScheduleBase<AttnSelectSchedulePass> {
  using Base::Base;

  void runOnOperation() override {
    llvm::Expected<CpuTarget> parsed = CpuTarget::parse(target);
    if (!parsed) {
      emitError(getOperation()->getLoc()) << toString(parsed.takeError());
      return signalPassFailure();
    }
    getOperation()->walk([&](AttentionOp op) {
      if (!op.getScheduleAttr())
        op.setScheduleAttr(selectCpu(op, *parsed));
    });
  }
};

} // namespace
