//===- CudaTarget.h - What an NVIDIA GPU offers ---------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TARGET_CUDATARGET_H
#define FOVEA_TARGET_CUDATARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace fovea {

/// An NVIDIA GPU to compile for: `cuda:sm_90a`, or `cuda` for short.
struct CudaTarget {
  std::string chip = "sm_90a";

  /// Whether the text names a GPU at all.
  static bool isCuda(llvm::StringRef text);

  /// Parses a target; the error names what is accepted.
  static llvm::Expected<CudaTarget> parse(llvm::StringRef text);
};

} // namespace fovea

#endif // FOVEA_TARGET_CUDATARGET_H
