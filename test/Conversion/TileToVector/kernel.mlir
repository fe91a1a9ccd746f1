// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#element = affine_map<(i, j) -> (i, j)>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#lanes = #tile.lanes<axis = 0, width = 8>
#memory = #tile.in_memory

// A product, a map and a maximum become one loop over blocks of 4 keys by 1
// vector of 8 queries; keys that are no whole block run one by one.

// CHECK-LABEL: func.func private @scores(
// CHECK-SAME: %[[ITEM:[^:]*]]: index, %[[SCRATCH:[^:]*]]: memref<?xi8>, %[[Q:[^:]*]]: memref<?x32xf32>, %[[K:[^:]*]]: memref<?x32xf32>, %[[O:[^:]*]]: memref<?xf32>, %[[NX:[^:]*]]: index, %[[NY:[^:]*]]: index)
// Queries are transposed into scratch memory by squares, the rest one by one;
// lanes without a query hold 0.
// CHECK: memref.view %[[SCRATCH]][%{{.*}}][] : memref<?xi8> to memref<32x8xf32>
// The last coordinate of the grid runs fastest.
// CHECK: %[[Y:.*]] = arith.remui %[[ITEM]], %[[NY]]
// CHECK: %[[X:.*]] = arith.divui %[[ITEM]], %[[NY]]
// CHECK: vector.store %cst{{.*}} : memref<32x8xf32>, vector<8xf32>
// CHECK-COUNT-8: vector.load %[[Q]][{{.*}} : memref<?x32xf32>, vector<8xf32>
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: vector.store {{.*}} : memref<32x8xf32>, vector<8xf32>
// CHECK: memref.load %[[Q]][
// CHECK: memref.store
// CHECK: scf.for {{.*}} step %c4 iter_args({{.*}}) -> (vector<8xf32>) {
// CHECK:   scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
// CHECK:     %[[A:.*]] = vector.load {{.*}} vector<8xf32>
// CHECK:     %[[S:.*]] = memref.load %[[K]][
// CHECK:     %[[B:.*]] = vector.broadcast %[[S]]
// CHECK:     vector.fma %[[B]], %[[A]]
// CHECK:     vector.fma
// CHECK:     vector.fma
// CHECK:     vector.fma
// CHECK:   }
// The map and the maximum stand at the end of the block, on its registers.
// CHECK:   arith.mulf {{.*}} : vector<8xf32>
// CHECK:   arith.cmpf ogt, {{.*}} : vector<8xf32>
// CHECK:   arith.select
// CHECK: scf.for {{.*}} step %c1 iter_args({{.*}}) -> (vector<8xf32>) {
// CHECK:   vector.fma
// CHECK: memref.store %{{.*}}, %[[O]][
// CHECK-NOT: tile.
// CHECK-LABEL: func.func @launch(
// CHECK: tile.launch @scores {{.*}} {scratch_bytes = {{[1-9][0-9]*}} : i64}
tile.kernel @scores(%q: memref<?x32xf32>, %k: memref<?x32xf32>, %o: memref<?xf32>) grid(%x, %y)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %i = arith.muli %x, %c8 : index
  %j = arith.muli %y, %c8 : index
  %vq = tile.view %q dims [0, 1] at [] : memref<?x32xf32> -> !tile.view<?x32xf32>
  %vk = tile.view %k dims [0, 1] at [] : memref<?x32xf32> -> !tile.view<?x32xf32>
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %a = tile.load %vq[%i, %c0] : !tile.view<?x32xf32> -> !tile.tile<8x32xf32, #memory>
  %b = tile.load %vk[%j, %c0] : !tile.view<?x32xf32> -> !tile.tile<16x32xf32, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<8x16xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<8x32xf32, #memory>, !tile.tile<16x32xf32, #memory>, !tile.tile<8x16xf32, #lanes>
  %t = tile.map ins(%s : !tile.tile<8x16xf32, #lanes>) maps [#element] {
  ^bb0(%e: f32, %ii: index, %jj: index):
    %f = arith.mulf %e, %e : f32
    tile.yield %f : f32
  } -> !tile.tile<8x16xf32, #lanes>
  %m = tile.reduce max %t axis 1 : !tile.tile<8x16xf32, #lanes> -> !tile.tile<8xf32, #lanes>
  tile.store %m, %vo[%i] : !tile.tile<8xf32, #lanes>, !tile.view<?xf32>
}

func.func @launch(%q: memref<?x32xf32>, %o: memref<?xf32>, %n: index) {
  tile.launch @scores grid(%n, %n) args(%q, %q, %o : memref<?x32xf32>, memref<?x32xf32>, memref<?xf32>)
  return
}

// Coordinates of a vector are a constant, from the tile's first row on.
// CHECK-LABEL: func.func private @iota(
// CHECK: vector.store
// DOC-BEGIN: tile-to-vector --tile-to-vector --canonicalize --cse
tile.kernel @iota(%o: memref<8xf32>) grid(%x) attributes {schedule =
    #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %v = tile.view %o dims [0] at [] : memref<8xf32> -> !tile.view<8xf32>
  %t = tile.map ins() maps [] {
  ^bb0(%i: index):
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    tile.yield %f : f32
  } -> !tile.tile<8xf32, #tile.lanes<axis = 0, width = 8>>
  tile.store %t, %v[%c0] : !tile.tile<8xf32, #tile.lanes<axis = 0, width = 8>>, !tile.view<8xf32>
}
// DOC-END
