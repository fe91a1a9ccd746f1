//===- Object.cpp - Machine code in files ---------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Execution/Object.h"

#include "TargetMachine.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace llvm;

Error fovea::emitObject(mlir::ModuleOp module, const CpuTarget &target,
                        ArrayRef<std::string> entries, bool text,
                        raw_pwrite_stream &os) {
  auto machine = createTargetMachine(target, /*jit=*/false);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  auto code = translate(module, context);
  if (!code)
    return code.takeError();
  mlir::ExecutionEngine::setupTargetTripleAndDataLayout(code->get(),
                                                        machine->get());
  internalizeModule(**code, [&](const GlobalValue &value) {
    return is_contained(entries, value.getName());
  });
  if (Error error = makeOptimizer(target, machine->get())(code->get()))
    return error;
  if (text) {
    (*code)->print(os, nullptr);
    return Error::success();
  }
  legacy::PassManager passes;
  [[maybe_unused]] bool refused = (*machine)->addPassesToEmitFile(
      passes, os, nullptr, CodeGenFileType::ObjectFile);
  assert(!refused && "LLVM writes object files for x86");
  passes.run(**code);
  return Error::success();
}

Error fovea::linkSharedObject(StringRef object, StringRef output,
                              const char *program) {
  ErrorOr<std::string> linker = sys::findProgramByName("ld.lld-22");
  if (!linker)
    linker = sys::findProgramByName("ld.lld");
  if (!linker)
    return createStringError("the linker ld.lld-22 is not on PATH; install lld "
                             "(on Debian: apt-get install lld-22), or use "
                             "--emit=obj and link it yourself");
  std::string self = sys::fs::getMainExecutable(
      program, reinterpret_cast<void *>(&fovea::linkSharedObject));
  SmallString<128> runtime(
      sys::path::parent_path(sys::path::parent_path(self)));
  sys::path::append(runtime, "lib", "libfovea_runtime.so");
  if (!sys::fs::exists(runtime))
    return createStringError("the runtime " + runtime.str() +
                             " is missing; build the target fovea_runtime");
  // A rename would replace a device or a pipe by a file.
  sys::fs::file_status before;
  if (!sys::fs::status(output, before) && !sys::fs::is_regular_file(before))
    return createStringError(output +
                             ": cannot write: not a regular file; give the "
                             "path of a file that may be replaced");
  SmallString<128> temporary;
  if (std::error_code error =
          sys::fs::createUniqueFile(output + ".%%%%%%", temporary))
    return createStringError(output + ": cannot write: " + error.message() +
                             "; give a path in a folder that can be written");
  SmallString<128> log = temporary;
  log += ".log";
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  // What is undefined: the C library's, which the runtime brings.
  StringRef arguments[] = {*linker,
                           "-shared",
                           "-z",
                           "undefs",
                           "-z",
                           "noexecstack",
                           "-soname",
                           sys::path::filename(output),
                           "--enable-new-dtags",
                           "-rpath",
                           "$ORIGIN",
                           "-o",
                           temporary,
                           object,
                           runtime};
  std::string message;
  int status = sys::ExecuteAndWait(*linker, arguments, std::nullopt, redirects,
                                   0, 0, &message);
  if (status) {
    if (auto text = MemoryBuffer::getFile(log); text && message.empty())
      message = (*text)->getBuffer().trim().str();
    sys::fs::remove(temporary);
  }
  sys::fs::remove(log);
  if (status)
    return createStringError(*linker + ": " + message);
  // The linker's file has its rights from umask; the unique one is private.
  sys::fs::setPermissions(
      temporary, static_cast<sys::fs::perms>(0777 & ~sys::fs::getUmask()));
  if (std::error_code error = sys::fs::rename(temporary, output)) {
    sys::fs::remove(temporary);
    return createStringError(output + ": cannot write: " + error.message());
  }
  return Error::success();
}
