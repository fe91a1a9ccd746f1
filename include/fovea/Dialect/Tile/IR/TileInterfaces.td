//===- TileInterfaces.td - Interfaces of layouts -----------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILEINTERFACES
#define FOVEA_DIALECT_TILE_IR_TILEINTERFACES

include "mlir/IR/OpBase.td"

def Tile_LayoutAttrInterface : AttrInterface<"LayoutAttrInterface"> {
  let cppNamespace = "::fovea::tile";
  let description = [{
    Where the elements of a tile live: a bijection between places
    `(group, warp, lane, register)` and coordinates. Coordinates of elements,
    reductions and conversions are derived from it.
  }];
  let methods = [
    InterfaceMethod<[{
      The affine map from (group, warp, lane, register) to the coordinates of a
      tile of the given shape.
    }], "::mlir::AffineMap", "getElementMap",
      (ins "::llvm::ArrayRef<int64_t>":$shape)>,
    InterfaceMethod<[{
      Extents of (group, warp, lane, register) for a tile of the given shape.
    }], "::llvm::SmallVector<int64_t, 4>", "getPlaceShape",
      (ins "::llvm::ArrayRef<int64_t>":$shape)>,
    InterfaceMethod<[{
      Whether the layout can hold a tile of this shape; otherwise says why not.
    }], "::llvm::LogicalResult", "verifyShape",
      (ins "::llvm::ArrayRef<int64_t>":$shape,
           "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError)>
  ];
}

def Tile_ScheduleAttrInterface : AttrInterface<"ScheduleAttrInterface"> {
  let cppNamespace = "::fovea::tile";
  let description = [{
    How one op is tiled for a target. Schedules of all targets say how large the
    tiles are and in which numbers products are formed; the rest is for the
    target's own passes.
  }];
  let methods = [
    InterfaceMethod<"Query rows of a work item.", "int64_t", "getQueryTile">,
    InterfaceMethod<[{
      Query rows of the tiles of a work item that has no more rows left; 0 if all
      have tiles of one size.
    }], "int64_t", "getTailTile", (ins), "", "return 0;">,
    InterfaceMethod<"Keys of one step.", "int64_t", "getKeyTile">,
    InterfaceMethod<[{
      Up to how many work items a launch with fewer divides their keys; 1: it
      does not, 0: up to as many as there are processors (`tile.processors`).
    }], "int64_t", "getSplitTo">,
    InterfaceMethod<"Heads of a work item.", "int64_t", "getHeads",
      (ins), "", "return 1;">,
    InterfaceMethod<[{
      Whether operands enter products in the types that they have in memory (and
      weights in the type of the values), as matrix units want, or are converted
      to f32 before.
    }], "bool", "multipliesInStorageTypes">,
    InterfaceMethod<[{
      Channels of tiles are a multiple of so many; those beyond the operands' are
      zeros.
    }], "int64_t", "getChannelStep">,
    InterfaceMethod<[{
      Whether work items with the largest last coordinate are taken first, as for
      those with the most work of a causal mask.
    }], "bool", "takesLastFirst">,
    InterfaceMethod<[{
      Whether the rows of a tile that lie on a grid are copied at once: as a box,
      whose extents are powers of two.
    }], "bool", "copiesBoxes">
  ];
}

#endif // FOVEA_DIALECT_TILE_IR_TILEINTERFACES
