//===- Slices.cpp - What tensors and memrefs have in common ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Slices.h"

using namespace mlir;
using namespace fovea::reference;

LogicalResult fovea::reference::checkIndex(Operation *op, const View &view,
                                           ArrayRef<int64_t> index) {
  if (view.contains(index))
    return success();
  return op->emitOpError("has the index [")
         << index << "] outside of [" << ArrayRef(view.sizes) << "]";
}

FailureOr<Scalar> fovea::reference::loadChecked(Operation *op, const View &view,
                                                ArrayRef<int64_t> index) {
  if (failed(checkIndex(op, view, index)))
    return failure();
  return view.load(index);
}

FailureOr<Scalar> fovea::reference::getDim(Operation *op, const View &view,
                                           Scalar dimension) {
  uint64_t axis = dimension.integer;
  if (axis >= view.sizes.size())
    return op->emitOpError("asks for dimension ")
           << dimension.integer << " of " << view.sizes.size();
  return Scalar{0, view.sizes[axis]};
}

LogicalResult fovea::reference::checkShape(Operation *op, const View &view,
                                           ShapedType type) {
  if (succeeded(verifyCompatibleShape(type.getShape(), view.sizes)))
    return success();
  return op->emitOpError("gives ")
         << type << ", but there are [" << ArrayRef(view.sizes) << "] elements";
}

FailureOr<View> fovea::reference::getSlice(Machine &machine,
                                           OffsetSizeAndStrideOpInterface op,
                                           const View &view) {
  Index offsets = machine.getIndex(op.getMixedOffsets());
  Index sizes = machine.getIndex(op.getMixedSizes());
  Index strides = machine.getIndex(op.getMixedStrides());
  View slice = view;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    int64_t last = offsets[axis] + (sizes[axis] - 1) * strides[axis];
    bool inside = offsets[axis] >= 0 && offsets[axis] < view.sizes[axis] &&
                  last >= 0 && last < view.sizes[axis];
    if (sizes[axis] < 0 || (sizes[axis] > 0 && !inside))
      return op->emitOpError("takes ")
             << sizes[axis] << " elements from " << offsets[axis]
             << ", outside of dimension " << axis << " of size "
             << view.sizes[axis];
    slice.offset += offsets[axis] * view.strides[axis];
    slice.sizes[axis] = sizes[axis];
    slice.strides[axis] = strides[axis] * view.strides[axis];
  }
  return slice;
}

View fovea::reference::dropDims(const View &view,
                                const llvm::SmallBitVector &dims) {
  View result;
  result.array = view.array;
  result.offset = view.offset;
  for (size_t axis = 0; axis < view.sizes.size(); ++axis) {
    if (dims.test(axis))
      continue;
    result.sizes.push_back(view.sizes[axis]);
    result.strides.push_back(view.strides[axis]);
  }
  return result;
}

void fovea::reference::fill(const View &view, Scalar value) {
  (void)forEachIndex(view.sizes, [&](ArrayRef<int64_t> index) {
    view.store(index, value);
    return success();
  });
}

Index fovea::reference::collapse(ArrayRef<int64_t> sizes,
                                 ArrayRef<ReassociationIndices> groups) {
  Index result;
  for (const ReassociationIndices &group : groups) {
    int64_t size = 1;
    for (int64_t axis : group)
      size *= sizes[axis];
    result.push_back(size);
  }
  return result;
}

FailureOr<View> fovea::reference::reshape(Operation *op, const View &view,
                                          ArrayRef<int64_t> sizes) {
  View packed(view.sizes, view.array->elementType);
  if (view.strides != packed.strides)
    return op->emitOpError("reshapes memory with gaps, which the reference "
                           "does not interpret");
  View result(sizes, view.array->elementType);
  if (result.getNumElements() != view.getNumElements())
    return op->emitOpError("gives [")
           << sizes << "] to " << view.getNumElements() << " elements";
  result.array = view.array;
  result.offset = view.offset;
  return result;
}
