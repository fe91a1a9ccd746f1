//===- MergeKernel.h - Merges to kernels on tiles --------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_MERGEKERNEL_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_MERGEKERNEL_H

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

namespace fovea {

/// Makes the kernel of a merge on memrefs before `before`, and its launch
/// before the op. A work item has a tile of rows of the longest dimension but
/// the last.
tile::KernelOp emitMergeKernel(attn::MergeOp op,
                               tile::ScheduleAttrInterface schedule,
                               mlir::Operation *before, llvm::StringRef name);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_MERGEKERNEL_H
