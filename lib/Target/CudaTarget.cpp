//===- CudaTarget.cpp - What an NVIDIA GPU offers -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/CudaTarget.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using fovea::CudaTarget;

bool CudaTarget::isCuda(StringRef text) {
  return text.split(':').first == "cuda";
}

Expected<CudaTarget> CudaTarget::parse(StringRef text) {
  if (text == "cuda" || text == "cuda:sm_90a")
    return CudaTarget();
  return createStringError("unknown target '" + text +
                           "': the GPU to compile for is cuda:sm_90a");
}

std::string fovea::findCudaToolkit() {
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (auto home = sys::Process::GetEnv(variable);
        home && sys::fs::can_execute(*home + "/bin/ptxas"))
      return *home;
  if (ErrorOr<std::string> path = sys::findProgramByName("ptxas"))
    return sys::path::parent_path(sys::path::parent_path(*path)).str();
  if (sys::fs::can_execute("/usr/local/cuda/bin/ptxas"))
    return "/usr/local/cuda";
  return "";
}
