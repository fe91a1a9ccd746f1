// RUN: fovea-opt %s --pipe-skip-tiles --pipe-verify --canonicalize | FileCheck %s
// RUN: fovea-opt %S/Inputs/window-d64.mlir --fovea-cuda-tile-stage=target=cuda --pipe-mask-ragged --pipe-assign-layouts \
// RUN:   --pipe-stage-diagonals --pipe-specialize --pipe-skip-tiles --pipe-verify -o %t.mlir
// RUN: FileCheck %s --check-prefix=WINDOW --input-file=%t.mlir
// RUN: fovea-opt %t.mlir --pipe-pipeline --canonicalize --pipe-verify --pipe-take-turns --pipe-verify \
// RUN:   --pipe-split-walk --canonicalize --cse --pipe-verify --pipe-simulate="extents=1,65,200,513,1000 interleavings=20" -o /dev/null

// A window's ranges are partial, full, partial: both partial ones come first. What a group
// does not see of the first it gives back before its own tiles.
// WINDOW: tile.walk.ranges{{.*}} {partial = array<i1: true, true, false>}
// WINDOW: pipe.role math groups(3)
// WINDOW: scf.if
// WINDOW: scf.for %{{.*}} = %{{.*}} to %[[LOW:.*]] step
// WINDOW-NEXT: pipe.take
// WINDOW-NEXT: pipe.take
// WINDOW-NEXT: pipe.release
// WINDOW-NEXT: pipe.release
// WINDOW: scf.for %{{.*}} = %[[LOW]] to
// WINDOW: pipe.dot

// Two masks of the same scores, side by side: a tile that one hides the other may show.
// Rows alone are skipped.
// CHECK-LABEL: tile.kernel @two_masks
// CHECK: pipe.role math
// CHECK-NOT: arith.floordivsi
// CHECK: scf.for
// CHECK: pipe.dot
// CHECK: scf.for
#i = affine_map<(i) -> (i)>
#ij = affine_map<(i, j) -> (i, j)>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!keys = !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>
!queries = !tile.tile<192x64xbf16, #pipe.smem<swizzle = 128>>
!maxima = !tile.tile<192xf32, #pipe.slice<axis = 1, parent = #pipe.acc<groups = 3>>>
!scores = !tile.tile<192x128xf32, #pipe.acc<groups = 3>>
tile.kernel @two_masks(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %o: memref<?xf32>, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, consumer_regs = 160, skip = true>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %c192 = arith.constant 192 : index
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0xFF800000 : f32
  %row = arith.muli %m, %c192 : index
  %qs = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ks = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %out = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %walk = tile.walk.ranges(%c0) to(%n) {partial = array<i1: true>}
  %size = tile.walk.size %walk
  %queries = pipe.ring readers(3) : !pipe.ring<1 x !queries>
  %keys = pipe.ring readers(3) : !pipe.ring<2 x !keys>
  pipe.role load groups(1) registers(32) {
  ^bb0(%g: index):
    %a = pipe.start %queries : !pipe.ring<1 x !queries>
    %b = pipe.start %keys : !pipe.ring<2 x !keys>
    %slot, %a1 = pipe.acquire %queries[%a] : !pipe.ring<1 x !queries> -> !pipe.slot<!queries, write>
    pipe.fill %slot, %qs[%row, %c0] : !pipe.slot<!queries, write>, !tile.view<?x64xbf16>
    %end = scf.for %p = %c0 to %size step %c1 iter_args(%c = %b) -> (!pipe.cursor) {
      %tile, %partial = tile.walk.at %walk[%p]
      %column = arith.muli %tile, %c128 : index
      %s, %next = pipe.acquire %keys[%c] : !pipe.ring<2 x !keys> -> !pipe.slot<!keys, write>
      pipe.fill %s, %ks[%column, %c0] : !pipe.slot<!keys, write>, !tile.view<?x64xbf16>
      scf.yield %next : !pipe.cursor
    }
  }
  pipe.role math groups(3) registers(160) {
  ^bb0(%g: index):
    %a = pipe.start %queries : !pipe.ring<1 x !queries>
    %b = pipe.start %keys : !pipe.ring<2 x !keys>
    %z = tile.splat %zero : f32 -> !scores
    %low = tile.splat %none : f32 -> !maxima
    %slot, %a1 = pipe.take %queries[%a] : !pipe.ring<1 x !queries> -> !pipe.slot<!queries, read>
    %qt = pipe.read %slot : !pipe.slot<!queries, read>
    %end:2 = scf.for %p = %c0 to %size step %c1 iter_args(%c = %b, %top = %low) -> (!pipe.cursor, !maxima) {
      %tile, %partial = tile.walk.at %walk[%p]
      %column = arith.muli %tile, %c128 : index
      %s, %next = pipe.take %keys[%c] : !pipe.ring<2 x !keys> -> !pipe.slot<!keys, read>
      %kt = pipe.read %s : !pipe.slot<!keys, read>
      %d = pipe.dot %qt, %kt, %z {indexing_maps = [#mk, #nk, #mn]} : !queries, !keys, !scores -> !pipe.pending<!scores>
      %x = pipe.await %d : !pipe.pending<!scores>
      pipe.release %s : !pipe.slot<!keys, read>
      %masked = scf.if %partial -> (!scores) {
        %y = tile.map ins(%x : !scores) maps [#ij] origin(%row, %column) {
        ^bb0(%e: f32, %i: index, %j: index):
          %visible = arith.cmpi sle, %j, %i : index
          %f = arith.select %visible, %e, %none : f32
          tile.yield %f : f32
        } -> !scores
        scf.yield %y : !scores
      } else {
        scf.yield %x : !scores
      }
      %masked2 = scf.if %partial -> (!scores) {
        %y = tile.map ins(%x : !scores) maps [#ij] origin(%row, %column) {
        ^bb0(%e: f32, %i: index, %j: index):
          %visible = arith.cmpi sge, %j, %i : index
          %f = arith.select %visible, %e, %none : f32
          tile.yield %f : f32
        } -> !scores
        scf.yield %y : !scores
      } else {
        scf.yield %x : !scores
      }
      %tops1 = tile.reduce max %masked axis 1 : !scores -> !maxima
      %tops2 = tile.reduce max %masked2 axis 1 : !scores -> !maxima
      %tops = tile.map ins(%tops1, %tops2 : !maxima, !maxima) maps [#i, #i] {
      ^bb0(%e: f32, %f: f32, %i: index):
        %h = arith.maxnumf %e, %f : f32
        tile.yield %h : f32
      } -> !maxima
      %higher = tile.map ins(%top, %tops : !maxima, !maxima) maps [#i, #i] {
      ^bb0(%e: f32, %f: f32, %i: index):
        %h = arith.maxnumf %e, %f : f32
        tile.yield %h : f32
      } -> !maxima
      scf.yield %next, %higher : !pipe.cursor, !maxima
    }
    pipe.release %slot : !pipe.slot<!queries, read>
    tile.store %end#1, %out[%row] : !maxima, !tile.view<?xf32>
  }
}
