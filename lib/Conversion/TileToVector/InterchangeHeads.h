//===- InterchangeHeads.h - Heads inside of key loops ----------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_TILETOVECTOR_INTERCHANGEHEADS_H
#define FOVEA_LIB_CONVERSION_TILETOVECTOR_INTERCHANGEHEADS_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace fovea {

/// Makes, of a loop over up to `numHeads` heads that holds loops over keys,
/// loops over keys that hold loops over heads, as long as heads have the same
/// key loops; what a key loop carries is in memory of each head then. A head's
/// scratch memory begins at `scratchStart`, the product of its number and a
/// constant, which becomes `headBytes`. Returns the bytes of `scratch` that all
/// heads need.
///
/// Work that the key loops use and that is cheap is done again in each of the
/// loops that come about: what has no effects, and loads of elements of the
/// function's arguments. (Where the result is written over the queries, a work
/// item's own, they have been copied to scratch memory.)
int64_t interchangeHeads(mlir::scf::ForOp heads,
                         llvm::ArrayRef<mlir::scf::ForOp> keyLoops,
                         int64_t numHeads, mlir::Value scratchStart,
                         mlir::Value scratch, int64_t headBytes);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_TILETOVECTOR_INTERCHANGEHEADS_H
