//===- Npy.h - NumPy's .npy files ----------------------------- -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_SUPPORT_NPY_H
#define FOVEA_SUPPORT_NPY_H

#include "fovea/Support/ElementKind.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <vector>

namespace fovea {

/// A tensor in memory: its elements one after the other in row-major order, in
/// little-endian byte order.
struct NpyArray {
  ElementKind kind = ElementKind::F32;
  /// Empty for a scalar.
  llvm::SmallVector<int64_t> shape;
  std::vector<char> data;
};

/// Reads a .npy file (format 1.0, 2.0 or 3.0). Arrays in Fortran order are
/// converted to row-major order. If `wanted` is given, a file of another
/// element type is an error.
///
/// NumPy has no bf16. Where a BF16 is wanted, the 2-byte elements which bf16
/// arrays of Python packages are saved as ('|V2' and '<V2') and u16 bit
/// patterns
/// ('<u2') are taken as bf16; elsewhere they are an error.
///
/// An error names the file and, where there is one, the way to save it so that
/// it can be read.
llvm::Expected<NpyArray>
readNpy(llvm::StringRef path, std::optional<ElementKind> wanted = std::nullopt);

/// Writes a .npy file of format 1.0; a BF16 as '|V2'. The file appears complete
/// or not at all: it is written beside `path` under another name and renamed,
/// and an error leaves what was at `path` as it was.
llvm::Error writeNpy(llvm::StringRef path, const NpyArray &array);

} // namespace fovea

#endif // FOVEA_SUPPORT_NPY_H
