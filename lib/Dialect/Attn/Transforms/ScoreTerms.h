//===- ScoreTerms.h - What the values of a score depend on -----*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_SCORETERMS_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_SCORETERMS_H

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Interfaces/InferIntRangeInterface.h"

namespace fovea::attn {

/// Of each value of an op's score region: which arguments it depends on, and in
/// which range it is.
class ScoreTerms {
public:
  /// Arguments of the region, in order: s, b, h, i, j.
  enum Argument : unsigned { score, batch, head, row, column, numArguments };

  explicit ScoreTerms(AttentionOp op);

  bool dependsOn(mlir::Value value, Argument argument) const {
    return dependences.lookup(value) & (1u << argument);
  }
  /// The same for all keys of a row, or for all rows of a key.
  bool isRowTerm(mlir::Value value) const {
    return !dependsOn(value, score) && !dependsOn(value, column);
  }
  bool isColumnTerm(mlir::Value value) const {
    return !dependsOn(value, score) && !dependsOn(value, row);
  }
  /// Whether the product of these numbers is proved to be finite and so small
  /// that sums with it keep a score's digits in f64.
  bool isModerate(mlir::ValueRange factors) const;

private:
  struct Interval {
    double low, high;
  };

  void addOp(mlir::Operation &op);
  std::optional<Interval> intervalOf(mlir::Operation &op) const;
  std::optional<Interval> find(mlir::Value value) const;
  mlir::ConstantIntRanges rangeOf(mlir::Value value) const;

  llvm::DenseMap<mlir::Value, unsigned> dependences;
  llvm::DenseMap<mlir::Value, mlir::ConstantIntRanges> ranges;
  /// Of floats; those that may be NaN or infinite have none.
  llvm::DenseMap<mlir::Value, Interval> intervals;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_SCORETERMS_H
