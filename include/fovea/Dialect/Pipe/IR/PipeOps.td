//===- PipeOps.td - Operations of the pipe dialect ---------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_PIPE_IR_PIPEOPS
#define FOVEA_DIALECT_PIPE_IR_PIPEOPS

include "mlir/Interfaces/SideEffectInterfaces.td"
include "fovea/Dialect/Pipe/IR/PipeTypes.td"

/// What is in flight: copies, products, barriers. Ops that touch it stay in
/// order and are never merged or hoisted.
def Pipe_Resource : Resource<"::fovea::pipe::PipeResource">;

class Pipe_Op<string mnemonic, list<Trait> traits = []>
    : Op<Pipe_Dialect, mnemonic, traits>;

class Pipe_OrderedOp<string mnemonic, list<Trait> traits = []>
    : Pipe_Op<mnemonic, traits # [MemoryEffects<[MemRead<Pipe_Resource>,
                                                 MemWrite<Pipe_Resource>]>]>;

//===----------------------------------------------------------------------===//
// Roles and shared memory
//===----------------------------------------------------------------------===//

def Pipe_RoleOp : Pipe_OrderedOp<"role", [SingleBlockImplicitTerminator<"EndOp">]> {
  let summary = "The part of a kernel that some warpgroups run";
  let description = [{
    `groups` warpgroups of 128 threads run the body, each thread with at most
    `registers` registers. The roles of a kernel take its warpgroups in order and
    run at the same time. The body's argument is the group's number.

    A role stays though its body is empty: in a persistent kernel the `load` role
    also draws work items.

    A `load` role has one group and is run by one thread: it starts copies. If it
    also computes tiles (`pipe.put`), it is run by one warp, of which one thread
    starts copies. In a `math` role the groups divide axis 0 of every tile in
    registers between them; nothing in it may fold that axis.

    Example:

    ```mlir
    tile.kernel @idle() grid(%x) {
      %keys = pipe.ring readers(2) : !pipe.ring<2 x !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>>
      pipe.role math groups(2) registers(240) {
      ^bb0(%g: index):
        %c = pipe.start %keys : !pipe.ring<2 x !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>>
      }
    }
    ```
  }];
  let arguments = (ins Pipe_RoleKindAttr:$kind, I64Attr:$groups,
                       I64Attr:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind `groups` `(` $groups `)` `registers` `(` $registers `)`
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
  }];
}

def Pipe_EndOp : Pipe_Op<"end", [Pure, Terminator, HasParent<"RoleOp">]> {
  let summary = "End of a role";
  let description = [{
    The operands are the positions reached in the kernel's rings, in the rings'
    order: where a persistent kernel's next work item goes on. A role of a kernel
    that computes one item may leave them out.

    Example:

    ```mlir
    tile.kernel @ends() grid(%x) {
      %keys = pipe.ring readers(1) : <2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
      pipe.role math groups(1) registers(240) {
      ^bb0(%g: index):
        %c = pipe.start %keys : <2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
        pipe.end %c
      }
    }
    ```
  }];
  let arguments = (ins Variadic<Pipe_CursorType>:$cursors);
  let assemblyFormat = "($cursors^)? attr-dict";
  let builders = [OpBuilder<(ins), "/* no positions */">];
}

def Pipe_RingOp : Pipe_Op<"ring", [HasParent<"::fovea::tile::KernelOp">,
    MemoryEffects<[MemAlloc<Pipe_Resource>]>]> {
  let summary = "Makes a ring that `readers` warpgroups read";
  let description = [{
    Takes shared memory for the slots and for two barriers a slot: one that the
    copy engine fills, one that each reader empties.

    Example:

    ```mlir
    tile.kernel @rings() grid(%x) {
      %keys = pipe.ring readers(2) : <2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
    }
    ```
  }];
  let arguments = (ins I64Attr:$readers);
  let results = (outs Pipe_RingType:$ring);
  let assemblyFormat = "`readers` `(` $readers `)` attr-dict `:` type($ring)";
  let hasVerifier = 1;
}

def Pipe_BufferOp : Pipe_Op<"buffer", [HasParent<"::fovea::tile::KernelOp">,
    MemoryEffects<[MemAlloc<Pipe_Resource>]>]> {
  let summary = "Makes a buffer that tiles are stored through";
  let description = [{
    Takes shared memory for a whole tile; each group of a role uses its rows.

    Example:

    ```mlir
    tile.kernel @buffers() grid(%x) {
      %out = pipe.buffer : <<128x64xbf16, #pipe.smem<swizzle = 128>>>
    }
    ```
  }];
  let results = (outs Pipe_BufferType:$buffer);
  let assemblyFormat = "attr-dict `:` type($buffer)";
}

def Pipe_StartOp : Pipe_Op<"start", [Pure]> {
  let summary = "The first position of an end of a ring";
  let description = [{
    In a persistent kernel, where the work item before it ended.

    Example:

    ```mlir
    %c = pipe.start %keys : !pipe.ring<2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
    ```
  }];
  let arguments = (ins Pipe_RingType:$ring);
  let results = (outs Pipe_CursorType:$cursor);
  let assemblyFormat = "$ring attr-dict `:` type($ring)";
}

//===----------------------------------------------------------------------===//
// The filling end
//===----------------------------------------------------------------------===//

def Pipe_AcquireOp : Pipe_OrderedOp<"acquire"> {
  let summary = "Waits until the slot at a position is free";
  let description = [{
    Gives the slot to the `load` role, to be filled, and the position behind it.

    Example:

    ```mlir
    %slot, %next = pipe.acquire %keys[%c]
        : !pipe.ring<2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
        -> !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, write>
    ```
  }];
  let arguments = (ins Pipe_RingType:$ring, Pipe_CursorType:$cursor);
  let results = (outs Pipe_SlotType:$slot, Pipe_CursorType:$next);
  let assemblyFormat = [{
    $ring `[` $cursor `]` attr-dict `:` type($ring) `->` type($slot)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$ring, "::mlir::Value":$cursor)>];
  let hasVerifier = 1;
}

def Pipe_FillOp : Pipe_OrderedOp<"fill"> {
  let summary = "Starts the copy of a tile of a view into a slot";
  let description = [{
    The copy engine marks the slot as full when all of it has arrived. Elements
    outside the memref are filled with zeros, and those from a limit of the view
    on that is the extent of a parameter. What lies beyond any other limit is
    copied as it is in memory: `pipe.clear` sets it to zero.

    With `evict_first`, what is read leaves the L2 cache before other data: it is read
    once, or seldom.

    Example:

    ```mlir
    pipe.fill %slot, %view[%j, %c0]
        : !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, write>, !tile.view<?x64xbf16>
    ```
  }];
  let arguments = (ins Pipe_SlotType:$slot, Tile_ViewType:$view,
                       Variadic<Index>:$offsets, UnitAttr:$evict_first);
  let assemblyFormat = [{
    $slot `,` $view `[` $offsets `]` (`evict_first` $evict_first^)? attr-dict `:` type($slot) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Pipe_PutOp : Pipe_OrderedOp<"put"> {
  let summary = "Writes a computed tile into a slot";
  let description = [{
    The lanes of the `load` role's warp write their elements of a tile in
    `#pipe.lanes`; then the slot is full.

    Example: a strip of a table for the next step:

    ```mlir
    pipe.put %strip, %slot
      : !tile.tile<256xf32, #pipe.lanes>, !pipe.slot<<256xf32, #pipe.smem<swizzle = 0>>, write>
    ```
  }];
  let arguments = (ins Tile_TileType:$tile, Pipe_SlotType:$slot);
  let assemblyFormat = [{
    $tile `,` $slot attr-dict `:` type($tile) `,` type($slot)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// The reading end
//===----------------------------------------------------------------------===//

def Pipe_TakeOp : Pipe_OrderedOp<"take"> {
  let summary = "Waits until the slot at a position is full";
  let description = [{
    Gives the slot to a `math` role, to be read, and the position behind it.

    Example:

    ```mlir
    %slot, %next = pipe.take %keys[%c]
        : !pipe.ring<2 x <128x64xbf16, #pipe.smem<swizzle = 128>>>
        -> !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, read>
    ```
  }];
  let arguments = (ins Pipe_RingType:$ring, Pipe_CursorType:$cursor);
  let results = (outs Pipe_SlotType:$slot, Pipe_CursorType:$next);
  let assemblyFormat = [{
    $ring `[` $cursor `]` attr-dict `:` type($ring) `->` type($slot)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$ring, "::mlir::Value":$cursor)>];
  let hasVerifier = 1;
}

def Pipe_ReadOp : Pipe_Op<"read", [Pure, TypesMatchWith<
    "the result is the slot's tile", "slot", "tile",
    "::llvm::cast<::fovea::pipe::SlotType>($_self).getTile()">]> {
  let summary = "The tile in a slot; the slot is not consumed";
  let description = [{
    The tile is in shared memory until the slot is released: an operand of
    products, or, if it has one axis, of `tile.extract`.

    Example:

    ```mlir
    %k = pipe.read %slot : !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, read>
    ```
  }];
  let arguments = (ins Pipe_SlotType:$slot);
  let results = (outs Tile_TileType:$tile);
  let assemblyFormat = "$slot attr-dict `:` type($slot)";
  let hasVerifier = 1;
}

def Pipe_ClearOp : Pipe_OrderedOp<"clear"> {
  let summary = "Sets the rows of a slot's tile from `first` on to zero";
  let description = [{
    For products that the group starts later. Each group that reads the slot
    clears it for itself; `first` is the same for all of them, and there may be
    no such rows.

    Example:

    ```mlir
    pipe.clear %slot from %n : !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, read>
    ```
  }];
  let arguments = (ins Pipe_SlotType:$slot, Index:$first);
  let assemblyFormat = "$slot `from` $first attr-dict `:` type($slot)";
  let hasVerifier = 1;
}

def Pipe_ReleaseOp : Pipe_OrderedOp<"release"> {
  let summary = "Gives a slot back to be filled again";
  let description = [{
    Products that read the slot have to be awaited before (rule 2 of
    `pipe-verify`). The slot is free when all readers have released it.

    Example:

    ```mlir
    pipe.release %slot : !pipe.slot<<128x64xbf16, #pipe.smem<swizzle = 128>>, read>
    ```
  }];
  let arguments = (ins Pipe_SlotType:$slot);
  let assemblyFormat = "$slot attr-dict `:` type($slot)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Products and results
//===----------------------------------------------------------------------===//

def Pipe_DotOp : Pipe_OrderedOp<"dot"> {
  let summary = "Starts a product";
  let description = [{
    What `tile.dot` computes, given by `pipe.await`. `b` is in shared memory, `a`
    there or in registers (`#pipe.a_reg`), the accumulator in `#pipe.acc`.

    Example:

    ```mlir
    %pending = pipe.dot %q, %k, %zero {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (m, n)>]}
      : !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>,
        !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>,
        !tile.tile<128x128xf32, #pipe.acc<groups = 2>>
      -> !pipe.pending<<128x128xf32, #pipe.acc<groups = 2>>>
    ```
  }];
  let arguments = (ins Tile_TileType:$a, Tile_TileType:$b, Tile_TileType:$acc,
                       AffineMapArrayAttr:$indexing_maps);
  let results = (outs Pipe_PendingType:$pending);
  let assemblyFormat = [{
    $a `,` $b `,` $acc attr-dict `:` type($a) `,` type($b) `,` type($acc)
    `->` type($pending)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$a, "::mlir::Value":$b,
      "::mlir::Value":$acc, "::mlir::ArrayAttr":$indexing_maps)>];
  let hasVerifier = 1;
}

def Pipe_AwaitOp : Pipe_OrderedOp<"await", [TypesMatchWith<
    "the result is the product's tile", "pending", "tile",
    "::llvm::cast<::fovea::pipe::PendingType>($_self).getTile()">]> {
  let summary = "Waits for a product";
  let description = [{
    Products started later may still be in flight: the lowering counts them.

    Example:

    ```mlir
    %s = pipe.await %pending : !pipe.pending<<128x128xf32, #pipe.acc<groups = 2>>>
    ```
  }];
  let arguments = (ins Pipe_PendingType:$pending);
  let results = (outs Tile_TileType:$tile);
  let assemblyFormat = "$pending attr-dict `:` type($pending)";
  let hasVerifier = 1;
}

def Pipe_WaitTurnOp : Pipe_OrderedOp<"wait_turn"> {
  let summary = "Waits until it is this group's turn";
  let description = [{
    The groups of a role take turns in the order of their numbers, beginning with
    group 0: while one starts products, the others compute. Each group takes the
    same number of turns.

    Example:

    ```mlir
    %turn = pipe.wait_turn
    pipe.pass_turn %turn
    ```
  }];
  let results = (outs Pipe_TurnType:$turn);
  let assemblyFormat = "attr-dict";
  let hasVerifier = 1;
}

def Pipe_PassTurnOp : Pipe_OrderedOp<"pass_turn"> {
  let summary = "Gives the turn to the next group";
  let description = [{
    The last group's next one is group 0.

    Example:

    ```mlir
    %turn = pipe.wait_turn
    pipe.pass_turn %turn
    ```
  }];
  let arguments = (ins Pipe_TurnType:$turn);
  let assemblyFormat = "$turn attr-dict";
  let hasVerifier = 1;
}

def Pipe_StoreOp : Pipe_OrderedOp<"store"> {
  let summary = "Stores a tile through a buffer or a slot";
  let description = [{
    Each group writes its rows into its part of the buffer; the copy engine
    writes what lies inside the view. The buffer is free again afterwards.

    A slot that the role has taken serves as well, if it has as many rows and as
    much room, and if the products that read it are awaited (rule 2 of
    `pipe-verify`): each group overwrites the rows that it alone has read. The
    slot's release waits for the copy.

    Example:

    ```mlir
    pipe.store %o, %out, %view[%i, %c0]
      : !tile.tile<128x64xbf16, #pipe.acc<groups = 2>>,
        !pipe.buffer<<128x64xbf16, #pipe.smem<swizzle = 128>>>, !tile.view<?x64xbf16>
    ```
  }];
  let arguments = (ins Tile_TileType:$value,
                       AnyTypeOf<[Pipe_BufferType, Pipe_SlotType]>:$through,
                       Tile_ViewType:$view, Variadic<Index>:$offsets);
  let assemblyFormat = [{
    $value `,` $through `,` $view `[` $offsets `]` attr-dict
    `:` type($value) `,` type($through) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Pipe_CombineOp : Pipe_OrderedOp<"combine", [
    TypesMatchWith<"the sum has its type", "sum", "result_sum", "$_self">,
    TypesMatchWith<"maxima have their type", "top", "result_top", "$_self">,
    TypesMatchWith<"weights have the type of maxima", "top", "weight", "$_self">,
    TypesMatchWith<"weights have the type of maxima", "top", "result_weight",
                   "$_self">]> {
  let summary = "Hands the states of work items to the last of them";
  let description = [{
    What `tile.combine` does, for the rows of each group by itself: `last` may
    differ from group to group. The buffer holds the rows of the folded sum, with
    the maximum and the sum of weights behind each, on their way to the lanes that
    hold them.

    Example:

    ```mlir
    %sum, %top, %weight, %last = pipe.combine %o, %m, %l part %p of %n rows %r
        unit 1.0 through %states
      : !tile.tile<64x64xf32, #pipe.acc<groups = 1>>,
        !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>,
        !pipe.buffer<<64x96xf32, #pipe.smem<swizzle = 128>>>
    ```
  }];
  let arguments = (ins Tile_TileType:$sum, Tile_TileType:$top,
                       Tile_TileType:$weight, Index:$part, Index:$count,
                       Index:$rows, F64Attr:$unit, Pipe_BufferType:$buffer);
  let results = (outs Tile_TileType:$result_sum, Tile_TileType:$result_top,
                      Tile_TileType:$result_weight, I1:$last);
  let assemblyFormat = [{
    $sum `,` $top `,` $weight `part` $part `of` $count `rows` $rows
    `unit` $unit `through` $buffer attr-dict
    `:` type($sum) `,` type($top) `,` type($buffer)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$sum, "::mlir::Value":$top,
      "::mlir::Value":$weight, "::mlir::Value":$part, "::mlir::Value":$count,
      "::mlir::Value":$rows, "::mlir::FloatAttr":$unit,
      "::mlir::Value":$buffer), [{
    build($_builder, $_state, sum.getType(), top.getType(), top.getType(),
          $_builder.getI1Type(), sum, top, weight, part, count, rows, unit,
          buffer);
  }]>];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What the buffer holds for a state of this sum.
    static ::fovea::tile::TileType getBufferTile(::fovea::tile::TileType sum);
  }];
}

#endif // FOVEA_DIALECT_PIPE_IR_PIPEOPS
