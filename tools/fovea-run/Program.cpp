//===- Program.cpp - A module that is compiled, run and checked -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Pipelines/Pipelines.h"
#include "fovea/Target/CudaTarget.h"
#include "fovea/Target/Ptxas.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"
#include <chrono>

using namespace mlir;
using namespace fovea;

namespace {

/// The pipeline's options for a target.
struct TargetOptions : CpuPipelineOptions {
  explicit TargetOptions(StringRef text) { target = text.str(); }
};

} // namespace

/// The holders of results, from the attribute that bufferization leaves.
static SmallVector<int64_t> holdersOf(func::FuncOp function) {
  if (auto holders =
          function->getAttrOfType<DenseI64ArrayAttr>("fovea.results"))
    return llvm::to_vector(holders.asArrayRef());
  return {};
}

FailureOr<std::unique_ptr<Program>> Program::compile(ModuleOp module,
                                                     const CpuTarget &target,
                                                     StringRef targetText,
                                                     std::string &error) {
  auto begin = std::chrono::steady_clock::now();
  OwningOpRef<ModuleOp> lowered(module.clone());
  TargetOptions options(targetText);
  auto program = std::make_unique<Program>();
  PassManager upper(module.getContext());
  bool cuda = CudaTarget::isCuda(targetText);
  CudaPipelineOptions cudaOptions;
  buildImportStage(upper);
  buildSizeChecks(upper, !cuda);
  if (cuda) {
    cudaOptions.target = targetText.str();
    buildCudaAttnStage(upper, cudaOptions);
    buildCudaTileStage(upper, cudaOptions);
  } else {
    buildAttnStage(upper, options);
    buildTileStage(upper, options);
  }
  if (failed(upper.run(*lowered)))
    return failure();
  for (auto function : lowered->getOps<func::FuncOp>()) {
    Entry &entry = program->entries[function.getName()];
    entry.holders = holdersOf(function);
    auto original = module.lookupSymbol<func::FuncOp>(function.getName());
    for (Type type :
         function.getArgumentTypes().drop_front(original.getNumArguments())) {
      auto memref = cast<MemRefType>(type);
      entry.extra.push_back(
          RankedTensorType::get(memref.getShape(), memref.getElementType()));
    }
  }
  PassManager lower(module.getContext());
  if (cuda) {
    // Without ptxas, the driver compiles PTX.
    std::optional<Ptxas> ptxas = Ptxas::find();
    cudaOptions.format = ptxas ? "bin" : "isa";
    lowered = compileCudaKernels(module, cudaOptions, ptxas ? &*ptxas : nullptr,
                                 /*report=*/nullptr);
    if (!lowered)
      return failure();
    buildCudaHostStage(lower, cudaOptions);
  } else {
    buildVectorStage(lower, options);
    lower.addPass(createReportAssertions());
    buildLLVMStage(lower, options);
  }
  if (failed(lower.run(*lowered)))
    return failure();
  auto jit = Jit::create(*lowered, target);
  if (!jit) {
    error = toString(jit.takeError());
    return failure();
  }
  program->jit = std::move(*jit);
  program->compileMs = std::chrono::duration<double, std::milli>(
                           std::chrono::steady_clock::now() - begin)
                           .count();
  return program;
}

llvm::Expected<void *> Program::lookup(StringRef entry) {
  return jit->lookup(entry);
}

ArrayRef<int64_t> Program::getResultHolders(StringRef entry) const {
  return entries.find(entry)->second.holders;
}

ArrayRef<RankedTensorType> Program::getExtraArguments(StringRef entry) const {
  return entries.find(entry)->second.extra;
}

llvm::Error Program::run(StringRef entry, ArrayRef<JitArgument> arguments) {
  return jit->call(entry, arguments);
}

//===----------------------------------------------------------------------===//
// Pass by pass
//===----------------------------------------------------------------------===//

namespace {

/// Executes the module after each pass on it.
class PassChecker final : public PassInstrumentation {
public:
  PassChecker(StringRef entry, const CpuTarget &target, StringRef targetText,
              ArrayRef<reference::Array> arguments,
              ArrayRef<reference::Array> wanted, double tolerance)
      : entry(entry), target(target), targetText(targetText),
        arguments(arguments), wanted(wanted), tolerance(tolerance) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    check(pass, dyn_cast<ModuleOp>(op));
  }

  bool hasFailed() const { return failed; }

private:
  void check(Pass *pass, ModuleOp module);
  /// The results, or nothing if the module can't be executed now.
  std::optional<SmallVector<reference::Array>> execute(ModuleOp module);
  std::optional<SmallVector<reference::Array>> executeCode(ModuleOp module);

  StringRef entry;
  const CpuTarget &target;
  StringRef targetText;
  ArrayRef<reference::Array> arguments, wanted;
  double tolerance;
  SmallVector<int64_t> holders;
  bool failed = false;
  unsigned number = 0;
};

} // namespace

/// Whether the module has been lowered to vectors, but not to LLVM.
static bool isOnVectors(ModuleOp module) {
  return !module.getOps<tile::KernelOp>().empty()
             ? false
             : llvm::any_of(module.getOps<func::FuncOp>(), [](func::FuncOp f) {
                 return f.isPrivate() && !f.isExternal();
               });
}

/// The arguments, and arrays for results that have become arguments.
static SmallVector<reference::Array>
withResults(func::FuncOp function, ArrayRef<reference::Array> arguments) {
  SmallVector<reference::Array> all(arguments);
  for (Type type : function.getArgumentTypes().drop_front(arguments.size())) {
    auto memref = cast<MemRefType>(type);
    all.emplace_back(memref.getShape(), memref.getElementType());
  }
  return all;
}

std::optional<SmallVector<reference::Array>>
PassChecker::executeCode(ModuleOp module) {
  auto values =
      withResults(module.lookupSymbol<func::FuncOp>(entry), arguments);
  OwningOpRef<ModuleOp> lowered(module.clone());
  PassManager pm(module.getContext());
  buildLLVMStage(pm, TargetOptions(targetText));
  if (mlir::failed(pm.run(*lowered)))
    return std::nullopt;
  auto jit = Jit::create(*lowered, target);
  if (!jit) {
    consumeError(jit.takeError());
    return std::nullopt;
  }
  // Arrays of the arguments' own types.
  std::vector<Argument> memory;
  std::vector<JitArgument> packed;
  for (const reference::Array &array : values) {
    Argument argument;
    argument.elementType = array.elementType;
    argument.array.kind = *elementKind(array.elementType);
    argument.array.shape = array.shape;
    argument.array.data.resize(array.getNumElements() *
                               elementSize(argument.array.kind));
    for (int64_t n = 0; n < array.getNumElements(); ++n)
      storeElement(argument.array.kind, argument.array.data.data(), n,
                   array.isFloat() ? array.floats[n] : array.ints[n]);
    memory.push_back(std::move(argument));
  }
  for (Argument &argument : memory)
    packed.push_back(toJit(argument));
  if (llvm::Error error = (*jit)->call(entry, packed)) {
    consumeError(std::move(error));
    return std::nullopt;
  }
  SmallVector<reference::Array> results;
  for (int64_t holder : holders)
    results.push_back(toReference(memory[holder]));
  return results;
}

std::optional<SmallVector<reference::Array>>
PassChecker::execute(ModuleOp module) {
  auto function = module.lookupSymbol<func::FuncOp>(entry);
  if (!function)
    return std::nullopt;
  if (isOnVectors(module))
    return executeCode(module);
  SmallVector<reference::Array> values = withResults(function, arguments);
  ScopedDiagnosticHandler quiet(module.getContext(),
                                [](Diagnostic &) { return success(); });
  auto results = reference::interpret(function, values);
  if (mlir::failed(results))
    return std::nullopt;
  if (SmallVector<int64_t> known = holdersOf(function); !known.empty())
    holders = known;
  if (function.getNumResults() == wanted.size())
    return std::move(*results);
  SmallVector<reference::Array> held;
  for (int64_t holder : holders)
    held.push_back(values[holder]);
  return held;
}

void PassChecker::check(Pass *pass, ModuleOp module) {
  if (!module || failed)
    return;
  StringRef name =
      pass->getArgument().empty() ? pass->getName() : pass->getArgument();
  if (name.contains("OpToOpPassAdaptor"))
    name = "(passes on functions and kernels)";
  auto results = execute(module);
  llvm::outs() << llvm::format("%3u  %-36s ", ++number, name.str().c_str());
  if (!results) {
    llvm::outs() << "not executable here\n";
    return;
  }
  double worst = 0;
  for (auto [got, want] : llvm::zip(*results, wanted))
    worst = std::max(worst, reference::compare(got, want).relativeL2);
  failed = !(worst <= tolerance) || results->size() != wanted.size();
  llvm::outs() << llvm::format("rel_error %.2e  ", worst)
               << (failed ? "CHANGED the result\n" : "ok\n");
}

LogicalResult
fovea::checkEachPass(ModuleOp module, function_ref<void(OpPassManager &)> first,
                     StringRef entry, const CpuTarget &target,
                     StringRef targetText, ArrayRef<reference::Array> arguments,
                     ArrayRef<reference::Array> wanted, double tolerance) {
  OwningOpRef<ModuleOp> lowered(module.clone());
  TargetOptions options(targetText);
  module.getContext()->disableMultithreading();
  PassManager pm(module.getContext());
  first(pm);
  buildImportStage(pm);
  buildAttnStage(pm, options);
  buildTileStage(pm, options);
  buildVectorStage(pm, options);
  auto checker = std::make_unique<PassChecker>(entry, target, targetText,
                                               arguments, wanted, tolerance);
  PassChecker *state = checker.get();
  pm.addInstrumentation(std::move(checker));
  LogicalResult result = pm.run(*lowered);
  return success(succeeded(result) && !state->hasFailed());
}
