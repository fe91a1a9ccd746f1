//===- MergeKernel.cpp - Merges to kernels on tiles -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MergeKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

namespace {

/// Emits the kernel of one merge.
class MergeEmitter {
public:
  MergeEmitter(attn::MergeOp op, int64_t rows)
      : op(op), loc(op.getLoc()), b(op.getContext()), rows(rows),
        outputType(cast<MemRefType>(op.getOutputs()[0].getType())),
        rank(outputType.getRank()) {
    // Dynamic extents are negative, and taken for the longest.
    auto length = [&](int64_t axis) {
      int64_t size = outputType.getDimSize(axis);
      return ShapedType::isDynamic(size) ? std::numeric_limits<int64_t>::max()
                                         : size;
    };
    for (int64_t axis = 0; axis < rank - 1; ++axis)
      if (length(axis) >= length(rowAxis))
        rowAxis = axis;
    for (int64_t axis = 0; axis < rank - 1; ++axis)
      if (axis != rowAxis)
        fixedAxes.push_back(axis);
  }

  tile::KernelOp emit(Attribute schedule, Operation *before, StringRef name);

private:
  using Body = function_ref<Value(OpBuilder &, ValueRange)>;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  static Value number(OpBuilder &b, Location loc, double value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  TileType rowType() { return TileType::get({rows}, b.getF32Type()); }
  /// One element for each row.
  Value mapRows(ValueRange inputs, Body body) {
    SmallVector<AffineMap> maps(inputs.size(), b.getMultiDimIdentityMap(1));
    return tile::MapOp::create(
        b, loc, rowType(), inputs, maps, ValueRange{firstRow},
        [&](OpBuilder &b, Location, ValueRange a) { return body(b, a); });
  }
  Value readLse(Value lse);
  Value window(Value memref, int64_t axes);
  void emitBody();

  attn::MergeOp op;
  Location loc;
  OpBuilder b;
  int64_t rows;
  MemRefType outputType;
  int64_t rank, rowAxis = 0;
  SmallVector<int64_t> fixedAxes;

  tile::KernelOp kernel;
  SmallVector<Value> fixed;
  Value firstRow;
};

} // namespace

/// The log-sum-exp of each row of a part.
Value MergeEmitter::readLse(Value lse) {
  return mapRows({}, [&](OpBuilder &b, ValueRange a) -> Value {
    SmallVector<Value> at(rank - 1);
    at[rowAxis] = a[0];
    for (auto [axis, value] : llvm::zip(fixedAxes, fixed))
      at[axis] = value;
    return tile::GatherOp::create(b, loc, lse, at);
  });
}

/// The rows of the work item's slice; `axes` is 2 with channels, 1 without.
Value MergeEmitter::window(Value memref, int64_t axes) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> dims = {rowAxis, rank - 1}, shape;
  dims.resize(axes);
  for (int64_t dim : dims)
    shape.push_back(type.getDimSize(dim));
  return tile::ViewOp::create(
      b, loc, tile::ViewType::get(shape, type.getElementType()), memref, fixed,
      /*limit=*/Value(), dims);
}

void MergeEmitter::emitBody() {
  ValueRange parameters = kernel.getParameters();
  size_t count = op.getParts().size();
  const double log2e = 1.4426950408889634, ln2 = 0.6931471805599453;
  auto isInfinite = [&](OpBuilder &b, Value x) -> Value {
    return arith::CmpFOp::create(
        b, loc, arith::CmpFPredicate::OEQ, x,
        number(b, loc, -std::numeric_limits<double>::infinity()));
  };
  SmallVector<Value> lses;
  for (size_t n = 0; n < count; ++n)
    lses.push_back(readLse(parameters[count + n]));
  // The largest; 0 where all are -inf.
  Value top = mapRows(lses, [&](OpBuilder &b, ValueRange a) -> Value {
    Value top = a[0];
    for (size_t n = 1; n < count; ++n)
      top = arith::MaxNumFOp::create(b, loc, top, a[n]);
    return arith::SelectOp::create(b, loc, isInfinite(b, top),
                                   number(b, loc, 0), top);
  });
  SmallVector<Value> weights;
  for (Value lse : lses)
    weights.push_back(
        mapRows({lse, top}, [&](OpBuilder &b, ValueRange a) -> Value {
          Value x = arith::SubFOp::create(b, loc, a[0], a[1]);
          x = arith::MulFOp::create(b, loc, x, number(b, loc, log2e));
          return math::Exp2Op::create(b, loc, x);
        }));
  Value sum = mapRows(weights, [&](OpBuilder &b, ValueRange a) -> Value {
    Value sum = a[0];
    for (size_t n = 1; n < count; ++n)
      sum = arith::AddFOp::create(b, loc, sum, a[n]);
    return sum;
  });
  auto isZero = [&](OpBuilder &b, Value x) -> Value {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x,
                                 number(b, loc, 0));
  };

  // What has no weight adds nothing, whatever it holds.
  int64_t channels = outputType.getDimSize(rank - 1);
  SmallVector<Value> inputs;
  for (size_t n = 0; n < count; ++n) {
    Type element = cast<MemRefType>(parameters[n].getType()).getElementType();
    inputs.push_back(tile::LoadOp::create(
        b, loc, TileType::get({rows, channels}, element),
        window(parameters[n], 2), ValueRange{firstRow, index(0)}));
  }
  SmallVector<AffineMap> maps(count, b.getMultiDimIdentityMap(2));
  maps.append(count + 1, AffineMap::get(2, 0, {b.getAffineDimExpr(0)}));
  llvm::append_range(inputs, weights);
  inputs.push_back(sum);
  Type element = outputType.getElementType();
  Value merged = tile::MapOp::create(
      b, loc, TileType::get({rows, channels}, element), inputs, maps,
      ValueRange{}, [&](OpBuilder &b, Location, ValueRange a) -> Value {
        Value total = number(b, loc, 0);
        for (size_t n = 0; n < count; ++n) {
          Value x = a[n], weight = a[count + n];
          if (!x.getType().isF32())
            x = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
          Value added = math::FmaOp::create(b, loc, weight, x, total);
          total =
              arith::SelectOp::create(b, loc, isZero(b, weight), total, added);
        }
        Value sum = a[2 * count];
        Value mean = arith::DivFOp::create(b, loc, total, sum);
        mean = arith::SelectOp::create(b, loc, isZero(b, sum),
                                       number(b, loc, 0), mean);
        if (!element.isF32())
          mean = arith::TruncFOp::create(b, loc, element, mean);
        return mean;
      });
  tile::StoreOp::create(b, loc, merged, window(parameters[2 * count], 2),
                        ValueRange{firstRow, index(0)});
  if (op.getOutputs().size() == 1)
    return;
  Value lse = mapRows({top, sum}, [&](OpBuilder &b, ValueRange a) -> Value {
    // The sum is from 1 to the number of parts: an absolute error counts.
    Value x = math::Log2Op::create(b, loc, a[1], arith::FastMathFlags::afn);
    x = math::FmaOp::create(b, loc, x, number(b, loc, ln2), a[0]);
    return arith::SelectOp::create(
        b, loc, isZero(b, a[1]),
        number(b, loc, -std::numeric_limits<double>::infinity()), x);
  });
  tile::StoreOp::create(b, loc, lse, window(parameters[2 * count + 1], 1),
                        ValueRange{firstRow});
}

tile::KernelOp MergeEmitter::emit(Attribute schedule, Operation *before,
                                  StringRef name) {
  SmallVector<Value> parameters(op.getParts());
  llvm::append_range(parameters, op.getLses());
  llvm::append_range(parameters, op.getOutputs());
  b.setInsertionPoint(before);
  kernel = tile::KernelOp::create(b, loc, name, TypeRange(parameters),
                                  /*gridRank=*/3, schedule);
  b.setInsertionPointToStart(&kernel.getBlock());
  ValueRange grid = kernel.getGridArguments();
  fixed.assign(grid.begin(), grid.begin() + fixedAxes.size());
  firstRow = arith::MulIOp::create(b, loc, grid[2], index(rows));
  emitBody();
  tile::ReturnOp::create(b, loc);

  b.setInsertionPoint(op);
  Value output = op.getOutputs()[0];
  SmallVector<Value> extents;
  for (int64_t axis : fixedAxes)
    extents.push_back(memref::DimOp::create(b, loc, output, axis));
  extents.resize(2, index(1));
  Value all = memref::DimOp::create(b, loc, output, rowAxis);
  extents.push_back(arith::CeilDivSIOp::create(b, loc, all, index(rows)));
  tile::LaunchOp::create(b, loc, kernel.getSymName(), extents, parameters,
                         IntegerAttr(), IntegerAttr(), IntegerAttr());
  return kernel;
}

tile::KernelOp fovea::emitMergeKernel(attn::MergeOp op,
                                      tile::ScheduleAttrInterface schedule,
                                      Operation *before, StringRef name) {
  return MergeEmitter(op, schedule.getQueryTile()).emit(schedule, before, name);
}
