// f16, three groups of consumers, four query heads on one key head, soft cap.
// REQUIRES: ptxas
// RUN: fovea-opt %s --tile-to-nvptx | python3 %S/Inputs/extract_ptx.py > %t.ptx
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t.ptx -o %t.cubin 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"

// PTX: .reqntid 512
// PTX: m64n128k16.f32.f16.f16
// PTX: tanh.approx.f32
// PTX: m64n64k16.f32.f16.f16
// PTXAS: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#id1 = affine_map<(i) -> (i)>
!memref = memref<?x?x?x64xf16, strided<[?, ?, ?, 1], offset: ?>>
!view = !tile.view<?x64xf16>
!q = !tile.tile<192x64xf16>
!k = !tile.tile<128x64xf16>
!p = !tile.tile<192x128xf16>
!s = !tile.tile<192x128xf32>
!o = !tile.tile<192x64xf32>
!r = !tile.tile<192xf32>

tile.kernel @softcap_grouped(%q: !memref, %k: !memref, %v: !memref, %o: !memref,
    %cap: f32)
    grid(%b, %h, %m) attributes {schedule = #pipe.schedule<query_tile = 192,
      key_tile = 128, stages = 3, groups = 3, producer_regs = 32,
      consumer_regs = 160>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %minf = arith.constant 0xFF800000 : f32
  // cap * log2(e)
  %c = arith.constant 43.28 : f32
  %qv = tile.view %q dims [2, 3] at [%b, %h] : !memref -> !view
  %c4 = arith.constant 4 : index
  %hk = arith.divsi %h, %c4 : index
  %kv = tile.view %k dims [2, 3] at [%b, %hk] : !memref -> !view
  %vv = tile.view %v dims [2, 3] at [%b, %hk] : !memref -> !view
  %ov = tile.view %o dims [2, 3] at [%b, %h] : !memref -> !view
  %c192 = arith.constant 192 : index
  %r0 = arith.muli %m, %c192 : index
  %qt = tile.load %qv[%r0, %c0] : !view -> !q
  %o0 = tile.splat %zero : f32 -> !o
  %s0 = tile.splat %zero : f32 -> !s
  %m0 = tile.splat %minf : f32 -> !r
  %l0 = tile.splat %zero : f32 -> !r
  %skv = memref.dim %k, %c2 : !memref
  %n = arith.ceildivsi %skv, %c128 : index
  %w = tile.walk.ranges (%c0) to (%n) {partial = array<i1: false>}
  %size = tile.walk.size %w
  %on, %mn, %ln = scf.for %p = %c0 to %size step %c1
      iter_args(%oi = %o0, %mi = %m0, %li = %l0) -> (!o, !r, !r) {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c128 : index
    %kt = tile.load %kv[%j0, %c0] : !view -> !k
    %sr = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]} : !q, !k, !s
    %s = tile.map ins(%sr : !s) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      %y = arith.mulf %x, %cap : f32
      %z = math.tanh %y fastmath<afn> : f32
      tile.yield %z : f32
    } -> !s
    %mx = tile.reduce max %s axis 1 : !s -> !r
    %m1 = tile.map ins(%mi, %mx : !r, !r) maps [#id1, #id1] {
    ^bb0(%x: f32, %y: f32, %i: index):
      %z = arith.maxnumf %x, %y : f32
      tile.yield %z : f32
    } -> !r
    %ms = tile.map ins(%m1 : !r) maps [#id1] {
    ^bb0(%x: f32, %i: index):
      %e = arith.cmpf oeq, %x, %minf : f32
      %z = arith.select %e, %zero, %x : f32
      tile.yield %z : f32
    } -> !r
    %alpha = tile.map ins(%mi, %ms : !r, !r) maps [#id1, #id1] {
    ^bb0(%x: f32, %y: f32, %i: index):
      %d = arith.subf %x, %y : f32
      %e = arith.mulf %d, %c : f32
      %z = math.exp2 %e : f32
      tile.yield %z : f32
    } -> !r
    %pt = tile.map ins(%s, %ms : !s, !r) maps [#id, #row] {
    ^bb0(%x: f32, %y: f32, %i: index, %j: index):
      %d = arith.subf %x, %y : f32
      %e = arith.mulf %d, %c : f32
      %z = math.exp2 %e : f32
      tile.yield %z : f32
    } -> !s
    %ls = tile.reduce add %pt axis 1 : !s -> !r
    %l1 = tile.map ins(%li, %alpha, %ls : !r, !r, !r) maps [#id1, #id1, #id1] {
    ^bb0(%x: f32, %a: f32, %y: f32, %i: index):
      %d = arith.mulf %x, %a : f32
      %z = arith.addf %d, %y : f32
      tile.yield %z : f32
    } -> !r
    %pb = tile.map ins(%pt : !s) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      %z = arith.truncf %x : f32 to f16
      tile.yield %z : f16
    } -> !p
    %vt = tile.load %vv[%j0, %c0] : !view -> !k
    %oa = tile.map ins(%oi, %alpha : !o, !r) maps [#id, #row] {
    ^bb0(%x: f32, %a: f32, %i: index, %j: index):
      %z = arith.mulf %x, %a : f32
      tile.yield %z : f32
    } -> !o
    %o1 = tile.dot %pb, %vt, %oa {indexing_maps = [#mk, #kn, #mn]} : !p, !k, !o
    scf.yield %o1, %m1, %l1 : !o, !r, !r
  }
  %of = tile.map ins(%on, %ln : !o, !r) maps [#id, #row] {
  ^bb0(%x: f32, %l: f32, %i: index, %j: index):
    %e = arith.cmpf oeq, %l, %zero : f32
    %inv = arith.divf %one, %l : f32
    %y = arith.mulf %x, %inv : f32
    %z = arith.select %e, %zero, %y : f32
    tile.yield %z : f32
  } -> !o
  %ob = tile.map ins(%of : !o) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to f16
    tile.yield %z : f16
  } -> !q
  tile.store %ob, %ov[%r0, %c0] : !q, !view
}
