// A prefix of 1,024 of 16,384 tokens that all see, causal behind it.
// f32, B1 H1 S16384 D64.
//   fovea-run benchmarks/cpu/masks-prefix-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @masks_prefix_d64(%q: tensor<1x1x16384x64xf32>, %k: tensor<1x1x16384x64xf32>, %v: tensor<1x1x16384x64xf32>, %o: tensor<1x1x16384x64xf32>)
    -> tensor<1x1x16384x64xf32> attributes {fovea.useful_fraction = 0.501982 : f64} {
  %r = attn.attention ins(%q : tensor<1x1x16384x64xf32>)
      dense(%k, %v : tensor<1x1x16384x64xf32>, tensor<1x1x16384x64xf32>)
      outs(%o : tensor<1x1x16384x64xf32>)
      mask(%b, %h, %i, %j) {
        %prefix = arith.constant 1024 : index
        %first = arith.cmpi slt, %j, %prefix : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %first, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x1x16384x64xf32>
}
