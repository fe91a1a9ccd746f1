//===- Schedules.h - Schedules for attention ops ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_ATTN_TRANSFORMS_SCHEDULES_H
#define FOVEA_DIALECT_ATTN_TRANSFORMS_SCHEDULES_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace fovea::attn {

/// The schedules for an op on a Hopper GPU, best first, as
/// -attn-select-schedule describes them; none if there is none. A later one
/// takes the place of one whose kernel spills.
llvm::SmallVector<pipe::ScheduleAttr> getCudaSchedules(AttentionOp op);

/// The sizes for which an op on a Hopper GPU has a better schedule than for all
/// that it can have.
llvm::SmallVector<SizesAttr> getCudaSizes(AttentionOp op);

/// The attribute that -attn-offer-schedules reads: an array of schedules.
constexpr llvm::StringLiteral offeredSchedules = "attn.schedules";

/// Gives all attention ops of a module the schedule that `text` says, in the
/// place of their own, too.
llvm::Error setSchedules(mlir::ModuleOp module, llvm::StringRef text);

} // namespace fovea::attn

#endif // FOVEA_DIALECT_ATTN_TRANSFORMS_SCHEDULES_H
