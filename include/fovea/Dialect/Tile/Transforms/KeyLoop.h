//===- KeyLoop.h - Loops over walks of key tiles ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_TRANSFORMS_KEYLOOP_H
#define FOVEA_DIALECT_TILE_TRANSFORMS_KEYLOOP_H

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea::tile {

/// A key loop over a walk: `scf.for %p = %low to %high` with one
/// `walk.at %w[%p]`.
struct KeyLoop {
  mlir::scf::ForOp loop;
  mlir::Operation *walk; ///< That makes %w.
  WalkAtOp at;

  /// Whether it visits all of the walk.
  bool isWhole();
};

/// The key loops of a kernel.
llvm::SmallVector<KeyLoop> findKeyLoops(KernelOp kernel);

} // namespace fovea::tile

#endif // FOVEA_DIALECT_TILE_TRANSFORMS_KEYLOOP_H
