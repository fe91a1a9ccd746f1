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

/// The runtime's function (include/fovea-runtime/Runtime.h).
static constexpr StringLiteral parallelForName = "fovea_parallel_for";

/// fovea_parallel_for(items, scratch bytes, body, context).
static LLVM::LLVMFuncOp getParallelFor(ModuleOp module) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(parallelForName))
    return known;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  Type i64 = b.getI64Type(), ptr = LLVM::LLVMPointerType::get(b.getContext());
  return LLVM::LLVMFuncOp::create(
      b, module.getLoc(), parallelForName,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {i64, i64, ptr, ptr}));
}

/// Casts a value between the types that func and LLVM give to it.
static Value cast(OpBuilder &b, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0);
}

/// `@kernel_body(item, scratch, context)`: unpacks the context and calls the
/// kernel.
static LLVM::LLVMFuncOp createBody(func::FuncOp kernel,
                                   LLVM::LLVMStructType context,
                                   int64_t scratchBytes) {
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
  LLVMTypeConverter converter(b.getContext());
  Value size = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(scratchBytes));
  auto scratch = cast<MemRefType>(types[1]);
  // A descriptor of the scratch memory.
  auto descriptor = MemRefDescriptor::poison(
      b, b.getLoc(), converter.convertType(scratch));
  descriptor.setAllocatedPtr(b, b.getLoc(), entry->getArgument(1));
  descriptor.setAlignedPtr(b, b.getLoc(), entry->getArgument(1));
  descriptor.setConstantOffset(b, b.getLoc(), 0);
  descriptor.setSize(b, b.getLoc(), 0, size);
  descriptor.setConstantStride(b, b.getLoc(), 0, 1);
  arguments.push_back(cast(b, b.getLoc(), descriptor, scratch));
  Value packed = LLVM::LoadOp::create(b, context, entry->getArgument(2));
  for (auto [n, type] : llvm::enumerate(types.drop_front(2)))
    arguments.push_back(cast(
        b, b.getLoc(), LLVM::ExtractValueOp::create(b, packed, n), type));
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
  LLVMTypeConverter converter(launch.getContext());
  SmallVector<Value> operands(launch.getArguments());
  llvm::append_range(operands, launch.getGrid());
  SmallVector<Type> fields;
  for (Value operand : operands)
    fields.push_back(converter.convertType(operand.getType()));
  auto context =
      LLVM::LLVMStructType::getLiteral(launch.getContext(), fields);
  int64_t scratch = *launch.getScratchBytes();
  std::string name = (kernel.getName() + "_body").str();
  auto body = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!body)
    body = createBody(kernel, context, scratch);

  ImplicitLocOpBuilder b(launch.getLoc(), launch);
  Type ptr = LLVM::LLVMPointerType::get(b.getContext());
  Value packed = LLVM::PoisonOp::create(b, context);
  for (auto [n, operand] : llvm::enumerate(operands))
    packed = LLVM::InsertValueOp::create(
        b, packed, cast(b, b.getLoc(), operand, fields[n]), n);
  Value one = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(1));
  Value memory = LLVM::AllocaOp::create(b, ptr, context, one);
  LLVM::StoreOp::create(b, packed, memory);
  Value items = one;
  for (Value extent : launch.getGrid())
    items = LLVM::MulOp::create(
        b, items, cast(b, b.getLoc(), extent, b.getI64Type()));
  Value bytes = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(scratch));
  Value address = LLVM::AddressOfOp::create(b, body);
  LLVM::CallOp::create(b, getParallelFor(module),
                       ValueRange{items, bytes, address, memory});
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
