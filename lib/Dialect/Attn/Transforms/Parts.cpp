//===- Parts.cpp - Attention to parts of the keys, merged -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace fovea::attn;

AffineMap fovea::attn::without(AffineMap map, unsigned dim) {
  std::optional<unsigned> axis = axisOf(map, dim);
  return axis ? map.dropResult(*axis) : map;
}

/// Maps of the output and the lse of a part.
static std::pair<AffineMap, AffineMap> getResultMaps(AttentionOp op) {
  AffineMap rows = without(op.getIndexingMapsArray()[3], dimE);
  AffineExpr channel = getAffineDimExpr(dimE, op.getContext());
  return {rows.insertResult(channel, rows.getNumResults()), rows};
}

/// The sizes of the op's output, in the order of another map.
static SmallVector<OpFoldResult> getSizes(OpBuilder &b, AttentionOp op,
                                          AffineMap map) {
  AffineMap output = op.getIndexingMapsArray()[3];
  SmallVector<OpFoldResult> sizes;
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    sizes.push_back(
        tensor::getMixedSize(b, op.getLoc(), op.getOutput(),
                             *axisOf(output, map.getDimPosition(axis))));
  return sizes;
}

AttentionOp fovea::attn::createPart(RewriterBase &b, AttentionOp op,
                                    const KeyPart &part) {
  Location loc = op.getLoc();
  auto [outputMap, lseMap] = getResultMaps(op);
  Value o = tensor::EmptyOp::create(b, loc, getSizes(b, op, outputMap),
                                    b.getF32Type());
  Value lse =
      tensor::EmptyOp::create(b, loc, getSizes(b, op, lseMap), b.getF32Type());
  OperationState state(loc, AttentionOp::getOperationName());
  SmallVector<int32_t> counts;
  auto add = [&](ValueRange values) {
    state.addOperands(values);
    counts.push_back(values.size());
  };
  add(op.getQuery());
  add(part.key);
  add(part.value);
  add(part.lengths);
  add(part.tables);
  add(part.starts);
  add(part.factors ? op.getQueryFactors() : ValueRange());
  add(part.factors ? ValueRange(part.factors) : ValueRange());
  add(op.getScoreCaptures());
  add(op.getMaskCaptures());
  add(op.getOrigin());
  for (unsigned n = 0; n < 3; ++n) // No walk.
    add({});
  add(part.sinks);
  add({o, lse});
  state.addTypes({o.getType(), lse.getType()});
  state.addAttributes(op->getAttrDictionary().getValue());
  state.attributes.erase("order");
  state.attributes.set("operandSegmentSizes", b.getDenseI32ArrayAttr(counts));
  state.attributes.set("segments", b.getArrayAttr(part.segment));
  state.attributes.set("scale", b.getF64FloatAttr(op.getScaleValue()));
  state.attributes.set(
      "indexing_maps",
      b.getAffineMapArrayAttr({op.getIndexingMapsArray()[0], part.keyMap,
                               part.valueMap, outputMap, lseMap}));
  for (Region *region : {&op.getScore(), &op.getMask()}) {
    IRMapping mapping;
    region->cloneInto(state.addRegion(), mapping);
  }
  return cast<AttentionOp>(b.create(state));
}

Value fovea::attn::readIndex(OpBuilder &b, Location loc, Value tensor,
                             ValueRange at) {
  Value value = tensor::ExtractOp::create(b, loc, tensor, at);
  if (value.getType().isIndex())
    return value;
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

Value fovea::attn::getNumColumns(OpBuilder &b, ScoreReduceOp op, unsigned n) {
  Location loc = op.getLoc();
  auto segment = cast<SegmentAttr>(op.getSegments()[n]);
  if (segment.getKind() != SegmentKind::paged)
    return b.createOrFold<tensor::DimOp>(
        loc, op.getKeys()[n], *axisOf(op.getIndexingMapsArray()[1], dimJ));
  auto tables = cast<ScoreOpInterface>(op.getOperation()).getTablesOf(n);
  return b.createOrFold<arith::MulIOp>(
      loc, b.createOrFold<tensor::DimOp>(loc, tables.back(), 1),
      arith::ConstantIndexOp::create(b, loc, segment.getPageSize()));
}

Value fovea::attn::selectRows(OpBuilder &b, Location loc, Value offsets,
                              Value row, Value inside, Value outside) {
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  auto load = [&](Value position) {
    return readIndex(b, loc, offsets, position);
  };
  // Sequences follow one another.
  Value last = arith::SubIOp::create(
      b, loc, tensor::DimOp::create(b, loc, offsets, 0), index(1));
  Value begun = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row,
                                      load(index(0)));
  Value ended =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row, load(last));
  Value result = arith::SelectOp::create(b, loc, ended, outside, inside);
  return arith::SelectOp::create(b, loc, begun, result, outside);
}

Value fovea::attn::copyRows(OpBuilder &b, AttentionOp op, unsigned n,
                            Value value, AffineMap from) {
  Location loc = op.getLoc();
  Value output = op.getOutputs()[n];
  AffineMap to = op.getIndexingMapsArray()[3 + n];
  int64_t rank = to.getNumResults();
  Value offsets;
  if (cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets())
    offsets = op.getTables()[0];
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange a) {
    SmallVector<Value> at;
    for (unsigned axis = 0; axis < from.getNumResults(); ++axis)
      at.push_back(linalg::IndexOp::create(
          b, loc, *axisOf(to, from.getDimPosition(axis))));
    Value result = tensor::ExtractOp::create(b, loc, value, at);
    if (offsets) {
      Value row = linalg::IndexOp::create(b, loc, *axisOf(to, dimI));
      result = selectRows(b, loc, offsets, row, result, a[0]);
    }
    linalg::YieldOp::create(b, loc, result);
  };
  return linalg::GenericOp::create(b, loc, output.getType(), ValueRange(),
                                   output, b.getMultiDimIdentityMap(rank),
                                   iterators, body)
      .getResult(0);
}

void fovea::attn::replaceByMerge(RewriterBase &b, AttentionOp op,
                                 ArrayRef<AttentionOp> parts) {
  SmallVector<Value> outputs, lses;
  for (AttentionOp part : parts) {
    outputs.push_back(part->getResult(0));
    lses.push_back(part->getResult(1));
  }
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto [outputMap, lseMap] = getResultMaps(op);
  bool isInPlace = maps[3] == outputMap &&
                   (!op.getLse() || maps[4] == lseMap) &&
                   cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() == 0;
  if (isInPlace) {
    b.replaceOpWithNewOp<MergeOp>(op, op.getResultTypes(), outputs, lses,
                                  op.getOutputs());
    return;
  }
  Location loc = op.getLoc();
  SmallVector<AffineMap> merged = {outputMap};
  if (op.getLse())
    merged.push_back(lseMap);
  SmallVector<Value> destinations;
  for (auto [output, map] : llvm::zip_equal(op.getOutputs(), merged))
    destinations.push_back(tensor::EmptyOp::create(
        b, loc, getSizes(b, op, map), getElementTypeOrSelf(output.getType())));
  auto merge = MergeOp::create(b, loc, ValueRange(destinations).getTypes(),
                               outputs, lses, destinations);
  SmallVector<Value> results;
  for (auto [n, map] : llvm::enumerate(merged))
    results.push_back(copyRows(b, op, n, merge->getResult(n), map));
  b.replaceOp(op, results);
}
