//===- TileTable.h - Classes of tiles, one by one ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For known sizes and symbols: the class of every tile, by interval arithmetic
// on the formula over boxes of elements. A box that is decided decides all its
// tiles; another one is halved. Tiles that are left undecided are halved
// further and tried in the middle, up to a number of steps, and are then
// partial.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_TILETABLE_H
#define FOVEA_ANALYSIS_TILETABLE_H

#include "fovea/Analysis/Mask.h"

#include <optional>

namespace fovea {

enum class TileClass : char { empty, full, partial };

/// Extents, of tiles and of all rows and keys; coordinates start at 0.
struct TableSizes {
  int64_t tileRows, tileKeys, rows, keys;
};

struct TileTable {
  int64_t numKeyTiles = 0;
  std::vector<TileClass> classes; ///< By query tile, then by key tile.
  int64_t numGivenUp = 0;         ///< Partial for want of steps.

  TileClass at(int64_t queryTile, int64_t keyTile) const {
    return classes[queryTile * numKeyTiles + keyTile];
  }
  /// Says the class of a box of tiles.
  void set(IntegerRange queryTiles, IntegerRange keyTiles, TileClass which);
  int64_t count(TileClass which) const;
};

/// Classifies all tiles, with at most `maxSteps` boxes inside of each.
TileTable classifyTiles(const Mask &mask, const TableSizes &sizes,
                        llvm::function_ref<int64_t(unsigned)> symbols,
                        llvm::function_ref<bool(unsigned)> flags,
                        unsigned maxSteps = 256);

/// What is known of a mask's symbols, a range for each, and flags.
struct MaskValues {
  llvm::function_ref<IntegerRange(unsigned)> symbols;
  llvm::function_ref<std::optional<bool>(unsigned)> flags;
};

/// Takes a box of tiles of one class. Those of which the steps did not decide
/// it are given up, and partial.
using TileVisitor =
    llvm::function_ref<void(IntegerRange queryTiles, IntegerRange keyTiles,
                            TileClass which, bool isGivenUp)>;

/// Gives all tiles, each once, in boxes of one class, with at most `maxSteps`
/// boxes inside of each tile. Where more than `maxBoxes` boxes of tiles have to
/// be halved at a time, those are given instead with the class of one tile of
/// each, chosen at random; false if so.
bool visitTiles(const Mask &mask, const TableSizes &sizes,
                const MaskValues &values, unsigned maxSteps, size_t maxBoxes,
                TileVisitor visitor);

/// The class of a box of elements, by interval arithmetic alone, from the range
/// of each row, column and symbol in it: partial where that decides nothing.
/// Flags may be either.
TileClass classifyBox(const Mask &mask,
                      llvm::function_ref<IntegerRange(unsigned)> rangeOf);

} // namespace fovea

#endif // FOVEA_ANALYSIS_TILETABLE_H
