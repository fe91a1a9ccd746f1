//===- LowerInverses.cpp - Move tokens to where a permutation says --------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNLOWERINVERSES
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

struct AttnLowerInversesPass final
    : fovea::attn::impl::AttnLowerInversesBase<AttnLowerInversesPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<ReorderOp> ops;
    getOperation()->walk([&](ReorderOp op) {
      if (op.getInverse() && op.getPermutation() && !op.getNumResults())
        ops.push_back(op);
    });
    for (ReorderOp op : ops)
      lower(op);
  }

  /// output[b, h, token[b, h, i], e] = input[b, h, i, e]
  void lower(ReorderOp op) {
    OpBuilder b(op);
    Location loc = op.getLoc();
    Value input = op.getInput(), output = op.getOutput();
    SmallVector<Value> ends = getValueOrCreateConstantIndexOp(
        b, loc, memref::getMixedSizes(b, loc, input));
    SmallVector<Value> begins(ends.size(),
                              arith::ConstantIndexOp::create(b, loc, 0)),
        steps(ends.size(), arith::ConstantIndexOp::create(b, loc, 1));
    unsigned axis = op.getTokenAxis();
    Value tokens = memref::DimOp::create(b, loc, output, axis);
    scf::ParallelOp::create(
        b, loc, begins, ends, steps,
        [&](OpBuilder &b, Location loc, ValueRange place) {
          SmallVector<Value> key = llvm::map_to_vector(
              op.getAxes(), [&](int64_t dim) { return place[dim]; });
          Value token =
              memref::LoadOp::create(b, loc, op.getPermutation(), key);
          if (!token.getType().isIndex())
            token = arith::IndexCastOp::create(b, loc, b.getIndexType(), token);
          SmallVector<Value> at(place);
          at[axis] = createSafeIndex(b, loc, token, tokens);
          Value element = memref::LoadOp::create(b, loc, input, place);
          memref::StoreOp::create(b, loc, element, output, at);
        });
    op.erase();
    ++numLowered;
  }
};

} // namespace
