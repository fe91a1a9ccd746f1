//===- TileDialect.td - The tile dialect ------------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILEDIALECT
#define FOVEA_DIALECT_TILE_IR_TILEDIALECT

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let summary = "One work item's program on tiles of static shape";
  let description = [{
    The `tile` dialect says *how* a kernel computes, for one work item of a
    grid: which tiles it loads, multiplies, maps and reduces, and over which
    walk of key tiles it loops. Tiles are values: there is no memory but behind
    views, no thread, no time. Axes are logical: a score tile is always
    `S[i, j]`; where its elements live is said by a layout on its type, and a
    transposition is a layout, never an op.

    Tiles are ragged: a tile that is loaded across the end of a view is defined
    only inside it, and so are the tiles computed from it. `tile.reduce` and the
    contraction of `tile.dot` run over the defined part of the axis that they
    fold; `tile.store` writes the defined part. What an element outside holds is
    not specified, and a lowering that computes on whole tiles has to mask it.
  }];
  let cppNamespace = "::fovea::tile";
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"
  ];
}

#endif // FOVEA_DIALECT_TILE_IR_TILEDIALECT
