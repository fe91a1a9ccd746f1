//===- ScoreReduceKernel.cpp - Kernels of attn.score_reduce ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreReduceKernel.h"

#include "IndexOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;
using tile::TileType;

/// Finds the keys of the work item; returns its key head.
Value ScoreReduceKernel::emitItem() {
  batch = kernel.getGridArguments()[0];
  head = kernel.getGridArguments()[1];
  Value tile = kernel.getGridArguments()[2];
  if (segment().attribute.getKind() == SegmentKind::packed) {
    PackedItem item = emitPackedItem(
        b, loc, parameter(segment().tables[1]),
        emitNumColumns(segment(), parameterValues()), program.queryTile, tile);
    batch = item.sequence;
    tile = item.tile;
  }
  for (unsigned n = 0; n <= current; ++n)
    emitKeys(segments[n], n > 0 ? &segments[n - 1] : nullptr);
  firstKey = arith::MulIOp::create(b, loc, tile, index(program.queryTile));
  queryRows = emitQueryRows();
  numQueries =
      queryRows.size ? queryRows.size : extent(parameter(query), maps[0], dimI);
  queryView = view(query, maps[0], {dimI, dimD}, head, queryRows);
  return emitKeyHead();
}

/// exp(s - lse) of each score; 0 in the columns of queries without a key.
Value ScoreReduceKernel::emitProbabilities(Value tile, Value firstQuery) {
  // lse is read where the queries are stored.
  Value row = firstQuery;
  if (queryRows.first)
    row = arith::AddIOp::create(b, loc, row, queryRows.first);
  return tile::MapOp::create(
      b, loc, tile.getType(), tile, b.getMultiDimIdentityMap(2),
      ValueRange{firstKey, row},
      [&](OpBuilder &b, Location loc, ValueRange a) -> Value {
        SmallVector<Value> at;
        for (unsigned axis = 0; axis < maps[3].getNumResults(); ++axis) {
          unsigned dim = maps[3].getDimPosition(axis);
          at.push_back(dim == dimB ? batch : dim == dimH ? head : a[2]);
        }
        Value total = tile::GatherOp::create(b, loc, parameter(lse), at);
        Value x = arith::SubFOp::create(b, loc, a[0], total);
        x = arith::MulFOp::create(b, loc, x, number(b, log2e));
        Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                           total, negativeInfinity(b));
        return arith::SelectOp::create(b, loc, none, number(b, 0), exp2(b, x));
      });
}

/// One tile of queries.
Value ScoreReduceKernel::emitStep(Value position, Value sums) {
  auto at = tile::WalkAtOp::create(b, loc, walk, position);
  Value first =
      arith::MulIOp::create(b, loc, at.getTile(), index(program.keyTile));
  Value i0 = first, j0 = firstKey;
  if (segment().base)
    j0 = arith::AddIOp::create(b, loc, j0, segment().base);
  if (!origin.empty()) {
    i0 = arith::AddIOp::create(b, loc, i0, parameter(origin[2]));
    j0 = arith::AddIOp::create(b, loc, j0, parameter(origin[3]));
  }
  auto type = cast<tile::ViewType>(queryView.getType());
  Value queries = tile::LoadOp::create(
      b, loc, TileType::get({program.keyTile, channels}, type.getElementType()),
      queryView, ValueRange{first, index(0)});
  TileType tile = tileType({program.queryTile, program.keyTile});
  Value zero = tile::SplatOp::create(b, loc, tile, number(0));
  Value s =
      tile::DotOp::create(b, loc, keys, queries, zero, /*transposeB=*/true);
  if (scoreScale != 1.0)
    s = scale(s, scoreScale);
  if (!op.getScore().empty())
    s = emitRegion(s, op.getScore(), scoreCaptures, {j0, i0},
                   /*isMask=*/false, /*keysInRows=*/true);
  s = emitMask(s, at.getPartial(), {j0, i0}, /*keysInRows=*/true);
  Value p = emitProbabilities(s, first);
  Value sum =
      tile::ReduceOp::create(b, loc, tileType({program.queryTile}),
                             tile::ReduceKind::add, p, static_cast<int64_t>(1));
  return map({sums, sum}, [&](OpBuilder &b, ValueRange a) -> Value {
    return arith::AddFOp::create(b, loc, a[0], a[1]);
  });
}

/// Writes the sums to the columns of the segment.
void ScoreReduceKernel::emitResult(Value sums) {
  Rows columns = segment().keys;
  for (unsigned n = 0; n < current; ++n) {
    Value before = emitNumColumns(segments[n], parameterValues());
    columns.first =
        columns.first
            ? arith::AddIOp::create(b, loc, columns.first, before).getResult()
            : before;
  }
  tile::StoreOp::create(b, loc, sums,
                        view(output, maps[2], {dimJ}, head, columns),
                        ValueRange{firstKey});
}

tile::KernelOp ScoreReduceKernel::emit(Operation *before, StringRef name) {
  collectRows({});
  output = addParameter(op.getOutput());
  lse = addParameter(op.getLse());
  collectTables();
  collectCoordinates();
  auto type = cast<MemRefType>(op.getQuery().getType());
  channels = type.getDimSize(*axisOf(maps[0], dimD));

  createKernel(before, name, op.getScheduleAttr());
  Value keyHead = emitItem();
  bool paged = segment().attribute.getKind() == SegmentKind::paged;
  Value keyView = view(segment().key, maps[1], {dimJ, dimD}, keyHead,
                       segment().keys, paged ? &segment() : nullptr);
  double factor = op.getScaleValue();
  bool folds = std::abs(factor) <= maxFoldedScale;
  scoreScale = folds ? 1.0 : factor;
  Value loaded = tile::LoadOp::create(
      b, loc,
      TileType::get({program.queryTile, channels},
                    cast<tile::ViewType>(keyView.getType()).getElementType()),
      keyView, ValueRange{firstKey, index(0)});
  keys = scale(loaded, folds ? factor : 1.0);

  // An item may have no keys.
  Value some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                     firstKey, segment().keys.size);
  Value tiles =
      arith::CeilDivSIOp::create(b, loc, numQueries, index(program.keyTile));
  tiles = arith::SelectOp::create(b, loc, some, tiles, index(0));
  walk = tile::WalkRangesOp::create(b, loc, index(0), tiles,
                                    ArrayRef<bool>{!op.getMask().empty()});
  Value size = tile::WalkSizeOp::create(b, loc, walk);
  Value none =
      tile::SplatOp::create(b, loc, tileType({program.queryTile}), number(0));
  auto loop = scf::ForOp::create(
      b, loc, index(0), size, index(1), none,
      [&](OpBuilder &nested, Location, Value position, ValueRange sums) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(nested.getInsertionBlock());
        scf::YieldOp::create(b, loc, emitStep(position, sums[0]));
      });
  b.setInsertionPointAfter(loop);
  emitResult(loop.getResult(0));
  tile::ReturnOp::create(b, loc);
  replaceIndexOps(kernel);
  emitLaunch();
  return kernel;
}

void ScoreReduceKernel::emitLaunch() {
  b.setInsertionPoint(op);
  auto at = [&](unsigned position) { return parameters[position]; };
  Value columns = emitNumColumns(segment(), parameters);
  Value sequences = extent(op.getQuery(), maps[0], dimB), tiles;
  if (queryOffsets()) {
    Value offsets = memref::DimOp::create(b, loc, at(*queryOffsets()), 0);
    sequences = arith::SubIOp::create(b, loc, offsets, index(1));
  }
  if (segment().attribute.getKind() == SegmentKind::packed) {
    sequences = index(1);
    tiles = emitPackedItemCount(b, loc, at(segment().tables[1]), columns,
                                program.queryTile);
  } else {
    tiles =
        arith::CeilDivSIOp::create(b, loc, columns, index(program.queryTile));
  }
  launch({sequences, extent(op.getQuery(), maps[0], dimH), tiles});
}
