//===- TileRegisters.h - Asks Linux for AMX --------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_TILEREGISTERS_H
#define FOVEA_RUNTIME_TILEREGISTERS_H

#include <sys/syscall.h>
#include <unistd.h>

namespace fovea::runtime {

/// Whether this process may use the tile registers of AMX. Linux keeps them
/// only for processes that have asked, and for their threads; without that the
/// first instruction on tiles would end the process. It refuses where a thread
/// has a stack for signals that is too small for them.
inline bool requestTileRegisters() {
#if defined(__x86_64__) && defined(SYS_arch_prctl)
  constexpr long requestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
  constexpr long tileData = 18;              // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_TILEREGISTERS_H
