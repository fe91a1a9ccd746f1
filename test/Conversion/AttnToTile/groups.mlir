// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// Few queries of heads that share keys are rows of the same tiles.

#cpu = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 16, vectors = 1, split_to = 64>
// One query: the heads of a group are its rows, whatever their number.
// CHECK-LABEL: tile.kernel @one_attention(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<2x2x4x64xbf16, strided<[512, 256, 64, 1]>>
// CHECK-SAME: %[[T:[a-z0-9]+]]: memref<8xf32>
// CHECK-SAME: grid(%[[B:.*]], %[[H:.*]], %{{.*}}) attributes
// CHECK: tile.view %[[Q]] dims [2, 3] at[%[[B]], %[[H]]] : {{.*}} -> <4x64xbf16>
// CHECK: tile.map
// CHECK: ^bb0(%{{.*}}: f32, %[[ROW:[a-z0-9]+]]: index, %{{.*}}: index):
// CHECK: %[[HEAD:.*]] = arith.addi %{{.*}}, %[[ROW]] : index
// CHECK: tile.gather %[[T]][%[[HEAD]]]
// CHECK-LABEL: func.func @one(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<2x8x1x64xbf16>,
// CHECK-SAME: %[[O:[a-z0-9]+]]: memref<2x8x1x64xbf16>, %[[L:[a-z0-9]+]]: memref<2x8x1xf32>
// CHECK-DAG: memref.reinterpret_cast %[[Q]] to offset: [0], sizes: [2, 2, 4, 64], strides: [512, 256, 64, 1]
// CHECK-DAG: memref.reinterpret_cast %[[O]] to offset: [0], sizes: [2, 2, 4, 64], strides: [512, 256, 64, 1]
// CHECK-DAG: memref.reinterpret_cast %[[L]] to offset: [0], sizes: [2, 2, 4], strides: [8, 4, 1]
// CHECK: tile.launch @one_attention grid(%c2, %c2, %
func.func @one(%q: memref<2x8x1x64xbf16>, %k: memref<2x2x?x64xbf16>,
               %o: memref<2x8x1x64xbf16>, %l: memref<2x8x1xf32>, %t: memref<8xf32>) {
  attn.attention ins(%q : memref<2x8x1x64xbf16>)
      dense(%k, %k : memref<2x2x?x64xbf16>, memref<2x2x?x64xbf16>)
      outs(%o, %l : memref<2x8x1x64xbf16>, memref<2x8x1xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : memref<8xf32>) {
        %x = memref.load %table[%h] : memref<8xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      attributes {schedule = #cpu}
  return
}

// -----

#cpu = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 16, vectors = 1, split_to = 64>

// Dynamic heads: the size of a group is a parameter of the kernel.
// CHECK-LABEL: tile.kernel @dynamic_attention(
// CHECK-SAME: %[[SIZE:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index) grid(%{{.*}}, %[[H:.*]], %{{.*}}) attributes
// CHECK: %[[FIRST:.*]] = arith.muli %[[H]], %[[SIZE]]
// CHECK: arith.addi %[[FIRST]], %
// CHECK-LABEL: func.func @dynamic(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<?x1x?x64xbf16>, %[[K:[a-z0-9]+]]: memref<?x?x?x64xbf16>,
// CHECK-DAG: %[[HK:.*]] = memref.dim %[[K]], %c2
// CHECK-DAG: %[[H:.*]] = memref.dim %[[Q]], %c2
// CHECK: %[[SOME:.*]] = arith.maxui %[[HK]], %c1
// CHECK: %[[GROUP:.*]] = arith.divui %[[H]], %[[SOME]]
// CHECK: memref.reinterpret_cast %[[Q]] to offset: [0], sizes: [%{{.*}}, %[[GROUP]], %[[HK]], 64], strides: [%{{.*}}, 64, %{{.*}}, 1]
#q = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
func.func @dynamic(%q: memref<?x1x?x64xbf16>, %k: memref<?x?x?x64xbf16>, %o: memref<?x1x?x64xbf16>) {
  attn.attention ins(%q : memref<?x1x?x64xbf16>)
      dense(%k, %k : memref<?x?x?x64xbf16>, memref<?x?x?x64xbf16>)
      outs(%o : memref<?x1x?x64xbf16>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %h : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [#q, #k, #v, #o], schedule = #cpu}
  return
}

// -----

#cpu = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 16, vectors = 1, split_to = 64>

// Three queries of four heads: twelve rows, the heads of a query after one another,
// each with its sink.
// CHECK-LABEL: tile.kernel @few_attention(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<2x3x4x2x64xf32, strided<[1536, 512, 64, 256, 1]>>
// CHECK-SAME: %[[S:[a-z0-9]+]]: memref<8xf32>
// CHECK-SAME: grid(%[[B:.*]], %[[H:.*]], %{{.*}}) attributes
// CHECK: tile.view %[[Q]] dims [1, 2, 4] at[%[[B]], %[[H]]] boxes [3, 4] : {{.*}} -> <12x64xf32>
// CHECK: tile.map {{.*}} origin(%{{.*}}) {
// CHECK: ^bb0(%{{.*}}: f32, %[[ROW:[a-z0-9]+]]: index):
// CHECK: %[[MEMBER:.*]] = arith.remui %[[ROW]], %c4
// CHECK: %[[HEAD:.*]] = arith.addi %{{.*}}, %[[MEMBER]]
// CHECK: tile.gather %[[S]][%[[HEAD]]]
// CHECK: scf.for
// CHECK: scf.if
// CHECK: ^bb0(%{{.*}}: f32, %[[ROW:[a-z0-9]+]]: index, %[[J:.*]]: index):
// CHECK: %[[I:.*]] = arith.divui %[[ROW]], %c4
// CHECK: arith.cmpi sle, %[[J]], %[[I]]
// CHECK: tile.combine {{.*}} rows %{{.*}}
// CHECK-LABEL: func.func @few(
// CHECK: tile.launch @few_attention grid(%c2, %c2, %
#q = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
func.func @few(%q: memref<2x3x8x64xf32>, %k: memref<2x?x2x64xf32>, %s: memref<8xf32>, %o: memref<2x3x8x64xf32>) {
  attn.attention ins(%q : memref<2x3x8x64xf32>)
      dense(%k, %k : memref<2x?x2x64xf32>, memref<2x?x2x64xf32>) sinks(%s : memref<8xf32>)
      outs(%o : memref<2x3x8x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [#q, #k, #v, #o], schedule = #cpu}
  return
}

// -----

#gpu = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, split_to = 0>

// On a GPU a tile is one box: of six heads as if they were eight. Forty of its rows
// are for queries.
// CHECK-LABEL: tile.kernel @gpu_attention(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<2x2x5x6x64xbf16, strided<[3840, 1920, 64, 320, 1]>>
// CHECK-SAME: %[[L:[a-z0-9]+]]: memref<2x2x5x6xf32, strided<[60, 30, 1, 5]>>
// CHECK: tile.view %[[Q]] dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [8, 8] : {{.*}} -> <64x64xbf16>
// CHECK: arith.divui %{{.*}}, %c8
// CHECK: %[[ROWS:.*]] = arith.subi %c40, %
// CHECK: tile.combine {{.*}} rows %[[ROWS]]
// CHECK: tile.view %[[L]] dims [2, 3] at[%{{.*}}, %{{.*}}] boxes [8, 8]
func.func @gpu(%q: memref<2x12x5x64xbf16>, %k: memref<2x2x?x64xbf16>, %o: memref<2x12x5x64xbf16>, %l: memref<2x12x5xf32>) {
  attn.attention ins(%q : memref<2x12x5x64xbf16>)
      dense(%k, %k : memref<2x2x?x64xbf16>, memref<2x2x?x64xbf16>)
      outs(%o, %l : memref<2x12x5x64xbf16>, memref<2x12x5xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {schedule = #gpu}
  return
}

// -----

#gpu = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, split_to = 0>

// More heads than a tile has rows: the next ones are in the next tile.
// CHECK-LABEL: tile.kernel @many_attention(
// CHECK: tile.view %{{.*}} dims [2, 3, 4] at[%{{.*}}, %{{.*}}] boxes [1, 64] : {{.*}} -> <256x64xbf16>
// CHECK-LABEL: func.func @many(
// CHECK: %[[TILES:.*]] = arith.muli %{{.*}}, %c4
// CHECK: grid(%c1, %c1, %[[TILES]])
func.func @many(%q: memref<1x71x2x64xbf16>, %k: memref<1x1x?x64xbf16>) {
  attn.attention ins(%q : memref<1x71x2x64xbf16>)
      dense(%k, %k : memref<1x1x?x64xbf16>, memref<1x1x?x64xbf16>) outs(%q : memref<1x71x2x64xbf16>)
      attributes {schedule = #gpu}
  return
}

// -----

#cpu = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 16, vectors = 1, split_to = 64>
#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>

// Keys that all sequences share: the sequences are rows.
// CHECK-LABEL: tile.kernel @shared_attention(
// CHECK-SAME: memref<1x4x8x64xbf16, strided<[2048, 64, 256, 1]>>
// CHECK-SAME: %[[T:[a-z0-9]+]]: memref<8xi32>
// CHECK-SAME: grid(%[[B:.*]], %{{.*}}, %{{.*}}) attributes
// CHECK: ^bb0(%{{.*}}: f32, %[[ROW:[a-z0-9]+]]: index, %{{.*}}: index):
// CHECK: %[[FIRST:.*]] = arith.muli %[[B]], %c8
// CHECK: %[[SEQUENCE:.*]] = arith.addi %[[FIRST]], %[[ROW]]
// CHECK: tile.gather %[[T]][%[[SEQUENCE]]]
func.func @shared(%q: memref<8x4x1x64xbf16>, %k: memref<2x?x64xbf16>, %s: memref<4xf32>, %t: memref<8xi32>) {
  attn.attention ins(%q : memref<8x4x1x64xbf16>)
      dense(%k, %k : memref<2x?x64xbf16>, memref<2x?x64xbf16>)
      sinks(%s : memref<4xf32>) outs(%q : memref<8x4x1x64xbf16>)
      mask(%b, %h, %i, %j, %limit = %t : memref<8xi32>) {
        %x = memref.load %limit[%b] : memref<8xi32>
        %n = arith.index_cast %x : i32 to index
        %c = arith.cmpi slt, %j, %n : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [#q, #k, #v, #o], schedule = #cpu}
  return
}

// -----

#cpu = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 16, vectors = 1, split_to = 64>

// Many queries, a head each, members whose number is not known: as they are.
// CHECK-LABEL: func.func @others(
// CHECK-NOT: reinterpret_cast
func.func @others(%q: memref<1x8x17x64xbf16>, %r: memref<1x8x2x64xbf16>, %d: memref<1x?x2x64xbf16>,
                  %k: memref<1x2x9x64xbf16>, %kr: memref<1x8x9x64xbf16>) {
  attn.attention ins(%q : memref<1x8x17x64xbf16>) dense(%k, %k : memref<1x2x9x64xbf16>, memref<1x2x9x64xbf16>)
      outs(%q : memref<1x8x17x64xbf16>) attributes {schedule = #cpu}
  attn.attention ins(%r : memref<1x8x2x64xbf16>) dense(%kr, %kr : memref<1x8x9x64xbf16>, memref<1x8x9x64xbf16>)
      outs(%r : memref<1x8x2x64xbf16>) attributes {schedule = #cpu}
  attn.attention ins(%d : memref<1x?x2x64xbf16>) dense(%k, %k : memref<1x2x9x64xbf16>, memref<1x2x9x64xbf16>)
      outs(%d : memref<1x?x2x64xbf16>) attributes {schedule = #cpu}
  return
}

// -----

#gpu = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, split_to = 0>

// A slope of each head, which is one number for a work item elsewhere, is as finite here.
// Shared keys of an unknown number of sequences: heads are rows.
// CHECK-LABEL: tile.kernel @slopes_attention(
// CHECK: boxes [16, 4]
// CHECK: tile.map {{.*}} origin(
// CHECK: tile.gather
// CHECK-NOT: arith.minnumf
// CHECK: tile.dot
#qs = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#ks = affine_map<(b, h, i, j, d, e) -> (h, j, d)>
#vs = affine_map<(b, h, i, j, d, e) -> (h, j, e)>
#os = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
func.func @slopes(%q: memref<?x8x4x64xbf16>, %k: memref<2x?x64xbf16>, %t: memref<8xf32>) {
  attn.attention ins(%q : memref<?x8x4x64xbf16>)
      dense(%k, %k : memref<2x?x64xbf16>, memref<2x?x64xbf16>)
      outs(%q : memref<?x8x4x64xbf16>)
      score(%s, %b, %h, %i, %j, %table = %t : memref<8xf32>) {
        %slope = memref.load %table[%h] : memref<8xf32>
        %d = arith.subi %i, %j : index
        %di = arith.index_cast %d : index to i32
        %df = arith.sitofp %di : i32 to f32
        %m = arith.mulf %slope, %df : f32
        %y = arith.addf %s, %m : f32
        attn.yield %y : f32
      }
      attributes {indexing_maps = [#qs, #ks, #vs, #os], schedule = #gpu,
                  numerics = #attn.numerics<math = approximate>}
  return
}
