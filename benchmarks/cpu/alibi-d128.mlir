// Attention with ALiBi: a slope for each head times the distance j - i.
// f32, B1 H8 S2048 D128.
//   fovea-run benchmarks/cpu/alibi-d128.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @alibi_d128(
    %q: tensor<1x8x2048x128xf32>,
    %k: tensor<1x8x2048x128xf32>,
    %v: tensor<1x8x2048x128xf32>,
    %slopes: tensor<8xf32> {fovea.low = 0.0 : f64, fovea.high = 0.5 : f64},
    %o: tensor<1x8x2048x128xf32>)
    -> tensor<1x8x2048x128xf32> {
  %r = attn.attention ins(%q : tensor<1x8x2048x128xf32>)
      dense(%k, %v : tensor<1x8x2048x128xf32>, tensor<1x8x2048x128xf32>)
      outs(%o : tensor<1x8x2048x128xf32>)
      score(%s, %b, %h, %i, %j, %slope = %slopes : tensor<8xf32>) {
        %m = tensor.extract %slope[%h] : tensor<8xf32>
        %offset = arith.subi %j, %i : index
        %offset64 = arith.index_cast %offset : index to i64
        %f = arith.sitofp %offset64 : i64 to f32
        %t = math.fma %f, %m, %s : f32
        attn.yield %t : f32
      }
  return %r : tensor<1x8x2048x128xf32>
}
