// Attention sinks beside a window: query i attends to the first 4 tokens and to
// the last 64 up to itself. StreamingLLM (Xiao et al., 2023) keeps just these
// keys, so that a model decodes endlessly with a cache of constant size.
//
//   fovea-run examples/sink-window.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 277}} {
  func.func @sink_window(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        mask(%b, %h, %i, %j) {
          %sinks = arith.constant 4 : index
          %window = arith.constant 64 : index
          %distance = arith.subi %i, %j : index
          %sink = arith.cmpi slt, %j, %sinks : index
          %near = arith.cmpi slt, %distance, %window : index
          %kept = arith.ori %sink, %near : i1
          %past = arith.cmpi sle, %j, %i : index
          %visible = arith.andi %past, %kept : i1
          attn.yield %visible : i1
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
