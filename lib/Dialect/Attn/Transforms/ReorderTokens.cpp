//===- ReorderTokens.cpp - Move tokens so that more tiles are empty -------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileMap.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CpuTarget.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNREORDERTOKENS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

//===----------------------------------------------------------------------===//
// Regions in an order
//===----------------------------------------------------------------------===//

namespace {

/// Rewrites a region of places to one of tokens: its indices i and j become the
/// numbers of the tokens at places i and j. Divisions and remainders of tokens
/// that are coordinates of the grid become these.
class RegionRewriter {
public:
  RegionRewriter(Region &region, unsigned first, const TokenOrder &queries,
                 const TokenOrder &keys)
      : region(region), first(first), queries(queries), keys(keys),
        b(OpBuilder::atBlockBegin(&region.front())), terms({0, 0}, {0, 0}) {}

  /// Gives whether there is a token at place j; null if there always is.
  Value rewrite() {
    replace(region.getArgument(first), queries);
    Value exists = replace(region.getArgument(first + 1), keys);
    for (Operation &op : llvm::make_early_inc_range(region.front()))
      simplify(op);
    return exists;
  }

private:
  Value replace(BlockArgument place, const TokenOrder &order) {
    SmallVector<OpOperand *> uses = llvm::map_to_vector(
        place.getUses(), [](OpOperand &use) { return &use; });
    PlaceCoordinates at = emitCoordinates(b, place.getLoc(), order, place);
    for (OpOperand *use : uses)
      use->set(at.token);
    Linear token = Linear::get(0);
    for (unsigned dim = 0; dim < order.getRank(); ++dim) {
      unsigned term = terms.addSymbol({0, order.grid[dim] - 1});
      coordinates[term] = at.values[dim];
      known[at.values[dim]] = terms.get(term);
      token = terms.add(token, terms.get(term), order.getStride(dim));
    }
    known[at.token] = token;
    return at.exists;
  }

  Linear lookup(Value value) {
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)))
      return constant.getSignificantBits() > 41
                 ? Linear()
                 : Linear::get(constant.getSExtValue());
    return known.lookup(value);
  }

  /// What an op gives, as an expression of coordinates; null if it is none.
  Linear compute(Operation &op) {
    if (op.getNumResults() != 1 || op.getNumOperands() == 0 ||
        !op.getResult(0).getType().isIntOrIndex())
      return Linear();
    Linear x = lookup(op.getOperand(0));
    if (!x)
      return x;
    if (isa<arith::IndexCastOp>(op))
      return x;
    if (op.getNumOperands() != 2)
      return Linear();
    Linear y = lookup(op.getOperand(1));
    if (!y)
      return y;
    if (isa<arith::AddIOp, index::AddOp>(op))
      return terms.add(x, y);
    if (isa<arith::SubIOp, index::SubOp>(op))
      return terms.subtract(x, y);
    if (!y.isConstant() || y.constant <= 0)
      return Linear();
    if (isa<arith::MulIOp, index::MulOp>(op))
      return terms.multiply(x, y.constant);
    bool isPositive = terms.rangeOf(x).low >= 0;
    if (isa<arith::FloorDivSIOp, index::FloorDivSOp>(op) ||
        (isPositive &&
         isa<arith::DivSIOp, arith::DivUIOp, index::DivSOp, index::DivUOp>(op)))
      return terms.floorDiv(x, y.constant);
    if (isPositive &&
        isa<arith::RemSIOp, arith::RemUIOp, index::RemSOp, index::RemUOp>(op))
      return terms.mod(x, y.constant);
    return Linear();
  }

  void simplify(Operation &op) {
    if (op.getNumResults() == 1 && known.count(op.getResult(0)))
      return;
    Linear e = compute(op);
    if (!e)
      return;
    known[op.getResult(0)] = e;
    bool isDivision =
        isa<arith::FloorDivSIOp, index::FloorDivSOp, arith::DivSIOp,
            arith::DivUIOp, index::DivSOp, index::DivUOp, arith::RemSIOp,
            arith::RemUIOp, index::RemSOp, index::RemUOp>(op);
    if (!isDivision || llvm::any_of(e.parts, [&](const Linear::Part &part) {
          return !coordinates.count(part.first);
        }))
      return;
    b.setInsertionPoint(&op);
    op.getResult(0).replaceAllUsesWith(emit(e, op));
  }

  Value emit(const Linear &e, Operation &op) {
    Location loc = op.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    Value sum;
    auto add = [&](Value x) {
      sum = sum ? arith::AddIOp::create(b, loc, sum, x).getResult() : x;
    };
    for (auto [term, factor] : e.parts) {
      Value x = coordinates.lookup(term);
      add(factor == 1
              ? x
              : arith::MulIOp::create(b, loc, x, constant(factor)).getResult());
    }
    if (!sum || e.constant != 0)
      add(constant(e.constant));
    Type type = op.getResult(0).getType();
    if (type.isIndex())
      return sum;
    return arith::IndexCastOp::create(b, loc, type, sum);
  }

  Region &region;
  unsigned first;
  const TokenOrder &queries, &keys;
  OpBuilder b;
  TermTable terms;
  DenseMap<unsigned, Value> coordinates; ///< By term.
  DenseMap<Value, Linear> known;
};

} // namespace

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

namespace {

/// Tiles that a kernel may have.
struct Tiling {
  TileExtents tiles;
  bool anywhere;       ///< Whether boxes of keys begin at any token.
  double pairCost = 1; ///< Time for a pair, to that with the first tiling.
};

/// Moves the tokens of one self-attention.
class Reorderer {
public:
  /// `tilings`: those to choose from, with larger tiles first; that of tokens
  /// as they are numbered is the first. `copiesBoxes`: tokens are moved as the
  /// target copies tiles, a box at a time.
  Reorderer(AttentionOp op, ArrayRef<Tiling> tilings, bool copiesBoxes)
      : op(op), loc(op.getLoc()), b(op), maps(op.getIndexingMapsArray()),
        extents(op), tiles(tilings.front().tiles), tilings(tilings),
        copiesBoxes(copiesBoxes) {}

  /// Why the tokens of this op cannot be moved; empty if they can.
  std::string getObstacle();
  /// The same, of boxes of keys that overlap.
  std::string getObstacleOfOverlaps();
  /// The same, of copies that take boxes.
  std::string getObstacleOfCopies();

  /// Chooses the boxes of the order's grid, or of that which the mask speaks of
  /// if there is no order. Why there is none, or it is not used; or empty.
  std::string choose();
  void rewrite();

  /// Pairs of a query and a key in the tiles that are not empty.
  int64_t getVisitedBefore() const { return visitedBefore; }
  int64_t getVisitedAfter() const { return visitedAfter; }
  OrderAttr getOrder() const { return order; }

private:
  void setOrder(OrderAttr attribute) {
    order = attribute;
    queries = TokenOrder::get(order, /*keys=*/false, extents.queries);
    keys = TokenOrder::get(order, /*keys=*/true, extents.keys);
  }
  OrderAttr getOrder(ArrayRef<int64_t> q, ArrayRef<int64_t> kv, bool anywhere);
  /// Boxes of so many tokens, or nearly so many.
  std::vector<SmallVector<int64_t, 3>> getShapes(int64_t size, bool exact);
  /// Chooses boxes for the tiles; those of keys side by side, or anywhere.
  void chooseBoxes(const GridMask &mask, bool anywhere);
  /// Tiles that hold whole boxes, as far as the kernel's can.
  void fitTiles();
  /// Lists the order's tiles; fails if they are too many.
  LogicalResult listTiles(const GridMask &mask);

  Value move(Value value, unsigned dim, AffineMap map, bool isKey);
  void rewriteRegions(AttentionOp moved);

  AttentionOp op;
  Location loc;
  OpBuilder b;
  SmallVector<AffineMap> maps;
  OpExtents extents;
  TileExtents tiles;
  ArrayRef<Tiling> tilings;
  bool copiesBoxes;
  SmallVector<int64_t, 3> grid;
  OrderAttr order;
  TokenOrder queries, keys;
  TileLists lists;
  int64_t visitedBefore = 0, visitedAfter = 0;
};

} // namespace

std::string Reorderer::getObstacle() {
  if (op.getSegments().size() != 1 ||
      cast<SegmentAttr>(op.getSegments()[0]).getKind() != SegmentKind::dense)
    return "its keys are not one dense segment";
  if (cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() > 0)
    return "its queries are packed";
  if (!op.getLengths().empty() || !op.getStarts().empty())
    return "its segment has lengths or a start";
  if (op.hasWalk())
    return "it has a walk, which lists tiles of tokens as they are numbered";
  if (op.getQueryFactors())
    return "it has factors; run -attn-append-factors first";
  if (!op.getOrigin().empty())
    return "it is a tile of an attention, with an origin";
  if (extents.queries <= 0 || extents.keys <= 0)
    return "its number of tokens is not static";
  if (extents.queries != extents.keys)
    return "it has other queries than keys";
  auto needs = {std::pair(0u, dimI), std::pair(1u, dimJ), std::pair(2u, dimJ),
                std::pair(3u, dimI)};
  for (auto [n, dim] : needs)
    if (!axisOf(maps[n], dim))
      return "an operand has no dimension of tokens";
  if (std::string obstacle = getObstacleOfOverlaps(); !obstacle.empty())
    return obstacle;
  return copiesBoxes ? getObstacleOfCopies() : "";
}

std::string Reorderer::getObstacleOfOverlaps() {
  OrderAttr given = op.getOrderAttr();
  if (!given || given.getKvStep().empty())
    return "";
  TokenOrder order = TokenOrder::get(given, /*keys=*/true, extents.keys);
  if (!order.overlaps())
    return "";
  if (!order.fillsBoxes())
    return "its boxes of keys overlap, so that loads take them whole from a "
           "full grid: leave out kv_step, or kv_size and lines that are not "
           "full";
  if (llvm::none_of(tilings, [&](const Tiling &tiling) {
        return order.size % tiling.tiles.keys == 0;
      }))
    return ("its boxes of keys overlap, so that each is a tile: it needs a "
            "multiple of " +
            Twine(tilings.back().tiles.keys) + " keys, not " +
            Twine(order.size))
        .str();
  return "";
}

std::string Reorderer::getObstacleOfCopies() {
  OrderAttr given = op.getOrderAttr();
  if (!given)
    return "";
  TokenOrder order = TokenOrder::get(given, /*keys=*/false, extents.queries);
  if (order.grid.front() * order.getStride(0) != extents.queries)
    return "its last line of tokens is not full, and this target copies boxes "
           "of a grid";
  if (!given.getQ().empty())
    for (bool isKey : {false, true}) {
      order = TokenOrder::get(given, isKey, extents.queries);
      if (order.size != order.getBoxTokens())
        return "its boxes have empty places, and this target copies whole "
               "boxes";
      if (!llvm::isPowerOf2_64(order.size) || order.size > 256)
        return "this target copies boxes of a power of two of tokens, up to "
               "256";
    }
  // A copy has up to 5 coordinates: one of them the channel.
  auto isVaried = [](int64_t size) { return size != 1; };
  auto type = cast<ShapedType>(op.getQuery().getType());
  if (llvm::count_if(type.getShape(), isVaried) - 1 + order.getRank() > 5)
    return "on this target a grid of three dimensions goes with one sequence, "
           "whose number is static";
  return "";
}

OrderAttr Reorderer::getOrder(ArrayRef<int64_t> q, ArrayRef<int64_t> kv,
                              bool anywhere) {
  SmallVector<int64_t, 3> extent(grid);
  int64_t product = 1;
  for (int64_t n : grid)
    product *= n;
  if (product != extents.queries)
    extent.front() = ShapedType::kDynamic;
  auto sizeOf = [](ArrayRef<int64_t> box, int64_t tile) {
    int64_t count = 1;
    for (int64_t n : box)
      count *= n;
    return count == tile ? 0 : tile;
  };
  SmallVector<int64_t, 3> steps(anywhere ? grid.size() : 0, 1);
  return OrderAttr::get(op.getContext(), extent, q, kv,
                        sizeOf(q, tiles.queries), sizeOf(kv, tiles.keys),
                        steps);
}

std::vector<SmallVector<int64_t, 3>> Reorderer::getShapes(int64_t size,
                                                          bool exact) {
  std::vector<SmallVector<int64_t, 3>> shapes;
  SmallVector<int64_t, 3> shape(grid.size(), 1);
  std::function<void(unsigned, int64_t)> extend = [&](unsigned dim,
                                                      int64_t count) {
    if (dim == grid.size()) {
      // At most one place of eight is empty.
      if (exact ? count == size : count * 8 >= size * 7)
        shapes.push_back(shape);
      return;
    }
    for (int64_t n = 1; n <= size / count && n <= grid[dim]; ++n) {
      shape[dim] = n;
      extend(dim + 1, count * n);
    }
  };
  extend(0, 1);
  // Full ones first.
  auto count = [](ArrayRef<int64_t> box) {
    return std::accumulate(box.begin(), box.end(), int64_t(1),
                           std::multiplies<int64_t>());
  };
  llvm::sort(shapes, [&](const auto &x, const auto &y) {
    return std::tuple(-count(x), x) < std::tuple(-count(y), y);
  });
  return shapes;
}

/// Alternately the best box of queries for the box of keys and the other way
/// round, by the tiles that some of the query tiles visit. Those anywhere cover
/// the smallest box of the grid that holds all keys which a query tile sees.
void Reorderer::chooseBoxes(const GridMask &mask, bool anywhere) {
  // Whole boxes are taken from where they are.
  std::vector<SmallVector<int64_t, 3>> forQueries =
                                           getShapes(tiles.queries,
                                                     /*exact=*/copiesBoxes),
                                       forKeys = getShapes(
                                           tiles.keys,
                                           /*exact=*/copiesBoxes || anywhere);
  if (forQueries.empty() || forKeys.empty())
    return;
  using Shape = SmallVector<int64_t, 3>;
  std::map<Shape, std::vector<Shape>> windows;
  // Where it is `bound` or more, it need not be known better.
  auto cost = [&](ArrayRef<int64_t> q, ArrayRef<int64_t> kv, double bound) {
    OrderAttr attribute = getOrder(q, kv, anywhere);
    TokenOrder rows = TokenOrder::get(attribute, false, extents.queries);
    TokenOrder columns = TokenOrder::get(attribute, true, extents.keys);
    // Some boxes, from all columns and lines of the grid of boxes.
    int64_t step = std::max<int64_t>(1, rows.getNumBoxes() / 12);
    auto sharesFactor = [&](unsigned dim) {
      return std::gcd(step, rows.getNumBoxes(dim)) != 1;
    };
    while (step > 1 &&
           llvm::any_of(llvm::seq<unsigned>(0, rows.getRank()), sharesFactor))
      --step;
    double sampled = llvm::divideCeil(rows.getNumBoxes(), step);
    int64_t visited = 0;
    if (anywhere) {
      auto [found, isNew] = windows.try_emplace(Shape(q));
      if (isNew)
        found->second = mask.getWindows(rows, tiles.queries, step);
      for (const Shape &window : found->second) {
        int64_t boxes = 1;
        for (auto [extent, box] : llvm::zip_equal(window, kv))
          boxes *= llvm::divideCeil(extent, box);
        visited += boxes;
      }
    } else {
      double most = std::ceil(bound / rows.getNumBoxes() * sampled);
      visited = mask.countVisited(rows, columns, tiles, step,
                                  most < double(maxTable)
                                      ? static_cast<int64_t>(most) + 1
                                      : std::numeric_limits<int64_t>::max());
    }
    return visited / sampled * rows.getNumBoxes();
  };
  constexpr size_t maxPairs = 2048;
  // Few of the query tiles are looked at: small differences mean nothing.
  constexpr double better = 0.98;
  double best = std::numeric_limits<double>::infinity();
  Shape q, kv;
  auto consider = [&](ArrayRef<int64_t> someQ, ArrayRef<int64_t> someKv) {
    double here = cost(someQ, someKv, better * best);
    if (here >= better * best)
      return;
    best = here;
    Shape newQ(someQ), newKv(someKv);
    q = newQ;
    kv = newKv;
  };
  // Boxes of keys that are like those of queries: of similar proportions.
  auto difference = [](ArrayRef<int64_t> x, ArrayRef<int64_t> y) {
    double sum = 0;
    for (auto [m, n] : llvm::zip_equal(x, y))
      sum += std::abs(std::log2(double(m) / n));
    return sum;
  };
  // All pairs if they are few, as they are of boxes without empty places.
  if (forQueries.size() * forKeys.size() <= maxPairs) {
    for (const auto &someQ : forQueries)
      for (const auto &someKv : forKeys)
        consider(someQ, someKv);
    return setOrder(getOrder(q, kv, anywhere));
  }
  for (const auto &shape : forQueries)
    consider(shape, *std::min_element(forKeys.begin(), forKeys.end(),
                                      [&](const auto &x, const auto &y) {
                                        return difference(x, shape) <
                                               difference(y, shape);
                                      }));
  for (unsigned round = 0; round < 2; ++round) {
    for (const auto &shape : forKeys)
      consider(q, shape);
    for (const auto &shape : forQueries)
      consider(shape, kv);
  }
  setOrder(getOrder(q, kv, anywhere));
}

LogicalResult Reorderer::listTiles(const GridMask &mask) {
  int64_t rows = llvm::divideCeil(queries.getNumPlaces(), tiles.queries);
  int64_t columns = llvm::divideCeil(
      keys.overlaps() ? extents.keys : keys.getNumPlaces(), tiles.keys);
  lists.clear();
  visitedAfter = 0;
  if (rows > maxTable / columns)
    return failure();
  lists = mask.listTiles(queries, keys, tiles);
  for (const auto &list : lists)
    visitedAfter += list.size() * tiles.queries * tiles.keys;
  return success();
}

std::string Reorderer::choose() {
  OrderAttr given = op.getOrderAttr();
  if (given) {
    ArrayRef<int64_t> extent = given.getGrid();
    grid.assign(extent.begin(), extent.end());
    if (ShapedType::isDynamic(grid.front())) {
      int64_t line = 1;
      for (int64_t n : extent.drop_front())
        line *= n;
      grid.front() = llvm::divideCeil(extents.queries, line);
    }
  } else {
    grid = findGrid(op, extents.queries);
  }
  int64_t numPlaces = 1;
  for (int64_t extent : grid)
    numPlaces *= extent;
  const char *notWorth = "no boxes of the grid leave out a fifth of the tiles";
  bool isWhole = numPlaces == extents.queries;
  if (grid.empty() || (copiesBoxes && !isWhole))
    return notWorth;
  GridMask mask(op, grid);
  if (given && !given.getQ().empty()) {
    setOrder(given);
    fitTiles();
    if (failed(listTiles(mask)) && keys.overlaps())
      return "there are too many tiles for a list of them";
  } else if (mask.isKnown()) {
    // The boxes and the tiles that take the least time. A pair costs less in
    // larger tiles, which come first.
    constexpr double better = 0.95;
    std::optional<Reorderer> best;
    double least = 0;
    for (const Tiling &tiling : tilings) {
      if (tiling.anywhere && !isWhole)
        continue;
      tiles = tiling.tiles;
      order = OrderAttr();
      chooseBoxes(mask, tiling.anywhere);
      if (!order || failed(listTiles(mask)))
        continue;
      double cost = visitedAfter * tiling.pairCost;
      if (best && cost >= better * least)
        continue;
      best.emplace(*this);
      least = cost;
    }
    if (!best)
      return notWorth;
    order = best->order;
    queries = best->queries;
    keys = best->keys;
    lists = best->lists;
    tiles = best->tiles;
    visitedAfter = best->visitedAfter;
  }
  if (!order)
    return notWorth;
  const TileExtents &naturalTiles = tilings.front().tiles;
  if (std::optional<TileTable> natural = classifyNatural(op, naturalTiles))
    visitedBefore =
        (natural->classes.size() - natural->count(TileClass::empty)) *
        naturalTiles.queries * naturalTiles.keys;
  // Moving the tokens takes time, too.
  bool isFixed = given && !given.getQ().empty();
  return isFixed || visitedAfter * 5 <= visitedBefore * 4 ? "" : notWorth;
}

void Reorderer::fitTiles() {
  for (const Tiling &tiling : tilings)
    if (tiling.anywhere && keys.overlaps() &&
        tiling.tiles.queries == queries.size && tiling.tiles.keys == keys.size)
      tiles = tiling.tiles;
  if (queries.size % tiles.queries == 0 && queries.size <= 256)
    tiles.queries = queries.size;
  for (const Tiling &tiling : tilings)
    if (keys.size % tiling.tiles.keys == 0)
      tiles.keys = keys.size;
}

/// The value with its tokens at their places.
Value Reorderer::move(Value value, unsigned dim, AffineMap map, bool isKey) {
  auto type = cast<RankedTensorType>(value.getType());
  unsigned axis = *axisOf(map, dim);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, value);
  sizes[axis] = b.getIndexAttr((isKey ? keys : queries).getNumPlaces());
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
  auto moved = ReorderOp::create(b, loc, TypeRange(empty.getType()),
                                 /*permutation=*/Value(), value, empty,
                                 /*inverse=*/UnitAttr(), order,
                                 isKey ? b.getUnitAttr() : UnitAttr(),
                                 b.getDenseI64ArrayAttr(axis));
  return moved.getResult();
}

void Reorderer::rewriteRegions(AttentionOp moved) {
  if (!moved.getScore().empty())
    RegionRewriter(moved.getScore(), /*first=*/3, queries, keys).rewrite();
  Region &mask = moved.getMask();
  if (mask.empty() && keys.hasGaps()) {
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Type> types(4, b.getIndexType());
    SmallVector<Location> locs(4, loc);
    b.createBlock(&mask, mask.end(), types, locs);
    YieldOp::create(b, loc, arith::ConstantIntOp::create(b, loc, 1, 1));
  }
  if (mask.empty())
    return;
  Value exists = RegionRewriter(mask, /*first=*/2, queries, keys).rewrite();
  if (!exists)
    return;
  Operation *yield = mask.front().getTerminator();
  OpBuilder body(yield);
  yield->setOperand(
      0, arith::AndIOp::create(body, loc, exists, yield->getOperand(0)));
}

void Reorderer::rewrite() {
  auto moved = cast<AttentionOp>(b.clone(*op));
  b.setInsertionPoint(moved);
  moved.removeOrderAttr();
  moved.getQueryMutable().assign(move(op.getQuery(), dimI, maps[0], false));
  moved.getKeysMutable().assign(move(op.getKeys()[0], dimJ, maps[1], true));
  moved.getValuesMutable().assign(move(op.getValues()[0], dimJ, maps[2], true));
  SmallVector<Value> outputs;
  for (auto [n, output] : llvm::enumerate(op.getOutputs())) {
    auto type = cast<RankedTensorType>(output.getType());
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, output);
    sizes[*axisOf(maps[3 + n], dimI)] = b.getIndexAttr(queries.getNumPlaces());
    outputs.push_back(
        tensor::EmptyOp::create(b, loc, sizes, type.getElementType()));
    moved->getResult(n).setType(outputs.back().getType());
  }
  moved.getOutputsMutable().assign(outputs);
  rewriteRegions(moved);
  if (!lists.empty() && !moved.getMask().empty())
    setWalk(b, moved, lists, tiles);
  b.setInsertionPointAfter(moved);
  SmallVector<Value> results;
  for (auto [n, output] : llvm::enumerate(op.getOutputs()))
    results.push_back(
        ReorderOp::create(b, loc, TypeRange(output.getType()),
                          /*permutation=*/Value(), moved->getResult(n), output,
                          b.getUnitAttr(), order, /*keys=*/UnitAttr(),
                          b.getDenseI64ArrayAttr(*axisOf(maps[3 + n], dimI)))
            .getResult());
  op->replaceAllUsesWith(results);
  op.erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnReorderTokensPass final
    : attn::impl::AttnReorderTokensBase<AttnReorderTokensPass> {
  using Base::Base;

  void runOnOperation() override {
    if (!CudaTarget::isCuda(target))
      if (auto cpu = CpuTarget::parse(target); !cpu) {
        emitError(getOperation()->getLoc()) << toString(cpu.takeError());
        return signalPassFailure();
      }
    getOperation()->walk([&](AttentionOp op) {
      if (op.getOrderAttr() || (!onlyGiven && !op.getMask().empty()))
        reorder(op);
    });
  }

  /// Rows of a tile on GPUs with which boxes of keys anywhere pay.
  static constexpr int64_t smallRows = 64;

  /// Channels of queries (0) or values (2).
  static int64_t getChannels(AttentionOp op, unsigned operand, unsigned dim) {
    Value value = operand == 0 ? op.getQuery() : op.getValues()[0];
    return cast<ShapedType>(value.getType())
        .getDimSize(*axisOf(op.getIndexingMapsArray()[operand], dim));
  }

  /// Tiles that -attn-select-schedule makes, or those of the op's schedule.
  SmallVector<Tiling> getTilings(AttentionOp op) {
    bool isCuda = CudaTarget::isCuda(target);
    TileExtents tiles = getTiles(op, isCuda);
    if (op.getScheduleAttr()) {
      SmallVector<Tiling> tilings = {{tiles, /*anywhere=*/false}};
      if (!isCuda || tiles.queries == smallRows)
        tilings.push_back({tiles, /*anywhere=*/true});
      return tilings;
    }
    int64_t rows = tiles.queries;
    SmallVector<Tiling> tilings = {{tiles, /*anywhere=*/false},
                                   {{rows, 64}, /*anywhere=*/false}};
    if (!isCuda)
      for (int64_t columns : {128, 64})
        tilings.push_back({{rows, columns}, /*anywhere=*/true});
    // Two blocks share a multiprocessor then, if it holds their tiles.
    else if (getChannels(op, 0, dimD) <= 128 && getChannels(op, 2, dimE) <= 128)
      tilings.push_back({{smallRows, 64}, /*anywhere=*/true, /*pairCost=*/1.1});
    return tilings;
  }

  void reorder(AttentionOp op) {
    OrderAttr given = op.getOrderAttr();
    SmallVector<Tiling> tilings = getTilings(op);
    Reorderer reorderer(op, tilings,
                        /*copiesBoxes=*/CudaTarget::isCuda(target));
    std::string obstacle = reorderer.getObstacle();
    bool isTensor =
        cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics();
    if (obstacle.empty() && !isTensor)
      obstacle = "it works on memrefs";
    if (obstacle.empty() && (tilings.front().tiles.queries % walkUnit != 0 ||
                             tilings.front().tiles.keys % walkUnit != 0))
      obstacle = "its schedule's tiles are no multiples of 16";
    if (!obstacle.empty()) {
      if (given)
        op.emitWarning("its order is not used: ") << obstacle;
      return;
    }
    obstacle = reorderer.choose();
    if (!obstacle.empty()) {
      if (given)
        op.emitRemark("its tokens stay as they are: ") << obstacle;
      return;
    }
    if (reports)
      op.emitRemark("its tokens are reordered: ")
          << reorderer.getOrder() << "; " << reorderer.getVisitedBefore()
          << " pairs were in tiles with work, and "
          << reorderer.getVisitedAfter() << " are now";
    ++numReordered;
    numBefore += reorderer.getVisitedBefore();
    numAfter += reorderer.getVisitedAfter();
    reorderer.rewrite();
  }
};

} // namespace
