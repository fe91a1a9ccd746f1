//===- CpuTarget.h - What a CPU offers -------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TARGET_CPUTARGET_H
#define FOVEA_TARGET_CPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm {
class Target;
} // namespace llvm

namespace fovea {

/// A CPU to compile for: `cpu`, or `cpu:FEATURES`.
///
/// `cpu` alone is the machine at hand. FEATURES is `amx` (`avx512` with AMX and
/// AVX512-BF16), `avx512`, `avx2` or `plain` (x86-64 without extensions), or
/// LLVM's list of features, as `+avx2,+fma,-avx512f`, which is added to plain
/// x86-64; or `aarch64` (ARMv8-A with NEON), whatever machine is at hand.
struct CpuTarget {
  /// LLVM's triple.
  std::string triple;
  /// LLVM's name of the processor, and its features.
  std::string cpu;
  std::string features;
  /// f32 elements of a vector: 16, 8 or 4.
  int64_t lanes = 4;

  /// Plain x86-64.
  CpuTarget();

  /// Parses a target; the error names what is accepted.
  static llvm::Expected<CpuTarget> parse(llvm::StringRef text);

  /// Whether code for it can run on a machine like the one at hand.
  bool isNative() const;

  /// What the CPU must have, as bits of the runtime's CpuFeatures.def.
  uint64_t abiFeatures() const;

  /// LLVM's code generator.
  const llvm::Target &backend() const;

  /// The target that all CPUs of the same architecture can run.
  CpuTarget baseline() const;

  /// Whether it converts from f32 to bf16 (AVX512-BF16).
  bool hasBf16() const;

  /// Whether it multiplies tiles of bf16 (AMX-BF16).
  bool hasAmx() const;

  /// Bits of a vector register.
  unsigned vectorBits() const { return lanes * 32; }

private:
  /// Whether the list of features has one.
  bool has(llvm::StringRef feature) const;
};

} // namespace fovea

#endif // FOVEA_TARGET_CPUTARGET_H
