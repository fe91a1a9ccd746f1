// RUN: fovea-opt %s --attn-list-to-mask | FileCheck %s

// The table's number of the pair's tile decides: full, or partial and visible.

// CHECK-LABEL: func.func @listed
// CHECK: %[[TABLE:.*]] = linalg.generic
// CHECK: scf.for
// CHECK: scf.for
// CHECK: attn.score_reduce
// CHECK-NOT: walk
// CHECK: mask(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]], %[[T:.*]] = %[[TABLE]] : tensor<1x1x2x3xi32>)
// CHECK: %[[VISIBLE:.*]] = arith.cmpi sle
// CHECK: arith.divui %[[I]], %c64
// CHECK: arith.divui %[[J]], %c32
// CHECK: tensor.extract %[[T]]
// CHECK: %[[PARTIAL:.*]] = arith.andi %{{.*}}, %[[VISIBLE]]
// CHECK: arith.ori %{{.*}}, %[[PARTIAL]]
// DOC-BEGIN: attn-list-to-mask --attn-list-to-mask --canonicalize
func.func @listed(%q: tensor<1x2x100x16xf32>, %k: tensor<1x2x90x16xf32>, %rows: tensor<1x1x2x4xi32>, %tiles: tensor<4xi32>,
                  %lse: tensor<1x2x100xf32>, %o: tensor<1x2x90xf32>) -> tensor<1x2x90xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x100x16xf32>) dense(%k : tensor<1x2x90x16xf32>)
      lse(%lse : tensor<1x2x100xf32>)
      walk<64, 32>(%rows, %tiles : tensor<1x1x2x4xi32>, tensor<4xi32>) outs(%o : tensor<1x2x90xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x90xf32>
}
// DOC-END
