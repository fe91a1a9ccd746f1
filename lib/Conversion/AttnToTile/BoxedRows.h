//===- BoxedRows.h - Moves of tokens as views of boxes ---------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_BOXEDROWS_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_BOXEDROWS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/ValueRange.h"

namespace fovea {

/// Rows on a grid, taken box after box; boxes start `steps` apart.
struct BoxedRows {
  /// The grid's dimensions stand for dimension `axis` of what was moved.
  mlir::Value memref;
  unsigned axis;
  llvm::SmallVector<int64_t, 3> boxes, steps;
  int64_t numRows;

  unsigned getRank() const { return boxes.size(); }
};

/// If `operands` of an op are all its uses of a buffer of its own, to which or
/// from which `attn.reorder` moves tokens by boxes that hold no gaps: what lies
/// on the other side, with the tokens' dimension `axis` as a grid. The move is
/// erased: it happens as the rows are loaded or stored. `read`: what the kernel
/// reads besides, in place of operands of the op.
std::optional<BoxedRows>
takeBoxedRows(llvm::ArrayRef<mlir::OpOperand *> operands, unsigned axis,
              mlir::ValueRange read);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_BOXEDROWS_H
