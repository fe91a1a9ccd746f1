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

void TileCounts::add(const TileCounts &other) {
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

/// Boxes inside of all tiles of a table, about: a second or two at worst.
static constexpr int64_t maxBoxes = int64_t(1) << 24;

TileTable MaskRanges::classify(int64_t b, int64_t h) const {
  int64_t numTiles = llvm::divideCeil(extents.queries, tiles.queries) *
                     llvm::divideCeil(extents.keys, tiles.keys);
  return classifyTiles(
      translation.mask,
      {tiles.queries, tiles.keys, extents.queries, extents.keys},
      [&](unsigned term) { return symbolOf(term, b, h); },
      [](unsigned) { return false; },
      /*maxSteps=*/std::clamp<int64_t>(maxBoxes / numTiles, 256, 8192));
}

TileCounts MaskRanges::count(int64_t b, int64_t h) const {
  int64_t numTiles = llvm::divideCeil(extents.keys, tiles.keys);
  TileGrid grid{Linear::get(0), tiles.keys};
  TileCounts counts;
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
    int64_t visited = 0;
    for (const auto &range :
         TileRangeMaker<Numbers>(numbers, rows, grid, 0, numTiles)
             .make(bounds)) {
      int64_t size = std::max<int64_t>(range.high - range.low, 0);
      (range.partial ? counts.partial : counts.full) += size;
      visited += size;
    }
    counts.empty += numTiles - visited;
  }
  // The table gives up tiles, too.
  if (counts.partial != 0 && counts.all() <= maxTable)
    counts.inVain = std::max<int64_t>(
        counts.partial - classify(b, h).count(TileClass::partial), 0);
  return counts;
}

std::optional<TileCounts> MaskRanges::count() const {
  if (!isKnown())
    return std::nullopt;
  TileCounts counts;
  for (int64_t b = 0; b < (dependsOn(0) ? extents.batch : 1); ++b)
    for (int64_t h = 0; h < (dependsOn(1) ? extents.heads : 1); ++h)
      counts.add(count(b, h));
  return counts;
}
