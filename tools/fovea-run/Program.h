//===- Program.h - A module that is compiled, run and checked --*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_FOVEA_RUN_PROGRAM_H
#define FOVEA_TOOLS_FOVEA_RUN_PROGRAM_H

#include "Arguments.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace fovea {

/// One public function of a module, compiled.
class Program {
public:
  /// Compiles `module`, which is left as it is. Diagnostics have been printed
  /// where this fails; `error` then holds what no diagnostic said.
  static mlir::FailureOr<std::unique_ptr<Program>>
  compile(mlir::ModuleOp module, const CpuTarget &target,
          llvm::StringRef targetText, std::string &error);

  /// Address of the entry's function of the C ABI; of code for a GPU only.
  llvm::Expected<void *> lookup(llvm::StringRef entry);

  /// Milliseconds from the parsed module to machine code.
  double getCompileMs() const { return compileMs; }

  /// For each result of the entry, the argument that holds it; arguments beyond
  /// the entry's own come after them, with these types.
  llvm::ArrayRef<int64_t> getResultHolders(llvm::StringRef entry) const;
  llvm::ArrayRef<mlir::RankedTensorType>
  getExtraArguments(llvm::StringRef entry) const;

  llvm::Error run(llvm::StringRef entry, llvm::ArrayRef<JitArgument> arguments);

private:
  struct Entry {
    llvm::SmallVector<int64_t> holders;
    llvm::SmallVector<mlir::RankedTensorType> extra;
  };
  std::unique_ptr<Jit> jit;
  llvm::StringMap<Entry> entries;
  double compileMs = 0;
};

/// Runs `module` pass by pass, those of `first` before the pipeline's, on
/// `arguments` and compares what it computes with
/// `wanted`, wherever the module can be executed: by the reference interpreter
/// above vectors, as machine code below. Prints a line for each pass, and
/// fails at the first that changed the result beyond `tolerance`.
mlir::LogicalResult
checkEachPass(mlir::ModuleOp module,
              llvm::function_ref<void(mlir::OpPassManager &)> first,
              llvm::StringRef entry, const CpuTarget &target,
              llvm::StringRef targetText,
              llvm::ArrayRef<reference::Array> arguments,
              llvm::ArrayRef<reference::Array> wanted, double tolerance);

} // namespace fovea

#endif // FOVEA_TOOLS_FOVEA_RUN_PROGRAM_H
