// RUN: fovea-opt %s --attn-to-tile | FileCheck %s
// RUN: fovea-opt %s --pass-pipeline='builtin.module(attn-to-tile,builtin.module(tile.kernel(tile-split-walk),canonicalize,tile.kernel(tile-assign-layouts),tile-to-vector))' | FileCheck %s --check-prefix=VECTOR

// A kernel stands in the module of its function; others may have its name.

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// CHECK: module @inner
// CHECK: tile.kernel @f_attention(
// CHECK: tile.kernel @f_attention_1(
// CHECK: func.func @f(
// CHECK: tile.launch @f_attention grid
// CHECK: tile.launch @f_attention_1 grid
// CHECK: tile.kernel @f_attention(
// CHECK: func.func @f(
// CHECK: tile.launch @f_attention grid

// What the inner kernels need says nothing of the outer one.
// VECTOR: module @inner
// VECTOR: func.func private @f_attention(
// VECTOR: func.func private @f_attention_1(
// VECTOR: tile.launch @f_attention grid{{.*}}{scratch_bytes
// VECTOR: tile.launch @f_attention_1 grid{{.*}}{scratch_bytes
// VECTOR: tile.kernel @f_attention(
// VECTOR: tile.launch @f_attention grid
// VECTOR-NOT: scratch_bytes
module @outer {
  module @inner {
    func.func @f(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
      attn.attention ins(%q : memref<2x4x?x64xf32>)
          dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
          outs(%o : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
      attn.attention ins(%q : memref<2x4x?x64xf32>)
          dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
          outs(%o : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
      return
    }
  }
  func.func @f(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
    attn.attention ins(%q : memref<2x4x?x64xf32>)
        dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
        outs(%o : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
    return
  }
}
