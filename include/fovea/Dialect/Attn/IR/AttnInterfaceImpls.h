//===- AttnInterfaceImpls.h - External models of the attn ops --*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H

#include "mlir/IR/Builders.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace fovea::attn {

/// AggregatedOpInterface: the decomposition into linalg, which is the meaning.
void registerAggregatedOpInterfaceExternalModels(mlir::DialectRegistry &);
/// BufferizableOpInterface.
void registerBufferizableOpInterfaceExternalModels(mlir::DialectRegistry &);
/// RuntimeVerifiableOpInterface: checks of dynamic sizes, offsets and pages.
void registerRuntimeVerifiableOpInterfaceExternalModels(
    mlir::DialectRegistry &);
/// TilingInterface, and PartialReductionOpInterface over the keys.
void registerTilingInterfaceExternalModels(mlir::DialectRegistry &);

/// Makes the message of an assertion from what is wrong with an op.
using MessageBuilder =
    llvm::function_ref<std::string(mlir::Operation *, llvm::StringRef)>;

/// Emits assertions of what the verifier of an attn op cannot see: dynamic
/// sizes, and with `contents` also row offsets and page tables, which are read.
void createRuntimeChecks(mlir::Operation *op, mlir::OpBuilder &b,
                         mlir::Location loc, MessageBuilder message,
                         bool contents);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H
