//===- Interpreter.h - The executable specification -------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A small, slow interpreter that is meant to be right: plain loops in f64, and
// no lowering. Everything else in Fovea is checked against it.
//
// Rounding. Scalars, elements and tiles of type f32 are held and computed in
// f64 and are not rounded between operations. They are rounded where a type
// conversion asks for it (arith.truncf), at the results of attn ops, and at the
// results of the function. Values of types narrower than f32 are rounded after
// each operation.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_REFERENCE_INTERPRETER_H
#define FOVEA_REFERENCE_INTERPRETER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include <vector>

namespace fovea::reference {

/// An n-dimensional array of numbers, row-major; a scalar has rank 0. Elements
/// of floating-point types are in `floats`, others in `ints`: sign-extended,
/// but an i1 is 0 or 1.
struct Array {
  llvm::SmallVector<int64_t> shape;
  mlir::Type elementType;
  std::vector<double> floats;
  std::vector<int64_t> ints;

  Array() = default;
  /// An array of zeros.
  Array(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);

  bool isFloat() const { return llvm::isa<mlir::FloatType>(elementType); }
  /// Product of the shape.
  int64_t getNumElements() const;
  /// Rounds all elements to the element type, as a memory of that type would.
  void round();
};

/// `value` rounded to the nearest number of `type`, ties to even.
double roundTo(double value, mlir::FloatType type);

/// Runs `func` and returns its results. There is one array for each argument:
/// of the tensor's or memref's shape, or of rank 0 for a scalar. Memref
/// arguments are written in place, also when the run fails. An operation that
/// cannot be interpreted, an index outside of an array and an argument that
/// does not fit give one diagnostic, at the operation.
///
/// `func` is valid IR. Interpreted are func, arith, math and index on scalars
/// and elementwise on tensors, affine.{apply,max,min}, cf.assert, scf, tensor,
/// linalg ops with a body, memref, bufferization, attn and tile. Integers have
/// up to 64 bits. Control flow between blocks is not interpreted.
mlir::FailureOr<llvm::SmallVector<Array>>
interpret(mlir::func::FuncOp func, llvm::MutableArrayRef<Array> arguments);

/// How far one array is from another.
struct Difference {
  /// |got - want| / |want| in the Euclidean norm; |got - want| if `want` is
  /// zero; infinity if the shapes, the places of NaN or infinities differ.
  double relativeL2 = 0;
  /// The largest absolute difference of two elements.
  double maxAbs = 0;
  /// Where it is, as an index into the elements; -1 if all are equal.
  int64_t worstIndex = -1;
  /// Whether an element is NaN in one array only.
  bool nanMismatch = false;
  /// Whether the shapes differ; then nothing else was compared.
  bool shapeMismatch = false;
};

/// Compares element by element. NaN equals NaN, and an infinity equals itself.
Difference compare(const Array &got, const Array &want);

} // namespace fovea::reference

#endif // FOVEA_REFERENCE_INTERPRETER_H
