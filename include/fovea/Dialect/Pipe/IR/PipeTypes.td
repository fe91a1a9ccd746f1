//===- PipeTypes.td - Types of the pipe dialect ------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_IR_PIPETYPES
#define FOVEA_DIALECT_PIPE_IR_PIPETYPES

include "mlir/IR/AttrTypeBase.td"
include "fovea/Dialect/Pipe/IR/PipeAttrs.td"
include "fovea/Dialect/Tile/IR/TileTypes.td"

class Pipe_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Pipe_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Pipe_RingType : Pipe_Type<"Ring", "ring"> {
  let summary = "Slots in shared memory that are filled and read in turn";
  let description = [{
    `!pipe.ring<2 x !tile.tile<128x128xbf16, #pipe.smem<swizzle = 128>>>` has two
    slots. One role fills them in order, the readers read them in the same order;
    each slot has a barrier that says that it is full and one that says that all
    readers have released it.
  }];
  let parameters = (ins "int64_t":$stages, "::fovea::tile::TileType":$tile);
  let assemblyFormat = "`<` $stages `x` $tile `>`";
  let genVerifyDecl = 1;
}

def Pipe_BufferType : Pipe_Type<"Buffer", "buffer"> {
  let summary = "Shared memory through which a tile is stored";
  let parameters = (ins "::fovea::tile::TileType":$tile);
  let assemblyFormat = "`<` $tile `>`";
  let genVerifyDecl = 1;
}

def Pipe_CursorType : Pipe_Type<"Cursor", "cursor"> {
  let summary = "A position in a ring";
  let description = [{
    The position of one end of a ring: slot and parity of its barriers. It is
    used once: by the op that advances it, or handed on to a loop.
  }];
}

def Pipe_SlotType : Pipe_Type<"Slot", "slot"> {
  let summary = "A slot of a ring that this role holds";
  let description = [{
    `!pipe.slot<T, write>` is consumed by `pipe.fill` or `pipe.put`,
    `!pipe.slot<T, read>` by `pipe.release`.
  }];
  let parameters = (ins "::fovea::tile::TileType":$tile,
                        EnumParameter<Pipe_Access>:$access);
  let assemblyFormat = "`<` $tile `,` $access `>`";
}

def Pipe_PendingType : Pipe_Type<"Pending", "pending"> {
  let summary = "A product in flight";
  let description = [{
    Consumed by `pipe.await`, which gives the tile. Until then the accumulator
    and operands in registers belong to the product.
  }];
  let parameters = (ins "::fovea::tile::TileType":$tile);
  let assemblyFormat = "`<` $tile `>`";
}

def Pipe_TurnType : Pipe_Type<"Turn", "turn"> {
  let summary = "The right of one group to start products";
  let description = [{
    Given by `pipe.wait_turn`, consumed by `pipe.pass_turn`.
  }];
}

#endif // FOVEA_DIALECT_PIPE_IR_PIPETYPES
