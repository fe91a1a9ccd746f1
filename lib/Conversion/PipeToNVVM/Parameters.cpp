//===- Parameters.cpp - What a kernel takes -------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace fovea;

/// The shape of `rows` successive rows of a box, from a multiple of `rows` on;
/// nothing if they are no box.
static std::optional<SmallVector<int64_t>> getPartOfBox(ArrayRef<int64_t> box,
                                                        int64_t rows) {
  SmallVector<int64_t> part(box.size(), 1);
  for (size_t dim = box.size(); dim-- > 0;) {
    part[dim] = std::gcd(rows, box[dim]);
    rows /= part[dim];
    if (part[dim] != box[dim])
      break;
  }
  if (rows != 1)
    return std::nullopt;
  return part;
}

/// Adds the tensor map of boxes of rows and columns of a view.
FailureOr<unsigned> KernelEmitter::addTensorMap(Operation *op,
                                                tile::ViewOp view, int64_t rows,
                                                int64_t columns) {
  if (!view)
    return op->emitError("the view has to be made by tile.view");
  auto argument = dyn_cast<BlockArgument>(view.getSource());
  if (!argument || argument.getOwner() != &kernel.getBlock())
    return view.emitError("views a memref that is no parameter of the kernel");
  auto source = cast<MemRefType>(view.getSource().getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  SmallVector<int64_t> outer = getOuterDims(view);
  if (outer.size() + view.getDims().size() > 5 ||
      view.getType().getShape().size() != 2 ||
      failed(source.getStridesAndOffset(strides, offset)) ||
      strides[view.getColumnDim()] != 1)
    return view.emitError(
               "the copy engine needs a view of two axes, the last one "
               "contiguous, of a memref of up to 5 dimensions (beside those "
               "of size 1), got ")
           << source;
  if (source.getElementType().getIntOrFloatBitWidth() != 16)
    return view.emitError("elements of copied tiles have 16 bits, got ")
           << source.getElementType();
  TensorMap map;
  map.parameter = argument.getArgNumber();
  map.dims = {view.getColumnDim()};
  llvm::append_range(map.dims, llvm::reverse(view.getRowDims()));
  llvm::append_range(map.dims, outer);
  map.box.assign(map.dims.size(), 1);
  map.box[0] = columns;
  if (!view.getBoxes()) {
    map.box[1] = getBoxRows(view, rows);
  } else if (auto part =
                 getPartOfBox(*view.getBoxes(), getBoxRows(view, rows))) {
    llvm::copy(llvm::reverse(*part), map.box.begin() + 1);
  } else {
    return view.emitError("has boxes that ")
           << rows << " rows are no part of; give boxes whose elements are a "
           << "multiple or a divisor, and whose inner extents divide it";
  }
  if (view.getBoxes() && isa<pipe::StoreOp>(op) &&
      getBoxRows(view, rows) != rows)
    return view.emitError("has boxes that ")
           << rows << " rows, which are stored at once, reach beyond";
  if (view.getTable() && (map.box[1] % 8 != 0 || isa<pipe::StoreOp>(op)))
    return view.emitError("has pages of ")
           << *view.getPageSize()
           << " rows; on this target tiles are loaded from pages of a multiple "
              "of 8 rows, and not stored";
  if (rows > 256)
    return view.emitError("a copied tile has up to 256 rows, got ") << rows;
  // Rows beyond an end of the map are filled with zeros, whatever memory holds;
  // those beyond another limit pipe.clear sets to zero, but none may be stored.
  auto limit = pipe::getMappedLimit(view);
  if (succeeded(limit))
    map.limit = *limit;
  else if (isa<pipe::StoreOp>(op) && !view.getFrom())
    return view.emitError(
        "a limit of a stored view that is not the extent of a "
        "parameter is not supported on this target");
  for (Value memory :
       {isa<pipe::StoreOp>(op) && view.getFrom() ? Value(view.getSource())
                                                 : Value(),
        Value(view.getTable())})
    if (memory && failed(addMemory(op, memory)))
      return failure();
  auto *it = llvm::find(tensorMaps, map);
  if (it == tensorMaps.end()) {
    tensorMaps.push_back(map);
    return tensorMaps.size() - 1;
  }
  return it - tensorMaps.begin();
}

/// Finds roles, shared memory, tensor maps and extents.
LogicalResult KernelEmitter::collect() {
  if (kernel.getGridRank() > 3)
    return kernel.emitError(
               "a grid has up to three coordinates on this target, "
               "got ")
           << kernel.getGridRank();
  int64_t groups = 0, registers = 0;
  for (auto role : kernel.getBlock().getOps<pipe::RoleOp>()) {
    roles.push_back(role);
    groups += role.getGroups();
    registers +=
        pipe::limits::groupThreads * role.getGroups() * role.getRegisters();
  }
  if (groups > 8)
    return kernel.emitError("the roles have ")
           << groups << " warpgroups, a block has up to 8";
  threads = groups * pipe::limits::groupThreads;

  int64_t offset = 0;
  for (Operation &op : kernel.getBlock()) {
    if (auto ring = dyn_cast<pipe::RingOp>(op)) {
      RingPlace &place = rings[ring];
      place.stages = ring.getType().getStages();
      place.readers = ring.getReaders();
      place.slotBytes = pipe::getSharedBytes(ring.getType().getTile());
      place.data = offset;
      offset += place.stages * place.slotBytes;
    } else if (auto buffer = dyn_cast<pipe::BufferOp>(op)) {
      buffers[buffer] = offset;
      offset += pipe::getSharedBytes(buffer.getType().getTile());
    }
  }
  for (Operation &op : kernel.getBlock())
    if (auto ring = dyn_cast<pipe::RingOp>(op)) {
      RingPlace &place = rings[ring];
      place.full = offset;
      place.empty = offset + 8 * place.stages;
      offset += 16 * place.stages;
    }
  auto schedule =
      dyn_cast_or_null<pipe::ScheduleAttr>(kernel.getScheduleAttr());
  if (schedule && schedule.getPersistent()) {
    persistent = schedule;
    itemPlace = offset;
    offset += 24;
    for (pipe::RoleOp role : roles) {
      if (role.getKind() == pipe::RoleKind::math)
        itemReaders += role.getGroups();
      size_t ends = role.getBlock().getTerminator()->getNumOperands();
      if (ends != rings.size())
        return role.emitError("a persistent kernel needs the positions of its ")
               << rings.size() << " rings at the end of each role, got "
               << ends;
    }
  }
  sharedBytes = offset;
  if (sharedBytes > pipe::limits::sharedBytes)
    return kernel.emitError("needs ")
           << sharedBytes << " bytes of shared memory, a multiprocessor has "
           << pipe::limits::sharedBytes;
  // A persistent kernel has one block on each multiprocessor. Each block takes
  // another kilobyte of shared memory, which the limit counts once.
  if (!persistent && 2 * registers <= pipe::limits::registers &&
      2 * sharedBytes + 1024 <= pipe::limits::sharedBytes)
    blocks = 2;

  WalkResult walked = kernel.walk([&](Operation *op) {
    FailureOr<unsigned> map;
    if (auto fill = dyn_cast<pipe::FillOp>(op)) {
      tile::TileType tile = fill.getSlot().getType().getTile();
      map = addTensorMap(op, fill.getView().getDefiningOp<tile::ViewOp>(),
                         tile.getDimSize(0), 64);
    } else if (auto store = dyn_cast<pipe::StoreOp>(op)) {
      // The last box ends with the view's columns.
      int64_t columns = store.getValue().getType().getDimSize(1);
      int64_t extent = store.getView().getType().getShape()[1];
      if (columns % 64 != 0 &&
          (ShapedType::isDynamic(extent) || extent > columns ||
           !matchPattern(store.getOffsets()[1], m_Zero()))) {
        store.emitError("stores a tile of ")
            << columns << " columns into a view of "
            << store.getView().getType()
            << "; it takes a multiple of 64, or all columns at once";
        return WalkResult::interrupt();
      }
      map = addTensorMap(op, store.getView().getDefiningOp<tile::ViewOp>(),
                         pipe::limits::groupRows, 64);
    } else if (auto dim = dyn_cast<memref::DimOp>(op)) {
      auto argument = dyn_cast<BlockArgument>(dim.getSource());
      std::optional<int64_t> index = dim.getConstantIndex();
      if (!argument || !index) {
        dim.emitError(
            "asks for the extent of a memref that is no parameter, or "
            "of a dimension that is not constant");
        return WalkResult::interrupt();
      }
      auto type = cast<MemRefType>(argument.getType());
      if (*index < 0 || *index >= type.getRank()) {
        dim.emitError("the memref has no dimension ") << *index;
        return WalkResult::interrupt();
      }
      if (type.isDynamicDim(*index))
        addDim(argument.getArgNumber(), *index);
      return WalkResult::advance();
    } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
      return addMemory(load, load.getMemRef()).succeeded()
                 ? WalkResult::advance()
                 : WalkResult::interrupt();
    } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
      auto view = store.getView().getDefiningOp<tile::ViewOp>();
      if (!view) {
        store.emitError("a store takes a view made by tile.view");
        return WalkResult::interrupt();
      }
      return addMemory(store, view.getSource()).succeeded()
                 ? WalkResult::advance()
                 : WalkResult::interrupt();
    } else if (auto combine = dyn_cast<pipe::CombineOp>(op)) {
      collectCombine(combine);
      auto schedule =
          dyn_cast_or_null<pipe::ScheduleAttr>(kernel.getScheduleAttr());
      if (schedule && schedule.getSplitTo() != 1)
        return WalkResult::advance();
      combine.emitError(
          "needs a schedule of the kernel that says with split_to "
          "how many work items there may be");
      return WalkResult::interrupt();
    } else if (auto gather = dyn_cast<tile::GatherOp>(op)) {
      return addMemory(gather, gather.getTable()).succeeded()
                 ? WalkResult::advance()
                 : WalkResult::interrupt();
    } else {
      return WalkResult::advance();
    }
    if (failed(map))
      return WalkResult::interrupt();
    tensorMapOf[op] = *map;
    return WalkResult::advance();
  });
  for (BlockArgument parameter : kernel.getParameters())
    if (!isa<MemRefType>(parameter.getType()))
      scalars.push_back(parameter.getArgNumber());
  return success(!walked.wasInterrupted());
}

DictionaryAttr KernelEmitter::getLaunch() {
  SmallVector<Attribute> arguments;
  auto entryOf = [&](StringRef kind, unsigned parameter,
                     ArrayRef<NamedAttribute> more) {
    SmallVector<NamedAttribute> attributes(more);
    attributes.push_back(
        builder.getNamedAttr("kind", builder.getStringAttr(kind)));
    attributes.push_back(builder.getNamedAttr(
        "parameter", builder.getI64IntegerAttr(parameter)));
    arguments.push_back(builder.getDictionaryAttr(attributes));
  };
  for (const TensorMap &map : tensorMaps) {
    auto type = cast<MemRefType>(
        kernel.getBlock().getArgument(map.parameter).getType());
    SmallVector<NamedAttribute> attributes = {
        builder.getNamedAttr("dims", builder.getDenseI64ArrayAttr(map.dims)),
        builder.getNamedAttr("box", builder.getDenseI64ArrayAttr(map.box)),
        builder.getNamedAttr("swizzle", builder.getI64IntegerAttr(128)),
        builder.getNamedAttr("element", TypeAttr::get(type.getElementType()))};
    if (map.limit)
      attributes.push_back(builder.getNamedAttr(
          "limit",
          builder.getDenseI64ArrayAttr({map.limit->first, map.limit->second})));
    entryOf("tensor_map", map.parameter, attributes);
  }
  for (auto [parameter, dim] : dims)
    entryOf("dim", parameter,
            {builder.getNamedAttr("dim", builder.getI64IntegerAttr(dim))});
  for (unsigned parameter : scalars)
    entryOf("scalar", parameter, {});
  for (unsigned parameter : memories) {
    entryOf("pointer", parameter, {});
    auto type =
        cast<MemRefType>(kernel.getBlock().getArgument(parameter).getType());
    for (auto [dim, stride] : llvm::enumerate(getStrides(type)))
      if (ShapedType::isDynamic(stride))
        entryOf("stride", parameter,
                builder.getNamedAttr("dim", builder.getI64IntegerAttr(dim)));
  }
  auto addWorkspace = [&](int64_t bytes, int64_t ofProcessor) {
    SmallVector<NamedAttribute> attributes = {
        builder.getNamedAttr("kind", builder.getStringAttr("workspace")),
        builder.getNamedAttr("bytes", builder.getI64IntegerAttr(bytes))};
    if (ofProcessor)
      attributes.push_back(builder.getNamedAttr(
          "bytes_of_processor", builder.getI64IntegerAttr(ofProcessor)));
    arguments.push_back(builder.getDictionaryAttr(attributes));
  };
  if (slotBytes) {
    auto schedule = cast<pipe::ScheduleAttr>(kernel.getScheduleAttr());
    int64_t items = schedule.getSplitTo();
    addWorkspace(items * slotBytes, items == 0 ? slotBytes : 0);
  }
  if (persistent) {
    for (uint64_t n = 0; n < kernel.getGridRank(); ++n)
      arguments.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("kind", builder.getStringAttr("extent")),
           builder.getNamedAttr("coordinate", builder.getI64IntegerAttr(n))}));
    addWorkspace(8, 0);
  }
  SmallVector<int64_t> grid;
  for (int64_t n = kernel.getGridRank() - 1; n >= 0; --n)
    grid.push_back(n);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("block", builder.getI64IntegerAttr(threads)),
       builder.getNamedAttr("shared_bytes",
                            builder.getI64IntegerAttr(sharedBytes)),
       builder.getNamedAttr("grid", builder.getDenseI64ArrayAttr(grid)),
       builder.getNamedAttr("persistent",
                            builder.getBoolAttr(bool(persistent))),
       builder.getNamedAttr("waits", builder.getBoolAttr(true)),
       builder.getNamedAttr("arguments", builder.getArrayAttr(arguments))});
}

LLVM::LLVMFuncOp KernelEmitter::makeFunction(gpu::GPUModuleOp module) {
  MLIRContext *context = builder.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  SmallVector<Type> types(tensorMaps.size(), pointer);
  types.append(dims.size(), builder.getI32Type());
  for (unsigned parameter : scalars) {
    Type type = kernel.getBlock().getArgument(parameter).getType();
    types.push_back(type.isIndex() ? builder.getI64Type() : type);
  }
  for (unsigned parameter : memories) {
    auto type =
        cast<MemRefType>(kernel.getBlock().getArgument(parameter).getType());
    types.push_back(LLVM::LLVMPointerType::get(context, 1));
    types.append(llvm::count_if(getStrides(type), ShapedType::isDynamic),
                 builder.getI64Type());
  }
  if (slotBytes)
    types.push_back(LLVM::LLVMPointerType::get(context, 1));
  if (persistent) {
    types.append(kernel.getGridRank(), builder.getI32Type());
    types.push_back(LLVM::LLVMPointerType::get(context, 1));
  }
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types);
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      LLVM::LLVMFuncOp::create(builder, loc, kernel.getSymName(), type);
  UnitAttr unit = builder.getUnitAttr();
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), unit);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), unit);
  function->setAttr(
      NVVM::NVVMDialect::getReqntidAttrName(),
      builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
  // With the block size known this lets roles change their register budgets.
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    builder.getI32IntegerAttr(blocks));
  // exp2 without the steps that keep denormals.
  function.setPassthroughAttr(builder.getArrayAttr({builder.getStrArrayAttr(
      {"denormal-fp-math-f32", "preserve-sign,preserve-sign"})}));
  function->setAttr("pipe.launch", getLaunch());
  auto bytes = LLVM::LLVMArrayType::get(builder.getI8Type(), 128);
  for (unsigned n = 0; n < tensorMaps.size(); ++n) {
    function.setArgAttr(n, LLVM::LLVMDialect::getByValAttrName(),
                        TypeAttr::get(bytes));
    function.setArgAttr(n, LLVM::LLVMDialect::getAlignAttrName(),
                        builder.getI64IntegerAttr(64));
    function.setArgAttr(n, NVVM::NVVMDialect::getGridConstantAttrName(), unit);
  }
  return function;
}
