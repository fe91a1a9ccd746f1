//===- AttnDialect.cpp - Registration and attributes ----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "fovea/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::attn;

#include "fovea/Dialect/Attn/IR/AttnDialect.cpp.inc"
#include "fovea/Dialect/Attn/IR/AttnEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "fovea/Dialect/Attn/IR/AttnAttrs.cpp.inc"

void AttnDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "fovea/Dialect/Attn/IR/AttnAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "fovea/Dialect/Attn/IR/AttnOps.cpp.inc"
      >();
}

LogicalResult SegmentAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  SegmentKind kind, int64_t pageSize, bool,
                                  bool, bool hasOffsets) {
  if (kind == SegmentKind::paged && pageSize < 1)
    return emitError() << "a paged segment has a positive page_size, got "
                       << pageSize;
  if (kind != SegmentKind::paged && pageSize != 0)
    return emitError() << "only a paged segment has a page_size";
  if (kind == SegmentKind::packed && hasOffsets)
    return emitError() << "a packed segment has offsets of queries and keys; "
                          "has_offsets is for others";
  return success();
}

LogicalResult
NumericsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                     FloatType accumulator, FloatType probability, MathMode) {
  if (accumulator && !accumulator.isF32() && !accumulator.isF64())
    return emitError() << "the accumulator is f32 or f64, got " << accumulator;
  if (probability && probability.getWidth() > 64)
    return emitError() << "the probability is at most f64, got " << probability;
  return success();
}
