//===- ScoreReduceKernel.h - Kernels of attn.score_reduce ------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREREDUCEKERNEL_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREREDUCEKERNEL_H

#include "ScoreKernel.h"

namespace fovea {

/// Emits the kernel of one segment of an attn.score_reduce. A work item has a
/// tile of keys, in the rows of its tiles, and walks over tiles of queries: so
/// each sum is made by one work item, and no memory is needed for scores.
class ScoreReduceKernel : ScoreKernel {
public:
  ScoreReduceKernel(attn::ScoreReduceOp op, Program program, unsigned segment)
      : ScoreKernel(op, program), op(op), current(segment) {}

  /// Makes the kernel before `before`, and the launch before the op.
  tile::KernelOp emit(mlir::Operation *before, llvm::StringRef name);

private:
  Segment &segment() { return segments[current]; }
  mlir::Value emitItem();
  mlir::Value emitStep(mlir::Value position, mlir::Value sums);
  mlir::Value emitProbabilities(mlir::Value scores, mlir::Value firstQuery);
  void emitResult(mlir::Value sums);
  void emitLaunch();

  attn::ScoreReduceOp op;
  unsigned current;
  unsigned output, lse;
  int64_t channels;

  // Values of the kernel.
  Rows queryRows;
  mlir::Value numQueries, queryView, keys, firstKey;
  /// Of the walk over tiles of queries.
  mlir::Value walk;
  /// Factor on q . k that is not folded into the keys.
  double scoreScale = 1.0;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREREDUCEKERNEL_H
