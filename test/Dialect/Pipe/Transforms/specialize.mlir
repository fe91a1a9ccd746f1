// RUN: fovea-opt %s --pipe-specialize --pipe-verify --split-input-file --verify-diagnostics | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 3, groups = 1, producer_regs = 24, consumer_regs = 240>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!out = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
!view = !tile.view<?x64xbf16>

// CHECK-LABEL: tile.kernel @sum_of_products
tile.kernel @sum_of_products(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>,
    %o: memref<?x64xbf16>) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  // Scalars, views and walks stay before the roles.
  // CHECK: %[[QV:.*]] = tile.view %{{.*}} dims
  // CHECK: %[[KV:.*]] = tile.view %{{.*}} dims
  // CHECK: %[[N:.*]] = arith.ceildivsi
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %ov = tile.view %o dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %skv = memref.dim %k, %c0 : memref<?x64xbf16>
  %n = arith.ceildivsi %skv, %c64 : index
  %r0 = arith.muli %m, %c64 : index
  // CHECK: %[[QR:.*]] = pipe.ring readers(1) : <1 x <64x64xbf16
  // CHECK: %[[KR:.*]] = pipe.ring readers(1) : <3 x <64x64xbf16
  // CHECK: %[[B:.*]] = pipe.buffer
  // CHECK: pipe.role {{ *}}load groups(1) registers(24)
  // CHECK:   %[[Q0:.*]] = pipe.start %[[QR]]
  // CHECK:   %[[K0:.*]] = pipe.start %[[KR]]
  // CHECK:   pipe.acquire %[[QR]][%[[Q0]]]
  // CHECK:   pipe.fill %{{.*}}, %[[QV]]
  // CHECK:   scf.for %{{.*}} = %{{.*}} to %[[N]] {{.*}} iter_args(%[[C:.*]] = %[[K0]]) -> (!pipe.cursor)
  // CHECK-NEXT: arith.muli
  // CHECK-NEXT: %[[S:.*]], %[[NEXT:.*]] = pipe.acquire %[[KR]][%[[C]]]
  // CHECK-NEXT: pipe.fill %[[S]], %[[KV]]
  // CHECK-NEXT: scf.yield %[[NEXT]]
  // CHECK-NOT: tile.splat
  // CHECK: pipe.role {{ *}}math groups(1) registers(240)
  // The queries are held over the loop.
  // CHECK:   %[[QS:.*]], %{{.*}} = pipe.take %[[QR]]
  // CHECK:   %[[Q:.*]] = pipe.read %[[QS]]
  %qt = tile.load %qv[%r0, %c0] : !view -> !shared
  %s0 = tile.splat %zero : f32 -> !acc
  // CHECK:   scf.for
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%si = %s0) -> (!acc) {
    // CHECK: %[[KS:.*]], %{{.*}} = pipe.take %[[KR]]
    // CHECK: %[[K:.*]] = pipe.read %[[KS]]
    // CHECK: %[[D:.*]] = pipe.dot %[[Q]], %[[K]]
    // CHECK: pipe.await %[[D]]
    // CHECK: pipe.release %[[KS]]
    // CHECK: scf.yield
    %j0 = arith.muli %i, %c64 : index
    %kt = tile.load %kv[%j0, %c0] : !view -> !shared
    %s1 = tile.dot %qt, %kt, %si {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
    scf.yield %s1 : !acc
  }
  // CHECK:   pipe.release %[[QS]]
  %ob = tile.map ins(%s : !acc) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !out
  // CHECK:   pipe.store %{{.*}}, %[[B]]
  tile.store %ob, %ov[%r0, %c0] : !out, !view
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!view = !tile.view<?x64xbf16>

// Rows of values beyond a length are cleared: they are contracted. Keys are not.
// A limit that the tensor map has needs nothing.

// CHECK-LABEL: tile.kernel @lengths
// CHECK-SAME: %{{.*}}: index, %[[N:.*]]: index
// CHECK: pipe.role {{ *}}math
// CHECK: pipe.take
// CHECK: %[[KS:.*]], %{{.*}} = pipe.take
// CHECK-NEXT: pipe.read %[[KS]]
// CHECK-NEXT: %[[D:.*]] = pipe.dot
// CHECK-NEXT: pipe.await %[[D]]
// CHECK: pipe.release %[[KS]]
// CHECK: %[[VS:.*]], %{{.*}} = pipe.take
// CHECK-NEXT: %[[V:.*]] = pipe.read %[[VS]]
// CHECK-NEXT: %[[FIRST:.*]] = arith.subi %[[N]], %[[J:.*]] : index
// CHECK-NEXT: pipe.clear %[[VS]] from %[[FIRST]]
// CHECK-NEXT: pipe.dot %{{.*}}, %[[V]]
// CHECK: pipe.take
// CHECK-NEXT: pipe.read
// CHECK-NEXT: pipe.dot
tile.kernel @lengths(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>, %v: memref<?x64xbf16>,
    %j: index, %n: index) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 3, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %size = memref.dim %k, %c0 : memref<?x64xbf16>
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %kv = tile.view %k dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !view
  %vv = tile.view %v dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !view
  %wv = tile.view %v dims [0, 1] at [] limit %size : memref<?x64xbf16> -> !view
  %qt = tile.load %qv[%c0, %c0] : !view -> !shared
  %kt = tile.load %kv[%j, %c0] : !view -> !shared
  %vt = tile.load %vv[%j, %c0] : !view -> !shared
  %wt = tile.load %wv[%j, %c0] : !view -> !shared
  %s0 = tile.splat %zero : f32 -> !acc
  %s = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
  %p = tile.map ins(%s : !acc) maps [#id] {
  ^bb0(%x: f32, %i0: index, %j0: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !tile.tile<64x64xbf16, #pipe.a_reg<groups = 1, bits = 16>>
  %o0 = tile.splat %zero : f32 -> !acc
  %o = tile.dot %p, %vt, %o0 {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<64x64xbf16, #pipe.a_reg<groups = 1, bits = 16>>, !shared, !acc
  %u = tile.dot %p, %wt, %o {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<64x64xbf16, #pipe.a_reg<groups = 1, bits = 16>>, !shared, !acc
}

// -----

#id = affine_map<(i, j) -> (i, j)>
tile.kernel @no_layouts(%q: memref<?x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 3, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  // expected-error @+1 {{the tile '!tile.tile<64x64xbf16>' has no layout; run pipe-assign-layouts first}}
  %qt = tile.load %qv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<64x64xbf16>
  tile.store %qt, %qv[%c0, %c0] : !tile.tile<64x64xbf16>, !tile.view<?x64xbf16>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!view = !tile.view<?x64xbf16>
tile.kernel @load_under_if(%q: memref<?x64xbf16>, %p: i1) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 3, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %s0 = tile.splat %zero : f32 -> !acc
  %s = scf.if %p -> (!acc) {
    // expected-error @+1 {{a load under 'scf.if' is not supported on this target; load it unconditionally}}
    %qt = tile.load %qv[%c0, %c0] : !view -> !shared
    %s1 = tile.dot %qt, %qt, %s0 {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
    scf.yield %s1 : !acc
  } else {
    scf.yield %s0 : !acc
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<256x256xbf16, #pipe.smem<swizzle = 128>>
!a = !tile.tile<64x256xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x256xf32, #pipe.acc<groups = 1>>
!view = !tile.view<?x256xbf16>
// expected-error @+1 {{the rings and buffers need 426048 bytes of shared memory, a multiprocessor has 232448; lower stages (3) or key_tile (256)}}
tile.kernel @too_large(%q: memref<?x256xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 256, stages = 3, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x256xbf16> -> !view
  %s0 = tile.splat %zero : f32 -> !acc
  %qt = tile.load %qv[%c0, %c0] : !view -> !a
  %s = scf.for %i = %c0 to %c4 step %c1 iter_args(%si = %s0) -> (!acc) {
    %kt = tile.load %qv[%i, %c0] : !view -> !shared
    %s1 = tile.dot %qt, %kt, %si {indexing_maps = [#mk, #nk, #mn]} : !a, !shared, !acc
    scf.yield %s1 : !acc
  }
}

// -----

// CHECK-LABEL: tile.kernel @product
// CHECK: pipe.role {{ *}}load
// CHECK: pipe.fill
// CHECK: pipe.role {{ *}}math
// CHECK: pipe.dot
// CHECK: pipe.await
// CHECK: pipe.release
// DOC-BEGIN: pipe-specialize --pipe-specialize
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @product(%a: memref<64x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %t = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !shared
  %z = tile.splat %zero : f32 -> !acc
  %s = tile.dot %t, %t, %z {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} : !shared, !shared, !acc
}
// DOC-END

// -----

tile.kernel @specialized() grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  // expected-error @+1 {{the kernel is divided into roles already}}
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

// The result leaves through the queries' slot, which has no second one though the
// kernel is persistent.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!out = !tile.tile<64x64xf16, #pipe.acc<groups = 1>>

// CHECK-LABEL: tile.kernel @reuse
// CHECK: %[[Q:.*]] = pipe.ring readers(1) : <1 x <64x64xbf16
// CHECK-NOT: pipe.buffer
// CHECK: pipe.role {{ *}}math
// CHECK: %[[S:.*]], %{{.*}} = pipe.take %[[Q]]
// CHECK: pipe.await
// CHECK: pipe.store %{{.*}}, %[[S]], %{{.*}} : <64x64xf16, #pipe.acc<groups = 1>>, !pipe.slot<<64x64xbf16
// CHECK: pipe.release %[[S]]
tile.kernel @reuse(%a: memref<64x64xbf16>, %o: memref<64x64xf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240,
                   persistent = true, reuse_queries = true>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %ov = tile.view %o dims [0, 1] at [] : memref<64x64xf16> -> !tile.view<64x64xf16>
  %t = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !shared
  %z = tile.splat %zero : f32 -> !acc
  %s = tile.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]} : !shared, !shared, !acc
  %h = tile.map ins(%s : !acc) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %y = arith.truncf %x : f32 to f16
    tile.yield %y : f16
  } -> !out
  tile.store %h, %ov[%c0, %c0] : !out, !tile.view<64x64xf16>
}

// -----

// Nothing is loaded whose place the result could take.

// CHECK-LABEL: tile.kernel @no_room
// CHECK: %[[B:.*]] = pipe.buffer
// CHECK: pipe.store %{{.*}}, %[[B]]
!out = !tile.tile<64x128xbf16, #pipe.acc<groups = 1>>
tile.kernel @no_room(%o: memref<64x128xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240,
                   reuse_queries = true>} {
  %c0 = arith.constant 0 : index
  %half = arith.constant 0.5 : bf16
  %ov = tile.view %o dims [0, 1] at [] : memref<64x128xbf16> -> !tile.view<64x128xbf16>
  %h = tile.splat %half : bf16 -> !out
  tile.store %h, %ov[%c0, %c0] : !out, !tile.view<64x128xbf16>
}

// -----

// Elements of 32 bits go from registers to memory.

// CHECK-LABEL: tile.kernel @f32
// CHECK-NOT: pipe.buffer
// CHECK: tile.store %{{.*}} : <64x128xf32, #pipe.acc<groups = 1>>, <64x128xf32>
!out = !tile.tile<64x128xf32, #pipe.acc<groups = 1>>
tile.kernel @f32(%o: memref<64x128xf32>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %half = arith.constant 0.5 : f32
  %ov = tile.view %o dims [0, 1] at [] : memref<64x128xf32> -> !tile.view<64x128xf32>
  %h = tile.splat %half : f32 -> !out
  tile.store %h, %ov[%c0, %c0] : !out, !tile.view<64x128xf32>
}
