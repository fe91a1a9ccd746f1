//===- InitAllPasses.h - Registration of all passes ------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_INITALLPASSES_H
#define FOVEA_INITALLPASSES_H

namespace fovea {

/// Registers Fovea's passes and pipelines with MLIR's command line.
void registerAllPasses();

} // namespace fovea

#endif // FOVEA_INITALLPASSES_H
