//===- PackHeads.cpp - Queries that share keys as rows --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/Transforms/Schedules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNPACKHEADS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// Whether all sequences attend to the same keys and values, as many of each.
static bool sharesKeys(AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  std::optional<unsigned> axis = axisOf(maps[0], dimB);
  if (op.getSegments().size() != 1 ||
      cast<SegmentAttr>(op.getSegments()[0]).getKind() != SegmentKind::dense)
    return false;
  return !axisOf(maps[1], dimB) && !axisOf(maps[2], dimB) && axis &&
         cast<ShapedType>(op.getQuery().getType()).getDimSize(*axis) != 1 &&
         op.getLengths().empty();
}

namespace {

/// Packs the heads, or the sequences, of one op with one query.
class Packer {
public:
  explicit Packer(AttentionOp op)
      : op(op), loc(op.getLoc()), b(op), maps(op.getIndexingMapsArray()),
        dim(sharesKeys(op) ? dimB : dimH) {}

  /// Whether the op has one query and groups of heads that may be packed.
  bool applies();
  void pack();

private:
  Value regroup(Value memref, AffineMap map);
  void rewrite(Region &region, MutableOperandRange captures,
               unsigned coordinates);

  AttentionOp op;
  Location loc;
  OpBuilder b;
  SmallVector<AffineMap> maps;
  /// The dimension whose groups become rows.
  unsigned dim;
  OpFoldResult groups, group;
};

} // namespace

std::optional<int64_t> fovea::attn::getPackedRows(AttentionOp op) {
  if (!op.getOrigin().empty() || op.hasWalk() ||
      cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() > 0)
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  bool shares = sharesKeys(op);
  auto has = [&](AffineMap map) {
    return axisOf(map, shares ? dimB : dimH) && axisOf(map, dimI);
  };
  auto query = cast<ShapedType>(op.getQuery().getType());
  if (!has(maps[0]) || !has(maps[3]) || (op.getLse() && !has(maps[4])) ||
      query.getDimSize(*axisOf(maps[0], dimI)) != 1)
    return std::nullopt;
  if (shares)
    return query.getDimSize(*axisOf(maps[0], dimB));
  if (op.getSinks())
    return std::nullopt;
  int64_t heads = query.getDimSize(*axisOf(maps[0], dimH));
  std::optional<unsigned> axis = axisOf(maps[1], dimH);
  int64_t shared =
      axis ? cast<ShapedType>(op.getKeys()[0].getType()).getDimSize(*axis) : 1;
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(shared))
    return ShapedType::kDynamic;
  if (heads == shared || shared == 0)
    return std::nullopt;
  return heads / shared;
}

bool Packer::applies() {
  auto isStrided = [](Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    return type && type.isStrided();
  };
  return getPackedRows(op) && isStrided(op.getQuery()) &&
         llvm::all_of(op.getOutputs(), isStrided);
}

/// The memref with as many heads as the keys have (or one sequence), and the
/// heads of a group (or the sequences) along the axis of the query.
Value Packer::regroup(Value memref, AffineMap map) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
  SmallVector<OpFoldResult> sizes = metadata.getConstifiedMixedSizes();
  SmallVector<OpFoldResult> strides = metadata.getConstifiedMixedStrides();
  OpFoldResult offset = metadata.getConstifiedMixedOffset();
  unsigned n = *axisOf(map, dim), i = *axisOf(map, dimI);
  strides[i] = strides[n];
  std::optional<int64_t> stride = getConstantIntValue(strides[n]),
                         count = getConstantIntValue(group);
  if (stride && count)
    strides[n] = b.getIndexAttr(*stride * *count);
  else
    strides[n] =
        arith::MulIOp::create(
            b, loc, getValueOrCreateConstantIndexOp(b, loc, strides[n]),
            getValueOrCreateConstantIndexOp(b, loc, group))
            .getResult();
  sizes[n] = groups;
  sizes[i] = group;
  auto layout = StridedLayoutAttr::get(
      b.getContext(),
      getConstantIntValue(offset).value_or(ShapedType::kDynamic),
      llvm::map_to_vector(strides, [](OpFoldResult stride) {
        return getConstantIntValue(stride).value_or(ShapedType::kDynamic);
      }));
  SmallVector<int64_t> shape =
      llvm::map_to_vector(sizes, [](OpFoldResult size) {
        return getConstantIntValue(size).value_or(ShapedType::kDynamic);
      });
  return memref::ReinterpretCastOp::create(
      b, loc,
      MemRefType::get(shape, type.getElementType(), layout,
                      type.getMemorySpace()),
      memref, offset, sizes, strides);
}

/// The region's head (or sequence) is h * group + i, its query 0.
void Packer::rewrite(Region &region, MutableOperandRange captures,
                     unsigned coordinates) {
  if (region.empty())
    return;
  Value head = region.getArgument(coordinates + dim),
        row = region.getArgument(coordinates + dimI);
  OpBuilder body = OpBuilder::atBlockBegin(&region.front());
  row.replaceAllUsesWith(arith::ConstantIndexOp::create(body, loc, 0));
  if (head.use_empty())
    return;
  Value size;
  if (auto dynamic = dyn_cast<Value>(group)) {
    captures.append(dynamic);
    size = region.addArgument(dynamic.getType(), loc);
  } else {
    size = getValueOrCreateConstantIndexOp(body, loc, group);
  }
  auto first = arith::MulIOp::create(body, loc, head, size);
  auto whole = arith::AddIOp::create(body, loc, first, row);
  head.replaceAllUsesExcept(whole, first);
}

void Packer::pack() {
  auto sizeOf = [&](Value memref, AffineMap map) -> OpFoldResult {
    std::optional<unsigned> axis = axisOf(map, dim);
    return axis ? memref::getMixedSize(b, loc, memref, *axis)
                : OpFoldResult(b.getIndexAttr(1));
  };
  OpFoldResult heads = sizeOf(op.getQuery(), maps[0]);
  groups = sizeOf(op.getKeys()[0], maps[1]);
  std::optional<int64_t> all = getConstantIntValue(heads),
                         shared = getConstantIntValue(groups);
  if (all && shared) {
    group = b.getIndexAttr(*shared ? *all / *shared : 1);
  } else {
    // Without key heads there are none at all.
    Value some = arith::MaxUIOp::create(
        b, loc, getValueOrCreateConstantIndexOp(b, loc, groups),
        arith::ConstantIndexOp::create(b, loc, 1));
    group = arith::DivUIOp::create(
                b, loc, getValueOrCreateConstantIndexOp(b, loc, heads), some)
                .getResult();
  }
  op.getQueryMutable().assign(regroup(op.getQuery(), maps[0]));
  SmallVector<Value> outputs = {regroup(op.getOutput(), maps[3])};
  if (op.getLse())
    outputs.push_back(regroup(op.getLse(), maps[4]));
  op.getOutputsMutable().assign(outputs);
  rewrite(op.getScore(), op.getScoreCapturesMutable(), /*coordinates=*/1);
  rewrite(op.getMask(), op.getMaskCapturesMutable(), /*coordinates=*/0);
}

namespace {

struct AttnPackHeadsPass final
    : fovea::attn::impl::AttnPackHeadsBase<AttnPackHeadsPass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation()->walk([&](AttentionOp op) {
      Packer packer(op);
      if (!packer.applies())
        return;
      packer.pack();
      ++numPacked;
    });
  }
};

} // namespace
