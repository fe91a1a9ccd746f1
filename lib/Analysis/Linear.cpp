//===- Linear.cpp - Linear expressions over quasi-affine terms ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/Linear.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace fovea;
using llvm::SmallVector;

TermTable::TermTable(IntegerRange rows, IntegerRange columns) {
  Term term{Kind::row, {}, {}};
  term.range = rows;
  term.usesRow = true;
  terms.push_back(term);
  term = Term{Kind::column, {}, {}};
  term.range = columns;
  term.usesColumn = true;
  terms.push_back(term);
}

unsigned TermTable::addSymbol(IntegerRange range) {
  Term term{Kind::symbol, {}, {}};
  term.range = range;
  terms.push_back(term);
  return terms.size() - 1;
}

Linear TermTable::get(unsigned term) const {
  Linear e = Linear::get(0);
  e.parts.push_back({term, 1});
  return e;
}

Linear TermTable::checked(Linear e) const {
  __int128 sum = e.constant < 0 ? -__int128(e.constant) : e.constant;
  for (auto [term, factor] : e.parts) {
    const IntegerRange &range = terms[term].range;
    __int128 size = std::max(std::abs(range.low), std::abs(range.high));
    sum += size * (factor < 0 ? -__int128(factor) : factor);
    if (sum >= maxMagnitude)
      return Linear();
  }
  return sum < maxMagnitude ? e : Linear();
}

Linear TermTable::add(const Linear &x, const Linear &y, int64_t factor) const {
  if (!x || !y)
    return Linear();
  Linear result = Linear::get(0);
  int64_t scaled;
  if (llvm::MulOverflow(y.constant, factor, scaled) ||
      llvm::AddOverflow(x.constant, scaled, result.constant))
    return Linear();
  auto from = x.parts.begin();
  auto copyUntil = [&](unsigned term) {
    for (; from != x.parts.end() && from->first < term; ++from)
      result.parts.push_back(*from);
  };
  for (auto [term, times] : y.parts) {
    copyUntil(term);
    if (llvm::MulOverflow(times, factor, scaled))
      return Linear();
    if (from != x.parts.end() && from->first == term) {
      if (llvm::AddOverflow(from->second, scaled, scaled))
        return Linear();
      ++from;
    }
    if (scaled != 0)
      result.parts.push_back({term, scaled});
  }
  copyUntil(terms.size());
  return checked(result);
}

Linear TermTable::intern(Term term) {
  for (const Linear *operand : {&term.a, &term.b})
    for (auto [t, factor] : operand->parts) {
      term.usesRow |= terms[t].usesRow;
      term.usesColumn |= terms[t].usesColumn;
      term.usesBranch |= terms[t].usesBranch;
    }
  for (auto [t, known] : llvm::enumerate(terms))
    if (known.kind == term.kind && known.kind >= Kind::floorDiv &&
        known.divisor == term.divisor && known.condition == term.condition &&
        known.a == term.a && known.b == term.b)
      return get(t);
  terms.push_back(std::move(term));
  return get(terms.size() - 1);
}

Linear TermTable::floorDiv(const Linear &x, int64_t divisor) {
  if (!x || divisor == 1)
    return x;
  // x = divisor * whole + rest: whole + floor(rest / divisor).
  Linear whole = Linear::get(fovea::floorDiv(x.constant, divisor));
  Linear rest = Linear::get(x.constant - whole.constant * divisor);
  int64_t common = divisor;
  for (auto [term, factor] : x.parts) {
    // Multiples only: a term that stays on both sides is hard to bound.
    if (factor % divisor == 0)
      whole.parts.push_back({term, factor / divisor});
    else
      rest.parts.push_back({term, factor});
    common = std::gcd(common, factor);
  }
  rest = checked(rest);
  if (!rest)
    return rest;
  IntegerRange range = rangeOf(rest);
  int64_t low = fovea::floorDiv(range.low, divisor);
  int64_t high = fovea::floorDiv(range.high, divisor);
  if (low == high)
    return add(whole, low);
  // A factor common to the terms and the divisor cancels.
  rest.constant = fovea::floorDiv(rest.constant, common);
  for (auto &[term, factor] : rest.parts)
    factor /= common;
  if (divisor == common)
    return add(whole, rest);
  divisor /= common;
  Term term{Kind::floorDiv, rest, {}, divisor};
  term.range = {low, high};
  if (rest.parts.front().second > 0)
    return add(whole, intern(term));
  // One form for x and -x: floor(-x / d) is -floor((x + d - 1) / d).
  term.a = add(multiply(rest, -1), divisor - 1);
  term.range = {-high, -low};
  return term.a ? add(whole, intern(term), -1) : term.a;
}

Linear TermTable::mod(const Linear &x, int64_t divisor) {
  if (!x)
    return x;
  Linear rest =
      Linear::get(x.constant - fovea::floorDiv(x.constant, divisor) * divisor);
  for (auto [term, factor] : x.parts) {
    int64_t left = factor - fovea::floorDiv(factor, divisor) * divisor;
    // Of two remainders the one of smaller magnitude.
    if (left > divisor / 2)
      left -= divisor;
    if (left != 0)
      rest.parts.push_back({term, left});
  }
  rest = checked(rest);
  if (!rest)
    return rest;
  IntegerRange range = rangeOf(rest);
  int64_t low = fovea::floorDiv(range.low, divisor);
  if (low == fovea::floorDiv(range.high, divisor))
    return add(rest, -low * divisor);
  Term term{Kind::mod, rest, {}, divisor};
  term.range = {0, divisor - 1};
  return intern(term);
}

Linear TermTable::minimum(const Linear &x, const Linear &y) {
  if (!x || !y)
    return Linear();
  Term term{Kind::minimum, x, y};
  term.usesBranch = true;
  IntegerRange a = rangeOf(x), b = rangeOf(y);
  term.range = {std::min(a.low, b.low), std::min(a.high, b.high)};
  return intern(term);
}

Linear TermTable::maximum(const Linear &x, const Linear &y) {
  if (!x || !y)
    return Linear();
  Term term{Kind::maximum, x, y};
  term.usesBranch = true;
  IntegerRange a = rangeOf(x), b = rangeOf(y);
  term.range = {std::max(a.low, b.low), std::max(a.high, b.high)};
  return intern(term);
}

Linear TermTable::choice(unsigned condition, const Linear &x, const Linear &y) {
  if (!x || !y)
    return Linear();
  Term term{Kind::choice, x, y, 1, condition};
  // What its condition uses is not known here.
  term.usesRow = term.usesColumn = term.usesBranch = true;
  IntegerRange a = rangeOf(x), b = rangeOf(y);
  term.range = {std::min(a.low, b.low), std::max(a.high, b.high)};
  return intern(term);
}

Linear TermTable::replace(const Linear &e, unsigned term, const Linear &by) {
  Linear result = Linear::get(e.constant);
  for (auto [t, factor] : e.parts) {
    Linear value = get(t);
    // Terms hold older ones only.
    if (t == term) {
      value = by;
    } else if (t > term && terms[t].kind >= Kind::floorDiv) {
      Term old = terms[t];
      Linear a = replace(old.a, term, by);
      switch (old.kind) {
      case Kind::floorDiv:
        value = floorDiv(a, old.divisor);
        break;
      case Kind::mod:
        value = mod(a, old.divisor);
        break;
      case Kind::minimum:
        value = minimum(a, replace(old.b, term, by));
        break;
      case Kind::maximum:
        value = maximum(a, replace(old.b, term, by));
        break;
      default:
        value = choice(old.condition, a, replace(old.b, term, by));
      }
    }
    result = add(result, value, factor);
  }
  return result;
}

IntegerRange TermTable::rangeOf(const Linear &e) const {
  IntegerRange range{e.constant, e.constant};
  for (auto [term, factor] : e.parts) {
    const IntegerRange &part = terms[term].range;
    range.low += factor * (factor > 0 ? part.low : part.high);
    range.high += factor * (factor > 0 ? part.high : part.low);
  }
  return range;
}

/// A number that e is never below: that of its range, or a larger one from what
/// is known of floor divisions.
int64_t TermTable::lowestOf(const Linear &e, unsigned depth) const {
  int64_t lowest = rangeOf(e).low;
  if (depth == 0 || lowest >= 0)
    return lowest;
  auto tryBound = [&](const Linear &weaker, int64_t more) {
    if (weaker && lowest < 0)
      lowest = std::max(lowest, lowestOf(weaker, depth - 1) + more);
  };
  for (auto [t, factor] : e.parts) {
    const Term &term = terms[t];
    if (term.kind != Kind::floorDiv)
      continue;
    Linear rest = add(e, get(t), -factor);
    // x - d + 1 <= d * floor(x / d) <= x
    if (factor % term.divisor == 0) {
      int64_t times = factor / term.divisor;
      tryBound(add(rest, term.a, times),
               factor > 0 ? -times * (term.divisor - 1) : 0);
    }
    // floor(x / d) - floor(y / d) >= floor((x - y) / d)
    for (auto [other, negative] : rest.parts) {
      const Term &down = terms[other];
      if (factor < 0 || negative > 0 || down.kind != Kind::floorDiv ||
          down.divisor != term.divisor)
        continue;
      int64_t times = std::min(factor, -negative);
      if (Linear difference = subtract(term.a, down.a))
        tryBound(add(add(e, get(t), -times), get(other), times),
                 times * fovea::floorDiv(lowestOf(difference, depth - 1),
                                         term.divisor));
    }
  }
  return lowest;
}

bool TermTable::isNotNegative(const Linear &e) const {
  return e && rangeOf(e).high >= 0 && lowestOf(e, /*depth=*/2) >= 0;
}

bool TermTable::usesRow(const Linear &e) const {
  return llvm::any_of(
      e.parts, [&](const Linear::Part &p) { return terms[p.first].usesRow; });
}

bool TermTable::usesColumn(const Linear &e) const {
  return llvm::any_of(e.parts, [&](const Linear::Part &p) {
    return terms[p.first].usesColumn;
  });
}

int64_t
TermTable::evaluate(const Linear &e,
                    llvm::function_ref<int64_t(unsigned)> valueOf) const {
  int64_t sum = e.constant;
  for (auto [t, factor] : e.parts) {
    const Term &term = terms[t];
    if (term.kind < Kind::floorDiv) {
      sum += factor * valueOf(t);
      continue;
    }
    int64_t a = evaluate(term.a, valueOf);
    int64_t quotient = fovea::floorDiv(a, term.divisor);
    sum += factor * (term.kind == Kind::floorDiv ? quotient
                                                 : a - quotient * term.divisor);
  }
  return sum;
}

void TermTable::print(llvm::raw_ostream &os, const Linear &e,
                      llvm::function_ref<std::string(unsigned)> nameOf) const {
  bool first = true;
  for (auto [t, factor] : e.parts) {
    if (factor < 0)
      os << (first ? "-" : " - ");
    else if (!first)
      os << " + ";
    first = false;
    if (std::abs(factor) != 1)
      os << std::abs(factor) << " * ";
    const Term &term = terms[t];
    if (term.kind < Kind::floorDiv) {
      os << nameOf(t);
      continue;
    }
    bool isName = term.a.constant == 0 && term.a.parts.size() == 1 &&
                  term.a.parts[0].second == 1;
    os << (isName ? "(" : "((");
    print(os, term.a, nameOf);
    os << (isName ? "" : ")")
       << (term.kind == Kind::floorDiv ? " floordiv " : " mod ") << term.divisor
       << ")";
  }
  if (first)
    os << e.constant;
  else if (e.constant != 0)
    os << (e.constant < 0 ? " - " : " + ") << std::abs(e.constant);
}
