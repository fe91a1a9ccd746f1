// Attention with a soft cap: 50 tanh(s / 50).
// f32, B1 H8 S2048 D64.
//   fovea-run benchmarks/cpu/softcap-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @softcap_d64(
    %q: tensor<1x8x2048x64xf32>,
    %k: tensor<1x8x2048x64xf32>,
    %v: tensor<1x8x2048x64xf32>,
    %o: tensor<1x8x2048x64xf32>)
    -> tensor<1x8x2048x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x2048x64xf32>)
      dense(%k, %v : tensor<1x8x2048x64xf32>, tensor<1x8x2048x64xf32>)
      outs(%o : tensor<1x8x2048x64xf32>)
      score(%s, %b, %h, %i, %j) {
        %cap = arith.constant 50.0 : f32
        %inverse = arith.constant 0.02 : f32
        %x = arith.mulf %s, %inverse : f32
        %y = math.tanh %x : f32
        %t = arith.mulf %y, %cap : f32
        attn.yield %t : f32
      }
  return %r : tensor<1x8x2048x64xf32>
}
