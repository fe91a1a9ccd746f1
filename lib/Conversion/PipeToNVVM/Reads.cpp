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

//===----------------------------------------------------------------------===//
// Memory that threads read in place
//===----------------------------------------------------------------------===//

/// Its address and dynamic strides become parameters, its dynamic extents too.
LogicalResult KernelEmitter::addMemory(Operation *op, Value memref) {
  auto argument = dyn_cast<BlockArgument>(memref);
  if (!argument || argument.getOwner() != &kernel.getBlock())
    return op->emitError("needs a memref that is a parameter of the kernel");
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isStrided())
    return op->emitError("needs a memref with strides, got ") << type;
  unsigned parameter = argument.getArgNumber();
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      addDim(parameter, dim);
  if (!llvm::is_contained(memories, parameter))
    memories.push_back(parameter);
  return success();
}

Value KernelEmitter::extentOf(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return constant(type.getDimSize(dim));
  unsigned parameter = cast<BlockArgument>(memref).getArgNumber();
  size_t position =
      llvm::find(dims, std::make_pair(parameter, dim)) - dims.begin();
  return entry->getArgument(tensorMaps.size() + position);
}

/// Bytes from one element to the next of a dimension, in 64 bits.
Value KernelEmitter::strideOf(Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides = getStrides(type);
  int64_t bytes = getElementBytes(type);
  if (!ShapedType::isDynamic(strides[dim]))
    return constant(strides[dim] * bytes, 64);
  int64_t position = 0;
  for (int64_t before = 0; before < dim; ++before)
    position += ShapedType::isDynamic(strides[before]);
  Value stride = memoryOf[memref][1 + position];
  return arith::MulIOp::create(builder, loc, stride, constant(bytes, 64));
}

SmallVector<int64_t> KernelEmitter::getStrides(MemRefType type) {
  return type.getStridesAndOffset().first;
}

/// An index is stored in 8 bytes, an i1 in one.
int64_t KernelEmitter::getElementBytes(MemRefType type) {
  Type element = type.getElementType();
  return element.isIndex()
             ? 8
             : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

/// The element of a memref at an address, as its type or, for an index, i64.
/// Nothing writes what a kernel reads in place; a volatile read stays where it
/// is.
Value KernelEmitter::emitElement(MemRefType type, Value address,
                                 bool isVolatile) {
  Type element = type.getElementType();
  Type stored =
      element.isIndex()
          ? Type(builder.getI64Type())
          : (element.isInteger(1) ? Type(builder.getI8Type()) : element);
  Value value = LLVM::LoadOp::create(
      builder, loc, stored, address, /*alignment=*/0, isVolatile,
      /*isNonTemporal=*/false, /*isInvariant=*/!isVolatile);
  if (!element.isInteger(1))
    return value;
  return arith::TruncIOp::create(builder, loc, element, value);
}

/// From the end where it is negative, then clamped to [0, size); in 32 bits,
/// which hold any size.
Value KernelEmitter::emitSafeIndex(Value index, Value size) {
  if (!index.getType().isInteger(32)) {
    index = clampIndex(index, INT32_MIN, INT32_MAX);
    index = arith::TruncIOp::create(builder, loc, builder.getI32Type(), index);
  }
  Value zero = constant(0);
  Value negative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = add(index, size);
  index = arith::SelectOp::create(builder, loc, negative, wrapped, index);
  index = arith::MinSIOp::create(builder, loc, index, add(size, -1));
  return arith::MaxSIOp::create(builder, loc, index, zero);
}

/// A 64-bit integer within [low, high].
Value KernelEmitter::clampIndex(Value index, int64_t low, int64_t high) {
  index = arith::MaxSIOp::create(builder, loc, index, constant(low, 64));
  return arith::MinSIOp::create(builder, loc, index, constant(high, 64));
}

/// The address of the element at an index of a dimension, from that at 0.
Value KernelEmitter::advance(Value address, Value memref, int64_t dim,
                             Value index) {
  Value offset = arith::MulIOp::create(builder, loc, extend(index, 64),
                                       strideOf(memref, dim));
  return LLVM::GEPOp::create(builder, loc, address.getType(),
                             builder.getI8Type(), address, offset);
}

/// A read that is the same for all threads that execute it.
LogicalResult KernelEmitter::emitGather(tile::GatherOp op) {
  Value address = memoryOf[op.getTable()][0];
  for (auto [dim, index] : llvm::enumerate(op.getIndices()))
    address =
        advance(address, op.getTable(), dim,
                emitSafeIndex(getExact(index), extentOf(op.getTable(), dim)));
  set(op, emitElement(cast<MemRefType>(op.getTable().getType()), address));
  return success();
}

//===----------------------------------------------------------------------===//
// Reads of a map
//===----------------------------------------------------------------------===//

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
  llvm::MapVector<int64_t, int64_t> distinct;
  SmallVector<int64_t> readOf;
  for (int64_t part : sum->second.parts)
    readOf.push_back(distinct.try_emplace(part, distinct.size()).first->second);
  SmallVector<int64_t> parts = llvm::map_to_vector(
      distinct, [](const auto &entry) { return entry.first; });
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
