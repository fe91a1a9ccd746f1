//===- AttnBuilders.cpp - Builders of ops, masks and scores ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnBuilders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace fovea::attn;

void AttentionOp::build(OpBuilder &builder, OperationState &state, Value query,
                        Value key, Value value, ValueRange outputs) {
  state.addOperands({query, key, value});
  state.addOperands(outputs);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.setSegments(builder.getArrayAttr(SegmentAttr::get(
      builder.getContext(), SegmentKind::dense, 0, false, false, false)));
  // query, key, value, then groups that are empty, and the outputs.
  properties.setOperandSegmentSizes({1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0, static_cast<int32_t>(outputs.size())});
  for (Value output : outputs)
    if (isa<RankedTensorType>(output.getType()))
      state.addTypes(output.getType());
  state.addRegion();
  state.addRegion();
}

using BodyBuilder =
    function_ref<Value(OpBuilder &, Location, Block::BlockArgListType)>;

/// Replaces a region by one block with index arguments after `leading`, and
/// the captured values.
static void setRegion(OpBuilder &builder, AttentionOp op, Region &region,
                      TypeRange leading, MutableOperandRange captures,
                      ValueRange values, BodyBuilder body) {
  OpBuilder::InsertionGuard guard(builder);
  region.getBlocks().clear();
  captures.assign(values);
  SmallVector<Type> types(leading);
  types.append(4, builder.getIndexType());
  llvm::append_range(types, values.getTypes());
  SmallVector<Location> locs(types.size(), op.getLoc());
  Block *block = builder.createBlock(&region, region.end(), types, locs);
  Value result = body(builder, op.getLoc(), block->getArguments());
  YieldOp::create(builder, op.getLoc(), result);
}

static void setMask(OpBuilder &builder, AttentionOp op, ValueRange captures,
                    BodyBuilder body) {
  setRegion(builder, op, op.getMask(), {}, op.getMaskCapturesMutable(),
            captures, body);
}

static void setScore(OpBuilder &builder, AttentionOp op, ValueRange captures,
                     BodyBuilder body) {
  setRegion(builder, op, op.getScore(), op.getAccumulatorType(),
            op.getScoreCapturesMutable(), captures, body);
}

static Value constant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

static Value compare(OpBuilder &b, Location loc, arith::CmpIPredicate predicate,
                     Value lhs, Value rhs) {
  return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
}

void fovea::attn::setCausalMask(OpBuilder &builder, AttentionOp op,
                                int64_t offset) {
  setMask(builder, op, {}, [&](OpBuilder &b, Location loc, auto a) -> Value {
    Value limit = arith::AddIOp::create(b, loc, a[2], constant(b, loc, offset));
    return compare(b, loc, arith::CmpIPredicate::sle, a[3], limit);
  });
}

void fovea::attn::setWindowMask(OpBuilder &builder, AttentionOp op,
                                int64_t before, int64_t after) {
  setMask(builder, op, {}, [&](OpBuilder &b, Location loc, auto a) -> Value {
    Value distance = arith::SubIOp::create(b, loc, a[3], a[2]);
    Value low = compare(b, loc, arith::CmpIPredicate::sge, distance,
                        constant(b, loc, -before));
    Value high = compare(b, loc, arith::CmpIPredicate::sle, distance,
                         constant(b, loc, after));
    return arith::AndIOp::create(b, loc, low, high);
  });
}

/// table[index] as an index.
static Value readIndex(OpBuilder &b, Location loc, Value table,
                       ValueRange indices) {
  Value n = tensor::ExtractOp::create(b, loc, table, indices);
  if (n.getType().isIndex())
    return n;
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), n);
}

void fovea::attn::setPrefixMask(OpBuilder &builder, AttentionOp op,
                                Value lengths) {
  setMask(
      builder, op, lengths, [&](OpBuilder &b, Location loc, auto a) -> Value {
        Value prefix = readIndex(b, loc, a[4], a[0]);
        Value in = compare(b, loc, arith::CmpIPredicate::slt, a[3], prefix);
        Value causal = compare(b, loc, arith::CmpIPredicate::sle, a[3], a[2]);
        return arith::OrIOp::create(b, loc, in, causal);
      });
}

void fovea::attn::setDocumentMask(OpBuilder &builder, AttentionOp op,
                                  Value documents) {
  setMask(builder, op, documents,
          [&](OpBuilder &b, Location loc, auto a) -> Value {
            Value own = tensor::ExtractOp::create(b, loc, a[4], a[2]);
            Value other = tensor::ExtractOp::create(b, loc, a[4], a[3]);
            return compare(b, loc, arith::CmpIPredicate::eq, own, other);
          });
}

/// table[indices] in the type of the scores, f32 or f64.
static Value readFloat(OpBuilder &b, Location loc, Value table,
                       ValueRange indices, Type type) {
  Value x = tensor::ExtractOp::create(b, loc, table, indices);
  if (x.getType() == type)
    return x;
  return arith::ExtFOp::create(b, loc, type, x);
}

void fovea::attn::setAlibiScore(OpBuilder &builder, AttentionOp op,
                                Value slopes) {
  setScore(builder, op, slopes,
           [&](OpBuilder &b, Location loc, auto a) -> Value {
             Value slope = readFloat(b, loc, a[5], a[2], a[0].getType());
             Value distance = arith::SubIOp::create(b, loc, a[4], a[3]);
             Value number =
                 arith::IndexCastOp::create(b, loc, b.getI64Type(), distance);
             number = arith::SIToFPOp::create(b, loc, a[0].getType(), number);
             return math::FmaOp::create(b, loc, number, slope, a[0]);
           });
}

void fovea::attn::setSoftCapScore(OpBuilder &builder, AttentionOp op,
                                  double cap) {
  setScore(builder, op, {}, [&](OpBuilder &b, Location loc, auto a) -> Value {
    Type type = a[0].getType();
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
    };
    Value x = arith::MulFOp::create(b, loc, a[0], number(1.0 / cap));
    x = math::TanhOp::create(b, loc, x);
    return arith::MulFOp::create(b, loc, x, number(cap));
  });
}

void fovea::attn::setRelativePositionScore(OpBuilder &builder, AttentionOp op,
                                           Value table, Value offset) {
  setScore(builder, op, {table, offset},
           [&](OpBuilder &b, Location loc, auto a) -> Value {
             Value distance = arith::SubIOp::create(b, loc, a[3], a[4]);
             Value at = arith::AddIOp::create(b, loc, distance, a[6]);
             Value bias =
                 readFloat(b, loc, a[5], ValueRange{a[2], at}, a[0].getType());
             return arith::AddFOp::create(b, loc, a[0], bias);
           });
}
