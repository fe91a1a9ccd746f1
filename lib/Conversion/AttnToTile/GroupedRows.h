//===- GroupedRows.h - Queries that share keys as rows ---------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The members of a group (heads that share keys, or sequences) have few queries
// each. They become rows of the same tiles: row r is query r / stride of member
// r mod stride. Nothing moves in memory: members and queries are a grid, of
// which tiles take boxes.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_GROUPEDROWS_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_GROUPEDROWS_H

#include "BoxedRows.h"

#include "fovea/Dialect/Attn/IR/AttnGroups.h"

namespace fovea {

class GroupedRows {
public:
  /// `boxRows`: how many rows a box has, a power of two; 0 if any number will
  /// do. Sizes that the types do not say are computed before `op`.
  GroupedRows(attn::AttentionOp op, attn::KeyGroup group, int64_t boxRows);

  /// Queries or a result with one entry for each group along the dimension
  /// that is grouped. Rows are along the axis of queries if there is one query,
  /// or lie on a grid, whose dimensions are there.
  BoxedRows regroup(mlir::Value memref, mlir::AffineMap map);

  const attn::KeyGroup &getGroup() const { return group; }
  /// Members of a group: a constant or a value before the op.
  mlir::OpFoldResult getSize() const { return size; }
  /// Rows of all queries of a group, with those of no member between them;
  /// null for as many as there are members.
  std::optional<int64_t> getNumRows() const {
    return group.queries == 1 ? std::nullopt
                              : std::optional(group.queries * stride);
  }
  /// Rows from a query to the next, if there are several.
  int64_t getStride() const { return stride; }

private:
  attn::AttentionOp op;
  attn::KeyGroup group;
  mlir::OpFoldResult numGroups, size;
  /// Extents of a box in queries and members.
  llvm::SmallVector<int64_t, 3> box;
  int64_t stride = 1;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_GROUPEDROWS_H
