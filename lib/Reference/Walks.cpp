//===- Walks.cpp - Ops that make walks, by their definitions --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each tile is looked at on its own, each pair of a mask's tile is evaluated.
//
//===----------------------------------------------------------------------===//

#include "Walks.h"

#include "Body.h"

#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <limits>

using namespace mlir;
using namespace fovea::attn;
using namespace fovea::reference;

namespace {

/// A tile's class.
enum class Listed { No, Partial, Full };

/// The key tiles that one tile of queries visits.
struct Row {
  int64_t queries;
  SmallVector<int64_t> partial, full;
  size_t size() const { return partial.size() + full.size(); }
};

} // namespace

/// Makes the walk of tiles `classify(b, h, row, tile)`.
static LogicalResult makeWalk(
    Machine &machine, Operation *op, Value rowsOut, Value tilesOut,
    int64_t numTiles,
    function_ref<FailureOr<Listed>(int64_t, int64_t, int64_t, int64_t)>
        classify,
    function_ref<LogicalResult(ArrayRef<int64_t> tile, int64_t entry)>
        writeMask = nullptr) {
  View rows = machine.getDestination(rowsOut);
  View tiles = machine.getDestination(tilesOut);
  int64_t place = 0;
  for (int64_t b = 0; b < rows.sizes[0]; ++b)
    for (int64_t h = 0; h < rows.sizes[1]; ++h) {
      std::vector<Row> list;
      std::vector<int64_t> places;
      for (int64_t r = 0; r < rows.sizes[2]; ++r) {
        Row row{r, {}, {}};
        for (int64_t n = 0; n < numTiles; ++n) {
          FailureOr<Listed> kind = classify(b, h, r, n);
          if (failed(kind))
            return failure();
          if (*kind == Listed::Partial)
            row.partial.push_back(n);
          else if (*kind == Listed::Full)
            row.full.push_back(n);
        }
        places.push_back(place);
        for (int64_t n : llvm::concat<int64_t>(row.partial, row.full)) {
          if (place >= tiles.sizes[0])
            return op->emitOpError("the list of tiles holds ")
                   << tiles.sizes[0] << " entries, which are too few";
          if (writeMask && llvm::is_contained(row.partial, n) &&
              failed(writeMask({b, h, r, n}, place)))
            return failure();
          tiles.store({place++}, {0, n});
        }
        list.push_back(std::move(row));
      }
      llvm::sort(list, [](const Row &x, const Row &y) {
        return std::pair(y.size(), x.queries) < std::pair(x.size(), y.queries);
      });
      for (auto [r, row] : llvm::enumerate(list)) {
        int64_t fields[] = {row.queries, places[row.queries],
                            static_cast<int64_t>(row.size()),
                            static_cast<int64_t>(row.partial.size())};
        for (int64_t n = 0; n < 4; ++n)
          rows.store({b, h, static_cast<int64_t>(r), n}, {0, fields[n]});
      }
    }
  if (op->getNumResults() >= 2) {
    machine.set(op->getResult(0), rows);
    machine.set(op->getResult(1), tiles);
  }
  return success();
}

static LogicalResult run(Machine &machine, WalkFromMaskOp op) {
  FailureOr<Body> mask = Body::create(machine, op.getMask().front(),
                                      machine.get(op.getMaskCaptures()),
                                      Reads::Safe);
  if (failed(mask))
    return failure();
  int64_t queries = std::max<int64_t>(machine.getInteger(op.getQueries()), 0);
  int64_t keys = std::max<int64_t>(machine.getInteger(op.getKeys()), 0);
  int64_t height = op.getWalkShape()[0], width = op.getWalkShape()[1];
  auto classify = [&](int64_t b, int64_t h, int64_t row,
                      int64_t tile) -> FailureOr<Listed> {
    bool someTrue = false, someFalse = false;
    for (int64_t i = row * height; i < std::min((row + 1) * height, queries);
         ++i)
      for (int64_t j = tile * width; j < std::min((tile + 1) * width, keys);
           ++j) {
        if (failed(mask->run({{0, b}, {0, h}, {0, i}, {0, j}})))
          return failure();
        (mask->getYielded(0).integer ? someTrue : someFalse) = true;
      }
    return someTrue ? (someFalse ? Listed::Partial : Listed::Full)
                    : Listed::No;
  };
  if (!op.getMasks())
    return makeWalk(machine, op, op.getRows(), op.getTiles(),
                    llvm::divideCeilSigned(keys, width), classify);
  View masks = machine.getDestination(op.getMasks());
  auto writeMask = [&](ArrayRef<int64_t> tile, int64_t entry) {
    for (int64_t i = 0; i < height; ++i) {
      SmallVector<uint32_t> words(masks.sizes[2], 0);
      for (int64_t j = 0; j < width; ++j) {
        int64_t query = tile[2] * height + i, key = tile[3] * width + j;
        if (query >= queries || key >= keys)
          continue;
        if (failed(mask->run({{0, tile[0]}, {0, tile[1]}, {0, query}, {0, key}})))
          return failure();
        if (mask->getYielded(0).integer)
          words[getMaskWord(j)] |= uint32_t(1) << getMaskBit(j);
      }
      for (auto [w, word] : llvm::enumerate(words))
        masks.store({entry, i, static_cast<int64_t>(w)},
                    {0, static_cast<int32_t>(word)});
    }
    return success();
  };
  if (failed(makeWalk(machine, op, op.getRows(), op.getTiles(),
                      llvm::divideCeilSigned(keys, width), classify,
                      writeMask)))
    return failure();
  if (op->getNumResults() == 3)
    machine.set(op->getResult(2), masks);
  return success();
}

/// Selections: `isListed(input, {b, h, row, tile})`.
template <typename OpTy>
static LogicalResult
select(Machine &machine, OpTy op,
       function_ref<bool(const View &, ArrayRef<int64_t>)> isListed) {
  View input = machine.getView(op.getInput());
  Listed kind = op.getPartial() ? Listed::Partial : Listed::Full;
  return makeWalk(machine, op, op.getRows(), op.getTiles(), input.sizes[3],
                  [&](int64_t b, int64_t h, int64_t row,
                      int64_t tile) -> FailureOr<Listed> {
                    return isListed(input, {b, h, row, tile}) ? kind
                                                              : Listed::No;
                  });
}

static LogicalResult run(Machine &machine, WalkFromBlocksOp op) {
  return select(machine, op, [](const View &input, ArrayRef<int64_t> at) {
    return input.load(at).integer != 0;
  });
}

static LogicalResult run(Machine &machine, WalkThresholdOp op) {
  double least = machine.getScalar(op.getThreshold()).real;
  return select(machine, op, [&](const View &input, ArrayRef<int64_t> at) {
    return input.load(at).real >= least;
  });
}

static LogicalResult run(Machine &machine, WalkTopKOp op) {
  int64_t k = op.getK();
  return select(machine, op, [&](const View &input, ArrayRef<int64_t> at) {
    double own = input.load(at).real;
    if (!(own > -std::numeric_limits<double>::infinity()))
      return false;
    int64_t before = 0;
    for (int64_t n = 0; n < input.sizes[3]; ++n) {
      double other = input.load({at[0], at[1], at[2], n}).real;
      before += other > own || (other == own && n < at[3]);
    }
    return before < k;
  });
}

LogicalResult fovea::reference::runWalk(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<WalkFromMaskOp, WalkFromBlocksOp, WalkTopKOp, WalkThresholdOp>(
          [&](auto walkOp) { return run(machine, walkOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
