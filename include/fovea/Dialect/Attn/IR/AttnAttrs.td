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
    - `probability`: type to which `p` is rounded before it multiplies `v`.
      Absent: any type at least as precise as `v`'s element type.
    - `math`: `accurate` (default): `exp`, `tanh` and other functions have a
      relative error below 2^-21. `approximate`: below 2^-10, as the fast
      instructions of GPUs have; sums and products of regions may be ordered anew, and
      what a score region adds may count as infinite beyond 2^127 times the scale.

    Example: `#attn.numerics<probability = bf16, math = approximate>`.
  }];
  let parameters = (ins
    OptionalParameter<"::mlir::FloatType">:$accumulator,
    OptionalParameter<"::mlir::FloatType">:$probability,
    DefaultValuedParameter<"MathMode", "MathMode::accurate">:$math
  );
  let assemblyFormat = "`<` struct($accumulator, $probability, $math) `>`";
  let genVerifyDecl = 1;
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNATTRS
