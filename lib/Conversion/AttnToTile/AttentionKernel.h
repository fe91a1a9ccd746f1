//===- AttentionKernel.h - Attention as a tile program --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_ATTENTIONKERNEL_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_ATTENTIONKERNEL_H

#include "ScoreKernel.h"

namespace fovea {

/// Emits the kernel of one attention op.
class AttentionKernel : ScoreKernel {
public:
  AttentionKernel(attn::AttentionOp op, Program program)
      : ScoreKernel(op, program), op(op) {}

  /// Makes the kernel before `before`, and the launch before the op.
  tile::KernelOp emit(mlir::Operation *before, llvm::StringRef name);

private:
  void collectParameters();
  void groupRows();
  void regroup();
  mlir::Value emitNumQueryTiles();
  mlir::Value emitNumParts(mlir::Value items);
  void emitLaunch(mlir::Operation *before);

  void emitItem();
  /// The row of the walk that the work item with coordinate `item` computes:
  /// the queries, and the list of key tiles.
  void emitWalkRow(mlir::Value item);
  /// All key tiles of a segment, or those that the row lists.
  void emitWalk(Segment &segment);
  mlir::Value emitListedWalk(const Segment &segment);

  mlir::Value loadQueries(mlir::Value first);
  mlir::Value emitQueries(mlir::Value first);
  mlir::Value emitScores(const Segment &segment, mlir::Value first,
                         mlir::ValueRange at);
  void choosePivot();
  mlir::Value emitBias(mlir::ValueRange at);
  mlir::Value emitScoreRegion(mlir::Value scores, mlir::ValueRange at);
  /// The scores of a key tile, masked by the bits of a listed walk's entry.
  mlir::Value emitWalkMask(mlir::Value scores, mlir::Value tile,
                           mlir::Value entry);
  /// The weights of a tile's scores, of what was summed up before (null: 1),
  /// and the rows' maximum (null: as before).
  struct Weights {
    mlir::Value ofScores, ofSums, maximum;
  };
  Weights emitWeights(mlir::Value s, mlir::Value m);
  Weights emitPivotedWeights(mlir::Value s);
  std::pair<mlir::Value, mlir::Value>
  emitSink(mlir::OpBuilder &b, mlir::Value sink, mlir::Value isFirst);
  llvm::SmallVector<mlir::Value> emitInitialState();
  llvm::SmallVector<mlir::Value> emitStep(const Segment &segment,
                                          mlir::Value position,
                                          mlir::ValueRange state);
  llvm::SmallVector<mlir::Value> emitKeyLoop(const Segment &segment,
                                             mlir::ValueRange state);
  /// The program of a work item on tiles of `program.queryTile` rows.
  void emitBody();
  void emitResult(mlir::ValueRange state);
  /// Rows of the queries from the work item's first one on.
  mlir::Value emitRowsLeft();
  void emitCombined(mlir::ValueRange state);

  attn::AttentionOp op;

  // Positions of parameters.
  unsigned output, lse, sinks, walkRows, walkTiles, walkMasks, parts;

  // Values of the kernel. `part` is null where keys are not divided.
  mlir::Value part;
  mlir::Value firstRow, queries;
  /// Of the sequence, if they are packed.
  Rows queryRows;
  /// Fields of the row of a listed walk: tile of queries, first entry, number
  /// of entries, partial ones; and which of the row's parts it is.
  mlir::Value walkRow[4], walkPart;
  /// Of a tile.
  int64_t channels, valueChannels;
  /// Factor on scores in `tile` before exp2: 1 if folded into the queries.
  double exponentScale = 1.0;
  /// Factor on q . k that is not folded into the queries.
  double scoreScale = 1.0;
  /// What is subtracted from all exponents in base 2 instead of the row's
  /// maximum, where scores are bounded: see choosePivot.
  std::optional<double> pivot;
  /// The score region only adds to q . k: what it adds over the scale is where
  /// the product's sums start.
  bool biased = false;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_ATTENTIONKERNEL_H
