//===- AttnInterfaceImpls.h - External models of the attn ops --*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H
#define FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace fovea::attn {

/// AggregatedOpInterface: the decomposition into linalg, which is the meaning.
void registerAggregatedOpInterfaceExternalModels(mlir::DialectRegistry &);
/// BufferizableOpInterface.
void registerBufferizableOpInterfaceExternalModels(mlir::DialectRegistry &);
/// RuntimeVerifiableOpInterface: checks of dynamic sizes.
void registerRuntimeVerifiableOpInterfaceExternalModels(
    mlir::DialectRegistry &);
/// TilingInterface, and PartialReductionOpInterface over the keys.
void registerTilingInterfaceExternalModels(mlir::DialectRegistry &);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_IR_ATTNINTERFACEIMPLS_H
