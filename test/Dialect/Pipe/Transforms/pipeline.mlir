// RUN: fovea-opt %S/../../../Conversion/PipeToNVVM/dense-bf16.mlir \
// RUN:   --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize --pipe-pipeline --pipe-verify \
// RUN:   | FileCheck %s
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, overlap = false/' %S/../../../Conversion/PipeToNVVM/dense-bf16.mlir \
// RUN:   | fovea-opt --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize --pipe-pipeline --pipe-verify \
// RUN:   | FileCheck %s --check-prefix=PLAIN
// RUN: fovea-opt %s --pipe-assign-layouts --pipe-specialize --pipe-pipeline --pipe-verify \
// RUN:   | FileCheck %s --check-prefix=SMALL

// The loading role is left alone.
// CHECK: pipe.role {{ *}}load
// CHECK: scf.for
// CHECK: pipe.role {{ *}}math
// CHECK: %[[SOME:.*]] = arith.cmpi slt
// CHECK: scf.if %[[SOME]]
// Scores and softmax of the first step.
// CHECK:   pipe.take
// CHECK:   %[[S0:.*]] = pipe.dot
// CHECK:   pipe.await %[[S0]]
// CHECK:   pipe.release
// CHECK:   tile.reduce {{ *}}max
// CHECK:   tile.reduce {{ *}}add
// The loop: scores of the next step are started before the product of this one,
// and awaited before it.
// CHECK:   scf.for
// CHECK:     pipe.take %[[KEYS:[0-9a-z]+]]
// CHECK:     %[[S:.*]] = pipe.dot
// CHECK:     pipe.take %[[VALUES:[0-9a-z]+]]
// CHECK:     %[[O:.*]] = pipe.dot
// CHECK:     pipe.await %[[S]]
// CHECK:     pipe.release
// CHECK:     tile.reduce {{ *}}max
// CHECK:     tile.reduce {{ *}}add
// CHECK:     arith.truncf
// CHECK:     %[[OLD:.*]] = pipe.await %[[O]]
// CHECK:     pipe.release
// CHECK:     tile.map ins(%[[OLD]]
// CHECK:     scf.yield
// The product of the last step.
// CHECK:   pipe.take %[[VALUES]]
// CHECK:   pipe.dot
// CHECK:   pipe.await
// CHECK:   pipe.release
// CHECK:   scf.yield
// CHECK: else
// CHECK:   scf.yield
// CHECK-NOT: pipe.dot

// PLAIN: pipe.role {{ *}}math
// PLAIN-NOT: arith.cmpi slt
// PLAIN: scf.for
// PLAIN-COUNT-2: pipe.dot
// PLAIN-NOT: pipe.dot

// SMALL: pipe.role {{ *}}math
// SMALL: scf.if
// SMALL: scf.for
// SMALL-COUNT-2: pipe.dot
// SMALL-COUNT-2: pipe.await
// SMALL: scf.yield
// DOC-BEGIN: pipe-pipeline --pipe-assign-layouts --pipe-specialize --pipe-pipeline --canonicalize
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
!view = !tile.view<?x64xbf16>
!tile = !tile.tile<64x64xbf16>
!acc = !tile.tile<64x64xf32>
tile.kernel @products(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %v: memref<?x64xbf16>, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %vv = tile.view %v dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %qt = tile.load %qv[%c0, %c0] : !view -> !tile
  %z = tile.splat %zero : f32 -> !acc
  %o = scf.for %j = %c0 to %n step %c1 iter_args(%oi = %z) -> !acc {
    %kt = tile.load %kv[%j, %c0] : !view -> !tile
    %s = tile.dot %qt, %kt, %z {indexing_maps = [#mk, #nk, #mn]} : !tile, !tile, !acc
    %p = tile.map ins(%s : !acc) maps [affine_map<(i, j) -> (i, j)>] {
    ^bb0(%x: f32, %r: index, %c: index):
      %y = arith.truncf %x : f32 to bf16
      tile.yield %y : bf16
    } -> !tile
    %vt = tile.load %vv[%j, %c0] : !view -> !tile
    %on = tile.dot %p, %vt, %oi {indexing_maps = [#mk, #kn, #mn]} : !tile, !tile, !acc
    scf.yield %on : !acc
  }
}
// DOC-SHOW: scf.if
// DOC-END
