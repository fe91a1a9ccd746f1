//===- MaskBounds.h - Bounds of a mask over a tile, at run time -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interval arithmetic, emitted as ops. What depends on one coordinate only,
// captured reads included, is evaluated for each of its values in the tile and
// folded to the least and the largest; what depends on both gets its bounds
// from those of its operands.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKBOUNDS_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKBOUNDS_H

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace fovea::attn {

/// The least and the largest of some values: integers in i64, or of conditions,
/// whether all hold and whether one does.
struct Bounds {
  mlir::Value low, high;
};

/// The bounds of a mask region.
class MaskBounds {
public:
  explicit MaskBounds(mlir::Region &mask);

  /// Values of the region that depend on i alone, or on j alone, whose bounds
  /// the others need. Coordinates themselves are not among them.
  llvm::ArrayRef<mlir::Value> getRowValues() const { return rows; }
  llvm::ArrayRef<mlir::Value> getColumnValues() const { return columns; }
  /// The mask itself.
  mlir::Value getYielded() const;

  /// i1 for a condition, i64 for an integer.
  static mlir::Type getType(mlir::Value value);
  /// Bounds of nothing, to start from, and the wider of two
  /// lower or upper ones.
  static Bounds createEmpty(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value value);
  static mlir::Value createFold(mlir::OpBuilder &b, mlir::Location loc,
                                bool isHigh, mlir::Value x, mlir::Value y);

  /// Values of the region at (b, h, i, j), in the type of their bounds.
  llvm::SmallVector<mlir::Value> evaluate(mlir::OpBuilder &b,
                                          llvm::ArrayRef<mlir::Value> values,
                                          mlir::ValueRange captures,
                                          llvm::ArrayRef<mlir::Value> at);

  /// Evaluates what depends on neither coordinate.
  void setUniform(mlir::OpBuilder &b, mlir::Location loc,
                  mlir::ValueRange captures, mlir::Value sequence,
                  mlir::Value head);
  /// Says the bounds of the row values of the current rows.
  void setRows(llvm::SmallVector<Bounds> bounds) { ofRows = std::move(bounds); }
  /// The bounds of the mask in the tile of `i` and `j`, given those of the
  /// column values.
  Bounds emit(mlir::OpBuilder &b, mlir::Location loc, Bounds i, Bounds j,
              llvm::ArrayRef<Bounds> ofColumns);

private:
  enum Varies : unsigned { uniform = 0, row = 1, column = 2, both = 3 };
  void collect(mlir::Value value);
  /// Whether the bounds of its result follow from those of its operands.
  static bool isBounded(mlir::Operation *op);

  mlir::Region &mask;
  llvm::DenseMap<mlir::Value, unsigned> varies;
  llvm::SmallVector<mlir::Value> uniforms, rows, columns;
  llvm::SmallVector<Bounds> ofUniforms, ofRows;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_MASKBOUNDS_H
