// Causal attention: query i attends to the keys 0 to i, as in all decoder-only
// language models (GPT; Radford et al., 2018).
//
//   fovea-run examples/causal.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 256}} {
  func.func @causal(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> attributes {fovea.useful_fraction = 0.5 : f64} {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
