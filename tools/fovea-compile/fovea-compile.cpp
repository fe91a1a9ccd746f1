//===- fovea-compile.cpp - Compiles ahead of time -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "InputModule.h"
#include "ToolSetup.h"

#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Execution/Jit.h"
#include "fovea/Execution/Object.h"
#include "fovea/Pipelines/Pipelines.h"
#include "fovea/Target/CudaTarget.h"
#include "fovea/Target/Ptxas.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
using namespace fovea;
namespace cl = llvm::cl;
using llvm::Error;

static cl::OptionCategory category("fovea-compile options");

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("FILE.mlir"),
                                      cl::Required, cl::cat(category));
static cl::opt<std::string> outputFile("o", cl::value_desc("FILE"),
                                       cl::cat(category),
                                       cl::desc("Output; text goes to the "
                                                "standard output (-) without "
                                                "it"));
static cl::opt<std::string>
    targetText("target", cl::value_desc("TARGET"), cl::init("cpu"),
               cl::cat(category),
               cl::desc("What to compile for: cpu (the default: this machine), "
                        "cpu:avx512, cpu:avx2, cpu:plain, cpu: and LLVM "
                        "features, or cuda:sm_90a"));

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
enum class Emit { SharedObject, Object, LLVM, PTX, Cubin, Header, MLIR };
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
        clEnumValN(Emit::PTX, "ptx", "PTX of the kernel (cuda)"),
        clEnumValN(Emit::Cubin, "cubin", "the kernel's cubin (cuda)"),
        clEnumValN(Emit::Header, "header", "the C header"),
        clEnumValN(Emit::MLIR, "mlir", "the same in MLIR's llvm dialect")));

static int fail(const llvm::Twine &message) {
  return fovea::fail("fovea-compile", message);
}

/// Writes a file, all of it or nothing.
static Error
writeFile(StringRef path,
          llvm::function_ref<Error(llvm::raw_pwrite_stream &)> write) {
  std::string message;
  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream memory(buffer);
  if (Error error = write(memory))
    return error;
  auto file = openOutputFile(path, &message);
  if (!file)
    return llvm::createStringError(message);
  file->os() << StringRef(buffer.data(), buffer.size());
  file->os().flush();
  if (file->os().has_error()) {
    std::string why = file->os().error().message();
    file->os().clear_error();
    return llvm::createStringError((path == "-" ? "standard output" : path) +
                                   ": cannot write: " + why);
  }
  file->keep();
  return Error::success();
}

/// The code of the module's only kernel.
static llvm::Expected<StringRef> kernelCode(ModuleOp module) {
  auto binaries = llvm::to_vector(module.getOps<gpu::BinaryOp>());
  if (binaries.size() != 1)
    return llvm::createStringError(
        inputFile + ": has " + std::to_string(binaries.size()) +
        " kernels, but a file of --emit=ptx or cubin holds one; split the file "
        "or use --emit=so");
  StringRef code =
      cast<gpu::ObjectAttr>(binaries[0].getObjects()[0]).getObject().getValue();
  if (emitKind == Emit::PTX)
    code = code.rtrim('\0');
  return code;
}

static Error writeHeaderFile(ModuleOp module, StringRef path, StringRef stem) {
  return writeFile(path, [&](llvm::raw_pwrite_stream &os) {
    writeHeader(module, (stem + "_h").str(), targetText, os);
    return Error::success();
  });
}

/// Whether C can call a function so, and neither the runtime nor MLIR has it.
static bool isFreeIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; }) &&
         !name.starts_with("fovea_") && !name.starts_with("_mlir_");
}

/// Runs what `build` adds. Diagnostics have been printed where it fails.
static LogicalResult lower(ModuleOp module,
                           llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(module.getContext());
  build(pm);
  return pm.run(module);
}

static int compile(ModuleOp module, const CpuTarget &host, bool cuda,
                   const char *program) {
  SmallVector<std::string> entries;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      entries.push_back(function.getName().str());
  if (entries.empty())
    return fail(inputFile + ": has no public function");
  for (const std::string &name : entries)
    if (!isFreeIdentifier(name))
      return fail(inputFile + ": @" + name +
                  ": the name of a function is an identifier of C that does "
                  "not begin with fovea_ or _mlir_; rename it");
  StringRef stem = llvm::sys::path::stem(
      outputFile == "-" ? StringRef(inputFile) : StringRef(outputFile));
  if (emitKind == Emit::Header) {
    if (Error error = writeHeaderFile(module, outputFile, stem))
      return fail(toString(std::move(error)));
    return 0;
  }
  OwningOpRef<ModuleOp> compiled;
  if (cuda) {
    std::optional<Ptxas> ptxas = Ptxas::find();
    if (emitKind == Emit::Cubin && !ptxas)
      return fail("--emit=cubin needs ptxas of the CUDA toolkit, which is "
                  "neither in CUDA_HOME nor on PATH; --emit=ptx does without");
    if (report && !ptxas)
      return fail("--report needs ptxas of the CUDA toolkit, which is neither "
                  "in CUDA_HOME nor on PATH");
    CudaPipelineOptions options;
    options.target = targetText;
    options.format = ptxas && emitKind != Emit::PTX ? "bin" : "isa";
    compiled = compileCudaKernels(module, options, ptxas ? &*ptxas : nullptr,
                                  report ? &llvm::errs() : nullptr);
    if (!compiled)
      return 1;
    if (emitKind == Emit::PTX || emitKind == Emit::Cubin) {
      auto code = kernelCode(*compiled);
      if (!code)
        return fail(toString(code.takeError()));
      if (Error error = writeFile(outputFile, [&](auto &os) {
            os << *code;
            return Error::success();
          }))
        return fail(toString(std::move(error)));
      return 0;
    }
    if (failed(lower(*compiled, [&](OpPassManager &pm) {
          buildCudaHostStage(pm, options);
        })))
      return 1;
  } else {
    compiled = module.clone();
    CpuPipelineOptions options;
    options.target = targetText;
    if (failed(lower(*compiled, [&](OpPassManager &pm) {
          buildCpuEntryPipeline(pm, options);
        })))
      return 1;
  }

  Error error = Error::success();
  if (emitKind == Emit::SharedObject) {
    llvm::SmallString<128> object;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("fovea", "o", object))
      return fail("cannot write a temporary file: " + code.message());
    llvm::FileRemover remover(object);
    error = writeFile(object, [&](llvm::raw_pwrite_stream &os) {
      return emitObject(*compiled, host, entries, /*text=*/false, os);
    });
    if (!error)
      error = linkSharedObject(object, outputFile, program);
    llvm::SmallString<128> header(outputFile);
    llvm::sys::path::replace_extension(header, "h");
    if (!error && (error = writeHeaderFile(module, header, stem)))
      llvm::sys::fs::remove(outputFile); // Both or none.
  } else {
    error = writeFile(outputFile, [&](llvm::raw_pwrite_stream &os) -> Error {
      if (emitKind == Emit::MLIR) {
        compiled->print(os);
        return Error::success();
      }
      return emitObject(*compiled, host, entries, emitKind == Emit::LLVM, os);
    });
  }
  return error ? fail(toString(std::move(error))) : 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  setUpTool("fovea-compile");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles attention from an MLIR file ahead of time.\n\n"
      "  fovea-compile examples/causal.mlir -o causal.so\n"
      "  fovea-compile f.mlir --target=cuda:sm_90a -o f.so\n"
      "  fovea-compile f.mlir --target=cuda:sm_90a --emit=ptx -o f.ptx\n");

  bool cuda = CudaTarget::isCuda(targetText);
  CpuTarget host;
  if (cuda) {
    auto target = CudaTarget::parse(targetText);
    if (!target)
      return fail(toString(target.takeError()));
    host.cpu = "x86-64";
  } else {
    auto target = CpuTarget::parse(targetText);
    if (!target)
      return fail(toString(target.takeError()));
    host = *target;
  }
  if (!cuda && (emitKind == Emit::PTX || emitKind == Emit::Cubin))
    return fail(llvm::Twine("--emit=") +
                (emitKind == Emit::PTX ? "ptx" : "cubin") +
                ": there is no such code for --target=" + targetText +
                "; it takes so, obj, llvm, header or mlir");
  if (report && !cuda)
    return fail("--report is for --target=cuda; kernels for " + targetText +
                " have no such facts");
  bool text = emitKind == Emit::LLVM || emitKind == Emit::PTX ||
              emitKind == Emit::Header || emitKind == Emit::MLIR;
  if (outputFile.empty() && text)
    outputFile = "-";
  if (outputFile.empty() || (outputFile == "-" && !text))
    return fail("give the output file by -o FILE");
  if (emitKind == Emit::SharedObject &&
      llvm::sys::path::extension(outputFile) == ".h")
    return fail("-o " + outputFile +
                ": the C header beside the shared object has this name; give "
                "the object another extension, such as .so");

  InputModule input;
  std::string message;
  if (!input.read(inputFile, message))
    return message.empty() ? 1 : fail(message);
  ModuleOp module = input.get();
  if (scheduleText.getNumOccurrences())
    if (Error error = attn::setSchedules(module, scheduleText))
      return fail("--schedule: " + toString(std::move(error)));
  return compile(module, host, cuda, argv[0]);
}
