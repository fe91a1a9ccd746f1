//===- TensorTest.cpp - func, scf, tensor, memref and linalg --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

using namespace mlir;
using namespace fovea::reference;

TEST(Interpreter, ArgumentsThatDoNotFit) {
  Program program("func.func @f(%x: tensor<?x3xf32>) { return }");
  Array wrong = program.zeros({2, 4});
  EXPECT_EQ(program.runExpectingFailure(wrong),
            "'func.func' op argument 0 has type 'tensor<?x3xf32>', but the "
            "array given has [2, 4] elements of type 'f32'\n");
  program.diagnostics.clear();
  EXPECT_EQ(program.runExpectingFailure({}),
            "'func.func' op has 1 arguments, got 0\n");
  program.diagnostics.clear();
  Array truncated = program.zeros({2, 3});
  truncated.floats.pop_back();
  EXPECT_EQ(program.runExpectingFailure(truncated),
            "'func.func' op argument 0 has 5 elements, expected 6\n");
}

TEST(Interpreter, EndlessRecursion) {
  Program program("func.func @f() { call @f() : () -> () return }");
  EXPECT_EQ(program.runExpectingFailure({}),
            "'func.call' op is more than 200 calls deep\n");
}

/// Fibonacci numbers, by a call with a loop and a branch in it.
TEST(Interpreter, LoopsAndCalls) {
  Program program(R"(
    func.func @fibonacci(%n: index) -> index {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0, %b = %c1)
          -> (index, index) {
        %c = arith.addi %a, %b : index
        scf.yield %b, %c : index, index
      }
      return %r#0 : index
    }
    func.func @f(%n: index) -> (index, index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %f = call @fibonacci(%n) : (index) -> index
      // Halve until odd, counting.
      %r:2 = scf.while (%x = %f, %k = %c0) : (index, index) -> (index, index) {
        %m = arith.remsi %x, %c2 : index
        %even = arith.cmpi eq, %m, %c0 : index
        scf.condition(%even) %x, %k : index, index
      } do {
      ^bb0(%x: index, %k: index):
        %h = arith.divsi %x, %c2 : index
        %l = arith.addi %k, %c1 : index
        scf.yield %h, %l : index, index
      }
      %big = arith.cmpi sgt, %r#1, %c2 : index
      %s = scf.if %big -> index {
        scf.yield %r#1 : index
      } else {
        %z = arith.subi %c0, %r#1 : index
        scf.yield %z : index
      }
      return %f, %s : index, index
    })");
  Array n = program.number(12);
  SmallVector<Array> results = program.run(n);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].ints[0], 144);
  EXPECT_EQ(results[1].ints[0], 4);
}

TEST(Interpreter, Slices) {
  Program program(R"(
    func.func @f(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<3xf32>,
                                          tensor<2x12xf32>) {
      %a = tensor.extract_slice %x[1, 1] [1, 3] [1, 2]
        : tensor<4x6xf32> to tensor<3xf32>
      %y = tensor.insert_slice %a into %x[0, 2] [3, 1] [1, 1]
        : tensor<3xf32> into tensor<4x6xf32>
      %c = tensor.collapse_shape %x [[0, 1]] : tensor<4x6xf32>
        into tensor<24xf32>
      %e = tensor.expand_shape %c [[0, 1]] output_shape [2, 12]
        : tensor<24xf32> into tensor<2x12xf32>
      return %y, %a, %e : tensor<4x6xf32>, tensor<3xf32>, tensor<2x12xf32>
    })");
  Array x = program.random({4, 6});
  Array before = x;
  SmallVector<Array> results = program.run(x);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(x.floats, before.floats);
  for (int64_t n = 0; n < 3; ++n)
    EXPECT_EQ(results[1].floats[n], x.floats[6 + 1 + 2 * n]);
  for (int64_t n = 0; n < 24; ++n) {
    bool inserted = n % 6 == 2 && n < 18;
    EXPECT_EQ(results[0].floats[n],
              inserted ? results[1].floats[n / 6] : x.floats[n]);
  }
  EXPECT_EQ(results[2].floats, x.floats);
  EXPECT_EQ(results[2].shape, SmallVector<int64_t>({2, 12}));
}

TEST(Interpreter, SliceOutside) {
  Program program(R"(
    func.func @f(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
      %a = tensor.extract_slice %x[1] [%n] [2] : tensor<?xf32> to tensor<?xf32>
      return %a : tensor<?xf32>
    })");
  SmallVector<Array> arguments = {program.random({6}), program.number(4)};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'tensor.extract_slice' op takes 4 elements from 1, outside of "
            "dimension 0 of size 6\n");
}

TEST(Interpreter, IndexOutside) {
  Program program(R"(
    func.func @f(%x: tensor<?xf32>, %n: index) -> f32 {
      %a = tensor.extract %x[%n] : tensor<?xf32>
      return %a : f32
    })");
  SmallVector<Array> arguments = {program.random({6}), program.number(-1)};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'tensor.extract' op has the index [-1] outside of [6]\n");
}

TEST(Interpreter, SizesThatAreTooLarge) {
  Program program(R"(
    func.func @f(%n: index) {
      %a = tensor.empty(%n, %n) : tensor<?x?xf32>
      return
    })");
  Array n = program.number(int64_t(1) << 62);
  EXPECT_EQ(program.runExpectingFailure(n),
            "'tensor.empty' op has over 1073741824 elements, too many for the "
            "reference\n");
  program.diagnostics.clear();
  n = program.number(-3);
  EXPECT_EQ(program.runExpectingFailure(n),
            "'tensor.empty' op has the size -3\n");
}

/// Views of memory: what is written through one is read through the other.
TEST(Interpreter, MemRefs) {
  Program program(R"(
    func.func @f(%x: memref<4x6xf32>, %y: memref<2x2xf32>) -> f32 {
      %c1 = arith.constant 1 : index
      %v = memref.subview %x[1, 2] [2, 2] [2, 3]
        : memref<4x6xf32> to memref<2x2xf32, strided<[12, 3], offset: 8>>
      memref.copy %y, %v
        : memref<2x2xf32> to memref<2x2xf32, strided<[12, 3], offset: 8>>
      %a = memref.alloc() : memref<4x6xf32>
      memref.copy %x, %a : memref<4x6xf32> to memref<4x6xf32>
      %z = arith.constant 0.0 : f32
      memref.store %z, %v[%c1, %c1]
        : memref<2x2xf32, strided<[12, 3], offset: 8>>
      %c3 = arith.constant 3 : index
      %c5 = arith.constant 5 : index
      %r = memref.load %a[%c3, %c5] : memref<4x6xf32>
      memref.dealloc %a : memref<4x6xf32>
      return %r : f32
    })");
  SmallVector<Array> arguments = {program.random({4, 6}),
                                  program.random({2, 2})};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  const Array &x = arguments[0], &y = arguments[1];
  EXPECT_EQ(x.floats[8], y.floats[0]);
  EXPECT_EQ(x.floats[11], y.floats[1]);
  EXPECT_EQ(x.floats[20], y.floats[2]);
  EXPECT_EQ(x.floats[23], 0);
  EXPECT_EQ(results[0].floats[0], y.floats[3]);
}

TEST(Interpreter, MemRefArgumentsComeBackAfterAFailure) {
  Program program(R"(
    func.func @f(%x: memref<4xf32>, %n: index) {
      %z = arith.constant 0.0 : f32
      memref.store %z, %x[%n] : memref<4xf32>
      return
    })");
  SmallVector<Array> arguments = {program.random({4}), program.number(4)};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'memref.store' op has the index [4] outside of [4]\n");
  EXPECT_EQ(arguments[0].floats.size(), 4u);
}

TEST(Interpreter, Globals) {
  Program program(R"(
    memref.global "private" constant @g : memref<2x2xf32>
      = dense<[[1.0, 2.0], [3.0, 4.0]]>
    func.func @f() -> (memref<2x2xf32>, tensor<3xi32>) {
      %g = memref.get_global @g : memref<2x2xf32>
      %c = arith.constant dense<-7> : tensor<3xi32>
      return %g, %c : memref<2x2xf32>, tensor<3xi32>
    })");
  SmallVector<Array> results = program.run({});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].floats, std::vector<double>({1, 2, 3, 4}));
  EXPECT_EQ(results[1].ints, std::vector<int64_t>({-7, -7, -7}));
}

/// A product with a transposed operand, and one that uses positions and an
/// affine map that is no permutation.
TEST(Interpreter, LinalgGeneric) {
  Program program(R"(
    #a = affine_map<(m, n, k) -> (m, k)>
    #b = affine_map<(m, n, k) -> (n, k)>
    #c = affine_map<(m, n, k) -> (m, n)>
    #i = affine_map<(i, j) -> (i, j)>
    #d = affine_map<(i, j) -> (i + j * 2)>
    func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %w: tensor<8xf32>)
        -> tensor<2x4xf32> {
      %z = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<2x4xf32>
      %init = linalg.fill ins(%z : f32) outs(%e : tensor<2x4xf32>)
        -> tensor<2x4xf32>
      %p = linalg.generic {indexing_maps = [#a, #b, #c],
          iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%a, %b : tensor<2x3xf32>, tensor<4x3xf32>)
          outs(%init : tensor<2x4xf32>) {
      ^bb0(%x: f32, %y: f32, %acc: f32):
        %m = arith.mulf %x, %y : f32
        %s = arith.addf %m, %acc : f32
        linalg.yield %s : f32
      } -> tensor<2x4xf32>
      %r = linalg.generic {indexing_maps = [#i, #d, #i],
          iterator_types = ["parallel", "parallel"]}
          ins(%p, %w : tensor<2x4xf32>, tensor<8xf32>)
          outs(%e : tensor<2x4xf32>) {
      ^bb0(%x: f32, %y: f32, %acc: f32):
        %j = linalg.index 1 : index
        %n = arith.index_cast %j : index to i32
        %f = arith.sitofp %n : i32 to f32
        %q = arith.mulf %y, %f : f32
        %s = arith.addf %x, %q : f32
        linalg.yield %s : f32
      } -> tensor<2x4xf32>
      return %r : tensor<2x4xf32>
    })");
  SmallVector<Array> arguments = {program.random({2, 3}),
                                  program.random({4, 3}), program.random({8})};
  Array want = program.zeros({2, 4});
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 4; ++j) {
      double sum = arguments[2].floats[i + 2 * j] * j;
      for (int64_t k = 0; k < 3; ++k)
        sum += arguments[0].floats[3 * i + k] * arguments[1].floats[3 * j + k];
      want.floats[4 * i + j] = sum;
    }
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want, 1e-7);
}

TEST(Interpreter, LinalgReadsOutside) {
  Program program(R"(
    #i = affine_map<(i) -> (i)>
    #d = affine_map<(i) -> (i + 1)>
    func.func @f(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
      %r = linalg.generic {indexing_maps = [#d, #i],
          iterator_types = ["parallel"]}
          ins(%a : tensor<?xf32>) outs(%b : tensor<?xf32>) {
      ^bb0(%x: f32, %y: f32):
        linalg.yield %x : f32
      } -> tensor<?xf32>
      return %r : tensor<?xf32>
    })");
  SmallVector<Array> arguments = {program.random({3}), program.random({3})};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'linalg.generic' op has the index [3] outside of [3]\n");
}

TEST(Interpreter, LinalgOnMemRefs) {
  Program program(R"(
    func.func @f(%a: memref<2x3xf32>, %b: memref<3x2xf32>,
                 %c: memref<2x2xf32>) {
      linalg.matmul ins(%a, %b : memref<2x3xf32>, memref<3x2xf32>)
        outs(%c : memref<2x2xf32>)
      return
    })");
  SmallVector<Array> arguments = {
      program.random({2, 3}), program.random({3, 2}), program.random({2, 2})};
  Array want = arguments[2];
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 2; ++j)
      for (int64_t k = 0; k < 3; ++k)
        want.floats[2 * i + j] +=
            arguments[0].floats[3 * i + k] * arguments[1].floats[2 * k + j];
  program.run(arguments);
  expectClose(arguments[2], want, 1e-7);
}

TEST(Interpreter, AffineMaps) {
  Program program(R"(
    func.func @f(%x: index, %y: index) -> (index, index, index) {
      %a = affine.apply affine_map<(i)[s] -> ((i floordiv 4) * s + i mod 3)>
        (%x)[%y]
      %b = affine.min affine_map<(i)[s] -> (i, s + 2)>(%x)[%y]
      %c = affine.max affine_map<(i) -> (i ceildiv 2, -i)>(%x)
      return %a, %b, %c : index, index, index
    })");
  SmallVector<Array> arguments = {program.number(-7), program.number(10)};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].ints[0], -2 * 10 + 2);
  EXPECT_EQ(results[1].ints[0], -7);
  EXPECT_EQ(results[2].ints[0], 7);
}

/// Parallel bodies read their output as it was before the loop.
TEST(Interpreter, Forall) {
  Program program(R"(
    func.func @f(%x: tensor<6xf32>) -> tensor<6xf32> {
      %r = scf.forall (%i) = (0) to (6) step (2) shared_outs(%o = %x)
          -> (tensor<6xf32>) {
        %c4 = arith.constant 4 : index
        %j = arith.subi %c4, %i : index
        %a = tensor.extract_slice %o[%j] [2] [1]
          : tensor<6xf32> to tensor<2xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %a into %o[%i] [2] [1]
            : tensor<2xf32> into tensor<6xf32>
        }
      }
      return %r : tensor<6xf32>
    })");
  Array x = program.zeros({6});
  x.floats = {0, 1, 2, 3, 4, 5};
  SmallVector<Array> results = program.run(x);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].floats, std::vector<double>({4, 5, 2, 3, 0, 1}));
}

TEST(Interpreter, ElementwiseOnTensors) {
  Program program(R"(
    func.func @f(%x: tensor<?xi8>, %y: tensor<?xi8>, %c: i1)
        -> (tensor<?xi8>, tensor<?xi1>, tensor<?xi8>) {
      %s = arith.addi %x, %y : tensor<?xi8>
      %l = arith.cmpi ult, %x, %y : tensor<?xi8>
      %z = arith.select %c, %x, %y : tensor<?xi8>
      return %s, %l, %z : tensor<?xi8>, tensor<?xi1>, tensor<?xi8>
    })");
  Type i8 = IntegerType::get(&program.getContext(), 8);
  SmallVector<Array> arguments = {
      Array({3}, i8), Array({3}, i8),
      Array({}, program.getFunction().getArgumentTypes()[2])};
  arguments[0].ints = {127, 1, -1};
  arguments[1].ints = {1, 2, 0};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].ints, std::vector<int64_t>({-128, 3, -1}));
  EXPECT_EQ(results[1].ints, std::vector<int64_t>({0, 1, 0}));
  EXPECT_EQ(results[2].ints, arguments[1].ints);
  arguments[1] = Array({2}, i8);
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'arith.addi' op has operands of different shapes\n");
}

TEST(Interpreter, Assertion) {
  Program program(R"(
    func.func @f(%n: index) {
      %c = arith.constant 2 : index
      %a = arith.cmpi slt, %n, %c : index
      cf.assert %a, "n is too large"
      return
    })");
  Array n = program.number(1);
  EXPECT_TRUE(program.run(n).empty());
  n = program.number(2);
  EXPECT_EQ(program.runExpectingFailure(n),
            "'cf.assert' op fails: n is too large\n");
}
