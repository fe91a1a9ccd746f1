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
#include <limits>

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

/// Whole tiles, by their numbers, both ends included.
struct TileBox {
  IntegerRange queries, keys;
};

class Classifier {
public:
  Classifier(const Mask &mask, const TableSizes &sizes,
             const MaskValues &values, unsigned maxSteps, TileVisitor visitor)
      : mask(mask), sizes(sizes), values(values), maxSteps(maxSteps),
        visitor(visitor) {}

  /// Gives the tiles of a box to the visitor, or appends its halves.
  void classify(const TileBox &box, std::vector<TileBox> &halves) const;
  /// Gives them with the class of one of them.
  void sample(const TileBox &box);

private:
  Box getElements(const TileBox &box) const;
  Truth evaluate(const Formula &f, const Box &box) const;
  /// Looks for an element of each kind; false if the steps are used up.
  bool search(const Box &box, bool &hasTrue, bool &hasFalse,
              unsigned &steps) const;
  /// Gives tiles with the class of a tile.
  void give(const TileBox &box, const Box &tile) const;

  const Mask &mask;
  const TableSizes &sizes;
  const MaskValues &values;
  unsigned maxSteps;
  TileVisitor visitor;
  uint64_t random = 1;
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
        return values.symbols(term);
      },
      [&](unsigned flag) {
        std::optional<bool> value = values.flags(flag);
        return !value ? Truth::unknown : *value ? Truth::always : Truth::never;
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

Box Classifier::getElements(const TileBox &box) const {
  return {{box.queries.low * sizes.tileRows,
           std::min((box.queries.high + 1) * sizes.tileRows, sizes.rows) - 1},
          {box.keys.low * sizes.tileKeys,
           std::min((box.keys.high + 1) * sizes.tileKeys, sizes.keys) - 1}};
}

void Classifier::give(const TileBox &box, const Box &tile) const {
  bool hasTrue = false, hasFalse = false;
  unsigned steps = maxSteps;
  bool isDecided = search(tile, hasTrue, hasFalse, steps);
  bool hasBoth = hasTrue && hasFalse;
  bool isGivenUp = !isDecided && !hasBoth;
  TileClass which = hasBoth || isGivenUp ? TileClass::partial
                    : hasTrue            ? TileClass::full
                                         : TileClass::empty;
  visitor(box.queries, box.keys, which, isGivenUp);
}

void Classifier::classify(const TileBox &box,
                          std::vector<TileBox> &halves) const {
  Box elements = getElements(box);
  Truth truth = evaluate(mask.formula, elements);
  if (truth != Truth::unknown)
    return visitor(box.queries, box.keys,
                   truth == Truth::always ? TileClass::full : TileClass::empty,
                   /*isGivenUp=*/false);
  int64_t numQueries = box.queries.high - box.queries.low;
  int64_t numKeys = box.keys.high - box.keys.low;
  if (numQueries == 0 && numKeys == 0)
    return give(box, elements);
  TileBox first = box, second = box;
  if (numQueries >= numKeys) {
    first.queries.high = (box.queries.low + box.queries.high) / 2;
    second.queries.low = first.queries.high + 1;
  } else {
    first.keys.high = (box.keys.low + box.keys.high) / 2;
    second.keys.low = first.keys.high + 1;
  }
  halves.push_back(first);
  halves.push_back(second);
}

void Classifier::sample(const TileBox &box) {
  // At random: the tiles of a mask may repeat at any distance.
  auto pick = [&](IntegerRange range) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    int64_t number =
        range.low + int64_t((random >> 32) % (range.high - range.low + 1));
    return IntegerRange{number, number};
  };
  IntegerRange query = pick(box.queries), key = pick(box.keys);
  give(box, getElements({query, key}));
}

bool fovea::visitTiles(const Mask &mask, const TableSizes &sizes,
                       const MaskValues &values, unsigned maxSteps,
                       size_t maxBoxes, TileVisitor visitor) {
  Classifier classifier(mask, sizes, values, maxSteps, visitor);
  std::vector<TileBox> boxes, halves;
  if (sizes.rows > 0 && sizes.keys > 0)
    boxes.push_back({{0, (sizes.rows - 1) / sizes.tileRows},
                     {0, (sizes.keys - 1) / sizes.tileKeys}});
  while (!boxes.empty() && boxes.size() <= maxBoxes) {
    for (const TileBox &box : boxes)
      classifier.classify(box, halves);
    boxes.swap(halves);
    halves.clear();
  }
  for (const TileBox &box : boxes)
    classifier.sample(box);
  return boxes.empty();
}

void TileTable::set(IntegerRange queryTiles, IntegerRange keyTiles,
                    TileClass which) {
  for (int64_t q = queryTiles.low; q <= queryTiles.high; ++q)
    for (int64_t k = keyTiles.low; k <= keyTiles.high; ++k)
      classes[q * numKeyTiles + k] = which;
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
  visitTiles(mask, sizes,
             {[&](unsigned term) {
                int64_t value = symbols(term);
                return IntegerRange{value, value};
              },
              [&](unsigned flag) { return std::optional(flags(flag)); }},
             maxSteps, std::numeric_limits<size_t>::max(),
             [&](IntegerRange queryTiles, IntegerRange keyTiles,
                 TileClass which, bool isGivenUp) {
               table.set(queryTiles, keyTiles, which);
               table.numGivenUp += isGivenUp;
             });
  return table;
}
