//===- AttnOps.cpp - Accessors and simple interfaces ----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace fovea::attn;

#include "fovea/Dialect/Attn/IR/AttnInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "fovea/Dialect/Attn/IR/AttnOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Accessors of ScoreOpInterface
//===----------------------------------------------------------------------===//

/// The maps given, or those of [B, H, S, D]; packed operands have no B. Of
/// `dims`, those with j are of keys.
static SmallVector<AffineMap>
indexingMaps(ScoreOpInterface op, std::optional<ArrayAttr> given,
             ArrayRef<SmallVector<unsigned>> dims) {
  if (given)
    return SmallVector<AffineMap>(
        given->template getAsValueRange<AffineMapAttr>());
  MLIRContext *context = op.getContext();
  bool packedQueries = false, packedKeys = false;
  for (auto segment : op.getSegments().getAsRange<SegmentAttr>()) {
    packedQueries |= segment.getNumOffsets() > 0;
    packedKeys |= segment.getKind() == SegmentKind::packed;
  }
  SmallVector<AffineMap> maps;
  for (ArrayRef<unsigned> results : dims) {
    bool keyed = llvm::is_contained(results, unsigned(dimJ));
    maps.push_back(AffineMap::getMultiDimMapWithTargets(
        6,
        (keyed ? packedKeys : packedQueries) ? results.drop_front() : results,
        context));
  }
  return maps;
}

static double scaleValue(ScoreOpInterface op, std::optional<APFloat> scale) {
  if (scale)
    return scale->convertToDouble();
  AffineMap map = op.getIndexingMapsArray().front();
  auto type = cast<ShapedType>(op.getQuery().getType());
  for (auto [axis, result] : llvm::enumerate(map.getResults()))
    if (map.getDimPosition(axis) == dimD)
      return 1.0 / std::sqrt(static_cast<double>(type.getDimSize(axis)));
  return 1.0;
}

static FloatType accumulatorType(MLIRContext *context,
                                 std::optional<NumericsAttr> numerics) {
  if (numerics && numerics->getAccumulator())
    return numerics->getAccumulator();
  return Float32Type::get(context);
}

SmallVector<AffineMap> AttentionOp::getIndexingMapsArray() {
  SmallVector<SmallVector<unsigned>> dims = {{dimB, dimH, dimI, dimD},
                                             {dimB, dimH, dimJ, dimD},
                                             {dimB, dimH, dimJ, dimE},
                                             {dimB, dimH, dimI, dimE}};
  if (getLse())
    dims.push_back({dimB, dimH, dimI});
  return indexingMaps(*this, getIndexingMaps(), dims);
}

double AttentionOp::getScaleValue() { return scaleValue(*this, getScale()); }

FloatType AttentionOp::getAccumulatorType() {
  return accumulatorType(getContext(), getNumerics());
}

SmallVector<AffineMap> ScoreReduceOp::getIndexingMapsArray() {
  return indexingMaps(*this, getIndexingMaps(),
                      {{dimB, dimH, dimI, dimD},
                       {dimB, dimH, dimJ, dimD},
                       {dimB, dimH, dimJ},
                       {dimB, dimH, dimI}});
}

double ScoreReduceOp::getScaleValue() { return scaleValue(*this, getScale()); }

FloatType ScoreReduceOp::getAccumulatorType() {
  return accumulatorType(getContext(), getNumerics());
}

//===----------------------------------------------------------------------===//
// Effects, speculation and shapes of destination-passing ops
//===----------------------------------------------------------------------===//

/// Reads of memref inputs and writes of memref outputs.
static void
getDestinationEffects(DestinationStyleOpInterface op,
                      SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

static Speculation::Speculatability
getDestinationSpeculatability(DestinationStyleOpInterface op) {
  return op.hasPureTensorSemantics() ? Speculation::Speculatable
                                     : Speculation::NotSpeculatable;
}

/// Results have the shapes of the outputs.
static LogicalResult reifyDestinationShapes(OpBuilder &builder,
                                            DestinationStyleOpInterface op,
                                            ReifiedRankedShapedTypeDims &dims) {
  for (OpResult result : op->getResults())
    dims.push_back(tensor::getMixedSizes(builder, op.getLoc(),
                                         op.getTiedOpOperand(result)->get()));
  return success();
}

#define FOVEA_DESTINATION_STYLE(OP)                                            \
  void OP::getEffects(                                                         \
      SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {               \
    getDestinationEffects(*this, effects);                                     \
  }                                                                            \
  Speculation::Speculatability OP::getSpeculatability() {                      \
    return getDestinationSpeculatability(*this);                               \
  }                                                                            \
  LogicalResult OP::reifyResultShapes(OpBuilder &builder,                      \
                                      ReifiedRankedShapedTypeDims &dims) {     \
    return reifyDestinationShapes(builder, *this, dims);                       \
  }

FOVEA_DESTINATION_STYLE(AttentionOp)
FOVEA_DESTINATION_STYLE(ScoreReduceOp)
FOVEA_DESTINATION_STYLE(MergeOp)
FOVEA_DESTINATION_STYLE(ReorderOp)
FOVEA_DESTINATION_STYLE(WalkFromMaskOp)
FOVEA_DESTINATION_STYLE(WalkFromBlocksOp)
FOVEA_DESTINATION_STYLE(WalkTopKOp)
FOVEA_DESTINATION_STYLE(WalkThresholdOp)
