//===- ExpandMath.cpp - Polynomials for math on vectors -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace fovea {
#define GEN_PASS_DEF_EXPANDMATH
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;

/// Coefficients of a polynomial for 2^x on [-1/2, 1/2], from x^1 to x^5, with
/// p(0) = 1: a fit of the relative error to equal ripples, which are 9.2e-8
/// high.
static constexpr double exp2Coefficients[] = {6.931469776e-01, 2.402224208e-01,
                                              5.550733746e-02, 9.671512862e-03,
                                              1.326472709e-03};

namespace {

/// math.exp2 %x : vector<nxf32>  ->  p(x - round(x)) * 2^round(x)
struct ExpandExp2 final : OpRewritePattern<math::Exp2Op> {
  ExpandExp2(MLIRContext *context, bool useScalef)
      : OpRewritePattern(context), useScalef(useScalef) {}

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    bool scalef = useScalef && type.getNumElements() == 16;
    Value x = op.getOperand();
    rewriter.replaceOp(op, scalef ? withScalef(b, type, x)
                                  : withShift(b, type, x));
    return success();
  }

private:
  static Value splat(ImplicitLocOpBuilder &b, VectorType type, double value) {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, static_cast<float>(value)));
  }

  static Value polynomial(ImplicitLocOpBuilder &b, VectorType type, Value x) {
    Value p = splat(b, type, exp2Coefficients[4]);
    for (unsigned n = 4; n-- > 0;)
      p = vector::FMAOp::create(b, p, x, splat(b, type, exp2Coefficients[n]));
    return vector::FMAOp::create(b, p, x, splat(b, type, 1.0));
  }

  /// vscalefps gives 0 for 2^-inf and inf for 2^inf whatever the mantissa, NaN
  /// for NaN.
  static Value withScalef(ImplicitLocOpBuilder &b, VectorType type, Value x) {
    Value rounded = math::RoundEvenOp::create(b, x);
    Value fraction = arith::SubFOp::create(b, x, rounded);
    Value mantissa = polynomial(b, type, fraction);
    Value all = arith::ConstantOp::create(b, b.getI16IntegerAttr(-1));
    Value current = arith::ConstantOp::create(b, b.getI32IntegerAttr(4));
    return x86vector::MaskScaleFOp::create(b, type, mantissa, rounded,
                                           splat(b, type, 0.0), all, current);
  }

  /// Without that instruction: round by adding 1.5 * 2^23, and build 2^n from
  /// its exponent bits; n is kept in [-127, 128], which give 0 and infinity.
  static Value withShift(ImplicitLocOpBuilder &b, VectorType type, Value x) {
    auto clamp = [&](arith::CmpFPredicate predicate, double bound) {
      Value limit = splat(b, type, bound);
      Value beyond = arith::CmpFOp::create(b, predicate, limit, x);
      x = arith::SelectOp::create(b, beyond, limit, x);
    };
    clamp(arith::CmpFPredicate::OGT, -127.0);
    clamp(arith::CmpFPredicate::OLT, 128.0);
    Value magic = splat(b, type, 12582912.0);
    Value shifted = arith::AddFOp::create(b, x, magic);
    Value rounded = arith::SubFOp::create(b, shifted, magic);
    Value fraction = arith::SubFOp::create(b, x, rounded);
    Value mantissa = polynomial(b, type, fraction);
    VectorType integers = type.clone(b.getI32Type());
    auto constant = [&](int32_t value) {
      return arith::ConstantOp::create(b,
                                       DenseElementsAttr::get(integers, value));
    };
    Value bits = arith::BitcastOp::create(b, integers, shifted);
    bits = arith::ShLIOp::create(b, bits, constant(23));
    bits = arith::AddIOp::create(b, bits, constant(127 << 23));
    Value power = arith::BitcastOp::create(b, type, bits);
    return arith::MulFOp::create(b, mantissa, power);
  }

  bool useScalef;
};

struct ExpandMathPass final : fovea::impl::ExpandMathBase<ExpandMathPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp2>(&getContext(), useScalef);
    auto isWanted = [](StringRef name) {
      return name != math::Exp2Op::getOperationName();
    };
    populateMathPolynomialApproximationPatterns(patterns, isWanted);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
