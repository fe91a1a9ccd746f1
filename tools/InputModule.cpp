//===- InputModule.cpp - The module that a tool is given ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputModule.h"

#include "fovea/Execution/Jit.h"
#include "fovea/InitAllDialects.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace fovea;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  fovea::registerAllDialects(registry);
  registerJitTranslations(registry);
  return registry;
}

InputModule::InputModule() : context(makeRegistry()) {
  context.printOpOnDiagnostic(false); // The handler shows the source.
}

InputModule::~InputModule() = default;

bool InputModule::read(StringRef path, std::string &message) {
  auto file = openInputFile(path, &message);
  if (!file)
    return false;
  handler.reset(); // It refers to the sources of the file before.
  sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  handler = std::make_unique<SourceMgrDiagnosticHandler>(*sources, &context);
  auto more = parseSourceFile<ModuleOp>(sources, &context);
  if (!more)
    return false;
  if (module)
    return append(*more, path, message);
  module = std::move(more);
  return true;
}

bool InputModule::append(ModuleOp more, StringRef path, std::string &message) {
  SymbolTable ours(*module), theirs(more);
  for (Operation &op : llvm::make_early_inc_range(more.getOps())) {
    auto symbol = dyn_cast<SymbolOpInterface>(op);
    auto known =
        symbol ? ours.lookup<SymbolOpInterface>(symbol.getName()) : nullptr;
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
