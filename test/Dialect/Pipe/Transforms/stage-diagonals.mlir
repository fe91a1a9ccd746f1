// RUN: fovea-opt %s --pipe-stage-diagonals --split-input-file | FileCheck %s

// A table of distances: 127 + 1 values for a tile of 64 x 64 scores, read where the
// strip is made; the product's accumulator starts from them.

// DOC-BEGIN: pipe-stage-diagonals --pipe-stage-diagonals
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!view = !tile.view<?x64xbf16>
// CHECK-LABEL: tile.kernel @table
// CHECK: scf.for
// CHECK: %[[J0:.*]] = arith.muli
// CHECK: %[[APART:.*]] = arith.subi %[[I0:.*]], %[[J0]] : index
// CHECK: %[[START:.*]] = arith.addi %[[APART]], %c-63
// CHECK: %[[STRIP:.*]] = tile.map ins() maps [] {
// CHECK-NEXT: ^bb0(%[[E:.*]]: index):
// CHECK-NEXT: %[[D:.*]] = arith.addi %[[E]], %[[START]]
// CHECK: %[[I:.*]] = arith.subi %[[D]], %c0
// CHECK: %[[N:.*]] = arith.addi %[[I]], %{{.*}}
// CHECK: tile.gather %{{.*}}[%[[N]]]
// CHECK: -> <128xf32, #pipe.lanes>
// CHECK: %[[SPREAD:.*]] = tile.map ins() maps [] {
// CHECK-NEXT: ^bb0(%[[R:.*]]: index, %[[C:.*]]: index):
// CHECK-NEXT: %[[RC:.*]] = arith.subi %[[R]], %[[C]]
// CHECK: %[[AT:.*]] = arith.addi %[[RC]], %c63
// CHECK-NEXT: tile.extract %[[STRIP]][%[[AT]]]
// CHECK: -> <64x64xf32, #pipe.acc<groups = 1>>
// CHECK-NOT: tile.map
// CHECK: tile.dot %{{.*}}, %{{.*}}, %[[SPREAD]]
tile.kernel @table(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %table: memref<?xf32>,
                   %middle: index, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %i0 = arith.muli %m, %c64 : index
  %qt = tile.load %qv[%i0, %c0] : !view -> !shared
  %z = tile.splat %zero : f32 -> !acc
  scf.for %t = %c0 to %n step %c1 {
    %j0 = arith.muli %t, %c64 : index
    %kt = tile.load %kv[%j0, %c0] : !view -> !shared
    %b = tile.map ins(%z : !acc) maps [#id] origin(%i0, %j0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %d = arith.subi %i, %j : index
      %p = arith.addi %d, %middle : index
      %y = tile.gather %table[%p] : memref<?xf32>
      %w = arith.addf %x, %y : f32
      tile.yield %w : f32
    } -> !acc
    %s = tile.dot %qt, %kt, %b {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
  }
}
// DOC-SHOW: pipe.lanes
// DOC-END

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 32, stages = 1, groups = 1, producer_regs = 24, consumer_regs = 240>

// A function of the distance that goes into more: the element is an input.
// CHECK-LABEL: tile.kernel @function
// CHECK: %[[STRIP:.*]] = tile.map ins() maps [] {
// CHECK: math.sqrt
// CHECK: -> <96xf32, #pipe.lanes>
// CHECK: %[[SPREAD:.*]] = tile.map ins() maps [] {
// CHECK: tile.map ins(%{{.*}}, %[[SPREAD]] : {{.*}}) maps [#{{.*}}, #{{.*}}] origin(%{{.*}}, %{{.*}}) {
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: index, %{{.*}}: index):
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[X]], %[[B]]
// CHECK-NEXT: tile.yield %[[Y]]
tile.kernel @function(%x: f32, %n: index, %i0: index) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tile.splat %x : f32 -> !acc
  scf.for %t = %c0 to %n step %c1 iter_args(%e = %s) -> !acc {
    %b = tile.map ins(%e : !acc) maps [#id] origin(%i0, %t) {
    ^bb0(%z: f32, %i: index, %j: index):
      %r = arith.index_cast %i : index to i32
      %c = arith.index_cast %j : index to i32
      %d = arith.subi %c, %r : i32
      %a = math.absi %d : i32
      %f = arith.sitofp %a : i32 to f32
      %g = math.sqrt %f : f32
      %w = arith.mulf %z, %g : f32
      tile.yield %w : f32
    } -> !acc
    scf.yield %b : !acc
  }
}

// What costs little, depends on more, or stands outside of a loop stays.
// CHECK-LABEL: tile.kernel @stays
// CHECK-NOT: pipe.lanes
tile.kernel @stays(%x: f32, %n: index, %table: memref<?x?xf32>) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tile.splat %x : f32 -> !acc
  %o = tile.map ins(%s : !acc) maps [#id] {
  ^bb0(%z: f32, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %y = tile.gather %table[%d, %n] : memref<?x?xf32>
    %w = arith.addf %z, %y : f32
    tile.yield %w : f32
  } -> !acc
  scf.for %t = %c0 to %n step %c1 iter_args(%e = %o) -> !acc {
    %b = tile.map ins(%e : !acc) maps [#id] {
    ^bb0(%z: f32, %i: index, %j: index):
      %d = arith.subi %i, %j : index
      %k = arith.index_cast %d : index to i32
      %f = arith.sitofp %k : i32 to f32
      %y = tile.gather %table[%i, %d] : memref<?x?xf32>
      %g = arith.addf %f, %y : f32
      %w = arith.addf %z, %g : f32
      tile.yield %w : f32
    } -> !acc
    scf.yield %b : !acc
  }
}

// Comparisons with a sign are functions of the distance; a strip's row may be negative,
// so flags that say it is not are dropped.
// CHECK-LABEL: tile.kernel @compared
// CHECK: tile.map ins() maps [] {
// CHECK: %[[D:.*]] = arith.addi %{{.*}}, %{{.*}} : index
// CHECK: %[[MOVED:.*]] = arith.addi %[[D]], %{{.*}} : index
// CHECK: arith.cmpi sle, %{{.*}}, %[[MOVED]]
// CHECK: -> <96xf32, #pipe.lanes>
tile.kernel @compared(%x: f32, %n: index, %table: memref<?xf32>) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tile.splat %x : f32 -> !acc
  scf.for %t = %c0 to %n step %c1 iter_args(%e = %s) -> !acc {
    %b = tile.map ins(%e : !acc) maps [#id] origin(%c0, %t) {
    ^bb0(%z: f32, %i: index, %j: index):
      %r = arith.addi %i, %n overflow<nuw> : index
      %c = arith.cmpi sle, %j, %r : index
      %d = arith.subi %i, %j : index
      %y = tile.gather %table[%d] : memref<?xf32>
      %g = arith.select %c, %y, %x : f32
      %w = arith.mulf %z, %g : f32
      tile.yield %w : f32
    } -> !acc
    scf.yield %b : !acc
  }
}

// Without a sign, of numbers that wrapped, or under a branch nothing is said.
// CHECK-LABEL: tile.kernel @unsaid
// CHECK-NOT: pipe.lanes
tile.kernel @unsaid(%x: f32, %n: index, %flag: i1) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %five = arith.constant 5 : i8
  %s = tile.splat %x : f32 -> !acc
  %o = scf.for %t = %c0 to %n step %c1 iter_args(%e = %s) -> !acc {
    %b = tile.map ins(%e : !acc) maps [#id] origin(%c0, %t) {
    ^bb0(%z: f32, %i: index, %j: index):
      %c = arith.cmpi ult, %i, %j : index
      %u = arith.uitofp %c : i1 to f32
      %g = math.sqrt %u : f32
      %p = arith.index_cast %i : index to i8
      %q = arith.addi %p, %five : i8
      %r = arith.index_cast %q : i8 to index
      %d = arith.subi %r, %j : index
      %k = arith.index_cast %d : index to i32
      %f = arith.sitofp %k : i32 to f32
      %h = math.sqrt %f : f32
      %v = arith.addf %g, %h : f32
      %w = arith.mulf %z, %v : f32
      tile.yield %w : f32
    } -> !acc
    scf.yield %b : !acc
  }
  %q = scf.if %flag -> !acc {
    %a = scf.for %t = %c0 to %n step %c1 iter_args(%e = %o) -> !acc {
      %b = tile.map ins(%e : !acc) maps [#id] origin(%c0, %t) {
      ^bb0(%z: f32, %i: index, %j: index):
        %d = arith.subi %i, %j : index
        %k = arith.index_cast %d : index to i32
        %f = arith.sitofp %k : i32 to f32
        %h = math.sin %f : f32
        %w = arith.mulf %z, %h : f32
        tile.yield %w : f32
      } -> !acc
      scf.yield %b : !acc
    }
    scf.yield %a : !acc
  } else {
    scf.yield %o : !acc
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!queries = !tile.tile<128x256xbf16, #pipe.smem<swizzle = 128>>
!keys = !tile.tile<160x256xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<128x160xf32, #pipe.acc<groups = 2>>
!view = !tile.view<?x256xbf16>

// Two slots of keys of 80 KiB beside 64 KiB of queries leave no room.
// CHECK-LABEL: tile.kernel @full
// CHECK-NOT: pipe.lanes
tile.kernel @full(%q: memref<?x256xbf16>, %k: memref<?x256xbf16>, %table: memref<?xf32>,
                  %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 128, key_tile = 160, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x256xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x256xbf16> -> !view
  %qt = tile.load %qv[%m, %c0] : !view -> !queries
  %z = tile.splat %zero : f32 -> !acc
  scf.for %t = %c0 to %n step %c1 {
    %kt = tile.load %kv[%t, %c0] : !view -> !keys
    %b = tile.map ins(%z : !acc) maps [#id] origin(%m, %t) {
    ^bb0(%x: f32, %i: index, %j: index):
      %d = arith.subi %i, %j : index
      %y = tile.gather %table[%d] : memref<?xf32>
      tile.yield %y : f32
    } -> !acc
    %s = tile.dot %qt, %kt, %b {indexing_maps = [#mk, #nk, #mn]} : !queries, !keys, !acc
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!view = !tile.view<?x64xbf16>

// A number that is made behind the product: so is the strip that takes it.
// CHECK-LABEL: tile.kernel @behind
// CHECK: tile.dot
// CHECK: %[[F:.*]] = arith.sitofp
// CHECK: tile.map ins() maps [] {
// CHECK: arith.mulf %{{.*}}, %[[F]]
// CHECK: -> <128xf32, #pipe.lanes>
tile.kernel @behind(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %table: memref<?xf32>,
                    %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %qt = tile.load %qv[%m, %c0] : !view -> !shared
  %z = tile.splat %zero : f32 -> !acc
  scf.for %t = %c0 to %n step %c1 {
    %kt = tile.load %kv[%t, %c0] : !view -> !shared
    %s = tile.dot %qt, %kt, %z {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
    %i32 = arith.index_cast %t : index to i32
    %f = arith.sitofp %i32 : i32 to f32
    %g = tile.splat %f : f32 -> !acc
    %b = tile.map ins(%s, %g : !acc, !acc) maps [#id, #id] origin(%m, %t) {
    ^bb0(%x: f32, %u: f32, %i: index, %j: index):
      %d = arith.subi %i, %j : index
      %y = tile.gather %table[%d] : memref<?xf32>
      %v = arith.mulf %y, %u : f32
      %w = arith.addf %x, %v : f32
      tile.yield %w : f32
    } -> !acc
  }
}
