// Walks: their clause of attention, and the ops that make them.
//
// RUN: fovea-opt %s | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --mlir-print-op-generic | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --emit-bytecode | fovea-opt | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: func.func @attention
// CHECK: walk<64, 128>(%{{.*}}, %{{.*}} : tensor<1x2x?x4xi32>, tensor<?xi32>) outs
// CHECK: walk<64, 128>(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x2x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>) outs
func.func @attention(%q: tensor<1x2x?x64xf32>, %k: tensor<1x2x?x64xf32>,
                     %v: tensor<1x2x?x64xf32>, %rows: tensor<1x2x?x4xi32>,
                     %tiles: tensor<?xi32>, %masks: tensor<?x64x4xi32>,
                     %o: tensor<1x2x?x64xf32>) -> tensor<1x2x?x64xf32> {
  %a = attn.attention ins(%q : tensor<1x2x?x64xf32>)
      dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      walk<64, 128>(%rows, %tiles : tensor<1x2x?x4xi32>, tensor<?xi32>)
      outs(%o : tensor<1x2x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %r = attn.attention ins(%q : tensor<1x2x?x64xf32>)
      dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      walk<64, 128>(%rows, %tiles, %masks
          : tensor<1x2x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      outs(%a : tensor<1x2x?x64xf32>)
  return %r : tensor<1x2x?x64xf32>
}

// CHECK-LABEL: func.func @score_reduce
// CHECK: walk<64, 64>(%{{.*}}, %{{.*}} : tensor<1x1x4x4xi32>, tensor<16xi32>) outs
func.func @score_reduce(%q: tensor<1x2x256x64xf32>, %k: tensor<1x2x256x64xf32>,
                        %lse: tensor<1x2x256xf32>, %rows: tensor<1x1x4x4xi32>,
                        %tiles: tensor<16xi32>, %c: tensor<1x2x256xf32>)
    -> tensor<1x2x256xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x256x64xf32>)
      dense(%k : tensor<1x2x256x64xf32>) lse(%lse : tensor<1x2x256xf32>)
      walk<64, 64>(%rows, %tiles : tensor<1x1x4x4xi32>, tensor<16xi32>)
      outs(%c : tensor<1x2x256xf32>)
  return %r : tensor<1x2x256xf32>
}

// CHECK-LABEL: func.func @from_mask
// CHECK: attn.walk.from_mask<128, 64> sizes(%{{.*}}, %{{.*}})
// CHECK-NEXT: outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x128x4xi32>)
// CHECK-NEXT: mask(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[D:.*]] = %{{.*}} : tensor<?xi32>) {
func.func @from_mask(%docs: tensor<?xi32>, %n: index,
                     %rows: tensor<1x1x?x4xi32>, %tiles: tensor<?xi32>,
                     %masks: tensor<?x128x4xi32>) -> tensor<?xi32> {
  %r, %t, %m = attn.walk.from_mask<128, 64> sizes(%n, %n)
      outs(%rows, %tiles, %masks
          : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x128x4xi32>)
      mask(%b, %h, %i, %j, %doc = %docs : tensor<?xi32>) {
        %x = tensor.extract %doc[%i] : tensor<?xi32>
        %y = tensor.extract %doc[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        attn.yield %same : i1
      }
  return %t : tensor<?xi32>
}

// CHECK-LABEL: func.func @select
// CHECK: attn.walk.from_blocks ins(%{{.*}} : memref<1x1x8x8xi1>) outs(%{{.*}}, %{{.*}} : memref<1x1x8x4xi32>, memref<64xi32>)
// CHECK: attn.walk.from_blocks partial ins
// CHECK: attn.walk.topk 16 ins(%{{.*}} : memref<1x1x8x8xf32>)
// CHECK: attn.walk.threshold %{{.*}} partial ins(%{{.*}} : memref<1x1x8x8xf32>)
func.func @select(%blocks: memref<1x1x8x8xi1>, %scores: memref<1x1x8x8xf32>,
                  %least: f32, %rows: memref<1x1x8x4xi32>,
                  %tiles: memref<64xi32>) {
  attn.walk.from_blocks ins(%blocks : memref<1x1x8x8xi1>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.from_blocks partial ins(%blocks : memref<1x1x8x8xi1>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.topk 16 ins(%scores : memref<1x1x8x8xf32>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.threshold %least partial ins(%scores : memref<1x1x8x8xf32>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  return
}
