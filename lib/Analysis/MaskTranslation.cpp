//===- MaskTranslation.cpp - Masks from arith and index ops ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/MaskTranslation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea;
using Predicate = arith::CmpIPredicate;

/// Ops that are looked at, counted each time; what lies beyond is unknown.
static constexpr unsigned maxVisits = 4096;

std::optional<IntegerRange> fovea::getTypeRange(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() > 32 || integer.getWidth() < 2)
    return std::nullopt;
  int64_t half = int64_t(1) << (integer.getWidth() - 1);
  return IntegerRange{-half, half - 1};
}

namespace {

class Translator {
public:
  Translator(MaskSource &source, MaskTranslation &translation)
      : source(source), translation(translation), mask(translation.mask),
        terms(translation.mask.terms) {}

  Formula formula(Value value);

private:
  Formula compare(Predicate predicate, Value left, Value right);
  Formula compare(Predicate predicate, const Linear &x, const Linear &y);
  Formula exclusive(const Formula &x, const Formula &y);

  /// The value as an expression of rows, columns and symbols; null if it has
  /// none, or may wrap.
  Linear integer(Value value);
  Linear compute(Operation *op);
  Linear divide(Operation *op, const Linear &x, int64_t divisor);
  Linear symbol(Value value);
  Linear clampedSymbol(Value value, const Linear &other);
  Linear truncatedQuotient(const Linear &x, int64_t divisor);

  bool isNotNegative(const Linear &x) { return x && terms.rangeOf(x).low >= 0; }
  /// A null expression, and a note of the op that has none.
  Linear opaque(Operation *op) {
    if (!translation.obstacle)
      translation.obstacle = op;
    return Linear();
  }

  MaskSource &source;
  MaskTranslation &translation;
  Mask &mask;
  TermTable &terms;
  llvm::DenseMap<Value, unsigned> known;
  unsigned numVisits = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

Linear Translator::symbol(Value value) {
  auto [at, isNew] = known.try_emplace(value, 0);
  if (isNew) {
    std::optional<IntegerRange> range = source.rangeOf(value);
    MaskSymbol symbol{value};
    if (!range) {
      range = IntegerRange{-maxGuarded, maxGuarded};
      symbol.isGuarded = true;
    }
    at->second = terms.addSymbol(*range);
    translation.symbols[at->second] = symbol;
  }
  return terms.get(at->second);
}

/// A side of a comparison with `other` that may be any integer.
Linear Translator::clampedSymbol(Value value, const Linear &other) {
  IntegerRange range = terms.rangeOf(other);
  int64_t limit = std::max(std::abs(range.low), std::abs(range.high)) + 1;
  unsigned term = terms.addSymbol({-limit, limit});
  translation.symbols[term] = MaskSymbol{value, limit};
  return terms.get(term);
}

Linear Translator::truncatedQuotient(const Linear &x, int64_t divisor) {
  return mask.select(mask.atLeastZero(x), terms.floorDiv(x, divisor),
                     terms.ceilDiv(x, divisor));
}

Linear Translator::divide(Operation *op, const Linear &x, int64_t divisor) {
  if (!x || divisor <= 0)
    return opaque(op);
  return llvm::TypeSwitch<Operation *, Linear>(op)
      .Case<arith::FloorDivSIOp, index::FloorDivSOp>(
          [&](auto) { return terms.floorDiv(x, divisor); })
      .Case<arith::CeilDivSIOp, index::CeilDivSOp>(
          [&](auto) { return terms.ceilDiv(x, divisor); })
      .Case<arith::DivSIOp, index::DivSOp>(
          [&](auto) { return truncatedQuotient(x, divisor); })
      .Case<arith::RemSIOp, index::RemSOp>([&](auto) {
        if (isNotNegative(x))
          return terms.mod(x, divisor);
        return terms.add(x, truncatedQuotient(x, divisor), -divisor);
      })
      .Case<arith::DivUIOp, index::DivUOp>([&](auto) {
        return isNotNegative(x) ? terms.floorDiv(x, divisor) : opaque(op);
      })
      .Case<arith::CeilDivUIOp, index::CeilDivUOp>([&](auto) {
        return isNotNegative(x) ? terms.ceilDiv(x, divisor) : opaque(op);
      })
      .Default([&](Operation *) { // RemUIOp, RemUOp
        return isNotNegative(x) ? terms.mod(x, divisor) : opaque(op);
      });
}

Linear Translator::compute(Operation *op) {
  auto operand = [&](unsigned n) { return integer(op->getOperand(n)); };
  /// The number that an operand is, if it is between 0 and 2^40.
  auto number = [&](unsigned n) -> std::optional<int64_t> {
    APInt value;
    if (!matchPattern(op->getOperand(n), m_ConstantInt(&value)) ||
        value.isNegative() || value.getActiveBits() > 40)
      return std::nullopt;
    return value.getSExtValue();
  };
  auto extremum = [&](bool largest, bool isUnsigned) {
    Linear x = operand(0), y = operand(1);
    if (isUnsigned && !(isNotNegative(x) && isNotNegative(y)))
      return opaque(op);
    return largest ? terms.maximum(x, y) : terms.minimum(x, y);
  };
  return llvm::TypeSwitch<Operation *, Linear>(op)
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp,
            index::CastSOp>([&](auto) { return operand(0); })
      .Case<arith::IndexCastUIOp, arith::ExtUIOp, index::CastUOp>([&](auto) {
        Linear x = operand(0);
        return isNotNegative(x) ? x : opaque(op);
      })
      .Case<arith::AddIOp, index::AddOp>(
          [&](auto) { return terms.add(operand(0), operand(1)); })
      .Case<arith::SubIOp, index::SubOp>(
          [&](auto) { return terms.subtract(operand(0), operand(1)); })
      .Case<arith::MulIOp, index::MulOp>([&](auto) {
        Linear x = operand(0), y = operand(1);
        if (x.isConstant())
          std::swap(x, y);
        return y.isConstant() ? terms.multiply(x, y.constant) : opaque(op);
      })
      .Case<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp,
            arith::RemSIOp, arith::DivUIOp, arith::CeilDivUIOp, arith::RemUIOp,
            index::FloorDivSOp, index::CeilDivSOp, index::DivSOp, index::RemSOp,
            index::DivUOp, index::CeilDivUOp, index::RemUOp>(
          [&](auto) { return divide(op, operand(0), number(1).value_or(0)); })
      .Case<arith::ShRSIOp, index::ShrSOp, arith::ShRUIOp, index::ShrUOp>(
          [&](auto) {
            Linear x = operand(0);
            int64_t shift = number(1).value_or(64);
            bool isSigned = isa<arith::ShRSIOp, index::ShrSOp>(op);
            if (shift > 40 || (!isSigned && !isNotNegative(x)))
              return opaque(op);
            return terms.floorDiv(x, int64_t(1) << shift);
          })
      .Case<arith::ShLIOp, index::ShlOp>([&](auto) {
        int64_t shift = number(1).value_or(64);
        return shift > 40 ? opaque(op)
                          : terms.multiply(operand(0), int64_t(1) << shift);
      })
      .Case<arith::AndIOp, index::AndOp>([&](auto) {
        // With 2^n - 1: the remainder, of negative numbers too.
        for (unsigned side : {0u, 1u})
          if (std::optional<int64_t> bits = number(side);
              bits && (*bits & (*bits + 1)) == 0)
            return terms.mod(operand(1 - side), *bits + 1);
        return opaque(op);
      })
      .Case<arith::MinSIOp, index::MinSOp>(
          [&](auto) { return extremum(false, false); })
      .Case<arith::MaxSIOp, index::MaxSOp>(
          [&](auto) { return extremum(true, false); })
      .Case<arith::MinUIOp, index::MinUOp>(
          [&](auto) { return extremum(false, true); })
      .Case<arith::MaxUIOp, index::MaxUOp>(
          [&](auto) { return extremum(true, true); })
      .Case([&](math::AbsIOp) {
        Linear x = operand(0);
        return terms.maximum(x, terms.multiply(x, -1));
      })
      .Case([&](arith::SelectOp) {
        Formula condition = formula(op->getOperand(0));
        return mask.select(condition, operand(1), operand(2));
      })
      .Default([&](Operation *) { return opaque(op); });
}

Linear Translator::integer(Value value) {
  if (++numVisits > maxVisits)
    return Linear();
  if (value == source.row)
    return terms.get(TermTable::row);
  if (value == source.column)
    return terms.get(TermTable::column);
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSignificantBits() > 41
               ? Linear()
               : Linear::get(constant.getSExtValue());
  Type type = value.getType();
  if (!type.isIndex() &&
      !(isa<IntegerType>(type) && type.getIntOrFloatBitWidth() <= 64 &&
        type.getIntOrFloatBitWidth() > 1))
    return Linear();
  if (source.isInvariant(value))
    return symbol(value);
  Operation *op = value.getDefiningOp();
  if (!op)
    return Linear();
  Linear result = compute(op);
  // What does not fit into a narrow type wraps.
  if (result && !type.isIndex() && type.getIntOrFloatBitWidth() < 64) {
    IntegerRange range = terms.rangeOf(result);
    int64_t half = int64_t(1) << (type.getIntOrFloatBitWidth() - 1);
    if (range.low < -half || range.high >= half)
      return opaque(op);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

Formula Translator::compare(Predicate predicate, const Linear &x,
                            const Linear &y) {
  switch (predicate) {
  case Predicate::eq:
    return mask.equal(x, y);
  case Predicate::ne:
    return mask.negate(mask.equal(x, y));
  case Predicate::sle:
    return mask.lessEqual(x, y);
  case Predicate::sge:
    return mask.lessEqual(y, x);
  case Predicate::slt:
    return mask.lessEqual(terms.add(x, 1), y);
  case Predicate::sgt:
    return mask.lessEqual(terms.add(y, 1), x);
  case Predicate::ult:
  case Predicate::ule: {
    // A negative number is above all others.
    if (!isNotNegative(y))
      return Formula();
    Predicate same =
        predicate == Predicate::ult ? Predicate::slt : Predicate::sle;
    return Mask::all(mask.atLeastZero(x), compare(same, x, y));
  }
  case Predicate::ugt:
    return compare(Predicate::ult, y, x);
  case Predicate::uge:
    return compare(Predicate::ule, y, x);
  }
  return Formula();
}

Formula Translator::exclusive(const Formula &x, const Formula &y) {
  return Mask::any(Mask::all(x, mask.negate(y)), Mask::all(mask.negate(x), y));
}

Formula Translator::compare(Predicate predicate, Value left, Value right) {
  if (left.getType().isInteger(1)) {
    if (predicate != Predicate::eq && predicate != Predicate::ne)
      return Formula();
    Formula differs = exclusive(formula(left), formula(right));
    return predicate == Predicate::ne ? differs : mask.negate(differs);
  }
  bool isSigned = predicate <= Predicate::sge;
  auto mayBeAny = [&](Value value) {
    return isSigned && !matchPattern(value, m_Constant()) &&
           source.isInvariant(value) && !source.rangeOf(value);
  };
  Linear x, y;
  if (mayBeAny(left)) {
    if ((y = integer(right)))
      x = clampedSymbol(left, y);
  } else if ((x = integer(left))) {
    y = mayBeAny(right) ? clampedSymbol(right, x) : integer(right);
  }
  if (!x || !y)
    return Formula();
  return compare(predicate, x, y);
}

Formula Translator::formula(Value value) {
  if (++numVisits > maxVisits)
    return Formula();
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.isZero() ? Formula::Kind::never : Formula::Kind::always;
  if (source.isInvariant(value)) {
    auto *at = llvm::find(translation.flags, value);
    unsigned number = at - translation.flags.begin();
    if (at == translation.flags.end())
      translation.flags.push_back(value);
    return Mask::flag(number);
  }
  Operation *op = value.getDefiningOp();
  if (!op)
    return Formula();
  auto operand = [&](unsigned n) { return formula(op->getOperand(n)); };
  return llvm::TypeSwitch<Operation *, Formula>(op)
      .Case([&](arith::CmpIOp cmp) {
        return compare(cmp.getPredicate(), cmp.getLhs(), cmp.getRhs());
      })
      .Case([&](index::CmpOp cmp) {
        // Both dialects have the same predicates under the same names.
        return compare(*arith::symbolizeCmpIPredicate(
                           index::stringifyIndexCmpPredicate(cmp.getPred())),
                       cmp.getLhs(), cmp.getRhs());
      })
      .Case<arith::AndIOp>(
          [&](auto) { return Mask::all(operand(0), operand(1)); })
      .Case<arith::OrIOp>(
          [&](auto) { return Mask::any(operand(0), operand(1)); })
      .Case<arith::XOrIOp>(
          [&](auto) { return exclusive(operand(0), operand(1)); })
      .Case([&](arith::SelectOp) {
        Formula condition = operand(0);
        Formula other = mask.negate(condition);
        return Mask::any(Mask::all(std::move(condition), operand(1)),
                         Mask::all(std::move(other), operand(2)));
      })
      .Default([&](Operation *) {
        opaque(op);
        return Formula();
      });
}

void fovea::translateMask(Value condition, MaskSource &source,
                          MaskTranslation &translation) {
  translation.mask.formula = Translator(source, translation).formula(condition);
}
