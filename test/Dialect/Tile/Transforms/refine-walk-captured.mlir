// RUN: fovea-opt %s --pass-pipeline='builtin.module(tile.kernel(tile-refine-walk,canonicalize,cse))' | FileCheck %s

// Bounds from values that are known at run time only. Each kernel visits scores
// of the query rows 64 to 127 in 40 tiles of 8 keys; tile J holds the keys 8 J to
// 8 J + 7.

#id = affine_map<(i, j) -> (i, j)>

// j <= i + %offset: full up to key 64 + %offset, empty from 128 + %offset on. With
// an offset of more than 2^40 the mask may wrap, and every tile stays partial.
// CHECK-LABEL: tile.kernel @offset(
// CHECK-SAME: %[[OFFSET:[a-z0-9]+]]: index)
// CHECK-DAG: %[[LOW:.*]] = arith.constant -1099511627776 : index
// CHECK-DAG: %[[HIGH:.*]] = arith.constant 1099511627776 : index
// CHECK-DAG: %[[ABOVE:.*]] = arith.cmpi sge, %[[OFFSET]], %[[LOW]]
// CHECK-DAG: %[[BELOW:.*]] = arith.cmpi sle, %[[OFFSET]], %[[HIGH]]
// CHECK: %[[SAFE:.*]] = arith.andi %[[ABOVE]], %[[BELOW]]
// CHECK: %[[LAST:.*]] = arith.addi %[[OFFSET]], %c127
// CHECK: %[[LASTTILE:.*]] = arith.floordivsi %[[LAST]], %c8
// CHECK: %[[NEXT:.*]] = arith.addi %[[LASTTILE]], %c1
// CHECK: %[[ATLEAST:.*]] = arith.maxsi %[[NEXT]], %c0
// CHECK: %[[END:.*]] = arith.minsi %[[ATLEAST]], %c40
// CHECK: %[[HIDDEN:.*]] = arith.addi %[[OFFSET]], %c65
// CHECK: %[[TILE:.*]] = arith.floordivsi %[[HIDDEN]], %c8
// CHECK: %[[ATLEAST:.*]] = arith.maxsi %[[TILE]], %c0
// CHECK: %[[FULL:.*]] = arith.minsi %[[ATLEAST]], %[[END]]
// CHECK-DAG: %[[CUT:.*]] = arith.select %[[SAFE]], %[[FULL]], %c0
// CHECK-DAG: %[[STOP:.*]] = arith.select %[[SAFE]], %[[END]], %c40
// CHECK: tile.walk.ranges(%c0, %[[CUT]]) to(%[[CUT]], %[[STOP]]) {partial = array<i1: false, true>}
tile.kernel @offset(%s: memref<128x320xf32>, %r: memref<?xf32>, %offset: index) grid(%g) {
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
        %x = arith.addi %i, %offset : index
        %c = arith.cmpi sle, %j, %x : index
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

// j < %lengths[b]: nothing is added to the length, which is clamped to what keys
// can reach; no length disables the bounds.
// CHECK-LABEL: tile.kernel @length(
// CHECK-DAG: %[[LOW:.*]] = arith.constant -2147483648 : index
// CHECK-DAG: %[[HIGH:.*]] = arith.constant 2147483648 : index
// CHECK: %[[READ:.*]] = tile.gather
// CHECK: %[[LENGTH:.*]] = arith.index_cast %[[READ]] : i64 to index
// CHECK: %[[ATLEAST:.*]] = arith.maxsi %[[LENGTH]], %[[LOW]]
// CHECK: %[[KNOWN:.*]] = arith.minsi %[[ATLEAST]], %[[HIGH]]
// CHECK-NOT: arith.select
// CHECK: arith.floordivsi
// CHECK-NOT: arith.select
// CHECK: tile.walk.ranges{{.*}}partial = array<i1: false, true>
tile.kernel @length(%s: memref<128x320xf32>, %r: memref<?xf32>, %lengths: memref<?xi64>) grid(%b) {
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
    %x = scf.if %partial -> !tile.tile<64x8xf32> {
      %k = tile.map ins(%a : !tile.tile<64x8xf32>) maps [#id] origin(%i0, %j0) {
      ^bb0(%e: f32, %i: index, %j: index):
        %n = tile.gather %lengths[%b] : memref<?xi64>
        %length = arith.index_cast %n : i64 to index
        %c = arith.cmpi slt, %j, %length : index
        %y = arith.select %c, %e, %ninf : f32
        tile.yield %y : f32
      } -> !tile.tile<64x8xf32>
      scf.yield %k : !tile.tile<64x8xf32>
    } else {
      scf.yield %a : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %x axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// %x < %y or j <= i, with the first the same for the whole work item, whatever
// the values are.
// CHECK-LABEL: tile.kernel @flag(
// CHECK-SAME: %[[X:[a-z0-9]+]]: i64, %[[Y:[a-z0-9]+]]: i64)
// CHECK: %[[FLAG:.*]] = arith.cmpi ult, %[[X]], %[[Y]] : i64
// CHECK: arith.select %[[FLAG]], %c{{[0-9]+}}, %c0
// CHECK: tile.walk.ranges{{.*}}partial = array<i1: false, true>
tile.kernel @flag(%s: memref<128x320xf32>, %r: memref<?xf32>, %x: i64, %y: i64) grid(%g) {
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
        %flag = arith.cmpi ult, %x, %y : i64
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %flag, %past : i1
        %z = arith.select %c, %e, %ninf : f32
        tile.yield %z : f32
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

// 2^39 j <= %offset may wrap for keys beyond 2^24.
// CHECK-LABEL: tile.kernel @too_large(
// CHECK: tile.walk.ranges(%c0) to(%c40) {partial = array<i1: true>}
tile.kernel @too_large(%s: memref<128x320xf32>, %r: memref<?xf32>, %offset: index) grid(%g) {
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
        %factor = arith.constant 549755813888 : index
        %x = arith.muli %j, %factor : index
        %c = arith.cmpi sle, %x, %offset : index
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

// What stands for the mask is another tile: a walk without the mask would give
// another result.
// CHECK-LABEL: tile.kernel @other_else(
// CHECK: tile.walk.ranges(%c0) to(%c40) {partial = array<i1: true>}
tile.kernel @other_else(%s: memref<128x320xf32>, %r: memref<?xf32>) grid(%g) {
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
  %other = tile.splat %ninf : f32 -> !tile.tile<64x8xf32>
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
      scf.yield %other : !tile.tile<64x8xf32>
    }
    %n = tile.reduce max %b axis 1 : !tile.tile<64x8xf32> -> !tile.tile<64xf32>
    scf.yield %n : !tile.tile<64xf32>
  }
  tile.store %top, %out[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// %partial is used, but not by a mask.
// CHECK-LABEL: tile.kernel @no_mask(
// CHECK: tile.walk.ranges(%c0) to(%c9) {partial = array<i1: true>}
tile.kernel @no_mask(%counts: memref<?xindex>) grid(%x) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %w = tile.walk.ranges (%c0) to (%c9) {partial = array<i1: true>}
  %size = tile.walk.size %w
  scf.for %p = %c0 to %size step %c1 {
    %t, %partial = tile.walk.at %w[%p]
    scf.if %partial {
      memref.store %c1, %counts[%t] : memref<?xindex>
    }
  }
}
