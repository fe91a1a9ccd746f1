//===- EntryPoints.cpp - Functions of Fovea's C ABI -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "RuntimeCalls.h"
#include "fovea-runtime/Runtime.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CpuTarget.h"
#include "fovea/Target/CudaTarget.h"

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
// Signatures
//===----------------------------------------------------------------------===//

std::optional<int64_t> fovea::getTypeCode(Type type) {
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

int64_t fovea::getTypeBits(Type type) {
  if (type.isIndex())
    return 64;
  return std::max(8u, type.getIntOrFloatBitWidth());
}

/// Words that an argument takes in fovea_code_t's storage.
static int64_t storageWords(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref ? 3 + 2 * memref.getRank() : 1;
}

/// Appends an argument's words of fovea_entry_t::signature.
static LogicalResult appendArgument(Type type, bool written,
                                    SmallVectorImpl<int64_t> &signature) {
  auto memref = dyn_cast<MemRefType>(type);
  Type element = memref ? memref.getElementType() : type;
  std::optional<int64_t> code = getTypeCode(element);
  if (!code)
    return failure();
  signature.append(
      {memref ? memref.getRank() : -1, *code, getTypeBits(element), written});
  if (!memref)
    return success();
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(memref.getStridesAndOffset(strides, offset)) ||
      (!ShapedType::isDynamic(offset) && offset != 0))
    return failure();
  for (auto [size, stride] : llvm::zip_equal(memref.getShape(), strides))
    for (int64_t word : {size, stride})
      signature.push_back(ShapedType::isDynamic(word) ? -1 : word);
  return success();
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

namespace {

/// Makes the entry point of one function of memrefs.
class EntryMaker {
public:
  EntryMaker(func::FuncOp function, StringRef target)
      : function(function), module(function->getParentOfType<ModuleOp>()),
        name(function.getName().str()), target(target),
        b(function.getLoc(), function),
        pointer(LLVM::LLVMPointerType::get(function.getContext())) {}

  LogicalResult make();

private:
  LogicalResult readArguments();
  LogicalResult renameFunction();
  LLVM::GlobalOp makeStruct(const Twine &symbol, Type type,
                            LLVM::Linkage linkage, ArrayRef<int64_t> place,
                            llvm::function_ref<SmallVector<Value>()> make);
  LLVM::GlobalOp makeCodes();
  LLVM::GlobalOp makeEntry(LLVM::GlobalOp codes);
  LLVM::LLVMFuncOp makeRun();
  LLVM::LLVMFuncOp makeTemporaryBytes();
  SmallVector<Value> unpack(Value storage);
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, b.getI64IntegerAttr(value));
  }
  func::FuncOp function;
  ModuleOp module;
  std::string name;
  StringRef target;
  ImplicitLocOpBuilder b;
  Type pointer;
  /// Types of the arguments that a caller gives.
  SmallVector<Type> types;
  bool hasStream = false;
  func::FuncOp sizes;
  SmallVector<int64_t> signature;
};

} // namespace

LogicalResult EntryMaker::readArguments() {
  if (function.getNumResults())
    return function.emitOpError(
        "returns a scalar; functions of the C ABI return tensors");
  llvm::append_range(types, function.getArgumentTypes());
  // What earlier passes added: the stream, or memory for temporaries.
  hasStream = !types.empty() && types.back() == pointer;
  if (auto symbol =
          function->getAttrOfType<FlatSymbolRefAttr>("fovea.temporaries"))
    sizes = module.lookupSymbol<func::FuncOp>(symbol.getValue());
  types.truncate(types.size() - hasStream - (sizes ? 1 : 0));
  auto writes = function->getAttrOfType<DenseI64ArrayAttr>("fovea.writes");
  int64_t words = 0;
  for (Type type : types)
    words += storageWords(type);
  signature = {CudaTarget::isCuda(target) ? 2 : 1,
               static_cast<int64_t>(types.size()), words};
  for (auto [n, type] : llvm::enumerate(types)) {
    bool written = writes && llvm::is_contained(writes.asArrayRef(),
                                                static_cast<int64_t>(n));
    if (failed(appendArgument(type, written, signature)))
      return function.emitOpError("argument ")
             << n << " of type " << type << " cannot be passed by the C ABI";
  }
  return success();
}

LogicalResult EntryMaker::renameFunction() {
  std::string inner = name + "_memrefs";
  if (module.lookupSymbol(inner))
    return function.emitOpError("the name ")
           << inner << " is taken; rename the other function";
  if (failed(SymbolTable::replaceAllSymbolUses(function, b.getStringAttr(inner),
                                               module)))
    return function.emitOpError("cannot be renamed to ") << inner;
  function.setName(inner);
  function.setPrivate();
  return success();
}

/// The arguments in the runtime's storage, as values of the function's types.
SmallVector<Value> EntryMaker::unpack(Value storage) {
  LLVMTypeConverter converter(b.getContext());
  SmallVector<Value> arguments;
  int32_t offset = 0;
  for (Type type : types) {
    Type converted = converter.convertType(type);
    Value place = LLVM::GEPOp::create(b, pointer, b.getI64Type(), storage,
                                      ArrayRef<LLVM::GEPArg>{offset});
    Value value = LLVM::LoadOp::create(b, converted, place);
    if (converted != type)
      value = UnrealizedConversionCastOp::create(b, type, value).getResult(0);
    arguments.push_back(value);
    offset += storageWords(type);
  }
  return arguments;
}

/// `@f_run(storage, temporaries, stream)`.
LLVM::LLVMFuncOp EntryMaker::makeRun() {
  OpBuilder::InsertionGuard guard(b);
  auto run = LLVM::LLVMFuncOp::create(
      b, name + "_run",
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointer, pointer, pointer}),
      LLVM::Linkage::Internal);
  Block *body = run.addEntryBlock(b);
  b.setInsertionPointToStart(body);
  SmallVector<Value> arguments = unpack(body->getArgument(0));
  if (sizes) {
    Type bytes = function.getArgumentTypes()[types.size()];
    Type converted = LLVMTypeConverter(b.getContext()).convertType(bytes);
    Value descriptor = LLVM::PoisonOp::create(b, converted);
    auto set = [&](Value field, ArrayRef<int64_t> place) {
      descriptor = LLVM::InsertValueOp::create(b, descriptor, field, place);
    };
    set(body->getArgument(1), 0);
    set(body->getArgument(1), 1);
    set(constant(0), 2);
    set(constant(std::numeric_limits<int64_t>::max()), {3, 0});
    set(constant(1), {4, 0});
    arguments.push_back(
        UnrealizedConversionCastOp::create(b, bytes, descriptor).getResult(0));
  }
  if (hasStream)
    arguments.push_back(body->getArgument(2));
  func::CallOp::create(b, function, arguments);
  LLVM::ReturnOp::create(b, ValueRange{});
  return run;
}

/// `@f_temporary_bytes(storage) -> i64`.
LLVM::LLVMFuncOp EntryMaker::makeTemporaryBytes() {
  OpBuilder::InsertionGuard guard(b);
  auto result = LLVM::LLVMFuncOp::create(
      b, name + "_temporary_bytes",
      LLVM::LLVMFunctionType::get(b.getI64Type(), {pointer}),
      LLVM::Linkage::Internal);
  Block *body = result.addEntryBlock(b);
  b.setInsertionPointToStart(body);
  Value bytes =
      func::CallOp::create(b, sizes, unpack(body->getArgument(0))).getResult(0);
  LLVM::ReturnOp::create(
      b, UnrealizedConversionCastOp::create(b, b.getI64Type(), bytes)
             .getResult(0));
  return result;
}

/// A constant structure; `make` gives its fields, and `place` is where they
/// stand in it.
LLVM::GlobalOp
EntryMaker::makeStruct(const Twine &symbol, Type type, LLVM::Linkage linkage,
                       ArrayRef<int64_t> place,
                       llvm::function_ref<SmallVector<Value>()> make) {
  auto global = LLVM::GlobalOp::create(b, type, /*isConstant=*/true, linkage,
                                       symbol.str(), Attribute());
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&global.getInitializerRegion());
  SmallVector<Value> fields = make();
  Value value = LLVM::PoisonOp::create(b, type);
  for (auto [n, field] : llvm::enumerate(fields)) {
    SmallVector<int64_t> position(place);
    position.push_back(n);
    value = LLVM::InsertValueOp::create(b, value, field, position);
  }
  LLVM::ReturnOp::create(b, value);
  return global;
}

/// `@f_codes`, an array of one fovea_code_t.
LLVM::GlobalOp EntryMaker::makeCodes() {
  int64_t features = 0, scratch = 0, shared = 0;
  if (!CudaTarget::isCuda(target))
    features = llvm::cantFail(CpuTarget::parse(target)).abiFeatures();
  function.walk([&](tile::LaunchOp launch) {
    scratch = std::max<int64_t>(scratch, launch.getScratchBytes().value_or(0));
    shared = std::max<int64_t>(shared, launch.getWorkspaceBytes().value_or(0));
  });
  LLVM::LLVMFuncOp run = makeRun();
  LLVM::LLVMFuncOp bytes = sizes ? makeTemporaryBytes() : nullptr;
  Type i64 = b.getI64Type();
  auto code = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer, i64, pointer, pointer, i64, i64});
  return makeStruct(
      name + "_codes", LLVM::LLVMArrayType::get(code, 1),
      LLVM::Linkage::Internal, /*place=*/0, [&]() -> SmallVector<Value> {
        return {createText(b, module, name + "_target", target),
                constant(features),
                LLVM::AddressOfOp::create(b, run),
                bytes ? LLVM::AddressOfOp::create(b, bytes).getResult()
                      : LLVM::ZeroOp::create(b, pointer).getResult(),
                constant(scratch),
                constant(shared)};
      });
}

/// `@fovea_entry_f`, a fovea_entry_t.
LLVM::GlobalOp EntryMaker::makeEntry(LLVM::GlobalOp codes) {
  Type i64 = b.getI64Type();
  auto table = LLVM::GlobalOp::create(
      b, LLVM::LLVMArrayType::get(i64, signature.size()),
      /*isConstant=*/true, LLVM::Linkage::Internal, name + "_signature",
      DenseElementsAttr::get(RankedTensorType::get(signature.size(), i64),
                             ArrayRef<int64_t>(signature)));
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {i64, pointer, pointer, i64, pointer});
  return makeStruct("fovea_entry_" + name, type, LLVM::Linkage::External,
                    /*place=*/{}, [&]() -> SmallVector<Value> {
                      return {constant(FOVEA_ABI_VERSION),
                              createText(b, module, name + "_text", name),
                              LLVM::AddressOfOp::create(b, table), constant(1),
                              LLVM::AddressOfOp::create(b, codes)};
                    });
}

LogicalResult EntryMaker::make() {
  if (failed(readArguments()) || failed(renameFunction()))
    return failure();
  LLVM::GlobalOp entry = makeEntry(makeCodes());
  Type i32 = b.getI32Type();
  auto called = LLVM::LLVMFuncOp::create(
      b, name,
      LLVM::LLVMFunctionType::get(i32, {pointer, b.getI64Type(), pointer}));
  Block *body = called.addEntryBlock(b);
  b.setInsertionPointToStart(body);
  auto call = getRuntime(module, "fovea_call", i32,
                         {pointer, pointer, b.getI64Type(), pointer});
  SmallVector<Value> operands = {LLVM::AddressOfOp::create(b, entry)};
  llvm::append_range(operands, body->getArguments());
  LLVM::ReturnOp::create(b,
                         LLVM::CallOp::create(b, call, operands).getResult());
  return success();
}

namespace {

struct MakeEntryPointsPass final
    : fovea::impl::MakeEntryPointsBase<MakeEntryPointsPass> {
  using Base::Base;

  void runOnOperation() override {
    if (!CudaTarget::isCuda(target))
      if (auto parsed = CpuTarget::parse(target); !parsed) {
        getOperation().emitError(toString(parsed.takeError()));
        return signalPassFailure();
      }
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        entries.push_back(function);
    for (func::FuncOp function : entries)
      if (failed(EntryMaker(function, target).make()))
        return signalPassFailure();
  }
};

} // namespace
