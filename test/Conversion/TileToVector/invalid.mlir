// RUN: fovea-opt %s --tile-to-vector --split-input-file --verify-diagnostics

// expected-error @+1 {{has no #tile.cpu_schedule; this pass lowers kernels for CPUs}}
tile.kernel @no_schedule(%a: memref<?x64xf32>) grid(%x) {
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
tile.kernel @fold_rows(%a: memref<16x16xf32>, %r: memref<16xf32>) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %t = tile.load %v[%c0, %c0] : !tile.view<16x16xf32> -> !tile.tile<16x16xf32>
  // expected-error @+1 {{on a CPU only axis 1 is folded}}
  %s = tile.reduce add %t axis 0 : !tile.tile<16x16xf32> -> !tile.tile<16xf32>
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
tile.kernel @row(%a: memref<16xf32>) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0] at [] : memref<16xf32> -> !tile.view<16xf32>
  // expected-error @+1 {{of one axis is not lowered for CPUs}}
  %t = tile.load %v[%c0] : !tile.view<16xf32> -> !tile.tile<16xf32>
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
tile.kernel @walk(%n: index) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %walk = tile.walk.ranges (%c0, %n) to (%n, %n) {partial = array<i1: false, true>}
  // expected-error @+1 {{stands on a walk of several ranges; run -tile-split-walk first}}
  %size = tile.walk.size %walk
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
tile.kernel @branch(%c: i1, %f: f32) grid(%x) attributes {schedule = #schedule} {
  %t = tile.splat %f : f32 -> !tile.tile<16x16xf32>
  // expected-error @+1 {{on tiles has no lowering for CPUs; run -tile-split-walk and -canonicalize first}}
  %u = scf.if %c -> !tile.tile<16x16xf32> {
    scf.yield %t : !tile.tile<16x16xf32>
  } else {
    scf.yield %t : !tile.tile<16x16xf32>
  }
}

// -----

#column = affine_map<(i, j) -> (j)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
tile.kernel @columns(%a: memref<16x16xf32>, %f: f32) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %s = tile.splat %f : f32 -> !tile.tile<16xf32>
  // expected-error @+1 {{reads '!tile.tile<16xf32>' along axis 1; on a CPU tiles of one axis run along axis 0}}
  %t = tile.map ins(%s : !tile.tile<16xf32>) maps [#column] {
  ^bb0(%e: f32, %i: index, %j: index):
    tile.yield %e : f32
  } -> !tile.tile<16x16xf32>
  tile.store %t, %v[%c0, %c0] : !tile.tile<16x16xf32>, !tile.view<16x16xf32>
}

// -----

#km = affine_map<(m, n, k) -> (k, m)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf32>
tile.kernel @transposed(%a: memref<16x16xf32>, %f: f32) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %q = tile.load %v[%c0, %c0] : !tile.view<16x16xf32> -> !t
  %z = tile.splat %f : f32 -> !t
  // expected-error @+1 {{on a CPU a is (m, k) and the result (m, n)}}
  %s = tile.dot %q, %q, %z {indexing_maps = [#km, #nk, #mn]} : !t, !t, !t
  tile.store %s, %v[%c0, %c0] : !t, !tile.view<16x16xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf32>
tile.kernel @computed(%a: memref<16x16xf32>, %f: f32) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %q = tile.load %v[%c0, %c0] : !tile.view<16x16xf32> -> !t
  %z = tile.splat %f : f32 -> !t
  // expected-error @+1 {{on a CPU b is a loaded tile}}
  %s = tile.dot %q, %z, %z {indexing_maps = [#mk, #nk, #mn]} : !t, !t, !t
  tile.store %s, %v[%c0, %c0] : !t, !tile.view<16x16xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf16>
tile.kernel @half(%a: memref<16x16xf16>, %f: f16) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf16> -> !tile.view<16x16xf16>
  %q = tile.load %v[%c0, %c0] : !tile.view<16x16xf16> -> !t
  %z = tile.splat %f : f16 -> !t
  // expected-error @+1 {{on a CPU products are added in f32}}
  %s = tile.dot %q, %q, %z {indexing_maps = [#mk, #nk, #mn]} : !t, !t, !t
  tile.store %s, %v[%c0, %c0] : !t, !tile.view<16x16xf16>
}

// -----

// Two products in one expression.
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf32>
tile.kernel @two(%a: memref<16x16xf32>, %f: f32) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %q = tile.load %v[%c0, %c0] : !tile.view<16x16xf32> -> !t
  %z = tile.splat %f : f32 -> !t
  %s = tile.dot %q, %q, %z {indexing_maps = [#mk, #nk, #mn]} : !t, !t, !t
  // expected-error @+1 {{cannot be computed on vectors here; products take part in one expression each}}
  %r = tile.dot %q, %q, %z {indexing_maps = [#mk, #nk, #mn]} : !t, !t, !t
  %u = tile.map ins(%s, %r : !t, !t) maps [#id, #id] {
  ^bb0(%e: f32, %g: f32, %i: index, %j: index):
    %y = arith.addf %e, %g : f32
    tile.yield %y : f32
  } -> !t
  tile.store %u, %v[%c0, %c0] : !t, !tile.view<16x16xf32>
}

// -----

// Tiles that change places in a loop.
#id = affine_map<(i, j) -> (i, j)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf32>
tile.kernel @swap(%a: memref<16x16xf32>, %f: f32, %n: index) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %y = tile.splat %f : f32 -> !t
  %z = tile.splat %f : f32 -> !t
  // expected-error @+1 {{yields tile 0 from another tile that it carries; on a CPU each carried tile is updated in place}}
  %r:2 = scf.for %k = %c0 to %n step %c1 iter_args(%p = %y, %q = %z) -> (!t, !t) {
    scf.yield %q, %p : !t, !t
  }
  tile.store %r#0, %v[%c0, %c0] : !t, !tile.view<16x16xf32>
}

// -----

#transposed = affine_map<(i, j) -> (j, i)>
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>
!t = !tile.tile<16x16xf32>
tile.kernel @transposed(%a: memref<16x16xf32>) grid(%x) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %v = tile.view %a dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %q = tile.load %v[%c0, %c0] : !tile.view<16x16xf32> -> !t
  // expected-error @+1 {{reads '!tile.tile<16x16xf32>' transposed; on a CPU tiles of two axes are read as they are}}
  %u = tile.map ins(%q : !t) maps [#transposed] {
  ^bb0(%e: f32, %i: index, %j: index):
    tile.yield %e : f32
  } -> !t
  tile.store %u, %v[%c0, %c0] : !t, !tile.view<16x16xf32>
}

// -----

tile.kernel @f(%x: f32, %n: index) grid(%m) attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 8, lanes = 8, rows = 4, vectors = 1>} {
  %o = tile.splat %x : f32 -> !tile.tile<8x8xf32, #tile.lanes<axis = 0, width = 8>>
  %l = tile.splat %x : f32 -> !tile.tile<8xf32, #tile.lanes<axis = 0, width = 8>>
  // expected-error @+1 {{needs a schedule of the kernel that says with split_to how many work items there may be}}
  %s:4 = tile.combine %o, %l, %l part %m of %n rows %n unit 1.0
      : !tile.tile<8x8xf32, #tile.lanes<axis = 0, width = 8>>, !tile.tile<8xf32, #tile.lanes<axis = 0, width = 8>>
}

// -----

tile.kernel @boxes(%a: memref<8x8x16xf32>) grid(%x) attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has boxes that reach beyond the grid or lie in one another, which are not stored on CPUs; move tokens back by attn.reorder}}
  %v = tile.view %a dims [0, 1, 2] at [] boxes [3, 4] : memref<8x8x16xf32> -> !tile.view<72x16xf32>
  %t = tile.load %v[%c0, %c0] : !tile.view<72x16xf32> -> !tile.tile<16x16xf32>
  tile.store %t, %v[%c0, %c0] : !tile.tile<16x16xf32>, !tile.view<72x16xf32>
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1, heads = 2>
// expected-error @+1 {{has a grid of one dimension and a schedule of 2 heads a work item; leave heads out}}
tile.kernel @no_heads(%a: memref<?x64xf32>) grid(%x) attributes {schedule = #schedule} {
}
