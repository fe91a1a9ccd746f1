//===- Machine.h - State and dispatch of the interpreter --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_MACHINE_H
#define FOVEA_LIB_REFERENCE_MACHINE_H

#include "Scalar.h"

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include <map>
#include <vector>

namespace fovea::reference {

/// Values of the SSA values of one function call or kernel run.
using Frame = llvm::DenseMap<mlir::Value, Datum>;

/// Runs operations one after another. The operations of each dialect are in a
/// function of their own, declared below.
class Machine {
public:
  /// Runs the body of `func`, `call` being where a failure to enter it is
  /// reported.
  mlir::FailureOr<llvm::SmallVector<Datum>>
  call(mlir::func::FuncOp func, llvm::ArrayRef<Datum> arguments,
       mlir::Operation *call);

  /// Runs `block` in a frame of its own, for bodies that are isolated.
  mlir::LogicalResult runIsolated(mlir::Block &block,
                                  llvm::ArrayRef<Datum> arguments);

  /// Runs all operations of `block` but its terminator, with these arguments.
  mlir::LogicalResult runBlock(mlir::Block &block,
                               llvm::ArrayRef<Datum> arguments = {});

  // Values of the current frame.
  void set(mlir::Value value, Datum datum) {
    (*frame)[value] = std::move(datum);
  }
  const Datum &get(mlir::Value value) const;
  llvm::SmallVector<Datum> get(mlir::ValueRange values) const;
  Scalar getScalar(mlir::Value value) const;
  int64_t getInteger(mlir::Value value) const;
  double getReal(mlir::Value value) const;
  View getView(mlir::Value value) const;
  Tile getTile(mlir::Value value) const;
  Index getIndex(mlir::ValueRange values) const;
  Index getIndex(llvm::ArrayRef<mlir::OpFoldResult> values) const;
  void setInteger(mlir::Value value, int64_t integer) {
    set(value, Scalar{0, integer});
  }
  /// Sets a value that was computed, if it was.
  template <typename T>
  mlir::LogicalResult setResult(mlir::Value value, mlir::FailureOr<T> datum) {
    if (succeeded(datum))
      set(value, *datum);
    return datum;
  }

  /// Where a destination-passing op writes: the memref, or a copy of the
  /// tensor that becomes the value of the result.
  View getDestination(mlir::Value init) const;

  /// New elements: NaN, so that a read before a write shows; integers are 0.
  /// A negative size or too many elements are an error.
  mlir::FailureOr<View> allocate(mlir::Operation *op,
                                 llvm::ArrayRef<int64_t> shape,
                                 mlir::Type elementType) const;

  /// The elements of a dense attribute of type `type`.
  mlir::FailureOr<View> getConstant(mlir::Operation *op, mlir::ShapedType type,
                                    mlir::Attribute attribute) const;

  /// The array of a memref.global.
  mlir::FailureOr<View> getGlobal(mlir::Operation *op, mlir::StringAttr name);

  /// States that work items with one `point` of the grid have handed to `op`.
  /// The caller takes them out when all are there.
  std::map<std::pair<mlir::Operation *, std::vector<int64_t>>,
           std::map<int64_t, llvm::SmallVector<Tile>>>
      handedOver;

  /// Says that the interpreter has no meaning for `op`.
  mlir::LogicalResult refuse(mlir::Operation *op) const;

private:
  mlir::LogicalResult runOperation(mlir::Operation *op);
  mlir::LogicalResult runScalar(mlir::Operation *op);
  mlir::FailureOr<View> runElementwise(mlir::Operation *op,
                                       ScalarFunction function) const;

  Frame *frame = nullptr;
  unsigned depth = 0;
  llvm::DenseMap<mlir::Operation *, View> globals;
};

/// What `map` gives for the dimensions and symbols; division by zero gives 0.
Index evaluateMap(mlir::AffineMap map, llvm::ArrayRef<int64_t> dims,
                  llvm::ArrayRef<int64_t> symbols = {});

mlir::LogicalResult runAffine(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runAttn(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runBufferization(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runLinalg(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runMemRef(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runScf(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runTensor(Machine &machine, mlir::Operation *op);
mlir::LogicalResult runTile(Machine &machine, mlir::Operation *op);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_MACHINE_H
