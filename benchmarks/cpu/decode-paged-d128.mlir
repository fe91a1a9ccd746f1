// The same as decode-d128.mlir with keys and values on pages of 16 keys.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @decode(%q: tensor<1x32x1x128xbf16>,
                  %k: tensor<4096x8x16x128xbf16>, %v: tensor<4096x8x16x128xbf16>,
                  %t: tensor<1x4096xi32> {fovea.low = 0 : i64, fovea.high = 4095 : i64},
                  %o: tensor<1x32x1x128xbf16>) -> tensor<1x32x1x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x32x1x128xbf16>)
      paged<16>(%k, %v : tensor<4096x8x16x128xbf16>, tensor<4096x8x16x128xbf16>) table(%t : tensor<1x4096xi32>)
      outs(%o : tensor<1x32x1x128xbf16>)
  return %r : tensor<1x32x1x128xbf16>
}
