//===- Helpers.h - Masks, and the tiles that they need ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_UNITTESTS_ANALYSIS_HELPERS_H
#define FOVEA_UNITTESTS_ANALYSIS_HELPERS_H

#include "fovea/Analysis/TileRanges.h"

#include "llvm/ADT/DenseMap.h"
#include "gtest/gtest.h"
#include <functional>

namespace fovea {

/// Sizes of tiles and of what they cover, and where the first element is.
struct Sizes {
  int64_t tileRows, tileKeys, rows, keys;
  int64_t firstRow = 0, firstKey = 0;
};

/// What came out for all tiles of a mask, against each of its elements.
struct Counts {
  int64_t empty = 0, full = 0, partial = 0; ///< As they are.
  int64_t emptyVisited = 0;                 ///< Empty, called partial.
  int64_t fullMasked = 0;                   ///< Full, called partial.
  int64_t wrong = 0; ///< Called empty or full, and is not; or visited twice.

  int64_t inexact() const { return emptyVisited + fullMasked; }
  void add(const Counts &other) {
    empty += other.empty;
    full += other.full;
    partial += other.partial;
    emptyVisited += other.emptyVisited;
    fullMasked += other.fullMasked;
    wrong += other.wrong;
  }
};

/// A mask with the symbols of its tiles.
class TiledMask {
public:
  TiledMask(Mask &mask, const Sizes &sizes)
      : mask(mask), first(mask.terms.addSymbol({-coordinates, coordinates})),
        others(mask.terms.addSymbol({0, sizes.tileRows - 1})),
        last(mask.terms.addSymbol({-coordinates, coordinates})),
        base(mask.terms.addSymbol({-coordinates, coordinates})),
        rows{mask.terms.get(first), mask.terms.get(others),
             mask.terms.get(last)},
        grid{mask.terms.get(base), sizes.tileKeys},
        bounds(boundTiles(mask, rows)) {}

  /// As of class TileRangeMaker.
  unsigned maxIntervals = 3;

  /// The ranges of the query tile at `row`.
  llvm::SmallVector<TileRange<int64_t>>
  rangesAt(const Sizes &sizes, int64_t row,
           std::function<int64_t(unsigned)> symbols = nullptr,
           std::function<bool(unsigned)> flags = nullptr) const {
    auto valueOf = [&](unsigned term) -> int64_t {
      if (term == first)
        return sizes.firstRow + row;
      if (term == others)
        return std::min(sizes.tileRows, sizes.rows - row) - 1;
      if (term == last)
        return sizes.firstKey + sizes.keys - 1;
      if (term == base)
        return sizes.firstKey;
      return symbols(term);
    };
    auto flagOf = [&](unsigned n) { return flags(n); };
    Numbers numbers(mask.terms, valueOf, flagOf);
    int64_t tiles = (sizes.keys + sizes.tileKeys - 1) / sizes.tileKeys;
    return TileRangeMaker<Numbers>(numbers, rows, grid, 0, tiles, maxIntervals)
        .make(bounds);
  }

  /// Compares with `isTrue` at each row and key.
  Counts compare(const Sizes &sizes,
                 llvm::function_ref<bool(int64_t, int64_t)> isTrue,
                 std::function<int64_t(unsigned)> symbols = nullptr,
                 std::function<bool(unsigned)> flags = nullptr) const {
    Counts counts;
    int64_t tiles = (sizes.keys + sizes.tileKeys - 1) / sizes.tileKeys;
    for (int64_t row = 0; row < sizes.rows; row += sizes.tileRows) {
      // 0: not visited.
      enum Class : char { empty, full, partial };
      std::vector<Class> called(tiles, empty);
      for (const auto &range : rangesAt(sizes, row, symbols, flags))
        for (int64_t tile = range.low; tile < range.high; ++tile) {
          if (tile < 0 || tile >= tiles || called[tile] != empty) {
            ++counts.wrong;
            continue;
          }
          called[tile] = range.partial ? partial : full;
        }
      for (int64_t tile = 0; tile < tiles; ++tile) {
        bool hasTrue = false, hasFalse = false;
        int64_t lastRow = std::min(row + sizes.tileRows, sizes.rows);
        int64_t lastKey = std::min((tile + 1) * sizes.tileKeys, sizes.keys);
        for (int64_t i = row; i < lastRow && !(hasTrue && hasFalse); ++i)
          for (int64_t j = tile * sizes.tileKeys; j < lastKey; ++j)
            (isTrue(sizes.firstRow + i, sizes.firstKey + j) ? hasTrue
                                                            : hasFalse) = true;
        ++(hasTrue ? (hasFalse ? counts.partial : counts.full) : counts.empty);
        if (called[tile] == partial) {
          counts.emptyVisited += !hasTrue;
          counts.fullMasked += !hasFalse;
        } else {
          counts.wrong += called[tile] == empty ? hasTrue : hasFalse;
        }
      }
    }
    return counts;
  }

  const TileBounds &getBounds() const { return bounds; }

private:
  static constexpr int64_t coordinates = int64_t(1) << 32;

  Mask &mask;
  unsigned first, others, last, base;
  TileRows rows;
  TileGrid grid;
  TileBounds bounds;
};

} // namespace fovea

#endif // FOVEA_UNITTESTS_ANALYSIS_HELPERS_H
