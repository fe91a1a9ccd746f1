// RUN: fovea-opt %s --attn-select-schedule=target=cpu:avx512 | FileCheck %s
// RUN: fovea-opt %s --attn-select-schedule=target=cpu:avx512 --attn-decompose="ops=attn.merge keep-scheduled" | FileCheck %s --check-prefix=KEPT
// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a | FileCheck %s --check-prefix=CUDA

// On GPUs they become loops.
// CUDA-NOT: schedule

// Rows of the longest dimension; what has no tile program keeps its meaning.
// CHECK-LABEL: func.func @few
// CHECK: schedule = #tile.cpu_schedule<query_tile = 16,
// CHECK-LABEL: func.func @many
// CHECK: schedule = #tile.cpu_schedule<query_tile = 64,
// CHECK-LABEL: func.func @wide
// CHECK-NOT: schedule
// KEPT-LABEL: func.func @few
// KEPT: attn.merge
// KEPT-LABEL: func.func @many
// KEPT: attn.merge
// KEPT-LABEL: func.func @wide
// KEPT: linalg.generic
func.func @few(%a: tensor<2x16x8xf32>, %l: tensor<2x16xf32>) -> tensor<2x16x8xf32> {
  %r = attn.merge parts(%a, %a : tensor<2x16x8xf32>, tensor<2x16x8xf32>)
      lse(%l, %l : tensor<2x16xf32>, tensor<2x16xf32>) outs(%a : tensor<2x16x8xf32>) -> tensor<2x16x8xf32>
  return %r : tensor<2x16x8xf32>
}
func.func @many(%a: tensor<?x4x8xf32>, %l: tensor<?x4xf32>) -> tensor<?x4x8xf32> {
  %r = attn.merge parts(%a, %a : tensor<?x4x8xf32>, tensor<?x4x8xf32>)
      lse(%l, %l : tensor<?x4xf32>, tensor<?x4xf32>) outs(%a : tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  return %r : tensor<?x4x8xf32>
}
func.func @wide(%a: tensor<4x257xf32>, %l: tensor<4xf32>) -> tensor<4x257xf32> {
  %r = attn.merge parts(%a, %a : tensor<4x257xf32>, tensor<4x257xf32>)
      lse(%l, %l : tensor<4xf32>, tensor<4xf32>) outs(%a : tensor<4x257xf32>) -> tensor<4x257xf32>
  return %r : tensor<4x257xf32>
}
