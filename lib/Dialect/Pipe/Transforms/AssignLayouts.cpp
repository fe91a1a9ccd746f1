//===- AssignLayouts.cpp - Gives each tile of a kernel a Hopper layout ----===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPEASSIGNLAYOUTS
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// Propagates layouts from products, folds and stores to all tiles.
class LayoutAssigner {
public:
  LayoutAssigner(tile::KernelOp kernel, ScheduleAttr schedule)
      : kernel(kernel), context(kernel.getContext()),
        acc(AccAttr::get(context, schedule.getGroups())) {}

  LogicalResult run();

private:
  LogicalResult assign(Value value, Attribute layout, Operation *op);
  LogicalResult unify(ArrayRef<Value> values, Operation *op);
  LogicalResult seed(Operation *op);
  LogicalResult propagate(Operation *op);
  LogicalResult propagateMap(tile::MapOp map);
  LogicalResult finish(Value value, Location loc);

  tile::KernelOp kernel;
  MLIRContext *context;
  AccAttr acc;
  DenseMap<Value, Attribute> layouts;
  bool changed = false;
};

} // namespace

LogicalResult LayoutAssigner::assign(Value value, Attribute layout,
                                     Operation *op) {
  Attribute &mine = layouts[value];
  if (mine == layout)
    return success();
  if (mine) {
    InFlightDiagnostic diagnostic = op->emitError("the tile ")
                                    << value.getType() << " is needed as "
                                    << layout << " here and as " << mine
                                    << " elsewhere; compute it twice";
    if (Operation *definition = value.getDefiningOp())
      diagnostic.attachNote(definition->getLoc()) << "it is defined here";
    return diagnostic;
  }
  mine = layout;
  changed = true;
  return success();
}

LogicalResult LayoutAssigner::unify(ArrayRef<Value> values, Operation *op) {
  if (!isa<tile::TileType>(values.front().getType()))
    return success();
  Attribute layout;
  for (Value value : values)
    if (Attribute mine = layouts.lookup(value))
      layout = mine;
  if (!layout)
    return success();
  for (Value value : values)
    if (failed(assign(value, layout, op)))
      return failure();
  return success();
}

/// Layouts that products need.
LogicalResult LayoutAssigner::seed(Operation *op) {
  if (auto load = dyn_cast<tile::LoadOp>(op)) {
    for (OpOperand &use : load.getResult().getUses())
      if (!isa<tile::DotOp>(use.getOwner()) || use.getOperandNumber() > 1)
        return load.emitError(
            "a loaded tile that is no operand of a product is "
            "not supported on this target");
    return assign(load, SmemAttr::get(context, 128), op);
  }
  auto dot = dyn_cast<tile::DotOp>(op);
  if (!dot)
    return success();
  if (!dot.getB().getDefiningOp<tile::LoadOp>())
    return dot.emitError("operand b of a product has to be loaded");
  if (!dot.getA().getDefiningOp<tile::LoadOp>()) {
    int64_t bits = cast<tile::TileType>(dot.getA().getType())
                       .getElementType()
                       .getIntOrFloatBitWidth();
    if (bits != 8 && bits != 16)
      return dot.emitError(
                 "a computed operand of a product has elements of 8 or "
                 "16 bits, got ")
             << bits;
    if (failed(assign(dot.getA(), ARegAttr::get(context, acc.getGroups(), bits),
                      op)))
      return failure();
  }
  return failure(failed(assign(dot.getAcc(), acc, op)) ||
                 failed(assign(dot.getResult(), acc, op)));
}

LogicalResult LayoutAssigner::propagateMap(tile::MapOp map) {
  auto maps = map.getIndexingMapsAttr().getAsValueRange<AffineMapAttr>();
  if (map.getType().getRank() == 1) {
    SmallVector<Value> values(map.getInputs());
    values.push_back(map.getResult());
    return unify(values, map);
  }
  if (!layouts.lookup(map.getResult()) &&
      failed(assign(map.getResult(), acc, map)))
    return failure();
  for (auto [input, access] : llvm::zip(map.getInputs(), maps)) {
    Attribute layout = acc;
    if (access.getNumResults() == 1)
      layout = SliceAttr::get(context, 1 - access.getDimPosition(0), acc);
    else if (!access.isIdentity())
      return map.emitError(
          "reads an operand transposed, which is not supported "
          "on this target");
    if (failed(assign(input, layout, map)))
      return failure();
  }
  return success();
}

LogicalResult LayoutAssigner::propagate(Operation *op) {
  if (auto map = dyn_cast<tile::MapOp>(op))
    return propagateMap(map);
  if (auto reduce = dyn_cast<tile::ReduceOp>(op))
    return failure(
        failed(assign(reduce.getInput(), acc, op)) ||
        failed(assign(reduce.getResult(),
                      SliceAttr::get(context, reduce.getAxis(), acc), op)));
  if (auto store = dyn_cast<tile::StoreOp>(op)) {
    if (store.getValue().getType().getRank() == 1)
      return assign(store.getValue(), SliceAttr::get(context, 1, acc), op);
    return assign(store.getValue(), acc, op);
  }
  if (auto combine = dyn_cast<tile::CombineOp>(op)) {
    auto row = SliceAttr::get(context, 1, acc);
    for (Value value : {combine.getSum(), combine.getResultSum()})
      if (failed(assign(value, acc, op)))
        return failure();
    for (Value value : {combine.getTop(), combine.getWeight(),
                        combine.getResultTop(), combine.getResultWeight()})
      if (failed(assign(value, row, op)))
        return failure();
    return success();
  }
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (auto [init, argument, yielded, result] :
         llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs(),
                   loop.getYieldedValues(), loop.getResults()))
      if (failed(unify({init, argument, yielded, result}, op)))
        return failure();
  } else if (auto branch = dyn_cast<scf::IfOp>(op);
             branch && branch.getNumResults()) {
    for (auto [first, second, result] :
         llvm::zip(branch.thenYield().getOperands(),
                   branch.elseYield().getOperands(), branch.getResults()))
      if (failed(unify({first, second, result}, op)))
        return failure();
  }
  return success();
}

/// Puts the layout into the type.
LogicalResult LayoutAssigner::finish(Value value, Location loc) {
  auto type = dyn_cast<tile::TileType>(value.getType());
  if (!type)
    return success();
  Attribute layout = layouts.lookup(value);
  if (!layout)
    return emitError(loc) << "nothing decides the layout of the tile " << type;
  auto interface = dyn_cast<tile::LayoutAttrInterface>(layout);
  if (interface && failed(interface.verifyShape(type.getShape(), [&] {
        return emitError(loc) << "the tile " << type
                              << " cannot have the layout " << layout << ": ";
      })))
    return failure();
  value.setType(type.withLayout(layout));
  return success();
}

LogicalResult LayoutAssigner::run() {
  // A constant tile has any layout, so each use gets its own.
  SmallVector<tile::SplatOp> splats;
  kernel.walk([&](tile::SplatOp splat) { splats.push_back(splat); });
  for (tile::SplatOp splat : splats) {
    OpBuilder builder(splat);
    for (OpOperand &use : llvm::make_early_inc_range(splat->getUses()))
      use.set(builder.clone(*splat)->getResult(0));
    splat.erase();
  }

  auto each = [&](LogicalResult (LayoutAssigner::*visit)(Operation *)) {
    return success(!kernel.getBody()
                        .walk<WalkOrder::PreOrder>([&](Operation *op) {
                          return failed((this->*visit)(op))
                                     ? WalkResult::interrupt()
                                     : WalkResult::advance();
                        })
                        .wasInterrupted());
  };
  if (failed(each(&LayoutAssigner::seed)))
    return failure();
  do {
    changed = false;
    if (failed(each(&LayoutAssigner::propagate)))
      return failure();
  } while (changed);

  WalkResult finished =
      kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
        for (Value result : op->getResults())
          if (failed(finish(result, op->getLoc())))
            return WalkResult::interrupt();
        if (!isa<tile::MapOp>(op))
          for (Region &region : op->getRegions())
            for (BlockArgument argument : region.getArguments())
              if (failed(finish(argument, op->getLoc())))
                return WalkResult::interrupt();
        return WalkResult::advance();
      });
  return success(!finished.wasInterrupted());
}

namespace {
struct PipeAssignLayoutsPass final
    : pipe::impl::PipeAssignLayoutsBase<PipeAssignLayoutsPass> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (ScheduleAttr schedule = getSchedule(kernel))
        if (failed(LayoutAssigner(kernel, schedule).run()))
          return signalPassFailure();
  }
};
} // namespace
