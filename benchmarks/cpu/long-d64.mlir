// Causal attention over a long sequence, whose scores alone would take 16 GiB;
// memory.py runs it.
// f32, B1 H1 S65536 D64.
//   fovea-run benchmarks/cpu/long-d64.mlir --bench --threads 1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 65536}} {
  func.func @long_d64(
      %q: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x1x?x64xf32> attributes {fovea.useful_fraction = 0.5 : f64} {
    %r = attn.attention ins(%q : tensor<1x1x?x64xf32>)
        dense(%k, %v : tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
        outs(%o : tensor<1x1x?x64xf32>)
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    return %r : tensor<1x1x?x64xf32>
  }
}
