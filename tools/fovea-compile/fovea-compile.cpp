//===- fovea-compile.cpp - Compiles ahead of time -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "InputModule.h"
#include "OutputFile.h"
#include "ToolSetup.h"

#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Execution/Object.h"
#include "fovea/Pipelines/Pipelines.h"
#include "fovea/Target/CudaTarget.h"
#include "fovea/Target/Ptxas.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace fovea;
namespace cl = llvm::cl;
using llvm::Error;
using llvm::Expected;

static cl::OptionCategory category("fovea-compile options");

static cl::list<std::string> inputFiles(cl::Positional,
                                        cl::desc("FILE.mlir..."), cl::OneOrMore,
                                        cl::cat(category));
static cl::opt<std::string> outputFile("o", cl::value_desc("FILE"),
                                       cl::cat(category),
                                       cl::desc("Output; text goes to the "
                                                "standard output (-) without "
                                                "it"));
static cl::list<std::string> targetTexts(
    "target", cl::value_desc("TARGET"), cl::cat(category),
    cl::desc("What to compile for: cpu (the default: this machine), "
             "cpu:amx, cpu:avx512, cpu:avx2, cpu:plain, cpu: and LLVM "
             "features, cpu:aarch64, or cuda:sm_90a. Several CPUs, "
             "by an option each, are several versions of the code; "
             "a call takes the first that its CPU can run"));

static cl::opt<std::string> scheduleText(
    "schedule", cl::value_desc("ATTRIBUTE"), cl::cat(category),
    cl::desc("Schedule of all attention ops, as #pipe.schedule<...> for a GPU "
             "or #tile.cpu_schedule<...> for a CPU (default: their own, or the "
             "best)"));

static cl::opt<bool> report(
    "report", cl::cat(category),
    cl::desc("Print the registers, barriers, spills and schedule of each "
             "kernel to the standard error (cuda, with ptxas)"));

namespace {
enum class Emit {
  SharedObject,
  Object,
  LLVM,
  Assembly,
  PTX,
  Cubin,
  Header,
  MLIR
};
}

static cl::opt<Emit> emitKind(
    "emit", cl::init(Emit::SharedObject), cl::cat(category),
    cl::desc("What to write:"),
    cl::values(
        clEnumValN(Emit::SharedObject, "so",
                   "a shared object, and its C header beside it (default)"),
        clEnumValN(Emit::Object, "obj",
                   "an object file, to be linked with libfovea_runtime"),
        clEnumValN(Emit::LLVM, "llvm",
                   "LLVM IR (cuda: of the code that launches)"),
        clEnumValN(Emit::MLIR, "mlir",
                   "the same in MLIR's llvm dialect, a module for each target"),
        clEnumValN(Emit::Assembly, "asm",
                   "assembly (cuda: of the code that launches)"),
        clEnumValN(Emit::PTX, "ptx", "PTX of the kernel for usual sizes (cuda)"),
        clEnumValN(Emit::Cubin, "cubin", "cubin of the kernel for usual sizes (cuda)"),
        clEnumValN(Emit::Header, "header", "the C header")));

static int fail(const llvm::Twine &message) {
  return fovea::fail("fovea-compile", message);
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// Whether a GPU is compiled for.
static bool isCuda() { return CudaTarget::isCuda(targetTexts[0]); }

/// What the host's code is for: a version for each target.
static Expected<std::vector<CpuTarget>> parseTargets() {
  if (targetTexts.empty())
    targetTexts.push_back("cpu");
  std::vector<CpuTarget> targets;
  for (const std::string &text : targetTexts) {
    if (CudaTarget::isCuda(text)) {
      if (auto target = CudaTarget::parse(text); !target)
        return target.takeError();
      if (targetTexts.size() > 1)
        return llvm::createStringError(
            "--target=" + text +
            " with another target: an object holds code for "
            "one GPU, or for several CPUs");
      targets.emplace_back();
      continue;
    }
    auto target = CpuTarget::parse(text);
    if (!target)
      return target.takeError();
    for (auto [n, earlier] : llvm::enumerate(targets)) {
      if (earlier.triple != target->triple)
        return llvm::createStringError("--target=" + text +
                                       " and --target=" + targetTexts[n] +
                                       " are machines of two kinds; make an "
                                       "object for each");
      if (!(earlier.abiFeatures() & ~target->abiFeatures()))
        return llvm::createStringError(
            "--target=" + text +
            " would never be chosen: --target=" + targetTexts[n] +
            " comes before it and runs wherever it "
            "does; leave it out, or put it first");
    }
    targets.push_back(*target);
  }
  return targets;
}

/// What is wrong with the options together; empty if nothing is.
static std::string checkOptions(ArrayRef<CpuTarget> targets) {
  bool cuda = isCuda();
  if (!cuda && (emitKind == Emit::PTX || emitKind == Emit::Cubin))
    return std::string("--emit=") + (emitKind == Emit::PTX ? "ptx" : "cubin") +
           ": there is no such code for --target=" + targetTexts[0] +
           "; it takes so, obj, llvm, mlir, asm or header";
  if (report && !cuda)
    return "--report is for --target=cuda; kernels for " + targetTexts[0] +
           " have no such facts";
  if (emitKind == Emit::SharedObject && !targets[0].isNative())
    return "--target=" + targetTexts[0] +
           ": libfovea_runtime of that machine is not here; use --emit=obj and "
           "link it there";
  bool text = emitKind != Emit::SharedObject && emitKind != Emit::Object &&
              emitKind != Emit::Cubin;
  if (outputFile.empty() && text)
    outputFile = "-";
  if (outputFile.empty() || (outputFile == "-" && !text))
    return "give the output file by -o FILE";
  if (emitKind != Emit::SharedObject)
    return "";
  if (llvm::sys::path::extension(outputFile) == ".h")
    return "-o " + outputFile +
           ": the C header beside the shared object has this name; give the "
           "object another extension, such as .so";
  if (!OutputFile(outputFile).isReplaceable())
    return outputFile +
           ": cannot write: not a regular file; give the path of a "
           "file that may be replaced";
  return "";
}

/// Whether C can call a function so, and neither the runtime nor MLIR has it.
static bool isFreeIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; }) &&
         !name.starts_with("fovea_") && !name.starts_with("_mlir_");
}

/// The functions that a caller sees.
static Expected<std::vector<std::string>> findEntries(ModuleOp module) {
  std::vector<std::string> entries;
  std::string files = llvm::join(inputFiles, ", ");
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function.getName().str());
  if (entries.empty())
    return llvm::createStringError(files + ": has no public function");
  for (const std::string &name : entries)
    if (!isFreeIdentifier(name))
      return llvm::createStringError(
          files + ": @" + name +
          ": the name of a function is an identifier of C that does not begin "
          "with fovea_ or _mlir_; rename it");
  return entries;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// Runs what `build` adds. Diagnostics have been printed where it fails.
static LogicalResult lower(ModuleOp module,
                           llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(module.getContext());
  build(pm);
  return pm.run(module);
}

/// Compiles for a GPU, its code included as the options' format says. Null
/// after an error.
static OwningOpRef<ModuleOp> compileCuda(ModuleOp module) {
  std::optional<Ptxas> ptxas = Ptxas::find();
  if (emitKind == Emit::Cubin && !ptxas)
    return fail("--emit=cubin needs ptxas of the CUDA toolkit, which is "
                "neither in FOVEA_PTXAS or CUDA_HOME nor on PATH; --emit=ptx "
                "does without"),
           nullptr;
  if (report && !ptxas)
    return fail("--report needs ptxas of the CUDA toolkit, which is neither "
                "in FOVEA_PTXAS or CUDA_HOME nor on PATH"),
           nullptr;
  CudaPipelineOptions options;
  options.target = targetTexts[0];
  options.format = ptxas && emitKind != Emit::PTX ? "bin" : "isa";
  // A file of either kind holds one kernel.
  options.versions = emitKind != Emit::PTX && emitKind != Emit::Cubin;
  OwningOpRef<ModuleOp> compiled =
      compileCudaKernels(module, options, ptxas ? &*ptxas : nullptr,
                         report ? &llvm::errs() : nullptr);
  if (!compiled || emitKind == Emit::PTX || emitKind == Emit::Cubin)
    return compiled;
  if (failed(lower(*compiled, [&](OpPassManager &pm) {
        buildCudaHostStage(pm, options);
      })))
    return nullptr;
  return compiled;
}

static OwningOpRef<ModuleOp> compileCpu(ModuleOp module, StringRef target) {
  OwningOpRef<ModuleOp> compiled(module.clone());
  CpuPipelineOptions options;
  options.target = target.str();
  if (failed(lower(*compiled, [&](OpPassManager &pm) {
        buildCpuEntryPipeline(pm, options);
      })))
    return nullptr;
  return compiled;
}

/// The code of the module's only kernel.
static Expected<std::string> kernelCode(ModuleOp module) {
  auto binaries = llvm::to_vector(module.getOps<gpu::BinaryOp>());
  if (binaries.size() != 1)
    return llvm::createStringError(
        llvm::join(inputFiles, ", ") + ": has " +
        std::to_string(binaries.size()) +
        " kernels, but a file of --emit=ptx or cubin holds one; split the file "
        "or use --emit=so");
  StringRef code =
      cast<gpu::ObjectAttr>(binaries[0].getObjects()[0]).getObject().getValue();
  return (emitKind == Emit::PTX ? code.rtrim('\0') : code).str();
}

/// The versions in the llvm dialect: the module, or a module in one for each.
static std::string printVersions(ArrayRef<CompiledModule> versions) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (versions.size() == 1) {
    versions[0].module.get().print(os);
    return text;
  }
  MLIRContext *context = versions[0].module.get().getContext();
  OwningOpRef<ModuleOp> all(ModuleOp::create(UnknownLoc::get(context)));
  for (auto [version, target] : llvm::zip_equal(versions, targetTexts)) {
    ModuleOp copy = version.module.get().clone();
    copy->setAttr("fovea.target", StringAttr::get(context, target));
    all->push_back(copy);
  }
  all->print(os);
  return text;
}

/// What --emit asks for. Nothing after a diagnostic that has been printed.
static Expected<std::optional<std::string>>
makeOutput(ModuleOp module, std::vector<CpuTarget> targets,
           ArrayRef<std::string> entries, const char *program) {
  SmallVector<CompiledModule> versions;
  for (auto [target, text] : llvm::zip_equal(targets, targetTexts)) {
    versions.push_back(
        {isCuda() ? compileCuda(module) : compileCpu(module, text), target});
    if (!versions.back().module)
      return std::nullopt;
  }
  if (emitKind == Emit::PTX || emitKind == Emit::Cubin)
    return kernelCode(*versions[0].module);
  if (emitKind == Emit::MLIR)
    return printVersions(versions);
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream os(bytes);
  CodeForm form = emitKind == Emit::LLVM       ? CodeForm::LLVM
                  : emitKind == Emit::Assembly ? CodeForm::Assembly
                                               : CodeForm::Object;
  if (Error error = emitObject(versions, entries, form, os))
    return std::move(error);
  if (emitKind == Emit::SharedObject)
    return linkSharedObject(bytes, program);
  return bytes.str().str();
}

/// The C header; nothing after a diagnostic that has been printed.
static std::optional<std::string> makeHeader(ModuleOp module) {
  OwningOpRef<ModuleOp> copy(module.clone());
  if (failed(lower(*copy, buildBufferizeStage)))
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream os(text);
  writeHeader(*copy, targetTexts, os);
  return text;
}

static Error writeOutput(std::string bytes) {
  OutputFile file(outputFile);
  if (Error error = file.write(std::move(bytes)))
    return error;
  return file.keep();
}

/// Both or none.
static Error writeObjectAndHeader(std::string object, std::string header) {
  llvm::SmallString<128> path(outputFile);
  llvm::sys::path::replace_extension(path, "h");
  OutputFile objectFile(outputFile), headerFile(path);
  if (!headerFile.isReplaceable())
    return llvm::createStringError(path + ": cannot write: not a regular file; "
                                          "the C header has this name");
  if (Error error = objectFile.write(std::move(object), /*executable=*/true))
    return error;
  if (Error error = headerFile.write(std::move(header)))
    return error;
  if (Error error = headerFile.keep())
    return error;
  return objectFile.keep();
}

static int compile(ModuleOp module, std::vector<CpuTarget> targets,
                   const char *program) {
  auto entries = findEntries(module);
  if (!entries)
    return fail(toString(entries.takeError()));
  std::optional<std::string> header;
  if (emitKind == Emit::SharedObject || emitKind == Emit::Header)
    if (!(header = makeHeader(module)))
      return 1;
  if (emitKind == Emit::Header) {
    Error error = writeOutput(*header);
    return error ? fail(toString(std::move(error))) : 0;
  }
  auto output = makeOutput(module, std::move(targets), *entries, program);
  if (!output)
    return fail(toString(output.takeError()));
  if (!*output)
    return 1;
  Error error = header ? writeObjectAndHeader(std::move(**output), *header)
                       : writeOutput(std::move(**output));
  return error ? fail(toString(std::move(error))) : 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  setUpTool("fovea-compile");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles attention from MLIR files ahead of time. A file holds one or "
      "more "
      "functions; each is\na function of the object, with a C ABI.\n\n"
      "  fovea-compile examples/causal.mlir -o causal.so\n"
      "  fovea-compile f.mlir g.mlir --target=cpu:avx512 --target=cpu:avx2 "
      "--target=cpu:plain -o fg.so\n"
      "  fovea-compile f.mlir --target=cuda:sm_90a -o f.so\n"
      "  fovea-compile f.mlir --target=cpu:aarch64 --emit=asm\n");

  auto targets = parseTargets();
  if (!targets)
    return fail(toString(targets.takeError()));
  if (std::string wrong = checkOptions(*targets); !wrong.empty())
    return fail(wrong);
  InputModule input;
  std::string message;
  for (const std::string &path : inputFiles)
    if (!input.read(path, message))
      return message.empty() ? 1 : fail(message);
  ModuleOp module = input.get();
  if (scheduleText.getNumOccurrences())
    if (Error error = attn::setSchedules(module, scheduleText))
      return fail("--schedule: " + toString(std::move(error)));
  return compile(module, std::move(*targets), argv[0]);
}
