//===- fovea-reduce.cpp - Makes IR smaller that shows a bug ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ToolSetup.h"
#include "fovea/InitAllDialects.h"
#include "fovea/InitAllPasses.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

static llvm::cl::extrahelp
    help("\nMakes a file smaller while a script finds the bug in it. The script "
         "gets a\nfile's name and exits with 1 if the bug is there.\n\n"
         "  fovea-reduce f.mlir "
         "--reduction-tree=\"traversal-mode=0 test=./interesting.sh\"\n");

int main(int argc, char **argv) {
  fovea::setUpTool("fovea-reduce");
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  fovea::registerAllDialects(registry);
  fovea::registerAllPasses();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
