//===- Tile.cpp - tile kernels, as a loop over the grid -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tiles are ragged: elements at or beyond a tile's extents are not defined.
// They hold NaN (0 in tiles of integers), and no operation reads them.
//
//===----------------------------------------------------------------------===//

#include "Body.h"
#include "Slices.h"

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fovea::tile;
using namespace fovea::reference;
using Tile = fovea::reference::Tile;

/// A tile without a defined element yet.
static FailureOr<Tile> makeTile(Machine &machine, Operation *op, TileType type,
                                ArrayRef<int64_t> extents) {
  FailureOr<View> elements =
      machine.allocate(op, type.getShape(), type.getElementType());
  if (failed(elements))
    return failure();
  return Tile{*elements, Index(extents)};
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, LaunchOp op) {
  auto kernel =
      SymbolTable::lookupNearestSymbolFrom<KernelOp>(op, op.getKernelAttr());
  if (!kernel)
    return op.emitOpError("launches @") << op.getKernel() << ", no kernel";
  SmallVector<Datum> arguments = machine.get(op.getArguments());
  size_t parameters = arguments.size();
  return forEachIndex(
      machine.getIndex(op.getGrid()), [&](ArrayRef<int64_t> point) {
        arguments.resize(parameters);
        for (int64_t coordinate : point)
          arguments.push_back(Scalar{0, coordinate});
        return machine.runIsolated(kernel.getBlock(), arguments);
      });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, ViewOp op) {
  View source = machine.getView(op.getSource());
  Index indices = machine.getIndex(op.getIndices());
  SmallVector<int64_t> dims(op.getDims());
  TileView view;
  if (op.getTable())
    dims.insert(dims.begin(), *op.getPageDim());
  view.memory.array = source.array;
  view.memory.offset = source.offset;
  for (int64_t dim : dims) {
    view.memory.sizes.push_back(source.sizes[dim]);
    view.memory.strides.push_back(source.strides[dim]);
  }
  auto index = indices.begin();
  for (int64_t dim = 0, rank = source.sizes.size(); dim < rank; ++dim) {
    if (llvm::is_contained(dims, dim))
      continue;
    if (*index < 0 || *index >= source.sizes[dim])
      return op.emitOpError("has the index ")
             << *index << " outside of dimension " << dim << " of size "
             << source.sizes[dim];
    view.memory.offset += *index++ * source.strides[dim];
  }
  view.sizes = view.memory.sizes;
  if (op.getTable()) {
    if (view.memory.sizes[1] != static_cast<int64_t>(*op.getPageSize()))
      return op.emitOpError("has pages of ") << view.memory.sizes[1] << " rows";
    View table = machine.getView(op.getTable());
    for (auto [dim, position] :
         llvm::enumerate(machine.getIndex(op.getTableIndices()))) {
      if (position < 0 || position >= table.sizes[dim])
        return op.emitOpError("has the index ")
               << position << " outside of dimension " << dim
               << " of its table, of size " << table.sizes[dim];
      table.offset += position * table.strides[dim];
    }
    table.sizes = {table.sizes.back()};
    table.strides = {table.strides.back()};
    view.sizes.erase(view.sizes.begin());
    view.sizes[0] *= table.sizes[0];
    view.table = std::make_shared<View>(table);
  }
  if (std::optional<ArrayRef<int64_t>> boxes = op.getBoxes()) {
    view.boxes = *boxes;
    view.steps = op.getBoxSteps();
    view.sizes.erase(view.sizes.begin(),
                     view.sizes.begin() + boxes->size() - 1);
    view.sizes[0] = getNumRows(op);
  }
  if (Value from = op.getFrom()) {
    view.first = machine.getInteger(from);
    if (view.first < 0)
      return op.emitOpError("begins at row ") << view.first;
    view.sizes[0] = std::max<int64_t>(view.sizes[0] - view.first, 0);
  }
  if (Value limit = op.getLimit())
    view.sizes[0] =
        std::clamp<int64_t>(machine.getInteger(limit), 0, view.sizes[0]);
  machine.set(op, view);
  return success();
}

/// The coordinates of row `row` of boxes on a grid.
static Index locateInBoxes(const TileView &view, int64_t row) {
  Index coordinates(view.boxes.size());
  int64_t places = 1;
  for (int64_t extent : view.boxes)
    places *= extent;
  int64_t box = row / places, inside = row % places;
  for (size_t dim = view.boxes.size(); dim-- > 0;) {
    int64_t extent = view.boxes[dim];
    int64_t count = llvm::divideCeil(view.memory.sizes[dim], view.steps[dim]);
    coordinates[dim] = box % count * view.steps[dim] + inside % extent;
    box /= count;
    inside /= extent;
  }
  return coordinates;
}

/// Whether the grid of a view with boxes, or any other view, has an element.
static bool isInside(const TileView &view, ArrayRef<int64_t> index) {
  return llvm::all_of(llvm::zip_equal(index, view.memory.sizes), [](auto pair) {
    return std::get<0>(pair) < std::get<1>(pair);
  });
}

/// The element of `view` at `position`, which is inside of its sizes.
static FailureOr<Index> locate(Operation *op, const TileView &view,
                               ArrayRef<int64_t> position) {
  Index index(position);
  index[0] += view.first;
  if (!view.boxes.empty()) {
    Index grid = locateInBoxes(view, index[0]);
    index.erase(index.begin());
    index.insert(index.begin(), grid.begin(), grid.end());
    return index;
  }
  if (!view.table)
    return index;
  int64_t size = view.memory.sizes[1];
  int64_t page = view.table->load({index[0] / size}).integer;
  if (page < 0 || page >= view.memory.sizes[0])
    return op->emitOpError("reads row ")
           << index[0] << " in page " << page << ", but there are "
           << view.memory.sizes[0] << " pages";
  index[0] %= size;
  index.insert(index.begin(), page);
  return index;
}

/// Elements of a tile at `offsets` that lie inside of the view.
static FailureOr<Index> clip(Operation *op, const TileView &view,
                             ArrayRef<int64_t> offsets,
                             ArrayRef<int64_t> shape) {
  Index extents;
  for (auto [offset, size, extent] :
       llvm::zip_equal(offsets, view.sizes, shape)) {
    if (offset < 0)
      return op->emitOpError("has the offset ")
             << offset << "; offsets are not negative";
    extents.push_back(std::clamp<int64_t>(size - offset, 0, extent));
  }
  return extents;
}

static Index add(ArrayRef<int64_t> x, ArrayRef<int64_t> y) {
  Index sum(x);
  for (auto [a, b] : llvm::zip_equal(sum, y))
    a += b;
  return sum;
}

static LogicalResult run(Machine &machine, LoadOp op) {
  const auto &view = std::get<TileView>(machine.get(op.getView()));
  Index offsets = machine.getIndex(op.getOffsets());
  FailureOr<Index> extents = clip(op, view, offsets, op.getType().getShape());
  if (failed(extents))
    return failure();
  FailureOr<Tile> tile = makeTile(machine, op, op.getType(), *extents);
  if (failed(tile))
    return failure();
  LogicalResult status = forEachIndex(*extents, [&](ArrayRef<int64_t> index) {
    FailureOr<Index> from = locate(op, view, add(offsets, index));
    if (failed(from))
      return failure();
    if (isInside(view, *from))
      tile->elements.store(index, view.memory.load(*from));
    else
      tile->elements.store(index, Scalar());
    return success();
  });
  machine.set(op, *tile);
  return status;
}

static LogicalResult run(Machine &machine, StoreOp op) {
  const auto &view = std::get<TileView>(machine.get(op.getView()));
  Index offsets = machine.getIndex(op.getOffsets());
  Tile tile = machine.getTile(op.getValue());
  FailureOr<Index> extents = clip(op, view, offsets, tile.extents);
  if (failed(extents))
    return failure();
  return forEachIndex(*extents, [&](ArrayRef<int64_t> index) {
    FailureOr<Index> to = locate(op, view, add(offsets, index));
    if (failed(to))
      return failure();
    if (isInside(view, *to))
      view.memory.store(*to, tile.elements.load(index));
    return success();
  });
}

//===----------------------------------------------------------------------===//
// Computation
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, SplatOp op) {
  FailureOr<Tile> tile =
      makeTile(machine, op, op.getType(), op.getType().getShape());
  if (failed(tile))
    return failure();
  fill(tile->elements, machine.getScalar(op.getValue()));
  machine.set(op, *tile);
  return success();
}

/// Lowers `limits` of the dimensions that `map` reads to the defined extents.
static void limit(MutableArrayRef<int64_t> limits, AffineMap map,
                  ArrayRef<int64_t> extents) {
  for (auto [axis, extent] : llvm::enumerate(extents)) {
    int64_t &value = limits[map.getDimPosition(axis)];
    value = std::min(value, extent);
  }
}

static LogicalResult run(Machine &machine, DotOp op) {
  SmallVector<AffineMap> maps(
      op.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  Tile tiles[] = {machine.getTile(op.getA()), machine.getTile(op.getB()),
                  machine.getTile(op.getAcc())};
  const Tile &a = tiles[0], &b = tiles[1], &acc = tiles[2];
  // Defined extents of (m, n, k).
  Index limits(3, std::numeric_limits<int64_t>::max());
  for (auto [map, tile] : llvm::zip_equal(maps, tiles))
    limit(limits, map, tile.extents);
  int64_t depth = limits[2];
  limits[2] = 1;
  FailureOr<Tile> result =
      makeTile(machine, op, op.getType(), evaluateMap(maps[2], limits));
  if (failed(result))
    return failure();
  (void)forEachIndex(limits, [&](ArrayRef<int64_t> point) {
    Index at(point), target = evaluateMap(maps[2], point);
    Scalar sum = acc.elements.load(target);
    for (at[2] = 0; at[2] < depth; ++at[2])
      sum.real += a.elements.load(evaluateMap(maps[0], at)).real *
                  b.elements.load(evaluateMap(maps[1], at)).real;
    result->elements.store(target, finish(sum, op.getType().getElementType()));
    return success();
  });
  machine.set(op, *result);
  return success();
}

static LogicalResult run(Machine &machine, MapOp op) {
  SmallVector<AffineMap> maps(
      op.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  Index extents(op.getType().getShape());
  SmallVector<Tile> inputs;
  for (auto [map, input] : llvm::zip_equal(maps, op.getInputs())) {
    inputs.push_back(machine.getTile(input));
    limit(extents, map, inputs.back().extents);
  }
  Index origin(extents.size(), 0);
  if (!op.getOrigin().empty())
    origin = machine.getIndex(op.getOrigin());
  FailureOr<Body> body =
      Body::create(machine, op.getBlock(), {}, Reads::Checked);
  if (failed(body))
    return failure();
  FailureOr<Tile> result = makeTile(machine, op, op.getType(), extents);
  if (failed(result))
    return failure();
  LogicalResult status = forEachIndex(extents, [&](ArrayRef<int64_t> index) {
    SmallVector<Scalar> arguments;
    for (auto [map, input] : llvm::zip_equal(maps, inputs))
      arguments.push_back(input.elements.load(evaluateMap(map, index)));
    for (int64_t coordinate : add(origin, index))
      arguments.push_back({0, coordinate});
    if (failed(body->run(arguments)))
      return failure();
    result->elements.store(index, body->getYielded(0));
    return success();
  });
  machine.set(op, *result);
  return status;
}

static LogicalResult run(Machine &machine, ReduceOp op) {
  Tile input = machine.getTile(op.getInput());
  int64_t axis = op.getAxis();
  bool isMax = op.getKind() == ReduceKind::max;
  FailureOr<Tile> result =
      makeTile(machine, op, op.getType(), {input.extents[1 - axis]});
  if (failed(result))
    return failure();
  for (int64_t n = 0; n < input.extents[1 - axis]; ++n) {
    Scalar folded{isMax ? -std::numeric_limits<double>::infinity() : 0, 0};
    for (int64_t k = 0; k < input.extents[axis]; ++k) {
      Index index = axis == 1 ? Index{n, k} : Index{k, n};
      double element = input.elements.load(index).real;
      folded.real =
          isMax ? std::fmax(folded.real, element) : folded.real + element;
    }
    result->elements.store({n}, finish(folded, op.getType().getElementType()));
  }
  machine.set(op, *result);
  return success();
}

static LogicalResult run(Machine &machine, GatherOp op) {
  machine.set(op, machine.getView(op.getTable())
                      .loadSafe(machine.getIndex(op.getIndices())));
  return success();
}

//===----------------------------------------------------------------------===//
// Work items together
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, ProcessorsOp op) {
  // As many as divide the keys of small tests.
  machine.setInteger(op, 16);
  return success();
}

/// The state over all parts in that of the last one to arrive.
static FailureOr<SmallVector<Tile>>
fold(Machine &machine, CombineOp op,
     const std::map<int64_t, SmallVector<Tile>> &parts, int64_t rows) {
  double unit = op.getUnit().convertToDouble();
  SmallVector<Tile> result;
  for (Value value : op.getResults().drop_back()) {
    auto type = cast<TileType>(value.getType());
    Index extents(parts.begin()->second[result.size()].elements.sizes);
    extents[0] = std::clamp<int64_t>(rows, 0, extents[0]);
    FailureOr<Tile> tile = makeTile(machine, op, type, extents);
    if (failed(tile))
      return failure();
    result.push_back(*tile);
  }
  for (int64_t row = 0; row < result[0].extents[0]; ++row) {
    double top = -std::numeric_limits<double>::infinity();
    for (auto &[n, state] : parts)
      top = std::fmax(top, state[1].elements.load({row}).real);
    int64_t columns = result[0].extents[1];
    SmallVector<double> sums(columns + 1);
    for (auto &[n, state] : parts) {
      double m = state[1].elements.load({row}).real;
      double weight = std::isinf(m) && m < 0 ? 0 : std::exp2(unit * (m - top));
      if (weight == 0)
        continue;
      for (int64_t column = 0; column < columns; ++column)
        sums[column] += weight * state[0].elements.load({row, column}).real;
      sums[columns] += weight * state[2].elements.load({row}).real;
    }
    for (int64_t column = 0; column < columns; ++column)
      result[0].elements.store({row, column}, Scalar{sums[column], 0});
    result[1].elements.store({row}, Scalar{top, 0});
    result[2].elements.store({row}, Scalar{sums[columns], 0});
  }
  return result;
}

static LogicalResult run(Machine &machine, CombineOp op) {
  auto kernel = op->getParentOfType<KernelOp>();
  if (!kernel)
    return machine.refuse(op);
  Index point = machine.getIndex(ValueRange(kernel.getGridArguments()));
  int64_t part = machine.getInteger(op.getPart()),
          count = machine.getInteger(op.getCount());
  if (part < 0 || part >= count)
    return op.emitOpError("is part ") << part << " of " << count;
  point.back() -= part;
  auto key = std::make_pair(op.getOperation(),
                            std::vector<int64_t>(point.begin(), point.end()));
  auto &parts = machine.handedOver[key];
  SmallVector<Tile> state;
  for (Value value : {op.getSum(), op.getTop(), op.getWeight()})
    state.push_back(machine.getTile(value));
  if (!parts.try_emplace(part, state).second)
    return op.emitOpError("has part ") << part << " of " << count << " twice";
  bool isLast = static_cast<int64_t>(parts.size()) == count;
  machine.setInteger(op.getLast(), isLast);
  if (isLast) {
    FailureOr<SmallVector<Tile>> folded =
        fold(machine, op, parts, machine.getInteger(op.getRows()));
    if (failed(folded))
      return failure();
    state = *folded;
    machine.handedOver.erase(key);
  }
  for (auto [result, tile] : llvm::zip(op.getResults(), state)) {
    if (!isLast)
      tile.extents.assign(tile.extents.size(), 0);
    machine.set(result, tile);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

static LogicalResult run(Machine &machine, WalkRangesOp op) {
  Walk walk;
  for (auto [lower, upper, partial] :
       llvm::zip_equal(op.getLower(), op.getUpper(), op.getPartial()))
    for (int64_t n = machine.getInteger(lower), end = machine.getInteger(upper);
         n < end; ++n)
      walk.emplace_back(n, partial);
  machine.set(op, walk);
  return success();
}

static LogicalResult run(Machine &machine, WalkListOp op) {
  View tiles = machine.getView(op.getTiles());
  int64_t first = machine.getInteger(op.getFirst());
  int64_t count = machine.getInteger(op.getCount());
  int64_t limit = machine.getInteger(op.getLimit());
  if (count > 0 && (first < 0 || first + count > tiles.sizes[0]))
    return op.emitOpError("reads entries [")
           << first << ", " << first + count << ") of a list of "
           << tiles.sizes[0];
  Walk walk;
  for (int64_t n = 0; n < count; ++n) {
    int64_t number = tiles.load({first + n}).integer;
    if (number < 0 || number > limit)
      number = limit;
    int64_t split = op.getSplit();
    for (int64_t part = 0; part < split; ++part)
      walk.emplace_back(number * split + part,
                        n < machine.getInteger(op.getPartials()));
  }
  machine.set(op, walk);
  return success();
}

static LogicalResult run(Machine &machine, WalkSizeOp op) {
  machine.setInteger(op, std::get<Walk>(machine.get(op.getWalk())).size());
  return success();
}

static LogicalResult run(Machine &machine, WalkAtOp op) {
  const Walk &walk = std::get<Walk>(machine.get(op.getWalk()));
  uint64_t position = machine.getInteger(op.getPosition());
  if (position >= walk.size())
    return op.emitOpError("asks for tile ")
           << machine.getInteger(op.getPosition()) << " of " << walk.size();
  auto [tile, partial] = walk[position];
  machine.setInteger(op.getTile(), tile);
  machine.setInteger(op.getPartial(), partial);
  return success();
}

static LogicalResult run(Machine &machine, WalkEntryOp op) {
  auto list = op.getWalk().getDefiningOp<WalkListOp>();
  int64_t split = list.getSplit();
  machine.setInteger(op, machine.getInteger(list.getFirst()) +
                             machine.getInteger(op.getPosition()) / split);
  return success();
}

LogicalResult fovea::reference::runTile(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<LaunchOp, ProcessorsOp, ViewOp, LoadOp, StoreOp, SplatOp, DotOp,
            MapOp, ReduceOp, GatherOp, CombineOp, WalkRangesOp, WalkListOp,
            WalkSizeOp, WalkAtOp, WalkEntryOp>(
          [&](auto tileOp) { return run(machine, tileOp); })
      .Default([&](Operation *op) { return machine.refuse(op); });
}
