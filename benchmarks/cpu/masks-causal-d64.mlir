// Causal attention over 16,384 tokens.
// f32, B1 H1 S16384 D64.
//   fovea-run benchmarks/cpu/masks-causal-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @masks_causal_d64(%q: tensor<1x1x16384x64xf32>, %k: tensor<1x1x16384x64xf32>, %v: tensor<1x1x16384x64xf32>, %o: tensor<1x1x16384x64xf32>)
    -> tensor<1x1x16384x64xf32> attributes {fovea.useful_fraction = 0.500031 : f64} {
  %r = attn.attention ins(%q : tensor<1x1x16384x64xf32>)
      dense(%k, %v : tensor<1x1x16384x64xf32>, tensor<1x1x16384x64xf32>)
      outs(%o : tensor<1x1x16384x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x1x16384x64xf32>
}
