//===- InitAllDialects.h - Registration of all dialects --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_INITALLDIALECTS_H
#define FOVEA_INITALLDIALECTS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace fovea {

/// Adds Fovea's dialects and their interface implementations to `registry`.
void registerAllDialects(mlir::DialectRegistry &registry);

} // namespace fovea

#endif // FOVEA_INITALLDIALECTS_H
