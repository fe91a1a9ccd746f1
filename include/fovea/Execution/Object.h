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

/// A module of the C ABI in the llvm dialect, and what it was lowered for.
struct CompiledModule {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  CpuTarget target;
};

/// A form of machine code.
enum class CodeForm { LLVM, Assembly, Object };

/// Translates modules, which were lowered from the same one, optimizes each for
/// its target and writes them as one: each function of `entries` has the code
/// of all, of which the runtime takes the first that the CPU can run. Only
/// these functions and their entries are visible outside. A note says that the
/// object is Fovea's (runtime/ObjectFile.h).
llvm::Error emitObject(llvm::ArrayRef<CompiledModule> versions,
                       llvm::ArrayRef<std::string> entries, CodeForm form,
                       llvm::raw_pwrite_stream &os);

/// The bytes of a shared object: an object file linked with libfovea_runtime by
/// LLVM's linker, with a checksum; the error says what is missing. `program` is
/// this program's argv[0]; the runtime is looked for in ../lib beside it.
llvm::Expected<std::string> linkSharedObject(llvm::StringRef object,
                                             const char *program);

} // namespace fovea

#endif // FOVEA_EXECUTION_OBJECT_H
