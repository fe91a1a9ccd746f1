//===- AliasingTest.cpp - Whether arrays share memory ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Aliasing.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace fovea::runtime;

namespace {

/// An array with room for its sizes and strides; `elements` are the addresses
/// of its elements, in any order.
struct Array {
  Array(uint64_t start, int64_t bytes, std::vector<int64_t> sizes,
        std::vector<int64_t> strides)
      : sizes(std::move(sizes)), strides(std::move(strides)), bytes(bytes) {
    visit(0, start);
  }

  Span span() const {
    Span result = {
        1, 0, bytes, int64_t(sizes.size()), sizes.data(), strides.data()};
    if (elements.empty())
      return result;
    auto [least, most] = std::minmax_element(elements.begin(), elements.end());
    result.first = *least;
    result.last = *most + bytes - 1;
    return result;
  }

  /// The addresses of its bytes.
  std::set<uint64_t> allBytes() const {
    std::set<uint64_t> all;
    for (uint64_t at : elements)
      for (int64_t n = 0; n < bytes; ++n)
        all.insert(at + n);
    return all;
  }

  std::vector<int64_t> sizes, strides;
  std::vector<uint64_t> elements;

private:
  void visit(size_t axis, uint64_t at) {
    if (axis == sizes.size())
      return elements.push_back(at);
    for (int64_t n = 0; n < sizes[axis]; ++n)
      visit(axis + 1, at + n * strides[axis] * bytes);
  }

  int64_t bytes;
};

TEST(Aliasing, Examples) {
  // Keys and values side by side, and a row between them.
  Array keys(1000, 4, {3, 16}, {32, 1}), values(1064, 4, {3, 16}, {32, 1});
  EXPECT_FALSE(shareMemory(keys.span(), values.span()));
  Array shifted(1060, 4, {3, 16}, {32, 1});
  EXPECT_TRUE(shareMemory(keys.span(), shifted.span()));
  // Half of an element.
  Array halves(1062, 2, {3, 33}, {64, 1});
  EXPECT_TRUE(shareMemory(keys.span(), halves.span()));
  Array none(1000, 4, {0, 16}, {16, 1});
  EXPECT_FALSE(shareMemory(keys.span(), none.span()));
  EXPECT_FALSE(overlapsItself(keys.span()));
  EXPECT_FALSE(overlapsItself(none.span()));
  EXPECT_TRUE(overlapsItself(Array(1000, 4, {2, 16}, {0, 1}).span()));
  EXPECT_TRUE(overlapsItself(Array(1000, 4, {2, 16}, {15, 1}).span()));
  EXPECT_TRUE(overlapsItself(Array(5000, 4, {2, 2}, {1, -1}).span()));
  EXPECT_FALSE(overlapsItself(Array(5000, 4, {5, 16}, {-16, 1}).span()));
  EXPECT_FALSE(overlapsItself(Array(1000, 4, {1, 16}, {0, 1}).span()));
}

/// Against the bytes themselves.
TEST(Aliasing, Random) {
  std::mt19937 random(1);
  auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  auto drawArray = [&] {
    std::vector<int64_t> sizes, strides;
    for (int axis = draw(0, 3); axis > 0; --axis) {
      sizes.push_back(draw(1, 4));
      strides.push_back(draw(-9, 9));
    }
    return Array(4096 + draw(0, 40), 1 << draw(0, 2), sizes, strides);
  };
  int shared = 0;
  for (int trial = 0; trial < 10000; ++trial) {
    Array a = drawArray(), b = drawArray();
    std::set<uint64_t> bytes = a.allBytes(), others = b.allBytes();
    // Odd layouts may be taken for overlapping ones, never the other way round.
    if (bytes.size() < a.elements.size() * a.span().bytes) {
      EXPECT_TRUE(overlapsItself(a.span())) << trial;
    }
    bool expected = std::any_of(bytes.begin(), bytes.end(),
                                [&](uint64_t at) { return others.count(at); });
    shared += expected;
    EXPECT_EQ(shareMemory(a.span(), b.span()), expected) << trial;
    EXPECT_EQ(shareMemory(b.span(), a.span()), expected) << trial;
  }
  EXPECT_GT(shared, 1000);
  EXPECT_LT(shared, 9000);
}

} // namespace
