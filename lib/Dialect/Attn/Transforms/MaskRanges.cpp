//===- MaskRanges.cpp - Ranges of key tiles in closed form ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskRanges.h"

#include "fovea/Analysis/TileRanges.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

void RangeCounts::add(const RangeCounts &other) {
  empty += other.empty;
  full += other.full;
  partial += other.partial;
  inVain += other.inVain;
}

/// Whether rows and keys begin at 0.
static bool isPlaced(ScoreOpInterface op) {
  return op.getOrigin().empty() && op.getStarts().empty();
}

MaskRanges::MaskRanges(ScoreOpInterface op, TileExtents tiles)
    : mask(op.getMask()), extents(op), tiles(tiles),
      coordinates(isPlaced(op) ? IntegerRange{0, maxExtent - 1}
                               : IntegerRange{-maxCoordinate, maxCoordinate}),
      source(mask), translation(coordinates, coordinates) {
  TermTable &terms = translation.mask.terms;
  translateMask(mask.front().getTerminator()->getOperand(0), source,
                translation);
  first = terms.addSymbol(coordinates);
  rows.first = terms.get(first);
  if (extents.queries > 0 && extents.queries % tiles.queries == 0) {
    rows.others = Linear::get(tiles.queries - 1);
  } else {
    others = terms.addSymbol({0, tiles.queries - 1});
    rows.others = terms.get(others);
  }
  if (extents.keys > 0 && isPlaced(op) && op.getLengths().empty())
    rows.lastKey = Linear::get(extents.keys - 1);
  bounds = boundTiles(translation.mask, rows);
  known = rows.lastKey && extents.queries > 0 && extents.batch > 0 &&
          extents.heads > 0 && translation.flags.empty() &&
          llvm::all_of(translation.symbols, [&](const auto &symbol) {
            return symbol.second.value == mask.getArgument(0) ||
                   symbol.second.value == mask.getArgument(1);
          });
}

bool MaskRanges::dependsOn(unsigned argument) const {
  return llvm::any_of(translation.symbols, [&](const auto &symbol) {
    return symbol.second.value == mask.getArgument(argument);
  });
}

bool MaskRanges::mayVisitInVain() const {
  auto isMany = [](const std::vector<KeyInterval> &intervals) {
    return llvm::count_if(intervals, [](const KeyInterval &interval) {
             return !interval.lows.empty() && !interval.highs.empty();
           }) > defaultMaxIntervals;
  };
  return !bounds.isExact || isMany(bounds.mayBeTrue) ||
         isMany(bounds.mayBeFalse);
}

int64_t MaskRanges::symbolOf(unsigned term, int64_t b, int64_t h) const {
  auto at = translation.symbols.find(term);
  return at->second.value == mask.getArgument(0) ? b : h;
}

TileTable MaskRanges::classify(int64_t b, int64_t h, unsigned maxSteps) const {
  return classifyTiles(
      translation.mask,
      {tiles.queries, tiles.keys, extents.queries, extents.keys},
      [&](unsigned term) { return symbolOf(term, b, h); },
      [](unsigned) { return false; }, maxSteps);
}

void MaskRanges::visit(
    int64_t b, int64_t h,
    llvm::function_ref<void(int64_t, int64_t, int64_t, bool)> take) const {
  int64_t numTiles = llvm::divideCeil(extents.keys, tiles.keys);
  TileGrid grid{Linear::get(0), tiles.keys};
  for (int64_t row = 0; row < extents.queries; row += tiles.queries) {
    auto valueOf = [&](unsigned term) -> int64_t {
      if (term == first)
        return row;
      if (others != 0 && term == others)
        return std::min(tiles.queries, extents.queries - row) - 1;
      return symbolOf(term, b, h);
    };
    auto flagOf = [](unsigned) { return false; };
    Numbers numbers(translation.mask.terms, valueOf, flagOf);
    for (const auto &range :
         TileRangeMaker<Numbers>(numbers, rows, grid, 0, numTiles).make(bounds))
      if (range.low < range.high)
        take(row / tiles.queries, range.low, range.high, range.partial);
  }
}

std::optional<RangeCounts> MaskRanges::count() const {
  if (!isKnown())
    return std::nullopt;
  RangeCounts counts;
  for (int64_t b = 0; b < (dependsOn(0) ? extents.batch : 1); ++b)
    for (int64_t h = 0; h < (dependsOn(1) ? extents.heads : 1); ++h) {
      RangeCounts here;
      visit(b, h, [&](int64_t, int64_t low, int64_t high, bool partial) {
        (partial ? here.partial : here.full) += high - low;
      });
      int64_t all = llvm::divideCeil(extents.queries, tiles.queries) *
                    llvm::divideCeil(extents.keys, tiles.keys);
      here.empty = all - here.full - here.partial;
      // The table gives up tiles, too.
      if (here.partial != 0 && all <= maxTable)
        here.inVain = std::max<int64_t>(
            here.partial -
                classify(b, h, /*maxSteps=*/256).count(TileClass::partial),
            0);
      counts.add(here);
    }
  return counts;
}
