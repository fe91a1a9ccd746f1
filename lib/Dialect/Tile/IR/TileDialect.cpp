//===- TileDialect.cpp - Registration, types and attributes ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::tile;

#include "fovea/Dialect/Tile/IR/TileDialect.cpp.inc"
#include "fovea/Dialect/Tile/IR/TileEnums.cpp.inc"

#include "fovea/Dialect/Tile/IR/TileAttrInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Tile/IR/TileAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "fovea/Dialect/Tile/IR/TileTypes.cpp.inc"

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "fovea/Dialect/Tile/IR/TileAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "fovea/Dialect/Tile/IR/TileTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "fovea/Dialect/Tile/IR/TileOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// Parses `<` shape x element type, and a layout where `layout` is given, `>`.
static ParseResult parseShaped(AsmParser &parser, SmallVectorImpl<int64_t> &shape,
                               Type &elementType, bool allowDynamic,
                               Attribute *layout) {
  if (parser.parseLess() || parser.parseDimensionList(shape, allowDynamic) ||
      parser.parseType(elementType))
    return failure();
  if (layout && succeeded(parser.parseOptionalComma()) &&
      parser.parseAttribute(*layout))
    return failure();
  return parser.parseGreater();
}

static void printShaped(AsmPrinter &printer, ArrayRef<int64_t> shape,
                        Type elementType, Attribute layout) {
  printer << '<';
  printer.printDimensionList(shape);
  printer << 'x' << elementType;
  if (layout)
    printer << ", " << layout;
  printer << '>';
}

Type TileType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  Attribute layout;
  SMLoc loc = parser.getCurrentLocation();
  if (parseShaped(parser, shape, elementType, /*allowDynamic=*/false, &layout))
    return {};
  return parser.getChecked<TileType>(loc, parser.getContext(), shape,
                                     elementType, layout);
}

void TileType::print(AsmPrinter &printer) const {
  printShaped(printer, getShape(), getElementType(), getLayout());
}

static LogicalResult
verifyShaped(function_ref<InFlightDiagnostic()> emitError, StringRef what,
             ArrayRef<int64_t> shape, Type elementType) {
  if (shape.empty() || shape.size() > 2)
    return emitError() << "a " << what << " has one or two axes, got "
                       << shape.size();
  if (!elementType.isIntOrIndexOrFloat())
    return emitError() << "the elements of a " << what
                       << " are numbers, got " << elementType;
  return success();
}

LogicalResult TileType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, Type elementType,
                               Attribute layout) {
  if (failed(verifyShaped(emitError, "tile", shape, elementType)))
    return failure();
  for (int64_t extent : shape)
    if (extent <= 0)
      return emitError() << "a tile's axes have static, positive extents, got "
                         << extent;
  if (auto interface = llvm::dyn_cast_or_null<LayoutAttrInterface>(layout))
    return interface.verifyShape(shape, emitError);
  return success();
}

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  SMLoc loc = parser.getCurrentLocation();
  if (parseShaped(parser, shape, elementType, /*allowDynamic=*/true, nullptr))
    return {};
  return parser.getChecked<ViewType>(loc, parser.getContext(), shape,
                                     elementType);
}

void ViewType::print(AsmPrinter &printer) const {
  printShaped(printer, getShape(), getElementType(), {});
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> shape, Type elementType) {
  return verifyShaped(emitError, "view", shape, elementType);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult LanesAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                int64_t axis, int64_t width, int64_t pack) {
  if (axis < 0 || axis > 1)
    return emitError() << "axis is 0 or 1, got " << axis;
  if (width < 1)
    return emitError() << "width is positive, got " << width;
  if (pack != 1 && pack != 2)
    return emitError() << "pack is 1 or 2, got " << pack;
  return success();
}

LogicalResult
LanesAttr::verifyShape(ArrayRef<int64_t> shape,
                       function_ref<InFlightDiagnostic()> emitError) const {
  if (getAxis() >= static_cast<int64_t>(shape.size()))
    return emitError() << "lanes run along axis " << getAxis()
                       << ", but the tile has " << shape.size() << " axes";
  if (shape[getAxis()] % getWidth() != 0)
    return emitError() << "axis " << getAxis() << " has " << shape[getAxis()]
                       << " elements, no multiple of the " << getWidth()
                       << " lanes";
  int64_t step = getAxis() == 1 ? getWidth() * getPack() : getPack();
  if (getPack() != 1 && (shape.size() != 2 || shape[1] % step != 0))
    return emitError() << "pack = " << getPack()
                       << " needs two axes, with a multiple of " << step
                       << " elements along axis 1";
  return success();
}

SmallVector<int64_t, 4> LanesAttr::getPlaceShape(ArrayRef<int64_t> shape) const {
  int64_t registers = shape[getAxis()] / getWidth();
  if (shape.size() == 2)
    registers *= shape[1 - getAxis()];
  return {1, 1, getWidth(), registers};
}

AffineMap LanesAttr::getElementMap(ArrayRef<int64_t> shape) const {
  MLIRContext *context = getContext();
  AffineExpr lane = getAffineDimExpr(2, context);
  AffineExpr reg = getAffineDimExpr(3, context);
  int64_t vectors = shape[getAxis()] / getWidth();
  int64_t pack = getPack();
  AffineExpr along = (reg.floorDiv(pack) % vectors) * getWidth() + lane;
  if (shape.size() == 1)
    return AffineMap::get(4, 0, {along}, context);
  if (getAxis() == 0)
    return AffineMap::get(
        4, 0, {along, reg.floorDiv(vectors * pack) * pack + reg % pack},
        context);
  // A vector of lanes is one of `width * pack` elements of a row.
  int64_t words = vectors / pack;
  AffineExpr word = (reg.floorDiv(pack) % words) * getWidth() + lane;
  return AffineMap::get(4, 0, {reg.floorDiv(vectors), word * pack + reg % pack},
                        context);
}

/// What only schedules with query rows in lanes, or only others, have to keep
/// to.
static LogicalResult verifyLanes(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t queryTile, int64_t keyTile,
                                 int64_t lanes, int64_t rows, int64_t vectors,
                                 int64_t tailTile, int64_t laneAxis) {
  if (laneAxis != 0 && laneAxis != 1)
    return emitError() << "lane_axis is 0 (query rows in lanes) or 1 (keys and "
                          "channels), got "
                       << laneAxis;
  if (laneAxis == 1) {
    if (queryTile < 1 || queryTile > 16)
      return emitError() << "with lane_axis = 1, query_tile is from 1 to 16, "
                            "got "
                         << queryTile;
    if (keyTile % lanes != 0)
      return emitError() << "with lane_axis = 1, key_tile is a multiple of "
                            "lanes ("
                         << lanes << "), got " << keyTile;
    if (!llvm::isPowerOf2_64(vectors))
      return emitError()
             << "with lane_axis = 1, vectors is a power of two, got "
             << vectors;
    if (tailTile != 0)
      return emitError() << "with lane_axis = 1, tail_tile is 0, got "
                         << tailTile;
    return success();
  }
  if (queryTile < lanes || queryTile > 256 || queryTile % lanes != 0)
    return emitError() << "query_tile is a multiple of lanes (" << lanes
                       << ") up to 256, got " << queryTile;
  if (queryTile / lanes % vectors != 0)
    return emitError() << "query_tile holds " << queryTile / lanes
                       << " vectors, no multiple of vectors (" << vectors
                       << ")";
  if (keyTile % rows != 0)
    return emitError() << "key_tile is a multiple of rows (" << rows
                       << "), got " << keyTile;
  int64_t tail = tailTile / lanes;
  if (tailTile < 0 || tailTile >= queryTile || tailTile % lanes != 0 ||
      (tail > vectors && tail % vectors != 0))
    return emitError() << "tail_tile is a multiple of lanes (" << lanes
                       << ") below query_tile (" << queryTile
                       << ") of less than " << vectors
                       << " vectors or a multiple of them, got " << tailTile;
  return success();
}

LogicalResult
CpuScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        int64_t queryTile, int64_t keyTile, int64_t lanes,
                        int64_t rows, int64_t vectors, int64_t splitTo,
                        int64_t tailTile, bool storageTypes, int64_t laneAxis,
                        bool amx, int64_t heads) {
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return emitError() << "lanes is 4, 8 or 16, got " << lanes;
  if (rows < 1 || rows > 16 || vectors < 1 || vectors > 16)
    return emitError() << "rows and vectors are from 1 to 16, got " << rows
                       << " and " << vectors;
  int64_t registers = lanes == 16 ? 32 : 16;
  int64_t needed = rows * vectors + vectors + 1;
  if (needed > registers)
    return emitError() << "a block of " << rows << " rows by " << vectors
                       << " vectors needs " << needed << " of "
                       << registers << " vector registers; make it smaller";
  if (keyTile < 1 || keyTile > 1024)
    return emitError() << "key_tile is from 1 to 1024, got " << keyTile;
  if (failed(verifyLanes(emitError, queryTile, keyTile, lanes, rows, vectors,
                         tailTile, laneAxis)))
    return failure();
  if (splitTo < 1 || splitTo > 1024)
    return emitError() << "split_to is from 1 to 1024, got " << splitTo;
  if (tailTile != 0 && splitTo != 1)
    return emitError() << "tail_tile needs split_to = 1, got " << splitTo;
  if (storageTypes && lanes != 16)
    return emitError() << "storage_types needs 16 lanes, got " << lanes;
  if (storageTypes && keyTile % 2 != 0)
    return emitError() << "storage_types needs an even key_tile, got "
                       << keyTile;
  if (amx && !storageTypes)
    return emitError() << "amx needs storage_types = true";
  if (amx && laneAxis != 0)
    return emitError() << "amx needs lane_axis = 0, got " << laneAxis;
  if (heads < 1 || heads > 64)
    return emitError() << "heads is from 1 to 64, got " << heads;
  return success();
}
