//===- TileAttrs.td - Layouts and schedules ----------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILEATTRS
#define FOVEA_DIALECT_TILE_IR_TILEATTRS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "fovea/Dialect/Tile/IR/TileDialect.td"
include "fovea/Dialect/Tile/IR/TileInterfaces.td"

class Tile_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Tile_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

/// How tile.reduce folds elements.
def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how elements are folded", [
    I32EnumAttrCase<"add", 0>,
    I32EnumAttrCase<"max", 1>
  ]> {
  let cppNamespace = "::fovea::tile";
  let genSpecializedAttr = 0;
}
def Tile_ReduceKindAttr : EnumAttr<Tile_Dialect, Tile_ReduceKind,
                                   "reduce_kind">;

def Tile_LanesAttr : Tile_Attr<"Lanes", "lanes",
    [DeclareAttrInterfaceMethods<Tile_LayoutAttrInterface>]> {
  let summary = "One axis in the lanes of vectors";
  let description = [{
    Axis `axis` of the tile runs along the lanes of vectors of `width` elements;
    the other axis, if there is one, runs over vectors. In memory, element
    `(i, j)` of an `R x C` tile with `axis = 0` lies at offset `j * R + i`.
    With `axis = 1` it lies at offset `i * C + j`. CPU kernels keep many query
    rows in lanes, so that no reduction over keys crosses lanes, and columns
    (keys, channels) where rows are few. A tile of one axis beside tiles with
    columns in lanes has `width = 1`: a scalar for each row.

    With `pack = 2`, a lane holds two elements that are neighbours along axis 1,
    as products of bf16 take them. With `axis = 0`, element `(i, j)` lies at
    offset `(j floordiv 2) * 2 * R + 2 * i + j mod 2`.

    Example: `#tile.lanes<axis = 0, width = 16, pack = 2>`.
  }];
  let parameters = (ins "int64_t":$axis, "int64_t":$width,
                        DefaultValuedParameter<"int64_t", "1">:$pack);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Tile_InMemoryAttr : Tile_Attr<"InMemory", "in_memory"> {
  let summary = "The tile stays where it was loaded from";
  let description = [{
    A loaded tile that is not copied: each use reads elements from the view's
    memory, one scalar at a time (a broadcast operand of a product) or, where
    columns are in lanes, rows of vectors.
  }];
}

def Tile_CpuScheduleAttr : Tile_Attr<"CpuSchedule", "cpu_schedule",
                                      [Tile_ScheduleAttrInterface]> {
  let summary = "How one attention op is tiled for a CPU";
  let description = [{
    | parameter | meaning | range |
    |---|---|---|
    | `query_tile` | query rows of a work item | a multiple of `lanes`, up to 256 |
    | `key_tile` | keys of one step | 1 to 1024, a multiple of `rows` |
    | `lanes` | f32 elements of a vector | 4, 8 or 16 |
    | `rows` | rows of a register block of a product: keys or channels | 1 to 16 |
    | `vectors` | vectors of query rows of a register block | `query_tile / lanes` is a multiple of it |
    | `split_to` | with fewer work items, their keys are divided, so that there are up to so many | default 1, up to 1024 |
    | `tail_tile` | query rows of a work item that has no more than so many left; 0: none | less than `query_tile`; as `query_tile`, or less than `vectors` vectors; `split_to` is 1 |
    | `storage_types` | operands enter products as they are in memory, weights in the type of the values; bf16 in pairs (AVX512-BF16) | `lanes` is 16, `key_tile` is even |
    | `lane_axis` | what is in lanes: 0: query rows, 1: keys and channels | default 0 |
    | `amx` | pairs of bf16 are multiplied in the tile registers of AMX-BF16: 16 keys or channels by up to 4 vectors, of which `rows` and `vectors` are read back at a time | `storage_types` is true, `lane_axis` is 0 |
    | `heads` | coordinates of the grid's dimension before the last that a work item takes, at each key tile one after the other; the memory of heads that lie beside each other, as on pages, is read in order then | default 1, up to 64 |

    With `lane_axis = 1`, for few query rows, `query_tile` is from 1 to 16 and
    `key_tile` a multiple of `lanes`; `rows` are query rows of a register block,
    and `vectors` a power of two of keys, in the product of queries and keys, or
    of vectors of channels, in that of weights and values.

    A block has `rows * vectors` accumulators; with its operands it has to fit
    into the vector registers (32 for 16 lanes, else 16).

    Example: `#tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16,
    rows = 4, vectors = 4>`.
  }];
  let parameters = (ins "int64_t":$query_tile, "int64_t":$key_tile,
                        "int64_t":$lanes, "int64_t":$rows, "int64_t":$vectors,
                        DefaultValuedParameter<"int64_t", "1">:$split_to,
                        DefaultValuedParameter<"int64_t", "0">:$tail_tile,
                        DefaultValuedParameter<"bool", "false">:$storage_types,
                        DefaultValuedParameter<"int64_t", "0">:$lane_axis,
                        DefaultValuedParameter<"bool", "false">:$amx,
                        DefaultValuedParameter<"int64_t", "1">:$heads);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool multipliesInStorageTypes() const { return getStorageTypes(); }
    bool takesLastFirst() const { return false; }
    bool copiesBoxes() const { return false; }
    /// Words of 16 pairs of channels, or vectors where channels are in lanes.
    int64_t getChannelStep() const {
      if (getLaneAxis() == 1)
        return getStorageTypes() ? 2 * getLanes() : getLanes();
      return getStorageTypes() ? 16 : 1;
    }
  }];
}

#endif // FOVEA_DIALECT_TILE_IR_TILEATTRS
