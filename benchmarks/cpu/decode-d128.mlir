// One query of 32 heads on 8 over 65,536 keys: what is read is what counts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @decode(%q: tensor<1x32x1x128xbf16>, %k: tensor<1x8x65536x128xbf16>,
                  %v: tensor<1x8x65536x128xbf16>, %o: tensor<1x32x1x128xbf16>)
    -> tensor<1x32x1x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x32x1x128xbf16>)
      dense(%k, %v : tensor<1x8x65536x128xbf16>, tensor<1x8x65536x128xbf16>)
      outs(%o : tensor<1x32x1x128xbf16>)
  return %r : tensor<1x32x1x128xbf16>
}
