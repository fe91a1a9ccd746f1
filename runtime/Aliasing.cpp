//===- Aliasing.cpp - Whether arrays share memory -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Aliasing.h"

#include <algorithm>
#include <cstdlib>

using namespace fovea::runtime;

namespace {

/// A sum of terms step * n, 0 <= n <= most; the largest step comes first.
class Sums {
public:
  /// Returns false if there is no room for another term.
  bool add(int64_t step, int64_t most);
  bool addDimensions(const Span &span);
  bool overlaps() const;
  /// Whether some sum is `target`.
  bool reaches(int64_t target);

private:
  struct Term {
    int64_t step, most;
  };
  bool search(int term, int64_t target, int64_t rest);

  static constexpr int maxTerms = 32;
  Term terms[maxTerms];
  int count = 0;
  /// A search that takes more steps than this is given up.
  int budget = 20000;
};

} // namespace

bool Sums::add(int64_t step, int64_t most) {
  int place = 0;
  while (place < count && terms[place].step > step)
    ++place;
  if (place < count && terms[place].step == step) {
    terms[place].most += most;
    return true;
  }
  if (count == maxTerms)
    return false;
  std::move_backward(terms + place, terms + count, terms + count + 1);
  terms[place] = {step, most};
  ++count;
  return true;
}

bool Sums::addDimensions(const Span &span) {
  for (int64_t axis = 0; axis < span.rank; ++axis)
    if (span.sizes[axis] > 1 && span.strides[axis] != 0 &&
        !add(std::abs(span.strides[axis]) * span.bytes, span.sizes[axis] - 1))
      return false;
  return true;
}

bool Sums::search(int term, int64_t target, int64_t rest) {
  if (term == count)
    return target == 0;
  auto [step, most] = terms[term];
  rest -= step * most;
  int64_t missing = target - rest;
  int64_t least = missing > 0 ? (missing + step - 1) / step : 0;
  for (int64_t n = std::min(most, target / step); n >= least; --n)
    if (--budget < 0 || search(term + 1, target - n * step, rest))
      return true;
  return false;
}

bool Sums::reaches(int64_t target) {
  int64_t total = 0;
  for (int n = 0; n < count; ++n)
    total += terms[n].step * terms[n].most;
  return target >= 0 && target <= total && search(0, target, total);
}

bool fovea::runtime::shareMemory(const Span &a, const Span &b) {
  if (a.last < a.first || b.last < b.first || a.last < b.first ||
      b.last < a.first)
    return false;
  // A byte of a is a.first and steps up, one of b is b.last and steps down.
  Sums sums;
  if (!sums.addDimensions(a) || !sums.addDimensions(b) ||
      !sums.add(1, a.bytes + b.bytes - 2))
    return true;
  return sums.reaches(static_cast<int64_t>(b.last - a.first));
}

bool Sums::overlaps() const {
  int64_t reach = 0;
  for (int n = count; n-- > 0;) {
    if (terms[n].step <= reach)
      return true;
    reach += terms[n].step * terms[n].most;
  }
  return false;
}

bool fovea::runtime::overlapsItself(const Span &a) {
  if (a.last < a.first)
    return false;
  for (int64_t axis = 0; axis < a.rank; ++axis) {
    if (a.sizes[axis] <= 1)
      continue;
    for (int64_t other = 0; other < axis; ++other)
      if (a.sizes[other] > 1 &&
          std::abs(a.strides[other]) == std::abs(a.strides[axis]))
        return true;
    if (a.strides[axis] == 0)
      return true;
  }
  Sums sums;
  return !sums.addDimensions(a) || (a.bytes > 1 && !sums.add(1, a.bytes - 1)) ||
         sums.overlaps();
}
