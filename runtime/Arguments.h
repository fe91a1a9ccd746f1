//===- Arguments.h - Arguments of compiled functions ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_ARGUMENTS_H
#define FOVEA_RUNTIME_ARGUMENTS_H

#include "fovea-runtime/Runtime.h"

namespace fovea::runtime {

/// Checks arguments against a signature of a version of the ABI and unpacks
/// them to `storage`; false after an error, which is reported. 1: the signature
/// of fovea_bind_arguments, 2: of fovea_entry_t.
bool bindArguments(const char *name, const int64_t *signature, int64_t abi,
                   const fovea_tensor_t *const *arguments, int64_t count,
                   int64_t *storage);

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_ARGUMENTS_H
