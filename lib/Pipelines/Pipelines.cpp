//===- Pipelines.cpp - From attn to machine code --------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Pipelines/Pipelines.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Conversion/PipeToNVVM/PipeToNVVM.h"
#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Tile/Transforms/Passes.h"
#include "fovea/Target/CpuTarget.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/Transforms/RequestCWrappers.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace fovea;

/// The target; plain x86-64 if its text is wrong, which -attn-select-schedule
/// reports.
static CpuTarget targetOf(const CpuPipelineOptions &options) {
  llvm::Expected<CpuTarget> target = CpuTarget::parse(options.target);
  if (target)
    return *target;
  consumeError(target.takeError());
  return CpuTarget();
}

/// Rewrites of scores, with tensors computed beside attention ops or without.
static void addScoreRewrites(OpPassManager &pm, bool beside) {
  attn::AttnRewriteScoresOptions options;
  options.beside = beside;
  pm.addPass(attn::createAttnRewriteScores(options));
}

void fovea::buildImportStage(OpPassManager &pm) {
  // Before anything fuses or folds what it looks through.
  pm.addPass(attn::createLinalgRaiseAttention());
  // No other pass knows these walks.
  pm.addPass(attn::createAttnWalkToMask());
}

void fovea::buildAttnStage(OpPassManager &pm,
                           const CpuPipelineOptions &options) {
  pm.addPass(attn::createAttnListToMask());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Before tokens move, and a schedule is chosen by what the score costs.
  addScoreRewrites(pm, /*beside=*/true);
  pm.addPass(attn::createAttnAppendFactors());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Before schedules, which follow the tiles of walks. Each op keeps moves of
  // its own, which -attn-to-tile makes a part of it: no CSE any more.
  attn::AttnReorderTokensOptions reorder;
  reorder.target = options.target;
  pm.addPass(attn::createAttnReorderTokens(reorder));
  attn::AttnListTilesOptions list;
  list.target = options.target;
  pm.addPass(attn::createAttnListTiles(list));
  attn::AttnSelectScheduleOptions schedule;
  schedule.target = options.target;
  pm.addPass(attn::createAttnSelectSchedule(schedule));
  pm.addPass(createCanonicalizerPass());
}

void fovea::buildBufferizeStage(OpPassManager &pm) {
  // An op without a tile program keeps its meaning.
  attn::AttnDecomposeOptions decompose;
  decompose.ops = {"attn.merge", "attn.reorder"};
  decompose.keepScheduled = true;
  decompose.keepOverlaps = true;
  decompose.keepInverses = true;
  pm.addPass(attn::createAttnDecompose(decompose));
  pm.addPass(attn::createAttnBufferize());
}

void fovea::buildTileStage(OpPassManager &pm, const CpuPipelineOptions &) {
  buildBufferizeStage(pm);
  pm.addPass(createAttnToTile());
  pm.addPass(attn::createAttnLowerInverses());
  pm.addPass(attn::createAttnLowerWalks());
  // Before the walk is split, so that masks are seen in their simplest form.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<tile::KernelOp>(createLoopInvariantCodeMotionPass());
  pm.addNestedPass<tile::KernelOp>(tile::createTileRefineWalk());
  pm.addNestedPass<tile::KernelOp>(tile::createTileSplitWalk());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<tile::KernelOp>(tile::createTileAssignLayouts());
}

void fovea::buildVectorStage(OpPassManager &pm,
                             const CpuPipelineOptions &options) {
  // While there is little else that this pass looks at.
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createTileToVector());
  // No canonicalization from here on: it would turn vectors into lists of
  // their elements.
  pm.addPass(createCSEPass());
  ExpandMathOptions expand;
  expand.useScalef = targetOf(options).lanes == 16;
  pm.addPass(createExpandMath(expand));
  pm.addPass(createCSEPass());
}

void fovea::buildLLVMStage(OpPassManager &pm,
                           const CpuPipelineOptions &options) {
  pm.addPass(createConvertParallelToLaunch());
  pm.addPass(createConvertTileLaunchToLLVM());
  pm.addNestedPass<func::FuncOp>(LLVM::createLLVMRequestCWrappersPass());
  // Without instructions for bf16 LLVM would call functions of a library: what
  // computes in bf16 is done in f32, and conversions and moves in integers.
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = !targetOf(options).hasBf16();
  if (expand.includeBf16) {
    pm.addPass(math::createMathExtendToSupportedTypes());
    arith::ArithEmulateUnsupportedFloatsOptions emulate;
    emulate.sourceTypeStrs = {"bf16"};
    pm.addPass(arith::createArithEmulateUnsupportedFloats(emulate));
  }
  pm.addPass(arith::createArithExpandOpsPass(expand));
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  LowerToLLVMOptions lower;
  lower.x86 = targetOf(options).lanes >= 8;
  pm.addPass(createLowerToLLVM(lower));
  pm.addPass(createReconcileUnrealizedCastsPass());
  // With instructions for bf16 LLVM 22 still stops at moves of some vectors.
  pm.addPass(createMoveBf16AsIntegers());
  pm.addPass(createCSEPass());
}

/// Memory of functions, outside of all ops, from their callers.
static void buildTemporaries(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferHoistingPass());
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  pm.addPass(createPlanTemporaries());
}

void fovea::buildCpuEntryPipeline(OpPassManager &pm,
                                  const CpuPipelineOptions &options) {
  buildImportStage(pm);
  buildSizeChecks(pm, /*isCpu=*/true);
  buildAttnStage(pm, options);
  buildTileStage(pm, options);
  // Before vectors, while canonicalization still brings sizes into their
  // simplest form.
  buildTemporaries(pm);
  buildVectorStage(pm, options);
  pm.addPass(createReportAssertions());
  MakeEntryPointsOptions entry;
  entry.target = options.target;
  pm.addPass(createMakeEntryPoints(entry));
  buildLLVMStage(pm, options);
}

void fovea::buildCpuPipeline(OpPassManager &pm,
                             const CpuPipelineOptions &options) {
  buildImportStage(pm);
  buildAttnStage(pm, options);
  buildTileStage(pm, options);
  buildVectorStage(pm, options);
  buildLLVMStage(pm, options);
}

//===----------------------------------------------------------------------===//
// NVIDIA GPUs
//===----------------------------------------------------------------------===//

void fovea::buildSizeChecks(OpPassManager &pm, bool isCpu) {
  attn::AttnCheckSizesOptions options;
  options.contents = isCpu;
  pm.addPass(attn::createAttnCheckSizes(options));
}

void fovea::buildCudaAttnStage(OpPassManager &pm,
                               const CudaPipelineOptions &options) {
  pm.addPass(attn::createAttnListToMask());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // There is no code for linalg ops on the device.
  addScoreRewrites(pm, /*beside=*/false);
  // Copies, and so also products, take channels in multiples of 16 bytes.
  attn::AttnAppendFactorsOptions factors;
  factors.multiple = 8;
  factors.round = true;
  pm.addPass(attn::createAttnAppendFactors(factors));
  pm.addPass(attn::createAttnSwapScoreReduce());
  // After score rewrites, which keep row terms where there is an lse.
  pm.addPass(attn::createAttnSplitSegments());
  // Parts read the same queries.
  pm.addPass(attn::createAttnCopyOperands());
  pm.addPass(createCSEPass());
  attn::AttnReorderTokensOptions reorder;
  reorder.target = options.target;
  pm.addPass(attn::createAttnReorderTokens(reorder));
  attn::AttnListTilesOptions list;
  list.target = options.target;
  pm.addPass(attn::createAttnListTiles(list));
  // Each op keeps moves of its own, which -attn-to-tile makes a part of it.
  pm.addPass(createCanonicalizerPass());
  attn::AttnDecomposeOptions decompose;
  decompose.ops = {"attn.merge", "attn.reorder"};
  decompose.keepOrders = true;
  decompose.keepInverses = true;
  pm.addPass(attn::createAttnDecompose(decompose));
  pm.addPass(attn::createAttnBufferize());
  if (!options.versions)
    return;
  pm.addPass(attn::createAttnVersionSizes());
  // Tests of sizes that are known go away here, with one of the versions, not
  // after kernels have been made.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
}

void fovea::buildCudaTileStage(OpPassManager &pm,
                               const CudaPipelineOptions &options) {
  attn::AttnSelectScheduleOptions schedule;
  schedule.target = options.target;
  pm.addPass(attn::createAttnSelectSchedule(schedule));
  pm.addPass(attn::createAttnOfferSchedules());
  pm.addPass(createAttnToTile());
  // What is left beside the kernels becomes loops, and these do before a
  // canonicalization takes those of one iteration for code of the host.
  pm.addPass(attn::createAttnLowerInverses());
  pm.addPass(createConvertLinalgToParallelLoopsPass());
  attn::AttnLowerWalksOptions walks;
  walks.check = false;
  pm.addPass(attn::createAttnLowerWalks(walks));
  ConvertParallelToLaunchOptions loops;
  loops.target = options.target;
  pm.addPass(createConvertParallelToLaunch(loops));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<tile::KernelOp>(createLoopInvariantCodeMotionPass());
  pm.addNestedPass<tile::KernelOp>(tile::createTileRefineWalk());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void fovea::buildCudaKernelStage(OpPassManager &pm,
                                 const CudaPipelineOptions &options) {
  buildTileToNVVMPipeline(pm, /*verify=*/true);
  buildTemporaries(pm);
  pm.addPass(createConvertTileLaunchToCuda());
  pm.addPass(createReportAssertions());
  MakeEntryPointsOptions entry;
  entry.target = options.target;
  pm.addPass(createMakeEntryPoints(entry));
  buildNVVMToBinaryPipeline(pm, options.format);
}

void fovea::buildCudaHostStage(OpPassManager &pm, const CudaPipelineOptions &) {
  pm.addPass(createEmbedGpuBinaries());
  CpuPipelineOptions host;
  host.target = "cpu:plain";
  buildLLVMStage(pm, host);
}

void fovea::buildCudaPipeline(OpPassManager &pm,
                              const CudaPipelineOptions &options) {
  buildImportStage(pm);
  buildSizeChecks(pm, /*isCpu=*/false);
  buildCudaAttnStage(pm, options);
  buildCudaTileStage(pm, options);
  buildCudaKernelStage(pm, options);
  buildCudaHostStage(pm, options);
}

void fovea::registerPipelines() {
  auto registerCuda = [](StringRef name, StringRef description, auto build) {
    PassPipelineRegistration<CudaPipelineOptions>(name, description, build);
  };
  registerCuda("fovea-cuda-tile-stage",
               "Lower attn ops on tensors to tile programs for an NVIDIA GPU",
               [](OpPassManager &pm, const CudaPipelineOptions &options) {
                 buildCudaAttnStage(pm, options);
                 buildCudaTileStage(pm, options);
               });
  registerCuda("fovea-cuda-pipeline",
               "Compile attention for an NVIDIA GPU, launch code included",
               buildCudaPipeline);
  auto registerCpu = [](StringRef name, StringRef description, auto build) {
    PassPipelineRegistration<CpuPipelineOptions>(name, description, build);
  };
  registerCpu("fovea-attn-stage",
              "Simplify attn ops and choose their schedules", buildAttnStage);
  registerCpu("fovea-tile-stage",
              "Lower attn ops on tensors to kernels on tiles", buildTileStage);
  registerCpu("fovea-vector-stage",
              "Lower kernels on tiles to functions on vectors",
              buildVectorStage);
  registerCpu("fovea-llvm-stage",
              "Lower functions on vectors to the llvm dialect", buildLLVMStage);
  registerCpu("fovea-cpu-pipeline",
              "Compile attention for a CPU: all four stages", buildCpuPipeline);
}
