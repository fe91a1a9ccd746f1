//===- PeakTest.cpp - Probes of this machine's ceilings -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Peak.h"

#include "gtest/gtest.h"

#include <cmath>
#include <string>

using namespace fovea;

namespace {

TEST(PeakTest, UnknownWidthIsZero) {
  for (unsigned bits : {0u, 64u, 384u, 1024u})
    EXPECT_EQ(probeFmaGflops(bits, 1, 0.01), 0);
}

TEST(PeakTest, WidthsUpToTheWidestHaveRates) {
  unsigned widest = widestVectorBits();
  for (unsigned bits : {128u, 256u, 512u})
    for (int threads : {1, 2}) {
      double rate = probeFmaGflops(bits, threads, 0.03);
      if (bits > widest) {
        EXPECT_EQ(rate, 0);
        continue;
      }
      EXPECT_TRUE(std::isfinite(rate));
      // No CPU that has these vectors is slower than 0.1 GFLOP/s.
      EXPECT_GT(rate, 0.1) << bits << " bits, " << threads << " threads";
      RecordProperty("Fma" + std::to_string(bits) + "On" +
                         std::to_string(threads),
                     std::to_string(rate));
    }
}

TEST(PeakTest, PairsOfBf16HaveARateWhereTheCpuHasThem) {
  double rate = probeBf16Gflops(1, 0.03);
  EXPECT_TRUE(std::isfinite(rate));
  if (!__builtin_cpu_supports("avx512bf16")) {
    EXPECT_EQ(rate, 0);
    return;
  }
  EXPECT_GT(rate, 0.1);
  RecordProperty("Bf16", std::to_string(rate));
}

TEST(PeakTest, ReadsHaveARate) {
  ReadProbe probe(2);
  probe.run();
  double rate = probe.run();
  EXPECT_TRUE(std::isfinite(rate));
  EXPECT_GT(rate, 0.05);
  RecordProperty("ReadOn2", std::to_string(rate));
}

TEST(PeakTest, OddArgumentsAreHarmless) {
  EXPECT_GE(probeFmaGflops(widestVectorBits(), 0, 0), 0);
  EXPECT_GE(probeFmaGflops(widestVectorBits(), -3, NAN), 0);
  EXPECT_GT(ReadProbe(-1).run(), 0);
}

} // namespace
