//===- TileOps.td - Operations of the tile dialect ---------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILEOPS
#define FOVEA_DIALECT_TILE_IR_TILEOPS

include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "fovea/Dialect/Tile/IR/TileAttrs.td"
include "fovea/Dialect/Tile/IR/TileTypes.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [IsolatedFromAbove, Symbol,
    SingleBlockImplicitTerminator<"ReturnOp">,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "A program that is run once for each point of a grid";
  let description = [{
    The block's arguments are the parameters, then the coordinates of the work
    item in the grid (index). Parameters are memrefs and scalars. Work items may
    run in any order and at the same time.

    Example:

    ```mlir
    tile.kernel @copy(%a: memref<?x64xf32>, %b: memref<?x64xf32>) grid(%x) {
      %c16 = arith.constant 16 : index
      %c0 = arith.constant 0 : index
      %r = arith.muli %x, %c16 : index
      %v = tile.view %a dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
      %w = tile.view %b dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
      %t = tile.load %v[%r, %c0] : !tile.view<?x64xf32> -> !tile.tile<16x64xf32>
      tile.store %t, %w[%r, %c0] : !tile.tile<16x64xf32>, !tile.view<?x64xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$grid_rank,
                       OptionalAttr<AnyAttr>:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [
    /// With a block that has no ops yet.
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::TypeRange":$parameters,
                   "int64_t":$gridRank, "::mlir::Attribute":$schedule)>
  ];
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    /// The parameters, without the coordinates of the work item.
    ::mlir::Block::BlockArgListType getParameters() {
      return getBlock().getArguments().drop_back(getGridRank());
    }
    /// The coordinates of the work item.
    ::mlir::Block::BlockArgListType getGridArguments() {
      return getBlock().getArguments().take_back(getGridRank());
    }
  }];
}

def Tile_ReturnOp : Tile_Op<"return", [Pure, Terminator,
                                       HasParent<"KernelOp">]> {
  let summary = "End of a kernel";
  let description = [{
    Implied at the end of a kernel's body; printed only in generic form.

    Example:

    ```mlir
    tile.kernel @nothing() grid(%x) {
      tile.return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_LaunchOp : Tile_Op<"launch",
    [AttrSizedOperandSegments,
     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel for each point of a grid";
  let description = [{
    Runs `@kernel` for all coordinates below `grid` and returns when all work
    items are done. A grid with an extent of 0 runs nothing. `scratch_bytes` is
    the private memory that a work item needs, `workspace_bytes` the memory of all
    of them together, of which the first `cleared_bytes` are zero at first;
    lowerings set these.

    Example: `tile.launch @copy grid(%n) args(%a, %b : memref<?x64xf32>, memref<?x64xf32>)`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Index>:$grid,
                       Variadic<AnyType>:$arguments,
                       OptionalAttr<I64Attr>:$scratch_bytes,
                       OptionalAttr<I64Attr>:$workspace_bytes,
                       OptionalAttr<I64Attr>:$cleared_bytes);
  let assemblyFormat = [{
    $kernel `grid` `(` $grid `)` `args` `(` ($arguments^ `:` type($arguments))?
    `)` attr-dict
  }];
}

def Tile_ProcessorsOp : Tile_Op<"processors", [Pure]> {
  let summary = "Number of work items that fill the machine";
  let description = [{
    The multiprocessors of the GPU that a launch will run on. For code that makes
    a launch, not for kernels.

    Example: `%n = tile.processors`.
  }];
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

def Tile_ChooseOp : Tile_Op<"choose"> {
  let summary = "Which of several ways to launch kernels runs best here";
  let description = [{
    For an `scf.index_switch`, whose regions do the same by different kernels: the
    default region (0), or the case (1, 2, ...), whose kernels keep all they hold in
    registers; of several the first, and of none the one that spills least. Known
    when the kernels are loaded. For code that makes launches, not for kernels;
    `-attn-offer-schedules` makes such switches.

    Example: `%n = tile.choose`.
  }];
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Tile_ViewOp : Tile_Op<"view", [Pure, AttrSizedOperandSegments]> {
  let summary = "A window of one or two dimensions of a memref";
  let description = [{
    Dimensions `dims` of the memref become the axes of the view, in that order;
    the others are fixed at `indices`, in the order of the memref. Row 0 of the
    view is row `from` of dimension `dims[0]`; without `from`, row 0. `limit`, if
    given, is an upper bound for the extent of axis 0: rows from it on do not
    exist (it may exceed what the memref has behind `from`; a negative one counts
    as 0).

    With `pages`, axis 0 runs through a page table: row `r` is in slot
    `r mod page_size` of dimension `dims[0]`, which has `page_size` of them, of
    page `table[..., r div page_size]` of dimension `page_dim`. The last
    dimension of the table counts the pages of the view, the others are fixed at
    the indices given. Each page that holds a row of the view is one of the
    memref; other entries of the table are not read.

    With `boxes`, axis 0 runs over a grid: `dims` names the grid's dimensions,
    the last one running fastest, before that of axis 1, and `boxes` gives an
    extent for each. The grid is cut into boxes, which follow one another as the
    grid runs, and so do the elements inside of each: with boxes of P elements,
    row `r` is element `r mod P` of box `r div P`. The grid's extents are static,
    and there are P rows for each box that starts on the grid. What is loaded from
    outside of the grid is zero, or an element of the view; nothing is stored there.

    `every`, of the views of loads, says how far apart boxes start along each of the
    grid's dimensions; without it they lie side by side. With `every [1, 1]` there
    is a box at every element of a grid of two dimensions, and elements are in
    several of them.

    Example: rows and channels of one head, `%n` keys of them:

    ```mlir
    %v = tile.view %k dims [2, 3] at [%b, %h] limit %n
        : memref<2x8x?x64xf32> -> !tile.view<?x64xf32>
    ```

    The same keys in a pool of pages of 16:

    ```mlir
    %v = tile.view %pool dims [2, 3] at [%h] limit %n
        pages 16 along 0 of %table[%b] : memref<?x8x16x64xf32>,
        memref<2x?xi32> -> !tile.view<?x64xf32>
    ```

    Rows `[%first, %last)` of packed sequences, with `%n = %last - %first`:

    ```mlir
    %v = tile.view %k dims [1, 2] at [%h] from %first limit %n
        : memref<8x?x64xf32> -> !tile.view<?x64xf32>
    ```

    Tokens of an image of 64 lines, in boxes of 8 lines by 16 tokens:

    ```mlir
    %v = tile.view %k dims [1, 2, 3] at [%h] boxes [8, 16]
        : memref<8x64x128x64xbf16> -> !tile.view<8192x64xbf16>
    ```

    The same in boxes of 4 lines by 16 tokens that start anywhere:

    ```mlir
    %v = tile.view %k dims [1, 2, 3] at [%h] boxes [4, 16] every [1, 1]
        : memref<8x64x128x64xbf16> -> !tile.view<524288x64xbf16>
    ```
  }];
  let arguments = (ins AnyMemRef:$source, Variadic<Index>:$indices,
                       Optional<Index>:$from, Optional<Index>:$limit,
                       Optional<AnyMemRef>:$table,
                       Variadic<Index>:$table_indices,
                       DenseI64ArrayAttr:$dims, OptionalAttr<I64Attr>:$page_size,
                       OptionalAttr<I64Attr>:$page_dim,
                       OptionalAttr<DenseI64ArrayAttr>:$boxes,
                       OptionalAttr<DenseI64ArrayAttr>:$steps);
  let results = (outs Tile_ViewType:$result);
  let assemblyFormat = [{
    $source `dims` $dims `at` `[` $indices `]` (`from` $from^)?
    (`limit` $limit^)? (`boxes` $boxes^)? (`every` $steps^)?
    (`pages` $page_size^ `along` $page_dim `of` $table `[` $table_indices `]`)?
    attr-dict `:` type($source) (`,` type($table)^)? `->` type($result)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$source,
                   "::mlir::ValueRange":$indices, "::mlir::Value":$limit,
                   "::llvm::ArrayRef<int64_t>":$dims), [{
      build($_builder, $_state, result, source, indices, /*from=*/{}, limit,
            /*table=*/{}, /*table_indices=*/{}, dims, /*page_size=*/{},
            /*page_dim=*/{}, /*boxes=*/{}, /*steps=*/{});
    }]>
  ];
  let extraClassDeclaration = [{
    /// The dimensions of axis 0: one, or those of a grid.
    ::llvm::ArrayRef<int64_t> getRowDims() {
      return getDims().take_front(getBoxes() ? getBoxes()->size() : 1);
    }
    /// How far apart the boxes of a view with boxes start.
    ::llvm::ArrayRef<int64_t> getBoxSteps() {
      return getSteps() ? *getSteps() : *getBoxes();
    }
    /// The number of boxes along dimension `n` of the grid.
    int64_t getNumBoxes(unsigned n);
    /// The number of elements of a box.
    int64_t getBoxSize();
    /// The dimension of axis 1, of a view that has one.
    int64_t getColumnDim() { return getDims().back(); }
  }];
  let hasVerifier = 1;
}

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "Loads a tile, clipped at the view's extents";
  let description = [{
    Loads the tile whose first element is at `offsets`. Elements beyond the view
    are not read and not defined (see the dialect's note on ragged tiles).
    Offsets are not negative.

    Example: `%t = tile.load %v[%i, %c0] : !tile.view<?x64xf32> -> !tile.tile<16x64xf32>`.
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets);
  let results = (outs Tile_TileType:$result);
  let assemblyFormat = [{
    $view `[` $offsets `]` attr-dict `:` type($view) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "Stores a tile, clipped at the view's extents";
  let description = [{
    Writes the defined elements of the tile that lie inside the view.

    Example: `tile.store %t, %v[%i, %c0] : !tile.tile<16x64xf32>, !tile.view<?x64xf32>`.
  }];
  let arguments = (ins Tile_TileType:$value, Tile_ViewType:$view,
                       Variadic<Index>:$offsets);
  let assemblyFormat = [{
    $value `,` $view `[` $offsets `]` attr-dict `:` type($value) `,` type($view)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Computation
//===----------------------------------------------------------------------===//

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "A tile of one value";
  let description = [{
    The value has the tile's element type. All elements are defined.

    Example: `%z = tile.splat %zero : f32 -> !tile.tile<64x128xf32>`.
  }];
  let arguments = (ins AnyType:$value);
  let results = (outs Tile_TileType:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_DotOp : Tile_Op<"dot", [Pure, TypesMatchWith<
    "the result has the accumulator's type", "acc", "result", "$_self">]> {
  let summary = "Adds a product of two tiles to an accumulator";
  let description = [{
    `indexing_maps` are the maps of a, b and acc from (m, n, k); each is a
    projected permutation of two of them. The products are formed and added in
    the accumulator's element type, in any order; the operands' types may be
    narrower and differ. A splat of zero as accumulator costs nothing.

    Example: scores of queries `[m, k]` and keys `[n, k]`:

    ```mlir
    %s = tile.dot %q, %k, %zero {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (m, n)>]}
      : !tile.tile<64x64xf32>, !tile.tile<128x64xf32>, !tile.tile<64x128xf32>
    ```
  }];
  let arguments = (ins Tile_TileType:$a, Tile_TileType:$b, Tile_TileType:$acc,
                       AffineMapArrayAttr:$indexing_maps);
  let results = (outs Tile_TileType:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc attr-dict `:` type($a) `,` type($b) `,` type($acc)
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$a, "::mlir::Value":$b, "::mlir::Value":$acc,
                   CArg<"bool", "false">:$transposeB), [{
      auto *context = $_builder.getContext();
      auto m = $_builder.getAffineDimExpr(0), n = $_builder.getAffineDimExpr(1),
           k = $_builder.getAffineDimExpr(2);
      auto mapB = transposeB
          ? ::mlir::AffineMap::get(3, 0, {n, k}, context)
          : ::mlir::AffineMap::get(3, 0, {k, n}, context);
      build($_builder, $_state, acc.getType(), a, b, acc,
            $_builder.getAffineMapArrayAttr({
                ::mlir::AffineMap::get(3, 0, {m, k}, context), mapB,
                ::mlir::AffineMap::get(3, 0, {m, n}, context)}));
    }]>
  ];
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_Op<"map", [RecursiveMemoryEffects,
    RecursivelySpeculatable, AttrSizedOperandSegments,
    SingleBlock]> {
  let summary = "Computes each element of a tile from elements of others";
  let description = [{
    The body's arguments are one scalar for each input, then the coordinates of
    the element: its position in the tile plus `origin` (zero if not given), one
    index for each axis of the result. An input is read by its map in
    `indexing_maps`, from the axes of the result to its own: the identity for an
    element, `(i, j) -> (i)` for a row, `(i, j) -> (j)` for a column.

    The body may use scalars and memrefs of the kernel, and by `tile.extract`
    tiles of one axis. It holds `arith`, `math` and `index` ops on scalars,
    `tile.gather` and `tile.extract`.

    Example: a causal mask on the score tile at (%i0, %j0):

    ```mlir
    %m = tile.map ins(%s : !tile.tile<64x128xf32>)
        maps [affine_map<(i, j) -> (i, j)>] origin(%i0, %j0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %c = arith.cmpi sle, %j, %i : index
      %r = arith.select %c, %x, %minf : f32
      tile.yield %r : f32
    } -> !tile.tile<64x128xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_TileType>:$inputs,
                       Variadic<Index>:$origin,
                       AffineMapArrayAttr:$indexing_maps);
  let results = (outs Tile_TileType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `ins` `(` ($inputs^ `:` type($inputs))? `)` `maps` $indexing_maps
    (`origin` `(` $origin^ `)`)? attr-dict-with-keyword $body
    `->` type($result)
  }];
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$inputs,
        "::llvm::ArrayRef<::mlir::AffineMap>":$maps,
        "::mlir::ValueRange":$origin,
        "::llvm::function_ref<::mlir::Value(::mlir::OpBuilder &, ::mlir::Location, ::mlir::ValueRange)>":$body)>
  ];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    /// The body's arguments that are elements of inputs.
    ::mlir::Block::BlockArgListType getElements() {
      return getBlock().getArguments().take_front(getInputs().size());
    }
    /// The body's arguments that are coordinates.
    ::mlir::Block::BlockArgListType getCoordinates() {
      return getBlock().getArguments().drop_front(getInputs().size());
    }
    /// The scalar that the body yields.
    ::mlir::Value getYielded();
  }];
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ReturnLike,
                                     HasParent<"MapOp">]> {
  let summary = "The element that a map computes";
  let description = [{
    Example: every element times 2:

    ```mlir
    %y = tile.map ins(%x : !tile.tile<64xf32>) maps [affine_map<(i) -> (i)>] {
    ^bb0(%e: f32, %i: index):
      %two = arith.constant 2.0 : f32
      %f = arith.mulf %e, %two : f32
      tile.yield %f : f32
    } -> !tile.tile<64xf32>
    ```
  }];
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_GatherOp : Tile_Op<"gather", [MemoryEffects<[MemRead]>,
    TypesMatchWith<"the result is an element of the table", "table", "result",
        "::llvm::cast<::mlir::MemRefType>($_self).getElementType()">]> {
  let summary = "Reads an element of a captured table, with safe indices";
  let description = [{
    Reads `table[indices]`. An index in `[-n, 0)` counts from the end, as in
    NumPy; any other index outside `[0, n)` is clamped to the nearest element,
    so that no read leaves the table. Lowerings classify the index expressions:
    the same for all elements of a vector, consecutive, or neither.

    Example: `%t = tile.gather %table[%h, %x] : memref<8x4096xf32>`.
  }];
  let arguments = (ins AnyMemRef:$table, Variadic<Index>:$indices);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$table `[` $indices `]` attr-dict `:` type($table)";
  let hasVerifier = 1;
}

def Tile_ExtractOp : Tile_Op<"extract", [Pure,
    TypesMatchWith<"the result is an element of the tile", "tile", "result",
        "::llvm::cast<::fovea::tile::TileType>($_self).getElementType()">]> {
  let summary = "Element of a tile of one axis";
  let description = [{
    Element `index` of a tile, which is from 0 up to the tile's size: an element
    elsewhere than at the map's own coordinates.

    Example: the element for the difference of row and column, of a strip that
    has one for each:

    ```mlir
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      %d = arith.subi %i, %j : index
      %n = arith.addi %d, %c127 : index
      %x = tile.extract %strip[%n] : !tile.tile<256xf32>
      tile.yield %x : f32
    } -> !tile.tile<128x128xf32>
    ```
  }];
  let arguments = (ins Tile_TileType:$tile, Index:$index);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$tile `[` $index `]` attr-dict `:` type($tile)";
  let hasVerifier = 1;
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "Folds one axis of a tile";
  let description = [{
    `add`: the sum. `max`: the largest element; NaN is passed over (a row of
    NaN gives -inf). Only defined elements take part; none gives 0 or -inf.

    Example: `%m = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>`.
  }];
  let arguments = (ins Tile_ReduceKindAttr:$kind, Tile_TileType:$input,
                       I64Attr:$axis);
  let results = (outs Tile_TileType:$result);
  let assemblyFormat = [{
    $kind $input `axis` $axis attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Work items together
//===----------------------------------------------------------------------===//

def Tile_CombineOp : Tile_Op<"combine", [
    TypesMatchWith<"the mean's sum has its type", "sum", "result_sum", "$_self">,
    TypesMatchWith<"maxima have their type", "top", "result_top", "$_self">,
    TypesMatchWith<"weights have the type of maxima", "top", "weight", "$_self">,
    TypesMatchWith<"weights have the type of maxima", "top", "result_weight",
                   "$_self">]> {
  let summary = "Hands the states of work items to the last of them";
  let description = [{
    `count` work items that follow each other in the grid's last coordinate, this
    one being number `part` of them, each hold the state of a softmax over a part
    of the keys: for each row, the sum of weights times values, the maximum of the
    scores and the sum of weights. In the one that gets here last, `last` is true
    and the results are the state over all parts,

        m = max_n m_n,  l = sum_n exp2(unit (m_n - m)) l_n,  o likewise,

    folded from part 0 on, so that the order of arrival changes no bit. In the
    others `last` is false and the results are not defined. A part whose maximum
    is -inf adds nothing. All work items of a kernel get here once or none does.
    Rows from `rows` on are not defined in the results.

    Lowerings hand the states over through memory of the launch, for as many work
    items as the kernel's schedule divides keys to (`split_to`), and use none
    where `count` is 1.

    Example:

    ```mlir
    %sum, %top, %weight, %last = tile.combine %o, %m, %l part %p of %n rows %r
        unit 1.0 : !tile.tile<64x128xf32>, !tile.tile<64xf32>
    ```
  }];
  let arguments = (ins Tile_TileType:$sum, Tile_TileType:$top,
                       Tile_TileType:$weight, Index:$part, Index:$count,
                       Index:$rows, F64Attr:$unit);
  let results = (outs Tile_TileType:$result_sum, Tile_TileType:$result_top,
                      Tile_TileType:$result_weight, I1:$last);
  let assemblyFormat = [{
    $sum `,` $top `,` $weight `part` $part `of` $count `rows` $rows
    `unit` $unit attr-dict `:` type($sum) `,` type($top)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

def Tile_WalkRangesOp : Tile_Op<"walk.ranges", [Pure, SameVariadicOperandSize]> {
  let summary = "A walk over a few ranges of key tiles";
  let description = [{
    Visits the tiles `[lower, upper)` of each range in turn; a range whose upper
    bound is not above its lower bound is empty. `partial[n]` says whether the
    mask has to be evaluated in the tiles of range n.

    Example: two full tiles' range, then the diagonal:
    `%w = tile.walk.ranges (%c0, %a) to (%a, %b) {partial = array<i1: false, true>}`.
  }];
  let arguments = (ins Variadic<Index>:$lower, Variadic<Index>:$upper,
                       DenseBoolArrayAttr:$partial);
  let results = (outs Tile_WalkType:$result);
  let assemblyFormat = "`(` $lower `)` `to` `(` $upper `)` attr-dict";
  let hasVerifier = 1;
}

def Tile_WalkListOp : Tile_Op<"walk.list", [Pure]> {
  let summary = "A walk over key tiles that a list names";
  let description = [{
    Visits, for each of the `count` entries of `tiles` from `first` on, the
    `split` tiles that the entry stands for: entry n stands for tiles
    `split * n` to `split * n + split - 1`. Entries are below `limit`; any other number
    counts as `limit`. The mask has to be evaluated in the tiles of the first
    `partials` entries. Nothing writes the list while the kernel runs, and its
    entries from `first` to `first + count` exist.

    Example: blocks of 128 keys, of which a tile holds 64:
    `%w = tile.walk.list %tiles[%first] count %n partials %p limit %blocks split 2 : memref<?xi32>`.
  }];
  let arguments = (ins MemRefRankOf<[I32], [1]>:$tiles, Index:$first,
                       Index:$count, Index:$partials, Index:$limit,
                       ConfinedAttr<I64Attr, [IntPositive]>:$split);
  let results = (outs Tile_WalkType:$result);
  let assemblyFormat = [{
    $tiles `[` $first `]` `count` $count `partials` $partials `limit` $limit
    `split` $split attr-dict `:` type($tiles)
  }];
  let extraClassDeclaration = [{
    /// The tile at a position, read from the list by ops at the builder's
    /// insertion point.
    ::mlir::Value createTile(::mlir::OpBuilder &builder, ::mlir::Location loc,
                             ::mlir::Value position);
    /// The entry that stands for the tile at a position.
    ::mlir::Value createEntry(::mlir::OpBuilder &builder, ::mlir::Location loc,
                              ::mlir::Value position);
  }];
}

def Tile_WalkSizeOp : Tile_Op<"walk.size", [Pure]> {
  let summary = "Number of tiles of a walk";
  let description = [{
    Empty ranges count as 0.

    Example: `%size = tile.walk.size %w`.
  }];
  let arguments = (ins Tile_WalkType:$walk);
  let results = (outs Index:$result);
  let assemblyFormat = "$walk attr-dict";
}

def Tile_WalkAtOp : Tile_Op<"walk.at", [Pure]> {
  let summary = "A tile of a walk, and whether it is partial";
  let description = [{
    The position is from 0 up to the walk's size.

    Example: `%tile, %partial = tile.walk.at %w[%p]`.
  }];
  let arguments = (ins Tile_WalkType:$walk, Index:$position);
  let results = (outs Index:$tile, I1:$partial);
  let assemblyFormat = "$walk `[` $position `]` attr-dict";
}

def Tile_WalkEntryOp : Tile_Op<"walk.entry", [Pure]> {
  let summary = "The entry of a list that stands for a tile of a walk";
  let description = [{
    The walk is made by `tile.walk.list`, and the position is below its size. In
    a loop over the walk it stands in the loop's own block.

    Example:

    ```mlir
    %w = tile.walk.list %tiles[%first] count %n partials %p limit %blocks split 2
        : memref<?xi32>
    %entry = tile.walk.entry %w[%p]
    ```
  }];
  let arguments = (ins Tile_WalkType:$walk, Index:$position);
  let results = (outs Index:$entry);
  let assemblyFormat = "$walk `[` $position `]` attr-dict";
  let hasVerifier = 1;
}

#endif // FOVEA_DIALECT_TILE_IR_TILEOPS
