//===- PlanTemporaries.cpp - Temporaries in one piece of memory -----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

namespace fovea {
#define GEN_PASS_DEF_PLANTEMPORARIES
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// Bytes of an allocation with these dynamic sizes, rounded up to 64.
static Value bytesOf(ImplicitLocOpBuilder &b, memref::AllocOp alloc,
                     ValueRange sizes) {
  MemRefType type = alloc.getType();
  int64_t bytes = DataLayout::closest(alloc).getTypeSize(type.getElementType());
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? 1 : size;
  Value total = arith::ConstantIndexOp::create(b, bytes);
  for (Value size : sizes)
    total = arith::MulIOp::create(b, total, size);
  Value mask = arith::ConstantIndexOp::create(b, -64);
  Value more = arith::ConstantIndexOp::create(b, 63);
  return arith::AndIOp::create(b, arith::AddIOp::create(b, total, more), mask);
}

/// Computes a value of a function again, from the function's arguments in
/// `mapping`; null if that would touch memory.
static Value recompute(OpBuilder &b, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() || !isMemoryEffectFree(op))
    return nullptr;
  for (Value operand : op->getOperands())
    if (!recompute(b, operand, mapping))
      return nullptr;
  b.clone(*op, mapping);
  return mapping.lookup(value);
}

/// `@f_temporaries`, which has the arguments of the function and returns bytes.
static FailureOr<func::FuncOp>
makeSizeFunction(func::FuncOp function, ArrayRef<memref::AllocOp> allocs) {
  std::string name = (function.getName() + "_temporaries").str();
  if (SymbolTable::lookupSymbolIn(function->getParentOp(), name))
    return function.emitOpError("the name ")
           << name << " is taken; rename the other function";
  ImplicitLocOpBuilder b(function.getLoc(), function);
  auto sizes = func::FuncOp::create(
      b, name,
      b.getFunctionType(function.getArgumentTypes(), b.getIndexType()));
  sizes.setPrivate();
  b.setInsertionPointToStart(sizes.addEntryBlock());
  IRMapping mapping;
  mapping.map(function.getArguments(), sizes.getArguments());
  Value total = arith::ConstantIndexOp::create(b, 0);
  for (memref::AllocOp alloc : allocs) {
    SmallVector<Value> extents;
    for (Value size : alloc.getDynamicSizes()) {
      extents.push_back(recompute(b, size, mapping));
      if (!extents.back()) {
        sizes.erase();
        return alloc.emitOpError("is memory whose size does not follow from "
                                 "the arguments; functions "
                                 "of the C ABI know their workspace before "
                                 "they run: take the memory "
                                 "as an argument");
      }
    }
    total = arith::AddIOp::create(b, total, bytesOf(b, alloc, extents));
  }
  func::ReturnOp::create(b, total);
  return sizes;
}

static LogicalResult planFunction(func::FuncOp function,
                                  ArrayRef<memref::AllocOp> allocs) {
  for (memref::AllocOp alloc : allocs)
    if (alloc->getBlock() != &function.getBody().front() ||
        !alloc.getType().getLayout().isIdentity())
      return alloc.emitOpError(
          "is memory that is allocated inside of another op; functions of the "
          "C "
          "ABI know their workspace before they run: allocate it outside");
  FailureOr<func::FuncOp> sizes = makeSizeFunction(function, allocs);
  if (failed(sizes))
    return failure();
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  auto bytes = MemRefType::get({ShapedType::kDynamic}, b.getI8Type());
  unsigned position = function.getNumArguments();
  if (failed(function.insertArgument(position, bytes, {}, function.getLoc())))
    return failure();
  function->setAttr("fovea.temporaries", FlatSymbolRefAttr::get(*sizes));
  b.setInsertionPointToStart(&function.getBody().front());
  Value offset = arith::ConstantIndexOp::create(b, 0);
  for (memref::AllocOp alloc : allocs) {
    b.setInsertionPoint(alloc);
    Value view = memref::ViewOp::create(b, alloc.getType(),
                                        function.getArgument(position), offset,
                                        alloc.getDynamicSizes());
    offset = arith::AddIOp::create(b, offset,
                                   bytesOf(b, alloc, alloc.getDynamicSizes()));
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
  return success();
}

namespace {

struct PlanTemporariesPass final
    : fovea::impl::PlanTemporariesBase<PlanTemporariesPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      SmallVector<memref::AllocOp> allocs;
      function.walk([&](memref::AllocOp op) { allocs.push_back(op); });
      if (!allocs.empty() && failed(planFunction(function, allocs)))
        return signalPassFailure();
      numTemporaries += allocs.size();
    }
  }
};

} // namespace
