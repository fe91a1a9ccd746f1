//===- AttnOrder.h - Places of tokens ---------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One side, queries or keys, of an order of tokens: which token is at a place,
// as a number and as ops.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNORDER_H
#define FOVEA_DIALECT_ATTN_IR_ATTNORDER_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/Builders.h"

namespace fovea::attn {

/// Tokens on a grid, in boxes that follow one another or overlap.
struct TokenOrder {
  /// The boxes of queries or keys of `order`, which has boxes, for `tokens`
  /// tokens.
  static TokenOrder get(OrderAttr order, bool keys, int64_t tokens);

  /// The number of tokens of a grid; none if it starts with `?`.
  static std::optional<int64_t> getNumTokens(OrderAttr order);
  /// Whether `tokens` tokens fill the grid: with `?`, all lines but the last.
  static bool fits(OrderAttr order, int64_t tokens);

  unsigned getRank() const { return grid.size(); }
  /// Number of boxes along a dimension, and of all.
  int64_t getNumBoxes(unsigned dim) const;
  int64_t getNumBoxes() const;
  int64_t getNumPlaces() const { return getNumBoxes() * size; }
  /// Tokens of a box that lies inside of the grid.
  int64_t getBoxTokens() const;
  /// Whether boxes overlap, so that tokens have several places.
  bool overlaps() const { return step != box; }
  /// Whether some box along a dimension reaches beyond the grid.
  bool isCut(unsigned dim) const {
    return (getNumBoxes(dim) - 1) * step[dim] + box[dim] > grid[dim];
  }
  /// Whether a place is empty only if it is beyond the grid.
  bool fillsBoxes() const {
    return size == getBoxTokens() && tokens == grid.front() * getStride(0);
  }
  /// Whether there are places without a token.
  bool hasGaps() const;
  /// How far apart neighbours along a dimension are in the numbering of tokens.
  int64_t getStride(unsigned dim) const;

  /// The token at a place; none if it is empty.
  std::optional<int64_t> getToken(int64_t place) const;
  /// The place of a token; the first one, if there are several.
  int64_t getPlace(int64_t token) const;

  llvm::SmallVector<int64_t, 3> grid, box;
  llvm::SmallVector<int64_t, 3> step; ///< How far apart boxes start.
  int64_t size;                       ///< Places of a box.
  int64_t tokens; ///< Of the grid; less than its extents say if it is ragged.
};

/// The coordinates on the grid of what is at a place.
struct PlaceCoordinates {
  llvm::SmallVector<mlir::Value, 3> values;
  /// Whether there is a token; null if there always is.
  mlir::Value exists;
  /// The token's number; somewhere outside of the grid if there is none.
  mlir::Value token;
};

/// Emits the coordinates of an index from 0 to the number of places.
PlaceCoordinates emitCoordinates(mlir::OpBuilder &b, mlir::Location loc,
                                 const TokenOrder &order, mlir::Value place);
/// Emits the place of a token, in boxes that do not overlap.
mlir::Value emitPlace(mlir::OpBuilder &b, mlir::Location loc,
                      const TokenOrder &order, mlir::Value token);

/// Emits the inverse of a permutation on tensors: the place of each token, for
/// each of the leading indices. `none` stands where a token has no place, and
/// tokens that do not exist are left out.
mlir::Value createInverse(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value permutation, int64_t none);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNORDER_H
