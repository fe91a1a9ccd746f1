//===- Passes.td - Conversions between levels --------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_CONVERSION_PASSES
#define FOVEA_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def AttnToTile : Pass<"attn-to-tile", "::mlir::ModuleOp"> {
  let summary = "Lower attention on memrefs to kernels on tiles";
  let description = [{
    Turns each `attn.attention` on memrefs into a `tile.kernel` and a
    `tile.launch` of it over (batch, query head, tile of queries). The kernel
    holds one loop over a walk of key tiles, with the online softmax:

        m' = max(m, max_j s),  p = exp2(s - m'),  l' = l * exp2(m - m') + sum_j p,
        o' = o * exp2(m - m') + p v

    Scores are kept in base 2. Without a score region the queries are scaled by
    `scale * log2(e)` as they are loaded; with one, its result is multiplied
    by log2(e) after the maximum has been subtracted, so that scores near the
    largest finite number survive. For a schedule whose products take operands
    as they lie in memory (`#pipe.schedule`), the queries stay as they are and
    the difference is multiplied in both cases. The score region becomes a
    `tile.map`, whose functions get the flag `afn` if the op's numerics say
    `math = approximate`; the mask region becomes one under `scf.if %partial`.

    If the schedule divides keys (`split_to` is not 1), the launch computes a
    number of parts: so many that there are up to `split_to` work items, and two
    key tiles or more in each part of the longest sequence. The parts of a query
    tile follow each other in the grid's last coordinate; each has its share of
    the tiles of the walk, sinks are in the first one, and `tile.combine` hands
    the state of all of them to the last one, which stores the result.

    Queries that share keys and are few (a static number, up to 16, as in a
    decoding step) are rows of the same tiles, so that keys are read once for all:
    those of the query heads of a key head, or, where keys and values have no
    dimension of sequences (`b`), those of all sequences. Row `r` of a tile is
    query `r div n` of head `r mod n` of `n`, and regions and sinks are given that.
    Nothing moves: queries and results are views of a grid, which copies of a
    GPU's tiles take as one box, of a power of two of heads. More than one query
    needs static numbers of heads and, on a GPU, a query tile that is a power of two;
    ops with an origin, a walk or packed queries stay as they are.

    An `attn.merge` on memrefs becomes a kernel of its own: a work item has
    `query_tile` rows of the longest dimension (but that of channels), forms their
    weights, and adds the parts.

    The tile sizes come from the op's `schedule` attribute
    (`-attn-select-schedule`); without it the op is an error. With a `tail_tile`
    the kernel holds the program twice, the second time on smaller tiles for work
    items with few rows.

    Several segments of keys get a loop each, one after another, that carry the
    same sums. Keys in pages are read through a view with a page table. For packed
    queries the grid counts tiles of all rows and one more for each sequence, and
    a bisection of the row offsets finds the sequence of a work item.

    Each segment of an `attn.score_reduce` becomes a kernel whose tiles have keys
    for rows, with a loop over a walk of query tiles, after the output was
    filled with zeros. It is lowered for CPUs.
  }];
  let dependentDialects = [
    "::fovea::tile::TileDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of kernels made">
  ];
}

def TileToVector : Pass<"tile-to-vector", "::mlir::ModuleOp"> {
  let summary = "Lower kernels on tiles to loops on vectors (CPU)";
  let description = [{
    Turns each `tile.kernel` with a `#tile.cpu_schedule` into a function of (work
    item, scratch memory, parameters), on vectors of the schedule's width.

    Tiles with the layout `#tile.lanes` live in scratch memory, transposed so
    that axis 0 runs along lanes, or, with one axis, in registers. Tiles with
    the layout `#tile.in_memory` are read where they are. Maps are not run where
    they stand: a map becomes part of the loop that consumes it. Three kinds of
    loops remain: products (blocks of `rows` x `vectors` accumulators, with the
    maps of their accumulator at the start and the maps and the reduction of
    their result at the end), reductions, and stores. A ragged axis bounds the
    loops over it. Loads and stores transpose squares of vectors where rows are
    contiguous, and go element by element elsewhere.

    A product of two tiles of bf16 of which the first is packed multiplies
    pairs (`x86vector.avx512.dot`); any other converts to f32. The pairs of the
    second tile are read where they are if they lie beside each other in memory
    (keys), and otherwise copied to scratch memory first (values).

    Where the schedule has `amx`, blocks of 16 columns of such a product are added
    up in tile registers (`amx.tile_mulf`), and vectors go on from what these
    stored: the accumulator, a rest of the contracted axis, maps and reductions.
    Pairs that do not lie in rows at equal distances are copied so (values).

    A work item of a schedule with `heads` has so many coordinates of the grid's
    dimension before the last; the launch has fewer work items, and one argument
    more: how many coordinates there are. The loop over them is cut at each loop
    over keys whose bounds are the same for all, so that it stands inside: what a
    loop over keys carries lies in scratch memory of each head then.

    Needs `-tile-assign-layouts`. Walks have to be ranges.
  }];
  let dependentDialects = [
    "::mlir::amx::AMXDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect", "::mlir::x86vector::X86VectorDialect"
  ];
}

def ConvertParallelToLaunch : Pass<"convert-parallel-to-launch",
                                   "::mlir::ModuleOp"> {
  let summary = "Make parallel loops kernels that are launched";
  let description = [{
    Turns each outermost `scf.parallel` without reductions of a function into a
    `tile.launch` of a kernel, which has the loop's body and is given the values that it
    uses. What the loop is made from (`attn.walk` ops, `linalg` ops by
    `-convert-linalg-to-parallel-loops`) does not matter.

    For a CPU the kernel is a function, whose work items are up to 256 shares of the
    iterations. Loops inside of the body stay as they are.

    For a GPU it is a `gpu.module`; arrays are passed as memref descriptors. If
    the body holds no loop, and goes along rows of 16 or more elements in its last
    dimension, a thread has 8 neighbouring iterations, op by op: LLVM joins their loads
    and stores where all rows begin at multiples of 16 bytes, which the kernel finds out;
    elsewhere they run one by one. If the body holds other loops, but no `scf.parallel`,
    each iteration is a thread's. Otherwise it
    is a warp's: the outermost of the loops inside divide their last dimension among the
    lanes, and fold reductions by butterflies, which the reduction needs a neutral
    element for; all lanes run what is outside of these loops, but only the first
    stores there. `memref.copy` becomes such a loop, too.

    Canonicalization removes loops of one iteration, so that what they do is left to
    the host: for a GPU run it later.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"",
           "What the kernels run on: a CPU, or cuda:sm_90a">
  ];
  let dependentDialects = [
    "::fovea::tile::TileDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::gpu::GPUDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Loops that became kernels">
  ];
}

def ConvertTileLaunchToLLVM : Pass<"convert-tile-launch-to-llvm",
                                   "::mlir::ModuleOp"> {
  let summary = "Lower launches of CPU kernels to the runtime's parallel_for";
  let description = [{
    Turns each `tile.launch` of a function into a call of
    `fovea_parallel_for(items, scratch_bytes, body, context)`. The body is a
    thunk `(item, scratch, context)` that unpacks the arguments from the
    context, a structure on the caller's stack, and calls the kernel.

    Runs before `-convert-func-to-llvm`, on functions of memrefs.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def ConvertTileLaunchToCuda : Pass<"convert-tile-launch-to-cuda",
                                   "::mlir::ModuleOp"> {
  let summary = "Lower launches of GPU kernels to calls of the runtime";
  let description = [{
    Turns each `tile.launch` of a kernel in a `gpu.module` into a call of
    `fovea_cuda_launch(kernel, grid, arguments, stream)`. The kernel is a constant
    table made from its attribute `pipe.launch` (see `-pipe-to-nvvm`; the form is
    that of `fovea_cuda_kernel_t` in the runtime's header); its code stands in the
    global `KERNEL_image`, which `-fovea-embed-gpu-binaries` fills in. Functions
    get the stream as a last argument.

    A function may only launch, call and compute sizes: anything else that touches
    memory would run on the host and is refused.

    Runs after `-pipe-to-nvvm`, on functions of memrefs.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def EmbedGpuBinaries : Pass<"fovea-embed-gpu-binaries", "::mlir::ModuleOp"> {
  let summary = "Turn GPU objects into constants of the host's code";
  let description = [{
    Writes the object of each `gpu.binary @KERNEL` into the global
    `KERNEL_image` and erases the binary. PTX ends with a zero byte.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def PlanTemporaries : Pass<"fovea-plan-temporaries", "::mlir::ModuleOp"> {
  let summary = "Let functions take their temporaries from one piece of memory";
  let description = [{
    Each `memref.alloc` of a public function becomes a view of a new last argument
    of bytes, one behind the other, each aligned to 64 bytes, so that a call
    allocates nothing. The private function `@f_temporaries`, which the attribute
    `fovea.temporaries` names, computes the bytes from the other arguments. A
    function without an allocation stays as it is.

    Allocations stand in the function's body, not inside of other ops (run
    `-buffer-hoisting` and `-buffer-loop-hoisting` before), and their sizes follow
    from the arguments without reading memory; others are refused.
    `-fovea-make-entry-points` relies on this.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"
  ];
  let statistics = [
    Statistic<"numTemporaries", "temporaries", "Allocations that became views">
  ];
}

def MakeEntryPoints : Pass<"fovea-make-entry-points", "::mlir::ModuleOp"> {
  let summary = "Make functions of Fovea's C ABI";
  let description = [{
    Renames each public function `@f` of memrefs and scalars to the private
    `@f_memrefs`, and describes it by the constant `@fovea_entry_f`, a
    `fovea_entry_t` of the runtime's header: its name, the types, strides and
    writes of its arguments, and its code, `@f_run`, which takes the arguments as
    the runtime checked and unpacked them. `@f(arguments, count, stream) -> i32`, a
    `fovea_function_t`, is a call of `fovea_call` on that entry.

    Which arguments are written says the attribute `fovea.writes` (see
    `-attn-bufferize`); without it, all arrays count as read only.

    Runs after `-fovea-report-assertions`, which names the function as it was, and
    before `-convert-tile-launch-to-llvm`, as the launches tell the scratch memory
    of a thread.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu:plain\"",
           "What the code is for: its arrays are on a CUDA device if it is one; "
           "otherwise a CPU has to have its features">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def AttnOutlineCalls : Pass<"attn-outline-calls", "::mlir::ModuleOp"> {
  let summary = "Make attention ops calls of compiled functions";
  let description = [{
    For compilers that do not link Fovea, because they use another LLVM or none of
    its passes: each op of the `attn` dialect on tensors becomes a call of a
    function of the C ABI (`fovea_function_t`), which `fovea-compile` makes. The
    module is divided in two:

    | `part` | what is left |
    |---|---|
    | `both` | the calls, and the functions in a module `@fovea_functions` |
    | `calls` | the calls, in `arith`, `bufferization`, `cf`, `func` and `memref` alone |
    | `functions` | the functions, on tensors: input of `fovea-compile` |

    ```sh
    fovea-opt f.mlir --attn-outline-calls=part=functions -o functions.mlir
    fovea-compile functions.mlir -o libattention.so
    fovea-opt f.mlir --attn-outline-calls=part=calls -o calls.mlir
    ```

    Ops that do the same get one function. Its arguments are the op's operands;
    constants stay in the function. A call writes `fovea_tensor_t`s into memory on
    the stack, as 64-bit words in the order of bytes of x86-64 and AArch64, and
    passes addresses as i64, as the C ABI of both does with pointers. Inputs are
    read where they lie; results are new memory (`-ownership-based-buffer-deallocation`
    and the like free it). A call that fails ends in `cf.assert`.
  }];
  let options = [
    Option<"part", "part", "std::string", "\"both\"",
           "What to leave: both, calls or functions">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::cf::ControlFlowDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"
  ];
  let statistics = [
    Statistic<"numCalls", "calls", "Ops that became calls">,
    Statistic<"numFunctions", "functions", "Functions made">
  ];
}

def ReportAssertions
    : Pass<"fovea-report-assertions", "::mlir::ModuleOp"> {
  let summary = "Make assertions errors of the runtime";
  let description = [{
    A `cf.assert` of a function without results becomes a call of
    `fovea_report_error`, with the function's name in front of the message, and a
    return, where LLVM's lowering would end the process. Run `-attn-check-sizes`
    before to have sizes checked against each other.
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"
  ];
  let statistics = [
    Statistic<"numAssertions", "assertions", "Assertions that became reports">
  ];
}

def LowerToLLVM : Pass<"fovea-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Lower vectors, arithmetic, memory, branches and functions to llvm";
  let description = [{
    Converts `affine` maps, `arith`, `cf`, `func`, `index`, `math`, `memref`, `ub` and
    `vector` ops by upstream's patterns in one conversion; a pass for each dialect
    takes four times as long. Loops have to be branches already, or they stay.
    Functions of `math` that LLVM has no intrinsic for become calls of libm.
  }];
  let options = [
    Option<"x86", "x86", "bool", "false", "Convert ops of the x86vector and amx dialects too">
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def MoveBf16AsIntegers : Pass<"fovea-move-bf16-as-integers"> {
  let summary = "Load and store numbers of bf16 as integers of 16 bits";
  let description = [{
    On a CPU without instructions for bf16 LLVM keeps such a number as one of f32 from
    block to block, and calls a function of a library to store it or to make it a part
    of a vector; with them LLVM 22 stops at moves of some vectors, as of 9 numbers. What is
    only moved is an `i16` after this pass: loads and stores,
    scalars and vectors, what takes vectors apart and puts them together, and arguments of
    functions, all in the llvm dialect. Functions that others may call (public ones, and
    those whose address is taken) keep their types.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let statistics = [
    Statistic<"numMoves", "moves", "Number of operands and results that are integers now">
  ];
}

def ExpandMath : Pass<"fovea-expand-math"> {
  let summary = "Expand math functions into arithmetic";
  let description = [{
    `math.exp2` of f32 becomes a polynomial of degree 5 in the
    fraction and a scaling by a power of two; the relative error is below 2^-21,
    results below 2^-126 may be 0, NaN stays NaN. Other functions (exp, tanh,
    log, ...) use the upstream polynomials on vectors; scalars are left alone, and
    `math.rsqrt`, for which upstream uses an instruction of AVX.

    `math.fpowi` and `math.ipowi`, of vectors and scalars, become products for a
    known exponent, else a loop over the exponent's bits. A negative power of an
    integer is 0, but for 1 and -1.
  }];
  let options = [
    Option<"useScalef", "use-scalef", "bool", "false",
           "Scale by vscalefps (AVX-512) in vectors of 16 elements">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::x86vector::X86VectorDialect"
  ];
}

#endif // FOVEA_CONVERSION_PASSES
