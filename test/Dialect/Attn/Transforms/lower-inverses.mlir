// Inverses of permutations as parallel loops: each element goes where it says.
//
// RUN: fovea-opt %s --attn-lower-inverses | FileCheck %s
// RUN: fovea-opt %s --attn-decompose=keep-inverses | FileCheck %s --check-prefix=KEPT
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: @per_head
// CHECK-SAME: %[[X:.*]]: memref<2x?x64xf32>, %[[P:.*]]: memref<2x?xi32>, %[[Y:.*]]: memref<2x?x64xf32>
// CHECK: scf.parallel (%[[H:.*]], %[[I:.*]], %[[E:.*]]) =
// CHECK: %[[T:.*]] = memref.load %[[P]][%[[H]], %[[I]]]
// CHECK: arith.index_cast %[[T]] : i32 to index
// CHECK: %[[V:.*]] = memref.load %[[X]][%[[H]], %[[I]], %[[E]]]
// CHECK: memref.store %[[V]], %[[Y]][%[[H]], %{{.*}}, %[[E]]]
// CHECK-NOT: attn.reorder
// DOC-BEGIN: attn-lower-inverses --attn-lower-inverses
func.func @per_head(%x: memref<2x?x64xf32>, %p: memref<2x?xi32>, %y: memref<2x?x64xf32>) {
  attn.reorder inverse by(%p : memref<2x?xi32>) axes [0, 1]
      ins(%x : memref<2x?x64xf32>) outs(%y : memref<2x?x64xf32>)
  return
}
// DOC-END

// KEPT-LABEL: @kept
// KEPT: linalg.generic
// KEPT: attn.reorder inverse by
// CHECK-LABEL: @kept
// CHECK: attn.reorder inverse by
func.func @kept(%x: tensor<8x4xf32>, %p: tensor<8xindex>, %y: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %0 = attn.reorder by(%p : tensor<8xindex>) axes [0] ins(%x : tensor<8x4xf32>) outs(%y : tensor<8x4xf32>) -> tensor<8x4xf32>
  %1 = attn.reorder inverse by(%p : tensor<8xindex>) axes [0] ins(%0 : tensor<8x4xf32>) outs(%y : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}
