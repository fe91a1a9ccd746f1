//===- RaiseScore.cpp - The score region of raised attention --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaiseScore.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Copies what computes the score from the product into a score region.
class ScoreBuilder {
public:
  ScoreBuilder(AttentionOp op, const ScoreSource &source)
      : op(op), source(source), elements(source.elements), b(op.getContext()),
        loc(op.getLoc()) {}

  /// Fills the region and sets the scale.
  LogicalResult run();

  std::string why; ///< What can't be copied, if it fails.

private:
  /// A scalar in the region. Where nothing but products with numbers has been
  /// done, it is the scaled product itself, times `factor`.
  struct Scalar {
    Value value;
    std::optional<double> factor;
  };
  FailureOr<Scalar> emit(const Term &term);
  FailureOr<Value> emitValue(const Term &term);
  FailureOr<Value> emitOp(const Term &term);
  FailureOr<Value> emitRead(const Term &term);
  FailureOr<Value> emitPosition(ArrayRef<Atom> position);
  FailureOr<Value> capture(Value value);
  Value getScaled(double times);
  Value widen(Value value);

  LogicalResult refuse(const Twine &text) {
    why = text.str();
    return failure();
  }

  AttentionOp op;
  const ScoreSource &source;
  Elements &elements;
  OpBuilder b;
  Location loc;
  std::optional<double> scale;
  SmallVector<std::pair<Term, Scalar>> known;
};

} // namespace

Value ScoreBuilder::widen(Value value) {
  if (isa<Float16Type, BFloat16Type>(value.getType()))
    return arith::ExtFOp::create(b, loc, b.getF32Type(), value);
  return value;
}

/// The product times a number: the region's argument, which is scaled by the
/// first number that is asked for.
Value ScoreBuilder::getScaled(double times) {
  Value argument = op.getScore().getArgument(0);
  if (!scale)
    scale = times;
  if (*scale == times)
    return argument;
  Value number =
      arith::ConstantOp::create(b, loc, b.getF32FloatAttr(times / *scale));
  return arith::MulFOp::create(b, loc, argument, number);
}

FailureOr<Value> ScoreBuilder::capture(Value value) {
  if (Operation *definition = value.getDefiningOp();
      source.tainted.contains(definition))
    return refuse("its scores depend on each other, but for the softmax");
  Block &block = op.getScore().front();
  auto captures = llvm::to_vector(op.getScoreCaptures());
  if (auto found = llvm::find(captures, value); found != captures.end())
    return Value(block.getArgument(5 + (found - captures.begin())));
  op.getScoreCapturesMutable().append(value);
  return Value(block.addArgument(value.getType(), loc));
}

/// The number that atoms of the coordinates form.
FailureOr<Value> ScoreBuilder::emitPosition(ArrayRef<Atom> position) {
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantIndexOp::create(b, loc, number);
  };
  Position wanted = elements.flatten(position);
  for (unsigned dim : {dimB, dimH, dimI, dimJ})
    if (!wanted.empty() && elements.flatten(source.dims[dim]) == wanted)
      return Value(op.getScore().getArgument(1 + dim));
  Value number;
  for (Atom atom : wanted) {
    Value coordinate;
    for (unsigned dim : {dimB, dimH, dimI, dimJ}) {
      Position flat = elements.flatten(source.dims[dim]);
      auto found = llvm::find(flat, atom);
      if (found == flat.end())
        continue;
      coordinate = op.getScore().getArgument(1 + dim);
      int64_t inside = 1;
      for (Atom inner : llvm::make_range(found + 1, flat.end())) {
        if (ShapedType::isDynamic(elements.getSize(inner)))
          return refuse("an index of its scores needs a static size");
        inside *= elements.getSize(inner);
      }
      if (inside != 1)
        coordinate =
            arith::FloorDivSIOp::create(b, loc, coordinate, constant(inside));
      if (found != flat.begin())
        coordinate = arith::RemSIOp::create(b, loc, coordinate,
                                            constant(elements.getSize(atom)));
    }
    if (!coordinate ||
        (number && ShapedType::isDynamic(elements.getSize(atom))) ||
        (coordinate.getDefiningOp<arith::RemSIOp>() &&
         ShapedType::isDynamic(elements.getSize(atom))))
      return refuse("an index of its scores needs a static size");
    if (number) {
      number = arith::MulIOp::create(b, loc, number,
                                     constant(elements.getSize(atom)));
      number = arith::AddIOp::create(b, loc, number, coordinate);
    } else {
      number = coordinate;
    }
  }
  return number ? number : constant(0);
}

/// tensor.extract of a captured tensor.
FailureOr<Value> ScoreBuilder::emitRead(const Term &term) {
  if (auto dense = DenseElementsAttr();
      matchPattern(term.value, m_Constant(&dense)) && dense.isSplat())
    return Value(arith::ConstantOp::create(
        b, loc, cast<TypedAttr>(dense.getSplatValue<Attribute>())));
  FailureOr<Value> table = capture(term.value);
  if (failed(table))
    return failure();
  SmallVector<Value> indices;
  for (const Position &position : term.at) {
    FailureOr<Value> index = emitPosition(position);
    if (failed(index))
      return failure();
    indices.push_back(*index);
  }
  return Value(tensor::ExtractOp::create(b, loc, *table, indices));
}

FailureOr<Value> ScoreBuilder::emitOp(const Term &term) {
  Operation *scalarOp = term.value.getDefiningOp();
  if (auto index = dyn_cast<linalg::IndexOp>(scalarOp))
    return emitPosition(elements.getLoop(*term.context, index.getDim()));
  SmallVector<Value> operands;
  auto extract = dyn_cast<tensor::ExtractOp>(scalarOp);
  if (extract) {
    FailureOr<Value> table = capture(extract.getTensor());
    if (failed(table))
      return failure();
    operands.push_back(*table);
  } else if (!isa<arith::ArithDialect, index::IndexDialect, math::MathDialect>(
                 scalarOp->getDialect()) ||
             scalarOp->getNumRegions() || scalarOp->getNumResults() != 1) {
    return refuse("a score region cannot hold the op " +
                  scalarOp->getName().getStringRef());
  }
  for (unsigned n = operands.size(); n < scalarOp->getNumOperands(); ++n) {
    FailureOr<Value> operand = emitValue(elements.getOperand(term, n));
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
  }
  // What is computed from the product in a narrow type is computed in f32.
  Type type = scalarOp->getResult(0).getType();
  if (!llvm::equal(scalarOp->getOperandTypes(), TypeRange(operands))) {
    for (Value &operand : operands)
      operand = widen(operand);
    if (isa<Float16Type, BFloat16Type>(type))
      type = b.getF32Type();
    auto isWide = [](Type type) { return type.isF64(); };
    if (isWide(type) || llvm::any_of(TypeRange(operands), isWide))
      return refuse("its scores are computed in f64");
  }
  if (isa<arith::ExtFOp, arith::TruncFOp>(scalarOp) &&
      operands[0].getType() == type)
    return operands[0];
  OperationState state(loc, scalarOp->getName(), operands, type,
                       llvm::to_vector(scalarOp->getDiscardableAttrs()));
  state.propertiesAttr = scalarOp->getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

FailureOr<Value> ScoreBuilder::emitValue(const Term &term) {
  FailureOr<Scalar> scalar = emit(term);
  if (failed(scalar))
    return failure();
  return scalar->factor ? getScaled(*scalar->factor) : scalar->value;
}

FailureOr<ScoreBuilder::Scalar> ScoreBuilder::emit(const Term &unresolved) {
  Term term = elements.resolve(unresolved);
  for (auto &[other, scalar] : known)
    if (other.value == term.value && other.context == term.context &&
        llvm::equal(other.at, term.at))
      return scalar;
  auto finish = [&](FailureOr<Value> value,
                    std::optional<double> factor =
                        std::nullopt) -> FailureOr<Scalar> {
    if (failed(value))
      return failure();
    known.push_back({term, {*value, factor}});
    return known.back().second;
  };
  if (term.value == source.product.value) {
    if (!elements.areEqual(term, source.product))
      return refuse("its scores depend on each other, but for the softmax");
    return finish(Value(), source.factor);
  }
  if (isa<RankedTensorType>(term.value.getType()))
    return finish(emitRead(term));
  Operation *scalarOp = term.value.getDefiningOp();
  if (!scalarOp && term.context)
    return refuse("its scores read a tensor at an index that is not a "
                  "loop's");
  if (!term.context) {
    Attribute constant;
    if (scalarOp && matchPattern(scalarOp, m_Constant(&constant)))
      return finish(b.clone(*scalarOp)->getResult(0));
    return finish(capture(term.value));
  }
  // Conversions of the product, and products of it with numbers.
  if (isa<arith::ExtFOp, arith::TruncFOp, arith::MulFOp, arith::DivFOp>(
          scalarOp)) {
    bool converts = scalarOp->getNumOperands() == 1;
    for (unsigned n = 0; n < (isa<arith::MulFOp>(scalarOp) ? 2 : 1); ++n) {
      std::optional<double> number = 1;
      if (!converts)
        number = elements.getConstant(elements.getOperand(term, 1 - n));
      if (!number || *number == 0 || !std::isfinite(*number))
        continue;
      FailureOr<Scalar> inner = emit(elements.getOperand(term, n));
      if (failed(inner))
        return failure();
      if (inner->factor)
        return finish(Value(), isa<arith::DivFOp>(scalarOp)
                                   ? *inner->factor / *number
                                   : *inner->factor * *number);
    }
  }
  return finish(emitOp(term));
}

LogicalResult ScoreBuilder::run() {
  Type index = b.getIndexType();
  SmallVector<Type> types = {b.getF32Type(), index, index, index, index};
  b.createBlock(&op.getScore(), {}, types,
                SmallVector<Location>(types.size(), loc));
  FailureOr<Scalar> result = emit(source.score);
  if (failed(result))
    return failure();
  if (result->factor) {
    scale = result->factor;
    op.getScore().getBlocks().clear();
  } else {
    YieldOp::create(b, loc, widen(result->value));
  }
  // The default needs no attribute.
  if (*scale != op.getScaleValue())
    op.setScaleAttr(b.getF64FloatAttr(*scale));
  return success();
}

std::string fovea::attn::buildScore(AttentionOp op, const ScoreSource &source) {
  ScoreBuilder builder(op, source);
  (void)builder.run();
  return builder.why;
}
