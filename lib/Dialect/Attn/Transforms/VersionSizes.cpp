//===- VersionSizes.cpp - A version of an op for each range of sizes ------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "Versions.h"
#include "fovea/Dialect/Attn/Transforms/Schedules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNVERSIONSIZES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Whether the op's numbers of queries and keys are in `sizes`.
static Value createTest(ImplicitLocOpBuilder &b, AttentionOp op,
                        SizesAttr sizes) {
  Value all;
  auto test = [&](Value operand, unsigned number, unsigned dim,
                  ArrayRef<int64_t> range) {
    auto axis = axisOf(op.getIndexingMapsArray()[number], dim);
    auto compare = [&](arith::CmpIPredicate predicate, int64_t bound) {
      // A buffer that goes with the op is not there any more for the test, but
      // its size is: this folds.
      Value size = b.createOrFold<memref::DimOp>(operand, *axis);
      Value holds = arith::CmpIOp::create(
          b, predicate, size, arith::ConstantIndexOp::create(b, bound));
      all = all ? arith::AndIOp::create(b, all, holds).getResult() : holds;
    };
    if (range.empty() || !axis)
      return;
    if (range[0] > 0)
      compare(arith::CmpIPredicate::sge, range[0]);
    if (!ShapedType::isDynamic(range[1]))
      compare(arith::CmpIPredicate::sle, range[1]);
  };
  test(op.getQuery(), 0, dimI, sizes.getQueries());
  test(op.getKeys()[0], 1, dimJ, sizes.getKeys());
  return all;
}

/// Puts the op behind a test of `sizes`, with a copy for them before it.
static void makeVersion(AttentionOp op, SizesAttr sizes) {
  std::optional<Versions> versions = Versions::find(op);
  if (!versions)
    return;
  ImplicitLocOpBuilder b(op.getLoc(), op->getContext());
  b.setInsertionPointAfter(versions->getPlace());
  auto branch = scf::IfOp::create(b, createTest(b, op, sizes),
                                  /*withElseRegion=*/true);
  b.setInsertionPointToStart(branch.thenBlock());
  versions->copyTo(b)->setAttr(expectedSizes, sizes);
  versions->moveTo(branch.elseBlock());
}

namespace {
struct AttnVersionSizesPass final
    : fovea::attn::impl::AttnVersionSizesBase<AttnVersionSizesPass> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (op->getNumResults() == 0 && !op.getScheduleAttr())
        ops.push_back(op);
    });
    for (AttentionOp op : ops)
      for (SizesAttr sizes : getCudaSizes(op))
        makeVersion(op, sizes);
  }
};
} // namespace
