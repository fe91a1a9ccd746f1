//===- CompileCuda.cpp - Kernels by the best of their schedules -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Pipelines/Pipelines.h"

#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CudaTarget.h"
#include "fovea/Target/Ptxas.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace fovea;

namespace {

/// An attention op, its schedules and the code that the first of them gave.
struct Trial {
  attn::AttentionOp op;
  SmallVector<Attribute> schedules;
  SmallVector<KernelCode> tried;
  /// The schedule to compile with.
  unsigned choice = 0;
  /// The kernel that the last compilation made.
  gpu::BinaryOp kernel;

  const KernelCode &code() const { return tried[choice]; }
  bool chooseNext();
  void warn();
  void print(llvm::raw_ostream &os);
};

/// Compiles modules with one schedule for each op.
class Compiler {
public:
  Compiler(const CudaPipelineOptions &wanted, const Ptxas *ptxas)
      : binary(wanted.format == "bin"), ptxas(ptxas) {
    options.target = wanted.target;
    options.versions = wanted.versions;
  }

  OwningOpRef<ModuleOp> compile(ModuleOp module, llvm::raw_ostream *report);

private:
  /// Runs what `build` adds. Diagnostics have been printed where it fails.
  LogicalResult run(ModuleOp module,
                    llvm::function_ref<void(OpPassManager &)> build) {
    PassManager pm(module.getContext());
    build(pm);
    return pm.run(module);
  }
  OwningOpRef<ModuleOp> compileOnce(ModuleOp module,
                                    MutableArrayRef<Trial> trials);
  LogicalResult assemble(Trial &trial);
  static void offerSchedules(Trial &trial);

  /// The pipeline's format is PTX, also of what becomes a cubin.
  CudaPipelineOptions options;
  bool binary;
  const Ptxas *ptxas;
};

} // namespace

/// Chooses a schedule after the one that was compiled; false if that stays.
bool Trial::chooseNext() {
  if (code().isClean())
    return false;
  unsigned before = choice;
  if (tried.size() < schedules.size()) {
    choice = tried.size();
  } else {
    for (auto [n, other] : llvm::enumerate(tried))
      if (other.isBetterThan(code()))
        choice = n;
  }
  return choice != before;
}

void Trial::warn() {
  InFlightDiagnostic warning = op.emitWarning("the kernel @")
                               << kernel.getSymName() << " is slow: ";
  if (code().frameBytes || code().spillBytes)
    warning << "a thread has " << code().frameBytes
            << " bytes of stack and moves " << code().spillBytes
            << " bytes of spilled registers";
  else
    warning << "ptxas says " << code().message;
  if (schedules.size() == 1)
    warning << "; its schedule is " << schedules[choice]
            << ": leave it out, or lower key_tile";
  else
    warning << "; the best of " << schedules.size() << " schedules is "
            << schedules[choice];
}

void Trial::print(llvm::raw_ostream &os) {
  os << kernel.getSymName() << ": " << code().registers << " registers, "
     << code().barriers << " barriers, " << code().frameBytes
     << " bytes of stack, " << code().spillBytes << " bytes spilled, "
     << schedules[choice] << '\n';
}

LogicalResult Compiler::assemble(Trial &trial) {
  auto object = cast<gpu::ObjectAttr>(trial.kernel.getObjects()[0]);
  if (trial.choice == trial.tried.size()) {
    auto target = llvm::cantFail(CudaTarget::parse(options.target));
    auto code = ptxas->assemble(object.getObject().getValue(), target.chip);
    if (!code)
      return trial.op.emitError(toString(code.takeError()));
    trial.tried.push_back(std::move(*code));
  }
  if (!binary)
    return success();
  Builder b(trial.op.getContext());
  trial.kernel.setObjectsAttr(b.getArrayAttr(gpu::ObjectAttr::get(
      b.getContext(), object.getTarget(), gpu::CompilationTarget::Binary,
      b.getStringAttr(trial.code().cubin), object.getProperties(),
      object.getKernels())));
  return success();
}

OwningOpRef<ModuleOp> Compiler::compileOnce(ModuleOp module,
                                            MutableArrayRef<Trial> trials) {
  for (Trial &trial : trials)
    if (!trial.schedules.empty())
      trial.op.setScheduleAttr(trial.schedules[trial.choice]);
  OwningOpRef<ModuleOp> compiled(module.clone());
  if (failed(run(*compiled,
                 [&](OpPassManager &pm) { buildCudaTileStage(pm, options); })))
    return nullptr;
  // Ops and launches of their kernels are in the same order.
  SmallVector<std::string> names;
  compiled->walk([&](tile::LaunchOp launch) {
    if (compiled->lookupSymbol<tile::KernelOp>(launch.getKernel()))
      names.push_back(launch.getKernel().str());
  });
  if (failed(run(*compiled, [&](OpPassManager &pm) {
        buildCudaKernelStage(pm, options);
      })))
    return nullptr;
  if (!ptxas)
    return compiled;
  if (names.size() != trials.size()) {
    compiled->emitError("has ")
        << trials.size() << " attention ops and " << names.size()
        << " kernels; this is an error of the compiler";
    return nullptr;
  }
  for (auto [trial, name] : llvm::zip_equal(trials, names)) {
    trial.kernel = compiled->lookupSymbol<gpu::BinaryOp>(name);
    if (failed(assemble(trial)))
      return nullptr;
  }
  return compiled;
}

/// Without ptxas, the driver says what it makes of the first two schedules, and
/// of one with the smallest key tiles, when the object is loaded.
void Compiler::offerSchedules(Trial &trial) {
  ArrayRef<Attribute> others = ArrayRef(trial.schedules).drop_front();
  if (others.empty())
    return;
  SmallVector<Attribute, 2> offered = {others.front()};
  Attribute smallest = *llvm::min_element(others, [](Attribute a, Attribute b) {
    auto size = [](Attribute schedule) {
      auto pipe = cast<pipe::ScheduleAttr>(schedule);
      return std::pair(pipe.getKeyTile(), pipe.getOverlap());
    };
    return size(a) < size(b);
  });
  if (smallest != others.front())
    offered.push_back(smallest);
  trial.op->setAttr(attn::offeredSchedules,
                    ArrayAttr::get(trial.op.getContext(), offered));
}

OwningOpRef<ModuleOp> Compiler::compile(ModuleOp module,
                                        llvm::raw_ostream *report) {
  module.getContext()->loadDialect<pipe::PipeDialect>();
  OwningOpRef<ModuleOp> copy(module.clone());
  // Afterwards no op goes away any more.
  if (failed(run(*copy, [&](OpPassManager &pm) {
        buildImportStage(pm);
        buildSizeChecks(pm, /*isCpu=*/false);
        buildCudaAttnStage(pm, options);
      })))
    return nullptr;
  SmallVector<Trial> trials;
  copy->walk([&](attn::AttentionOp op) {
    Trial &trial = trials.emplace_back();
    trial.op = op;
    // Only the compiler offers others.
    op->removeDiscardableAttr(attn::offeredSchedules);
    if (Attribute given = op.getScheduleAttr())
      trial.schedules = {given};
    else
      llvm::append_range(trial.schedules, attn::getCudaSchedules(op));
  });
  if (!ptxas && options.versions)
    for (Trial &trial : trials)
      offerSchedules(trial);
  OwningOpRef<ModuleOp> compiled;
  bool again = true;
  while (again) {
    compiled = compileOnce(*copy, trials);
    if (!compiled || !ptxas)
      return compiled;
    again = false;
    for (Trial &trial : trials)
      again |= trial.chooseNext();
  }
  for (Trial &trial : trials) {
    if (!trial.code().isClean())
      trial.warn();
    if (report)
      trial.print(*report);
  }
  return compiled;
}

OwningOpRef<ModuleOp>
fovea::compileCudaKernels(ModuleOp module, const CudaPipelineOptions &options,
                          const Ptxas *ptxas, llvm::raw_ostream *report) {
  return Compiler(options, ptxas).compile(module, report);
}
