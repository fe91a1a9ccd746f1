//===- OutlineCalls.cpp - Attention as calls of compiled functions --------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeCalls.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringMap.h"

namespace fovea {
#define GEN_PASS_DEF_ATTNOUTLINECALLS
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// Bytes of a fovea_tensor_t, in words.
static constexpr int64_t tensorWords = 6;

/// The word {ndim, code, bits, lanes} of a fovea_tensor_t.
static int64_t typeWord(Type type, int64_t rank) {
  return rank | *getTypeCode(type) << 32 | getTypeBits(type) << 40 |
         int64_t(1) << 48;
}

/// Whether the C ABI can pass an operand; scalars fill a word at the most.
static bool isPassed(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (!getTypeCode(element))
    return false;
  if (type != element)
    return isa<RankedTensorType>(type);
  return element.isIndex() || (element.isSignlessIntOrFloat() &&
                               element.getIntOrFloatBitWidth() <= 64);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// A function of the op's inputs, then of its outputs, which hold its results.
static func::FuncOp createFunction(DestinationStyleOpInterface op,
                                   ArrayRef<Value> inputs, StringRef name) {
  OpBuilder b(op.getContext());
  SmallVector<Type> types(ValueRange(inputs).getTypes());
  llvm::append_range(types, ValueRange(op.getDpsInits()).getTypes());
  auto function = func::FuncOp::create(
      op.getLoc(), name, b.getFunctionType(types, op->getResultTypes()));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(inputs, body->getArguments().take_front(inputs.size()));
  // Constants stay constants.
  for (OpOperand *operand : op.getDpsInputOperands())
    if (!mapping.contains(operand->get()))
      mapping.map(operand->get(),
                  b.clone(*operand->get().getDefiningOp())->getResult(0));
  auto copy = cast<DestinationStyleOpInterface>(b.clone(*op, mapping));
  for (int64_t n = 0; n < op.getNumDpsInits(); ++n)
    copy.setDpsInitOperand(n, body->getArgument(inputs.size() + n));
  func::ReturnOp::create(b, op.getLoc(), copy->getResults());
  return function;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

namespace {

/// Emits a call of a fovea_function_t by arith and memref alone.
class CallEmitter {
public:
  CallEmitter(DestinationStyleOpInterface op, ArrayRef<Value> inputs,
              StringRef callee)
      : op(op), inputs(inputs), callee(callee), b(op.getLoc(), op) {}

  /// Gives the results of the op.
  SmallVector<Value> run();

private:
  Value constant(int64_t value) {
    return arith::ConstantIntOp::create(b, b.getI64Type(), value);
  }
  Value toWord(Value value) {
    return arith::IndexCastOp::create(b, b.getI64Type(), value);
  }
  void store(int64_t word, Value value) {
    memref::StoreOp::create(
        b, value, words, ValueRange{arith::ConstantIndexOp::create(b, word)});
  }
  /// The address of a word.
  Value address(int64_t word) {
    return arith::AddIOp::create(b, base, constant(8 * word));
  }
  Value createMemory(Value tensor);
  Value toMemory(Value tensor);
  void describeScalar(Value scalar, int64_t at);
  void describeArray(Value memory, int64_t at);
  Value call(ArrayRef<Value> memory);

  DestinationStyleOpInterface op;
  ArrayRef<Value> inputs;
  StringRef callee;
  ImplicitLocOpBuilder b;
  Value words, base; ///< Memory of the call on the stack.
};

} // namespace

/// New memory of the shape of an output.
Value CallEmitter::createMemory(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(tensor::DimOp::create(b, tensor, dim));
  return memref::AllocOp::create(
      b, MemRefType::get(type.getShape(), type.getElementType()), sizes);
}

/// The memory of an input, with any strides.
Value CallEmitter::toMemory(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  auto layout =
      StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, strides);
  return bufferization::ToBufferOp::create(
      b, MemRefType::get(type.getShape(), type.getElementType(), layout),
      tensor, /*read_only=*/true);
}

/// A tensor of rank 0 whose data is the word behind it.
void CallEmitter::describeScalar(Value scalar, int64_t at) {
  Type type = scalar.getType();
  Value bits = scalar;
  if (isa<FloatType>(type))
    bits = arith::BitcastOp::create(
        b, b.getIntegerType(type.getIntOrFloatBitWidth()), scalar);
  if (type.isIndex())
    bits = toWord(bits);
  else if (!bits.getType().isInteger(64))
    bits = arith::ExtUIOp::create(b, b.getI64Type(), bits);
  store(at, address(at + tensorWords));
  store(at + 1, constant(1));
  store(at + 2, constant(typeWord(type, 0)));
  for (int64_t word : {3, 4, 5})
    store(at + word, constant(0));
  store(at + tensorWords, bits);
}

/// {data, device, rank and type, shape, strides, offset}, and what the shape
/// and the strides point at.
void CallEmitter::describeArray(Value memory, int64_t at) {
  auto type = cast<MemRefType>(memory.getType());
  int64_t rank = type.getRank();
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memory);
  Value data = memref::ExtractAlignedPointerAsIndexOp::create(b, memory);
  Value bytes = constant(getTypeBits(type.getElementType()) / 8);
  store(at, toWord(data));
  store(at + 1, constant(1)); // The CPU.
  store(at + 2, constant(typeWord(type.getElementType(), rank)));
  store(at + 3, address(at + tensorWords));
  store(at + 4, address(at + tensorWords + rank));
  store(at + 5, arith::MulIOp::create(b, toWord(metadata.getOffset()), bytes));
  for (int64_t dim = 0; dim < rank; ++dim) {
    store(at + tensorWords + dim, toWord(metadata.getSizes()[dim]));
    store(at + tensorWords + rank + dim, toWord(metadata.getStrides()[dim]));
  }
}

/// The status of the call; the memory on the stack is given back behind it.
Value CallEmitter::call(ArrayRef<Value> memory) {
  auto scope = memref::AllocaScopeOp::create(b, b.getI32Type());
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&scope.getBodyRegion());
  // The pointers to the tensors, and the tensors.
  int64_t count = memory.size(), size = count;
  SmallVector<int64_t> places;
  for (Value value : memory) {
    places.push_back(size);
    auto type = dyn_cast<MemRefType>(value.getType());
    size += tensorWords + (type ? 2 * type.getRank() : 1);
  }
  words = memref::AllocaOp::create(b, MemRefType::get({size}, b.getI64Type()),
                                   b.getI64IntegerAttr(8));
  base = toWord(memref::ExtractAlignedPointerAsIndexOp::create(b, words));
  for (auto [n, value] : llvm::enumerate(memory)) {
    store(n, address(places[n]));
    if (isa<MemRefType>(value.getType()))
      describeArray(value, places[n]);
    else
      describeScalar(value, places[n]);
  }
  Value status =
      func::CallOp::create(b, callee, b.getI32Type(),
                           ValueRange{base, constant(count), constant(0)})
          .getResult(0);
  memref::AllocaScopeReturnOp::create(b, status);
  return scope.getResult(0);
}

SmallVector<Value> CallEmitter::run() {
  SmallVector<Value> memory;
  for (Value input : inputs)
    memory.push_back(isa<RankedTensorType>(input.getType()) ? toMemory(input)
                                                            : input);
  for (Value output : op.getDpsInits())
    memory.push_back(createMemory(output));
  Value status = call(memory);
  Value zero = arith::ConstantIntOp::create(b, b.getI32Type(), 0);
  Value worked =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, status, zero);
  cf::AssertOp::create(b, worked,
                       callee.str() + " failed; fovea_last_error() says why");
  SmallVector<Value> results;
  for (auto [type, held] : llvm::zip_equal(
           op->getResultTypes(), ArrayRef(memory).drop_front(inputs.size())))
    results.push_back(bufferization::ToTensorOp::create(
        b, type, held, /*restrict=*/true, /*writable=*/true));
  return results;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnOutlineCallsPass final
    : fovea::impl::AttnOutlineCallsBase<AttnOutlineCallsPass> {
  using Base::Base;

  void runOnOperation() override;

private:
  LogicalResult outline(DestinationStyleOpInterface op, ModuleOp functions);
  /// The name of the function with this body, which is added if need be.
  StringRef getFunction(func::FuncOp function, ModuleOp functions);

  llvm::StringMap<StringRef> known; ///< Names by text.
};

} // namespace

StringRef AttnOutlineCallsPass::getFunction(func::FuncOp function,
                                            ModuleOp functions) {
  std::string name = function.getName().str(), text;
  function.setName("_");
  llvm::raw_string_ostream os(text);
  function->print(os, OpPrintingFlags().useLocalScope());
  auto [found, isNew] = known.try_emplace(text);
  if (!isNew) {
    function.erase();
    return found->second;
  }
  SymbolTable own(functions), callers(getOperation());
  std::string unique = name;
  for (unsigned n = 0; own.lookup(unique) || callers.lookup(unique); ++n)
    unique = name + "_" + std::to_string(n);
  function.setName(unique);
  functions.push_back(function);
  ++numFunctions;
  OpBuilder b(getOperation().getBodyRegion());
  Type word = b.getI64Type();
  auto declaration = func::FuncOp::create(
      b, function.getLoc(), unique,
      b.getFunctionType({word, word, word}, b.getI32Type()));
  declaration.setPrivate();
  return found->second = function.getName();
}

LogicalResult AttnOutlineCallsPass::outline(DestinationStyleOpInterface op,
                                            ModuleOp functions) {
  llvm::SetVector<Value> inputs;
  for (OpOperand &operand : op->getOpOperands()) {
    Type type = operand.get().getType();
    if (!isa<ShapedType>(type) && matchPattern(operand.get(), m_Constant()))
      continue;
    if (!isPassed(type))
      return op->emitOpError("has an operand of type ")
             << type << ", which the C ABI cannot pass";
    if (!op.isDpsInit(&operand))
      inputs.insert(operand.get());
  }
  auto parent = op->getParentOfType<func::FuncOp>();
  std::string name = parent ? parent.getName().str() : "fovea";
  name += "_" + op->getName().stripDialect().str();
  llvm::replace(name, '.', '_');
  func::FuncOp function = createFunction(op, inputs.getArrayRef(), name);
  StringRef callee = getFunction(function, functions);
  op->replaceAllUsesWith(CallEmitter(op, inputs.getArrayRef(), callee).run());
  op->erase();
  ++numCalls;
  return success();
}

void AttnOutlineCallsPass::runOnOperation() {
  ModuleOp module = getOperation();
  if (part != "both" && part != "calls" && part != "functions") {
    module.emitError("-attn-outline-calls: part=")
        << part << " is unknown; expected both, calls or functions";
    return signalPassFailure();
  }
  SmallVector<DestinationStyleOpInterface> ops;
  module.walk([&](DestinationStyleOpInterface op) {
    if (isa<attn::AttnDialect>(op->getDialect()) && op.hasPureTensorSemantics())
      ops.push_back(op);
  });
  OwningOpRef<ModuleOp> functions =
      ModuleOp::create(module.getLoc(), StringRef("fovea_functions"));
  for (DestinationStyleOpInterface op : ops)
    if (failed(outline(op, *functions)))
      return signalPassFailure();
  if (part == "functions") {
    module.getBody()->clear();
    module.getBody()->getOperations().splice(
        module.getBody()->end(), functions->getBody()->getOperations());
  } else if (part == "both" && !ops.empty()) {
    module.push_back(functions.release());
  }
}
