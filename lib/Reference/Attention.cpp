//===- Attention.cpp - attn ops, by their definitions ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each row of an attention is computed on its own, from the scores of the keys
// that exist and are not masked. Other keys and values are not used. The type
// in which a lowering may keep probabilities (`numerics`) is ignored here.
//
//===----------------------------------------------------------------------===//

#include "Scores.h"
#include "Walks.h"

#include "fovea/Dialect/Attn/IR/AttnOrder.h"

#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace fovea::attn;
using namespace fovea::reference;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// Stores `value`, rounded to the view's element type.
static void storeRounded(const View &view, ArrayRef<int64_t> index,
                         double value) {
  auto type = cast<FloatType>(view.array->elementType);
  view.store(index, {roundTo(value, type), 0});
}

//===----------------------------------------------------------------------===//
// attn.attention
//===----------------------------------------------------------------------===//

namespace {

/// Weights of a softmax that are not divided by their sum yet.
struct Weights {
  std::vector<double> weights;
  double sum = 0;
  double lse = -infinity;
};

} // namespace

/// exp(s - max) of each score, and with `sink`, one more term in the sum. A
/// score that is NaN or +inf makes all NaN; without a score above -inf, all is
/// 0 and the lse is -inf.
static Weights getWeights(ArrayRef<double> scores, double sink) {
  Weights result;
  double top = sink;
  bool valid = !std::isnan(sink) && sink != infinity;
  for (double score : scores) {
    valid &= !std::isnan(score) && score != infinity;
    top = std::max(top, score);
  }
  result.weights.assign(scores.size(), valid ? 0 : notANumber);
  if (!valid) {
    result.sum = result.lse = notANumber;
    return result;
  }
  if (top == -infinity)
    return result;
  result.sum = std::exp(sink - top);
  for (auto [weight, score] : llvm::zip_equal(result.weights, scores)) {
    weight = std::exp(score - top);
    result.sum += weight;
  }
  result.lse = top + std::log(result.sum);
  return result;
}

namespace {

/// One run of an attn.attention.
class Attention {
public:
  Attention(Machine &machine, AttentionOp op, Scores scores)
      : op(op), scores(std::move(scores)), maps(op.getIndexingMapsArray()),
        output(machine.getDestination(op.getOutput())) {
    if (op.getLse())
      lse = machine.getDestination(op.getLse());
    if (op.getSinks())
      sinks = machine.getView(op.getSinks());
  }

  LogicalResult run() {
    if (failed(check()))
      return failure();
    for (int64_t b = 0; b < scores.getNumSequences(); ++b) {
      FailureOr<SmallVector<Key>> keys = scores.getKeys(b);
      if (failed(keys))
        return failure();
      for (int64_t h = 0; h < scores.getNumHeads(); ++h)
        if (failed(runHead(b, h, *keys)))
          return failure();
    }
    return success();
  }

  void setResults(Machine &machine) {
    if (op->getNumResults() > 0)
      machine.set(op->getResult(0), output);
    if (op->getNumResults() > 1)
      machine.set(op->getResult(1), *lse);
  }

private:
  LogicalResult check() {
    if (failed(scores.check(output, maps[3], "output")) ||
        (lse && failed(scores.check(*lse, maps[4], "lse"))) ||
        (sinks &&
         failed(scores.checkVector(*sinks, scores.getNumHeads(), "sinks"))))
      return failure();
    return success();
  }

  LogicalResult runHead(int64_t b, int64_t h, ArrayRef<Key> keys) {
    std::vector<std::vector<double>> k, v;
    for (const Key &key : keys) {
      k.push_back(scores.readKey(key, h));
      v.push_back(scores.readValue(key, h));
    }
    for (int64_t i = 0; i < scores.getNumQueries(b); ++i)
      if (failed(runRow(b, h, i, keys, k, v)))
        return failure();
    return success();
  }

  LogicalResult runRow(int64_t b, int64_t h, int64_t i, ArrayRef<Key> keys,
                       ArrayRef<std::vector<double>> k,
                       ArrayRef<std::vector<double>> v) {
    std::vector<double> q = scores.readQuery(b, h, i);
    std::vector<double> row;
    std::vector<size_t> visited;
    for (size_t n = 0; n < keys.size(); ++n) {
      FailureOr<std::optional<double>> score =
          scores.getScore(b, h, i, keys[n], q, k[n]);
      if (failed(score))
        return failure();
      if (!*score)
        continue;
      row.push_back(**score);
      visited.push_back(n);
    }
    double sink = sinks ? sinks->load({h}).real : -infinity;
    Weights weights = getWeights(row, sink);
    if (scores.isInvalid(b, h, i))
      weights.sum = weights.lse = notANumber;
    std::vector<double> sum(scores.getNumChannels(), 0);
    for (size_t n = 0; n < row.size(); ++n)
      if (row[n] != -infinity)
        for (size_t e = 0; e < sum.size(); ++e)
          sum[e] += weights.weights[n] * v[visited[n]][e];
    store({b, h, scores.getQueryRow(b, i), 0, 0, 0}, sum, weights);
    return success();
  }

  /// Writes o = sum / (sum of the weights) and the lse of one row.
  void store(Point point, ArrayRef<double> sum, const Weights &weights) {
    if (lse)
      storeRounded(*lse, evaluateMap(maps[4], point), weights.lse);
    for (size_t e = 0; e < sum.size(); ++e) {
      point[dimE] = e;
      storeRounded(output, evaluateMap(maps[3], point),
                   weights.sum == 0 ? 0 : sum[e] / weights.sum);
    }
  }

  AttentionOp op;
  Scores scores;
  SmallVector<AffineMap> maps;
  View output;
  std::optional<View> lse, sinks;
};

} // namespace

static LogicalResult run(Machine &machine, AttentionOp op) {
  FailureOr<Scores> scores =
      Scores::create(machine, cast<ScoreOpInterface>(*op), op.getValues());
  if (failed(scores))
    return failure();
  Attention attention(machine, op, std::move(*scores));
  if (failed(attention.run()))
    return failure();
  attention.setResults(machine);
  return success();
}

//===----------------------------------------------------------------------===//
// attn.score_reduce
//===----------------------------------------------------------------------===//

/// sum_i exp(s'[b, h, i, j] - lse[b, h, i]) for one key of one head.
static FailureOr<double> getColumnSum(Scores &scores, ScoreReduceOp op,
                                      const View &lse, int64_t b, int64_t h,
                                      const Key &key) {
  AffineMap lseMap = op.getIndexingMapsArray()[3];
  std::vector<double> k = scores.readKey(key, h);
  double sum = 0;
  for (int64_t i = 0; i < scores.getNumQueries(b); ++i) {
    Point point = {b, h, scores.getQueryRow(b, i), 0, 0, 0};
    double rowLse = lse.load(evaluateMap(lseMap, point)).real;
    if (rowLse == -infinity)
      continue;
    FailureOr<std::optional<double>> score =
        scores.getScore(b, h, i, key, scores.readQuery(b, h, i), k);
    if (failed(score))
      return failure();
    if (*score)
      sum += std::exp(**score - rowLse);
  }
  return sum;
}

static LogicalResult run(Machine &machine, ScoreReduceOp op) {
  FailureOr<Scores> scores =
      Scores::create(machine, cast<ScoreOpInterface>(*op), {});
  if (failed(scores))
    return failure();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  View output = machine.getDestination(op.getOutput());
  View lse = machine.getView(op.getLse());
  if (failed(scores->check(output, maps[2], "output")) ||
      failed(scores->check(lse, maps[3], "lse")))
    return failure();
  (void)forEachIndex(output.sizes, [&](ArrayRef<int64_t> index) {
    output.store(index, {});
    return success();
  });
  for (int64_t b = 0; b < scores->getNumSequences(); ++b) {
    FailureOr<SmallVector<Key>> keys = scores->getKeys(b);
    if (failed(keys))
      return failure();
    for (int64_t h = 0; h < scores->getNumHeads(); ++h)
      for (const Key &key : *keys) {
        FailureOr<double> sum = getColumnSum(*scores, op, lse, b, h, key);
        if (failed(sum))
          return failure();
        Point point = {b, h, 0, key.column, 0, 0};
        storeRounded(output, evaluateMap(maps[2], point), *sum);
      }
  }
  if (op->getNumResults() > 0)
    machine.set(op->getResult(0), output);
  return success();
}

//===----------------------------------------------------------------------===//
// attn.merge
//===----------------------------------------------------------------------===//

/// Merges one row, [e] of each part with an lse each.
static void mergeRow(ArrayRef<View> parts, ArrayRef<View> lses,
                     ArrayRef<View> outputs, ArrayRef<int64_t> row) {
  std::vector<double> logits;
  for (const View &lse : lses)
    logits.push_back(lse.load(row).real);
  Weights weights = getWeights(logits, -infinity);
  if (outputs.size() > 1)
    storeRounded(outputs[1], row, weights.lse);
  Index index(row);
  index.push_back(0);
  for (int64_t &e = index.back(); e < outputs[0].sizes.back(); ++e) {
    double sum = 0;
    for (size_t n = 0; n < parts.size(); ++n)
      if (logits[n] != -infinity)
        sum += weights.weights[n] * parts[n].load(index).real;
    storeRounded(outputs[0], index, weights.sum == 0 ? 0 : sum / weights.sum);
  }
}

static LogicalResult run(Machine &machine, MergeOp op) {
  auto read = [&](Value value) { return machine.getView(value); };
  SmallVector<View> parts = llvm::map_to_vector(op.getParts(), read);
  SmallVector<View> lses = llvm::map_to_vector(op.getLses(), read);
  SmallVector<View> outputs = llvm::map_to_vector(
      op.getOutputs(), [&](Value v) { return machine.getDestination(v); });
  ArrayRef<int64_t> sizes = outputs[0].sizes, rows = sizes.drop_back();
  for (const View &part : parts)
    if (ArrayRef<int64_t>(part.sizes) != sizes)
      return op.emitOpError("a part has [")
             << ArrayRef(part.sizes) << "] elements, expected [" << sizes
             << "]";
  for (const View &lse :
       llvm::concat<View>(lses, MutableArrayRef<View>(outputs).drop_front()))
    if (ArrayRef<int64_t>(lse.sizes) != rows)
      return op.emitOpError("an lse has [")
             << ArrayRef(lse.sizes) << "] elements, expected [" << rows << "]";
  (void)forEachIndex(rows, [&](ArrayRef<int64_t> row) {
    mergeRow(parts, lses, outputs, row);
    return success();
  });
  for (auto [result, output] : llvm::zip(op->getResults(), outputs))
    machine.set(result, output);
  return success();
}

//===----------------------------------------------------------------------===//
// attn.reorder
//===----------------------------------------------------------------------===//

/// The token at each place of a permutation, which holds each token once.
static FailureOr<View> getTokens(Machine &machine, ReorderOp op,
                                 const View &input) {
  View permutation = machine.getView(op.getPermutation());
  for (auto [n, axis] : llvm::enumerate(op.getAxes()))
    if (permutation.sizes[n] != input.sizes[axis])
      return op.emitOpError("permutation has ")
             << permutation.sizes[n] << " elements along dimension " << n
             << ", but the input has " << input.sizes[axis] << " along "
             << axis;
  ArrayRef<int64_t> sizes = permutation.sizes;
  LogicalResult result =
      forEachIndex(sizes.drop_back(), [&](ArrayRef<int64_t> leading) {
        Index at(leading);
        at.push_back(0);
        std::vector<bool> seen(sizes.back());
        for (int64_t &place = at.back(); place < sizes.back(); ++place) {
          int64_t token = permutation.load(at).integer;
          if (token < 0 || token >= sizes.back() || seen[token])
            return LogicalResult(op.emitOpError("permutation has token ")
                                 << token << " at place " << place
                                 << "; it must hold each token once");
          seen[token] = true;
        }
        return success();
      });
  if (failed(result))
    return failure();
  return permutation;
}

static LogicalResult run(Machine &machine, ReorderOp op) {
  View input = machine.getView(op.getInput());
  View output = machine.getDestination(op.getOutput());
  unsigned axis = op.getTokenAxis();
  const View &places = op.getInverse() ? input : output;
  const View &tokens = op.getInverse() ? output : input;
  std::optional<TokenOrder> order;
  std::optional<View> permutation;
  if (OrderAttr attribute = op.getOrderAttr()) {
    order = TokenOrder::get(attribute, op.getKeys(), tokens.sizes[axis]);
    if (!TokenOrder::fits(attribute, tokens.sizes[axis]) ||
        places.sizes[axis] != order->getNumPlaces())
      return op.emitOpError("moves ")
             << tokens.sizes[axis] << " tokens and " << places.sizes[axis]
             << " places, which the order does not have";
  } else {
    FailureOr<View> checked = getTokens(machine, op, input);
    if (failed(checked))
      return failure();
    permutation = *checked;
  }
  for (unsigned dim = 0; dim < input.sizes.size(); ++dim)
    if (input.sizes[dim] != output.sizes[dim] && !(order && dim == axis))
      return op.emitOpError("input and output have ")
             << input.sizes[dim] << " and " << output.sizes[dim]
             << " elements along dimension " << dim;
  (void)forEachIndex(places.sizes, [&](ArrayRef<int64_t> at) {
    std::optional<int64_t> token;
    if (order) {
      token = order->getToken(at[axis]);
    } else {
      Index key = llvm::map_to_vector(op.getAxes(),
                                      [&](int64_t dim) { return at[dim]; });
      token = permutation->load(key).integer;
    }
    Index of(at);
    of[axis] = token.value_or(0);
    if (!op.getInverse())
      output.store(at, token ? input.load(of) : Scalar());
    else if (token)
      output.store(of, input.load(at));
    return success();
  });
  if (op.getResult())
    machine.set(op.getResult(), output);
  return success();
}

LogicalResult fovea::reference::runAttn(Machine &machine, Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<AttentionOp, ScoreReduceOp, MergeOp, ReorderOp>(
          [&](auto attnOp) { return run(machine, attnOp); })
      .Default([&](Operation *op) { return runWalk(machine, op); });
}
