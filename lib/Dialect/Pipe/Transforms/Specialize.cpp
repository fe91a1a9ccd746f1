//===- Specialize.cpp - Divides a kernel into a loading and a computing role
//--===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPESPECIALIZE
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

using Ops = SmallVector<Operation *>;
/// Where one role stands in each ring.
using Cursors = llvm::MapVector<Value, Value>;
/// The slots that are taken, by load.
using Slots = DenseMap<Operation *, Value>;

/// Rewrites one kernel.
class Specializer {
public:
  Specializer(tile::KernelOp kernel, ScheduleAttr schedule)
      : kernel(kernel), schedule(schedule) {}

  LogicalResult run();
  unsigned getNumRings() const { return rings.size(); }

private:
  LogicalResult checkLayouts();
  Operation *findReused(tile::StoreOp store);
  LogicalResult makeRings();
  LogicalResult checkSharedMemory();
  Cursors startRings(OpBuilder &builder);
  Cursors ringsIn(scf::ForOp loop, const Cursors &cursors);
  RoleOp makeRole(RoleKind kind, int64_t groups, int64_t registers,
                  ArrayRef<Operation *> ops);

  // The loading role.
  void cloneLoads(OpBuilder &builder, ArrayRef<Operation *> ops,
                  IRMapping &mapping, Cursors &cursors);
  void cloneLoop(OpBuilder &builder, scf::ForOp loop, IRMapping &mapping,
                 Cursors &cursors, RoleKind kind);
  // The computing role.
  void cloneMath(OpBuilder &builder, ArrayRef<Operation *> ops,
                 IRMapping &mapping, Cursors &cursors);
  void cloneMathOp(OpBuilder &builder, Operation *op, IRMapping &mapping,
                   Cursors &cursors, Slots &slots);

  tile::KernelOp kernel;
  ScheduleAttr schedule;
  /// The rings of loads and of strips.
  llvm::MapVector<Operation *, Value> rings;
  DenseMap<Operation *, Value> buffers;
  /// Stores through the slot of a load.
  DenseMap<Operation *, Operation *> slotOf;
};

} // namespace

static bool isTile(Type type) { return isa<tile::TileType>(type); }

static bool touchesTiles(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isTile) ||
         llvm::any_of(op->getResultTypes(), isTile);
}

/// Whether the op or one inside it works on tiles.
static bool holdsTiles(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return touchesTiles(inner) ? WalkResult::interrupt()
                                   : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether the op computes a tile in the loading role.
static bool isStrip(Operation *op) {
  auto map = dyn_cast<tile::MapOp>(op);
  return map && isa_and_nonnull<LanesAttr>(map.getType().getLayout());
}

/// Whether the loading role makes the op's tile.
static bool isHandedOver(Operation *op) {
  return isa<tile::LoadOp>(op) || isStrip(op);
}

/// Whether rows of the tile beyond its view's end, which the copy engine does
/// not see, would take part in a product.
static bool needsClearing(tile::LoadOp load) {
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  if (!view || succeeded(getMappedLimit(view)))
    return false;
  return llvm::any_of(load->getUses(), [](OpOperand &use) {
    auto dot = dyn_cast<tile::DotOp>(use.getOwner());
    return dot &&
           cast<AffineMapAttr>(dot.getIndexingMaps()[use.getOperandNumber()])
                   .getValue()
                   .getDimPosition(0) == 2;
  });
}

static Ops opsOf(Block *block) {
  Ops ops;
  for (Operation &op : block->without_terminator())
    ops.push_back(&op);
  return ops;
}

/// Removes what nobody uses, uses before definitions.
static void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        eraseDeadOps(inner);
    if (isOpTriviallyDead(&op))
      op.erase();
  }
}

LogicalResult Specializer::checkLayouts() {
  WalkResult checked = kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tile = dyn_cast<tile::TileType>(type);
          tile && !tile.getLayout()) {
        op->emitError("the tile ")
            << tile << " has no layout; run pipe-assign-layouts first";
        return WalkResult::interrupt();
      }
    if (isa<RoleOp>(op)) {
      op->emitError("the kernel is divided into roles already");
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return success(!checked.wasInterrupted());
}

/// Whether a tile is stored by the copy engine, which takes elements of 16
/// bits, and not from registers.
static bool isCopied(tile::StoreOp store) {
  tile::TileType type = store.getValue().getType();
  return type.getRank() == 2 &&
         type.getElementType().getIntOrFloatBitWidth() == 16;
}

/// The load beside the store whose tile's place the store takes, or null: the
/// schedule does not want it, or there is none with as much room (where no key
/// is visible, no queries are loaded).
Operation *Specializer::findReused(tile::StoreOp store) {
  if (!schedule.getReuseQueries())
    return nullptr;
  tile::TileType value = store.getValue().getType();
  auto smem = SmemAttr::get(store.getContext(), 128);
  for (auto load : store->getBlock()->getOps<tile::LoadOp>()) {
    tile::TileType tile = load.getType();
    if (!load->use_empty() && tile.getDimSize(0) == value.getDimSize(0) &&
        getSharedBytes(value.withLayout(smem)) <= getSharedBytes(tile))
      return load;
  }
  return nullptr;
}

LogicalResult Specializer::makeRings() {
  OpBuilder builder(kernel.getBlock().getTerminator());
  WalkResult made = kernel.walk([&](Operation *op) {
    if (auto store = dyn_cast<tile::StoreOp>(op)) {
      if (!isCopied(store))
        return WalkResult::advance();
      if (Operation *reused = findReused(store)) {
        slotOf[op] = reused;
        return WalkResult::advance();
      }
      auto type = store.getValue().getType().withLayout(
          SmemAttr::get(op->getContext(), 128));
      if (!BufferType::getChecked([&] { return op->emitError(); },
                                  op->getContext(), type))
        return WalkResult::interrupt();
      buffers[op] = BufferOp::create(builder, op->getLoc(),
                                     BufferType::get(op->getContext(), type));
      return WalkResult::advance();
    }
    if (auto combine = dyn_cast<tile::CombineOp>(op)) {
      auto type = BufferType::getChecked(
          [&] { return op->emitError(); }, op->getContext(),
          CombineOp::getBufferTile(combine.getSum().getType()));
      if (!type)
        return WalkResult::interrupt();
      buffers[op] = BufferOp::create(builder, op->getLoc(), type);
      return WalkResult::advance();
    }
    if (!isHandedOver(op) || op->use_empty())
      return WalkResult::advance();
    bool inLoop = false;
    for (Operation *parent = op->getParentOp(); parent != kernel;
         parent = parent->getParentOp()) {
      if (!isa<scf::ForOp>(parent)) {
        op->emitError("a load under '")
            << parent->getName()
            << "' is not supported on this target; load it unconditionally";
        return WalkResult::interrupt();
      }
      inLoop = true;
    }
    int64_t stages = inLoop ? schedule.getStages() : schedule.getQueryStages();
    auto tile = cast<tile::TileType>(op->getResult(0).getType());
    if (isStrip(op))
      tile = tile.withLayout(SmemAttr::get(op->getContext(), 0));
    auto type = RingType::getChecked([&] { return op->emitError(); },
                                     op->getContext(), stages, tile);
    if (!type)
      return WalkResult::interrupt();
    rings[op] =
        RingOp::create(builder, op->getLoc(), type, schedule.getGroups());
    return WalkResult::advance();
  });
  return success(!made.wasInterrupted());
}

LogicalResult Specializer::checkSharedMemory() {
  int64_t bytes = getSharedBytes(kernel.getBlock());
  if (bytes <= limits::sharedBytes)
    return success();
  return kernel.emitError("the rings and buffers need ")
         << bytes << " bytes of shared memory, a multiprocessor has "
         << limits::sharedBytes << "; lower stages (" << schedule.getStages()
         << ") or key_tile (" << schedule.getKeyTile() << ")";
}

Cursors Specializer::startRings(OpBuilder &builder) {
  Cursors cursors;
  for (auto &[load, ring] : rings)
    cursors[ring] = StartOp::create(
        builder, load->getLoc(), CursorType::get(builder.getContext()), ring);
  return cursors;
}

Cursors Specializer::ringsIn(scf::ForOp loop, const Cursors &cursors) {
  Cursors inside;
  for (auto &[load, ring] : rings)
    if (loop->isAncestor(load))
      inside[ring] = cursors.find(ring)->second;
  return inside;
}

/// Rebuilds a loop for one role: a loading role carries scalars, a computing
/// one also tiles, and both the cursors of the rings used inside.
void Specializer::cloneLoop(OpBuilder &builder, scf::ForOp loop,
                            IRMapping &mapping, Cursors &cursors,
                            RoleKind kind) {
  Cursors inside = ringsIn(loop, cursors);
  SmallVector<unsigned> carried;
  SmallVector<Value> inits;
  for (auto [index, init] : llvm::enumerate(loop.getInitArgs()))
    if (kind == RoleKind::math || !isTile(init.getType())) {
      carried.push_back(index);
      inits.push_back(mapping.lookupOrDefault(init));
    }
  for (auto &[ring, cursor] : inside)
    inits.push_back(cursor);
  auto copy = scf::ForOp::create(
      builder, loop.getLoc(), mapping.lookupOrDefault(loop.getLowerBound()),
      mapping.lookupOrDefault(loop.getUpperBound()),
      mapping.lookupOrDefault(loop.getStep()), inits,
      [](OpBuilder &, Location, Value, ValueRange) {});
  mapping.map(loop.getInductionVar(), copy.getInductionVar());
  for (auto [position, index] : llvm::enumerate(carried)) {
    mapping.map(loop.getRegionIterArg(index), copy.getRegionIterArg(position));
    mapping.map(loop.getResult(index), copy.getResult(position));
  }
  for (auto [position, entry] : llvm::enumerate(inside))
    entry.second = copy.getRegionIterArg(carried.size() + position);

  OpBuilder body = OpBuilder::atBlockEnd(copy.getBody());
  if (kind == RoleKind::math)
    cloneMath(body, opsOf(loop.getBody()), mapping, inside);
  else
    cloneLoads(body, opsOf(loop.getBody()), mapping, inside);
  SmallVector<Value> yielded;
  for (unsigned index : carried)
    yielded.push_back(mapping.lookupOrDefault(loop.getYieldedValues()[index]));
  for (auto [position, entry] : llvm::enumerate(inside)) {
    yielded.push_back(entry.second);
    cursors[entry.first] = copy.getResult(carried.size() + position);
  }
  scf::YieldOp::create(body, loop.getLoc(), yielded);
}

void Specializer::cloneLoads(OpBuilder &builder, ArrayRef<Operation *> ops,
                             IRMapping &mapping, Cursors &cursors) {
  for (Operation *op : ops) {
    if (isHandedOver(op)) {
      Value ring = rings.lookup(op);
      if (!ring)
        continue;
      auto acquire =
          AcquireOp::create(builder, op->getLoc(), ring, cursors[ring]);
      cursors[ring] = acquire.getNext();
      auto load = dyn_cast<tile::LoadOp>(op);
      if (!load) {
        Operation *strip = builder.clone(*op, mapping);
        PutOp::create(builder, op->getLoc(), strip->getResult(0),
                      acquire.getSlot());
        continue;
      }
      SmallVector<Value> offsets;
      for (Value offset : load.getOffsets())
        offsets.push_back(mapping.lookupOrDefault(offset));
      // Work items that divide their keys have them to themselves.
      bool readOnce = schedule && schedule.getSplitTo() != 1 &&
                      load->getParentOfType<scf::ForOp>();
      FillOp::create(builder, op->getLoc(), acquire.getSlot(),
                     mapping.lookupOrDefault(load.getView()), offsets,
                     readOnce);
      continue;
    }
    auto loop = dyn_cast<scf::ForOp>(op);
    if (loop && (!ringsIn(loop, cursors).empty() || holdsTiles(op))) {
      cloneLoop(builder, loop, mapping, cursors, RoleKind::load);
      continue;
    }
    if (!holdsTiles(op))
      builder.clone(*op, mapping);
  }
}

void Specializer::cloneMathOp(OpBuilder &builder, Operation *op,
                              IRMapping &mapping, Cursors &cursors,
                              Slots &slots) {
  Location loc = op->getLoc();
  if (isHandedOver(op))
    return;
  if (auto dot = dyn_cast<tile::DotOp>(op)) {
    auto start = DotOp::create(
        builder, loc, mapping.lookup(dot.getA()), mapping.lookup(dot.getB()),
        mapping.lookup(dot.getAcc()), dot.getIndexingMapsAttr());
    mapping.map(dot.getResult(),
                AwaitOp::create(builder, loc, dot.getAcc().getType(), start));
    return;
  }
  auto store = dyn_cast<tile::StoreOp>(op);
  if (store && isCopied(store)) {
    SmallVector<Value> offsets;
    for (Value offset : store.getOffsets())
      offsets.push_back(mapping.lookupOrDefault(offset));
    Value through = buffers.lookup(op);
    if (!through)
      through = slots.lookup(slotOf.lookup(op));
    StoreOp::create(builder, loc, mapping.lookup(store.getValue()), through,
                    mapping.lookupOrDefault(store.getView()), offsets);
    return;
  }
  if (auto combine = dyn_cast<tile::CombineOp>(op)) {
    auto get = [&](Value value) { return mapping.lookupOrDefault(value); };
    auto copy = CombineOp::create(
        builder, loc, get(combine.getSum()), get(combine.getTop()),
        get(combine.getWeight()), get(combine.getPart()),
        get(combine.getCount()), get(combine.getRows()), combine.getUnitAttr(),
        buffers.lookup(op));
    mapping.map(combine.getResults(), copy.getResults());
    return;
  }
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return cloneLoop(builder, loop, mapping, cursors, RoleKind::math);
  auto branch = dyn_cast<scf::IfOp>(op);
  if (!branch || !holdsTiles(op)) {
    builder.clone(*op, mapping);
    return;
  }
  auto copy = scf::IfOp::create(
      builder, loc, branch.getResultTypes(),
      mapping.lookupOrDefault(branch.getCondition()),
      /*addThenBlock=*/true, /*addElseBlock=*/!branch.getElseRegion().empty());
  for (auto [from, to] : llvm::zip(branch->getRegions(), copy->getRegions())) {
    if (from.empty())
      continue;
    to.front().clear();
    OpBuilder body = OpBuilder::atBlockEnd(&to.front());
    cloneMath(body, opsOf(&from.front()), mapping, cursors);
    body.clone(*from.front().getTerminator(), mapping);
  }
  mapping.map(branch.getResults(), copy.getResults());
}

/// Rows of the slot from the view's limit on become zero.
static void cloneClear(OpBuilder &builder, tile::LoadOp load,
                       IRMapping &mapping, Value slot) {
  auto view = load.getView().getDefiningOp<tile::ViewOp>();
  Value end = view.getLimit() ? mapping.lookupOrDefault(view.getLimit())
                              : tile::createExtent(builder, view, 0);
  Value first =
      arith::SubIOp::create(builder, load.getLoc(), end,
                            mapping.lookupOrDefault(load.getOffsets()[0]));
  ClearOp::create(builder, load.getLoc(), slot, first);
}

void Specializer::cloneMath(OpBuilder &builder, ArrayRef<Operation *> ops,
                            IRMapping &mapping, Cursors &cursors) {
  // Slots are held from the first op that needs them to the last one.
  DenseMap<Operation *, Ops> takenBefore, releasedAfter;
  for (Operation *op : ops) {
    if (!rings.contains(op))
      continue;
    Operation *first = nullptr, *last = nullptr;
    SmallVector<Operation *> users(op->getUsers());
    for (auto &[store, load] : slotOf)
      if (load == op)
        users.push_back(store);
    for (Operation *user : users) {
      Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
      if (!first || ancestor->isBeforeInBlock(first))
        first = ancestor;
      if (!last || last->isBeforeInBlock(ancestor))
        last = ancestor;
    }
    takenBefore[first].push_back(op);
    releasedAfter[last].push_back(op);
  }
  Slots slots;
  for (Operation *op : ops) {
    for (Operation *load : takenBefore.lookup(op)) {
      Value ring = rings.lookup(load);
      auto take = TakeOp::create(builder, load->getLoc(), ring, cursors[ring]);
      cursors[ring] = take.getNext();
      slots[load] = take.getSlot();
      mapping.map(load->getResult(0),
                  ReadOp::create(builder, load->getLoc(),
                                 take.getSlot().getType().getTile(),
                                 take.getSlot()));
      if (auto tile = dyn_cast<tile::LoadOp>(load); tile && needsClearing(tile))
        cloneClear(builder, tile, mapping, take.getSlot());
    }
    cloneMathOp(builder, op, mapping, cursors, slots);
    for (Operation *load : releasedAfter.lookup(op))
      ReleaseOp::create(builder, load->getLoc(), slots[load]);
  }
}

RoleOp Specializer::makeRole(RoleKind kind, int64_t groups, int64_t registers,
                             ArrayRef<Operation *> ops) {
  OpBuilder builder(kernel.getBlock().getTerminator());
  auto role = RoleOp::create(builder, kernel.getLoc(), kind, groups, registers);
  Block *block = builder.createBlock(&role.getBody());
  block->addArgument(builder.getIndexType(), kernel.getLoc());
  Cursors cursors = startRings(builder);
  IRMapping mapping;
  if (kind == RoleKind::load)
    cloneLoads(builder, ops, mapping, cursors);
  else
    cloneMath(builder, ops, mapping, cursors);
  SmallVector<Value> ends;
  if (schedule.getPersistent())
    for (auto &[ring, cursor] : cursors)
      ends.push_back(cursor);
  EndOp::create(builder, kernel.getLoc(), ends);
  eraseDeadOps(*block);
  return role;
}

LogicalResult Specializer::run() {
  if (failed(checkLayouts()))
    return failure();
  // What works on no tile stays before the roles, unless it needs a result of
  // what moves.
  Ops moved;
  SmallPtrSet<Operation *, 16> isMoved;
  for (Operation *op : opsOf(&kernel.getBlock())) {
    bool needsMoved = false;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        needsMoved |= isMoved.contains(operand.getDefiningOp());
    });
    if (holdsTiles(op) || needsMoved) {
      moved.push_back(op);
      isMoved.insert(op);
    }
  }
  if (failed(makeRings()) || failed(checkSharedMemory()))
    return failure();
  makeRole(RoleKind::load, 1, schedule.getProducerRegs(), moved);
  makeRole(RoleKind::math, schedule.getGroups(), schedule.getConsumerRegs(),
           moved);
  for (Operation *op : llvm::reverse(moved))
    op->erase();
  return success();
}

namespace {
struct PipeSpecializePass final
    : pipe::impl::PipeSpecializeBase<PipeSpecializePass> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      ScheduleAttr schedule = getSchedule(kernel);
      if (!schedule)
        continue;
      Specializer specializer(kernel, schedule);
      if (failed(specializer.run()))
        return signalPassFailure();
      numRings += specializer.getNumRings();
    }
  }
};
} // namespace
