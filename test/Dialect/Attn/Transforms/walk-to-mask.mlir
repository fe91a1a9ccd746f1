// Walks in closed form become masks by blocks, with another mask or without.
//
// RUN: fovea-opt %s --attn-walk-to-mask | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK-LABEL: @blocks
// CHECK: mask(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// CHECK: %[[T:.*]] = arith.floordivsi %[[I]], %{{.*}} : index
// CHECK: %[[N:.*]] = arith.floordivsi %[[J]], %{{.*}} : index
// CHECK: arith.cmpi sle, %{{.*}}, %[[N]] : index
// CHECK: arith.cmpi slt, %[[N]], %{{.*}} : index
// CHECK: %[[E:.*]] = arith.addi %[[T]], %{{.*}} : index
// CHECK: arith.cmpi sle, %[[E]], %[[N]] : index
// CHECK: %[[V:.*]] = arith.ori
// CHECK-NEXT: attn.yield %[[V]] : i1
// CHECK-NOT: #attn.walk
// DOC-BEGIN: attn-walk-to-mask --attn-walk-to-mask
func.func @blocks(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>,
    %v: tensor<1x2x?x32xf32>, %o: tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x32xf32>)
      dense(%k, %v : tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>)
      outs(%o : tensor<1x2x?x32xf32>)
      attributes {walk = #attn.walk<queries = 128, keys = 128,
                                    ranges = (t) -> (0, 1, t - 2, t + 1)>}
  return %r : tensor<1x2x?x32xf32>
}
// DOC-END

// Every expression that a range may have, and a mask of the op's own.

// CHECK-LABEL: @expressions
// CHECK: mask(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// CHECK: %[[T:.*]] = arith.floordivsi %[[I]], %{{.*}} : index
// CHECK: arith.muli %[[T]]
// CHECK: arith.floordivsi %[[T]]
// CHECK: arith.subi %[[T]]
// CHECK: %[[IN:.*]] = arith.andi
// CHECK: %[[OWN:.*]] = arith.cmpi sle, %[[J]], %[[I]] : index
// CHECK: %[[ALL:.*]] = arith.andi %{{.*}}, %[[OWN]] : i1
// CHECK-NEXT: attn.yield %[[ALL]] : i1
func.func @expressions(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>,
    %lse: tensor<1x2x?xf32>, %o: tensor<1x2x?xf32>) -> tensor<1x2x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x?x32xf32>)
      dense(%k : tensor<1x2x?x32xf32>) lse(%lse : tensor<1x2x?xf32>)
      outs(%o : tensor<1x2x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {walk = #attn.walk<queries = 64, keys = 32,
          ranges = (t) -> (t * 2 + t floordiv 3, t * 2 + t ceildiv 4 + t mod 5 + 3)>}
  return %r : tensor<1x2x?xf32>
}
