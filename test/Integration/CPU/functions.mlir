// Functions whose results are new tensors, need copies, or have no attention.

// RUN: fovea-run %s --check --all-entries | FileCheck %s

// CHECK: new_result {{.*}} ok
func.func @new_result(%q: tensor<1x2x5x4xf32>) -> tensor<1x2x5x4xf32> {
  %o = tensor.empty() : tensor<1x2x5x4xf32>
  %r = attn.attention ins(%q : tensor<1x2x5x4xf32>)
      dense(%q, %q : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>)
      outs(%o : tensor<1x2x5x4xf32>)
  return %r : tensor<1x2x5x4xf32>
}

// The attention may not overwrite %q, which is a result too.
// CHECK: copy {{.*}} ok
func.func @copy(%q: tensor<1x2x5x4xf32>)
    -> (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) {
  %r = attn.attention ins(%q : tensor<1x2x5x4xf32>)
      dense(%q, %q : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>)
      outs(%q : tensor<1x2x5x4xf32>)
  return %r, %q : tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>
}

// CHECK: slice {{.*}} ok
func.func @slice(%x: tensor<2x6x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x6x8xf32>) {
  %s = tensor.extract_slice %x[0, 0, 0] [2, 3, 8] [1, 2, 1]
      : tensor<2x6x8xf32> to tensor<2x3x8xf32>
  %r = linalg.exp ins(%s : tensor<2x3x8xf32>) outs(%s : tensor<2x3x8xf32>)
      -> tensor<2x3x8xf32>
  return %r, %x : tensor<2x3x8xf32>, tensor<2x6x8xf32>
}
