//===- Fragments.cpp - What a thread computes on its elements -------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace fovea;

//===----------------------------------------------------------------------===//
// Fragment
//===----------------------------------------------------------------------===//

/// Evaluates an expression of the dimensions' values.
static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t lhs = evaluate(binary.getLHS(), dims),
          rhs = evaluate(binary.getRHS(), dims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::Mod:
    return lhs % rhs;
  case AffineExprKind::FloorDiv:
    return lhs / rhs;
  default:
    return (lhs + rhs - 1) / rhs;
  }
}

SmallVector<int64_t, 2> Fragment::at(int64_t group, int64_t warp, int64_t lane,
                                     int64_t reg) const {
  SmallVector<int64_t, 2> result;
  for (AffineExpr expr : map.getResults())
    result.push_back(evaluate(expr, {group, warp, lane, reg}));
  return result;
}

FailureOr<Fragment> Fragment::get(tile::TileType type, Location loc) {
  auto layout = dyn_cast_or_null<tile::LayoutAttrInterface>(type.getLayout());
  if (!layout)
    return emitError(loc) << "the tile " << type
                          << " has no layout in registers; run "
                             "pipe-assign-layouts first";
  Fragment fragment;
  fragment.type = type;
  fragment.map = layout.getElementMap(type.getShape());
  fragment.places = layout.getPlaceShape(type.getShape());
  SmallVector<int64_t, 2> origin = fragment.at(0, 0, 0, 0);
  for (int64_t reg = 0; reg < fragment.size(); ++reg) {
    SmallVector<int64_t, 2> part = fragment.at(0, 0, 0, reg);
    for (auto [mine, zero] : llvm::zip(part, origin))
      mine -= zero;
    fragment.registerPart.push_back(part);
  }
  // Every lane of one warp has to agree; warps and groups only add to axis 0.
  for (int64_t lane = 0; lane < fragment.places[2]; ++lane) {
    SmallVector<int64_t, 2> first = fragment.at(0, 0, lane, 0);
    for (int64_t reg = 0; reg < fragment.size(); ++reg) {
      SmallVector<int64_t, 2> here = fragment.at(0, 0, lane, reg);
      for (unsigned axis = 0; axis < here.size(); ++axis)
        if (here[axis] != first[axis] + fragment.registerPart[reg][axis])
          return emitError(loc)
                 << "the layout " << type.getLayout()
                 << " is no sum of a thread's and a register's part";
    }
  }
  return fragment;
}

/// The expression of 32-bit values.
Value KernelEmitter::emitAffine(AffineExpr expr, ValueRange dims) {
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = emitAffine(binary.getLHS(), dims);
  auto rhs = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (rhs && expr.getKind() == AffineExprKind::Mul)
    return multiply(lhs, rhs.getValue());
  if (rhs && expr.getKind() == AffineExprKind::Mod)
    return remainder(lhs, rhs.getValue());
  if (rhs && expr.getKind() == AffineExprKind::FloorDiv)
    return divide(lhs, rhs.getValue());
  return add(lhs, emitAffine(binary.getRHS(), dims));
}

LogicalResult KernelEmitter::emitSplat(tile::SplatOp op) {
  FailureOr<Fragment> fragment = Fragment::get(op.getType(), loc);
  if (failed(fragment))
    return failure();
  set(op, vector::BroadcastOp::create(
              builder, loc,
              VectorType::get(fragment->size(), op.getType().getElementType()),
              get(op.getValue())));
  return success();
}

//===----------------------------------------------------------------------===//
// Folds
//===----------------------------------------------------------------------===//

Value KernelEmitter::shuffle(Value value, int64_t offset) {
  return NVVM::ShflOp::create(builder, loc, value.getType(), constant(-1),
                              value, constant(offset), constant(31),
                              NVVM::ShflKind::bfly, UnitAttr());
}

/// First a tree over a thread's registers, then exchanges between the lanes
/// that hold other parts of the same row.
LogicalResult KernelEmitter::emitReduce(tile::ReduceOp op) {
  FailureOr<Fragment> from = Fragment::get(op.getInput().getType(), loc);
  FailureOr<Fragment> to = Fragment::get(op.getType(), loc);
  if (failed(from) || failed(to))
    return failure();
  unsigned kept = 1 - op.getAxis();
  if (!op.getType().getElementType().isF32())
    return op.emitError("only f32 tiles are folded on this target, got ")
           << op.getType();

  // Lanes that differ in one bit hold the same row if the bit does not move it.
  SmallVector<int64_t> exchanges;
  for (int64_t bit = 1; bit < 32; bit *= 2)
    if (llvm::all_of(llvm::seq<int64_t>(0, 32), [&](int64_t lane) {
          return from->at(0, 0, lane, 0)[kept] ==
                 from->at(0, 0, lane ^ bit, 0)[kept];
        }))
      exchanges.push_back(bit);
  int64_t folded = (from->size() / to->size()) << exchanges.size();
  if (folded != op.getInput().getType().getDimSize(op.getAxis()))
    return op.emitError("folds axis ")
           << op.getAxis() << ", whose elements lie in several warps";

  auto combine = [&](Value a, Value b) -> Value {
    if (op.getKind() == tile::ReduceKind::max)
      return arith::MaxNumFOp::create(builder, loc, a, b);
    return arith::AddFOp::create(builder, loc, a, b);
  };
  auto registers =
      vector::ToElementsOp::create(builder, loc, get(op.getInput()));
  SmallVector<Value> results;
  for (int64_t reg = 0; reg < to->size(); ++reg) {
    SmallVector<Value> tree;
    for (int64_t other = 0; other < from->size(); ++other)
      if (from->registerPart[other][kept] == to->registerPart[reg][0])
        tree.push_back(registers.getResult(other));
    while (tree.size() > 1) {
      SmallVector<Value> next;
      for (size_t n = 0; n + 1 < tree.size(); n += 2)
        next.push_back(combine(tree[n], tree[n + 1]));
      if (tree.size() % 2)
        next.push_back(tree.back());
      tree = std::move(next);
    }
    results.push_back(tree.front());
  }
  for (int64_t bit : exchanges)
    for (Value &result : results)
      result = combine(result, shuffle(result, bit));
  set(op, vector::FromElementsOp::create(
              builder, loc, VectorType::get(to->size(), builder.getF32Type()),
              results));
  return success();
}
