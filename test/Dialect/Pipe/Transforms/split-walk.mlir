// RUN: fovea-opt %s --pipe-split-walk | FileCheck %s --check-prefix=SMALL
// RUN: fovea-opt %s --pipe-split-walk --canonicalize | FileCheck %s

// A loop one position ahead of its own, as pipe-pipeline leaves it: positions 1
// to N - 1 of the walk, first those of the full range, then those of the partial
// one, in which alone the mask stays.

#id = affine_map<(i, j) -> (i, j)>
!s = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>

// CHECK-LABEL: tile.kernel @ahead
// CHECK-SAME: %[[MIDDLE:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index,
// CHECK: %[[W:.*]] = tile.walk.ranges(%c0, %[[MIDDLE]]) to(%[[MIDDLE]], %[[END]])
// CHECK: %[[SIZE:.*]] = tile.walk.size %[[W]]
// CHECK: %[[LAST:.*]] = arith.subi %[[SIZE]], %c1
// CHECK: %[[FULL:.*]] = tile.walk.ranges(%c0) to(%[[MIDDLE]]) {partial = array<i1: false>}
// CHECK: %[[COUNT:.*]] = tile.walk.size %[[FULL]]
// CHECK: %[[PARTIAL:.*]] = tile.walk.ranges(%[[MIDDLE]]) to(%[[END]]) {partial = array<i1: true>}
// CHECK: %[[BEFORE:.*]] = arith.subi %[[COUNT]], %c1
// CHECK: %[[LEAST:.*]] = arith.minsi %[[BEFORE]], %[[LAST]]
// CHECK: %[[CUT:.*]] = arith.maxsi %[[LEAST]], %c0
// CHECK: %[[STATE:.*]] = scf.for %[[P:.*]] = %c0 to %[[CUT]] step %c1
// CHECK-NOT: arith.select
// CHECK-NOT: scf.if
// CHECK: scf.yield
// CHECK: scf.for %[[P:.*]] = %[[CUT]] to %[[LAST]] step %c1 iter_args(%{{.*}} = %[[STATE]])
// CHECK: %[[NEXT:.*]] = arith.addi %[[P]], %c1
// CHECK: %[[DISTANCE:.*]] = arith.subi %[[NEXT]], %[[COUNT]]
// CHECK: %[[TILE:.*]], %{{.*}} = tile.walk.at %[[PARTIAL]][%[[DISTANCE]]]
// CHECK: tile.map {{.*}} origin(%c0, %[[TILE]])
// CHECK: arith.select
// CHECK-NOT: scf.for
tile.kernel @ahead(%full: index, %end: index, %out: memref<64x64xf32>) grid(%b) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1,
                   producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %w = tile.walk.ranges (%c0, %full) to (%full, %end) {partial = array<i1: false, true>}
  %size = tile.walk.size %w
  %view = tile.view %out dims [0, 1] at [] : memref<64x64xf32> -> !tile.view<64x64xf32>
  %buffer = pipe.buffer : !pipe.buffer<!tile.tile<64x64xf32, #pipe.smem<swizzle = 128>>>
  %last = arith.subi %size, %c1 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s0 = tile.splat %zero : f32 -> !s
    %r = scf.for %p = %c0 to %last step %c1 iter_args(%s = %s0) -> (!s) {
      %next = arith.addi %p, %c1 : index
      %t, %partial = tile.walk.at %w[%next]
      %masked = scf.if %partial -> (!s) {
        %m = tile.map ins(%s : !s) maps [#id] origin(%c0, %t) {
        ^bb0(%x: f32, %i: index, %j: index):
          %inside = arith.cmpi sle, %j, %i : index
          %y = arith.select %inside, %x, %zero : f32
          tile.yield %y : f32
        } -> !s
        scf.yield %m : !s
      } else {
        scf.yield %s : !s
      }
      %sum = tile.map ins(%masked : !s) maps [#id] {
      ^bb0(%x: f32, %i: index, %j: index):
        %y = arith.addf %x, %x : f32
        tile.yield %y : f32
      } -> !s
      scf.yield %sum : !s
    }
    pipe.store %r, %buffer, %view[%c0, %c0] : !s,
      !pipe.buffer<!tile.tile<64x64xf32, #pipe.smem<swizzle = 128>>>, !tile.view<64x64xf32>
  }
}

// The partial ranges come first, as the first range is one of them, in the loading
// role, too.
// SMALL-LABEL: tile.kernel @walk
// SMALL-SAME: (%[[A:[a-z0-9]+]]: index, %[[B:[a-z0-9]+]]: index, %[[C:[a-z0-9]+]]: index
// SMALL: %[[W:.*]] = tile.walk.ranges(%c0, %[[B]], %[[A]]) to(%[[A]], %[[C]], %[[B]]) {partial = array<i1: true, true, false>}
// SMALL: pipe.role {{ *}}load
// SMALL: tile.walk.at %[[W]]
// SMALL: pipe.role {{ *}}math
// SMALL: %[[PARTIAL:.*]] = tile.walk.ranges(%c0, %[[B]]) to(%[[A]], %[[C]]) {partial = array<i1: true, true>}
// SMALL: %[[FULL:.*]] = tile.walk.ranges(%[[A]]) to(%[[B]]) {partial = array<i1: false>}
// SMALL: %[[STATE:.*]] = scf.for
// SMALL: tile.walk.at %[[PARTIAL]]
// SMALL: scf.for {{.*}} iter_args(%{{.*}} = %[[STATE]])
// SMALL: tile.walk.at %[[FULL]]
// SMALL-NOT: tile.walk.at
// DOC-BEGIN: pipe-split-walk --pipe-split-walk
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
tile.kernel @walk(%a: index, %b: index, %n: index, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %w = tile.walk.ranges (%c0, %a, %b) to (%a, %b, %n) {partial = array<i1: true, false, true>}
  %size = tile.walk.size %w
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    scf.for %p = %c0 to %size step %c1 {
      %t, %partial = tile.walk.at %w[%p]
    }
  }
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

// A walk in a loop is that of its role only: it keeps its order.
// SMALL-LABEL: tile.kernel @nested
// SMALL: pipe.role {{ *}}load
// SMALL: tile.walk.ranges(%[[Z:.*]], %[[O:.*]], %[[B:.*]]) to(%[[O]], %[[B]], %[[N:.*]]) {partial = array<i1: true, false, true>}
// SMALL: pipe.role {{ *}}math
// SMALL: tile.walk.ranges({{.*}}) to({{.*}}) {partial = array<i1: true, false, true>}
// SMALL-COUNT-3: tile.walk.ranges(%{{[^,]*}}) to(
// SMALL-COUNT-3: tile.walk.at
// SMALL-NOT: tile.walk.at
tile.kernel @nested(%b: index, %n: index, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    scf.for %o = %c0 to %b step %c1 {
      %w = tile.walk.ranges (%c0, %o, %b) to (%o, %b, %n) {partial = array<i1: true, false, true>}
    }
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %z = tile.splat %f : f32 -> !rows
    %r = scf.for %o = %c0 to %b step %c1 iter_args(%s = %z) -> !rows {
      %w = tile.walk.ranges (%c0, %o, %b) to (%o, %b, %n) {partial = array<i1: true, false, true>}
      %size = tile.walk.size %w
      %q = scf.for %p = %c0 to %size step %c1 iter_args(%x = %s) -> !rows {
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
      scf.yield %q : !rows
    }
  }
}
