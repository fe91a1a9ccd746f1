// One decoding step: one new token for each of B sequences attends to all keys
// in that sequence's cache. Caches have room for N keys and hold %lengths; what
// lies beyond takes no part, whatever it is. 8 query heads share 2 key heads.
//
//   fovea-run examples/single-query.mlir --random 0 --check
//   fovea-run examples/single-query.mlir --random 0 --dims B=16 --bench
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {B = 5, N = 1000}} {
  func.func @single_query(
      %q: tensor<?x8x1x128xf32> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x2x?x128xf32> {fovea.dims = ["B", "", "N", ""]},
      %v: tensor<?x2x?x128xf32> {fovea.dims = ["B", "", "N", ""]},
      %lengths: tensor<?xi32> {fovea.dims = ["B"], fovea.low = 1 : i64,
                               fovea.high = 1000 : i64},
      %o: tensor<?x8x1x128xf32> {fovea.dims = ["B", "", "", ""]})
      -> tensor<?x8x1x128xf32> {
    %r = attn.attention ins(%q : tensor<?x8x1x128xf32>)
        dense(%k, %v : tensor<?x2x?x128xf32>, tensor<?x2x?x128xf32>)
          lengths(%lengths : tensor<?xi32>)
        outs(%o : tensor<?x8x1x128xf32>)
    return %r : tensor<?x8x1x128xf32>
  }
}
