//===- IndexOps.h - index ops as arith ops ---------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_ATTNTOTILE_INDEXOPS_H
#define FOVEA_LIB_CONVERSION_ATTNTOTILE_INDEXOPS_H

#include "fovea/Dialect/Tile/IR/Tile.h"

namespace fovea {

/// Replaces the index dialect's ops in a kernel by the arith ops that they
/// stand for, so that what comes after knows one dialect of integers.
void replaceIndexOps(tile::KernelOp kernel);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_ATTNTOTILE_INDEXOPS_H
