//===- AttnAttrs.td - Attributes of the attn dialect ------*- tablegen -*-===//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNATTRS
#define FOVEA_DIALECT_ATTN_IR_ATTNATTRS

include "mlir/IR/AttrTypeBase.td"
include "fovea/Dialect/Attn/IR/AttnDialect.td"
include "fovea/Dialect/Attn/IR/AttnEnums.td"

class Attn_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Attn_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Attn_SegmentKindAttr : EnumAttr<Attn_Dialect, Attn_SegmentKind,
                                    "segment_kind">;
def Attn_ScoreReducerAttr : EnumAttr<Attn_Dialect, Attn_ScoreReducer,
                                     "reducer">;

def Attn_SegmentAttr : Attn_Attr<"Segment", "segment"> {
  let summary = "Access kind of one segment of keys and values";
  let description = [{
    Attention reads its keys and values from a list of segments that share one
    softmax. This attribute says how one of them lies in memory, and which of
    the op's optional operands belong to it.

    | kind | keys and values | tables |
    |---|---|---|
    | `dense` | one tensor for all sequences | none |
    | `packed` | sequences one after another, no batch dimension | row offsets of the queries and of the keys, `[B + 1]` each |
    | `paged` | pages of `page_size` keys in a pool | page numbers, `[B, pages]` |

    `has_offsets`: the queries are packed, though the keys are not: row offsets of
    the queries come before the page table. All segments of an op have row
    offsets, or none has. So sequences with many queries stand beside sequences
    with one.
    `has_lengths`: a `[B]` tensor of integers gives the number of keys that
    exist in this segment for each sequence; it is clamped to `[0, Skv]`.
    `has_start`: an index gives the coordinate `j` of the segment's first key;
    without it a segment begins right behind the last existing key of the one
    before it, as lengths tell for each sequence, and the first begins at 0.
    `page_size` is 0 unless the kind is `paged`.

    Example: `#attn.segment<paged, page_size = 16, has_lengths = true>`.
  }];
  let parameters = (ins
    EnumParameter<Attn_SegmentKind>:$kind,
    DefaultValuedParameter<"int64_t", "0">:$page_size,
    DefaultValuedParameter<"bool", "false">:$has_lengths,
    DefaultValuedParameter<"bool", "false">:$has_start,
    DefaultValuedParameter<"bool", "false">:$has_offsets
  );
  let assemblyFormat = [{
    `<` $kind (`,` struct($page_size, $has_lengths, $has_start, $has_offsets)^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Number of operands with row offsets: of the queries, then of the keys.
    unsigned getNumOffsets() const {
      return getKind() == SegmentKind::packed ? 2 : getHasOffsets();
    }
    /// Number of table operands: row offsets, then page numbers.
    unsigned getNumTables() const {
      return getNumOffsets() + (getKind() == SegmentKind::paged);
    }
  }];
}

def Attn_NumericsAttr : Attn_Attr<"Numerics", "numerics"> {
  let summary = "Types and accuracy of the intermediate values";
  let description = [{
    - `accumulator`: type of scores, row maxima, row sums and of the sum over
      values; `f32` (default) or `f64` (reference only).
    - `operand`: `f16` or `bf16`, to which queries, keys and values of more bits may be
      rounded before they are multiplied, as where a GPU has no products of their
      type. Absent: they may not. A target that multiplies them as they are does so.
      Factors of a bias stay as precise as they are.
    - `probability`: type to which `p` is rounded before it multiplies `v`.
      Absent: any type at least as precise as `v`'s element type.
    - `math`: `accurate` (default): `exp`, `tanh` and other functions have a
      relative error below 2^-21. `approximate`: below 2^-10, as the fast
      instructions of GPUs have; sums and products of regions may be ordered anew,
      what a score region adds may count as infinite beyond 2^127 times the scale, and
      where it bounds the scores, no more than 150 / log2(e) apart (a soft cap of up to
      50), weights may be relative to a number between the bounds instead of the row's
      maximum, where products take bf16: values from 2^-26 to 2^57 are safe at any
      scores.

    Example: `#attn.numerics<probability = bf16, math = approximate>`.
  }];
  let parameters = (ins
    OptionalParameter<"::mlir::FloatType">:$accumulator,
    OptionalParameter<"::mlir::FloatType">:$operand,
    OptionalParameter<"::mlir::FloatType">:$probability,
    DefaultValuedParameter<"MathMode", "MathMode::accurate">:$math
  );
  let assemblyFormat = "`<` struct($accumulator, $operand, $probability, $math) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The type that an operand may be rounded to: its own if it has no more bits
    /// than `operand`, or none may be.
    ::mlir::Type round(::mlir::Type type) const;
  }];
}

def Attn_OrderAttr : Attn_Attr<"Order", "order"> {
  let summary = "An order of tokens in which tiles are boxes of a grid";
  let description = [{
    The tokens lie on a grid of one, two or three dimensions, the last one
    running fastest: token `(y, x)` of `grid = [64, 128]` is number `128 y + x`.
    In this order the grid is cut into boxes, of shape `q` for queries and of
    shape `kv` for keys; the boxes follow one another as the grid runs, and so do
    the tokens inside of each. A tile of attention that has as many rows as a box
    has tokens is then a box, and keys near to each other on the grid share tiles.

    | parameter | meaning | range |
    |---|---|---|
    | `grid` | extents of the grid; `?` first: as many lines as the tokens fill | 1 to 3 extents; their product is the number of tokens |
    | `q`, `kv` | shapes of the boxes of queries and keys; absent: `-attn-reorder-tokens` chooses them | both or none, an extent for each of the grid |
    | `q_size`, `kv_size` | places that a box takes | at least its tokens (default: just these) |
    | `kv_step` | how far apart boxes of keys start, along each dimension | divisors of `kv` (default: `kv`, boxes side by side) |

    Where boxes reach beyond the grid, or have more places than tokens, places
    stay empty: reordered queries and keys have more rows than tokens, zeros in
    them, and a mask leaves the empty ones out.

    With a `kv_step` below `kv` boxes of keys overlap: there is one wherever a
    window may start, `kv_step = [1, 1]`: at every token. A key then has a place in
    each box that holds it, and a walk lists, for each tile of queries, boxes that
    share no key. Such keys are not meant to be moved in memory: the loads of a
    kernel take the boxes from where the keys are.

    A dilated (strided) order is a grid whose last extent is the stride, with boxes
    of one column: `#attn.order<grid = [?, 4], q = [64, 1], kv = [128, 1]>` puts 64
    queries that are 4 apart into one tile.

    Example: `#attn.order<grid = [16, 30, 45], q = [4, 4, 4], kv = [2, 6, 5],
    kv_size = 64>`; boxes of keys at any token: `#attn.order<grid = [64, 128],
    q = [16, 4], kv = [4, 16], kv_step = [1, 1]>`.
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$grid,
    OptionalArrayRefParameter<"int64_t">:$q,
    OptionalArrayRefParameter<"int64_t">:$kv,
    DefaultValuedParameter<"int64_t", "0">:$q_size,
    DefaultValuedParameter<"int64_t", "0">:$kv_size,
    OptionalArrayRefParameter<"int64_t">:$kv_step
  );
  let assemblyFormat = [{
    `<` struct(custom<Extents>($grid), custom<Extents>($q),
               custom<Extents>($kv), $q_size, $kv_size,
               custom<Extents>($kv_step)) `>`
  }];
  let genVerifyDecl = 1;
}

def Attn_WalkAttr : Attn_Attr<"Walk", "walk"> {
  let summary = "A walk in closed form: ranges of key tiles for a query tile";
  let description = [{
    Says which tiles of `queries` by `keys` an op visits, for any number of them,
    without a list: `ranges` gives pairs `begin, end` for the number t of a tile of
    queries, and key tile n is visited if `begin <= n < end` for one pair of them. Query
    i is in tile `i floordiv queries` and key j in tile `j floordiv keys`, by the
    coordinates of the op's regions, whatever segment, origin or start they come from.
    Ranges may overlap, may be empty and may reach beyond the tiles that exist; they
    divide by positive constants and stay below 2^62 for t below 2^31.

    In visited tiles the mask region decides, if there is one; all other pairs are
    masked. So a walk is a mask by blocks, and `-attn-walk-to-mask`, the first pass of
    all pipelines, makes it one: the analysis of masks then gives kernels ranges of key
    tiles that hold just these tiles, full where there is no other mask. Tiles cost
    least that are made of a kernel's own, which have 64 queries (on GPUs mostly 128)
    and 128 keys.

    Example: the first key tile, and the three up to the queries' own: `#attn.walk<
    queries = 128, keys = 128, ranges = (t) -> (0, 1, t - 2, t + 1)>`.
  }];
  let parameters = (ins
    "int64_t":$queries,
    "int64_t":$keys,
    "::mlir::AffineMap":$ranges
  );
  let assemblyFormat = "`<` struct($queries, $keys, $ranges) `>`";
  let genVerifyDecl = 1;
}

def Attn_SizesAttr : Attn_Attr<"Sizes", "sizes"> {
  let summary = "How many queries and keys an op is expected to have";
  let description = [{
    As the attribute `attn.sizes` of an `attn.attention`: the least and the most queries
    and keys of a sequence that are expected, both included, where types do not say it: of
    dynamic sizes, packed sequences, and keys with lengths. `?` as the most is no bound, and
    what is absent may be anything. Schedules are chosen for these sizes, where some have
    others than the rest (`-attn-version-sizes` lists them); up to 16 queries divide their
    keys. Results are right for other sizes, too.

    Example: `attributes {attn.sizes = #attn.sizes<keys = [16384, ?]>}`.
  }];
  let parameters = (ins
    OptionalArrayRefParameter<"int64_t">:$queries,
    OptionalArrayRefParameter<"int64_t">:$keys
  );
  let assemblyFormat = [{
    `<` struct(custom<Extents>($queries), custom<Extents>($keys)) `>`
  }];
  let genVerifyDecl = 1;
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNATTRS
