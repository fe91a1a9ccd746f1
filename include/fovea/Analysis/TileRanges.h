//===- TileRanges.h - Ranges of full and partial tiles ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From the intervals of TileBounds.h to the ranges of a walk. How many ranges
// there are is known at once, their ends when the rows and symbols are. The
// arithmetic is a parameter: numbers (class Numbers), or ops that are created
// (tile-refine-walk).
//
// An arithmetic `A` has types `Value` and `Condition`, and
//   Value linear(const Linear &)         Value constant(int64_t)
//   Value add(Value, int64_t)            Value subtract(Value, Value)
//   Value floorDiv(Value, int64_t)       Value min(Value, Value), max(...)
//   Value select(Condition, Value, Value)
//   Condition lessEqual(Value, Value)    Condition both(Condition, Condition)
//   Condition flag(unsigned, bool negated)
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_ANALYSIS_TILERANGES_H
#define FOVEA_ANALYSIS_TILERANGES_H

#include "fovea/Analysis/TileBounds.h"

#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace fovea {

/// Key tiles [low, high), full or partial.
template <typename Value>
struct TileRange {
  Value low, high;
  bool partial;
};

/// Where tiles lie: tile J has the keys `base + J * size` and on.
struct TileGrid {
  Linear base;
  int64_t size;
};

/// Intervals with two ends that a family keeps apart.
constexpr unsigned defaultMaxIntervals = 3;

/// Makes the ranges of a walk within [begin, end). Of more than `maxIntervals`
/// intervals with two ends in one family the hull is taken.
template <typename A>
class TileRangeMaker {
public:
  using Value = typename A::Value;
  using Condition = typename A::Condition;
  using Range = TileRange<Value>;

  TileRangeMaker(A &a, const TileRows &rows, const TileGrid &grid, Value begin,
                 Value end, unsigned maxIntervals = defaultMaxIntervals)
      : a(a), rows(rows), grid(grid), begin(begin), end(end),
        maxIntervals(maxIntervals) {}

  /// The ranges do not overlap; together they hold each tile that is not
  /// empty, and the full ones hold full tiles only.
  llvm::SmallVector<Range> make(const TileBounds &bounds) {
    llvm::SmallVector<Interval> visited = arrange(bounds.mayBeTrue);
    if (visited.empty())
      return {Range{begin, begin, true}};
    if (visited.size() == 1) {
      // The walk ends there.
      begin = visited[0].low.value_or(begin);
      end = visited[0].high.value_or(end);
      if (visited[0].low)
        end = a.max(end, begin);
      visited[0] = Interval();
    }
    llvm::SmallVector<Interval> masked = arrange(bounds.mayBeFalse);
    llvm::SmallVector<Range> ranges;
    // Before, between and behind the masked intervals all tiles are full.
    auto addFull = [&](unsigned n) {
      std::optional<Value> low, high;
      low = n == 0 ? begin : masked[n - 1].high;
      high = n == masked.size() ? end : masked[n].low;
      if (low && high)
        ranges.push_back({*low, *high, false});
    };
    addFull(0);
    // Of the pairs (k, n) with the same k + n one at most overlaps.
    for (unsigned sum = 0; sum + 1 < visited.size() + masked.size(); ++sum) {
      std::optional<Interval> chosen;
      for (unsigned k = 0; k <= sum && k < visited.size(); ++k)
        if (sum - k < masked.size())
          chosen = choose(chosen, overlap(visited[k], masked[sum - k]));
      if (chosen)
        ranges.push_back(
            {chosen->low.value_or(begin), chosen->high.value_or(end), true});
      if (sum < masked.size())
        addFull(sum + 1);
    }
    return ranges;
  }

private:
  /// None: from the beginning, or to the end, of the walk.
  struct Interval {
    std::optional<Value> low, high;
  };

  Value clamp(Value x) { return a.min(a.max(x, begin), end); }

  std::optional<Value> fold(llvm::ArrayRef<Linear> ends, bool largest) {
    std::optional<Value> result;
    for (const Linear &e : ends) {
      Value value = a.linear(e);
      if (!result)
        result = value;
      else
        result = largest ? a.max(*result, value) : a.min(*result, value);
    }
    return result;
  }

  /// What an interval depends on; none if on nothing.
  std::optional<Condition> conditionOf(const KeyInterval &interval,
                                       std::optional<Value> low,
                                       std::optional<Value> high) {
    std::optional<Condition> result;
    auto require = [&](Condition c) {
      result = result ? a.both(*result, c) : c;
    };
    for (const Linear &e : interval.conditions)
      require(a.lessEqual(a.constant(0), a.linear(e)));
    for (auto [flag, negated] : interval.flags)
      require(a.flag(flag, negated));
    if (interval.mayBeEmpty) {
      std::optional<Value> last = high;
      if (rows.lastKey) {
        Value key = a.linear(rows.lastKey);
        last = last ? a.min(*last, key) : key;
      }
      require(a.lessEqual(*low, *last));
    }
    return result;
  }

  Interval tilesOf(const KeyInterval &interval) {
    std::optional<Value> low = fold(interval.lows, /*largest=*/true);
    std::optional<Value> high = fold(interval.highs, /*largest=*/false);
    std::optional<Condition> condition = conditionOf(interval, low, high);
    auto tileOf = [&](Value key) {
      return a.floorDiv(a.subtract(key, a.linear(grid.base)), grid.size);
    };
    Interval result;
    if (low)
      result.low = clamp(tileOf(*low));
    if (high)
      result.high = clamp(a.add(tileOf(*high), 1));
    if (!condition)
      return result;
    // An interval without a tile is at the end, or at the beginning if it has
    // no other end.
    if (result.low)
      result.low = a.select(*condition, *result.low, end);
    else
      result.high = a.select(*condition, result.high.value_or(end), begin);
    return result;
  }

  /// Tile intervals that rise and do not overlap; some may be empty.
  llvm::SmallVector<Interval> arrange(llvm::ArrayRef<KeyInterval> intervals) {
    std::optional<Value> first, last; // Ends of the open intervals.
    llvm::SmallVector<Interval> closed;
    for (const KeyInterval &interval : intervals) {
      if (interval.isEverything())
        return {Interval()};
      Interval tiles = tilesOf(interval);
      if (!tiles.low)
        first = first ? a.max(*first, *tiles.high) : *tiles.high;
      else if (!tiles.high)
        last = last ? a.min(*last, *tiles.low) : *tiles.low;
      else
        closed.push_back(tiles);
    }
    if (closed.size() > maxIntervals)
      closed = {hull(closed)};
    sort(closed);
    llvm::SmallVector<Interval> result;
    std::optional<Value> reached = first;
    if (first)
      result.push_back({std::nullopt, first});
    if (first && last)
      last = a.max(*last, *first);
    for (Interval tiles : closed) {
      if (last) {
        tiles.low = a.min(*tiles.low, *last);
        tiles.high = a.min(*tiles.high, *last);
      }
      if (reached)
        tiles.low = a.max(*tiles.low, *reached);
      tiles.high = a.max(*tiles.high, *tiles.low);
      reached = tiles.high;
      result.push_back(tiles);
    }
    if (last)
      result.push_back({last, std::nullopt});
    return result;
  }

  Interval hull(llvm::ArrayRef<Interval> intervals) {
    Interval result{end, begin};
    for (const Interval &tiles : intervals) {
      Condition isEmpty = a.lessEqual(*tiles.high, *tiles.low);
      result.low = a.min(*result.low, a.select(isEmpty, end, *tiles.low));
      result.high = a.max(*result.high, a.select(isEmpty, begin, *tiles.high));
    }
    return result;
  }

  /// By their lower ends.
  void sort(llvm::MutableArrayRef<Interval> intervals) {
    for (size_t n = intervals.size(); n > 1; --n)
      for (size_t k = 0; k + 1 < n; ++k) {
        Interval x = intervals[k], y = intervals[k + 1];
        Condition inOrder = a.lessEqual(*x.low, *y.low);
        intervals[k] = {a.select(inOrder, *x.low, *y.low),
                        a.select(inOrder, *x.high, *y.high)};
        intervals[k + 1] = {a.select(inOrder, *y.low, *x.low),
                            a.select(inOrder, *y.high, *x.high)};
      }
  }

  Interval overlap(const Interval &x, const Interval &y) {
    Interval result{x.low ? x.low : y.low, x.high ? x.high : y.high};
    if (x.low && y.low)
      result.low = a.max(*x.low, *y.low);
    if (x.high && y.high)
      result.high = a.min(*x.high, *y.high);
    return result;
  }

  /// That of the two which is not empty.
  Interval choose(std::optional<Interval> x, const Interval &y) {
    if (!x)
      return y;
    Value low = y.low.value_or(begin), high = y.high.value_or(end);
    Condition isEmpty = a.lessEqual(high, low);
    return {a.select(isEmpty, x->low.value_or(begin), low),
            a.select(isEmpty, x->high.value_or(end), high)};
  }

  A &a;
  const TileRows &rows;
  const TileGrid &grid;
  Value begin, end;
  unsigned maxIntervals;
};

/// The arithmetic of numbers.
class Numbers {
public:
  using Value = int64_t;
  using Condition = bool;

  Numbers(const TermTable &terms, llvm::function_ref<int64_t(unsigned)> symbols,
          llvm::function_ref<bool(unsigned)> flags)
      : terms(terms), symbols(symbols), flags(flags) {}

  Value linear(const Linear &e) { return terms.evaluate(e, symbols); }
  Value constant(int64_t x) { return x; }
  Value add(Value x, int64_t y) { return x + y; }
  Value subtract(Value x, Value y) { return x - y; }
  Value floorDiv(Value x, int64_t d) { return fovea::floorDiv(x, d); }
  Value min(Value x, Value y) { return std::min(x, y); }
  Value max(Value x, Value y) { return std::max(x, y); }
  Value select(Condition c, Value x, Value y) { return c ? x : y; }
  Condition lessEqual(Value x, Value y) { return x <= y; }
  Condition both(Condition x, Condition y) { return x && y; }
  Condition flag(unsigned n, bool negated) { return flags(n) != negated; }

private:
  const TermTable &terms;
  llvm::function_ref<int64_t(unsigned)> symbols;
  llvm::function_ref<bool(unsigned)> flags;
};

} // namespace fovea

#endif // FOVEA_ANALYSIS_TILERANGES_H
