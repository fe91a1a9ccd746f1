// Relative positions: each head adds a learned number for the distance i - j,
// read from a table with N = 2 S columns; distance 0 is column S. T5 (Raffel et
// al., 2020), Swin; the idea is from Shaw et al., 2018.
//
//   fovea-run examples/relative-position.mlir --random 0 --check
//   fovea-run examples/relative-position.mlir --random 0 --dims S=99,N=198
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 197, N = 394}} {
  func.func @relative_position(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %bias: tensor<4x?xf32> {fovea.dims = ["", "N"]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %axis = arith.constant 2 : index
    %s = tensor.dim %k, %axis : tensor<1x4x?x64xf32>
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        score(%x, %b, %h, %i, %j, %table = %bias : tensor<4x?xf32>,
              %middle = %s : index) {
          %distance = arith.subi %i, %j : index
          %column = arith.addi %distance, %middle : index
          %y = tensor.extract %table[%h, %column] : tensor<4x?xf32>
          %z = arith.addf %x, %y : f32
          attn.yield %z : f32
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
