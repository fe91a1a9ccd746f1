//===- Strips.cpp - Tiles of one axis that threads write and read ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MapEmitter.h"

using namespace mlir;
using namespace fovea;

/// Each lane computes and writes its elements. Loading threads have few
/// registers: a function of more than a few ops is computed for so many
/// elements of a lane at a time.
LogicalResult KernelEmitter::emitPut(pipe::PutOp op) {
  constexpr int64_t fewOps = 16;
  constexpr int64_t fewElements = 3;
  auto map = op.getTile().getDefiningOp<tile::MapOp>();
  if (!map || map->getBlock() != op->getBlock())
    return op.emitError("writes a tile that no tile.map beside it computes");
  FailureOr<Fragment> fragment = Fragment::get(map.getType(), loc);
  if (failed(fragment))
    return failure();
  int64_t count = fragment->size(), step = count;
  if (llvm::count_if(map.getBlock(), [](Operation &op) {
        return !op.hasTrait<OpTrait::ConstantLike>();
      }) > fewOps) {
    step = std::min(count, fewElements);
    while (count % step != 0)
      --step;
  }
  Values slot = values[op.getSlot()];
  Type element = map.getType().getElementType();
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  auto emitPart = [&](Value first) -> LogicalResult {
    FailureOr<Value> part = MapEmitter(*this, map).emitPart(first, step);
    if (failed(part))
      return failure();
    Value index =
        emitAffine(fragment->map.getResult(0), {group, warp, lane, first});
    Value place = sharedPointer(add(slot[0], multiply(index, bytes)));
    for (auto [n, value] : llvm::enumerate(
             vector::ToElementsOp::create(builder, loc, *part).getResults()))
      LLVM::StoreOp::create(
          builder, loc, value,
          LLVM::GEPOp::create(builder, loc, place.getType(), element, place,
                              ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(
                                  fragment->registerPart[n][0])}));
    return success();
  };
  if (step == count) {
    if (failed(emitPart(constant(0))))
      return failure();
  } else {
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(count),
                                   constant(step));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    if (failed(emitPart(loop.getInductionVar())))
      return failure();
  }
  NVVM::MBarrierArriveOp::create(builder, loc, Type(), sharedPointer(slot[1]),
                                 Value());
  return success();
}

/// Reads a tile in shared memory once for each different index of a thread: one
/// address and constant offsets for indices that are sums, an address for each
/// otherwise.
LogicalResult MapEmitter::emitExtract(tile::ExtractOp op) {
  tile::TileType type = op.getTile().getType();
  if (!isa_and_nonnull<pipe::SmemAttr>(type.getLayout()))
    return op.emitError("takes a tile in shared memory on this target, got ")
           << type;
  Element index = get(op.getIndex());
  Value tile = emitter.get(op.getTile());
  if (!index.value || !tile)
    return op.emitError("an operand has no value in the kernel");
  Type element = type.getElementType();
  auto read = [&](Value place) -> Value {
    return LLVM::LoadOp::create(builder, loc, element, place);
  };
  auto addressOf = [&](Value n) {
    Value narrow =
        n.getType().isInteger(32)
            ? n
            : arith::TruncIOp::create(builder, loc, builder.getI32Type(), n)
                  .getResult();
    return emitter.sharedPointer(emitter.add(
        tile, emitter.multiply(narrow, element.getIntOrFloatBitWidth() / 8)));
  };
  if (index.level == Uniform) {
    elements[op] = {Uniform, read(addressOf(index.value))};
    return success();
  }
  SmallVector<Value> values;
  auto sum = sums.find(op.getIndex());
  if (sum == sums.end()) {
    for (Value n :
         vector::ToElementsOp::create(builder, loc, index.value).getResults())
      values.push_back(read(addressOf(n)));
  } else {
    SmallVector<int64_t> numbers;
    SmallVector<int64_t> parts = findDistinct(sum->second.parts, numbers);
    Value first = addressOf(sum->second.base);
    SmallVector<Value> distinct;
    for (int64_t part : parts)
      distinct.push_back(read(LLVM::GEPOp::create(
          builder, loc, first.getType(), element, first,
          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(part)})));
    for (int64_t number : numbers)
      values.push_back(distinct[number]);
  }
  elements[op] = {
      index.level,
      vector::FromElementsOp::create(
          builder, loc,
          VectorType::get(static_cast<int64_t>(values.size()), element),
          values)};
  return success();
}
