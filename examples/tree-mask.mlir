// Tree mask of speculative decoding: T <= 64 drafted tokens, the last keys,
// form a tree; each attends to the whole context before them and to its
// ancestors: bit n of ancestors[i] is set if token n is one (or i itself).
// SpecInfer (Miao et al., 2023), Medusa (Cai et al., 2024), EAGLE.
//
//   fovea-run examples/tree-mask.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {T = 64, N = 500}} {
  func.func @tree_mask(
      %q: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "T", ""]},
      %k: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "N", ""]},
      %v: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "N", ""]},
      %ancestors: tensor<?xi64> {fovea.dims = ["T"], fovea.low = 0 : i64,
                                 fovea.high = 4611686018427387903 : i64},
      %o: tensor<1x8x?x64xf32> {fovea.dims = ["", "", "T", ""]})
      -> tensor<1x8x?x64xf32> {
    %axis = arith.constant 2 : index
    %tokens = tensor.dim %q, %axis : tensor<1x8x?x64xf32>
    %keys = tensor.dim %k, %axis : tensor<1x8x?x64xf32>
    %context = arith.subi %keys, %tokens : index
    %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
        dense(%k, %v : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
        outs(%o : tensor<1x8x?x64xf32>)
        mask(%b, %h, %i, %j, %words = %ancestors : tensor<?xi64>,
             %first = %context : index) {
          %last_bit = arith.constant 63 : i64
          %word = tensor.extract %words[%i] : tensor<?xi64>
          %token = arith.subi %j, %first : index
          %token64 = arith.index_cast %token : index to i64
          %bit = arith.andi %token64, %last_bit : i64
          %shifted = arith.shrui %word, %bit : i64
          %ancestor = arith.trunci %shifted : i64 to i1
          %in_context = arith.cmpi slt, %j, %first : index
          %visible = arith.ori %in_context, %ancestor : i1
          attn.yield %visible : i1
        }
    return %r : tensor<1x8x?x64xf32>
  }
}
