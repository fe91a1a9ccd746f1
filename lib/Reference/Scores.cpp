//===- Scores.cpp - Scores of an attention, pair by pair ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scores.h"

#include "fovea/Dialect/Attn/IR/AttnFactors.h"

#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace fovea::attn;
using namespace fovea::reference;

int64_t fovea::reference::readInteger(const View &table,
                                      ArrayRef<int64_t> index) {
  return table.load(index).integer;
}

std::vector<double> fovea::reference::readRow(const View &view, AffineMap map,
                                              Point point, Dim along,
                                              int64_t size) {
  std::vector<double> row(size);
  for (int64_t n = 0; n < size; ++n) {
    point[along] = n;
    row[n] = view.load(evaluateMap(map, point)).real;
  }
  return row;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

FailureOr<Scores> Scores::create(const Machine &machine, ScoreOpInterface op,
                                 ValueRange values) {
  Scores scores(op);
  scores.query = machine.getView(op.getQuery());
  if (Value factors = op.getQueryFactors())
    scores.queryFactors = machine.getView(factors);
  scores.scale = op.getScaleValue();
  scores.readSegments(machine, values);
  if (failed(scores.checkOperands()) || failed(scores.prepare(machine)) ||
      failed(scores.readWalk(machine)))
    return failure();
  return scores;
}

void Scores::readSegments(const Machine &machine, ValueRange values) {
  auto lengths = op.getLengths().begin(), tables = op.getTables().begin(),
       starts = op.getStarts().begin();
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    Segment segment;
    segment.attribute = cast<SegmentAttr>(attribute);
    segment.keys = machine.getView(op.getKeys()[n]);
    if (!values.empty())
      segment.values = machine.getView(values[n]);
    if (!op.getKeyFactors().empty())
      segment.factors = machine.getView(op.getKeyFactors()[n]);
    if (segment.attribute.getHasLengths())
      segment.lengths = machine.getView(*lengths++);
    for (unsigned t = 0; t < segment.attribute.getNumTables(); ++t)
      segment.tables.push_back(machine.getView(*tables++));
    if (segment.attribute.getHasStart())
      segment.start = machine.getInteger(*starts++);
    segments.push_back(std::move(segment));
  }
}

/// The origin and the regions.
LogicalResult Scores::prepare(const Machine &machine) {
  if (!op.getOrigin().empty())
    origin = machine.getIndex(op.getOrigin());
  auto prepareRegion = [&](Region &region, OperandRange captures,
                           std::optional<Body> &body) -> LogicalResult {
    if (region.empty())
      return success();
    FailureOr<Body> created = Body::create(machine, region.front(),
                                           machine.get(captures), Reads::Safe);
    if (succeeded(created))
      body.emplace(std::move(*created));
    return created;
  };
  return success(
      succeeded(prepareRegion(op.getScore(), op.getScoreCaptures(), score)) &&
      succeeded(prepareRegion(op.getMask(), op.getMaskCaptures(), mask)));
}

/// What the walk's rows list, as a table.
LogicalResult Scores::readWalk(const Machine &machine) {
  std::optional<ArrayRef<int64_t>> shape = op.getWalkShape();
  if (!shape)
    return success();
  View rows = machine.getView(op.getWalkRows());
  View tiles = machine.getView(op.getWalkTiles());
  int64_t numRows = llvm::divideCeilSigned(extents[dimI], (*shape)[0]);
  int64_t numTiles =
      llvm::divideCeilSigned(getNumColumns(segments[0]), (*shape)[1]);
  if ((rows.sizes[0] != 1 && rows.sizes[0] != extents[dimB]) ||
      (rows.sizes[1] != 1 && rows.sizes[1] != extents[dimH]) ||
      rows.sizes[2] != numRows)
    return op->emitOpError("the walk's rows are [")
           << ArrayRef(rows.sizes) << "], expected [1 or " << extents[dimB]
           << ", 1 or " << extents[dimH] << ", " << numRows << ", 4]";
  walk = WalkTable{(*shape)[0],
                   (*shape)[1],
                   rows.sizes[0],
                   rows.sizes[1],
                   numRows,
                   numTiles,
                   {},
                   {},
                   {},
                   {}};
  walk->visits.resize(walk->b * walk->h * numRows * numTiles, Visit::Skipped);
  walk->entries.resize(walk->visits.size());
  walk->invalid.resize(walk->b * walk->h * numRows);
  if (op.getWalkMasks())
    walk->masks = machine.getView(op.getWalkMasks());
  return forEachIndex(
      ArrayRef(rows.sizes).drop_back(), [&](ArrayRef<int64_t> index) {
        int64_t fields[4];
        for (int64_t n = 0; n < 4; ++n)
          fields[n] = rows.load({index[0], index[1], index[2], n}).integer;
        if (fields[0] < 0 || fields[0] >= numRows)
          return success(); // The row of no query.
        walk->invalid[walk->at(index[0], index[1], fields[0])] = fields[2] < 0;
        int64_t first = std::clamp<int64_t>(fields[1], 0, tiles.sizes[0]);
        int64_t count =
            std::clamp<int64_t>(fields[2], 0, tiles.sizes[0] - first);
        for (int64_t n = 0; n < count; ++n) {
          int64_t tile = tiles.load({first + n}).integer;
          if (tile < 0 || tile >= numTiles)
            continue;
          int64_t at = walk->at(index[0], index[1], fields[0], tile);
          Visit &visit = walk->visits[at];
          if (visit != Visit::Skipped)
            return LogicalResult(op->emitOpError("the walk lists key tile ")
                                 << tile << " twice for tile " << fields[0]
                                 << " of queries");
          visit = n < fields[3] ? Visit::Partial : Visit::Full;
          walk->entries[at] = first + n;
        }
        return success();
      });
}

/// Reports sizes of `view` that are not those of `want`; -1 fits all.
static LogicalResult checkSizes(Operation *op, const View &view, AffineMap map,
                                const Point &want, StringRef name) {
  static constexpr StringLiteral names[] = {
      "sequences", "heads", "queries", "keys", "channels", "channels"};
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
    unsigned dim = map.getDimPosition(axis);
    if (want[dim] >= 0 && want[dim] != view.sizes[axis])
      return op->emitOpError() << name << " has " << view.sizes[axis] << ' '
                               << names[dim] << ", expected " << want[dim];
  }
  return success();
}

/// Size of dimension `dim` of a view, or 1 if the map does not have it.
static int64_t getExtent(const View &view, AffineMap map, unsigned dim) {
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dim)
      return view.sizes[axis];
  return 1;
}

/// Sizes of an operand as those of its factor.
static Point withoutFree(Value factor, AffineMap map, Point want) {
  for (unsigned dim : getFreeDims(factor, map))
    want[dim] = -1;
  return want;
}

bool Scores::isPacked() const {
  return segments[0].attribute.getNumOffsets() > 0;
}

LogicalResult Scores::checkOperands() {
  for (unsigned dim : {dimB, dimH, dimI, dimD})
    extents[dim] = getExtent(query, maps[0], dim);
  if (isPacked()) {
    if (segments[0].tables[0].getNumElements() < 1)
      return op->emitOpError("row offsets have no element, expected one more "
                             "than there are sequences");
    extents[dimB] = segments[0].tables[0].getNumElements() - 1;
  }
  if (Value factors = op.getQueryFactors())
    if (failed(checkSizes(op, queryFactors, maps[0],
                          withoutFree(factors, maps[0], extents),
                          "factor of the queries")))
      return failure();
  const View &keys = segments[0].keys;
  if (segments[0].values.array)
    extents[dimE] = getExtent(segments[0].values, maps[2], dimE);
  int64_t keyHeads = getExtent(keys, maps[1], dimH);
  if (keyHeads == 0 ? getNumHeads() != 0 : getNumHeads() % keyHeads != 0)
    return op->emitOpError("query heads (")
           << getNumHeads() << ") must be a multiple of key heads (" << keyHeads
           << ")";
  group = keyHeads == 0 ? 1 : std::max<int64_t>(getNumHeads() / keyHeads, 1);
  for (const Segment &segment : segments)
    if (failed(checkSegment(segment)))
      return failure();
  return success();
}

LogicalResult Scores::checkSegment(const Segment &segment) {
  SegmentKind kind = segment.attribute.getKind();
  Point want = extents;
  want[dimH] = getExtent(segments[0].keys, maps[1], dimH);
  want[dimJ] = getExtent(segment.keys, maps[1], dimJ);
  if (kind == SegmentKind::paged)
    want[dimB] = getExtent(segment.keys, maps[1], dimB);
  if (failed(checkSizes(op, segment.keys, maps[1], want, "key")) ||
      (segment.values.array &&
       failed(checkSizes(op, segment.values, maps[2], want, "value"))))
    return failure();
  if (segment.factors.array) {
    Value factors = op.getKeyFactors()[&segment - segments.data()];
    if (failed(checkSizes(op, segment.factors, maps[1],
                          withoutFree(factors, maps[1], want),
                          "factor of the keys")))
      return failure();
  }
  if (segment.lengths &&
      failed(checkVector(*segment.lengths, getNumSequences(), "lengths")))
    return failure();
  for (unsigned n = 0; n < segment.attribute.getNumOffsets(); ++n)
    if (failed(checkVector(segment.tables[n], getNumSequences() + 1,
                           "row offsets")))
      return failure();
  if (kind == SegmentKind::paged) {
    const View &table = segment.tables.back();
    if (table.sizes.size() != 2 || table.sizes[0] != getNumSequences())
      return op->emitOpError("page table has [")
             << ArrayRef(table.sizes) << "] elements, expected ["
             << getNumSequences() << ", pages]";
    if (want[dimJ] != segment.attribute.getPageSize())
      return op->emitOpError("pages have ") << want[dimJ] << " keys, expected "
                                            << segment.attribute.getPageSize();
  }
  return success();
}

LogicalResult Scores::check(const View &view, AffineMap map,
                            StringRef name) const {
  Point want = extents;
  want[dimJ] = 0;
  for (const Segment &segment : segments)
    want[dimJ] += getNumColumns(segment);
  return checkSizes(op, view, map, want, name);
}

LogicalResult Scores::checkVector(const View &view, int64_t size,
                                  StringRef name) const {
  if (view.sizes.size() == 1 && view.sizes[0] == size)
    return success();
  return op->emitOpError() << name << " has [" << ArrayRef(view.sizes)
                           << "] elements, expected [" << size << "]";
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

/// Rows of sequence b, [first, second), within [0, rows).
static std::pair<int64_t, int64_t> getRows(const View &offsets, int64_t b,
                                           int64_t rows) {
  int64_t first = std::clamp<int64_t>(readInteger(offsets, {b}), 0, rows);
  int64_t last = std::clamp<int64_t>(readInteger(offsets, {b + 1}), 0, rows);
  return {first, std::max(first, last)};
}

int64_t Scores::getNumQueries(int64_t b) const {
  if (!isPacked())
    return extents[dimI];
  auto [first, last] = getRows(segments[0].tables[0], b, extents[dimI]);
  return last - first;
}

int64_t Scores::getQueryRow(int64_t b, int64_t i) const {
  if (!isPacked())
    return i;
  return getRows(segments[0].tables[0], b, extents[dimI]).first + i;
}

int64_t Scores::getNumColumns(const Segment &segment) const {
  if (segment.attribute.getKind() == SegmentKind::paged)
    return segment.tables.back().sizes[1] * segment.attribute.getPageSize();
  return getExtent(segment.keys, maps[1], dimJ);
}

int64_t Scores::getCapacity(const Segment &segment, int64_t b) const {
  int64_t columns = getNumColumns(segment);
  if (segment.attribute.getKind() != SegmentKind::packed)
    return columns;
  auto [first, last] = getRows(segment.tables[1], b, columns);
  return last - first;
}

int64_t Scores::getLength(const Segment &segment, int64_t b) const {
  int64_t capacity = getCapacity(segment, b);
  if (!segment.lengths)
    return capacity;
  return std::clamp<int64_t>(readInteger(*segment.lengths, {b}), 0, capacity);
}

/// Where key j of sequence b is stored.
FailureOr<Key> Scores::locate(unsigned number, int64_t b, int64_t j) const {
  const Segment &segment = segments[number];
  Key key{number, j, b, j, j};
  switch (segment.attribute.getKind()) {
  case SegmentKind::dense:
    return key;
  case SegmentKind::packed:
    key.slot = key.column =
        getRows(segment.tables[1], b, getNumColumns(segment)).first + j;
    return key;
  case SegmentKind::paged: {
    int64_t size = segment.attribute.getPageSize();
    int64_t pages = getExtent(segment.keys, maps[1], dimB);
    key.batch = readInteger(segment.tables.back(), {b, j / size});
    key.slot = j % size;
    if (key.batch < 0 || key.batch >= pages)
      return op->emitOpError("key ")
             << j << " of sequence " << b << " is in page " << key.batch
             << ", but there are " << pages << " pages";
    return key;
  }
  }
  return failure();
}

FailureOr<SmallVector<Key>> Scores::getKeys(int64_t b) const {
  SmallVector<Key> keys;
  int64_t start = 0, column = 0;
  for (unsigned n = 0; n < segments.size(); ++n) {
    int64_t length = getLength(segments[n], b);
    start = segments[n].start.value_or(start);
    for (int64_t j = 0; j < length; ++j) {
      FailureOr<Key> key = locate(n, b, j);
      if (failed(key))
        return failure();
      key->coordinate += start;
      key->column += column;
      keys.push_back(*key);
    }
    start += length;
    column += getNumColumns(segments[n]);
  }
  return keys;
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

std::vector<double> Scores::readKey(const Key &key, int64_t h) const {
  return readRow(segments[key.segment].keys, maps[1],
                 {key.batch, getKeyHead(h), 0, key.slot, 0, 0}, dimD,
                 extents[dimD]);
}

std::vector<double> Scores::readValue(const Key &key, int64_t h) const {
  return readRow(segments[key.segment].values, maps[2],
                 {key.batch, getKeyHead(h), 0, key.slot, 0, 0}, dimE,
                 extents[dimE]);
}

std::vector<double> Scores::readQuery(int64_t b, int64_t h, int64_t i) const {
  return readRow(query, maps[0], {b, h, getQueryRow(b, i), 0, 0, 0}, dimD,
                 extents[dimD]);
}

double Scores::getBias(int64_t b, int64_t h, int64_t i, const Key &key) const {
  // A size of 1 is shared.
  auto read = [](const View &factors, AffineMap map, const Point &point) {
    Index index = evaluateMap(map, point);
    for (auto [at, size] : llvm::zip_equal(index, factors.sizes))
      at = std::min(at, size - 1);
    return factors.load(index).real;
  };
  const View &columns = segments[key.segment].factors;
  double sum = 0;
  for (int64_t r = 0; r < getExtent(queryFactors, maps[0], dimD); ++r)
    sum +=
        read(queryFactors, maps[0], {b, h, getQueryRow(b, i), 0, r, 0}) *
        read(columns, maps[1], {key.batch, getKeyHead(h), 0, key.slot, r, 0});
  return sum;
}

bool Scores::isVisited(int64_t i, int64_t j) {
  attn::WalkAttr attribute = op.getWalkAttr();
  if (!attribute)
    return true;
  int64_t row = llvm::divideFloorSigned(i, attribute.getQueries());
  int64_t tile = llvm::divideFloorSigned(j, attribute.getKeys());
  auto [found, isNew] = ranges.try_emplace(row);
  if (isNew)
    found->second = llvm::to_vector_of<int64_t, 4>(
        attribute.getRanges().compose(ArrayRef<int64_t>(row)));
  ArrayRef<int64_t> ends = found->second;
  for (size_t n = 0; n < ends.size(); n += 2)
    if (ends[n] <= tile && tile < ends[n + 1])
      return true;
  return false;
}

FailureOr<std::optional<double>> Scores::getScore(int64_t b, int64_t h,
                                                  int64_t i, const Key &key,
                                                  ArrayRef<double> q,
                                                  ArrayRef<double> k) {
  Scalar at[] = {{0, 0},
                 {0, origin[0] + b},
                 {0, origin[1] + h},
                 {0, origin[2] + i},
                 {0, origin[3] + key.coordinate}};
  if (!isVisited(at[3].integer, at[4].integer))
    return std::optional<double>();
  Visit visit = Visit::Partial;
  if (walk) {
    int64_t tile = walk->at(b, h, i / walk->queries, key.column / walk->keys);
    visit = walk->visits[tile];
    int64_t column = key.column % walk->keys;
    if (visit == Visit::Partial && walk->masks &&
        !(walk->masks
                  ->load({walk->entries[tile], i % walk->queries,
                          getMaskWord(column)})
                  .integer >>
              getMaskBit(column) &
          1))
      return std::optional<double>();
  }
  if (visit == Visit::Skipped)
    return std::optional<double>();
  if (mask && visit == Visit::Partial) {
    if (failed(mask->run(ArrayRef(at).drop_front())))
      return failure();
    if (!mask->getYielded(0).integer)
      return std::optional<double>();
  }
  double product = 0;
  for (auto [x, y] : llvm::zip_equal(q, k))
    product += x * y;
  at[0].real = scale * product;
  if (queryFactors.array)
    at[0].real += getBias(b, h, i, key);
  if (!score)
    return std::optional<double>(at[0].real);
  if (failed(score->run(at)))
    return failure();
  return std::optional<double>(score->getYielded(0).real);
}
