//===- TileLaunchToLLVM.cpp - Launches to parallel_for --------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace fovea {
#define GEN_PASS_DEF_CONVERTTILELAUNCHTOLLVM
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// The runtime's functions (include/fovea-runtime/Runtime.h).
static constexpr StringLiteral parallelForName = "fovea_parallel_for",
                               acquireName = "fovea_acquire_workspace",
                               releaseName = "fovea_release_workspace";

/// Casts a value between the types that func and LLVM give to it.
static Value cast(OpBuilder &b, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0);
}

/// A function of the runtime.
static LLVM::LLVMFuncOp getFunction(ModuleOp module, StringRef name,
                                    Type result, ArrayRef<Type> arguments) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  return LLVM::LLVMFuncOp::create(
      b, module.getLoc(), name, LLVM::LLVMFunctionType::get(result, arguments));
}

/// A memref of `size` bytes.
static Value makeBytes(ImplicitLocOpBuilder &b, Value pointer, int64_t size,
                       Type type) {
  LLVMTypeConverter converter(b.getContext());
  auto descriptor =
      MemRefDescriptor::poison(b, b.getLoc(), converter.convertType(type));
  descriptor.setAllocatedPtr(b, b.getLoc(), pointer);
  descriptor.setAlignedPtr(b, b.getLoc(), pointer);
  descriptor.setConstantOffset(b, b.getLoc(), 0);
  descriptor.setConstantSize(b, b.getLoc(), 0, size);
  descriptor.setConstantStride(b, b.getLoc(), 0, 1);
  return cast(b, b.getLoc(), descriptor, type);
}

/// `@kernel_body(item, scratch, context)`: unpacks the context and calls the
/// kernel.
static LLVM::LLVMFuncOp createBody(func::FuncOp kernel,
                                   LLVM::LLVMStructType context,
                                   int64_t scratchBytes,
                                   int64_t workspaceBytes) {
  ImplicitLocOpBuilder b(kernel.getLoc(), kernel);
  Type i64 = b.getI64Type(), ptr = LLVM::LLVMPointerType::get(b.getContext());
  auto body = LLVM::LLVMFuncOp::create(
      b, (kernel.getName() + "_body").str(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {i64, ptr, ptr}),
      LLVM::Linkage::Internal);
  Block *entry = body.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  ArrayRef<Type> types = kernel.getFunctionType().getInputs();
  SmallVector<Value> arguments = {
      cast(b, b.getLoc(), entry->getArgument(0), types[0])};
  arguments.push_back(
      makeBytes(b, entry->getArgument(1), scratchBytes, types[1]));
  Value packed = LLVM::LoadOp::create(b, context, entry->getArgument(2));
  for (auto [n, type] : llvm::enumerate(types.drop_front(2))) {
    Value field = LLVM::ExtractValueOp::create(b, packed, n);
    if (type.isBF16())
      field = LLVM::BitcastOp::create(b, type, field);
    arguments.push_back(n == 0 && workspaceBytes
                            ? makeBytes(b, field, workspaceBytes, type)
                            : cast(b, b.getLoc(), field, type));
  }
  func::CallOp::create(b, kernel, arguments);
  LLVM::ReturnOp::create(b, ValueRange{});
  return body;
}

/// tile.launch @k grid(...) args(...)  ->  call of parallel_for.
static LogicalResult lowerLaunch(tile::LaunchOp launch) {
  auto module = launch->getParentOfType<ModuleOp>();
  auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
  if (!kernel || !launch.getScratchBytes())
    return launch.emitOpError("of ")
           << launch.getKernelAttr()
           << ", which is not lowered; run -tile-to-vector on its module first";
  ImplicitLocOpBuilder b(launch.getLoc(), launch);
  LLVMTypeConverter converter(launch.getContext());
  Type i64 = b.getI64Type(), ptr = LLVM::LLVMPointerType::get(b.getContext());
  Type none = LLVM::LLVMVoidType::get(b.getContext());
  auto number = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, b.getI64IntegerAttr(value));
  };
  int64_t scratch = *launch.getScratchBytes();
  int64_t shared = launch.getWorkspaceBytes().value_or(0);
  Value one = number(1), items = one;
  for (Value extent : launch.getGrid())
    items = LLVM::MulOp::create(b, items, cast(b, b.getLoc(), extent, i64));
  SmallVector<Value> operands;
  if (shared) {
    // Without it nothing runs.
    auto acquire = getFunction(module, acquireName, ptr, {i64, i64});
    Value cleared = number(launch.getClearedBytes().value_or(0));
    Value memory =
        LLVM::CallOp::create(b, acquire, ValueRange{number(shared), cleared})
            .getResult();
    Value exists = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, memory,
                                        LLVM::ZeroOp::create(b, ptr));
    items = LLVM::SelectOp::create(b, exists, items, number(0));
    operands.push_back(memory);
  }
  llvm::append_range(operands, launch.getArguments());
  llvm::append_range(operands, launch.getGrid());
  // A number of bf16 is moved as an integer: see -fovea-move-bf16-as-integers.
  for (Value &operand : operands)
    if (operand.getType().isBF16())
      operand = LLVM::BitcastOp::create(b, b.getI16Type(), operand);
  SmallVector<Type> fields;
  for (Value operand : operands)
    fields.push_back(converter.convertType(operand.getType()));
  auto context = LLVM::LLVMStructType::getLiteral(launch.getContext(), fields);
  std::string name = (kernel.getName() + "_body").str();
  auto body = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!body)
    body = createBody(kernel, context, scratch, shared);

  Value packed = LLVM::PoisonOp::create(b, context);
  for (auto [n, operand] : llvm::enumerate(operands))
    packed = LLVM::InsertValueOp::create(
        b, packed, cast(b, b.getLoc(), operand, fields[n]), n);
  Value memory = LLVM::AllocaOp::create(b, ptr, context, one);
  LLVM::StoreOp::create(b, packed, memory);
  LLVM::CallOp::create(
      b,
      // (items, scratch bytes, body, context)
      getFunction(module, parallelForName, none, {i64, i64, ptr, ptr}),
      ValueRange{items, number(scratch), LLVM::AddressOfOp::create(b, body),
                 memory});
  if (shared)
    LLVM::CallOp::create(b, getFunction(module, releaseName, none, {ptr}),
                         operands.front());
  launch.erase();
  return success();
}

namespace {

struct ConvertTileLaunchToLLVMPass final
    : fovea::impl::ConvertTileLaunchToLLVMBase<ConvertTileLaunchToLLVMPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<tile::LaunchOp> launches;
    getOperation().walk([&](tile::LaunchOp op) { launches.push_back(op); });
    for (tile::LaunchOp launch : launches)
      if (failed(lowerLaunch(launch)))
        return signalPassFailure();
  }
};

} // namespace
