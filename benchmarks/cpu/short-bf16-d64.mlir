// Full attention over 65 tokens.
// bf16, B1 H8 D64.
//   fovea-run benchmarks/cpu/short-bf16-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module {
  func.func @short_bf16_d64(
      %q: tensor<1x8x65x64xbf16>,
      %k: tensor<1x8x65x64xbf16>,
      %v: tensor<1x8x65x64xbf16>,
      %o: tensor<1x8x65x64xbf16>)
      -> tensor<1x8x65x64xbf16> {
    %r = attn.attention ins(%q : tensor<1x8x65x64xbf16>)
        dense(%k, %v : tensor<1x8x65x64xbf16>, tensor<1x8x65x64xbf16>)
        outs(%o : tensor<1x8x65x64xbf16>)
    return %r : tensor<1x8x65x64xbf16>
  }
}
