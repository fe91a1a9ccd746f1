// The same kernel with and without overlap, as ptxas sees it.
// REQUIRES: ptxas
// RUN: fovea-opt %s --tile-to-nvptx | python3 %S/Inputs/extract_ptx.py > %t.ptx
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t.ptx -o %t.cubin 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, overlap = false/' %s \
// RUN:   | fovea-opt --tile-to-nvptx | python3 %S/Inputs/extract_ptx.py > %t.plain.ptx
// RUN: FileCheck %s --check-prefix=PLAIN --input-file=%t.plain.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t.plain.ptx -o %t.cubin 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"

// PTX: .visible .entry attention(
// PTX: .reqntid 384
// PTX: .minnctapersm 1
// PTX-DAG: setmaxnreg.dec.sync.aligned.u32 24
// PTX-DAG: setmaxnreg.inc.sync.aligned.u32 240
// In the loop the wait for the scores leaves the product with p in flight.
// PTX-DAG: wgmma.wait_group.sync.aligned 1

// Two waits in the loop over full tiles and in that over the ragged one.
// PLAIN-NOT: wgmma.wait_group.sync.aligned 1
// PLAIN-COUNT-4: wgmma.wait_group.sync.aligned 0
// PLAIN-NOT: wgmma.wait_group

// PTXAS: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#id1 = affine_map<(i) -> (i)>
!memref = memref<?x?x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>
!view = !tile.view<?x128xbf16>
!q = !tile.tile<128x128xbf16>
!s = !tile.tile<128x128xf32>
!r = !tile.tile<128xf32>

tile.kernel @attention(%q: !memref, %k: !memref, %v: !memref, %o: !memref)
    grid(%b, %h, %m) attributes {schedule = #pipe.schedule<query_tile = 128,
      key_tile = 128, stages = 2, groups = 2, producer_regs = 24,
      consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %minf = arith.constant 0xFF800000 : f32
  // log2(e) / sqrt(128)
  %c = arith.constant 0.127517432 : f32
  %qv = tile.view %q dims [2, 3] at [%b, %h] : !memref -> !view
  %kv = tile.view %k dims [2, 3] at [%b, %h] : !memref -> !view
  %vv = tile.view %v dims [2, 3] at [%b, %h] : !memref -> !view
  %ov = tile.view %o dims [2, 3] at [%b, %h] : !memref -> !view
  %r0 = arith.muli %m, %c128 : index
  %qt = tile.load %qv[%r0, %c0] : !view -> !q
  %o0 = tile.splat %zero : f32 -> !s
  %m0 = tile.splat %minf : f32 -> !r
  %l0 = tile.splat %zero : f32 -> !r
  %skv = memref.dim %k, %c2 : !memref
  %n = arith.ceildivsi %skv, %c128 : index
  %w = tile.walk.ranges (%c0) to (%n) {partial = array<i1: false>}
  %size = tile.walk.size %w
  %on, %mn, %ln = scf.for %p = %c0 to %size step %c1
      iter_args(%oi = %o0, %mi = %m0, %li = %l0) -> (!s, !r, !r) {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c128 : index
    %kt = tile.load %kv[%j0, %c0] : !view -> !q
    %s = tile.dot %qt, %kt, %o0 {indexing_maps = [#mk, #nk, #mn]} : !q, !q, !s
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
      %z = arith.truncf %x : f32 to bf16
      tile.yield %z : bf16
    } -> !q
    %vt = tile.load %vv[%j0, %c0] : !view -> !q
    %oa = tile.map ins(%oi, %alpha : !s, !r) maps [#id, #row] {
    ^bb0(%x: f32, %a: f32, %i: index, %j: index):
      %z = arith.mulf %x, %a : f32
      tile.yield %z : f32
    } -> !s
    %o1 = tile.dot %pb, %vt, %oa {indexing_maps = [#mk, #kn, #mn]} : !q, !q, !s
    scf.yield %o1, %m1, %l1 : !s, !r, !r
  }
  %of = tile.map ins(%on, %ln : !s, !r) maps [#id, #row] {
  ^bb0(%x: f32, %l: f32, %i: index, %j: index):
    %e = arith.cmpf oeq, %l, %zero : f32
    %inv = arith.divf %one, %l : f32
    %y = arith.mulf %x, %inv : f32
    %z = arith.select %e, %zero, %y : f32
    tile.yield %z : f32
  } -> !s
  %ob = tile.map ins(%of : !s) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !q
  tile.store %ob, %ov[%r0, %c0] : !q, !view
}
