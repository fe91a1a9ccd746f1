// RUN: fovea-opt %s --pipe-mask-ragged --split-input-file --verify-diagnostics | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>

// The scores are masked once, before the maximum: p is then 0 beyond the end, and
// needs no mask before the sum or the product.
// CHECK-LABEL: tile.kernel @softmax
tile.kernel @softmax(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>) grid(%m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %j0 = arith.constant 256 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %r0 = arith.muli %m, %c64 : index
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  // CHECK: %[[N:.*]] = memref.dim %{{.*}}, %{{.*}}
  // CHECK-NEXT: tile.view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %qt = tile.load %qv[%r0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<64x64xbf16>
  %kt = tile.load %kv[%j0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
  %s0 = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
  %o0 = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  // CHECK: %[[S:.*]] = tile.dot
  // CHECK: %[[LAST:.*]] = arith.cmpi sgt, %{{.*}}, %[[N]] : index
  // CHECK: %[[INF:.*]] = arith.constant 0xFF800000 : f32
  // CHECK: %[[MASKED:.*]] = scf.if %[[LAST]]
  // CHECK:   tile.map ins(%[[S]]
  // CHECK:   ^bb0(%[[X:.*]]: f32, %{{.*}}: index, %[[J:.*]]: index):
  // CHECK:     %[[IN:.*]] = arith.cmpi slt, %[[J]], %[[N]]
  // CHECK:     arith.select %[[IN]], %[[X]], %[[INF]]
  // CHECK: else
  // CHECK:   scf.yield %[[S]]
  %s = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
  // CHECK: tile.reduce {{ *}}max %[[MASKED]]
  %mx = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
  // CHECK: %[[P:.*]] = tile.map ins(%[[MASKED]]
  %p = tile.map ins(%s, %mx : !tile.tile<64x128xf32>, !tile.tile<64xf32>) maps [#id, #row] {
  ^bb0(%x: f32, %y: f32, %i: index, %j: index):
    %d = arith.subf %x, %y : f32
    %z = math.exp2 %d : f32
    tile.yield %z : f32
  } -> !tile.tile<64x128xf32>
  // CHECK: tile.reduce {{ *}}add %[[P]]
  %l = tile.reduce add %p axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
  %pb = tile.map ins(%p : !tile.tile<64x128xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !tile.tile<64x128xbf16>
  // CHECK-NOT: scf.if
  %o = tile.dot %pb, %kt, %o0 {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<64x128xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x64xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>

// A soft cap turns -inf into a finite number: the sum needs its own mask, and the
// maximum is not masked before the cap. The extent 256 is a multiple of the tile:
// nothing to mask in @whole.
// CHECK-LABEL: tile.kernel @soft_cap
tile.kernel @soft_cap(%q: memref<256x64xbf16>, %k: memref<?x64xbf16>) grid(%m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<256x64xbf16> -> !tile.view<256x64xbf16>
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %qt = tile.load %qv[%c0, %c0] : !tile.view<256x64xbf16> -> !tile.tile<64x64xbf16>
  %kt = tile.load %kv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
  %s0 = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
  %s = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
  // CHECK: %[[T:.*]] = tile.map
  // CHECK:   math.tanh
  %t = tile.map ins(%s : !tile.tile<64x128xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = math.tanh %x : f32
    tile.yield %z : f32
  } -> !tile.tile<64x128xf32>
  // CHECK: %[[Z:.*]] = arith.constant 0.0{{.*}} : f32
  // CHECK: %[[FOR_SUM:.*]] = scf.if
  // CHECK:   tile.map ins(%[[T]]
  // CHECK:   arith.select %{{.*}}, %{{.*}}, %[[Z]]
  // CHECK: tile.reduce {{ *}}add %[[FOR_SUM]]
  %l = tile.reduce add %t axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
}

// CHECK-LABEL: tile.kernel @whole
// CHECK-NOT: scf.if
// CHECK: tile.reduce
tile.kernel @whole(%q: memref<256x64xbf16>, %k: memref<256x64xbf16>) grid(%m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %j0 = arith.muli %m, %c128 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<256x64xbf16> -> !tile.view<256x64xbf16>
  %kv = tile.view %k dims [0, 1] at [] : memref<256x64xbf16> -> !tile.view<256x64xbf16>
  %qt = tile.load %qv[%c0, %c0] : !tile.view<256x64xbf16> -> !tile.tile<64x64xbf16>
  %kt = tile.load %kv[%j0, %c0] : !tile.view<256x64xbf16> -> !tile.tile<128x64xbf16>
  %s0 = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
  %s = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
  %l = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
}

// -----

#schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>
!t = !tile.tile<64x128xf32>
tile.kernel @left_the_loop(%k: memref<?x128xf32>) grid(%m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %kv = tile.view %k dims [0, 1] at [] : memref<?x128xf32> -> !tile.view<?x128xf32>
  %s0 = tile.splat %zero : f32 -> !t
  %t = scf.for %j = %c0 to %c4 step %c1 iter_args(%old = %s0) -> (!t) {
    %new = tile.load %kv[%j, %c0] : !tile.view<?x128xf32> -> !t
    scf.yield %new : !t
  }
  // expected-error @+1 {{folds axis 0 of a tile whose end was left with the loop that loaded it; fold it inside that loop}}
  %l = tile.reduce add %t axis 0 : !t -> !tile.tile<128xf32>
}

// -----

// CHECK-LABEL: tile.kernel @largest
// CHECK: %[[N:.*]] = memref.dim
// CHECK: scf.if
// CHECK: arith.cmpi slt, %{{.*}}, %[[N]]
// CHECK: tile.reduce
// DOC-BEGIN: pipe-mask-ragged --pipe-mask-ragged
tile.kernel @largest(%q: memref<64x64xbf16>, %k: memref<?x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %a = tile.load %qv[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<64x64xbf16>
  %b = tile.load %kv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
  %z = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
  %s = tile.dot %a, %b, %z {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]}
    : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
  %l = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
}
// DOC-SHOW: scf.if
// DOC-END

// -----

// The ragged tile of a full range goes to the partial one behind it, which may be
// empty with an end before its beginning: it then ends where the full range did.
// CHECK-LABEL: tile.kernel @behind
// CHECK-SAME: %[[FULL:[a-z0-9]+]]: index, %[[END:[a-z0-9]+]]: index
// CHECK: %[[WHOLE:.*]] = arith.divui %{{.*}}, %{{.*}}
// CHECK: %[[LEAST:.*]] = arith.minsi %[[FULL]], %[[WHOLE]]
// CHECK: %[[CUT:.*]] = arith.maxsi %c0, %[[LEAST]]
// CHECK-DAG: %[[LAST:.*]] = arith.maxsi %[[FULL]], %[[END]]
// CHECK-DAG: %[[FIRST:.*]] = arith.minsi %[[FULL]], %[[CUT]]
// CHECK: tile.walk.ranges(%c0, %[[FIRST]]) to(%[[CUT]], %[[LAST]]) {partial = array<i1: false, true>}
tile.kernel @behind(%q: memref<64x64xbf16>, %k: memref<?x64xbf16>, %full: index, %end: index)
    grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %n = memref.dim %k, %c0 : memref<?x64xbf16>
  %kv = tile.view %k dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %a = tile.load %qv[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<64x64xbf16>
  %w = tile.walk.ranges(%c0, %full) to(%full, %end) {partial = array<i1: false, true>}
  %size = tile.walk.size %w
  scf.for %p = %c0 to %size step %c1 {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c128 : index
    %b = tile.load %kv[%j0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
    %z = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
    %s = tile.dot %a, %b, %z {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
        affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]}
      : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
    %l = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
  }
}
