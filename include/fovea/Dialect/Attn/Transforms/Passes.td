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
    the dialect is an error. With `keep-scheduled`, ops that have a schedule stay:
    there is a tile program for them. With `keep-orders`, moves by an order stay:
    -attn-to-tile makes them a part of a GPU's copies. With `keep-overlaps` those of
    keys to boxes that overlap (`kv_step`) do, which it makes a part of loads on
    every target. With `keep-inverses`, moves by the inverse of a permutation stay, for
    `-attn-lower-inverses`.
  }];
  let options = [
    ListOption<"ops", "ops", "std::string",
               "Names of the ops to decompose (default: all of the dialect)">,
    Option<"keepScheduled", "keep-scheduled", "bool", "false",
           "Whether ops with a schedule stay">,
    Option<"keepOrders", "keep-orders", "bool", "false",
           "Whether moves of tokens by an order stay">,
    Option<"keepOverlaps", "keep-overlaps", "bool", "false",
           "Whether moves of keys to boxes that overlap stay">,
    Option<"keepInverses", "keep-inverses", "bool", "false",
           "Whether moves by the inverse of a permutation stay">
  ];
  let dependentDialects = [
    "::fovea::attn::AttnDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numDecomposed", "decomposed", "Number of ops decomposed">
  ];
}

def AttnRewriteScores : Pass<"attn-rewrite-scores"> {
  let summary = "Simplify scores by the algebra of softmax";
  let description = [{
    Rewrites score regions of `attn.attention` on tensors. Each rule is on or off by
    its name in `rules`:

    | rule | what it does | exact |
    |---|---|---|
    | `rows` | a term that is added to the score and depends on `b`, `h` and `i` but not on `j` goes; it is added to lse if there is one | yes: less is rounded |
    | | with permission (`reassoc` on its op, or `math = approximate`), `slope * (j - i)` becomes `slope * j - slope * i` first | no: rounds as the coordinates, not as their distance |
    | `columns` | a value that depends on `b`, `h` and `j` but not on `s` and `i`, wherever it stands, is computed once by a `linalg.generic` and read by its indices, if it costs more than a read (a function, a division, several reads) and there are 512 queries or more, or their number is dynamic | yes |

    A row term goes if it is proved to be finite and below 2^40: computed from
    coordinates, integers and constants, or kept in bounds by `tanh` and the like. A
    captured float may be infinite or NaN, and the row is NaN then; with the flags
    `reassoc`, `nnan` and `ninf` on the sum the author says that it is not. Only sums
    count: what is inside of a soft cap, or another function of the score, stays. With
    sinks row terms stay, since sinks do not have them; so does lse with several
    segments, a start or an origin, where its rows' coordinates are not plain.
    Masked rows stay so: -inf and a finite number are -inf.

    `beside = false` leaves out what needs a tensor beside the op: columns, and row
    terms where there is an lse. The pipelines run all rules, for GPUs without what is
    beside: there is no code for it on the device.
  }];
  let options = [
    ListOption<"rules", "rules", "std::string", "Names of the rules to apply (default: all)">,
    Option<"beside", "beside", "bool", "true",
           "Whether tensors may be computed beside the op">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numRowTerms", "row-terms", "Number of row terms dropped">,
    Statistic<"numColumns", "columns", "Number of values computed beside the op">
  ];
}

def AttnAppendFactors : Pass<"attn-append-factors"> {
  let summary = "Make the factors of a bias channels of queries and keys";
  let description = [{
    An op with `factors(%f, %g)` becomes one whose queries have those of `%f`, over the
    scale, behind their own channels, and whose keys have those of `%g`: the product
    then holds the bias. Queries and keys, a whole pool of pages too, are copied into
    new tensors at each call; nothing of the size of the scores is made.

    The bias is as precise as a product in f32. A factor that has more bits than the
    operand becomes a sum of pieces in its type, each what the ones before leave out,
    rounded; products of pieces below 2^-24 of the whole are left out:

    | queries and keys | factors | channels for each product |
    |---|---|---|
    | f32 | any | 1 |
    | f16 | f16, bf16 | 1 |
    | f16 | f32 for one, for both | 2, 3 |
    | bf16 | bf16 | 1 |
    | bf16 | f32 for one, for both | 3, 6 |
    | bf16 | f16 for one, for both | 2, 4 |

    A scale below 1 is a power of two, by which queries are multiplied, and a rest from
    1 to 2, by which the factors of queries are divided; they count as f32 unless the
    rest is 1. Channels are padded with zeros to a multiple of `multiple`, so that on
    GPUs, which take multiples of 8, ALiBi has 8 more in any type.

    With `round` queries and keys take the type of the numerics' `operand` in their
    copies, if they have more bits: the factors then become pieces of that type.

    Both pipelines run it, ahead of what looks at shapes. It does not look at ops on
    memrefs, nor at those that accumulate in f64; -attn-to-tile takes no factors.
  }];
  let options = [
    Option<"multiple", "multiple", "int64_t", "1",
           "Of what the number of channels is a multiple">,
    Option<"round", "round", "bool", "false",
           "Round queries and keys in their copies as the numerics permit">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numAppended", "appended", "Number of ops whose factors became channels">
  ];
}

def AttnSplitKeys : Pass<"attn-split-keys"> {
  let summary = "Attend to parts of the keys and merge";
  let description = [{
    Replaces an `attn.attention` on tensors by one for each part of its keys, and an
    `attn.merge` of their results, which are in f32. Exact but for rounding: the parts'
    weights are scaled to each other by their lse.

    | keys and values | parts |
    |---|---|
    | both `tensor.concat` along the keys, of the same sizes (one may be dynamic) | what is concatenated, which is then not copied |
    | such a part that is a `linalg.broadcast` over the sequences | a prefix that all share: read without a dimension of sequences, whose few queries `-attn-to-tile` makes rows of one tile |
    | others | `parts` ranges of the same length, the last ones shorter; 1 leaves the op as it is |

    A part has the start of its first key, so that regions see the same coordinates,
    and the rest of each length; sinks go to the first part. Ops with a walk, or
    other segments than one dense one, stay as they are.

    It pays for a shared prefix; keys of few queries are divided between work items
    without it, by the schedule (`split_to`). It is in no pipeline: run it ahead of
    `fovea-compile` or by `fovea-run --passes`.
  }];
  let options = [
    Option<"parts", "parts", "int64_t", "1",
           "Number of parts of keys that are not concatenated">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numSplit", "split", "Number of ops that were split">
  ];
}

def AttnSplitSegments : Pass<"attn-split-segments"> {
  let summary = "Attend to each segment of keys and merge";
  let description = [{
    Replaces an `attn.attention` on tensors that has several segments by one for each of
    them, and an `attn.merge` of their results, which are in f32. Exact but for
    rounding: the parts' weights are scaled to each other by their lse.

    Regions see the same coordinates as before:

    | a segment that begins | has |
    |---|---|
    | at a start of its own | that start |
    | behind segments of a size that all sequences share | a start, the sum of these sizes |
    | behind segments with lengths, or packed ones | a tensor of the first coordinate in each sequence, computed beside the op, which regions that ask for `j` capture |

    Sinks go to the first segment. Rows of no sequence stay as they are. Regions that do
    not ask for `j` need no starts.

    GPUs run it: their kernels have one segment. CPUs visit segments one after the other
    in one kernel.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numSplit", "split", "Number of ops that were split">
  ];
}

def AttnSwapScoreReduce : Pass<"attn-swap-score-reduce"> {
  let summary = "Compute sums over queries by an attention of keys to queries";
  let description = [{
    Replaces an `attn.score_reduce column_sum` on tensors by an `attn.attention` whose
    queries are the keys and whose keys are the queries, and the exponential of its lse:

        sum_i exp(s'[i,j] - lse[i])  =  exp(log(sum_i exp(s'[i,j] - lse[i])))

    Exact but for rounding. The new score region is the old one, with the coordinates
    of queries and keys swapped, and adds a tensor of the negated lse, which it
    captures; a query without a key has -inf there. Keys beyond a length and those of
    no sequence get 0 after it. Keys that several query heads or sequences share are
    copied for each of these, keys in pages for each sequence. Each of several
    segments has an attention of its own, whose sums are a part of the output.

    Where queries are packed and keys are not, keys are copied one sequence after the
    other.

    Left as they are: ops with factors (`-attn-append-factors` comes first), with a walk
    (`-attn-walk-to-mask` and `-attn-list-to-mask` come first), and sums in f64.

    GPUs run it: attention is their only kernel. CPUs have one for the op itself.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numSwapped", "swapped", "Number of ops that were replaced">
  ];
}

def AttnCopyOperands : Pass<"attn-copy-operands"> {
  let summary = "Copy operands to rows that a copy engine can read";
  let description = [{
    Gives an `attn.attention` on tensors with one segment copies of those operands
    whose channels do not lie one after the other in groups of 8 (16 bytes of bf16 or
    f16), which the tensor maps of GPUs take:

    - channels that are not the last dimension, or a slice with a stride;
    - a number of channels that is no multiple of 8: zeros come behind those of
      queries and keys, which leave the scores as they are, and of values;
    - a slice of channels that begins in the middle of a group, or of rows that are
      no whole groups.

    Numbers of more bits than the numerics' `operand` are rounded to it in the copy:
    GPUs multiply numbers of 16 bits.

    A result of f32 is written anywhere; another goes to memory with whole groups
    first, and its first channels from there. Remarks say which operands
    are copied and which are rounded. `scale` becomes explicit.

    Types say nothing of the strides of a function's arguments. A compiled function
    that is called with strides, or an address, that are no multiples of 16 bytes
    gives an error.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numCopied", "copied", "Number of ops with copied operands">
  ];
}

def AttnSplitHeads : Pass<"attn-split-heads"> {
  let summary = "Make an attention of each range of heads that differ";
  let description = [{
    Where a score or mask region of an `attn.attention` on tensors compares the head
    with constants (some heads have a window, others none), replaces the op by one for
    each range of heads in which all comparisons give the same: in each, they are
    constants, so that it has the walk, and the score, of its heads only. Exact, to the
    bit where schedules are the same.

    Heads are a static number, and so are key heads; ranges do not divide the query
    heads of a key head; there are 8 at most. Ops with a walk or an origin stay as
    they are. It is in no pipeline: for each range there is a kernel of its own.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numSplit", "split", "Number of ops that were split">
  ];
}

def AttnCheckSizes : Pass<"attn-check-sizes"> {
  let summary = "Check the sizes of attn ops at run time";
  let description = [{
    Before each op of the `attn` dialect, a `cf.assert` for every size that its
    verifier could not see: dynamic dimensions of operands that have to be equal,
    query heads that have to be a multiple of key heads. Row offsets of packed
    sequences have to ascend and end within the rows, and page tables have to
    name pages that exist, where a sequence has keys; with `contents = false` this
    is not checked: the memory of a GPU is not read before a launch, whose kernel
    keeps offsets within the rows, and copies zeros for pages that do not exist.
    The conditions are those
    of the ops' `RuntimeVerifiableOpInterface`; messages name the operand and the
    dimension. `-generate-runtime-verification` checks other dialects' ops, too,
    those inside of score and mask regions included, where an assertion may not
    stand.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
  let options = [
    Option<"contents", "contents", "bool", "true",
           "Read row offsets, page tables and permutations, and check them">
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
    target, and for a CPU each `attn.score_reduce`, whose tiles have keys for
    rows. A schedule that is there already wins: it was verified as it was
    parsed.

    For a CPU (`#tile.cpu_schedule`) the model is: query rows fill vectors; a
    register block has as many accumulators as hide the latency of a fused
    multiply-add on two ports (12 to 16), and with its operands fits into the
    registers; scores of one tile stay in the second-level cache. Few queries (a
    decoding step), with those of all heads that share keys, get a smaller
    query tile and taller blocks; up to 16 rows leave the lanes to keys and
    channels (`lane_axis = 1`). Where all operands are bf16 and
    the CPU has AVX512-BF16, products run on pairs (`storage_types`), and in tile
    registers if it has AMX-BF16 (`amx`). Packed queries have a `tail_tile` of one vector:
    where most sequences have one query, larger tiles would be empty.

    An `attn.merge` of 2 to 4 dimensions, up to 256 channels, gets tiles of up to 64
    rows on CPUs; on GPUs it runs by its decomposition.

    With up to 16 queries (a static number) the keys are divided: on a CPU between
    up to 64 work items, whatever the number of threads, so that this does not
    change results; on a GPU between as many as it has multiprocessors.

    For a Hopper GPU (`#pipe.schedule`) up to 256 channels there are several,
    best first. More channels, channels that are no multiple of 8, operands of
    other types than bf16 and f16, several segments (`-attn-split-segments` makes
    one of each), pages of no multiple of 8 keys, and other ops are errors.

    | attempt | query rows | key tile | groups, registers | |
    |---|---|---|---|---|
    | first with up to 16 queries | 64 | 128 | 1, 240 | keys divided |
    | next with up to 16 queries | 64 | 64 | 1, 240 | 4 stages, keys divided |
    | next with up to 16 queries | 64 | 64 | 1, 240 | the same without overlap |
    | next with a walk of 64 by 64, up to 128 channels | 64 | 64 | 1, 216 | two blocks on a multiprocessor |
    | next above 128 channels up to 1,024 queries, masked | 128 | 64 | 2, 240 | turns, skips tiles |
    | next above 64, up to 128 channels with functions of scores as instructions (approximate `tanh`) | 128 | 64 | 2, 240 | persistent |
    | next above 64, up to 128 channels from 8,192 keys on, dense, without regions or a walk | 128 | up to 176 | 2, 240 | turns |
    | next up to 64 channels only | 192 | 128 | 3, 160 | turns without a mask, skips tiles, persistent |
    | next up to 64 channels only | 192 | 128 | 3, 160 | turns without a mask, skips tiles |
    | next | 128 | 128 | 2, 240 | turns, persistent |
    | next | 128 | 128 | 2, 240 | turns |
    | next | 128 | 64 | 2, 240 | turns, persistent |
    | next | 128 | 64 | 2, 240 | no overlap |
    | next above 128 channels, or with a function of several ranges (`log1p`, `erf`, `atan`) | 128 | 32 | 2, 240 | no overlap |
    | next above 128 channels with functions without an instruction | 128 | 16 | 2, 240 | no overlap |

    How many queries and keys there are is known of static sizes, and of those that an
    attribute `attn.sizes` expects (`-attn-version-sizes`).

    A persistent kernel goes from the last query tile to the first if there is a
    mask. Those whose registers are not expected to do come after the others. A
    thread needs one for half of the value's channels and half of the key tile
    each, for a quarter of the key tile with overlap (the weights) and 32 more;
    for each captured element that differs by row 2, by column a quarter of the
    key tile, by score half of it (nothing where the region only adds), with 16 more in a persistent kernel; and for
    each function of a score that has no instruction (`tanh`, unless approximate)
    the key tile, twice that if it has several ranges. `fovea-compile` lets ptxas say which of them really do.

    `attempt` takes another than the best.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
           "What to compile for: cpu, cpu:amx, cpu:avx512, cpu:avx2, "
           "cpu:plain, cpu: and a list of LLVM features, or cuda:sm_90a">,
    Option<"attempt", "attempt", "unsigned", "0",
           "Which schedule to take: 0 is the best, 1 the next">
  ];
  let dependentDialects = [
    "::fovea::pipe::PipeDialect", "::fovea::tile::TileDialect"
  ];
}

def AttnVersionSizes : Pass<"attn-version-sizes"> {
  let summary = "Makes versions of an attention op for sizes with another schedule";
  let description = [{
    Some schedules are better for short, some for long sequences. An `attn.attention`
    on memrefs whose numbers of queries or keys are dynamic, and which has no schedule
    yet, becomes an `scf.if` on them, with a copy of the op that expects some of them
    (`attn.sizes`), before the op for all others. Moves of tokens to and from its buffers
    (`attn.reorder`) go with both. These sizes have versions on a Hopper GPU:

    | sizes | ops | their schedule |
    |---|---|---|
    | up to 1,024 queries | above 128 channels, masked | key tiles of 64 keys: less of a tile is masked |
    | from 8,192 keys on | above 64, up to 128 channels, dense keys without regions or a walk | key tiles of up to 176 keys, not persistent: fewer steps |

    Packed queries have none, nor have keys with lengths, as the sequences in them may be
    short, unless an `attn.sizes` says what to expect; of sizes that it gives there is one version.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::fovea::pipe::PipeDialect"
  ];
}

def AttnOfferSchedules : Pass<"attn-offer-schedules"> {
  let summary = "Makes a version of an attention op for each of its schedules";
  let description = [{
    An `attn.attention` on memrefs with an attribute `attn.schedules` becomes an
    `scf.index_switch` on `tile.choose`, with the op under its own schedule by
    default, and under one of the attribute's in each case. Moves of tokens to and
    from its buffers (`attn.reorder`) go with it. Where no ptxas is found, the
    compiler offers schedules for a GPU so: what the driver makes of a kernel is
    known when it is loaded.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::fovea::tile::TileDialect"];
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

def AttnReorderTokens : Pass<"attn-reorder-tokens"> {
  let summary = "Move the tokens of grids so that fewer tiles have work";
  let description = [{
    Where tokens lie on a grid (an image, a video, every n-th token of a text), a
    mask by distance on it cuts nearly all tiles of tokens as they are numbered.
    With an order (`#attn.order`) tiles are boxes of the grid, and most of them
    are empty. This pass moves queries, keys and values to the places of an order
    (`attn.reorder`), gives the op's regions the numbers that the tokens had
    before, and moves the results back. Divisions and remainders of these numbers
    that are coordinates of the grid are replaced by them. The result is the same.

    The tiles with work are listed when the op is compiled, and become its walk: a
    constant of an entry for each. Nothing is left to find out at run time.

    An op with an order that has boxes gets these. For one with a grid alone, and,
    unless `only-given`, for one whose mask divides indices by constants that make
    a grid, the pass looks for boxes that fill a tile: the key tiles that some query
    tiles visit decide, counted by the analysis of masks on coordinates. Boxes of
    keys lie side by side, or, where fewer pairs are visited with them, there
    is one at every token of a full grid (`kv_step`): the walk then lists, for each tile of
    queries, boxes that share no key, from where the keys that it sees begin. Tokens
    are moved if the tiles with work then hold at most four fifths of the pairs that
    they held before. Tiles have the size of the op's schedule. Without one the pass
    chooses, by the pairs that are visited (the walk says so, and
    `-attn-select-schedule` follows):

    | target | queries | keys | boxes of keys | time for a pair |
    |---|---|---|---|---|
    | CPU | 64 | 128 or 64 | side by side, or at any token | 1 |
    | GPU | 128 | 128 or 64 | side by side | 1 |
    | GPU, up to 128 channels | 64 | 64 | at any token | 1.1 |

    Only self-attention with a static number of tokens, one dense segment without
    lengths, no walk and no origin, on tensors. `attn-to-tile` makes moves a part of
    loads, those of keys to boxes that overlap on every target, for GPUs all of
    them: boxes then have as many tokens as a tile, for GPUs a power of two, and the
    grid is full. An order that
    cannot be used is said in a warning, or in a remark where it does not pay.
  }];
  let options = [
    Option<"onlyGiven", "only-given", "bool", "false",
           "Leave ops without an order attribute as they are">,
    Option<"target", "target", "std::string", "\"cpu\"",
           "What to compile for, as for -attn-select-schedule">,
    Option<"reports", "report", "bool", "false",
           "Say in a remark which order was chosen, and what it saves">
  ];
  let statistics = [
    Statistic<"numReordered", "reordered", "Number of ops whose tokens move">,
    Statistic<"numBefore", "pairs-before",
              "Number of pairs in tiles with work of these ops">,
    Statistic<"numAfter", "pairs-after",
              "Number of pairs in tiles with work in the order">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"
  ];
}

def AttnWalkToMask : Pass<"attn-walk-to-mask"> {
  let summary = "Make walks in closed form a part of masks";
  let description = [{
    The ranges of an `#attn.walk` become comparisons of the numbers of tiles in the
    op's mask region, and the attribute goes. Exact. All pipelines begin with it. Passes
    that would have to rewrite the attribute leave ops with one as they are, so run
    this pass before them.
  }];
  let statistics = [
    Statistic<"numWalks", "walks", "Number of walks that became masks">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AttnListToMask : Pass<"attn-list-to-mask"> {
  let summary = "Make listed walks of score reductions a part of masks";
  let description = [{
    The list of an `attn.score_reduce` on tensors becomes a table, which has a number for
    each tile of queries by keys: 0 where it is not visited, 1 + n where entry n says that
    it is partial, -1 - n where it is full. The op's mask region reads it, and the walk's
    masks of partial tiles, if it has some. Exact, but no tile is skipped any more: kernels of
    score reductions know no lists. An `attn.attention` keeps its list.
  }];
  let statistics = [
    Statistic<"numWalks", "walks", "Number of walks that became masks">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def AttnLowerInverses : Pass<"attn-lower-inverses"> {
  let summary = "Move tokens to where a permutation says, by loops";
  let description = [{
    `attn.reorder inverse by(%p)` on memrefs becomes a parallel loop over the places of
    its input that stores each element where the permutation says. The decomposition
    makes the inverse permutation instead, one number after another; the loops of
    this pass run on the threads of a CPU and on a GPU. Each token has to be there
    once, which `-attn-check-sizes` checks before a call on CPUs; here a number that is
    no token is clamped.
  }];
  let statistics = [
    Statistic<"numLowered", "lowered", "Number of moves that became loops">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
}

def AttnListTiles : Pass<"attn-list-tiles"> {
  let summary = "List the tiles of masks that ranges do not hold exactly";
  let description = [{
    The ranges of key tiles that a kernel computes from its mask
    (`-tile-refine-walk`) hold all tiles with work, and no others where the mask is
    made of comparisons of sums of indices. Where indices are multiplied or divided,
    or there are more ranges than a kernel has loops, they may hold tiles without
    work, and take full ones for partial. For a static number of queries and keys
    this pass looks at every tile when the op is compiled. If that spares one (on GPUs,
    where a walk fixes the size of tiles, a twentieth of them), the op gets a walk: a
    constant with an entry for each tile with work, the rows with most work first.
    Where the mask depends on the head, each head has its own.

    Only ops on tensors whose mask depends on b, h, i and j alone, where they are
    added, multiplied by constants, divided and compared (other parts of it may be
    anything, and count as unknown), not on the sequence, with one dense segment
    without lengths, no walk, at least a tile of queries and up to 65,536 tiles (of all
    heads that differ). Tiles are those of the op's schedule, or 64 queries (GPUs: 128)
    by 128 keys.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
           "What to compile for, as for -attn-select-schedule">
  ];
  let statistics = [
    Statistic<"numListed", "listed", "Number of ops with a walk now">,
    Statistic<"numSpared", "spared",
              "Number of tiles that need no evaluation, or no mask, for that">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AttnExplain : Pass<"attn-explain", "::mlir::ModuleOp"> {
  let summary = "Say and draw which tiles of attention ops have work";
  let description = [{
    Prints, for each `attn.attention`, what the compiler makes of its mask: the
    classes of its tiles with tokens as they are numbered and, where tokens move, in
    the order that is chosen; the share of all pairs that is in tiles with work; the
    schedule; and the share of the time of the same attention without a mask that
    this should take. Heads whose maps are equal are one group. Nothing is changed:
    the decisions are those of `-attn-reorder-tokens`, `-attn-list-tiles` and
    `-attn-select-schedule`, made on a copy.

    A dynamic number of queries or keys is that of the dimension's name, where the
    function's argument has names (`fovea.dims = ["B", "", "S", ""]`) and the module
    has their sizes (`fovea.dims = {S = 4096}`; `fovea-run --dims`); else `assumed`,
    and the text says so. Sums and differences of sizes that a mask captures are known,
    too. The decisions are those for the types, whatever the sizes.

    `svg` names a file for a picture: the maps of tiles of all groups, queries down
    and keys to the right. With more than 128 tiles along an axis a cell stands for
    several, and is as dark as the share of them that has work; one with any work is
    darker than one with none. The numbers are exact, unless more than 262,144 boxes
    of tiles remain undecided while boxes are halved: then the class of one tile of
    each, chosen at random, is taken for all of it, and the numbers are called
    `about` what they are. So time and memory are bounded whatever the sizes.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
           "What to compile for, as for -attn-select-schedule">,
    Option<"svg", "svg", "std::string", "\"\"", "File for the picture">,
    Option<"assumed", "assumed", "int64_t", "4096",
           "Number of queries or keys where nothing says it">,
    Option<"output", "output", "std::string", "\"-\"", "File for the text">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::fovea::pipe::PipeDialect",
    "::mlir::tensor::TensorDialect", "::fovea::tile::TileDialect"
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
