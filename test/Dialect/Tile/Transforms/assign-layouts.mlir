// RUN: fovea-opt %s --pass-pipeline='builtin.module(tile.kernel(tile-assign-layouts))' | FileCheck %s

#element = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// What products broadcast stays in memory; every other tile has its rows in lanes,
// carried tiles and tiles under conditions too.

// CHECK-LABEL: tile.kernel @scores
tile.kernel @scores(%q: memref<?x32xf32>, %k: memref<?x32xbf16>, %o: memref<?xf32>,
                    %n: index, %p: i1) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 8, lanes = 8, rows = 4, vectors = 2>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x32xf32> -> !tile.view<?x32xf32>
  %vk = tile.view %k dims [0, 1] at [] : memref<?x32xbf16> -> !tile.view<?x32xbf16>
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  // CHECK: tile.load %{{.*}} : <?x32xf32> -> <16x32xf32, #tile.lanes<axis = 0, width = 8>>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x32xf32> -> !tile.tile<16x32xf32>
  // CHECK: tile.splat %{{.*}} : f32 -> <16x8xf32, #tile.lanes<axis = 0, width = 8>>
  %s0 = tile.splat %zero : f32 -> !tile.tile<16x8xf32>
  %m0 = tile.splat %zero : f32 -> !tile.tile<16xf32>
  // CHECK: scf.for {{.*}} -> (!tile.tile<16xf32, #tile.lanes<axis = 0, width = 8>>)
  %r = scf.for %t = %c0 to %n step %c1 iter_args(%m = %m0) -> !tile.tile<16xf32> {
    %j = arith.muli %t, %c8 : index
    // CHECK: tile.load %{{.*}} : <?x32xbf16> -> <8x32xbf16, #tile.in_memory>
    %b = tile.load %vk[%j, %c0] : !tile.view<?x32xbf16> -> !tile.tile<8x32xbf16>
    // CHECK: tile.dot {{.*}} : <16x32xf32, #tile.lanes<axis = 0, width = 8>>, <8x32xbf16, #tile.in_memory>, <16x8xf32, #tile.lanes<axis = 0, width = 8>>
    %s = tile.dot %a, %b, %s0 {indexing_maps = [#mk, #nk, #mn]}
      : !tile.tile<16x32xf32>, !tile.tile<8x32xbf16>, !tile.tile<16x8xf32>
    // CHECK: scf.if {{.*}} -> (!tile.tile<16x8xf32, #tile.lanes<axis = 0, width = 8>>)
    %u = scf.if %p -> !tile.tile<16x8xf32> {
      // CHECK: tile.map ins(%{{.*}}, %{{.*}} : !tile.tile<16x8xf32, #tile.lanes<axis = 0, width = 8>>, !tile.tile<16xf32, #tile.lanes<axis = 0, width = 8>>)
      %d = tile.map ins(%s, %m : !tile.tile<16x8xf32>, !tile.tile<16xf32>) maps [#element, #row] {
      ^bb0(%e: f32, %f: f32, %i: index, %jj: index):
        %y = arith.subf %e, %f : f32
        tile.yield %y : f32
      // CHECK: } -> <16x8xf32, #tile.lanes<axis = 0, width = 8>>
      } -> !tile.tile<16x8xf32>
      scf.yield %d : !tile.tile<16x8xf32>
    } else {
      scf.yield %s : !tile.tile<16x8xf32>
    }
    // CHECK: tile.reduce max {{.*}} : <16x8xf32, #tile.lanes<axis = 0, width = 8>> -> <16xf32, #tile.lanes<axis = 0, width = 8>>
    %top = tile.reduce max %u axis 1 : !tile.tile<16x8xf32> -> !tile.tile<16xf32>
    scf.yield %top : !tile.tile<16xf32>
  }
  // CHECK: tile.store %{{.*}} : <16xf32, #tile.lanes<axis = 0, width = 8>>, <?xf32>
  tile.store %r, %vo[%x] : !tile.tile<16xf32>, !tile.view<?xf32>
}

// A kernel without a schedule for a CPU is left alone.
// CHECK-LABEL: tile.kernel @other
// CHECK: tile.load %{{.*}} : <?x32xf32> -> <16x32xf32>
tile.kernel @other(%q: memref<?x32xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %v = tile.view %q dims [0, 1] at [] : memref<?x32xf32> -> !tile.view<?x32xf32>
  %a = tile.load %v[%x, %c0] : !tile.view<?x32xf32> -> !tile.tile<16x32xf32>
  tile.store %a, %v[%x, %c0] : !tile.tile<16x32xf32>, !tile.view<?x32xf32>
}

// Products of bf16 in pairs.
// CHECK-LABEL: tile.kernel @pairs
// CHECK: tile.load {{.*}} -> <16x32xbf16, #tile.lanes<axis = 0, width = 16, pack = 2>>
// CHECK: tile.load {{.*}} -> <8x32xbf16, #tile.in_memory>
// CHECK: tile.splat {{.*}} -> <16x8xf32, #tile.lanes<axis = 0, width = 16>>
tile.kernel @pairs(%q: memref<?x32xbf16>, %o: memref<?x8xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 8, lanes = 16, rows = 4, vectors = 1, storage_types = true>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x32xbf16> -> !tile.view<?x32xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x8xf32> -> !tile.view<?x8xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<16x32xbf16>
  %b = tile.load %vq[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<8x32xbf16>
  %z = tile.splat %zero : f32 -> !tile.tile<16x8xf32>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<16x32xbf16>, !tile.tile<8x32xbf16>, !tile.tile<16x8xf32>
  tile.store %s, %vo[%x, %c0] : !tile.tile<16x8xf32>, !tile.view<?x8xf32>
}

// Few rows: columns in lanes, and a scalar for each row.
// CHECK-LABEL: tile.kernel @columns
// CHECK: tile.load {{.*}} -> <2x32xbf16, #tile.lanes<axis = 1, width = 16, pack = 2>>
// CHECK: tile.load {{.*}} -> <16x32xbf16, #tile.in_memory>
// CHECK: tile.splat {{.*}} -> <2x16xf32, #tile.lanes<axis = 1, width = 16>>
// CHECK: tile.reduce max {{.*}} -> <2xf32, #tile.lanes<axis = 0, width = 1>>
tile.kernel @columns(%q: memref<?x32xbf16>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 16, lanes = 16, rows = 2, vectors = 2, storage_types = true, lane_axis = 1>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x32xbf16> -> !tile.view<?x32xbf16>
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<2x32xbf16>
  %b = tile.load %vq[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<16x32xbf16>
  %z = tile.splat %zero : f32 -> !tile.tile<2x16xf32>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<2x32xbf16>, !tile.tile<16x32xbf16>, !tile.tile<2x16xf32>
  %r = tile.reduce max %s axis 1 : !tile.tile<2x16xf32> -> !tile.tile<2xf32>
  tile.store %r, %vo[%x] : !tile.tile<2xf32>, !tile.view<?xf32>
}

// CHECK-LABEL: tile.kernel @doubled
// CHECK: tile.load {{.*}} -> <16x32xf32, #tile.lanes<axis = 0, width = 8>>
// CHECK: -> <16x32xf32, #tile.lanes<axis = 0, width = 8>>
// DOC-BEGIN: tile-assign-layouts --tile-assign-layouts
tile.kernel @doubled(%q: memref<16x32xf32>) grid(%x) attributes {schedule =
    #tile.cpu_schedule<query_tile = 16, key_tile = 8, lanes = 8, rows = 4, vectors = 2>} {
  %c0 = arith.constant 0 : index
  %v = tile.view %q dims [0, 1] at [] : memref<16x32xf32> -> !tile.view<16x32xf32>
  %t = tile.load %v[%c0, %c0] : !tile.view<16x32xf32> -> !tile.tile<16x32xf32>
  %s = tile.map ins(%t : !tile.tile<16x32xf32>) maps [affine_map<(i, j) -> (i, j)>] {
  ^bb0(%e: f32, %i: index, %j: index):
    %f = arith.addf %e, %e : f32
    tile.yield %f : f32
  } -> !tile.tile<16x32xf32>
  tile.store %s, %v[%c0, %c0] : !tile.tile<16x32xf32>, !tile.view<16x32xf32>
}
// DOC-END
