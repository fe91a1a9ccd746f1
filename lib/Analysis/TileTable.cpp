//===- TileTable.cpp - Classes of tiles, one by one -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/TileTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace fovea;
using TermKind = TermTable::Kind;

namespace {

/// Rows and columns, both ends included.
struct Box {
  IntegerRange rows, columns;
  bool isElement() const {
    return rows.low == rows.high && columns.low == columns.high;
  }
};

/// What a condition is over a box.
enum class Truth : char { never, always, unknown };

class Classifier {
public:
  Classifier(const Mask &mask, const TableSizes &sizes,
             llvm::function_ref<int64_t(unsigned)> symbols,
             llvm::function_ref<bool(unsigned)> flags, unsigned maxSteps,
             TileTable &table)
      : mask(mask), sizes(sizes), symbols(symbols), flags(flags),
        maxSteps(maxSteps), table(table) {}

  /// A box of whole tiles, given by their numbers.
  void classify(IntegerRange queryTiles, IntegerRange keyTiles);

private:
  Truth evaluate(const Formula &f, const Box &box) const;
  /// Looks for an element of each kind; false if the steps are used up.
  bool search(const Box &box, bool &hasTrue, bool &hasFalse,
              unsigned &steps) const;

  const Mask &mask;
  const TableSizes &sizes;
  llvm::function_ref<int64_t(unsigned)> symbols;
  llvm::function_ref<bool(unsigned)> flags;
  unsigned maxSteps;
  TileTable &table;
};

} // namespace

static IntegerRange
getRange(const TermTable &terms, const Linear &e,
         llvm::function_ref<IntegerRange(unsigned)> rangeOf) {
  IntegerRange sum{e.constant, e.constant};
  for (auto [t, factor] : e.parts) {
    const TermTable::Term &term = terms[t];
    IntegerRange range;
    if (term.kind < TermKind::floorDiv) {
      range = rangeOf(t);
    } else {
      IntegerRange x = getRange(terms, term.a, rangeOf);
      int64_t d = term.divisor;
      range = {floorDiv(x.low, d), floorDiv(x.high, d)};
      if (term.kind == TermKind::mod)
        range = range.low == range.high ? IntegerRange{x.low - range.low * d,
                                                       x.high - range.low * d}
                                        : IntegerRange{0, d - 1};
    }
    sum.low += factor * (factor > 0 ? range.low : range.high);
    sum.high += factor * (factor > 0 ? range.high : range.low);
  }
  return sum;
}

static Truth getTruth(const TermTable &terms, const Formula &f,
                      llvm::function_ref<IntegerRange(unsigned)> rangeOf,
                      llvm::function_ref<Truth(unsigned)> flagOf) {
  auto known = [](bool value) { return value ? Truth::always : Truth::never; };
  switch (f.kind) {
  case Formula::Kind::always:
  case Formula::Kind::never:
    return known(f.kind == Formula::Kind::always);
  case Formula::Kind::unknown:
    return Truth::unknown;
  case Formula::Kind::flag: {
    Truth truth = flagOf(f.flag);
    return truth == Truth::unknown
               ? truth
               : known((truth == Truth::always) != f.negated);
  }
  case Formula::Kind::atLeastZero: {
    IntegerRange range = getRange(terms, f.e, rangeOf);
    return range.low >= 0   ? Truth::always
           : range.high < 0 ? Truth::never
                            : Truth::unknown;
  }
  case Formula::Kind::all:
  case Formula::Kind::any: {
    Truth decisive = known(f.kind == Formula::Kind::any);
    Truth result = known(f.kind == Formula::Kind::all);
    for (const Formula &part : f.parts) {
      Truth truth = getTruth(terms, part, rangeOf, flagOf);
      if (truth == decisive)
        return decisive;
      if (truth == Truth::unknown)
        result = Truth::unknown;
    }
    return result;
  }
  }
  return Truth::unknown;
}

Truth Classifier::evaluate(const Formula &f, const Box &box) const {
  return getTruth(
      mask.terms, f,
      [&](unsigned term) {
        if (term == TermTable::row)
          return box.rows;
        if (term == TermTable::column)
          return box.columns;
        int64_t value = symbols(term);
        return IntegerRange{value, value};
      },
      [&](unsigned flag) {
        return flags(flag) ? Truth::always : Truth::never;
      });
}

TileClass
fovea::classifyBox(const Mask &mask,
                   llvm::function_ref<IntegerRange(unsigned)> rangeOf) {
  switch (getTruth(mask.terms, mask.formula, rangeOf,
                   [](unsigned) { return Truth::unknown; })) {
  case Truth::always:
    return TileClass::full;
  case Truth::never:
    return TileClass::empty;
  case Truth::unknown:
    return TileClass::partial;
  }
  return TileClass::partial;
}

bool Classifier::search(const Box &box, bool &hasTrue, bool &hasFalse,
                        unsigned &steps) const {
  if (steps == 0)
    return false;
  --steps;
  Truth truth = evaluate(mask.formula, box);
  if (truth != Truth::unknown) {
    (truth == Truth::always ? hasTrue : hasFalse) = true;
    return true;
  }
  if (box.isElement())
    return false; // A part of the formula is unknown.
  int64_t row = (box.rows.low + box.rows.high) / 2;
  int64_t column = (box.columns.low + box.columns.high) / 2;
  Truth middle = evaluate(mask.formula, {{row, row}, {column, column}});
  hasTrue |= middle == Truth::always;
  hasFalse |= middle == Truth::never;
  Box first = box, second = box;
  if (box.rows.high - box.rows.low >= box.columns.high - box.columns.low) {
    first.rows.high = row;
    second.rows.low = row + 1;
  } else {
    first.columns.high = column;
    second.columns.low = column + 1;
  }
  for (const Box &half : {first, second}) {
    if (hasTrue && hasFalse)
      return true;
    if (!search(half, hasTrue, hasFalse, steps))
      return false;
  }
  return true;
}

void Classifier::classify(IntegerRange queryTiles, IntegerRange keyTiles) {
  Box box{{queryTiles.low * sizes.tileRows,
           std::min((queryTiles.high + 1) * sizes.tileRows, sizes.rows) - 1},
          {keyTiles.low * sizes.tileKeys,
           std::min((keyTiles.high + 1) * sizes.tileKeys, sizes.keys) - 1}};
  auto set = [&](TileClass value) {
    for (int64_t q = queryTiles.low; q <= queryTiles.high; ++q)
      for (int64_t k = keyTiles.low; k <= keyTiles.high; ++k)
        table.classes[q * table.numKeyTiles + k] = value;
  };
  Truth truth = evaluate(mask.formula, box);
  if (truth != Truth::unknown)
    return set(truth == Truth::always ? TileClass::full : TileClass::empty);
  int64_t numQueries = queryTiles.high - queryTiles.low;
  int64_t numKeys = keyTiles.high - keyTiles.low;
  if (numQueries == 0 && numKeys == 0) {
    bool hasTrue = false, hasFalse = false;
    unsigned steps = maxSteps;
    bool isDecided = search(box, hasTrue, hasFalse, steps);
    if (isDecided && !(hasTrue && hasFalse))
      set(hasTrue ? TileClass::full : TileClass::empty);
    table.numGivenUp += !isDecided && !(hasTrue && hasFalse);
    return;
  }
  if (numQueries >= numKeys) {
    int64_t middle = (queryTiles.low + queryTiles.high) / 2;
    classify({queryTiles.low, middle}, keyTiles);
    classify({middle + 1, queryTiles.high}, keyTiles);
  } else {
    int64_t middle = (keyTiles.low + keyTiles.high) / 2;
    classify(queryTiles, {keyTiles.low, middle});
    classify(queryTiles, {middle + 1, keyTiles.high});
  }
}

int64_t TileTable::count(TileClass which) const {
  return llvm::count(classes, which);
}

TileTable fovea::classifyTiles(const Mask &mask, const TableSizes &sizes,
                               llvm::function_ref<int64_t(unsigned)> symbols,
                               llvm::function_ref<bool(unsigned)> flags,
                               unsigned maxSteps) {
  TileTable table;
  int64_t numQueryTiles = llvm::divideCeil(sizes.rows, sizes.tileRows);
  table.numKeyTiles = llvm::divideCeil(sizes.keys, sizes.tileKeys);
  table.classes.resize(numQueryTiles * table.numKeyTiles, TileClass::partial);
  if (!table.classes.empty())
    Classifier(mask, sizes, symbols, flags, maxSteps, table)
        .classify({0, numQueryTiles - 1}, {0, table.numKeyTiles - 1});
  return table;
}
