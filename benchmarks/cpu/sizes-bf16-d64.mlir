// Full attention of any number of queries and keys.
// bf16, B1 H8 D64.
//   fovea-run benchmarks/cpu/sizes-bf16-d64.mlir --dims Sq=2047,Skv=1777 --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {Sq = 2048, Skv = 2048}} {
  func.func @sizes_bf16_d64(
      %q: tensor<1x8x?x64xbf16> {fovea.dims = ["", "", "Sq", ""]},
      %k: tensor<1x8x?x64xbf16> {fovea.dims = ["", "", "Skv", ""]},
      %v: tensor<1x8x?x64xbf16> {fovea.dims = ["", "", "Skv", ""]},
      %o: tensor<1x8x?x64xbf16> {fovea.dims = ["", "", "Sq", ""]})
      -> tensor<1x8x?x64xbf16> {
    %r = attn.attention ins(%q : tensor<1x8x?x64xbf16>)
        dense(%k, %v : tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
        outs(%o : tensor<1x8x?x64xbf16>)
    return %r : tensor<1x8x?x64xbf16>
  }
}
