//===- Register.cpp - Registration of all dialects and passes -------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/InitAllDialects.h"
#include "fovea/InitAllPasses.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Conversion/PipeToNVVM/PipeToNVVM.h"
#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Pipe/Transforms/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Dialect/Tile/Transforms/Passes.h"
#include "fovea/Pipelines/Pipelines.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

void fovea::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<attn::AttnDialect, pipe::PipeDialect, tile::TileDialect>();
  attn::registerAggregatedOpInterfaceExternalModels(registry);
  attn::registerBufferizableOpInterfaceExternalModels(registry);
  attn::registerRuntimeVerifiableOpInterfaceExternalModels(registry);
  attn::registerTilingInterfaceExternalModels(registry);
  // Kernels for GPUs are compiled inside of passes.
  mlir::registerConvertMemRefToLLVMInterface(registry);
  mlir::registerAllGPUToLLVMIRTranslations(registry);
}

void fovea::registerAllPasses() {
  attn::registerAttnPasses();
  tile::registerFoveaTilePasses();
  pipe::registerPipePasses();
  registerFoveaConversionPasses();
  registerPipeToNVVMPass();
  registerPipelines();
}
