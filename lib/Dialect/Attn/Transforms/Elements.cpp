//===- Elements.cpp - What computes an element of a tensor ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <deque>

using namespace mlir;
using namespace fovea::attn;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Position Elements::create(int64_t size) {
  if (size == 1)
    return {};
  atoms.push_back({size, {}});
  return {static_cast<Atom>(atoms.size() - 1)};
}

Position Elements::flatten(ArrayRef<Atom> position) const {
  Position flat;
  for (Atom atom : position) {
    if (atoms[atom].parts.empty())
      flat.push_back(atom);
    else
      llvm::append_range(flat, flatten(atoms[atom].parts));
  }
  return flat;
}

void Elements::split(Atom atom, ArrayRef<int64_t> sizes) {
  Position parts;
  for (int64_t size : sizes)
    llvm::append_range(parts, create(size));
  atoms[atom].parts = parts;
}

std::optional<SmallVector<Position, 4>>
Elements::divide(ArrayRef<Atom> position, ArrayRef<int64_t> sizes) {
  Position flat = flatten(position);
  std::deque<Atom> left(flat.begin(), flat.end());
  SmallVector<Position, 4> result(sizes.size());

  // Gives a dimension of static size its atoms from one end of those left, and
  // splits the last of them if need be. A dynamic atom ends it: nullopt.
  auto take = [&](unsigned dim, bool front) -> std::optional<bool> {
    int64_t rest = sizes[dim];
    Position taken;
    while (rest > 1) {
      if (left.empty())
        return false;
      Atom atom = front ? left.front() : left.back();
      int64_t size = atoms[atom].size;
      if (ShapedType::isDynamic(size))
        return taken.empty() ? std::nullopt : std::optional(false);
      front ? left.pop_front() : left.pop_back();
      if (size % rest == 0 && size != rest) {
        std::array<int64_t, 2> sizes = {rest, size / rest};
        if (!front)
          std::swap(sizes[0], sizes[1]);
        split(atom, sizes);
        ArrayRef<Atom> parts = atoms[atom].parts;
        front ? left.push_front(parts[1]) : left.push_back(parts[0]);
        atom = parts[front ? 0 : 1];
        size = rest;
      }
      if (rest % size != 0)
        return false;
      taken.insert(front ? taken.end() : taken.begin(), atom);
      rest /= size;
    }
    result[dim] = taken;
    return true;
  };

  unsigned first = 0, last = sizes.size();
  for (bool front : {true, false})
    while (first < last) {
      unsigned dim = front ? first : last - 1;
      if (ShapedType::isDynamic(sizes[dim]))
        break;
      std::optional<bool> taken = take(dim, front);
      if (!taken)
        break;
      if (!*taken)
        return std::nullopt;
      front ? ++first : --last;
    }
  // The dimensions in between, the first and the last of them dynamic.
  if (first == last)
    return left.empty() ? std::optional(result) : std::nullopt;
  if (last - first == 1) {
    result[first].assign(left.begin(), left.end());
    return result;
  }
  // Which dynamic sizes are equal is not known.
  if (left.size() != 1)
    return std::nullopt;
  for (unsigned dim = first; dim < last; ++dim)
    result[dim] = create(sizes[dim]);
  for (unsigned dim = first; dim < last; ++dim)
    llvm::append_range(atoms[left.front()].parts, result[dim]);
  return result;
}

//===----------------------------------------------------------------------===//
// From an element to what computes it
//===----------------------------------------------------------------------===//

unsigned Elements::getContext(linalg::LinalgOp op, ArrayRef<Position> loops) {
  for (auto [number, context] : llvm::enumerate(contexts))
    if (context.op == op &&
        llvm::all_of_zip(context.loops, loops, [&](auto &a, auto &b) {
          return flatten(a) == flatten(b);
        }))
      return number;
  contexts.push_back({op, llvm::to_vector<4>(loops)});
  return contexts.size() - 1;
}

std::optional<SmallVector<Position, 4>> Elements::getLoops(OpResult result,
                                                           const Term &term) {
  auto op = cast<linalg::LinalgOp>(result.getOwner());
  AffineMap map = op.getMatchingIndexingMap(op.getTiedOpOperand(result));
  SmallVector<Position, 4> loops(op.getNumLoops());
  llvm::SmallBitVector known(op.getNumLoops());
  for (auto [expr, position] : llvm::zip_equal(map.getResults(), term.at)) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      loops[dim.getPosition()] = position;
      known.set(dim.getPosition());
    } else if (!isa<AffineConstantExpr>(expr) || !position.empty()) {
      return std::nullopt;
    }
  }
  for (auto [loop, type] : llvm::enumerate(op.getIteratorTypesArray()))
    if (type == utils::IteratorType::parallel && !known.test(loop) &&
        op.getStaticLoopRanges()[loop] != 1)
      return std::nullopt;
  return loops;
}

std::optional<Term> Elements::getOperand(unsigned context, OpOperand &operand) {
  linalg::LinalgOp op = contexts[context].op;
  if (op.isScalar(&operand))
    return Term{operand.get(), std::nullopt, {}};
  Term term{operand.get(), std::nullopt, {}};
  for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      term.at.push_back(getLoop(context, dim.getPosition()));
    else if (isa<AffineConstantExpr>(expr) &&
             cast<AffineConstantExpr>(expr).getValue() == 0)
      term.at.emplace_back();
    else
      return std::nullopt;
  }
  return term;
}

std::optional<Term> Elements::step(const Term &term) {
  if (auto argument = dyn_cast<BlockArgument>(term.value)) {
    if (!term.context)
      return std::nullopt;
    linalg::LinalgOp op = contexts[*term.context].op;
    for (OpOperand &operand : op->getOpOperands())
      if (op.getMatchingBlockArgument(&operand) == argument)
        return getOperand(*term.context, operand);
    return std::nullopt;
  }
  Operation *op = term.value.getDefiningOp();
  auto type = dyn_cast<RankedTensorType>(term.value.getType());
  if (!type || type.getRank() != static_cast<int64_t>(term.at.size()))
    return std::nullopt;
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    if (!isa<RankedTensorType>(cast.getSource().getType()))
      return std::nullopt;
    return Term{cast.getSource(), std::nullopt, term.at};
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    Term source{expand.getSrc(), std::nullopt, {}};
    for (ArrayRef<int64_t> group : expand.getReassociationIndices()) {
      Position &position = source.at.emplace_back();
      for (int64_t dim : group)
        llvm::append_range(position, term.at[dim]);
    }
    return source;
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Term source{collapse.getSrc(), std::nullopt, {}};
    ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
    for (auto [group, position] :
         llvm::zip_equal(collapse.getReassociationIndices(), term.at)) {
      auto positions =
          divide(position, shape.slice(group.front(), group.size()));
      if (!positions)
        return std::nullopt;
      llvm::append_range(source.at, *positions);
    }
    return source;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !linalgOp.hasPureTensorSemantics() ||
      linalgOp.getNumReductionLoops() != 0)
    return std::nullopt;
  auto result = cast<OpResult>(term.value);
  auto loops = getLoops(result, term);
  if (!loops)
    return std::nullopt;
  Value yielded = linalgOp.getBlock()->getTerminator()->getOperand(
      result.getResultNumber());
  return Term{yielded, getContext(linalgOp, *loops), {}};
}

Term Elements::resolve(Term term) {
  while (std::optional<Term> next = step(term))
    term = *next;
  if (term.context &&
      term.value.getParentBlock() != contexts[*term.context].op.getBlock())
    term.context = std::nullopt;
  return term;
}

Term Elements::strip(Term term) {
  term = resolve(term);
  while (isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(
      term.value.getDefiningOp()))
    term = resolve(getOperand(term, 0));
  return term;
}

std::optional<double> Elements::getConstant(const Term &term) {
  Term found = strip(term);
  Operation *op = found.value.getDefiningOp();
  APFloat number(0.0);
  if (matchPattern(found.value, m_ConstantFloat(&number))) {
    bool exact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &exact);
    return number.convertToDouble();
  }
  APInt integer;
  if (isa_and_nonnull<arith::SIToFPOp>(op) &&
      matchPattern(resolve(getOperand(found, 0)).value,
                   m_ConstantInt(&integer)))
    return integer.signedRoundToDouble();
  if (isa_and_nonnull<math::SqrtOp>(op))
    if (auto x = getConstant(getOperand(found, 0)))
      return std::sqrt(*x);
  return std::nullopt;
}

bool Elements::areEqual(const Term &lhs, const Term &rhs, unsigned depth) {
  constexpr unsigned maxDepth = 64;
  Term a = strip(lhs), b = strip(rhs);
  if (a.at.size() != b.at.size() || depth == maxDepth)
    return false;
  for (auto [p, q] : llvm::zip_equal(a.at, b.at))
    if (flatten(p) != flatten(q))
      return false;
  if (a.value == b.value && a.context == b.context)
    return true;
  Operation *op = a.value.getDefiningOp(), *other = b.value.getDefiningOp();
  if (!op || !other || op->getName() != other->getName() || !a.at.empty() ||
      op->getNumRegions() || !isMemoryEffectFree(op))
    return false;
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return getLoop(*a.context, index.getDim()) ==
           getLoop(*b.context, cast<linalg::IndexOp>(other).getDim());
  if (op->getAttrDictionary() != other->getAttrDictionary() ||
      op->getNumOperands() != other->getNumOperands() ||
      (op->getNumOperands() == 0 && !op->hasTrait<OpTrait::ConstantLike>()))
    return false;
  for (unsigned n = 0; n < op->getNumOperands(); ++n)
    if (!areEqual(getOperand(a, n), getOperand(b, n), depth + 1))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Folds and views
//===----------------------------------------------------------------------===//

std::optional<Fold> Elements::getFold(const Term &term,
                                      std::optional<Position> over) {
  Term found = strip(term);
  auto op = found.value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !op.hasPureTensorSemantics() || op.getNumReductionLoops() != 1)
    return std::nullopt;
  auto result = cast<OpResult>(found.value);
  auto loops = getLoops(result, found);
  if (!loops)
    return std::nullopt;
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  Fold fold;
  fold.over = over ? *over : create(op.getStaticLoopRanges()[reductions[0]]);
  (*loops)[reductions[0]] = fold.over;
  unsigned context = getContext(op, *loops);
  unsigned number = result.getResultNumber();
  fold.combiner =
      op.getBlock()->getTerminator()->getOperand(number).getDefiningOp();
  OpOperand &init = *op.getTiedOpOperand(result);
  std::optional<Term> initial = getOperand(context, init);
  if (!initial || !fold.combiner || fold.combiner->getNumOperands() != 2 ||
      fold.combiner->getBlock() != op.getBlock())
    return std::nullopt;
  fold.init = *initial;
  Value accumulator = op.getMatchingBlockArgument(&init);
  for (unsigned n : {0, 1})
    if (fold.combiner->getOperand(n) == accumulator &&
        fold.combiner->getOperand(1 - n) != accumulator) {
      fold.element = {fold.combiner->getOperand(1 - n), context, {}};
      return fold;
    }
  return std::nullopt;
}

SmallVector<View> Elements::getViews(const Term &term) {
  SmallVector<View> views = {{term, 1}};
  View view = views[0];
  while (std::optional<Term> next = step(view.term)) {
    view.term = *next;
    // In the body of an elementwise op: as far as an element of an operand.
    while (!isa<RankedTensorType>(view.term.value.getType())) {
      Operation *op = view.term.value.getDefiningOp();
      if (!op) {
        next = step(view.term);
        if (!next)
          return views;
        view.term = *next;
        continue;
      }
      if (!view.term.context ||
          op->getBlock() != contexts[*view.term.context].op.getBlock())
        return views;
      if (isa<arith::ExtFOp>(op)) {
        view.term = getOperand(view.term, 0);
        continue;
      }
      if (!isa<arith::MulFOp, arith::DivFOp>(op))
        return views;
      Term lhs = getOperand(view.term, 0), rhs = getOperand(view.term, 1);
      std::optional<double> factor = getConstant(rhs);
      if (!factor && isa<arith::MulFOp>(op)) {
        std::swap(lhs, rhs);
        factor = getConstant(rhs);
      }
      if (!factor || *factor == 0 || !std::isfinite(*factor))
        return views;
      view.factor *= isa<arith::MulFOp>(op) ? *factor : 1 / *factor;
      view.term = lhs;
    }
    views.push_back(view);
  }
  return views;
}
