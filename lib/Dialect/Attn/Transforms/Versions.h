//===- Versions.h - Attention ops with what serves them --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_VERSIONS_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_VERSIONS_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/Builders.h"

namespace fovea::attn {

/// An attention op on memrefs with what only serves it: moves of tokens to and
/// from its buffers, and these buffers, which -attn-to-tile looks for beside
/// it.
class Versions {
public:
  /// Nothing if they cannot stand together.
  static std::optional<Versions> find(AttentionOp op);

  /// Behind this op all of them may run.
  mlir::Operation *getPlace() const { return place; }
  /// Copies them to the builder's place and returns the copy of the op.
  AttentionOp copyTo(mlir::OpBuilder &b) const;
  /// Moves them to the end of a block.
  void moveTo(mlir::Block *block);

private:
  AttentionOp op;
  /// In order.
  llvm::SmallVector<mlir::Operation *> parts;
  mlir::Operation *place = nullptr;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_VERSIONS_H
