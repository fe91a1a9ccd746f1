// Full attention: every query attends to every key. softmax(q k^T / sqrt(D)) v
// of "Attention Is All You Need" (Vaswani et al., 2017). S is dynamic.
//
//   fovea-run examples/full.mlir --random 0 --check
//   fovea-run examples/full.mlir --random 0 --dims S=2048 --bench
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 200}} {
  func.func @full(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
    return %r : tensor<1x4x?x64xf32>
  }
}
