//===- RefusalTest.cpp - What the interpreter refuses ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

using namespace mlir;
using namespace fovea::reference;

/// The diagnostics of a program whose @f fails; it takes indices.
static std::string refuse(StringRef text, ArrayRef<int64_t> indices = {}) {
  Program program(text);
  SmallVector<Array> arguments;
  for (int64_t index : indices)
    arguments.push_back(program.number(index));
  return program.runExpectingFailure(arguments);
}

TEST(Refusal, Functions) {
  EXPECT_EQ(refuse("func.func private @g() "
                   "func.func @f() { call @g() : () -> () return }"),
            "'func.call' op calls @g, which has no body\n");
  EXPECT_EQ(refuse("func.func @f() { cf.br ^bb1 ^bb1: return }"),
            "'func.func' op has control flow between blocks, which the "
            "reference does not interpret; use scf\n");
  EXPECT_EQ(refuse(R"(
    func.func @f() -> !tile.walk {
      %w = tile.walk.ranges () to () {partial = array<i1>}
      return %w : !tile.walk
    })"),
            "'func.func' op returns '!tile.walk', which is no array\n");
}

TEST(Refusal, Values) {
  EXPECT_EQ(refuse(R"(
    func.func @f() {
      %x = tensor.empty() : tensor<4xcomplex<f32>>
      return
    })"),
            "'tensor.empty' op has elements of type 'complex<f32>', which the "
            "reference cannot hold\n");
  EXPECT_EQ(refuse(R"(
    func.func @f() {
      %x = arith.constant dense_resource<numbers> : tensor<1xf32>
      return
    }
    {-# dialect_resources: { builtin: { numbers: "0x040000000000803F" } } #-}
    )"),
            "'arith.constant' op has a constant that the reference cannot "
            "read\n");
  EXPECT_EQ(refuse(R"(
    memref.global "private" @g : memref<4xf32>
    func.func @f() {
      %x = memref.get_global @g : memref<4xf32>
      return
    })"),
            "'memref.get_global' op reads @g, which has no value\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index, %i: index) {
      %x = tensor.empty(%n) : tensor<?xf32>
      %d = tensor.dim %x, %i : tensor<?xf32>
      return
    })",
                   {4, 3}),
            "'tensor.dim' op asks for dimension 3 of 1\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %x = tensor.empty(%n) : tensor<?xf32>
      %y = tensor.cast %x : tensor<?xf32> to tensor<4xf32>
      return
    })",
                   {5}),
            "'tensor.cast' op gives 'tensor<4xf32>', but there are [5] "
            "elements\n");
}

TEST(Refusal, Memory) {
  EXPECT_EQ(refuse(R"(
    func.func @f(%m: index, %n: index) {
      %x = memref.alloc(%m) : memref<?xf32>
      %y = memref.alloc(%n) : memref<?xf32>
      memref.copy %x, %y : memref<?xf32> to memref<?xf32>
      return
    })",
                   {4, 5}),
            "'memref.copy' op copies [4] to [5]\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %x = memref.alloc() : memref<4xf32>
      %y = memref.reinterpret_cast %x to offset: [0], sizes: [%n], strides: [1]
        : memref<4xf32> to memref<?xf32, strided<[1]>>
      return
    })",
                   {5}),
            "'memref.reinterpret_cast' op leaves the 4 elements of its "
            "memory\n");
  EXPECT_EQ(refuse(R"(
    func.func @f() {
      %x = memref.alloc() : memref<4x8xf32>
      %y = memref.subview %x[0, 0] [4, 4] [1, 1]
        : memref<4x8xf32> to memref<4x4xf32, strided<[8, 1]>>
      %z = memref.expand_shape %y [[0], [1, 2]] output_shape [4, 2, 2]
        : memref<4x4xf32, strided<[8, 1]>>
          into memref<4x2x2xf32, strided<[8, 2, 1]>>
      return
    })"),
            "'memref.expand_shape' op reshapes memory with gaps, which the "
            "reference does not interpret\n");
}

TEST(Refusal, Loops) {
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %c0 = arith.constant 0 : index
      scf.for %i = %c0 to %n step %c0 { }
      return
    })",
                   {3}),
            "'scf.for' op has the step 0\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %c0 = arith.constant 0 : index
      scf.parallel (%i) = (%c0) to (%c0) step (%n) { }
      return
    })",
                   {-1}),
            "'scf.parallel' op has the step -1\n");
}

TEST(Refusal, Kernels) {
  EXPECT_EQ(refuse(R"(
    func.func private @g(%n: index) { return }
    func.func @f(%n: index) {
      tile.launch @g grid(%n) args()
      return
    })",
                   {3}),
            "'tile.launch' op launches @g, no kernel\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%i: index) {
      %x = memref.alloc() : memref<2x4x8xf32>
      %v = tile.view %x dims [1, 2] at [%i]
        : memref<2x4x8xf32> -> !tile.view<4x8xf32>
      return
    })",
                   {2}),
            "'tile.view' op has the index 2 outside of dimension 0 of size "
            "2\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%i: index) {
      %x = memref.alloc() : memref<4x8xf32>
      %v = tile.view %x dims [0, 1] at [] from %i
        : memref<4x8xf32> -> !tile.view<?x8xf32>
      return
    })",
                   {-1}),
            "'tile.view' op begins at row -1\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %x = memref.alloc(%n) : memref<2x?x8xf32>
      %t = memref.alloc() : memref<3xi32>
      %v = tile.view %x dims [1, 2] at [] pages 16 along 0 of %t[]
        : memref<2x?x8xf32>, memref<3xi32> -> !tile.view<?x8xf32>
      return
    })",
                   {4}),
            "'tile.view' op has pages of 4 rows\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%i: index) {
      %x = memref.alloc() : memref<2x4x8xf32>
      %t = memref.alloc() : memref<3x5xi32>
      %v = tile.view %x dims [1, 2] at [] pages 4 along 0 of %t[%i]
        : memref<2x4x8xf32>, memref<3x5xi32> -> !tile.view<?x8xf32>
      return
    })",
                   {3}),
            "'tile.view' op has the index 3 outside of dimension 0 of its "
            "table, of size 3\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%i: index) {
      %x = memref.alloc() : memref<2x4x8xf32>
      %t = memref.alloc() : memref<3xindex>
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      memref.store %i, %t[%c1] : memref<3xindex>
      %v = tile.view %x dims [1, 2] at [] pages 4 along 0 of %t[]
        : memref<2x4x8xf32>, memref<3xindex> -> !tile.view<?x8xf32>
      %y = tile.load %v[%c0, %c0] : !tile.view<?x8xf32> -> !tile.tile<16x8xf32>
      return
    })",
                   {2}),
            "'tile.load' op reads row 4 in page 2, but there are 2 pages\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index, %i: index) {
      %c0 = arith.constant 0 : index
      %w = tile.walk.ranges (%c0) to (%n) {partial = array<i1: false>}
      %t, %p = tile.walk.at %w[%i]
      return
    })",
                   {3, 3}),
            "'tile.walk.at' op asks for tile 3 of 3\n");
  EXPECT_EQ(refuse(R"(
    func.func @f(%n: index) {
      %x = memref.alloc() : memref<4xi32>
      %w = tile.walk.list %x[%n] count %n partials %n limit %n split 1
        : memref<4xi32>
      return
    })",
                   {3}),
            "'tile.walk.list' op reads entries [3, 6) of a list of 4\n");
}

TEST(Refusal, Walks) {
  Program rows(R"(
    func.func @f(%q: tensor<1x1x?x4xf32>, %r: tensor<1x1x?x4xi32>,
        %t: tensor<?xi32>) -> tensor<1x1x?x4xf32> {
      %x = attn.attention ins(%q : tensor<1x1x?x4xf32>)
        dense(%q, %q : tensor<1x1x?x4xf32>, tensor<1x1x?x4xf32>)
        walk<16, 16>(%r, %t : tensor<1x1x?x4xi32>, tensor<?xi32>)
        outs(%q : tensor<1x1x?x4xf32>)
      return %x : tensor<1x1x?x4xf32>
    })");
  int64_t twice[] = {0, 0, 2, 0}, tiles[] = {0, 0};
  SmallVector<Array> arguments = {rows.zeros({1, 1, 20, 4}),
                                  rows.integers({1, 1, 1, 4}, twice),
                                  rows.integers({2}, tiles)};
  EXPECT_EQ(rows.runExpectingFailure(arguments),
            "'attn.attention' op the walk's rows are [1, 1, 1, 4], expected "
            "[1 or 1, 1 or 1, 2, 4]\n");
  arguments[0] = rows.zeros({1, 1, 16, 4});
  EXPECT_NE(rows.runExpectingFailure(arguments)
                .find("'attn.attention' op the walk lists key tile 0 twice for "
                      "tile 0 of queries\n"),
            std::string::npos);

  Program room(R"(
    func.func @f(%s: tensor<1x1x?x?xf32>, %r: tensor<1x1x?x4xi32>,
        %t: tensor<?xi32>) -> tensor<?xi32> {
      %x, %y = attn.walk.topk 2 ins(%s : tensor<1x1x?x?xf32>)
        outs(%r, %t : tensor<1x1x?x4xi32>, tensor<?xi32>)
        -> tensor<1x1x?x4xi32>, tensor<?xi32>
      return %y : tensor<?xi32>
    })");
  int64_t none[] = {0, 0, 0, 0};
  arguments = {room.zeros({1, 1, 1, 3}), room.integers({1, 1, 1, 4}, none),
               room.integers({1}, {none, 1})};
  EXPECT_EQ(room.runExpectingFailure(arguments),
            "'attn.walk.topk' op the list of tiles holds 1 entries, which are "
            "too few\n");
}

TEST(Refusal, Attention) {
  Program capture(R"(
    func.func @f(%q: tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32> {
      %w = tile.walk.ranges () to () {partial = array<i1>}
      %r = attn.attention ins(%q : tensor<1x1x1x4xf32>)
        dense(%q, %q : tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>)
        outs(%q : tensor<1x1x1x4xf32>)
        mask(%b, %h, %i, %j, %c = %w : !tile.walk) {
          %x = arith.cmpi sle, %j, %i : index
          attn.yield %x : i1
        }
      return %r : tensor<1x1x1x4xf32>
    })");
  Array query = capture.zeros({1, 1, 1, 4});
  EXPECT_EQ(capture.runExpectingFailure(query),
            "'attn.attention' op captures '!tile.walk', which the reference "
            "cannot hold\n");

  Program lse(R"(
    func.func @f(%a: tensor<?x4xf32>, %l: tensor<?xf32>, %o: tensor<?x4xf32>)
        -> tensor<?x4xf32> {
      %r = attn.merge parts(%a : tensor<?x4xf32>) lse(%l : tensor<?xf32>)
        outs(%o : tensor<?x4xf32>) -> tensor<?x4xf32>
      return %r : tensor<?x4xf32>
    })");
  SmallVector<Array> arguments = {lse.zeros({5, 4}), lse.zeros({4}),
                                  lse.zeros({5, 4})};
  EXPECT_EQ(lse.runExpectingFailure(arguments),
            "'attn.merge' op an lse has [4] elements, expected [5]\n");

  Program offsets(R"(
    func.func @f(%q: tensor<1x?x4xf32>, %x: tensor<?xi32>,
        %o: tensor<1x?x4xf32>) -> tensor<1x?x4xf32> {
      %r = attn.attention ins(%q : tensor<1x?x4xf32>)
        packed(%q, %q : tensor<1x?x4xf32>, tensor<1x?x4xf32>)
          offsets(%x, %x : tensor<?xi32>, tensor<?xi32>)
        outs(%o : tensor<1x?x4xf32>)
      return %r : tensor<1x?x4xf32>
    })");
  arguments = {offsets.zeros({1, 3, 4}), offsets.integers({0}, {}),
               offsets.zeros({1, 3, 4})};
  EXPECT_EQ(offsets.runExpectingFailure(arguments),
            "'attn.attention' op row offsets have no element, expected one "
            "more than there are sequences\n");

  Program pages(R"(
    func.func @f(%q: tensor<?x1x1x4xf32>, %k: tensor<?x1x2x4xf32>,
        %t: tensor<?x?xi32>, %n: tensor<?xi32>, %o: tensor<?x1x1x4xf32>)
        -> tensor<?x1x1x4xf32> {
      %r = attn.attention ins(%q : tensor<?x1x1x4xf32>)
        paged<2>(%k, %k : tensor<?x1x2x4xf32>, tensor<?x1x2x4xf32>)
          table(%t : tensor<?x?xi32>) lengths(%n : tensor<?xi32>)
        outs(%o : tensor<?x1x1x4xf32>)
      return %r : tensor<?x1x1x4xf32>
    })");
  int64_t table[] = {0, 1, 2}, lengths[] = {1, 1};
  arguments = {pages.zeros({2, 1, 1, 4}), pages.zeros({3, 1, 2, 4}),
               pages.integers({3, 1}, table), pages.integers({2}, lengths),
               pages.zeros({2, 1, 1, 4})};
  EXPECT_EQ(pages.runExpectingFailure(arguments),
            "'attn.attention' op page table has [3, 1] elements, expected "
            "[2, pages]\n");
}
