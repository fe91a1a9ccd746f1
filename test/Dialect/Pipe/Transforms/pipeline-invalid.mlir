// RUN: fovea-opt %s --pipe-assign-layouts --pipe-specialize --pipe-pipeline --verify-diagnostics

// An index that reaches the step after the next one.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
!view = !tile.view<?x64xbf16>
!tile = !tile.tile<64x64xbf16>
!acc = !tile.tile<64x64xf32>
tile.kernel @distance(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %v: memref<?x64xbf16>, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %vv = tile.view %v dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %qt = tile.load %qv[%c0, %c0] : !view -> !tile
  %z = tile.splat %zero : f32 -> !acc
  // expected-error @+1 {{this loop cannot be pipelined; set overlap = false in the schedule}}
  %o:3 = scf.for %j = %c0 to %n step %c1 iter_args(%oi = %z, %a = %zero, %b = %zero) -> (!acc, f32, f32) {
    %kt = tile.load %kv[%j, %c0] : !view -> !tile
    %s = tile.dot %qt, %kt, %z {indexing_maps = [#mk, #nk, #mn]} : !tile, !tile, !acc
    %p = tile.map ins(%s : !acc) maps [affine_map<(i, j) -> (i, j)>] {
    ^bb0(%x: f32, %r: index, %c: index):
      %w = arith.addf %x, %a : f32
      %y = arith.truncf %w : f32 to bf16
      tile.yield %y : bf16
    } -> !tile
    %vt = tile.load %vv[%j, %c0] : !view -> !tile
    %on = tile.dot %p, %vt, %oi {indexing_maps = [#mk, #kn, #mn]} : !tile, !tile, !acc
    %next = arith.addf %b, %zero : f32
    scf.yield %on, %b, %next : !acc, f32, f32
  }
}
