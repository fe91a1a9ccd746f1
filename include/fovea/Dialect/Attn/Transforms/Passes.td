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

def AttnSelectSchedule : Pass<"attn-select-schedule"> {
  let summary = "Choose tile sizes for attention ops";
  let description = [{
    Gives each `attn.attention` without a `schedule` attribute one for the
    target. A schedule that is there already wins: it was verified as it was
    parsed.

    For a CPU (`#tile.cpu_schedule`) the model is: query rows fill vectors; a
    register block has as many accumulators as hide the latency of a fused
    multiply-add on two ports (12 to 16), and with its operands fits into the
    registers; scores of one tile stay in the second-level cache. A short query
    (a decoding step) gets a smaller query tile and taller blocks.

    For a Hopper GPU (`#pipe.schedule`) up to 128 channels there are several,
    best first; more channels are an error, for which the op has to bring its
    schedule.

    | attempt | query rows | key tile | groups, registers | |
    |---|---|---|---|---|
    | 0 up to 64 channels only | 192 | 128 | 3, 160 | turns |
    | next | 128 | 128 | 2, 240 | turns, persistent |
    | next | 128 | 128 | 2, 240 | turns |
    | next | 128 | 64 | 2, 240 | turns, persistent |
    | next | 128 | 64 | 2, 240 | no overlap |

    A persistent kernel goes from the last query tile to the first if there is a
    mask. Those whose registers are not expected to do come after the others. A
    thread needs one for half of the value's channels and half of the key tile
    each, for a quarter of the key tile with overlap (the weights) and 32 more;
    for each captured element that differs by row 2, by column a quarter of the
    key tile, by score half of it, with 16 more in a persistent kernel; and for
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

def AttnBufferize : Pass<"attn-bufferize", "::mlir::ModuleOp"> {
  let summary = "Bufferize functions of attention ops, in place";
  let description = [{
    One-shot bufferization with the calling convention of Fovea's functions: a
    tensor becomes a memref whose last dimension is contiguous and whose other
    strides are free; a result that is written in place of an argument is
    dropped; another result becomes an argument at the end, which needs a static
    shape. The attribute `fovea.results` of the function lists the argument
    that holds each result.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"
  ];
}

#endif // FOVEA_DIALECT_ATTN_TRANSFORMS_PASSES
