//===- TileToVector.cpp - Kernels on tiles to loops on vectors ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "fovea/Conversion/Passes.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

namespace fovea {
#define GEN_PASS_DEF_TILETOVECTOR
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// Replaces the kernel by a function (item, scratch, workspace if there is one,
/// parameters, grid), whose
/// body is the kernel's with the coordinates computed from the item.
static func::FuncOp createFunction(tile::KernelOp kernel, bool hasWorkspace) {
  OpBuilder b(kernel);
  Location loc = kernel.getLoc();
  SmallVector<Type> types = {
      b.getIndexType(), MemRefType::get({ShapedType::kDynamic}, b.getI8Type())};
  unsigned numOwn = types.size() + hasWorkspace;
  types.resize(numOwn, types.back());
  for (BlockArgument parameter : kernel.getParameters())
    types.push_back(parameter.getType());
  types.append(kernel.getGridRank(), b.getIndexType());
  auto function = func::FuncOp::create(b, loc, kernel.getSymName(),
                                       b.getFunctionType(types, {}));
  function.setPrivate();
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);

  // The last coordinate runs fastest.
  Value rest = entry->getArgument(0);
  auto extents = entry->getArguments().take_back(kernel.getGridRank());
  SmallVector<Value> coordinates(kernel.getGridRank());
  for (unsigned n = kernel.getGridRank(); n-- > 0;) {
    coordinates[n] = n == 0 ? rest
                            : arith::RemUIOp::create(b, loc, rest, extents[n])
                                  .getResult();
    if (n != 0)
      rest = arith::DivUIOp::create(b, loc, rest, extents[n]);
  }
  Block &body = kernel.getBlock();
  for (auto [parameter, argument] :
       llvm::zip(kernel.getParameters(),
                 entry->getArguments().drop_front(numOwn)))
    parameter.replaceAllUsesWith(argument);
  for (auto [coordinate, value] :
       llvm::zip(kernel.getGridArguments(), coordinates))
    coordinate.replaceAllUsesWith(value);
  body.getTerminator()->erase();
  entry->getOperations().splice(entry->end(), body.getOperations());
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b, loc);
  return function;
}

namespace {

struct TileToVectorPass final : fovea::impl::TileToVectorBase<TileToVectorPass> {
  using Base::Base;

  void runOnOperation() override {
    struct Bytes {
      int64_t scratch, workspace, cleared;
    };
    llvm::StringMap<Bytes> bytes;
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      auto schedule =
          dyn_cast_or_null<tile::CpuScheduleAttr>(kernel.getScheduleAttr());
      if (!schedule) {
        kernel.emitOpError("has no #tile.cpu_schedule; this pass lowers "
                           "kernels for CPUs");
        return signalPassFailure();
      }
      bool hasWorkspace =
          kernel
              .walk([](tile::CombineOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
      func::FuncOp function = createFunction(kernel, hasWorkspace);
      kernel.erase();
      KernelLowering lowering(function, schedule,
                              hasWorkspace ? function.getArgument(2) : Value());
      if (failed(lowering.run()))
        return signalPassFailure();
      bytes[function.getName()] = {lowering.getScratchBytes(),
                                   lowering.getWorkspaceBytes(),
                                   lowering.getClearedBytes()};
    }
    getOperation().walk([&](tile::LaunchOp launch) {
      auto it = bytes.find(launch.getKernel());
      if (it == bytes.end() ||
          SymbolTable::getNearestSymbolTable(launch) != getOperation())
        return;
      launch.setScratchBytes(it->second.scratch);
      if (!it->second.workspace)
        return;
      launch.setWorkspaceBytes(it->second.workspace);
      launch.setClearedBytes(it->second.cleared);
    });
  }
};

} // namespace
