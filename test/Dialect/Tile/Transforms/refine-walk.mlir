// RUN: fovea-opt %s --pass-pipeline='builtin.module(tile.kernel(tile-refine-walk,canonicalize))' | FileCheck %s

// The pass by itself: the tiles that no row sees leave the walk, those that all
// rows see lose their partial mark; the loop stays whole for tile-split-walk.
// The query rows are 64 to 127, tile J holds the keys 8 J to 8 J + 7.

// CHECK-LABEL: tile.kernel @causal(
// CHECK: %[[W:.*]] = tile.walk.ranges(%c0, %c8) to(%c8, %c16) {partial = array<i1: false, true>}
// CHECK: %[[N:.*]] = tile.walk.size %[[W]]
// CHECK: scf.for %{{.*}} = %c0 to %[[N]] step %c1
// CHECK: tile.walk.at %[[W]]
// CHECK: scf.if
// CHECK-NOT: scf.for
// CHECK: tile.store
// DOC-BEGIN: tile-refine-walk --tile-refine-walk --canonicalize
tile.kernel @causal(%s: memref<128x320xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %c64 = arith.constant 64 : index
  %minf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  scf.for %p = %c0 to %size step %c1 {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%c64, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [affine_map<(i, j) -> (i, j)>] origin(%c64, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi sle, %j, %i : index
        %y = arith.select %c, %e, %minf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    tile.store %b, %v[%c64, %j0] : !tile.tile<64x8xf32>, !tile.view<128x320xf32>
  }
}
// DOC-END
