// RUN: fovea-opt %s | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --mlir-print-op-generic | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --emit-bytecode | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<2 x !shared>

// CHECK-LABEL: tile.kernel @product
tile.kernel @product(%a: memref<?x64xbf16>, %b: memref<?x64xbf16>,
                     %c: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %bv = tile.view %b dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %cv = tile.view %c dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  // CHECK: %[[RING:.*]] = pipe.ring readers(1) : <2 x <64x64xbf16, #pipe.smem<swizzle = 128>>>
  %ring = pipe.ring readers(1) : !ring
  // CHECK: %[[BUFFER:.*]] = pipe.buffer : <<64x64xbf16, #pipe.smem<swizzle = 128>>>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  // CHECK: pipe.role {{ *}}load groups(1) registers(24)
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    // CHECK: pipe.start %[[RING]]
    %p0 = pipe.start %ring : !ring
    // CHECK: pipe.acquire %[[RING]][%{{.*}}] : {{.*}} -> <<64x64xbf16, #pipe.smem<swizzle = 128>>, write>
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    // CHECK: pipe.fill %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}]
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %s1, %p2 = pipe.acquire %ring[%p1] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s1, %bv[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  // CHECK: pipe.role {{ *}}math groups(1) registers(240)
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    // CHECK: pipe.take %[[RING]][%{{.*}}] : {{.*}} -> <<64x64xbf16, #pipe.smem<swizzle = 128>>, read>
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    // CHECK: pipe.read %{{.*}} : <<64x64xbf16, #pipe.smem<swizzle = 128>>, read>
    %at = pipe.read %s0 : !pipe.slot<!shared, read>
    %s1, %p2 = pipe.take %ring[%p1] : !ring -> !pipe.slot<!shared, read>
    %bt = pipe.read %s1 : !pipe.slot<!shared, read>
    // CHECK: pipe.clear %{{.*}} from %{{.*}} : <<64x64xbf16, #pipe.smem<swizzle = 128>>, read>
    pipe.clear %s1 from %c0 : !pipe.slot<!shared, read>
    %acc = tile.splat %zero : f32 -> !acc
    %half = arith.constant 0.5 : bf16
    // CHECK: pipe.dot {{.*}} -> <<64x64xf32, #pipe.acc<groups = 1>>>
    %d = pipe.dot %at, %bt, %acc {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    // CHECK: pipe.await
    %r = pipe.await %d : !pipe.pending<!acc>
    // A slot can be stored through before it is given back.
    // CHECK: pipe.store %{{.*}}, %{{.*}}, %{{.*}} : <64x64xbf16, #pipe.acc<groups = 1>>, !pipe.slot<<64x64xbf16, #pipe.smem<swizzle = 128>>, read>, <?x64xbf16>
    %h = tile.splat %half : bf16 -> !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
    pipe.store %h, %s0, %cv[%c0, %c0]
        : !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>, !pipe.slot<!shared, read>,
          !tile.view<?x64xbf16>
    // CHECK: pipe.release
    pipe.release %s0 : !pipe.slot<!shared, read>
    pipe.release %s1 : !pipe.slot<!shared, read>
    %o = tile.map ins(%r : !acc) maps [affine_map<(i, j) -> (i, j)>] {
    ^bb0(%x: f32, %i: index, %j: index):
      %y = arith.truncf %x : f32 to bf16
      tile.yield %y : bf16
    } -> !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
    // CHECK: pipe.store %{{.*}}, %[[BUFFER]], %{{.*}}[%{{.*}}, %{{.*}}]
    pipe.store %o, %buffer, %cv[%c0, %c0]
        : !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>, !pipe.buffer<!shared>,
          !tile.view<?x64xbf16>
  }
}

// The end of a role is written in the generic form only.
// CHECK-LABEL: tile.kernel @turns
// GENERIC-LABEL: sym_name = "turns"
tile.kernel @turns() grid(%m) {
  // CHECK: pipe.role {{ *}}math groups(2) registers(240)
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    // CHECK: %[[TURN:.*]] = pipe.wait_turn
    // CHECK-NEXT: pipe.pass_turn %[[TURN]]
    %turn = pipe.wait_turn
    pipe.pass_turn %turn
    // GENERIC: "pipe.pass_turn"
    // GENERIC-NEXT: "pipe.end"() : () -> ()
  }
}

!sums = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>

// CHECK-LABEL: tile.kernel @combines
tile.kernel @combines(%x: f32, %n: index) grid(%m) {
  %buffer = pipe.buffer : <<64x96xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %o = tile.splat %x : f32 -> !sums
    %l = tile.splat %x : f32 -> !rows
    // CHECK: %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} = pipe.combine %{{.*}}, %{{.*}}, %{{.*}} part %{{.*}} of %{{.*}} rows %{{.*}} unit 2.000000e+00 through %{{.*}} : <64x64xf32, {{.*}}>, <64xf32, {{.*}}>, <<64x96xf32, {{.*}}>>
    %s, %t, %w, %last = pipe.combine %o, %l, %l part %m of %n rows %n unit 2.0 through %buffer
        : !sums, !rows, !pipe.buffer<<64x96xf32, #pipe.smem<swizzle = 128>>>
  }
}

!strip = !tile.tile<96xf32, #pipe.lanes>
!stored = !tile.tile<96xf32, #pipe.smem<swizzle = 0>>

// A strip that the loading role computes.
// CHECK-LABEL: tile.kernel @strips
tile.kernel @strips(%x: f32) grid(%m) {
  %ring = pipe.ring readers(1) : !pipe.ring<1 x !stored>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !pipe.ring<1 x !stored>
    %s0, %p1 = pipe.acquire %ring[%p0] : !pipe.ring<1 x !stored> -> !pipe.slot<!stored, write>
    %t = tile.map ins() maps [] {
    ^bb0(%e: index):
      tile.yield %x : f32
    } -> !strip
    // CHECK: pipe.put %{{.*}}, %{{.*}} : <96xf32, #pipe.lanes>, <<96xf32, #pipe.smem<swizzle = 0>>, write>
    pipe.put %t, %s0 : !strip, !pipe.slot<!stored, write>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !pipe.ring<1 x !stored>
    %s0, %p1 = pipe.take %ring[%p0] : !pipe.ring<1 x !stored> -> !pipe.slot<!stored, read>
    %t = pipe.read %s0 : !pipe.slot<!stored, read>
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      // CHECK: tile.extract %{{.*}}[%{{.*}}] : <96xf32, #pipe.smem<swizzle = 0>>
      %y = tile.extract %t[%i] : !stored
      tile.yield %y : f32
    } -> !acc
    pipe.release %s0 : !pipe.slot<!stored, read>
  }
}

// CHECK-LABEL: func.func private @layouts
// CHECK-SAME: #pipe.a_reg<groups = 2, bits = 16>
// CHECK-SAME: #pipe.slice<axis = 1, parent = <groups = 2>>
// CHECK-SAME: #pipe.slice<axis = 0, parent = <groups = 2>>
func.func private @layouts(
    !tile.tile<128x64xbf16, #pipe.a_reg<groups = 2, bits = 16>>,
    !tile.tile<128xf32, #pipe.slice<axis = 1, parent = <groups = 2>>>,
    !tile.tile<80xf32, #pipe.slice<axis = 0, parent = <groups = 2>>>)

// CHECK: #pipe.schedule<query_tile = 128, key_tile = 96, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, overlap = false>
module attributes {test.schedule = #pipe.schedule<query_tile = 128, key_tile = 96,
    stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240,
    overlap = false>} {}
