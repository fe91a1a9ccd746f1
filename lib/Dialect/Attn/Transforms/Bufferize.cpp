//===- Bufferize.cpp - Functions of tensors to functions of memrefs -------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNBUFFERIZE
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace mlir::bufferization;

/// memref<...xT, strided<[?, ..., 1], offset: ?>>
static BaseMemRefType argumentType(TensorLikeType type, Attribute space) {
  auto tensor = cast<TensorType>(type);
  if (!tensor.hasRank())
    return UnrankedMemRefType::get(tensor.getElementType(), space);
  SmallVector<int64_t> strides(tensor.getRank(), ShapedType::kDynamic);
  if (!strides.empty())
    strides.back() = 1;
  auto layout = StridedLayoutAttr::get(tensor.getContext(),
                                       ShapedType::kDynamic, strides);
  return MemRefType::get(tensor.getShape(), tensor.getElementType(), layout,
                         space);
}

/// Copies by a loop: memref.copy between strided memrefs would become a call of
/// a library.
static LogicalResult copy(OpBuilder &b, Location loc, Value from, Value to) {
  linalg::makeMemRefCopyOp(b, loc, from, to);
  return success();
}

/// Results that are arguments are dropped; the others are copied to new
/// arguments. Records which argument holds which result.
static LogicalResult moveResultsToArguments(func::FuncOp function) {
  if (function.isExternal())
    return success();
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("has several blocks; functions of tensors "
                                "have structured control flow");
  auto exit = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  SmallVector<Value> kept;
  SmallVector<int64_t> holders;
  OpBuilder b(exit);
  for (Value result : exit.getOperands()) {
    auto type = dyn_cast<MemRefType>(result.getType());
    if (!type) {
      kept.push_back(result);
      holders.push_back(-1);
      continue;
    }
    Value source = result;
    while (auto cast = source.getDefiningOp<memref::CastOp>())
      source = cast.getSource();
    auto argument = dyn_cast<BlockArgument>(source);
    if (!argument) {
      if (!type.hasStaticShape())
        return exit.emitOpError("returns a new tensor of dynamic shape, ")
               << type << "; take it as an argument and compute it in outs()";
      auto outType = cast<MemRefType>(
          argumentType(cast<TensorLikeType>(RankedTensorType::get(
                           type.getShape(), type.getElementType())),
                       type.getMemorySpace()));
      unsigned position = function.getNumArguments();
      if (failed(function.insertArgument(position, outType, {}, exit.getLoc())))
        return failure();
      argument = function.getArgument(position);
      if (failed(copy(b, exit.getLoc(), result, argument)))
        return failure();
    }
    holders.push_back(argument.getArgNumber());
  }
  exit->setOperands(kept);
  function.setType(b.getFunctionType(function.getArgumentTypes(),
                                     ValueRange(kept).getTypes()));
  function->setAttr("fovea.results", b.getDenseI64ArrayAttr(holders));
  // Attributes of results that are gone.
  function.removeResAttrsAttr();
  return success();
}

/// Whether an op may write to a memref or to a view of it; what is not known to
/// leave it alone does.
static bool mayBeWritten(Value memref) {
  for (Operation *user : memref.getUsers()) {
    if (isa<ViewLikeOpInterface>(user)) {
      if (llvm::any_of(user->getResults(), mayBeWritten))
        return true;
    } else if (auto effects = dyn_cast<MemoryEffectOpInterface>(user)) {
      SmallVector<MemoryEffects::EffectInstance> all;
      effects.getEffects(all);
      for (const MemoryEffects::EffectInstance &effect : all)
        if (isa<MemoryEffects::Write>(effect.getEffect()) &&
            (!effect.getValue() || effect.getValue() == memref))
          return true;
      if (llvm::any_of(user->getResultTypes(), llvm::IsaPred<BaseMemRefType>))
        return true;
    } else if (!isa<func::ReturnOp>(user)) {
      return true;
    }
  }
  return false;
}

/// Records which arguments are written.
static void recordWrites(func::FuncOp function) {
  SmallVector<int64_t> written;
  for (BlockArgument argument : function.getArguments())
    if (isa<BaseMemRefType>(argument.getType()) && mayBeWritten(argument))
      written.push_back(argument.getArgNumber());
  function->setAttr("fovea.writes",
                    Builder(function).getDenseI64ArrayAttr(written));
}

namespace {

struct AttnBufferizePass final
    : fovea::attn::impl::AttnBufferizeBase<AttnBufferizePass> {
  using Base::Base;

  void runOnOperation() override {
    for (auto call : getOperation().getOps<func::FuncOp>())
      if (auto uses = call.getSymbolUses(getOperation());
          uses && !uses->empty()) {
        call.emitOpError("is called; inline it before bufferization "
                         "(-inline)");
        return signalPassFailure();
      }
    OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    options.memCpyFn = copy;
    options.functionArgTypeConverterFn =
        [](TensorLikeType type, Attribute space, FunctionOpInterface,
           const BufferizationOptions &) -> BufferLikeType {
      return cast<BufferLikeType>(argumentType(type, space));
    };
    BufferizationState state;
    if (failed(runOneShotModuleBufferize(getOperation(), options, state)))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (failed(moveResultsToArguments(function)))
        return signalPassFailure();
      if (!function.isExternal())
        recordWrites(function);
    }
  }
};

} // namespace
