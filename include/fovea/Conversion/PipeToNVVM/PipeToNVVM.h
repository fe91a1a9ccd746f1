//===- PipeToNVVM.h - Lowering of pipe programs to NVVM ---------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_CONVERSION_PIPETONVVM_PIPETONVVM_H
#define FOVEA_CONVERSION_PIPETONVVM_PIPETONVVM_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace fovea {

#define GEN_PASS_DECL
#include "fovea/Conversion/PipeToNVVM/Passes.h.inc"

/// Options of the pipeline from tile programs to GPU objects.
struct TileToNVPTXOptions
    : public mlir::PassPipelineOptions<TileToNVPTXOptions> {
  Option<std::string> format{
      *this, "format",
      llvm::cl::desc("What the object holds: isa (PTX text), bin (needs ptxas) "
                     "or fatbin"),
      llvm::cl::init("isa")};
  Option<bool> verify{*this, "verify-pipe",
                      llvm::cl::desc("Run pipe-verify between the passes"),
                      llvm::cl::init(true)};
};

/// Adds the passes from tile programs with a #pipe.schedule to kernels in NVVM.
void buildTileToNVVMPipeline(mlir::OpPassManager &manager, bool verify);

/// Adds the passes from kernels in NVVM to a gpu.binary. `format` is isa, bin
/// or fatbin.
void buildNVVMToBinaryPipeline(mlir::OpPassManager &manager,
                               llvm::StringRef format);

/// Registers the passes `pipe-expand-math` and `pipe-to-nvvm`, and the pipelines
/// `tile-to-nvvm`, `nvvm-to-nvptx` and `tile-to-nvptx` (both in turn).
void registerPipeToNVVMPass();

} // namespace fovea

#endif // FOVEA_CONVERSION_PIPETONVVM_PIPETONVVM_H
