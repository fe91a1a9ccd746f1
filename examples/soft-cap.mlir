// Soft cap: scores pass through 50 tanh(s / 50) and so stay within (-50, 50).
// Gemma 2 (Gemma Team, 2024), before it Grok-1.
//
//   fovea-run examples/soft-cap.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 200}} {
  func.func @soft_cap(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        score(%s, %b, %h, %i, %j) {
          %cap = arith.constant 50.0 : f32
          %inverse = arith.constant 0.02 : f32
          %x = arith.mulf %s, %inverse : f32
          %y = math.tanh %x : f32
          %t = arith.mulf %y, %cap : f32
          attn.yield %t : f32
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
