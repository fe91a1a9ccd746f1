// The documents of packed-d64.mlir, each in a call of its own, with a multiple of 64
// tokens.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @separate(%x0: tensor<1x4x64x64xf32>, %o0: tensor<1x4x64x64xf32>,
    %x1: tensor<1x4x64x64xf32>, %o1: tensor<1x4x64x64xf32>,
    %x2: tensor<1x4x128x64xf32>, %o2: tensor<1x4x128x64xf32>,
    %x3: tensor<1x4x128x64xf32>, %o3: tensor<1x4x128x64xf32>,
    %x4: tensor<1x4x192x64xf32>, %o4: tensor<1x4x192x64xf32>,
    %x5: tensor<1x4x320x64xf32>, %o5: tensor<1x4x320x64xf32>,
    %x6: tensor<1x4x384x64xf32>, %o6: tensor<1x4x384x64xf32>,
    %x7: tensor<1x4x448x64xf32>, %o7: tensor<1x4x448x64xf32>,
    %x8: tensor<1x4x576x64xf32>, %o8: tensor<1x4x576x64xf32>,
    %x9: tensor<1x4x704x64xf32>, %o9: tensor<1x4x704x64xf32>,
    %x10: tensor<1x4x832x64xf32>, %o10: tensor<1x4x832x64xf32>,
    %x11: tensor<1x4x1024x64xf32>, %o11: tensor<1x4x1024x64xf32>,
    %x12: tensor<1x4x1280x64xf32>, %o12: tensor<1x4x1280x64xf32>,
    %x13: tensor<1x4x1472x64xf32>, %o13: tensor<1x4x1472x64xf32>,
    %x14: tensor<1x4x1728x64xf32>, %o14: tensor<1x4x1728x64xf32>,
    %x15: tensor<1x4x1984x64xf32>, %o15: tensor<1x4x1984x64xf32>)
    -> (tensor<1x4x64x64xf32>, tensor<1x4x64x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x192x64xf32>, tensor<1x4x320x64xf32>, tensor<1x4x384x64xf32>, tensor<1x4x448x64xf32>, tensor<1x4x576x64xf32>, tensor<1x4x704x64xf32>, tensor<1x4x832x64xf32>, tensor<1x4x1024x64xf32>, tensor<1x4x1280x64xf32>, tensor<1x4x1472x64xf32>, tensor<1x4x1728x64xf32>, tensor<1x4x1984x64xf32>) {
  %r0 = attn.attention ins(%x0 : tensor<1x4x64x64xf32>) dense(%x0, %x0 : tensor<1x4x64x64xf32>, tensor<1x4x64x64xf32>) outs(%o0 : tensor<1x4x64x64xf32>)
  %r1 = attn.attention ins(%x1 : tensor<1x4x64x64xf32>) dense(%x1, %x1 : tensor<1x4x64x64xf32>, tensor<1x4x64x64xf32>) outs(%o1 : tensor<1x4x64x64xf32>)
  %r2 = attn.attention ins(%x2 : tensor<1x4x128x64xf32>) dense(%x2, %x2 : tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>) outs(%o2 : tensor<1x4x128x64xf32>)
  %r3 = attn.attention ins(%x3 : tensor<1x4x128x64xf32>) dense(%x3, %x3 : tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>) outs(%o3 : tensor<1x4x128x64xf32>)
  %r4 = attn.attention ins(%x4 : tensor<1x4x192x64xf32>) dense(%x4, %x4 : tensor<1x4x192x64xf32>, tensor<1x4x192x64xf32>) outs(%o4 : tensor<1x4x192x64xf32>)
  %r5 = attn.attention ins(%x5 : tensor<1x4x320x64xf32>) dense(%x5, %x5 : tensor<1x4x320x64xf32>, tensor<1x4x320x64xf32>) outs(%o5 : tensor<1x4x320x64xf32>)
  %r6 = attn.attention ins(%x6 : tensor<1x4x384x64xf32>) dense(%x6, %x6 : tensor<1x4x384x64xf32>, tensor<1x4x384x64xf32>) outs(%o6 : tensor<1x4x384x64xf32>)
  %r7 = attn.attention ins(%x7 : tensor<1x4x448x64xf32>) dense(%x7, %x7 : tensor<1x4x448x64xf32>, tensor<1x4x448x64xf32>) outs(%o7 : tensor<1x4x448x64xf32>)
  %r8 = attn.attention ins(%x8 : tensor<1x4x576x64xf32>) dense(%x8, %x8 : tensor<1x4x576x64xf32>, tensor<1x4x576x64xf32>) outs(%o8 : tensor<1x4x576x64xf32>)
  %r9 = attn.attention ins(%x9 : tensor<1x4x704x64xf32>) dense(%x9, %x9 : tensor<1x4x704x64xf32>, tensor<1x4x704x64xf32>) outs(%o9 : tensor<1x4x704x64xf32>)
  %r10 = attn.attention ins(%x10 : tensor<1x4x832x64xf32>) dense(%x10, %x10 : tensor<1x4x832x64xf32>, tensor<1x4x832x64xf32>) outs(%o10 : tensor<1x4x832x64xf32>)
  %r11 = attn.attention ins(%x11 : tensor<1x4x1024x64xf32>) dense(%x11, %x11 : tensor<1x4x1024x64xf32>, tensor<1x4x1024x64xf32>) outs(%o11 : tensor<1x4x1024x64xf32>)
  %r12 = attn.attention ins(%x12 : tensor<1x4x1280x64xf32>) dense(%x12, %x12 : tensor<1x4x1280x64xf32>, tensor<1x4x1280x64xf32>) outs(%o12 : tensor<1x4x1280x64xf32>)
  %r13 = attn.attention ins(%x13 : tensor<1x4x1472x64xf32>) dense(%x13, %x13 : tensor<1x4x1472x64xf32>, tensor<1x4x1472x64xf32>) outs(%o13 : tensor<1x4x1472x64xf32>)
  %r14 = attn.attention ins(%x14 : tensor<1x4x1728x64xf32>) dense(%x14, %x14 : tensor<1x4x1728x64xf32>, tensor<1x4x1728x64xf32>) outs(%o14 : tensor<1x4x1728x64xf32>)
  %r15 = attn.attention ins(%x15 : tensor<1x4x1984x64xf32>) dense(%x15, %x15 : tensor<1x4x1984x64xf32>, tensor<1x4x1984x64xf32>) outs(%o15 : tensor<1x4x1984x64xf32>)
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11, %r12, %r13, %r14, %r15
      : tensor<1x4x64x64xf32>, tensor<1x4x64x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x192x64xf32>, tensor<1x4x320x64xf32>, tensor<1x4x384x64xf32>, tensor<1x4x448x64xf32>, tensor<1x4x576x64xf32>, tensor<1x4x704x64xf32>, tensor<1x4x832x64xf32>, tensor<1x4x1024x64xf32>, tensor<1x4x1280x64xf32>, tensor<1x4x1472x64xf32>, tensor<1x4x1728x64xf32>, tensor<1x4x1984x64xf32>
}
