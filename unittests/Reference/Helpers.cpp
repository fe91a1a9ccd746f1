//===- Helpers.cpp - Dialects of the tests' programs ----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Helpers.h"

#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

mlir::DialectRegistry fovea::reference::getRegistry() {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<attn::AttnDialect, pipe::PipeDialect, tile::TileDialect>();
  attn::registerAggregatedOpInterfaceExternalModels(registry);
  attn::registerBufferizableOpInterfaceExternalModels(registry);
  return registry;
}
