// RUN: fovea-opt %s --pass-pipeline='builtin.module(tile.kernel(tile-assign-layouts))' --split-input-file --verify-diagnostics

// A computed tile has the query rows along axis 0.

tile.kernel @f(%q: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 8, lanes = 8, rows = 4, vectors = 2>} {
  %zero = arith.constant 0.0 : f32
  %v = tile.view %q dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  // expected-error @+1 {{makes a tile with 24 rows in a kernel whose query_tile is 16}}
  %t = tile.splat %zero : f32 -> !tile.tile<24xf32>
  tile.store %t, %v[%x] : !tile.tile<24xf32>, !tile.view<?xf32>
}

// -----

// Columns fill vectors where they are in lanes.

tile.kernel @f(%q: memref<?x20xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 8, lanes = 8, rows = 2, vectors = 2, lane_axis = 1>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tile.view %q dims [0, 1] at [] : memref<?x20xf32> -> !tile.view<?x20xf32>
  // expected-error @+1 {{makes a tile with 20 columns in a kernel whose vectors hold 8 of them}}
  %t = tile.splat %zero : f32 -> !tile.tile<2x20xf32>
  tile.store %t, %v[%x, %c0] : !tile.tile<2x20xf32>, !tile.view<?x20xf32>
}
