// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// Segments share one softmax: the sums pass from loop to loop. Keys of the second
// one begin behind the last key of the first.

// CHECK-LABEL: tile.kernel @several_attention(
// CHECK-SAME: %[[K0:[^:]*]]: memref<2x4x?x64xf32>, %[[V0:[^:]*]]: memref<2x4x?x64xf32>, %[[K1:[^:]*]]: memref<2x4x?x64xbf16>, %[[V1:[^:]*]]: memref<2x4x?x64xf32>, %{{[^:]*}}: memref<2x4x?x64xf32>, %[[N:[^:]*]]: memref<2xi32>)
// CHECK: memref.load %[[N]]
// CHECK: %[[N0:.*]] = arith.minsi
// CHECK: %[[KV0:.*]] = tile.view %[[K0]] dims [2, 3] {{.*}} limit %[[N0]]
// CHECK: %[[N1:.*]] = memref.dim %[[K1]]
// CHECK: %[[KV1:.*]] = tile.view %[[K1]] dims [2, 3] {{.*}} limit %[[N1]]
// CHECK: %[[W0:.*]] = tile.walk.ranges
// CHECK: %[[W1:.*]] = tile.walk.ranges
// CHECK: %[[FIRST:.*]]:3 = scf.for
// CHECK:   tile.walk.at %[[W0]]
// CHECK:   %[[J0:.*]] = arith.muli
// CHECK:   tile.load %[[KV0]][%[[J0]]
// CHECK:   tile.map {{.*}} origin(%{{.*}}, %[[J0]])
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[FIRST]]#0, %{{.*}} = %[[FIRST]]#1, %{{.*}} = %[[FIRST]]#2)
// CHECK:   tile.walk.at %[[W1]]
// CHECK:   %[[J1:.*]] = arith.muli
// CHECK:   %[[AT:.*]] = arith.addi %[[J1]], %[[N0]]
// CHECK:   tile.load %[[KV1]][%[[J1]]
// CHECK:   tile.map {{.*}} origin(%{{.*}}, %[[AT]])
func.func @several(%q: memref<2x4x?x64xf32>, %k0: memref<2x4x?x64xf32>, %k1: memref<2x4x?x64xbf16>,
                   %o: memref<2x4x?x64xf32>, %n: memref<2xi32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%k0, %k0 : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>) lengths(%n : memref<2xi32>)
      dense(%k1, %k0 : memref<2x4x?x64xbf16>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {schedule = #schedule}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// Pages: views through the row of the table that belongs to the sequence. There are
// as many keys as its pages hold.

// CHECK-LABEL: tile.kernel @paged_attention(
// CHECK-SAME: %[[TABLE:[^:]*]]: memref<2x?xi32>) grid(%[[B:.*]], %{{.*}}, %{{.*}})
// CHECK: %[[PAGES:.*]] = memref.dim %[[TABLE]], %c1
// CHECK: %[[N:.*]] = arith.muli %[[PAGES]], %c16
// CHECK: tile.view %{{.*}} dims [2, 3] at[%{{.*}}] limit %[[N]] pages 16 along 0 of %[[TABLE]][%[[B]]]
// CHECK: tile.view %{{.*}} dims [2, 3] at[%{{.*}}] limit %[[N]] pages 16 along 0 of %[[TABLE]][%[[B]]]
func.func @paged(%q: memref<2x4x?x64xf32>, %k: memref<?x2x16x64xf32>, %o: memref<2x4x?x64xf32>,
                 %table: memref<2x?xi32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      paged<16>(%k, %k : memref<?x2x16x64xf32>, memref<?x2x16x64xf32>) table(%table : memref<2x?xi32>)
      outs(%o : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// Packed sequences: a bisection over the offsets finds the sequence of a work
// item, which begins at item `offset floordiv 64 + sequence`. Rows are those of the
// sequence; an item without rows walks over no key.

// CHECK-LABEL: tile.kernel @packed_attention(
// CHECK-SAME: %[[QO:[^:]*]]: memref<?xi32>, %[[KO:[^:]*]]: memref<?xi32>) grid(%{{.*}}, %[[H:.*]], %[[ITEM:.*]]) attributes
// CHECK: %[[FOUND:.*]]:2 = scf.for
// CHECK:   memref.load %[[QO]]
// CHECK:   arith.divui %{{.*}}, %c64
// CHECK:   arith.cmpi sle, %{{.*}}, %[[ITEM]]
// CHECK:   scf.yield
// CHECK: %[[NEXT:.*]] = arith.addi %[[FOUND]]#0, %c1
// CHECK: memref.load %[[QO]][%[[NEXT]]]
// CHECK: %[[ROWS:.*]] = arith.subi
// CHECK: %[[ROW:.*]] = arith.muli %{{.*}}, %c64
// CHECK: memref.load %[[KO]][%[[FOUND]]#0]
// CHECK: memref.load %[[KO]][%[[NEXT]]]
// CHECK: tile.view %{{.*}} dims [1, 2] at[%{{.*}}] from %{{.*}} limit %[[KEYS:.*]] : memref<8x?x64xf32>
// CHECK: tile.view %{{.*}} dims [1, 2] at[%[[H]]] from %[[FIRST:.*]] limit %[[ROWS]]
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[ROW]], %[[ROWS]]
// CHECK: %[[TILES:.*]] = arith.select %[[SOME]], %{{.*}}, %c0
// CHECK: tile.walk.ranges(%c0) to(%[[TILES]])
// CHECK: tile.view %{{.*}} dims [1, 2] at[%[[H]]] from %[[FIRST]] limit %[[ROWS]]

// At most one item for each sequence is empty.
// CHECK-LABEL: func.func @packed(
// CHECK: %[[WHOLE:.*]] = arith.divui %{{.*}}, %c64
// CHECK: %[[ALL:.*]] = arith.addi %[[WHOLE]], %[[SEQUENCES:[0-9]+]]
// CHECK: %[[LEAST:.*]] = arith.minsi %[[SEQUENCES]], %{{.*}}
// CHECK: %[[NONE:.*]] = arith.cmpi slt, %[[LEAST]], %c1
// CHECK: %[[ITEMS:.*]] = arith.select %[[NONE]], %c0, %[[ALL]]
// CHECK: tile.launch @packed_attention grid(%c1, %c8, %[[ITEMS]])
func.func @packed(%q: memref<8x?x64xf32>, %o: memref<8x?x64xf32>, %qo: memref<?xi32>, %ko: memref<?xi32>) {
  attn.attention ins(%q : memref<8x?x64xf32>)
      packed(%q, %q : memref<8x?x64xf32>, memref<8x?x64xf32>)
        offsets(%qo, %ko : memref<?xi32>, memref<?xi32>)
      outs(%o : memref<8x?x64xf32>) attributes {schedule = #schedule}
  return
}
