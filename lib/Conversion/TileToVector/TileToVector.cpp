//===- TileToVector.cpp - Kernels on tiles to loops on vectors ------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterchangeHeads.h"
#include "KernelLowering.h"

#include "fovea/Conversion/Passes.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

namespace fovea {
#define GEN_PASS_DEF_TILETOVECTOR
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

namespace {

/// A function that replaces a kernel: (work item, scratch, workspace if there
/// is one, parameters, the grid's extent of heads if a work item has several,
/// work items along each dimension of the grid).
struct Function {
  func::FuncOp op;
  /// What runs for a point of the kernel's grid, the point's number, and the
  /// start of its scratch memory; null if that is the work item's.
  Block *body;
  Value point, scratchStart;
  Value scratch, workspace;
  /// The loop over the heads of a work item; null if each has one.
  scf::ForOp heads;
};

} // namespace

/// The dimension of a grid of which a work item may have several coordinates.
static unsigned headDimOf(unsigned rank) { return rank - 2; }

/// The coordinates of a work item; the last one runs fastest.
static SmallVector<Value> createCoordinates(OpBuilder &b, Location loc,
                                            Value item, ValueRange extents) {
  SmallVector<Value> coordinates(extents.size());
  for (unsigned n = extents.size(); n-- > 0;) {
    coordinates[n] =
        n == 0 ? item
               : arith::RemUIOp::create(b, loc, item, extents[n]).getResult();
    if (n != 0)
      item = arith::DivUIOp::create(b, loc, item, extents[n]);
  }
  return coordinates;
}

/// A loop over the up to `numHeads` heads of a work item, of which
/// `coordinates` and the function's fields speak then. `extents` are the
/// kernel's grid.
static void createHeadLoop(OpBuilder &b, Location loc, int64_t numHeads,
                           ValueRange extents,
                           MutableArrayRef<Value> coordinates,
                           Function &function) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  unsigned dim = headDimOf(coordinates.size());
  Value first =
      arith::MulIOp::create(b, loc, coordinates[dim], constant(numHeads));
  Value count = arith::SubIOp::create(b, loc, extents[dim], first);
  count = arith::MinUIOp::create(b, loc, count, constant(numHeads));
  function.heads = scf::ForOp::create(b, loc, constant(0), count, constant(1));
  function.body = function.heads.getBody();
  b.setInsertionPointToStart(function.body);
  Value own = function.heads.getInductionVar();
  coordinates[dim] = arith::AddIOp::create(b, loc, first, own);
  function.point = coordinates[0];
  for (auto [extent, coordinate] :
       llvm::drop_begin(llvm::zip(extents, coordinates))) {
    function.point = arith::MulIOp::create(b, loc, function.point, extent);
    function.point = arith::AddIOp::create(b, loc, function.point, coordinate);
  }
  // Until the lowering knows how many bytes a head needs.
  function.scratchStart = arith::MulIOp::create(b, loc, own, constant(0));
}

/// Moves the kernel's body into a new function.
static Function createFunction(tile::KernelOp kernel, int64_t numHeads,
                               bool hasWorkspace) {
  OpBuilder b(kernel);
  Location loc = kernel.getLoc();
  SmallVector<Type> types = {
      b.getIndexType(), MemRefType::get({ShapedType::kDynamic}, b.getI8Type())};
  unsigned numOwn = types.size() + hasWorkspace;
  types.resize(numOwn, types.back());
  for (BlockArgument parameter : kernel.getParameters())
    types.push_back(parameter.getType());
  types.append(kernel.getGridRank() + (numHeads > 1), b.getIndexType());
  Function function;
  function.op = func::FuncOp::create(b, loc, kernel.getSymName(),
                                     b.getFunctionType(types, {}));
  function.op.setPrivate();
  Block *entry = function.op.addEntryBlock();
  function.body = entry;
  function.point = entry->getArgument(0);
  function.scratch = entry->getArgument(1);
  if (hasWorkspace)
    function.workspace = entry->getArgument(2);
  b.setInsertionPointToStart(entry);

  SmallVector<Value> extents(
      entry->getArguments().take_back(kernel.getGridRank()));
  SmallVector<Value> coordinates =
      createCoordinates(b, loc, function.point, extents);
  if (numHeads > 1) {
    extents[headDimOf(extents.size())] =
        entry->getArguments().drop_back(extents.size()).back();
    createHeadLoop(b, loc, numHeads, extents, coordinates, function);
  }
  Block &body = kernel.getBlock();
  for (auto [parameter, argument] : llvm::zip(
           kernel.getParameters(), entry->getArguments().drop_front(numOwn)))
    parameter.replaceAllUsesWith(argument);
  for (auto [coordinate, value] :
       llvm::zip(kernel.getGridArguments(), coordinates))
    coordinate.replaceAllUsesWith(value);
  body.getTerminator()->erase();
  function.body->getOperations().splice(b.getInsertionPoint(),
                                        body.getOperations());
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b, loc);
  return function;
}

/// A work item of the launch has up to so many heads.
static void divideHeads(tile::LaunchOp launch, int64_t numHeads) {
  OpBuilder b(launch);
  Location loc = launch.getLoc();
  unsigned dim = headDimOf(launch.getGrid().size());
  Value heads = launch.getGrid()[dim];
  launch.getArgumentsMutable().append(heads);
  launch.getGridMutable().slice(dim, 1).assign(arith::CeilDivUIOp::create(
      b, loc, heads, arith::ConstantIndexOp::create(b, loc, numHeads)));
}

namespace {

struct TileToVectorPass final
    : fovea::impl::TileToVectorBase<TileToVectorPass> {
  using Base::Base;

  /// What launches of a kernel have to know.
  struct Needs {
    int64_t scratch, workspace, cleared, numHeads;
  };

  void runOnOperation() override {
    llvm::StringMap<Needs> needs;
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      StringRef name = kernel.getName();
      FailureOr<Needs> found = lower(kernel);
      if (failed(found))
        return signalPassFailure();
      needs[name] = *found;
    }
    getOperation().walk([&](tile::LaunchOp launch) {
      auto it = needs.find(launch.getKernel());
      if (it == needs.end() ||
          SymbolTable::getNearestSymbolTable(launch) != getOperation())
        return;
      if (it->second.numHeads > 1)
        divideHeads(launch, it->second.numHeads);
      launch.setScratchBytes(it->second.scratch);
      if (!it->second.workspace)
        return;
      launch.setWorkspaceBytes(it->second.workspace);
      launch.setClearedBytes(it->second.cleared);
    });
  }

private:
  /// Replaces the kernel by a function.
  static FailureOr<Needs> lower(tile::KernelOp kernel) {
    auto schedule =
        dyn_cast_or_null<tile::CpuScheduleAttr>(kernel.getScheduleAttr());
    if (!schedule)
      return kernel.emitOpError("has no #tile.cpu_schedule; this pass lowers "
                                "kernels for CPUs");
    int64_t numHeads = schedule.getHeads();
    if (numHeads > 1 && kernel.getGridRank() < 2)
      return kernel.emitOpError(
                 "has a grid of one dimension and a schedule of ")
             << numHeads << " heads a work item; leave heads out";
    bool hasWorkspace =
        kernel.walk([](tile::CombineOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    Function function = createFunction(kernel, numHeads, hasWorkspace);
    kernel.erase();
    KernelLowering lowering(function.op, function.body, schedule,
                            function.point, function.scratch,
                            function.scratchStart, function.workspace);
    if (failed(lowering.run()))
      return failure();
    int64_t scratch = lowering.getScratchBytes();
    if (numHeads > 1)
      scratch =
          interchangeHeads(function.heads, lowering.getKeyLoops(), numHeads,
                           function.scratchStart, function.scratch, scratch);
    return Needs{scratch, lowering.getWorkspaceBytes(),
                 lowering.getClearedBytes(), numHeads};
  }
};

} // namespace
