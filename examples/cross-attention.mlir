// Cross attention: M queries read a memory of N tokens, and values have other
// channels (96) than queries and keys (32). The encoder of Perceiver (Jaegle et
// al., 2021) reads its input into a few latents so.
//
//   fovea-run examples/cross-attention.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {M = 65, N = 333}} {
  func.func @cross_attention(
      %q: tensor<2x4x?x32xf32> {fovea.dims = ["", "", "M", ""]},
      %k: tensor<2x4x?x32xf32> {fovea.dims = ["", "", "N", ""]},
      %v: tensor<2x4x?x96xf32> {fovea.dims = ["", "", "N", ""]},
      %o: tensor<2x4x?x96xf32> {fovea.dims = ["", "", "M", ""]})
      -> tensor<2x4x?x96xf32> {
    %r = attn.attention ins(%q : tensor<2x4x?x32xf32>)
        dense(%k, %v : tensor<2x4x?x32xf32>, tensor<2x4x?x96xf32>)
        outs(%o : tensor<2x4x?x96xf32>)
    return %r : tensor<2x4x?x96xf32>
  }
}
