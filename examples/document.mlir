// Document mask: several documents are packed into one sequence, and a token
// attends, causally, to its own document only. Llama 3 was trained this way
// (Dubey et al., 2024). The document of each token is data, known at run time.
//
//   fovea-run examples/document.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 240}} {
  func.func @document(
      %q: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %documents: tensor<?xi32> {fovea.dims = ["S"], fovea.low = 0 : i64,
                                 fovea.high = 5 : i64, fovea.sorted},
      %o: tensor<1x4x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x4x?x64xf32> {
    %r = attn.attention ins(%q : tensor<1x4x?x64xf32>)
        dense(%k, %v : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
        outs(%o : tensor<1x4x?x64xf32>)
        mask(%b, %h, %i, %j, %document = %documents : tensor<?xi32>) {
          %mine = tensor.extract %document[%i] : tensor<?xi32>
          %other = tensor.extract %document[%j] : tensor<?xi32>
          %same = arith.cmpi eq, %mine, %other : i32
          %past = arith.cmpi sle, %j, %i : index
          %visible = arith.andi %past, %same : i1
          attn.yield %visible : i1
        }
    return %r : tensor<1x4x?x64xf32>
  }
}
