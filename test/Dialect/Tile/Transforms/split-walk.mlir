// RUN: fovea-opt %s --pass-pipeline='builtin.module(tile.kernel(tile-refine-walk,tile-split-walk,canonicalize,cse))' | FileCheck %s

// Each kernel visits scores of the query rows 64 to 127 in 40 tiles of 8 keys.
// With constant bounds the ranges fold to numbers, so that they can be read:
// tile J holds the keys 8 J to 8 J + 7.

#id = affine_map<(i, j) -> (i, j)>

// Keys up to the first row are seen by all rows, keys beyond the last by none.
// CHECK-LABEL: tile.kernel @causal(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @causal(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi sle, %j, %i : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A key is not seen by its own row: key 63 is the last that all rows see.
// CHECK-LABEL: tile.kernel @strictly_past(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @strictly_past(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi slt, %j, %i : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// i - 100 < j <= i: the first row sees from key -35 on, the last from key 28 on.
// CHECK-LABEL: tile.kernel @window(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c4 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @window(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c100 = arith.constant 100 : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c100 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %near, %past : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Narrower than the rows: keys from 41 on are seen by a row, none by all.
// CHECK-LABEL: tile.kernel @narrow_window(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c5 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @narrow_window(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c24 = arith.constant 24 : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c24 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %near, %past : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// j < 100 or j <= i: the union of two ranges that start at 0.
// CHECK-LABEL: tile.kernel @prefix(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c12 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c12 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @prefix(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c100 = arith.constant 100 : index
        %in = arith.cmpi slt, %j, %c100 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %in, %past : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// not (j > i or j < 40) is j <= i and j >= 40.
// CHECK-LABEL: tile.kernel @negated(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c5 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @negated(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %true = arith.constant true
        %c40_0 = arith.constant 40 : index
        %future = arith.cmpi sgt, %j, %i : index
        %early = arith.cmpi slt, %j, %c40_0 : index
        %hidden = arith.ori %future, %early : i1
        %c = arith.xori %hidden, %true : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Equality has no full tile.
// CHECK-LABEL: tile.kernel @diagonal(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @diagonal(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi eq, %i, %j : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// 2 j <= i + 10, in 64-bit integers: j <= 37 for the first row, 68 for the last.
// CHECK-LABEL: tile.kernel @strided(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c4 to %c9 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @strided(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %two = arith.constant 2 : i64
        %ten = arith.constant 10 : i64
        %i64 = arith.index_cast %i : index to i64
        %j64 = arith.index_cast %j : index to i64
        %jj = arith.muli %j64, %two : i64
        %z = arith.addi %i64, %ten : i64
        %c = arith.cmpi sle, %jj, %z : i64
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A condition on the row alone, true for all rows: no tile is partial.
// CHECK-LABEL: tile.kernel @rows_only(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c40 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @rows_only(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c64 = arith.constant 64 : index
        %c = arith.cmpi sge, %i, %c64 : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A condition that no row fulfils: nothing is left to visit.
// CHECK-LABEL: tile.kernel @no_row(
// CHECK-NOT: tile.walk
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @no_row(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi slt, %i, %c40 : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A captured scalar of 32 bits: the bounds are computed at run time.
// j <= i + offset.
// CHECK-LABEL: tile.kernel @offset(
// CHECK: %[[OFFSET:.*]] = arith.index_cast %{{.*}} : i32 to index
// CHECK-DAG: %[[LAST:.*]] = arith.addi %[[OFFSET]], %c127
// CHECK-DAG: %[[L0:.*]] = arith.floordivsi %[[LAST]], %c8
// CHECK-DAG: %[[L1:.*]] = arith.addi %[[L0]], %c1
// CHECK-DAG: %[[L2:.*]] = arith.maxsi %[[L1]], %c0
// CHECK-DAG: %[[END:.*]] = arith.minsi %[[L2]], %c40
// CHECK-DAG: %[[F0:.*]] = arith.addi %[[OFFSET]], %c65
// CHECK-DAG: %[[F1:.*]] = arith.floordivsi %[[F0]], %c8
// CHECK-DAG: %[[F2:.*]] = arith.maxsi %[[F1]], %c0
// CHECK-DAG: %[[FULL:.*]] = arith.minsi %[[F2]], %[[END]]
// CHECK: scf.for %{{.*}} = %c0 to %[[FULL]] step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %[[FULL]] to %[[END]] step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @offset(%s: memref<128x320xf32>, %r: memref<?xf32>, %offset32: i32) grid(%x) {
  %offset = arith.index_cast %offset32 : i32 to index
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %k = arith.addi %i, %offset : index
        %c = arith.cmpi sle, %j, %k : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A captured number of this work item is read once, ahead of the loops.
// CHECK-LABEL: tile.kernel @length_of_sequence(
// CHECK-SAME: %[[LENGTHS:[^:]*]]: memref<?xi32>) grid(%[[X:.*]]) {
// CHECK: %[[N32:.*]] = tile.gather %[[LENGTHS]][%[[X]]]
// CHECK: %[[N:.*]] = arith.index_cast %[[N32]] : i32 to index
// CHECK-NOT: tile.map
// CHECK: scf.for
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @length_of_sequence(%s: memref<128x320xf32>, %r: memref<?xf32>, %lengths: memref<?xi32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %l32 = tile.gather %lengths[%x] : memref<?xi32>
        %l = arith.index_cast %l32 : i32 to index
        %c = arith.cmpi slt, %j, %l : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Of data nothing is proved: every tile that the rest of the mask leaves is
// partial.
// CHECK-LABEL: tile.kernel @documents(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @documents(%s: memref<128x320xf32>, %r: memref<?xf32>, %doc: memref<?xi32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %mine = tile.gather %doc[%i] : memref<?xi32>
        %other = tile.gather %doc[%j] : memref<?xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// ... and with "or", what is full stays so.
// CHECK-LABEL: tile.kernel @past_or_same(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c40 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @past_or_same(%s: memref<128x320xf32>, %r: memref<?xf32>, %doc: memref<?xi32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %mine = tile.gather %doc[%i] : memref<?xi32>
        %other = tile.gather %doc[%j] : memref<?xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %same, %past : i1
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Coordinates are not negative here: an unsigned comparison is a signed one.
// CHECK-LABEL: tile.kernel @unsigned(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @unsigned(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi ule, %j, %i : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Coordinates of views fit into 32 bits ...
// CHECK-LABEL: tile.kernel @narrow_integers(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @narrow_integers(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %i32 = arith.index_cast %i : index to i32
        %j32 = arith.index_cast %j : index to i32
        %c = arith.cmpi sle, %j32, %i32 : i32
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// ... twice as large ones may not, and wrap.
// CHECK-LABEL: tile.kernel @wrapping_integers(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c40 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @wrapping_integers(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %i32 = arith.index_cast %i : index to i32
        %j32 = arith.index_cast %j : index to i32
        %sum = arith.addi %j32, %j32 : i32
        %c = arith.cmpi sle, %sum, %i32 : i32
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// Blocks of 8: the first row sees its block, up to key 71.
// CHECK-LABEL: tile.kernel @blocks(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c9 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c9 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @blocks(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %a0 = arith.floordivsi %i, %c8 : index
        %b0 = arith.floordivsi %j, %c8 : index
        %c = arith.cmpi sle, %b0, %a0 : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// The divisor may be zero, which traps on a scalar unit: the quotient is not
// computed ahead of the loop.
// CHECK-LABEL: tile.kernel @division_is_not_moved(
// CHECK-NOT: arith.divsi
// CHECK: scf.for %{{.*}} = %c0 to %c40 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @division_is_not_moved(%s: memref<128x320xf32>, %r: memref<?xf32>, %step: index) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %l = arith.divsi %c40, %step : index
        %c = arith.cmpi sle, %j, %l : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A walk of several ranges: those without a mask stay whole.
// CHECK-LABEL: tile.kernel @ranges(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c0 to %c5 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c12 to %c20 step %c1
// CHECK: tile.map
// CHECK: tile.reduce
// CHECK: scf.for %{{.*}} = %c20 to %c40 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.reduce
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @ranges(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %c5 = arith.constant 5 : index
  %c10 = arith.constant 10 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0, %c10) to (%c5, %c40) {partial = array<i1: false, true>}
  %size = tile.walk.size %w
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c0 to %size step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c32 = arith.constant 32 : index
        %far = arith.addi %i, %c32 : index
        %c = arith.cmpi sge, %j, %far : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// %partial is a value like others: the condition of `scf.if` without results or
// else, and of a select.
// CHECK-LABEL: tile.kernel @other_uses(
// CHECK-SAME: %[[COUNTS:[a-z0-9]+]]: memref<?xindex>)
// CHECK-NOT: tile.walk
// CHECK: scf.for %[[TILE:.*]] = %c0 to %c5 step %c1 {
// CHECK-NEXT: memref.store %c9, %[[COUNTS]][%c0]
// CHECK-NEXT: memref.store %c1, %[[COUNTS]][%[[TILE]]]
// CHECK-NEXT: }
// CHECK: scf.for %[[TILE:.*]] = %c5 to %c9 step %c1 {
// CHECK-NEXT: memref.store %c0, %[[COUNTS]][%[[TILE]]]
// CHECK-NEXT: }
tile.kernel @other_uses(%counts: memref<?xindex>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %c9 = arith.constant 9 : index
  %w = tile.walk.ranges (%c0, %c5) to (%c5, %c9) {partial = array<i1: true, false>}
  %size = tile.walk.size %w
  scf.for %p = %c0 to %size step %c1 {
    %t, %partial = tile.walk.at %w[%p]
    scf.if %partial {
      memref.store %c9, %counts[%c0] : memref<?xindex>
    }
    %n = arith.select %partial, %c1, %c0 : index
    memref.store %n, %counts[%t] : memref<?xindex>
  }
}

// The map of the second range only; nothing is folded from loop to loop.
// CHECK-LABEL: tile.kernel @two_ranges(
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: tile.store
// CHECK: scf.for %{{.*}} = %c8 to %c16 step %c1
// CHECK: tile.map
// CHECK: tile.store
// DOC-BEGIN: tile-split-walk --tile-split-walk --canonicalize
tile.kernel @two_ranges(%s: memref<128x320xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %c64 = arith.constant 64 : index
  %minf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %w = tile.walk.ranges (%c0, %c8) to (%c8, %c40) {partial = array<i1: false, true>}
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

// A loop over positions 3 to 11 of the walk above, which has 16 tiles: its bounds come
// from the size that the walk has then.
// CHECK-LABEL: tile.kernel @part(
// CHECK-NOT: tile.walk
// CHECK: scf.for %{{.*}} = %c3 to %c8 step %c1
// CHECK-NOT: tile.map
// CHECK: scf.for %{{.*}} = %c8 to %c11 step %c1
// CHECK: tile.map
// CHECK-NOT: scf.for
// CHECK: tile.store
tile.kernel @part(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c5 = arith.constant 5 : index
  %c8 = arith.constant 8 : index
  %c40 = arith.constant 40 : index
  %i0 = arith.constant 64 : index
  %ninf = arith.constant 0xFF800000 : f32
  %v = tile.view %s dims [0, 1] at [] : memref<128x320xf32> -> !tile.view<128x320xf32>
  %out = tile.view %r dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %w = tile.walk.ranges (%c0) to (%c40) {partial = array<i1: true>}
  %size = tile.walk.size %w
  %high = arith.subi %size, %c5 : index
  %none = tile.splat %ninf : f32 -> !tile.tile<64xf32>
  %top = scf.for %p = %c3 to %high step %c1 iter_args(%m = %none) -> !tile.tile<64xf32> {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c8 : index
    %a = tile.load %v[%i0, %j0] : !tile.view<128x320xf32> -> !tile.tile<64x8xf32>
    %b = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %c = arith.cmpi sle, %j, %i : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// A list: its partial entries, then the others, two tiles each.
// CHECK-LABEL: tile.kernel @listed
// CHECK-SAME: %[[LIST:[a-z0-9]+]]: memref<?xi32>, %[[N:[a-z0-9]+]]: index, %[[PARTIALS:[a-z0-9]+]]: index,
// CHECK-DAG: %[[CUT:.*]] = arith.muli %[[PARTIALS]], %c2
// CHECK-DAG: %[[END:.*]] = arith.muli %[[N]], %c2
// CHECK: scf.for %[[P:.*]] = %c0{{.*}} to %[[CUT]] step %c1
// CHECK: %[[ENTRY:.*]] = arith.divui %[[P]], %c2
// CHECK: memref.load %[[LIST]]
// CHECK: arith.minui
// CHECK: scf.for %{{.*}} = %[[CUT]] to %[[END]] step %c1
// CHECK-NOT: tile.walk
// CHECK: }
tile.kernel @listed(%tiles: memref<?xi32>, %n: index, %partials: index, %out: memref<4x4xf32>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %start = tile.splat %zero : f32 -> !tile.tile<4x4xf32>
  %w = tile.walk.list %tiles[%x] count %n partials %partials limit %n split 2
      : memref<?xi32>
  %size = tile.walk.size %w
  %r = scf.for %p = %c0 to %size step %c1
      iter_args(%s = %start) -> (!tile.tile<4x4xf32>) {
    %tile, %partial = tile.walk.at %w[%p]
    %entry = tile.walk.entry %w[%p]
    %t = tile.map ins(%s : !tile.tile<4x4xf32>)
        maps [affine_map<(i, j) -> (i, j)>] origin(%tile, %entry) {
    ^bb0(%e: f32, %i: index, %j: index):
      %k = arith.cmpi sle, %i, %j : index
      %both = arith.andi %k, %partial : i1
      %y = arith.select %both, %e, %zero : f32
      tile.yield %y : f32
    } -> !tile.tile<4x4xf32>
    scf.yield %t : !tile.tile<4x4xf32>
  }
  %v = tile.view %out dims [0, 1] at [] : memref<4x4xf32> -> !tile.view<4x4xf32>
  tile.store %r, %v[%c0, %c0] : !tile.tile<4x4xf32>, !tile.view<4x4xf32>
}
