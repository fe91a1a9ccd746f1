// Merges of odd sizes: tiles of rows of the longest dimension, short types, an lse or
// none, and what has no tile program.
//
// RUN: fovea-run %s --check --all-entries --dims=N=37 | FileCheck %s
// CHECK: heads {{.*}} ok
// CHECK: sequences {{.*}} ok
// CHECK: rows {{.*}} ok
// CHECK: wide {{.*}} ok
// CHECK: many {{.*}} ok

func.func @heads(%a: tensor<2x3x70x24xf32>, %b: tensor<2x3x70x24xbf16>, %c: tensor<2x3x70x24xf16>,
                 %l0: tensor<2x3x70xf32>, %l1: tensor<2x3x70xf32>, %l2: tensor<2x3x70xf32>,
                 %o: tensor<2x3x70x24xf32>, %l: tensor<2x3x70xf32>) -> (tensor<2x3x70x24xf32>, tensor<2x3x70xf32>) {
  %r:2 = attn.merge parts(%a, %b, %c : tensor<2x3x70x24xf32>, tensor<2x3x70x24xbf16>, tensor<2x3x70x24xf16>)
      lse(%l0, %l1, %l2 : tensor<2x3x70xf32>, tensor<2x3x70xf32>, tensor<2x3x70xf32>)
      outs(%o, %l : tensor<2x3x70x24xf32>, tensor<2x3x70xf32>) -> tensor<2x3x70x24xf32>, tensor<2x3x70xf32>
  return %r#0, %r#1 : tensor<2x3x70x24xf32>, tensor<2x3x70xf32>
}

func.func @sequences(%a: tensor<19x3x1x33xf32>, %l0: tensor<19x3x1xf32>, %l1: tensor<19x3x1xf32>,
                     %o: tensor<19x3x1x33xbf16>) -> tensor<19x3x1x33xbf16> {
  %r = attn.merge parts(%a, %a : tensor<19x3x1x33xf32>, tensor<19x3x1x33xf32>)
      lse(%l0, %l1 : tensor<19x3x1xf32>, tensor<19x3x1xf32>)
      outs(%o : tensor<19x3x1x33xbf16>) -> tensor<19x3x1x33xbf16>
  return %r : tensor<19x3x1x33xbf16>
}

func.func @rows(%a: tensor<?x7xf32> {fovea.dims = ["N", ""]}, %b: tensor<?x7xf32> {fovea.dims = ["N", ""]},
                %l0: tensor<?xf32> {fovea.dims = ["N"]}, %l1: tensor<?xf32> {fovea.dims = ["N"]},
                %o: tensor<?x7xf32> {fovea.dims = ["N", ""]}, %l: tensor<?xf32> {fovea.dims = ["N"]})
                -> (tensor<?x7xf32>, tensor<?xf32>) {
  %r:2 = attn.merge parts(%a, %b : tensor<?x7xf32>, tensor<?x7xf32>) lse(%l0, %l1 : tensor<?xf32>, tensor<?xf32>)
      outs(%o, %l : tensor<?x7xf32>, tensor<?xf32>) -> tensor<?x7xf32>, tensor<?xf32>
  return %r#0, %r#1 : tensor<?x7xf32>, tensor<?xf32>
}

func.func @wide(%a: tensor<5x257xf32>, %l0: tensor<5xf32>, %l1: tensor<5xf32>, %o: tensor<5x257xf32>) -> tensor<5x257xf32> {
  %r = attn.merge parts(%a, %a : tensor<5x257xf32>, tensor<5x257xf32>) lse(%l0, %l1 : tensor<5xf32>, tensor<5xf32>)
      outs(%o : tensor<5x257xf32>) -> tensor<5x257xf32>
  return %r : tensor<5x257xf32>
}

func.func @many(%a: tensor<2x2x2x3x4xf32>, %l0: tensor<2x2x2x3xf32>, %o: tensor<2x2x2x3x4xf32>) -> tensor<2x2x2x3x4xf32> {
  %r = attn.merge parts(%a : tensor<2x2x2x3x4xf32>) lse(%l0 : tensor<2x2x2x3xf32>)
      outs(%o : tensor<2x2x2x3x4xf32>) -> tensor<2x2x2x3x4xf32>
  return %r : tensor<2x2x2x3x4xf32>
}
