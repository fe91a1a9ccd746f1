//===- AttnDecompose.cpp - The meaning, in linalg -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The decomposition is written to be read, not to be fast: scores are formed
// for all pairs, in the accumulator's type.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "fovea/Dialect/Attn/IR/AttnOrder.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Emits the pieces that attention and score reductions share.
class Decomposer {
public:
  Decomposer(OpBuilder &builder, ScoreOpInterface op, Value output)
      : b(builder), op(op), loc(op.getLoc()), context(op.getContext()),
        acc(op.getAccumulatorType()), maps(op.getIndexingMapsArray()) {
    extents[0] = extentOf(op.getQuery(), maps[0], 0);
    extents[1] = extentOf(op.getQuery(), maps[0], 1);
    extents[2] = extentOf(op.getQuery(), maps[0], 2);
    extents[3] = extentOf(op.getKeys()[0], maps[1], 3);
    Value heads = getValueOrCreateConstantIndexOp(b, loc, extents[1]);
    Value keyHeads = getValueOrCreateConstantIndexOp(
        b, loc, extentOf(op.getKeys()[0], maps[1], 1));
    group = arith::DivUIOp::create(b, loc, heads, keyHeads);
    if (!op.getLengths().empty())
      length = op.getLengths().front();
  }

  /// Size of the dimension of `value` that `map` gives for `dim`.
  OpFoldResult extentOf(Value value, AffineMap map, unsigned dim) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) == dim)
        return tensor::getMixedSize(b, loc, value, axis);
    return b.getIndexAttr(1);
  }

  Value number(double value) {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(acc, value));
  }
  Value negativeInfinity(OpBuilder &b) {
    return arith::ConstantOp::create(
        b, loc,
        b.getFloatAttr(acc, APFloat::getInf(acc.getFloatSemantics(), true)));
  }

  /// Converts between floating-point types.
  Value convert(OpBuilder &b, Value value, Type type) {
    auto from = cast<FloatType>(value.getType()), to = cast<FloatType>(type);
    if (from == to)
      return value;
    if (from.getWidth() < to.getWidth())
      return arith::ExtFOp::create(b, loc, to, value);
    if (from.getWidth() > to.getWidth())
      return arith::TruncFOp::create(b, loc, to, value);
    value = arith::ExtFOp::create(b, loc, b.getF32Type(), value);
    return arith::TruncFOp::create(b, loc, to, value);
  }

  /// Whether all share a factor along an axis, whatever `operand` has there.
  static bool isShared(Value factor, Value operand, unsigned axis) {
    return cast<ShapedType>(factor.getType()).getDimSize(axis) == 1 &&
           cast<ShapedType>(operand.getType()).getDimSize(axis) != 1;
  }

  /// Reads `operand`, keys or values, at the coordinates (b, h, -, j, d, e), or
  /// a factor that has its dimensions.
  Value readKeyed(OpBuilder &b, Value tensor, Value operand, AffineMap map,
                  ArrayRef<Value> coordinates) {
    SmallVector<Value> indices;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      Value index = coordinates[map.getDimPosition(axis)];
      if (isShared(tensor, operand, axis))
        index = arith::ConstantIndexOp::create(b, loc, 0);
      else if (map.getDimPosition(axis) == 1)
        index = arith::DivUIOp::create(b, loc, index, group);
      indices.push_back(index);
    }
    Value element = tensor::ExtractOp::create(b, loc, tensor, indices);
    return convert(b, element, acc);
  }

  /// A tensor of the accumulator's type over some of (b, h, i, j), filled.
  Value filled(ArrayRef<OpFoldResult> sizes, Value value) {
    Value empty = tensor::EmptyOp::create(b, loc, sizes, acc);
    return linalg::FillOp::create(b, loc, value, empty).getResult(0);
  }

  /// linalg.generic over `maps`, parallel but in the dimensions `reduced`.
  SmallVector<Value>
  generic(ValueRange inputs, ValueRange outputs, ArrayRef<AffineMap> maps,
          ArrayRef<unsigned> reduced,
          function_ref<SmallVector<Value>(OpBuilder &, ValueRange)> body) {
    SmallVector<utils::IteratorType> iterators(maps[0].getNumDims(),
                                               utils::IteratorType::parallel);
    for (unsigned dim : reduced)
      iterators[dim] = utils::IteratorType::reduction;
    auto op = linalg::GenericOp::create(
        b, loc, TypeRange(outputs), inputs, outputs, maps, iterators,
        [&](OpBuilder &nested, Location, ValueRange arguments) {
          linalg::YieldOp::create(nested, loc, body(nested, arguments));
        });
    return llvm::to_vector_of<Value>(op.getResults());
  }

  AffineMap select(unsigned dims, ArrayRef<unsigned> targets) {
    return AffineMap::getMultiDimMapWithTargets(dims, targets, context);
  }

  Value index(OpBuilder &b, unsigned dim) {
    return linalg::IndexOp::create(b, loc, dim);
  }

  /// Whether key j exists in sequence b.
  Value exists(OpBuilder &b, Value sequence, Value key) {
    Value n = tensor::ExtractOp::create(b, loc, length, sequence);
    if (!n.getType().isIndex())
      n = arith::IndexCastOp::create(b, loc, b.getIndexType(), n);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, key, n);
  }

  /// The products of rows and columns for all pairs, as a tensor over
  /// (b, h, i, j): of queries and keys, or of factors. A row or column of size
  /// 1 is that of all.
  Value products(Value rows, Value columns) {
    Value zeros = filled(extents, number(0));
    SmallVector<AffineExpr> at;
    for (unsigned axis = 0; axis < maps[0].getNumResults(); ++axis) {
      unsigned n = maps[0].getDimPosition(axis);
      at.push_back(n != dimD && isShared(rows, op.getQuery(), axis)
                       ? getAffineConstantExpr(0, context)
                       : dim(n));
    }
    return generic(
        rows, zeros,
        {AffineMap::get(5, 0, at, context), select(5, {0, 1, 2, 3})}, {4},
        [&](OpBuilder &b, ValueRange arguments) -> SmallVector<Value> {
          SmallVector<Value> at;
          for (unsigned n = 0; n < 5; ++n)
            at.push_back(index(b, n));
          Value k = readKeyed(b, columns, op.getKeys()[0], maps[1], at);
          Value q = convert(b, arguments[0], acc);
          Value product = arith::MulFOp::create(b, loc, q, k);
          return {arith::AddFOp::create(b, loc, arguments[1], product)};
        })[0];
  }

  /// s' for all pairs; -inf where the mask is false or no key exists.
  Value scores() {
    SmallVector<Value> inputs = {products(op.getQuery(), op.getKeys()[0])};
    if (Value factors = op.getQueryFactors())
      inputs.push_back(products(factors, op.getKeyFactors()[0]));
    Value empty = tensor::EmptyOp::create(b, loc, extents, acc);
    AffineMap identity = b.getMultiDimIdentityMap(4);
    SmallVector<AffineMap> pairs(inputs.size() + 1, identity);
    return generic(
        inputs, empty, pairs, {},
        [&](OpBuilder &b, ValueRange arguments) -> SmallVector<Value> {
          SmallVector<Value> local, at;
          for (unsigned n = 0; n < 4; ++n)
            local.push_back(index(b, n));
          for (unsigned n = 0; n < 4; ++n)
            at.push_back(
                op.getOrigin().empty()
                    ? local[n]
                    : arith::AddIOp::create(b, loc, local[n], op.getOrigin()[n])
                          .getResult());
          if (!op.getStarts().empty())
            at[3] = arith::AddIOp::create(b, loc, at[3], op.getStarts()[0]);
          Value scale = arith::ConstantOp::create(
              b, loc, b.getFloatAttr(acc, op.getScaleValue()));
          Value s = arith::MulFOp::create(b, loc, arguments[0], scale);
          if (inputs.size() > 1)
            s = arith::AddFOp::create(b, loc, s, arguments[1]);
          if (!op.getScore().empty())
            s = inlined(b, op.getScore(), s, at, op.getScoreCaptures());
          Value keep;
          if (!op.getMask().empty())
            keep = inlined(b, op.getMask(), {}, at, op.getMaskCaptures());
          if (length) {
            Value real = exists(b, local[0], local[3]);
            keep = keep ? arith::AndIOp::create(b, loc, keep, real).getResult()
                        : real;
          }
          if (keep)
            s = arith::SelectOp::create(b, loc, keep, s, negativeInfinity(b));
          return {s};
        })[0];
  }

  Value inlined(OpBuilder &b, Region &region, Value score, ArrayRef<Value> at,
                ValueRange captures) {
    SmallVector<Value> arguments;
    if (score)
      arguments.push_back(score);
    llvm::append_range(arguments, at);
    llvm::append_range(arguments, captures);
    return inlineRegion(b, region, arguments, createSafeExtract);
  }

  AffineExpr dim(unsigned n) { return getAffineDimExpr(n, context); }

  OpBuilder &b;
  ScoreOpInterface op;
  Location loc;
  MLIRContext *context;
  FloatType acc;
  SmallVector<AffineMap> maps;
  OpFoldResult extents[4];
  Value group, length;
};

} // namespace

/// What the decomposition does not cover, said where it is met.
static LogicalResult checkDecomposable(ScoreOpInterface op) {
  auto destination = cast<DestinationStyleOpInterface>(*op);
  if (!destination.hasPureTensorSemantics())
    return op->emitOpError("is decomposed on tensors, before bufferization");
  if (op.getWalkAttr())
    return op->emitOpError("with a walk in closed form has no decomposition; "
                           "run -attn-walk-to-mask first");
  if (op.getWalkRows())
    return op->emitOpError("with a walk has no decomposition yet");
  if (op.getSegments().size() != 1)
    return op->emitOpError("with several segments has no decomposition yet");
  SegmentKind kind = cast<SegmentAttr>(op.getSegments()[0]).getKind();
  if (kind != SegmentKind::dense)
    return op->emitOpError("with a ")
           << stringifySegmentKind(kind) << " segment has no decomposition yet";
  if (op.getSegments().size() == 1 &&
      cast<SegmentAttr>(op.getSegments()[0]).getHasOffsets())
    return op->emitOpError("with packed queries has no decomposition yet");
  return success();
}

static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, AttentionOp op) {
  if (failed(checkDecomposable(op)))
    return failure();
  Decomposer d(b, op, op.getOutput());
  Location loc = op.getLoc();
  Value s = d.scores();
  AffineMap pairs = b.getMultiDimIdentityMap(4), rows = d.select(4, {0, 1, 2});
  ArrayRef<OpFoldResult> rowSizes = ArrayRef(d.extents).take_front(3);

  // The row maximum, with the sink among the logits; 0 where it is -inf.
  Value start = d.filled(rowSizes, d.negativeInfinity(b));
  Value m = d.generic(s, start, {pairs, rows}, {3},
                      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
                        return {arith::MaxNumFOp::create(b, loc, a[0], a[1])};
                      })[0];
  AffineMap row = b.getMultiDimIdentityMap(3), head = d.select(3, {1});
  SmallVector<Value> sinks(op.getSinks() ? 1 : 0, op.getSinks());
  SmallVector<AffineMap> sinkMaps(sinks.size(), head);
  SmallVector<AffineMap> guardMaps = {row};
  llvm::append_range(guardMaps, sinkMaps);
  guardMaps.push_back(row);
  SmallVector<Value> guardInputs = {m};
  llvm::append_range(guardInputs, sinks);
  m = d.generic(
      guardInputs, tensor::EmptyOp::create(b, loc, rowSizes, d.acc).getResult(),
      guardMaps, {}, [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
        Value top = a[0];
        if (!sinks.empty())
          top =
              arith::MaxNumFOp::create(b, loc, top, d.convert(b, a[1], d.acc));
        Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                           top, d.negativeInfinity(b));
        Value zero =
            arith::ConstantOp::create(b, loc, b.getFloatAttr(d.acc, 0));
        return {arith::SelectOp::create(b, loc, none, zero, top)};
      })[0];

  // Weights and their sum.
  Value p = d.generic(
      {s, m}, tensor::EmptyOp::create(b, loc, d.extents, d.acc).getResult(),
      {pairs, rows, pairs}, {},
      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
        Value x = arith::SubFOp::create(b, loc, a[0], a[1]);
        return {math::ExpOp::create(b, loc, x)};
      })[0];
  Value l0 = d.filled(rowSizes, d.number(0));
  if (!sinks.empty())
    l0 = d.generic({m, sinks[0]}, l0, {row, head, row}, {},
                   [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
                     Value x = arith::SubFOp::create(
                         b, loc, d.convert(b, a[1], d.acc), a[0]);
                     return {math::ExpOp::create(b, loc, x)};
                   })[0];
  Value l = d.generic(p, l0, {pairs, rows}, {3},
                      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
                        return {arith::AddFOp::create(b, loc, a[1], a[0])};
                      })[0];

  // The weighted sum of the values, over (b, h, i, j, e). A key that does not
  // exist adds nothing, whatever its value holds.
  SmallVector<OpFoldResult> sumSizes(rowSizes);
  sumSizes.push_back(d.extentOf(op.getValues()[0], d.maps[2], 5));
  Value sum = d.generic(
      p, d.filled(sumSizes, d.number(0)),
      {d.select(5, {0, 1, 2, 3}), d.select(5, {0, 1, 2, 4})}, {3},
      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
        SmallVector<Value> at;
        for (unsigned n : {0, 1, 2, 3, 4, 4})
          at.push_back(d.index(b, n));
        Value values = op.getValues()[0];
        Value v = d.readKeyed(b, values, values, d.maps[2], at);
        Value weight = a[0];
        if (op.getNumerics() && op.getNumerics()->getProbability()) {
          weight = d.convert(b, weight, op.getNumerics()->getProbability());
          weight = d.convert(b, weight, d.acc);
        }
        Value term = arith::MulFOp::create(b, loc, weight, v);
        Value added = arith::AddFOp::create(b, loc, a[1], term);
        if (d.length)
          added = arith::SelectOp::create(b, loc, d.exists(b, at[0], at[3]),
                                          added, a[1]);
        return {added};
      })[0];

  // Division by the sum of the weights; a row without weight gives 0.
  AffineMap output = d.maps[3].replaceDimsAndSymbols(
      {d.dim(0), d.dim(1), d.dim(2), d.dim(3), d.dim(3), d.dim(3)}, {}, 4, 0);
  Type element = getElementTypeOrSelf(op.getOutput().getType());
  SmallVector<Value> results = d.generic(
      {sum, l}, op.getOutput(), {pairs, rows, output}, {},
      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
        Value zero =
            arith::ConstantOp::create(b, loc, b.getFloatAttr(d.acc, 0));
        Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                           a[1], zero);
        Value mean = arith::DivFOp::create(b, loc, a[0], a[1]);
        mean = arith::SelectOp::create(b, loc, none, zero, mean);
        return {d.convert(b, mean, element)};
      });
  if (Value lse = op.getLse()) {
    AffineMap map = d.maps[4].replaceDimsAndSymbols(
        {d.dim(0), d.dim(1), d.dim(2), d.dim(0), d.dim(0), d.dim(0)}, {}, 3, 0);
    results.push_back(
        d.generic({m, l}, lse, {row, row, map}, {},
                  [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
                    Value x = math::LogOp::create(b, loc, a[1]);
                    x = arith::AddFOp::create(b, loc, a[0], x);
                    return {d.convert(b, x, b.getF32Type())};
                  })[0]);
  }
  return results;
}

static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, ScoreReduceOp op) {
  if (failed(checkDecomposable(op)))
    return failure();
  Decomposer d(b, op, op.getOutput());
  Location loc = op.getLoc();
  Value s = d.scores();
  auto drop = [&](AffineMap map) {
    return map.replaceDimsAndSymbols(
        {d.dim(0), d.dim(1), d.dim(2), d.dim(3), d.dim(0), d.dim(0)}, {}, 4, 0);
  };
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  Value start =
      linalg::FillOp::create(b, loc, zero, op.getOutput()).getResult(0);
  return d.generic(
      {s, op.getLse()}, start,
      {b.getMultiDimIdentityMap(4), drop(d.maps[3]), drop(d.maps[2])}, {2},
      [&](OpBuilder &b, ValueRange a) -> SmallVector<Value> {
        Value lse = d.convert(b, a[1], d.acc);
        Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                           lse, d.negativeInfinity(b));
        Value p = arith::SubFOp::create(b, loc, a[0], lse);
        p = math::ExpOp::create(b, loc, p);
        p = d.convert(b, p, b.getF32Type());
        Value added = arith::AddFOp::create(b, loc, a[2], p);
        return {arith::SelectOp::create(b, loc, none, a[2], added)};
      });
}

/// exp(lse_n - lse) * o_n, summed, with the largest lse taken out first.
static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, MergeOp op) {
  if (!cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
    return op->emitOpError("is decomposed on tensors, before bufferization");
  Location loc = op.getLoc();
  Value output = op.getOutputs()[0];
  int64_t rank = cast<ShapedType>(output.getType()).getRank();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap rows = identity.getMajorSubMap(rank - 1);
  size_t count = op.getParts().size();
  Type f32 = b.getF32Type();

  // The body's arguments: parts if wanted, lses, the output. Gives the weights
  // exp(lse_n - max), the sum of them, and the maximum.
  auto weights = [&](OpBuilder &b, ValueRange lses, SmallVector<Value> &weight,
                     Value &sum, Value &top) {
    Value infinity = arith::ConstantOp::create(
        b, loc,
        b.getFloatAttr(f32, APFloat::getInf(APFloat::IEEEsingle(), true)));
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    top = infinity;
    for (Value lse : lses)
      top = arith::MaxNumFOp::create(b, loc, top, lse);
    Value none =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, top, infinity);
    top = arith::SelectOp::create(b, loc, none, zero, top);
    sum = zero;
    for (Value lse : lses) {
      Value x = arith::SubFOp::create(b, loc, lse, top);
      weight.push_back(math::ExpOp::create(b, loc, x));
      sum = arith::AddFOp::create(b, loc, sum, weight.back());
    }
  };
  auto convert = [&](OpBuilder &b, Value value, Type type) -> Value {
    unsigned from = value.getType().getIntOrFloatBitWidth();
    unsigned to = type.getIntOrFloatBitWidth();
    if (from == to)
      return value;
    return from < to ? arith::ExtFOp::create(b, loc, type, value).getResult()
                     : arith::TruncFOp::create(b, loc, type, value);
  };
  auto iterators = [](int64_t n) {
    return SmallVector<utils::IteratorType>(n, utils::IteratorType::parallel);
  };

  SmallVector<Value> inputs(op.getParts());
  llvm::append_range(inputs, op.getLses());
  SmallVector<AffineMap> maps(count, identity);
  maps.append(count, rows);
  maps.push_back(identity);
  auto merged = linalg::GenericOp::create(
      b, loc, output.getType(), inputs, output, maps, iterators(rank),
      [&](OpBuilder &b, Location, ValueRange a) {
        SmallVector<Value> weight;
        Value sum, top;
        weights(b, a.slice(count, count), weight, sum, top);
        Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
        Value total = zero;
        for (size_t n = 0; n < count; ++n) {
          Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                             weight[n], zero);
          Value term =
              arith::MulFOp::create(b, loc, weight[n], convert(b, a[n], f32));
          term = arith::SelectOp::create(b, loc, none, zero, term);
          total = arith::AddFOp::create(b, loc, total, term);
        }
        Value none =
            arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sum, zero);
        Value mean = arith::DivFOp::create(b, loc, total, sum);
        mean = arith::SelectOp::create(b, loc, none, zero, mean);
        linalg::YieldOp::create(
            b, loc, convert(b, mean, getElementTypeOrSelf(output.getType())));
      });
  SmallVector<Value> results = {merged.getResult(0)};
  if (op.getOutputs().size() == 2) {
    Value lse = op.getOutputs()[1];
    SmallVector<AffineMap> lseMaps(count + 1,
                                   b.getMultiDimIdentityMap(rank - 1));
    auto total = linalg::GenericOp::create(
        b, loc, lse.getType(), op.getLses(), lse, lseMaps, iterators(rank - 1),
        [&](OpBuilder &b, Location, ValueRange a) {
          SmallVector<Value> weight;
          Value sum, top;
          weights(b, a.take_front(count), weight, sum, top);
          Value x = math::LogOp::create(b, loc, sum);
          linalg::YieldOp::create(
              b, loc, arith::AddFOp::create(b, loc, top, x).getResult());
        });
    results.push_back(total.getResult(0));
  }
  return results;
}

/// Each element of the output from the token or place that belongs to its own.
static FailureOr<SmallVector<Value>> decompose(OpBuilder &b, ReorderOp op) {
  if (!cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
    return op->emitOpError("is decomposed on tensors, before bufferization");
  Location loc = op.getLoc();
  Value input = op.getInput(), output = op.getOutput();
  auto type = cast<RankedTensorType>(output.getType());
  unsigned axis = op.getTokenAxis();
  Value places = op.getPermutation();
  if (places && op.getInverse())
    places = createInverse(b, loc, places, /*none=*/0);
  std::optional<TokenOrder> order;
  if (OrderAttr attribute = op.getOrderAttr()) {
    int64_t tokens =
        cast<ShapedType>((op.getInverse() ? output : input).getType())
            .getDimSize(axis);
    if (ShapedType::isDynamic(tokens))
      tokens = *TokenOrder::getNumTokens(attribute);
    order = TokenOrder::get(attribute, op.getKeys(), tokens);
  }
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto moved = linalg::GenericOp::create(
      b, loc, type, ValueRange{}, output,
      b.getMultiDimIdentityMap(type.getRank()), iterators,
      [&](OpBuilder &b, Location, ValueRange) {
        SmallVector<Value> at;
        for (int64_t dim = 0; dim < type.getRank(); ++dim)
          at.push_back(linalg::IndexOp::create(b, loc, dim));
        Value exists;
        if (!order) {
          SmallVector<Value> key = llvm::map_to_vector(
              op.getAxes(), [&](int64_t dim) { return at[dim]; });
          at[axis] = tensor::ExtractOp::create(b, loc, places, key);
          if (!at[axis].getType().isIndex())
            at[axis] =
                arith::IndexCastOp::create(b, loc, b.getIndexType(), at[axis]);
          // Only a token's number comes from data.
          at[axis] = createSafeIndex(
              b, loc, at[axis], tensor::DimOp::create(b, loc, input, axis));
        } else if (op.getInverse()) {
          at[axis] = emitPlace(b, loc, *order, at[axis]);
        } else {
          PlaceCoordinates place = emitCoordinates(b, loc, *order, at[axis]);
          at[axis] = place.token;
          exists = place.exists;
        }
        if (exists)
          at[axis] = arith::SelectOp::create(
              b, loc, exists, at[axis],
              arith::ConstantIndexOp::create(b, loc, 0));
        Value element = tensor::ExtractOp::create(b, loc, input, at);
        if (exists)
          element = arith::SelectOp::create(
              b, loc, exists, element,
              arith::ConstantOp::create(b, loc,
                                        b.getZeroAttr(type.getElementType())));
        linalg::YieldOp::create(b, loc, element);
      });
  return SmallVector<Value>{moved.getResult(0)};
}

namespace {

template <typename OpTy>
struct Aggregated
    : linalg::AggregatedOpInterface::ExternalModel<Aggregated<OpTy>, OpTy> {
  FailureOr<SmallVector<Value>> decomposeOperation(Operation *op,
                                                   OpBuilder &builder) const {
    return decompose(builder, cast<OpTy>(op));
  }
};

} // namespace

void fovea::attn::registerAggregatedOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    AttentionOp::attachInterface<Aggregated<AttentionOp>>(*context);
    ScoreReduceOp::attachInterface<Aggregated<ScoreReduceOp>>(*context);
    MergeOp::attachInterface<Aggregated<MergeOp>>(*context);
    ReorderOp::attachInterface<Aggregated<ReorderOp>>(*context);
  });
}
