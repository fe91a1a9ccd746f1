//===- Pipelines.h - From attn to machine code -----------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_PIPELINES_PIPELINES_H
#define FOVEA_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace fovea {

/// Options of the CPU pipeline.
struct CpuPipelineOptions : mlir::PassPipelineOptions<CpuPipelineOptions> {
  Option<std::string> target{
      *this, "target",
      llvm::cl::desc("What to compile for: cpu, cpu:avx512, cpu:avx2, "
                     "cpu:plain, or cpu: and a list of LLVM features"),
      llvm::cl::init("cpu")};
};

/// attn on tensors -> attn on tensors, simplified and with schedules.
void buildAttnStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// attn on tensors -> kernels on tiles, and functions of memrefs that launch
/// them.
void buildTileStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// Kernels on tiles -> functions on vectors.
void buildVectorStage(mlir::OpPassManager &pm,
                      const CpuPipelineOptions &options);

/// Functions on vectors and memrefs -> the llvm dialect.
void buildLLVMStage(mlir::OpPassManager &pm, const CpuPipelineOptions &options);

/// All stages: `-fovea-cpu-pipeline`.
void buildCpuPipeline(mlir::OpPassManager &pm,
                      const CpuPipelineOptions &options);

/// Registers the pipelines with MLIR's command line.
void registerPipelines();

} // namespace fovea

#endif // FOVEA_PIPELINES_PIPELINES_H
