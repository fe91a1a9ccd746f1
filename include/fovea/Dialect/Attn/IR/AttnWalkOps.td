//===- AttnWalkOps.td - Operations that make walks ---------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNWALKOPS
#define FOVEA_DIALECT_ATTN_IR_ATTNWALKOPS

include "fovea/Dialect/Attn/IR/AttnOps.td"

/// An op that writes a walk (see attn.attention) to its outputs, rows and
/// tiles. It lists, for each tile of queries, key tiles in rising order, the
/// partial ones first. Rows stand in falling order of their numbers of entries,
/// equal ones in rising order of the tiles of queries. If the entries of all rows
/// do not fit into `tiles`, none is written: on a CPU that is an error, on a GPU,
/// which nobody waits for, all rows become invalid.
class Attn_WalkOp<string mnemonic, list<Trait> traits = []>
    : Attn_Op<"walk." # mnemonic,
              !listconcat(Attn_DestinationTraits, traits)> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      unsigned first = getRowsMutable().getOperandNumber();
      return ::mlir::MutableOperandRange(
          *this, first, getOperation()->getNumOperands() - first);
    }
  }];
}

/// Selection among blocks: something for each tile of queries and key tile.
class Attn_SelectBlocksOp<string mnemonic, dag leading, string meaning>
    : Attn_WalkOp<mnemonic> {
  let arguments = !con(leading, (ins
    Arg<Attn_Shaped, meaning>:$input,
    UnitAttr:$partial,
    Arg<Attn_Shaped, "rows">:$rows, Arg<Attn_Shaped, "tiles">:$tiles));
}

def Attn_WalkFromMaskOp : Attn_WalkOp<"from_mask",
    [AttrSizedOperandSegments, IsolatedFromAbove]> {
  let summary = "The walk of a mask";
  let description = [{
    Lists the tiles of `walk_shape` = <queries, keys> in which the mask is true
    for some pair of a query below `queries` and a key below `keys`; a tile in
    which it is true for all of them is full, the others are partial. Tiles are
    decided by the bounds of the mask's parts where these suffice: what depends on
    the query alone is evaluated once for each query, what depends on the key
    alone once for each key.

    | operand | shape | holds |
    |---|---|---|
    | queries, keys | index | how many there are; from 0 |
    | rows | `[B, H, ceil(queries / TQ), 4]` i32 | out; B and H are 1 for a mask that all share |
    | tiles | `[N]` i32 | out |
    | masks | `[N, TQ, W]` i32 | out, optional: the pairs of partial entries; other entries are not written |

    If the entries do not fit into `tiles`, none is written. On a CPU that is an
    error of the call; on a GPU, which nobody waits for, all rows say that they are
    invalid, and attention by them gives NaN.

    The mask region is that of `attn.attention`.

    Example: documents, of tokens in order:

    ```mlir
    %r, %t = attn.walk.from_mask<128, 128> sizes(%n, %n)
        outs(%rows, %tiles : tensor<1x1x?x4xi32>, tensor<?xi32>)
        mask(%b, %h, %i, %j, %doc = %docs : tensor<?xi32>) {
          %x = tensor.extract %doc[%i] : tensor<?xi32>
          %y = tensor.extract %doc[%j] : tensor<?xi32>
          %same = arith.cmpi eq, %x, %y : i32
          attn.yield %same : i1
        }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$walk_shape,
    Index:$queries, Index:$keys,
    Arg<Variadic<AnyType>, "captures of the mask region">:$mask_captures,
    Arg<Attn_Shaped, "rows">:$rows, Arg<Attn_Shaped, "tiles">:$tiles,
    Arg<Optional<Attn_Shaped>, "masks of partial entries">:$masks);
  let regions = (region AnyRegion:$mask);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
}

def Attn_WalkFromBlocksOp : Attn_SelectBlocksOp<"from_blocks", (ins),
    "which tiles are visited"> {
  let summary = "The walk of a block mask";
  let description = [{
    Lists the tiles for which `input`, `[B, H, tiles of queries, key tiles]` of
    i1, is true; B and H are 1 where all share it. With `partial` the mask of the
    attention is evaluated in them, otherwise all their pairs are attended to.

    Example:

    ```mlir
    %r, %t = attn.walk.from_blocks ins(%blocks : tensor<1x1x8x8xi1>)
        outs(%rows, %tiles : tensor<1x1x8x4xi32>, tensor<64xi32>)
        -> tensor<1x1x8x4xi32>, tensor<64xi32>
    ```
  }];
  let assemblyFormat = [{
    (`partial` $partial^)? `ins` `(` $input `:` type($input) `)`
    `outs` `(` $rows `,` $tiles `:` type($rows) `,` type($tiles) `)` attr-dict
    (`->` type($results)^)?
  }];
}

def Attn_WalkTopKOp : Attn_SelectBlocksOp<"topk",
    (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$k),
    "scores of tiles"> {
  let summary = "The walk of the key tiles with the largest scores";
  let description = [{
    Lists, for each tile of queries, the `k` key tiles whose scores in `input`,
    `[B, H, tiles of queries, key tiles]` of f32, are largest; of equal ones
    those that come first. Fewer if there are fewer. A score that is NaN or -inf is never
    chosen. `partial` as for `attn.walk.from_blocks`.

    Example:

    ```mlir
    %r, %t = attn.walk.topk 16 ins(%scores : tensor<1x8x64x64xf32>)
        outs(%rows, %tiles : tensor<1x8x64x4xi32>, tensor<8192xi32>)
        -> tensor<1x8x64x4xi32>, tensor<8192xi32>
    ```
  }];
  let assemblyFormat = [{
    $k (`partial` $partial^)? `ins` `(` $input `:` type($input) `)`
    `outs` `(` $rows `,` $tiles `:` type($rows) `,` type($tiles) `)` attr-dict
    (`->` type($results)^)?
  }];
}

def Attn_WalkThresholdOp : Attn_SelectBlocksOp<"threshold",
    (ins F32:$threshold), "scores of tiles"> {
  let summary = "The walk of the key tiles whose scores reach a threshold";
  let description = [{
    Lists the tiles whose score in `input`, `[B, H, tiles of queries, key
    tiles]` of f32, is at least `threshold`. `partial` as for
    `attn.walk.from_blocks`.

    Example:

    ```mlir
    %r, %t = attn.walk.threshold %least ins(%scores : tensor<1x8x64x64xf32>)
        outs(%rows, %tiles : tensor<1x8x64x4xi32>, tensor<32768xi32>)
        -> tensor<1x8x64x4xi32>, tensor<32768xi32>
    ```
  }];
  let assemblyFormat = [{
    $threshold (`partial` $partial^)? `ins` `(` $input `:` type($input) `)`
    `outs` `(` $rows `,` $tiles `:` type($rows) `,` type($tiles) `)` attr-dict
    (`->` type($results)^)?
  }];
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNWALKOPS
