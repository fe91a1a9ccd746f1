//===- TileOps.cpp - Parsing, printing and verification -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace fovea::tile;

#define GET_OP_CLASSES
#include "fovea/Dialect/Tile/IR/TileOps.cpp.inc"

//===----------------------------------------------------------------------===//
// KernelOp
//===----------------------------------------------------------------------===//

void KernelOp::build(OpBuilder &builder, OperationState &result, StringRef name,
                     TypeRange parameters, int64_t gridRank,
                     Attribute schedule) {
  result.addAttribute("sym_name", builder.getStringAttr(name));
  result.addAttribute("grid_rank", builder.getI64IntegerAttr(gridRank));
  if (schedule)
    result.addAttribute("schedule", schedule);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(result.addRegion());
  for (Type type : parameters)
    block->addArgument(type, result.location);
  for (int64_t n = 0; n < gridRank; ++n)
    block->addArgument(builder.getIndexType(), result.location);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments, grid;
  if (parser.parseSymbolName(name, "sym_name", result.attributes) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                               /*allowType=*/true) ||
      parser.parseKeyword("grid") ||
      parser.parseArgumentList(grid, OpAsmParser::Delimiter::Paren))
    return failure();
  Builder &builder = parser.getBuilder();
  for (OpAsmParser::Argument &coordinate : grid) {
    coordinate.type = builder.getIndexType();
    arguments.push_back(coordinate);
  }
  result.addAttribute("grid_rank", builder.getI64IntegerAttr(grid.size()));
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  KernelOp::ensureTerminator(*body, builder, result.location);
  return success();
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(getParameters(), printer, [&](BlockArgument argument) {
    printer.printRegionArgument(argument);
  });
  printer << ") grid(";
  llvm::interleaveComma(
      getGridArguments(), printer, [&](BlockArgument argument) {
        printer.printRegionArgument(argument, {}, /*omitType=*/true);
      });
  printer << ") ";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {"sym_name", "grid_rank"});
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/false);
}

void KernelOp::getAsmBlockArgumentNames(Region &region,
                                        OpAsmSetValueNameFn setName) {
  if (region.empty())
    return;
  static constexpr StringLiteral names[] = {"b", "h", "m", "n"};
  auto grid = region.front().getArguments().take_back(getGridRank());
  for (auto [index, argument] : llvm::enumerate(grid))
    if (index < std::size(names))
      setName(argument, names[index]);
}

LogicalResult KernelOp::verify() {
  int64_t rank = getGridRank();
  if (rank < 1 || rank > static_cast<int64_t>(getBlock().getNumArguments()))
    return emitOpError("grid_rank is ")
           << rank << ", but the body has " << getBlock().getNumArguments()
           << " arguments";
  for (BlockArgument argument : getGridArguments())
    if (!argument.getType().isIndex())
      return emitOpError("coordinates of work items are index, got ")
             << argument.getType();
  for (BlockArgument argument : getParameters())
    if (!argument.getType().isIntOrIndexOrFloat() &&
        !isa<MemRefType>(argument.getType()))
      return emitOpError("parameters are memrefs and scalars, got ")
             << argument.getType();
  return success();
}

//===----------------------------------------------------------------------===//
// LaunchOp
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *callee = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!callee)
    return emitOpError("there is no kernel named ") << getKernelAttr();
  auto kernel = dyn_cast<KernelOp>(callee);
  if (!kernel)
    return success(); // Lowered: the target's pass checks its own form.
  if (kernel.getGridRank() != getGrid().size())
    return emitOpError("gives a grid of rank ")
           << getGrid().size() << " to a kernel of rank "
           << kernel.getGridRank();
  if (!llvm::equal(TypeRange(kernel.getParameters()),
                   TypeRange(getArguments())))
    return emitOpError("the arguments' types are not those of the kernel ")
           << getKernelAttr();
  return success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The table of a view's pages, and the dimension that it counts.
static LogicalResult verifyPages(ViewOp op, MutableArrayRef<bool> used) {
  bool paged = op.getTable() != nullptr;
  if (paged != op.getPageSize().has_value() ||
      paged != op.getPageDim().has_value())
    return op.emitOpError("pages have a size, a dimension and a table");
  if (!paged)
    return success();
  auto source = cast<MemRefType>(op.getSource().getType());
  auto table = cast<MemRefType>(op.getTable().getType());
  int64_t size = *op.getPageSize(), dim = *op.getPageDim();
  int64_t slots = source.getDimSize(op.getDims()[0]);
  if (size < 1 || (!ShapedType::isDynamic(slots) && slots != size))
    return op.emitOpError("pages have ")
           << size << " rows, but dimension " << op.getDims()[0]
           << " of the memref is " << source;
  if (dim < 0 || dim >= source.getRank() || used[dim])
    return op.emitOpError("pages are along dimension ")
           << dim << ", which is none of the others of " << source;
  used[dim] = true;
  Type element = table.getElementType();
  if (!element.isIndex() && !element.isInteger(32) && !element.isInteger(64))
    return op.emitOpError("the table has elements of type ")
           << element << ", expected i32, i64 or index";
  if (table.getRank() != static_cast<int64_t>(op.getTableIndices().size()) + 1)
    return op.emitOpError("a table of rank ")
           << table.getRank() << " needs " << table.getRank() - 1
           << " indices, got " << op.getTableIndices().size();
  return success();
}

/// Boxes fit the grid that `dims` begins with.
static LogicalResult verifyBoxes(ViewOp op) {
  std::optional<ArrayRef<int64_t>> boxes = op.getBoxes();
  if (!boxes && op.getSteps())
    return op.emitOpError("says how far apart boxes start, but has no boxes");
  if (!boxes)
    return success();
  if (op.getFrom() || op.getLimit() || op.getTable())
    return op.emitOpError("has boxes, which go with neither an offset nor a "
                          "limit nor pages");
  auto source = cast<MemRefType>(op.getSource().getType());
  for (auto [dim, extent] : llvm::zip(op.getRowDims(), *boxes)) {
    if (extent < 1)
      return op.emitOpError("has boxes of an extent of ")
             << extent << "; give 1 or more";
    if (source.isDynamicDim(dim))
      return op.emitOpError("has boxes along dimension ")
             << dim << ", whose size is not static";
  }
  if (op.getBoxSteps().size() != boxes->size())
    return op.emitOpError("has boxes of ")
           << boxes->size() << " extents that start every "
           << op.getBoxSteps().size();
  for (int64_t step : op.getBoxSteps())
    if (step < 1)
      return op.emitOpError("has boxes that start every ")
             << step << " elements; give 1 or more";
  return success();
}

int64_t fovea::tile::getNumRows(ViewOp view) {
  auto source = cast<MemRefType>(view.getSource().getType());
  std::optional<ArrayRef<int64_t>> boxes = view.getBoxes();
  if (!boxes)
    return source.getDimSize(view.getDims()[0]);
  int64_t rows = view.getBoxSize();
  for (unsigned n = 0; n < boxes->size(); ++n)
    rows *= view.getNumBoxes(n);
  return rows;
}

bool fovea::tile::fillsGrid(ViewOp view) {
  auto source = cast<MemRefType>(view.getSource().getType());
  for (auto [dim, extent, step] :
       llvm::zip_equal(view.getRowDims(), *view.getBoxes(), view.getBoxSteps()))
    if (step != extent || source.getDimSize(dim) % extent != 0)
      return false;
  return true;
}

int64_t ViewOp::getNumBoxes(unsigned n) {
  auto source = cast<MemRefType>(getSource().getType());
  return llvm::divideCeil(source.getDimSize(getRowDims()[n]), getBoxSteps()[n]);
}

int64_t ViewOp::getBoxSize() {
  return std::accumulate(getBoxes()->begin(), getBoxes()->end(), int64_t(1),
                         std::multiplies<int64_t>());
}

LogicalResult ViewOp::verify() {
  auto source = cast<MemRefType>(getSource().getType());
  ArrayRef<int64_t> dims = getDims();
  int64_t axes = dims.size();
  if (std::optional<ArrayRef<int64_t>> boxes = getBoxes()) {
    if (boxes->empty() || boxes->size() > dims.size())
      return emitOpError("has boxes of ")
             << boxes->size() << " extents, but dims names " << dims.size()
             << " dimensions";
    axes -= boxes->size() - 1;
  }
  if (axes < 1 || axes > 2)
    return emitOpError("a view has one or two axes, got ") << axes;
  SmallVector<bool> used(source.getRank());
  for (int64_t dim : dims) {
    if (dim < 0 || dim >= source.getRank() || used[dim])
      return emitOpError("dims name each a dimension of the ")
             << source.getRank() << "-dimensional memref once, got " << dim;
    used[dim] = true;
  }
  if (failed(verifyPages(*this, used)) || failed(verifyBoxes(*this)))
    return failure();
  int64_t fixed = llvm::count(used, false);
  if (fixed != static_cast<int64_t>(getIndices().size()))
    return emitOpError("a memref of rank ")
           << source.getRank() << " viewed along " << source.getRank() - fixed
           << " dimensions needs " << fixed << " indices, got "
           << getIndices().size();
  ViewType view = getType();
  if (view.getElementType() != source.getElementType() ||
      static_cast<int64_t>(view.getShape().size()) != axes)
    return emitOpError("the view ")
           << view << " is not of the memref " << source;
  for (auto [axis, extent] : llvm::enumerate(view.getShape())) {
    int64_t size =
        axis == 0 ? getNumRows(*this) : source.getDimSize(getColumnDim());
    bool moves = axis == 0 && (getFrom() || getTable());
    if (moves && !ShapedType::isDynamic(extent))
      return emitOpError("has rows from an offset or in pages, so that axis 0 "
                         "is dynamic, got ")
             << extent;
    if (!ShapedType::isDynamic(extent) && extent != size)
      return emitOpError("axis ")
             << axis << " has " << extent << " elements, the memref's " << size;
  }
  return success();
}

Value fovea::tile::createExtent(OpBuilder &b, ViewOp view, unsigned axis) {
  Location loc = view.getLoc();
  auto dimension = [&](Value memref, int64_t dim) -> Value {
    return b.createOrFold<memref::DimOp>(
        loc, memref, arith::ConstantIndexOp::create(b, loc, dim).getResult());
  };
  if (axis != 0)
    return dimension(view.getSource(), view.getColumnDim());
  if (view.getBoxes())
    return arith::ConstantIndexOp::create(b, loc, getNumRows(view));
  int64_t dim = view.getDims()[0];
  Value limit = view.getLimit();
  if (auto size = limit ? limit.getDefiningOp<memref::DimOp>() : nullptr)
    if (!view.getFrom() && !view.getTable() &&
        size.getSource() == view.getSource() && size.getConstantIndex() == dim)
      return limit;
  Value extent;
  if (view.getTable()) {
    Value pages = dimension(view.getTable(), view.getTableIndices().size());
    extent = b.createOrFold<arith::MulIOp>(
        loc, pages,
        arith::ConstantIndexOp::create(b, loc, *view.getPageSize()));
  } else {
    extent = dimension(view.getSource(), dim);
  }
  if (view.getFrom())
    extent = b.createOrFold<arith::SubIOp>(loc, extent, view.getFrom());
  if (limit)
    extent = b.createOrFold<arith::MinSIOp>(loc, limit, extent);
  return extent;
}

static LogicalResult verifyAccess(Operation *op, ViewType view, TileType tile,
                                  unsigned offsets) {
  if (view.getElementType() != tile.getElementType() ||
      view.getShape().size() != tile.getShape().size())
    return op->emitOpError("the tile ")
           << tile << " is not one of the view " << view;
  if (offsets != view.getShape().size())
    return op->emitOpError("needs one offset for each axis, got ") << offsets;
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getView().getType(), getType(),
                      getOffsets().size());
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getView().getType(), getValue().getType(),
                      getOffsets().size());
}

//===----------------------------------------------------------------------===//
// Computation
//===----------------------------------------------------------------------===//

LogicalResult SplatOp::verify() {
  if (getType().getElementType() != getValue().getType())
    return emitOpError("the value ")
           << getValue().getType() << " is no element of " << getType();
  return success();
}

LogicalResult DotOp::verify() {
  SmallVector<AffineMap> maps(
      getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  TileType types[] = {getA().getType(), getB().getType(), getAcc().getType()};
  if (maps.size() != 3)
    return emitOpError("has three indexing maps, of a, b and acc; got ")
           << maps.size();
  int64_t extents[3] = {0, 0, 0};
  // Operand n does not have dimension absent[n] of (m, n, k).
  static constexpr unsigned absent[] = {1, 0, 2};
  for (unsigned n = 0; n < 3; ++n) {
    if (maps[n].getNumDims() != 3 || maps[n].getNumResults() != 2 ||
        !maps[n].isProjectedPermutation() || maps[n].isFunctionOfDim(absent[n]))
      return emitOpError("indexing map ")
             << n << " is no permutation of two of (m, n, k) that fits: "
             << AffineMapAttr::get(maps[n]);
    if (types[n].getRank() != 2)
      return emitOpError("operands have two axes, got ") << types[n];
    for (unsigned axis = 0; axis < 2; ++axis) {
      int64_t &extent = extents[maps[n].getDimPosition(axis)];
      if (extent && extent != types[n].getDimSize(axis))
        return emitOpError("axis ") << axis << " of " << types[n]
                                    << " should have " << extent << " elements";
      extent = types[n].getDimSize(axis);
    }
  }
  return success();
}

void MapOp::build(OpBuilder &builder, OperationState &state, Type result,
                  ValueRange inputs, ArrayRef<AffineMap> maps,
                  ValueRange origin,
                  function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  state.addTypes(result);
  state.addOperands(inputs);
  state.addOperands(origin);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.setIndexingMaps(builder.getAffineMapArrayAttr(maps));
  properties.setOperandSegmentSizes({static_cast<int32_t>(inputs.size()),
                                     static_cast<int32_t>(origin.size())});
  Region *region = state.addRegion();
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(region);
  for (Value input : inputs)
    block->addArgument(cast<TileType>(input.getType()).getElementType(),
                       state.location);
  for (int64_t axis = 0; axis < cast<TileType>(result).getRank(); ++axis)
    block->addArgument(builder.getIndexType(), state.location);
  Value element = body(builder, state.location, block->getArguments());
  YieldOp::create(builder, state.location, element);
}

Value MapOp::getYielded() {
  return cast<YieldOp>(getBlock().getTerminator()).getValue();
}

LogicalResult MapOp::verify() {
  TileType type = getType();
  SmallVector<AffineMap> maps(
      getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  if (maps.size() != getInputs().size())
    return emitOpError("needs one indexing map for each of its ")
           << getInputs().size() << " inputs, got " << maps.size();
  for (auto [map, input] : llvm::zip_equal(maps, getInputs())) {
    auto tile = cast<TileType>(input.getType());
    if (map.getNumDims() != type.getRank() ||
        map.getNumResults() != tile.getRank() || !map.isProjectedPermutation())
      return emitOpError("the map ")
             << AffineMapAttr::get(map) << " does not read " << tile << " for "
             << type;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (tile.getDimSize(axis) != type.getDimSize(map.getDimPosition(axis)))
        return emitOpError("axis ")
               << axis << " of " << tile << " should have "
               << type.getDimSize(map.getDimPosition(axis)) << " elements";
  }
  if (!getOrigin().empty() &&
      getOrigin().size() != static_cast<size_t>(type.getRank()))
    return emitOpError("origin gives one index for each axis, got ")
           << getOrigin().size();
  Block &block = getBlock();
  if (block.getNumArguments() != getInputs().size() + type.getRank())
    return emitOpError("the body has an argument for each input and each axis, "
                       "got ")
           << block.getNumArguments();
  for (auto [argument, input] : llvm::zip(block.getArguments(), getInputs()))
    if (argument.getType() != cast<TileType>(input.getType()).getElementType())
      return emitOpError("the body's argument ")
             << argument.getArgNumber() << " is no element of "
             << input.getType();
  for (BlockArgument coordinate : getCoordinates())
    if (!coordinate.getType().isIndex())
      return emitOpError("coordinates are index, got ") << coordinate.getType();
  if (!isa<YieldOp>(block.back()))
    return emitOpError("the body ends with tile.yield");
  if (getYielded().getType() != type.getElementType())
    return emitOpError("the body yields ")
           << getYielded().getType() << ", no element of " << type;
  return success();
}

LogicalResult GatherOp::verify() {
  int64_t rank = cast<MemRefType>(getTable().getType()).getRank();
  if (rank != static_cast<int64_t>(getIndices().size()))
    return emitOpError("a table of rank ")
           << rank << " needs " << rank << " indices, got "
           << getIndices().size();
  return success();
}

LogicalResult ExtractOp::verify() {
  if (!isa<MapOp>((*this)->getParentOp()))
    return emitOpError("stands in the body of a tile.map");
  if (getTile().getType().getRank() != 1)
    return emitOpError("takes a tile of one axis, got ") << getTile().getType();
  return success();
}

LogicalResult ReduceOp::verify() {
  TileType input = getInput().getType(), type = getType();
  if (input.getRank() != 2 || type.getRank() != 1)
    return emitOpError("folds a tile of two axes into one of one axis");
  if (getAxis() != 0 && getAxis() != 1)
    return emitOpError("axis is 0 or 1, got ") << getAxis();
  if (input.getDimSize(1 - getAxis()) != type.getDimSize(0) ||
      input.getElementType() != type.getElementType())
    return emitOpError("folding axis ")
           << getAxis() << " of " << input << " does not give " << type;
  if (!isa<FloatType>(input.getElementType()))
    return emitOpError("folds floating-point tiles, got ")
           << input.getElementType();
  return success();
}

LogicalResult CombineOp::verify() {
  TileType sum = getSum().getType(), top = getTop().getType();
  if (sum.getRank() != 2 || top.getRank() != 1 ||
      sum.getDimSize(0) != top.getDimSize(0))
    return emitOpError(
               "takes a tile of rows and one element for each row, got ")
           << sum << " and " << top;
  if (!sum.getElementType().isF32() || !top.getElementType().isF32())
    return emitOpError("combines f32 tiles, got ") << sum << " and " << top;
  return success();
}

LogicalResult WalkRangesOp::verify() {
  if (getPartial().size() != getLower().size())
    return emitOpError("has ") << getLower().size() << " ranges, but 'partial' "
                               << "has " << getPartial().size();
  return success();
}

Value WalkListOp::createTile(OpBuilder &b, Location loc, Value position) {
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  Value rest;
  if (getSplit() != 1)
    rest = arith::RemUIOp::create(b, loc, position, index(getSplit()));
  Value number =
      memref::LoadOp::create(b, loc, getTiles(), createEntry(b, loc, position));
  // A negative number is a large one.
  Value limit = arith::IndexCastOp::create(b, loc, b.getI32Type(), getLimit());
  number = arith::MinUIOp::create(b, loc, number, limit);
  Value tile = arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
  if (!rest)
    return tile;
  tile = arith::MulIOp::create(b, loc, tile, index(getSplit()));
  return arith::AddIOp::create(b, loc, tile, rest);
}

Value WalkListOp::createEntry(OpBuilder &b, Location loc, Value position) {
  if (getSplit() != 1) {
    Value split = arith::ConstantIndexOp::create(b, loc, getSplit());
    position = arith::DivUIOp::create(b, loc, position, split);
  }
  return arith::AddIOp::create(b, loc, getFirst(), position);
}

LogicalResult WalkEntryOp::verify() {
  if (getWalk().getDefiningOp<WalkListOp>())
    return success();
  return emitOpError("asks for an entry of a walk that tile.walk.list does not "
                     "make");
}
