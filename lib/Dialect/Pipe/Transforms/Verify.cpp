//===- Verify.cpp - Rules of pipe programs that types do not express ------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include <optional>

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPEVERIFY
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

//===----------------------------------------------------------------------===//
// Rule 1: consumed once on each path
//===----------------------------------------------------------------------===//

static bool isLinear(Type type) {
  return isa<SlotType, PendingType, CursorType, TurnType>(type);
}

/// Whether the op ends the life of its linear operand, or hands it on.
static bool consumes(Operation *op) {
  return isa<FillOp, PutOp, ReleaseOp, AwaitOp, AcquireOp, TakeOp, PassTurnOp,
             EndOp, scf::ForOp, scf::YieldOp>(op);
}

/// How often the value is consumed on each path through the block; none after a
/// diagnostic.
static std::optional<int64_t> countConsumers(Value value, Block &block) {
  int64_t count = 0;
  for (Operation &op : block) {
    if (consumes(&op))
      count += llvm::count(op.getOperands(), value);
    if (op.getNumRegions() == 0)
      continue;
    SmallVector<int64_t, 2> inside;
    for (Region &region : op.getRegions()) {
      if (region.empty()) {
        inside.push_back(0);
        continue;
      }
      std::optional<int64_t> inner = countConsumers(value, region.front());
      if (!inner)
        return std::nullopt;
      inside.push_back(*inner);
    }
    if (inside.empty() || llvm::all_equal(inside)) {
      if (!inside.empty() && inside.front() != 0 && !isa<scf::IfOp>(op)) {
        op.emitError("consumes a value of type ")
            << value.getType()
            << " of the code around it; hand it in as a loop argument";
        return std::nullopt;
      }
      count += inside.empty() ? 0 : inside.front();
      continue;
    }
    if (isa<CursorType>(value.getType())) {
      count += *llvm::max_element(inside);
      continue;
    }
    op.emitError("consumes a value of type ")
        << value.getType() << " on one path only";
    return std::nullopt;
  }
  return count;
}

static LogicalResult verifyLinear(Value value) {
  std::optional<int64_t> count = countConsumers(value, *value.getParentBlock());
  if (!count)
    return failure();
  if (*count == 1 || (*count == 0 && isa<CursorType>(value.getType())))
    return success();
  return emitError(value.getLoc())
         << "a value of type " << value.getType() << " is consumed " << *count
         << " times; it has to be consumed exactly once on each path";
}

static LogicalResult verifyLinear(RoleOp role) {
  bool ok = true;
  role.walk<WalkOrder::PreOrder>([&](Operation *op) {
    auto visit = [&](ValueRange range) {
      for (Value value : range)
        if (isLinear(value.getType()))
          ok &= succeeded(verifyLinear(value));
    };
    visit(op->getResults());
    for (Region &region : op->getRegions())
      visit(region.getArguments());
  });
  return success(ok);
}

//===----------------------------------------------------------------------===//
// Rules 2 and 3: products in flight
//===----------------------------------------------------------------------===//

/// Whether the product is awaited before the op, seen from the op's block.
static bool isAwaitedBefore(DotOp dot, Operation *op) {
  for (Operation *user : dot.getPending().getUsers()) {
    if (!isa<AwaitOp>(user))
      continue;
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    if (ancestor && ancestor->isBeforeInBlock(op))
      return true;
  }
  return false;
}

/// No slot is given away or overwritten while a product reads it.
static LogicalResult verifySlot(Value slot) {
  for (Operation *owner : slot.getUsers()) {
    if (!isa<ReleaseOp, StoreOp, scf::YieldOp, scf::ForOp>(owner))
      continue;
    for (Operation *read : slot.getUsers()) {
      if (!isa<ReadOp>(read))
        continue;
      for (Operation *reader : read->getUsers()) {
        Operation *ancestor = owner->getBlock()->findAncestorOpInBlock(*reader);
        if (ancestor && owner->isBeforeInBlock(ancestor)) {
          InFlightDiagnostic diagnostic = reader->emitError(
              "reads a slot that was given away or overwritten before");
          diagnostic.attachNote(owner->getLoc()) << "its life ends here";
          return diagnostic;
        }
        auto dot = dyn_cast<DotOp>(reader);
        if (!dot || isAwaitedBefore(dot, owner))
          continue;
        InFlightDiagnostic diagnostic =
            owner->emitError(isa<StoreOp>(owner) ? "overwrites a slot"
                                                 : "gives a slot away")
            << " while a product that reads it may be in flight; await it "
               "before";
        diagnostic.attachNote(dot.getLoc()) << "the product is started here";
        return diagnostic;
      }
    }
  }
  return success();
}

static LogicalResult verifyProducts(RoleOp role) {
  bool ok = true;
  role.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto dot = dyn_cast<DotOp>(op)) {
      Value acc = dot.getAcc();
      if (!acc.getDefiningOp<tile::SplatOp>() && !acc.hasOneUse()) {
        InFlightDiagnostic diagnostic =
            dot.emitError("the accumulator of a product in flight has another "
                          "use");
        for (Operation *user : acc.getUsers())
          if (user != op)
            diagnostic.attachNote(user->getLoc()) << "it is used here";
        ok = false;
      }
    }
    for (Value result : op->getResults())
      if (isa<SlotType>(result.getType()))
        ok &= succeeded(verifySlot(result));
    for (Region &region : op->getRegions())
      for (Value argument : region.getArguments())
        if (isa<SlotType>(argument.getType()))
          ok &= succeeded(verifySlot(argument));
  });
  return success(ok);
}

//===----------------------------------------------------------------------===//
// Rule 4: tiles stay in their role and their rows in their group
//===----------------------------------------------------------------------===//

static LogicalResult verifyRows(Operation *op) {
  if (auto reduce = dyn_cast<tile::ReduceOp>(op);
      reduce && reduce.getAxis() == 0)
    return op->emitError("folds axis 0, which the groups of the role divide "
                         "between them");
  if (auto dot = dyn_cast<DotOp>(op)) {
    auto map = cast<AffineMapAttr>(dot.getIndexingMaps()[0]).getValue();
    if (isa<ARegAttr>(dot.getA().getType().getLayout()) &&
        map.getDimPosition(0) == 2)
      return op->emitError("contracts axis 0 of a tile in registers, which the "
                           "groups of the role divide between them");
  }
  return success();
}

static LogicalResult verifyTiles(RoleOp role) {
  bool ok = true;
  role.walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      if (!isa<tile::TileType>(operand.getType()) ||
          role.getBody().isAncestor(operand.getParentRegion()))
        continue;
      op->emitError(
          "uses a tile in registers that is not made in its role; hand "
          "it over through a ring");
      ok = false;
    }
    ok &= succeeded(verifyRows(op));
  });
  return success(ok);
}

//===----------------------------------------------------------------------===//
// Rule 5: both ends of a ring advance equally often
//===----------------------------------------------------------------------===//

namespace {

/// A sum of values with integer factors, plus a constant.
struct Linear {
  int64_t constant = 0;
  llvm::MapVector<Value, int64_t> terms;

  Linear &add(const Linear &other, int64_t factor) {
    constant += factor * other.constant;
    for (auto [value, n] : other.terms)
      terms[value] += factor * n;
    terms.remove_if([](auto &term) { return term.second == 0; });
    return *this;
  }
  bool isConstant() const { return terms.empty(); }
  bool isZero() const { return isConstant() && constant == 0; }
};

} // namespace

static Linear difference(Linear a, const Linear &b) { return a.add(b, -1); }

/// The value as a sum.
static Linear resolve(Value value) {
  Linear result;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    result.constant = constant.getSExtValue();
    return result;
  }
  if (auto op = value.getDefiningOp<arith::AddIOp>())
    return resolve(op.getLhs()).add(resolve(op.getRhs()), 1);
  if (auto op = value.getDefiningOp<arith::SubIOp>())
    return resolve(op.getLhs()).add(resolve(op.getRhs()), -1);
  if (auto op = value.getDefiningOp<arith::MulIOp>()) {
    Linear lhs = resolve(op.getLhs()), rhs = resolve(op.getRhs());
    if (lhs.isConstant())
      std::swap(lhs, rhs);
    if (rhs.isConstant())
      return result.add(lhs, rhs.constant);
  }
  result.terms[value] = 1;
  return result;
}

/// `a` as a multiple of `b`, if it is one.
static bool isMultiple(const Linear &a, const Linear &b) {
  if (a.isZero())
    return true;
  for (int64_t factor = 1; factor <= 64; ++factor)
    for (int64_t sign : {1, -1})
      if (Linear(a).add(b, -factor * sign).isZero())
        return true;
  return false;
}

/// How often the block advances an end of the ring; none if that cannot be said
/// as a sum. Trip counts stand for their value or 0, whichever is larger.
static std::optional<Linear> countSteps(Block &block, Value ring, bool fills) {
  Linear count;
  for (Operation &op : block) {
    if ((fills && isa<AcquireOp>(op)) || (!fills && isa<TakeOp>(op)))
      count.constant += op.getOperand(0) == ring;
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<Linear> body = countSteps(*loop.getBody(), ring, fills);
      if (body && body->isZero())
        continue;
      APInt step;
      if (!body || !body->isConstant() ||
          !matchPattern(loop.getStep(), m_ConstantInt(&step)) ||
          step.getSExtValue() != 1)
        return std::nullopt;
      count.add(difference(resolve(loop.getUpperBound()),
                           resolve(loop.getLowerBound())),
                body->constant);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      std::optional<Linear> first =
          countSteps(*branch.thenBlock(), ring, fills);
      std::optional<Linear> second = Linear();
      if (!branch.getElseRegion().empty())
        second = countSteps(*branch.elseBlock(), ring, fills);
      if (!first || !second)
        return std::nullopt;
      Linear distance = difference(*first, *second);
      if (!distance.isZero()) {
        // A guard for an empty loop: below it, the count is a multiple of the
        // trip count, which is 0 where the guard fails.
        auto guard = branch.getCondition().getDefiningOp<arith::CmpIOp>();
        if (!guard || (guard.getPredicate() != arith::CmpIPredicate::slt &&
                       guard.getPredicate() != arith::CmpIPredicate::sgt))
          return std::nullopt;
        Linear trips =
            difference(resolve(guard.getRhs()), resolve(guard.getLhs()));
        if (!isMultiple(distance, trips))
          return std::nullopt;
      }
      count.add(*first, 1);
    } else {
      for (Region &region : op.getRegions())
        for (Block &inner : region) {
          std::optional<Linear> body = countSteps(inner, ring, fills);
          if (!body || !body->isZero())
            return std::nullopt;
        }
    }
  }
  return count;
}

static LogicalResult verifyRing(RingOp ring, ArrayRef<RoleOp> roles) {
  std::optional<Linear> filled;
  for (RoleOp role : roles)
    if (role.getKind() == RoleKind::load) {
      std::optional<Linear> count = countSteps(role.getBlock(), ring, true);
      if (count && (!filled || filled->isZero()))
        filled = count;
    }
  for (RoleOp role : roles) {
    if (role.getKind() != RoleKind::math)
      continue;
    std::optional<Linear> taken = countSteps(role.getBlock(), ring, false);
    if (filled && taken && difference(*filled, *taken).isZero())
      continue;
    InFlightDiagnostic diagnostic = ring.emitError(
        "the ends of this ring cannot be shown to advance equally "
        "often");
    auto say = [&](const std::optional<Linear> &count, StringRef what) {
      if (count && count->isConstant())
        diagnostic.attachNote(role.getLoc())
            << "it is " << what << " " << count->constant << " times";
    };
    say(filled, "filled");
    say(taken, "taken");
    return diagnostic;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Rule 6: what a multiprocessor has
//===----------------------------------------------------------------------===//

static bool takesTurns(RoleOp role) {
  return role.walk([](WaitTurnOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

static LogicalResult verifyLimits(tile::KernelOp kernel,
                                  ArrayRef<RoleOp> roles) {
  int64_t registers = 0, threads = 0, barriers = 1;
  for (RoleOp role : roles) {
    threads += limits::groupThreads * role.getGroups();
    registers += limits::groupThreads * role.getGroups() * role.getRegisters();
    if (role.getKind() == RoleKind::math)
      barriers += role.getGroups() * (takesTurns(role) ? 2 : 1);
  }
  if (registers > limits::blockRegisters(threads))
    return kernel.emitError("the roles need ")
           << registers << " registers, a block of " << threads
           << " threads has " << limits::blockRegisters(threads)
           << "; lower a role's registers";
  if (barriers > limits::namedBarriers)
    return kernel.emitError("the roles need ")
           << barriers << " named barriers, a block has "
           << limits::namedBarriers << "; use fewer groups";
  int64_t bytes = getSharedBytes(kernel.getBlock());
  if (bytes > limits::sharedBytes)
    return kernel.emitError("the rings and buffers need ")
           << bytes << " bytes of shared memory, a multiprocessor has "
           << limits::sharedBytes << "; use fewer or smaller slots";
  return success();
}

//===----------------------------------------------------------------------===//
// Rule 7: each group takes the same number of turns
//===----------------------------------------------------------------------===//

/// Whether the scalar may differ from group to group: all control flow is that
/// of the kernel's scalars and of the group's number.
static bool dependsOnGroup(Value value, RoleOp role) {
  if (!role->isAncestor(value.getParentBlock()->getParentOp()))
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument == role.getBlock().getArgument(0))
      return true;
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && (argument != loop.getInductionVar() ||
                    dependsOnGroup(loop.getLowerBound(), role));
  }
  Operation *op = value.getDefiningOp();
  return op->getNumRegions() != 0 ||
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return dependsOnGroup(operand, role);
         });
}

/// How many turns a group takes in the block; none if that cannot be said as a
/// sum. A branch that all groups take has as many as its condition says.
static std::optional<Linear> countTurns(Block &block, RoleOp role) {
  Linear count;
  for (Operation &op : block) {
    count.constant += isa<WaitTurnOp>(op);
    SmallVector<Linear, 2> inside;
    for (Region &region : op.getRegions()) {
      if (region.empty()) {
        inside.emplace_back();
        continue;
      }
      std::optional<Linear> inner = countTurns(region.front(), role);
      if (!inner)
        return std::nullopt;
      inside.push_back(*inner);
    }
    if (llvm::all_of(inside, [](const Linear &n) { return n.isZero(); }))
      continue;
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      APInt step;
      if (!inside[0].isConstant() ||
          !matchPattern(loop.getStep(), m_ConstantInt(&step)) ||
          step.getSExtValue() != 1)
        return std::nullopt;
      count.add(difference(resolve(loop.getUpperBound()),
                           resolve(loop.getLowerBound())),
                inside[0].constant);
      continue;
    }
    auto branch = dyn_cast<scf::IfOp>(op);
    if (!branch)
      return std::nullopt;
    if (difference(inside[0], inside[1]).isZero()) {
      count.add(inside[0], 1);
      continue;
    }
    auto differs = [&](const auto &term) {
      return dependsOnGroup(term.first, role);
    };
    if (dependsOnGroup(branch.getCondition(), role) ||
        llvm::any_of(inside[0].terms, differs) ||
        llvm::any_of(inside[1].terms, differs))
      return std::nullopt;
    ++count.terms[branch.getCondition()];
  }
  return count;
}

static LogicalResult verifyTurns(RoleOp role) {
  if (!takesTurns(role))
    return success();
  if (role.getGroups() < 2)
    return role.emitError("one group takes turns with no other");
  std::optional<Linear> count = countTurns(role.getBlock(), role);
  if (count && llvm::none_of(count->terms, [&](const auto &term) {
        return dependsOnGroup(term.first, role);
      }))
    return success();
  return role.emitError(
      "the groups cannot be shown to take equally many turns: how many "
      "depends on the group's number");
}

static LogicalResult verifyKernel(tile::KernelOp kernel) {
  SmallVector<RoleOp> roles(kernel.getBlock().getOps<RoleOp>());
  if (roles.empty())
    return success();
  bool ok = succeeded(verifyLimits(kernel, roles));
  for (RoleOp role : roles) {
    ok &= succeeded(verifyLinear(role));
    ok &= succeeded(verifyProducts(role));
    ok &= succeeded(verifyTiles(role));
    ok &= succeeded(verifyTurns(role));
  }
  for (auto ring : kernel.getBlock().getOps<RingOp>())
    ok &= succeeded(verifyRing(ring, roles));
  return success(ok);
}

namespace {
struct PipeVerifyPass final : pipe::impl::PipeVerifyBase<PipeVerifyPass> {
  void runOnOperation() override {
    bool ok = true;
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      ok &= succeeded(verifyKernel(kernel));
    if (!ok)
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
