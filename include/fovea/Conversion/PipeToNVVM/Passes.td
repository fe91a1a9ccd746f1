//===- Passes.td - Lowering of pipe programs to NVVM -------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_CONVERSION_PIPETONVVM_PASSES
#define FOVEA_CONVERSION_PIPETONVVM_PASSES

include "mlir/Pass/PassBase.td"

def PipeExpandMath : Pass<"pipe-expand-math", "::mlir::ModuleOp"> {
  let summary = "Expands functions that GPUs have no instruction for";
  let description = [{
    In the maps of kernels, logarithms, trigonometric, hyperbolic and error
    functions, powers, cube roots and reciprocals of roots, and `clampf`, of f16,
    bf16 and f32 become arithmetic, by upstream's polynomials and identities, tests
    for NaN and infinity comparisons.
    `exp`, `exp2`, `tanh`, `sqrt`, `fma`, `absf`, `absi`, roundings, `copysign`,
    counts of bits and `log2` with `afn` stay: `pipe-to-nvvm` knows them. Others
    (`sincos`, `ipowi`, `fpowi` of an unknown exponent, f64) stay, too, and are
    refused there.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numExpanded", "expanded", "Number of functions expanded">
  ];
}

def ConvertPipeToNVVM : Pass<"pipe-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Lowers kernels divided into roles to NVVM for sm_90a";
  let description = [{
    Each `tile.kernel` with `pipe.role`s becomes a `gpu.module` of its name that
    holds an `llvm.func` of the same name. A tile in registers becomes a vector
    of the elements that one thread holds; which element of which tile that is,
    how rows are folded and how operands of a map meet is derived from layouts.
    The exponent `(s - m) * c` of a softmax becomes one fused operation, a number
    made from coordinates one conversion a thread.
    Copies, barriers, products, fences and waits become NVVM ops; inline assembly
    stands only where NVVM has no op: a product whose first operand is in
    registers, waits that hand on the registers they protect, and `tanh.approx`.

    If the schedule says `persistent`, each role runs in a loop over work items,
    whose numbers the loading thread draws from a counter.

    A kernel sets its barriers up, waits for the kernels before it on its stream, and
    then lets the next one begin to do the same (programmatic dependent launch). Before
    it waits, one that fills tiles with `evict_first`, and reads no memory to know where
    they lie, asks the second-level cache for the first of them.

    What a launcher needs stands in the attribute `pipe.launch` of the function:
    `block` (threads), `shared_bytes` (dynamic shared memory), `grid` (for x, y
    and z the coordinate of the work item), `persistent` (one block a
    multiprocessor, all in x), `waits` (the kernel itself waits for those before it on
    its stream, so that it may be launched before they end) and `arguments`, one
    entry for each argument in order:

    | kind | meaning |
    |---|---|
    | `tensor_map` | of the memref parameter `parameter`: its dimensions `dims` and the `box`, innermost first, `swizzle` in bytes, `element` type; zeros outside; with `limit = [p, d]` the second of `dims` ends at extent `d` of parameter `p` if that is less |
    | `dim` | extent `dim` of the memref parameter `parameter` (i32) |
    | `scalar` | the scalar parameter `parameter` (index as i64) |
    | `pointer` | the address of the memref parameter `parameter`, which is read or written in place |
    | `stride` | its stride in dimension `dim`, in elements (i64), if that is dynamic |
    | `extent` | extent `coordinate` of the grid (i32), for persistent kernels |
    | `workspace` | `bytes` of memory, zeroed once, which a launch leaves zeroed |

    Coordinates and extents have 32 bits, indices from memory or scalars 64.
    Refused with a diagnostic: products in flight across iterations, elements that
    are not of 16 bits in shared memory.
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::gpu::GPUDialect", "::mlir::scf::SCFDialect",
    "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect",
    "::mlir::math::MathDialect"
  ];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of kernels lowered">
  ];
}

#endif // FOVEA_CONVERSION_PIPETONVVM_PASSES
