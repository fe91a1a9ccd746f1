//===- RegionMask.h - The values of a mask region ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_REGIONMASK_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_REGIONMASK_H

#include "fovea/Analysis/MaskTranslation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Region.h"

namespace fovea::attn {

/// The values of a mask region. Batch, head and captured values are symbols,
/// and so is what is read or computed from them, other than sums and products.
class RegionMask final : public MaskSource {
public:
  explicit RegionMask(mlir::Region &region)
      : MaskSource(region.getArgument(2), region.getArgument(3)),
        region(region) {}
  /// A region with coordinates of grids in the places of row and column, which
  /// are symbols below these extents.
  RegionMask(mlir::Region &region, llvm::ArrayRef<int64_t> extents)
      : MaskSource(mlir::Value(), mlir::Value()), region(region),
        extents(extents) {}

  bool isInvariant(mlir::Value value) override {
    if (llvm::isa<mlir::BlockArgument>(value))
      return value != row && value != column;
    auto [at, isNew] = invariants.try_emplace(value, false);
    if (!isNew)
      return at->second;
    mlir::Operation *op = value.getDefiningOp();
    bool isSum = llvm::isa<mlir::arith::AddIOp, mlir::arith::SubIOp,
                           mlir::arith::IndexCastOp>(op) ||
                 (llvm::isa<mlir::arith::MulIOp>(op) &&
                  llvm::any_of(op->getOperands(), [](mlir::Value operand) {
                    return mlir::matchPattern(operand, mlir::m_Constant());
                  }));
    bool result =
        !isSum && llvm::all_of(op->getOperands(), [&](mlir::Value operand) {
          return dependsOnNeither(operand);
        });
    return invariants[value] = result;
  }

  std::optional<IntegerRange> rangeOf(mlir::Value value) override {
    if (value == region.getArgument(0) || value == region.getArgument(1))
      return IntegerRange{0, maxExtent};
    if (isCoordinate(value) && !extents.empty())
      return IntegerRange{
          0,
          extents[llvm::cast<mlir::BlockArgument>(value).getArgNumber() - 2] -
              1};
    return getTypeRange(value.getType());
  }

  /// The name of a symbol or flag.
  std::string nameOf(mlir::Value value) {
    if (value == region.getArgument(0))
      return "b";
    if (value == region.getArgument(1))
      return "h";
    auto at = llvm::find(named, value);
    if (at == named.end())
      at = named.insert(at, value);
    return "x" + std::to_string(at - named.begin());
  }
  llvm::ArrayRef<mlir::Value> getNamed() const { return named; }

  /// Whether the value is a row, a column or a coordinate of a grid.
  bool isCoordinate(mlir::Value value) {
    auto argument = llvm::dyn_cast<mlir::BlockArgument>(value);
    unsigned count = extents.empty() ? 2 : extents.size();
    return argument && argument.getArgNumber() >= 2 &&
           argument.getArgNumber() < 2 + count;
  }

private:
  bool dependsOnNeither(mlir::Value value) {
    if (llvm::isa<mlir::BlockArgument>(value))
      return !isCoordinate(value);
    auto [at, isNew] = same.try_emplace(value, false);
    if (!isNew)
      return at->second;
    bool result = llvm::all_of(
        value.getDefiningOp()->getOperands(),
        [&](mlir::Value operand) { return dependsOnNeither(operand); });
    return same[value] = result;
  }

  mlir::Region &region;
  llvm::ArrayRef<int64_t> extents;
  llvm::DenseMap<mlir::Value, bool> invariants, same;
  llvm::SmallVector<mlir::Value> named;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_REGIONMASK_H
