//===- Memory.cpp - What threads read and write in place ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

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
  auto &places = constants[parameter] ? globals : memories;
  if (!llvm::is_contained(places, parameter))
    places.push_back(parameter);
  return success();
}

/// Puts a constant into the module's memory.
void KernelEmitter::emitGlobal(unsigned parameter) {
  DenseElementsAttr value = constants[parameter];
  auto module = cast<gpu::GPUModuleOp>(
      cast<LLVM::LLVMFuncOp>(entry->getParentOp())->getParentOp());
  auto array =
      LLVM::LLVMArrayType::get(value.getElementType(), value.getNumElements());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  auto global = LLVM::GlobalOp::create(
      builder, loc, array, /*isConstant=*/true, LLVM::Linkage::Internal,
      "constant_" + std::to_string(parameter),
      value.reshape(RankedTensorType::get(value.getNumElements(),
                                          value.getElementType())),
      /*alignment=*/16, /*addrSpace=*/1);
  builder.setInsertionPointToEnd(entry);
  BlockArgument memory = kernel.getBlock().getArgument(parameter);
  memoryOf[memory].push_back(LLVM::AddressOfOp::create(
      builder, loc, LLVM::LLVMPointerType::get(builder.getContext(), 1),
      global.getSymName()));
  // Constants are contiguous.
  int64_t stride = value.getNumElements();
  for (auto [dim, known] :
       llvm::enumerate(getStrides(cast<MemRefType>(memory.getType())))) {
    int64_t extent = value.getType().getDimSize(dim);
    stride = extent == 0 ? 0 : stride / extent;
    if (ShapedType::isDynamic(known))
      memoryOf[memory].push_back(constant(stride, 64));
  }
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

/// The coordinates on the grid of a row of a view with boxes.
KernelEmitter::Values KernelEmitter::emitBoxCoordinates(tile::ViewOp view,
                                                        Value row) {
  ArrayRef<int64_t> boxes = *view.getBoxes(), steps = view.getBoxSteps();
  int64_t places = view.getBoxSize();
  Value box = divide(row, places), inside = remainder(row, places);
  Values result(boxes.size());
  for (size_t dim = boxes.size(); dim-- > 0;) {
    int64_t extent = boxes[dim], count = view.getNumBoxes(dim);
    // What is left of the outermost dimension is below its count.
    Value number = dim == 0 ? box : remainder(box, count);
    Value offset = dim == 0 ? inside : remainder(inside, extent);
    result[dim] = add(multiply(number, steps[dim]), offset);
    box = divide(box, count);
    inside = divide(inside, extent);
  }
  return result;
}

SmallVector<int64_t> KernelEmitter::getOuterDims(tile::ViewOp view) {
  auto source = cast<MemRefType>(view.getSource().getType());
  SmallVector<int64_t> result;
  for (int64_t dim = source.getRank() - 1; dim >= 0; --dim)
    if (!llvm::is_contained(view.getDims(), dim) && source.getDimSize(dim) != 1)
      result.push_back(dim);
  return result;
}

Value KernelEmitter::getIndexOf(tile::ViewOp view, int64_t fixed) {
  unsigned position = 0;
  for (int64_t dim = 0; dim < fixed; ++dim)
    if (!llvm::is_contained(view.getDims(), dim) &&
        dim != static_cast<int64_t>(view.getPageDim().value_or(-1)))
      ++position;
  return view.getIndices()[position];
}

/// The table is not read beyond its end. What it holds may be no page: a copy
/// from there gives zeros.
Value KernelEmitter::emitPage(tile::ViewOp view, Value row) {
  Value table = view.getTable(), address = memoryOf[table][0];
  for (auto [dim, index] : llvm::enumerate(view.getTableIndices()))
    address = advance(address, table, dim, get(index));
  int64_t last = view.getTableIndices().size();
  Value position =
      arith::MinSIOp::create(builder, loc, divide(row, *view.getPageSize()),
                             add(extentOf(table, last), -1));
  Value page = emitElement(cast<MemRefType>(table.getType()),
                           advance(address, table, last, position));
  if (page.getType().isInteger(32))
    return page;
  return arith::TruncIOp::create(builder, loc, builder.getI32Type(),
                                 clampIndex(page, INT32_MIN, INT32_MAX));
}

/// Whether the view has the column of a register's elements; nothing if this
/// depends on the lane or on values.
static std::optional<bool> hasColumn(tile::StoreOp op, const Fragment &fragment,
                                     int64_t reg) {
  int64_t extent = op.getView().getType().getShape()[1], last = 0;
  if (ShapedType::isDynamic(extent) ||
      !matchPattern(op.getOffsets()[1], m_Zero()))
    return std::nullopt;
  for (int64_t lane = 0; lane < fragment.places[2]; ++lane)
    last = std::max(last, fragment.at(0, 0, lane, reg)[1]);
  if (fragment.at(0, 0, 0, reg)[1] >= extent)
    return false;
  return last < extent ? std::optional(true) : std::nullopt;
}

/// Rows of a tile from registers to memory: of the lanes that hold the same
/// elements, the first one writes them, those inside of the view.
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
  Value extent = view.getBoxes() ? constant(tile::getNumRows(view))
                                 : extentOf(source, axis);
  if (view.getFrom())
    extent = arith::SubIOp::create(builder, loc, extent, get(view.getFrom()));
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
  Values first;
  for (auto [part, offset] :
       llvm::zip_equal(fragment->map.getResults(), op.getOffsets()))
    first.push_back(
        add(emitAffine(part, {group, warp, lane, constant(0)}), get(offset)));
  // The registers with elements of each row.
  llvm::MapVector<int64_t, SmallVector<int64_t>> registersOf;
  for (int64_t reg = 0; reg < fragment->size(); ++reg)
    registersOf[fragment->registerPart[reg][0]].push_back(reg);
  auto elements =
      vector::ToElementsOp::create(builder, loc, get(op.getValue()));
  auto isBelow = [&](Value value, Value end) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, value,
                                 end);
  };
  for (auto &[part, registers] : registersOf) {
    OpBuilder::InsertionGuard guard(builder);
    Value row = add(first[0], part);
    Value inside = isBelow(row, extent);
    Values coordinates = {row};
    if (view.getBoxes())
      coordinates = emitBoxCoordinates(view, row);
    if (view.getBoxes())
      for (auto [dim, coordinate] : llvm::zip(view.getRowDims(), coordinates))
        inside = arith::AndIOp::create(
            builder, loc, inside, isBelow(coordinate, extentOf(source, dim)));
    auto branch = scf::IfOp::create(
        builder, loc, arith::AndIOp::create(builder, loc, writes, inside));
    builder.setInsertionPointToStart(branch.thenBlock());
    Value place = address;
    for (auto [dim, coordinate] : llvm::zip(view.getRowDims(), coordinates))
      place = advance(place, source, dim, coordinate);
    if (first.size() == 1) {
      LLVM::StoreOp::create(builder, loc, elements.getResult(registers[0]),
                            place);
      continue;
    }
    int64_t dim = view.getColumnDim();
    place = advance(place, source, dim, first[1]);
    for (int64_t reg : registers) {
      std::optional<bool> exists = hasColumn(op, *fragment, reg);
      if (exists == false)
        continue;
      OpBuilder::InsertionGuard guard(builder);
      int64_t column = fragment->registerPart[reg][1];
      if (!exists) {
        int64_t size = view.getType().getShape()[1];
        Value end = ShapedType::isDynamic(size) ? extentOf(source, dim)
                                                : constant(size);
        auto branch = scf::IfOp::create(builder, loc,
                                        isBelow(add(first[1], column), end));
        builder.setInsertionPointToStart(branch.thenBlock());
      }
      LLVM::StoreOp::create(builder, loc, elements.getResult(reg),
                            advance(place, source, dim, constant(column)));
    }
  }
  return success();
}
