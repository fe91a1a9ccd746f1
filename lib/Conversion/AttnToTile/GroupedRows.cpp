//===- GroupedRows.cpp - Queries that share keys as rows ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GroupedRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

static OpFoldResult getExtent(OpBuilder &b, Value memref, AffineMap map,
                              Dim dim, Location loc) {
  std::optional<unsigned> axis = axisOf(map, dim);
  return axis ? memref::getMixedSize(b, loc, memref, *axis)
              : OpFoldResult(b.getIndexAttr(1));
}

/// A product, or a quotient where the divisor is 0 only if there is nothing.
template <typename OpTy>
static OpFoldResult combine(OpBuilder &b, Location loc, OpFoldResult x,
                            OpFoldResult y) {
  std::optional<int64_t> left = getConstantIntValue(x),
                         right = getConstantIntValue(y);
  constexpr bool isProduct = std::is_same_v<OpTy, arith::MulIOp>;
  if (left && right)
    return b.getIndexAttr(isProduct ? *left * *right
                                    : *left / std::max<int64_t>(*right, 1));
  Value divisor = getValueOrCreateConstantIndexOp(b, loc, y);
  if (!isProduct)
    divisor = arith::MaxUIOp::create(b, loc, divisor,
                                     arith::ConstantIndexOp::create(b, loc, 1));
  return OpTy::create(b, loc, getValueOrCreateConstantIndexOp(b, loc, x),
                      divisor)
      .getResult();
}

GroupedRows::GroupedRows(AttentionOp op, KeyGroup group, int64_t boxRows)
    : op(op), group(group) {
  OpBuilder b(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  numGroups = getExtent(b, op.getKeys()[0], maps[1], group.dim, op.getLoc());
  OpFoldResult all =
      getExtent(b, op.getQuery(), maps[0], group.dim, op.getLoc());
  size = combine<arith::DivUIOp>(b, op.getLoc(), all, numGroups);
  if (group.queries == 1)
    return;
  box = {group.queries, group.size};
  stride = group.size;
  if (boxRows == 0)
    return;
  box[1] = std::min<int64_t>(llvm::PowerOf2Ceil(group.size), boxRows);
  box[0] = boxRows / box[1];
  stride = llvm::alignTo(group.size, box[1]);
}

BoxedRows GroupedRows::regroup(Value memref, AffineMap map) {
  Location loc = op.getLoc();
  OpBuilder b(op);
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
  SmallVector<OpFoldResult> sizes = metadata.getConstifiedMixedSizes();
  SmallVector<OpFoldResult> strides = metadata.getConstifiedMixedStrides();
  OpFoldResult offset = metadata.getConstifiedMixedOffset();
  unsigned n = *axisOf(map, group.dim), i = *axisOf(map, dimI);
  OpFoldResult stride = strides[n];
  strides[n] = combine<arith::MulIOp>(b, loc, stride, size);
  sizes[n] = numGroups;
  // Members lie in the place of the query, or beside the queries, whose number
  // the types of results may not say.
  if (group.queries == 1) {
    sizes[i] = size;
    strides[i] = stride;
  } else {
    sizes[i] = b.getIndexAttr(group.queries);
    sizes.insert(sizes.begin() + i + 1, size);
    strides.insert(strides.begin() + i + 1, stride);
  }
  // A constant is in the type, too.
  for (OpFoldResult &value : llvm::concat<OpFoldResult>(sizes, strides))
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      value = b.getIndexAttr(*constant);
  auto known = [](OpFoldResult value) {
    return getConstantIntValue(value).value_or(ShapedType::kDynamic);
  };
  auto layout = StridedLayoutAttr::get(b.getContext(), known(offset),
                                       llvm::map_to_vector(strides, known));
  auto grouped = memref::ReinterpretCastOp::create(
      b, loc,
      MemRefType::get(llvm::map_to_vector(sizes, known), type.getElementType(),
                      layout, type.getMemorySpace()),
      memref, offset, sizes, strides);
  BoxedRows rows = {grouped, i, box, /*steps=*/box, /*numRows=*/0};
  if (!box.empty())
    rows.numRows = llvm::alignTo(group.queries, box[0]) *
                   llvm::alignTo(group.size, box[1]);
  return rows;
}
