//===- Passes.h - Passes on tile programs for Hopper ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES_H
#define FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES_H

#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace fovea::pipe {

#define GEN_PASS_DECL
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"

/// The kernel's schedule if it is one for Hopper, null otherwise.
inline ScheduleAttr getSchedule(tile::KernelOp kernel) {
  return mlir::dyn_cast_or_null<ScheduleAttr>(kernel.getScheduleAttr());
}

} // namespace fovea::pipe

#endif // FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES_H
