//===- AttnGroups.h - Heads and sequences that share keys ------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNGROUPS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNGROUPS_H

#include "fovea/Dialect/Attn/IR/Attn.h"

namespace fovea::attn {

/// So many queries of a sequence are few: they do not fill a tile, and keys are
/// divided between work items.
constexpr int64_t mostFewQueries = 16;

/// The heads, or the sequences, that share keys. Their queries, if they are
/// few, become rows of the same tiles, so that keys are read once for all.
struct KeyGroup {
  /// What is grouped: dimH or dimB.
  Dim dim;
  /// Of each member.
  int64_t queries;
  /// Members; dynamic if the types do not say it, which they do for more than
  /// one query.
  int64_t size;

  /// Rows of all members; dynamic if the members are.
  int64_t getRows() const {
    return mlir::ShapedType::isDynamic(size) ? size : queries * size;
  }
};

/// The sequences where all have the same keys, or else the heads of a key head,
/// if their queries are few and a static number. Ops with an origin, a walk or
/// packed queries have no such groups; sequences with lengths or several
/// segments are none.
std::optional<KeyGroup> getKeyGroup(AttentionOp op);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNGROUPS_H
