// Prefix attention: all tokens see the prefix of their sequence, whose length
// differs by sequence; what follows is causal. The prefix language model of T5
// (Raffel et al., 2020); PaliGemma reads image and prompt this way.
//
//   fovea-run examples/prefix.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 150}} {
  func.func @prefix(
      %q: tensor<3x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<3x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<3x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %prefix: tensor<3xi32> {fovea.low = 0 : i64, fovea.high = 150 : i64},
      %o: tensor<3x2x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<3x2x?x64xf32> {
    %r = attn.attention ins(%q : tensor<3x2x?x64xf32>)
        dense(%k, %v : tensor<3x2x?x64xf32>, tensor<3x2x?x64xf32>)
        outs(%o : tensor<3x2x?x64xf32>)
        mask(%b, %h, %i, %j, %lengths = %prefix : tensor<3xi32>) {
          %length32 = tensor.extract %lengths[%b] : tensor<3xi32>
          %length = arith.index_cast %length32 : i32 to index
          %in_prefix = arith.cmpi slt, %j, %length : index
          %past = arith.cmpi sle, %j, %i : index
          %visible = arith.ori %past, %in_prefix : i1
          attn.yield %visible : i1
        }
    return %r : tensor<3x2x?x64xf32>
  }
}
