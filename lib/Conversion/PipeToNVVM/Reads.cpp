//===- Reads.cpp - Elements of captured tensors ---------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MapEmitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace fovea;

SmallVector<int64_t>
MapEmitter::findDistinct(ArrayRef<int64_t> parts,
                         SmallVectorImpl<int64_t> &numbers) {
  llvm::MapVector<int64_t, int64_t> distinct;
  for (int64_t part : parts)
    numbers.push_back(
        distinct.try_emplace(part, distinct.size()).first->second);
  return llvm::map_to_vector(distinct,
                             [](const auto &entry) { return entry.first; });
}

/// Reads a table once for each different index of a thread: once for indices
/// that are the same for all elements, once a row or a column for those that
/// depend on it alone. An index that is a sum of coordinates, and varies along
/// a dimension with a constant stride, has one address and constant offsets
/// while all the thread's indices lie inside of the table; elsewhere, and for
/// any other index, each element has an address of its own.
LogicalResult MapEmitter::emitGather(tile::GatherOp op) {
  auto type = cast<MemRefType>(op.getTable().getType());
  Value address = emitter.memoryOf[op.getTable()][0];
  auto sizeOf = [&](int64_t dim) {
    return emitter.extentOf(op.getTable(), dim);
  };

  unsigned level = Uniform;
  SmallVector<unsigned> varying;
  for (auto [dim, index] : llvm::enumerate(op.getIndices())) {
    Element element = get(index);
    if (!element.value)
      return op.emitError("an index has no value in the kernel");
    level |= element.level;
    if (element.level == Uniform)
      address =
          emitter.advance(address, op.getTable(), dim,
                          emitter.emitSafeIndex(element.value, sizeOf(dim)));
    else
      varying.push_back(dim);
  }
  if (level == Uniform) {
    elements[op] = {Uniform, emitter.emitElement(type, address)};
    return success();
  }

  // One element after the other, so that few registers are needed at a time.
  auto readEach = [&](int64_t count, bool isVolatile, auto indexOf) -> Value {
    SmallVector<Value> values;
    for (int64_t n = 0; n < count; ++n) {
      Value here = address;
      for (unsigned dim : varying)
        here = emitter.advance(
            here, op.getTable(), dim,
            emitter.emitSafeIndex(indexOf(dim, n), sizeOf(dim)));
      values.push_back(emitter.emitElement(type, here, isVolatile));
    }
    return vector::FromElementsOp::create(
        builder, loc, VectorType::get(count, values.front().getType()), values);
  };

  auto sum =
      varying.size() == 1 ? sums.find(op.getIndices()[varying[0]]) : sums.end();
  APInt stride;
  if (sum == sums.end() ||
      !matchPattern(emitter.strideOf(op.getTable(), varying[0]),
                    m_ConstantInt(&stride))) {
    DenseMap<unsigned, SmallVector<Value>> indices;
    for (unsigned dim : varying) {
      auto parts = vector::ToElementsOp::create(
          builder, loc, spread(get(op.getIndices()[dim]), level));
      indices[dim].append(parts.result_begin(), parts.result_end());
    }
    elements[op] = {
        level,
        readEach(fragments[level].size(), /*isVolatile=*/false,
                 [&](unsigned dim, int64_t n) { return indices[dim][n]; })};
    return success();
  }

  // Elements of equal constants share a read.
  SmallVector<int64_t> readOf;
  SmallVector<int64_t> parts = findDistinct(sum->second.parts, readOf);
  Value base = emitter.extend(sum->second.base, 64);
  auto compare = [&](arith::CmpIPredicate predicate, int64_t part,
                     Value bound) {
    Value index =
        arith::AddIOp::create(builder, loc, base, emitter.constant(part, 64));
    return arith::CmpIOp::create(builder, loc, predicate, index, bound);
  };
  Value inside = arith::AndIOp::create(
      builder, loc,
      compare(arith::CmpIPredicate::sge, *llvm::min_element(parts),
              emitter.constant(0, 64)),
      compare(arith::CmpIPredicate::slt, *llvm::max_element(parts),
              emitter.extend(sizeOf(varying[0]), 64)));
  Type element = type.getElementType().isIndex() ? Type(builder.getI64Type())
                                                 : type.getElementType();
  auto branch = scf::IfOp::create(
      builder, loc,
      VectorType::get(static_cast<int64_t>(parts.size()), element), inside,
      /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&branch.getThenRegion().front());
    Value first = emitter.advance(address, op.getTable(), varying[0], base);
    SmallVector<Value> values;
    for (int64_t part : parts)
      values.push_back(emitter.emitElement(
          type, LLVM::GEPOp::create(builder, loc, first.getType(),
                                    builder.getI8Type(), first,
                                    ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(
                                        part * stride.getSExtValue())})));
    scf::YieldOp::create(
        builder, loc,
        vector::FromElementsOp::create(builder, loc,
                                       branch.getResult(0).getType(), values)
            .getResult());
    builder.setInsertionPointToStart(&branch.getElseRegion().front());
    // Volatile, so that LLVM does not join the reads of both branches behind
    // them, which would need all addresses at once.
    // Constants of a thread are within a tile, and sizes leave room for them.
    constexpr int64_t room = int64_t(1) << 20;
    Value near = arith::TruncIOp::create(
        builder, loc, builder.getI32Type(),
        emitter.clampIndex(base, INT32_MIN + room, INT32_MAX - room));
    auto indexOf = [&](unsigned, int64_t n) {
      return emitter.add(near, parts[n]);
    };
    scf::YieldOp::create(builder, loc,
                         readEach(parts.size(), /*isVolatile=*/true, indexOf));
  }
  elements[op] = {level,
                  vector::ShuffleOp::create(builder, loc, branch.getResult(0),
                                            branch.getResult(0), readOf)
                      .getResult()};
  return success();
}
