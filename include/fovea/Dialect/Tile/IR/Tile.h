//===- Tile.h - The tile dialect -------------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILE_H
#define FOVEA_DIALECT_TILE_IR_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "fovea/Dialect/Tile/IR/TileDialect.h.inc"
#include "fovea/Dialect/Tile/IR/TileEnums.h.inc"

#include "fovea/Dialect/Tile/IR/TileAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Tile/IR/TileAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "fovea/Dialect/Tile/IR/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "fovea/Dialect/Tile/IR/TileOps.h.inc"

namespace fovea::tile {

/// The rows that a view has, as far as its type and its memref say: dynamic if
/// these do not.
int64_t getNumRows(ViewOp view);

/// Whether the rows of a view with boxes are the elements of its grid, each
/// once.
bool fillsGrid(ViewOp view);

/// Emits how many elements a view has along an axis, if ops of the builder's
/// place may use its operands. Not negative, unless its `from` is beyond the
/// memref's end.
mlir::Value createExtent(mlir::OpBuilder &b, ViewOp view, unsigned axis);

} // namespace fovea::tile

#endif // FOVEA_DIALECT_TILE_IR_TILE_H
