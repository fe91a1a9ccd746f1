//===- fovea-opt.cpp - Runs passes on IR ----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ToolSetup.h"
#include "fovea/InitAllDialects.h"
#include "fovea/InitAllPasses.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

int main(int argc, char **argv) {
  fovea::setUpTool("fovea-opt");
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  fovea::registerAllDialects(registry);
  fovea::registerAllPasses();
  auto [inputFile, outputFile] = mlir::registerAndParseCLIOptions(
      argc, argv,
      "Runs passes on MLIR files with Fovea's dialects.\n\n"
      "  fovea-opt examples/causal.mlir --fovea-attn-stage "
      "--fovea-tile-stage\n\n"
      "docs/Passes.md describes Fovea's passes and pipelines; the others are "
      "MLIR's.\n",
      registry);
  auto config = mlir::MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(
        mlir::MlirOptMain(argc, argv, inputFile, outputFile, registry));

  llvm::InitLLVM init(argc, argv);
  std::string message;
  auto input = mlir::openInputFile(inputFile, &message);
  if (!input)
    return fovea::fail("fovea-opt", message);
  auto output = mlir::openOutputFile(outputFile, &message);
  if (!output)
    return fovea::fail("fovea-opt", message);
  if (mlir::failed(
          mlir::MlirOptMain(output->os(), std::move(input), registry, config)))
    return 1;
  // Only a file that was written whole stays.
  if (!fovea::finish("fovea-opt", output->os(), outputFile))
    return 1;
  output->keep();
  return 0;
}
