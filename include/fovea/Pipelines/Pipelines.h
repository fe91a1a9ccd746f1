//===- Pipelines.h - From attn to machine code -----------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_PIPELINES_PIPELINES_H
#define FOVEA_PIPELINES_PIPELINES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace fovea {

class Ptxas;

/// Options of the CPU pipeline.
struct CpuPipelineOptions : mlir::PassPipelineOptions<CpuPipelineOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("What to compile for: cpu, cpu:amx, cpu:avx512, cpu:avx2, "
                     "cpu:plain, cpu: and a list of LLVM features, or "
                     "cpu:aarch64"),
      llvm::cl::init("cpu")};
};

/// linalg on tensors -> attn where it is attention, and walks in closed form ->
/// masks. First in all pipelines.
void buildImportStage(mlir::OpPassManager &pm);

/// attn on tensors -> attn on tensors, simplified and with schedules.
void buildAttnStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// attn on tensors -> attn on memrefs, in functions that have the arguments of
/// the C ABI.
void buildBufferizeStage(mlir::OpPassManager &pm);

/// attn on tensors -> kernels on tiles, and functions of memrefs that launch
/// them.
void buildTileStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// Kernels on tiles -> functions on vectors.
void buildVectorStage(mlir::OpPassManager &pm,
                      const CpuPipelineOptions &options);

/// Functions on vectors and memrefs -> the llvm dialect.
void buildLLVMStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// All stages, to functions of the C ABI instead of functions of memrefs.
void buildCpuEntryPipeline(mlir::OpPassManager &pm,
                           const CpuPipelineOptions &options);

/// All stages: `-fovea-cpu-pipeline`.
void buildCpuPipeline(mlir::OpPassManager &pm,
                      const CpuPipelineOptions &options);

/// Options of the pipeline for NVIDIA GPUs.
struct CudaPipelineOptions : mlir::PassPipelineOptions<CudaPipelineOptions> {
  Option<std::string> target{*this, "target",
                             llvm::cl::desc("What to compile for: cuda:sm_90a"),
                             llvm::cl::init("cuda:sm_90a")};
  Option<std::string> format{
      *this, "format",
      llvm::cl::desc("Code of the kernels: isa (PTX, the default) or bin (a "
                     "cubin; needs ptxas)"),
      llvm::cl::init("isa")};
  Option<bool> versions{
      *this, "versions",
      llvm::cl::desc("Several kernels for an op where the best one depends on "
                     "sizes that are dynamic (default: true)"),
      llvm::cl::init(true)};
};

/// Checks of the sizes of attn ops, as cf.assert, and for a CPU, whose memory
/// can be read, of offsets and page tables; first in code for the C ABI.
void buildSizeChecks(mlir::OpPassManager &pm, bool isCpu);

/// attn on tensors -> attn on memrefs, simplified, with the tokens of grids in
/// their boxes, in versions for sizes that want other schedules.
void buildCudaAttnStage(mlir::OpPassManager &pm,
                        const CudaPipelineOptions &options);

/// The same -> tile programs with schedules, and functions of memrefs that
/// launch them. Both stages together: `-fovea-cuda-tile-stage`.
void buildCudaTileStage(mlir::OpPassManager &pm,
                        const CudaPipelineOptions &options);

/// Tile programs -> functions of the C ABI that call the runtime, and kernels
/// as gpu.binary.
void buildCudaKernelStage(mlir::OpPassManager &pm,
                          const CudaPipelineOptions &options);

/// Functions that call the runtime -> the llvm dialect, with the kernels' code.
void buildCudaHostStage(mlir::OpPassManager &pm,
                        const CudaPipelineOptions &options);

/// Compiles a copy of a module, checks of sizes first, as far as the kernel
/// stage. With ptxas, a kernel that spills, has a stack frame or gets a message
/// C75xx is compiled again with the op's next schedule; the best is kept, with
/// a warning if none is clean. Without, each op has its first schedule, and
/// with `versions` others, too, of which the first call takes one by what the
/// driver says. Kernels are left in the options' format; bin needs ptxas. What
/// ptxas says of each that is kept goes to `report`, if there is one. Null
/// after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp>
compileCudaKernels(mlir::ModuleOp module, const CudaPipelineOptions &options,
                   const Ptxas *ptxas, llvm::raw_ostream *report = nullptr);

/// All stages: `-fovea-cuda-pipeline`.
void buildCudaPipeline(mlir::OpPassManager &pm,
                       const CudaPipelineOptions &options);

/// Registers the pipelines with MLIR's command line.
void registerPipelines();

} // namespace fovea

#endif // FOVEA_PIPELINES_PIPELINES_H
