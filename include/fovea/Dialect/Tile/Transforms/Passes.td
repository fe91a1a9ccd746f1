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
    tiles that are the second operand of products, keys and values, stay in
    memory (`#tile.in_memory`); all others have axis 0, the query rows, in lanes
    (`#tile.lanes<axis = 0, width = lanes>`). With rows in lanes, keys and values
    are read as scalars that are broadcast, and no reduction over keys crosses
    lanes. Where the schedule has `storage_types`, tiles of bf16 are packed
    (`pack = 2`): their products run on pairs of bf16.

    Few query rows would leave lanes empty. With `lane_axis = 1` tiles have axis
    1 in lanes, keys or channels, and tiles of one axis are scalars
    (`#tile.lanes<axis = 0, width = 1>`). Keys and values are then read as
    vectors; a score is a sum across lanes.
  }];
}

def TileRefineWalk : Pass<"tile-refine-walk", "::fovea::tile::KernelOp"> {
  let summary = "Leave empty tiles out of walks, and tell full from partial ones";
  let description = [{
    A key loop runs over a walk, or over some of its positions, and its mask stands
    under `scf.if %partial`.
    This pass cuts each partial range of the walk into the tiles that are surely
    full, which run without the mask, and the partial ones around them; tiles
    that are surely empty are left out.

    The mask's map becomes a formula of inequalities, and the analysis of masks
    (`fovea/Analysis`, see `-attn-analyze-mask`) gives the intervals of keys where
    it may be true and where it may be false for the rows of a work item. Their
    ends are computed ahead of the loop, for sizes, coordinates and captured
    values as they are: nothing depends on the number of keys. The formula covers
    sums, products with constants, divisions and remainders by constants, minima,
    maxima, absolute values and selections of coordinates and of what is the same
    for the whole work item; comparisons of these; and conditions that are the
    same for it, joined in any way.

    Integers of 64 bits wrap, in the mask as elsewhere: a captured one that is
    added to a coordinate is compared with 2^40 when the kernel runs, and beyond
    it the tiles of the range are partial. Everything else is kept as "may be true
    or false"; so is what is computed inside of the loop
    (-loop-invariant-code-motion moves it out). A tile counts as empty or full
    only if that is proved, so the result never depends on this pass.
  }];
  let statistics = [
    Statistic<"numRefined", "refined", "Number of walks refined">,
    Statistic<"numUnbounded", "unbounded-masks",
              "Number of masks of which nothing was proved">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TileSplitWalk : Pass<"tile-split-walk", "::fovea::tile::KernelOp"> {
  let summary = "Make a loop of its own for each range of a walk";
  let description = [{
    A key loop over a walk of n ranges becomes n loops over key tiles, in which
    `%partial` is a constant; -canonicalize then takes the mask in or leaves it
    out. Of a loop over a part of the positions each range has its part. A loop
    that uses its position other than for one `tile.walk.at` in its
    body stays as it is. Targets that overlap the steps of a key loop split it
    after that, if at all.
  }];
  let statistics = [
    Statistic<"numLoops", "loops", "Number of loops over key tiles made">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // FOVEA_DIALECT_TILE_TRANSFORMS_PASSES
