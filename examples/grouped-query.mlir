// Grouped-query attention, causal: 8 query heads share 2 heads of keys and
// values (Ainslie et al., 2023), in bf16 and in the layout batch, token, head,
// channel, as the projections of Llama 2 and 3 leave them. Sums are in f32.
//
//   fovea-run examples/grouped-query.mlir --random 0 --check
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 130}} {
  func.func @grouped_query(
      %q: tensor<1x?x8x64xbf16> {fovea.dims = ["", "S", "", ""]},
      %k: tensor<1x?x2x64xbf16> {fovea.dims = ["", "S", "", ""]},
      %v: tensor<1x?x2x64xbf16> {fovea.dims = ["", "S", "", ""]},
      %o: tensor<1x?x8x64xbf16> {fovea.dims = ["", "S", "", ""]})
      -> tensor<1x?x8x64xbf16> attributes {fovea.useful_fraction = 0.5 : f64} {
    %r = attn.attention ins(%q : tensor<1x?x8x64xbf16>)
        dense(%k, %v : tensor<1x?x2x64xbf16>, tensor<1x?x2x64xbf16>)
        outs(%o : tensor<1x?x8x64xbf16>)
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
        attributes {indexing_maps = [
          affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
          affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
    return %r : tensor<1x?x8x64xbf16>
  }
}
