//===- Lanes.h - Bodies of maps on vectors of lanes ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_TILETOVECTOR_LANES_H
#define FOVEA_LIB_CONVERSION_TILETOVECTOR_LANES_H

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"

namespace fovea {

/// The range of an integer; the extremes of int64_t mean "not known".
struct IntegerRange {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();

  bool fits32() const {
    return low >= std::numeric_limits<int32_t>::min() &&
           high <= std::numeric_limits<int32_t>::max();
  }
};

/// A value of a map's body for the lanes of one vector. It has one of three
/// forms: the same scalar in all lanes; an integer `base + lane * stride`; a
/// vector. Integers in vectors are i32 where their range allows. Floats of less
/// than 32 bits are held in f32, each result rounded to its type: LLVM would carry
/// vectors of bf16 between blocks by calls of a library.
struct Lane {
  mlir::Value scalar;
  mlir::Value base; // index
  int64_t stride = 0;
  mlir::Value vector;
  IntegerRange range;

  bool isUniform() const { return static_cast<bool>(scalar); }
  bool isAffine() const { return static_cast<bool>(base); }
  explicit operator bool() const { return scalar || base || vector; }
};

/// Emits bodies of tile.map on vectors of `width` lanes. The layout of the
/// map's tile says which axis is in lanes; with `width = 1` the body is emitted
/// on scalars.
class LaneEmitter {
public:
  LaneEmitter(mlir::OpBuilder &builder, int64_t width)
      : b(builder), width(width) {}

  /// Emits what does not depend on the column or on elements, ahead of a loop
  /// over columns, for the vector that starts at row `row`.
  void hoist(tile::MapOp map, int64_t row);

  /// Forgets what was hoisted (its loop has ended).
  void clearHoisted() { hoisted.clear(); }

  /// Emits the body for the vector at (`row`, `column`); `column` is null for
  /// tiles of one axis. `inputs` are vectors, or scalars: the same in all
  /// lanes.
  mlir::Value emit(tile::MapOp map, int64_t row, mlir::Value column,
                   mlir::ValueRange inputs);

  /// A vector of the given element type.
  mlir::VectorType vectorType(mlir::Type element) const {
    return mlir::VectorType::get({width}, element);
  }
  mlir::Value broadcast(mlir::Location loc, mlir::Value scalar);

private:
  using Cache = llvm::DenseMap<mlir::Value, Lane>;

  void emitOps(tile::MapOp map, Cache &values, bool onlyAvailable);
  Lane emitOp(mlir::Operation &op, llvm::ArrayRef<Lane> operands);
  Lane emitOnHeld(mlir::Operation &op, llvm::ArrayRef<Lane> operands);
  Lane emitBitcast(mlir::Operation &op, const Lane &operand);
  Lane emitAffine(mlir::Operation &op, llvm::ArrayRef<Lane> operands,
                  IntegerRange range);
  Lane emitCompare(mlir::Operation &op, llvm::ArrayRef<Lane> operands);
  Lane emitGather(tile::GatherOp op, llvm::ArrayRef<Lane> indices);
  Lane emitGeneric(mlir::Operation &op, llvm::ArrayRef<Lane> operands,
                   IntegerRange range);
  Lane emitToFloat(mlir::Operation &op, const Lane &operand);
  mlir::Value emitConsecutive(tile::GatherOp op, mlir::ValueRange leading,
                              const Lane &last);
  mlir::Value emitElementwise(tile::GatherOp op,
                              llvm::ArrayRef<Lane> indices);

  Lane coordinate(tile::MapOp map, unsigned axis, mlir::Value position);
  Lane lookup(mlir::Value value, const Cache &values);

  /// A uniform lane's value as an index.
  mlir::Value asIndex(mlir::Location loc, mlir::Value scalar);
  /// The lanes as a vector; integers of `bits` bits.
  mlir::Value asVector(mlir::Location loc, const Lane &lane, unsigned bits);
  /// The lanes as a vector of exactly the type that the IR has, or f32 for
  /// narrower floats.
  mlir::Value asTypedVector(mlir::Location loc, const Lane &lane,
                            mlir::Type element);
  mlir::Value castWidth(mlir::Location loc, mlir::Value vector,
                        mlir::VectorType to, bool isSigned);
  mlir::Value iota(mlir::Location loc, int64_t stride, unsigned bits);

  mlir::OpBuilder &b;
  int64_t width;
  llvm::DenseMap<int64_t, Cache> hoisted;
};

/// An index that is counted from the end where negative, then clamped to
/// [0, size); both are index or vectors of it.
mlir::Value createSafeIndex(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value index, mlir::Value size);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_TILETOVECTOR_LANES_H
