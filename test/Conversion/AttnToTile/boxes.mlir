// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse | FileCheck %s

// On GPUs moves of tokens are part of the copies of tiles, everywhere those of
// keys to boxes that overlap part of loads.

#gpu = #pipe.schedule<query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>
#order = #attn.order<grid = [32, 64], q = [16, 8], kv = [8, 8]>
!in = memref<2x4x2048x64xbf16>
!lse = memref<2x4x2048xf32>

// CHECK-LABEL: tile.kernel @moved_attention(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>, %[[K:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>, %[[V:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>, %[[O:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>, %[[L:[a-z0-9]+]]: memref<2x4x32x64xf32>)
// CHECK-DAG: tile.view %[[Q]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [16, 8]
// CHECK-DAG: tile.view %[[K]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8]
// CHECK-DAG: tile.view %[[V]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8]
// CHECK: tile.view %[[O]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [16, 8]
// CHECK: tile.view %[[L]] dims [2, 3] at[%{{.*}}, %{{.*}}] boxes [16, 8] : memref<2x4x32x64xf32> -> <2048xf32>
// CHECK-LABEL: func.func @moved(
// CHECK-NOT: attn.reorder
// CHECK-COUNT-5: memref.expand_shape
// CHECK: tile.launch @moved_attention grid(%{{.*}}, %{{.*}}, %c16)
func.func @moved(%q: !in, %k: !in, %v: !in, %o: !in, %l: !lse) {
  %q1 = memref.alloc() : !in
  %k1 = memref.alloc() : !in
  %v1 = memref.alloc() : !in
  %o1 = memref.alloc() : !in
  %l1 = memref.alloc() : !lse
  attn.reorder order(#order) axes [2] ins(%q : !in) outs(%q1 : !in)
  attn.reorder order(#order) keys axes [2] ins(%k : !in) outs(%k1 : !in)
  attn.reorder order(#order) keys axes [2] ins(%v : !in) outs(%v1 : !in)
  attn.attention ins(%q1 : !in) dense(%k1, %v1 : !in, !in) outs(%o1, %l1 : !in, !lse)
      attributes {schedule = #gpu}
  attn.reorder inverse order(#order) axes [2] ins(%o1 : !in) outs(%o : !in)
  attn.reorder inverse order(#order) axes [2] ins(%l1 : !lse) outs(%l : !lse)
  return
}

// Not where something else reads what was moved, or writes in between; and results
// do not go where keys are read.
// CHECK-LABEL: tile.kernel @kept_attention(
// CHECK-SAME: memref<2x4x2048x64xbf16>, %{{.*}}: memref<2x4x2048x64xbf16>, %{{.*}}: memref<2x4x32x64x64xbf16>, %{{.*}}: memref<2x4x2048x64xbf16>)
// CHECK-LABEL: func.func @kept(
// CHECK: attn.reorder order
// CHECK: attn.reorder order
// CHECK-NOT: attn.reorder order
// CHECK: tile.launch @kept_attention
// CHECK: attn.reorder inverse
func.func @kept(%q: !in, %k: !in, %v: !in, %x: bf16) -> bf16 {
  %c0 = arith.constant 0 : index
  %q1 = memref.alloc() : !in
  %k1 = memref.alloc() : !in
  %v1 = memref.alloc() : !in
  %o1 = memref.alloc() : !in
  attn.reorder order(#order) axes [2] ins(%q : !in) outs(%q1 : !in)
  attn.reorder order(#order) keys axes [2] ins(%k : !in) outs(%k1 : !in)
  memref.store %x, %k[%c0, %c0, %c0, %c0] : !in
  attn.reorder order(#order) keys axes [2] ins(%v : !in) outs(%v1 : !in)
  attn.attention ins(%q1 : !in) dense(%k1, %v1 : !in, !in) outs(%o1 : !in)
      attributes {schedule = #gpu}
  attn.reorder inverse order(#order) axes [2] ins(%o1 : !in) outs(%v : !in)
  %y = memref.load %q1[%c0, %c0, %c0, %c0] : !in
  return %y : bf16
}

// Keys and values that are one buffer; a buffer that a region reads, too.
// CHECK-LABEL: tile.kernel @twice_attention(
// CHECK-SAME: memref<2x4x2048x64xbf16>, %[[K:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>, %[[V:[a-z0-9]+]]: memref<2x4x32x64x64xbf16>,
// CHECK-DAG: tile.view %[[K]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8]
// CHECK-DAG: tile.view %[[V]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8]
// CHECK-LABEL: func.func @twice(
// CHECK: %[[Q1:.*]] = memref.alloc()
// CHECK-NEXT: attn.reorder order({{.*}}) axes [2] {{.*}} outs(%[[Q1]] :
// CHECK-NOT: attn.reorder
// CHECK: %[[E:.*]] = memref.expand_shape %arg1
// CHECK: tile.launch @twice_attention grid({{.*}}) args(%[[Q1]], %[[E]], %[[E]], %arg2, %[[Q1]] :
func.func @twice(%q: !in, %k: !in, %o: !in) {
  %q1 = memref.alloc() : !in
  %k1 = memref.alloc() : !in
  attn.reorder order(#order) axes [2] ins(%q : !in) outs(%q1 : !in)
  attn.reorder order(#order) keys axes [2] ins(%k : !in) outs(%k1 : !in)
  attn.attention ins(%q1 : !in) dense(%k1, %k1 : !in, !in) outs(%o : !in)
      score(%s, %b, %h, %i, %j, %t = %q1 : !in) {
        %c0 = arith.constant 0 : index
        %x = memref.load %t[%b, %h, %i, %c0] : !in
        %y = arith.extf %x : bf16 to f32
        %z = arith.addf %s, %y : f32
        attn.yield %z : f32
      }
      attributes {schedule = #gpu}
  return
}

// CHECK-LABEL: tile.kernel @anywhere_attention(
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<2x4x32x64x64xf32>, %[[V:[a-z0-9]+]]: memref<2x4x32x64x64xf32>,
// CHECK-DAG: tile.view %[[K]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8] every [1, 4] : {{.*}} -> <32768x64xf32>
// CHECK-DAG: tile.view %[[V]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8] every [1, 4] : {{.*}} -> <32768x64xf32>
// CHECK-LABEL: func.func @anywhere(
// CHECK-NOT: attn.reorder order({{.*}}) keys
#cpu = #tile.cpu_schedule<query_tile = 64, key_tile = 64, lanes = 16, rows = 4, vectors = 4>
#anywhere = #attn.order<grid = [32, 64], q = [8, 8], kv = [8, 8], kv_step = [1, 4]>
!tokens = memref<2x4x2048x64xf32>
!places = memref<2x4x32768x64xf32>
func.func @anywhere(%q: !tokens, %k: !tokens, %v: !tokens, %o: !tokens) {
  %k1 = memref.alloc() : !places
  %v1 = memref.alloc() : !places
  attn.reorder order(#anywhere) keys axes [2] ins(%k : !tokens) outs(%k1 : !places)
  attn.reorder order(#anywhere) keys axes [2] ins(%v : !tokens) outs(%v1 : !places)
  attn.attention ins(%q : !tokens) dense(%k1, %v1 : !places, !places) outs(%o : !tokens)
      attributes {schedule = #cpu}
  return
}
