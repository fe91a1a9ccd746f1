//===- AttnRegions.cpp - Score and mask regions in other ops --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Index/IR/IndexOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea::attn;

/// Makes a division that would trap one by 1: that by 0, whose result is of no
/// use, and that of the smallest integer by -1, which wraps to itself.
static void guardDivision(Operation *op) {
  bool isSigned = isa<arith::DivSIOp, arith::CeilDivSIOp, arith::FloorDivSIOp,
                      arith::RemSIOp, index::DivSOp, index::CeilDivSOp,
                      index::FloorDivSOp, index::RemSOp>(op);
  if (!isSigned && !isa<arith::DivUIOp, arith::CeilDivUIOp, arith::RemUIOp,
                        index::DivUOp, index::CeilDivUOp, index::RemUOp>(op))
    return;
  Value dividend = op->getOperand(0), divisor = op->getOperand(1);
  APInt known;
  if (matchPattern(divisor, m_ConstantInt(&known)) && !known.isZero() &&
      !(isSigned && known.isAllOnes()))
    return;
  Location loc = op->getLoc();
  OpBuilder b(op);
  Type type = divisor.getType();
  unsigned width = type.isIndex() ? IndexType::kInternalStorageBitWidth
                                  : type.getIntOrFloatBitWidth();
  auto constant = [&](APInt value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  };
  auto equals = [&](Value value, APInt other) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, value,
                                 constant(other));
  };
  Value traps = equals(divisor, APInt::getZero(width));
  if (isSigned) {
    Value overflows = arith::AndIOp::create(
        b, loc, equals(divisor, APInt::getAllOnes(width)),
        equals(dividend, APInt::getSignedMinValue(width)));
    traps = arith::OrIOp::create(b, loc, traps, overflows);
  }
  op->setOperand(1, arith::SelectOp::create(
                        b, loc, traps, constant(APInt(width, 1)), divisor));
}

Value fovea::attn::inlineRegion(OpBuilder &builder, Region &region,
                                ValueRange arguments, CapturedRead read,
                                bool guardsDivisions) {
  IRMapping mapping;
  return inlineRegion(builder, region, arguments, read, mapping,
                      guardsDivisions);
}

Value fovea::attn::inlineRegion(OpBuilder &builder, Region &region,
                                ValueRange arguments, CapturedRead read,
                                IRMapping &mapping, bool guardsDivisions) {
  mapping.map(region.getArguments(), arguments);
  for (Operation &op : region.front().without_terminator()) {
    if (isa<tensor::ExtractOp, memref::LoadOp>(op)) {
      SmallVector<Value> operands = llvm::map_to_vector(
          op.getOperands(), [&](Value v) { return mapping.lookup(v); });
      mapping.map(op.getResult(0), read(builder, op.getLoc(), operands[0],
                                        ValueRange(operands).drop_front()));
      continue;
    }
    // Bufferization visits the region before the op: what it put between a
    // captured tensor and its reads goes.
    if (isa<bufferization::ToBufferOp>(op)) {
      mapping.map(op.getResult(0), mapping.lookup(op.getOperand(0)));
      continue;
    }
    auto dim = dyn_cast<tensor::DimOp>(op);
    if (dim && isa<MemRefType>(mapping.lookup(dim.getSource()).getType())) {
      mapping.map(op.getResult(0),
                  memref::DimOp::create(builder, op.getLoc(),
                                        mapping.lookup(dim.getSource()),
                                        mapping.lookup(dim.getIndex()))
                      .getResult());
      continue;
    }
    Operation *clone = builder.clone(op, mapping);
    if (guardsDivisions)
      guardDivision(clone);
  }
  auto yield = cast<YieldOp>(region.front().getTerminator());
  return mapping.lookup(yield.getValue());
}

Value fovea::attn::createSafeIndex(OpBuilder &builder, Location loc,
                                   Value index, Value size) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value last = arith::SubIOp::create(builder, loc, size, one);
  Value negative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = arith::AddIOp::create(builder, loc, index, size);
  Value chosen =
      arith::SelectOp::create(builder, loc, negative, wrapped, index);
  chosen = arith::MaxSIOp::create(builder, loc, chosen, zero);
  return arith::MinSIOp::create(builder, loc, chosen, last);
}

/// All indices of an access; `getSize` gives the extents.
static SmallVector<Value> makeSafe(OpBuilder &builder, Location loc,
                                   ValueRange indices,
                                   function_ref<Value(unsigned)> getSize) {
  SmallVector<Value> safe;
  for (auto [dim, index] : llvm::enumerate(indices))
    safe.push_back(createSafeIndex(builder, loc, index, getSize(dim)));
  return safe;
}

Value fovea::attn::createSafeExtract(OpBuilder &builder, Location loc,
                                     Value tensor, ValueRange indices) {
  auto size = [&](unsigned dim) -> Value {
    return tensor::DimOp::create(builder, loc, tensor, dim);
  };
  return tensor::ExtractOp::create(builder, loc, tensor,
                                   makeSafe(builder, loc, indices, size));
}

Value fovea::attn::createSafeLoad(OpBuilder &builder, Location loc,
                                  Value memref, ValueRange indices) {
  auto size = [&](unsigned dim) -> Value {
    return memref::DimOp::create(builder, loc, memref, dim);
  };
  return memref::LoadOp::create(builder, loc, memref,
                                makeSafe(builder, loc, indices, size));
}

bool fovea::attn::onlyAdds(Region &region) {
  if (region.empty())
    return false;
  Value score = region.getArgument(0);
  Operation *sum =
      region.front().getTerminator()->getOperand(0).getDefiningOp();
  if (!score.hasOneUse() || *score.user_begin() != sum)
    return false;
  if (auto fma = dyn_cast<math::FmaOp>(sum))
    return fma.getC() == score;
  return isa<arith::AddFOp>(sum);
}

Operation *fovea::attn::getLastScaling(Operation *terminator, double &factor) {
  auto product = terminator->getOperand(0).getDefiningOp<arith::MulFOp>();
  APFloat value(0.0);
  if (!product || !matchPattern(product.getRhs(), m_ConstantFloat(&value)))
    return nullptr;
  double constant = value.convertToDouble();
  if (!(constant >= 0x1p-20 && constant <= 0x1p20))
    return nullptr;
  factor = constant;
  return product;
}
