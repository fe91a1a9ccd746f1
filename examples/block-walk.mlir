// Blocks in closed form: each block of 128 queries visits the first block of 128
// keys, and its own and the three before it, causally. No list is made, and there may
// be any number of tokens. The "A shape" of MInference (Jiang et al., 2024), with which
// heads of long prompts that look at few places are computed.
//
//   fovea-run examples/block-walk.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 777}} {
  func.func @block_walk(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        mask(%b, %h, %i, %j) {
          %causal = arith.cmpi sle, %j, %i : index
          attn.yield %causal : i1
        }
        attributes {walk = #attn.walk<queries = 128, keys = 128,
                                      ranges = (t) -> (0, 1, t - 3, t + 1)>}
    return %r : tensor<1x4x?x64xf32>
  }
}
