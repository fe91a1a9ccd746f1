//===- TargetMachine.h - LLVM's code generator for a CPU --------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_EXECUTION_TARGETMACHINE_H
#define FOVEA_EXECUTION_TARGETMACHINE_H

#include "fovea/Target/CpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace fovea {

std::unique_ptr<llvm::TargetMachine>
createTargetMachine(const CpuTarget &target, bool jit);

/// The LLVM IR of a module; an error says what can't be translated, and where.
llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp module, llvm::LLVMContext &context);

/// Runs LLVM's optimizations of kernels, for a machine.
llvm::Error optimize(llvm::Module &module, const CpuTarget &target,
                     llvm::TargetMachine &machine);

} // namespace fovea

#endif // FOVEA_EXECUTION_TARGETMACHINE_H
