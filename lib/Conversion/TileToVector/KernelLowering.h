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

/// Whether a tile has one axis.
inline bool isRow(mlir::Value tile) { return typeOf(tile).getRank() == 1; }

/// Lowers a function that holds a kernel's ops, in place.
///
/// A tile is in one of four states:
///  - in memory: it is read through its view;
///  - in lanes: it has one axis, and is a list of vectors;
///  - in a buffer of scratch memory, `[axis 1][axis 0]`;
///  - an expression: a map, splat or product that nobody has asked for yet.
/// Reductions, stores and the yields of loops ask for tiles; that emits loops.
class KernelLowering {
public:
  /// `workspace` is the memory of all work items; null if there is none.
  KernelLowering(mlir::func::FuncOp function, tile::CpuScheduleAttr schedule,
                 mlir::Value workspace);

  mlir::LogicalResult run();

  /// Bytes of scratch memory that a work item needs.
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

  // KernelLowering.cpp: the ops of a kernel, scratch memory and extents.

  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOp(mlir::Operation &op);
  mlir::Value allocate(tile::TileType type);
  /// Number of defined columns (axis 1) of a tile.
  mlir::Value columns(mlir::Value tile);
  /// Number of elements that a load or store at `offset` may touch.
  mlir::Value extent(mlir::Location loc, tile::ViewOp view, unsigned axis,
                     mlir::Value offset, int64_t size);
  /// Indices of the memref behind a view for (row, column).
  llvm::SmallVector<mlir::Value> indices(tile::ViewOp view,
                                         mlir::ValueRange position);
  mlir::Value index(int64_t value);

  // Expressions.cpp: what a tile is computed from.

  /// Calls `visit` on every tile that the expression of `tile` reads.
  void visitExpression(mlir::Value tile,
                       llvm::function_ref<void(mlir::Value)> visit);
  bool isExpression(mlir::Value tile);
  void hoist(mlir::Value tile);
  /// The product inside the expression of `tile`, if it has one.
  tile::DotOp findDot(mlir::Value tile);
  tile::LoadOp findLoad(mlir::Value tile);
  /// A buffer of the same shape that the expression reads, and nothing after
  /// `op` does.
  mlir::Value findReusable(mlir::Value tile, mlir::Operation *op);
  bool isUsedAfter(mlir::Value tile, mlir::Operation *op, mlir::Value within);
  /// The vector of `tile` at a column (null for one axis) and a vector.
  mlir::FailureOr<mlir::Value> evaluate(mlir::Value tile, mlir::Value column,
                                        int64_t vector, Point &point);
  /// An element of `tile` at (row, column) of memory, as a scalar.
  mlir::Value evaluateScalar(mlir::Value tile, mlir::Value row,
                             mlir::Value column);

  // ColumnLoops.cpp: loops over the columns of a tile.

  /// One loop over the columns of `top`, which stores it and folds it.
  mlir::LogicalResult emitColumns(mlir::Value top, mlir::Value target,
                                  Reduction *reduction);
  /// Runs `body` for columns `[0, extent)` in steps of `rows`, and the rest one
  /// by one; hands the fold's state through.
  mlir::LogicalResult
  emitColumnLoops(mlir::Location loc, mlir::Value extent, int64_t rows,
                  Reduction *reduction,
                  llvm::function_ref<mlir::LogicalResult(
                      mlir::Value, int64_t, llvm::MutableArrayRef<mlir::Value>)>
                      body);
  /// Stores and folds the vector of a column.
  void finishColumn(mlir::Location loc, mlir::Value value, mlir::Value target,
                    mlir::Value column, int64_t vector, Reduction *reduction,
                    llvm::MutableArrayRef<mlir::Value> state);

  // Products.cpp: register blocks.

  /// The loops of a product, with `top`, an expression of it, at its end.
  mlir::LogicalResult emitDot(tile::DotOp dot, mlir::Value top,
                              mlir::Value target, Reduction *reduction);
  /// One block of `rows` columns of the result from `column` on.
  mlir::LogicalResult emitBlock(tile::DotOp dot, mlir::Value top,
                                mlir::Value target, mlir::Value operand,
                                mlir::Value column, int64_t rows,
                                int64_t firstVector,
                                llvm::MutableArrayRef<mlir::Value> state,
                                Reduction *reduction);
  mlir::Value toF32(mlir::Value value);

  // Consumers.cpp: who asks for tiles.

  /// Brings a tile of two axes into a buffer (`target`, or one of its own).
  mlir::FailureOr<mlir::Value> materialize(mlir::Value tile,
                                           mlir::Value target = {});
  /// Copies rows of memory, through a map, into lanes.
  mlir::LogicalResult materializeRows(mlir::Value tile, tile::LoadOp load,
                                      mlir::Value target);
  mlir::LogicalResult lowerReduce(tile::ReduceOp op);
  mlir::LogicalResult lowerStore(tile::StoreOp op);

  // KeyLoops.cpp: loops that carry tiles.

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
  tile::CpuScheduleAttr schedule;
  mlir::Value workspace;
  int64_t workspaceBytes = 0, clearedBytes = 0;
  mlir::OpBuilder b;
  LaneEmitter lanes;
  int64_t width, numVectors;
  int64_t scratchTop = 0, scratchEnd = 0;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> inLanes;
  llvm::DenseMap<mlir::Value, mlir::Value> inBuffer;
  /// Extents of loaded tiles, one for each axis.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, 2>> extents;
  llvm::SmallVector<mlir::Operation *> done;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_TILETOVECTOR_KERNELLOWERING_H
