//===- AppendFactors.cpp - Factors of a bias as more channels -------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNAPPENDFACTORS
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

/// Bits of a number, its hidden one included.
static unsigned bitsOf(Type type) {
  return cast<FloatType>(type).getFPMantissaWidth();
}

/// How many numbers of a type sum up to one of so many bits. Each is what the
/// ones before leave out, rounded, so that there is a bit for its sign.
static unsigned countPieces(unsigned bits, Type type) {
  return llvm::divideCeil(bits, bitsOf(type) + 1);
}

namespace {

/// Makes the factors of one op more channels.
class Appender {
public:
  Appender(ScoreOpInterface op, RewriterBase &b, int64_t multiple, bool round)
      : op(op), loc(op.getLoc()), b(b), maps(op.getIndexingMapsArray()),
        multiple(multiple) {
    if (round)
      numerics = op->getAttrOfType<NumericsAttr>("numerics");
  }

  void append();

private:
  /// The type of a copy of queries or keys.
  Type getElementType(Value operand) {
    Type type = getElementTypeOrSelf(operand.getType());
    return numerics ? numerics.round(type) : type;
  }
  void divideScale();
  SmallVector<std::pair<unsigned, unsigned>> choosePieces();
  Value append(Value operand, AffineMap map, double times, Value factor,
               double factorTimes, ArrayRef<unsigned> pieces);
  Value convert(OpBuilder &b, Value x, Type type);
  Value multiply(OpBuilder &b, Value x, double times);
  Value createPiece(OpBuilder &b, Value factor, unsigned axis, double times,
                    Type type, ArrayRef<unsigned> pieces, bool isPadded);

  ScoreOpInterface op;
  Location loc;
  RewriterBase &b;
  SmallVector<AffineMap> maps;
  int64_t multiple;
  NumericsAttr numerics; // Null if nothing is rounded.
  /// The scale of the new op, and what queries and their factors are multiplied
  /// by.
  double scale = 1, queryTimes = 1, factorTimes = 1;
};

} // namespace

/// Queries take the power of two of a scale below 1, which rounds nothing, and
/// factors are divided by the rest, from 1 on: they become no larger.
void Appender::divideScale() {
  scale = op.getScaleValue();
  if (scale == 0) {
    queryTimes = 0;
    scale = 1;
    return;
  }
  if (std::abs(scale) < 1)
    queryTimes = std::ldexp(1.0, std::ilogb(scale));
  scale /= queryTimes;
  factorTimes = 1 / scale;
}

/// For each channel of a product of factors: which piece of the row's factor
/// times which of the column's. Those below the precision of f32 are left out.
SmallVector<std::pair<unsigned, unsigned>> Appender::choosePieces() {
  constexpr unsigned all = 24; // The bits of f32.
  auto bitsOfFactor = [](Value factor) {
    return bitsOf(getElementTypeOrSelf(factor.getType()));
  };
  Type query = getElementType(op.getQuery());
  unsigned rows = countPieces(
      factorTimes == 1 ? bitsOfFactor(op.getQueryFactors()) : all, query);
  unsigned columns = 1, most = countPieces(all, query);
  for (auto [operand, factor] : llvm::zip(op.getKeys(), op.getKeyFactors())) {
    Type key = getElementType(operand);
    columns = std::max(columns, countPieces(bitsOfFactor(factor), key));
    most = std::max(most, countPieces(all, key));
  }
  SmallVector<std::pair<unsigned, unsigned>> chosen;
  for (unsigned row = 0; row < rows; ++row)
    for (unsigned column = 0; column < columns && row + column < most; ++column)
      chosen.push_back({row, column});
  return chosen;
}

Value Appender::convert(OpBuilder &b, Value x, Type type) {
  if (x.getType() == type)
    return x;
  if (x.getType().isF32())
    return arith::TruncFOp::create(b, loc, type, x);
  x = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
  return convert(b, x, type);
}

Value Appender::multiply(OpBuilder &b, Value x, double times) {
  if (times == 1)
    return x;
  Value constant = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(times));
  return arith::MulFOp::create(b, loc, convert(b, x, b.getF32Type()), constant);
}

/// Of the factor at the indices of a loop, whose channels are the first of
/// `pieces` of all products, then the second, and so on; zeros follow.
Value Appender::createPiece(OpBuilder &b, Value factor, unsigned axis,
                            double times, Type type, ArrayRef<unsigned> pieces,
                            bool isPadded) {
  auto factorType = cast<RankedTensorType>(factor.getType());
  int64_t rank = factorType.getDimSize(axis);
  auto constant = [&](int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  SmallVector<Value> at;
  for (unsigned n = 0; n < factorType.getRank(); ++n)
    if (factorType.getDimSize(n) == 1)
      at.push_back(constant(0));
    else
      at.push_back(linalg::IndexOp::create(b, loc, n));
  Value channel = linalg::IndexOp::create(b, loc, axis);
  if (rank > 1)
    at[axis] = arith::RemUIOp::create(b, loc, channel, constant(rank));
  Value rest =
      multiply(b, tensor::ExtractOp::create(b, loc, factor, at), times);

  SmallVector<Value> values = {convert(b, rest, type)};
  for (unsigned n = 0; n < *llvm::max_element(pieces); ++n) {
    rest = convert(b, rest, b.getF32Type());
    rest = arith::SubFOp::create(b, loc, rest,
                                 convert(b, values.back(), b.getF32Type()));
    values.push_back(convert(b, rest, type));
  }
  Value result = isPadded
                     ? arith::ConstantOp::create(b, loc, b.getZeroAttr(type))
                     : values[pieces.back()];
  for (int64_t n = pieces.size() - (isPadded ? 0 : 1); n > 0; --n) {
    Value isBefore = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                           channel, constant(n * rank));
    result = arith::SelectOp::create(b, loc, isBefore, values[pieces[n - 1]],
                                     result);
  }
  return result;
}

/// The operand, times a number, with pieces of the factor behind its channels
/// and zeros behind these.
Value Appender::append(Value operand, AffineMap map, double times, Value factor,
                       double factorTimes, ArrayRef<unsigned> pieces) {
  unsigned axis = *axisOf(map, dimD);
  auto type = cast<RankedTensorType>(operand.getType());
  int64_t channels = type.getDimSize(axis);
  int64_t used =
      channels + cast<RankedTensorType>(factor.getType()).getDimSize(axis) *
                     static_cast<int64_t>(pieces.size());
  int64_t all = llvm::alignTo(used, multiple);
  Type element = getElementType(operand);

  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, operand);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  sizes[axis] = b.getIndexAttr(all);
  Value whole = tensor::EmptyOp::create(b, loc, sizes, element);
  // A slice of nothing would begin beyond its end.
  if (llvm::is_contained(type.getShape(), 0))
    return whole;
  SmallVector<utils::IteratorType> loops(sizes.size(),
                                         utils::IteratorType::parallel);
  // Each part is computed where it lies.
  auto write = [&](int64_t first, int64_t count, ValueRange inputs,
                   function_ref<Value(OpBuilder &, ValueRange)> compute) {
    offsets[axis] = b.getIndexAttr(first);
    sizes[axis] = b.getIndexAttr(count);
    Value part =
        tensor::ExtractSliceOp::create(b, loc, whole, offsets, sizes, strides);
    SmallVector<AffineMap> maps(inputs.size() + 1,
                                b.getMultiDimIdentityMap(sizes.size()));
    part = linalg::GenericOp::create(
               b, loc, part.getType(), inputs, part, maps, loops,
               [&](OpBuilder &b, Location, ValueRange arguments) {
                 linalg::YieldOp::create(b, loc, compute(b, arguments));
               })
               .getResult(0);
    whole = tensor::InsertSliceOp::create(b, loc, part, whole, offsets, sizes,
                                          strides);
  };
  write(0, channels, operand, [&](OpBuilder &b, ValueRange arguments) {
    return convert(b, multiply(b, arguments[0], times), element);
  });
  write(channels, all - channels, {}, [&](OpBuilder &b, ValueRange) {
    return createPiece(b, factor, axis, factorTimes, element, pieces,
                       /*isPadded=*/used < all);
  });
  return whole;
}

void Appender::append() {
  b.setInsertionPoint(op);
  divideScale();
  SmallVector<unsigned> rows, columns;
  for (auto [row, column] : choosePieces()) {
    rows.push_back(row);
    columns.push_back(column);
  }
  Value query = append(op.getQuery(), maps[0], queryTimes, op.getQueryFactors(),
                       factorTimes, rows);
  SmallVector<Value> keys;
  for (auto [key, factor] : llvm::zip(op.getKeys(), op.getKeyFactors()))
    keys.push_back(append(key, maps[1], 1, factor, 1, columns));
  b.modifyOpInPlace(op, [&] {
    op.getQueryMutable().set(query);
    op.getKeysMutable().assign(keys);
    op.getQueryFactorsMutable().clear();
    op.getKeyFactorsMutable().clear();
    op->setAttr("scale", b.getF64FloatAttr(scale));
  });
}

namespace {

struct AttnAppendFactorsPass final
    : fovea::attn::impl::AttnAppendFactorsBase<AttnAppendFactorsPass> {
  using Base::Base;

  void runOnOperation() override {
    if (multiple < 1) {
      getOperation()->emitError(
          "attn-append-factors: multiple is at least 1, got ")
          << multiple.getValue();
      return signalPassFailure();
    }
    SmallVector<ScoreOpInterface> ops;
    getOperation()->walk([&](ScoreOpInterface op) {
      if (op.getQueryFactors() && op.getAccumulatorType().isF32() &&
          cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (ScoreOpInterface op : ops) {
      Appender(op, rewriter, multiple, round).append();
      ++numAppended;
    }
  }
};

} // namespace
