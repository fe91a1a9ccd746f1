//===- Elements.h - What computes an element of a tensor -------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Looks through linalg ops, reshapes and casts from an element of a tensor at a
// symbolic position to the scalar op that computes it, so that a computation
// reads the same whether it is one op or many, and whatever shape its tensors
// have.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTS_H
#define FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace fovea::attn {

/// A variable that runs over [0, size). One may be split into several, of which
/// it is the row-major number, when a reshape divides the dimension it runs
/// over.
using Atom = unsigned;

/// An index into a dimension, over all of which it runs: the row-major number
/// formed of atoms, outermost first; 0 without any.
using Position = llvm::SmallVector<Atom, 2>;

/// A scalar, or the element of a tensor at a position in each dimension.
/// Scalars in the body of a linalg op have a context: the op with positions for
/// its loops.
struct Term {
  mlir::Value value;
  std::optional<unsigned> context;
  llvm::SmallVector<Position, 4> at;
};

/// A place where the same data can be read: its element times `factor`.
struct View {
  Term term;
  double factor = 1;
};

/// A fold of elements over a loop of a linalg op.
struct Fold {
  mlir::Operation
      *combiner; ///< The scalar op, of the accumulator and `element`.
  Term element, init;
  Position over;
};

class Elements {
public:
  /// A new atom; no atom for a size of 1.
  Position create(int64_t size);

  /// The position with atoms that are not split.
  Position flatten(llvm::ArrayRef<Atom> position) const;

  /// The number of values of an atom, or ShapedType::kDynamic.
  int64_t getSize(Atom atom) const { return atoms[atom].size; }

  /// The element of an operand of a linalg op with these positions of its
  /// loops.
  std::optional<Term> getOperand(unsigned context, mlir::OpOperand &operand);

  /// An operand of the scalar op that gives `term`.
  Term getOperand(const Term &term, unsigned number) const {
    return {term.value.getDefiningOp()->getOperand(number), term.context, {}};
  }

  /// The position of a loop of the context's op.
  Position getLoop(unsigned context, unsigned loop) const {
    return flatten(contexts[context].loops[loop]);
  }

  /// The context of a linalg op with these positions of its loops.
  unsigned getContext(mlir::linalg::LinalgOp op,
                      llvm::ArrayRef<Position> loops);

  /// Looks through elementwise linalg ops, reshapes and casts of tensors, as
  /// far as a scalar op, a function's argument, or a tensor that something else
  /// computes.
  Term resolve(Term term);

  /// The same through conversions between floating-point types.
  Term strip(Term term);

  /// The scalar op that gives a term, through conversions, if it is an `OpTy`.
  template <typename OpTy>
  std::optional<Term> match(const Term &term) {
    Term found = strip(term);
    if (!found.value.getDefiningOp<OpTy>())
      return std::nullopt;
    return found;
  }

  /// The number that a term is, if it is known.
  std::optional<double> getConstant(const Term &term);

  /// Whether both terms are computed alike, but for conversions.
  bool areEqual(const Term &lhs, const Term &rhs, unsigned depth = 0);

  /// The fold that gives a term; over `over` if given, else a new position.
  std::optional<Fold> getFold(const Term &term,
                              std::optional<Position> over = std::nullopt);

  /// Where an element can be read: where it stands, then through reshapes,
  /// transpositions, broadcasts, widening conversions and products with
  /// numbers.
  llvm::SmallVector<View> getViews(const Term &term);

  /// Positions of `sizes` whose row-major number is `position`; splits atoms.
  std::optional<llvm::SmallVector<Position, 4>>
  divide(llvm::ArrayRef<Atom> position, llvm::ArrayRef<int64_t> sizes);

private:
  struct AtomInfo {
    int64_t size;
    Position parts; ///< If it is split.
  };
  struct Context {
    mlir::linalg::LinalgOp op;
    llvm::SmallVector<Position, 4> loops;
  };

  /// Positions of the loops from those of a result; reduction loops have none.
  std::optional<llvm::SmallVector<Position, 4>> getLoops(mlir::OpResult result,
                                                         const Term &term);
  /// One step from an element towards what computes it.
  std::optional<Term> step(const Term &term);
  void split(Atom atom, llvm::ArrayRef<int64_t> sizes);

  llvm::SmallVector<AtomInfo> atoms;
  llvm::SmallVector<Context> contexts;
};

} // namespace fovea::attn

#endif // FOVEA_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTS_H
