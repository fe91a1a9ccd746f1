//===- KeyLoop.cpp - Loops over walks of key tiles ------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Tile/Transforms/KeyLoop.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea::tile;

static std::optional<KeyLoop> matchKeyLoop(scf::ForOp loop) {
  if (!matchPattern(loop.getStep(), m_One()))
    return std::nullopt;
  WalkAtOp at;
  for (Operation *user : loop.getInductionVar().getUsers()) {
    if (isa<WalkEntryOp>(user) && user->getBlock() == loop.getBody())
      continue;
    auto candidate = dyn_cast<WalkAtOp>(user);
    if (!candidate || at)
      return std::nullopt;
    at = candidate;
  }
  Operation *walk = at ? at.getWalk().getDefiningOp() : nullptr;
  if (!walk || at->getBlock() != loop.getBody())
    return std::nullopt;
  return KeyLoop{loop, walk, at};
}

bool KeyLoop::isWhole() {
  auto size = loop.getUpperBound().getDefiningOp<WalkSizeOp>();
  return size && size.getWalk() == at.getWalk() &&
         matchPattern(loop.getLowerBound(), m_Zero());
}

SmallVector<KeyLoop> fovea::tile::findKeyLoops(KernelOp kernel) {
  SmallVector<KeyLoop> loops;
  kernel.walk([&](scf::ForOp loop) {
    if (std::optional<KeyLoop> key = matchKeyLoop(loop))
      loops.push_back(*key);
  });
  return loops;
}
