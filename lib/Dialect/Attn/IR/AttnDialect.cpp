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
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace fovea::attn;

#include "fovea/Dialect/Attn/IR/AttnDialect.cpp.inc"
#include "fovea/Dialect/Attn/IR/AttnEnums.cpp.inc"

/// `[` extents `]`; `?` is an extent that is not given.
static ParseResult parseExtents(AsmParser &parser,
                                SmallVectorImpl<int64_t> &extents) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        if (succeeded(parser.parseOptionalQuestion())) {
          extents.push_back(ShapedType::kDynamic);
          return success();
        }
        return parser.parseInteger(extents.emplace_back());
      });
}

static void printExtents(AsmPrinter &printer, ArrayRef<int64_t> extents) {
  printer << '[';
  llvm::interleaveComma(extents, printer, [&](int64_t extent) {
    if (ShapedType::isDynamic(extent))
      printer << '?';
    else
      printer << extent;
  });
  printer << ']';
}

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

LogicalResult AttnDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != expectedSizes)
    return success();
  if (!isa<AttentionOp>(op))
    return op->emitOpError("has ")
           << expectedSizes << ", which attn.attention ops have";
  if (!isa<SizesAttr>(attribute.getValue()))
    return op->emitOpError("has ")
           << attribute.getValue() << " for " << expectedSizes
           << "; give #attn.sizes<queries = [least, most], keys = [least, "
              "most]>";
  return success();
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

LogicalResult NumericsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   FloatType accumulator, FloatType operand,
                                   FloatType probability, MathMode) {
  if (accumulator && !accumulator.isF32() && !accumulator.isF64())
    return emitError() << "the accumulator is f32 or f64, got " << accumulator;
  if (operand && !operand.isF16() && !operand.isBF16())
    return emitError() << "operands are rounded to f16 or bf16, got "
                       << operand;
  if (probability && probability.getWidth() > 64)
    return emitError() << "the probability is at most f64, got " << probability;
  return success();
}

LogicalResult SizesAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<int64_t> queries,
                                ArrayRef<int64_t> keys) {
  for (auto [name, range] :
       {std::pair<StringRef, ArrayRef<int64_t>>("queries", queries),
        std::pair<StringRef, ArrayRef<int64_t>>("keys", keys)})
    if (!range.empty() &&
        (range.size() != 2 || range[0] < 0 ||
         (!ShapedType::isDynamic(range[1]) && range[1] < range[0])))
      return emitError() << "the sizes of " << name
                         << " are [least, most], from 0 on, with ? for the "
                            "most if there is no bound";
  return success();
}

Type NumericsAttr::round(Type type) const {
  FloatType operand = getOperand();
  return operand && type.getIntOrFloatBitWidth() > operand.getWidth() ? operand
                                                                      : type;
}

/// A bound on the values of an expression of tile numbers below 2^31; none
/// where it divides by no positive constant.
static std::optional<uint64_t> getBound(AffineExpr e) {
  if (auto constant = dyn_cast<AffineConstantExpr>(e))
    return APInt(64, constant.getValue(), /*isSigned=*/true)
        .abs()
        .getZExtValue();
  if (isa<AffineDimExpr>(e))
    return uint64_t(1) << 31;
  auto binary = cast<AffineBinaryOpExpr>(e);
  std::optional<uint64_t> x = getBound(binary.getLHS());
  std::optional<uint64_t> y = getBound(binary.getRHS());
  if (!x || !y)
    return std::nullopt;
  if (e.getKind() == AffineExprKind::Add)
    return llvm::SaturatingAdd(*x, *y);
  if (e.getKind() == AffineExprKind::Mul)
    return llvm::SaturatingMultiply(*x, *y);
  auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!divisor || divisor.getValue() < 1)
    return std::nullopt;
  // Of a quotient what is computed on the way, too.
  return llvm::SaturatingAdd(*x, *y);
}

LogicalResult WalkAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t queries, int64_t keys,
                               AffineMap ranges) {
  constexpr int64_t most = int64_t(1) << 31;
  if (queries < 1 || keys < 1 || queries > most || keys > most)
    return emitError() << "tiles of a walk have from 1 to 2^31 queries and "
                          "keys, got "
                       << queries << " and " << keys;
  if (ranges.getNumDims() != 1 || ranges.getNumSymbols() != 0 ||
      ranges.getNumResults() == 0 || ranges.getNumResults() % 2 != 0)
    return emitError() << "ranges of a walk are pairs of begin and end for the "
                          "number of a query tile, (t) -> (t - 2, t + 1), got "
                       << AffineMapAttr::get(ranges);
  for (AffineExpr end : ranges.getResults()) {
    std::optional<uint64_t> bound = getBound(end);
    if (!bound)
      return emitError() << "ranges of a walk divide by positive constants "
                            "only, got "
                         << AffineMapAttr::get(ranges);
    if (*bound >= uint64_t(1) << 62)
      return emitError() << "ranges of a walk stay below 2^62 for tiles below "
                            "2^31, got "
                         << AffineMapAttr::get(ranges);
  }
  return success();
}

/// Extents below 2^31 whose product is, too; 0 if they are not.
static int64_t boundedProduct(ArrayRef<int64_t> extents) {
  int64_t product = 1;
  for (int64_t extent : extents) {
    if (extent < 1 || extent > (int64_t(1) << 31) / product)
      return 0;
    product *= extent;
  }
  return product;
}

LogicalResult OrderAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<int64_t> grid, ArrayRef<int64_t> q,
                                ArrayRef<int64_t> kv, int64_t qSize,
                                int64_t kvSize, ArrayRef<int64_t> kvStep) {
  if (grid.empty() || grid.size() > 3)
    return emitError() << "a grid has 1 to 3 extents, got " << grid.size();
  bool isOpen = ShapedType::isDynamic(grid.front());
  if (boundedProduct(isOpen ? grid.drop_front() : grid) == 0)
    return emitError() << "extents of a grid are positive (the first one may "
                          "be ?), and their product is at most 2^31";
  if (q.empty() != kv.empty())
    return emitError() << "boxes are given for queries (q) and keys (kv), or "
                          "for neither";
  if (q.empty() && (qSize != 0 || kvSize != 0))
    return emitError() << "q_size and kv_size are the places of boxes that q "
                          "and kv give";
  for (auto [name, box, size] :
       {std::tuple<StringRef, ArrayRef<int64_t>, int64_t>{"q", q, qSize},
        {"kv", kv, kvSize}}) {
    if (box.empty())
      continue;
    if (box.size() != grid.size())
      return emitError() << name << " has " << box.size()
                         << " extents, but the grid has " << grid.size();
    int64_t count = boundedProduct(box);
    if (count == 0 || count > 1024)
      return emitError() << "extents of " << name
                         << " are positive, and their product is at most 1024";
    if (size != 0 && (size < count || size > 1024))
      return emitError() << name << "_size is " << size
                         << ", expected from the box's " << count
                         << " tokens to 1024";
  }
  if (!kvStep.empty() && kvStep.size() != kv.size())
    return emitError() << "kv_step has " << kvStep.size()
                       << " extents, but kv has " << kv.size();
  for (auto [step, extent] : llvm::zip(kvStep, kv))
    if (step < 1 || extent % step != 0)
      return emitError() << "kv_step has " << step
                         << ", expected a divisor of kv's " << extent
                         << ": boxes that a walk puts side by side start at "
                            "multiples of it";
  return success();
}
