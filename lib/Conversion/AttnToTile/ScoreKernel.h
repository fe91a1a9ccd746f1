//===- ScoreKernel.h - What kernels of scores have in common ---*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREKERNEL_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREKERNEL_H

#include "BoxedRows.h"
#include "GroupedRows.h"
#include "Sequences.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace fovea {

/// log2(e): exp(x) = exp2(x * log2e).
constexpr double log2e = 1.4426950408889634;

/// Largest factor that is folded into the operand of a product: with it,
/// products of finite queries and keys overflow no earlier than the scores
/// themselves by more than a few powers of two.
constexpr double maxFoldedScale = 16.0;

/// What a target's schedule says about the program.
struct Program {
  int64_t queryTile, keyTile;
  /// Rows of the tiles of work items with no more rows; 0 if there are none.
  int64_t tailTile;
  /// Up to how many work items, of so many heads each, there are where keys are
  /// divided (see ScheduleAttrInterface).
  int64_t splitTo, heads;
  /// Queries, keys, values and weights enter products as they are in memory.
  bool storageTypes;
  /// Channels of tiles are a multiple of so many.
  int64_t channelStep;
  /// Work items of the last queries are taken first.
  bool lastFirst;
  /// A tile's rows on a grid are one box of powers of two.
  bool copiesBoxes;

  /// Rows of a work item, also while its smaller tiles are emitted.
  int64_t getItemRows() const { return std::max(queryTile, tailTile); }
};

/// Keys and values of one segment: positions of parameters, then values of the
/// kernel for its sequence.
struct Segment {
  attn::SegmentAttr attribute;
  unsigned key, value;
  std::optional<unsigned> length, start;
  llvm::SmallVector<unsigned, 2> tables;

  /// Where its keys are stored, and how many of them the sequence has.
  Rows keys;
  /// Coordinate of the first key; null: 0.
  mlir::Value base;
  mlir::Value keyView, valueView, walk, numTiles;
};

/// Emits the kernel of an op that forms scores: its parameters, sequences and
/// segments, views and maps.
class ScoreKernel {
protected:
  ScoreKernel(attn::ScoreOpInterface scores, Program program)
      : scores(scores), loc(scores.getLoc()), b(scores.getContext()),
        program(program), maps(scores.getIndexingMapsArray()) {}

  //===--------------------------------------------------------------------===//
  // Parameters
  //===--------------------------------------------------------------------===//

  /// Passes `value` to the kernel; returns its position.
  unsigned addParameter(mlir::Value value) {
    parameters.push_back(value);
    return parameters.size() - 1;
  }
  mlir::Value parameter(unsigned position) {
    return kernel.getBlock().getArgument(position);
  }
  mlir::ValueRange parameterValues() {
    return kernel.getBlock().getArguments();
  }
  /// Takes moves of tokens to and from queries, keys, values and outputs as
  /// views of boxes.
  void takeMoves(llvm::MutableArrayRef<mlir::OpOperand> values,
                 llvm::MutableArrayRef<mlir::OpOperand> outputs);
  /// Queries, keys and, if there are any, values.
  void collectRows(mlir::ValueRange values);
  /// Passes an operand, or what moves took its place.
  unsigned addRows(mlir::Value value);
  /// Offsets, page tables and lengths.
  void collectTables();
  /// Starts, the origin and what regions capture.
  void collectCoordinates();

  /// Makes the kernel before `before`, with the parameters that there are and
  /// a grid of three coordinates; what follows is emitted into it.
  void createKernel(mlir::Operation *before, llvm::StringRef name,
                    mlir::Attribute schedule);
  /// Ends the kernel, and launches it before the op.
  void launch(mlir::ValueRange grid);

  //===--------------------------------------------------------------------===//
  // Scalars
  //===--------------------------------------------------------------------===//

  mlir::Value index(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  mlir::Value number(double value) { return number(b, value); }
  mlir::Value number(mlir::OpBuilder &b, double value) {
    return mlir::arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  mlir::Value negativeInfinity(mlir::OpBuilder &b) {
    return number(b, -std::numeric_limits<float>::infinity());
  }
  /// Size of the dimension of a memref that `map` gives for `dim`; 1 if it has
  /// none (it is shared).
  mlir::Value extent(mlir::Value memref, mlir::AffineMap map, attn::Dim dim);
  /// The boxes in which the rows of a parameter, of the kernel or before its
  /// launch, are taken; null if they are not.
  const BoxedRows *boxesOf(mlir::Value memref);
  /// The first dimension of a parameter that stands for `axis` of its operand.
  static int64_t dimOf(const BoxedRows *boxes, int64_t axis) {
    return boxes && axis > boxes->axis ? axis + boxes->getRank() - 1 : axis;
  }
  mlir::Value toIndex(mlir::Value value);
  /// Row offsets of packed queries, if they are packed.
  std::optional<unsigned> queryOffsets() {
    if (segments[0].attribute.getNumOffsets() == 0)
      return std::nullopt;
    return segments[0].tables[0];
  }
  /// The key head of the work item's head.
  mlir::Value emitKeyHead();
  /// The rows of the work item's sequence, if queries are packed.
  Rows emitQueryRows();
  /// Keys that a segment stores for all sequences, or for each if it is paged;
  /// `values` are those of the parameters, in the kernel or before its launch.
  mlir::Value emitNumColumns(const Segment &segment, mlir::ValueRange values);
  /// Rows and coordinates of a segment's keys in the work item's sequence.
  void emitKeys(Segment &segment, const Segment *before);

  //===--------------------------------------------------------------------===//
  // Tiles
  //===--------------------------------------------------------------------===//

  tile::TileType tileType(llvm::ArrayRef<int64_t> shape) {
    return tile::TileType::get(shape, b.getF32Type());
  }
  /// A window of the memref at `position` whose axes are `dims`, at batch b and
  /// head `head`: the rows given, or through the pages of a segment.
  mlir::Value view(unsigned position, mlir::AffineMap map,
                   llvm::ArrayRef<attn::Dim> dims, mlir::Value head, Rows rows,
                   const Segment *pages = nullptr);

  using Body =
      llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::ValueRange)>;
  /// Element by element on tiles of the same shape.
  mlir::Value map(llvm::ArrayRef<mlir::Value> inputs, Body body,
                  mlir::Type element = {});
  /// The second input has one element for each row.
  mlir::Value mapRows(mlir::Value input, mlir::Value row, Body body);
  mlir::Value convertScalar(mlir::OpBuilder &b, mlir::Value value,
                            mlir::Type to);
  mlir::Value convert(mlir::Value tile, mlir::Type element);
  /// In f32, times a factor.
  mlir::Value scale(mlir::Value tile, double factor);
  mlir::Value exp2(mlir::OpBuilder &b, mlir::Value x) {
    return mlir::math::Exp2Op::create(b, loc, x);
  }
  /// A score or mask region as a map of the score tile whose first element is
  /// at `at`: (i, j), or (j, i) if the tile's rows are keys.
  mlir::Value emitRegion(mlir::Value tile, mlir::Region &region,
                         llvm::ArrayRef<unsigned> captures, mlir::ValueRange at,
                         bool isMask, bool keysInRows = false);
  /// The tile that `body` emits where the walk calls its tile partial.
  mlir::Value emitIfPartial(mlir::Value tile, mlir::Value partial,
                            llvm::function_ref<mlir::Value()> body);
  /// The mask, where the walk says that it has to be evaluated.
  mlir::Value emitMask(mlir::Value tile, mlir::Value partial,
                       mlir::ValueRange at, bool keysInRows = false);
  bool allowsApproximations();

  /// What a row of a tile is: sequence, head and query; in the kernel or in a
  /// map of it.
  struct RowCoordinates {
    mlir::Value b, h, i;
  };
  RowCoordinates emitRowCoordinates(mlir::OpBuilder &b, mlir::Value row);

  attn::ScoreOpInterface scores;
  mlir::Location loc;
  mlir::OpBuilder b;
  Program program;
  llvm::SmallVector<mlir::AffineMap> maps;
  llvm::SmallVector<mlir::Value> parameters;
  /// What is passed in place of operands that were moved, and its boxes.
  llvm::DenseMap<mlir::Value, mlir::Value> moves;
  llvm::DenseMap<mlir::Value, BoxedRows> boxedRows;
  tile::KernelOp kernel;

  /// What shares keys, if that is rows.
  std::optional<GroupedRows> grouped;

  // Positions of parameters. `memberCount` of a group of dynamic size.
  unsigned query, memberCount;
  llvm::SmallVector<Segment, 1> segments;
  llvm::SmallVector<unsigned> origin, scoreCaptures, maskCaptures;

  // Values of the kernel.
  mlir::Value batch, head;
  /// In the last map that asked for the coordinates of grouped rows: the head
  /// or sequence.
  mlir::Value member;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_SCOREKERNEL_H
