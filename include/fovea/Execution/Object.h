//===- Object.h - Machine code in files -------------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_EXECUTION_OBJECT_H
#define FOVEA_EXECUTION_OBJECT_H

#include "fovea/Target/CpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace fovea {

/// Translates a module in the llvm dialect, optimizes it for `target` and writes
/// it as LLVM IR in text (`text`) or as an object file. Only the functions
/// `entries` stay visible outside.
llvm::Error emitObject(mlir::ModuleOp module, const CpuTarget &target,
                       llvm::ArrayRef<std::string> entries, bool text,
                       llvm::raw_pwrite_stream &os);

/// Links an object file with libfovea_runtime to a shared object, by LLVM's
/// linker; the error says what is missing. `program` is this program's
/// argv[0]; the runtime is looked for in ../lib beside it. A file at `output` is
/// replaced only on success.
llvm::Error linkSharedObject(llvm::StringRef object, llvm::StringRef output,
                             const char *program);

} // namespace fovea

#endif // FOVEA_EXECUTION_OBJECT_H
