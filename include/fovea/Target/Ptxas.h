//===- Ptxas.h - NVIDIA's assembler ----------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TARGET_PTXAS_H
#define FOVEA_TARGET_PTXAS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <tuple>

namespace fovea {

/// What ptxas makes of a kernel, and says about it.
struct KernelCode {
  std::string cubin;
  int64_t registers = 0, barriers = 0;
  /// Bytes of a thread in local memory: its stack frame, and what moves there
  /// and back because registers do not suffice.
  int64_t frameBytes = 0, spillBytes = 0;
  /// Its first message C75xx: products are serialized, or waits added.
  std::string message;

  bool isClean() const {
    return frameBytes == 0 && spillBytes == 0 && message.empty();
  }
  /// Whether it is expected to run faster than `other`.
  bool isBetterThan(const KernelCode &other) const {
    return std::make_tuple(!message.empty(), spillBytes, frameBytes) <
           std::make_tuple(!other.message.empty(), other.spillBytes,
                           other.frameBytes);
  }
};

/// NVIDIA's assembler, a program of the CUDA toolkit.
class Ptxas {
public:
  /// The program that FOVEA_PTXAS names, none if it is set and empty; without
  /// it, looks in CUDA_HOME, CUDA_PATH, PATH and /usr/local/cuda.
  static std::optional<Ptxas> find();

  /// Assembles PTX of one kernel.
  llvm::Expected<KernelCode> assemble(llvm::StringRef ptx,
                                      llvm::StringRef chip) const;

private:
  explicit Ptxas(std::string path) : path(std::move(path)) {}

  std::string path;
};

} // namespace fovea

#endif // FOVEA_TARGET_PTXAS_H
