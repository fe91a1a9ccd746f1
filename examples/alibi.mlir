// ALiBi: causal attention whose scores fall with distance, at another slope in
// each head. "Train Short, Test Long" (Press et al., 2022); BLOOM and MPT.
//
//   fovea-run examples/alibi.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 200}} {
  func.func @alibi(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %slopes: tensor<4xf32> {fovea.low = 0.0 : f64, fovea.high = 0.5 : f64},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> attributes {fovea.useful_fraction = 0.5 : f64} {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        score(%s, %b, %h, %i, %j, %slope = %slopes : tensor<4xf32>) {
          %m = tensor.extract %slope[%h] : tensor<4xf32>
          %offset = arith.subi %j, %i : index
          %offset64 = arith.index_cast %offset : index to i64
          %f = arith.sitofp %offset64 : i64 to f32
          %t = math.fma %f, %m, %s : f32
          attn.yield %t : f32
        }
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
