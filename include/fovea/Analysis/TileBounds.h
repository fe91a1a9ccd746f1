//===- TileBounds.h - Key tiles that a mask needs ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the query rows of a work item: intervals of keys that hold every key at
// which the mask is true for some row, and intervals that hold every key at
// which it is false for some row. A key tile outside of the former is empty and
// one outside of the latter is full. Ends are expressions of the tile's rows
// and of symbols, so they hold for every size.
//
// Both families are supersets: a tile counts as empty or full only if it is.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_TILEBOUNDS_H
#define FOVEA_ANALYSIS_TILEBOUNDS_H

#include "fovea/Analysis/Mask.h"

namespace fovea {

/// The rows of a work item, and the keys that exist.
struct TileRows {
  Linear first;   ///< First row: a symbol.
  Linear others;  ///< Number of rows after it: a constant, or a symbol.
  Linear lastKey; ///< Null if not known.
};

/// Keys j with low <= j for each low and j <= high for each high, if each
/// condition is at least zero and each flag is as given; else none.
struct KeyInterval {
  llvm::SmallVector<Linear, 2> lows, highs, conditions;
  llvm::SmallVector<std::pair<unsigned, bool>, 1> flags;
  /// Whether it takes a comparison of the ends to see that there is a key.
  bool mayBeEmpty = false;

  bool isEverything() const {
    return lows.empty() && highs.empty() && isUnconditional();
  }
  bool isUnconditional() const { return conditions.empty() && flags.empty(); }
};

struct TileBounds {
  std::vector<KeyInterval> mayBeTrue, mayBeFalse;
  /// The families were found without giving anything away, so that they hold
  /// no tile that does not belong to them.
  bool isExact = true;
  /// Inequalities that were used as they are, after equivalences that invert
  /// divisions, and that were left out.
  unsigned numLinear = 0, numInverted = 0, numDropped = 0;

  /// Nothing is known of any tile.
  bool isTrivial() const;
};

/// Bounds `mask.formula`.
TileBounds boundTiles(Mask &mask, const TileRows &rows);

} // namespace fovea

#endif // FOVEA_ANALYSIS_TILEBOUNDS_H
