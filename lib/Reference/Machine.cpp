//===- Machine.cpp - State and dispatch of the interpreter ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringSwitch.h"
#include <limits>

using namespace mlir;
using namespace fovea::reference;

/// Calls deeper than this are taken for endless recursion.
static constexpr unsigned maxDepth = 200;
/// Arrays with more elements than this are refused.
static constexpr int64_t maxElements = int64_t(1) << 30;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

const Datum &Machine::get(Value value) const {
  static const Datum none;
  auto it = frame->find(value);
  return it == frame->end() ? none : it->second;
}

SmallVector<Datum> Machine::get(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return get(value); });
}

/// The alternative `T` of a value; verified programs have no other there.
template <typename T>
static T getAs(const Datum &datum) {
  const T *value = std::get_if<T>(&datum);
  return value ? *value : T();
}

Scalar Machine::getScalar(Value value) const {
  return getAs<Scalar>(get(value));
}
int64_t Machine::getInteger(Value value) const {
  return getScalar(value).integer;
}
double Machine::getReal(Value value) const { return getScalar(value).real; }
View Machine::getView(Value value) const { return getAs<View>(get(value)); }
Tile Machine::getTile(Value value) const { return getAs<Tile>(get(value)); }

Index Machine::getIndex(ValueRange values) const {
  Index index;
  for (Value value : values)
    index.push_back(getInteger(value));
  return index;
}

Index Machine::getIndex(ArrayRef<OpFoldResult> values) const {
  Index index;
  for (OpFoldResult value : values) {
    if (auto constant = getConstantIntValue(value))
      index.push_back(*constant);
    else
      index.push_back(getInteger(cast<Value>(value)));
  }
  return index;
}

View Machine::getDestination(Value init) const {
  View view = getView(init);
  return isa<TensorType>(init.getType()) ? view.copy() : view;
}

FailureOr<View> Machine::allocate(Operation *op, ArrayRef<int64_t> shape,
                                  Type elementType) const {
  if (!isScalarType(elementType))
    return op->emitOpError("has elements of type ")
           << elementType << ", which the reference cannot hold";
  int64_t count = 1;
  for (int64_t size : shape) {
    if (size < 0)
      return op->emitOpError("has the size ") << size;
    count = size && count > maxElements / size ? maxElements + 1 : count * size;
  }
  if (count > maxElements)
    return op->emitOpError("has over ")
           << maxElements << " elements, too many for the reference";
  View view(shape, elementType);
  llvm::fill(view.array->floats, std::numeric_limits<double>::quiet_NaN());
  return view;
}

FailureOr<View> Machine::getConstant(Operation *op, ShapedType type,
                                     Attribute attribute) const {
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return op->emitOpError("has a constant that the reference cannot read");
  FailureOr<View> view = allocate(op, type.getShape(), type.getElementType());
  if (failed(view))
    return failure();
  auto number = dense.getValues<Attribute>().begin();
  (void)forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index) {
    view->store(index, reference::getScalar(*number));
    ++number;
    return success();
  });
  return view;
}

FailureOr<View> Machine::getGlobal(Operation *op, StringAttr name) {
  auto global =
      SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(op, name);
  if (!global || !global.getInitialValue())
    return op->emitOpError("reads @")
           << name.getValue() << ", which has no value";
  auto it = globals.find(global);
  if (it != globals.end())
    return it->second;
  FailureOr<View> view =
      isa<UnitAttr>(*global.getInitialValue())
          ? allocate(op, global.getType().getShape(),
                     global.getType().getElementType())
          : getConstant(global, global.getType(), *global.getInitialValue());
  if (succeeded(view))
    globals[global] = *view;
  return view;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

LogicalResult Machine::refuse(Operation *op) const {
  return op->emitOpError("has no meaning in the reference interpreter");
}

LogicalResult Machine::runBlock(Block &block, ArrayRef<Datum> arguments) {
  for (auto [argument, datum] : llvm::zip(block.getArguments(), arguments))
    set(argument, datum);
  for (Operation &op : block.without_terminator())
    if (failed(runOperation(&op)))
      return failure();
  return success();
}

LogicalResult Machine::runIsolated(Block &block, ArrayRef<Datum> arguments) {
  Frame inner;
  Frame *outer = std::exchange(frame, &inner);
  llvm::scope_exit restore([&] { frame = outer; });
  return runBlock(block, arguments);
}

FailureOr<SmallVector<Datum>>
Machine::call(func::FuncOp func, ArrayRef<Datum> arguments, Operation *call) {
  if (func.isExternal())
    return call->emitOpError("calls @")
           << func.getName() << ", which has no body";
  if (!func.getBody().hasOneBlock())
    return func.emitOpError("has control flow between blocks, which the "
                            "reference does not interpret; use scf");
  if (depth == maxDepth)
    return call->emitOpError("is more than ") << maxDepth << " calls deep";
  Frame inner;
  Frame *outer = std::exchange(frame, &inner);
  ++depth;
  llvm::scope_exit restore([&] {
    frame = outer;
    --depth;
  });
  Block &block = func.getBody().front();
  if (failed(runBlock(block, arguments)))
    return failure();
  return get(block.getTerminator()->getOperands());
}

static LogicalResult runFunc(Machine &machine, Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  if (!call)
    return machine.refuse(op);
  auto func = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      op, call.getCalleeAttr());
  FailureOr<SmallVector<Datum>> results =
      machine.call(func, machine.get(op->getOperands()), op);
  if (failed(results))
    return failure();
  for (auto [result, datum] : llvm::zip_equal(op->getResults(), *results))
    machine.set(result, datum);
  return success();
}

/// Checks that runtime verification has put in.
static LogicalResult runControlFlow(Machine &machine, Operation *op) {
  auto check = dyn_cast<cf::AssertOp>(op);
  if (!check)
    return machine.refuse(op);
  if (machine.getInteger(check.getArg()))
    return success();
  return op->emitOpError("fails: ") << check.getMsg();
}

/// An operation of arith, math or index, on scalars or on each element of
/// tensors of one shape.
LogicalResult Machine::runScalar(Operation *op) {
  ScalarFunction function = getScalarFunction(op);
  if (!function)
    return refuse(op);
  Type type = op->getResult(0).getType();
  if (isScalarType(type)) {
    SmallVector<Scalar> operands = llvm::map_to_vector(
        op->getOperands(), [&](Value value) { return getScalar(value); });
    set(op->getResult(0), finish(function(op, operands), type));
    return success();
  }
  if (auto select = dyn_cast<arith::SelectOp>(op);
      select && isScalarType(select.getCondition().getType())) {
    set(select,
        get(getInteger(select.getCondition()) ? select.getTrueValue()
                                              : select.getFalseValue()));
    return success();
  }
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return refuse(op);
  auto constant = dyn_cast<arith::ConstantOp>(op);
  return setResult(op->getResult(0),
                   constant ? getConstant(op, tensor, constant.getValue())
                            : runElementwise(op, function));
}

FailureOr<View> Machine::runElementwise(Operation *op,
                                        ScalarFunction function) const {
  SmallVector<View> operands = llvm::map_to_vector(
      op->getOperands(), [&](Value value) { return getView(value); });
  Type type = getElementTypeOrSelf(op->getResult(0).getType());
  for (const View &operand : operands)
    if (!operand.array || operand.sizes != operands[0].sizes)
      return op->emitOpError("has operands of different shapes");
  FailureOr<View> result = allocate(op, operands[0].sizes, type);
  if (failed(result))
    return failure();
  (void)forEachIndex(result->sizes, [&](ArrayRef<int64_t> index) {
    SmallVector<Scalar> elements = llvm::map_to_vector(
        operands, [&](const View &operand) { return operand.load(index); });
    result->store(index, finish(function(op, elements), type));
    return success();
  });
  return result;
}

LogicalResult Machine::runOperation(Operation *op) {
  using Function = LogicalResult (*)(Machine &, Operation *);
  StringRef dialect = op->getName().getDialectNamespace();
  if (dialect == "arith" || dialect == "math" || dialect == "index")
    return runScalar(op);
  auto function = llvm::StringSwitch<Function>(dialect)
                      .Case("affine", runAffine)
                      .Case("attn", runAttn)
                      .Case("bufferization", runBufferization)
                      .Case("cf", runControlFlow)
                      .Case("func", runFunc)
                      .Case("linalg", runLinalg)
                      .Case("memref", runMemRef)
                      .Case("scf", runScf)
                      .Case("tensor", runTensor)
                      .Case("tile", runTile)
                      .Default(nullptr);
  return function ? function(*this, op) : refuse(op);
}
