//===- ValuesTest.cpp - Rounding and comparison ---------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <cmath>

using namespace mlir;
using namespace fovea::reference;

TEST(Values, RoundToNearestEven) {
  MLIRContext context;
  auto bf16 = BFloat16Type::get(&context);
  auto f16 = Float16Type::get(&context);
  auto f32 = Float32Type::get(&context);
  // bf16 has 8 significant bits: 257 is halfway, and goes to the even 256.
  EXPECT_EQ(roundTo(257, bf16), 256);
  EXPECT_EQ(roundTo(259, bf16), 260);
  EXPECT_EQ(roundTo(65519, f16), 65504);
  EXPECT_EQ(roundTo(65520, f16), INFINITY);
  EXPECT_EQ(roundTo(std::ldexp(1.0, -25), f16), 0);
  EXPECT_EQ(roundTo(0.1, f32), 0.1f);
  EXPECT_TRUE(std::isnan(roundTo(NAN, f16)));
}

static Difference compareNumbers(std::vector<double> got,
                                 std::vector<double> want) {
  MLIRContext context;
  Type f32 = Float32Type::get(&context);
  Array a({static_cast<int64_t>(got.size())}, f32);
  Array b({static_cast<int64_t>(want.size())}, f32);
  a.floats = std::move(got);
  b.floats = std::move(want);
  return compare(a, b);
}

TEST(Values, CompareNumbers) {
  Difference difference = compareNumbers({1, 2, 3}, {1, 2, 5});
  EXPECT_DOUBLE_EQ(difference.relativeL2, 2 / std::sqrt(30.0));
  EXPECT_EQ(difference.maxAbs, 2);
  EXPECT_EQ(difference.worstIndex, 2);
  EXPECT_FALSE(difference.nanMismatch);
}

TEST(Values, CompareEqual) {
  Difference difference = compareNumbers({1, NAN, INFINITY, -INFINITY},
                                         {1, NAN, INFINITY, -INFINITY});
  EXPECT_EQ(difference.relativeL2, 0);
  EXPECT_EQ(difference.maxAbs, 0);
  EXPECT_EQ(difference.worstIndex, -1);
}

TEST(Values, CompareNaN) {
  for (Difference difference :
       {compareNumbers({1, NAN}, {1, 2}), compareNumbers({1, 2}, {1, NAN})}) {
    EXPECT_TRUE(difference.nanMismatch);
    EXPECT_EQ(difference.relativeL2, INFINITY);
    EXPECT_EQ(difference.worstIndex, 1);
  }
}

TEST(Values, CompareInfinities) {
  for (Difference difference : {compareNumbers({1, INFINITY}, {1, 2}),
                                compareNumbers({1, 2}, {1, -INFINITY}),
                                compareNumbers({INFINITY}, {-INFINITY})}) {
    EXPECT_FALSE(difference.nanMismatch);
    EXPECT_EQ(difference.relativeL2, INFINITY);
    EXPECT_EQ(difference.maxAbs, INFINITY);
  }
}

TEST(Values, CompareWithZero) {
  EXPECT_EQ(compareNumbers({3, 4}, {0, 0}).relativeL2, 5);
  EXPECT_EQ(compareNumbers({0, 0}, {0, 0}).relativeL2, 0);
}

TEST(Values, CompareShapes) {
  Difference difference = compareNumbers({1, 2}, {1, 2, 3});
  EXPECT_TRUE(difference.shapeMismatch);
  EXPECT_EQ(difference.relativeL2, INFINITY);
}
