//===- Interpreter.cpp - Entry: arguments in, results out -----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Reference/Interpreter.h"
#include "Machine.h"
#include "Scalar.h"

using namespace mlir;
using namespace fovea::reference;

/// Whether `array` can be argument `number`, of type `type`.
static LogicalResult checkArgument(func::FuncOp func, unsigned number,
                                   const Array &array, Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  bool known = shaped ? isa<RankedTensorType, MemRefType>(type) &&
                            isScalarType(shaped.getElementType())
                      : isScalarType(type);
  if (!known)
    return func.emitOpError("argument ") << number << " has type " << type
                                         << ", which the reference cannot hold";
  Type element = shaped ? shaped.getElementType() : type;
  ArrayRef<int64_t> shape = shaped ? shaped.getShape() : ArrayRef<int64_t>();
  if (array.elementType != element ||
      failed(verifyCompatibleShape(shape, array.shape)))
    return func.emitOpError("argument ")
           << number << " has type " << type << ", but the array given has ["
           << array.shape << "] elements of type " << array.elementType;
  size_t count = array.isFloat() ? array.floats.size() : array.ints.size();
  if (static_cast<int64_t>(count) != array.getNumElements())
    return func.emitOpError("argument ")
           << number << " has " << count << " elements, expected "
           << array.getNumElements();
  return success();
}

/// The result of type `type` as an array, rounded to its element type.
static FailureOr<Array> getResult(func::FuncOp func, const Datum &datum,
                                  Type type) {
  View view;
  if (const auto *scalar = std::get_if<Scalar>(&datum)) {
    view = View({}, type);
    view.store({}, *scalar);
  } else if (const auto *elements = std::get_if<View>(&datum)) {
    view = elements->copy();
  } else {
    return func.emitOpError("returns ") << type << ", which is no array";
  }
  view.array->round();
  return std::move(*view.array);
}

static FailureOr<SmallVector<Array>> run(func::FuncOp func,
                                         ArrayRef<Datum> arguments) {
  Machine machine;
  FailureOr<SmallVector<Datum>> values = machine.call(func, arguments, func);
  if (failed(values))
    return failure();
  SmallVector<Array> results;
  for (auto [datum, type] : llvm::zip_equal(*values, func.getResultTypes())) {
    FailureOr<Array> result = getResult(func, datum, type);
    if (failed(result))
      return failure();
    results.push_back(std::move(*result));
  }
  return results;
}

FailureOr<SmallVector<Array>>
fovea::reference::interpret(func::FuncOp func,
                            MutableArrayRef<Array> arguments) {
  if (arguments.size() != func.getNumArguments())
    return func.emitOpError("has ")
           << func.getNumArguments() << " arguments, got " << arguments.size();
  for (auto [n, array] : llvm::enumerate(arguments))
    if (failed(checkArgument(func, n, array, func.getArgumentTypes()[n])))
      return failure();
  // Arrays are moved in and back, not copied.
  SmallVector<Datum> values;
  SmallVector<View> views;
  for (auto [array, type] : llvm::zip(arguments, func.getArgumentTypes())) {
    View view(std::make_shared<Array>(std::move(array)));
    values.push_back(isa<ShapedType>(type) ? Datum(view)
                                           : Datum(view.load({})));
    views.push_back(view);
  }
  FailureOr<SmallVector<Array>> results = run(func, values);
  for (auto [array, view, type] :
       llvm::zip(arguments, views, func.getArgumentTypes())) {
    array = std::move(*view.array);
    if (isa<MemRefType>(type))
      array.round();
  }
  return results;
}
