// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// Tiles have keys for rows; the loop walks over tiles of queries, whose lse is read
// for each column. Regions get their coordinates in the order of the op.

// CHECK-LABEL: tile.kernel @reduce_score_reduce(
// CHECK-SAME: %[[Q:[^:]*]]: memref<2x4x?x64xf32>, %[[K:[^:]*]]: memref<2x2x?x64xf32>, %[[O:[^:]*]]: memref<2x4x?xf32>, %[[LSE:[^:]*]]: memref<2x4x?xf32>) grid(%[[B:.*]], %[[H:.*]], %[[M:.*]])
// CHECK: %[[FIRST:.*]] = arith.muli %[[M]], %c64
// CHECK: %[[QV:.*]] = tile.view %[[Q]] dims [2, 3] at[%[[B]], %[[H]]]
// CHECK: %[[KV:.*]] = tile.view %[[K]] dims [2, 3]
// CHECK: %[[KT:.*]] = tile.load %[[KV]][%[[FIRST]], %c0] : <?x64xf32> -> <64x64xf32>
// CHECK: %[[KS:.*]] = tile.map ins(%[[KT]]
// CHECK: %[[SUMS:.*]] = scf.for {{.*}} iter_args(%[[SUM:.*]] = %{{.*}}) -> (!tile.tile<64xf32>)
// CHECK:   %[[I0:.*]] = arith.muli
// CHECK:   %[[QT:.*]] = tile.load %[[QV]][%[[I0]], %c0] : <?x64xf32> -> <128x64xf32>
// CHECK:   %[[S:.*]] = tile.dot %[[KS]], %[[QT]]
// CHECK:   %[[MASKED:.*]] = scf.if
// CHECK:     tile.map ins(%[[S]] {{.*}} origin(%[[FIRST]], %[[I0]])
// CHECK:     ^bb0(%{{.*}}: f32, %[[J:.*]]: index, %[[I:.*]]: index):
// CHECK:       arith.cmpi sle, %[[J]], %[[I]]
// CHECK:   %[[P:.*]] = tile.map ins(%[[MASKED]]
// CHECK:   ^bb0(%{{.*}}: f32, %{{.*}}: index, %[[I:.*]]: index):
// CHECK:     tile.gather %[[LSE]][%[[B]], %[[H]], %[[I]]]
// CHECK:     math.exp2
// CHECK:   %[[PART:.*]] = tile.reduce add %[[P]] axis 1
// CHECK:   tile.map ins(%[[SUM]], %[[PART]]
// CHECK: %[[OV:.*]] = tile.view %[[O]] dims [2] at[%[[B]], %[[H]]] limit
// CHECK: tile.store %[[SUMS]], %[[OV]][%[[FIRST]]]

// Keys beyond a length have the sum 0.
// CHECK-LABEL: func.func @reduce(
// CHECK: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : memref<2x4x?xf32>)
// CHECK: tile.launch @reduce_score_reduce grid(%c2, %c4, %{{.*}})
func.func @reduce(%q: memref<2x4x?x64xf32>, %k: memref<2x2x?x64xf32>, %lse: memref<2x4x?xf32>, %o: memref<2x4x?xf32>) {
  attn.score_reduce column_sum ins(%q : memref<2x4x?x64xf32>)
      dense(%k : memref<2x2x?x64xf32>) lse(%lse : memref<2x4x?xf32>) outs(%o : memref<2x4x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {schedule = #schedule}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// A kernel for each segment; the second one's sums stand behind those of all keys
// that the first can have.

// CHECK-LABEL: tile.kernel @several_score_reduce(
// CHECK: tile.view %{{.*}} pages 16 along 0
// CHECK: tile.view %{{.*}} dims [2] at[%{{.*}}, %{{.*}}] limit
// CHECK-LABEL: tile.kernel @several_score_reduce_1(
// CHECK: tile.view %{{.*}} dims [2] at[%{{.*}}, %{{.*}}] from %{{.*}} limit
// CHECK-LABEL: func.func @several(
// CHECK: tile.launch @several_score_reduce grid
// CHECK: tile.launch @several_score_reduce_1 grid
func.func @several(%q: memref<2x4x?x64xf32>, %p: memref<?x4x16x64xf32>, %t: memref<2x?xi32>, %k: memref<2x4x?x64xf32>,
                   %lse: memref<2x4x?xf32>, %o: memref<2x4x?xf32>) {
  attn.score_reduce column_sum ins(%q : memref<2x4x?x64xf32>)
      paged<16>(%p : memref<?x4x16x64xf32>) table(%t : memref<2x?xi32>)
      dense(%k : memref<2x4x?x64xf32>)
      lse(%lse : memref<2x4x?xf32>) outs(%o : memref<2x4x?xf32>)
      attributes {schedule = #schedule}
  return
}
