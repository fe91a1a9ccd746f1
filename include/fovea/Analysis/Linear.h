//===- Linear.h - Linear expressions over quasi-affine terms ----*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers in a mask: a constant plus multiples of terms. A term is the query
// row, the key column, a symbol (the same for a work item), a floor division or
// remainder of such an expression by a constant, or a minimum, a maximum or a
// choice. Terms are unique in their table, so equal expressions compare equal.
//
// Every expression has a bound on its magnitude and none that may reach 2^61
// is made: with a few more additions nothing wraps in 64 bits.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_LINEAR_H
#define FOVEA_ANALYSIS_LINEAR_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <utility>
#include <vector>

namespace fovea {

/// The integers from `low` to `high`, both included.
struct IntegerRange {
  int64_t low, high;
};

/// Bounds the magnitude of every expression.
constexpr int64_t maxMagnitude = int64_t(1) << 61;

/// constant + sum of coefficient * term, or null: none that cannot wrap.
struct Linear {
  using Part = std::pair<unsigned, int64_t>;

  Linear() = default;
  static Linear get(int64_t constant) {
    Linear e;
    e.constant = constant;
    e.valid = true;
    return e;
  }

  explicit operator bool() const { return valid; }
  bool operator==(const Linear &other) const {
    return valid == other.valid && constant == other.constant &&
           parts == other.parts;
  }
  bool operator!=(const Linear &other) const { return !(*this == other); }
  bool isConstant() const { return valid && parts.empty(); }
  int64_t coefficient(unsigned term) const {
    for (auto [t, factor] : parts)
      if (t == term)
        return factor;
    return 0;
  }

  int64_t constant = 0;
  /// (term, coefficient) by rising term, without zeros.
  llvm::SmallVector<Part, 4> parts;
  bool valid = false;
};

/// The terms of a mask.
class TermTable {
public:
  enum class Kind {
    row,
    column,
    symbol,
    floorDiv, ///< floor(a / divisor)
    mod,      ///< a - divisor * floor(a / divisor)
    minimum,  ///< min(a, b)
    maximum,  ///< max(a, b)
    choice    ///< a where the condition holds, and b elsewhere
  };
  struct Term {
    Kind kind;
    Linear a, b;
    int64_t divisor = 1;
    unsigned condition = 0;
    IntegerRange range = {0, 0};
    /// What occurs at any depth; a branch is a minimum, maximum or choice.
    bool usesRow = false, usesColumn = false, usesBranch = false;
  };
  static constexpr unsigned row = 0, column = 1;

  /// The ranges of rows and columns.
  TermTable(IntegerRange rows, IntegerRange columns);

  /// A new symbol.
  unsigned addSymbol(IntegerRange range);

  const Term &operator[](unsigned term) const { return terms[term]; }
  Linear get(unsigned term) const;

  // Null operands give a null result.
  Linear add(const Linear &x, const Linear &y, int64_t factor = 1) const;
  Linear add(const Linear &x, int64_t constant) const {
    return add(x, Linear::get(constant));
  }
  Linear subtract(const Linear &x, const Linear &y) const {
    return add(x, y, -1);
  }
  Linear multiply(const Linear &x, int64_t factor) const {
    return add(Linear::get(0), x, factor);
  }
  /// The divisor is positive.
  Linear floorDiv(const Linear &x, int64_t divisor);
  Linear ceilDiv(const Linear &x, int64_t divisor) {
    return multiply(floorDiv(multiply(x, -1), divisor), -1);
  }
  Linear mod(const Linear &x, int64_t divisor);
  Linear minimum(const Linear &x, const Linear &y);
  Linear maximum(const Linear &x, const Linear &y);
  /// `condition` is a number that means something to the caller.
  Linear choice(unsigned condition, const Linear &x, const Linear &y);

  /// The expression with `by` in the place of a term, at any depth.
  Linear replace(const Linear &e, unsigned term, const Linear &by);

  IntegerRange rangeOf(const Linear &e) const;
  /// Whether e >= 0 is known: by its range, and by floor divisions that rise
  /// with their operands.
  bool isNotNegative(const Linear &e) const;
  bool usesRow(const Linear &e) const;
  bool usesColumn(const Linear &e) const;

  /// The value, given those of rows, columns and symbols. Of branches there is
  /// none.
  int64_t evaluate(const Linear &e,
                   llvm::function_ref<int64_t(unsigned)> valueOf) const;
  void print(llvm::raw_ostream &os, const Linear &e,
             llvm::function_ref<std::string(unsigned)> nameOf) const;

private:
  Linear intern(Term term);
  int64_t lowestOf(const Linear &e, unsigned depth) const;
  /// The expression, or null if it may reach 2^61.
  Linear checked(Linear e) const;

  std::vector<Term> terms;
};

/// floor(x / divisor) of numbers, for a positive divisor.
inline int64_t floorDiv(int64_t x, int64_t divisor) {
  return x / divisor - (x % divisor < 0);
}

} // namespace fovea

#endif // FOVEA_ANALYSIS_LINEAR_H
