//===- InputModule.h - The module that a tool is given ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_INPUTMODULE_H
#define FOVEA_TOOLS_INPUTMODULE_H

#include "fovea/Execution/Jit.h"
#include "fovea/InitAllDialects.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"

namespace fovea {

/// A module read from a file, with the context it lives in. Diagnostics about
/// it show their place in the source.
class InputModule {
public:
  InputModule() : context(makeRegistry()), sources(new llvm::SourceMgr) {
    context.printOpOnDiagnostic(false); // The handler shows the source.
  }

  /// Reads `path` ("-" is the standard input). What is wrong with the file is
  /// put into `message`; what is wrong with the text is printed, and leaves it
  /// empty.
  bool read(llvm::StringRef path, std::string &message) {
    auto file = mlir::openInputFile(path, &message);
    if (!file)
      return false;
    sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
    handler.emplace(*sources, &context);
    module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
    return bool(module);
  }

  mlir::ModuleOp get() { return *module; }

private:
  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    mlir::registerAllDialects(registry);
    mlir::registerAllExtensions(registry);
    fovea::registerAllDialects(registry);
    registerJitTranslations(registry);
    return registry;
  }

  mlir::MLIRContext context;
  std::shared_ptr<llvm::SourceMgr> sources;
  std::optional<mlir::SourceMgrDiagnosticHandler> handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace fovea

#endif // FOVEA_TOOLS_INPUTMODULE_H
