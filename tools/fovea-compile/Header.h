//===- Header.h - C headers of compiled functions ---------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_FOVEA_COMPILE_HEADER_H
#define FOVEA_TOOLS_FOVEA_COMPILE_HEADER_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace fovea {

/// Writes a header that declares the public functions of `module`, which was
/// bufferized by -attn-bufferize, and describes their arguments. It may be
/// included more than once, and depends on nothing but its arguments.
void writeHeader(mlir::ModuleOp module, llvm::ArrayRef<std::string> targets,
                 llvm::raw_ostream &os);

} // namespace fovea

#endif // FOVEA_TOOLS_FOVEA_COMPILE_HEADER_H
