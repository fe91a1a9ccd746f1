//===- MaskTranslation.h - Masks from arith and index ops -------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_MASKTRANSLATION_H
#define FOVEA_ANALYSIS_MASKTRANSLATION_H

#include "fovea/Analysis/Mask.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace fovea {

/// Bounds coordinates: the boundary keeps extents and origins below 2^31.
constexpr int64_t maxCoordinate = int64_t(1) << 32;
/// Bounds the extent of a dimension, and coordinates of work items.
constexpr int64_t maxExtent = int64_t(1) << 31;
/// Bounds symbols of 64 bits in sums, which has to be checked at run time.
constexpr int64_t maxGuarded = int64_t(1) << 40;

/// What the values that a mask reads stand for.
class MaskSource {
public:
  MaskSource(mlir::Value row, mlir::Value column) : row(row), column(column) {}
  virtual ~MaskSource() = default;

  /// Whether the value is the same for all rows and columns of a work item.
  virtual bool isInvariant(mlir::Value value) = 0;
  /// The range of an invariant integer, as far as it is known.
  virtual std::optional<IntegerRange> rangeOf(mlir::Value value) = 0;

  mlir::Value row, column;
};

/// A symbol of a translated mask.
struct MaskSymbol {
  mlir::Value value;
  /// The symbol is the value between -limit and limit: beyond, the comparison
  /// that it is a side of does not change. 0: it is the value.
  int64_t limit = 0;
  /// The formula holds only if the value is between -maxGuarded and maxGuarded.
  bool isGuarded = false;
};

/// A mask from the ops that compute it.
struct MaskTranslation {
  MaskTranslation(IntegerRange rows, IntegerRange columns)
      : mask(rows, columns) {}

  Mask mask;
  llvm::DenseMap<unsigned, MaskSymbol> symbols; ///< By term.
  llvm::SmallVector<mlir::Value> flags;         ///< i1, invariant.
  /// The first op that has no meaning in formulas; null if there is none.
  mlir::Operation *obstacle = nullptr;
};

/// Translates the i1 `condition`, computed by `arith` and `index` ops.
void translateMask(mlir::Value condition, MaskSource &source,
                   MaskTranslation &translation);

/// The range that an integer of this type has.
std::optional<IntegerRange> getTypeRange(mlir::Type type);

} // namespace fovea

#endif // FOVEA_ANALYSIS_MASKTRANSLATION_H
