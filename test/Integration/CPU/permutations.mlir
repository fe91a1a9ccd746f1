// Permutations of tokens, one for all heads or one for each, there and back.
//
// RUN: fovea-run %s --random 2 --check --all-entries | FileCheck %s
// CHECK: back {{.*}} ok
// CHECK: heads {{.*}} ok
// CHECK: there {{.*}} ok

!x = tensor<2x2x5x3xf32>

func.func @back(%x: !x, %y: !x) -> !x {
  %p = arith.constant dense<[3, 0, 4, 1, 2]> : tensor<5xi32>
  %e = tensor.empty() : !x
  %0 = attn.reorder by(%p : tensor<5xi32>) axes [2] ins(%x : !x) outs(%e : !x) -> !x
  %1 = attn.reorder inverse by(%p : tensor<5xi32>) axes [2] ins(%0 : !x)
      outs(%y : !x) -> !x
  return %1 : !x
}

func.func @heads(%x: !x, %y: !x) -> !x {
  %p = arith.constant dense<[[3, 0, 4, 1, 2], [1, 2, 3, 4, 0]]> : tensor<2x5xi64>
  %0 = attn.reorder inverse by(%p : tensor<2x5xi64>) axes [1, 2] ins(%x : !x)
      outs(%y : !x) -> !x
  return %0 : !x
}

func.func @there(%x: !x, %y: !x) -> !x {
  %p = arith.constant dense<[[3, 0, 4, 1, 2], [1, 2, 3, 4, 0]]> : tensor<2x5xindex>
  %0 = attn.reorder by(%p : tensor<2x5xindex>) axes [1, 2] ins(%x : !x)
      outs(%y : !x) -> !x
  return %0 : !x
}
