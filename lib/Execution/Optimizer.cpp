//===- Optimizer.cpp - LLVM's optimizations of kernels --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TargetMachine.h"

#include "llvm/Passes/PassBuilder.h"

using namespace llvm;

/// What kernels need of -O2, in less than half of its time: their loops are
/// tiled, unrolled and made of vectors already. Loops are vectorized for what
/// is beside kernels (copies, linalg), scalars for kernels of one query. Without
/// indvars, which moves what one loop's results are used for behind the next
/// loops, up to where it is wanted: sums of products fill registers.
static constexpr StringLiteral pipeline =
    "globaldce,ipsccp,cgscc(inline),function<eager-inv>("
    "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<max-iterations=1;no-verify-fixpoint>,simplifycfg,"
    "loop-mssa(loop-instsimplify,loop-simplifycfg,"
    "loop-rotate<header-duplication>,licm<allowspeculation>),simplifycfg,"
    "loop(loop-idiom,loop-deletion),"
    "gvn,instcombine<max-iterations=1;no-verify-fixpoint>,"
    "loop-vectorize<no-interleave-forced-only;no-vectorize-forced-only>,"
    "early-cse,loop-mssa(licm<allowspeculation>),"
    "simplifycfg<hoist-common-insts;sink-common-insts>,"
    "slp-vectorizer,vector-combine,dse,adce,tailcallelim)";

Error fovea::optimize(Module &module, const CpuTarget &target,
                      TargetMachine &machine) {
  // Vectors are as wide as the schedule says; LLVM must not halve them.
  std::string width = std::to_string(target.vectorBits());
  for (Function &function : module) {
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
  }
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager passes;
  if (Error error = builder.parsePassPipeline(passes, pipeline))
    return error;
  passes.run(module, modules);
  return Error::success();
}
