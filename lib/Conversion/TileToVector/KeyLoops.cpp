//===- KeyLoops.cpp - Loops that carry tiles ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

using namespace mlir;
using namespace fovea;
using tile::TileType;

/// Yields vectors for tiles of one axis; computes the others into the buffers
/// of the loop's arguments.
LogicalResult KernelLowering::lowerYields(scf::ForOp loop,
                                          ArrayRef<Value> buffers,
                                          ValueRange yielded,
                                          SmallVectorImpl<Value> &vectors) {
  for (auto [n, value] : llvm::enumerate(yielded)) {
    if (!isa<TileType>(value.getType())) {
      vectors.push_back(value);
      continue;
    }
    if (!isRow(value))
      continue;
    for (int64_t vector = 0; vector < vectorsOf(value); ++vector) {
      Point point;
      FailureOr<Value> element = evaluate(value, {}, vector, point);
      if (failed(element))
        return failure();
      vectors.push_back(*element);
    }
  }
  for (auto [n, value] : llvm::enumerate(yielded)) {
    if (!isa<TileType>(value.getType()) || isRow(value) ||
        inBuffer.lookup(value) == buffers[n])
      continue;
    bool clash = false;
    Value own = buffers[n];
    visitExpression(value, [&](Value read) {
      Value buffer = inBuffer.lookup(read);
      clash |= buffer && buffer != own && llvm::is_contained(buffers, buffer);
    });
    if (clash)
      return loop.emitOpError("yields tile ")
             << n
             << " from another tile that it carries; on a CPU each "
                "carried tile is updated in place";
    if (failed(materialize(value, buffers[n])))
      return failure();
  }
  return success();
}

LogicalResult KernelLowering::computeOutside(Operation *op) {
  WalkResult walked = op->walk([&](Operation *inner) {
    for (OpOperand &use : inner->getOpOperands()) {
      Value operand = use.get();
      Operation *made = operand.getDefiningOp();
      if (!isa<TileType>(operand.getType()) || isRow(operand) || !made ||
          op->isAncestor(made) || isa<tile::SplatOp>(made))
        continue;
      auto dot = dyn_cast<tile::DotOp>(inner);
      if (!dot || operand != dot.getB())
        copyLoads(operand);
      if (isExpression(operand) &&
          failed(materialize(operand, findReusable(operand, op))))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}

LogicalResult KernelLowering::lowerLoop(scf::ForOp loop) {
  Location loc = loop.getLoc();
  if (failed(computeOutside(loop)))
    return failure();

  SmallVector<Value> init, buffers(loop.getInitArgs().size());
  for (auto [n, value] : llvm::enumerate(loop.getInitArgs())) {
    if (!isa<TileType>(value.getType())) {
      init.push_back(value);
    } else if (isRow(value)) {
      for (int64_t vector = 0; vector < vectorsOf(value); ++vector) {
        Point point;
        FailureOr<Value> element = evaluate(value, {}, vector, point);
        if (failed(element))
          return failure();
        init.push_back(*element);
      }
    } else if (Value own = inBuffer.lookup(value); own && value.hasOneUse()) {
      buffers[n] = own;
    } else {
      buffers[n] = allocate(typeOf(value));
      if (own ? failed(emitColumns(value, value, buffers[n], nullptr))
              : failed(materialize(value, buffers[n])))
        return failure();
      // The loop changes the buffer: it does not hold the initial tile for
      // others.
      if (!own) {
        inBuffer.erase(value);
        extents.erase(value);
      }
    }
  }

  auto lowered = scf::ForOp::create(b, loc, loop.getLowerBound(),
                                    loop.getUpperBound(), loop.getStep(), init);
  Block *inside = lowered.getBody();
  if (init.empty())
    inside->getTerminator()->erase();
  loop.getInductionVar().replaceAllUsesWith(lowered.getInductionVar());
  auto bind = [&](ValueRange tiles, ValueRange values) {
    auto next = values.begin();
    for (auto [n, tile] : llvm::enumerate(tiles)) {
      if (!isa<TileType>(tile.getType())) {
        tile.replaceAllUsesWith(*next++);
      } else if (isRow(tile)) {
        SmallVector<Value> &vectors = inLanes[tile];
        for (int64_t vector = 0; vector < vectorsOf(tile); ++vector)
          vectors.push_back(*next++);
      } else {
        inBuffer[tile] = buffers[n];
        extents[tile] = {index(typeOf(tile).getDimSize(0)),
                         index(typeOf(tile).getDimSize(1))};
      }
    }
  };
  int64_t mark = scratchTop;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(inside);
    bind(loop.getRegionIterArgs(), lowered.getRegionIterArgs());
    auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
    SmallVector<Value> yielded(yield.getResults());
    // The ops move; their tiles' old block arguments stay known.
    inside->getOperations().splice(
        inside->end(), loop.getBody()->getOperations(), loop.getBody()->begin(),
        yield->getIterator());
    if (failed(lowerBlock(*inside)))
      return failure();
    b.setInsertionPointToEnd(inside);
    SmallVector<Value> vectors;
    if (failed(lowerYields(loop, buffers, yielded, vectors)))
      return failure();
    scf::YieldOp::create(b, loc, vectors);
    yield->erase();
  }
  scratchTop = mark;
  b.setInsertionPointAfter(lowered);
  bind(loop.getResults(), lowered.getResults());
  if (lowered->getBlock() == body)
    keyLoops.push_back(lowered);
  return success();
}
