//===- KeyLoop.cpp - Loops over walks of key tiles ------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyLoop.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea::tile;

static std::optional<KeyLoop> matchKeyLoop(scf::ForOp loop) {
  auto size = loop.getUpperBound().getDefiningOp<WalkSizeOp>();
  if (!size || !matchPattern(loop.getLowerBound(), m_Zero()) ||
      !matchPattern(loop.getStep(), m_One()))
    return std::nullopt;
  Operation *walk = size.getWalk().getDefiningOp();
  WalkAtOp at;
  for (Operation *user : loop.getInductionVar().getUsers()) {
    auto candidate = dyn_cast<WalkAtOp>(user);
    if (!candidate || at)
      return std::nullopt;
    at = candidate;
  }
  if (!walk || !at || at.getWalk() != size.getWalk() ||
      at->getBlock() != loop.getBody())
    return std::nullopt;
  return KeyLoop{loop, walk, size, at};
}

SmallVector<KeyLoop> fovea::tile::findKeyLoops(KernelOp kernel) {
  SmallVector<KeyLoop> loops;
  kernel.walk([&](scf::ForOp loop) {
    if (std::optional<KeyLoop> key = matchKeyLoop(loop))
      loops.push_back(*key);
  });
  return loops;
}
