//===- TileBounds.cpp - Key tiles that a mask needs -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formula becomes a disjunction of conjunctions. In a conjunction each
// inequality is made linear in row and column: floor divisions are inverted
// (floor(x / d) >= y is x >= d * y), and what remains is replaced by its bound
// over the rows. Then the row is eliminated (Fourier and Motzkin; exact where
// of two coefficients one is 1), and what is left are the ends of an interval
// of columns. A disjunction is a family of intervals.
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/TileBounds.h"

#include "llvm/ADT/STLExtras.h"
#include <numeric>

using namespace fovea;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using TermKind = TermTable::Kind;

/// Conjunctions of a mask.
static constexpr unsigned maxConjunctions = 64;
/// Steps that make one inequality linear.
static constexpr unsigned maxSteps = 16;
/// Bounds of one term over the rows.
static constexpr unsigned maxAlternatives = 4;

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
  /// Appends what follows from e >= 0, linear in row and column.
  void makeLinear(Linear e, SmallVectorImpl<Linear> &to);
  bool invert(Linear &e);
  bool weakenColumn(Linear &e);
  /// Bounds on the largest value of e over the rows; the least of them counts.
  SmallVector<Linear> boundOverRows(const Linear &e, unsigned depth = 0);
  SmallVector<Linear> boundTerm(const TermTable::Term &term, bool largest,
                                unsigned depth);
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
  // Those of the column first: of rows there are bounds, of columns none.
  for (bool column : {true, false})
    for (auto [t, factor] : e.parts) {
      TermTable::Term term = terms[t];
      if (term.kind != TermKind::floorDiv ||
          !(column ? term.usesColumn : term.usesRow))
        continue;
      Linear rest = terms.add(e, terms.get(t), -factor);
      bool restIsFree = column
                            ? !terms.usesColumn(rest)
                            : !terms.usesColumn(rest) && !terms.usesRow(rest);
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

/// Replaces a term of the column that cannot be inverted by one that is at
/// least as large.
bool Solver::weakenColumn(Linear &e) {
  for (auto [t, factor] : e.parts) {
    TermTable::Term term = terms[t];
    if (term.kind < TermKind::floorDiv || !term.usesColumn)
      continue;
    Linear rest = terms.add(e, terms.get(t), -factor);
    if (term.kind == TermKind::mod) {
      e = terms.add(rest, factor > 0 ? factor * (term.divisor - 1) : 0);
      return true;
    }
    // (x - d + 1) / d <= floor(x / d) <= x / d, times d.
    Linear x = factor > 0 ? term.a : terms.add(term.a, 1 - term.divisor);
    e = terms.add(terms.multiply(rest, term.divisor), x, factor);
    return true;
  }
  return false;
}

SmallVector<Linear> Solver::boundTerm(const TermTable::Term &term, bool largest,
                                      unsigned depth) {
  // Of x, or of -x and then negated.
  auto boundsOf = [&](bool up) {
    SmallVector<Linear> ends =
        boundOverRows(up ? term.a : terms.multiply(term.a, -1), depth + 1);
    if (!up)
      for (Linear &end : ends)
        end = terms.multiply(end, -1);
    return ends;
  };
  SmallVector<Linear> result;
  if (term.kind == TermKind::floorDiv) {
    for (const Linear &end : boundsOf(largest))
      result.push_back(terms.floorDiv(end, term.divisor));
  } else {
    // x - d * floor(x / d): where x wraps in the tile, 0 or d - 1 is reached;
    // where not, floor(x / d) is the same for all rows.
    result.push_back(Linear::get(largest ? term.divisor - 1 : 0));
    for (const Linear &end : boundsOf(largest))
      for (const Linear &other : boundsOf(!largest))
        result.push_back(
            terms.add(end, terms.floorDiv(other, term.divisor), -term.divisor));
  }
  llvm::erase_if(result, [](const Linear &e) { return !e; });
  return result;
}

SmallVector<Linear> Solver::boundOverRows(const Linear &e, unsigned depth) {
  if (!e || depth > maxSteps)
    return {};
  SmallVector<Linear> result{Linear::get(e.constant)};
  for (auto [t, factor] : e.parts) {
    TermTable::Term term = terms[t];
    SmallVector<Linear> ends{terms.get(t)};
    if (t == TermTable::row)
      ends = {factor > 0 ? terms.add(rows.first, rows.others) : rows.first};
    else if (term.usesRow)
      ends = boundTerm(term, factor > 0, depth);
    SmallVector<Linear> next;
    for (const Linear &sum : result)
      for (const Linear &end : ends)
        if (Linear total = terms.add(sum, end, factor);
            total && next.size() < maxAlternatives)
          next.push_back(total);
    result = std::move(next);
  }
  return result;
}

void Solver::makeLinear(Linear e, SmallVectorImpl<Linear> &to) {
  bool isInverted = false;
  auto isHard = [&](const Linear::Part &part) {
    const TermTable::Term &term = terms[part.first];
    return term.kind >= TermKind::floorDiv && (term.usesRow || term.usesColumn);
  };
  for (unsigned step = 0; e && step < maxSteps; ++step) {
    e = reduced(e);
    if (llvm::none_of(e.parts, isHard)) {
      ++(isInverted ? bounds.numInverted : bounds.numLinear);
      to.push_back(e);
      return;
    }
    if (invert(e)) {
      isInverted = true;
      continue;
    }
    bounds.isExact = false;
    if (weakenColumn(e))
      continue;
    // Terms of the row only: bounds in place of them.
    Linear easy = e, hard = Linear::get(0);
    for (const Linear::Part &part : llvm::make_filter_range(e.parts, isHard)) {
      easy = terms.add(easy, terms.get(part.first), -part.second);
      hard = terms.add(hard, terms.get(part.first), part.second);
    }
    ++bounds.numWeakened;
    for (const Linear &end : boundOverRows(hard))
      if (Linear sum = terms.add(easy, end))
        to.push_back(sum);
    return;
  }
  bounds.isExact = false;
  ++bounds.numDropped;
}

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

/// Adds an end of which the largest, or the smallest, counts.
static void addEnd(const TermTable &terms, SmallVectorImpl<Linear> &ends,
                   const Linear &end, bool largestCounts) {
  auto isImplied = [&](const Linear &weak, const Linear &strong) {
    Linear difference = largestCounts ? terms.subtract(strong, weak)
                                      : terms.subtract(weak, strong);
    return difference && terms.rangeOf(difference).low >= 0;
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
  IntegerRange range = terms.rangeOf(e);
  if (range.low >= 0)
    return true;
  if (range.high < 0)
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
  for (const Linear &e : c.atoms)
    makeLinear(e, inequalities);
  // factor * row + rest >= 0, by the sign of the factor.
  KeyInterval interval;
  interval.flags = c.flags;
  SmallVector<Linear> lower, upper;
  for (Linear &e : inequalities) {
    int64_t factor = e.coefficient(TermTable::row);
    if (std::abs(factor) > 1 && e.coefficient(TermTable::column) == 0) {
      // Of the row only: a * row + x >= 0 is row + floor(x / a) >= 0.
      Linear x = terms.add(e, terms.get(TermTable::row), -factor);
      int64_t sign = factor > 0 ? 1 : -1;
      e = terms.add(terms.floorDiv(x, std::abs(factor)),
                    terms.get(TermTable::row), sign);
      if (!e)
        continue;
    }
    if (factor != 0)
      (factor > 0 ? lower : upper).push_back(e);
    else if (!addTo(interval, e))
      return std::nullopt;
  }
  unsigned numLower = lower.size(), numUpper = upper.size();
  Linear row = terms.get(TermTable::row);
  lower.push_back(terms.subtract(row, rows.first));
  upper.push_back(terms.subtract(terms.add(rows.first, rows.others), row));
  for (auto [nLow, low] : llvm::enumerate(lower))
    for (auto [nUp, up] : llvm::enumerate(upper)) {
      if (nLow == numLower && nUp == numUpper)
        continue;
      int64_t a = low.coefficient(TermTable::row);
      int64_t b = -up.coefficient(TermTable::row);
      int64_t common = std::gcd(a, b);
      Linear e = terms.add(terms.multiply(low, b / common), up, a / common);
      // Between two ends with factors there need not be an integer.
      if (!e || (a > 1 && b > 1))
        bounds.isExact = false;
      if (e && !addTo(interval, e))
        return std::nullopt;
    }
  // Is there a column between the ends?
  SmallVector<Linear, 2> last = interval.highs;
  if (rows.lastKey)
    last.push_back(rows.lastKey);
  for (const Linear &low : interval.lows)
    for (const Linear &high : last) {
      Linear difference = terms.subtract(high, low);
      IntegerRange range = difference
                               ? terms.rangeOf(difference)
                               : IntegerRange{-maxMagnitude, maxMagnitude};
      if (range.high < 0)
        return std::nullopt;
      interval.mayBeEmpty |= range.low < 0;
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
      Linear gap = terms.subtract(low, high);
      if (!gap || terms.rangeOf(gap).high > 1)
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
