//===- InputModule.h - The module that a tool is given ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_INPUTMODULE_H
#define FOVEA_TOOLS_INPUTMODULE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace fovea {

/// A module read from one or more files, with the context it lives in.
/// Diagnostics about it show their place in the source.
class InputModule {
public:
  InputModule();
  ~InputModule();

  /// Reads `path` ("-" is the standard input) and adds what is in there to what
  /// was read before. What is wrong with the file is put into `message`; what
  /// is wrong with the text is printed, and leaves it empty.
  bool read(llvm::StringRef path, std::string &message);

  mlir::ModuleOp get() { return *module; }

private:
  /// Moves the ops of another module into this one; private symbols get other
  /// names where need be.
  bool append(mlir::ModuleOp more, llvm::StringRef path, std::string &message);

  mlir::MLIRContext context;
  std::shared_ptr<llvm::SourceMgr> sources;
  std::unique_ptr<mlir::SourceMgrDiagnosticHandler> handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace fovea

#endif // FOVEA_TOOLS_INPUTMODULE_H
