// The self-attention of one layer of the sentence encoder all-MiniLM-L6-v2: 12
// heads of 32 channels, no mask. make_inputs.py writes q, k and v for a text.
//
//   python examples/minilm/make_inputs.py --out build/minilm
//   fovea-run examples/minilm/attention.mlir --out build/minilm/o.npy \
//     --in build/minilm/q.npy,build/minilm/k.npy,build/minilm/v.npy
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 128}} {
  func.func @attention(
      %q: tensor<1x12x?x32xf32> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x12x?x32xf32> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x12x?x32xf32> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x12x?x32xf32> {fovea.dims = ["", "", "S", ""]})
      -> tensor<1x12x?x32xf32> {
    %r = attn.attention ins(%q : tensor<1x12x?x32xf32>)
        dense(%k, %v : tensor<1x12x?x32xf32>, tensor<1x12x?x32xf32>)
        outs(%o : tensor<1x12x?x32xf32>)
    return %r : tensor<1x12x?x32xf32>
  }
}
