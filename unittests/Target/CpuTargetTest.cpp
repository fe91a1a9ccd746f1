//===- CpuTargetTest.cpp - What a CPU offers ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Target/CpuTarget.h"

#include "fovea-runtime/Runtime.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

#include "gtest/gtest.h"

using namespace fovea;

namespace {

/// Bit of a feature.
uint64_t bit(llvm::StringRef name) {
#define FOVEA_CPU_FEATURE(BIT, NAME, ...)                                      \
  if (name == NAME)                                                            \
    return uint64_t(1) << BIT;
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  return 0;
}

CpuTarget parse(llvm::StringRef text) {
  return llvm::cantFail(CpuTarget::parse(text));
}

/// The runtime says of this CPU what LLVM says.
TEST(CpuTarget, FeaturesOfThisMachine) {
#if defined(__x86_64__)
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
#define FOVEA_CPU_FEATURE(BIT, NAME, ...)                                      \
  EXPECT_EQ(fovea_cpu_features() >> BIT & 1, host.lookup(NAME)) << NAME;
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  EXPECT_EQ(parse("cpu").abiFeatures() & ~fovea_cpu_features(), 0u);
#endif
}

/// What a feature implies is needed, too.
TEST(CpuTarget, FeaturesOfATarget) {
  EXPECT_EQ(parse("cpu:plain").abiFeatures(), 0u);
  EXPECT_EQ(parse("cpu:aarch64").abiFeatures(), 0u);
  uint64_t needed = parse("cpu:+avx512f").abiFeatures();
  for (const char *name : {"avx512f", "avx2", "avx", "fma", "f16c", "sse4.2"})
    EXPECT_TRUE(needed & bit(name)) << name;
  EXPECT_FALSE(needed & bit("avx512bw"));
  EXPECT_EQ(
      parse("cpu:avx2").abiFeatures() & ~parse("cpu:avx512").abiFeatures(), 0u);
  EXPECT_FALSE(parse("cpu:+avx2,-avx2").abiFeatures() & bit("avx2"));
  uint64_t tiles = bit("amx-tile") | bit("amx-bf16") | bit("avx512bf16");
  EXPECT_EQ(parse("cpu:amx").abiFeatures(),
            parse("cpu:avx512").abiFeatures() | tiles);
}

/// The last of a list counts.
TEST(CpuTarget, Products) {
  EXPECT_TRUE(parse("cpu:amx").hasAmx());
  EXPECT_TRUE(parse("cpu:amx").hasBf16());
  EXPECT_FALSE(parse("cpu:avx512").hasAmx());
  EXPECT_FALSE(parse("cpu:+amx-tile").hasAmx());
  EXPECT_TRUE(parse("cpu:+amx-tile,-amx-bf16,+amx-bf16").hasAmx());
  EXPECT_FALSE(parse("cpu:+amx-tile,+amx-bf16,-amx-bf16").hasAmx());
  EXPECT_FALSE(parse("cpu:+avx512bf16,-avx512bf16").hasBf16());
}

TEST(CpuTarget, Machines) {
  EXPECT_TRUE(parse("cpu").isNative());
  EXPECT_NE(parse("cpu:plain").isNative(), parse("cpu:aarch64").isNative());
  EXPECT_EQ(parse("cpu:aarch64").baseline().cpu, "generic");
  EXPECT_EQ(parse("cpu:avx2").baseline().features, "");
}

} // namespace
