// RUN: fovea-opt %s --pipe-assign-layouts --split-input-file --verify-diagnostics | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>

// CHECK-LABEL: tile.kernel @chain
tile.kernel @chain(%q: memref<?x64xbf16>, %k: memref<?x64xbf16>) grid(%m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  // CHECK: tile.load {{.*}} -> <64x64xbf16, #pipe.smem<swizzle = 128>>
  %qt = tile.load %qv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<64x64xbf16>
  // CHECK: tile.load {{.*}} -> <128x64xbf16, #pipe.smem<swizzle = 128>>
  %kt = tile.load %kv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
  %s0 = tile.splat %zero : f32 -> !tile.tile<64x128xf32>
  // A constant tile is made once for each use, so that uses may differ.
  // CHECK-COUNT-3: tile.splat {{.*}} -> <64x64xf32, #pipe.acc<groups = 1>>
  %o0 = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  // CHECK: tile.splat {{.*}} -> <64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  %l0 = tile.splat %zero : f32 -> !tile.tile<64xf32>
  %s = tile.dot %qt, %kt, %s0 {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<64x64xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x128xf32>
  // CHECK: tile.reduce {{.*}} -> <64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  %mx = tile.reduce max %s axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
  // CHECK: arith.truncf
  // CHECK: -> <64x128xbf16, #pipe.a_reg<groups = 1, bits = 16>>
  %pb = tile.map ins(%s, %mx : !tile.tile<64x128xf32>, !tile.tile<64xf32>) maps [#id, #row] {
  ^bb0(%x: f32, %y: f32, %i: index, %j: index):
    %d = arith.subf %x, %y : f32
    %z = arith.truncf %d : f32 to bf16
    tile.yield %z : bf16
  } -> !tile.tile<64x128xbf16>
  // CHECK: scf.for {{.*}} -> (!tile.tile<64x64xf32, #pipe.acc<groups = 1>>, !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>)
  %o, %l = scf.for %i = %c0 to %c1 step %c1 iter_args(%oi = %o0, %li = %l0)
      -> (!tile.tile<64x64xf32>, !tile.tile<64xf32>) {
    %o1 = tile.dot %pb, %kt, %oi {indexing_maps = [#mk, #kn, #mn]}
      : !tile.tile<64x128xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x64xf32>
    scf.yield %o1, %mx : !tile.tile<64x64xf32>, !tile.tile<64xf32>
  }
  %u1 = tile.map ins(%o0 : !tile.tile<64x64xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    tile.yield %x : f32
  } -> !tile.tile<64x64xf32>
  %u2 = tile.map ins(%o0 : !tile.tile<64x64xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    tile.yield %x : f32
  } -> !tile.tile<64x64xf32>
}

// CHECK-LABEL: tile.kernel @for_another_target
// CHECK: tile.load {{.*}} -> <64x64xbf16>
tile.kernel @for_another_target(%q: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %qt = tile.load %qv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<64x64xbf16>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
tile.kernel @loaded_bias(%q: memref<?x64xf32>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %qv = tile.view %q dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  // expected-error @+1 {{a loaded tile that is no operand of a product is not supported on this target}}
  %qt = tile.load %qv[%c0, %c0] : !tile.view<?x64xf32> -> !tile.tile<64x64xf32>
  %u = tile.map ins(%qt : !tile.tile<64x64xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    tile.yield %x : f32
  } -> !tile.tile<64x64xf32>
}

// -----

tile.kernel @unused_splat() grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{nothing decides the layout of the tile '!tile.tile<64xf32>'}}
  %l0 = tile.splat %zero : f32 -> !tile.tile<64xf32>
  %l = scf.for %i = %c0 to %c1 step %c1 iter_args(%li = %l0) -> (!tile.tile<64xf32>) {
    scf.yield %li : !tile.tile<64xf32>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
tile.kernel @two_layouts(%k: memref<?x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : bf16
  %zero = arith.constant 0.0 : f32
  %kv = tile.view %k dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %kt = tile.load %kv[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<128x64xbf16>
  %o0 = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  // expected-note @+1 {{it is defined here}}
  %p = tile.map ins() maps [] {
  ^bb0(%i: index, %j: index):
    tile.yield %one : bf16
  } -> !tile.tile<64x128xbf16>
  %o = tile.dot %p, %kt, %o0 {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<64x128xbf16>, !tile.tile<128x64xbf16>, !tile.tile<64x64xf32>
  // expected-error @+1 {{the tile '!tile.tile<64x128xbf16>' is needed as #pipe.acc<groups = 1> here and as #pipe.a_reg<groups = 1, bits = 16> elsewhere; compute it twice}}
  %u = tile.map ins(%p : !tile.tile<64x128xbf16>) maps [#id] {
  ^bb0(%x: bf16, %i: index, %j: index):
    tile.yield %x : bf16
  } -> !tile.tile<64x128xbf16>
}

// -----

// A stored tile of one axis is a slice of rows.
// CHECK-LABEL: tile.kernel @stored_rows
// CHECK: tile.store %{{.*}} : <64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>, <?xf32>
tile.kernel @stored_rows(%o: memref<?xf32>, %f: f32) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %ov = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %l0 = tile.splat %f : f32 -> !tile.tile<64xf32>
  tile.store %l0, %ov[%c0] : !tile.tile<64xf32>, !tile.view<?xf32>
}

// -----

// CHECK-LABEL: tile.kernel @product
// CHECK: tile.dot {{.*}} : <64x64xbf16, #pipe.smem<swizzle = 128>>, <64x64xbf16, #pipe.smem<swizzle = 128>>, <64x64xf32, #pipe.acc<groups = 1>>
// DOC-BEGIN: pipe-assign-layouts --pipe-assign-layouts
tile.kernel @product(%a: memref<64x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %t = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<64x64xbf16>
  %z = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  %s = tile.dot %t, %t, %z {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]}
    : !tile.tile<64x64xbf16>, !tile.tile<64x64xbf16>, !tile.tile<64x64xf32>
  %l = tile.reduce add %s axis 1 : !tile.tile<64x64xf32> -> !tile.tile<64xf32>
}
// DOC-END

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!tile = !tile.tile<64x64xbf16>
tile.kernel @computed_b(%a: memref<64x64xbf16>, %f: bf16) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %t = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !tile
  %b = tile.splat %f : bf16 -> !tile
  %z = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  // expected-error @+1 {{operand b of a product has to be loaded}}
  %s = tile.dot %t, %b, %z {indexing_maps = [#mk, #nk, #mn]} : !tile, !tile, !tile.tile<64x64xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!tile = !tile.tile<64x64xf32>
tile.kernel @wide_a(%a: memref<64x64xbf16>, %f: f32) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %t = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<64x64xbf16>
  %p = tile.splat %f : f32 -> !tile
  // expected-error @+1 {{a computed operand of a product has elements of 8 or 16 bits, got 32}}
  %s = tile.dot %p, %t, %p {indexing_maps = [#mk, #nk, #mn]} : !tile, !tile.tile<64x64xbf16>, !tile
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
tile.kernel @columns(%a: memref<64x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %q = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<64x64xbf16>
  %k = tile.load %v[%c0, %c0] : !tile.view<64x64xbf16> -> !tile.tile<12x64xbf16>
  // expected-error @+1 {{the tile '!tile.tile<64x12xf32>' cannot have the layout #pipe.acc<groups = 1>: a fragment of 1 groups has 64 rows and a multiple of 8 columns}}
  %z = tile.splat %zero : f32 -> !tile.tile<64x12xf32>
  %s = tile.dot %q, %k, %z {indexing_maps = [#mk, #nk, #mn]} : !tile.tile<64x64xbf16>, !tile.tile<12x64xbf16>, !tile.tile<64x12xf32>
}
