//===- Scalar.cpp - arith, math and index on scalars ----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers are held sign-extended to 64 bits (an i1 as 0 or 1); index has 64
// bits. A division by zero is one by 1, and that of the smallest integer by -1
// wraps, so that no operand makes the interpreter fail.
//
//===----------------------------------------------------------------------===//

#include "Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fovea::reference;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static unsigned getWidth(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

static int64_t asSigned(Scalar value, Type type) {
  return llvm::SignExtend64(value.integer, getWidth(type));
}

static uint64_t asUnsigned(Scalar value, Type type) {
  return value.integer & llvm::maskTrailingOnes<uint64_t>(getWidth(type));
}

/// Types of the scalars, also where the operation is on tensors.
static Type getOperandType(Operation *op, unsigned n = 0) {
  return getElementTypeOrSelf(op->getOperand(n).getType());
}
static Type getResultType(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0).getType());
}

static Scalar real(double value) { return {value, 0}; }
static Scalar integer(int64_t value) { return {0, value}; }

bool fovea::reference::isScalarType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() >= 1 && integer.getWidth() <= 64;
  return isa<IndexType>(type) ||
         (isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 64);
}

Scalar fovea::reference::finish(Scalar value, Type type) {
  if (auto floating = dyn_cast<FloatType>(type))
    return floating.getWidth() < 32 ? real(roundTo(value.real, floating))
                                    : value;
  if (type.isInteger(1))
    return integer(value.integer & 1);
  return integer(asSigned(value, type));
}

Scalar fovea::reference::getScalar(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return real(number.getValueAsDouble());
  if (auto number = dyn_cast<IntegerAttr>(attribute))
    return finish(integer(number.getValue().getSExtValue()), number.getType());
  return {};
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

namespace {

/// Two integers of `width` bits.
struct SignedPair {
  int64_t x, y;
  unsigned width;
};
struct UnsignedPair {
  uint64_t x, y;
  unsigned width;
};

} // namespace

static SignedPair getSigned(Operation *op, ArrayRef<Scalar> a) {
  Type type = getOperandType(op);
  return {asSigned(a[0], type), asSigned(a[1], type), getWidth(type)};
}

static UnsignedPair getUnsigned(Operation *op, ArrayRef<Scalar> a) {
  Type type = getOperandType(op);
  return {asUnsigned(a[0], type), asUnsigned(a[1], type), getWidth(type)};
}

static int64_t negate(int64_t x) {
  return static_cast<int64_t>(0 - static_cast<uint64_t>(x));
}

/// x / y towards zero.
static int64_t divide(int64_t x, int64_t y) {
  if (y == 0)
    return x;
  return y == -1 ? negate(x) : x / y;
}

static int64_t remainder(int64_t x, int64_t y) {
  return y == 0 || y == -1 ? 0 : x % y;
}

static int64_t floorDivide(int64_t x, int64_t y) {
  bool down = remainder(x, y) != 0 && (x < 0) != (y < 0);
  return divide(x, y) - down;
}

static int64_t ceilDivide(int64_t x, int64_t y) {
  bool up = remainder(x, y) != 0 && (x < 0) == (y < 0);
  return divide(x, y) + up;
}

static Scalar evaluateAddI(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(x + y);
}
static Scalar evaluateSubI(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(x - y);
}
static Scalar evaluateMulI(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(x * y);
}
static Scalar evaluateDivS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(divide(x, y));
}
static Scalar evaluateDivU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(y ? x / y : x);
}
static Scalar evaluateFloorDivS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(floorDivide(x, y));
}
static Scalar evaluateCeilDivS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(ceilDivide(x, y));
}
static Scalar evaluateCeilDivU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(y ? x / y + (x % y != 0) : x);
}
static Scalar evaluateRemS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(remainder(x, y));
}
static Scalar evaluateRemU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(y ? x % y : 0);
}
static Scalar evaluateMaxS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(std::max(x, y));
}
static Scalar evaluateMinS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  return integer(std::min(x, y));
}
static Scalar evaluateMaxU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(std::max(x, y));
}
static Scalar evaluateMinU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(std::min(x, y));
}
static Scalar evaluateAnd(Operation *, ArrayRef<Scalar> a) {
  return integer(a[0].integer & a[1].integer);
}
static Scalar evaluateOr(Operation *, ArrayRef<Scalar> a) {
  return integer(a[0].integer | a[1].integer);
}
static Scalar evaluateXor(Operation *, ArrayRef<Scalar> a) {
  return integer(a[0].integer ^ a[1].integer);
}
static Scalar evaluateShl(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(y < width ? x << y : 0);
}
static Scalar evaluateShrU(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getUnsigned(op, a);
  return integer(y < width ? x >> y : 0);
}
static Scalar evaluateShrS(Operation *op, ArrayRef<Scalar> a) {
  auto [x, unused, width] = getSigned(op, a);
  uint64_t y = asUnsigned(a[1], getOperandType(op, 1));
  return integer(x >> std::min<uint64_t>(y, width - 1));
}

/// Compares by one of the ten predicates that arith and index share.
static Scalar compareIntegers(Operation *op, arith::CmpIPredicate predicate,
                              ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  auto [ux, uy, unused] = getUnsigned(op, a);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return integer(x == y);
  case arith::CmpIPredicate::ne:
    return integer(x != y);
  case arith::CmpIPredicate::slt:
    return integer(x < y);
  case arith::CmpIPredicate::sle:
    return integer(x <= y);
  case arith::CmpIPredicate::sgt:
    return integer(x > y);
  case arith::CmpIPredicate::sge:
    return integer(x >= y);
  case arith::CmpIPredicate::ult:
    return integer(ux < uy);
  case arith::CmpIPredicate::ule:
    return integer(ux <= uy);
  case arith::CmpIPredicate::ugt:
    return integer(ux > uy);
  case arith::CmpIPredicate::uge:
    return integer(ux >= uy);
  }
  return {};
}

static arith::CmpIPredicate convert(index::IndexCmpPredicate predicate) {
  return *arith::symbolizeCmpIPredicate(stringifyIndexCmpPredicate(predicate));
}

/// Conversions between integers: sign extension and zero extension; `finish`
/// truncates.
static Scalar evaluateSignExtend(Operation *op, ArrayRef<Scalar> a) {
  return integer(asSigned(a[0], getOperandType(op)));
}
static Scalar evaluateZeroExtend(Operation *op, ArrayRef<Scalar> a) {
  return integer(asUnsigned(a[0], getOperandType(op)));
}

/// x to the power y, y an integer.
static Scalar evaluateIPowI(Operation *op, ArrayRef<Scalar> a) {
  auto [x, y, width] = getSigned(op, a);
  if (y < 0)
    return integer(x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0);
  uint64_t base = x, result = 1;
  for (uint64_t n = y; n != 0; n >>= 1, base *= base)
    if (n & 1)
      result *= base;
  return integer(result);
}

//===----------------------------------------------------------------------===//
// Floating point
//===----------------------------------------------------------------------===//

static Scalar evaluateCmpF(Operation *op, ArrayRef<Scalar> a) {
  double x = a[0].real, y = a[1].real;
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (cast<arith::CmpFOp>(op).getPredicate()) {
  case arith::CmpFPredicate::AlwaysFalse:
    return integer(false);
  case arith::CmpFPredicate::OEQ:
    return integer(x == y);
  case arith::CmpFPredicate::OGT:
    return integer(x > y);
  case arith::CmpFPredicate::OGE:
    return integer(x >= y);
  case arith::CmpFPredicate::OLT:
    return integer(x < y);
  case arith::CmpFPredicate::OLE:
    return integer(x <= y);
  case arith::CmpFPredicate::ONE:
    return integer(!unordered && x != y);
  case arith::CmpFPredicate::ORD:
    return integer(!unordered);
  case arith::CmpFPredicate::UEQ:
    return integer(unordered || x == y);
  case arith::CmpFPredicate::UGT:
    return integer(unordered || x > y);
  case arith::CmpFPredicate::UGE:
    return integer(unordered || x >= y);
  case arith::CmpFPredicate::ULT:
    return integer(unordered || x < y);
  case arith::CmpFPredicate::ULE:
    return integer(unordered || x <= y);
  case arith::CmpFPredicate::UNE:
    return integer(unordered || x != y);
  case arith::CmpFPredicate::UNO:
    return integer(unordered);
  case arith::CmpFPredicate::AlwaysTrue:
    return integer(true);
  }
  return {};
}

/// The larger number; NaN if one is NaN.
static double maximum(double x, double y) {
  return std::isnan(x) ? x : std::isnan(y) ? y : std::max(x, y);
}
static double minimum(double x, double y) {
  return std::isnan(x) ? x : std::isnan(y) ? y : std::min(x, y);
}

/// Towards zero, and to the nearest integer that exists; NaN gives 0.
static Scalar evaluateFPToSI(Operation *op, ArrayRef<Scalar> a) {
  unsigned width = getWidth(getResultType(op));
  double limit = std::ldexp(1.0, width - 1), x = std::trunc(a[0].real);
  if (std::isnan(x))
    return integer(0);
  if (x >= limit)
    return integer(llvm::maxIntN(width));
  return integer(x < -limit ? llvm::minIntN(width) : static_cast<int64_t>(x));
}
static Scalar evaluateFPToUI(Operation *op, ArrayRef<Scalar> a) {
  unsigned width = getWidth(getResultType(op));
  double x = std::trunc(a[0].real);
  if (!(x > 0))
    return integer(0);
  if (x >= std::ldexp(1.0, width))
    return integer(llvm::maskTrailingOnes<uint64_t>(width));
  return integer(static_cast<uint64_t>(x));
}

static Scalar evaluateTruncF(Operation *op, ArrayRef<Scalar> a) {
  return real(roundTo(a[0].real, cast<FloatType>(getResultType(op))));
}

static Scalar evaluateBitcast(Operation *op, ArrayRef<Scalar> a) {
  Type from = getOperandType(op), to = getResultType(op);
  APInt bits(getWidth(from), 0);
  if (auto type = dyn_cast<FloatType>(from))
    bits = toFormat(APFloat(a[0].real), type.getFloatSemantics())
               .bitcastToAPInt();
  else
    bits = APInt(getWidth(from), asUnsigned(a[0], from));
  auto type = dyn_cast<FloatType>(to);
  if (!type)
    return integer(bits.getSExtValue());
  return real(APFloat(type.getFloatSemantics(), bits).convertToDouble());
}

static Scalar evaluateConstant(Operation *op, ArrayRef<Scalar>) {
  return getScalar(cast<arith::ConstantOp>(op).getValue());
}

static Scalar evaluateSelect(Operation *, ArrayRef<Scalar> a) {
  return a[0].integer ? a[1] : a[2];
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

using Table = llvm::DenseMap<TypeID, ScalarFunction>;

template <typename... Ops>
static void add(Table &table, ScalarFunction function) {
  (table.try_emplace(TypeID::get<Ops>(), function), ...);
}

/// A function of one, two or three floats.
template <typename Op, double (*f)(double)>
static void addUnary(Table &table) {
  add<Op>(table,
          [](Operation *, ArrayRef<Scalar> a) { return real(f(a[0].real)); });
}
template <typename Op, double (*f)(double, double)>
static void addBinary(Table &table) {
  add<Op>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(f(a[0].real, a[1].real));
  });
}
template <typename Op, bool (*f)(double)>
static void addTest(Table &table) {
  add<Op>(table, [](Operation *, ArrayRef<Scalar> a) {
    return integer(f(a[0].real));
  });
}

static void addIntegers(Table &table) {
  add<arith::AddIOp, index::AddOp>(table, evaluateAddI);
  add<arith::SubIOp, index::SubOp>(table, evaluateSubI);
  add<arith::MulIOp, index::MulOp>(table, evaluateMulI);
  add<arith::DivSIOp, index::DivSOp>(table, evaluateDivS);
  add<arith::DivUIOp, index::DivUOp>(table, evaluateDivU);
  add<arith::FloorDivSIOp, index::FloorDivSOp>(table, evaluateFloorDivS);
  add<arith::CeilDivSIOp, index::CeilDivSOp>(table, evaluateCeilDivS);
  add<arith::CeilDivUIOp, index::CeilDivUOp>(table, evaluateCeilDivU);
  add<arith::RemSIOp, index::RemSOp>(table, evaluateRemS);
  add<arith::RemUIOp, index::RemUOp>(table, evaluateRemU);
  add<arith::MaxSIOp, index::MaxSOp>(table, evaluateMaxS);
  add<arith::MinSIOp, index::MinSOp>(table, evaluateMinS);
  add<arith::MaxUIOp, index::MaxUOp>(table, evaluateMaxU);
  add<arith::MinUIOp, index::MinUOp>(table, evaluateMinU);
  add<arith::AndIOp, index::AndOp>(table, evaluateAnd);
  add<arith::OrIOp, index::OrOp>(table, evaluateOr);
  add<arith::XOrIOp, index::XOrOp>(table, evaluateXor);
  add<arith::ShLIOp, index::ShlOp>(table, evaluateShl);
  add<arith::ShRSIOp, index::ShrSOp>(table, evaluateShrS);
  add<arith::ShRUIOp, index::ShrUOp>(table, evaluateShrU);
  add<arith::CmpIOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    return compareIntegers(op, cast<arith::CmpIOp>(op).getPredicate(), a);
  });
  add<index::CmpOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    return compareIntegers(op, convert(cast<index::CmpOp>(op).getPred()), a);
  });
  add<math::IPowIOp>(table, evaluateIPowI);
  add<math::AbsIOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    int64_t x = asSigned(a[0], getOperandType(op));
    return integer(x < 0 ? negate(x) : x);
  });
  add<math::CtPopOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    return integer(llvm::popcount(asUnsigned(a[0], getOperandType(op))));
  });
  add<math::CountLeadingZerosOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    Type type = getOperandType(op);
    return integer(llvm::countl_zero(asUnsigned(a[0], type)) - 64 +
                   static_cast<int>(getWidth(type)));
  });
  add<math::CountTrailingZerosOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    Type type = getOperandType(op);
    return integer(std::min<int64_t>(llvm::countr_zero(asUnsigned(a[0], type)),
                                     getWidth(type)));
  });
}

static void addConversions(Table &table) {
  add<arith::ConstantOp>(table, evaluateConstant);
  add<index::ConstantOp>(table, [](Operation *op, ArrayRef<Scalar>) {
    return getScalar(cast<index::ConstantOp>(op).getValueAttr());
  });
  add<index::BoolConstantOp>(table, [](Operation *op, ArrayRef<Scalar>) {
    return integer(cast<index::BoolConstantOp>(op).getValue());
  });
  add<index::SizeOfOp>(
      table, [](Operation *, ArrayRef<Scalar>) { return integer(64); });
  add<arith::SelectOp>(table, evaluateSelect);
  add<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp, index::CastSOp>(
      table, evaluateSignExtend);
  add<arith::ExtUIOp, arith::IndexCastUIOp, index::CastUOp>(table,
                                                            evaluateZeroExtend);
  add<arith::SIToFPOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    return real(static_cast<double>(asSigned(a[0], getOperandType(op))));
  });
  add<arith::UIToFPOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    return real(static_cast<double>(asUnsigned(a[0], getOperandType(op))));
  });
  add<arith::FPToSIOp>(table, evaluateFPToSI);
  add<arith::FPToUIOp>(table, evaluateFPToUI);
  add<arith::TruncFOp>(table, evaluateTruncF);
  add<arith::BitcastOp>(table, evaluateBitcast);
  add<arith::ExtFOp>(table,
                     [](Operation *, ArrayRef<Scalar> a) { return a[0]; });
}

static void addFloats(Table &table) {
  add<arith::CmpFOp>(table, evaluateCmpF);
  add<arith::AddFOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(a[0].real + a[1].real);
  });
  add<arith::SubFOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(a[0].real - a[1].real);
  });
  add<arith::MulFOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(a[0].real * a[1].real);
  });
  add<arith::DivFOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(a[0].real / a[1].real);
  });
  add<arith::NegFOp>(
      table, [](Operation *, ArrayRef<Scalar> a) { return real(-a[0].real); });
  add<math::FmaOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(std::fma(a[0].real, a[1].real, a[2].real));
  });
  add<math::ClampFOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(minimum(maximum(a[0].real, a[1].real), a[2].real));
  });
  add<math::FPowIOp>(table, [](Operation *op, ArrayRef<Scalar> a) {
    int64_t n = asSigned(a[1], getOperandType(op, 1));
    return real(std::pow(a[0].real, static_cast<double>(n)));
  });
  add<math::RsqrtOp>(table, [](Operation *, ArrayRef<Scalar> a) {
    return real(1 / std::sqrt(a[0].real));
  });
  addBinary<arith::RemFOp, std::fmod>(table);
  addBinary<arith::MaximumFOp, maximum>(table);
  addBinary<arith::MinimumFOp, minimum>(table);
  addBinary<arith::MaxNumFOp, std::fmax>(table);
  addBinary<arith::MinNumFOp, std::fmin>(table);
  addBinary<math::Atan2Op, std::atan2>(table);
  addBinary<math::CopySignOp, std::copysign>(table);
  addBinary<math::PowFOp, std::pow>(table);
  addTest<math::IsFiniteOp, std::isfinite>(table);
  addTest<math::IsInfOp, std::isinf>(table);
  addTest<math::IsNaNOp, std::isnan>(table);
}

static void addFunctions(Table &table) {
  addUnary<math::AbsFOp, std::fabs>(table);
  addUnary<math::AcosOp, std::acos>(table);
  addUnary<math::AcoshOp, std::acosh>(table);
  addUnary<math::AsinOp, std::asin>(table);
  addUnary<math::AsinhOp, std::asinh>(table);
  addUnary<math::AtanOp, std::atan>(table);
  addUnary<math::AtanhOp, std::atanh>(table);
  addUnary<math::CbrtOp, std::cbrt>(table);
  addUnary<math::CeilOp, std::ceil>(table);
  addUnary<math::CosOp, std::cos>(table);
  addUnary<math::CoshOp, std::cosh>(table);
  addUnary<math::ErfOp, std::erf>(table);
  addUnary<math::ErfcOp, std::erfc>(table);
  addUnary<math::ExpOp, std::exp>(table);
  addUnary<math::Exp2Op, std::exp2>(table);
  addUnary<math::ExpM1Op, std::expm1>(table);
  addUnary<math::FloorOp, std::floor>(table);
  addUnary<math::LogOp, std::log>(table);
  addUnary<math::Log10Op, std::log10>(table);
  addUnary<math::Log1pOp, std::log1p>(table);
  addUnary<math::Log2Op, std::log2>(table);
  addUnary<math::RoundOp, std::round>(table);
  addUnary<math::RoundEvenOp, std::nearbyint>(table);
  addUnary<math::SinOp, std::sin>(table);
  addUnary<math::SinhOp, std::sinh>(table);
  addUnary<math::SqrtOp, std::sqrt>(table);
  addUnary<math::TanOp, std::tan>(table);
  addUnary<math::TanhOp, std::tanh>(table);
  addUnary<math::TruncOp, std::trunc>(table);
}

static Table makeTable() {
  Table table;
  addIntegers(table);
  addConversions(table);
  addFloats(table);
  addFunctions(table);
  return table;
}

ScalarFunction fovea::reference::getScalarFunction(Operation *op) {
  static const Table table = makeTable();
  return table.lookup(op->getName().getTypeID());
}
