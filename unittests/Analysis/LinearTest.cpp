//===- LinearTest.cpp - Linear expressions --------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Analysis/Linear.h"

#include "gtest/gtest.h"
#include <random>

using namespace fovea;

namespace {

class LinearTest : public ::testing::Test {
protected:
  std::string text(const Linear &e) {
    std::string result;
    llvm::raw_string_ostream os(result);
    terms.print(os, e, [](unsigned term) {
      return term == TermTable::row      ? std::string("i")
             : term == TermTable::column ? std::string("j")
                                         : "s" + std::to_string(term);
    });
    return result;
  }

  TermTable terms{{0, 1 << 20}, {0, 1 << 20}};
  Linear i = terms.get(TermTable::row), j = terms.get(TermTable::column);
};

} // namespace

TEST_F(LinearTest, SumsCancel) {
  Linear e = terms.add(terms.multiply(i, 3), j, 2);
  EXPECT_EQ(text(e), "3 * i + 2 * j");
  EXPECT_EQ(terms.subtract(e, terms.multiply(j, 2)), terms.multiply(i, 3));
  EXPECT_TRUE(terms.subtract(e, e).isConstant());
  EXPECT_EQ(text(terms.add(terms.multiply(i, -1), 7)), "-i + 7");
}

TEST_F(LinearTest, DivisionsAreUnique) {
  // Multiples of the divisor leave, and common factors cancel.
  Linear e = terms.add(terms.add(terms.multiply(i, 4), j, 8), 13);
  EXPECT_EQ(text(terms.floorDiv(e, 8)), "j + ((i + 1) floordiv 2) + 1");
  EXPECT_EQ(text(terms.floorDiv(terms.multiply(j, 6), 3)), "2 * j");
  // Of x and -x there is one form.
  Linear up = terms.ceilDiv(i, 16);
  EXPECT_EQ(terms.multiply(terms.floorDiv(terms.multiply(i, -1), 16), -1), up);
  EXPECT_EQ(text(up), "((i + 15) floordiv 16)");
  // Known from the range alone.
  EXPECT_EQ(terms.floorDiv(i, int64_t(1) << 21), Linear::get(0));
  EXPECT_EQ(text(terms.mod(terms.add(i, j, 16), 16)), "(i mod 16)");
}

TEST_F(LinearTest, NothingWraps) {
  Linear large = terms.multiply(i, int64_t(1) << 40);
  EXPECT_TRUE(large);
  EXPECT_FALSE(terms.multiply(large, 4));
  EXPECT_FALSE(terms.add(large, large));
  EXPECT_FALSE(terms.multiply(i, std::numeric_limits<int64_t>::min()));
  EXPECT_FALSE(terms.floorDiv(terms.add(large, large), 2));
  EXPECT_FALSE(terms.add(Linear::get(maxMagnitude - 1), 1));
}

TEST_F(LinearTest, RangesHoldValues) {
  std::mt19937 engine(3);
  auto pick = [&](int64_t low, int64_t high) {
    return low + int64_t(engine() % uint64_t(high - low + 1));
  };
  for (unsigned n = 0; n < 2000; ++n) {
    TermTable table({-20, 30}, {5, 60});
    Linear e = table.get(TermTable::row);
    std::vector<std::pair<int, int64_t>> steps;
    for (unsigned k = 0; k < 5; ++k) {
      int64_t c = pick(1, 9);
      steps.push_back({int(pick(0, 4)), c});
      switch (steps.back().first) {
      case 0:
        e = table.floorDiv(e, c);
        break;
      case 1:
        e = table.mod(e, c);
        break;
      case 2:
        e = table.multiply(e, -c);
        break;
      case 3:
        e = table.add(e, table.get(TermTable::column), c);
        break;
      default:
        e = table.ceilDiv(table.add(e, c), 3);
      }
    }
    IntegerRange range = table.rangeOf(e);
    for (unsigned k = 0; k < 10; ++k) {
      int64_t row = pick(-20, 30), column = pick(5, 60), x = row;
      for (auto [kind, c] : steps)
        x = kind == 0   ? floorDiv(x, c)
            : kind == 1 ? x - c * floorDiv(x, c)
            : kind == 2 ? -c * x
            : kind == 3 ? x + c * column
                        : -floorDiv(-(x + c), 3);
      int64_t value = table.evaluate(e, [&](unsigned term) {
        return term == TermTable::row ? row : column;
      });
      ASSERT_EQ(value, x);
      ASSERT_LE(range.low, x);
      ASSERT_GE(range.high, x);
    }
  }
}
