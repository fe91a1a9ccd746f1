//===- TileBounds.cpp - Key tiles that a mask needs -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formula becomes a disjunction of conjunctions. In a conjunction floor
// divisions are inverted where nothing is lost (floor(x / d) >= y is x >= d *
// y); each that remains is a variable q with d * q <= x < d * q + d. Then the
// row and these variables are eliminated (Fourier and Motzkin; see `eliminate`
// for where that is exact), and what is left are the ends of an interval of
// columns. A disjunction is a family of intervals.
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/TileBounds.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace fovea;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using TermKind = TermTable::Kind;

/// Conjunctions of a mask.
static constexpr unsigned maxConjunctions = 64;
/// Steps that make one inequality linear.
static constexpr unsigned maxSteps = 16;
/// Floor divisions of a conjunction that are variables.
static constexpr unsigned maxVariables = 6;
/// Inequalities of a conjunction, at any time.
static constexpr unsigned maxInequalities = 32;

namespace {

struct Conjunction {
  SmallVector<Linear, 4> atoms;
  SmallVector<std::pair<unsigned, bool>, 1> flags;

  bool includes(const Conjunction &other) const {
    return llvm::all_of(
               other.atoms,
               [&](const Linear &e) { return llvm::is_contained(atoms, e); }) &&
           llvm::all_of(other.flags, [&](auto flag) {
             return llvm::is_contained(flags, flag);
           });
  }
};

class Solver {
public:
  Solver(Mask &mask, const TileRows &rows, TileBounds &bounds)
      : terms(mask.terms), rows(rows), bounds(bounds) {}

  std::vector<KeyInterval> solve(const Formula &f);

private:
  std::vector<Conjunction> expand(const Formula &f);
  std::vector<Conjunction> product(const std::vector<Conjunction> &x,
                                   const std::vector<Conjunction> &y);
  std::optional<KeyInterval> solve(const Conjunction &c);
  /// e >= 0 without remainders, and with floor divisions inverted where that is
  /// an equivalence.
  Linear simplified(Linear e);
  bool invert(Linear &e);
  bool replaceRemainder(Linear &e);
  bool isVariable(unsigned term);
  /// Adds what defines the floor divisions; false if there are too many.
  bool define(SmallVectorImpl<Linear> &inequalities,
              SmallVectorImpl<unsigned> &variables);
  /// Eliminates a variable; false if there is no solution.
  bool eliminate(unsigned variable, SmallVectorImpl<Linear> &inequalities);
  bool isExactPair(const Linear &low, const Linear &up, unsigned variable);
  /// Adds e >= 0 unless it is implied; false if it has no solution.
  bool addInequality(SmallVectorImpl<Linear> &inequalities, Linear e);
  bool coversAll(const KeyInterval &x, const KeyInterval &y);
  /// Adds column >= low, column <= high, or a condition; false if it fails.
  bool addTo(KeyInterval &interval, const Linear &e);

  TermTable &terms;
  const TileRows &rows;
  TileBounds &bounds;
};

} // namespace

//===----------------------------------------------------------------------===//
// Disjunctions
//===----------------------------------------------------------------------===//

/// Adds `c` unless another one holds it; removes those that it holds.
static void addConjunction(std::vector<Conjunction> &to, Conjunction c) {
  for (const Conjunction &other : to)
    if (c.includes(other))
      return;
  llvm::erase_if(to,
                 [&](const Conjunction &other) { return other.includes(c); });
  to.push_back(std::move(c));
}

std::vector<Conjunction> Solver::product(const std::vector<Conjunction> &x,
                                         const std::vector<Conjunction> &y) {
  std::vector<Conjunction> result;
  for (const Conjunction &a : x)
    for (const Conjunction &b : y) {
      Conjunction c = a;
      bool isNever = false;
      for (const Linear &e : b.atoms) {
        if (llvm::is_contained(c.atoms, e))
          continue;
        isNever |= llvm::any_of(c.atoms, [&](const Linear &other) {
          Linear sum = terms.add(e, other);
          return sum && terms.rangeOf(sum).high < 0;
        });
        c.atoms.push_back(e);
      }
      for (auto [flag, negated] : b.flags) {
        isNever |= llvm::is_contained(c.flags, std::pair(flag, !negated));
        if (!llvm::is_contained(c.flags, std::pair(flag, negated)))
          c.flags.push_back({flag, negated});
      }
      if (!isNever)
        addConjunction(result, std::move(c));
      if (result.size() > 4 * maxConjunctions)
        return result; // Too many, whatever follows.
    }
  return result;
}

std::vector<Conjunction> Solver::expand(const Formula &f) {
  switch (f.kind) {
  case Formula::Kind::never:
    return {};
  case Formula::Kind::always:
    return {Conjunction()};
  case Formula::Kind::unknown:
    bounds.isExact = false;
    return {Conjunction()};
  case Formula::Kind::atLeastZero:
    return {Conjunction{{f.e}, {}}};
  case Formula::Kind::flag:
    return {Conjunction{{}, {{f.flag, f.negated}}}};
  case Formula::Kind::any: {
    std::vector<Conjunction> result;
    for (const Formula &part : f.parts)
      for (Conjunction &c : expand(part))
        addConjunction(result, std::move(c));
    if (result.size() <= maxConjunctions)
      return result;
    bounds.isExact = false;
    return {Conjunction()};
  }
  case Formula::Kind::all: {
    // The single ones first: what they exclude is not multiplied.
    std::vector<Conjunction> result{Conjunction()};
    for (bool single : {true, false})
      for (const Formula &part : f.parts) {
        bool isJoined = part.kind == Formula::Kind::any;
        if (isJoined == single)
          continue;
        std::vector<Conjunction> next = product(result, expand(part));
        if (next.size() > maxConjunctions) {
          bounds.isExact = false;
          return result;
        }
        result = std::move(next);
      }
    return result;
  }
  }
  return {Conjunction()};
}

//===----------------------------------------------------------------------===//
// Inequalities
//===----------------------------------------------------------------------===//

/// The positive number that all coefficients are multiples of.
static int64_t commonFactor(const Linear &e) {
  int64_t common = 0;
  for (auto [term, factor] : e.parts)
    common = std::gcd(common, factor);
  return std::max<int64_t>(common, 1);
}

/// e >= 0 with coefficients without a common factor.
static Linear reduced(Linear e) {
  int64_t common = commonFactor(e);
  if (!e || common == 1)
    return e;
  for (auto &[term, factor] : e.parts)
    factor /= common;
  e.constant = floorDiv(e.constant, common);
  return e;
}

/// Inverts a floor division of which nothing is lost: factor * floor(x / d) +
/// rest >= 0 is x + d * floor(rest / factor) >= 0 for a positive factor, and
/// d * floor(rest / -factor) + d - 1 - x >= 0 for a negative one.
bool Solver::invert(Linear &e) {
  // Those of the column first: they are what is solved for.
  for (bool column : {true, false})
    for (auto [t, factor] : e.parts) {
      TermTable::Term term = terms[t];
      if (term.kind != TermKind::floorDiv || !isVariable(t) ||
          (column && !term.usesColumn))
        continue;
      Linear rest = terms.add(e, terms.get(t), -factor);
      bool restIsFree =
          !terms.usesColumn(rest) && (column || !terms.usesRow(rest));
      if (std::abs(factor) != 1 && !restIsFree)
        continue;
      Linear limit =
          terms.multiply(terms.floorDiv(rest, std::abs(factor)), term.divisor);
      Linear result = factor > 0 ? terms.add(limit, term.a)
                                 : terms.add(terms.subtract(limit, term.a),
                                             term.divisor - 1);
      if (!result)
        continue;
      e = result;
      return true;
    }
  return false;
}

/// x - d * floor(x / d) in place of a remainder.
bool Solver::replaceRemainder(Linear &e) {
  for (auto [t, factor] : e.parts) {
    TermTable::Term term = terms[t];
    if (term.kind != TermKind::mod || !isVariable(t))
      continue;
    Linear value =
        terms.add(term.a, terms.floorDiv(term.a, term.divisor), -term.divisor);
    e = terms.add(terms.add(e, terms.get(t), -factor), value, factor);
    return true;
  }
  return false;
}

Linear Solver::simplified(Linear e) {
  bool isChanged = false;
  for (unsigned step = 0; e && step < maxSteps; ++step) {
    e = reduced(e);
    if (!replaceRemainder(e) && !invert(e)) {
      ++(isChanged ? bounds.numInverted : bounds.numLinear);
      return e;
    }
    isChanged = true;
  }
  return Linear();
}

//===----------------------------------------------------------------------===//
// Elimination
//===----------------------------------------------------------------------===//

/// Whether a term is a variable, neither the column nor a symbol.
bool Solver::isVariable(unsigned term) {
  return term != TermTable::column &&
         (terms[term].usesRow || terms[term].usesColumn);
}

bool Solver::addInequality(SmallVectorImpl<Linear> &inequalities, Linear e) {
  if (!e) {
    bounds.isExact = false;
    return true;
  }
  e = reduced(e);
  // With one variable, and no column, its coefficient becomes 1:
  // a * v + x >= 0 is v + floor(x / a) >= 0.
  const Linear::Part *variable = nullptr;
  bool isSingle = true;
  for (const Linear::Part &part : e.parts)
    if (part.first == TermTable::column || isVariable(part.first)) {
      isSingle &= !variable && part.first != TermTable::column;
      variable = &part;
    }
  if (variable && isSingle && std::abs(variable->second) > 1) {
    auto [v, factor] = *variable;
    Linear x = terms.add(e, terms.get(v), -factor);
    e = terms.add(terms.floorDiv(x, std::abs(factor)), terms.get(v),
                  factor > 0 ? 1 : -1);
    if (!e) {
      bounds.isExact = false;
      return true;
    }
  }
  if (terms.rangeOf(e).high < 0)
    return false;
  // The ranges of variables follow from inequalities, which they must not make
  // redundant in turn.
  auto isKnown = [&](const Linear &x) {
    return llvm::none_of(x.parts,
                         [&](const Linear::Part &part) {
                           return isVariable(part.first);
                         }) &&
           terms.isNotNegative(x);
  };
  auto isImplied = [&](const Linear &weak, const Linear &strong) {
    return isKnown(terms.subtract(weak, strong));
  };
  if (isKnown(e))
    return true;
  if (llvm::any_of(inequalities,
                   [&](const Linear &other) { return isImplied(e, other); }))
    return true;
  llvm::erase_if(inequalities,
                 [&](const Linear &other) { return isImplied(other, e); });
  inequalities.push_back(e);
  return true;
}

bool Solver::define(SmallVectorImpl<Linear> &inequalities,
                    SmallVectorImpl<unsigned> &variables) {
  // The list grows as definitions use further variables.
  for (size_t n = 0; n < inequalities.size(); ++n) {
    Linear e = inequalities[n];
    for (auto [t, factor] : e.parts) {
      if (!isVariable(t) || llvm::is_contained(variables, t))
        continue;
      if (variables.size() == maxVariables)
        return false;
      variables.push_back(t);
      if (t == TermTable::row)
        continue;
      TermTable::Term term = terms[t];
      Linear x = term.a;
      for (unsigned step = 0; replaceRemainder(x) && step < maxSteps; ++step)
        ;
      Linear rest = terms.add(x, terms.get(t), -term.divisor);
      for (const Linear &definition :
           {rest, terms.add(terms.multiply(rest, -1), term.divisor - 1)})
        if (definition)
          inequalities.push_back(definition);
        else
          bounds.isExact = false;
    }
  }
  return true;
}

/// Between low and up there is an integer wherever there is a number if a
/// coefficient is 1, or if they are far enough apart: a * v >= x and b * v <= y
/// with a * y - b * x >= (a - 1) * (b - 1).
bool Solver::isExactPair(const Linear &low, const Linear &up,
                         unsigned variable) {
  int64_t a = low.coefficient(variable), b = -up.coefficient(variable);
  if (a == 1 || b == 1)
    return true;
  Linear apart = terms.add(terms.multiply(low, b), up, a);
  int64_t needed;
  return apart && !llvm::MulOverflow(a - 1, b - 1, needed) &&
         terms.rangeOf(apart).low >= needed;
}

bool Solver::eliminate(unsigned variable,
                       SmallVectorImpl<Linear> &inequalities) {
  SmallVector<Linear> lower, upper, rest;
  for (const Linear &e : inequalities) {
    int64_t factor = e.coefficient(variable);
    (factor > 0 ? lower : factor < 0 ? upper : rest).push_back(e);
  }
  for (const Linear &low : lower)
    for (const Linear &up : upper) {
      int64_t a = low.coefficient(variable), b = -up.coefficient(variable);
      int64_t common = std::gcd(a, b);
      bounds.isExact &= isExactPair(low, up, variable);
      if (!addInequality(
              rest, terms.add(terms.multiply(low, b / common), up, a / common)))
        return false;
      if (rest.size() > maxInequalities) {
        bounds.isExact = false;
        rest.pop_back();
      }
    }
  inequalities.assign(rest.begin(), rest.end());
  return true;
}

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

/// Adds an end of which the largest, or the smallest, counts.
static void addEnd(const TermTable &terms, SmallVectorImpl<Linear> &ends,
                   const Linear &end, bool largestCounts) {
  auto isImplied = [&](const Linear &weak, const Linear &strong) {
    return terms.isNotNegative(largestCounts ? terms.subtract(strong, weak)
                                             : terms.subtract(weak, strong));
  };
  if (llvm::any_of(ends,
                   [&](const Linear &other) { return isImplied(end, other); }))
    return;
  llvm::erase_if(ends,
                 [&](const Linear &other) { return isImplied(other, end); });
  ends.push_back(end);
}

bool Solver::addTo(KeyInterval &interval, const Linear &inequality) {
  Linear e = reduced(inequality);
  if (terms.isNotNegative(e))
    return true;
  if (terms.rangeOf(e).high < 0)
    return false;
  int64_t factor = e.coefficient(TermTable::column);
  if (factor == 0) {
    addEnd(terms, interval.conditions, e, /*largestCounts=*/false);
    return true;
  }
  Linear rest = terms.add(e, terms.get(TermTable::column), -factor);
  Linear end = terms.floorDiv(rest, std::abs(factor));
  if (factor > 0)
    end = terms.multiply(end, -1);
  if (end)
    addEnd(terms, factor > 0 ? interval.lows : interval.highs, end, factor > 0);
  else
    bounds.isExact = false;
  return true;
}

std::optional<KeyInterval> Solver::solve(const Conjunction &c) {
  SmallVector<Linear> inequalities;
  for (const Linear &e : c.atoms) {
    Linear simple = simplified(e);
    if (simple) {
      inequalities.push_back(simple);
    } else {
      ++bounds.numDropped;
      bounds.isExact = false;
    }
  }
  SmallVector<unsigned> variables{TermTable::row};
  if (!define(inequalities, variables)) {
    bounds.isExact = false;
    llvm::erase_if(inequalities, [&](const Linear &e) {
      return llvm::any_of(e.parts, [&](const Linear::Part &part) {
        return isVariable(part.first) &&
               !llvm::is_contained(variables, part.first);
      });
    });
  }
  Linear row = terms.get(TermTable::row);
  inequalities.push_back(terms.subtract(row, rows.first));
  inequalities.push_back(
      terms.subtract(terms.add(rows.first, rows.others), row));
  SmallVector<Linear> normal;
  for (const Linear &e : inequalities)
    if (!addInequality(normal, e))
      return std::nullopt;
  while (!variables.empty()) {
    // First what is exact, then what makes the fewest inequalities.
    auto costOf = [&](unsigned variable) {
      unsigned numLower = 0, numUpper = 0, odd = 0;
      for (const Linear &e : normal)
        if (int64_t factor = e.coefficient(variable)) {
          ++(factor > 0 ? numLower : numUpper);
          odd |= factor > 1 ? 1 : factor < -1 ? 2 : 0;
        }
      return std::pair(odd == 3, numLower * numUpper);
    };
    auto *next = llvm::min_element(variables, [&](unsigned x, unsigned y) {
      return costOf(x) < costOf(y);
    });
    if (!eliminate(*next, normal))
      return std::nullopt;
    variables.erase(next);
  }
  KeyInterval interval;
  interval.flags = c.flags;
  for (const Linear &e : normal)
    if (!addTo(interval, e))
      return std::nullopt;
  // Is there a column between the ends?
  SmallVector<Linear, 2> last = interval.highs;
  if (rows.lastKey)
    last.push_back(rows.lastKey);
  for (const Linear &low : interval.lows)
    for (const Linear &high : last) {
      Linear difference = terms.subtract(high, low);
      if (difference && terms.rangeOf(difference).high < 0)
        return std::nullopt;
      interval.mayBeEmpty |= !terms.isNotNegative(difference);
    }
  return interval;
}

/// Whether each key of x is one of y.
static bool isWithin(const KeyInterval &x, const KeyInterval &y) {
  auto holds = [](const auto &all, const auto &some) {
    return llvm::all_of(
        some, [&](const auto &e) { return llvm::is_contained(all, e); });
  };
  return holds(x.lows, y.lows) && holds(x.highs, y.highs) &&
         holds(x.conditions, y.conditions) && holds(x.flags, y.flags);
}

/// Whether the keys up to the ends of x and those from the ends of y are all.
bool Solver::coversAll(const KeyInterval &x, const KeyInterval &y) {
  if (!x.lows.empty() || !y.highs.empty() || !x.isUnconditional() ||
      !y.isUnconditional())
    return false;
  for (const Linear &high : x.highs)
    for (const Linear &low : y.lows) {
      // low <= high + 1
      if (!terms.isNotNegative(terms.add(terms.subtract(high, low), 1)))
        return false;
    }
  return true;
}

std::vector<KeyInterval> Solver::solve(const Formula &f) {
  std::vector<KeyInterval> result;
  for (const Conjunction &c : expand(f)) {
    std::optional<KeyInterval> interval = solve(c);
    if (!interval || llvm::any_of(result, [&](const KeyInterval &other) {
          return isWithin(*interval, other);
        }))
      continue;
    llvm::erase_if(result, [&](const KeyInterval &other) {
      return isWithin(other, *interval);
    });
    for (const KeyInterval &other : result)
      if (coversAll(*interval, other) || coversAll(other, *interval))
        return {KeyInterval()};
    result.push_back(std::move(*interval));
  }
  return result;
}

bool TileBounds::isTrivial() const {
  auto isTrivial = [](const std::vector<KeyInterval> &intervals) {
    return llvm::any_of(intervals, [](const KeyInterval &interval) {
      return interval.isEverything();
    });
  };
  return isTrivial(mayBeTrue) && isTrivial(mayBeFalse);
}

TileBounds fovea::boundTiles(Mask &mask, const TileRows &rows) {
  TileBounds bounds;
  Solver solver(mask, rows, bounds);
  bounds.mayBeTrue = solver.solve(mask.formula);
  bounds.mayBeFalse = solver.solve(mask.negate(mask.formula));
  return bounds;
}
