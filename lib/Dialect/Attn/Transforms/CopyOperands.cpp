//===- CopyOperands.cpp - Operands that a kernel can read -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parts.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNCOPYOPERANDS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// Channels of a row come in groups of so many: 16 bytes.
static constexpr int64_t groupSize = 8;

static int64_t pad(int64_t channels) {
  return llvm::alignTo(channels, groupSize);
}

static int64_t getChannels(Value value, AffineMap map, unsigned dim) {
  return cast<ShapedType>(value.getType()).getDimSize(*axisOf(map, dim));
}

/// Whether rows along an axis, the innermost one of what the tensor is a slice
/// of, consist of whole groups that begin at multiples of a group.
static bool hasGroups(Value value, int64_t axis) {
  auto type = cast<RankedTensorType>(value.getType());
  if (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>()) {
    // Axes of size 1 may be left out of the slice.
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    int64_t sourceAxis = 0;
    for (int64_t kept = 0; kept < axis || dropped.test(sourceAxis);
         ++sourceAxis)
      kept += !dropped.test(sourceAxis);
    int64_t offset = slice.getStaticOffset(sourceAxis);
    return slice.getStaticStride(sourceAxis) == 1 &&
           !ShapedType::isDynamic(offset) && offset % groupSize == 0 &&
           hasGroups(slice.getSource(), sourceAxis);
  }
  return axis == type.getRank() - 1 && !type.isDynamicDim(axis) &&
         type.getDimSize(axis) % groupSize == 0;
}

namespace {

/// Copies operands of one op.
class OperandCopier {
public:
  OperandCopier(AttentionOp op, RewriterBase &b)
      : op(op), loc(op.getLoc()), b(b), maps(op.getIndexingMapsArray()) {}

  /// Which of query, key, value and output do not have the rows that a kernel
  /// reads, and which have numbers that are to be rounded for it.
  SmallVector<unsigned> findRows();
  SmallVector<unsigned> findRounded();
  void copy(ArrayRef<unsigned> operands);

private:
  Value get(unsigned n) {
    return std::array<Value, 4>{op.getQuery(), op.getKeys()[0],
                                op.getValues()[0], op.getOutput()}[n];
  }
  Value createCopy(unsigned n);
  /// The type that a kernel gets an operand in.
  Type getElementType(unsigned n);

  AttentionOp op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
};

} // namespace

/// The dimension of an operand's channels.
static unsigned getChannelDim(unsigned n) { return n < 2 ? dimD : dimE; }

/// A map with the channels last.
static AffineMap withChannelsLast(AffineMap map, unsigned dim) {
  AffineMap rows = without(map, dim);
  return rows.insertResult(getAffineDimExpr(dim, map.getContext()),
                           rows.getNumResults());
}

Type OperandCopier::getElementType(unsigned n) {
  Type type = getElementTypeOrSelf(get(n).getType());
  return n < 3 && op.getNumerics() ? op.getNumerics()->round(type) : type;
}

SmallVector<unsigned> OperandCopier::findRounded() {
  return llvm::filter_to_vector(ArrayRef<unsigned>({0, 1, 2}), [&](unsigned n) {
    return getElementType(n) != getElementTypeOrSelf(get(n).getType());
  });
}

SmallVector<unsigned> OperandCopier::findRows() {
  SmallVector<unsigned> found;
  for (unsigned n = 0; n < 4; ++n) {
    unsigned dim = getChannelDim(n);
    Value value = get(n);
    // What is computed in f32 is written anywhere, but for its channels, which
    // are those of the values.
    bool isWritten = n == 3 && getElementTypeOrSelf(value.getType()).isF32();
    bool fits = isWritten
                    ? getChannels(value, maps[n], dim) % groupSize == 0
                    : hasGroups(value, *axisOf(maps[n], dim)) &&
                          getChannels(value, maps[n], dim) % groupSize == 0;
    if (!fits)
      found.push_back(n);
  }
  return found;
}

/// A tensor with the operand's rows and, last, its channels, zeros behind them.
Value OperandCopier::createCopy(unsigned n) {
  Value value = get(n);
  unsigned dim = getChannelDim(n);
  AffineMap map = maps[n], to = withChannelsLast(map, dim);
  int64_t channels = getChannels(value, map, dim), last = to.getNumResults();
  SmallVector<OpFoldResult> sizes;
  for (int64_t axis = 0; axis < last; ++axis)
    sizes.push_back(tensor::getMixedSize(
        b, loc, value, *axisOf(map, to.getDimPosition(axis))));
  sizes.back() = b.getIndexAttr(pad(channels));
  Type element = getElementType(n);
  Value empty = tensor::EmptyOp::create(b, loc, sizes, element);
  if (n == 3)
    return empty;
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  Value lastChannel = index(channels - 1), count = index(channels);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
  SmallVector<utils::IteratorType> iterators(last,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange) {
    SmallVector<Value> at(last);
    Value channel = linalg::IndexOp::create(b, loc, last - 1);
    for (int64_t axis = 0; axis < last - 1; ++axis)
      at[*axisOf(map, to.getDimPosition(axis))] =
          linalg::IndexOp::create(b, loc, axis);
    bool isPadded = channels % groupSize != 0;
    at[*axisOf(map, dim)] =
        isPadded
            ? arith::MinSIOp::create(b, loc, channel, lastChannel).getResult()
            : channel;
    Value result = tensor::ExtractOp::create(b, loc, value, at);
    if (result.getType() != element)
      result = arith::TruncFOp::create(b, loc, element, result);
    if (isPadded) {
      Value exists = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           channel, count);
      result = arith::SelectOp::create(b, loc, exists, result, zero);
    }
    linalg::YieldOp::create(b, loc, result);
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), ValueRange(), empty,
                                   b.getMultiDimIdentityMap(last), iterators,
                                   body)
      .getResult(0);
}

void OperandCopier::copy(ArrayRef<unsigned> operands) {
  b.setInsertionPoint(op);
  auto copied = cast<AttentionOp>(b.clone(*op));
  b.setInsertionPoint(copied);
  SmallVector<AffineMap> copiedMaps(maps);
  for (unsigned n : operands) {
    Value value = createCopy(n);
    copiedMaps[n] = withChannelsLast(maps[n], getChannelDim(n));
    if (n == 0)
      copied.getQueryMutable().assign(value);
    else if (n == 1)
      copied.getKeysMutable()[0].set(value);
    else if (n == 2)
      copied.getValuesMutable()[0].set(value);
    else
      copied.getOutputsMutable()[0].set(value);
    if (n == 3)
      copied->getResult(0).setType(value.getType());
  }
  copied.setScaleAttr(b.getF64FloatAttr(op.getScaleValue()));
  copied.setIndexingMapsAttr(b.getAffineMapArrayAttr(copiedMaps));
  SmallVector<Value> results(copied.getResults());
  if (llvm::is_contained(operands, 3)) {
    b.setInsertionPointAfter(copied);
    results[0] = copyRows(b, op, 0, results[0], copiedMaps[3]);
  }
  b.replaceOp(op, results);
}

static InFlightDiagnostic
emitRemark(AttentionOp op, ArrayRef<unsigned> operands, StringRef verb) {
  static constexpr StringRef names[] = {"queries", "keys", "values", "result"};
  InFlightDiagnostic remark = op.emitRemark("is slower than it might be: it ");
  remark << verb << " its ";
  llvm::interleaveComma(operands, remark,
                        [&](unsigned n) { remark << names[n]; });
  return remark;
}

namespace {

struct AttnCopyOperandsPass final
    : fovea::attn::impl::AttnCopyOperandsBase<AttnCopyOperandsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (op.getSegments().size() == 1 &&
          cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : ops) {
      OperandCopier copier(op, rewriter);
      SmallVector<unsigned> operands = copier.findRows();
      if (!operands.empty())
        emitRemark(op, operands, "copies")
            << " to rows of channels of a multiple of 8, one after the other "
               "in memory";
      SmallVector<unsigned> rounded = copier.findRounded();
      if (!rounded.empty())
        emitRemark(op, rounded, "rounds")
            << " to " << op.getNumerics()->getOperand()
            << " ahead of the kernel, as its numerics permit";
      operands.append(rounded);
      llvm::sort(operands);
      operands.erase(llvm::unique(operands), operands.end());
      if (operands.empty())
        continue;
      copier.copy(operands);
      ++numCopied;
    }
  }
};

} // namespace
