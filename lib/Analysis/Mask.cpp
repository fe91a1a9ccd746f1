//===- Mask.cpp - Masks as formulas ---------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/Mask.h"

#include "llvm/ADT/STLExtras.h"

using namespace fovea;
using Kind = Formula::Kind;
using TermKind = TermTable::Kind;

/// Larger formulas are unknown.
static constexpr unsigned maxFormula = 1024;
/// Branches of expressions that become formulas; each doubles one.
static constexpr unsigned maxBranches = 256;

Formula Mask::join(Kind kind, Formula x, Formula y) {
  Kind neutral = kind == Kind::all ? Kind::always : Kind::never;
  Kind absorbing = kind == Kind::all ? Kind::never : Kind::always;
  if (x.kind == neutral || y.kind == absorbing)
    return y;
  if (y.kind == neutral || x.kind == absorbing)
    return x;
  Formula result(kind);
  result.size = x.size + y.size + 1;
  if (result.size > maxFormula)
    return Formula();
  for (Formula *part : {&x, &y}) {
    if (part->kind == kind)
      llvm::append_range(result.parts, std::move(part->parts));
    else
      result.parts.push_back(std::move(*part));
  }
  return result;
}

Formula Mask::flag(unsigned number) {
  Formula f(Kind::flag);
  f.flag = number;
  return f;
}

Formula Mask::negate(const Formula &f) const {
  switch (f.kind) {
  case Kind::always:
    return Kind::never;
  case Kind::never:
    return Kind::always;
  case Kind::unknown:
    return f;
  case Kind::atLeastZero: {
    // Not e >= 0 is -e - 1 >= 0.
    Formula result(Kind::atLeastZero);
    result.e = terms.add(terms.multiply(f.e, -1), -1);
    return result.e ? result : Formula();
  }
  case Kind::flag: {
    Formula result = f;
    result.negated = !f.negated;
    return result;
  }
  case Kind::all:
  case Kind::any: {
    Formula result = f;
    result.kind = f.kind == Kind::all ? Kind::any : Kind::all;
    for (Formula &part : result.parts)
      part = negate(part);
    return result;
  }
  }
  return Formula();
}

namespace {
/// A branch of an expression, and whether the expression rises (1) or falls
/// (-1) with it; 0 if neither is known.
struct Branch {
  unsigned term;
  int direction;
};
} // namespace

/// An innermost branch: its operands have none.
static std::optional<Branch> findBranch(const TermTable &terms, const Linear &e,
                                        int direction) {
  for (auto [t, factor] : e.parts) {
    const TermTable::Term &term = terms[t];
    if (!term.usesBranch)
      continue;
    int here = factor > 0 ? direction : -direction;
    switch (term.kind) {
    case TermKind::mod:
      return findBranch(terms, term.a, 0);
    case TermKind::floorDiv:
      return findBranch(terms, term.a, here);
    default:
      for (const Linear *operand : {&term.a, &term.b})
        if (std::optional<Branch> inner = findBranch(terms, *operand, here))
          return Branch{inner->term,
                        term.kind == TermKind::choice ? 0 : inner->direction};
      return Branch{t, here};
    }
  }
  return std::nullopt;
}

/// Whether the term occurs once, so that its direction is that of all.
static unsigned countTerm(const TermTable &terms, const Linear &e,
                          unsigned term, unsigned fuel = 64) {
  unsigned count = 0;
  for (auto [t, factor] : e.parts) {
    if (t == term)
      ++count;
    else if (t > term && terms[t].usesBranch)
      count += fuel == 0 ? 2
                         : countTerm(terms, terms[t].a, term, fuel - 1) +
                               countTerm(terms, terms[t].b, term, fuel - 1);
    if (count > 1)
      break;
  }
  return count;
}

Formula Mask::atLeastZero(const Linear &e) {
  if (!e)
    return Formula();
  IntegerRange range = terms.rangeOf(e);
  if (range.low >= 0)
    return Kind::always;
  if (range.high < 0)
    return Kind::never;
  std::optional<Branch> branch = findBranch(terms, e, 1);
  if (!branch) {
    Formula f(Kind::atLeastZero);
    f.e = e;
    return f;
  }
  if (++numBranches > maxBranches)
    return Formula();
  TermTable::Term term = terms[branch->term];
  Formula a = atLeastZero(terms.replace(e, branch->term, term.a));
  Formula b = atLeastZero(terms.replace(e, branch->term, term.b));
  int direction =
      countTerm(terms, e, branch->term) == 1 ? branch->direction : 0;
  if (term.kind != TermKind::choice && direction != 0) {
    bool isLargest = (term.kind == TermKind::maximum) == (direction > 0);
    return isLargest ? any(std::move(a), std::move(b))
                     : all(std::move(a), std::move(b));
  }
  Formula condition;
  if (term.kind == TermKind::choice)
    condition = conditions[term.condition];
  else if (term.kind == TermKind::maximum)
    condition = lessEqual(term.b, term.a);
  else
    condition = lessEqual(term.a, term.b);
  Formula other = negate(condition);
  return any(all(std::move(condition), std::move(a)),
             all(std::move(other), std::move(b)));
}

Linear Mask::select(const Formula &condition, const Linear &x,
                    const Linear &y) {
  switch (condition.kind) {
  case Kind::always:
    return x;
  case Kind::never:
    return y;
  default:
    conditions.push_back(condition);
    return terms.choice(conditions.size() - 1, x, y);
  }
}

void Mask::print(llvm::raw_ostream &os, const Formula &f,
                 llvm::function_ref<std::string(unsigned)> nameOf) const {
  switch (f.kind) {
  case Kind::always:
    os << "true";
    return;
  case Kind::never:
    os << "false";
    return;
  case Kind::unknown:
    os << "?";
    return;
  case Kind::atLeastZero:
    terms.print(os, f.e, nameOf);
    os << " >= 0";
    return;
  case Kind::flag:
    os << (f.negated ? "not flag" : "flag") << f.flag;
    return;
  case Kind::all:
  case Kind::any:
    os << "(";
    llvm::interleave(
        f.parts, [&](const Formula &part) { print(os, part, nameOf); },
        [&] { os << (f.kind == Kind::all ? " and " : " or "); });
    os << ")";
    return;
  }
}
