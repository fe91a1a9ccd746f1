//===- Passes.td - Passes of the attn dialect --------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_TRANSFORMS_PASSES
#define FOVEA_DIALECT_ATTN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def LinalgRaiseAttention : Pass<"linalg-raise-attention"> {
  let summary = "Find softmax attention in linalg on tensors";
  let description = [{
    Replaces unfused attention by `attn.attention`: a product of queries and
    keys, a score computed from it elementwise, its softmax over the keys, and
    the product of that with the values, in `linalg` on tensors as `torch-mlir`
    prints it. What counts is what each element is computed from, not how many
    ops there are or of which shapes: reshapes, transpositions, broadcasts and
    fused or separate elementwise ops are looked through.

    | part | what is recognised |
    |---|---|
    | products | any op that sums products over one loop from 0: `linalg.batch_matmul`, `linalg.matmul`, `linalg.generic` |
    | operands | f32, f16, bf16, narrower than the sums, too; transposed, reshaped, multiplied by numbers, which become the scale; key heads that are repeated for a group of query heads are read once |
    | scale | numbers by which the product is multiplied or divided |
    | score | any elementwise ops on the scaled product, tensors (a mask that is added or selects) and `linalg.index`: they become the score region |
    | softmax | with the maximum over the keys subtracted (from -inf or the lowest number on) or without; divided by the sum before the product with the values or after it, or multiplied by its reciprocal |
    | result | in the order of dimensions and the type that it is transposed and narrowed to |

    Sizes may be dynamic, but for the channels. Numbers are the same but for
    rounding: what was rounded to f16 in between is computed in f32. Where a row
    has scores of -inf only, or where exponentials overflow without a maximum,
    the unfused form gives NaN, and the raised one 0 and the softmax.

    Products whose scores or weights are used elsewhere, too, are left alone, and
    so is what cannot be proved; a remark says why where weights are exponentials.
    Run it on what an importer gives, before ops are fused into loops.
  }];
  let dependentDialects = [
    "::fovea::attn::AttnDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numRaised", "raised", "Number of attention ops made">
  ];
}

def AttnDecompose : Pass<"attn-decompose"> {
  let summary = "Replace attn ops on tensors by their meaning in linalg";
  let description = [{
    Replaces every op of the `attn` dialect that works on tensors by what its
    `AggregatedOpInterface` gives: `linalg`, `arith`, `math` and `tensor` ops
    that form the scores of all pairs of a query and a key. The result is the
    definition of the op, written to be read and compared with, not to be fast:
    it takes memory for `B x H x Sq x Skv` scores.

    Ops on memrefs are left alone. An op that has no decomposition (packed,
    paged or several segments) is an error. `ops` restricts the pass to some
    ops, for example `-attn-decompose=ops=attn.merge`; a name that is no op of
    the dialect is an error.
  }];
  let options = [
    ListOption<"ops", "ops", "std::string",
               "Names of the ops to decompose (default: all of the dialect)">
  ];
  let dependentDialects = [
    "::fovea::attn::AttnDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numDecomposed", "decomposed", "Number of ops decomposed">
  ];
}

def AttnCheckSizes : Pass<"attn-check-sizes"> {
  let summary = "Check the sizes of attn ops at run time";
  let description = [{
    Before each op of the `attn` dialect, a `cf.assert` for every size that its
    verifier could not see: dynamic dimensions of operands that have to be equal,
    query heads that have to be a multiple of key heads. The conditions are those
    of the ops' `RuntimeVerifiableOpInterface`; messages name the operand and the
    dimension. `-generate-runtime-verification` checks other dialects' ops, too,
    those inside of score and mask regions included, where an assertion may not
    stand.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"
  ];
}

def AttnLowerWalks : Pass<"attn-lower-walks"> {
  let summary = "Lower the ops that make walks to parallel loops";
  let description = [{
    Replaces `attn.walk` ops on memrefs by parallel loops, for any target: they
    count the entries in parts of the rows, give each row its place in the list
    and its rank, and write the entries. The memory they allocate is linear in
    the numbers of queries and keys, and what they write does not depend on the order of
    items.

    For `attn.walk.from_mask` a tile is decided by interval arithmetic: the
    bounds of what depends on the query or on the key alone are found once for
    each tile of queries or keys, captured reads included, and the mask's are
    computed from them, first for up to 32 tiles at once. Only a tile that they
    leave open is evaluated element by element, its corners first, up to the
    first pair that is true and the first that is false. Parts whose tiles are all of
    one kind are evaluated once, others twice.

    If a list is too short, nothing is written to it, and all rows get -1
    entries, of which attention makes NaN. With `check` an assertion says so, too.
  }];
  let options = [
    Option<"check", "check", "bool", "true",
           "Assert that the entries fit into the list, which reads memory between "
           "the loops">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
  let statistics = [
    Statistic<"numLowered", "lowered", "Number of ops lowered">
  ];
}

def AttnSelectSchedule : Pass<"attn-select-schedule"> {
  let summary = "Choose tile sizes for attention ops";
  let description = [{
    Gives each `attn.attention` without a `schedule` attribute one for the
    target. A schedule that is there already wins: it was verified as it was
    parsed.

    For a CPU (`#tile.cpu_schedule`) the model is: query rows fill vectors; a
    register block has as many accumulators as hide the latency of a fused
    multiply-add on two ports (12 to 16), and with its operands fits into the
    registers; scores of one tile stay in the second-level cache. Few queries (a
    decoding step), with the heads that -attn-pack-heads makes rows, get a smaller
    query tile and taller blocks.

    With up to 16 queries (a static number) the keys are divided: on a CPU between
    up to 64 work items, whatever the number of threads, so that this does not
    change results; on a GPU between as many as it has multiprocessors.

    For a Hopper GPU (`#pipe.schedule`) up to 128 channels there are several,
    best first. More channels are an error, for which the op has to bring its
    schedule; channels that are no multiple of 8, and operands or results of other
    types than bf16 and f16, are errors in any case.

    | attempt | query rows | key tile | groups, registers | |
    |---|---|---|---|---|
    | first with up to 16 queries | 64 | 128 | 1, 240 | keys divided |
    | next with up to 16 queries | 64 | 64 | 1, 240 | 4 stages, keys divided |
    | next with up to 16 queries | 64 | 64 | 1, 240 | the same without overlap |
    | next up to 64 channels only | 192 | 128 | 3, 160 | turns, persistent |
    | next up to 64 channels only | 192 | 128 | 3, 160 | turns |
    | next | 128 | 128 | 2, 240 | turns, persistent |
    | next | 128 | 128 | 2, 240 | turns |
    | next | 128 | 64 | 2, 240 | turns, persistent |
    | next | 128 | 64 | 2, 240 | no overlap |

    A persistent kernel goes from the last query tile to the first if there is a
    mask. Those whose registers are not expected to do come after the others. A
    thread needs one for half of the value's channels and half of the key tile
    each, for a quarter of the key tile with overlap (the weights) and 32 more;
    for each captured element that differs by row 2, by column a quarter of the
    key tile, by score half of it (nothing where the region only adds), with 16 more in a persistent kernel; and for
    each function of a score that has no instruction (`tanh`, unless approximate)
    the key tile. `fovea-compile` lets ptxas say which of them really do.

    `attempt` takes another than the best.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
           "What to compile for: cpu, cpu:avx512, cpu:avx2, cpu:plain, "
           "cpu: and a list of LLVM features, or cuda:sm_90a">,
    Option<"attempt", "attempt", "unsigned", "0",
           "Which schedule to take: 0 is the best, 1 the next">
  ];
  let dependentDialects = [
    "::fovea::pipe::PipeDialect", "::fovea::tile::TileDialect"
  ];
}

def AttnPackHeads : Pass<"attn-pack-heads"> {
  let summary = "Make the query heads of a key head rows if there is one query";
  let description = [{
    With one query (a static 1: a decoding step) and several query heads for each
    key head, a kernel for each query head would read the same keys again and fill
    one row, or lane, of its tile. The queries and outputs of an `attn.attention` on memrefs
    are viewed with as many heads as the keys have, and the heads of a group as
    queries, which moves nothing in memory: the stride of the axis of queries
    becomes that of heads. In regions `h` becomes `h * group + i` and `i` 0.

    Ops with sinks, an origin, or other segments than one dense one stay as they
    are.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"
  ];
  let statistics = [
    Statistic<"numPacked", "packed", "Number of ops whose heads were packed">
  ];
}

def AttnAnalyzeMask : Pass<"attn-analyze-mask"> {
  let summary = "Say which keys the queries of a tile can see";
  let description = [{
    Prints, as remarks, what the mask analysis finds for each op with a mask: for
    the queries of one tile, the intervals of keys that hold every key which some
    query of the tile sees, and those that hold every key which some query does
    not see. A key tile outside of the first is empty and is not visited; one
    outside of the second is full and needs no mask. The ends are formulas of the
    tile's first query and of what the mask captures, for every length.

    For the causal mask below:

    ```
    remark: mask of the queries i0 to i0 + 127 in tiles of 128 keys, exact
    note: they may see keys to i0 + 127
    note: they may miss keys from i0 + 1
    note: 120 tiles are empty, 120 full and 16 partial
    ```

    `exact` means that no tile is visited, or masked, in vain (unless there are
    many intervals: `-tile-refine-walk` joins more than three with two ends in
    one). What cannot be analysed is named; such a mask still works, element by
    element. Nothing is changed, and `-tile-refine-walk` uses the same analysis.

    With static sizes, and a mask that captures nothing, the tiles are counted,
    and up to 2^20 of them are looked at one by one: the remark says how many are
    partial in vain.
    The size of a tile is that of the op's schedule, 128 x 128 without one, or
    what the options say.
  }];
  let options = [
    Option<"queryTile", "query-tile", "int64_t", "0",
           "Queries of a tile (default: the schedule's, or 128)">,
    Option<"keyTile", "key-tile", "int64_t", "0",
           "Keys of a tile (default: the schedule's, or 128)">
  ];
  let statistics = [
    Statistic<"numMasks", "masks", "Number of masks analysed">,
    Statistic<"numExact", "exact-masks", "Number of masks with exact results">,
    Statistic<"numEmpty", "empty-tiles", "Number of tiles that are left out">,
    Statistic<"numFull", "full-tiles", "Number of tiles that need no mask">,
    Statistic<"numPartial", "partial-tiles", "Number of tiles with the mask">,
    Statistic<"numInVain", "in-vain-tiles",
              "Number of partial tiles that are empty or full">,
    Statistic<"numLinear", "linear", "Number of inequalities used as they are">,
    Statistic<"numInverted", "inverted",
              "Number of inequalities after inverting divisions">,
    Statistic<"numDropped", "dropped", "Number of inequalities left out">
  ];
}

def AttnBufferize : Pass<"attn-bufferize", "::mlir::ModuleOp"> {
  let summary = "Bufferize functions of attention ops, in place";
  let description = [{
    One-shot bufferization with the calling convention of Fovea's functions: a
    tensor becomes a memref whose last dimension is contiguous and whose other
    strides are free; a result that is written in place of an argument is
    dropped; another result becomes an argument at the end, which needs a static
    shape. The attribute `fovea.results` of the function lists the argument
    that holds each result, `fovea.writes` the arguments that may be written.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"
  ];
}

#endif // FOVEA_DIALECT_ATTN_TRANSFORMS_PASSES
