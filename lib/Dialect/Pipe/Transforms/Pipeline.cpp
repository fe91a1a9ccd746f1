//===- Pipeline.cpp - Overlaps the products of one step with the next -----===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPEPIPELINE
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// Place of an op in the pipelined loop.
struct Place {
  unsigned stage = 0;
  unsigned order = 0;
};

/// The schedule table of a loop (see the pass's description).
class OverlapSchedule {
public:
  explicit OverlapSchedule(scf::ForOp loop) : loop(loop) { build(); }

  /// Whether there is something to overlap.
  bool isValid() const { return valid; }

  /// All ops with their stages, in their new order.
  std::vector<std::pair<Operation *, unsigned>> getOrder();

private:
  void build();
  template <typename Predicate>
  SmallPtrSet<Operation *, 16> closure(Predicate startsHere);
  void placeSlots(const SmallPtrSetImpl<Operation *> &later);

  scf::ForOp loop;
  bool valid = false;
  DenseMap<Operation *, Place> places;
};

} // namespace

/// All values that the op or one inside it uses.
static SmallVector<Value> usedValues(Operation *op) {
  SmallVector<Value> values;
  op->walk([&](Operation *inner) {
    llvm::append_range(values, inner->getOperands());
  });
  return values;
}

/// The ops of the body that a predicate names, and all that use their results
/// in the same step.
template <typename Predicate>
SmallPtrSet<Operation *, 16> OverlapSchedule::closure(Predicate startsHere) {
  SmallPtrSet<Operation *, 16> result;
  for (Operation &op : loop.getBody()->without_terminator())
    if (startsHere(&op) || llvm::any_of(usedValues(&op), [&](Value value) {
          return result.contains(value.getDefiningOp());
        }))
      result.insert(&op);
  return result;
}

/// A slot is taken with the first product that reads it and released after the
/// last one is awaited: in the later stage if all its products are there. One
/// that no product reads is held just as long as threads read it.
void OverlapSchedule::placeSlots(const SmallPtrSetImpl<Operation *> &later) {
  for (auto take : loop.getBody()->getOps<TakeOp>()) {
    bool allLater = true, anyLater = false, isMultiplied = false;
    SmallVector<Operation *> reads, readers, releases;
    for (Operation *user : take.getSlot().getUsers()) {
      if (isa<ReleaseOp>(user)) {
        releases.push_back(user);
        continue;
      }
      reads.push_back(user);
      for (Operation *reader : user->getUsers()) {
        isMultiplied |= isa<DotOp>(reader);
        Operation *inBody = loop.getBody()->findAncestorOpInBlock(*reader);
        allLater &= later.contains(inBody);
        anyLater |= later.contains(inBody);
        readers.push_back(inBody);
      }
    }
    if (!isMultiplied && anyLater && !allLater) {
      places[take] = Place{0, 0};
      for (Operation *read : reads)
        places[read] = Place{0, 0};
      for (Operation *release : releases)
        places[release] = Place{1, 3};
      continue;
    }
    if (!isMultiplied) {
      // Ahead of a product that continues from it.
      auto users = closure(
          [&](Operation *op) { return llvm::is_contained(readers, op); });
      bool starts = llvm::any_of(users, [&](Operation *op) {
        return isa<DotOp>(op) && !later.contains(op);
      });
      Place place = anyLater ? Place{1, 3} : Place{0, starts ? 0u : 2u};
      places[take] = place;
      for (Operation *op : llvm::concat<Operation *>(reads, readers, releases))
        places[op] = place;
      continue;
    }
    places[take] = allLater ? Place{1, 1} : Place{0, 0};
    for (Operation *read : reads)
      places[read] = places[take];
    for (Operation *release : releases)
      places[release] = anyLater ? Place{1, 3} : Place{0, 2};
  }
}

void OverlapSchedule::build() {
  // A product whose first operand is computed from another product of the step
  // belongs into the later stage.
  auto awaited = closure([](Operation *op) { return isa<AwaitOp>(op); });
  SmallPtrSet<Operation *, 4> second;
  for (auto dot : loop.getBody()->getOps<DotOp>()) {
    Operation *definition = dot.getA().getDefiningOp();
    if (definition && awaited.contains(definition))
      second.insert(dot);
  }
  if (second.empty())
    return;
  auto later = closure([&](Operation *op) { return second.contains(op); });
  auto first = closure(
      [&](Operation *op) { return isa<AwaitOp>(op) && !later.contains(op); });
  // What continues, in the next step, from what the later stage yields.
  auto continues = closure([&](Operation *op) {
    return llvm::any_of(usedValues(op), [&](Value value) {
      auto argument = dyn_cast<BlockArgument>(value);
      if (!argument || argument.getOwner() != loop.getBody() ||
          argument == loop.getInductionVar())
        return false;
      Value yielded = loop.getTiedLoopYieldedValue(argument)->get();
      return isa<tile::TileType>(value.getType()) &&
             later.contains(yielded.getDefiningOp());
    });
  });

  for (Operation &op : loop.getBody()->without_terminator()) {
    if (second.contains(&op))
      places[&op] = {1, 1};
    else if (later.contains(&op))
      places[&op] = {1, 3};
    else if (continues.contains(&op))
      places[&op] = {0, 4};
    else
      places[&op] = {0, first.contains(&op) ? 2u : 0u};
  }
  placeSlots(later);
  valid = true;
}

std::vector<std::pair<Operation *, unsigned>> OverlapSchedule::getOrder() {
  std::vector<std::pair<Operation *, unsigned>> result;
  for (unsigned order = 0; order < 5; ++order)
    for (Operation &op : loop.getBody()->without_terminator())
      if (places.lookup(&op).order == order)
        result.emplace_back(&op, places.lookup(&op).stage);
  return result;
}

/// Whether the loop's upper bound is a maximum with the lower one plus one.
static bool runsOnce(scf::ForOp loop) {
  auto high = loop.getUpperBound().getDefiningOp<arith::MaxSIOp>();
  if (!high)
    return false;
  APInt low, least;
  if (matchPattern(loop.getLowerBound(), m_ConstantInt(&low)))
    return matchPattern(high.getRhs(), m_ConstantInt(&least)) && low.slt(least);
  auto next = high.getRhs().getDefiningOp<arith::AddIOp>();
  return next && next.getLhs() == loop.getLowerBound() &&
         matchPattern(next.getRhs(), m_One());
}

/// Moves the loop under a test that it runs, unless it does.
static void guard(RewriterBase &rewriter, scf::ForOp loop) {
  if (runsOnce(loop))
    return;
  Location loc = loop.getLoc();
  rewriter.setInsertionPoint(loop);
  Value runs =
      arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::slt,
                            loop.getLowerBound(), loop.getUpperBound());
  auto branch = scf::IfOp::create(rewriter, loc, loop.getResultTypes(), runs,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  rewriter.replaceAllUsesWith(loop.getResults(), branch.getResults());
  rewriter.moveOpBefore(loop, branch.thenBlock(), branch.thenBlock()->begin());
  rewriter.setInsertionPointToEnd(branch.thenBlock());
  scf::YieldOp::create(rewriter, loc, loop.getResults());
  rewriter.setInsertionPointToEnd(branch.elseBlock());
  scf::YieldOp::create(rewriter, loc, loop.getInitArgs());
}

/// Pipelines one loop if there is something to overlap.
static FailureOr<bool> pipelineLoop(scf::ForOp loop) {
  OverlapSchedule schedule(loop);
  if (!schedule.isValid())
    return false;
  IRRewriter rewriter(loop.getContext());
  guard(rewriter, loop);
  Block *block = loop->getBlock();

  scf::PipeliningOption options;
  options.getScheduleFn =
      [&](scf::ForOp, std::vector<std::pair<Operation *, unsigned>> &result) {
        result = schedule.getOrder();
      };
  // The guard makes the prologue's and the epilogue's predicates true.
  options.supportDynamicLoops = true;
  options.predicateFn = [](RewriterBase &, Operation *op, Value) { return op; };
  Location loc = loop.getLoc();
  SmallPtrSet<Operation *, 4> kept;
  for (auto select : block->getOps<arith::SelectOp>())
    kept.insert(select);
  rewriter.setInsertionPoint(loop); // The pipeliner builds here.
  if (failed(scf::pipelineForLoop(rewriter, loop, options)))
    return emitError(loc)
           << "this loop cannot be pipelined; set overlap = false "
              "in the schedule";
  for (auto select :
       llvm::make_early_inc_range(block->getOps<arith::SelectOp>()))
    if (!kept.contains(select) &&
        isa<tile::TileType, CursorType>(select.getType()))
      rewriter.replaceOp(select, select.getTrueValue());
  return true;
}

namespace {
struct PipePipelinePass final : pipe::impl::PipePipelineBase<PipePipelinePass> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      ScheduleAttr schedule = getSchedule(kernel);
      if (schedule && !schedule.getOverlap())
        continue;
      for (auto role : kernel.getBlock().getOps<RoleOp>())
        if (role.getKind() == RoleKind::math)
          role.walk([&](scf::ForOp loop) { loops.push_back(loop); });
    }
    for (scf::ForOp loop : loops) {
      FailureOr<bool> pipelined = pipelineLoop(loop);
      if (failed(pipelined))
        return signalPassFailure();
      numPipelined += *pipelined;
    }
  }
};
} // namespace
