// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a --attn-bufferize --attn-to-tile --canonicalize --cse | FileCheck %s

// A length in 64 bits is brought into the memref's extent before it becomes an
// index, which has 32 bits on a GPU.

!t = tensor<?x?x?x64xf16>
!l = tensor<?x?x?xf32>

// CHECK-LABEL: tile.kernel @operands_attention
// CHECK-SAME: (%{{.*}}, %[[K:[^:]*]]: memref<?x?x?x64xf16, {{[^%]*}}, %{{[^%]*}}, %{{[^%]*}}, %{{[^%]*}}, %[[N:[^:]*]]: memref<?xi64{{[^%]*}}, %[[SINKS:[^:]*]]: memref<?xf32{{[^%]*}}) grid(%[[B:.*]], %[[H:.*]], %{{.*}})
// CHECK: %[[ALL:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[LENGTH:.*]] = memref.load %[[N]][%[[B]]]
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[ALL]] : index to i64
// CHECK: %[[LOW:.*]] = arith.maxsi %[[LENGTH]], %c0_i64 : i64
// CHECK: %[[BOUND:.*]] = arith.minsi %[[LOW]], %[[WIDE]] : i64
// CHECK: %[[KEYS:.*]] = arith.index_cast %[[BOUND]] : i64 to index
// CHECK: tile.view %[[K]] dims [2, 3] at[{{.*}}] limit %[[KEYS]]
// CHECK: %[[SINK:.*]] = memref.load %[[SINKS]][%[[H]]]
// The accuracy of the logarithm of a sum is one of its absolute value.
// CHECK: math.log2 %{{.*}} fastmath<afn> : f32
// CHECK: tile.store %{{.*}} : <192xf32>, <?xf32>
func.func @operands(%q: !t, %k: !t, %v: !t, %n: tensor<?xi64>, %s: tensor<?xf32>,
                    %o: !t, %l: !l) -> (!t, !l) {
  %r:2 = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xi64>)
      sinks(%s : tensor<?xf32>) outs(%o, %l : !t, !l)
  return %r#0, %r#1 : !t, !l
}
