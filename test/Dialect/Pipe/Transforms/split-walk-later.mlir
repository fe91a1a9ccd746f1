// RUN: fovea-opt %s --pipe-split-walk --canonicalize | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
!s = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>

// Where masks begin later than the partial range, the loop without masks goes on to
// there. (It does nothing here, and goes.)

// CHECK-LABEL: tile.kernel @later
// CHECK-SAME: %[[X:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: memref
// CHECK: %[[UNTIL:.*]] = arith.maxsi %{{.*}}, %[[X]]
// CHECK: %[[LEAST:.*]] = arith.minsi %[[UNTIL]]
// CHECK: %[[CUT:.*]] = arith.maxsi %[[LEAST]], %c0
// CHECK-NOT: arith.select
// CHECK: scf.for %{{.*}} = %[[CUT]] to
// CHECK: arith.select
tile.kernel @later(%a: index, %b: index, %x: index, %out: memref<64x64xf32>) grid(%g0) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %w = tile.walk.ranges (%c0, %a) to (%a, %b) {partial = array<i1: false, true>}
  %size = tile.walk.size %w
  %view = tile.view %out dims [0, 1] at [] : memref<64x64xf32> -> !tile.view<64x64xf32>
  %buffer = pipe.buffer : !pipe.buffer<!tile.tile<64x64xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s0 = tile.splat %zero : f32 -> !s
    %r = scf.for %p = %c0 to %size step %c1 iter_args(%s = %s0) -> (!s) {
      %t, %partial = tile.walk.at %w[%p]
      %l = arith.cmpi sge, %p, %x : index
      %both = arith.andi %partial, %l : i1
      %masked = scf.if %both -> (!s) {
        %m = tile.map ins(%s : !s) maps [#id] origin(%c0, %t) {
        ^bb0(%e: f32, %i: index, %j: index):
          %inside = arith.cmpi sle, %j, %i : index
          %y = arith.select %inside, %e, %zero : f32
          tile.yield %y : f32
        } -> !s
        scf.yield %m : !s
      } else {
        scf.yield %s : !s
      }
      scf.yield %masked : !s
    }
    tile.store %r, %view[%c0, %c0] : !s, !tile.view<64x64xf32>
  }
}

// Where the partial range is the first one, the condition stays as it is.

// CHECK-LABEL: tile.kernel @before
// CHECK-SAME: %[[X:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: memref
// CHECK: scf.for %[[P:[a-z0-9]+]] =
// CHECK: %[[LATER:.*]] = arith.cmpi sge, %[[P]], %[[X]]
// CHECK: scf.if %[[LATER]]
// CHECK: arith.select
// CHECK-NOT: arith.select
tile.kernel @before(%a: index, %b: index, %x: index, %out: memref<64x64xf32>) grid(%g0) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %w = tile.walk.ranges (%c0, %a) to (%a, %b) {partial = array<i1: true, false>}
  %size = tile.walk.size %w
  %view = tile.view %out dims [0, 1] at [] : memref<64x64xf32> -> !tile.view<64x64xf32>
  %buffer = pipe.buffer : !pipe.buffer<!tile.tile<64x64xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s0 = tile.splat %zero : f32 -> !s
    %r = scf.for %p = %c0 to %size step %c1 iter_args(%s = %s0) -> (!s) {
      %t, %partial = tile.walk.at %w[%p]
      %l = arith.cmpi sge, %p, %x : index
      %both = arith.andi %partial, %l : i1
      %masked = scf.if %both -> (!s) {
        %m = tile.map ins(%s : !s) maps [#id] origin(%c0, %t) {
        ^bb0(%e: f32, %i: index, %j: index):
          %inside = arith.cmpi sle, %j, %i : index
          %y = arith.select %inside, %e, %zero : f32
          tile.yield %y : f32
        } -> !s
        scf.yield %m : !s
      } else {
        scf.yield %s : !s
      }
      scf.yield %masked : !s
    }
    tile.store %r, %view[%c0, %c0] : !s, !tile.view<64x64xf32>
  }
}
