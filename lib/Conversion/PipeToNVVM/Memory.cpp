//===- Memory.cpp - What threads read and write in place ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace fovea;

//===----------------------------------------------------------------------===//
// Addresses and elements
//===----------------------------------------------------------------------===//

/// Its address and dynamic strides become parameters, its dynamic extents too.
LogicalResult KernelEmitter::addMemory(Operation *op, Value memref) {
  auto argument = dyn_cast<BlockArgument>(memref);
  if (!argument || argument.getOwner() != &kernel.getBlock())
    return op->emitError("needs a memref that is a parameter of the kernel");
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isStrided())
    return op->emitError("needs a memref with strides, got ") << type;
  unsigned parameter = argument.getArgNumber();
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      addDim(parameter, dim);
  if (!llvm::is_contained(memories, parameter))
    memories.push_back(parameter);
  return success();
}

Value KernelEmitter::extentOf(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return constant(type.getDimSize(dim));
  unsigned parameter = cast<BlockArgument>(memref).getArgNumber();
  size_t position =
      llvm::find(dims, std::make_pair(parameter, dim)) - dims.begin();
  return entry->getArgument(tensorMaps.size() + position);
}

/// Bytes from one element to the next of a dimension, in 64 bits.
Value KernelEmitter::strideOf(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides = getStrides(type);
  int64_t bytes = getElementBytes(type);
  if (!ShapedType::isDynamic(strides[dim]))
    return constant(strides[dim] * bytes, 64);
  int64_t position = 0;
  for (int64_t before = 0; before < dim; ++before)
    position += ShapedType::isDynamic(strides[before]);
  Value stride = memoryOf[memref][1 + position];
  return arith::MulIOp::create(builder, loc, stride, constant(bytes, 64));
}

SmallVector<int64_t> KernelEmitter::getStrides(MemRefType type) {
  return type.getStridesAndOffset().first;
}

/// An index is stored in 8 bytes, an i1 in one.
int64_t KernelEmitter::getElementBytes(MemRefType type) {
  Type element = type.getElementType();
  return element.isIndex()
             ? 8
             : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

/// The element of a memref at an address, as its type or, for an index, i64.
/// Nothing writes what a kernel reads in place; a volatile read stays where it
/// is.
Value KernelEmitter::emitElement(MemRefType type, Value address,
                                 bool isVolatile) {
  Type element = type.getElementType();
  Type stored =
      element.isIndex()
          ? Type(builder.getI64Type())
          : (element.isInteger(1) ? Type(builder.getI8Type()) : element);
  Value value = LLVM::LoadOp::create(
      builder, loc, stored, address, /*alignment=*/0, isVolatile,
      /*isNonTemporal=*/false, /*isInvariant=*/!isVolatile);
  if (!element.isInteger(1))
    return value;
  return arith::TruncIOp::create(builder, loc, element, value);
}

/// From the end where it is negative, then clamped to [0, size); in 32 bits,
/// which hold any size.
Value KernelEmitter::emitSafeIndex(Value index, Value size) {
  if (!index.getType().isInteger(32)) {
    index = clampIndex(index, INT32_MIN, INT32_MAX);
    index = arith::TruncIOp::create(builder, loc, builder.getI32Type(), index);
  }
  Value zero = constant(0);
  Value negative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = add(index, size);
  index = arith::SelectOp::create(builder, loc, negative, wrapped, index);
  index = arith::MinSIOp::create(builder, loc, index, add(size, -1));
  return arith::MaxSIOp::create(builder, loc, index, zero);
}

/// A 64-bit integer within [low, high].
Value KernelEmitter::clampIndex(Value index, int64_t low, int64_t high) {
  index = arith::MaxSIOp::create(builder, loc, index, constant(low, 64));
  return arith::MinSIOp::create(builder, loc, index, constant(high, 64));
}

/// The address of the element at an index of a dimension, from that at 0.
Value KernelEmitter::advance(Value address, Value memref, int64_t dim,
                             Value index) {
  Value offset = arith::MulIOp::create(builder, loc, extend(index, 64),
                                       strideOf(memref, dim));
  return LLVM::GEPOp::create(builder, loc, address.getType(),
                             builder.getI8Type(), address, offset);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// A read that is the same for all threads that execute it.
LogicalResult KernelEmitter::emitGather(tile::GatherOp op) {
  Value address = memoryOf[op.getTable()][0];
  for (auto [dim, index] : llvm::enumerate(op.getIndices()))
    address =
        advance(address, op.getTable(), dim,
                emitSafeIndex(getExact(index), extentOf(op.getTable(), dim)));
  set(op, emitElement(cast<MemRefType>(op.getTable().getType()), address));
  return success();
}

/// memref.load of a kernel: every thread reads the same element. An index that
/// does not fit into 32 bits becomes the nearest that does.
void KernelEmitter::emitLoad(memref::LoadOp op) {
  auto type = op.getMemRefType();
  Value address = memoryOf[op.getMemRef()][0];
  for (auto [dim, index] : llvm::enumerate(op.getIndices()))
    address = advance(address, op.getMemRef(), dim, get(index));
  Value value = emitElement(type, address);
  if (type.getElementType().isIndex()) {
    value = clampIndex(value, INT32_MIN, INT32_MAX);
    value = arith::TruncIOp::create(builder, loc, builder.getI32Type(), value);
  }
  // The same in all lanes, and known to be so where all lanes are here.
  if (!oneThread && value.getType().isInteger(32))
    value = NVVM::ShflOp::create(builder, loc, value.getType(), constant(-1),
                                 value, constant(0), constant(31),
                                 NVVM::ShflKind::idx, UnitAttr());
  set(op, value);
}

Value KernelEmitter::emitViewAddress(tile::ViewOp view) {
  Value source = view.getSource(), address = memoryOf[source][0];
  unsigned fixed = 0;
  for (int64_t dim = 0; dim < view.getSource().getType().getRank(); ++dim)
    if (!llvm::is_contained(view.getDims(), dim))
      address = advance(address, source, dim, get(view.getIndices()[fixed++]));
  if (view.getFrom())
    address = advance(address, source, view.getDims()[0], get(view.getFrom()));
  return address;
}

/// The table is not read beyond its end. What it holds may be no page: a copy
/// from there gives zeros.
Value KernelEmitter::emitPage(tile::ViewOp view, Value row) {
  Value table = view.getTable(), address = memoryOf[table][0];
  for (auto [dim, index] : llvm::enumerate(view.getTableIndices()))
    address = advance(address, table, dim, get(index));
  int64_t last = view.getTableIndices().size();
  Value position = arith::MinSIOp::create(
      builder, loc, divide(row, *view.getPageSize()),
      add(extentOf(table, last), -1));
  Value page =
      emitElement(cast<MemRefType>(table.getType()),
                  advance(address, table, last, position));
  if (page.getType().isInteger(32))
    return page;
  return arith::TruncIOp::create(builder, loc, builder.getI32Type(),
                                 clampIndex(page, INT32_MIN, INT32_MAX));
}

/// A tile of one axis: of the lanes that hold the same elements, the first one
/// writes them, those inside of the view.
LogicalResult KernelEmitter::emitRowStore(tile::StoreOp op) {
  FailureOr<Fragment> fragment = Fragment::get(op.getValue().getType(), loc);
  if (failed(fragment))
    return failure();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  if (view.getTable())
    return view.emitError("has pages; on this target nothing is stored there");
  Value source = view.getSource();
  int64_t axis = view.getDims()[0];
  Value address = emitViewAddress(view);
  Value extent = extentOf(source, axis);
  if (view.getFrom())
    extent =
        arith::SubIOp::create(builder, loc, extent, get(view.getFrom()));
  if (view.getLimit())
    extent = arith::MinSIOp::create(builder, loc, extent, get(view.getLimit()));

  int64_t copies = 0;
  for (int64_t bit = 1; bit < 32; bit *= 2)
    if (llvm::all_of(llvm::seq<int64_t>(0, 32), [&](int64_t lane) {
          return fragment->at(0, 0, lane, 0) ==
                 fragment->at(0, 0, lane ^ bit, 0);
        }))
      copies |= bit;
  Value writes =
      equals(arith::AndIOp::create(builder, loc, lane, constant(copies)), 0);
  Value first = add(
      emitAffine(fragment->map.getResult(0), {group, warp, lane, constant(0)}),
      get(op.getOffsets()[0]));
  auto elements =
      vector::ToElementsOp::create(builder, loc, get(op.getValue()));
  for (int64_t reg = 0; reg < fragment->size(); ++reg) {
    OpBuilder::InsertionGuard guard(builder);
    Value row = add(first, fragment->registerPart[reg][0]);
    Value inside = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::slt, row, extent);
    auto branch = scf::IfOp::create(
        builder, loc, arith::AndIOp::create(builder, loc, writes, inside));
    builder.setInsertionPointToStart(branch.thenBlock());
    LLVM::StoreOp::create(builder, loc, elements.getResult(reg),
                          advance(address, source, axis, row));
  }
  return success();
}
