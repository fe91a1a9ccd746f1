//===- Ptxas.cpp - NVIDIA's assembler -------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/Ptxas.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace fovea;

std::optional<Ptxas> Ptxas::find() {
  if (auto path = sys::Process::GetEnv("FOVEA_PTXAS"))
    return path->empty() ? std::nullopt : std::optional(Ptxas(*path));
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (auto home = sys::Process::GetEnv(variable);
        home && sys::fs::can_execute(*home + "/bin/ptxas"))
      return Ptxas(*home + "/bin/ptxas");
  if (ErrorOr<std::string> path = sys::findProgramByName("ptxas"))
    return Ptxas(*path);
  if (sys::fs::can_execute("/usr/local/cuda/bin/ptxas"))
    return Ptxas("/usr/local/cuda/bin/ptxas");
  return std::nullopt;
}

/// The numbers that `pattern` finds in the log; none if it does not match.
static SmallVector<int64_t> numbersIn(StringRef log, StringRef pattern) {
  SmallVector<StringRef> matches;
  SmallVector<int64_t> numbers;
  if (Regex(pattern).match(log, &matches))
    for (StringRef match : drop_begin(matches))
      match.getAsInteger(10, numbers.emplace_back());
  return numbers;
}

/// Reads what `ptxas -v` says.
static Error readLog(StringRef log, KernelCode &code) {
  SmallVector<int64_t> memory =
      numbersIn(log, "([0-9]+) bytes stack frame, ([0-9]+) bytes spill "
                     "stores, ([0-9]+) bytes spill loads");
  SmallVector<int64_t> registers = numbersIn(log, "Used ([0-9]+) registers");
  if (memory.empty() || registers.empty())
    return createStringError("ptxas does not say what registers the kernel "
                             "uses: " +
                             log.trim());
  code.frameBytes = memory[0];
  code.spillBytes = memory[1] + memory[2];
  code.registers = registers[0];
  if (auto barriers = numbersIn(log, "used ([0-9]+) barriers");
      !barriers.empty())
    code.barriers = barriers[0];
  SmallVector<StringRef> lines;
  log.split(lines, '\n');
  for (StringRef line : lines)
    if (size_t at = line.find("(C75"); at != StringRef::npos) {
      code.message = line.substr(at).trim().str();
      break;
    }
  return Error::success();
}

static Error withCode(const Twine &what, std::error_code code) {
  return createStringError(what + ": " + code.message());
}

Expected<KernelCode> Ptxas::assemble(StringRef ptx, StringRef chip) const {
  SmallString<128> input, output, log;
  FileRemover removers[3];
  for (auto [file, extension, remover] :
       {std::tuple(&input, "ptx", &removers[0]),
        std::tuple(&output, "cubin", &removers[1]),
        std::tuple(&log, "log", &removers[2])}) {
    if (auto error = sys::fs::createTemporaryFile("fovea", extension, *file))
      return withCode("cannot write a temporary file", error);
    remover->setFile(*file);
  }
  {
    std::error_code error;
    raw_fd_ostream os(input, error);
    os << ptx.rtrim('\0');
    os.close();
    if (!error)
      error = os.error();
    os.clear_error();
    if (error)
      return withCode(input + ": cannot write", error);
  }
  std::string architecture = ("-arch=" + chip).str(), message;
  StringRef arguments[] = {path,  "-v", "-O3", architecture,
                           input, "-o", output};
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  int status =
      sys::ExecuteAndWait(path, arguments, std::nullopt, redirects,
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  auto said = MemoryBuffer::getFile(log);
  if (!said)
    return withCode(log, said.getError());
  StringRef text = (*said)->getBuffer();
  if (status)
    return createStringError(path + ": " +
                             (message.empty() ? text.trim() : message));
  auto cubin = MemoryBuffer::getFile(output);
  if (!cubin)
    return withCode(output, cubin.getError());
  KernelCode code;
  code.cubin = (*cubin)->getBuffer().str();
  if (Error error = readLog(text, code))
    return std::move(error);
  return code;
}
