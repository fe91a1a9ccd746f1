//===- KernelLowering.cpp - One kernel to loops on vectors ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

KernelLowering::KernelLowering(func::FuncOp function, Block *body,
                               tile::CpuScheduleAttr schedule, Value item,
                               Value scratch, Value scratchStart,
                               Value workspace)
    : function(function), body(body), schedule(schedule), item(item),
      scratch(scratch), scratchStart(scratchStart), workspace(workspace),
      b(function.getContext()), lanes(b, schedule.getLanes()),
      width(schedule.getLanes()) {}

LogicalResult KernelLowering::run() {
  if (failed(lowerBlock(*body)))
    return failure();
  for (Operation *op : llvm::reverse(done))
    op->erase();
  return success();
}

Value KernelLowering::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, function.getLoc(), value);
}

int64_t KernelLowering::rowsPerVector(Value tile) {
  tile::LanesAttr lanes = lanesOf(tile);
  if (lanes && (lanes.getAxis() == 1 || lanes.getWidth() == 1))
    return 1;
  return width;
}

Type KernelLowering::rowType(Value tile) {
  Type type = b.getF32Type();
  return rowsPerVector(tile) == 1 ? type : lanes.vectorType(type);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::lowerBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    b.setInsertionPoint(&op);
    if (failed(lowerOp(op)))
      return failure();
  }
  return success();
}

static bool hasTiles(Operation &op) {
  auto isTile = [](Type type) { return isa<TileType>(type); };
  return llvm::any_of(op.getResultTypes(), isTile) ||
         llvm::any_of(op.getOperandTypes(), isTile);
}

static bool holdsTiles(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return hasTiles(*inner) ? WalkResult::interrupt()
                                : WalkResult::advance();
      })
      .wasInterrupted();
}

/// A map reads its inputs in one way only.
static LogicalResult checkMap(tile::MapOp map) {
  for (auto [input, access] :
       llvm::zip(map.getInputs(),
                 map.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>())) {
    if (access.getNumResults() == 1 && access.getDimPosition(0) != 0)
      return map.emitOpError("reads ")
             << input.getType()
             << " along axis 1; on a CPU tiles of one axis run along axis 0";
    if (access.getNumResults() == 2 && !access.isIdentity())
      return map.emitOpError("reads ")
             << input.getType()
             << " transposed; on a CPU tiles of two axes are read as they are";
  }
  return success();
}

LogicalResult KernelLowering::lowerOp(Operation &op) {
  if (isa<tile::ViewOp, tile::SplatOp, tile::DotOp, tile::WalkRangesOp>(op)) {
    done.push_back(&op);
    return success();
  }
  if (auto load = dyn_cast<tile::LoadOp>(op)) {
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    if (isRow(load.getResult()))
      return load.emitOpError("of one axis is not lowered for CPUs");
    for (unsigned axis = 0; axis < 2; ++axis)
      extents[load.getResult()].push_back(
          extent(load.getLoc(), view, axis, load.getOffsets()[axis],
                 load.getType().getDimSize(axis)));
    done.push_back(&op);
    return success();
  }
  if (auto gather = dyn_cast<tile::GatherOp>(op)) {
    SmallVector<Value> safe;
    for (auto [dim, position] : llvm::enumerate(gather.getIndices())) {
      Value size =
          memref::DimOp::create(b, op.getLoc(), gather.getTable(), dim);
      safe.push_back(createSafeIndex(b, op.getLoc(), position, size));
    }
    gather.replaceAllUsesWith(
        memref::LoadOp::create(b, op.getLoc(), gather.getTable(), safe)
            .getResult());
    done.push_back(&op);
    return success();
  }
  if (auto map = dyn_cast<tile::MapOp>(op)) {
    done.push_back(&op);
    if (failed(checkMap(map)))
      return failure();
    if (!isRow(map.getResult()))
      return success();
    SmallVector<Value> vectors;
    for (int64_t vector = 0; vector < vectorsOf(map.getResult()); ++vector) {
      Point point;
      FailureOr<Value> value = evaluate(map.getResult(), {}, vector, point);
      if (failed(value))
        return failure();
      vectors.push_back(*value);
    }
    inLanes[map.getResult()] = vectors;
    return success();
  }
  if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    done.push_back(&op);
    return lowerReduce(reduce);
  }
  if (auto store = dyn_cast<tile::StoreOp>(op)) {
    done.push_back(&op);
    return lowerStore(store);
  }
  if (auto loop = dyn_cast<scf::ForOp>(op); loop && holdsTiles(loop)) {
    done.push_back(&op);
    return lowerLoop(loop);
  }
  if (auto combine = dyn_cast<tile::CombineOp>(op)) {
    done.push_back(&op);
    return lowerCombine(combine);
  }
  // A branch that gives no tile works on tiles of its own.
  if (auto branch = dyn_cast<scf::IfOp>(op);
      branch && !hasTiles(op) && holdsTiles(branch)) {
    if (failed(computeOutside(branch)))
      return failure();
    int64_t mark = scratchTop;
    for (Region &region : branch->getRegions()) {
      if (!region.empty() && failed(lowerBlock(region.front())))
        return failure();
      scratchTop = mark;
    }
    b.setInsertionPointAfter(branch);
    return success();
  }
  if (isa<tile::WalkAtOp, tile::WalkSizeOp>(op))
    return op.emitOpError("stands on a walk of several ranges; run "
                          "-tile-split-walk first");
  if (hasTiles(op))
    return op.emitOpError("on tiles has no lowering for CPUs; run "
                          "-tile-split-walk and -canonicalize first");
  return success();
}

//===----------------------------------------------------------------------===//
// Scratch memory and extents
//===----------------------------------------------------------------------===//

Value KernelLowering::allocate(TileType type) {
  SmallVector<int64_t> shape(llvm::reverse(type.getShape()));
  Type element = type.getElementType();
  auto layout = dyn_cast_or_null<tile::LanesAttr>(type.getLayout());
  if (layout && layout.getAxis() == 1)
    return allocate(type.getShape(), element);
  if (layout && layout.getPack() > 1) {
    shape[0] /= layout.getPack();
    element =
        b.getIntegerType(element.getIntOrFloatBitWidth() * layout.getPack());
  }
  return allocate(shape, element);
}

Value KernelLowering::allocate(ArrayRef<int64_t> shape, Type element) {
  OpBuilder::InsertionGuard guard(b);
  if (scratchStart)
    b.setInsertionPointAfterValue(scratchStart);
  else
    b.setInsertionPointToStart(body);
  auto memref = MemRefType::get(shape, element);
  int64_t bytes =
      (memref.getNumElements() * element.getIntOrFloatBitWidth() + 7) / 8;
  Value offset = index(scratchTop);
  scratchTop += llvm::alignTo(bytes, 64);
  scratchEnd = std::max(scratchEnd, scratchTop);
  if (scratchStart)
    offset = arith::AddIOp::create(b, function.getLoc(), scratchStart, offset);
  return memref::ViewOp::create(b, function.getLoc(), memref, scratch, offset,
                                ValueRange{});
}

Value KernelLowering::extent(Location loc, tile::ViewOp view, unsigned axis,
                             Value offset, int64_t size) {
  auto type = cast<MemRefType>(view.getSource().getType());
  int64_t dim = axis == 0 ? view.getDims()[0] : view.getColumnDim();
  bool moved =
      axis == 0 && (view.getFrom() || view.getTable() || view.getBoxes());
  bool limited = axis == 0 && view.getLimit();
  APInt constant;
  if (!limited && !moved && matchPattern(offset, m_ConstantInt(&constant)) &&
      !type.isDynamicDim(dim))
    return index(std::clamp<int64_t>(
        type.getDimSize(dim) - constant.getSExtValue(), 0, size));
  Value end = tile::createExtent(b, view, axis);
  Value room = arith::SubIOp::create(b, loc, end, offset);
  room = arith::MaxSIOp::create(b, loc, room, index(0));
  return arith::MinSIOp::create(b, loc, room, index(size));
}

SmallVector<Value> KernelLowering::gridIndices(tile::ViewOp view, Value row) {
  Location loc = view.getLoc();
  auto divide = [&](Value x, int64_t c) -> Value {
    return arith::DivUIOp::create(b, loc, x, index(c));
  };
  auto remainder = [&](Value x, int64_t c) -> Value {
    return arith::RemUIOp::create(b, loc, x, index(c));
  };
  Value box = divide(row, view.getBoxSize());
  Value inside = remainder(row, view.getBoxSize());
  SmallVector<Value> result(view.getRowDims().size());
  for (unsigned dim = result.size(); dim-- > 0;) {
    int64_t extent = (*view.getBoxes())[dim], count = view.getNumBoxes(dim);
    Value number = dim == 0 ? box : remainder(box, count);
    Value offset = dim == 0 ? inside : remainder(inside, extent);
    Value first =
        arith::MulIOp::create(b, loc, number, index(view.getBoxSteps()[dim]));
    Value at = arith::AddIOp::create(b, loc, first, offset);
    // Beyond the grid stands its last element.
    auto source = cast<MemRefType>(view.getSource().getType());
    int64_t last = source.getDimSize(view.getRowDims()[dim]) - 1;
    result[dim] = arith::MinUIOp::create(b, loc, at, index(last));
    if (dim != 0) {
      box = divide(box, count);
      inside = divide(inside, extent);
    }
  }
  return result;
}

SmallVector<Value> KernelLowering::indices(tile::ViewOp view,
                                           ValueRange position) {
  Location loc = view.getLoc();
  int64_t rank = cast<MemRefType>(view.getSource().getType()).getRank();
  SmallVector<Value> result(rank);
  if (position.size() > 1)
    result[view.getColumnDim()] = position[1];
  Value row = position[0];
  if (view.getBoxes())
    for (auto [dim, coordinate] :
         llvm::zip_equal(view.getRowDims(), gridIndices(view, row)))
      result[dim] = coordinate;
  if (view.getFrom())
    row = arith::AddIOp::create(b, loc, view.getFrom(), row);
  if (view.getTable()) {
    Value size = index(*view.getPageSize());
    SmallVector<Value> at(view.getTableIndices());
    at.push_back(arith::DivUIOp::create(b, loc, row, size));
    Value page = memref::LoadOp::create(b, loc, view.getTable(), at);
    if (!page.getType().isIndex())
      page = arith::IndexCastOp::create(b, loc, b.getIndexType(), page);
    result[*view.getPageDim()] = page;
    row = arith::RemUIOp::create(b, loc, row, size);
  }
  if (!view.getBoxes())
    result[view.getDims()[0]] = row;
  auto fixed = view.getIndices().begin();
  for (Value &value : result)
    if (!value)
      value = *fixed++;
  return result;
}

Value KernelLowering::columns(Value tile) {
  if (auto it = extents.find(tile); it != extents.end())
    return it->second[1];
  Operation *op = tile.getDefiningOp();
  if (auto dot = dyn_cast_or_null<tile::DotOp>(op)) {
    // Axis 1 of the result is the axis of b that is not contracted.
    AffineMap map = cast<AffineMapAttr>(dot.getIndexingMaps()[1]).getValue();
    unsigned axis = map.getDimPosition(0) == 1 ? 0 : 1;
    return extents.lookup(dot.getB())[axis];
  }
  if (auto map = dyn_cast_or_null<tile::MapOp>(op))
    for (Value input : map.getInputs())
      if (!isRow(input) && !matchPattern(columns(input), m_Constant()))
        return columns(input);
  return index(typeOf(tile).getDimSize(1));
}
