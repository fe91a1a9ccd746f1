//===- MaskTest.cpp - Known masks -----------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include "fovea/Analysis/TileTable.h"

using namespace fovea;

namespace {

/// A known mask, as a formula and as a function.
struct Known {
  const char *name;
  std::function<Formula(Mask &, const Linear &i, const Linear &j)> formula;
  std::function<bool(int64_t i, int64_t j)> isTrue;
  /// Empty and full tiles that are called partial, in tiles of 128 x 64.
  int64_t emptyVisited = 0, fullMasked = 0;
  Sizes sizes = {128, 64, 2048, 2048};
  /// Whether the result is known to be exact.
  bool isExact = true;
};

/// |x - y| <= radius
Formula near(Mask &m, const Linear &x, const Linear &y, int64_t radius) {
  Linear d = m.terms.subtract(x, y);
  return Mask::all(m.atLeastZero(m.terms.add(d, radius)),
                   m.atLeastZero(m.terms.add(m.terms.multiply(d, -1), radius)));
}

/// The window of `2 * radius + 1` around x that is moved into [0, extent).
Formula clampedWindow(Mask &m, const Linear &x, const Linear &y, int64_t radius,
                      int64_t extent) {
  TermTable &t = m.terms;
  int64_t size = 2 * radius + 1;
  Linear start = t.minimum(t.maximum(t.add(x, -radius), Linear::get(0)),
                           Linear::get(extent - size));
  return Mask::all(m.lessEqual(start, y),
                   m.lessEqual(y, t.add(start, size - 1)));
}

int64_t windowStart(int64_t x, int64_t radius, int64_t extent) {
  return std::min(std::max<int64_t>(x - radius, 0), extent - 2 * radius - 1);
}

std::vector<Known> knownMasks() {
  auto causal = [](Mask &m, const Linear &i, const Linear &j) {
    return m.lessEqual(j, i);
  };
  auto window = [](Mask &m, const Linear &i, const Linear &j, int64_t size) {
    return m.lessEqual(m.terms.add(m.terms.subtract(i, j), 1),
                       Linear::get(size));
  };
  auto chunk = [](Mask &m, const Linear &i, const Linear &j, int64_t size) {
    return m.equal(m.terms.floorDiv(i, size), m.terms.floorDiv(j, size));
  };
  auto strided = [](Mask &m, const Linear &x, int64_t size) {
    return m.equal(m.terms.mod(x, size), Linear::get(0));
  };
  auto below = [](Mask &m, const Linear &x, int64_t limit) {
    return m.lessEqual(x, Linear::get(limit - 1));
  };
  std::vector<Known> masks;
  masks.push_back(
      {"Causal", causal, [](int64_t i, int64_t j) { return j <= i; }});
  masks.push_back({"Offset",
                   [](Mask &m, const Linear &i, const Linear &j) {
                     return m.lessEqual(j, m.terms.add(i, 987));
                   },
                   [](int64_t i, int64_t j) { return j <= i + 987; },
                   0,
                   0,
                   {128, 64, 1061, 2048}});
  masks.push_back(
      {"Window",
       [=](Mask &m, const Linear &i, const Linear &j) {
         return Mask::all(causal(m, i, j), window(m, i, j, 1024));
       },
       [](int64_t i, int64_t j) { return j <= i && i - j < 1024; }});
  masks.push_back(
      {"SinkAndWindow",
       [=](Mask &m, const Linear &i, const Linear &j) {
         return Mask::all(causal(m, i, j),
                          Mask::any(below(m, j, 64), window(m, i, j, 300)));
       },
       [](int64_t i, int64_t j) { return j <= i && (j < 64 || i - j < 300); }});
  masks.push_back({"Prefix",
                   [=](Mask &m, const Linear &i, const Linear &j) {
                     return Mask::any(causal(m, i, j), below(m, j, 200));
                   },
                   [](int64_t i, int64_t j) { return j <= i || j < 200; }});
  masks.push_back(
      {"Dilated",
       [=](Mask &m, const Linear &i, const Linear &j) {
         return Mask::all(causal(m, i, j),
                          strided(m, m.terms.subtract(i, j), 4));
       },
       [](int64_t i, int64_t j) { return j <= i && (i - j) % 4 == 0; },
       0,
       0,
       {128, 64, 2048, 2048},
       false});
  for (auto [name, size] :
       {std::pair("Chunk256", 256), {"Chunk200", 200}, {"Chunk37", 37}})
    masks.push_back(
        {name,
         [=, size = size](Mask &m, const Linear &i, const Linear &j) {
           return chunk(m, i, j, size);
         },
         [size = size](int64_t i, int64_t j) { return i / size == j / size; }});
  for (auto [name, size] :
       {std::pair("CausalChunk256", 256), {"CausalChunk100", 100}})
    masks.push_back(
        {name,
         [=, size = size](Mask &m, const Linear &i, const Linear &j) {
           return Mask::all(causal(m, i, j), chunk(m, i, j, size));
         },
         [size = size](int64_t i, int64_t j) {
           return j <= i && i / size == j / size;
         }});
  for (auto [name, size] :
       {std::pair("BlockCausal32", 32), {"BlockCausal100", 100}})
    masks.push_back(
        {name,
         [size = size](Mask &m, const Linear &i, const Linear &j) {
           return m.lessEqual(m.terms.floorDiv(j, size),
                              m.terms.floorDiv(i, size));
         },
         [size = size](int64_t i, int64_t j) { return j / size <= i / size; }});
  masks.push_back({"BigBird",
                   [=](Mask &m, const Linear &i, const Linear &j) {
                     return Mask::all(
                         causal(m, i, j),
                         Mask::any(window(m, i, j, 256), strided(m, j, 64)));
                   },
                   [](int64_t i, int64_t j) {
                     return j <= i && (i - j < 256 || j % 64 == 0);
                   },
                   0,
                   0,
                   {128, 64, 2048, 2048},
                   false});
  masks.push_back({"BlockStride",
                   [=](Mask &m, const Linear &i, const Linear &j) {
                     return Mask::all(
                         causal(m, i, j),
                         Mask::any(window(m, i, j, 256),
                                   strided(m, m.terms.floorDiv(j, 64), 8)));
                   },
                   [](int64_t i, int64_t j) {
                     return j <= i && (i - j < 256 || j / 64 % 8 == 0);
                   },
                   154,
                   32,
                   {128, 64, 2048, 2048},
                   false});
  masks.push_back(
      {"NotWindow",
       [](Mask &m, const Linear &i, const Linear &j) {
         return m.negate(near(m, i, m.terms.add(j, 25), 125));
       },
       [](int64_t i, int64_t j) { return i - j < -100 || i - j > 150; }});
  masks.push_back({"Covering",
                   [](Mask &m, const Linear &i, const Linear &j) {
                     TermTable &t = m.terms;
                     Linear d = t.subtract(i, j);
                     return Mask::any(
                         m.atLeastZero(t.add(d, -37)),
                         m.atLeastZero(t.add(t.multiply(d, -1), 36)));
                   },
                   [](int64_t, int64_t) { return true; }});
  masks.push_back({"ClampedWindow",
                   [](Mask &m, const Linear &i, const Linear &j) {
                     return clampedWindow(m, i, j, 200, 2048);
                   },
                   [](int64_t i, int64_t j) {
                     int64_t start = windowStart(i, 200, 2048);
                     return start <= j && j <= start + 400;
                   }});
  masks.push_back(
      {"Nest",
       [=](Mask &m, const Linear &i, const Linear &j) {
         TermTable &t = m.terms;
         Formula third = m.equal(t.mod(t.floorDiv(j, 16), 3), Linear::get(1));
         Formula far = m.negate(window(m, i, j, 201));
         Formula a =
             Mask::all(causal(m, i, j), m.negate(Mask::all(third, far)));
         Formula b = Mask::all(
             below(m, j, 130),
             m.negate(Mask::any(below(m, t.mod(i, 512), 40),
                                m.lessEqual(Linear::get(900), t.add(i, j)))));
         Formula hole = Mask::all(
             Mask::all(m.lessEqual(Linear::get(300), j), below(m, j, 421)),
             m.lessEqual(Linear::get(700), i));
         return Mask::all(Mask::any(a, b), m.negate(hole));
       },
       [](int64_t i, int64_t j) {
         bool r = (j <= i && !(j / 16 % 3 == 1 && i - j > 200)) ||
                  (j < 130 && !(i % 512 < 40 || i + j >= 900));
         return r && !(j >= 300 && j <= 420 && i >= 700);
       },
       0,
       0,
       {128, 64, 2048, 2048},
       false});
  // Neighbourhoods of 13 x 13 tokens in a grid with rows of `width`.
  for (auto [name, width, clamped] : {std::tuple("Grid128", 128, false),
                                      {"ClampedGrid128", 128, true},
                                      {"Grid100", 100, false}})
    masks.push_back(
        {name,
         [width = width, clamped = clamped](Mask &m, const Linear &i,
                                            const Linear &j) {
           TermTable &t = m.terms;
           Linear yi = t.floorDiv(i, width), yj = t.floorDiv(j, width);
           Linear xi = t.mod(i, width), xj = t.mod(j, width);
           if (clamped)
             return Mask::all(clampedWindow(m, yi, yj, 6, 64),
                              clampedWindow(m, xi, xj, 6, width));
           return Mask::all(near(m, yi, yj, 6), near(m, xi, xj, 6));
         },
         [width = width, clamped = clamped](int64_t i, int64_t j) {
           int64_t yi = i / width, yj = j / width;
           int64_t xi = i % width, xj = j % width;
           if (!clamped)
             return std::abs(yi - yj) <= 6 && std::abs(xi - xj) <= 6;
           int64_t y = windowStart(yi, 6, 64), x = windowStart(xi, 6, width);
           return y <= yj && yj <= y + 12 && x <= xj && xj <= x + 12;
         },
         // Ragged rows of tokens: keys of a tile are seen by none of the rows.
         width == 100 ? 52 : 0,
         0,
         {128, 64, 64 * width, 64 * width},
         false});
  return masks;
}

class KnownMasks : public ::testing::TestWithParam<Known> {
protected:
  Mask makeMask() const {
    Mask mask({0, int64_t(1) << 32}, {0, int64_t(1) << 32});
    mask.formula = known.formula(mask, mask.terms.get(TermTable::row),
                                 mask.terms.get(TermTable::column));
    return mask;
  }

  const Known &known = GetParam();
  /// Sizes whose last tiles are cut.
  const TableSizes cut{known.sizes.tileRows, known.sizes.tileKeys,
                       known.sizes.rows - 5, known.sizes.keys - 13};
};

} // namespace

TEST_P(KnownMasks, Tiles) {
  for (bool ragged : {false, true}) {
    Sizes sizes = known.sizes;
    if (ragged)
      sizes = {96, 80, sizes.rows - 37, sizes.keys - 13};
    Mask mask = makeMask();
    TiledMask tiled(mask, sizes);
    Counts counts = tiled.compare(sizes, known.isTrue);
    EXPECT_EQ(counts.wrong, 0);
    EXPECT_EQ(tiled.getBounds().isExact, known.isExact);
    if (!known.isExact && ragged)
      continue;
    EXPECT_EQ(counts.emptyVisited, known.emptyVisited);
    EXPECT_EQ(counts.fullMasked, known.fullMasked);
  }
}

TEST_P(KnownMasks, Table) {
  Mask mask = makeMask();
  auto none = [](unsigned) { return 0; };
  auto noFlag = [](unsigned) { return false; };
  for (unsigned maxSteps : {0, 1024}) {
    TileTable table = classifyTiles(mask, cut, none, noFlag, maxSteps);
    int64_t numWrong = 0, numInexact = 0;
    int64_t numQueryTiles = int64_t(table.classes.size()) / table.numKeyTiles;
    for (int64_t q = 0; q < numQueryTiles; ++q)
      for (int64_t k = 0; k < table.numKeyTiles; ++k) {
        bool hasTrue = false, hasFalse = false;
        for (int64_t i = q * cut.tileRows;
             i < std::min((q + 1) * cut.tileRows, cut.rows); ++i)
          for (int64_t j = k * cut.tileKeys;
               j < std::min((k + 1) * cut.tileKeys, cut.keys); ++j) {
            if (hasTrue && hasFalse)
              break;
            (known.isTrue(i, j) ? hasTrue : hasFalse) = true;
          }
        TileClass is = !hasTrue    ? TileClass::empty
                       : !hasFalse ? TileClass::full
                                   : TileClass::partial;
        numWrong +=
            table.at(q, k) != is && table.at(q, k) != TileClass::partial;
        numInexact += table.at(q, k) != is;
      }
    EXPECT_EQ(numWrong, 0);
    EXPECT_LE(numInexact, table.numGivenUp);
    if (maxSteps != 0) {
      EXPECT_EQ(numInexact, 0);
    }
  }
}

// Each tile is given once, with its class or that of a tile of its box.
TEST_P(KnownMasks, Visit) {
  Mask mask = makeMask();
  constexpr unsigned maxSteps = 1024;
  TileTable table = classifyTiles(
      mask, cut, [](unsigned) { return 0; }, [](unsigned) { return false; },
      maxSteps);
  for (size_t maxBoxes : {0, 1, 16, 1 << 20}) {
    std::vector<int> numVisits(table.classes.size());
    int64_t numWrong = 0, numOther = 0;
    bool isExact = visitTiles(
        mask, cut,
        {[](unsigned) { return IntegerRange{0, 0}; },
         [](unsigned) { return std::optional(false); }},
        maxSteps, maxBoxes,
        [&](IntegerRange queries, IntegerRange keys, TileClass which, bool) {
          bool isThere = false;
          for (int64_t q = queries.low; q <= queries.high; ++q)
            for (int64_t k = keys.low; k <= keys.high; ++k) {
              ++numVisits[q * table.numKeyTiles + k];
              isThere |= table.at(q, k) == which;
              numOther += table.at(q, k) != which;
            }
          numWrong += !isThere;
        });
    EXPECT_TRUE(llvm::all_of(numVisits, [](int n) { return n == 1; }));
    EXPECT_EQ(numWrong, 0);
    EXPECT_TRUE(isExact ? numOther == 0 : maxBoxes <= 16);
  }
}

INSTANTIATE_TEST_SUITE_P(, KnownMasks, ::testing::ValuesIn(knownMasks()),
                         [](const auto &info) { return info.param.name; });
