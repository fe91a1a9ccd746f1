// Attention without a mask, which those of the other masks-*.mlir are compared with.
// f32, B1 H1 S16384 D64.
//   fovea-run benchmarks/cpu/masks-full-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @masks_full_d64(%q: tensor<1x1x16384x64xf32>, %k: tensor<1x1x16384x64xf32>, %v: tensor<1x1x16384x64xf32>, %o: tensor<1x1x16384x64xf32>)
    -> tensor<1x1x16384x64xf32> attributes {fovea.useful_fraction = 1.000000 : f64} {
  %r = attn.attention ins(%q : tensor<1x1x16384x64xf32>)
      dense(%k, %v : tensor<1x1x16384x64xf32>, tensor<1x1x16384x64xf32>)
      outs(%o : tensor<1x1x16384x64xf32>)
  return %r : tensor<1x1x16384x64xf32>
}
