//===- RaiseAttention.cpp - Attention out of linalg -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaiseScore.h"

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

namespace fovea::attn {
#define GEN_PASS_DEF_LINALGRAISEATTENTION
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea::attn;

namespace {

/// A sum of products over one loop: a product of matrices, whatever its op.
struct Product {
  Fold fold;
  Term lhs, rhs;
};

/// A tensor whose dimensions are dimensions of the iteration space.
struct Operand {
  View view;
  SmallVector<unsigned> dims; ///< The dimension that each of its own is.
  bool uses(unsigned dim) const { return llvm::is_contained(dims, dim); }
};

/// Raises the attention that a product with values completes.
class Raiser {
public:
  explicit Raiser(linalg::LinalgOp root) : root(root) {}

  /// The attention that takes the place of the root; null where there is none.
  /// A remark says what lacks if it is a softmax's.
  AttentionOp run();

private:
  /// The sum of products that gives a term.
  std::optional<Product> getProduct(const Term &term);
  LogicalResult matchWeights();
  LogicalResult matchExponentials(const Term &weights);
  LogicalResult matchSum(const Term &sum);
  LogicalResult matchScores();
  LogicalResult collectUses();
  /// Follows the result as far as it is only moved, divided or narrowed.
  void followResult();
  bool followUse(Operation *user, OpOperand &use, View &view);
  LogicalResult chooseDims();
  std::optional<Operand> asOperand(const View &view, const Dims &dims,
                                   ArrayRef<unsigned> own, unsigned required);
  std::optional<Operand> findOperand(ArrayRef<View> views, const Dims &dims,
                                     ArrayRef<unsigned> own, unsigned required);
  bool chooseOperands(const Dims &dims, const Dims &keyDims);
  AttentionOp build();
  LogicalResult refuse(const Twine &why);

  linalg::LinalgOp root;
  Elements elements;
  Product outer, inner;        ///< Weights times values, queries times keys.
  Term exponential;            ///< The element exp(score - maximum).
  Term score;                  ///< The element that the softmax is taken of.
  std::optional<Term> product; ///< The element of the inner product.
  bool isNormalized = false;
  Position batch, queries, keys;
  llvm::SetVector<Operation *> tainted; ///< What depends on the inner product.
  llvm::DenseSet<Operation *>
      replaced; ///< The root, and what moves its result.

  SmallVector<View> queryViews, keyViews, valueViews;
  SmallVector<View> results; ///< Where the result can be given.
  Operand query, key, value, output;
  Dims dims;
};

} // namespace

LogicalResult Raiser::refuse(const Twine &why) {
  root->emitRemark("is not raised to attention: ") << why;
  return failure();
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

std::optional<Product> Raiser::getProduct(const Term &term) {
  std::optional<Fold> fold = elements.getFold(term);
  if (!fold || !isa<arith::AddFOp>(fold->combiner) ||
      elements.getConstant(fold->init) != 0.0)
    return std::nullopt;
  // The operands of the multiplication, as elements of tensors.
  Term element = fold->element;
  while (auto extension = element.value.getDefiningOp<arith::ExtFOp>())
    element.value = extension.getIn();
  auto multiplication = element.value.getDefiningOp<arith::MulFOp>();
  if (!multiplication)
    return std::nullopt;
  auto op = cast<linalg::LinalgOp>(fold->combiner->getParentOp());
  Product product{*fold, {}, {}};
  for (auto [number, factor] : llvm::enumerate(multiplication.getOperands())) {
    Value value = factor;
    while (auto extension = value.getDefiningOp<arith::ExtFOp>())
      value = extension.getIn();
    std::optional<Term> found;
    for (OpOperand &operand : op->getOpOperands())
      if (op.getMatchingBlockArgument(&operand) == value)
        found = elements.getOperand(*element.context, operand);
    if (!found || found->at.empty())
      return std::nullopt;
    (number ? product.rhs : product.lhs) = *found;
  }
  return product;
}

/// Whether a position uses an atom of another.
static bool overlaps(const Elements &elements, ArrayRef<Atom> lhs,
                     ArrayRef<Atom> rhs) {
  Position other = elements.flatten(rhs);
  return llvm::any_of(elements.flatten(lhs), [&](Atom atom) {
    return llvm::is_contained(other, atom);
  });
}

static bool uses(const Elements &elements, const Term &term,
                 ArrayRef<Atom> position) {
  return llvm::any_of(term.at, [&](const Position &at) {
    return overlaps(elements, at, position);
  });
}

LogicalResult Raiser::matchWeights() {
  if (root->getNumResults() != 1 || !root.hasPureTensorSemantics())
    return failure();
  Term result{root->getResult(0), std::nullopt, {}};
  AffineMap map = root.getMatchingIndexingMap(root.getDpsInitOperand(0));
  SmallVector<int64_t> ranges = root.getStaticLoopRanges();
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return failure();
    result.at.push_back(elements.create(ranges[dim.getPosition()]));
  }
  std::optional<Product> found = getProduct(result);
  if (!found || found->fold.over.empty())
    return failure();
  outer = *found;
  results = {{result, 1}};
  for (bool swapped : {false, true}) {
    if (swapped)
      std::swap(outer.lhs, outer.rhs);
    if (succeeded(matchExponentials(outer.lhs)))
      break;
    if (swapped)
      return failure();
  }
  keys = outer.fold.over;
  for (const Position &position : result.at) {
    bool weighs = uses(elements, outer.lhs, position);
    bool valued = uses(elements, outer.rhs, position);
    if (weighs)
      llvm::append_range(valued ? batch : queries, position);
  }
  return success();
}

/// exp(...), or that divided by a sum, or times the reciprocal of one.
LogicalResult Raiser::matchExponentials(const Term &weights) {
  std::optional<Term> sum;
  Term found = elements.strip(weights);
  if (auto division = elements.match<arith::DivFOp>(found)) {
    sum = elements.getOperand(*division, 1);
    found = elements.getOperand(*division, 0);
  } else if (auto product = elements.match<arith::MulFOp>(found)) {
    for (unsigned n : {0, 1}) {
      auto reciprocal =
          elements.match<arith::DivFOp>(elements.getOperand(*product, n));
      if (!reciprocal ||
          elements.getConstant(elements.getOperand(*reciprocal, 0)) != 1.0)
        continue;
      sum = elements.getOperand(*reciprocal, 1);
      found = elements.getOperand(*product, 1 - n);
      break;
    }
  }
  auto exp = elements.match<math::ExpOp>(found);
  if (!exp)
    return failure();
  exponential = *exp;
  if (!sum)
    return success();
  keys = outer.fold.over;
  isNormalized = true;
  return matchSum(*sum);
}

/// The sum of the exponentials over all keys.
LogicalResult Raiser::matchSum(const Term &sum) {
  std::optional<Fold> fold = elements.getFold(sum, outer.fold.over);
  if (!fold || !isa<arith::AddFOp>(fold->combiner) ||
      elements.getConstant(fold->init) != 0.0 ||
      !elements.areEqual(fold->element, exponential))
    return refuse("the weights are divided by something else than their sum "
                  "over the keys, from 0 on");
  return success();
}

/// Takes off the maximum, and finds the product of queries and keys.
LogicalResult Raiser::matchScores() {
  score = elements.getOperand(exponential, 0);
  if (auto difference = elements.match<arith::SubFOp>(score)) {
    Term minuend = elements.getOperand(*difference, 0);
    std::optional<Fold> top =
        elements.getFold(elements.getOperand(*difference, 1), keys);
    // From the lowest number of a type on, f16's -65504 at the most.
    if (top && isa<arith::MaximumFOp, arith::MaxNumFOp>(top->combiner) &&
        elements.getConstant(top->init).value_or(0) <= -65504 &&
        elements.areEqual(top->element, minuend))
      score = minuend;
  }
  // All products of matrices below the score with a row for each query and a
  // column for each key.
  SmallVector<Term> found, work = {score};
  SmallVector<Term> seen;
  while (!work.empty()) {
    Term term = elements.strip(work.pop_back_val());
    if (llvm::any_of(seen, [&](const Term &other) {
          return other.value == term.value && other.context == term.context &&
                 llvm::equal(other.at, term.at);
        }))
      continue;
    seen.push_back(term);
    Operation *op = term.value.getDefiningOp();
    if (!op)
      continue;
    if (!isa<RankedTensorType>(term.value.getType())) {
      if (term.context)
        for (unsigned n = 0; n < op->getNumOperands(); ++n)
          work.push_back(elements.getOperand(term, n));
    } else if (uses(elements, term, keys) &&
               (queries.empty() || uses(elements, term, queries)) &&
               getProduct(term)) {
      found.push_back(term);
    }
  }
  if (found.size() != 1)
    return refuse(found.empty()
                      ? "the scores hold no product of queries and keys"
                      : "the scores hold several products of matrices");
  product = found[0];
  inner = *getProduct(*product);
  if (uses(elements, inner.lhs, keys))
    std::swap(inner.lhs, inner.rhs);
  if (uses(elements, inner.lhs, keys) || uses(elements, inner.rhs, queries))
    return refuse("the scores hold no product of queries and keys");
  return success();
}

/// Everything between the product of queries and keys and the result must go.
LogicalResult Raiser::collectUses() {
  SmallVector<Operation *> work = {product->value.getDefiningOp()};
  while (!work.empty()) {
    Operation *op = work.pop_back_val();
    if (replaced.contains(op) || isa<tensor::DimOp>(op) || !tainted.insert(op))
      continue;
    if (!isMemoryEffectFree(op) || op->hasTrait<OpTrait::IsTerminator>())
      return refuse("its scores or weights are used elsewhere, too");
    llvm::append_range(work, op->getUsers());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

/// Moves the view of the result through its only use.
bool Raiser::followUse(Operation *user, OpOperand &use, View &view) {
  SmallVector<Position, 4> at;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(user)) {
    ArrayRef<int64_t> shape = expand.getResultType().getShape();
    for (auto [group, position] :
         llvm::zip_equal(expand.getReassociationIndices(), view.term.at)) {
      auto positions =
          elements.divide(position, shape.slice(group.front(), group.size()));
      if (!positions)
        return false;
      llvm::append_range(at, *positions);
    }
  } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user)) {
    for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
      Position &position = at.emplace_back();
      for (int64_t dim : group)
        llvm::append_range(position, view.term.at[dim]);
    }
  } else if (auto op = dyn_cast<linalg::LinalgOp>(user)) {
    // Elementwise, in any order.
    AffineMap map = op.getMatchingIndexingMap(&use);
    if (op->getNumResults() != 1 || !op.hasPureTensorSemantics() ||
        op.getNumReductionLoops() != 0 || !map.isPermutation() ||
        op.isDpsInit(&use))
      return false;
    SmallVector<Position> loops(op.getNumLoops());
    for (auto [result, position] :
         llvm::zip_equal(map.getResults(), view.term.at))
      loops[cast<AffineDimExpr>(result).getPosition()] = position;
    unsigned context = elements.getContext(op, loops);
    Value argument = op.getMatchingBlockArgument(&use);
    Term body{op.getBlock()->getTerminator()->getOperand(0), context, {}};
    if (auto narrowing = body.value.getDefiningOp<arith::TruncFOp>())
      body.value = narrowing.getIn();
    if (auto division = body.value.getDefiningOp<arith::DivFOp>();
        division && !isNormalized && division.getLhs() == argument) {
      if (failed(matchSum(elements.getOperand(body, 1))))
        return false;
      isNormalized = true;
      body.value = argument;
    }
    if (body.value != argument)
      return false;
    AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (!out.isPermutation())
      return false;
    for (AffineExpr expr : out.getResults())
      at.push_back(loops[cast<AffineDimExpr>(expr).getPosition()]);
  } else {
    return false;
  }
  view.term.value = user->getResult(0);
  view.term.at = at;
  return true;
}

void Raiser::followResult() {
  replaced.insert(root);
  View view = results[0];
  if (!isNormalized)
    results.clear();
  while (view.term.value.hasOneUse()) {
    OpOperand &use = *view.term.value.use_begin();
    if (use.getOwner()->getBlock() != root->getBlock() ||
        !followUse(use.getOwner(), use, view))
      return;
    replaced.insert(view.term.value.getDefiningOp());
    if (isNormalized)
      results.push_back(view);
  }
}

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

/// A view whose dimensions are `own` ones of the iteration space, each at most
/// once, and all of the bits `required` among them.
std::optional<Operand> Raiser::asOperand(const View &view, const Dims &dims,
                                         ArrayRef<unsigned> own,
                                         unsigned required) {
  Operand operand{view, {}};
  if (!isa<Float32Type, Float16Type, BFloat16Type>(
          getElementTypeOrSelf(view.term.value.getType())))
    return std::nullopt;
  for (const Position &position : view.term.at) {
    Position at = elements.flatten(position);
    auto found = llvm::find_if(own, [&](unsigned dim) {
      return !operand.uses(dim) && elements.flatten(dims[dim]) == at;
    });
    if (found == own.end())
      return std::nullopt;
    operand.dims.push_back(*found);
    required &= ~(1u << *found);
  }
  if (required)
    return std::nullopt;
  return operand;
}

/// The view farthest from the product.
std::optional<Operand> Raiser::findOperand(ArrayRef<View> views,
                                           const Dims &dims,
                                           ArrayRef<unsigned> own,
                                           unsigned required) {
  for (const View &view : llvm::reverse(views))
    if (auto operand = asOperand(view, dims, own, required))
      return operand;
  return std::nullopt;
}

bool Raiser::chooseOperands(const Dims &all, const Dims &keyDims) {
  unsigned required = 0;
  for (unsigned dim : {dimB, dimH, dimI})
    if (!all[dim].empty())
      required |= 1u << dim;
  auto k = findOperand(keyViews, keyDims, {dimB, dimH, dimJ, dimD},
                       1u << dimJ | 1u << dimD);
  auto v = findOperand(valueViews, keyDims, {dimB, dimH, dimJ, dimE},
                       1u << dimJ | 1u << dimE);
  if (!k || !v)
    return false;
  for (const View &result : llvm::reverse(results)) {
    auto o =
        asOperand(result, all, {dimB, dimH, dimI, dimE}, required | 1u << dimE);
    if (!o)
      continue;
    for (const View &view : llvm::reverse(queryViews)) {
      auto q =
          asOperand(view, all, {dimB, dimH, dimI, dimD}, required | 1u << dimD);
      // Queries, keys and output leave out the same.
      if (!q ||
          llvm::any_of(ArrayRef<unsigned>{dimB, dimH, dimI}, [&](unsigned dim) {
            return q->uses(dim) != o->uses(dim) ||
                   (!q->uses(dim) && (k->uses(dim) || v->uses(dim)));
          }))
        continue;
      query = *q, key = *k, value = *v, output = *o, dims = all;
      return true;
    }
  }
  return false;
}

/// Divides the batch into sequences and heads, and the heads into groups.
LogicalResult Raiser::chooseDims() {
  queryViews = elements.getViews(inner.lhs);
  keyViews = elements.getViews(inner.rhs);
  for (const View &view : elements.getViews(outer.rhs))
    if (view.factor == 1)
      valueViews.push_back(view);
  // Views may have split it.
  batch = elements.flatten(batch);
  Dims all;
  all[dimI] = queries, all[dimJ] = keys, all[dimD] = inner.fold.over;
  for (const Position &position : results[0].term.at)
    if (!overlaps(elements, position, batch) &&
        !overlaps(elements, position, queries))
      llvm::append_range(all[dimE], position);
  ArrayRef<Atom> whole = batch;
  for (unsigned heads = whole.empty() ? 0 : 1; heads <= whole.size(); ++heads) {
    ArrayRef<Atom> sequence = whole.drop_back(heads),
                   head = whole.take_back(heads);
    all[dimB].assign(sequence.begin(), sequence.end());
    all[dimH].assign(head.begin(), head.end());
    for (unsigned shared = 0; shared <= heads; ++shared) {
      Dims keyDims = all;
      keyDims[dimH].truncate(shared);
      if (chooseOperands(all, keyDims))
        return success();
    }
  }
  return refuse("queries, keys, values and result are not [batch, heads, rows, "
                "channels] of f32, f16 or bf16 in some order");
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

AttentionOp Raiser::build() {
  Operation *last = output.view.term.value.getDefiningOp();
  OpBuilder b(last);
  Location loc = root->getLoc();
  auto type = cast<RankedTensorType>(output.view.term.value.getType());
  // Sizes of the result: those of rows from the queries, channels are static.
  SmallVector<OpFoldResult> sizes;
  for (auto [dim, size] : llvm::zip_equal(output.dims, type.getShape())) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(b.getIndexAttr(size));
      continue;
    }
    auto position = llvm::find(query.dims, dim) - query.dims.begin();
    sizes.push_back(
        tensor::getMixedSize(b, loc, query.view.term.value, position));
  }
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type.getElementType());
  if (empty.getType() != type)
    empty = tensor::CastOp::create(b, loc, type, empty);
  auto op =
      AttentionOp::create(b, loc, query.view.term.value, key.view.term.value,
                          value.view.term.value, empty);
  SmallVector<AffineMap> maps;
  for (const Operand *operand : {&query, &key, &value, &output})
    maps.push_back(
        AffineMap::getMultiDimMapWithTargets(6, operand->dims, b.getContext()));
  if (maps != op.getIndexingMapsArray())
    op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  ScoreSource source{
      elements, dims, score, *product, query.view.factor * key.view.factor,
      tainted};
  if (std::string why = buildScore(op, source); !why.empty()) {
    op.erase();
    (void)refuse(why);
    return nullptr;
  }
  output.view.term.value.replaceAllUsesWith(op.getResult(0));
  return op;
}

AttentionOp Raiser::run() {
  if (failed(matchWeights()))
    return nullptr;
  followResult();
  if (!isNormalized) {
    (void)refuse("the weights are not divided by their sum");
    return nullptr;
  }
  if (failed(matchScores()) || failed(collectUses()))
    return nullptr;
  if (failed(chooseDims()))
    return nullptr;
  for (auto [operand, dim] : {std::pair(&query, dimD), {&value, dimE}}) {
    auto position = llvm::find(operand->dims, dim) - operand->dims.begin();
    if (cast<ShapedType>(operand->view.term.value.getType())
            .isDynamicDim(position)) {
      (void)refuse("its channels (D and Dv) must be static");
      return nullptr;
    }
  }
  return build();
}

namespace {

struct LinalgRaiseAttentionPass final
    : fovea::attn::impl::LinalgRaiseAttentionBase<LinalgRaiseAttentionPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> roots;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.getNumReductionLoops() == 1)
        roots.push_back(op);
    });
    bool changed = false;
    for (linalg::LinalgOp root : roots)
      if (Raiser(root).run()) {
        ++numRaised;
        changed = true;
      }
    if (!changed)
      return;
    // What only the products needed: uses stand behind definitions.
    SmallVector<Operation *> ops;
    getOperation()->walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        rewriter.eraseOp(op);
  }
};

} // namespace
