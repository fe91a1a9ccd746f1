//===- Values.h - What the interpreter computes with ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_VALUES_H
#define FOVEA_LIB_REFERENCE_VALUES_H

#include "fovea/Reference/Interpreter.h"
#include <memory>
#include <variant>

namespace fovea::reference {

using Index = llvm::SmallVector<int64_t, 4>;

/// A number: `real` if its type is a floating-point type, else `integer`.
struct Scalar {
  double real = 0;
  int64_t integer = 0;
};

/// Elements of an array, addressed by strides: the value of a tensor or of a
/// memref. The arrays of tensors are never written once they are computed.
struct View {
  std::shared_ptr<Array> array;
  int64_t offset = 0;
  Index sizes, strides;

  View() = default;
  /// All elements of `array`.
  explicit View(std::shared_ptr<Array> array);
  /// Zeros of a shape.
  View(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

  int64_t getNumElements() const;
  /// Whether `index` is inside the sizes.
  bool contains(llvm::ArrayRef<int64_t> index) const;
  /// Whether no element lies outside of the array.
  bool isInsideArray() const;
  Scalar load(llvm::ArrayRef<int64_t> index) const;
  /// An element as captured reads take it: each index from the end if it is in
  /// [-size, 0), then clamped to [0, size - 1]. NaN or 0 without elements.
  Scalar loadSafe(Index index) const;
  void store(llvm::ArrayRef<int64_t> index, Scalar value) const;
  /// The elements in an array of their own.
  View copy() const;
  /// Copies the elements of `from`, which has the same sizes.
  void assign(const View &from) const;

private:
  int64_t getPosition(llvm::ArrayRef<int64_t> index) const;
};

/// A tile: elements at or beyond `extents` are not defined, and hold NaN.
struct Tile {
  View elements;
  Index extents;
};

/// A window of a memref, clipped at its sizes. With a table, `memory` has the
/// pages for its first dimension, and row r is in row r mod (rows of a page) of
/// page table[r div (rows of a page)]. With boxes, `memory` begins with the
/// dimensions of a grid, and rows run over its boxes, which start `steps`
/// apart.
struct TileView {
  View memory;
  Index sizes;
  /// Where row 0 of the window is.
  int64_t first = 0;
  std::shared_ptr<View> table;
  /// Of the op, in attributes.
  llvm::ArrayRef<int64_t> boxes, steps;
};

/// A walk: pairs (tile, partial?).
using Walk = std::vector<std::pair<int64_t, bool>>;

/// The value of an SSA value.
using Datum = std::variant<Scalar, View, Tile, TileView, Walk>;

/// Calls `visit` for each index below `sizes`, in row-major order, until it
/// fails.
llvm::LogicalResult forEachIndex(
    llvm::ArrayRef<int64_t> sizes,
    llvm::function_ref<llvm::LogicalResult(llvm::ArrayRef<int64_t>)> visit);

/// `value` in another format, rounded to nearest, ties to even.
llvm::APFloat toFormat(llvm::APFloat value, const llvm::fltSemantics &format);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_VALUES_H
