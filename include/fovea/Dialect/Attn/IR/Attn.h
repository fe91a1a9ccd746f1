//===- Attn.h - The attn dialect -------------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTN_H
#define FOVEA_DIALECT_ATTN_IR_ATTN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "fovea/Dialect/Attn/IR/AttnDialect.h.inc"
#include "fovea/Dialect/Attn/IR/AttnEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Attn/IR/AttnAttrs.h.inc"

#include "fovea/Dialect/Attn/IR/AttnInterfaces.h.inc"

#define GET_OP_CLASSES
#include "fovea/Dialect/Attn/IR/AttnOps.h.inc"

namespace fovea::attn {

/// The iteration space of ops that form scores: sequence, head, query, key,
/// channel of queries and keys, channel of values.
enum Dim : unsigned { dimB, dimH, dimI, dimJ, dimD, dimE };

/// The dimension of an operand, with its indexing map, that counts `dim`.
inline std::optional<unsigned> axisOf(mlir::AffineMap map, unsigned dim) {
  return map.getResultPosition(mlir::getAffineDimExpr(dim, map.getContext()));
}

/// The attribute of an attention op with the sizes that it is expected to have,
/// a SizesAttr.
constexpr llvm::StringLiteral expectedSizes = "attn.sizes";

/// Queries and keys of a walk's tile are multiples of it.
constexpr int64_t walkUnit = 16;

/// Words of 32 bits that hold a mask of one query and `keys` keys (W).
inline int64_t getMaskWords(int64_t keys) {
  return 4 * llvm::divideCeil(keys, 128);
}
/// The word and the bit in it that stand for key `j` of a tile.
inline int64_t getMaskWord(int64_t j) { return 4 * (j / 128) + j / 2 % 4; }
inline int64_t getMaskBit(int64_t j) { return 2 * (j % 128 / 8) + j % 2; }

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTN_H
