//===- Cuda.h - Runs compiled functions on an NVIDIA GPU --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_FOVEA_RUN_CUDA_H
#define FOVEA_TOOLS_FOVEA_RUN_CUDA_H

#include "Arguments.h"

namespace fovea {

/// Makes the first GPU current; the error says why there is none.
llvm::Error openCuda();

/// Copies the arguments to the GPU, calls a function of the C ABI, and copies
/// them back. With `times`, also measures milliseconds of calls by events.
llvm::Error callOnCuda(void *function, std::vector<Argument> &arguments,
                       std::vector<double> *times = nullptr);

} // namespace fovea

#endif // FOVEA_TOOLS_FOVEA_RUN_CUDA_H
