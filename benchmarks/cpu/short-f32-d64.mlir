// Full attention over 65 tokens.
// f32, B1 H8 D64.
//   fovea-run benchmarks/cpu/short-f32-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module {
  func.func @short_f32_d64(
      %q: tensor<1x8x65x64xf32>,
      %k: tensor<1x8x65x64xf32>,
      %v: tensor<1x8x65x64xf32>,
      %o: tensor<1x8x65x64xf32>)
      -> tensor<1x8x65x64xf32> {
    %r = attn.attention ins(%q : tensor<1x8x65x64xf32>)
        dense(%k, %v : tensor<1x8x65x64xf32>, tensor<1x8x65x64xf32>)
        outs(%o : tensor<1x8x65x64xf32>)
    return %r : tensor<1x8x65x64xf32>
  }
}
