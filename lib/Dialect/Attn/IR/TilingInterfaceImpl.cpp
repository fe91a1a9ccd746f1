//===- TilingInterfaceImpl.cpp - Tiles of attention and of merges ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loops of an attention are (b, h, i, j, e); j, the keys, is a reduction.
// A tile is an attention on slices whose origin is moved by the tile's offsets.
// The keys are split as a partial reduction only: each part gives (o, lse), and
// attn.merge combines the parts. What cannot be tiled is left as it is, with a
// remark that says why.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include <numeric>

using namespace mlir;
using namespace fovea::attn;

/// The loops, and the dimension of (b, h, i, j, d, e) that each runs over.
enum Loop : unsigned { loopB, loopH, loopI, loopJ, loopE, numLoops };
static constexpr unsigned dimOfLoop[] = {0, 1, 2, 3, 5};

using Extents = SmallVector<OpFoldResult>;

//===----------------------------------------------------------------------===//
// Divisors of offsets and sizes
//===----------------------------------------------------------------------===//

static uint64_t knownDivisor(OpFoldResult value);

/// The same for an expression of `operands`, dimensions first.
static uint64_t knownDivisor(AffineExpr expr, unsigned dims,
                             ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return knownDivisor(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return knownDivisor(operands[dims + symbol.getPosition()]);
  auto binary = cast<AffineBinaryOpExpr>(expr);
  uint64_t lhs = knownDivisor(binary.getLHS(), dims, operands);
  uint64_t rhs = knownDivisor(binary.getRHS(), dims, operands);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return std::gcd(lhs, rhs);
  case AffineExprKind::Mul: {
    bool overflow = false;
    uint64_t product = llvm::SaturatingMultiply(lhs, rhs, &overflow);
    return overflow ? std::max(lhs, rhs) : product;
  }
  case AffineExprKind::Mod:
    return isa<AffineConstantExpr>(binary.getRHS()) ? std::gcd(lhs, rhs) : 1;
  default: // floordiv and ceildiv
    if (isa<AffineConstantExpr>(binary.getRHS()) && rhs != 0 && lhs % rhs == 0)
      return lhs / rhs;
    return 1;
  }
}

/// A number that divides `value` for certain; 0 when the value is 0.
static uint64_t knownDivisor(OpFoldResult value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return std::abs(*constant);
  auto v = cast<Value>(value);
  if (auto apply = v.getDefiningOp<affine::AffineApplyOp>())
    return knownDivisor(apply.getAffineMap().getResult(0),
                        apply.getAffineMap().getNumDims(),
                        apply.getMapOperands());
  auto ofResults = [](AffineMap map, ValueRange operands) {
    uint64_t divisor = 0;
    for (AffineExpr result : map.getResults())
      divisor =
          std::gcd(divisor, knownDivisor(result, map.getNumDims(), operands));
    return divisor;
  };
  if (auto min = v.getDefiningOp<affine::AffineMinOp>())
    return ofResults(min.getMap(), min.getOperands());
  if (auto max = v.getDefiningOp<affine::AffineMaxOp>())
    return ofResults(max.getMap(), max.getOperands());
  if (auto loop = scf::getForInductionVarOwner(v))
    return std::gcd(knownDivisor(loop.getLowerBound()),
                    knownDivisor(loop.getStep()));
  if (auto loop = scf::getForallOpThreadIndexOwner(v)) {
    unsigned n = cast<BlockArgument>(v).getArgNumber();
    return std::gcd(knownDivisor(loop.getMixedLowerBound()[n]),
                    knownDivisor(loop.getMixedStep()[n]));
  }
  return 1;
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

static OpFoldResult mixedSize(OpBuilder &b, Location loc, Value value,
                              int64_t axis) {
  if (isa<TensorType>(value.getType()))
    return tensor::getMixedSize(b, loc, value, axis);
  return memref::getMixedSize(b, loc, value, axis);
}

/// The slice of a tensor or a memref, with unit strides.
static Value slice(OpBuilder &b, Location loc, Value value,
                   ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                   SmallVectorImpl<Operation *> &slices) {
  SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
  Operation *op;
  if (isa<TensorType>(value.getType()))
    op = tensor::ExtractSliceOp::create(b, loc, value, offsets, sizes, strides);
  else
    op = memref::SubViewOp::create(b, loc, value, offsets, sizes, strides);
  slices.push_back(op);
  return op->getResult(0);
}

/// Part `index` of a tensor of parts, without the dimension of the parts.
static Value partOf(OpBuilder &b, Location loc, Value parts, OpFoldResult index,
                    ArrayRef<OpFoldResult> offsets,
                    ArrayRef<OpFoldResult> sizes,
                    SmallVectorImpl<Operation *> &slices) {
  SmallVector<OpFoldResult> at = {index}, extent = {b.getIndexAttr(1)};
  llvm::append_range(at, offsets);
  llvm::append_range(extent, sizes);
  SmallVector<OpFoldResult> strides(at.size(), b.getIndexAttr(1));
  auto type = cast<RankedTensorType>(parts.getType());
  auto sliced = RankedTensorType::get(
      decomposeMixedValues(SmallVector<OpFoldResult>(sizes)).first,
      type.getElementType());
  auto op = tensor::ExtractSliceOp::create(b, loc, sliced, parts, at, extent,
                                           strides);
  slices.push_back(op);
  return op;
}

/// What `map` picks out of values given for each dimension.
static Extents pick(AffineMap map, ArrayRef<OpFoldResult> values) {
  Extents picked;
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    picked.push_back(values[map.getDimPosition(axis)]);
  return picked;
}

/// Starts the remark that says why an op is left as it is. The op may be a
/// copy without users, so it is not printed.
static InFlightDiagnostic notDone(Operation *op, const Twine &what) {
  return emitRemark(op->getLoc())
         << '\'' << op->getName() << "' op is not " << what << ": ";
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

namespace {

/// One tile of an attention: the box (offsets, sizes) of its loops.
class Tile {
public:
  Tile(AttentionOp op, ArrayRef<OpFoldResult> offsets,
       ArrayRef<OpFoldResult> sizes)
      : op(op), maps(op.getIndexingMapsArray()), offsets(offsets),
        sizes(sizes) {}

  /// Says in a remark why there is no such tile. `splitKeys`: the tile may
  /// hold a part of the keys.
  LogicalResult check(bool splitKeys) {
    if (op.getSegments().size() != 1)
      return refuse("it has several segments of keys; split them into one "
                    "attention each and combine these with attn.merge");
    SegmentKind kind = cast<SegmentAttr>(op.getSegments()[0]).getKind();
    if (kind != SegmentKind::dense)
      return refuse("its keys are ")
             << stringifySegmentKind(kind) << "; only dense keys are tiled";
    if (cast<SegmentAttr>(op.getSegments()[0]).getHasOffsets())
      return refuse("its queries are packed");
    if (op.getWalkRows())
      return refuse("it has a walk, which counts tiles from its first query "
                    "and key; tile first, and make walks for the tiles");
    if (!splitKeys && !isWhole(loopJ, op.getKeys()[0], maps[1]))
      return refuse("a loop over the keys (j) cannot carry the softmax; split "
                    "the keys as a partial reduction "
                    "(transform.structured.tile_reduction_using_forall)");
    if (failed(checkHeads()))
      return failure();
    if (isWhole(loopE, op.getValues()[0], maps[2]))
      return success();
    if (!getConstantIntValue(sizes[loopE]))
      return refuse("the tile of the values' channels (e) has no static size; "
                    "choose one that divides Dv");
    if (op.getLse())
      return refuse(
          "it has an lse, which each tile of the values' channels (e) "
          "would write; tile the other loops only");
    return success();
  }

  /// Slices of the outputs as they are.
  SmallVector<Value> sliceOutputs(OpBuilder &b) {
    SmallVector<Value> outputs;
    for (auto [n, output] : llvm::enumerate(op.getOutputs()))
      outputs.push_back(slice(b, op.getLoc(), output, resultOffsets(b, n),
                              resultSizes(b, n), slices));
    return outputs;
  }

  Extents resultOffsets(OpBuilder &b, unsigned n) {
    return pick(maps[3 + n], spread(offsets, b.getIndexAttr(0)));
  }
  Extents resultSizes(OpBuilder &b, unsigned n) {
    return pick(maps[3 + n], spread(sizes, b.getIndexAttr(0)));
  }

  /// The attention on slices; writes to `outputs`.
  TilingResult create(OpBuilder &b, ValueRange outputs) {
    Location loc = op.getLoc();
    Extents at = spread(offsets, b.getIndexAttr(0));
    Extents size = spread(sizes, channels(b));
    Value query = slice(b, loc, op.getQuery(), pick(maps[0], at),
                        pick(maps[0], size), slices);
    Value queryFactors =
        sliceFactors(b, op.getQueryFactors(), maps[0], at, size);
    std::tie(at[1], size[1]) = keyHeads(b);
    Value key = slice(b, loc, op.getKeys()[0], pick(maps[1], at),
                      pick(maps[1], size), slices);
    Value keyFactors;
    if (queryFactors)
      keyFactors = sliceFactors(b, op.getKeyFactors()[0], maps[1], at, size);
    Value value = slice(b, loc, op.getValues()[0], pick(maps[2], at),
                        pick(maps[2], size), slices);
    Value lengths, sinks;
    if (!op.getLengths().empty())
      lengths = keysLeft(b, slice(b, loc, op.getLengths()[0], offsets[loopB],
                                  sizes[loopB], slices));
    if (op.getSinks())
      sinks =
          slice(b, loc, op.getSinks(), offsets[loopH], sizes[loopH], slices);
    SmallVector<Value> origin = movedOrigin(b);

    auto tile = cast<AttentionOp>(op->clone());
    tile.getQueryMutable().assign(query);
    tile.getKeysMutable().assign(key);
    tile.getValuesMutable().assign(value);
    if (queryFactors) {
      tile.getQueryFactorsMutable().assign(queryFactors);
      tile.getKeyFactorsMutable().assign(keyFactors);
    }
    if (lengths)
      tile.getLengthsMutable().assign(lengths);
    if (sinks)
      tile.getSinksMutable().assign(sinks);
    tile.getOriginMutable().assign(origin);
    tile.getOutputsMutable().assign(outputs);
    for (auto [result, output] : llvm::zip(tile.getResults(), outputs))
      result.setType(output.getType());
    b.insert(tile);
    return TilingResult{
        {tile}, SmallVector<Value>(tile->getResults()), std::move(slices)};
  }

  SmallVector<Operation *> slices;

private:
  InFlightDiagnostic refuse(const Twine &why) {
    return notDone(op, "tiled") << why;
  }

  /// Values for the loops as values for (b, h, i, j, d, e).
  Extents spread(ArrayRef<OpFoldResult> values, OpFoldResult channel) {
    Extents all(6, channel);
    for (unsigned loop = 0; loop < numLoops; ++loop)
      all[dimOfLoop[loop]] = values[loop];
    return all;
  }

  /// Static size of a dimension of `value`; dynamic if it has none.
  int64_t extent(Value value, AffineMap map, unsigned dim) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) == dim)
        return cast<ShapedType>(value.getType()).getDimSize(axis);
    return 1;
  }

  OpFoldResult channels(OpBuilder &b) {
    return b.getIndexAttr(extent(op.getQuery(), maps[0], 4));
  }

  /// Whether the tile holds all of a loop that runs over a dimension of
  /// `value`.
  bool isWhole(Loop loop, Value value, AffineMap map) {
    if (getConstantIntValue(offsets[loop]) != 0)
      return false;
    int64_t full = extent(value, map, dimOfLoop[loop]);
    std::optional<int64_t> size = getConstantIntValue(sizes[loop]);
    if (size && ShapedType::isStatic(full))
      return *size == full;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      if (map.getDimPosition(axis) != dimOfLoop[loop])
        continue;
      FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
          sizes[loop], ValueBoundsConstraintSet::Variable(value, axis));
      return succeeded(equal) && *equal;
    }
    return false;
  }

  int64_t numHeads() {
    int64_t heads = extent(op.getQuery(), maps[0], 1);
    return ShapedType::isStatic(heads) ? heads
                                       : extent(op.getOutput(), maps[3], 1);
  }
  int64_t numKeyHeads() {
    int64_t heads = extent(op.getKeys()[0], maps[1], 1);
    return ShapedType::isStatic(heads) ? heads
                                       : extent(op.getValues()[0], maps[2], 1);
  }

  /// Query heads for each key head; 0 if not known.
  int64_t groupSize() {
    int64_t heads = numHeads(), keyHeads = numKeyHeads();
    if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(keyHeads) ||
        keyHeads == 0)
      return 0;
    return heads / keyHeads;
  }

  bool hasAllHeads() { return isWhole(loopH, op.getQuery(), maps[0]); }

  /// A tile of heads holds whole groups, or lies within one.
  LogicalResult checkHeads() {
    std::optional<int64_t> size = getConstantIntValue(sizes[loopH]);
    if (hasAllHeads() || size == 1 || numKeyHeads() == 1)
      return success();
    int64_t group = groupSize();
    if (group == 0)
      return refuse("the number of query heads for each key head is not "
                    "static, so that only tiles of one head (h) are known to "
                    "read one key head");
    uint64_t divisor = knownDivisor(offsets[loopH]);
    if (knownDivisor(sizes[loopH]) % group == 0 && divisor % group == 0)
      return success();
    if (size && *size != 0 && group % *size == 0 && divisor % *size == 0)
      return success();
    InFlightDiagnostic diagnostic =
        refuse("a tile of heads (h) must divide the ")
        << group << " query heads of a key head or be a multiple of them, and "
        << "start at a multiple of its size";
    if (size)
      diagnostic << "; its size is " << *size;
    return diagnostic;
  }

  /// Offset and size of the tile's key heads.
  std::pair<OpFoldResult, OpFoldResult> keyHeads(OpBuilder &b) {
    Location loc = op.getLoc();
    OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
    if (numKeyHeads() == 1)
      return {zero, one};
    if (hasAllHeads())
      return {zero, sizeOf(b, op.getKeys()[0], maps[1], 1)};
    AffineExpr dim = b.getAffineDimExpr(0);
    if (int64_t group = groupSize()) {
      OpFoldResult first = affine::makeComposedFoldedAffineApply(
          b, loc, dim.floorDiv(group), offsets[loopH]);
      OpFoldResult size = affine::makeComposedFoldedAffineApply(
          b, loc, dim.ceilDiv(group), sizes[loopH]);
      return {first, size};
    }
    // One head, and a number of key heads that is known when it runs only.
    auto value = [&](OpFoldResult size) {
      return getValueOrCreateConstantIndexOp(b, loc, size);
    };
    Value heads = value(sizeOf(b, op.getQuery(), maps[0], 1));
    Value keyHeads = value(sizeOf(b, op.getKeys()[0], maps[1], 1));
    Value group = arith::DivUIOp::create(b, loc, heads, keyHeads);
    Value head = value(offsets[loopH]);
    return {arith::DivUIOp::create(b, loc, head, group).getResult(), one};
  }

  OpFoldResult sizeOf(OpBuilder &b, Value value, AffineMap map, unsigned dim) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) == dim)
        return mixedSize(b, op.getLoc(), value, axis);
    return b.getIndexAttr(1);
  }

  /// Slice of a factor, which has the dimensions of an operand; those of size 1
  /// belong to all tiles. Null if there is none.
  Value sliceFactors(OpBuilder &b, Value factor, AffineMap map,
                     ArrayRef<OpFoldResult> at, ArrayRef<OpFoldResult> size) {
    if (!factor)
      return nullptr;
    auto type = cast<ShapedType>(factor.getType());
    Extents offsets = pick(map, at), sizes = pick(map, size);
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (type.getDimSize(axis) == 1 || map.getDimPosition(axis) == dimD) {
        offsets[axis] = b.getIndexAttr(0);
        sizes[axis] = b.getIndexAttr(type.getDimSize(axis));
      }
    return slice(b, op.getLoc(), factor, offsets, sizes, slices);
  }

  /// The lengths counted from the tile's first key.
  Value keysLeft(OpBuilder &b, Value lengths) {
    if (getConstantIntValue(offsets[loopJ]) == 0)
      return lengths;
    Location loc = op.getLoc();
    Value skipped = getValueOrCreateConstantIndexOp(b, loc, offsets[loopJ]);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    auto type = cast<RankedTensorType>(lengths.getType());
    Type element = type.getElementType(), index = b.getIndexType();
    Value empty = tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, lengths), element);
    AffineMap identity = b.getMultiDimIdentityMap(1);
    return linalg::GenericOp::create(
               b, loc, empty.getType(), lengths, empty,
               ArrayRef<AffineMap>{identity, identity},
               utils::IteratorType::parallel,
               [&](OpBuilder &b, Location, ValueRange arguments) {
                 Value n = arguments[0];
                 if (n.getType() != index)
                   n = arith::IndexCastOp::create(b, loc, index, n);
                 n = arith::SubIOp::create(b, loc, n, skipped);
                 n = arith::MaxSIOp::create(b, loc, n, zero);
                 if (element != index)
                   n = arith::IndexCastOp::create(b, loc, element, n);
                 linalg::YieldOp::create(b, loc, n);
               })
        .getResult(0);
  }

  /// The origin, moved by the tile's offsets.
  SmallVector<Value> movedOrigin(OpBuilder &b) {
    SmallVector<Value> origin;
    AffineExpr sum = b.getAffineDimExpr(0) + b.getAffineDimExpr(1);
    for (unsigned loop : {loopB, loopH, loopI, loopJ}) {
      OpFoldResult moved = offsets[loop];
      if (!op.getOrigin().empty())
        moved = affine::makeComposedFoldedAffineApply(
            b, op.getLoc(), sum,
            {OpFoldResult(op.getOrigin()[loop]), offsets[loop]});
      origin.push_back(getValueOrCreateConstantIndexOp(b, op.getLoc(), moved));
    }
    return origin;
  }

  AttentionOp op;
  SmallVector<AffineMap> maps;
  ArrayRef<OpFoldResult> offsets, sizes;
};

} // namespace

/// The whole iteration space: where the loops run over dimensions that no
/// operand has, they run once.
static SmallVector<Range> domain(OpBuilder &b, AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto size = [&](unsigned dim) -> OpFoldResult {
    std::pair<Value, AffineMap> candidates[] = {{op.getQuery(), maps[0]},
                                                {op.getOutput(), maps[3]},
                                                {op.getKeys()[0], maps[1]},
                                                {op.getValues()[0], maps[2]}};
    for (auto [value, map] : candidates)
      for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
        if (map.getDimPosition(axis) == dim)
          return mixedSize(b, op.getLoc(), value, axis);
    return b.getIndexAttr(1);
  };
  SmallVector<Range> ranges;
  for (unsigned dim : dimOfLoop)
    ranges.push_back({b.getIndexAttr(0), size(dim), b.getIndexAttr(1)});
  return ranges;
}

namespace {

struct AttentionTiling
    : TilingInterface::ExternalModel<AttentionTiling, AttentionOp> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *) const {
    SmallVector<utils::IteratorType> types(numLoops,
                                           utils::IteratorType::parallel);
    types[loopJ] = utils::IteratorType::reduction;
    return types;
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    return domain(b, cast<AttentionOp>(op));
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *op, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    Tile tile(cast<AttentionOp>(op), offsets, sizes);
    if (failed(tile.check(/*splitKeys=*/false)))
      return failure();
    return tile.create(b, tile.sliceOutputs(b));
  }

  LogicalResult
  getResultTilePosition(Operation *op, OpBuilder &b, unsigned number,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes,
                        SmallVector<OpFoldResult> &resultOffsets,
                        SmallVector<OpFoldResult> &resultSizes) const {
    Tile tile(cast<AttentionOp>(op), offsets, sizes);
    resultOffsets = tile.resultOffsets(b, number);
    resultSizes = tile.resultSizes(b, number);
    return success();
  }

  LogicalResult getIterationDomainTileFromResultTile(
      Operation *op, OpBuilder &b, unsigned number,
      ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
      SmallVectorImpl<OpFoldResult> &loopOffsets,
      SmallVectorImpl<OpFoldResult> &loopSizes) const {
    auto attention = cast<AttentionOp>(op);
    for (Range range : domain(b, attention)) {
      loopOffsets.push_back(range.offset);
      loopSizes.push_back(range.size);
    }
    AffineMap map = attention.getIndexingMapsArray()[3 + number];
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      const unsigned *loop = llvm::find(dimOfLoop, map.getDimPosition(axis));
      loopOffsets[loop - dimOfLoop] = offsets[axis];
      loopSizes[loop - dimOfLoop] = sizes[axis];
    }
    return success();
  }

  FailureOr<TilingResult>
  generateResultTileValue(Operation *op, OpBuilder &b, unsigned number,
                          ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes) const {
    SmallVector<OpFoldResult> loopOffsets, loopSizes;
    if (failed(getIterationDomainTileFromResultTile(
            op, b, number, offsets, sizes, loopOffsets, loopSizes)))
      return failure();
    FailureOr<TilingResult> tiled =
        getTiledImplementation(op, b, loopOffsets, loopSizes);
    if (failed(tiled))
      return failure();
    return TilingResult{
        tiled->tiledOps, {tiled->tiledValues[number]}, tiled->generatedSlices};
  }
};

/// Each part of the keys gives its own (o, lse). The tensors of parts have the
/// dimension of the parts first, then those of the outputs; o is in f32, so
/// that rounding to the output's type happens once.
struct AttentionPartialReduction
    : PartialReductionOpInterface::ExternalModel<AttentionPartialReduction,
                                                 AttentionOp> {
  /// Says in a remark why the keys cannot be split.
  static LogicalResult check(AttentionOp op,
                             const SetVector<unsigned> &reductionDims) {
    auto refuse = [&](const Twine &why) {
      return notDone(op, "split over its keys") << why;
    };
    assert(reductionDims.size() == 1 && reductionDims[0] == loopJ &&
           "the keys are the only reduction");
    if (!op.hasPureTensorSemantics())
      return refuse("it works on memrefs; split it before bufferization");
    if (!op.getLse())
      return refuse("the parts are merged by their lse; give the op an lse "
                    "output, outs(%o, %lse : ...)");
    if (op.getSinks())
      return refuse("its sinks would enter every part; leave them out, and "
                    "merge a part with o = 0 and the sinks as its lse");
    AffineMap output = op.getIndexingMapsArray()[3];
    unsigned rank = output.getNumResults();
    if (rank == 0 || output.getDimPosition(rank - 1) != dimOfLoop[loopE] ||
        op.getIndexingMapsArray()[4].getResults() !=
            output.getResults().drop_back())
      return refuse("attn.merge needs outputs [..., Dv] with an lse [...] in "
                    "the same order");
    return success();
  }

  FailureOr<SmallVector<Value>> generateInitialTensorForPartialReduction(
      Operation *op, OpBuilder &b, Location loc, ArrayRef<OpFoldResult> sizes,
      const SetVector<unsigned> &reductionDims) const {
    auto attention = cast<AttentionOp>(op);
    if (failed(check(attention, reductionDims)))
      return failure();
    if (!getConstantIntValue(sizes[loopJ])) {
      notDone(attention, "split over its keys")
          << "the number of parts is not static; give it as num_threads";
      return failure();
    }
    SmallVector<Value> parts;
    for (Value output : attention.getOutputs()) {
      Extents shape = {sizes[loopJ]};
      llvm::append_range(shape, tensor::getMixedSizes(b, loc, output));
      parts.push_back(tensor::EmptyOp::create(b, loc, shape, b.getF32Type()));
    }
    // An lse of -inf makes a part the identity of attn.merge, whatever o holds.
    Value infinity = arith::ConstantOp::create(
        b, loc, b.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
    parts[1] = linalg::FillOp::create(b, loc, infinity, parts[1]).getResult(0);
    return parts;
  }

  FailureOr<TilingResult>
  tileToPartialReduction(Operation *op, OpBuilder &b, Location loc,
                         ReductionTilingStrategy strategy, ValueRange init,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes,
                         const SetVector<unsigned> &reductionDims,
                         ArrayRef<OpFoldResult> part) const {
    auto attention = cast<AttentionOp>(op);
    if (strategy != ReductionTilingStrategy::PartialReductionOuterParallel) {
      notDone(attention, "split over its keys")
          << "only parts that run in parallel are supported "
             "(transform.structured.tile_reduction_using_forall)";
      return failure();
    }
    Tile tile(attention, offsets, sizes);
    if (failed(check(attention, reductionDims)) ||
        failed(tile.check(/*splitKeys=*/true)))
      return failure();
    SmallVector<Value> outputs;
    for (auto [n, parts] : llvm::enumerate(init))
      outputs.push_back(partOf(b, loc, parts, part[0], tile.resultOffsets(b, n),
                               tile.resultSizes(b, n), tile.slices));
    return tile.create(b, outputs);
  }

  LogicalResult getPartialResultTilePosition(
      Operation *op, OpBuilder &b, unsigned number, ReductionTilingStrategy,
      ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
      const SetVector<unsigned> &, ArrayRef<OpFoldResult> part,
      SmallVector<OpFoldResult> &resultOffsets,
      SmallVector<OpFoldResult> &resultSizes) const {
    Tile tile(cast<AttentionOp>(op), offsets, sizes);
    resultOffsets = {part[0]};
    resultSizes = {b.getIndexAttr(1)};
    llvm::append_range(resultOffsets, tile.resultOffsets(b, number));
    llvm::append_range(resultSizes, tile.resultSizes(b, number));
    return success();
  }

  FailureOr<MergeResult> mergeReductions(Operation *op, OpBuilder &b,
                                         Location loc, ValueRange partial,
                                         const SetVector<unsigned> &) const {
    auto attention = cast<AttentionOp>(op);
    int64_t count = cast<RankedTensorType>(partial[0].getType()).getDimSize(0);
    SmallVector<Operation *> ops;
    SmallVector<Value> parts[2];
    for (auto [n, output] : llvm::enumerate(attention.getOutputs())) {
      Extents sizes = tensor::getMixedSizes(b, loc, output);
      Extents zeros(sizes.size(), b.getIndexAttr(0));
      for (int64_t part = 0; part < count; ++part)
        parts[n].push_back(partOf(b, loc, partial[n], b.getIndexAttr(part),
                                  zeros, sizes, ops));
    }
    auto merge = MergeOp::create(b, loc, attention.getResultTypes(), parts[0],
                                 parts[1], attention.getOutputs());
    return MergeResult{{merge}, SmallVector<Value>(merge->getResults())};
  }
};

//===----------------------------------------------------------------------===//
// Merge
//===----------------------------------------------------------------------===//

/// The loops are the dimensions of the output, all parallel.
struct MergeTiling : TilingInterface::ExternalModel<MergeTiling, MergeOp> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    return SmallVector<utils::IteratorType>(rank(op),
                                            utils::IteratorType::parallel);
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    SmallVector<Range> ranges;
    Value output = cast<MergeOp>(op).getOutputs()[0];
    for (unsigned axis = 0; axis < rank(op); ++axis)
      ranges.push_back({b.getIndexAttr(0),
                        mixedSize(b, op->getLoc(), output, axis),
                        b.getIndexAttr(1)});
    return ranges;
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *op, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    auto merge = cast<MergeOp>(op);
    if (merge.getOutputs().size() == 2 && !hasAllChannels(op, offsets, sizes)) {
      notDone(merge, "tiled")
          << "it has an lse, which each tile of the last dimension would "
             "write; tile the other dimensions only";
      return failure();
    }
    TilingResult tiled;
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      unsigned n = cast<ShapedType>(operand.getType()).getRank();
      operands.push_back(slice(b, op->getLoc(), operand, offsets.take_front(n),
                               sizes.take_front(n), tiled.generatedSlices));
    }
    Operation *tile = op->clone();
    tile->setOperands(operands);
    unsigned outputs = merge.getOutputs().size();
    for (OpResult result : tile->getResults())
      result.setType(
          operands[operands.size() - outputs + result.getResultNumber()]
              .getType());
    b.insert(tile);
    tiled.tiledOps.push_back(tile);
    llvm::append_range(tiled.tiledValues, tile->getResults());
    return tiled;
  }

  LogicalResult
  getResultTilePosition(Operation *op, OpBuilder &, unsigned number,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes,
                        SmallVector<OpFoldResult> &resultOffsets,
                        SmallVector<OpFoldResult> &resultSizes) const {
    unsigned n = rank(op) - number;
    resultOffsets = llvm::to_vector(offsets.take_front(n));
    resultSizes = llvm::to_vector(sizes.take_front(n));
    return success();
  }

  LogicalResult getIterationDomainTileFromResultTile(
      Operation *op, OpBuilder &b, unsigned number,
      ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
      SmallVectorImpl<OpFoldResult> &loopOffsets,
      SmallVectorImpl<OpFoldResult> &loopSizes) const {
    llvm::append_range(loopOffsets, offsets);
    llvm::append_range(loopSizes, sizes);
    if (number == 0)
      return success();
    Range channels = getIterationDomain(op, b).back();
    loopOffsets.push_back(channels.offset);
    loopSizes.push_back(channels.size);
    return success();
  }

  FailureOr<TilingResult>
  generateResultTileValue(Operation *op, OpBuilder &b, unsigned number,
                          ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes) const {
    SmallVector<OpFoldResult> loopOffsets, loopSizes;
    if (failed(getIterationDomainTileFromResultTile(
            op, b, number, offsets, sizes, loopOffsets, loopSizes)))
      return failure();
    FailureOr<TilingResult> tiled =
        getTiledImplementation(op, b, loopOffsets, loopSizes);
    if (failed(tiled))
      return failure();
    tiled->tiledValues = {tiled->tiledValues[number]};
    return tiled;
  }

private:
  static unsigned rank(Operation *op) {
    Value output = cast<MergeOp>(op).getOutputs()[0];
    return cast<ShapedType>(output.getType()).getRank();
  }

  static bool hasAllChannels(Operation *op, ArrayRef<OpFoldResult> offsets,
                             ArrayRef<OpFoldResult> sizes) {
    if (getConstantIntValue(offsets.back()) != 0)
      return false;
    FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
        sizes.back(), ValueBoundsConstraintSet::Variable(
                          cast<MergeOp>(op).getOutputs()[0], rank(op) - 1));
    return succeeded(equal) && *equal;
  }
};

} // namespace

void fovea::attn::registerTilingInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    context->getOrLoadDialect<memref::MemRefDialect>();
    AttentionOp::attachInterface<AttentionTiling, AttentionPartialReduction>(
        *context);
    MergeOp::attachInterface<MergeTiling>(*context);
  });
}
