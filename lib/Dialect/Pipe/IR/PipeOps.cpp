//===- PipeOps.cpp - Builders and verifiers -------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

#define GET_OP_CLASSES
#include "fovea/Dialect/Pipe/IR/PipeOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Roles and rings
//===----------------------------------------------------------------------===//

LogicalResult RoleOp::verify() {
  if (!isa_and_nonnull<tile::KernelOp>((*this)->getParentOp()))
    return emitOpError("stands in the block of a tile.kernel");
  if (getBlock().getNumArguments() != 1 ||
      !getBlock().getArgument(0).getType().isIndex())
    return emitOpError("the body has one argument, the group's number (index)");
  if (getGroups() < 1 || getGroups() > 7)
    return emitOpError("groups is from 1 to 7, got ") << getGroups();
  if (getKind() == RoleKind::load && getGroups() != 1)
    return emitOpError("a load role has one group, got ") << getGroups();
  int64_t registers = getRegisters();
  if (registers < 24 || registers > 256 || registers % 8 != 0)
    return emitOpError("registers is a multiple of 8 from 24 to 256, got ")
           << registers;
  return success();
}

LogicalResult RingOp::verify() {
  if (getReaders() < 1)
    return emitOpError("a ring has at least one reader, got ") << getReaders();
  return success();
}

/// Ops that fill slots belong into a load role, the others into a math role.
static LogicalResult verifyRole(Operation *op, RoleKind kind) {
  auto role = op->getParentOfType<RoleOp>();
  if (role && role.getKind() != kind)
    return op->emitOpError("belongs into a ")
           << stringifyRoleKind(kind) << " role, not into a "
           << stringifyRoleKind(role.getKind()) << " role";
  return success();
}

static void buildAdvance(OpBuilder &builder, OperationState &state, Value ring,
                         Value cursor, Access access) {
  state.addOperands({ring, cursor});
  auto tile = cast<RingType>(ring.getType()).getTile();
  state.addTypes({SlotType::get(builder.getContext(), tile, access),
                  CursorType::get(builder.getContext())});
}

static LogicalResult verifySlot(Operation *op, SlotType slot,
                                tile::TileType tile, Access access) {
  if (slot.getTile() != tile)
    return op->emitOpError("the slot holds ")
           << slot.getTile() << ", not the ring's " << tile;
  if (slot.getAccess() != access)
    return op->emitOpError("the slot is one to ") << stringifyAccess(access);
  return success();
}

void AcquireOp::build(OpBuilder &builder, OperationState &state, Value ring,
                      Value cursor) {
  buildAdvance(builder, state, ring, cursor, Access::write);
}

LogicalResult AcquireOp::verify() {
  if (failed(verifyRole(*this, RoleKind::load)))
    return failure();
  return verifySlot(*this, getSlot().getType(), getRing().getType().getTile(),
                    Access::write);
}

void TakeOp::build(OpBuilder &builder, OperationState &state, Value ring,
                   Value cursor) {
  buildAdvance(builder, state, ring, cursor, Access::read);
}

LogicalResult TakeOp::verify() {
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  return verifySlot(*this, getSlot().getType(), getRing().getType().getTile(),
                    Access::read);
}

static LogicalResult verifyView(Operation *op, tile::ViewType view,
                                tile::TileType tile, size_t offsets) {
  if (view.getElementType() != tile.getElementType() ||
      view.getShape().size() != tile.getShape().size())
    return op->emitOpError("the tile ")
           << tile << " is not one of the view " << view;
  if (offsets != view.getShape().size())
    return op->emitOpError("needs one offset for each axis, got ") << offsets;
  return success();
}

LogicalResult FillOp::verify() {
  SlotType slot = getSlot().getType();
  if (failed(verifyRole(*this, RoleKind::load)) ||
      failed(verifySlot(*this, slot, slot.getTile(), Access::write)))
    return failure();
  return verifyView(*this, getView().getType(), slot.getTile(),
                    getOffsets().size());
}

LogicalResult PutOp::verify() {
  SlotType slot = getSlot().getType();
  tile::TileType tile = getTile().getType();
  if (failed(verifyRole(*this, RoleKind::load)) ||
      failed(verifySlot(*this, slot, slot.getTile(), Access::write)))
    return failure();
  if (!isa_and_nonnull<LanesAttr>(tile.getLayout()))
    return emitOpError("the tile has the layout #pipe.lanes, got ") << tile;
  if (tile.withLayout(slot.getTile().getLayout()) != slot.getTile())
    return emitOpError("the tile ")
           << tile << " is not one of the slot's, " << slot.getTile();
  return success();
}

LogicalResult ReadOp::verify() {
  SlotType slot = getSlot().getType();
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  return verifySlot(*this, slot, slot.getTile(), Access::read);
}

LogicalResult ClearOp::verify() {
  SlotType slot = getSlot().getType();
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  return verifySlot(*this, slot, slot.getTile(), Access::read);
}

LogicalResult ReleaseOp::verify() {
  SlotType slot = getSlot().getType();
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  return verifySlot(*this, slot, slot.getTile(), Access::read);
}

//===----------------------------------------------------------------------===//
// Products and results
//===----------------------------------------------------------------------===//

void DotOp::build(OpBuilder &builder, OperationState &state, Value a, Value b,
                  Value acc, ArrayAttr indexingMaps) {
  build(builder, state,
        PendingType::get(builder.getContext(),
                         cast<tile::TileType>(acc.getType())),
        a, b, acc, indexingMaps);
}

/// Axes of a, b and acc agree as their maps say.
static LogicalResult verifyExtents(DotOp op) {
  SmallVector<AffineMap> maps(
      op.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>());
  if (maps.size() != 3)
    return op.emitOpError("has three indexing maps, of a, b and acc; got ")
           << maps.size();
  tile::TileType types[] = {op.getA().getType(), op.getB().getType(),
                            op.getAcc().getType()};
  int64_t extents[3] = {0, 0, 0};
  static constexpr unsigned absent[] = {1, 0, 2};
  for (unsigned n = 0; n < 3; ++n) {
    if (maps[n].getNumDims() != 3 || maps[n].getNumResults() != 2 ||
        !maps[n].isProjectedPermutation() || maps[n].isFunctionOfDim(absent[n]))
      return op.emitOpError("indexing map ")
             << n << " is no permutation of two of (m, n, k) that fits: "
             << AffineMapAttr::get(maps[n]);
    if (types[n].getRank() != 2)
      return op.emitOpError("operands have two axes, got ") << types[n];
    for (unsigned axis = 0; axis < 2; ++axis) {
      int64_t &extent = extents[maps[n].getDimPosition(axis)];
      if (extent && extent != types[n].getDimSize(axis))
        return op.emitOpError("axis ")
               << axis << " of " << types[n] << " should have " << extent
               << " elements";
      extent = types[n].getDimSize(axis);
    }
  }
  return success();
}

LogicalResult DotOp::verify() {
  if (failed(verifyRole(*this, RoleKind::math)) || failed(verifyExtents(*this)))
    return failure();
  if (getPending().getType().getTile() != getAcc().getType())
    return emitOpError("the product has the accumulator's type ")
           << getAcc().getType();
  if (!isa_and_nonnull<AccAttr>(getAcc().getType().getLayout()))
    return emitOpError("the accumulator has the layout #pipe.acc, got ")
           << getAcc().getType();
  if (!isa_and_nonnull<SmemAttr, ARegAttr>(getA().getType().getLayout()))
    return emitOpError("a has the layout #pipe.smem or #pipe.a_reg, got ")
           << getA().getType();
  if (!isa_and_nonnull<SmemAttr>(getB().getType().getLayout()))
    return emitOpError("b has the layout #pipe.smem, got ") << getB().getType();
  return success();
}

LogicalResult AwaitOp::verify() { return verifyRole(*this, RoleKind::math); }

LogicalResult WaitTurnOp::verify() { return verifyRole(*this, RoleKind::math); }

LogicalResult PassTurnOp::verify() { return verifyRole(*this, RoleKind::math); }

LogicalResult StoreOp::verify() {
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  tile::TileType value = getValue().getType();
  if (auto slot = dyn_cast<SlotType>(getThrough().getType())) {
    tile::TileType tile = slot.getTile();
    if (failed(verifySlot(*this, slot, tile, Access::read)))
      return failure();
    auto stored = value.withLayout(tile.getLayout());
    if (value.getDimSize(0) != tile.getDimSize(0) ||
        getSharedBytes(stored) > getSharedBytes(tile))
      return emitOpError("the tile ")
             << value << " does not fit into the slot of " << tile;
  } else {
    auto buffer = cast<BufferType>(getThrough().getType()).getTile();
    if (value.getShape() != buffer.getShape() ||
        value.getElementType() != buffer.getElementType())
      return emitOpError("the tile ")
             << value << " does not fit the buffer of " << buffer;
  }
  if (!isa_and_nonnull<AccAttr>(value.getLayout()))
    return emitOpError("the tile has the layout #pipe.acc, got ") << value;
  return verifyView(*this, getView().getType(), value, getOffsets().size());
}

tile::TileType CombineOp::getBufferTile(tile::TileType sum) {
  auto layout = SmemAttr::get(sum.getContext(), 128);
  int64_t block = layout.getBlockColumns(sum.getElementType());
  // One more block for the maximum and the sum of weights.
  int64_t columns = llvm::alignTo(sum.getDimSize(1), block) + block;
  return tile::TileType::get(sum.getContext(), {sum.getDimSize(0), columns},
                             sum.getElementType(), layout);
}

LogicalResult CombineOp::verify() {
  if (failed(verifyRole(*this, RoleKind::math)))
    return failure();
  tile::TileType sum = getSum().getType(), top = getTop().getType();
  if (!isa_and_nonnull<AccAttr>(sum.getLayout()) ||
      !isa_and_nonnull<SliceAttr>(top.getLayout()) || sum.getRank() != 2 ||
      top.getRank() != 1 || sum.getDimSize(0) != top.getDimSize(0))
    return emitOpError("takes a tile in #pipe.acc and one element for each row "
                       "in #pipe.slice, got ")
           << sum << " and " << top;
  if (!sum.getElementType().isF32() || !top.getElementType().isF32() ||
      sum.getDimSize(1) % 8 != 0)
    return emitOpError("combines f32 tiles of a multiple of 8 columns, got ")
           << sum << " and " << top;
  if (getBuffer().getType().getTile() != getBufferTile(sum))
    return emitOpError("needs a buffer of ")
           << getBufferTile(sum) << ", got " << getBuffer().getType().getTile();
  return success();
}
