//===- RuntimeCalls.h - Calls of the runtime --------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_HOST_RUNTIMECALLS_H
#define FOVEA_LIB_CONVERSION_HOST_RUNTIMECALLS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace fovea {

/// A function of the runtime.
mlir::LLVM::LLVMFuncOp getRuntime(mlir::ModuleOp module, llvm::StringRef name,
                                  mlir::Type result,
                                  llvm::ArrayRef<mlir::Type> arguments);

/// The address of a constant text.
mlir::Value createText(mlir::ImplicitLocOpBuilder &b, mlir::ModuleOp module,
                       const llvm::Twine &name, llvm::StringRef text);

/// DLPack's code of an element type, or nothing.
std::optional<int64_t> getTypeCode(mlir::Type type);

/// Bits of an element in memory.
int64_t getTypeBits(mlir::Type type);

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_HOST_RUNTIMECALLS_H
