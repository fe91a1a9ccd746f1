// RUN: fovea-opt %s --pipe-split-walk --pipe-verify | FileCheck %s

// One loop for each range; the tile is counted from the range's first one, and
// whether it is partial is a constant.

// CHECK-LABEL: tile.kernel @walk
// CHECK-SAME: (%[[A:[^:]*]]: index, %[[B:[^:]*]]: index, %{{[^:]*}}: f32)
// CHECK: %[[FULL:.*]] = scf.for
// CHECK:   %[[FALSE:.*]] = arith.constant false
// CHECK:   arith.andi %{{.*}}, %[[FALSE]]
// CHECK: %{{.*}} = scf.for {{.*}} iter_args(%{{.*}} = %[[FULL]])
// CHECK:   arith.addi %[[A]], %{{.*}}
// CHECK:   %[[TRUE:.*]] = arith.constant true
// CHECK:   arith.andi %{{.*}}, %[[TRUE]]
// CHECK-NOT: tile.walk.at
// DOC-BEGIN: pipe-split-walk --pipe-split-walk
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
tile.kernel @walk(%a: index, %b: index, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %w = tile.walk.ranges (%c0, %a) to (%a, %b) {partial = array<i1: false, true>}
  %size = tile.walk.size %w
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %z = tile.splat %f : f32 -> !rows
    %r = scf.for %p = %c0 to %size step %c1 iter_args(%x = %z) -> !rows {
      %t, %partial = tile.walk.at %w[%p]
      %y = tile.map ins(%x : !rows) maps [affine_map<(i) -> (i)>] {
      ^bb0(%e: f32, %i: index):
        %c = arith.cmpi slt, %i, %t : index
        %d = arith.andi %c, %partial : i1
        %v = arith.select %d, %e, %f : f32
        tile.yield %v : f32
      } -> !rows
      scf.yield %y : !rows
    }
  }
}
// DOC-SHOW: pipe.role
// DOC-END
