// 16 documents of 30 to 2,000 tokens, packed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @packed(%x: tensor<4x11285x64xf32>, %o: tensor<4x11285x64xf32>) -> tensor<4x11285x64xf32> {
  %n = arith.constant dense<[0, 30, 95, 195, 345, 555, 845, 1225, 1675, 2235, 2935, 3785, 4785, 6035, 7535, 9285, 11285]> : tensor<17xi32>
  %r = attn.attention ins(%x : tensor<4x11285x64xf32>)
      packed(%x, %x : tensor<4x11285x64xf32>, tensor<4x11285x64xf32>) offsets(%n, %n : tensor<17xi32>, tensor<17xi32>)
      outs(%o : tensor<4x11285x64xf32>)
  return %r : tensor<4x11285x64xf32>
}
