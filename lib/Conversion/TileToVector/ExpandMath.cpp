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
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
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

/// math.exp2 %x : f32, vector<nxf32>  ->  p(x - round(x)) * 2^round(x)
struct ExpandExp2 final : OpRewritePattern<math::Exp2Op> {
  ExpandExp2(MLIRContext *context, bool useScalef)
      : OpRewritePattern(context), useScalef(useScalef) {}

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto vector = dyn_cast<VectorType>(type);
    bool scalef = useScalef && vector && vector.getNumElements() == 16;
    Value x = op.getOperand();
    rewriter.replaceOp(op,
                       scalef ? withScalef(b, type, x) : withShift(b, type, x));
    return success();
  }

private:
  static Value splat(ImplicitLocOpBuilder &b, Type type, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(b, value);
  }
  static Value splat(ImplicitLocOpBuilder &b, Type type, double value) {
    return splat(b, type, b.getF32FloatAttr(value));
  }

  static Value polynomial(ImplicitLocOpBuilder &b, Type type, Value x) {
    Value p = splat(b, type, exp2Coefficients[4]);
    for (unsigned n = 4; n-- > 0;)
      p = multiplyAdd(b, p, x, splat(b, type, exp2Coefficients[n]));
    return multiplyAdd(b, p, x, splat(b, type, 1.0));
  }

  static Value multiplyAdd(ImplicitLocOpBuilder &b, Value x, Value y, Value z) {
    if (isa<VectorType>(x.getType()))
      return vector::FMAOp::create(b, x, y, z);
    return math::FmaOp::create(b, x, y, z);
  }

  /// vscalefps gives 0 for 2^-inf and inf for 2^inf whatever the mantissa, NaN
  /// for NaN.
  static Value withScalef(ImplicitLocOpBuilder &b, Type type, Value x) {
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
  static Value withShift(ImplicitLocOpBuilder &b, Type type, Value x) {
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
    Type integers = b.getI32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      integers = vector.clone(integers);
    auto constant = [&](int32_t value) {
      return splat(b, integers, b.getI32IntegerAttr(value));
    };
    Value bits = arith::BitcastOp::create(b, integers, shifted);
    bits = arith::ShLIOp::create(b, bits, constant(23));
    bits = arith::AddIOp::create(b, bits, constant(127 << 23));
    Value power = arith::BitcastOp::create(b, type, bits);
    return arith::MulFOp::create(b, mantissa, power);
  }

  bool useScalef;
};

/// math.fpowi, math.ipowi %x, %n  ->  products of squares: those for the bits
/// of a known %n, else a loop over its bits
template <typename PowerOp>
struct ExpandPower final : OpRewritePattern<PowerOp> {
  using OpRewritePattern<PowerOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(PowerOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value x = op.getLhs(), n = op.getRhs();
    Type element = getElementTypeOrSelf(x.getType());
    bool isShort =
        isa<FloatType>(element) && element.getIntOrFloatBitWidth() < 32;
    if (isShort)
      x = arith::ExtFOp::create(b, withElement(x.getType(), b.getF32Type()), x);
    Value one = constant(b, x.getType(), 1);
    Value power;
    if (APInt known; matchPattern(n, m_ConstantInt(&known))) {
      power = multiplyOut(b, x, known.abs(), one);
      if (known.isNegative())
        power = invert(b, x, power, one);
    } else {
      Value zero = constant(b, n.getType(), 0);
      Value negative =
          arith::CmpIOp::create(b, arith::CmpIPredicate::slt, n, zero);
      power = emitLoop(b, x, math::AbsIOp::create(b, n), one);
      power =
          arith::SelectOp::create(b, negative, invert(b, x, power, one), power);
    }
    if (isShort)
      power = arith::TruncFOp::create(b, op.getType(), power);
    rewriter.replaceOp(op, power);
    return success();
  }

private:
  static Type withElement(Type type, Type element) {
    if (auto vector = dyn_cast<VectorType>(type))
      return vector.clone(element);
    return element;
  }

  static Value constant(ImplicitLocOpBuilder &b, Type type, int64_t value) {
    Type element = getElementTypeOrSelf(type);
    TypedAttr attribute;
    if (isa<FloatType>(element))
      attribute = b.getFloatAttr(element, static_cast<double>(value));
    else
      attribute = b.getIntegerAttr(element, value);
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, Attribute(attribute));
    return arith::ConstantOp::create(b, attribute);
  }

  static Value multiply(ImplicitLocOpBuilder &b, Value x, Value y) {
    if (isa<FloatType>(getElementTypeOrSelf(x.getType())))
      return arith::MulFOp::create(b, x, y);
    return arith::MulIOp::create(b, x, y);
  }

  /// x to the power of `size`, which has no sign.
  static Value multiplyOut(ImplicitLocOpBuilder &b, Value x, APInt size,
                           Value one) {
    Value power;
    for (Value square = x; !size.isZero(); size.lshrInPlace(1)) {
      if (size[0])
        power = power ? multiply(b, power, square) : square;
      if (size.getActiveBits() > 1)
        square = multiply(b, square, square);
    }
    return power ? power : one;
  }

  /// The same of a `size` that is known at run time.
  static Value emitLoop(ImplicitLocOpBuilder &b, Value x, Value size,
                        Value one) {
    Type type = getElementTypeOrSelf(size.getType());
    Value zero = constant(b, size.getType(), 0);
    Value unit = constant(b, size.getType(), 1);
    Value first = arith::ConstantIndexOp::create(b, 0);
    Value end = arith::ConstantIndexOp::create(
        b, type.isIndex() ? 64 : type.getIntOrFloatBitWidth());
    Value step = arith::ConstantIndexOp::create(b, 1);
    auto loop = scf::ForOp::create(
        b, first, end, step, ValueRange{one, x, size},
        [&](OpBuilder &nested, Location loc, Value, ValueRange state) {
          ImplicitLocOpBuilder b(loc, nested);
          Value bit = arith::AndIOp::create(b, state[2], unit);
          Value isSet =
              arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit, zero);
          Value more = multiply(b, state[0], state[1]);
          Value power = arith::SelectOp::create(b, isSet, more, state[0]);
          Value square = multiply(b, state[1], state[1]);
          Value rest = arith::ShRUIOp::create(b, state[2], unit);
          scf::YieldOp::create(b, ValueRange{power, square, rest});
        });
    return loop.getResult(0);
  }

  /// 1 / power; of integers that is 0 but for 1 and -1, their own powers.
  static Value invert(ImplicitLocOpBuilder &b, Value x, Value power,
                      Value one) {
    if (isa<FloatType>(getElementTypeOrSelf(x.getType())))
      return arith::DivFOp::create(b, one, power);
    Value size = math::AbsIOp::create(b, x);
    Value isUnit =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, size, one);
    return arith::SelectOp::create(b, isUnit, power,
                                   constant(b, x.getType(), 0));
  }
};

struct ExpandMathPass final : fovea::impl::ExpandMathBase<ExpandMathPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp2>(&getContext(), useScalef);
    patterns.add<ExpandPower<math::FPowIOp>, ExpandPower<math::IPowIOp>>(
        &getContext());
    // For rsqrt there is an approximation with an instruction of AVX, which not
    // every target with vectors of 8 has.
    auto isWanted = [](StringRef name) {
      return name != math::Exp2Op::getOperationName() &&
             name != math::RsqrtOp::getOperationName();
    };
    populateMathPolynomialApproximationPatterns(patterns, isWanted);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
