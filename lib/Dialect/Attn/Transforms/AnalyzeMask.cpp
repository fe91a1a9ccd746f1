//===- AnalyzeMask.cpp - Remarks on masks ---------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskRanges.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

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
  Report(ScoreOpInterface op, TileExtents tiles)
      : op(op), tiles(tiles), ranges(op, tiles) {}

  void print(const std::optional<RangeCounts> &counts);
  const MaskRanges &getRanges() const { return ranges; }

private:
  std::string nameOf(unsigned term);
  std::string describe(const KeyInterval &interval);
  void describe(Diagnostic &remark, StringRef verb,
                ArrayRef<KeyInterval> intervals);

  ScoreOpInterface op;
  TileExtents tiles;
  MaskRanges ranges;
};

} // namespace

std::string Report::nameOf(unsigned term) {
  if (term == ranges.getFirst())
    return "i0";
  if (term == ranges.getOthers())
    return "n";
  const MaskSymbol &symbol = ranges.getTranslation().symbols.find(term)->second;
  return ranges.getSource().nameOf(symbol.value);
}

std::string Report::describe(const KeyInterval &interval) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto printLinear = [&](const Linear &e) {
    ranges.getTranslation().mask.terms.print(
        os, e, [&](unsigned term) { return nameOf(term); });
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
       << ranges.getSource().nameOf(ranges.getTranslation().flags[flag]);
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

void Report::print(const std::optional<RangeCounts> &counts) {
  InFlightDiagnostic remark = emitRemark(op.getLoc())
                              << "mask of the queries i0 to i0 + ";
  const TileBounds &bounds = ranges.getBounds();
  RegionMask &source = ranges.getSource();
  if (const Linear &others = ranges.getRows().others; others.isConstant())
    remark << others.constant;
  else
    remark << "n (n < " << tiles.queries << ")";
  remark << " in tiles of " << tiles.keys << " keys, "
         << (bounds.isExact ? "exact" : "not proved exact");
  Diagnostic &diagnostic = *remark.getUnderlyingDiagnostic();
  describe(diagnostic, "see", bounds.mayBeTrue);
  describe(diagnostic, "miss", bounds.mayBeFalse);
  for (Value value : source.getNamed())
    diagnostic.attachNote(value.getLoc())
        << source.nameOf(value) << " is the value computed here";
  if (Operation *obstacle = ranges.getTranslation().obstacle)
    diagnostic.attachNote(obstacle->getLoc())
        << "'" << obstacle->getName()
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
      if (op.getWalkAttr())
        emitRemark(op.getLoc()) << "has a walk in closed form: run "
                                   "-attn-walk-to-mask first";
      else if (!op.getMask().empty())
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
                  {sizeOf(queryTile, schedule ? schedule.getQueryTile() : 128),
                   sizeOf(keyTile, schedule ? schedule.getKeyTile() : 128)});
    const MaskRanges &ranges = report.getRanges();
    std::optional<RangeCounts> counts = ranges.count();
    report.print(counts);
    const TileBounds &bounds = ranges.getBounds();
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
