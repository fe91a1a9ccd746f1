// RUN: fovea-opt %s --pipe-take-turns | FileCheck %s --check-prefix=SMALL
// RUN: fovea-opt %S/../../../Target/PTX/dense-bf16-d128.mlir -o %t.mlir
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, turns = true/' %t.mlir \
// RUN:   | fovea-opt --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize \
// RUN:     --pipe-pipeline --pipe-take-turns --pipe-verify | FileCheck %s
// RUN: fovea-opt %t.mlir --pipe-mask-ragged --pipe-assign-layouts \
// RUN:   --pipe-specialize --pipe-pipeline --pipe-take-turns \
// RUN:   | FileCheck %s --check-prefix=OFF

// Both products of a step start in the group's turn; keys are waited for before
// it, scores after it.
// CHECK: pipe.role math
// CHECK: scf.for
// CHECK: pipe.take
// CHECK: %[[TURN:.*]] = pipe.wait_turn
// CHECK-NEXT: pipe.dot
// CHECK: pipe.dot
// CHECK-NEXT: pipe.pass_turn %[[TURN]]
// CHECK-NEXT: pipe.await
// CHECK-NOT: pipe.wait_turn

// OFF-NOT: pipe.wait_turn

// SMALL-LABEL: tile.kernel @two_products
// SMALL: pipe.wait_turn
// SMALL-NEXT: pipe.dot
// SMALL-NEXT: pipe.dot
// SMALL-NEXT: pipe.pass_turn
// DOC-BEGIN: pipe-take-turns --pipe-take-turns
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<128x128xf32, #pipe.acc<groups = 2>>
tile.kernel @two_products(%v: memref<?x64xbf16>, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, turns = true>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %view = tile.view %v dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(2) : !pipe.ring<1 x !shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %c = pipe.start %ring : !pipe.ring<1 x !shared>
    %slot, %next = pipe.acquire %ring[%c] : !pipe.ring<1 x !shared> -> !pipe.slot<!shared, write>
    pipe.fill %slot, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    %c = pipe.start %ring : !pipe.ring<1 x !shared>
    %slot, %next = pipe.take %ring[%c] : !pipe.ring<1 x !shared> -> !pipe.slot<!shared, read>
    %t = pipe.read %slot : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    scf.for %i = %c0 to %n step %c1 {
      %p = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc -> !pipe.pending<!acc>
      %q = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc -> !pipe.pending<!acc>
      %s = pipe.await %p : !pipe.pending<!acc>
      %u = pipe.await %q : !pipe.pending<!acc>
    }
    pipe.release %slot : !pipe.slot<!shared, read>
  }
}
// DOC-SHOW: scf.for
// DOC-END
