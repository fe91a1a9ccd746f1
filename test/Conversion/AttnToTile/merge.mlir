// RUN: fovea-opt %s --attn-to-tile | FileCheck %s

// Rows are those of the longest dimension, here the sequences; the others are the
// grid's. A part without weight adds nothing.
// CHECK: tile.kernel @f_merge(%[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}}, %[[LA:.*]]: {{.*}}, %[[LB:.*]]: {{.*}}, %[[O:.*]]: {{.*}}, %[[L:.*]]: memref<100x4x1xf32>) grid(%[[H:.*]], %[[I:.*]], %[[M:.*]]) attributes
// CHECK: %[[FIRST:.*]] = arith.muli %[[M]], %c64
// CHECK: %[[X:.*]] = tile.map ins() maps [] origin(%[[FIRST]])
// CHECK: ^bb0(%[[ROW:.*]]: index):
// CHECK: tile.gather %[[LA]][%[[ROW]], %[[H]], %[[I]]]
// CHECK: tile.gather %[[LB]]
// CHECK: %[[TOP:.*]] = tile.map
// CHECK: arith.maxnumf
// CHECK-COUNT-2: math.exp2
// CHECK: %[[SUM:.*]] = tile.map
// CHECK: arith.addf
// CHECK: %[[VA:.*]] = tile.view %[[A]] dims [0, 3] at[%[[H]], %[[I]]] : memref<100x4x1x40xf32>
// CHECK: tile.load %[[VA]][%[[FIRST]], %{{.*}}] {{.*}} -> <64x40xf32>
// CHECK: tile.view %[[B]]
// CHECK: tile.map
// CHECK: math.fma
// CHECK: arith.divf
// CHECK: arith.truncf
// CHECK: tile.store
// CHECK: math.log2
// CHECK: %[[VL:.*]] = tile.view %[[L]] dims [0] at[%[[H]], %[[I]]]
// CHECK: tile.store {{.*}}, %[[VL]][%[[FIRST]]]
// CHECK: func.func @f
// CHECK: %[[N:.*]] = arith.ceildivsi %{{.*}}, %{{.*}} : index
// CHECK: tile.launch @f_merge grid(%{{.*}}, %{{.*}}, %[[N]])
func.func @f(%a: memref<100x4x1x40xf32>, %la: memref<100x4x1xf32>, %lb: memref<100x4x1xf32>,
             %o: memref<100x4x1x40xbf16>, %l: memref<100x4x1xf32>) {
  attn.merge parts(%a, %a : memref<100x4x1x40xf32>, memref<100x4x1x40xf32>)
      lse(%la, %lb : memref<100x4x1xf32>, memref<100x4x1xf32>)
      outs(%o, %l : memref<100x4x1x40xbf16>, memref<100x4x1xf32>)
      {schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 1, vectors = 1>}
  return
}
