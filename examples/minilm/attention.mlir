// The attention of each layer of the MiniLM sentence encoder: 12 heads of 32
// channels, any number of tokens. encode.py calls it as a compiled object.
//
//   fovea-compile examples/minilm/attention.mlir -o build/attention.so
//
// RUN: fovea-run %s --random 0 --check | FileCheck %s
// CHECK: rel_error {{.*}} ok
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 151}} {
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
