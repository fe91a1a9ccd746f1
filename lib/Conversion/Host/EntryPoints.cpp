//===- EntryPoints.cpp - Functions of Fovea's C ABI -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "RuntimeCalls.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace fovea {
#define GEN_PASS_DEF_MAKEENTRYPOINTS
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

/// DLPack's code of an element type, or nothing.
static std::optional<int64_t> typeCode(Type type) {
  if (type.isBF16())
    return 4;
  if (isa<FloatType>(type))
    return 2;
  if (type.isInteger(1))
    return 6;
  if (type.isIntOrIndex())
    return type.isUnsignedInteger() ? 1 : 0;
  return std::nullopt;
}

/// Bits of an element in memory.
static int64_t typeBits(Type type) {
  if (type.isIndex())
    return 64;
  return std::max(8u, type.getIntOrFloatBitWidth());
}

static LogicalResult makeEntry(func::FuncOp function, bool cuda) {
  auto module = function->getParentOfType<ModuleOp>();
  std::string name = function.getName().str();
  if (function.getNumResults())
    return function.emitOpError(
        "returns a scalar; functions of the C ABI return tensors");
  MLIRContext *context = function.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  // The stream is what -convert-tile-launch-to-cuda added.
  SmallVector<Type> types(function.getArgumentTypes());
  bool hasStream = !types.empty() && types.back() == pointer;
  if (hasStream)
    types.pop_back();
  SmallVector<int64_t> signature = {cuda ? 2 : 1,
                                    static_cast<int64_t>(types.size())};
  int64_t words = 0;
  for (auto [n, type] : llvm::enumerate(types)) {
    auto memref = dyn_cast<MemRefType>(type);
    Type element = memref ? memref.getElementType() : type;
    std::optional<int64_t> code = typeCode(element);
    if (!code)
      return function.emitOpError("argument ")
             << n << " of type " << type << " cannot be passed by the C ABI";
    signature.append(
        {memref ? memref.getRank() : -1, *code, typeBits(element)});
    if (memref)
      for (int64_t size : memref.getShape())
        signature.push_back(ShapedType::isDynamic(size) ? -1 : size);
    words += memref ? 3 + 2 * memref.getRank() : 1;
  }

  std::string inner = name + "_memrefs";
  if (module.lookupSymbol(inner))
    return function.emitOpError("the name ")
           << inner << " is taken; rename the other function";
  if (failed(SymbolTable::replaceAllSymbolUses(
          function, StringAttr::get(context, inner), module)))
    return function.emitOpError("cannot be renamed to ") << inner;
  function.setName(inner);
  function.setPrivate();

  ImplicitLocOpBuilder b(function.getLoc(), function);
  Type i64 = b.getI64Type(), i32 = b.getI32Type();
  auto tableType = LLVM::LLVMArrayType::get(i64, signature.size());
  auto table = LLVM::GlobalOp::create(
      b, tableType, /*isConstant=*/true, LLVM::Linkage::Internal,
      name + "_signature",
      DenseElementsAttr::get(RankedTensorType::get(signature.size(), i64),
                             ArrayRef<int64_t>(signature)));
  auto entry = LLVM::LLVMFuncOp::create(
      b, name, LLVM::LLVMFunctionType::get(i32, {pointer, i64, pointer}));
  Block *head = entry.addEntryBlock(b);
  Block *work = b.createBlock(&entry.getBody());
  Block *wrong = b.createBlock(&entry.getBody());
  b.setInsertionPointToStart(head);
  Value count = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(words));
  Value storage = LLVM::AllocaOp::create(b, pointer, i64, count);
  Value status =
      LLVM::CallOp::create(
          b,
          getRuntime(module, "fovea_bind_arguments", i32,
                     {pointer, pointer, pointer, i64, pointer}),
          ValueRange{createText(b, module, name + "_text", name),
                     LLVM::AddressOfOp::create(b, table), head->getArgument(0),
                     head->getArgument(1), storage})
          .getResult();
  Value zero = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0));
  Value ok = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, status, zero);
  LLVM::CondBrOp::create(b, ok, work, wrong);
  b.setInsertionPointToStart(wrong);
  LLVM::ReturnOp::create(b, status);

  b.setInsertionPointToStart(work);
  LLVMTypeConverter converter(context);
  SmallVector<Value> arguments;
  int32_t offset = 0;
  for (Type type : types) {
    auto memref = dyn_cast<MemRefType>(type);
    Type converted = converter.convertType(type);
    Value place = LLVM::GEPOp::create(b, pointer, i64, storage,
                                      ArrayRef<LLVM::GEPArg>{offset});
    Value value = LLVM::LoadOp::create(b, converted, place);
    if (converted != type)
      value = UnrealizedConversionCastOp::create(b, type, value).getResult(0);
    arguments.push_back(value);
    offset += memref ? 3 + 2 * memref.getRank() : 1;
  }
  if (hasStream)
    arguments.push_back(head->getArgument(2));
  func::CallOp::create(b, function, arguments);
  Value result =
      LLVM::CallOp::create(b, getRuntime(module, "fovea_call_status", i32, {}),
                           ValueRange{})
          .getResult();
  LLVM::ReturnOp::create(b, result);
  return success();
}

namespace {

struct MakeEntryPointsPass final
    : fovea::impl::MakeEntryPointsBase<MakeEntryPointsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        entries.push_back(function);
    for (func::FuncOp function : entries)
      if (failed(makeEntry(function, cuda)))
        return signalPassFailure();
  }
};

} // namespace
