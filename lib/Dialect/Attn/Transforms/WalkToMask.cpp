//===- WalkToMask.cpp - Make walks in closed form a part of masks ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExprVisitor.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNWALKTOMASK
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Emits the numbers and conditions of a walk. Divisions are those that the
/// analysis of masks inverts.
class Emitter : public AffineExprVisitor<Emitter, Value> {
public:
  Emitter(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  /// Whether (i, j) is visited.
  Value emit(WalkAttr walk, Value i, Value j) {
    row = floorDiv(i, walk.getQueries());
    Value tile = floorDiv(j, walk.getKeys()), result;
    ArrayRef<AffineExpr> ends = walk.getRanges().getResults();
    for (size_t n = 0; n < ends.size(); n += 2) {
      Value begins = create<arith::CmpIOp>(arith::CmpIPredicate::sle,
                                           visit(ends[n]), tile);
      Value ended = create<arith::CmpIOp>(arith::CmpIPredicate::slt, tile,
                                          visit(ends[n + 1]));
      Value inside = create<arith::AndIOp>(begins, ended);
      result = result ? create<arith::OrIOp>(result, inside) : inside;
    }
    return result;
  }

  Value visitAddExpr(AffineBinaryOpExpr e) {
    return create<arith::AddIOp>(visit(e.getLHS()), visit(e.getRHS()));
  }
  Value visitMulExpr(AffineBinaryOpExpr e) {
    return create<arith::MulIOp>(visit(e.getLHS()), visit(e.getRHS()));
  }
  Value visitFloorDivExpr(AffineBinaryOpExpr e) {
    return floorDiv(visit(e.getLHS()), getDivisor(e));
  }
  Value visitCeilDivExpr(AffineBinaryOpExpr e) {
    int64_t divisor = getDivisor(e);
    return floorDiv(
        create<arith::AddIOp>(visit(e.getLHS()), constant(divisor - 1)),
        divisor);
  }
  Value visitModExpr(AffineBinaryOpExpr e) {
    int64_t divisor = getDivisor(e);
    Value x = visit(e.getLHS());
    return create<arith::SubIOp>(
        x, create<arith::MulIOp>(floorDiv(x, divisor), constant(divisor)));
  }
  Value visitConstantExpr(AffineConstantExpr e) {
    return constant(e.getValue());
  }
  Value visitDimExpr(AffineDimExpr) { return row; }
  Value visitSymbolExpr(AffineSymbolExpr) {
    llvm_unreachable("the verifier refuses symbols");
  }

private:
  template <typename Op, typename... Args>
  Value create(Args &&...arguments) {
    return Op::create(b, loc, std::forward<Args>(arguments)...);
  }
  Value constant(int64_t value) {
    return create<arith::ConstantIndexOp>(value);
  }
  Value floorDiv(Value x, int64_t divisor) {
    return divisor == 1 ? x : create<arith::FloorDivSIOp>(x, constant(divisor));
  }
  static int64_t getDivisor(AffineBinaryOpExpr e) {
    return cast<AffineConstantExpr>(e.getRHS()).getValue();
  }

  OpBuilder &b;
  Location loc;
  Value row;
};

struct AttnWalkToMaskPass final
    : fovea::attn::impl::AttnWalkToMaskBase<AttnWalkToMaskPass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation()->walk([&](ScoreOpInterface op) {
      if (WalkAttr walk = op.getWalkAttr())
        rewrite(op, walk);
    });
  }

  void rewrite(ScoreOpInterface op, WalkAttr walk) {
    OpBuilder b(op.getContext());
    Location loc = op.getLoc();
    Region &mask = op.getMask();
    bool hasMask = !mask.empty();
    if (!hasMask) {
      SmallVector<Type> types(4, b.getIndexType());
      SmallVector<Location> locs(4, loc);
      b.createBlock(&mask, mask.end(), types, locs);
    }
    // What skips most stands first for the reader.
    b.setInsertionPointToStart(&mask.front());
    Value visited =
        Emitter(b, loc).emit(walk, mask.getArgument(2), mask.getArgument(3));
    if (hasMask) {
      Operation *yield = mask.front().getTerminator();
      b.setInsertionPoint(yield);
      yield->setOperand(
          0, arith::AndIOp::create(b, loc, visited, yield->getOperand(0)));
    } else {
      YieldOp::create(b, loc, visited);
    }
    op->removeAttr("walk");
    ++numWalks;
  }
};

} // namespace
