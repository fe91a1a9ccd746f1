//===- Lanes.h - Loops divided among the lanes of a warp --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_LANES_H
#define FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_LANES_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea {

constexpr int64_t warpSize = 32;

/// Code that all lanes of a warp run becomes that of one of them, `lane`.
class Lanes {
public:
  Lanes(mlir::OpBuilder &b, mlir::Value lane) : b(b), lane(lane) {}

  /// Divides the outermost parallel loops of a block, and lets the first lane
  /// do what is stored outside of them.
  mlir::LogicalResult distribute(mlir::Block &block);

private:
  mlir::LogicalResult distribute(mlir::scf::ParallelOp loop);
  mlir::LogicalResult storeOnce(mlir::Operation *op);
  /// The starting values of a lane's sums.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  getNeutralElements(mlir::scf::ReduceOp reduce);
  /// Runs a reduction's region.
  mlir::Value combine(mlir::Region &region, mlir::Value x, mlir::Value y);
  /// The sum over all lanes, in all of them.
  mlir::FailureOr<mlir::Value> reduce(mlir::Region &region, mlir::Value value);
  /// What the lane with the number `lane ^ distance` holds.
  mlir::Value exchange(mlir::Value value, int64_t distance);
  mlir::Value word(mlir::Location loc, int64_t value);
  void synchronize(mlir::Location loc);

  mlir::OpBuilder &b;
  mlir::Value lane;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_PARALLELTOLAUNCH_LANES_H
