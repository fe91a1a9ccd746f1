//===- FloatTest.cpp - 16-bit floats and element access -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Float.h"
#include "fovea/Support/ElementKind.h"

#include "llvm/ADT/APFloat.h"

#include "gtest/gtest.h"

#include <cfloat>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

using namespace fovea;
using llvm::APFloat;
using llvm::APInt;

namespace {

uint16_t nearest(const llvm::fltSemantics &semantics, double value) {
  APFloat number(value);
  bool losesInfo;
  number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return uint16_t(number.bitcastToAPInt().getZExtValue());
}

/// Doubles near everything that can go wrong: halfway cases, subnormals,
/// overflow, and values where rounding by way of f32 would round twice.
std::vector<double> interestingValues() {
  std::vector<double> values = {
      0.0,        -0.0,     INFINITY, -INFINITY, 65504.0,  65519.99,
      65520.0,    65536.0,  0x1p-24,  0x1p-25,   0x1p-149, 0x1.8p-25,
      DBL_MIN,    DBL_MAX,  -DBL_MAX, 0x1p-1074, FLT_MAX,  0x1.feffffp127,
      0x1.ffp127, 0x1p-133, 0x1p-134, 0x1.8p-134};
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    // A double close to a 16-bit value or to halfway between two of them.
    double base = i % 2 ? f16ToFloat(uint16_t(random()))
                        : bf16ToFloat(uint16_t(random()));
    if (!std::isfinite(base))
      continue;
    int exponent = base == 0 ? -24 : std::ilogb(base);
    double step = std::ldexp(1.0, exponent - (i % 2 ? 11 : 8));
    double tiny = std::ldexp(step, -int(random() % 40));
    for (double value : {base, base + step, base + step + tiny,
                         base + step - tiny, base - step / 2})
      values.push_back(value);
  }
  for (int i = 0; i < 100000; ++i) {
    uint64_t bits = random();
    double value;
    memcpy(&value, &bits, sizeof(value));
    if (!std::isnan(value))
      values.push_back(value);
  }
  return values;
}

TEST(FloatTest, EveryF16IsExact) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    APFloat number(APFloat::IEEEhalf(), APInt(16, bits));
    float value = f16ToFloat(bits);
    if (number.isNaN()) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      EXPECT_EQ(f16FromDouble(value), (bits & 0x8000) | 0x7e00) << bits;
      continue;
    }
    bool losesInfo;
    number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    ASSERT_TRUE(number.bitwiseIsEqual(APFloat(value))) << bits;
    ASSERT_EQ(f16FromDouble(value), bits);
  }
}

TEST(FloatTest, EveryBf16IsExact) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    APFloat number(APFloat::BFloat(), APInt(16, bits));
    float value = bf16ToFloat(bits);
    if (number.isNaN()) {
      EXPECT_TRUE(std::isnan(value)) << bits;
      EXPECT_EQ(bf16FromDouble(value), (bits & 0x8000) | 0x7fc0) << bits;
      continue;
    }
    ASSERT_EQ(bf16FromDouble(value), bits);
  }
}

TEST(FloatTest, RoundsLikeAPFloat) {
  for (double value : interestingValues()) {
    ASSERT_EQ(f16FromDouble(value), nearest(APFloat::IEEEhalf(), value))
        << value;
    ASSERT_EQ(bf16FromDouble(value), nearest(APFloat::BFloat(), value))
        << value;
  }
}

TEST(ElementKindTest, NamesRoundTrip) {
  for (ElementKind kind : allElementKinds)
    EXPECT_EQ(parseElementKind(elementName(kind)), kind);
  EXPECT_EQ(parseElementKind("f8"), std::nullopt);
  EXPECT_EQ(parseElementKind(""), std::nullopt);
}

TEST(ElementKindTest, StoreAndLoad) {
  for (ElementKind kind : allElementKinds) {
    unsigned size = elementSize(kind);
    // One byte of offset, so that nothing is aligned.
    std::vector<char> memory(1 + 3 * size, 0x55);
    storeElement(kind, memory.data() + 1, 1, 1);
    EXPECT_EQ(loadElement(kind, memory.data() + 1, 1), 1);
    EXPECT_EQ(memory[size], 0x55);
    EXPECT_EQ(memory[1 + 2 * size], 0x55);
  }
}

TEST(ElementKindTest, IntegersSaturateAndRound) {
  struct {
    ElementKind kind;
    double low, high;
  } ranges[] = {{ElementKind::I8, -128, 127},
                {ElementKind::I16, -32768, 32767},
                {ElementKind::I32, -0x1p31, 0x1p31 - 1},
                {ElementKind::I64, -0x1p63, 0x1p63},
                {ElementKind::U8, 0, 255}};
  for (auto [kind, low, high] : ranges) {
    char memory[8];
    auto roundTrip = [&, kind = kind](double value) {
      storeElement(kind, memory, 0, value);
      return loadElement(kind, memory, 0);
    };
    EXPECT_EQ(roundTrip(-INFINITY), low);
    EXPECT_EQ(roundTrip(INFINITY), high);
    EXPECT_EQ(roundTrip(low), low);
    EXPECT_EQ(roundTrip(high), high);
    EXPECT_EQ(roundTrip(NAN), 0);
    EXPECT_EQ(roundTrip(2.5), 2);
    EXPECT_EQ(roundTrip(3.5), 4);
  }
}

TEST(ElementKindTest, BoolsAreZeroOrOne) {
  for (double value : {0.0, -0.0, 0.25, -3.0, 1.0}) {
    uint8_t memory = 7;
    storeElement(ElementKind::Bool, &memory, 0, value);
    EXPECT_EQ(memory, value != 0);
  }
}

} // namespace
