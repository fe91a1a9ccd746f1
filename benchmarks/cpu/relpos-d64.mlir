// Attention with a table of relative positions, one row for each head.
// f32, B1 H8 S2048 D64.
//   fovea-run benchmarks/cpu/relpos-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @relpos_d64(
    %q: tensor<1x8x2048x64xf32>,
    %k: tensor<1x8x2048x64xf32>,
    %v: tensor<1x8x2048x64xf32>,
    %bias: tensor<8x4096xf32>,
    %o: tensor<1x8x2048x64xf32>)
    -> tensor<1x8x2048x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x2048x64xf32>)
      dense(%k, %v : tensor<1x8x2048x64xf32>, tensor<1x8x2048x64xf32>)
      outs(%o : tensor<1x8x2048x64xf32>)
      score(%s, %b, %h, %i, %j, %table = %bias : tensor<8x4096xf32>) {
        %middle = arith.constant 2048 : index
        %distance = arith.subi %i, %j : index
        %column = arith.addi %distance, %middle : index
        %x = tensor.extract %table[%h, %column] : tensor<8x4096xf32>
        %t = arith.addf %s, %x : f32
        attn.yield %t : f32
      }
  return %r : tensor<1x8x2048x64xf32>
}
