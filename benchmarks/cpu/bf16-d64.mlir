// Full attention.
// bf16, B1 H8 S2048 D64.
//   fovea-run benchmarks/cpu/bf16-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @bf16_d64(
    %q: tensor<1x8x2048x64xbf16>,
    %k: tensor<1x8x2048x64xbf16>,
    %v: tensor<1x8x2048x64xbf16>,
    %o: tensor<1x8x2048x64xbf16>)
    -> tensor<1x8x2048x64xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x2048x64xbf16>)
      dense(%k, %v : tensor<1x8x2048x64xbf16>, tensor<1x8x2048x64xbf16>)
      outs(%o : tensor<1x8x2048x64xbf16>)
  return %r : tensor<1x8x2048x64xbf16>
}
