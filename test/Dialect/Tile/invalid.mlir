// RUN: fovea-opt %s --split-input-file --verify-diagnostics

// Types.

// expected-error @+1 {{a tile has one or two axes, got 3}}
func.func private @f(!tile.tile<2x3x4xf32>)

// -----

// expected-error @+1 {{a tile has one or two axes, got 0}}
func.func private @f(!tile.tile<f32>)

// -----

// expected-error @+1 {{a tile's axes have static, positive extents, got 0}}
func.func private @f(!tile.tile<0x4xf32>)

// -----

// expected-error @+1 {{the elements of a tile are numbers, got 'vector<4xf32>'}}
func.func private @f(!tile.tile<4xvector<4xf32>>)

// -----

// expected-error @+1 {{a view has one or two axes, got 3}}
func.func private @f(!tile.view<?x?x4xf32>)

// -----

// expected-error @+1 {{the elements of a view are numbers, got 'tensor<2xf32>'}}
func.func private @f(!tile.view<?xtensor<2xf32>>)

// -----

// Layouts.

// expected-error @+1 {{axis is 0 or 1, got 2}}
func.func private @f(!tile.tile<16x4xf32, #tile.lanes<axis = 2, width = 4>>)

// -----

// expected-error @+1 {{width is positive, got 0}}
func.func private @f(!tile.tile<16x4xf32, #tile.lanes<axis = 0, width = 0>>)

// -----

// expected-error @+1 {{lanes run along axis 1, but the tile has 1 axes}}
func.func private @f(!tile.tile<16xf32, #tile.lanes<axis = 1, width = 4>>)

// -----

// expected-error @+1 {{axis 1 has 6 elements, no multiple of the 4 lanes}}
func.func private @f(!tile.tile<16x6xf32, #tile.lanes<axis = 1, width = 4>>)

// -----

// expected-error @+1 {{pack is 1 or 2, got 3}}
func.func private @f(!tile.tile<16x6xf32, #tile.lanes<axis = 0, width = 4, pack = 3>>)

// -----

// expected-error @+1 {{pack = 2 needs two axes, with a multiple of 8 elements along axis 1}}
func.func private @f(!tile.tile<4x12xbf16, #tile.lanes<axis = 1, width = 4, pack = 2>>)

// -----

// expected-error @+1 {{pack = 2 needs two axes, with a multiple of 2 elements along axis 1}}
func.func private @f(!tile.tile<16x5xbf16, #tile.lanes<axis = 0, width = 4, pack = 2>>)

// -----

// Schedules.

// expected-error @+1 {{lanes is 4, 8 or 16, got 5}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 10, key_tile = 8, lanes = 5, rows = 4, vectors = 2>} {}

// -----

// expected-error @+1 {{rows and vectors are from 1 to 16, got 17 and 1}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 16, key_tile = 17, lanes = 16, rows = 17, vectors = 1>} {}

// -----

// expected-error @+1 {{a block of 8 rows by 4 vectors needs 37 of 32 vector registers; make it smaller}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 8, vectors = 4>} {}

// -----

// expected-error @+1 {{a block of 4 rows by 4 vectors needs 21 of 16 vector registers; make it smaller}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 32, key_tile = 128, lanes = 8, rows = 4, vectors = 4>} {}

// -----

// expected-error @+1 {{query_tile is a multiple of lanes (16) up to 256, got 40}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 40, key_tile = 128, lanes = 16, rows = 4, vectors = 4>} {}

// -----

// expected-error @+1 {{query_tile is a multiple of lanes (16) up to 256, got 512}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 512, key_tile = 128, lanes = 16, rows = 4, vectors = 4>} {}

// -----

// expected-error @+1 {{query_tile holds 3 vectors, no multiple of vectors (2)}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 48, key_tile = 128, lanes = 16, rows = 4, vectors = 2>} {}

// -----

// expected-error @+1 {{key_tile is a multiple of rows (4), got 126}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 126, lanes = 16, rows = 4, vectors = 4>} {}

// -----

// expected-error @+1 {{key_tile is from 1 to 1024, got 2048}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 2048, lanes = 16, rows = 4, vectors = 4>} {}

// -----

// expected-error @+1 {{tail_tile is a multiple of lanes (16) below query_tile (64) of less than 4 vectors or a multiple of them, got 24}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, tail_tile = 24>} {}

// -----

// expected-error @+1 {{tail_tile needs split_to = 1, got 8}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, split_to = 8, tail_tile = 16>} {}

// -----

// expected-error @+1 {{storage_types needs 16 lanes, got 8}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 8, rows = 4, vectors = 2, storage_types = true>} {}

// -----

// expected-error @+1 {{storage_types needs an even key_tile, got 15}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 15, lanes = 16, rows = 3, vectors = 4, storage_types = true>} {}

// -----

// expected-error @+1 {{amx needs storage_types = true}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, amx = true>} {}

// -----

// expected-error @+1 {{amx needs lane_axis = 0, got 1}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 1, key_tile = 64, lanes = 16, rows = 1, vectors = 4, storage_types = true, lane_axis = 1, amx = true>} {}

// -----

// expected-error @+1 {{lane_axis is 0 (query rows in lanes) or 1 (keys and channels), got 2}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 16, key_tile = 128, lanes = 16, rows = 4, vectors = 1, lane_axis = 2>} {}

// -----

// expected-error @+1 {{with lane_axis = 1, query_tile is from 1 to 16, got 17}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 17, key_tile = 128, lanes = 16, rows = 4, vectors = 4, lane_axis = 1>} {}

// -----

// expected-error @+1 {{with lane_axis = 1, key_tile is a multiple of lanes (16), got 120}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 4, key_tile = 120, lanes = 16, rows = 4, vectors = 4, lane_axis = 1>} {}

// -----

// expected-error @+1 {{with lane_axis = 1, vectors is a power of two, got 3}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 4, key_tile = 128, lanes = 16, rows = 4, vectors = 3, lane_axis = 1>} {}

// -----

// expected-error @+1 {{with lane_axis = 1, tail_tile is 0, got 1}}
module attributes {t.s = #tile.cpu_schedule<query_tile = 4, key_tile = 128, lanes = 16, rows = 4, vectors = 4, tail_tile = 1, lane_axis = 1>} {}

// -----

// Kernels and launches.

// expected-error @+1 {{grid_rank is 0, but the body has 1 arguments}}
tile.kernel @f(%a: memref<4xf32>) grid() {}

// -----

// expected-error @+1 {{grid_rank is 3, but the body has 1 arguments}}
"tile.kernel"() <{sym_name = "f", grid_rank = 3 : i64}> ({
^bb0(%x: index):
  tile.return
}) : () -> ()

// -----

// expected-error @+1 {{coordinates of work items are index, got 'i64'}}
"tile.kernel"() <{sym_name = "f", grid_rank = 1 : i64}> ({
^bb0(%x: i64):
  tile.return
}) : () -> ()

// -----

// expected-error @+1 {{parameters are memrefs and scalars, got 'tensor<4xf32>'}}
tile.kernel @f(%a: tensor<4xf32>) grid(%x) {}

// -----

func.func @f(%n: index) {
  // expected-error @+1 {{there is no kernel named @absent}}
  tile.launch @absent grid(%n) args()
  return
}

// -----

tile.kernel @k() grid(%x, %y) {}
func.func @f(%n: index) {
  // expected-error @+1 {{gives a grid of rank 1 to a kernel of rank 2}}
  tile.launch @k grid(%n) args()
  return
}

// -----

tile.kernel @k(%a: memref<4xf32>) grid(%x) {}
func.func @f(%n: index, %a: memref<8xf32>) {
  // expected-error @+1 {{the arguments' types are not those of the kernel @k}}
  tile.launch @k grid(%n) args(%a : memref<8xf32>)
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{expects parent op 'tile.kernel'}}
  "tile.return"() : () -> ()
}

// -----

// A kernel sees nothing of what is around it.
%n = arith.constant 1 : index
// expected-note @+1 {{required by region isolation constraints}}
tile.kernel @k() grid(%x) {
  // expected-error @+1 {{using value defined outside the region}}
  %a = arith.addi %x, %n : index
}

// -----

// Views.

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{a view has one or two axes, got 3}}
  %v = tile.view %m dims [0, 1, 2] at [] : memref<2x8x4xf32> -> !tile.view<8x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{dims name each a dimension of the 3-dimensional memref once, got 1}}
  %v = tile.view %m dims [1, 1] at [%i] : memref<2x8x4xf32> -> !tile.view<8x8xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{dims name each a dimension of the 3-dimensional memref once, got 3}}
  %v = tile.view %m dims [1, 3] at [%i] : memref<2x8x4xf32> -> !tile.view<8x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>) {
  // expected-error @+1 {{a memref of rank 3 viewed along 2 dimensions needs 1 indices, got 0}}
  %v = tile.view %m dims [1, 2] at [] : memref<2x8x4xf32> -> !tile.view<8x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{the view '!tile.view<8x4xf16>' is not of the memref}}
  %v = tile.view %m dims [1, 2] at [%i] : memref<2x8x4xf32> -> !tile.view<8x4xf16>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{the view '!tile.view<8xf32>' is not of the memref}}
  %v = tile.view %m dims [1, 2] at [%i] : memref<2x8x4xf32> -> !tile.view<8xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{axis 0 has 4 elements, the memref's 8}}
  %v = tile.view %m dims [1, 2] at [%i] : memref<2x8x4xf32> -> !tile.view<4x8xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{has rows from an offset or in pages, so that axis 0 is dynamic, got 8}}
  %v = tile.view %m dims [1, 2] at [%i] from %i : memref<2x8x4xf32> -> !tile.view<8x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{pages have a size, a dimension and a table}}
  %v = "tile.view"(%m) <{dims = array<i64: 1, 2>, page_size = 8, page_dim = 0,
      operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 0>}> : (memref<2x8x4xf32>) -> !tile.view<?x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %t: memref<?xi32>) {
  // expected-error @+1 {{pages have 16 rows, but dimension 1 of the memref is 'memref<2x8x4xf32>'}}
  %v = tile.view %m dims [1, 2] at [] pages 16 along 0 of %t[] : memref<2x8x4xf32>, memref<?xi32> -> !tile.view<?x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %t: memref<?xi32>) {
  // expected-error @+1 {{pages are along dimension 2, which is none of the others of 'memref<2x8x4xf32>'}}
  %v = tile.view %m dims [1, 2] at [] pages 8 along 2 of %t[] : memref<2x8x4xf32>, memref<?xi32> -> !tile.view<?x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %t: memref<?xf32>) {
  // expected-error @+1 {{the table has elements of type 'f32', expected i32, i64 or index}}
  %v = tile.view %m dims [1, 2] at [] pages 8 along 0 of %t[] : memref<2x8x4xf32>, memref<?xf32> -> !tile.view<?x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %t: memref<2x?xi32>) {
  // expected-error @+1 {{a table of rank 2 needs 1 indices, got 0}}
  %v = tile.view %m dims [1, 2] at [] pages 8 along 0 of %t[] : memref<2x8x4xf32>, memref<2x?xi32> -> !tile.view<?x4xf32>
  return
}

// -----

// Loads and stores.

func.func @f(%v: !tile.view<?x64xf32>, %i: index) {
  // expected-error @+1 {{the tile '!tile.tile<16x64xf16>' is not one of the view '!tile.view<?x64xf32>'}}
  %t = tile.load %v[%i, %i] : !tile.view<?x64xf32> -> !tile.tile<16x64xf16>
  return
}

// -----

func.func @f(%v: !tile.view<?x64xf32>, %i: index) {
  // expected-error @+1 {{needs one offset for each axis, got 1}}
  %t = tile.load %v[%i] : !tile.view<?x64xf32> -> !tile.tile<16x64xf32>
  return
}

// -----

func.func @f(%v: !tile.view<?x64xf32>, %t: !tile.tile<64xf32>, %i: index) {
  // expected-error @+1 {{the tile '!tile.tile<64xf32>' is not one of the view '!tile.view<?x64xf32>'}}
  tile.store %t, %v[%i] : !tile.tile<64xf32>, !tile.view<?x64xf32>
  return
}

// -----

// Splats.

func.func @f(%x: f64) {
  // expected-error @+1 {{the value 'f64' is no element of '!tile.tile<64xf32>'}}
  %t = tile.splat %x : f64 -> !tile.tile<64xf32>
  return
}

// -----

// Products.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @f(%a: !tile.tile<16x32xf32>, %b: !tile.tile<8x64xf32>, %c: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{axis 1 of '!tile.tile<8x64xf32>' should have 32 elements}}
  %t = tile.dot %a, %b, %c {indexing_maps = [#mk, #nk, #mn]} : !tile.tile<16x32xf32>, !tile.tile<8x64xf32>, !tile.tile<16x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @f(%a: !tile.tile<16x32xf32>, %b: !tile.tile<16x32xf32>, %c: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{indexing map 1 is no permutation of two of (m, n, k) that fits}}
  %t = tile.dot %a, %b, %c {indexing_maps = [#mk, #mk, #mn]} : !tile.tile<16x32xf32>, !tile.tile<16x32xf32>, !tile.tile<16x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
func.func @f(%a: !tile.tile<16x32xf32>, %b: !tile.tile<8x32xf32>, %c: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{has three indexing maps, of a, b and acc; got 2}}
  %t = tile.dot %a, %b, %c {indexing_maps = [#mk, #nk]} : !tile.tile<16x32xf32>, !tile.tile<8x32xf32>, !tile.tile<16x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @f(%a: !tile.tile<32xf32>, %b: !tile.tile<8x32xf32>, %c: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{operands have two axes, got '!tile.tile<32xf32>'}}
  %t = tile.dot %a, %b, %c {indexing_maps = [#mk, #nk, #mn]} : !tile.tile<32xf32>, !tile.tile<8x32xf32>, !tile.tile<16x8xf32>
  return
}

// -----

// Maps.

func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{needs one indexing map for each of its 1 inputs, got 0}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [] {
  ^bb0(%x: f32, %i: index):
    tile.yield %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

#same = affine_map<(i, j) -> (i, j)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{the map affine_map<(d0, d1) -> (d0, d1)> does not read '!tile.tile<16xf32>' for '!tile.tile<16x8xf32>'}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#same] {
  ^bb0(%x: f32, %i: index, %j: index):
    tile.yield %x : f32
  } -> !tile.tile<16x8xf32>
  return
}

// -----

#column = affine_map<(i, j) -> (j)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{axis 0 of '!tile.tile<16xf32>' should have 8 elements}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#column] {
  ^bb0(%x: f32, %i: index, %j: index):
    tile.yield %x : f32
  } -> !tile.tile<16x8xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @f(%a: !tile.tile<16xf32>, %n: index) {
  // expected-error @+1 {{origin gives one index for each axis, got 2}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#id] origin(%n, %n) {
  ^bb0(%x: f32, %i: index):
    tile.yield %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{the body has an argument for each input and each axis, got 1}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#id] {
  ^bb0(%x: f32):
    tile.yield %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{the body's argument 0 is no element of '!tile.tile<16xf32>'}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#id] {
  ^bb0(%x: f64, %i: index):
    tile.yield %x : f64
  } -> !tile.tile<16xf64>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{coordinates are index, got 'i32'}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#id] {
  ^bb0(%x: f32, %i: i32):
    tile.yield %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

#id = affine_map<(i) -> (i)>
func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{the body yields 'index', no element of '!tile.tile<16xf32>'}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index):
    tile.yield %i : index
  } -> !tile.tile<16xf32>
  return
}

// -----

func.func @f(%table: memref<4x4xf32>, %i: index) {
  // expected-error @+1 {{a table of rank 2 needs 2 indices, got 1}}
  %x = tile.gather %table[%i] : memref<4x4xf32>
  return
}

// -----

func.func @f(%a: !tile.tile<16xf32>, %i: index) {
  // expected-error @+1 {{stands in the body of a tile.map}}
  %x = tile.extract %a[%i] : !tile.tile<16xf32>
  return
}

// -----

func.func @f(%a: !tile.tile<16x16xf32>) {
  %t = tile.map ins() maps [] {
  ^bb0(%i: index):
    // expected-error @+1 {{takes a tile of one axis, got '!tile.tile<16x16xf32>'}}
    %x = tile.extract %a[%i] : !tile.tile<16x16xf32>
    tile.yield %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

// Reductions.

func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{folds a tile of two axes into one of one axis}}
  %t = tile.reduce max %a axis 0 : !tile.tile<16xf32> -> !tile.tile<16xf32>
  return
}

// -----

func.func @f(%a: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{axis is 0 or 1, got 2}}
  %t = tile.reduce max %a axis 2 : !tile.tile<16x8xf32> -> !tile.tile<16xf32>
  return
}

// -----

func.func @f(%a: !tile.tile<16x8xf32>) {
  // expected-error @+1 {{folding axis 0 of '!tile.tile<16x8xf32>' does not give '!tile.tile<16xf32>'}}
  %t = tile.reduce max %a axis 0 : !tile.tile<16x8xf32> -> !tile.tile<16xf32>
  return
}

// -----

func.func @f(%a: !tile.tile<16x8xi32>) {
  // expected-error @+1 {{folds floating-point tiles, got 'i32'}}
  %t = tile.reduce add %a axis 1 : !tile.tile<16x8xi32> -> !tile.tile<16xi32>
  return
}

// -----

// Walks.

func.func @f(%a: index) {
  // expected-error @+1 {{has 1 ranges, but 'partial' has 2}}
  %w = tile.walk.ranges (%a) to (%a) {partial = array<i1: false, true>}
  return
}

// -----

func.func @f(%a: !tile.tile<16xf32>) {
  // expected-error @+1 {{the body ends with tile.yield}}
  %t = tile.map ins(%a : !tile.tile<16xf32>) maps [affine_map<(i) -> (i)>] {
  ^bb0(%x: f32, %i: index):
    %y = arith.addf %x, %x : f32
  } -> !tile.tile<16xf32>
  return
}

// -----

func.func @f(%o: !tile.tile<64x128xf32>, %m: !tile.tile<32xf32>, %n: index) {
  // expected-error @+1 {{takes a tile of rows and one element for each row, got '!tile.tile<64x128xf32>' and '!tile.tile<32xf32>'}}
  %s:4 = tile.combine %o, %m, %m part %n of %n rows %n unit 1.0
      : !tile.tile<64x128xf32>, !tile.tile<32xf32>
  return
}

// -----

func.func @f(%o: !tile.tile<64x128xbf16>, %m: !tile.tile<64xf32>, %n: index) {
  // expected-error @+1 {{combines f32 tiles, got '!tile.tile<64x128xbf16>' and '!tile.tile<64xf32>'}}
  %s:4 = tile.combine %o, %m, %m part %n of %n rows %n unit 1.0
      : !tile.tile<64x128xbf16>, !tile.tile<64xf32>
  return
}

// -----

// expected-error @+1 {{split_to is from 1 to 1024, got 0}}
module attributes {test.s = #tile.cpu_schedule<query_tile = 16, key_tile = 128, lanes = 16, rows = 4, vectors = 1, split_to = 0>} {}

// -----

tile.kernel @entry(%n: index) grid(%x) {
  %c0 = arith.constant 0 : index
  %w = tile.walk.ranges (%c0) to (%n) {partial = array<i1: false>}
  // expected-error @+1 {{asks for an entry of a walk that tile.walk.list does not make}}
  %e = tile.walk.entry %w[%c0]
}

// -----

func.func @f(%m: memref<2x8x4xf32>, %i: index) {
  // expected-error @+1 {{has boxes, which go with neither an offset nor a limit nor pages}}
  %v = tile.view %m dims [0, 1, 2] at [] limit %i boxes [2, 4] : memref<2x8x4xf32> -> !tile.view<16x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>) {
  // expected-error @+1 {{has boxes of 4 extents, but dims names 3 dimensions}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [1, 1, 2, 4] : memref<2x8x4xf32> -> !tile.view<16xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>) {
  // expected-error @+1 {{has boxes of an extent of 0; give 1 or more}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [0, 4] : memref<2x8x4xf32> -> !tile.view<16x4xf32>
  return
}

// -----

func.func @f(%m: memref<?x8x4xf32>) {
  // expected-error @+1 {{has boxes along dimension 0, whose size is not static}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [2, 4] : memref<?x8x4xf32> -> !tile.view<16x4xf32>
  return
}

// -----

func.func @f(%m: memref<8x4xf32>) {
  // expected-error @+1 {{says how far apart boxes start, but has no boxes}}
  %v = tile.view %m dims [0, 1] at [] every [1] : memref<8x4xf32> -> !tile.view<8x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>) {
  // expected-error @+1 {{has boxes of 2 extents that start every 1}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [2, 4] every [1] : memref<2x8x4xf32> -> !tile.view<128x4xf32>
  return
}

// -----

func.func @f(%m: memref<2x8x4xf32>) {
  // expected-error @+1 {{has boxes that start every 0 elements; give 1 or more}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [2, 4] every [1, 0] : memref<2x8x4xf32> -> !tile.view<128x4xf32>
  return
}

// -----

func.func @f(%m: memref<3x9x4xf32>) {
  // Boxes of 2 by 4 on 3 by 9 elements: 2 by 3 of them.
  // expected-error @+1 {{axis 0 has 27 elements, the memref's 48}}
  %v = tile.view %m dims [0, 1, 2] at [] boxes [2, 4] : memref<3x9x4xf32> -> !tile.view<27x4xf32>
  return
}

// -----


// expected-error @+1 {{heads is from 1 to 64, got 65}}
module attributes {test.s = #tile.cpu_schedule<query_tile = 16, key_tile = 128, lanes = 16, rows = 4, vectors = 1, heads = 65>} {}
