//===- ScalarTest.cpp - arith, math and index -----------------------------===//
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

/// What `op` gives for two integers of `type`.
static int64_t evaluate(StringRef op, StringRef type, int64_t x, int64_t y,
                        StringRef result = "") {
  Program program(("func.func @f(%x: " + type + ", %y: " + type + ") -> " +
                   (result.empty() ? type : result) + " { %r = " + op +
                   " %x, %y" +
                   (op.starts_with("index.") ? "" : (" : " + type).str()) +
                   " return %r : " + (result.empty() ? type : result) + " }")
                      .str());
  SmallVector<Array> arguments(2);
  int64_t values[] = {x, y};
  for (auto [array, value] : llvm::zip(arguments, ArrayRef(values))) {
    array.elementType = program.getFunction().getArgumentTypes()[0];
    array.ints = {value};
  }
  SmallVector<Array> results = program.run(arguments);
  return results.empty() ? -12345 : results[0].ints[0];
}

TEST(Scalar, FloorDivision) {
  for (StringRef op : {"arith.floordivsi", "index.floordivs"}) {
    EXPECT_EQ(evaluate(op, "index", 7, 2), 3);
    EXPECT_EQ(evaluate(op, "index", -7, 2), -4);
    EXPECT_EQ(evaluate(op, "index", 7, -2), -4);
    EXPECT_EQ(evaluate(op, "index", -7, -2), 3);
    EXPECT_EQ(evaluate(op, "index", -8, 2), -4);
    EXPECT_EQ(evaluate(op, "index", 5, 0), 5);
    EXPECT_EQ(evaluate(op, "index", INT64_MIN, -1), INT64_MIN);
  }
}

TEST(Scalar, OtherDivisions) {
  EXPECT_EQ(evaluate("arith.divsi", "i64", -7, 2), -3);
  EXPECT_EQ(evaluate("arith.divsi", "i32", INT32_MIN, -1), INT32_MIN);
  EXPECT_EQ(evaluate("arith.divsi", "i64", 7, 0), 7);
  EXPECT_EQ(evaluate("arith.ceildivsi", "i64", -7, 2), -3);
  EXPECT_EQ(evaluate("arith.ceildivsi", "i64", 7, 2), 4);
  EXPECT_EQ(evaluate("arith.ceildivsi", "i8", -128, -1), -128);
  EXPECT_EQ(evaluate("arith.remsi", "i64", -7, 2), -1);
  EXPECT_EQ(evaluate("arith.remsi", "i64", INT64_MIN, -1), 0);
  EXPECT_EQ(evaluate("index.rems", "index", -7, 2), -1);
  EXPECT_EQ(evaluate("arith.divui", "i8", -1, 2), 127);
  EXPECT_EQ(evaluate("arith.remui", "i8", -1, 16), 15);
  EXPECT_EQ(evaluate("arith.divui", "index", 1, 0), 1);
  EXPECT_EQ(evaluate("arith.ceildivui", "i8", -1, 0), -1);
  EXPECT_EQ(evaluate("arith.remui", "i8", -1, 0), 0);
  EXPECT_EQ(evaluate("arith.remsi", "i8", 7, 0), 0);
}

TEST(Scalar, IntegersWrapToTheirWidth) {
  EXPECT_EQ(evaluate("arith.addi", "i8", 127, 1), -128);
  EXPECT_EQ(evaluate("arith.muli", "i32", 1 << 20, 1 << 12), 0);
  EXPECT_EQ(evaluate("arith.subi", "i32", INT32_MIN, 1), INT32_MAX);
  EXPECT_EQ(evaluate("arith.addi", "index", INT64_MAX, 1), INT64_MIN);
  EXPECT_EQ(evaluate("arith.addi", "i1", 1, 1), 0);
}

TEST(Scalar, Shifts) {
  EXPECT_EQ(evaluate("arith.shli", "i8", 3, 6), -64);
  EXPECT_EQ(evaluate("arith.shli", "i8", 3, 8), 0);
  EXPECT_EQ(evaluate("arith.shrui", "i8", -1, 4), 15);
  EXPECT_EQ(evaluate("arith.shrsi", "i8", -128, 100), -1);
}

TEST(Scalar, Comparisons) {
  EXPECT_EQ(evaluate("arith.cmpi slt,", "i32", -1, 1, "i1"), 1);
  EXPECT_EQ(evaluate("arith.cmpi ult,", "i32", -1, 1, "i1"), 0);
  // The one bit of a true i1 is its sign.
  EXPECT_EQ(evaluate("arith.cmpi sgt,", "i1", 0, 1, "i1"), 1);
}

TEST(Scalar, IndexComparison) {
  Program program("func.func @f(%x: index, %y: index) -> (i1, i1) {"
                  "  %a = index.cmp slt(%x, %y) %b = index.cmp uge(%x, %y)"
                  "  return %a, %b : i1, i1 }");
  SmallVector<Array> arguments = {program.number(-1), program.number(1)};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].ints[0], 1);
  EXPECT_EQ(results[1].ints[0], 1);
}

/// Runs @f on one float.
static double evaluate(StringRef body, double x) {
  Program program(
      ("func.func @f(%x: f32) -> f32 { " + body + " return %r : f32 }").str());
  Array argument({}, program.f32());
  argument.floats[0] = x;
  SmallVector<Array> results = program.run(argument);
  return results.empty() ? -12345 : results[0].floats[0];
}

TEST(Scalar, FloatsOfF32AreNotRoundedBetweenOperations) {
  // 1 + 2^-40 - 1 would be 0 in f32.
  EXPECT_EQ(evaluate("%a = arith.constant 1.0 : f32 "
                     "%b = arith.addf %x, %a : f32 "
                     "%r = arith.subf %b, %a : f32",
                     std::ldexp(1.0, -40)),
            std::ldexp(1.0, -40));
}

TEST(Scalar, ConversionsRound) {
  EXPECT_EQ(evaluate("%a = arith.truncf %x : f32 to bf16 "
                     "%r = arith.extf %a : bf16 to f32",
                     1.00390625),
            1.0);
  EXPECT_EQ(evaluate("%a = arith.truncf %x : f32 to f16 "
                     "%r = arith.extf %a : f16 to f32",
                     70000.0),
            INFINITY);
  EXPECT_EQ(evaluate("%a = arith.truncf %x : f32 to bf16 "
                     "%b = arith.addf %a, %a : bf16 "
                     "%c = arith.constant 0.01 : bf16 "
                     "%d = arith.addf %b, %c : bf16 "
                     "%r = arith.extf %d : bf16 to f32",
                     8.0),
            16.0);
  EXPECT_EQ(evaluate("%a = arith.fptosi %x : f32 to i8 "
                     "%r = arith.sitofp %a : i8 to f32",
                     1e9),
            127);
}

TEST(Scalar, NaNInMaxima) {
  StringRef body = "%a = arith.constant 2.0 : f32 %r = arith.";
  EXPECT_EQ(evaluate((body + "maxnumf %x, %a : f32").str(), NAN), 2);
  EXPECT_TRUE(
      std::isnan(evaluate((body + "maximumf %x, %a : f32").str(), NAN)));
  EXPECT_EQ(evaluate((body + "minimumf %x, %a : f32").str(), 1), 1);
}

TEST(Scalar, Functions) {
  EXPECT_FLOAT_EQ(evaluate("%r = math.exp %x : f32", 0.5), std::exp(0.5));
  EXPECT_FLOAT_EQ(evaluate("%r = math.tanh %x : f32", 0.5), std::tanh(0.5));
  EXPECT_FLOAT_EQ(evaluate("%r = math.rsqrt %x : f32", 4), 0.5);
  EXPECT_FLOAT_EQ(evaluate("%r = math.roundeven %x : f32", 2.5), 2);
  EXPECT_FLOAT_EQ(evaluate("%n = arith.constant 3 : i32 "
                           "%r = math.fpowi %x, %n : f32, i32",
                           -2),
                  -8);
  EXPECT_EQ(evaluate("%a = arith.bitcast %x : f32 to i32 "
                     "%o = arith.constant 0x00800000 : i32 "
                     "%b = arith.addi %a, %o : i32 "
                     "%r = arith.bitcast %b : i32 to f32",
                     -3),
            -6);
}

TEST(Scalar, UnknownOperation) {
  Program program("func.func @f(%x: f32) -> f32 {"
                  "  %a, %b = math.sincos %x : f32 return %a : f32 }");
  Array argument({}, program.f32());
  EXPECT_EQ(program.runExpectingFailure(argument),
            "'math.sincos' op has no meaning in the reference interpreter\n");
}

TEST(Scalar, UnknownType) {
  Program program("func.func @f(%x: vector<4xf32>) { return }");
  Array argument({4}, program.f32());
  EXPECT_EQ(program.runExpectingFailure(argument),
            "'func.func' op argument 0 has type 'vector<4xf32>', which the "
            "reference cannot hold\n");
}
