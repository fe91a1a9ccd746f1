//===- CudaTarget.cpp - What an NVIDIA GPU offers -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/CudaTarget.h"

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
