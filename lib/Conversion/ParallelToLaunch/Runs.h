//===- Runs.h - Iterations that a thread runs together ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_RUNS_H
#define FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_RUNS_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace fovea {

/// Iterations of a loop's last dimension that are neighbours, done by one
/// thread of a GPU: what they read and write side by side LLVM moves in one
/// access, and what they have in common is computed once.
class Runs {
public:
  /// Iterations in a run: 16 bytes of a type of two.
  static constexpr int64_t length = 8;

  /// Looks at the body of `loop`, which is not changed.
  explicit Runs(mlir::scf::ParallelOp loop);

  /// Whether the loop has rows long enough that are read or written side by
  /// side, and no loops inside, which make an iteration long already.
  bool exist() const { return !rows.empty(); }

  /// Emits whether all rows begin where a vector may be accessed. `mapping` has
  /// the loop's outer values.
  mlir::Value emitAreAligned(mlir::ImplicitLocOpBuilder &b,
                             mlir::IRMapping &mapping) const;

  /// Emits the body for `length` iterations, op by op; rows are aligned.
  /// `mapping` has the induction variables of the first of them.
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::IRMapping &mapping) const;

private:
  /// A load or store that goes from element to element as the iterations do.
  struct Row {
    mlir::TypedValue<mlir::MemRefType> memref;
    int64_t alignment; ///< Bytes.
  };

  bool varies(mlir::Operation &op) const;
  void addRow(mlir::Operation &op);

  mlir::Block *body;
  mlir::Value variable; ///< Of the last dimension.
  /// What differs between the iterations of a run.
  llvm::DenseSet<mlir::Value> varying;
  llvm::DenseMap<mlir::Operation *, Row> rows;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_RUNS_H
