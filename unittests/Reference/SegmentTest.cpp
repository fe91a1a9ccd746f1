//===- SegmentTest.cpp - Several, packed and paged segments ---------------===//
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

/// One head: out[i] = sum_j softmax_j(q[i] . k[j] / sqrt(4)) v[j], for rows of
/// four channels, causal in the coordinates given.
static std::vector<double> attend(ArrayRef<double> q, ArrayRef<double> k,
                                  ArrayRef<double> v, int64_t i) {
  std::vector<double> out(4, 0);
  double sum = 0;
  for (size_t j = 0; j < k.size() / 4; ++j) {
    if (static_cast<int64_t>(j) > i)
      continue;
    double s = 0;
    for (int d = 0; d < 4; ++d)
      s += q[d] * k[4 * j + d] / 2;
    sum += std::exp(s);
    for (int e = 0; e < 4; ++e)
      out[e] += std::exp(s) * v[4 * j + e];
  }
  for (double &value : out)
    value /= sum;
  return out;
}

static ArrayRef<double> getRow(const Array &array, int64_t row) {
  return ArrayRef(array.floats).slice(4 * row, 4);
}

/// Two dense segments, the first with a length, read as one list of keys.
TEST(Segments, SeveralShareOneSoftmax) {
  Program program(R"(
    func.func @f(%q: tensor<2x1x6x4xf32>, %k0: tensor<2x1x5x4xf32>,
        %v0: tensor<2x1x5x4xf32>, %n: tensor<2xi32>, %k1: tensor<2x1x3x4xf32>,
        %v1: tensor<2x1x3x4xf32>, %o: tensor<2x1x6x4xf32>)
        -> tensor<2x1x6x4xf32> {
      %r = attn.attention ins(%q : tensor<2x1x6x4xf32>)
        dense(%k0, %v0 : tensor<2x1x5x4xf32>, tensor<2x1x5x4xf32>)
          lengths(%n : tensor<2xi32>)
        dense(%k1, %v1 : tensor<2x1x3x4xf32>, tensor<2x1x3x4xf32>)
        outs(%o : tensor<2x1x6x4xf32>)
        mask(%b, %h, %i, %j) {
          %c = arith.cmpi sle, %j, %i : index
          attn.yield %c : i1
        }
      return %r : tensor<2x1x6x4xf32>
    })");
  int64_t lengths[] = {2, 5};
  SmallVector<Array> arguments = {
      program.random({2, 1, 6, 4}), program.random({2, 1, 5, 4}),
      program.random({2, 1, 5, 4}), program.integers({2}, lengths),
      program.random({2, 1, 3, 4}), program.random({2, 1, 3, 4}),
      program.zeros({2, 1, 6, 4})};
  Array want = arguments.back();
  for (int64_t b = 0; b < 2; ++b) {
    std::vector<double> k, v;
    for (int64_t j = 0; j < lengths[b]; ++j) {
      llvm::append_range(k, getRow(arguments[1], 5 * b + j));
      llvm::append_range(v, getRow(arguments[2], 5 * b + j));
    }
    for (int64_t j = 0; j < 3; ++j) {
      llvm::append_range(k, getRow(arguments[4], 3 * b + j));
      llvm::append_range(v, getRow(arguments[5], 3 * b + j));
    }
    for (int64_t i = 0; i < 6; ++i)
      llvm::copy(attend(getRow(arguments[0], 6 * b + i), k, v, i),
                 want.floats.begin() + 4 * (6 * b + i));
  }
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want);
}

/// Coordinates of keys: a segment begins at its start, without one behind the
/// last existing key of the segment before. The score is j, so lse tells them.
TEST(Segments, Starts) {
  Program program(R"(
    func.func @f(%q: tensor<2x1x1x4xf32>, %k: tensor<2x1x3x4xf32>,
        %n: tensor<2xi32>, %x: index, %y: index, %o: tensor<2x1x1x4xf32>,
        %l: tensor<2x1x1xf32>) -> tensor<2x1x1xf32> {
      %r:2 = attn.attention ins(%q : tensor<2x1x1x4xf32>)
        dense(%k, %k : tensor<2x1x3x4xf32>, tensor<2x1x3x4xf32>)
          lengths(%n : tensor<2xi32>) start(%x)
        dense(%k, %k : tensor<2x1x3x4xf32>, tensor<2x1x3x4xf32>)
        dense(%k, %k : tensor<2x1x3x4xf32>, tensor<2x1x3x4xf32>) start(%y)
        outs(%o, %l : tensor<2x1x1x4xf32>, tensor<2x1x1xf32>)
        score(%s, %b, %h, %i, %j) {
          %c = arith.index_cast %j : index to i64
          %f = arith.sitofp %c : i64 to f32
          attn.yield %f : f32
        }
      return %r#1 : tensor<2x1x1xf32>
    })");
  int64_t lengths[] = {2, 0}, starts[] = {5, -1};
  SmallVector<Array> arguments = {
      program.random({2, 1, 1, 4}),   program.random({2, 1, 3, 4}),
      program.integers({2}, lengths), program.number(starts[0]),
      program.number(starts[1]),      program.zeros({2, 1, 1, 4}),
      program.zeros({2, 1, 1})};
  Array want = arguments.back();
  for (int64_t b = 0; b < 2; ++b) {
    double sum = 0;
    for (int64_t j = 0; j < lengths[b] + 3; ++j)
      sum += std::exp(starts[0] + j);
    for (int64_t j = 0; j < 3; ++j)
      sum += std::exp(starts[1] + j);
    want.floats[b] = std::log(sum);
  }
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want);
}

/// Three sequences, the second empty, one after another.
TEST(Segments, Packed) {
  Program program(R"(
    func.func @f(%q: tensor<1x5x4xf32>, %k: tensor<1x7x4xf32>,
        %v: tensor<1x7x4xf32>, %qo: tensor<4xi32>, %ko: tensor<4xi32>,
        %o: tensor<1x5x4xf32>) -> tensor<1x5x4xf32> {
      %r = attn.attention ins(%q : tensor<1x5x4xf32>)
        packed(%k, %v : tensor<1x7x4xf32>, tensor<1x7x4xf32>)
          offsets(%qo, %ko : tensor<4xi32>, tensor<4xi32>)
        outs(%o : tensor<1x5x4xf32>)
        mask(%b, %h, %i, %j) {
          %c = arith.cmpi sle, %j, %i : index
          attn.yield %c : i1
        }
      return %r : tensor<1x5x4xf32>
    })");
  int64_t queries[] = {0, 2, 2, 5}, keys[] = {0, 3, 3, 7};
  SmallVector<Array> arguments = {
      program.random({1, 5, 4}),   program.random({1, 7, 4}),
      program.random({1, 7, 4}),   program.integers({4}, queries),
      program.integers({4}, keys), program.zeros({1, 5, 4})};
  Array want = arguments.back();
  for (int64_t b = 0; b < 3; ++b)
    for (int64_t row = queries[b]; row < queries[b + 1]; ++row) {
      int64_t count = keys[b + 1] - keys[b];
      ArrayRef<double> k(arguments[1].floats), v(arguments[2].floats);
      llvm::copy(attend(getRow(arguments[0], row),
                        k.slice(4 * keys[b], 4 * count),
                        v.slice(4 * keys[b], 4 * count), row - queries[b]),
                 want.floats.begin() + 4 * row);
    }
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want);
}

static constexpr StringLiteral pagedText = R"(
  func.func @f(%q: tensor<2x1x1x4xf32>, %k: tensor<5x1x2x4xf32>,
      %v: tensor<5x1x2x4xf32>, %t: tensor<2x3xi32>, %n: tensor<2xi32>,
      %o: tensor<2x1x1x4xf32>) -> tensor<2x1x1x4xf32> {
    %r = attn.attention ins(%q : tensor<2x1x1x4xf32>)
      paged<2>(%k, %v : tensor<5x1x2x4xf32>, tensor<5x1x2x4xf32>)
        table(%t : tensor<2x3xi32>) lengths(%n : tensor<2xi32>)
      outs(%o : tensor<2x1x1x4xf32>)
    return %r : tensor<2x1x1x4xf32>
  })";

/// Pages in any order; a table's entries beyond the length are not read.
TEST(Segments, Paged) {
  Program program(pagedText);
  int64_t pages[] = {3, 0, -77, 1, 4, 2}, lengths[] = {3, 6};
  SmallVector<Array> arguments = {
      program.random({2, 1, 1, 4}),   program.random({5, 1, 2, 4}),
      program.random({5, 1, 2, 4}),   program.integers({2, 3}, pages),
      program.integers({2}, lengths), program.zeros({2, 1, 1, 4})};
  Array want = arguments.back();
  for (int64_t b = 0; b < 2; ++b) {
    std::vector<double> k, v;
    for (int64_t j = 0; j < lengths[b]; ++j) {
      int64_t row = 2 * pages[3 * b + j / 2] + j % 2;
      llvm::append_range(k, getRow(arguments[1], row));
      llvm::append_range(v, getRow(arguments[2], row));
    }
    llvm::copy(attend(getRow(arguments[0], b), k, v, 1000),
               want.floats.begin() + 4 * b);
  }
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want);
}

TEST(Segments, PageThatDoesNotExist) {
  Program program(pagedText);
  int64_t pages[] = {3, 5, 0, 1, 4, 2}, lengths[] = {3, 6};
  SmallVector<Array> arguments = {
      program.random({2, 1, 1, 4}),   program.random({5, 1, 2, 4}),
      program.random({5, 1, 2, 4}),   program.integers({2, 3}, pages),
      program.integers({2}, lengths), program.zeros({2, 1, 1, 4})};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'attn.attention' op key 2 of sequence 0 is in page 5, but there "
            "are 5 pages\n");
}
