//===- PipeDialect.td - The pipe dialect -------------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_IR_PIPEDIALECT
#define FOVEA_DIALECT_PIPE_IR_PIPEDIALECT

include "mlir/IR/OpBase.td"

def Pipe_Dialect : Dialect {
  let name = "pipe";
  let summary = "Roles, rings and products in flight";
  let description = [{
    The `pipe` dialect says *when* and *by whom* a `tile` program is run on a
    machine whose copies and products are asynchronous. A kernel is divided into
    roles, each run by its own warps. Roles exchange tiles through rings of
    slots in shared memory. A product is split into its start (`pipe.dot`) and
    its end (`pipe.await`).

    What orders all this is data flow: cursors, slots and pending products are
    values, each consumed once. Fences, waits, barrier parities and arrival
    counts are never written: `pipe-to-nvvm` derives them. `pipe-verify` checks
    what types cannot.
  }];
  let cppNamespace = "::fovea::pipe";
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = [
    "::fovea::tile::TileDialect", "::mlir::scf::SCFDialect"
  ];
}

#endif // FOVEA_DIALECT_PIPE_IR_PIPEDIALECT
