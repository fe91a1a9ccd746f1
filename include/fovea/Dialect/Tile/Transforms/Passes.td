//===- Passes.td - Passes on the tile dialect --------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_TRANSFORMS_PASSES
#define FOVEA_DIALECT_TILE_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def TileAssignLayouts : Pass<"tile-assign-layouts", "::fovea::tile::KernelOp"> {
  let summary = "Say where the elements of tiles live (CPU)";
  let description = [{
    Gives each tile of a kernel with a `#tile.cpu_schedule` a layout: loaded
    tiles stay in memory (`#tile.in_memory`); all others have axis 0, the query
    rows, in lanes (`#tile.lanes<axis = 0, width = lanes>`). With rows in lanes,
    keys and values are read in their natural order as scalars that are
    broadcast, and no reduction over keys crosses lanes.
  }];
}

def TileSplitWalk : Pass<"tile-split-walk", "::fovea::tile::KernelOp"> {
  let summary = "Split key loops into ranges of full and partial tiles";
  let description = [{
    A key loop runs over a walk, and its mask stands under `scf.if %partial`.
    This pass replaces it by a loop for each range of tiles that is surely full,
    without the mask, and for the ranges around it, with the mask; tiles that
    are surely empty are not visited.

    The ranges come from the mask's map: comparisons of `a * j + b * i + c`,
    with constants a and b and any c that is the same for the whole work item,
    joined by and, or, and not of comparisons, are bounded over the tile.
    Everything else is kept as "may be true or false"; so is what is computed
    inside of the loop (-loop-invariant-code-motion moves it out). A tile counts as empty or
    full only if that is proved, so the result never depends on this pass.

    Leaves no walk in the kernel. Walks over ranges whose partial flags are
    known become plain loops.
  }];
  let statistics = [
    Statistic<"numLoops", "loops", "Number of loops over key tiles made">,
    Statistic<"numUnbounded", "unbounded-masks",
              "Number of masks of which nothing was proved">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // FOVEA_DIALECT_TILE_TRANSFORMS_PASSES
