//===- AttnOrder.cpp - Places of tokens -----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/AttnOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace fovea::attn;

static int64_t multiply(ArrayRef<int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1),
                         std::multiplies<int64_t>());
}

std::optional<int64_t> TokenOrder::getNumTokens(OrderAttr order) {
  if (ShapedType::isDynamic(order.getGrid().front()))
    return std::nullopt;
  return multiply(order.getGrid());
}

bool TokenOrder::fits(OrderAttr order, int64_t tokens) {
  std::optional<int64_t> expected = getNumTokens(order);
  return !expected || *expected == tokens;
}

TokenOrder TokenOrder::get(OrderAttr order, bool keys, int64_t tokens) {
  TokenOrder result;
  result.grid.assign(order.getGrid().begin(), order.getGrid().end());
  if (ShapedType::isDynamic(result.grid.front())) {
    int64_t line = multiply(order.getGrid().drop_front());
    result.grid.front() = llvm::divideCeil(tokens, line);
  }
  ArrayRef<int64_t> box = keys ? order.getKv() : order.getQ();
  result.box.assign(box.begin(), box.end());
  result.step = result.box;
  if (keys && !order.getKvStep().empty())
    result.step.assign(order.getKvStep().begin(), order.getKvStep().end());
  int64_t size = keys ? order.getKvSize() : order.getQSize();
  result.size = size != 0 ? size : multiply(box);
  result.tokens = tokens;
  return result;
}

int64_t TokenOrder::getNumBoxes(unsigned dim) const {
  return llvm::divideCeil(grid[dim], step[dim]);
}

int64_t TokenOrder::getNumBoxes() const {
  int64_t count = 1;
  for (unsigned dim = 0; dim < getRank(); ++dim)
    count *= getNumBoxes(dim);
  return count;
}

int64_t TokenOrder::getBoxTokens() const { return multiply(box); }

bool TokenOrder::hasGaps() const {
  return !fillsBoxes() ||
         llvm::any_of(llvm::seq<unsigned>(0, getRank()),
                      [&](unsigned dim) { return isCut(dim); });
}

int64_t TokenOrder::getStride(unsigned dim) const {
  return multiply(ArrayRef(grid).drop_front(dim + 1));
}

std::optional<int64_t> TokenOrder::getToken(int64_t place) const {
  int64_t number = place / size, inside = place % size;
  if (inside >= getBoxTokens())
    return std::nullopt;
  int64_t token = 0;
  for (unsigned dim = getRank(); dim-- > 0;) {
    int64_t coordinate =
        number % getNumBoxes(dim) * step[dim] + inside % box[dim];
    if (coordinate >= grid[dim])
      return std::nullopt;
    token += coordinate * getStride(dim);
    number /= getNumBoxes(dim);
    inside /= box[dim];
  }
  if (token >= tokens)
    return std::nullopt;
  return token;
}

int64_t TokenOrder::getPlace(int64_t token) const {
  int64_t number = 0, inside = 0;
  for (unsigned dim = 0; dim < getRank(); ++dim) {
    int64_t coordinate = token / getStride(dim) % grid[dim];
    // The first box that holds it.
    int64_t first = std::max<int64_t>(
        llvm::divideFloorSigned(coordinate - box[dim], step[dim]) + 1, 0);
    number = number * getNumBoxes(dim) + first;
    inside = inside * box[dim] + coordinate - first * step[dim];
  }
  return number * size + inside;
}

namespace {

/// Arithmetic on values that are not negative, with constants.
struct Emitter {
  Value constant(int64_t c) {
    return arith::ConstantIndexOp::create(b, loc, c);
  }
  Value add(Value x, Value y) {
    if (!x)
      return y;
    return arith::AddIOp::create(b, loc, x, y);
  }
  Value multiply(Value x, int64_t c) {
    if (c == 1)
      return x;
    return arith::MulIOp::create(b, loc, x, constant(c));
  }
  Value divide(Value x, int64_t c) {
    if (c == 1)
      return x;
    return arith::DivUIOp::create(b, loc, x, constant(c));
  }
  Value remainder(Value x, int64_t c) {
    if (c == 1)
      return constant(0);
    return arith::RemUIOp::create(b, loc, x, constant(c));
  }

  OpBuilder &b;
  Location loc;
};

} // namespace

PlaceCoordinates fovea::attn::emitCoordinates(OpBuilder &b, Location loc,
                                              const TokenOrder &order,
                                              Value place) {
  Emitter e{b, loc};
  Value number = e.divide(place, order.size);
  Value inside = e.remainder(place, order.size);
  PlaceCoordinates result;
  auto require = [&](Value x, int64_t limit) {
    Value below = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x,
                                        e.constant(limit));
    result.exists =
        result.exists
            ? arith::AndIOp::create(b, loc, result.exists, below).getResult()
            : below;
  };
  if (order.size != order.getBoxTokens())
    require(inside, order.getBoxTokens());
  result.values.resize(order.getRank());
  for (unsigned dim = order.getRank(); dim-- > 0;) {
    int64_t boxes = order.getNumBoxes(dim), extent = order.box[dim];
    Value first = dim == 0 ? number : e.remainder(number, boxes);
    Value offset = dim == 0 ? inside : e.remainder(inside, extent);
    result.values[dim] = e.add(e.multiply(first, order.step[dim]), offset);
    if (order.isCut(dim))
      require(result.values[dim], order.grid[dim]);
    number = e.divide(number, boxes);
    inside = e.divide(inside, extent);
  }
  for (unsigned dim = 0; dim < order.getRank(); ++dim)
    result.token = e.add(result.token,
                         e.multiply(result.values[dim], order.getStride(dim)));
  if (order.tokens != order.grid.front() * order.getStride(0))
    require(result.token, order.tokens);
  return result;
}

Value fovea::attn::emitPlace(OpBuilder &b, Location loc,
                             const TokenOrder &order, Value token) {
  Emitter e{b, loc};
  Value number, inside;
  for (unsigned dim = 0; dim < order.getRank(); ++dim) {
    Value coordinate = e.divide(token, order.getStride(dim));
    if (dim != 0)
      coordinate = e.remainder(coordinate, order.grid[dim]);
    Value box = e.divide(coordinate, order.box[dim]);
    Value offset = e.remainder(coordinate, order.box[dim]);
    number =
        number ? e.add(e.multiply(number, order.getNumBoxes(dim)), box) : box;
    inside =
        inside ? e.add(e.multiply(inside, order.box[dim]), offset) : offset;
  }
  return e.add(e.multiply(number, order.size), inside);
}

Value fovea::attn::createInverse(OpBuilder &b, Location loc, Value permutation,
                                 int64_t none) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, permutation);
  auto constant = [&](OpBuilder &b, int64_t c) -> Value {
    return arith::ConstantIndexOp::create(b, loc, c);
  };
  Value empty = tensor::EmptyOp::create(b, loc, sizes, b.getIndexType());
  Value filled =
      linalg::FillOp::create(b, loc, constant(b, none), empty).getResult(0);
  SmallVector<Value> ends = getValueOrCreateConstantIndexOp(b, loc, sizes);
  SmallVector<Value> zeros(ends.size(), constant(b, 0)),
      ones(ends.size(), constant(b, 1));
  Value last = arith::SubIOp::create(b, loc, ends.back(), ones[0]);
  scf::LoopNest nest = scf::buildLoopNest(
      b, loc, zeros, ends, ones, filled,
      [&](OpBuilder &b, Location, ValueRange at,
          ValueRange state) -> scf::ValueVector {
        Value token = tensor::ExtractOp::create(b, loc, permutation, at);
        if (!token.getType().isIndex())
          token = arith::IndexCastOp::create(b, loc, b.getIndexType(), token);
        Value exists = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                             token, ends.back());
        SmallVector<Value> place(at);
        place.back() = arith::SelectOp::create(b, loc, exists, token, last);
        Value old = tensor::ExtractOp::create(b, loc, state[0], place);
        Value now = arith::SelectOp::create(b, loc, exists, at.back(), old);
        return {tensor::InsertOp::create(b, loc, now, state[0], place)};
      });
  return nest.results[0];
}
