//===- Memory.cpp - Scalars and rows in global memory ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace fovea;

/// The address at `index` elements along a dimension from another one.
Value KernelEmitter::emitOffset(Value address, Value memref, int64_t dim,
                                Value index) {
  Value wide =
      arith::ExtSIOp::create(builder, loc, builder.getI64Type(), index);
  Value bytes =
      arith::MulIOp::create(builder, loc, wide, strideOf(memref, dim));
  return LLVM::GEPOp::create(builder, loc, address.getType(),
                             builder.getI8Type(), address, bytes);
}

/// memref.load of a kernel: every thread reads the same element. An index that
/// does not fit into 32 bits becomes the nearest that does.
void KernelEmitter::emitLoad(memref::LoadOp op) {
  auto type = op.getMemRefType();
  Value address = memoryOf[op.getMemRef()][0];
  for (auto [dim, index] : llvm::enumerate(op.getIndices()))
    address = emitOffset(address, op.getMemRef(), dim, get(index));
  Value value = emitElement(type, address);
  if (type.getElementType().isIndex()) {
    value = arith::MaxSIOp::create(builder, loc, value,
                                   constant(INT32_MIN, 64));
    value = arith::MinSIOp::create(builder, loc, value,
                                   constant(INT32_MAX, 64));
    value = arith::TruncIOp::create(builder, loc, builder.getI32Type(), value);
  }
  // The same in all lanes, and known to be so where all lanes are here.
  if (!oneThread && value.getType().isInteger(32))
    value = NVVM::ShflOp::create(builder, loc, value.getType(), constant(-1),
                                 value, constant(0), constant(31),
                                 NVVM::ShflKind::idx, UnitAttr());
  set(op, value);
}

/// A tile of one axis: of the lanes that hold the same elements, the first one
/// writes them, those inside of the view.
LogicalResult KernelEmitter::emitRowStore(tile::StoreOp op) {
  FailureOr<Fragment> fragment = Fragment::get(op.getValue().getType(), loc);
  if (failed(fragment))
    return failure();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  Value source = view.getSource();
  int64_t axis = view.getDims()[0];
  Value address = memoryOf[source][0];
  unsigned fixed = 0;
  for (int64_t dim = 0; dim < view.getSource().getType().getRank(); ++dim)
    if (dim != axis)
      address = emitOffset(address, source, dim, get(view.getIndices()[fixed++]));
  Value extent = extentOf(source, axis);
  if (view.getLimit())
    extent = arith::MinSIOp::create(builder, loc, extent, get(view.getLimit()));

  int64_t copies = 0;
  for (int64_t bit = 1; bit < 32; bit *= 2)
    if (llvm::all_of(llvm::seq<int64_t>(0, 32), [&](int64_t lane) {
          return fragment->at(0, 0, lane, 0) ==
                 fragment->at(0, 0, lane ^ bit, 0);
        }))
      copies |= bit;
  Value writes = equals(
      arith::AndIOp::create(builder, loc, lane, constant(copies)), 0);
  Value first = add(emitAffine(fragment->map.getResult(0),
                               {group, warp, lane, constant(0)}),
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
                          emitOffset(address, source, axis, row));
  }
  return success();
}
