//===- Simulate.cpp - Runs pipe programs in random interleavings ----------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a group of a role does depends on scalars only, never on when others do
// their part. So each group is run alone first, which gives the list of its
// steps (Tracer). Then the lists are run side by side, in an order drawn at
// random, on barriers that work as the machine's do, beside a copy engine that
// ends copies in any order (Machine).
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "llvm/ADT/TypeSwitch.h"
#include <random>

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPESIMULATE
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// A ring's tile: the slot is `cursor` modulo the ring's stages.
struct Tile {
  unsigned ring = 0;
  int64_t cursor = 0;

  bool operator==(const Tile &other) const {
    return ring == other.ring && cursor == other.cursor;
  }
};

/// One step of a group.
struct Step {
  enum Kind {
    acquire,
    fill,
    put, // By the threads themselves.
    take,
    use, // By the threads themselves.
    startProduct,
    awaitProduct,
    release,
    storeThroughBuffer,
    storeThroughSlot,
    waitTurn,
    passTurn,
    publishItem,
    takeItem
  };
  Kind kind;
  Operation *op;
  /// Tiles that the step works on.
  SmallVector<Tile, 2> tiles;
  /// The product, the buffer or the item.
  int64_t number = 0;
};

/// A group of a role and its steps.
struct Agent {
  RoleOp role;
  int64_t group = 0;
  std::vector<Step> steps;
};

/// Runs one group of a role on scalars.
class Tracer {
public:
  Tracer(tile::KernelOp kernel, ArrayRef<RingOp> rings, int64_t extent)
      : kernel(kernel), rings(rings), extent(extent), starts(rings.size(), 0) {}

  /// The steps of a group for work items `first` to `end`; fails with a
  /// diagnostic.
  LogicalResult run(Agent &agent, int64_t first, int64_t end);

private:
  LogicalResult runBlock(Block &block);
  LogicalResult runOp(Operation *op);
  LogicalResult runLoop(scf::ForOp loop);
  LogicalResult runBranch(scf::IfOp branch);
  LogicalResult advance(Operation *op, Step::Kind kind);
  void compute(Operation *op);
  void walkAt(tile::WalkAtOp at);
  int64_t sizeOf(Value walk);
  int64_t sizeOf(tile::WalkRangesOp walk, unsigned range) {
    return std::max<int64_t>(0, numbers.lookup(walk.getUpper()[range]) -
                                    numbers.lookup(walk.getLower()[range]));
  }
  FailureOr<int64_t> get(Value value, Operation *op) {
    auto it = numbers.find(value);
    if (it != numbers.end())
      return it->second;
    return op->emitError(
        "depends on a value that the simulation does not know");
  }
  void copy(ValueRange from, ValueRange to) {
    SmallVector<std::optional<int64_t>> values;
    for (Value value : from) {
      auto it = numbers.find(value);
      values.push_back(it == numbers.end() ? std::nullopt
                                           : std::optional(it->second));
    }
    for (auto [value, target] : llvm::zip(values, to)) {
      numbers.erase(target);
      if (value)
        numbers[target] = *value;
    }
  }
  Step &add(Step::Kind kind, Operation *op) {
    agent->steps.push_back({kind, op, {}, 0});
    return agent->steps.back();
  }

  tile::KernelOp kernel;
  ArrayRef<RingOp> rings;
  int64_t extent;
  /// Where the next item starts in each ring.
  SmallVector<int64_t> starts;
  Agent *agent = nullptr;
  /// What stands for scalars and positions.
  DenseMap<Value, int64_t> numbers;
  /// The tiles of slots and of what is read from them; the products in flight.
  DenseMap<Value, Tile> tiles;
  DenseMap<Value, int64_t> products;
  int64_t nextProduct = 0;
};

/// A barrier in shared memory.
struct Barrier {
  int64_t expected = 1, arrived = 0, completed = 0;

  void arrive() {
    if (++arrived < expected)
      return;
    arrived = 0;
    ++completed;
  }
  /// A wait for the phase of this parity returns.
  bool isPast(int64_t parity) const { return completed % 2 != parity; }
};

/// A slot of a ring.
struct Slot {
  Barrier full, empty;
  /// The position whose tile has arrived or is on its way.
  int64_t holds = -1;
  bool arriving = false;
  /// Agents that have taken it and not given it back.
  llvm::SmallSetVector<unsigned, 4> holders;
};

/// A copy in flight: into a slot, or from what an agent stores through.
struct Copy {
  Tile tile;
  bool isStore;
  unsigned agent;
};

/// Runs agents side by side.
class Machine {
public:
  Machine(tile::KernelOp kernel, ArrayRef<RingOp> rings,
          ArrayRef<Agent> agents);

  /// Fails with a diagnostic.
  LogicalResult run(uint64_t seed);

private:
  Slot &slotOf(const Tile &tile) {
    return slots[tile.ring][tile.cursor % slots[tile.ring].size()];
  }
  int64_t roundOf(const Tile &tile) const {
    return tile.cursor / slots[tile.ring].size() % 2;
  }
  bool canRun(unsigned agent);
  LogicalResult execute(unsigned agent);
  LogicalResult checkHeld(unsigned agent, const Step &step, const Tile &tile);
  void endCopy(unsigned number);
  LogicalResult reportDeadlock();
  bool isStoring(unsigned agent) const {
    return llvm::any_of(copies, [&](const Copy &copy) {
      return copy.isStore && copy.agent == agent;
    });
  }
  const Step &next(unsigned agent) const {
    return agents[agent].steps[positions[agent]];
  }

  tile::KernelOp kernel;
  ArrayRef<Agent> agents;
  SmallVector<size_t> positions;
  SmallVector<SmallVector<Slot>> slots;
  SmallVector<Copy> copies;
  /// For each agent: the steps that started products not awaited yet.
  SmallVector<SmallVector<const Step *>> products;
  /// For each agent: turns that it was passed and has not taken.
  SmallVector<int64_t> turns;
  Barrier itemFull, itemEmpty;
};

} // namespace

//===----------------------------------------------------------------------===//
// Tracer
//===----------------------------------------------------------------------===//

/// A scalar op of any dialect, by its folder.
void Tracer::compute(Operation *op) {
  SmallVector<Attribute> constants;
  for (Value operand : op->getOperands()) {
    auto it = numbers.find(operand);
    Type type = operand.getType();
    unsigned bits = type.isIndex()     ? 64
                    : type.isInteger() ? type.getIntOrFloatBitWidth()
                                       : 0;
    constants.push_back(
        it == numbers.end() || bits == 0
            ? Attribute()
            : IntegerAttr::get(type, APInt(bits, it->second, /*isSigned=*/true,
                                           /*implicitTrunc=*/true)));
  }
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(constants, results)))
    return;
  for (auto [result, folded] : llvm::zip(op->getResults(), results)) {
    if (auto value = dyn_cast<Value>(folded)) {
      copy(value, result);
    } else if (auto integer = dyn_cast<IntegerAttr>(cast<Attribute>(folded))) {
      bool isFlag = result.getType().isInteger(1);
      numbers[result] = isFlag ? integer.getValue().getZExtValue()
                               : integer.getValue().getSExtValue();
    }
  }
}

int64_t Tracer::sizeOf(Value walk) {
  if (auto list = walk.getDefiningOp<tile::WalkListOp>())
    return std::max<int64_t>(0, numbers.lookup(list.getCount())) *
           list.getSplit();
  int64_t sum = 0;
  if (auto ranges = walk.getDefiningOp<tile::WalkRangesOp>())
    for (unsigned n = 0; n < ranges.getLower().size(); ++n)
      sum += sizeOf(ranges, n);
  return sum;
}

/// The tile that a list names is not known; nothing here depends on it.
void Tracer::walkAt(tile::WalkAtOp at) {
  int64_t position = numbers.lookup(at.getPosition()), tile = 0;
  bool partial = false;
  if (auto list = at.getWalk().getDefiningOp<tile::WalkListOp>()) {
    partial = position < numbers.lookup(list.getPartials()) *
                             static_cast<int64_t>(list.getSplit());
  } else if (auto walk = at.getWalk().getDefiningOp<tile::WalkRangesOp>()) {
    for (unsigned n = 0; n < walk.getLower().size(); ++n) {
      int64_t size = sizeOf(walk, n);
      if (position >= 0 && position < size) {
        tile = numbers.lookup(walk.getLower()[n]) + position;
        partial = walk.getPartial()[n];
      }
      position -= size;
    }
  }
  numbers[at.getTile()] = tile;
  numbers[at.getPartial()] = partial;
}

/// pipe.acquire and pipe.take.
LogicalResult Tracer::advance(Operation *op, Step::Kind kind) {
  FailureOr<int64_t> cursor = get(op->getOperand(1), op);
  if (failed(cursor))
    return failure();
  unsigned ring = llvm::find(rings, op->getOperand(0).getDefiningOp<RingOp>()) -
                  rings.begin();
  Tile tile{ring, *cursor};
  tiles[op->getResult(0)] = tile;
  numbers[op->getResult(1)] = *cursor + 1;
  add(kind, op).tiles = {tile};
  return success();
}

LogicalResult Tracer::runLoop(scf::ForOp loop) {
  FailureOr<int64_t> from = get(loop.getLowerBound(), loop),
                     to = get(loop.getUpperBound(), loop),
                     by = get(loop.getStep(), loop);
  if (failed(from) || failed(to) || failed(by))
    return failure();
  copy(loop.getInitArgs(), loop.getRegionIterArgs());
  for (int64_t n = *from; n < *to; n += std::max<int64_t>(*by, 1)) {
    numbers[loop.getInductionVar()] = n;
    if (failed(runBlock(*loop.getBody())))
      return failure();
    copy(loop.getYieldedValues(), loop.getRegionIterArgs());
  }
  copy(loop.getRegionIterArgs(), loop.getResults());
  return success();
}

LogicalResult Tracer::runBranch(scf::IfOp branch) {
  // A branch on data computes tiles; which way it goes does not matter here.
  auto it = numbers.find(branch.getCondition());
  bool holds = it != numbers.end() && it->second;
  if (!holds && branch.getElseRegion().empty())
    return success();
  Block &block = holds ? *branch.thenBlock() : *branch.elseBlock();
  if (failed(runBlock(block)))
    return failure();
  copy(block.getTerminator()->getOperands(), branch.getResults());
  return success();
}

LogicalResult Tracer::runOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<RoleOp, RingOp, BufferOp>([](auto) { return success(); })
      .Case<scf::ForOp>([&](auto loop) { return runLoop(loop); })
      .Case<scf::IfOp>([&](auto branch) { return runBranch(branch); })
      .Case<StartOp>([&](StartOp start) {
        unsigned ring =
            llvm::find(rings, start.getRing().getDefiningOp<RingOp>()) -
            rings.begin();
        numbers[start] = starts[ring];
        return success();
      })
      .Case<AcquireOp>([&](auto op) { return advance(op, Step::acquire); })
      .Case<TakeOp>([&](auto op) { return advance(op, Step::take); })
      .Case<FillOp>([&](FillOp fill) {
        add(Step::fill, fill).tiles = {tiles.lookup(fill.getSlot())};
        return success();
      })
      .Case<PutOp>([&](PutOp put) {
        add(Step::put, put).tiles = {tiles.lookup(put.getSlot())};
        return success();
      })
      .Case<tile::MapOp>([&](tile::MapOp map) {
        for (auto extract : map.getBlock().getOps<tile::ExtractOp>())
          if (auto it = tiles.find(extract.getTile()); it != tiles.end())
            add(Step::use, map).tiles = {it->second};
        return success();
      })
      .Case<ReadOp>([&](ReadOp read) {
        tiles[read] = tiles.lookup(read.getSlot());
        return success();
      })
      .Case<ClearOp>([&](ClearOp clear) {
        add(Step::use, clear).tiles = {tiles.lookup(clear.getSlot())};
        return success();
      })
      .Case<ReleaseOp>([&](ReleaseOp release) {
        add(Step::release, release).tiles = {tiles.lookup(release.getSlot())};
        return success();
      })
      .Case<DotOp>([&](DotOp dot) {
        Step &step = add(Step::startProduct, dot);
        for (Value operand : {dot.getA(), dot.getB()})
          if (auto it = tiles.find(operand); it != tiles.end())
            step.tiles.push_back(it->second);
        step.number = products[dot.getPending()] = nextProduct++;
        return success();
      })
      .Case<AwaitOp>([&](AwaitOp await) {
        add(Step::awaitProduct, await).number =
            products.lookup(await.getPending());
        return success();
      })
      .Case<StoreOp>([&](StoreOp store) {
        bool isSlot = isa<SlotType>(store.getThrough().getType());
        Step &step = add(
            isSlot ? Step::storeThroughSlot : Step::storeThroughBuffer, store);
        if (isSlot)
          step.tiles = {tiles.lookup(store.getThrough())};
        return success();
      })
      .Case<WaitTurnOp>([&](auto op) {
        add(Step::waitTurn, op);
        return success();
      })
      .Case<PassTurnOp>([&](auto op) {
        add(Step::passTurn, op);
        return success();
      })
      .Case<memref::DimOp>([&](memref::DimOp dim) {
        std::optional<int64_t> axis = dim.getConstantIndex();
        auto type = cast<MemRefType>(dim.getSource().getType());
        numbers[dim] =
            axis && !type.isDynamicDim(*axis) ? type.getDimSize(*axis) : extent;
        return success();
      })
      .Case<memref::LoadOp>([&](memref::LoadOp load) {
        // The same for all that read it.
        auto memory = dyn_cast<BlockArgument>(load.getMemRef());
        if (!memory || !load.getType().isIntOrIndex())
          return success();
        uint64_t mixed = memory.getArgNumber() + 1;
        for (Value index : load.getIndices())
          mixed = (mixed + numbers.lookup(index)) * 0x9E3779B97F4A7C15 >> 7;
        numbers[load] = mixed % (extent + 2);
        return success();
      })
      .Case<tile::WalkRangesOp, tile::WalkListOp>(
          [](auto) { return success(); })
      .Case<tile::WalkSizeOp>([&](tile::WalkSizeOp size) {
        numbers[size] = sizeOf(size.getWalk());
        return success();
      })
      .Case<tile::WalkAtOp>([&](tile::WalkAtOp at) {
        walkAt(at);
        return success();
      })
      .Default([&](Operation *op) {
        if (op->getNumRegions() == 0)
          compute(op);
        return success();
      });
}

LogicalResult Tracer::runBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(runOp(&op)))
      return failure();
  return success();
}

LogicalResult Tracer::run(Agent &current, int64_t first, int64_t end) {
  agent = &current;
  RoleOp role = agent->role;
  ScheduleAttr schedule = getSchedule(kernel);
  bool persistent = schedule && schedule.getPersistent();
  bool loads = role.getKind() == RoleKind::load;
  bool takesTurns =
      role.walk([](WaitTurnOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (takesTurns && agent->group + 1 == static_cast<int64_t>(role.getGroups()))
    add(Step::passTurn, role);
  numbers[role.getBlock().getArgument(0)] = agent->group;
  for (BlockArgument argument : kernel.getBlock().getArguments())
    if (argument.getType().isIntOrIndex())
      numbers[argument] = extent;
  auto grid = kernel.getGridArguments();
  for (int64_t item = first; item < end; ++item) {
    for (BlockArgument coordinate : grid)
      numbers[coordinate] = 0;
    numbers[grid.back()] = item;
    if (failed(runBlock(kernel.getBlock())) ||
        failed(runBlock(role.getBlock())))
      return failure();
    if (!persistent)
      continue;
    // A role that does not say where it ends starts anew.
    auto ends = role.getBlock().getTerminator()->getOperands();
    for (auto [start, value] : llvm::zip(starts, ends))
      start = numbers.lookup(value);
    add(loads ? Step::publishItem : Step::takeItem, role).number = item - first;
  }
  if (takesTurns && agent->group == 0)
    add(Step::waitTurn, role);
  return success();
}

//===----------------------------------------------------------------------===//
// Machine
//===----------------------------------------------------------------------===//

Machine::Machine(tile::KernelOp kernel, ArrayRef<RingOp> rings,
                 ArrayRef<Agent> agents)
    : kernel(kernel), agents(agents), positions(agents.size(), 0),
      products(agents.size()), turns(agents.size(), 0) {
  for (RingOp ring : rings) {
    Slot slot;
    slot.empty.expected = ring.getReaders();
    RingOp op = ring;
    slots.emplace_back(op.getType().getStages(), slot);
  }
  itemEmpty.expected = llvm::count_if(agents, [](const Agent &agent) {
    return RoleOp(agent.role).getKind() == RoleKind::math;
  });
}

/// Whether the agent's next step need not wait.
bool Machine::canRun(unsigned agent) {
  if (positions[agent] == agents[agent].steps.size())
    return false;
  const Step &step = next(agent);
  switch (step.kind) {
  case Step::acquire:
    return slotOf(step.tiles[0]).empty.isPast(1 - roundOf(step.tiles[0]));
  case Step::take:
    return slotOf(step.tiles[0]).full.isPast(roundOf(step.tiles[0]));
  case Step::release:
  case Step::storeThroughBuffer:
    return !isStoring(agent);
  case Step::waitTurn:
    return turns[agent];
  case Step::publishItem:
    return itemEmpty.isPast(1 - step.number % 2);
  case Step::takeItem:
    return itemFull.isPast(step.number % 2);
  default:
    return true;
  }
}

/// The agent has taken the tile, and it is there.
LogicalResult Machine::checkHeld(unsigned agent, const Step &step,
                                 const Tile &tile) {
  Slot &slot = slotOf(tile);
  if (slot.holders.contains(agent) && slot.holds == tile.cursor &&
      !slot.arriving)
    return success();
  InFlightDiagnostic diagnostic = step.op->emitError("uses tile ")
                                  << tile.cursor
                                  << " of a ring where it is not: its slot ";
  if (!slot.holders.contains(agent))
    return diagnostic << "was given back";
  return diagnostic << (slot.arriving ? "waits for tile " : "holds tile ")
                    << slot.holds;
}

LogicalResult Machine::execute(unsigned agent) {
  const Step &step = next(agent);
  ++positions[agent];
  for (const Tile &tile : step.tiles)
    if (step.kind != Step::acquire && step.kind != Step::fill &&
        step.kind != Step::put && step.kind != Step::take &&
        failed(checkHeld(agent, step, tile)))
      return failure();
  auto readsInFlight = [&](const Tile &tile) -> const Step * {
    for (const Step *product : products[agent])
      if (llvm::is_contained(product->tiles, tile))
        return product;
    return nullptr;
  };
  auto checkAwaited = [&]() -> LogicalResult {
    const Step *product = readsInFlight(step.tiles[0]);
    if (!product)
      return success();
    InFlightDiagnostic diagnostic =
        step.op->emitError("ends the life of a tile that a product in flight "
                           "reads");
    diagnostic.attachNote(product->op->getLoc()) << "it is started here";
    return diagnostic;
  };
  switch (step.kind) {
  case Step::acquire:
  case Step::use:
    break;
  case Step::fill:
  case Step::put: {
    Slot &slot = slotOf(step.tiles[0]);
    if (slot.arriving || !slot.holders.empty())
      return step.op->emitError("overwrites a slot that is in use: it holds "
                                "tile ")
             << slot.holds << " of the ring";
    slot.holds = step.tiles[0].cursor;
    if (step.kind == Step::put) {
      slot.full.arrive();
      break;
    }
    slot.arriving = true;
    copies.push_back({step.tiles[0], /*isStore=*/false, agent});
    break;
  }
  case Step::take:
    slotOf(step.tiles[0]).holders.insert(agent);
    return checkHeld(agent, step, step.tiles[0]);
  case Step::startProduct:
    products[agent].push_back(&step);
    break;
  case Step::awaitProduct: {
    // Products end in the order in which they were started.
    auto &started = products[agent];
    while (!started.empty() && started.front()->number <= step.number)
      started.erase(started.begin());
    break;
  }
  case Step::release: {
    if (failed(checkAwaited()))
      return failure();
    Slot &slot = slotOf(step.tiles[0]);
    slot.holders.remove(agent);
    slot.empty.arrive();
    break;
  }
  case Step::storeThroughSlot:
    if (failed(checkAwaited()))
      return failure();
    [[fallthrough]];
  case Step::storeThroughBuffer:
    copies.push_back({Tile(), /*isStore=*/true, agent});
    break;
  case Step::waitTurn:
    --turns[agent];
    break;
  case Step::passTurn: {
    // The groups of a role are side by side.
    RoleOp role = agents[agent].role;
    int64_t group = agents[agent].group;
    ++turns[agent - group + (group + 1) % role.getGroups()];
    break;
  }
  case Step::publishItem:
    itemFull.arrive();
    break;
  case Step::takeItem:
    itemEmpty.arrive();
    break;
  }
  return success();
}

void Machine::endCopy(unsigned number) {
  Copy copy = copies[number];
  copies.erase(copies.begin() + number);
  if (copy.isStore)
    return;
  slotOf(copy.tile).arriving = false;
  slotOf(copy.tile).full.arrive();
}

LogicalResult Machine::reportDeadlock() {
  InFlightDiagnostic diagnostic =
      kernel.emitError("no role of this kernel can go on");
  for (unsigned n = 0; n < agents.size(); ++n) {
    if (positions[n] == agents[n].steps.size())
      continue;
    RoleOp role = agents[n].role;
    Diagnostic &note = diagnostic.attachNote(next(n).op->getLoc())
                       << "group " << agents[n].group << " of the "
                       << stringifyRoleKind(role.getKind())
                       << " role waits here";
    if (!next(n).tiles.empty())
      note << " for tile " << next(n).tiles[0].cursor << " of a ring";
  }
  return diagnostic;
}

LogicalResult Machine::run(uint64_t seed) {
  std::mt19937_64 random(seed);
  // Agents and the copy engine (last) have priorities, which change now and
  // then: one may be much faster than the others, or get far ahead before it
  // stops.
  SmallVector<uint64_t> priorities(agents.size() + 1);
  auto draw = [&] {
    for (uint64_t &priority : priorities)
      priority = random();
  };
  draw();
  while (true) {
    if (random() % 8 == 0)
      draw();
    std::optional<unsigned> chosen;
    for (unsigned n = 0; n <= agents.size(); ++n) {
      bool possible = n == agents.size() ? !copies.empty() : canRun(n);
      if (possible && (!chosen || priorities[n] > priorities[*chosen]))
        chosen = n;
    }
    if (!chosen)
      break;
    if (*chosen == agents.size())
      endCopy(random() % copies.size());
    else if (failed(execute(*chosen)))
      return failure();
  }
  for (unsigned n = 0; n < agents.size(); ++n)
    if (positions[n] != agents[n].steps.size())
      return reportDeadlock();
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct PipeSimulatePass final : pipe::impl::PipeSimulateBase<PipeSimulatePass> {
  using Base::Base;

  /// Runs work items `first` to `end` of a kernel in one block.
  LogicalResult simulate(tile::KernelOp kernel, int64_t extent, int64_t first,
                         int64_t end) {
    SmallVector<RingOp> rings(kernel.getBlock().getOps<RingOp>());
    std::vector<Agent> agents;
    for (auto role : kernel.getBlock().getOps<RoleOp>())
      for (uint64_t group = 0; group < role.getGroups(); ++group) {
        Agent &agent = agents.emplace_back();
        agent.role = role;
        agent.group = group;
        if (failed(Tracer(kernel, rings, extent).run(agent, first, end)))
          return failure();
        numSteps += agent.steps.size();
      }
    for (uint64_t n = 0; n < interleavings; ++n)
      if (failed(Machine(kernel, rings, agents).run(seed + n)))
        return failure();
    return success();
  }

  LogicalResult simulate(tile::KernelOp kernel) {
    ScheduleAttr schedule = getSchedule(kernel);
    bool persistent = schedule && schedule.getPersistent();
    SmallVector<int64_t> sizes(extents.begin(), extents.end());
    if (sizes.empty())
      sizes = {1, 130, 700};
    for (int64_t extent : sizes) {
      if (persistent) {
        if (failed(simulate(kernel, extent, 0, items)))
          return failure();
        continue;
      }
      for (int64_t item = 0; item < items; ++item)
        if (failed(simulate(kernel, extent, item, item + 1)))
          return failure();
    }
    return success();
  }

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (!kernel.getBlock().getOps<RoleOp>().empty() &&
          failed(simulate(kernel)))
        return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
