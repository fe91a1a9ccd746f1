// Full attention of any number of queries and keys.
// f32, B1 H8 D80.
//   fovea-run benchmarks/cpu/sizes-f32-d80.mlir --dims Sq=2047,Skv=1777 --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {Sq = 2048, Skv = 2048}} {
  func.func @sizes_f32_d80(
      %q: tensor<1x8x?x80xf32> {fovea.dims = ["", "", "Sq", ""]},
      %k: tensor<1x8x?x80xf32> {fovea.dims = ["", "", "Skv", ""]},
      %v: tensor<1x8x?x80xf32> {fovea.dims = ["", "", "Skv", ""]},
      %o: tensor<1x8x?x80xf32> {fovea.dims = ["", "", "Sq", ""]})
      -> tensor<1x8x?x80xf32> {
    %r = attn.attention ins(%q : tensor<1x8x?x80xf32>)
        dense(%k, %v : tensor<1x8x?x80xf32>, tensor<1x8x?x80xf32>)
        outs(%o : tensor<1x8x?x80xf32>)
    return %r : tensor<1x8x?x80xf32>
  }
}
