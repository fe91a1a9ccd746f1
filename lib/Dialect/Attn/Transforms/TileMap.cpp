//===- TileMap.cpp - Classes of the tiles of an attention op --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileMap.h"

#include "fovea/Dialect/Attn/IR/AttnRegions.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

OpExtents::OpExtents(ScoreOpInterface op,
                     llvm::function_ref<int64_t(Value, unsigned)> sizeOf) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  // 1 if there is no such dimension, and negative if it is dynamic.
  auto find = [&](Value value, AffineMap map, unsigned dim) -> int64_t {
    std::optional<unsigned> axis = axisOf(map, dim);
    if (!axis)
      return 1;
    auto type = cast<ShapedType>(value.getType());
    if (!type.isDynamicDim(*axis))
      return type.getDimSize(*axis);
    return sizeOf ? sizeOf(value, *axis) : -1;
  };
  batch = find(op.getQuery(), maps[0], dimB);
  heads = find(op.getQuery(), maps[0], dimH);
  queries = find(op.getQuery(), maps[0], dimI);
  keys = find(op.getKeys()[0], maps[1], dimJ);
}

/// The ranges of the symbols of a mask: the most that each may be.
static std::vector<IntegerRange> getSymbolRanges(const MaskTranslation &mask,
                                                 Region &region,
                                                 const OpExtents &extents) {
  std::vector<IntegerRange> ranges;
  for (auto &[term, symbol] : mask.symbols) {
    if (ranges.size() <= term)
      ranges.resize(term + 1);
    IntegerRange range = mask.mask.terms[term].range;
    if (symbol.value == region.getArgument(0) && extents.batch > 0)
      range = {0, extents.batch - 1};
    if (symbol.value == region.getArgument(1) && extents.heads > 0)
      range = {0, extents.heads - 1};
    ranges[term] = range;
  }
  return ranges;
}

static bool isGuarded(const MaskTranslation &translation) {
  return llvm::any_of(translation.symbols,
                      [](const auto &entry) { return entry.second.isGuarded; });
}

NaturalMask::NaturalMask(
    ScoreOpInterface op, OpExtents extents, std::optional<int64_t> head,
    llvm::function_ref<std::optional<int64_t>(Value)> valueOf)
    : extents(extents) {
  Region &region = op.getMask();
  if (region.empty())
    return;
  source = std::make_unique<RegionMask>(region);
  translation = std::make_unique<MaskTranslation>(
      IntegerRange{0, extents.queries - 1}, IntegerRange{0, extents.keys - 1});
  translateMask(region.front().getTerminator()->getOperand(0), *source,
                *translation);
  exact = translation->flags.empty();
  symbols = getSymbolRanges(*translation, region, extents);
  for (auto &[term, symbol] : translation->symbols) {
    std::optional<int64_t> value;
    auto argument = dyn_cast<BlockArgument>(symbol.value);
    if (symbol.value == region.getArgument(dimH))
      value = head;
    else if (argument && argument.getArgNumber() > dimJ && valueOf)
      value = valueOf(op.getMaskCaptures()[argument.getArgNumber() - dimJ - 1]);
    if (value)
      symbols[term] = {*value, *value};
    exact &= symbols[term].low == symbols[term].high;
    known &= value || !symbol.isGuarded;
  }
}

NaturalMask::~NaturalMask() = default;

bool NaturalMask::visit(TileExtents tiles, size_t maxBoxes,
                        TileVisitor visitor) const {
  if (!source) {
    visitor({0, (extents.queries - 1) / tiles.queries},
            {0, (extents.keys - 1) / tiles.keys}, TileClass::full,
            /*isGivenUp=*/false);
    return true;
  }
  // Where symbols have ranges, boxes inside of a tile seldom say more.
  unsigned maxSteps = exact ? 256 : 1;
  return visitTiles(translation->mask,
                    {tiles.queries, tiles.keys, extents.queries, extents.keys},
                    {[&](unsigned term) { return symbols[term]; },
                     [](unsigned) { return std::optional<bool>(); }},
                    maxSteps, maxBoxes, visitor);
}

std::optional<TileTable>
fovea::attn::classifyNatural(ScoreOpInterface op, TileExtents tiles,
                             std::optional<int64_t> head) {
  OpExtents extents(op);
  if (extents.queries <= 0 || extents.keys <= 0)
    return std::nullopt;
  int64_t rows = llvm::divideCeil(extents.queries, tiles.queries);
  int64_t columns = llvm::divideCeil(extents.keys, tiles.keys);
  NaturalMask mask(op, extents, head);
  if (rows > maxTable / columns || !mask.isKnown())
    return std::nullopt;
  TileTable table;
  table.numKeyTiles = columns;
  table.classes.resize(rows * columns);
  mask.visit(tiles, std::numeric_limits<size_t>::max(),
             [&](IntegerRange queryTiles, IntegerRange keyTiles,
                 TileClass which,
                 bool) { table.set(queryTiles, keyTiles, which); });
  return table;
}

//===----------------------------------------------------------------------===//
// Tiles and walks
//===----------------------------------------------------------------------===//

TileExtents fovea::attn::getTiles(AttentionOp op, bool isCuda) {
  if (auto schedule =
          dyn_cast_or_null<tile::ScheduleAttrInterface>(op.getScheduleAttr()))
    return {schedule.getQueryTile(), schedule.getKeyTile()};
  return {isCuda ? 128 : 64, 128};
}

void fovea::attn::setWalk(OpBuilder &b, AttentionOp op,
                          ArrayRef<TileLists> ofHeads, TileExtents tiles) {
  struct Row {
    int32_t number;
    SmallVector<int32_t> partial, full;
    size_t size() const { return partial.size() + full.size(); }
  };
  SmallVector<int32_t> fields, list;
  for (const TileLists &lists : ofHeads) {
    std::vector<Row> rows;
    for (auto [number, tiles] : llvm::enumerate(lists)) {
      Row &row = rows.emplace_back();
      row.number = number;
      for (auto [tile, kind] : tiles)
        (kind == TileClass::full ? row.full : row.partial).push_back(tile);
    }
    llvm::sort(rows, [](const Row &x, const Row &y) {
      return std::tuple(-int64_t(x.size()), x.number) <
             std::tuple(-int64_t(y.size()), y.number);
    });
    for (const Row &row : rows) {
      fields.append({row.number, int32_t(list.size()), int32_t(row.size()),
                     int32_t(row.partial.size())});
      list.append(row.partial);
      list.append(row.full);
    }
  }
  auto constant = [&](ArrayRef<int64_t> shape, ArrayRef<int32_t> values) {
    auto type = RankedTensorType::get(shape, b.getI32Type());
    return arith::ConstantOp::create(b, op.getLoc(),
                                     DenseElementsAttr::get(type, values))
        .getResult();
  };
  if (list.empty())
    list.push_back(0);
  int64_t heads = ofHeads.size(), rows = ofHeads.front().size();
  op.getWalkRowsMutable().assign(constant({1, heads, rows, 4}, fields));
  op.getWalkTilesMutable().assign(constant({int64_t(list.size())}, list));
  op.setWalkShape(ArrayRef<int64_t>{tiles.queries, tiles.keys});
}

//===----------------------------------------------------------------------===//
// GridMask
//===----------------------------------------------------------------------===//

/// The token at coordinates of a grid.
static Value emitToken(OpBuilder &b, Location loc, ArrayRef<int64_t> grid,
                       ValueRange coordinates) {
  Value token;
  int64_t stride = 1;
  for (unsigned dim = grid.size(); dim-- > 0;) {
    Value part = coordinates[dim];
    if (stride != 1)
      part = arith::MulIOp::create(
          b, loc, part, arith::ConstantIndexOp::create(b, loc, stride));
    token =
        token ? arith::AddIOp::create(b, loc, token, part).getResult() : part;
    stride *= grid[dim];
  }
  return token;
}

GridMask::GridMask(ScoreOpInterface op, ArrayRef<int64_t> grid)
    : rank(grid.size()) {
  extents.append(grid.begin(), grid.end());
  extents.append(grid.begin(), grid.end());
  Region &mask = op.getMask();
  if (mask.empty())
    return;
  OpBuilder b(op.getContext());
  SmallVector<Type> types(2 + 2 * rank, b.getIndexType());
  llvm::append_range(types, op.getMaskCaptures().getTypes());
  SmallVector<Location> locs(types.size(), op.getLoc());
  Block *block = b.createBlock(&region, region.end(), types, locs);
  auto arguments = block->getArguments();
  SmallVector<Value> at(arguments.take_front(2));
  at.push_back(emitToken(b, op.getLoc(), grid, arguments.slice(2, rank)));
  at.push_back(
      emitToken(b, op.getLoc(), grid, arguments.slice(2 + rank, rank)));
  llvm::append_range(at, arguments.drop_front(2 + 2 * rank));
  Value condition = inlineRegion(
      b, mask, at,
      [](OpBuilder &b, Location loc, Value table, ValueRange indices) -> Value {
        return tensor::ExtractOp::create(b, loc, table, indices);
      },
      /*guardsDivisions=*/false);
  source = std::make_unique<RegionMask>(region, extents);
  translation =
      std::make_unique<MaskTranslation>(IntegerRange{0, 0}, IntegerRange{0, 0});
  translateMask(condition, *source, *translation);
  // A captured integer of 64 bits that is added to a coordinate may wrap.
  known = !isGuarded(*translation);
  if (!known)
    return;
  ranges = getSymbolRanges(*translation, region, OpExtents(op));
  coordinates.assign(ranges.size(), -1);
  for (auto &[term, symbol] : translation->symbols)
    if (source->isCoordinate(symbol.value))
      coordinates[term] = cast<BlockArgument>(symbol.value).getArgNumber() - 2;
}

GridMask::~GridMask() = default;

std::vector<GridMask::Side> GridMask::getSides(const TokenOrder &order,
                                               int64_t tile) {
  std::vector<Side> sides(llvm::divideCeil(order.getNumPlaces(), tile));
  if (tile == order.size) {
    // A tile is a box.
    bool isRagged = order.grid.front() * order.getStride(0) != order.tokens;
    for (auto [number, side] : llvm::enumerate(sides)) {
      side.hasTokens = true;
      side.hasGaps = order.size != order.getBoxTokens();
      int64_t rest = number;
      side.ranges.resize(order.getRank());
      for (unsigned dim = order.getRank(); dim-- > 0;) {
        int64_t low = rest % order.getNumBoxes(dim) * order.box[dim];
        int64_t high = std::min(low + order.box[dim], order.grid[dim]) - 1;
        side.ranges[dim] = {low, high};
        side.hasGaps |= high - low + 1 != order.box[dim];
        rest /= order.getNumBoxes(dim);
      }
      side.hasGaps |=
          isRagged && side.ranges.front().high == order.grid.front() - 1;
    }
    return sides;
  }
  for (int64_t place = 0; place < order.getNumPlaces(); ++place) {
    Side &side = sides[place / tile];
    std::optional<int64_t> token = order.getToken(place);
    if (!token) {
      side.hasGaps = true;
      continue;
    }
    for (unsigned dim = 0; dim < order.getRank(); ++dim) {
      int64_t coordinate = *token / order.getStride(dim) % order.grid[dim];
      if (!side.hasTokens)
        side.ranges.push_back({coordinate, coordinate});
      side.ranges[dim] = {std::min(side.ranges[dim].low, coordinate),
                          std::max(side.ranges[dim].high, coordinate)};
    }
    side.hasTokens = true;
  }
  return sides;
}

TileClass GridMask::classify(const Side &queries, const Side &keys) const {
  if (!queries.hasTokens || !keys.hasTokens)
    return TileClass::empty;
  TileClass found = TileClass::partial;
  if (known)
    found = classifyBox(translation->mask, [&](unsigned term) {
      int number = coordinates[term];
      if (number < 0)
        return ranges[term];
      return unsigned(number) < rank ? queries.ranges[number]
                                     : keys.ranges[number - rank];
    });
  return found == TileClass::full && keys.hasGaps ? TileClass::partial : found;
}

GridMask::Side GridMask::getAllKeys() const {
  Side keys;
  keys.hasTokens = true;
  for (int64_t extent : ArrayRef(extents).take_back(rank))
    keys.ranges.push_back({0, extent - 1});
  return keys;
}

std::optional<int64_t> GridMask::findKey(const Side &queries, Side keys,
                                         unsigned dim, bool last) const {
  if (classify(queries, keys) == TileClass::empty)
    return std::nullopt;
  IntegerRange range = keys.ranges[dim];
  if (range.low == range.high)
    return range.low;
  int64_t middle = range.low + (range.high - range.low) / 2;
  IntegerRange halves[] = {{range.low, middle}, {middle + 1, range.high}};
  for (unsigned half : {0, 1}) {
    keys.ranges[dim] = halves[last ? 1 - half : half];
    if (std::optional<int64_t> found = findKey(queries, keys, dim, last))
      return found;
  }
  return std::nullopt;
}

void GridMask::cover(
    const Side &queries, const TokenOrder &keys, Side box, unsigned dim,
    int64_t number,
    SmallVectorImpl<std::pair<int64_t, TileClass>> &list) const {
  if (dim == rank) {
    list.push_back({number, classify(queries, box)});
    return;
  }
  // Each layer of boxes starts where there is something left to see.
  int64_t extent = keys.grid[dim], step = keys.step[dim];
  for (int64_t start = 0; start < extent; start += keys.box[dim]) {
    box.ranges[dim] = {start, extent - 1};
    std::optional<int64_t> first = findKey(queries, box, dim, /*last=*/false);
    if (!first)
      return;
    start = *first - *first % step;
    int64_t end = start + keys.box[dim];
    Side layer = box;
    layer.ranges[dim] = {start, std::min(end, extent) - 1};
    layer.hasGaps |= end > extent;
    cover(queries, keys, layer, dim + 1,
          number * keys.getNumBoxes(dim) + start / step, list);
  }
}

TileLists GridMask::listTiles(const TokenOrder &queries, const TokenOrder &keys,
                              TileExtents tiles) const {
  TileLists lists;
  std::vector<Side> columns;
  if (!keys.overlaps())
    columns = getSides(keys, tiles.keys);
  for (const Side &row : getSides(queries, tiles.queries)) {
    auto &list = lists.emplace_back();
    for (auto [number, column] : llvm::enumerate(columns))
      if (TileClass found = classify(row, column); found != TileClass::empty)
        list.push_back({number, found});
    if (keys.overlaps())
      cover(row, keys, getAllKeys(), /*dim=*/0, /*number=*/0, list);
  }
  return lists;
}

std::vector<SmallVector<int64_t, 3>>
GridMask::getWindows(const TokenOrder &queries, int64_t tile,
                     int64_t step) const {
  std::vector<SmallVector<int64_t, 3>> windows;
  std::vector<Side> rows = getSides(queries, tile);
  for (size_t row = 0; row < rows.size(); row += step) {
    SmallVector<int64_t, 3> window;
    for (unsigned dim = 0; dim < rank; ++dim) {
      std::optional<int64_t> first =
          findKey(rows[row], getAllKeys(), dim, /*last=*/false);
      if (!first)
        break;
      window.push_back(*findKey(rows[row], getAllKeys(), dim, /*last=*/true) -
                       *first + 1);
    }
    if (window.size() == rank)
      windows.push_back(window);
  }
  return windows;
}

int64_t GridMask::countVisited(const TokenOrder &queries,
                               const TokenOrder &keys, TileExtents tiles,
                               int64_t step, int64_t most) const {
  std::vector<Side> rows = getSides(queries, tiles.queries),
                    columns = getSides(keys, tiles.keys);
  int64_t count = 0;
  for (size_t row = 0; row < rows.size() && count < most; row += step)
    for (const Side &column : columns)
      count += classify(rows[row], column) != TileClass::empty;
  return count;
}

//===----------------------------------------------------------------------===//
// Grids
//===----------------------------------------------------------------------===//

namespace {

/// Strides of a grid: what an index is divided by, and periods of remainders.
class StrideFinder {
public:
  void visit(Region &region, unsigned first) {
    if (region.empty())
      return;
    for (unsigned n : {first, first + 1})
      units[region.getArgument(n)] = 1;
    for (Operation &op : region.front())
      visit(op);
  }
  SmallVector<int64_t> strides;

private:
  void visit(Operation &op) {
    if (op.getNumResults() != 1 || op.getNumOperands() == 0)
      return;
    auto unit = units.find(op.getOperand(0));
    if (unit == units.end())
      return;
    if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
            arith::TruncIOp, arith::AddIOp, arith::SubIOp>(op)) {
      int64_t same = unit->second;
      units[op.getResult(0)] = same;
      return;
    }
    APInt divisor;
    bool isQuotient =
        isa<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(op);
    bool isRemainder = isa<arith::RemSIOp, arith::RemUIOp>(op);
    if ((!isQuotient && !isRemainder) ||
        !matchPattern(op.getOperand(1), m_ConstantInt(&divisor)) ||
        divisor.getActiveBits() > 31 || divisor.slt(2))
      return;
    int64_t stride = unit->second * divisor.getSExtValue();
    if (!llvm::is_contained(strides, stride))
      strides.push_back(stride);
    units[op.getResult(0)] = isQuotient ? stride : unit->second;
  }

  /// Values that count steps of so many tokens.
  DenseMap<Value, int64_t> units;
};

} // namespace

SmallVector<int64_t, 3> fovea::attn::findGrid(ScoreOpInterface op,
                                              int64_t tokens) {
  StrideFinder finder;
  finder.visit(op.getMask(), 2);
  llvm::sort(finder.strides);
  SmallVector<int64_t, 3> grid;
  int64_t inner = 1;
  for (int64_t stride : finder.strides) {
    // All of the tokens: the remainder by it is none.
    if (stride >= tokens)
      break;
    if (stride % inner != 0 || grid.size() == 2)
      return {};
    grid.insert(grid.begin(), stride / inner);
    inner = stride;
  }
  if (grid.empty())
    return {};
  grid.insert(grid.begin(), llvm::divideCeil(tokens, inner));
  return grid;
}
