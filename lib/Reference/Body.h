//===- Body.h - Bodies that compute scalars, once for each element -*- C++
//-*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_BODY_H
#define FOVEA_LIB_REFERENCE_BODY_H

#include "Machine.h"
#include "Scalar.h"

namespace fovea::reference {

/// How a body reads arrays: an index outside is an error, or is made safe.
enum class Reads { Checked, Safe };

/// A block of scalar operations and reads of arrays (a score or mask region,
/// the body of a linalg.generic or a tile.map), prepared to run many times.
class Body {
public:
  /// Prepares `block`. Its last arguments are `captures`, which do not change;
  /// values from outside of the block are those of the machine's frame.
  static mlir::FailureOr<Body> create(const Machine &machine,
                                      mlir::Block &block,
                                      llvm::ArrayRef<Datum> captures,
                                      Reads reads);

  /// Runs the block with its first arguments; `position` is what linalg.index
  /// gives.
  mlir::LogicalResult run(llvm::ArrayRef<Scalar> arguments,
                          llvm::ArrayRef<int64_t> position = {});

  /// What the terminator's operand `n` was in the last run.
  Scalar getYielded(unsigned n) const { return slots[yielded[n]]; }

private:
  enum class Kind { Compute, Read, Size, Position };
  /// One operation; operands and results are places in `slots`.
  struct Step {
    mlir::Operation *op;
    Kind kind;
    ScalarFunction function = nullptr;
    View table = {};
    int64_t dimension = 0;
    llvm::SmallVector<unsigned, 4> operands = {};
    unsigned result = 0;
  };

  explicit Body(const Machine &machine, Reads reads)
      : machine(machine), reads(reads) {}
  mlir::LogicalResult addStep(mlir::Operation *op);
  unsigned getSlot(mlir::Value value);
  View getTable(mlir::Value value) const;
  mlir::LogicalResult runStep(const Step &step,
                              llvm::ArrayRef<int64_t> position);
  mlir::FailureOr<Scalar> read(const Step &step,
                               llvm::ArrayRef<Scalar> operands) const;

  const Machine &machine;
  Reads reads;
  llvm::SmallVector<Step> steps;
  llvm::SmallVector<Scalar> slots;
  llvm::SmallVector<unsigned> yielded;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::DenseMap<mlir::Value, View> captured;
};

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_BODY_H
