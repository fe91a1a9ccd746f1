//===- PipeAttrs.cpp - Layouts and schedules ------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

static LogicalResult verifyGroups(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t groups) {
  if (groups < 1 || groups > 7)
    return emitError() << "groups is from 1 to 7, got " << groups;
  return success();
}

/// The row of (group, warp, lane, reg) with `half`, the part of reg that
/// chooses the upper or lower 8 of a warp's 16 rows.
static AffineExpr getRow(MLIRContext *context, AffineExpr half) {
  AffineExpr group = getAffineDimExpr(0, context),
             warp = getAffineDimExpr(1, context),
             lane = getAffineDimExpr(2, context);
  return group * 64 + warp * 16 + lane.floorDiv(4) + half * 8;
}

/// The column of (lane, reg), four registers for each 8 columns.
static AffineExpr getColumn(MLIRContext *context, AffineExpr eight,
                            AffineExpr odd) {
  AffineExpr lane = getAffineDimExpr(2, context);
  return eight * 8 + (lane % 4) * 2 + odd;
}

static LogicalResult
verifyFragment(ArrayRef<int64_t> shape, int64_t groups, int64_t columns,
               function_ref<InFlightDiagnostic()> emitError) {
  if (shape.size() != 2 || shape[0] != groups * limits::groupRows ||
      shape[1] % columns != 0)
    return emitError() << "a fragment of " << groups << " groups has "
                       << groups * limits::groupRows
                       << " rows and a multiple of " << columns << " columns";
  return success();
}

//===----------------------------------------------------------------------===//
// AccAttr
//===----------------------------------------------------------------------===//

LogicalResult AccAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t groups) {
  return verifyGroups(emitError, groups);
}

LogicalResult
AccAttr::verifyShape(ArrayRef<int64_t> shape,
                     function_ref<InFlightDiagnostic()> emitError) const {
  return verifyFragment(shape, getGroups(), 8, emitError);
}

SmallVector<int64_t, 4> AccAttr::getPlaceShape(ArrayRef<int64_t> shape) const {
  return {getGroups(), 4, 32, shape[1] / 2};
}

AffineMap AccAttr::getElementMap(ArrayRef<int64_t> shape) const {
  MLIRContext *context = getContext();
  AffineExpr reg = getAffineDimExpr(3, context);
  return AffineMap::get(4, 0,
                        {getRow(context, reg.floorDiv(2) % 2),
                         getColumn(context, reg.floorDiv(4), reg % 2)},
                        context);
}

//===----------------------------------------------------------------------===//
// ARegAttr
//===----------------------------------------------------------------------===//

LogicalResult ARegAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t groups, int64_t bits) {
  if (bits != 8 && bits != 16)
    return emitError() << "bits is 8 or 16, got " << bits;
  return verifyGroups(emitError, groups);
}

LogicalResult
ARegAttr::verifyShape(ArrayRef<int64_t> shape,
                      function_ref<InFlightDiagnostic()> emitError) const {
  return verifyFragment(shape, getGroups(), 256 / getBits(), emitError);
}

SmallVector<int64_t, 4> ARegAttr::getPlaceShape(ArrayRef<int64_t> shape) const {
  return {getGroups(), 4, 32, shape[1] / 2};
}

AffineMap ARegAttr::getElementMap(ArrayRef<int64_t> shape) const {
  // A 32-bit register holds `packed` neighbours of one row; registers alternate
  // between the two halves of rows, then between the two halves of the step.
  MLIRContext *context = getContext();
  int64_t packed = 32 / getBits();
  AffineExpr reg = getAffineDimExpr(3, context);
  AffineExpr lane = getAffineDimExpr(2, context);
  AffineExpr column = reg.floorDiv(2 * packed) * (4 * packed) +
                      (lane % 4) * packed + reg % packed;
  return AffineMap::get(
      4, 0, {getRow(context, reg.floorDiv(packed) % 2), column}, context);
}

//===----------------------------------------------------------------------===//
// SliceAttr
//===----------------------------------------------------------------------===//

LogicalResult SliceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                int64_t axis, AccAttr parent) {
  if (axis != 0 && axis != 1)
    return emitError() << "axis is 0 or 1, got " << axis;
  return success();
}

LogicalResult
SliceAttr::verifyShape(ArrayRef<int64_t> shape,
                       function_ref<InFlightDiagnostic()> emitError) const {
  int64_t rows = getParent().getGroups() * limits::groupRows;
  if (shape.size() == 1 &&
      (getAxis() == 1 ? shape[0] == rows : shape[0] % 8 == 0))
    return success();
  if (getAxis() == 1)
    return emitError() << "a slice of rows has one axis of " << rows
                       << " elements";
  return emitError()
         << "a slice of columns has one axis of a multiple of 8 elements";
}

SmallVector<int64_t, 4>
SliceAttr::getPlaceShape(ArrayRef<int64_t> shape) const {
  return {getParent().getGroups(), 4, 32, getAxis() == 1 ? 2 : shape[0] / 4};
}

AffineMap SliceAttr::getElementMap(ArrayRef<int64_t> shape) const {
  MLIRContext *context = getContext();
  AffineExpr reg = getAffineDimExpr(3, context);
  AffineExpr element = getAxis() == 1
                           ? getRow(context, reg)
                           : getColumn(context, reg.floorDiv(2), reg % 2);
  return AffineMap::get(4, 0, {element}, context);
}

//===----------------------------------------------------------------------===//
// LanesAttr
//===----------------------------------------------------------------------===//

LogicalResult
LanesAttr::verifyShape(ArrayRef<int64_t> shape,
                       function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() == 1 && shape[0] % limits::warpThreads == 0)
    return success();
  return emitError() << "a tile over the lanes of a warp has one axis of a "
                        "multiple of 32 elements";
}

SmallVector<int64_t, 4>
LanesAttr::getPlaceShape(ArrayRef<int64_t> shape) const {
  return {1, 1, limits::warpThreads, shape[0] / limits::warpThreads};
}

AffineMap LanesAttr::getElementMap(ArrayRef<int64_t> shape) const {
  AffineExpr lane = getAffineDimExpr(2, getContext()),
             reg = getAffineDimExpr(3, getContext());
  return AffineMap::get(4, 0, lane + reg * limits::warpThreads);
}

//===----------------------------------------------------------------------===//
// SmemAttr
//===----------------------------------------------------------------------===//

LogicalResult SmemAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t swizzle) {
  if (swizzle != 128 && swizzle != 0)
    return emitError() << "swizzle is 128, or 0 for a tile of one axis, got "
                       << swizzle;
  return success();
}

AffineMap SmemAttr::getOffsetMap(ArrayRef<int64_t> shape,
                                 Type elementType) const {
  int64_t columns = getBlockColumns(elementType);
  AffineExpr i = getAffineDimExpr(0, getContext());
  AffineExpr j = getAffineDimExpr(1, getContext());
  return AffineMap::get(2, 0,
                        j.floorDiv(columns) * (shape[0] * columns) +
                            i * columns + j % columns);
}

//===----------------------------------------------------------------------===//
// ScheduleAttr
//===----------------------------------------------------------------------===//

/// A persistent kernel loads the next item's queries while this one is busy,
/// unless it needs their slot itself.
static int64_t countQueryStages(bool persistent, bool reuseQueries) {
  return persistent && !reuseQueries ? 2 : 1;
}

int64_t ScheduleAttr::getQueryStages() const {
  return countQueryStages(getPersistent(), getReuseQueries());
}

int64_t ScheduleAttr::getTileBytes(int64_t channels,
                                   int64_t valueChannels) const {
  auto blocks = [](int64_t size) { return llvm::divideCeil(size, 64); };
  int64_t rows = blocks(channels) * (getQueryStages() * getQueryTile() +
                                     getStages() * getKeyTile()) +
                 blocks(valueChannels) * getStages() * getKeyTile();
  if (!getReuseQueries())
    rows += blocks(valueChannels) * getQueryTile();
  // States of split keys are f32, with the maximum and the sum of each row.
  if (getSplitTo() != 1)
    rows += (2 * blocks(valueChannels) + 1) * getQueryTile();
  return rows * limits::rowBytes;
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   int64_t queryTile, int64_t keyTile,
                                   int64_t stages, int64_t groups,
                                   int64_t producerRegs, int64_t consumerRegs,
                                   bool overlap, bool turns, bool persistent,
                                   bool lastFirst, int64_t splitTo,
                                   bool reuseQueries, bool skip) {
  if (groups < 1 || groups > 3)
    return emitError() << "groups is from 1 to 3, got " << groups;
  if (queryTile != groups * limits::groupRows)
    return emitError() << "query_tile is 64 rows for each of the " << groups
                       << " groups, " << groups * limits::groupRows << ", got "
                       << queryTile;
  if (keyTile < 16 || keyTile > 256 || keyTile % 16 != 0)
    return emitError() << "key_tile is a multiple of 16 up to 256, got "
                       << keyTile;
  if (stages < 1 || stages > 8)
    return emitError() << "stages is from 1 to 8, got " << stages;
  for (int64_t registers : {producerRegs, consumerRegs})
    if (registers < 24 || registers > 256 || registers % 8 != 0)
      return emitError()
             << "producer_regs and consumer_regs are multiples of 8 "
                "from 24 to 256, got "
             << registers;
  if (turns && (!overlap || groups < 2))
    return emitError() << "turns needs overlap and at least 2 groups";
  if (skip && groups < 2)
    return emitError() << "skip needs at least 2 groups";
  // A group gives a tile back in its turn, and the one that has the turn would
  // wait for it.
  if (skip && turns && stages < 2)
    return emitError() << "skip with turns needs at least 2 stages";
  if (splitTo < 0 || splitTo > 1024)
    return emitError() << "split_to is from 0 to 1024, got " << splitTo;
  int64_t threads = limits::groupThreads * (1 + groups);
  int64_t registers =
      limits::groupThreads * (producerRegs + groups * consumerRegs);
  if (registers > limits::blockRegisters(threads))
    return emitError() << "the roles need " << registers
                       << " registers, a block of " << threads
                       << " threads has " << limits::blockRegisters(threads)
                       << "; lower consumer_regs or groups";
  // Rings of keys and values, queries and output, of the least channels, and
  // states of split keys.
  int64_t results = reuseQueries ? 0 : queryTile;
  int64_t rows = 2 * stages * keyTile + results +
                 countQueryStages(persistent, reuseQueries) * queryTile +
                 (splitTo == 1 ? 0 : 3) * queryTile;
  if (int64_t bytes = rows * limits::rowBytes; bytes > limits::sharedBytes)
    return emitError() << "tiles of 64 channels need " << bytes
                       << " bytes of shared memory, a multiprocessor has "
                       << limits::sharedBytes << "; lower stages or key_tile";
  return success();
}
