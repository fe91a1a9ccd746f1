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
  // expected-error @+1 {{on a CPU rows are in lanes: only axis 1 is folded}}
  %s = tile.reduce add %t axis 0 : !tile.tile<16x16xf32> -> !tile.tile<16xf32>
}
