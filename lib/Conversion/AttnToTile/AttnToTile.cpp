//===- AttnToTile.cpp - Attention to kernels on tiles ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "MergeKernel.h"
#include "ScoreReduceKernel.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

namespace fovea {
#define GEN_PASS_DEF_ATTNTOTILE
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// What cannot be lowered, by name.
static LogicalResult checkCommon(ScoreOpInterface op) {
  if (op.getWalkAttr())
    return op->emitOpError("has a walk in closed form; run -attn-walk-to-mask "
                           "first");
  if (op.getAccumulatorType().isF32()) {
    if (!op.getQueryFactors())
      return success();
    return op->emitOpError("has factors; run -attn-append-factors before "
                           "bufferization");
  }
  return op->emitOpError("accumulates in ")
         << op.getAccumulatorType() << "; only f32 is lowered";
}

static LogicalResult checkSupported(AttentionOp op,
                                    tile::ScheduleAttrInterface schedule) {
  if (std::optional<ArrayRef<int64_t>> walk = op.getWalkShape())
    if ((*walk)[0] % schedule.getQueryTile() != 0 ||
        (*walk)[1] % schedule.getKeyTile() != 0)
      return op.emitOpError("has a walk of ")
             << (*walk)[0] << " queries by " << (*walk)[1]
             << " keys and a schedule of " << schedule.getQueryTile() << " by "
             << schedule.getKeyTile()
             << "; the schedule's tiles must divide the walk's";
  return checkCommon(op);
}

static LogicalResult checkSupported(ScoreReduceOp op,
                                    tile::ScheduleAttrInterface schedule) {
  if (op.getWalkRows())
    return op.emitOpError("with a walk is not lowered; give the walk's pairs "
                          "as a mask");
  if (schedule.multipliesInStorageTypes() || schedule.getSplitTo() != 1 ||
      schedule.getTailTile() != 0)
    return op.emitOpError("is lowered for CPUs only, by a #tile.cpu_schedule "
                          "without storage_types, split_to and tail_tile");
  return checkCommon(op);
}

namespace {

struct AttnToTilePass final : fovea::impl::AttnToTileBase<AttnToTilePass> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTableCollection symbolTables;
    // Lowering erases the moves around an op, too.
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<AttentionOp, ScoreReduceOp, MergeOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      LogicalResult lowered =
          llvm::TypeSwitch<Operation *, LogicalResult>(op)
              .Case<AttentionOp, ScoreReduceOp, MergeOp>(
                  [&](auto op) { return lower(op, symbolTables); });
      if (failed(lowered))
        return signalPassFailure();
    }
  }

private:
  template <typename OpTy>
  LogicalResult lower(OpTy op, SymbolTableCollection &symbolTables) {
    if (cast<DestinationStyleOpInterface>(*op).hasPureTensorSemantics())
      return op.emitOpError("works on tensors; run -attn-bufferize first");
    Attribute given = op.getScheduleAttr();
    auto schedule = dyn_cast_or_null<tile::ScheduleAttrInterface>(given);
    if (!schedule && given)
      return op.emitOpError("has ")
             << given
             << " for its schedule; leave it out, or write "
                "#tile.cpu_schedule or #pipe.schedule";
    if (!schedule)
      return op.emitOpError("has no schedule; run -attn-select-schedule first");
    // The kernel stands beside the function, in the same symbol table.
    auto function = op->template getParentOfType<FunctionOpInterface>();
    Operation *table = SymbolTable::getNearestSymbolTable(op);
    if (!function || function->getParentOp() != table)
      return op.emitOpError(
          "is not inside of a function; put it into a func.func");
    SymbolTable &symbols = symbolTables.getSymbolTable(table);
    std::string base =
        (function.getName() + "_" + op->getName().stripDialect()).str();
    auto getName = [&] {
      std::string name = base;
      for (unsigned n = 1; symbols.lookup(name); ++n)
        name = base + "_" + std::to_string(n);
      return name;
    };
    auto add = [&](tile::KernelOp kernel) {
      symbols.insert(kernel);
      ++numKernels;
    };
    if (failed(emitKernels(op, schedule, function, getName, add)))
      return failure();
    op.erase();
    return success();
  }

  static Program getProgram(tile::ScheduleAttrInterface schedule) {
    return {schedule.getQueryTile(),   schedule.getKeyTile(),
            schedule.getTailTile(),    schedule.getSplitTo(),
            schedule.getHeads(),       schedule.multipliesInStorageTypes(),
            schedule.getChannelStep(), schedule.takesLastFirst(),
            schedule.copiesBoxes()};
  }

  using GetName = function_ref<std::string()>;
  using Add = function_ref<void(tile::KernelOp)>;
  LogicalResult emitKernels(AttentionOp op,
                            tile::ScheduleAttrInterface schedule,
                            Operation *before, GetName getName, Add add) {
    if (failed(checkSupported(op, schedule)))
      return failure();
    add(AttentionKernel(op, getProgram(schedule)).emit(before, getName()));
    return success();
  }

  LogicalResult emitKernels(ScoreReduceOp op,
                            tile::ScheduleAttrInterface schedule,
                            Operation *before, GetName getName, Add add) {
    if (failed(checkSupported(op, schedule)))
      return failure();
    // Keys beyond a length, and rows of no sequence, have the sum 0.
    OpBuilder b(op);
    Value zero =
        arith::ConstantOp::create(b, op.getLoc(), b.getF32FloatAttr(0));
    linalg::FillOp::create(b, op.getLoc(), zero, op.getOutput());
    for (unsigned n = 0; n < op.getSegments().size(); ++n)
      add(ScoreReduceKernel(op, getProgram(schedule), n)
              .emit(before, getName()));
    return success();
  }

  LogicalResult emitKernels(MergeOp op, tile::ScheduleAttrInterface schedule,
                            Operation *before, GetName getName, Add add) {
    tile::KernelOp kernel = emitMergeKernel(op, schedule, before, getName());
    if (!kernel)
      return failure();
    add(kernel);
    return success();
  }
};

} // namespace
