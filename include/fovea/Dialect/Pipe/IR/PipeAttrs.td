//===- PipeAttrs.td - Layouts and schedules of the pipe dialect --*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_IR_PIPEATTRS
#define FOVEA_DIALECT_PIPE_IR_PIPEATTRS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "fovea/Dialect/Pipe/IR/PipeDialect.td"
include "fovea/Dialect/Tile/IR/TileInterfaces.td"

class Pipe_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Pipe_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

/// What a role does, hence which of its threads run its program.
def Pipe_RoleKind : I32EnumAttr<"RoleKind", "what a role does", [
    I32EnumAttrCase<"load", 0>,
    I32EnumAttrCase<"math", 1>
  ]> {
  let cppNamespace = "::fovea::pipe";
  let genSpecializedAttr = 0;
}
def Pipe_RoleKindAttr : EnumAttr<Pipe_Dialect, Pipe_RoleKind, "role_kind">;

/// What may be done with a slot.
def Pipe_Access : I32EnumAttr<"Access", "what may be done with a slot", [
    I32EnumAttrCase<"read", 0>,
    I32EnumAttrCase<"write", 1>
  ]> {
  let cppNamespace = "::fovea::pipe";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

class Pipe_RegisterLayout<string name, string mnemonic>
    : Pipe_Attr<name, mnemonic,
                [DeclareAttrInterfaceMethods<Tile_LayoutAttrInterface>]> {
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Pipe_AccAttr : Pipe_RegisterLayout<"Acc", "acc"> {
  let summary = "Accumulator of a product of 64 rows a warpgroup";
  let description = [{
    The fragment that wgmma leaves in registers. `groups` warpgroups hold 64 rows
    each; `(group, warp, lane, reg)` is element

        row    = 64 group + 16 warp + lane / 4 + 8 (reg / 2 mod 2)
        column = 8 (reg / 4) + 2 (lane mod 4) + reg mod 2
  }];
  let parameters = (ins "int64_t":$groups);
}

def Pipe_ARegAttr : Pipe_RegisterLayout<"AReg", "a_reg"> {
  let summary = "First operand of a product, in registers";
  let description = [{
    The fragment that wgmma takes as `a` from registers, for elements of `bits`
    bits. For 16 bits it places elements as `#pipe.acc` does, so that scores
    become an operand without a move.
  }];
  let parameters = (ins "int64_t":$groups, "int64_t":$bits);
}

def Pipe_SliceAttr : Pipe_RegisterLayout<"Slice", "slice"> {
  let summary = "One axis of an accumulator tile";
  let description = [{
    What is left of `parent` when `axis` is folded: `axis = 1` gives one element
    a row, `axis = 0` one a column. All threads that hold a part of the row (or
    column) hold the element.
  }];
  let parameters = (ins "int64_t":$axis, "::fovea::pipe::AccAttr":$parent);
}

def Pipe_LanesAttr : Pipe_Attr<"Lanes", "lanes",
                               [DeclareAttrInterfaceMethods<Tile_LayoutAttrInterface>]> {
  let summary = "One axis over the lanes of a warp";
  let description = [{
    What the warp of a `load` role computes: register `r` of lane `l` is element
    `l + 32 r`. The axis has a multiple of 32 elements.
  }];
}

def Pipe_SmemAttr : Pipe_Attr<"Smem", "smem"> {
  let summary = "A tile in shared memory";
  let description = [{
    Columns in blocks of `swizzle` bytes; the last block has room for as many,
    if the tile has fewer. A block holds all rows, one after the other; in each
    group of 8 rows, 16-byte chunks are permuted by the row's number. This is
    what the copy engine writes and wgmma reads. `swizzle` is 128; it is 0 for a
    tile of one axis, which threads write and read: its elements in order.
  }];
  let parameters = (ins "int64_t":$swizzle);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Columns of a block, for elements of the given type.
    int64_t getBlockColumns(::mlir::Type elementType) const {
      return getSwizzle() * 8 / elementType.getIntOrFloatBitWidth();
    }
    /// Map from coordinates to the offset in elements, before the permutation.
    ::mlir::AffineMap getOffsetMap(::llvm::ArrayRef<int64_t> shape,
                                   ::mlir::Type elementType) const;
  }];
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

def Pipe_ScheduleAttr : Pipe_Attr<"Schedule", "schedule",
                                  [Tile_ScheduleAttrInterface]> {
  let summary = "How one attention op is tiled for a Hopper GPU";
  let description = [{
    | parameter | meaning | range |
    |---|---|---|
    | `query_tile` | query rows of a work item | `64 * groups` |
    | `key_tile` | keys of one step | a multiple of 16 up to 256 |
    | `stages` | slots of a ring of keys or values | 1 to 8 |
    | `groups` | warpgroups that compute | 1 to 3 |
    | `producer_regs` | registers a thread of the loading role | a multiple of 8, 24 to 256 |
    | `consumer_regs` | registers a thread of the computing role | a multiple of 8, 24 to 256 |
    | `overlap` | start the next scores before the products with p are awaited | default true |
    | `turns` | groups take turns in starting products; needs `overlap` and two groups | default false |
    | `persistent` | one block a multiprocessor takes work items from a counter until none is left | default false |
    | `last_first` | query tiles from the last to the first, eight heads side by side: the heaviest first for causal masks | default false |
    | `split_to` | with fewer work items, their keys are divided, so that there are up to so many; 0: as many as multiprocessors | default 1, up to 1024 |
    | `reuse_queries` | the result leaves through the queries' slot: it needs no memory of its own, but a persistent kernel's next queries arrive only afterwards | default false |
    | `skip` | each group skips the key tiles that none of its rows sees or that are there for rows that do not exist; needs two groups, and two stages with `turns` | default false |

    A block is launched with the same number of registers for each thread, a
    multiple of 8 of the 65536 there are: 256 for each of two warpgroups, 168 for
    three, 128 for four, the loading one included. `128 * (producer_regs + groups
    * consumer_regs)` may not exceed their sum, or a role would wait for registers
    for ever. Where twice these registers and twice the shared memory are there, two
    blocks of a kernel that is not persistent run on a multiprocessor side by side
    (as with one group of 216 registers and key tiles of 64, at 128 channels), and the
    registers at launch are half as many. Shared memory has to hold at least the tiles of 64 channels; those
    of the op are counted when they are made.

    Example: `#pipe.schedule<query_tile = 128, key_tile = 128, stages = 2,
    groups = 2, producer_regs = 24, consumer_regs = 240>`.
  }];
  let parameters = (ins
    "int64_t":$query_tile, "int64_t":$key_tile, "int64_t":$stages,
    "int64_t":$groups, "int64_t":$producer_regs, "int64_t":$consumer_regs,
    DefaultValuedParameter<"bool", "true">:$overlap,
    DefaultValuedParameter<"bool", "false">:$turns,
    DefaultValuedParameter<"bool", "false">:$persistent,
    DefaultValuedParameter<"bool", "false">:$last_first,
    DefaultValuedParameter<"int64_t", "1">:$split_to,
    DefaultValuedParameter<"bool", "false">:$reuse_queries,
    DefaultValuedParameter<"bool", "false">:$skip);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool multipliesInStorageTypes() const { return true; }
    bool takesLastFirst() const { return getLastFirst(); }
    bool copiesBoxes() const { return true; }
    /// Products take 16 channels at once.
    int64_t getChannelStep() const { return 16; }
    /// Slots of the ring of queries.
    int64_t getQueryStages() const;
    /// Shared memory, in bytes without barriers, of an op with that many channels
    /// (D and Dv) of 16 bits.
    int64_t getTileBytes(int64_t channels, int64_t valueChannels) const;
  }];
}

#endif // FOVEA_DIALECT_PIPE_IR_PIPEATTRS
