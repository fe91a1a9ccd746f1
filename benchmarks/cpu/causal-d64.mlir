// Causal attention; half the pairs are work.
// f32, B1 H8 S2048 D64.
//   fovea-run benchmarks/cpu/causal-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @causal_d64(
    %q: tensor<1x8x2048x64xf32>,
    %k: tensor<1x8x2048x64xf32>,
    %v: tensor<1x8x2048x64xf32>,
    %o: tensor<1x8x2048x64xf32>)
    -> tensor<1x8x2048x64xf32> attributes {fovea.useful_fraction = 0.5 : f64} {
  %r = attn.attention ins(%q : tensor<1x8x2048x64xf32>)
      dense(%k, %v : tensor<1x8x2048x64xf32>, tensor<1x8x2048x64xf32>)
      outs(%o : tensor<1x8x2048x64xf32>)
      mask(%b, %h, %i, %j) {
        %visible = arith.cmpi sle, %j, %i : index
        attn.yield %visible : i1
      }
  return %r : tensor<1x8x2048x64xf32>
}
