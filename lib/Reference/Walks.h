//===- Walks.h - Ops that make walks ---------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_REFERENCE_WALKS_H
#define FOVEA_LIB_REFERENCE_WALKS_H

#include "Machine.h"

#include "fovea/Dialect/Attn/IR/Attn.h"

namespace fovea::reference {

/// Runs an attn.walk op; refuses any other.
mlir::LogicalResult runWalk(Machine &machine, mlir::Operation *op);

} // namespace fovea::reference

#endif // FOVEA_LIB_REFERENCE_WALKS_H
