//===- Arguments.h - Values of an entry's arguments ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_FOVEA_RUN_ARGUMENTS_H
#define FOVEA_TOOLS_FOVEA_RUN_ARGUMENTS_H

#include "fovea/Execution/Jit.h"
#include "fovea/Reference/Interpreter.h"
#include "fovea/Support/Npy.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace fovea {

/// Where the values come from.
struct ArgumentSources {
  std::vector<std::string> files; ///< For the first arguments, in order.
  uint64_t seed = 0;              ///< For the others.
  llvm::StringMap<int64_t> dims;  ///< Sizes of named dimensions.
};

/// An array in memory, of a type that npy files can hold.
struct Argument {
  Argument() = default;
  /// Growing vectors move arrays, which are large, and don't copy them.
  Argument(Argument &&) noexcept = default;

  NpyArray array;
  mlir::Type elementType;
  bool isScalar = false;
};

/// The npy kind of an element type; an error names the supported ones.
llvm::Expected<ElementKind> elementKind(mlir::Type type);

/// Checks the attributes fovea.* of `entry`, its arguments and its module,
/// which makeArguments and the speeds rely on.
llvm::Error checkAttributes(mlir::func::FuncOp entry);

/// Values for all arguments of `entry`: read from files, then random.
///
/// Random floats are normal, or uniform in [fovea.low, fovea.high); random
/// integers are uniform in [fovea.low, fovea.high], and ascending with
/// fovea.sorted. Dynamic dimensions are named by the argument's attribute
/// fovea.dims; their sizes come from `sources` or the module's attribute of the
/// same name. Arguments that are only written (`outputs`) hold NaN.
llvm::Expected<std::vector<Argument>>
makeArguments(mlir::func::FuncOp entry, const ArgumentSources &sources,
              llvm::ArrayRef<bool> outputs);

/// Fills an array with NaN (floats) or the smallest integer.
void poison(NpyArray &array);

/// Conversions for the reference and the compiled code.
reference::Array toReference(const Argument &argument);
JitArgument toJit(Argument &argument);

} // namespace fovea

#endif // FOVEA_TOOLS_FOVEA_RUN_ARGUMENTS_H
