//===- PipeDialect.cpp - Registration and types ---------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

#include "fovea/Dialect/Pipe/IR/PipeDialect.cpp.inc"
#include "fovea/Dialect/Pipe/IR/PipeEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeTypes.cpp.inc"

void PipeDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "fovea/Dialect/Pipe/IR/PipeAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "fovea/Dialect/Pipe/IR/PipeTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "fovea/Dialect/Pipe/IR/PipeOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// What lies in shared memory has the layout #pipe.smem: two axes in permuted
/// blocks, or one axis in order.
static LogicalResult verifyShared(function_ref<InFlightDiagnostic()> emitError,
                                  tile::TileType type) {
  if (!isa_and_nonnull<SmemAttr>(type.getLayout()))
    return emitError() << "a tile in shared memory has the layout #pipe.smem, "
                          "got "
                       << type;
  Type elementType = type.getElementType();
  if (!elementType.isIntOrFloat() ||
      elementType.getIntOrFloatBitWidth() % 8 != 0)
    return emitError() << "elements in shared memory are whole bytes, got "
                       << elementType;
  auto layout = cast<SmemAttr>(type.getLayout());
  if ((type.getRank() == 1) != (layout.getSwizzle() == 0))
    return emitError() << "a tile of one axis in shared memory has swizzle 0, "
                          "one of two axes 128, got "
                       << type;
  if (type.getRank() == 1)
    return success();
  int64_t columns = 128 / elementType.getIntOrFloatBitWidth();
  if (type.getRank() != 2 || type.getDimSize(0) % 8 != 0 ||
      type.getDimSize(1) % columns != 0)
    return emitError()
           << "a tile in shared memory has a multiple of 8 rows and "
              "of "
           << columns << " columns, got " << type;
  return success();
}

LogicalResult RingType::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t stages, tile::TileType tile) {
  if (stages < 1)
    return emitError() << "a ring has at least one slot, got " << stages;
  return verifyShared(emitError, tile);
}

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 tile::TileType tile) {
  return verifyShared(emitError, tile);
}

FailureOr<std::optional<std::pair<unsigned, int64_t>>>
pipe::getMappedLimit(tile::ViewOp view) {
  using Extent = std::optional<std::pair<unsigned, int64_t>>;
  // A map ends neither with a page nor with rows behind an offset.
  if (view.getTable() || (view.getFrom() && view.getLimit()))
    return failure();
  if (!view.getLimit())
    return Extent();
  auto type = cast<MemRefType>(view.getSource().getType());
  int64_t axis = view.getDims()[0];
  APInt constant;
  if (matchPattern(view.getLimit(), m_ConstantInt(&constant)) &&
      !type.isDynamicDim(axis) &&
      constant.getSExtValue() >= type.getDimSize(axis))
    return Extent();
  auto dim = view.getLimit().getDefiningOp<memref::DimOp>();
  auto argument =
      dim ? dyn_cast<BlockArgument>(dim.getSource()) : BlockArgument();
  if (!argument || !dim.getConstantIndex())
    return failure();
  if (dim.getSource() == view.getSource() && *dim.getConstantIndex() == axis)
    return Extent();
  return Extent({argument.getArgNumber(), *dim.getConstantIndex()});
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

int64_t pipe::getSharedBytes(tile::TileType type) {
  Type element = type.getElementType();
  if (type.getRank() == 1)
    return llvm::alignTo(
        type.getDimSize(0) * element.getIntOrFloatBitWidth() / 8, 1024);
  int64_t block = cast<SmemAttr>(type.getLayout()).getBlockColumns(element);
  int64_t columns = llvm::alignTo(type.getDimSize(1), block);
  return llvm::alignTo(
      type.getDimSize(0) * columns * element.getIntOrFloatBitWidth() / 8, 1024);
}

int64_t pipe::getSharedBytes(Block &block) {
  int64_t bytes = 0, barriers = 0;
  for (Operation &op : block) {
    if (auto ring = dyn_cast<RingOp>(op)) {
      bytes +=
          ring.getType().getStages() * getSharedBytes(ring.getType().getTile());
      barriers += 2 * ring.getType().getStages();
    } else if (auto buffer = dyn_cast<BufferOp>(op)) {
      bytes += getSharedBytes(buffer.getType().getTile());
    }
  }
  return bytes + 8 * barriers;
}
