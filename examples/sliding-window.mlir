// Causal sliding window: query i attends to itself and the 63 keys before it.
// Longformer (Beltagy et al., 2020) and Mistral 7B (Jiang et al., 2023).
//
//   fovea-run examples/sliding-window.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 301}} {
  func.func @sliding_window(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        mask(%b, %h, %i, %j) {
          %window = arith.constant 64 : index
          %distance = arith.subi %i, %j : index
          %past = arith.cmpi sle, %j, %i : index
          %near = arith.cmpi slt, %distance, %window : index
          %visible = arith.andi %past, %near : i1
          attn.yield %visible : i1
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
