//===- Sequences.h - Rows and lengths of sequences -------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Packed sequences lie one after another: sequence b has rows [offsets[b],
// offsets[b + 1]). What offsets and lengths say is kept within the memory that
// they speak of.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_SEQUENCES_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_SEQUENCES_H

#include "mlir/IR/Builders.h"

namespace fovea {

/// Rows [first, first + size) of packed operands.
struct Rows {
  mlir::Value first, size;
};

/// The rows of sequence `sequence`, of `all` that there are.
Rows emitRows(mlir::OpBuilder &b, mlir::Location loc, mlir::Value offsets,
              mlir::Value sequence, mlir::Value all);

/// The length of a sequence, within [0, `capacity`].
mlir::Value emitLength(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value lengths, mlir::Value sequence,
                       mlir::Value capacity);

/// A work item on packed rows: tile `tile` of sequence `sequence`. An item may
/// begin behind the rows of its sequence: then there is nothing to do.
struct PackedItem {
  mlir::Value sequence, tile;
};

/// Items of tiles of `size` rows, of `all` in all: at most one a sequence is
/// empty, and none without rows, whose memory may be nowhere. Sequence b has
/// the items from `offsets[b] floordiv size + b` on, so that the number needs
/// no offset, and a bisection finds the sequence.
mlir::Value emitPackedItemCount(mlir::OpBuilder &b, mlir::Location loc,
                                mlir::Value offsets, mlir::Value all,
                                int64_t size);
PackedItem emitPackedItem(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value offsets, mlir::Value all, int64_t size,
                          mlir::Value item);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_SEQUENCES_H
