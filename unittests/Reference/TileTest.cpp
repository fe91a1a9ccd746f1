//===- TileTest.cpp - tile kernels written by hand ------------------------===//
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

/// Causal attention of one head with an online softmax, in tiles of 4 queries
/// and 3 keys that divide neither 10 queries nor 8 keys, of which `limit`
/// exist. Rows of keys beyond it hold NaN.
static constexpr StringLiteral attention = R"(
  #element = affine_map<(i, j) -> (i, j)>
  #row = affine_map<(i, j) -> (i)>
  #vector = affine_map<(i) -> (i)>
  #mk = affine_map<(m, n, k) -> (m, k)>
  #nk = affine_map<(m, n, k) -> (n, k)>
  #kn = affine_map<(m, n, k) -> (k, n)>
  #mn = affine_map<(m, n, k) -> (m, n)>
  tile.kernel @attention(%q: memref<?x8xf32>, %k: memref<1x?x8xf32>,
      %v: memref<?x6xf32>, %o: memref<?x6xf32>, %n: index) grid(%x) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %zero = arith.constant 0.0 : f32
    %minf = arith.constant 0xFF800000 : f32
    %i0 = arith.muli %x, %c4 : index
    %qv = tile.view %q dims [0, 1] at [] : memref<?x8xf32> -> !tile.view<?x8xf32>
    %kv = tile.view %k dims [1, 2] at [%c0] limit %n : memref<1x?x8xf32> -> !tile.view<?x8xf32>
    %vv = tile.view %v dims [0, 1] at [] limit %n : memref<?x6xf32> -> !tile.view<?x6xf32>
    %ov = tile.view %o dims [0, 1] at [] : memref<?x6xf32> -> !tile.view<?x6xf32>
    %qt = tile.load %qv[%i0, %c0] : !tile.view<?x8xf32> -> !tile.tile<4x8xf32>
    %s0 = tile.splat %zero : f32 -> !tile.tile<4x3xf32>
    %a0 = tile.splat %zero : f32 -> !tile.tile<4x6xf32>
    %l0 = tile.splat %zero : f32 -> !tile.tile<4xf32>
    %m0 = tile.splat %minf : f32 -> !tile.tile<4xf32>
    // Tiles wholly below the diagonal, then those that it crosses.
    %full = arith.divsi %i0, %c3 : index
    %end = arith.addi %i0, %c4 : index
    %least = arith.minsi %end, %n : index
    %last = arith.ceildivsi %least, %c3 : index
    %first = arith.minsi %full, %last : index
    %walk = tile.walk.ranges (%c0, %first) to (%first, %last) {partial = array<i1: false, true>}
    %size = tile.walk.size %walk
    %r:3 = scf.for %w = %c0 to %size step %c1
        iter_args(%a = %a0, %l = %l0, %m = %m0)
        -> (!tile.tile<4x6xf32>, !tile.tile<4xf32>, !tile.tile<4xf32>) {
      %t, %partial = tile.walk.at %walk[%w]
      %j0 = arith.muli %t, %c3 : index
      %kt = tile.load %kv[%j0, %c0] : !tile.view<?x8xf32> -> !tile.tile<3x8xf32>
      %vt = tile.load %vv[%j0, %c0] : !tile.view<?x6xf32> -> !tile.tile<3x6xf32>
      %s1 = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]}
        : !tile.tile<4x8xf32>, !tile.tile<3x8xf32>, !tile.tile<4x3xf32>
      %s = scf.if %partial -> !tile.tile<4x3xf32> {
        %s2 = tile.map ins(%s1 : !tile.tile<4x3xf32>) maps [#element] origin(%i0, %j0) {
        ^bb0(%e: f32, %i: index, %j: index):
          %c = arith.cmpi sle, %j, %i : index
          %y = arith.select %c, %e, %minf : f32
          tile.yield %y : f32
        } -> !tile.tile<4x3xf32>
        scf.yield %s2 : !tile.tile<4x3xf32>
      } else {
        scf.yield %s1 : !tile.tile<4x3xf32>
      }
      %mt = tile.reduce max %s axis 1 : !tile.tile<4x3xf32> -> !tile.tile<4xf32>
      %mn = tile.map ins(%m, %mt : !tile.tile<4xf32>, !tile.tile<4xf32>) maps [#vector, #vector] {
      ^bb0(%y: f32, %z: f32, %i: index):
        %b = arith.maxnumf %y, %z : f32
        tile.yield %b : f32
      } -> !tile.tile<4xf32>
      %p = tile.map ins(%s, %mn : !tile.tile<4x3xf32>, !tile.tile<4xf32>) maps [#element, #row] {
      ^bb0(%y: f32, %z: f32, %i: index, %j: index):
        %d = arith.subf %y, %z : f32
        %b = math.exp %d : f32
        tile.yield %b : f32
      } -> !tile.tile<4x3xf32>
      %f = tile.map ins(%m, %mn : !tile.tile<4xf32>, !tile.tile<4xf32>) maps [#vector, #vector] {
      ^bb0(%y: f32, %z: f32, %i: index):
        %d = arith.subf %y, %z : f32
        %b = math.exp %d : f32
        tile.yield %b : f32
      } -> !tile.tile<4xf32>
      %lt = tile.reduce add %p axis 1 : !tile.tile<4x3xf32> -> !tile.tile<4xf32>
      %ln = tile.map ins(%l, %f, %lt : !tile.tile<4xf32>, !tile.tile<4xf32>, !tile.tile<4xf32>)
          maps [#vector, #vector, #vector] {
      ^bb0(%y: f32, %z: f32, %u: f32, %i: index):
        %b = math.fma %y, %z, %u : f32
        tile.yield %b : f32
      } -> !tile.tile<4xf32>
      %as = tile.map ins(%a, %f : !tile.tile<4x6xf32>, !tile.tile<4xf32>) maps [#element, #row] {
      ^bb0(%y: f32, %z: f32, %i: index, %j: index):
        %b = arith.mulf %y, %z : f32
        tile.yield %b : f32
      } -> !tile.tile<4x6xf32>
      %an = tile.dot %p, %vt, %as {indexing_maps = [#mk, #kn, #mn]}
        : !tile.tile<4x3xf32>, !tile.tile<3x6xf32>, !tile.tile<4x6xf32>
      scf.yield %an, %ln, %mn : !tile.tile<4x6xf32>, !tile.tile<4xf32>, !tile.tile<4xf32>
    }
    %ot = tile.map ins(%r#0, %r#1 : !tile.tile<4x6xf32>, !tile.tile<4xf32>) maps [#element, #row] {
    ^bb0(%y: f32, %z: f32, %i: index, %j: index):
      %b = arith.divf %y, %z : f32
      tile.yield %b : f32
    } -> !tile.tile<4x6xf32>
    tile.store %ot, %ov[%i0, %c0] : !tile.tile<4x6xf32>, !tile.view<?x6xf32>
  }
  func.func @f(%q: memref<?x8xf32>, %k: memref<1x?x8xf32>, %v: memref<?x6xf32>,
      %o: memref<?x6xf32>, %n: index) {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %rows = memref.dim %q, %c0 : memref<?x8xf32>
    %grid = arith.ceildivsi %rows, %c4 : index
    tile.launch @attention grid(%grid) args(%q, %k, %v, %o, %n :
      memref<?x8xf32>, memref<1x?x8xf32>, memref<?x6xf32>, memref<?x6xf32>, index)
    return
  })";

/// Checks the kernel for `limit` keys of 8 against two loops.
static void checkAttention(int64_t limit) {
  Program program(attention);
  SmallVector<Array> arguments = {
      program.random({10, 8}), program.random({1, 8, 8}),
      program.random({8, 6}), program.random({10, 6}), program.number(limit)};
  Array want = program.zeros({10, 6});
  const Array &q = arguments[0], &k = arguments[1], &v = arguments[2];
  int64_t count = std::min<int64_t>(limit, 8);
  for (int64_t i = 0; i < 10; ++i) {
    double sum = 0;
    std::vector<double> acc(6, 0);
    for (int64_t j = 0; j < count && j <= i; ++j) {
      double s = 0;
      for (int64_t d = 0; d < 8; ++d)
        s += q.floats[8 * i + d] * k.floats[8 * j + d];
      sum += std::exp(s);
      for (int64_t e = 0; e < 6; ++e)
        acc[e] += std::exp(s) * v.floats[6 * j + e];
    }
    for (int64_t e = 0; e < 6; ++e)
      want.floats[6 * i + e] = acc[e] / sum;
  }
  for (int64_t j = count; j < 8; ++j) {
    arguments[1].floats[8 * j] = NAN;
    arguments[2].floats[6 * j] = NAN;
  }
  program.run(arguments);
  expectClose(arguments[3], want);
}

TEST(Tile, Attention) { checkAttention(8); }
TEST(Tile, AttentionWithFewerKeys) { checkAttention(5); }
TEST(Tile, LimitBeyondTheMemory) { checkAttention(100); }

TEST(Tile, EmptyGrid) {
  Program program(attention);
  SmallVector<Array> arguments = {
      program.random({0, 8}), program.random({1, 8, 8}), program.random({8, 6}),
      program.random({0, 6}), program.number(8)};
  program.run(arguments);
}

/// Elements beyond a view are neither summed, nor the largest, nor stored.
TEST(Tile, RaggedReduction) {
  Program program(R"(
    tile.kernel @k(%a: memref<?x?xf32>, %sum: memref<?xf32>,
                   %max: memref<?xf32>) grid(%x) {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %v = tile.view %a dims [1, 0] at [] : memref<?x?xf32> -> !tile.view<?x?xf32>
      %s = tile.view %sum dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
      %m = tile.view %max dims [0] at [] limit %c2 : memref<?xf32> -> !tile.view<?xf32>
      %t = tile.load %v[%c0, %c0] : !tile.view<?x?xf32> -> !tile.tile<4x4xf32>
      %ts = tile.reduce add %t axis 0 : !tile.tile<4x4xf32> -> !tile.tile<4xf32>
      %tm = tile.reduce max %t axis 1 : !tile.tile<4x4xf32> -> !tile.tile<4xf32>
      tile.store %ts, %s[%c0] : !tile.tile<4xf32>, !tile.view<?xf32>
      tile.store %tm, %m[%c0] : !tile.tile<4xf32>, !tile.view<?xf32>
    }
    func.func @f(%a: memref<?x?xf32>, %sum: memref<?xf32>, %max: memref<?xf32>) {
      %c1 = arith.constant 1 : index
      tile.launch @k grid(%c1) args(%a, %sum, %max : memref<?x?xf32>, memref<?xf32>, memref<?xf32>)
      return
    })");
  // The tile is the transposed memref: [[1, NaN], [2, 5], [-3, 6]].
  Array a = program.zeros({2, 3});
  a.floats = {1, 2, -3, NAN, 5, 6};
  Array sum = program.zeros({4}), max = program.zeros({4});
  sum.floats = max.floats = {-1, -1, -1, -1};
  SmallVector<Array> arguments = {a, sum, max};
  program.run(arguments);
  EXPECT_EQ(arguments[1].floats[0], 0);
  EXPECT_TRUE(std::isnan(arguments[1].floats[1]));
  EXPECT_EQ(arguments[1].floats[2], -1);
  EXPECT_EQ(arguments[1].floats[3], -1);
  EXPECT_EQ(arguments[2].floats, std::vector<double>({1, 5, -1, -1}));
}

/// Gathers follow NumPy for negative indices, and are clamped.
TEST(Tile, Gather) {
  Program program(R"(
    tile.kernel @k(%table: memref<?xf32>, %out: memref<12xf32>) grid(%x) {
      %c0 = arith.constant 0 : index
      %c6 = arith.constant 6 : index
      %v = tile.view %out dims [0] at [] : memref<12xf32> -> !tile.view<12xf32>
      %t = tile.map ins() maps [] {
      ^bb0(%i: index):
        %j = arith.subi %i, %c6 : index
        %e = tile.gather %table[%j] : memref<?xf32>
        tile.yield %e : f32
      } -> !tile.tile<12xf32>
      tile.store %t, %v[%c0] : !tile.tile<12xf32>, !tile.view<12xf32>
    }
    func.func @f(%table: memref<?xf32>, %out: memref<12xf32>) {
      %c1 = arith.constant 1 : index
      tile.launch @k grid(%c1) args(%table, %out : memref<?xf32>, memref<12xf32>)
      return
    })");
  Array table = program.zeros({4});
  table.floats = {0, 1, 2, 3};
  SmallVector<Array> arguments = {table, program.zeros({12})};
  program.run(arguments);
  EXPECT_EQ(arguments[1].floats,
            std::vector<double>({0, 0, 0, 1, 2, 3, 0, 1, 2, 3, 3, 3}));
}

/// A tile of two boxes of 2 x 2 of a grid of 3 x 3, moved to another grid:
/// places beyond the first one are zeros, those beyond the second one are not
/// written.
TEST(Tile, Boxes) {
  Program program(R"(
    tile.kernel @k(%a: memref<3x3x1xf32>, %b: memref<3x3x1xf32>) grid(%x) {
      %c0 = arith.constant 0 : index
      %c4 = arith.constant 4 : index
      %v = tile.view %a dims [0, 1, 2] at [] boxes [2, 2] : memref<3x3x1xf32> -> !tile.view<16x1xf32>
      %w = tile.view %b dims [0, 1, 2] at [] boxes [1, 4] : memref<3x3x1xf32> -> !tile.view<12x1xf32>
      %t = tile.load %v[%c4, %c0] : !tile.view<16x1xf32> -> !tile.tile<8x1xf32>
      tile.store %t, %w[%c4, %c0] : !tile.tile<8x1xf32>, !tile.view<12x1xf32>
    }
    func.func @f(%a: memref<3x3x1xf32>, %b: memref<3x3x1xf32>) {
      %c1 = arith.constant 1 : index
      tile.launch @k grid(%c1) args(%a, %b : memref<3x3x1xf32>, memref<3x3x1xf32>)
      return
    })");
  Array a = program.zeros({3, 3, 1}), b = program.zeros({3, 3, 1});
  a.floats = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  b.floats = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
  SmallVector<Array> arguments = {a, b};
  program.run(arguments);
  // Rows 4 to 11 of the first: (3, -, 6, -) and (7, 8, -, -).
  EXPECT_EQ(arguments[1].floats,
            std::vector<double>({-1, -1, -1, 3, 0, 6, 7, 8, 0}));
}

TEST(Tile, NegativeOffset) {
  Program program(R"(
    tile.kernel @k(%a: memref<?x8xf32>, %n: index) grid(%x) {
      %c0 = arith.constant 0 : index
      %v = tile.view %a dims [0, 1] at [] : memref<?x8xf32> -> !tile.view<?x8xf32>
      %t = tile.load %v[%n, %c0] : !tile.view<?x8xf32> -> !tile.tile<4x8xf32>
      tile.store %t, %v[%c0, %c0] : !tile.tile<4x8xf32>, !tile.view<?x8xf32>
    }
    func.func @f(%a: memref<?x8xf32>, %n: index) {
      %c1 = arith.constant 1 : index
      tile.launch @k grid(%c1) args(%a, %n : memref<?x8xf32>, index)
      return
    })");
  SmallVector<Array> arguments = {program.random({4, 8}), program.number(-2)};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'tile.load' op has the offset -2; offsets are not negative\n");
}
