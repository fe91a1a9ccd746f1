// RUN: fovea-opt %s --attn-split-heads --canonicalize --split-input-file | FileCheck %s

// Heads 0 to 3 see a window, 4 to 7 what is past; the key heads go along.
// CHECK-LABEL: func.func @heads
// CHECK-SAME: (%[[Q:.*]]: tensor<1x8x?x64xf32>, %[[K:.*]]: tensor<1x4x?x64xf32>, %[[T:.*]]: tensor<8xf32>, %[[O:.*]]: tensor<1x8x?x64xf32>)
// CHECK: tensor.extract_slice %[[Q]][0, 0, 0, 0] [1, 4, %{{.*}}, 64]
// CHECK: tensor.extract_slice %[[K]][0, 0, 0, 0] [1, 2, %{{.*}}, 64]
// CHECK: tensor.extract_slice %[[T]][0] [4]
// CHECK: %[[A:.*]] = attn.attention
// CHECK: mask
// CHECK-NOT: arith.select
// CHECK: arith.andi
// CHECK: %[[R:.*]] = tensor.insert_slice %[[A]] into %[[O]]
// CHECK: tensor.extract_slice %[[Q]][0, 4, 0, 0] [1, 4, %{{.*}}, 64]
// CHECK: tensor.extract_slice %[[K]][0, 2, 0, 0] [1, 2, %{{.*}}, 64]
// CHECK: %[[B:.*]] = attn.attention
// CHECK: score(%{{[^,]*}}, %{{[^,]*}}, %[[H:[^,]*]], %{{.*}})
// CHECK: arith.addi %[[H]], %c4
// CHECK: mask
// CHECK-NEXT: %[[C:.*]] = arith.cmpi sle
// CHECK-NEXT: attn.yield %[[C]]
// CHECK: tensor.insert_slice %[[B]] into %[[R]]
// DOC-BEGIN: attn-split-heads --attn-split-heads --canonicalize
func.func @heads(%q: tensor<1x8x?x64xf32>, %k: tensor<1x4x?x64xf32>, %t: tensor<8xf32>,
                 %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
      sinks(%t : tensor<8xf32>) outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j) {
        %n = arith.index_cast %h : index to i64
        %f = arith.sitofp %n : i64 to f32
        %x = arith.mulf %s, %f : f32
        attn.yield %x : f32
      }
      mask(%b, %h, %i, %j) {
        %c4 = arith.constant 4 : index
        %c256 = arith.constant 256 : index
        %past = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c256 : index
        %both = arith.andi %past, %near : i1
        %first = arith.cmpi slt, %h, %c4 : index
        %c = arith.select %first, %both, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}
// DOC-END

// -----

// A range that would divide the query heads of a key head.
// CHECK-LABEL: func.func @divided
// CHECK-NOT: tensor.insert_slice
func.func @divided(%q: tensor<1x8x?x64xf32>, %k: tensor<1x4x?x64xf32>,
                   %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %first = arith.cmpi slt, %h, %c3 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %first, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}
