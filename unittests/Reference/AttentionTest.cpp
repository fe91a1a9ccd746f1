//===- AttentionTest.cpp - attn ops against loops -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include <cmath>
#include <functional>

using namespace mlir;
using namespace fovea::reference;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {

/// Attention as two loops, without any maximum: independent of the code that
/// is tested, and exact enough for small scores.
struct Loops {
  int64_t batches = 2, heads = 4, keyHeads = 4, queries = 5, keys = 7,
          depth = 8, channels = 6;
  std::function<double(double, int64_t, int64_t, int64_t, int64_t)> score =
      [](double s, int64_t, int64_t, int64_t, int64_t) { return s; };
  std::function<bool(int64_t, int64_t, int64_t, int64_t)> mask =
      [](int64_t, int64_t, int64_t, int64_t) { return true; };
  std::vector<double> sinks;

  SmallVector<int64_t> queryShape() const {
    return {batches, heads, queries, depth};
  }
  SmallVector<int64_t> keyShape() const {
    return {batches, keyHeads, keys, depth};
  }
  SmallVector<int64_t> valueShape() const {
    return {batches, keyHeads, keys, channels};
  }
  SmallVector<int64_t> outputShape() const {
    return {batches, heads, queries, channels};
  }

  double getScore(const Array &q, const Array &k, int64_t b, int64_t h,
                  int64_t i, int64_t j) const {
    int64_t hk = h / (heads / keyHeads);
    double s = 0;
    for (int64_t d = 0; d < depth; ++d)
      s += q.floats[at(queryShape(), {b, h, i, d})] *
           k.floats[at(keyShape(), {b, hk, j, d})];
    return score(s / std::sqrt(static_cast<double>(depth)), b, h, i, j);
  }

  /// Outputs and log-sum-exps.
  std::pair<Array, Array> run(const Array &q, const Array &k,
                              const Array &v) const {
    Array o(outputShape(), q.elementType);
    Array lse({batches, heads, queries}, q.elementType);
    for (int64_t b = 0; b < batches; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < queries; ++i) {
          double sum = sinks.empty() ? 0 : std::exp(sinks[h]);
          std::vector<double> acc(channels, 0);
          for (int64_t j = 0; j < keys; ++j) {
            if (!mask(b, h, i, j))
              continue;
            double p = std::exp(getScore(q, k, b, h, i, j));
            sum += p;
            for (int64_t e = 0; p != 0 && e < channels; ++e)
              acc[e] +=
                  p *
                  v.floats[at(valueShape(), {b, h / (heads / keyHeads), j, e})];
          }
          for (int64_t e = 0; e < channels; ++e)
            o.floats[at(outputShape(), {b, h, i, e})] =
                sum == 0 ? 0 : acc[e] / sum;
          lse.floats[at(lse.shape, {b, h, i})] = std::log(sum);
        }
    return {o, lse};
  }
};

} // namespace

/// @f(q, k, v, o, l, extra) with `operands` before outs and `regions` after.
static std::string getText(StringRef parameters, StringRef segment,
                           StringRef operands, StringRef regions) {
  return ("func.func @f(%q: tensor<?x?x?x8xf32>, %k: tensor<?x?x?x8xf32>,"
          "  %v: tensor<?x?x?x6xf32>, %o: tensor<?x?x?x6xf32>,"
          "  %l: tensor<?x?x?xf32>" +
          parameters +
          ") -> (tensor<?x?x?x6xf32>, tensor<?x?x?xf32>) {"
          "  %r:2 = attn.attention ins(%q : tensor<?x?x?x8xf32>)"
          "    dense(%k, %v : tensor<?x?x?x8xf32>, tensor<?x?x?x6xf32>) " +
          segment + operands +
          "    outs(%o, %l : tensor<?x?x?x6xf32>, tensor<?x?x?xf32>) " +
          regions +
          "  return %r#0, %r#1 : tensor<?x?x?x6xf32>, tensor<?x?x?xf32>"
          "}")
      .str();
}

/// Runs the program on random q, k, v and `extra`, and compares with `loops`.
static void check(Program &program, const Loops &loops,
                  ArrayRef<Array> extra = {},
                  function_ref<void(Array &, Array &, Array &)> change = {}) {
  Array q = program.random(loops.queryShape());
  Array k = program.random(loops.keyShape());
  Array v = program.random(loops.valueShape());
  if (change)
    change(q, k, v);
  auto [o, lse] = loops.run(q, k, v);
  SmallVector<Array> arguments = {q, k, v, program.zeros(o.shape),
                                  program.zeros(lse.shape)};
  arguments.append(extra.begin(), extra.end());
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  expectClose(results[0], o);
  expectClose(results[1], lse);
}

static constexpr StringLiteral causal = R"(
    mask(%b, %h, %i, %j) {
      %c = arith.cmpi sle, %j, %i : index
      attn.yield %c : i1
    } )";

TEST(Attention, Full) {
  Program program(getText("", "", "", ""));
  check(program, Loops());
}

TEST(Attention, ResultsAreRoundedToF32) {
  Program program(getText("", "", "", ""));
  Loops loops;
  SmallVector<Array> arguments = {
      program.random(loops.queryShape()), program.random(loops.keyShape()),
      program.random(loops.valueShape()), program.zeros(loops.outputShape()),
      program.zeros({2, 4, 5})};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  for (double value : results[0].floats)
    EXPECT_EQ(value, static_cast<float>(value));
}

TEST(Attention, Causal) {
  Program program(getText("", "", "", causal));
  Loops loops;
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) { return j <= i; };
  check(program, loops);
}

TEST(Attention, GroupedHeads) {
  Program program(getText("", "", "", causal));
  Loops loops;
  loops.heads = 6;
  loops.keyHeads = 2;
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) { return j <= i; };
  check(program, loops);
}

TEST(Attention, Lengths) {
  Program program(
      getText(", %n: tensor<?xi32>", "lengths(%n : tensor<?xi32>)", "", ""));
  Loops loops;
  loops.batches = 4;
  int64_t lengths[] = {3, 7, -2, 100};
  loops.mask = [&](int64_t b, int64_t, int64_t, int64_t j) {
    return j < lengths[b];
  };
  // Keys and values beyond the length are not read.
  check(program, loops, program.integers({4}, lengths),
        [&](Array &, Array &k, Array &v) {
          for (int64_t h = 0; h < loops.heads; ++h)
            for (int64_t j = 3; j < 7; ++j) {
              k.floats[at(loops.keyShape(), {0, h, j, 0})] = NAN;
              v.floats[at(loops.valueShape(), {0, h, j, 0})] = infinity;
            }
        });
}

TEST(Attention, Sinks) {
  Program program(
      getText(", %s: tensor<?xf32>", "", "sinks(%s : tensor<?xf32>)", causal));
  Loops loops;
  loops.sinks = {0.5, -1, 2, -infinity};
  // The first query sees no key: its lse is the sink.
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) { return j <= i; };
  Array sinks = program.zeros({4});
  sinks.floats = loops.sinks;
  check(program, loops, sinks);
}

TEST(Attention, MaskedRow) {
  Program program(getText("", "", "", R"(
    mask(%b, %h, %i, %j) {
      %c = arith.cmpi slt, %j, %i : index
      attn.yield %c : i1
    })"));
  Loops loops;
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) { return j < i; };
  // A masked row does not see a NaN in its query.
  check(program, loops, {}, [&](Array &q, Array &, Array &) {
    q.floats[at(loops.queryShape(), {1, 2, 0, 3})] = NAN;
  });
}

TEST(Attention, MaskedRowWithSinks) {
  Program program(
      getText(", %s: tensor<?xf32>", "", "sinks(%s : tensor<?xf32>)", R"(
    mask(%b, %h, %i, %j) {
      %c = arith.constant false
      attn.yield %c : i1
    })"));
  Loops loops;
  loops.sinks = {0.5, -1, 2, 30};
  loops.mask = [](int64_t, int64_t, int64_t, int64_t) { return false; };
  Array sinks = program.zeros({4});
  sinks.floats = loops.sinks;
  check(program, loops, sinks);
}

/// A score that is -inf for j < i + 1 in row 0 .. i; the last row is all -inf.
static constexpr StringLiteral infiniteScore = R"(
    score(%s, %b, %h, %i, %j) {
      %minf = arith.constant 0xFF800000 : f32
      %last = arith.constant 4 : index
      %a = arith.cmpi sgt, %j, %i : index
      %c = arith.cmpi eq, %i, %last : index
      %d = arith.ori %a, %c : i1
      %r = arith.select %d, %minf, %s : f32
      attn.yield %r : f32
    })";

TEST(Attention, InfiniteScores) {
  Program program(getText("", "", "", infiniteScore));
  Loops loops;
  loops.score = [](double s, int64_t, int64_t, int64_t i, int64_t j) {
    return j > i || i == 4 ? -infinity : s;
  };
  check(program, loops);
}

TEST(Attention, NaNStaysInItsRow) {
  Program program(getText("", "", "", ""));
  Loops loops;
  check(program, loops, {}, [&](Array &q, Array &, Array &) {
    q.floats[at(loops.queryShape(), {1, 2, 3, 4})] = NAN;
  });
}

TEST(Attention, PositiveInfinityGivesNaN) {
  Program program(getText("", "", "", R"(
    score(%s, %b, %h, %i, %j) {
      %inf = arith.constant 0x7F800000 : f32
      %two = arith.constant 2 : index
      %c = arith.cmpi eq, %i, %two : index
      %r = arith.select %c, %inf, %s : f32
      attn.yield %r : f32
    })"));
  Loops loops;
  SmallVector<Array> arguments = {
      program.random(loops.queryShape()), program.random(loops.keyShape()),
      program.random(loops.valueShape()), program.zeros(loops.outputShape()),
      program.zeros({2, 4, 5})};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(std::isnan(results[0].floats[at({2, 4, 5, 6}, {1, 1, i, 0})]),
              i == 2);
    EXPECT_EQ(std::isnan(results[1].floats[at({2, 4, 5}, {1, 1, i})]), i == 2);
  }
}

TEST(Attention, LargeScoresDoNotOverflow) {
  Program program(getText("", "", "", R"(
    score(%s, %b, %h, %i, %j) {
      %c = arith.constant 3.0e+38 : f32
      attn.yield %c : f32
    })"));
  Loops loops;
  loops.score = [](double, int64_t, int64_t, int64_t, int64_t) { return 0.0; };
  Array q = program.random(loops.queryShape());
  Array k = program.random(loops.keyShape());
  Array v = program.random(loops.valueShape());
  Array o = loops.run(q, k, v).first;
  SmallVector<Array> arguments = {q, k, v, program.zeros(o.shape),
                                  program.zeros({2, 4, 5})};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  expectClose(results[0], o);
}

/// ALiBi with one slope for each head, read with an index that is negative for
/// head 0 (from the end) and beyond the table for the last ones (clamped).
TEST(Attention, CapturedReads) {
  Program program(getText(", %t: tensor<?xf32>", "", "", R"(
    score(%s, %b, %h, %i, %j, %slopes = %t : tensor<?xf32>) {
      %c1 = arith.constant 1 : index
      %x = arith.subi %h, %c1 : index
      %m = tensor.extract %slopes[%x] : tensor<?xf32>
      %d = arith.subi %j, %i : index
      %n = arith.index_cast %d : index to i64
      %f = arith.sitofp %n : i64 to f32
      %r = math.fma %f, %m, %s : f32
      attn.yield %r : f32
    })"));
  Loops loops;
  double slopes[] = {0.5, 0.25};
  int64_t safe[] = {1, 0, 1, 1};
  loops.score = [&](double s, int64_t, int64_t h, int64_t i, int64_t j) {
    return s + slopes[safe[h]] * (j - i);
  };
  Array table = program.zeros({2});
  table.floats.assign(slopes, slopes + 2);
  check(program, loops, table);
}

/// Masked keys give no captured read: the table holds NaN there.
TEST(Attention, ScoresOfMaskedKeysAreNotEvaluated) {
  Program program(getText(", %t: tensor<?xf32>", "", "",
                          R"(
    score(%s, %b, %h, %i, %j, %bias = %t : tensor<?xf32>) {
      %m = tensor.extract %bias[%j] : tensor<?xf32>
      %r = arith.addf %s, %m : f32
      attn.yield %r : f32
    }
    mask(%b, %h, %i, %j) {
      %c3 = arith.constant 3 : index
      %c = arith.cmpi slt, %j, %c3 : index
      attn.yield %c : i1
    })"));
  Loops loops;
  loops.mask = [](int64_t, int64_t, int64_t, int64_t j) { return j < 3; };
  Array table = program.zeros({7});
  for (int64_t j = 3; j < 7; ++j)
    table.floats[j] = NAN;
  check(program, loops, table);
}

TEST(Attention, Origin) {
  Program program(getText(", %x: index, %y: index", "start(%y)",
                          "origin(%x, %x, %x, %x)", R"(
    score(%s, %b, %h, %i, %j) {
      %a = arith.addi %b, %h : index
      %c = arith.cmpi eq, %a, %i : index
      %z = arith.constant 0.0 : f32
      %r = arith.select %c, %z, %s : f32
      attn.yield %r : f32
    }
    mask(%b, %h, %i, %j) {
      %c = arith.cmpi sle, %j, %i : index
      attn.yield %c : i1
    })"));
  Loops loops;
  loops.score = [](double s, int64_t b, int64_t h, int64_t i, int64_t) {
    return b + h + 6 == i + 3 ? 0.0 : s;
  };
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) {
    return j + 3 - 1 <= i + 3;
  };
  check(program, loops, {program.number(3), program.number(-1)});
}

/// Queries and outputs in the order [B, S, H, D], one key head for all.
TEST(Attention, IndexingMaps) {
  Program program(R"(
    #q = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
    #k = affine_map<(b, h, i, j, d, e) -> (b, j, d)>
    #v = affine_map<(b, h, i, j, d, e) -> (e, j, b)>
    #o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
    func.func @f(%q: tensor<2x5x4x8xf32>, %k: tensor<2x7x8xf32>,
        %v: tensor<6x7x2xf32>, %o: tensor<2x5x4x6xf32>) -> tensor<2x5x4x6xf32> {
      %r = attn.attention ins(%q : tensor<2x5x4x8xf32>)
        dense(%k, %v : tensor<2x7x8xf32>, tensor<6x7x2xf32>)
        outs(%o : tensor<2x5x4x6xf32>)
        attributes {indexing_maps = [#q, #k, #v, #o]}
      return %r : tensor<2x5x4x6xf32>
    })");
  Loops loops;
  loops.keyHeads = 1;
  Array q = program.random(loops.queryShape());
  Array k = program.random(loops.keyShape());
  Array v = program.random(loops.valueShape());
  Array want = loops.run(q, k, v).first;
  SmallVector<Array> arguments = {
      program.zeros({2, 5, 4, 8}), program.zeros({2, 7, 8}),
      program.zeros({6, 7, 2}), program.zeros({2, 5, 4, 6})};
  arguments[1].floats = k.floats;
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t j = 0; j < 7; ++j)
      for (int64_t e = 0; e < 6; ++e)
        arguments[2].floats[at({6, 7, 2}, {e, j, b})] =
            v.floats[at({2, 1, 7, 6}, {b, 0, j, e})];
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t h = 0; h < 4; ++h)
      for (int64_t i = 0; i < 5; ++i)
        for (int64_t d = 0; d < 8; ++d)
          arguments[0].floats[at({2, 5, 4, 8}, {b, i, h, d})] =
              q.floats[at({2, 4, 5, 8}, {b, h, i, d})];
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  Array got = program.zeros(want.shape);
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t h = 0; h < 4; ++h)
      for (int64_t i = 0; i < 5; ++i)
        for (int64_t e = 0; e < 6; ++e)
          got.floats[at(want.shape, {b, h, i, e})] =
              results[0].floats[at({2, 5, 4, 6}, {b, i, h, e})];
  expectClose(got, want);
}

TEST(Attention, MemRefsAreWrittenInPlace) {
  Program program(R"(
    func.func @f(%q: memref<2x4x5x8xf32>, %k: memref<2x4x7x8xf32>,
        %v: memref<2x4x7x6xf32>, %o: memref<2x4x5x6xf32>,
        %t: memref<7xf32>) {
      attn.attention ins(%q : memref<2x4x5x8xf32>)
        dense(%k, %v : memref<2x4x7x8xf32>, memref<2x4x7x6xf32>)
        outs(%o : memref<2x4x5x6xf32>)
        score(%s, %b, %h, %i, %j, %bias = %t : memref<7xf32>) {
          %m = memref.load %bias[%j] : memref<7xf32>
          %r = arith.addf %s, %m : f32
          attn.yield %r : f32
        }
      return
    })");
  Loops loops;
  Array bias = program.random({7});
  loops.score = [&](double s, int64_t, int64_t, int64_t, int64_t j) {
    return s + bias.floats[j];
  };
  SmallVector<Array> arguments = {program.random(loops.queryShape()),
                                  program.random(loops.keyShape()),
                                  program.random(loops.valueShape()),
                                  program.zeros(loops.outputShape()), bias};
  Array want = loops.run(arguments[0], arguments[1], arguments[2]).first;
  EXPECT_TRUE(program.run(arguments).empty());
  expectClose(arguments[3], want);
}

TEST(Attention, HalfPrecisionOutput) {
  Program program(R"(
    func.func @f(%q: tensor<1x1x3x4xf16>, %k: tensor<1x1x5x4xf16>,
        %v: tensor<1x1x5x4xbf16>, %o: tensor<1x1x3x4xbf16>)
        -> tensor<1x1x3x4xbf16> {
      %r = attn.attention ins(%q : tensor<1x1x3x4xf16>)
        dense(%k, %v : tensor<1x1x5x4xf16>, tensor<1x1x5x4xbf16>)
        outs(%o : tensor<1x1x3x4xbf16>)
      return %r : tensor<1x1x3x4xbf16>
    })");
  Loops loops;
  loops.batches = loops.heads = loops.keyHeads = 1;
  loops.queries = 3;
  loops.keys = 5;
  loops.depth = loops.channels = 4;
  auto make = [&](ArrayRef<int64_t> shape, Type type) {
    Array array = program.random(shape);
    array.elementType = type;
    array.round();
    return array;
  };
  SmallVector<Array> arguments = {make(loops.queryShape(), program.f16()),
                                  make(loops.keyShape(), program.f16()),
                                  make(loops.valueShape(), program.bf16()),
                                  make(loops.outputShape(), program.bf16())};
  Array want = loops.run(arguments[0], arguments[1], arguments[2]).first;
  want.elementType = program.bf16();
  want.round();
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(compare(results[0], want).maxAbs, 0);
}

TEST(Attention, SizesThatDisagree) {
  Program program(getText("", "", "", ""));
  Loops loops;
  loops.keys = 6;
  SmallVector<Array> arguments = {
      program.random({2, 4, 5, 8}), program.random({2, 4, 7, 8}),
      program.random({2, 4, 6, 6}), program.zeros({2, 4, 5, 6}),
      program.zeros({2, 4, 5})};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'attn.attention' op value has 6 keys, expected 7\n");
}

TEST(Attention, HeadsThatDoNotDivide) {
  Program program(getText("", "", "", ""));
  SmallVector<Array> arguments = {
      program.random({2, 4, 5, 8}), program.random({2, 3, 7, 8}),
      program.random({2, 3, 7, 6}), program.zeros({2, 4, 5, 6}),
      program.zeros({2, 4, 5})};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'attn.attention' op query heads (4) must be a multiple of key "
            "heads (3)\n");
}

TEST(Attention, EmptyExtents) {
  Program program(getText("", "", "", causal));
  Loops loops;
  loops.keys = 0;
  check(program, loops);
  loops.queries = 0;
  check(program, loops);
}

//===----------------------------------------------------------------------===//
// attn.merge
//===----------------------------------------------------------------------===//

static constexpr StringLiteral mergeText = R"(
  func.func @f(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>, %la: tensor<?xf32>,
      %lb: tensor<?xf32>, %o: tensor<?x?xf32>, %l: tensor<?xf32>)
      -> (tensor<?x?xf32>, tensor<?xf32>) {
    %r:2 = attn.merge parts(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>)
      lse(%la, %lb : tensor<?xf32>, tensor<?xf32>)
      outs(%o, %l : tensor<?x?xf32>, tensor<?xf32>)
      -> tensor<?x?xf32>, tensor<?xf32>
    return %r#0, %r#1 : tensor<?x?xf32>, tensor<?xf32>
  })";

/// An attention over the keys [first, last) of `k` and `v`.
static std::pair<Array, Array> attendTo(const Loops &loops, const Array &q,
                                        const Array &k, const Array &v,
                                        int64_t first, int64_t last) {
  Loops part = loops;
  part.mask = [=](int64_t b, int64_t h, int64_t i, int64_t j) {
    return j >= first && j < last && loops.mask(b, h, i, j);
  };
  return part.run(q, k, v);
}

TEST(Merge, HalvesGiveTheWhole) {
  Program program(mergeText);
  Loops loops;
  loops.batches = loops.heads = loops.keyHeads = 1;
  // Row 0 has no key in the second half, row 4 none at all.
  loops.mask = [](int64_t, int64_t, int64_t i, int64_t j) {
    return i != 4 && (i != 0 || j < 3);
  };
  Array q = program.random(loops.queryShape());
  Array k = program.random(loops.keyShape());
  Array v = program.random(loops.valueShape());
  auto [o, lse] = loops.run(q, k, v);
  auto [a, la] = attendTo(loops, q, k, v, 0, 3);
  auto [b, lb] = attendTo(loops, q, k, v, 3, 7);
  for (Array *array : {&o, &a, &b})
    array->shape = {5, 6};
  for (Array *array : {&lse, &la, &lb})
    array->shape = {5};
  // What a part without keys holds does not matter.
  for (int64_t e = 0; e < 6; ++e)
    b.floats[e] = NAN;
  SmallVector<Array> arguments = {
      a, b, la, lb, program.zeros({5, 6}), program.zeros({5})};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 2u);
  expectClose(results[0], o);
  expectClose(results[1], lse);
}

TEST(Merge, ShapesThatDisagree) {
  Program program(mergeText);
  SmallVector<Array> arguments = {program.zeros({5, 6}), program.zeros({5, 5}),
                                  program.zeros({5}),    program.zeros({5}),
                                  program.zeros({5, 6}), program.zeros({5})};
  EXPECT_EQ(program.runExpectingFailure(arguments),
            "'attn.merge' op a part has [5, 5] elements, expected [5, 6]\n");
}

//===----------------------------------------------------------------------===//
// attn.score_reduce
//===----------------------------------------------------------------------===//

TEST(ScoreReduce, ColumnSums) {
  Program program(R"(
    func.func @f(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x7x8xf32>,
        %n: tensor<2xi32>, %lse: tensor<2x4x5xf32>, %o: tensor<2x4x7xf32>)
        -> tensor<2x4x7xf32> {
      %r = attn.score_reduce column_sum ins(%q : tensor<2x4x5x8xf32>)
        dense(%k : tensor<2x2x7x8xf32>) lengths(%n : tensor<2xi32>)
        lse(%lse : tensor<2x4x5xf32>) outs(%o : tensor<2x4x7xf32>)
        mask(%b, %h, %i, %j) {
          %c = arith.cmpi slt, %j, %i : index
          attn.yield %c : i1
        }
      return %r : tensor<2x4x7xf32>
    })");
  Loops loops;
  loops.keyHeads = 2;
  int64_t lengths[] = {3, 7};
  loops.mask = [&](int64_t b, int64_t, int64_t i, int64_t j) {
    return j < i && j < lengths[b];
  };
  Array q = program.random(loops.queryShape());
  Array k = program.random(loops.keyShape());
  Array lse = loops.run(q, k, program.random(loops.valueShape())).second;
  Array want = program.zeros({2, 4, 7});
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t h = 0; h < 4; ++h)
      for (int64_t i = 0; i < 5; ++i)
        for (int64_t j = 0; j < 7; ++j)
          if (loops.mask(b, h, i, j))
            want.floats[at(want.shape, {b, h, j})] +=
                std::exp(loops.getScore(q, k, b, h, i, j) -
                         lse.floats[at(lse.shape, {b, h, i})]);
  Array output = program.random({2, 4, 7});
  SmallVector<Array> arguments = {q, k, program.integers({2}, lengths), lse,
                                  output};
  SmallVector<Array> results = program.run(arguments);
  ASSERT_EQ(results.size(), 1u);
  expectClose(results[0], want);
}
