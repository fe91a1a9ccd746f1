//===- LoweringTest.cpp - The interpreter on lowered attention ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The interpreter has the op's definition in C++; the decomposition has it in
// linalg, which the interpreter runs by maps and bodies. They have to agree,
// before and after bufferization.
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include <cmath>

using namespace mlir;
using namespace fovea::reference;

static constexpr StringLiteral text = R"(
  func.func @f(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>,
      %v: tensor<?x2x?x6xf32>, %o: tensor<?x4x?x6xf32>, %l: tensor<?x4x?xf32>,
      %n: tensor<?xi32>, %sinks: tensor<4xf32>, %t: tensor<4x3xf32>)
      -> (tensor<?x4x?x6xf32>, tensor<?x4x?xf32>) {
    %c2 = arith.constant 2 : index
    %r:2 = attn.attention ins(%q : tensor<?x4x?x8xf32>)
      dense(%k, %v : tensor<?x2x?x8xf32>, tensor<?x2x?x6xf32>)
        lengths(%n : tensor<?xi32>) start(%c2)
      sinks(%sinks : tensor<4xf32>) origin(%c2, %c2, %c2, %c2)
      outs(%o, %l : tensor<?x4x?x6xf32>, tensor<?x4x?xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<4x3xf32>) {
        %d = arith.subi %i, %j : index
        %x = tensor.extract %table[%h, %d] : tensor<4x3xf32>
        %y = math.tanh %s : f32
        %z = arith.addf %x, %y : f32
        attn.yield %z : f32
      }
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %d = arith.subi %i, %j : index
        %e = arith.floordivsi %d, %c3 : index
        %c0 = arith.constant 0 : index
        %c = arith.cmpi sge, %e, %c0 : index
        attn.yield %c : i1
      }
      attributes {scale = -0.7}
    return %r#0, %r#1 : tensor<?x4x?x6xf32>, tensor<?x4x?xf32>
  })";

static SmallVector<Array> makeArguments(Program &program) {
  Array sinks = program.random({4});
  sinks.floats[2] = -std::numeric_limits<double>::infinity();
  return {program.random({2, 4, 9, 8}),
          program.random({2, 2, 6, 8}),
          program.random({2, 2, 6, 6}),
          program.zeros({2, 4, 9, 6}),
          program.zeros({2, 4, 9}),
          program.integers({2}, {5, 9}),
          sinks,
          program.random({4, 3})};
}

/// Replaces each op by its decomposition.
static void decompose(Program &program) {
  SmallVector<linalg::AggregatedOpInterface> ops;
  program.getModule().walk(
      [&](linalg::AggregatedOpInterface op) { ops.push_back(op); });
  ASSERT_FALSE(ops.empty());
  IRRewriter rewriter(&program.getContext());
  for (linalg::AggregatedOpInterface op : ops) {
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
    ASSERT_TRUE(succeeded(values)) << program.diagnostics;
    rewriter.replaceOp(op, *values);
  }
}

static void bufferize(Program &program) {
  PassManager manager(&program.getContext());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  manager.addPass(bufferization::createOneShotBufferizePass(options));
  manager.addPass(createCanonicalizerPass());
  ASSERT_TRUE(succeeded(manager.run(program.getModule())))
      << program.diagnostics;
}

/// Runs @f before and after `lower`, and compares all results.
static void check(StringRef text,
                  function_ref<SmallVector<Array>(Program &)> makeArguments,
                  function_ref<void(Program &)> lower, double tolerance) {
  Program program(text);
  SmallVector<Array> arguments = makeArguments(program);
  SmallVector<Array> before = program.run(arguments);
  lower(program);
  SmallVector<Array> after = program.run(arguments);
  ASSERT_FALSE(before.empty());
  ASSERT_EQ(before.size(), after.size());
  for (auto [got, want] : llvm::zip_equal(after, before))
    expectClose(got, want, tolerance);
}

// Both round their results to f32 and compute in f64.
TEST(Lowering, Decomposition) { check(text, makeArguments, decompose, 1e-7); }

TEST(Lowering, DecompositionAndBufferization) {
  check(
      text, makeArguments,
      [](Program &program) {
        decompose(program);
        bufferize(program);
      },
      1e-7);
}

TEST(Lowering, Bufferization) { check(text, makeArguments, bufferize, 0); }

TEST(Lowering, Merge) {
  static constexpr StringLiteral text = R"(
    func.func @f(%a: tensor<?x6xf32>, %b: tensor<?x6xf32>, %la: tensor<?xf32>,
        %lb: tensor<?xf32>, %o: tensor<?x6xf32>, %l: tensor<?xf32>)
        -> (tensor<?x6xf32>, tensor<?xf32>) {
      %r:2 = attn.merge parts(%a, %b : tensor<?x6xf32>, tensor<?x6xf32>)
        lse(%la, %lb : tensor<?xf32>, tensor<?xf32>)
        outs(%o, %l : tensor<?x6xf32>, tensor<?xf32>)
        -> tensor<?x6xf32>, tensor<?xf32>
      return %r#0, %r#1 : tensor<?x6xf32>, tensor<?xf32>
    })";
  auto makeArguments = [](Program &program) -> SmallVector<Array> {
    Array a = program.random({5}), b = program.random({5});
    a.floats[1] = a.floats[2] = b.floats[2] =
        -std::numeric_limits<double>::infinity();
    return {program.random({5, 6}), program.random({5, 6}), a, b,
            program.zeros({5, 6}),  program.zeros({5})};
  };
  check(text, makeArguments, decompose, 1e-7);
}

TEST(Lowering, ScoreReduce) {
  static constexpr StringLiteral text = R"(
    func.func @f(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>,
        %n: tensor<2xi64>, %lse: tensor<2x4x5xf32>, %o: tensor<2x4x7xf32>)
        -> tensor<2x4x7xf32> {
      %r = attn.score_reduce column_sum ins(%q : tensor<2x4x5x8xf32>)
        dense(%k : tensor<2x2x7x8xf32>) lengths(%n : tensor<2xi64>)
        lse(%lse : tensor<2x4x5xf32>) outs(%o : tensor<2x4x7xf32>)
        mask(%b, %h, %i, %j) {
          %c = arith.cmpi slt, %j, %i : index
          attn.yield %c : i1
        }
      return %r : tensor<2x4x7xf32>
    })";
  auto makeArguments = [](Program &program) -> SmallVector<Array> {
    Array lengths = program.integers({2}, {4, 8});
    lengths.elementType = IntegerType::get(&program.getContext(), 64);
    Array lse = program.random({2, 4, 5});
    for (int64_t row = 0; row < 40; row += 5)
      lse.floats[row] = -std::numeric_limits<double>::infinity();
    return {program.random({2, 4, 5, 8}), program.random({2, 2, 7, 8}), lengths,
            lse, program.zeros({2, 4, 7})};
  };
  check(text, makeArguments, decompose, 1e-7);
}

// Strips of a table that is shorter than the distances there are: indices count
// from its end, and are clamped. A function of the distance becomes a factor.
TEST(Lowering, Strips) {
  static constexpr StringLiteral text = R"(
    #id = affine_map<(i, j) -> (i, j)>
    !acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>
    tile.kernel @scores(%s: memref<?x?xf32>, %table: memref<?x?xf32>, %o: memref<?x?xf32>)
        grid(%h, %m) attributes {schedule = #pipe.schedule<query_tile = 64, key_tile = 32,
          stages = 1, groups = 1, producer_regs = 24, consumer_regs = 240>} {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c32 = arith.constant 32 : index
      %c64 = arith.constant 64 : index
      %zero = arith.constant 0.0 : f32
      %z = tile.splat %zero : f32 -> !acc
      %sv = tile.view %s dims [0, 1] at [] : memref<?x?xf32> -> !tile.view<?x?xf32>
      %ov = tile.view %o dims [0, 1] at [] : memref<?x?xf32> -> !tile.view<?x?xf32>
      %keys = memref.dim %s, %c1 : memref<?x?xf32>
      %n = arith.ceildivsi %keys, %c32 : index
      %i0 = arith.muli %m, %c64 : index
      scf.for %t = %c0 to %n step %c1 {
        %j0 = arith.muli %t, %c32 : index
        %x = tile.load %sv[%i0, %j0] : !tile.view<?x?xf32> -> !acc
        %b = tile.map ins(%z : !acc) maps [#id] origin(%i0, %j0) {
        ^bb0(%u: f32, %i: index, %j: index):
          %c9 = arith.constant 9 : index
          %d = arith.subi %i, %j : index
          %p = arith.addi %d, %c9 : index
          %y = tile.gather %table[%h, %p] : memref<?x?xf32>
          %w = arith.addf %u, %y : f32
          tile.yield %w : f32
        } -> !acc
        %r = tile.map ins(%x, %b : !acc, !acc) maps [#id, #id] origin(%i0, %j0) {
        ^bb0(%u: f32, %w: f32, %i: index, %j: index):
          %d = arith.subi %j, %i : index
          %k = arith.index_cast %d : index to i32
          %a = math.absi %k : i32
          %f = arith.sitofp %a : i32 to f32
          %g = math.sqrt %f : f32
          %y = math.fma %u, %g, %w : f32
          tile.yield %y : f32
        } -> !acc
        tile.store %r, %ov[%i0, %j0] : !acc, !tile.view<?x?xf32>
      }
    }
    func.func @f(%s: memref<?x?xf32>, %table: memref<?x?xf32>, %o: memref<?x?xf32>) {
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      tile.launch @scores grid(%c1, %c2) args(%s, %table, %o
        : memref<?x?xf32>, memref<?x?xf32>, memref<?x?xf32>)
      return
    })";
  Program program(text);
  SmallVector<Array> arguments = {program.random({70, 90}),
                                  program.random({2, 50}),
                                  program.zeros({70, 90})};
  SmallVector<Array> staged = arguments;
  program.run(arguments);
  PassManager manager(&program.getContext());
  manager.addPass(fovea::pipe::createPipeStageDiagonals());
  ASSERT_TRUE(succeeded(manager.run(program.getModule())))
      << program.diagnostics;
  int64_t strips = 0;
  program.getModule().walk([&](fovea::tile::ExtractOp) { ++strips; });
  EXPECT_EQ(strips, 2);
  program.run(staged);
  EXPECT_NE(arguments[2].floats, program.zeros({70, 90}).floats);
  EXPECT_EQ(arguments[2].floats, staged[2].floats);
}
