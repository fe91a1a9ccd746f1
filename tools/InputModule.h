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
#include "mlir/IR/SymbolTable.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"

namespace fovea {

/// A module read from one or more files, with the context it lives in.
/// Diagnostics about it show their place in the source.
class InputModule {
public:
  InputModule() : context(makeRegistry()) {
    context.printOpOnDiagnostic(false); // The handler shows the source.
  }

  /// Reads `path` ("-" is the standard input) and adds what is in there to what
  /// was read before. What is wrong with the file is put into `message`; what
  /// is wrong with the text is printed, and leaves it empty.
  bool read(llvm::StringRef path, std::string &message) {
    auto file = mlir::openInputFile(path, &message);
    if (!file)
      return false;
    handler.reset(); // It refers to the sources of the file before.
    sources = std::make_shared<llvm::SourceMgr>();
    sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
    handler =
        std::make_unique<mlir::SourceMgrDiagnosticHandler>(*sources, &context);
    auto more = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
    if (!more)
      return false;
    if (module)
      return append(*more, path, message);
    module = std::move(more);
    return true;
  }

  mlir::ModuleOp get() { return *module; }

private:
  /// Moves the ops of another module into this one; private symbols get other
  /// names where need be.
  bool append(mlir::ModuleOp more, llvm::StringRef path, std::string &message) {
    mlir::SymbolTable ours(*module), theirs(more);
    for (mlir::Operation &op : llvm::make_early_inc_range(more.getOps())) {
      auto symbol = mlir::dyn_cast<mlir::SymbolOpInterface>(op);
      auto known = symbol
                       ? ours.lookup<mlir::SymbolOpInterface>(symbol.getName())
                       : nullptr;
      if (!known)
        continue;
      // A declaration says what is elsewhere.
      if (symbol.isDeclaration()) {
        theirs.erase(symbol);
        continue;
      }
      if (known.isDeclaration()) {
        ours.erase(known);
        continue;
      }
      if (symbol.isPublic() && known.isPublic()) {
        message = (path + ": @" + symbol.getName() +
                   " is also in another file; rename one of them")
                      .str();
        return false;
      }
      bool isRenamed = symbol.isPublic()
                           ? succeeded(ours.renameToUnique(known, {&theirs}))
                           : succeeded(theirs.renameToUnique(symbol, {&ours}));
      if (!isRenamed) {
        message = (path + ": @" + symbol.getName() +
                   " is also in another file and cannot be renamed")
                      .str();
        return false;
      }
    }
    module->getBody()->getOperations().splice(module->getBody()->end(),
                                              more.getBody()->getOperations());
    return true;
  }

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
  std::unique_ptr<mlir::SourceMgrDiagnosticHandler> handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace fovea

#endif // FOVEA_TOOLS_INPUTMODULE_H
