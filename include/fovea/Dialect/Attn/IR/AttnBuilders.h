//===- AttnBuilders.h - Builders of the usual masks and scores -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each function replaces the mask or the score of an attention on tensors.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNBUILDERS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNBUILDERS_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/Builders.h"

namespace fovea::attn {

/// Query i attends to keys j <= i + offset.
void setCausalMask(mlir::OpBuilder &builder, AttentionOp op,
                   int64_t offset = 0);

/// Query i attends to keys from i - before to i + after.
void setWindowMask(mlir::OpBuilder &builder, AttentionOp op, int64_t before,
                   int64_t after);

/// Query i attends to keys j <= i, and to all keys j < lengths[b]; `lengths`
/// is a tensor of integers.
void setPrefixMask(mlir::OpBuilder &builder, AttentionOp op,
                   mlir::Value lengths);

/// Queries and keys of the same document; `documents` is a one-dimensional
/// tensor of document numbers.
void setDocumentMask(mlir::OpBuilder &builder, AttentionOp op,
                     mlir::Value documents);

/// s + slopes[h] * (j - i); `slopes` is a tensor<Hxf32>.
void setAlibiScore(mlir::OpBuilder &builder, AttentionOp op,
                   mlir::Value slopes);

/// cap * tanh(s / cap), cap > 0.
void setSoftCapScore(mlir::OpBuilder &builder, AttentionOp op, double cap);

/// s + table[h, i - j + offset]; `table` is a tensor<HxNxf32>, `offset` an
/// index.
void setRelativePositionScore(mlir::OpBuilder &builder, AttentionOp op,
                              mlir::Value table, mlir::Value offset);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNBUILDERS_H
