//===- Passes.td - Passes on tile programs for Hopper ------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES
#define FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def PipeMaskRagged : Pass<"pipe-mask-ragged", "::mlir::ModuleOp"> {
  let summary = "Masks what lies beyond the end of ragged tiles";
  let description = [{
    A tile loaded across the end of a view is defined only inside it, and
    `tile.reduce` and the contraction of `tile.dot` run over the defined part.
    Hopper code computes on whole tiles whose outside is filled with zeros by the
    copy engine. This pass follows the ends of views through each kernel with a
    `#pipe.schedule` and replaces, in the last tile only, the elements outside by
    what does not change the fold: -inf for a maximum, 0 for a sum and for an
    operand of a product that is not loaded. It leaves out masks whose effect
    follows from an earlier one: `exp2` of a masked score is 0. Where the tile is
    one of a walk, full ranges of the walk are made to end before the ragged tile,
    and the mask stands in partial ranges only.

    It assumes that a row's value that is subtracted from a score is not -inf
    (the online softmax subtracts 0 there). `pipe-specialize` relies on it.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
  let statistics = [
    Statistic<"numMasks", "masks", "Number of masks inserted">
  ];
}

def PipeAssignLayouts : Pass<"pipe-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "Gives each tile of a kernel a Hopper layout";
  let description = [{
    In kernels with a `#pipe.schedule`: loaded operands of products lie in shared
    memory (`#pipe.smem`), accumulators and what is computed on them in
    `#pipe.acc`, computed first operands in `#pipe.a_reg`, tiles of one axis in
    a `#pipe.slice`. A tile that would need two layouts is an error; conversions
    are not inserted yet.
  }];
  let dependentDialects = ["::fovea::pipe::PipeDialect"];
}

def PipeStageDiagonals : Pass<"pipe-stage-diagonals", "::mlir::ModuleOp"> {
  let summary = "Computes what depends on row - column only once a diagonal";
  let description = [{
    In kernels with a `#pipe.schedule`, for maps of two axes in a loop over keys:
    an expression of the body that reads a table, divides, or takes a function that
    costs more than a few instructions, and depends on the coordinates by their
    difference only (a relative-position table, a bucketed distance), has as many
    different values in an R x C tile as it has diagonals, R + C - 1 instead of
    R C. They become a tile of one axis of their own, laid out over the lanes of
    a warp (`#pipe.lanes`), which `pipe-specialize` makes in the `load` role; the
    map takes a tile whose elements `tile.extract` reads from there, ahead of the
    product whose scores they join.

    One expression of each map is staged, if a ring of strips fits into shared
    memory beside the others, and takes no second block from the multiprocessor.
    Needs layouts (`pipe-assign-layouts`).
  }];
  let dependentDialects = ["::fovea::pipe::PipeDialect"];
  let statistics = [
    Statistic<"numStrips", "strips", "Number of expressions staged">
  ];
}

def PipeSpecialize : Pass<"pipe-specialize", "::mlir::ModuleOp"> {
  let summary = "Divides a kernel into a loading and a computing role";
  let description = [{
    Loads become rings that a `load` role fills and a `math` role reads, with as
    many slots as the schedule has stages; outside loops one, or two in a
    persistent kernel, which loads the next item's tile while this one is busy.
    Each slot is taken just before its first use and released after the last
    product that reads it.
    `tile.dot` becomes `pipe.dot` and `pipe.await`; `tile.store` goes through a
    buffer; one of one axis, or of other elements than 16 bits, stays. With `reuse_queries` it goes through the slot
    of a tile that is loaded beside it, if there is one with as much room; that tile
    then has one slot, which is released after the store. A loaded tile that a product contracts along
    rows, of a view with a limit that the copy engine does not see, is cleared from
    there on (`pipe.clear`). A tile in `#pipe.lanes` is computed by the `load` role and handed over
    through a ring, too. Scalars stay before the roles. Nothing overlaps yet but copies with
    the rest: that is `pipe-pipeline`'s task.

    Needs layouts (`pipe-assign-layouts`). Loads under `scf.if` are refused.
  }];
  let dependentDialects = ["::fovea::pipe::PipeDialect"];
  let statistics = [
    Statistic<"numRings", "rings", "Number of rings made">
  ];
}

def PipeSkipTiles : Pass<"pipe-skip-tiles", "::mlir::ModuleOp"> {
  let summary = "Lets each group skip the key tiles that none of its rows sees";
  let description = [{
    A walk visits the key tiles that a row of the query tile sees. A group has 64
    of its rows, which may see fewer: behind a causal mask the first group of three
    needs no tile beyond its own diagonal, and rows behind the last query need
    none. In kernels whose schedule says `skip = true`, a loop over a walk of ranges
    in a `math` role becomes three: one that gives back, unread, the tiles before
    the first that the group sees, the loop itself, and one for the tiles after the
    last. What a group sees of the walk's first and last range is evaluated ahead of
    the loops, from the mask (as `tile-refine-walk` does for all rows) and from
    the views that results are stored to. A group computes one tile at least, so that
    its state is that of other walks. Several masks have to follow one another: a tile
    is skipped that one of them hides.

    The ranges of the walk are put in the order of `pipe-split-walk`. Runs after
    `pipe-specialize` and before `pipe-pipeline`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numLoops", "loops", "Number of loops with tiles to skip">
  ];
}

def PipePipeline : Pass<"pipe-pipeline", "::mlir::ModuleOp"> {
  let summary = "Overlaps the products of one step with the softmax of the next";
  let description = [{
    In a loop of a `math` role where one product's first operand is computed from
    another product (p from s), the second is put into a later stage:

    | order | stage | what |
    |---|---|---|
    | 0 | 0 | read the strips that s starts from, take keys, start s of the next step |
    | 1 | 1 | take values, start the product with p of this step |
    | 2 | 0 | read other strips, await s, release keys, softmax |
    | 3 | 1 | await the product, release values |
    | 4 | 0 | what continues from it: rescale the accumulator |

    The loop is then rewritten by `scf::pipelineForLoop` under a guard for an
    empty walk, unless its bounds show that it runs. Loops of other forms and kernels whose schedule says `overlap =
    false` are left alone.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
  let statistics = [
    Statistic<"numPipelined", "pipelined", "Number of loops pipelined">
  ];
}

def PipeTakeTurns : Pass<"pipe-take-turns", "::mlir::ModuleOp"> {
  let summary = "Lets the groups of a role start products in turns";
  let description = [{
    In kernels whose schedule says `turns = true`, the products that a step of a
    loop starts before it awaits the first of them are started in the group's
    turn, if there are two or more: while one group keeps the tensor cores busy,
    the others compute exponents (ping-pong scheduling of FlashAttention-3). A
    pipelined loop has two, so the pass runs after `pipe-pipeline`. A step in which a
    group gives tiles back unread, beside such a loop, is a turn of its own.
  }];
  let dependentDialects = ["::fovea::pipe::PipeDialect"];
  let statistics = [
    Statistic<"numLoops", "loops", "Number of loops that take turns">
  ];
}

def PipeSplitWalk : Pass<"pipe-split-walk", "::mlir::ModuleOp"> {
  let summary = "Makes one loop for full and one for partial ranges of a walk";
  let description = [{
    In `math` roles, a loop that asks `tile.walk.at` for the tile at its own
    position, or some positions ahead of it as a pipelined loop does, becomes two
    loops, one after the other, for the full and for the partial ranges of the
    walk, with the flag `partial` a constant. The ranges of the walk are put in
    that order, for all roles: those of the first one's kind come first. A walk that
    stands in a loop keeps its order; then ranges of one kind that follow one another
    are one loop. State and cursors pass from loop to loop: the pipeline is not
    drained in between. Canonicalization then removes the masks from full ranges.
    Needs constants folded (`canonicalize` after `pipe-pipeline`).
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
  let statistics = [
    Statistic<"numLoops", "loops", "Number of loops made">
  ];
}

def PipeVerify : Pass<"pipe-verify", "::mlir::ModuleOp"> {
  let summary = "Checks the rules of pipe programs that types do not express";
  let description = [{
    1. A slot and a pending product are consumed exactly once on each path, a
       cursor at most once.
    2. Each product that reads a slot is awaited before the slot's release, and
       before a result is stored through the slot; threads read it before, too.
    3. The accumulator of a product in flight has no other use.
    4. No tile in registers crosses from one role to another, and nothing folds
       axis 0, which the groups divide between them.
    5. Both ends of a ring advance equally often.
    6. Registers, shared memory and named barriers fit into a multiprocessor.
    7. The groups of a role take equally many turns: two groups at least, and how
       many turns there are does not depend on the group's number. (As in rule 5, a
       loop's trips are the difference of its bounds; one that starts above its end
       is found by `pipe-simulate`.)

    Changes nothing; to run after any pass on `pipe` programs.
  }];
}

def PipeSimulate : Pass<"pipe-simulate", "::mlir::ModuleOp"> {
  let summary = "Runs kernels on the CPU in random interleavings of their roles";
  let description = [{
    For each kernel with roles: every group of every role is run on scalars, for
    some work items of one block, and its steps are interleaved at random, with
    barriers that work as those that `pipe-to-nvvm` sets up and a copy engine that
    ends copies in any order. An error says where

    - no role can go on any more (a deadlock),
    - a slot is used before its tile has arrived, or after another has,
    - a slot is overwritten while a group holds it,
    - a slot is given away, or overwritten by a result, while a product in flight
      reads it.

    Dynamic dimensions have each of `extents`; a number in memory is drawn from 0
    to a little beyond the extent, the same one for all who read it. Changes
    nothing. It shows errors, not their absence: `pipe-verify` shows the latter for
    its rules.
  }];
  let options = [
    ListOption<"extents", "extents", "int64_t",
               "Values of dynamic dimensions (default: 1, 130, 700)">,
    Option<"items", "items", "int64_t", "3", "Number of work items">,
    Option<"interleavings", "interleavings", "uint64_t", "16",
           "Number of interleavings">,
    Option<"seed", "seed", "uint64_t", "0", "Seed of the first interleaving">
  ];
  let statistics = [
    Statistic<"numSteps", "steps", "Number of steps of all groups">
  ];
}

#endif // FOVEA_DIALECT_PIPE_TRANSFORMS_PASSES
