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
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

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

using Bounds = std::pair<double, double>;

static Bounds multiply(Bounds x, Bounds y) {
  auto [low, high] = std::minmax({x.first * y.first, x.first * y.second,
                                  x.second * y.first, x.second * y.second});
  return {low, high};
}

/// The bounds of an op by those of its operands; with none of them they are
/// infinite.
static std::optional<Bounds> getBounds(Operation *op, ArrayRef<Bounds> x) {
  return llvm::TypeSwitch<Operation *, std::optional<Bounds>>(op)
      .Case<math::TanhOp, math::SinOp, math::CosOp, math::ErfOp>(
          [](auto) { return Bounds(-1, 1); })
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return x[0]; })
      .Case<arith::NegFOp>(
          [&](auto) { return Bounds(-x[0].second, -x[0].first); })
      .Case<arith::AddFOp>([&](auto) {
        return Bounds(x[0].first + x[1].first, x[0].second + x[1].second);
      })
      .Case<arith::SubFOp>([&](auto) {
        return Bounds(x[0].first - x[1].second, x[0].second - x[1].first);
      })
      .Case<arith::MulFOp>([&](auto) { return multiply(x[0], x[1]); })
      .Case<math::FmaOp>([&](auto) {
        Bounds product = multiply(x[0], x[1]);
        return Bounds(product.first + x[2].first, product.second + x[2].second);
      })
      .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) {
        return Bounds(std::min(x[0].first, x[1].first),
                      std::min(x[0].second, x[1].second));
      })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) {
        return Bounds(std::max(x[0].first, x[1].first),
                      std::max(x[0].second, x[1].second));
      })
      .Case<arith::SelectOp>([&](auto) {
        return Bounds(std::min(x[1].first, x[2].first),
                      std::max(x[1].second, x[2].second));
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<Bounds> fovea::attn::getBounds(Value value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  llvm::SmallDenseMap<Value, Bounds> known;
  auto boundsOf = [&](auto &self, Value value) -> Bounds {
    if (auto it = known.find(value); it != known.end())
      return it->second;
    Bounds bounds(-infinity, infinity);
    Operation *op = value.getDefiningOp();
    if (APFloat constant(0.0); matchPattern(value, m_ConstantFloat(&constant)))
      bounds.first = bounds.second = constant.convertToDouble();
    else if (op && op->getNumRegions() == 0)
      bounds = ::getBounds(op, llvm::map_to_vector(
                                   op->getOperands(),
                                   [&](Value x) { return self(self, x); }))
                   .value_or(bounds);
    // Infinity times 0 is no bound.
    if (std::isnan(bounds.first) || std::isnan(bounds.second))
      bounds = {-infinity, infinity};
    known[value] = bounds;
    return bounds;
  };
  Bounds bounds = boundsOf(boundsOf, value);
  if (!std::isfinite(bounds.first) || !std::isfinite(bounds.second))
    return std::nullopt;
  return bounds;
}
