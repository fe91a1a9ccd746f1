// Learned sinks: each head has one more logit that takes part in the softmax
// and has no value, so a token may attend to nothing. gpt-oss (OpenAI, 2025).
// Also gives the log of each row's sum, as attn.merge and training need it.
//
//   fovea-run examples/sinks.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 190}} {
  func.func @sinks(
      %q: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %sinks: tensor<8xf32>,
      %o: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %lse: tensor<1x8x?xf32> {fovea.dims = ["", "", "S"]})
      -> (tensor<1x8x?x64xf32>, tensor<1x8x?xf32>) attributes {fovea.useful_fraction = 0.5 : f64} {
    %r:2 = attn.attention ins(%q : tensor<1x8x?x64xf32>)
        dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
        sinks(%sinks : tensor<8xf32>)
        outs(%o, %lse : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>)
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    return %r#0, %r#1 : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>
  }
}
