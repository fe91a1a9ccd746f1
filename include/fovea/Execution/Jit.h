//===- Jit.h - Machine code in memory --------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_EXECUTION_JIT_H
#define FOVEA_EXECUTION_JIT_H

#include "fovea/Target/CpuTarget.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"

namespace fovea {

/// A strided view of memory that is passed to compiled code.
struct MemRefView {
  void *data = nullptr;
  llvm::SmallVector<int64_t> shape, strides;

  /// The view of a row-major array.
  static MemRefView rowMajor(void *data, llvm::ArrayRef<int64_t> shape);
};

/// A parameter of a compiled function: a memref, or a scalar of up to 8 bytes.
struct JitArgument {
  bool isMemRef = true;
  MemRefView view;
  int64_t scalar = 0; ///< The bytes of the scalar, the first of them first.
};

/// Compiled functions of a module in the llvm dialect.
class Jit {
public:
  /// Translates, optimizes and compiles `module` for `target`. The runtime's
  /// functions are taken from this process.
  static llvm::Expected<std::unique_ptr<Jit>> create(mlir::ModuleOp module,
                                                     const CpuTarget &target);

  /// Whether this machine can run code for `target`; an error says what lacks.
  static llvm::Error checkHost(const CpuTarget &target);

  /// Calls a function; the runtime's error, if one was reported.
  llvm::Error call(llvm::StringRef name, llvm::ArrayRef<JitArgument> arguments);

  /// Address of a function.
  llvm::Expected<void *> lookup(llvm::StringRef name);

private:
  explicit Jit(std::unique_ptr<mlir::ExecutionEngine> engine)
      : engine(std::move(engine)) {}

  std::unique_ptr<mlir::ExecutionEngine> engine;
};

/// Registers what Jit needs to translate modules.
void registerJitTranslations(mlir::DialectRegistry &registry);

} // namespace fovea

#endif // FOVEA_EXECUTION_JIT_H
