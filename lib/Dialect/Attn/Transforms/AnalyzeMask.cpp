//===- AnalyzeMask.cpp - Remarks on masks ---------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileMap.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Analysis/MaskTranslation.h"
#include "fovea/Analysis/TileRanges.h"
#include "fovea/Analysis/TileTable.h"
#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNANALYZEMASK
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

namespace {

/// The analysis of one mask, and what is said of it.
class Report {
public:
  Report(ScoreOpInterface op, int64_t queryTile, int64_t keyTile);

  /// The number of tiles by class, and of partial ones that are empty or full
  /// when one looks at them one by one.
  struct Counts {
    int64_t empty = 0, full = 0, partial = 0;
    int64_t inVain = 0;
  };
  /// None unless all sizes and symbols are known.
  std::optional<Counts> count();

  void print(const std::optional<Counts> &counts);
  const TileBounds &getBounds() const { return bounds; }

private:
  /// For one batch and head.
  void countOnce(const TableSizes &sizes,
                 llvm::function_ref<int64_t(unsigned)> symbolOf,
                 Counts &counts);
  /// The extent of a dimension of queries (0) or keys (1); none if dynamic.
  std::optional<int64_t> extentOf(unsigned operand, unsigned dim);
  std::string nameOf(unsigned term);
  std::string describe(const KeyInterval &interval);
  void describe(Diagnostic &remark, StringRef verb,
                ArrayRef<KeyInterval> intervals);
  bool isPlaced() { return op.getOrigin().empty() && op.getStarts().empty(); }

  ScoreOpInterface op;
  int64_t queryTile, keyTile;
  IntegerRange coordinates;
  RegionMask source;
  MaskTranslation translation;
  unsigned first, others = 0;
  TileRows rows;
  TileBounds bounds;
};

} // namespace

static IntegerRange getCoordinates(ScoreOpInterface op) {
  bool isPlaced = op.getOrigin().empty() && op.getStarts().empty();
  return isPlaced ? IntegerRange{0, maxExtent - 1}
                  : IntegerRange{-maxCoordinate, maxCoordinate};
}

Report::Report(ScoreOpInterface op, int64_t queryTile, int64_t keyTile)
    : op(op), queryTile(queryTile), keyTile(keyTile),
      coordinates(getCoordinates(op)), source(op.getMask()),
      translation(coordinates, coordinates) {
  TermTable &terms = translation.mask.terms;
  translateMask(op.getMask().front().getTerminator()->getOperand(0), source,
                translation);
  first = terms.addSymbol(coordinates);
  rows.first = terms.get(first);
  std::optional<int64_t> queries = extentOf(0, 2), keys = extentOf(1, 3);
  if (queries && *queries % queryTile == 0) {
    rows.others = Linear::get(queryTile - 1);
  } else {
    others = terms.addSymbol({0, queryTile - 1});
    rows.others = terms.get(others);
  }
  if (keys && isPlaced() && op.getLengths().empty())
    rows.lastKey = Linear::get(*keys - 1);
  bounds = boundTiles(translation.mask, rows);
}

std::optional<int64_t> Report::extentOf(unsigned operand, unsigned dim) {
  AffineMap map = op.getIndexingMapsArray()[operand];
  Value value = operand == 0 ? op.getQuery() : op.getKeys()[0];
  auto type = cast<ShapedType>(value.getType());
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dim)
      return type.isDynamicDim(axis)
                 ? std::nullopt
                 : std::optional<int64_t>(type.getDimSize(axis));
  return 1;
}

std::string Report::nameOf(unsigned term) {
  if (term == first)
    return "i0";
  if (term == others)
    return "n";
  const MaskSymbol &symbol = translation.symbols.find(term)->second;
  return source.nameOf(symbol.value);
}

std::string Report::describe(const KeyInterval &interval) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto printLinear = [&](const Linear &e) {
    translation.mask.terms.print(os, e,
                                 [&](unsigned term) { return nameOf(term); });
  };
  auto printEnds = [&](StringRef word, ArrayRef<Linear> ends,
                       StringRef function) {
    os << word;
    if (ends.size() > 1)
      os << function << "(";
    llvm::interleaveComma(ends, os, printLinear);
    if (ends.size() > 1)
      os << ")";
  };
  os << (interval.lows.empty() && interval.highs.empty() ? "any key" : "keys");
  if (!interval.lows.empty())
    printEnds(" from ", interval.lows, "max");
  if (!interval.highs.empty())
    printEnds(" to ", interval.highs, "min");
  StringRef word = " if ";
  for (const Linear &e : interval.conditions) {
    os << word;
    printLinear(e);
    os << " >= 0";
    word = " and ";
  }
  for (auto [flag, negated] : interval.flags) {
    os << word << (negated ? "not " : "")
       << source.nameOf(translation.flags[flag]);
    word = " and ";
  }
  return text;
}

void Report::describe(Diagnostic &remark, StringRef verb,
                      ArrayRef<KeyInterval> intervals) {
  Diagnostic &note = remark.attachNote(op.getLoc());
  if (intervals.empty()) {
    note << "they " << verb << " no key";
    return;
  }
  note << "they may " << verb << " ";
  llvm::interleave(
      intervals,
      [&](const KeyInterval &interval) { note << describe(interval); },
      [&] { note << ", or "; });
}

std::optional<Report::Counts> Report::count() {
  std::optional<int64_t> queries = extentOf(0, 2), keys = extentOf(1, 3);
  std::optional<int64_t> batch = extentOf(0, 0), heads = extentOf(0, 1);
  Region &mask = op.getMask();
  bool usesBatch = false, usesHead = false;
  for (auto &[term, symbol] : translation.symbols) {
    usesBatch |= symbol.value == mask.getArgument(0);
    usesHead |= symbol.value == mask.getArgument(1);
    if (symbol.value != mask.getArgument(0) &&
        symbol.value != mask.getArgument(1))
      return std::nullopt;
  }
  if (!rows.lastKey || !queries || !translation.flags.empty() || !batch ||
      !heads)
    return std::nullopt;
  // Tiles that do not depend on batch or head are counted once.
  Counts counts;
  for (int64_t b = 0; b < (usesBatch ? *batch : 1); ++b)
    for (int64_t h = 0; h < (usesHead ? *heads : 1); ++h) {
      auto symbolOf = [&](unsigned term) {
        auto at = translation.symbols.find(term);
        return at->second.value == mask.getArgument(0) ? b : h;
      };
      countOnce({queryTile, keyTile, *queries, *keys}, symbolOf, counts);
    }
  return counts;
}

void Report::countOnce(const TableSizes &sizes,
                       llvm::function_ref<int64_t(unsigned)> symbolOf,
                       Counts &counts) {
  auto flagOf = [](unsigned) { return false; };
  int64_t tiles = llvm::divideCeil(sizes.keys, keyTile);
  TileGrid grid{Linear::get(0), keyTile};
  Counts here;
  for (int64_t row = 0; row < sizes.rows; row += queryTile) {
    auto valueOf = [&](unsigned term) -> int64_t {
      if (term == first)
        return row;
      if (others != 0 && term == others)
        return std::min(queryTile, sizes.rows - row) - 1;
      return symbolOf(term);
    };
    Numbers numbers(translation.mask.terms, valueOf, flagOf);
    int64_t visited = 0;
    for (const auto &range :
         TileRangeMaker<Numbers>(numbers, rows, grid, 0, tiles).make(bounds)) {
      int64_t size = std::max<int64_t>(range.high - range.low, 0);
      (range.partial ? here.partial : here.full) += size;
      visited += size;
    }
    here.empty += tiles - visited;
  }
  // The table gives up tiles, too.
  if (here.partial != 0 && here.empty + here.full + here.partial <= maxTable)
    here.inVain = std::max<int64_t>(
        here.partial - classifyTiles(translation.mask, sizes, symbolOf, flagOf)
                           .count(TileClass::partial),
        0);
  counts.empty += here.empty;
  counts.full += here.full;
  counts.partial += here.partial;
  counts.inVain += here.inVain;
}

void Report::print(const std::optional<Counts> &counts) {
  InFlightDiagnostic remark = emitRemark(op.getLoc())
                              << "mask of the queries i0 to i0 + ";
  if (rows.others.isConstant())
    remark << rows.others.constant;
  else
    remark << "n (n < " << queryTile << ")";
  remark << " in tiles of " << keyTile << " keys, "
         << (bounds.isExact ? "exact" : "not proved exact");
  Diagnostic &diagnostic = *remark.getUnderlyingDiagnostic();
  describe(diagnostic, "see", bounds.mayBeTrue);
  describe(diagnostic, "miss", bounds.mayBeFalse);
  for (Value value : source.getNamed())
    diagnostic.attachNote(value.getLoc())
        << source.nameOf(value) << " is the value computed here";
  if (translation.obstacle)
    diagnostic.attachNote(translation.obstacle->getLoc())
        << "'" << translation.obstacle->getName()
        << "' is not analysed: it is taken for true and for false";
  if (!counts)
    return;
  Diagnostic &note = diagnostic.attachNote(op.getLoc());
  note << counts->empty << " tiles are empty, " << counts->full << " full and "
       << counts->partial << " partial";
  if (counts->inVain != 0)
    note << ", of which " << counts->inVain << " need not be";
}

namespace {

struct AttnAnalyzeMaskPass final
    : attn::impl::AttnAnalyzeMaskBase<AttnAnalyzeMaskPass> {
  using Base::Base;

  void runOnOperation() override {
    if (queryTile < 0 || keyTile < 0) {
      emitError(getOperation()->getLoc())
          << "tiles of " << int64_t(queryTile) << " x " << int64_t(keyTile)
          << " elements: give positive sizes, or 0 for the schedule's";
      return signalPassFailure();
    }
    getOperation()->walk([&](ScoreOpInterface op) {
      if (!op.getMask().empty())
        analyze(op);
    });
    markAllAnalysesPreserved();
  }

  void analyze(ScoreOpInterface op) {
    auto schedule =
        dyn_cast_or_null<tile::ScheduleAttrInterface>(op->getAttr("schedule"));
    auto sizeOf = [](int64_t option, int64_t scheduled) {
      return option > 0 ? option : scheduled;
    };
    Report report(op,
                  sizeOf(queryTile, schedule ? schedule.getQueryTile() : 128),
                  sizeOf(keyTile, schedule ? schedule.getKeyTile() : 128));
    std::optional<Report::Counts> counts = report.count();
    report.print(counts);
    const TileBounds &bounds = report.getBounds();
    ++numMasks;
    numExact += bounds.isExact;
    numLinear += bounds.numLinear;
    numInverted += bounds.numInverted;
    numDropped += bounds.numDropped;
    if (counts) {
      numEmpty += counts->empty;
      numFull += counts->full;
      numPartial += counts->partial;
      numInVain += counts->inVain;
    }
  }
};

} // namespace
