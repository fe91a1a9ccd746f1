//===- KernelLowering.h - One kernel to loops on vectors -------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H
#define FOVEA_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H

#include "Lanes.h"

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea {

inline tile::TileType typeOf(mlir::Value tile) {
  return llvm::cast<tile::TileType>(tile.getType());
}

inline tile::LanesAttr lanesOf(mlir::Value tile) {
  return llvm::dyn_cast_or_null<tile::LanesAttr>(typeOf(tile).getLayout());
}

/// Whether a tile of two axes has its columns in lanes.
inline bool hasColumnsInLanes(mlir::Value tile) {
  tile::LanesAttr lanes = lanesOf(tile);
  return lanes && lanes.getAxis() == 1;
}

/// Columns of a tile that a word of its buffer holds.
inline int64_t packOf(mlir::Value tile) {
  tile::LanesAttr lanes = lanesOf(tile);
  return lanes && lanes.getAxis() == 0 ? lanes.getPack() : 1;
}

/// Whether the product multiplies pairs of bf16.
bool isOnPairs(tile::DotOp dot);

/// Whether a tile has one axis.
inline bool isRow(mlir::Value tile) { return typeOf(tile).getRank() == 1; }

/// The axis of a view along which its memory is contiguous, if there is one.
std::optional<unsigned> findContiguousAxis(tile::ViewOp view);

/// Whether vectors can be loaded from rows of a view, which may be on pages.
bool hasRowVectors(tile::ViewOp view);

/// Whether so many rows of the view, from a multiple of it in the tile on, are
/// on one page, if there are pages.
bool areTogether(tile::LoadOp load, int64_t count);

/// `state` with one more vector folded into it.
mlir::Value foldVector(mlir::OpBuilder &b, mlir::Location loc,
                       tile::ReduceKind kind, mlir::Value state,
                       mlir::Value value);

/// Lowers a function that holds a kernel's ops, in place.
///
/// A tile is in one of four states:
///  - in memory: it is read through its view;
///  - in lanes: it has one axis, and is a list of vectors;
///  - in a buffer of scratch memory, `[axis 1][axis 0]`, or, if the tile is
///    packed, `[axis 1 / pack][axis 0]` of words that hold `pack` elements;
///  - an expression: a map, splat or product that nobody has asked for yet.
/// Reductions, stores and the yields of loops ask for tiles; that emits loops.
///
/// Loops run over columns, and their bodies over the vectors of rows. With
/// columns in lanes, buffers are `[axis 0][axis 1]`, loops run over vectors of
/// columns, bodies over rows, and a tile of one axis is a list of scalars: what
/// is called a vector of rows here is one row then.
class KernelLowering {
public:
  /// `body` holds the ops; `item` is the number of the point of the kernel's
  /// grid. `scratch` is memory of bytes, of which the kernel has those from
  /// `scratchStart` on (null: from the first on), `workspace` the memory of all
  /// points; null if there is none.
  KernelLowering(mlir::func::FuncOp function, mlir::Block *body,
                 tile::CpuScheduleAttr schedule, mlir::Value item,
                 mlir::Value scratch, mlir::Value scratchStart,
                 mlir::Value workspace);

  mlir::LogicalResult run();

  /// Loops of the body that carry tiles.
  llvm::ArrayRef<mlir::scf::ForOp> getKeyLoops() const { return keyLoops; }

  /// Bytes of scratch memory that a point of the grid needs.
  int64_t getScratchBytes() const { return scratchEnd; }

  /// Bytes that work items hand states over in, and how many of them count
  /// arrivals: these are zero at first.
  int64_t getWorkspaceBytes() const { return workspaceBytes; }
  int64_t getClearedBytes() const { return clearedBytes; }

private:
  /// Vectors that have been computed at one point (column, vector).
  using Point = llvm::DenseMap<mlir::Value, mlir::Value>;
  /// A fold that runs along with a loop over columns.
  struct Reduction {
    tile::ReduceKind kind;
    llvm::SmallVector<mlir::Value> state; // one for each vector
  };
  struct Factor;
  /// Emits what happens at a column to up to so many, and to a fold's state.
  using ColumnBody = llvm::function_ref<mlir::LogicalResult(
      mlir::Value, int64_t, llvm::MutableArrayRef<mlir::Value>)>;

  // KernelLowering.cpp: the ops of a kernel, scratch memory and extents.

  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOp(mlir::Operation &op);
  mlir::Value allocate(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::Value allocate(tile::TileType type);
  /// Number of defined columns (axis 1) of a tile.
  mlir::Value columns(mlir::Value tile);
  /// Number of elements that a load or store at `offset` may touch.
  mlir::Value extent(mlir::Location loc, tile::ViewOp view, unsigned axis,
                     mlir::Value offset, int64_t size);
  /// The grid's indices of a row of a view with boxes.
  llvm::SmallVector<mlir::Value> gridIndices(tile::ViewOp view,
                                             mlir::Value row);
  /// Indices of the memref behind a view for (row, column).
  llvm::SmallVector<mlir::Value> indices(tile::ViewOp view,
                                         mlir::ValueRange position);
  /// The same for an element of a loaded tile.
  llvm::SmallVector<mlir::Value> indices(tile::LoadOp load, mlir::Value row,
                                         mlir::Value column);
  mlir::Value index(int64_t value);
  /// Rows that a vector of rows holds.
  int64_t rowsPerVector(mlir::Value tile);
  /// Vectors that hold the rows of a tile.
  int64_t vectorsOf(mlir::Value tile) {
    return typeOf(tile).getDimSize(0) / rowsPerVector(tile);
  }
  /// The type of f32 elements of a vector of rows of a tile of one axis.
  mlir::Type rowType(mlir::Value tile);

  // Expressions.cpp: what a tile is computed from.

  /// Calls `visit` on every tile that the expression of `tile` reads.
  void visitExpression(mlir::Value tile,
                       llvm::function_ref<void(mlir::Value)> visit);
  bool isExpression(mlir::Value tile);
  void hoist(mlir::Value tile);
  /// The product inside the expression of `tile`, if it has one.
  tile::DotOp findDot(mlir::Value tile);
  /// A buffer of the same shape that the expression reads, and nothing after
  /// `op` does.
  mlir::Value findReusable(mlir::Value tile, mlir::Operation *op);
  bool isUsedAfter(mlir::Value tile, mlir::Operation *op, mlir::Value within);
  /// The vector of `tile` at a column (null for one axis) and a vector.
  mlir::FailureOr<mlir::Value> evaluate(mlir::Value tile, mlir::Value column,
                                        int64_t vector, Point &point);
  /// Brings loaded tiles that the expression reads into lanes.
  void copyLoads(mlir::Value tile);

  // Copies.cpp: between the memory of views and scratch memory.

  /// Runs `body` for [from, to) in steps.
  void emitFor(mlir::Location loc, mlir::Value from, mlir::Value to,
               int64_t step, llvm::function_ref<void(mlir::Value)> body);
  /// The same with whole steps only, then one by one; `body` gets the number of
  /// elements.
  void emitSteps(mlir::Location loc, mlir::Value from, mlir::Value to,
                 int64_t step,
                 llvm::function_ref<void(mlir::Value, int64_t)> body);
  mlir::Value roundDown(mlir::Location loc, mlir::Value value, int64_t step);
  /// The element (row, column) of a loaded tile.
  mlir::Value readElement(tile::LoadOp load, mlir::Value row,
                          mlir::Value column);
  /// Up to two elements, or vectors of them, in words; absent ones are zero.
  mlir::Value makeWords(mlir::Location loc, mlir::ValueRange elements,
                        int64_t pack);
  /// Loaded pairs of the contracted axis to words beside each other: `[the
  /// other axis][depth / 2]`.
  mlir::Value copyPairs(const Factor &factor);
  /// Rows of memory to lanes.
  void copyToLanes(tile::LoadOp load);
  /// Rows of memory to a buffer `[axis 0][axis 1]`, as f32 if that has such
  /// elements; what lies beyond the view becomes zero.
  void copyToRows(tile::LoadOp load, mlir::Value target);
  /// Lanes to rows of memory.
  void copyFromLanes(tile::StoreOp store, mlir::Value buffer, mlir::Value rows,
                     mlir::Value depth);
  void copyFromRows(tile::StoreOp store, mlir::Value buffer, mlir::Value rows,
                    mlir::Value depth);
  /// Calls `copy` for (row, column, type): a vector where the view has them,
  /// or an element.
  void
  copyRows(tile::ViewOp view, mlir::Value rows, mlir::Value depth,
           llvm::function_ref<void(mlir::Value, mlir::Value, mlir::Type)> copy);
  /// Calls `square` for whole squares of words of `pack` columns, if there are
  /// `squares`, and `rest` for (row, column, number of columns) elsewhere.
  void emitCopyLoops(
      mlir::Location loc, bool squares, int64_t pack, mlir::Value rows,
      mlir::Value depth,
      llvm::function_ref<void(mlir::Value, mlir::Value)> square,
      llvm::function_ref<void(mlir::Value, mlir::Value, int64_t)> rest);

  // Buffers.cpp: vectors of tiles in scratch memory.

  mlir::Value loadVector(mlir::Value tile, mlir::Value buffer,
                         mlir::Value column, int64_t vector);
  /// Stores the vectors of up to `pack` columns from `column` on.
  void storeVectors(mlir::Value tile, mlir::ValueRange values,
                    mlir::Value target, mlir::Value column, int64_t vector);
  /// The buffer with integers for elements: where a CPU does not compute with
  /// bf16, LLVM moves such vectors element by element, some by way of f32.
  mlir::Value asIntegers(mlir::Value buffer);
  /// The buffer of words with pairs of bf16 for them.
  mlir::Value asPairs(mlir::Value buffer);
  mlir::Value loadElement(mlir::Value tile, mlir::Value buffer, mlir::Value row,
                          mlir::Value column);
  /// A vector of rows of a tile of one axis.
  mlir::Value loadRows(mlir::Value tile, mlir::Value buffer, int64_t vector);
  void storeRows(mlir::Value tile, mlir::Value value, mlir::Value buffer,
                 int64_t vector);

  // ColumnLoops.cpp: loops over the columns of a tile.

  /// One loop over the columns of `top`, which folds it and stores `kept`: the
  /// same tile, or a map of it.
  mlir::LogicalResult emitColumns(mlir::Value top, mlir::Value kept,
                                  mlir::Value target, Reduction *reduction);
  /// Runs `body` for columns from `from` up to `to` in steps, the last of which
  /// may go beyond; hands the fold's state through.
  mlir::LogicalResult emitColumnLoop(mlir::Location loc, mlir::Value from,
                                     mlir::Value to, int64_t step,
                                     Reduction *reduction, ColumnBody body);
  /// Runs `body` for columns `[from, to)` in steps of `rows`, and the rest one
  /// by one.
  mlir::LogicalResult emitColumnLoops(mlir::Location loc, mlir::Value from,
                                      mlir::Value to, int64_t rows,
                                      Reduction *reduction, ColumnBody body);
  /// `state` with the vector of `tile` at a column folded into it; columns in
  /// lanes that do not exist are left out.
  mlir::Value foldColumns(tile::ReduceKind kind, mlir::Value tile,
                          mlir::Value column, mlir::Value state,
                          mlir::Value value);

  // Products.cpp: register blocks.

  /// How a product reads b: from the view's memory, or from a copy in scratch
  /// memory.
  struct Factor {
    tile::LoadOp load;
    /// Whether axis 1 of b is contracted.
    bool contractsColumns;
    /// Elements along the contracted axis that one step multiplies.
    int64_t pack;
    /// Number of defined elements along the contracted axis.
    mlir::Value depth;
    /// Words of `pack` elements, or f32: `[depth / pack][the other axis]`, or
    /// with the axes the other way round; null for the view's memory. With
    /// columns in lanes, elements as products take them: `[axis 0][axis 1]`.
    mlir::Value copy;
    /// Whether the contracted axis is the inner one of the copy.
    bool inner = false;
    /// Words of the contracted axis that AMX multiplies in one step; 0 if b is
    /// not for it.
    int64_t tileWords = 0;
    /// With columns in lanes: elements of a row, the row at which the loop's
    /// next step loads its tile, if that is known, and the last one there is.
    int64_t size = 0;
    mlir::Value next, last;
  };
  /// Products that AMX has added up, for a block of the result.
  struct TileSums {
    /// f32, `[column of the block][axis 0]`; null if there are none.
    mlir::Value memory;
    /// Words of the contracted axis that are in the sums.
    mlir::Value depth;
    /// Where the first of the columns at hand is in the block.
    mlir::Value column;
  };
  /// Emits what happens at (sums, column) to up to so many, and to a fold's
  /// state.
  using BlockBody = llvm::function_ref<mlir::LogicalResult(
      const TileSums &, mlir::Value, int64_t,
      llvm::MutableArrayRef<mlir::Value>)>;
  Factor makeFactor(tile::DotOp dot);
  mlir::Value copyFactor(const Factor &factor);
  /// What step `k` broadcasts for column `n` of the result, from `count`
  /// elements.
  mlir::Value readFactor(const Factor &factor, mlir::Value n, mlir::Value k,
                         int64_t count);
  /// Adds the products of one step to `sums`.
  llvm::SmallVector<mlir::Value>
  emitProducts(tile::DotOp dot, const Factor &factor, mlir::Value operand,
               mlir::ValueRange columns, int64_t firstVector, mlir::Value k,
               int64_t count, mlir::ValueRange sums);
  /// The loops of a product, with `top`, an expression of it, at its end.
  mlir::LogicalResult emitDot(tile::DotOp dot, mlir::Value top,
                              mlir::Value target, Reduction *reduction);
  /// The value of `top`, an expression of the product, at a place where that is
  /// `sum`: stores and folds it.
  mlir::LogicalResult emitResult(tile::DotOp dot, mlir::Value top,
                                 mlir::Value target, mlir::Value column,
                                 int64_t vector, mlir::Value sum,
                                 llvm::MutableArrayRef<mlir::Value> state,
                                 Reduction *reduction);
  /// One block of `rows` columns of the result from `column` on, with the sums
  /// there may be already.
  mlir::LogicalResult emitBlock(tile::DotOp dot, mlir::Value top,
                                mlir::Value target, mlir::Value operand,
                                const Factor &factor, const TileSums &sums,
                                mlir::Value column, int64_t rows,
                                int64_t firstVector, int64_t vectors,
                                llvm::MutableArrayRef<mlir::Value> state,
                                Reduction *reduction);
  mlir::Value toF32(mlir::Value value);

  // TileProducts.cpp: products in the tile registers of AMX.

  /// Sets what AMX takes of b, or leaves it if that is not for AMX.
  void makeTiles(tile::DotOp dot, Factor &factor);
  /// Adds up products of 16 columns of the result from `column` on.
  void emitTileSums(tile::DotOp dot, const Factor &factor, mlir::Value operand,
                    mlir::Value column, const TileSums &sums);
  /// Runs `body` for columns in steps of `rows` as far as there are blocks of
  /// 16; returns how far.
  mlir::FailureOr<mlir::Value>
  emitTileLoop(tile::DotOp dot, const Factor &factor, mlir::Value operand,
               int64_t rows, Reduction *reduction, BlockBody body);

  // RowProducts.cpp: products with columns in lanes.

  /// Indices of a row of b, in memory or in its copy, at column 0.
  using Row = llvm::SmallVector<mlir::Value>;
  void makeRows(Factor &factor);
  /// `count` rows of b from row `first` of the tile on, which is a multiple of
  /// it; of those beyond `last`, if it is given, the last.
  llvm::SmallVector<Row> findRows(const Factor &factor, mlir::Value first,
                                  int64_t count, mlir::Value last = {});
  /// The same rows of the tile that the loop's next step loads; none if it is
  /// not known which that is.
  llvm::SmallVector<Row> findNextRows(const Factor &factor, mlir::Value first,
                                      int64_t count);
  /// Asks for a line of each page of the tile that the loop's next step loads,
  /// if it has several.
  void touchNextPages(const Factor &factor);
  /// Asks for the cache lines of columns of next rows.
  void prefetch(const Factor &factor, llvm::ArrayRef<Row> rows,
                mlir::Value column, int64_t columns);
  /// `size` elements of a row, from `column` on; of which `count` exist, the
  /// others are zero.
  mlir::Value loadPart(mlir::Location loc, mlir::Value memory, Row row,
                       unsigned columnDim, mlir::Value column, int64_t count,
                       int64_t size);
  mlir::Value loadPart(const Factor &factor, const Row &row, mlir::Value column,
                       int64_t count, int64_t size);
  mlir::Value multiply(const Factor &factor, mlir::Value x, mlir::Value y,
                       mlir::Value sum);
  /// Products of `numRows` rows of a with rows of b; sums of each, in lanes.
  /// Next rows, if any, are asked for meanwhile.
  llvm::SmallVector<mlir::Value>
  emitRowSums(tile::DotOp dot, const Factor &factor, mlir::Value operand,
              int64_t firstRow, int64_t numRows, llvm::ArrayRef<Row> rows,
              llvm::ArrayRef<Row> nextRows);
  /// Products of all rows of a with as many rows of b as there are lanes, from
  /// `first` on: a vector for each row of a.
  llvm::SmallVector<mlir::Value> emitRowProducts(tile::DotOp dot,
                                                 const Factor &factor,
                                                 mlir::Value operand,
                                                 mlir::Value first);
  /// Rows of a times all rows of b, for `count` columns from `column` on:
  /// vectors for each row of a.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  emitColumnSums(tile::DotOp dot, const Factor &factor, mlir::Value operand,
                 int64_t firstRow, int64_t numRows, mlir::Value column,
                 int64_t count);
  mlir::LogicalResult emitRowDot(tile::DotOp dot, mlir::Value top,
                                 mlir::Value target, mlir::Value operand,
                                 const Factor &factor, Reduction *reduction);

  // Consumers.cpp: who asks for tiles.

  /// Brings a tile of two axes into a buffer (`target`, or one of its own).
  mlir::FailureOr<mlir::Value> materialize(mlir::Value tile,
                                           mlir::Value target = {});
  /// What has to be stored of the folded tile: the tile, the one map that all
  /// others read of it, or nothing.
  mlir::Value findKept(tile::ReduceOp op);
  mlir::LogicalResult lowerReduce(tile::ReduceOp op);
  mlir::LogicalResult lowerStore(tile::StoreOp op);

  // KeyLoops.cpp: loops that carry tiles.

  /// Computes tiles from outside that `op` reads ahead of it, once.
  mlir::LogicalResult computeOutside(mlir::Operation *op);
  mlir::LogicalResult lowerLoop(mlir::scf::ForOp loop);
  mlir::LogicalResult lowerYields(mlir::scf::ForOp loop,
                                  llvm::ArrayRef<mlir::Value> buffers,
                                  mlir::ValueRange yielded,
                                  llvm::SmallVectorImpl<mlir::Value> &vectors);

  // Combine.cpp: work items that share their keys.

  mlir::LogicalResult lowerCombine(tile::CombineOp op);
  /// Memory of a work item for its state: the sum, maxima and weights.
  llvm::SmallVector<mlir::Value, 3> slotOf(tile::CombineOp op,
                                           mlir::Value item);
  void emitFold(tile::CombineOp op, mlir::Value first, mlir::Value target,
                llvm::SmallVectorImpl<mlir::Value> &top,
                llvm::SmallVectorImpl<mlir::Value> &weight);

  mlir::func::FuncOp function;
  mlir::Block *body;
  tile::CpuScheduleAttr schedule;
  mlir::Value item, scratch, scratchStart, workspace;
  int64_t workspaceBytes = 0, clearedBytes = 0;
  mlir::OpBuilder b;
  LaneEmitter lanes;
  int64_t width;
  int64_t scratchTop = 0, scratchEnd = 0;
  /// Words of the tiles of the function that are not full; 0 if there are none.
  int64_t shortWords = 0;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> inLanes;
  llvm::DenseMap<mlir::Value, mlir::Value> inBuffer;
  /// Extents of loaded tiles, one for each axis.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, 2>> extents;
  llvm::SmallVector<mlir::Operation *> done;
  llvm::SmallVector<mlir::scf::ForOp> keyLoops;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H
