//===- AttnOps.td - Operations of the attn dialect ---------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNOPS
#define FOVEA_DIALECT_ATTN_IR_ATTNOPS

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "fovea/Dialect/Attn/IR/AttnAttrs.td"
include "fovea/Dialect/Attn/IR/AttnInterfaces.td"

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, traits>;

def Attn_Shaped : Type<Or<[AnyRankedTensor.predicate, AnyMemRef.predicate]>,
                       "ranked tensor or memref", "::mlir::ShapedType">;

/// Traits of all ops that work in place on memrefs and give new tensors.
defvar Attn_DestinationTraits = [
  DestinationStyleOpInterface,
  DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
  DeclareOpInterfaceMethods<ConditionallySpeculatable>,
  DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
    ["reifyResultShapes"]>
];

/// Operands and attributes of all ops that form scores.
defvar Attn_ScoreArguments = (ins
  Arg<Attn_Shaped, "queries">:$query,
  Arg<Variadic<Attn_Shaped>, "keys of each segment">:$keys);
defvar Attn_ScoreTailArguments = (ins
  Arg<Variadic<Attn_Shaped>, "numbers of keys">:$lengths,
  Arg<Variadic<Attn_Shaped>, "page tables and row offsets">:$tables,
  Arg<Variadic<Index>, "coordinates of first keys">:$starts,
  Arg<Optional<Attn_Shaped>, "factors of the queries">:$query_factors,
  Arg<Variadic<Attn_Shaped>, "factors of each segment's keys">:$key_factors,
  Arg<Variadic<AnyType>, "captures of the score region">:$score_captures,
  Arg<Variadic<AnyType>, "captures of the mask region">:$mask_captures,
  Arg<Variadic<Index>, "coordinates of the first element">:$origin,
  Arg<Optional<Attn_Shaped>, "rows of the walk">:$walk_rows,
  Arg<Optional<Attn_Shaped>, "key tiles of the walk">:$walk_tiles,
  Arg<Optional<Attn_Shaped>, "masks of the walk's partial tiles">:$walk_masks,
  TypedArrayAttrBase<Attn_SegmentAttr, "segments">:$segments,
  OptionalAttr<DenseI64ArrayAttr>:$walk_shape,
  OptionalAttr<Attn_WalkAttr>:$walk,
  OptionalAttr<F64Attr>:$scale,
  OptionalAttr<AffineMapArrayAttr>:$indexing_maps,
  OptionalAttr<Attn_NumericsAttr>:$numerics);

/// Accessors shared by the ops that form scores.
class Attn_ScoreOp<string mnemonic, list<Trait> traits>
    : Attn_Op<mnemonic, !listconcat([AttrSizedOperandSegments,
        Attn_ScoreOpInterface, IsolatedFromAbove], Attn_DestinationTraits,
        traits)> {
  let regions = (region AnyRegion:$score, AnyRegion:$mask);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  code scoreDeclarations = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getOutputsMutable();
    }
    ::llvm::SmallVector<::mlir::AffineMap> getIndexingMapsArray();
    double getScaleValue();
    ::mlir::FloatType getAccumulatorType();
  }];
}

def Attn_AttentionOp : Attn_ScoreOp<"attention", []> {
  let summary = "Softmax attention with a score and a mask as regions";
  let description = [{
    Computes, for every batch entry `b`, query head `h` and query `i`,

        o[b,h,i,e] = sum_j p[b,h,i,j] * v[b,hk,j,e]          hk = h floordiv (H / Hk)
        p[b,h,i,j] = exp(s'[b,h,i,j] - lse[b,h,i])           0 where the mask is false
        lse[b,h,i] = log(sum_j exp(s'[b,h,i,j]) + exp(sinks[h]))
        s'         = score(scale * sum_d q[b,h,i,d] * k[b,hk,j,d], b, h, i, j)

    over the keys `j` that exist (below the length of their segment) and for
    which the mask is true. A row without such a key gives `o = 0` and `lse`
    equal to the sink (-inf without sinks), never NaN.

    | operand | shape (default maps) | element types |
    |---|---|---|
    | query | `[B, H, Sq, D]` | f32, f16, bf16 |
    | keys | `[B, Hk, Skv, D]`, H a multiple of Hk | f32, f16, bf16 |
    | values | `[B, Hk, Skv, Dv]` | f32, f16, bf16 |
    | lengths | `[B]` | i32, i64, index |
    | sinks | `[H]` | f32 |
    | outputs | `[B, H, Sq, Dv]`; optionally lse `[B, H, Sq]` | f32, f16, bf16; f32 |

    D and Dv are static; any other dimension may be dynamic. `indexing_maps`
    give other orders of the dimensions, as projected permutations of
    `(b, h, i, j, d, e)` for query, key, value, output and, with an lse, lse.
    The maps of keys and values use `h` for the key head.

    The score region has the arguments `(s, b, h, i, j)` and the captured
    values of its `%name = %operand` list; it yields the new score. The mask
    region has `(b, h, i, j)` and its captures and yields an i1: true, attend.
    Both may hold `arith`, `math`, `index` and `tensor.extract` (`memref.load`
    after bufferization) and nothing else. A negative index of a captured tensor
    counts from the end, as in NumPy; an index beyond the tensor is clamped.

    `factors(%f, %g : ...)`, with one `%g` for each segment, gives a bias of low rank.
    It is added to the scaled product, and the score region gets the sum:

        s' = score(scale * sum_d q[b,h,i,d] * k[b,hk,j,d]
                   + sum_r f[b,h,i,r] * g[b,hk,j,r], b, h, i, j)

    | operand | shape | element types |
    |---|---|---|
    | f | as the query, with R for D | f32, f16, bf16 |
    | g | as its segment's keys, with R for D | f32, f16, bf16 |

    R, the number of products, is static. Any other dimension may be a static 1,
    whatever the query or the keys have there: all share it. Factors are finite, also
    in the type of the operand whose channels they become (65504 is the largest number
    of f16). They cost a copy of queries and keys with a few channels more
    (`-attn-append-factors` says how many), and no memory of the size of the scores.

    Example: ALiBi, `slope[h] * j`:

    ```mlir
    %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
        dense(%k, %v : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
        factors(%slopes, %positions : tensor<1x8x1x1xf32>, tensor<1x1x?x1xf32>)
        outs(%o : tensor<1x8x?x64xf32>)
    ```

    `origin(%b, %h, %i, %j)` gives the coordinates of the op's first element,
    so that a tile of an attention computes what the whole would.

    `order`, an `#attn.order`, says on what grid the tokens of a self-attention
    lie, and may say in what tiles; `-attn-reorder-tokens` then moves them. The
    result is the same with and without it.

    `walk<TQ, TK>(%rows, %tiles)` or `walk<TQ, TK>(%rows, %tiles, %masks)` lists which tiles of TQ queries by TK keys are
    visited; pairs in other tiles are masked. A walk is a plain value: it may be
    made once, by `attn.walk` ops or by the caller, and used by many ops.

    | operand | shape | holds |
    |---|---|---|
    | rows | `[1 or B, 1 or H, ceil(Sq / TQ), 4]` i32 | for each tile of queries, in any order and each once: its number, its first entry in `tiles`, how many entries it has, and how many of these, the first ones, are partial |
    | tiles | `[N]` i32 | numbers of key tiles, each once in a row |
    | masks | `[N, TQ, W]` i32, W = 4 ceil(TK / 128) | which pairs of a partial entry are attended to: that of query i and key j of the tile is bit `2 (j mod 128 floordiv 8) + j mod 2` of word `4 (j floordiv 128) + j floordiv 2 mod 4` of row i |

    In a partial tile the mask region decides, or the masks, with which there is
    no region; in the others every pair is attended to. The order of a mask's bits is that in which a
    thread of a GPU holds scores. Tiles count from the op's first query and key. Entries beyond
    `tiles` are left out, and a number that is no key tile visits nothing. A row with a
    negative number of entries is invalid, and its queries' results are NaN: so a walk
    says on a GPU that its entries did not fit. Rows
    are worked on in their order: put those with most entries first.

    `walk = #attn.walk<...>` among the attributes says instead, in closed form, which
    tiles are visited: ranges of key tiles that are expressions of the number of the
    query tile.

    Example:

    ```mlir
    %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
        dense(%k, %v : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
        outs(%o : tensor<1x8x?x64xf32>)
        score(%s, %b, %h, %i, %j, %slope = %slopes : tensor<8xf32>) {
          %m = tensor.extract %slope[%h] : tensor<8xf32>
          %d = arith.subi %j, %i : index
          %n = arith.index_cast %d : index to i64
          %f = arith.sitofp %n : i64 to f32
          %r = math.fma %f, %m, %s : f32
          attn.yield %r : f32
        }
        mask(%b, %h, %i, %j) {
          %c = arith.cmpi sle, %j, %i : index
          attn.yield %c : i1
        }
    ```
  }];
  let arguments = !con(Attn_ScoreArguments,
    (ins Arg<Variadic<Attn_Shaped>, "values of each segment">:$values),
    Attn_ScoreTailArguments,
    (ins Arg<Optional<Attn_Shaped>, "logit of a sink for each head">:$sinks,
         Arg<Variadic<Attn_Shaped>, "outputs">:$outputs,
         OptionalAttr<AnyAttr>:$schedule,
         OptionalAttr<Attn_OrderAttr>:$order));
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let builders = [
    OpBuilder<(ins "::mlir::Value":$query, "::mlir::Value":$key,
                   "::mlir::Value":$value, "::mlir::ValueRange":$outputs)>
  ];
  let extraClassDeclaration = scoreDeclarations # [{
    /// The lse output, or null.
    ::mlir::Value getLse() {
      return getOutputs().size() > 1 ? getOutputs()[1] : ::mlir::Value();
    }
    ::mlir::Value getOutput() { return getOutputs()[0]; }
  }];
}

def Attn_ScoreReduceOp : Attn_ScoreOp<"score_reduce", []> {
  let summary = "Reduction of the probabilities over the queries";
  let description = [{
    Folds the probabilities of an attention over its queries:

        column_sum   r[b,h,j] = sum_i exp(s'[b,h,i,j] - lse[b,h,i])

    over the pairs that attention would visit; `lse` is the second result of
    the `attn.attention` with the same queries, keys and regions. Compression of
    key caches and selection of tokens rank keys by it. A row whose lse is -inf
    adds nothing; a key beyond the length, or of no sequence, gets 0. Where queries are
    packed and keys are not, the output has a dimension of sequences like the keys.

    `indexing_maps`, when given, lists the maps of query, key, output and lse.

    Example:

    ```mlir
    %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf32>)
        dense(%k : tensor<1x8x?x64xf32>) lse(%lse : tensor<1x8x?xf32>)
        outs(%c : tensor<1x8x?xf32>)
    ```
  }];
  let arguments = !con((ins Attn_ScoreReducerAttr:$reducer),
    Attn_ScoreArguments, Attn_ScoreTailArguments,
    (ins Arg<Attn_Shaped, "log-sum-exp of each row">:$lse,
         Arg<Variadic<Attn_Shaped>, "output">:$outputs,
         OptionalAttr<AnyAttr>:$schedule));
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let extraClassDeclaration = scoreDeclarations # [{
    ::mlir::Value getOutput() { return getOutputs()[0]; }
  }];
}

def Attn_MergeOp : Attn_Op<"merge", !listconcat([AttrSizedOperandSegments],
                                                Attn_DestinationTraits)> {
  let summary = "Combines partial results of attention over disjoint keys";
  let description = [{
    Each part is the pair (o, lse) of an attention over a part of the keys:

        lse = log(sum_n exp(lse_n)),     o = sum_n exp(lse_n - lse) * o_n

    A part whose lse is -inf adds nothing, whatever its o holds; if all are
    -inf, o = 0 and lse = -inf. Sinks enter one part only.

    | operand | shape | element type |
    |---|---|---|
    | parts | `[..., Dv]` each | f32, f16, bf16 |
    | lses | `[...]` each | f32 |
    | outputs | as a part; optionally as an lse | f32, f16, bf16; f32 |

    `schedule`, if given, says how the op is tiled (`-attn-select-schedule`).

    Example:

    ```mlir
    %o, %lse = attn.merge
        parts(%o0, %o1 : tensor<2x8x?x64xf32>, tensor<2x8x?x64xf32>)
        lse(%l0, %l1 : tensor<2x8x?xf32>, tensor<2x8x?xf32>)
        outs(%a, %b : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
        -> tensor<2x8x?x64xf32>, tensor<2x8x?xf32>
    ```
  }];
  let arguments = (ins
    Arg<Variadic<Attn_Shaped>, "outputs of the parts">:$parts,
    Arg<Variadic<Attn_Shaped>, "log-sum-exp of the parts">:$lses,
    Arg<Variadic<Attn_Shaped>, "outputs">:$outputs,
    OptionalAttr<AnyAttr>:$schedule);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let builders = [
    OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::ValueRange":$parts,
                   "::mlir::ValueRange":$lses, "::mlir::ValueRange":$outputs), [{
      build($_builder, $_state, results, parts, lses, outputs,
            /*schedule=*/::mlir::Attribute());
    }]>
  ];
  let assemblyFormat = [{
    `parts` `(` $parts `:` type($parts) `)` `lse` `(` $lses `:` type($lses) `)`
    `outs` `(` $outputs `:` type($outputs) `)` attr-dict
    (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getOutputsMutable();
    }
  }];
}

def Attn_ReorderOp : Attn_Op<"reorder", Attn_DestinationTraits> {
  let summary = "Moves tokens to the places that an order gives them";
  let description = [{
    `axes` names the dimension of the input and of the output that counts tokens
    (last), and those before it on which a permutation depends. With an order
    (`#attn.order`; its boxes of queries, or of keys where `keys` stands) or a
    permutation `by(%p)`, of place `n` and, for a permutation, coordinates `h`:

        output[.., h, .., n, ..] = input[.., h, .., p[h, n], ..]

    `inverse` moves tokens back: `output[.., p[h, n], ..] = input[.., n, ..]`. So
    an inverse after a move, by the same order, gives what was there before.

    A place of an order that holds no token gets 0, and the inverse leaves it
    out; in between there are as many rows as the order has places. A permutation
    holds each of the tokens `0` to `S - 1` once for each `h`; a compiled function
    says so where it does not, and nothing beyond the tensors is touched.

    | operand | shape | element types |
    |---|---|---|
    | input, output | any, with the same element type, equal but for the places | any |
    | permutation | the dimensions `axes` of the input | i32, i64, index |

    Example: keys of a 6 x 10 image in boxes of 4 x 4 (96 places), and heads that
    have an order each:

    ```mlir
    %0 = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>)
        keys axes [2] ins(%k : tensor<1x8x60x64xf32>)
        outs(%o0 : tensor<1x8x96x64xf32>) -> tensor<1x8x96x64xf32>
    %1 = attn.reorder by(%p : tensor<8x60xi32>) axes [1, 2]
        ins(%k : tensor<1x8x60x64xf32>) outs(%o1 : tensor<1x8x60x64xf32>)
        -> tensor<1x8x60x64xf32>
    ```
  }];
  let arguments = (ins
    Arg<Optional<Attn_Shaped>, "tokens by place">:$permutation,
    Arg<Attn_Shaped, "input">:$input,
    Arg<Attn_Shaped, "output">:$output,
    UnitAttr:$inverse,
    OptionalAttr<Attn_OrderAttr>:$order,
    UnitAttr:$keys,
    DenseI64ArrayAttr:$axes);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    (`inverse` $inverse^)?
    (`by` `(` $permutation^ `:` type($permutation) `)`)?
    (`order` `(` $order^ `)`)? (`keys` $keys^)? `axes` $axes
    `ins` `(` $input `:` type($input) `)`
    `outs` `(` $output `:` type($output) `)` attr-dict (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getOutputMutable();
    }
    /// The dimension that counts tokens.
    unsigned getTokenAxis() { return getAxes().back(); }
  }];
}

def Attn_YieldOp : Attn_Op<"yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["AttentionOp", "ScoreReduceOp", "WalkFromMaskOp"]>]> {
  let summary = "Result of a score or a mask region";
  let description = [{
    Yields the new score (of the accumulator's type) or the mask's i1.

    Example: scores times 2, keys up to the query's own:

    ```mlir
    %r = attn.attention ins(%q : tensor<1x2x8x4xf32>)
        dense(%k, %v : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>)
        outs(%o : tensor<1x2x8x4xf32>)
        score(%s, %b, %h, %i, %j) {
          %y = arith.addf %s, %s : f32
          attn.yield %y : f32
        }
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    ```
  }];
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // FOVEA_DIALECT_ATTN_IR_ATTNOPS
