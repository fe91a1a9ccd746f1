//===- Values.cpp - Arrays, views and their comparison --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Values.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fovea::reference;

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

static int64_t product(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Array::Array(ArrayRef<int64_t> shape, Type elementType)
    : shape(shape), elementType(elementType) {
  if (isFloat())
    floats.resize(product(shape));
  else
    ints.resize(product(shape));
}

int64_t Array::getNumElements() const { return product(shape); }

void Array::round() {
  if (auto type = dyn_cast<FloatType>(elementType))
    for (double &value : floats)
      value = roundTo(value, type);
}

double fovea::reference::roundTo(double value, FloatType type) {
  if (type.isF64() || std::isnan(value))
    return value;
  if (type.isF32())
    return static_cast<float>(value);
  return toFormat(APFloat(value), type.getFloatSemantics()).convertToDouble();
}

APFloat fovea::reference::toFormat(APFloat value,
                                   const llvm::fltSemantics &format) {
  bool inexact;
  value.convert(format, APFloat::rmNearestTiesToEven, &inexact);
  return value;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

View::View(std::shared_ptr<Array> elements)
    : array(std::move(elements)),
      sizes(array->shape.begin(), array->shape.end()),
      strides(array->shape.size()) {
  int64_t stride = 1;
  for (size_t axis = sizes.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= sizes[axis];
  }
}

View::View(ArrayRef<int64_t> shape, Type elementType)
    : View(std::make_shared<Array>(shape, elementType)) {}

int64_t View::getNumElements() const { return product(sizes); }

bool View::contains(ArrayRef<int64_t> index) const {
  for (auto [i, size] : llvm::zip_equal(index, sizes))
    if (i < 0 || i >= size)
      return false;
  return true;
}

bool View::isInsideArray() const {
  if (getNumElements() == 0)
    return true;
  int64_t first = offset, last = offset;
  for (auto [size, stride] : llvm::zip_equal(sizes, strides))
    (stride < 0 ? first : last) += (size - 1) * stride;
  return first >= 0 && last < array->getNumElements();
}

int64_t View::getPosition(ArrayRef<int64_t> index) const {
  int64_t position = offset;
  for (auto [i, stride] : llvm::zip_equal(index, strides))
    position += i * stride;
  return position;
}

Scalar View::load(ArrayRef<int64_t> index) const {
  int64_t position = getPosition(index);
  if (array->floats.empty())
    return {0, array->ints[position]};
  return {array->floats[position], 0};
}

Scalar View::loadSafe(Index index) const {
  if (getNumElements() == 0)
    return {std::numeric_limits<double>::quiet_NaN(), 0};
  for (auto [i, size] : llvm::zip_equal(index, sizes))
    i = std::clamp<int64_t>(i < 0 ? i + size : i, 0, size - 1);
  return load(index);
}

void View::store(ArrayRef<int64_t> index, Scalar value) const {
  int64_t position = getPosition(index);
  if (array->floats.empty())
    array->ints[position] = value.integer;
  else
    array->floats[position] = value.real;
}

View View::copy() const {
  View result(sizes, array->elementType);
  result.assign(*this);
  return result;
}

void View::assign(const View &from) const {
  (void)forEachIndex(sizes, [&](ArrayRef<int64_t> index) {
    store(index, from.load(index));
    return success();
  });
}

LogicalResult fovea::reference::forEachIndex(
    ArrayRef<int64_t> sizes,
    function_ref<LogicalResult(ArrayRef<int64_t>)> visit) {
  if (llvm::any_of(sizes, [](int64_t size) { return size <= 0; }))
    return success();
  Index index(sizes.size(), 0);
  while (true) {
    if (failed(visit(index)))
      return failure();
    size_t axis = sizes.size();
    while (axis > 0 && ++index[axis - 1] == sizes[axis - 1])
      index[--axis] = 0;
    if (axis == 0)
      return success();
  }
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

Difference fovea::reference::compare(const Array &got, const Array &want) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Difference result;
  if (got.shape != want.shape || got.isFloat() != want.isFloat()) {
    result.shapeMismatch = true;
    result.relativeL2 = result.maxAbs = infinity;
    return result;
  }
  double error = 0, norm = 0;
  for (int64_t n = 0, end = want.getNumElements(); n < end; ++n) {
    double a = got.isFloat() ? got.floats[n] : static_cast<double>(got.ints[n]);
    double b =
        want.isFloat() ? want.floats[n] : static_cast<double>(want.ints[n]);
    if (a == b || (std::isnan(a) && std::isnan(b))) {
      norm += std::isfinite(b) ? b * b : 0;
      continue;
    }
    bool oneNaN = std::isnan(a) || std::isnan(b);
    double difference = oneNaN ? infinity : std::abs(a - b);
    if (difference > result.maxAbs) {
      result.maxAbs = difference;
      result.worstIndex = n;
    }
    result.nanMismatch |= oneNaN;
    error += difference * difference;
    norm += std::isfinite(b) ? b * b : 0;
  }
  error = std::sqrt(error);
  result.relativeL2 = norm > 0 ? error / std::sqrt(norm) : error;
  return result;
}
