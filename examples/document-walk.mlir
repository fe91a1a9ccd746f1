// Documents packed into one sequence, by a walk: which tiles hold a pair of one
// document is found once, listed in `rows` and `tiles`, and could be kept for
// all layers of a model. A tile without such a pair costs nothing; one whose
// pairs are all of one document runs no mask code.
//
//   fovea-run examples/document-walk.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 200, R = 4, N = 12}} {
  func.func @documents(
      %q: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %document: tensor<?xi32>
          {fovea.dims = ["S"], fovea.low = 0 : i64, fovea.high = 3 : i64},
      %rows: tensor<1x1x?x4xi32> {fovea.dims = ["", "", "R", ""]},
      %tiles: tensor<?xi32> {fovea.dims = ["N"]},
      %o: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> (tensor<1x2x?x64xf32>, tensor<1x1x?x4xi32>, tensor<?xi32>) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %document, %c0 : tensor<?xi32>
    %r, %t = attn.walk.from_mask<64, 128> sizes(%n, %n)
        outs(%rows, %tiles : tensor<1x1x?x4xi32>, tensor<?xi32>)
        mask(%b, %h, %i, %j, %numbers = %document : tensor<?xi32>) {
          %own = tensor.extract %numbers[%i] : tensor<?xi32>
          %other = tensor.extract %numbers[%j] : tensor<?xi32>
          %same = arith.cmpi eq, %own, %other : i32
          attn.yield %same : i1
        }
    %a = attn.attention ins(%q : tensor<1x2x?x64xf32>)
        dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
        walk<64, 128>(%r, %t : tensor<1x1x?x4xi32>, tensor<?xi32>)
        outs(%o : tensor<1x2x?x64xf32>)
        mask(%b, %h, %i, %j, %numbers = %document : tensor<?xi32>) {
          %own = tensor.extract %numbers[%i] : tensor<?xi32>
          %other = tensor.extract %numbers[%j] : tensor<?xi32>
          %same = arith.cmpi eq, %own, %other : i32
          attn.yield %same : i1
        }
    return %a, %r, %t
        : tensor<1x2x?x64xf32>, tensor<1x1x?x4xi32>, tensor<?xi32>
  }
}
