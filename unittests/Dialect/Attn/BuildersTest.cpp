//===- BuildersTest.cpp - Ops, masks and scores built in C++ --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every builder's IR is verified, and its region is evaluated: inlined at
// constant coordinates and folded.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnBuilders.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace fovea::attn;

namespace {

/// A function with one attention on tensors<2x4x8x16xf32>.
class BuildersTest : public ::testing::Test {
protected:
  BuildersTest() : builder(&context), loc(builder.getUnknownLoc()) {
    context.loadDialect<AttnDialect, func::FuncDialect>();
    module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(module->getBody());
    auto type = RankedTensorType::get({2, 4, 8, 16}, builder.getF32Type());
    auto lse = RankedTensorType::get({2, 4, 8}, builder.getF32Type());
    function = func::FuncOp::create(
        builder, loc, "f",
        builder.getFunctionType({type, type, type, type, lse}, {}));
    builder.setInsertionPointToStart(function.addEntryBlock());
    op = AttentionOp::create(builder, loc, argument(0), argument(1),
                             argument(2), argument(3));
    auto end = func::ReturnOp::create(builder, loc);
    builder.setInsertionPoint(end);
  }

  Value argument(unsigned n) { return function.getArgument(n); }

  /// A constant before the attention.
  template <typename T>
  Value table(ArrayRef<int64_t> shape, ArrayRef<T> data) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(op);
    Type element = std::is_same_v<T, float> ? Type(builder.getF32Type())
                                            : Type(builder.getI32Type());
    auto type = RankedTensorType::get(shape, element);
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, data));
  }

  /// What the region yields at (b, h, i, j), for the score s if it has one:
  /// inlined in a function of its own and folded.
  Attribute evaluate(Region &region, ValueRange captures,
                     std::optional<float> s, int64_t b, int64_t h, int64_t i,
                     int64_t j) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module->getBody());
    Type type = s ? Type(builder.getF32Type()) : Type(builder.getI1Type());
    auto scratch = func::FuncOp::create(builder, loc, "g",
                                        builder.getFunctionType({}, type));
    builder.setInsertionPointToStart(scratch.addEntryBlock());
    SmallVector<Value> arguments;
    if (s)
      arguments.push_back(
          arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(*s)));
    for (int64_t n : {b, h, i, j})
      arguments.push_back(arith::ConstantIndexOp::create(builder, loc, n));
    for (Value capture : captures)
      arguments.push_back(
          builder.clone(*capture.getDefiningOp())->getResult(0));
    Value value = inlineRegion(builder, region, arguments, createSafeExtract);
    auto end = func::ReturnOp::create(builder, loc, value);
    EXPECT_TRUE(succeeded(verify(scratch)));
    EXPECT_TRUE(succeeded(applyPatternsGreedily(scratch, {})));
    Attribute constant;
    EXPECT_TRUE(matchPattern(end.getOperand(0), m_Constant(&constant)));
    scratch.erase();
    return constant;
  }

  bool mask(int64_t b, int64_t h, int64_t i, int64_t j) {
    Attribute value =
        evaluate(op.getMask(), op.getMaskCaptures(), std::nullopt, b, h, i, j);
    return value && cast<IntegerAttr>(value).getValue().isOne();
  }

  float score(float s, int64_t b, int64_t h, int64_t i, int64_t j) {
    Attribute value =
        evaluate(op.getScore(), op.getScoreCaptures(), s, b, h, i, j);
    return value ? cast<FloatAttr>(value).getValue().convertToFloat() : NAN;
  }

  void expectValid() { EXPECT_TRUE(succeeded(verify(*module))); }

  MLIRContext context;
  OpBuilder builder;
  Location loc;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  AttentionOp op;
};

TEST_F(BuildersTest, Attention) {
  expectValid();
  EXPECT_EQ(op.getQuery(), argument(0));
  EXPECT_EQ(op.getKeys().size(), 1u);
  EXPECT_EQ(op.getKeys()[0], argument(1));
  EXPECT_EQ(op.getValues()[0], argument(2));
  EXPECT_EQ(op.getOutput(), argument(3));
  EXPECT_FALSE(op.getLse());
  EXPECT_EQ(op->getNumResults(), 1u);
  EXPECT_EQ(op.getResult(0).getType(), argument(3).getType());
  EXPECT_TRUE(op.getScore().empty());
  EXPECT_TRUE(op.getMask().empty());
  EXPECT_DOUBLE_EQ(op.getScaleValue(), 0.25);
  EXPECT_TRUE(op.getAccumulatorType().isF32());
}

TEST_F(BuildersTest, AttentionWithLse) {
  auto both =
      AttentionOp::create(builder, loc, argument(0), argument(1), argument(2),
                          ValueRange{argument(3), argument(4)});
  expectValid();
  EXPECT_EQ(both.getLse(), argument(4));
  EXPECT_EQ(both->getNumResults(), 2u);
}

TEST_F(BuildersTest, CausalMask) {
  setCausalMask(builder, op);
  expectValid();
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 4; ++j)
      EXPECT_EQ(mask(0, 0, i, j), j <= i) << i << ' ' << j;
}

TEST_F(BuildersTest, CausalMaskWithOffset) {
  setCausalMask(builder, op, /*offset=*/-2);
  expectValid();
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 4; ++j)
      EXPECT_EQ(mask(1, 3, i, j), j <= i - 2) << i << ' ' << j;
}

TEST_F(BuildersTest, WindowMask) {
  setWindowMask(builder, op, /*before=*/2, /*after=*/1);
  expectValid();
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t j = 0; j < 6; ++j)
      EXPECT_EQ(mask(0, 0, i, j), i - 2 <= j && j <= i + 1) << i << ' ' << j;
}

TEST_F(BuildersTest, PrefixMask) {
  setPrefixMask(builder, op, table<int32_t>({2}, {0, 3}));
  expectValid();
  ASSERT_EQ(op.getMaskCaptures().size(), 1u);
  for (int64_t b : {0, 1})
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 0; j < 5; ++j)
        EXPECT_EQ(mask(b, 0, i, j), j <= i || j < (b == 0 ? 0 : 3))
            << b << ' ' << i << ' ' << j;
}

TEST_F(BuildersTest, DocumentMask) {
  int32_t documents[] = {5, 5, 7, 7, 7, 9, 9, 5};
  setDocumentMask(builder, op, table<int32_t>({8}, documents));
  expectValid();
  for (int64_t i = 0; i < 8; ++i)
    for (int64_t j = 0; j < 8; ++j)
      EXPECT_EQ(mask(0, 0, i, j), documents[i] == documents[j])
          << i << ' ' << j;
}

TEST_F(BuildersTest, AlibiScore) {
  setAlibiScore(builder, op, table<float>({4}, {0.5f, 0.25f, 0.125f, 0.0625f}));
  expectValid();
  // math.fma is not folded, so its operands are looked at.
  Block &body = op.getScore().front();
  auto yield = cast<YieldOp>(body.getTerminator());
  auto fma = yield.getValue().getDefiningOp<math::FmaOp>();
  ASSERT_TRUE(fma);
  EXPECT_EQ(fma.getC(), body.getArgument(0));
  auto slope = fma.getB().getDefiningOp<tensor::ExtractOp>();
  ASSERT_TRUE(slope);
  EXPECT_EQ(slope.getTensor(), body.getArgument(5));
  EXPECT_EQ(slope.getIndices()[0], body.getArgument(2));
  auto number = fma.getA().getDefiningOp<arith::SIToFPOp>();
  ASSERT_TRUE(number);
  auto index = number.getIn().getDefiningOp<arith::IndexCastOp>();
  ASSERT_TRUE(index);
  auto distance = index.getIn().getDefiningOp<arith::SubIOp>();
  ASSERT_TRUE(distance);
  EXPECT_EQ(distance.getLhs(), body.getArgument(4));
  EXPECT_EQ(distance.getRhs(), body.getArgument(3));
}

TEST_F(BuildersTest, SoftCapScore) {
  setSoftCapScore(builder, op, 20.0);
  expectValid();
  for (float s : {-100.0f, -3.0f, 0.0f, 1.0f, 50.0f})
    EXPECT_NEAR(score(s, 0, 0, 0, 0), 20.0f * std::tanh(s / 20.0f), 1e-4f);
}

TEST_F(BuildersTest, RelativePositionScore) {
  SmallVector<float> bias;
  for (int n = 0; n < 4 * 15; ++n)
    bias.push_back(0.5f * n);
  Value offset;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(op);
    offset = arith::ConstantIndexOp::create(builder, loc, 7);
  }
  setRelativePositionScore(
      builder, op, table<float>({4, 15}, ArrayRef<float>(bias)), offset);
  expectValid();
  ASSERT_EQ(op.getScoreCaptures().size(), 2u);
  for (int64_t h : {0, 3})
    for (int64_t i : {0, 2, 7})
      for (int64_t j : {0, 5, 7})
        EXPECT_FLOAT_EQ(score(1.0f, 0, h, i, j),
                        1.0f + bias[h * 15 + i - j + 7]);
}

// A second mask replaces the first, with what it captured.
TEST_F(BuildersTest, Replaces) {
  setPrefixMask(builder, op, table<int32_t>({2}, {0, 3}));
  setCausalMask(builder, op);
  expectValid();
  EXPECT_TRUE(op.getMaskCaptures().empty());
  EXPECT_EQ(op.getMask().getNumArguments(), 4u);
  setSoftCapScore(builder, op, 1.0);
  setAlibiScore(builder, op, table<float>({4}, {1.0f, 1.0f, 1.0f, 1.0f}));
  expectValid();
  EXPECT_EQ(op.getScoreCaptures().size(), 1u);
  EXPECT_TRUE(op.getScore().hasOneBlock());
}

// The region's type follows the accumulator.
TEST_F(BuildersTest, Accumulator) {
  op.setNumericsAttr(NumericsAttr::get(&context, builder.getF64Type(),
                                       FloatType(), FloatType(),
                                       MathMode::accurate));
  setSoftCapScore(builder, op, 20.0);
  expectValid();
  EXPECT_TRUE(op.getScore().getArgument(0).getType().isF64());
}

// The slopes and the table are f32 whatever the accumulator is.
TEST_F(BuildersTest, AccumulatorWithTables) {
  op.setNumericsAttr(NumericsAttr::get(&context, builder.getF64Type(),
                                       FloatType(), FloatType(),
                                       MathMode::accurate));
  setAlibiScore(builder, op, table<float>({4}, {1.0f, 1.0f, 1.0f, 1.0f}));
  expectValid();
  Value offset;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(op);
    offset = arith::ConstantIndexOp::create(builder, loc, 0);
  }
  setRelativePositionScore(builder, op,
                           table<float>({1, 1}, ArrayRef<float>{0.0f}), offset);
  expectValid();
}

} // namespace
