//===- Cpu.cpp - What this CPU offers -------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRegisters.h"

#include "fovea-runtime/Runtime.h"

#include <atomic>

#if defined(__x86_64__)
#include <cpuid.h>

/// What the operating system keeps of registers (XCR0).
enum State : uint64_t {
  FOVEA_YMM = 0x6,
  FOVEA_ZMM = 0xe6,
  FOVEA_TILE = 0x60000,
  FOVEA_APX = 0x80000
};

static uint64_t readXcr0() {
  unsigned registers[4] = {};
  constexpr unsigned osxsave = 1u << 27;
  if (!__get_cpuid(1, &registers[0], &registers[1], &registers[2],
                   &registers[3]) ||
      !(registers[2] & osxsave))
    return 0;
  unsigned low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | uint64_t(high) << 32;
}

static uint64_t readFeatures() {
  uint64_t kept = readXcr0();
  if ((kept & FOVEA_TILE) == FOVEA_TILE &&
      !fovea::runtime::requestTileRegisters())
    kept &= ~uint64_t(FOVEA_TILE);
  auto has = [&](unsigned leaf, unsigned subleaf, int place, int index,
                 uint64_t state) {
    unsigned registers[4] = {};
    return __get_cpuid_count(leaf, subleaf, &registers[0], &registers[1],
                             &registers[2], &registers[3]) &&
           (registers[place] >> index & 1) && (kept & state) == state;
  };
  uint64_t features = 0;
#define FOVEA_CPU_FEATURE(BIT, NAME, LEAF, SUBLEAF, REGISTER, INDEX, STATE)    \
  features |= uint64_t(has(LEAF, SUBLEAF, REGISTER, INDEX, STATE)) << BIT;
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  return features;
}
#else
static uint64_t readFeatures() { return 0; }
#endif

uint64_t fovea_cpu_features(void) {
  static const uint64_t features = readFeatures();
  return features;
}
