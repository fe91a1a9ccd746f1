//===- Mask.h - Masks as formulas -------------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A mask is a formula: inequalities of linear expressions and flags, which are
// the same for a work item, joined by and and or. Negation is pushed to them.
// What cannot be expressed is `unknown`: it may be true, and it may be false.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_MASK_H
#define FOVEA_ANALYSIS_MASK_H

#include "fovea/Analysis/Linear.h"

namespace fovea {

struct Formula {
  enum class Kind {
    always,
    never,
    unknown,
    atLeastZero, ///< e >= 0
    flag,        ///< flag, or not flag
    all,         ///< every part
    any          ///< some part
  };

  Formula(Kind kind = Kind::unknown) : kind(kind) {}

  Kind kind;
  Linear e;
  unsigned flag = 0;
  bool negated = false;
  std::vector<Formula> parts;
  unsigned size = 1; ///< Nodes.
};

/// The terms of a mask, and its formula as it is built.
class Mask {
public:
  Mask(IntegerRange rows, IntegerRange columns) : terms(rows, columns) {}

  TermTable terms;
  Formula formula;

  /// e >= 0; minima, maxima and choices in e become formulas.
  Formula atLeastZero(const Linear &e);
  /// x <= y
  Formula lessEqual(const Linear &x, const Linear &y) {
    return atLeastZero(terms.subtract(y, x));
  }
  Formula equal(const Linear &x, const Linear &y) {
    return all(lessEqual(x, y), lessEqual(y, x));
  }
  /// x where the condition holds, and y elsewhere.
  Linear select(const Formula &condition, const Linear &x, const Linear &y);

  static Formula flag(unsigned number);
  static Formula all(Formula x, Formula y) {
    return join(Formula::Kind::all, std::move(x), std::move(y));
  }
  static Formula any(Formula x, Formula y) {
    return join(Formula::Kind::any, std::move(x), std::move(y));
  }
  Formula negate(const Formula &f) const;

  void print(llvm::raw_ostream &os, const Formula &f,
             llvm::function_ref<std::string(unsigned)> nameOf) const;

private:
  static Formula join(Formula::Kind kind, Formula x, Formula y);

  std::vector<Formula> conditions; ///< Of choices.
  unsigned numBranches = 0;        ///< That became formulas.
};

} // namespace fovea

#endif // FOVEA_ANALYSIS_MASK_H
