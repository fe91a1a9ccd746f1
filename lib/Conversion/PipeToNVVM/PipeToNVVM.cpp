//===- PipeToNVVM.cpp - The pass and its pipelines ------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/PipeToNVVM/PipeToNVVM.h"

#include "KernelEmitter.h"
#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace fovea {
#define GEN_PASS_DEF_CONVERTPIPETONVVM
#include "fovea/Conversion/PipeToNVVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "fovea/Conversion/PipeToNVVM/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// What a parameter of a kernel holds if all launches pass the same constant.
static DenseElementsAttr getConstant(ArrayRef<tile::LaunchOp> launches,
                                     unsigned parameter) {
  memref::GlobalOp constant;
  for (tile::LaunchOp launch : launches) {
    Value value = launch.getArguments()[parameter];
    while (auto cast = value.getDefiningOp<memref::CastOp>())
      value = cast.getSource();
    auto get = value.getDefiningOp<memref::GetGlobalOp>();
    auto global = get ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
                            launch, get.getNameAttr())
                      : nullptr;
    if (!global || !global.getConstant() || (constant && global != constant))
      return {};
    constant = global;
  }
  auto value =
      constant
          ? dyn_cast_or_null<DenseElementsAttr>(constant.getInitialValueAttr())
          : DenseElementsAttr();
  if (!value || !value.getElementType().isIntOrFloat() ||
      value.getElementType().getIntOrFloatBitWidth() % 8 != 0)
    return {};
  return value;
}

namespace {
struct ConvertPipeToNVVMPass final
    : fovea::impl::ConvertPipeToNVVMBase<ConvertPipeToNVVMPass> {
  void runOnOperation() override {
    llvm::StringMap<SmallVector<tile::LaunchOp>> launches;
    getOperation()->walk([&](tile::LaunchOp launch) {
      launches[launch.getKernel()].push_back(launch);
    });
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (kernel.getBlock().getOps<pipe::RoleOp>().empty())
        continue;
      SmallVector<DenseElementsAttr> constants;
      for (BlockArgument parameter : kernel.getParameters())
        constants.push_back(getConstant(launches[kernel.getSymName()],
                                        parameter.getArgNumber()));
      if (failed(KernelEmitter(kernel, constants).emit()))
        return signalPassFailure();
      kernel.erase();
      if (!getOperation()->hasAttr(
              gpu::GPUDialect::getContainerModuleAttrName()))
        getOperation()->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                                UnitAttr::get(&getContext()));
      ++numKernels;
    }
  }
};
} // namespace

void fovea::buildTileToNVVMPipeline(OpPassManager &manager, bool verify) {
  auto check = [&] {
    if (verify)
      manager.addPass(pipe::createPipeVerify());
  };
  manager.addPass(pipe::createPipeMaskRagged());
  manager.addPass(pipe::createPipeAssignLayouts());
  manager.addPass(pipe::createPipeStageDiagonals());
  manager.addPass(pipe::createPipeSpecialize());
  check();
  manager.addPass(pipe::createPipeSkipTiles());
  check();
  manager.addPass(pipe::createPipePipeline());
  manager.addPass(createCanonicalizerPass());
  check();
  manager.addPass(pipe::createPipeTakeTurns());
  check();
  manager.addPass(pipe::createPipeSplitWalk());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  check();
  manager.addPass(createPipeExpandMath());
  manager.addPass(createConvertPipeToNVVM());
}

void fovea::buildNVVMToBinaryPipeline(OpPassManager &manager,
                                      StringRef format) {
  // Code around the kernels stays as it is.
  OpPassManager &kernels = manager.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createSCFToControlFlowPass());
  kernels.addPass(createConvertVectorToLLVMPass());
  // Kernels made of parallel loops have memrefs.
  ConvertToLLVMPassOptions memory;
  memory.filterDialects = {"memref"};
  kernels.addPass(createConvertToLLVMPass(memory));
  kernels.addPass(createConvertMathToLLVMPass());
  // Rounding divisions have to be expanded, but only after maxima have become
  // intrinsics: they would be expanded, too, into comparisons.
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(createConvertNVVMToLLVMPass());
  // Runs on the whole module only.
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addNestedPass<gpu::GPUModuleOp>(createReconcileUnrealizedCastsPass());
  GpuModuleToBinaryPassOptions options;
  options.compilationTarget = format.str();
  manager.addPass(createGpuModuleToBinaryPass(options));
}

void fovea::registerPipeToNVVMPass() {
  registerConvertPipeToNVVM();
  registerPipeExpandMath();
  PassPipelineRegistration<TileToNVPTXOptions>(
      "tile-to-nvvm", "Tile programs with a #pipe.schedule to kernels in NVVM",
      [](OpPassManager &manager, const TileToNVPTXOptions &options) {
        buildTileToNVVMPipeline(manager, options.verify);
      });
  PassPipelineRegistration<TileToNVPTXOptions>(
      "nvvm-to-nvptx", "Kernels in NVVM to a gpu.binary for sm_90a",
      [](OpPassManager &manager, const TileToNVPTXOptions &options) {
        buildNVVMToBinaryPipeline(manager, options.format);
      });
  PassPipelineRegistration<TileToNVPTXOptions>(
      "tile-to-nvptx",
      "Tile programs with a #pipe.schedule to a gpu.binary for sm_90a",
      [](OpPassManager &manager, const TileToNVPTXOptions &options) {
        buildTileToNVVMPipeline(manager, options.verify);
        buildNVVMToBinaryPipeline(manager, options.format);
      });
}
