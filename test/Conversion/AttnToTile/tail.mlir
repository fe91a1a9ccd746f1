// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse | FileCheck %s
// RUN: fovea-opt %s --fovea-tile-stage --fovea-vector-stage=target=cpu:+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512bf16 | FileCheck %s --check-prefix=VECTOR

// A work item with more than 16 rows left runs on tiles of 64 rows, any other on
// tiles of 16. Operands enter products as they are in memory, and so do weights.

// CHECK-LABEL: tile.kernel @short_attention(
// CHECK-SAME: %[[Q:[^:]*]]: memref<2x8x?x64xbf16>
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c64 : index
// CHECK: %[[ROWS:.*]] = memref.dim %[[Q]], %c2
// CHECK: %[[LEFT:.*]] = arith.subi %[[ROWS]], %[[FIRST]]
// CHECK: %[[MANY:.*]] = arith.cmpi sgt, %[[LEFT]], %c16
// CHECK: scf.if %[[MANY]] {
// CHECK:   %[[A:.*]] = tile.load {{.*}} -> <64x64xbf16>
// CHECK:   tile.dot %[[A]], {{.*}} : <64x64xbf16>, <128x64xbf16>, <64x128xf32>
// CHECK:   tile.reduce add
// CHECK:   arith.truncf {{.*}} : f32 to bf16
// CHECK:   tile.dot {{.*}} : <64x128xbf16>, <128x64xbf16>, <64x64xf32>
// CHECK:   tile.store {{.*}} : <64x64xbf16>
// CHECK: } else {
// CHECK:   %[[B:.*]] = tile.load {{.*}} -> <16x64xbf16>
// CHECK:   tile.dot %[[B]], {{.*}} : <16x64xbf16>, <128x64xbf16>, <16x128xf32>
// CHECK:   tile.store {{.*}} : <16x64xbf16>
// CHECK: }
// Work items are counted in tiles of 64 rows.
// CHECK-LABEL: func.func @short
// CHECK: arith.ceildivsi %{{.*}}, %c64

// A register block of the smaller tiles has as many accumulators: 16 rows by 1
// vector.
// VECTOR: scf.if
// VECTOR: scf.for {{.*}} step %c4
// VECTOR-COUNT-16: x86vector.avx512.dot
// VECTOR: } else {
// VECTOR: scf.for {{.*}} step %c16
// VECTOR-COUNT-16: x86vector.avx512.dot
func.func @short(%q: memref<2x8x?x64xbf16>, %k: memref<2x2x?x64xbf16>,
                 %o: memref<2x8x?x64xbf16>) {
  attn.attention ins(%q : memref<2x8x?x64xbf16>)
      dense(%k, %k : memref<2x2x?x64xbf16>, memref<2x2x?x64xbf16>)
      outs(%o : memref<2x8x?x64xbf16>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, tail_tile = 16, storage_types = true>}
  return
}
