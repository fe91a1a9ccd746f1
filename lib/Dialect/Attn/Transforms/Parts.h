//===- Parts.h - Attention to parts of the keys, merged --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_PARTS_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_PARTS_H

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/IR/PatternMatch.h"

namespace fovea::attn {

/// A map without a dimension.
mlir::AffineMap without(mlir::AffineMap map, unsigned dim);

/// Keys that one attention among several attends to: a segment, and what
/// belongs to it.
struct KeyPart {
  SegmentAttr segment;
  mlir::Value key, value;
  mlir::AffineMap keyMap, valueMap;
  llvm::SmallVector<mlir::Value, 1> lengths, tables, starts, sinks;
  mlir::Value factors; ///< Of the keys; null if the op has none.
};

/// Attention on tensors like `op`, but to these keys only. Its results are o,
/// with the dimensions of the op's output but for the channels, which come
/// last, and lse; both in f32.
AttentionOp createPart(mlir::RewriterBase &b, AttentionOp op,
                       const KeyPart &part);

/// Copies what was computed for the op's output `n`, with the dimensions of
/// `from` and perhaps more channels, to that output, whose rows of no sequence
/// stay. It is read by `tensor.extract`: a copy of an input would fold to it.
mlir::Value copyRows(mlir::OpBuilder &b, AttentionOp op, unsigned n,
                     mlir::Value value, mlir::AffineMap from);

/// An integer of a tensor as an index.
mlir::Value readIndex(mlir::OpBuilder &b, mlir::Location loc,
                      mlir::Value tensor, mlir::ValueRange at);

/// How many keys segment `n` of an op on tensors stores for each sequence, or
/// for all together if they are packed.
mlir::Value getNumColumns(mlir::OpBuilder &b, ScoreReduceOp op, unsigned n);

/// `inside` where a row belongs to one of the packed sequences that the offsets
/// give, else `outside`.
mlir::Value selectRows(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Value offsets, mlir::Value row, mlir::Value inside,
                       mlir::Value outside);

/// Replaces the op by the merge of parts. Rows of no sequence stay as they are.
void replaceByMerge(mlir::RewriterBase &b, AttentionOp op,
                    llvm::ArrayRef<AttentionOp> parts);

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_PARTS_H
