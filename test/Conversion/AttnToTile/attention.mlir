// RUN: fovea-opt %s --attn-to-tile --canonicalize --cse | FileCheck %s

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

// One kernel for one op: the online softmax over a walk of key tiles. The scale
// and log2(e) are folded into the queries: log2(e) / sqrt(64) = 0.18.

// CHECK-DAG: #[[ELEMENT:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: tile.kernel @full_attention(
// CHECK-SAME: %[[Q:[^:]*]]: memref<2x8x?x64xf32>, %[[K:[^:]*]]: memref<2x2x?x64xf32>, %[[V:[^:]*]]: memref<2x2x?x32xf32>, %[[O:[^:]*]]: memref<2x8x?x32xf32>)
// CHECK-SAME: grid(%[[B:.*]], %[[H:.*]], %[[M:.*]]) attributes {schedule = #tile.cpu_schedule<query_tile = 64
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[NINF:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[FACTOR:.*]] = arith.constant 0.180336878 : f32

// Query head h reads key head h floordiv (8 / 2).
// CHECK-DAG: %[[HK:.*]] = arith.divui %[[H]], %[[C4]] : index
// CHECK-DAG: %[[I0:.*]] = arith.muli %[[M]], %{{.*}} : index
// CHECK-DAG: %[[KV:.*]] = tile.view %[[K]] dims [2, 3] at[%[[B]], %[[HK]]] limit %[[N:.*]] : memref<2x2x?x64xf32> -> <?x64xf32>
// CHECK-DAG: %[[VV:.*]] = tile.view %[[V]] dims [2, 3] at[%[[B]], %[[HK]]] limit %[[N]] : memref<2x2x?x32xf32> -> <?x32xf32>
// CHECK-DAG: %[[QV:.*]] = tile.view %[[Q]] dims [2, 3] at[%[[B]], %[[H]]] : memref<2x8x?x64xf32> -> <?x64xf32>
// CHECK: %[[QT:.*]] = tile.load %[[QV]][%[[I0]], %[[C0]]]
// CHECK: %[[QS:.*]] = tile.map ins(%[[QT]]
// CHECK: arith.mulf %{{.*}}, %[[FACTOR]] : f32

// CHECK: %[[TILES:.*]] = arith.ceildivsi %[[N]], %{{.*}} : index
// CHECK: %[[W:.*]] = tile.walk.ranges(%[[C0]]) to(%[[TILES]]) {partial = array<i1: false>}
// CHECK: %[[SIZE:.*]] = tile.walk.size %[[W]]
// CHECK-DAG: %[[O0:.*]] = tile.splat %[[ZERO]] : f32 -> <64x32xf32>
// CHECK-DAG: %[[M0:.*]] = tile.splat %[[NINF]] : f32 -> <64xf32>
// CHECK-DAG: %[[L0:.*]] = tile.splat %[[ZERO]] : f32 -> <64xf32>
// CHECK: %[[STATE:.*]]:3 = scf.for %[[P:.*]] = %[[C0]] to %[[SIZE]] {{.*}} iter_args(%[[OI:.*]] = %[[O0]], %[[MI:.*]] = %[[M0]], %[[LI:.*]] = %[[L0]])
// CHECK:   %[[T:.*]], %{{.*}} = tile.walk.at %[[W]][%[[P]]]
// CHECK:   %[[J0:.*]] = arith.muli %[[T]], %{{.*}} : index
// CHECK:   %[[KT:.*]] = tile.load %[[KV]][%[[J0]], %[[C0]]]
// CHECK:   %[[S:.*]] = tile.dot %[[QS]], %[[KT]], %{{.*}} {indexing_maps = [#[[MK]], #[[NK]], #[[MN]]]}
// CHECK-NOT: scf.if
// CHECK:   %[[TOP:.*]] = tile.reduce max %[[S]] axis 1
// CHECK:   %[[MN1:.*]] = tile.map ins(%[[MI]], %[[TOP]]
// CHECK:     arith.maxnumf
// A row without any weight yet: 0 is subtracted in place of -inf.
// CHECK:   %[[BASE:.*]] = tile.map ins(%[[MN1]]
// CHECK:     %[[NONE:.*]] = arith.cmpf oeq, %{{.*}}, %[[NINF]]
// CHECK:     arith.select %[[NONE]], %[[ZERO]], %{{.*}} : f32
// CHECK:   %[[ALPHA:.*]] = tile.map ins(%[[MI]], %[[BASE]]
// CHECK:     arith.subf
// CHECK:     math.exp2
// CHECK:   %[[PT:.*]] = tile.map ins(%[[S]], %[[BASE]] {{.*}}) maps [#[[ELEMENT]], #[[ROW]]]
// CHECK:     arith.subf
// CHECK-NOT: arith.mulf
// CHECK:     math.exp2
// CHECK:   %[[SUM:.*]] = tile.reduce add %[[PT]] axis 1
// CHECK:   %[[LN:.*]] = tile.map ins(%[[LI]], %[[ALPHA]], %[[SUM]]
// CHECK:     math.fma
// CHECK:   %[[VT:.*]] = tile.load %[[VV]][%[[J0]], %[[C0]]]
// CHECK:   %[[OS:.*]] = tile.map ins(%[[OI]], %[[ALPHA]]
// CHECK:   %[[ON:.*]] = tile.dot %[[PT]], %[[VT]], %[[OS]] {indexing_maps = [#[[MK]], #[[KN]], #[[MN]]]}
// CHECK:   scf.yield %[[ON]], %[[MN1]], %[[LN]]

// A row whose sum is 0 gives 0.
// CHECK: tile.map ins(%[[STATE]]#2
// CHECK:   arith.divf
// CHECK:   arith.select
// CHECK: %[[R:.*]] = tile.map ins(%[[STATE]]#0
// CHECK: %[[OV:.*]] = tile.view %[[O]] dims [2, 3] at[%[[B]], %[[H]]]
// CHECK: tile.store %[[R]], %[[OV]][%[[I0]], %[[C0]]]

// CHECK-LABEL: func.func @full(
// CHECK: %[[GRID:.*]] = arith.ceildivsi %{{.*}}, %c64 : index
// CHECK: tile.launch @full_attention grid(%c2, %c8, %[[GRID]]) args(
// CHECK-NOT: attn.
func.func @full(%q: memref<2x8x?x64xf32>, %k: memref<2x2x?x64xf32>,
                %v: memref<2x2x?x32xf32>, %o: memref<2x8x?x32xf32>) {
  attn.attention ins(%q : memref<2x8x?x64xf32>)
      dense(%k, %v : memref<2x2x?x64xf32>, memref<2x2x?x32xf32>)
      outs(%o : memref<2x8x?x32xf32>) attributes {schedule = #schedule}
  return
}

// The mask stands under the walk's flag; the score region does not. With it, the
// maximum is subtracted before log2(e) is multiplied. Captured tables are
// parameters, read by tile.gather; their order is that of the operands.

// CHECK-LABEL: tile.kernel @regions_attention(
// CHECK-SAME: %[[SLOPES:[^:]*]]: memref<8xf32>, %[[LIMIT:[^:]*]]: index) grid(%[[B:.*]], %[[H:.*]], %{{.*}})
// CHECK-DAG: %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 1.250000e-01 : f32
// CHECK: arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK: tile.walk.ranges({{.*}}) to({{.*}}) {partial = array<i1: true>}
// CHECK: %{{.*}}, %[[PARTIAL:.*]] = tile.walk.at
// CHECK: %[[J0:.*]] = arith.muli
// CHECK: %[[DOT:.*]] = tile.dot
// CHECK: %[[SCORE:.*]] = tile.map ins(%[[DOT]] : {{.*}}) maps [{{.*}}] origin(%[[I0:.*]], %[[J0]]) {
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %[[I:.*]]: index, %[[J:.*]]: index):
// CHECK:   %[[SLOPE:.*]] = tile.gather %[[SLOPES]][%[[H]]] : memref<8xf32>
// CHECK:   %[[D:.*]] = arith.subi %[[J]], %[[I]] : index
// CHECK:   math.fma %{{.*}}, %[[SLOPE]], %[[S]] : f32
// CHECK: %[[MASKED:.*]] = scf.if %[[PARTIAL]]
// CHECK:   tile.map ins(%[[SCORE]] : {{.*}}) maps [{{.*}}] origin(%[[I0]], %[[J0]]) {
// CHECK:     %[[C:.*]] = arith.cmpi sle, %{{.*}}, %[[LIMIT]] : index
// CHECK:     arith.select %[[C]], %{{.*}}, %{{.*}} : f32
// CHECK: } else {
// CHECK:   scf.yield %[[SCORE]]
// CHECK: tile.reduce max %[[MASKED]] axis 1
// CHECK: arith.subf
// CHECK-NEXT: arith.mulf %{{.*}}, %[[LOG2E]]
// CHECK-NEXT: math.exp2
func.func @regions(%q: memref<1x8x?x64xf32>, %k: memref<1x8x?x64xf32>, %o: memref<1x8x?x64xf32>,
                   %slopes: memref<8xf32>, %limit: index) {
  attn.attention ins(%q : memref<1x8x?x64xf32>)
      dense(%k, %k : memref<1x8x?x64xf32>, memref<1x8x?x64xf32>)
      outs(%o : memref<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %slope = %slopes : memref<8xf32>) {
        %m = memref.load %slope[%h] : memref<8xf32>
        %d = arith.subi %j, %i : index
        %d64 = arith.index_cast %d : index to i64
        %f = arith.sitofp %d64 : i64 to f32
        %r = math.fma %f, %m, %s : f32
        attn.yield %r : f32
      }
      mask(%b, %h, %i, %j, %n = %limit : index) {
        %c = arith.cmpi sle, %j, %n : index
        attn.yield %c : i1
      }
      attributes {schedule = #schedule}
  return
}

// Lengths are clamped to [0, Skv] and bound views and walk; a sink starts the
// softmax with its own weight, 1, unless it is -inf; lse is in the natural base.

// CHECK-LABEL: tile.kernel @lengths_and_sinks_attention(
// CHECK-SAME: %[[O:[^:]*]]: memref<2x4x?x64xf32>, %[[LSE:[^:]*]]: memref<2x4x?xf32>, %[[LENGTHS:[^:]*]]: memref<2xi32>, %[[SINKS:[^:]*]]: memref<4xf32>) grid(%[[B:.*]], %[[H:.*]], %{{.*}})
// CHECK-DAG: %[[LN2:.*]] = arith.constant 0.693147182 : f32
// CHECK: %[[N32:.*]] = memref.load %[[LENGTHS]][%[[B]]]
// CHECK: %[[N0:.*]] = arith.index_cast %[[N32]] : i32 to index
// CHECK: %[[N1:.*]] = arith.maxsi %[[N0]], %{{.*}} : index
// CHECK: %[[N:.*]] = arith.minsi %[[N1]], %{{.*}} : index
// CHECK: tile.view %{{.*}} limit %[[N]]
// CHECK: tile.view %{{.*}} limit %[[N]]
// CHECK: arith.ceildivsi %[[N]]
// CHECK: %[[SINK:.*]] = memref.load %[[SINKS]][%[[H]]]
// CHECK: arith.cmpf oeq, %[[SINK]]
// CHECK: scf.for
// CHECK: tile.store
// CHECK: math.log2
// CHECK: arith.mulf %{{.*}}, %[[LN2]]
// CHECK: %[[LV:.*]] = tile.view %[[LSE]] dims [2] at[%[[B]], %[[H]]]
// CHECK: tile.store %{{.*}}, %[[LV]]
func.func @lengths_and_sinks(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>, %lse: memref<2x4x?xf32>,
                             %n: memref<2xi32>, %sinks: memref<4xf32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>) lengths(%n : memref<2xi32>)
      sinks(%sinks : memref<4xf32>)
      outs(%o, %lse : memref<2x4x?x64xf32>, memref<2x4x?xf32>) attributes {schedule = #schedule}
  return
}

// The coordinates of both regions begin at the origin; those of keys at the
// segment's start beside.

// CHECK-LABEL: tile.kernel @coordinates_attention(
// CHECK-SAME: %[[START:[^:]*]]: index, %[[OB:[^:]*]]: index, %[[OH:[^:]*]]: index, %[[OI:[^:]*]]: index, %[[OJ:[^:]*]]: index) grid(%[[B:.*]], %[[H:.*]], %{{.*}})
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c64 : index
// CHECK: %[[KEY:.*]] = arith.muli %{{.*}}, %c128 : index
// CHECK: %[[J1:.*]] = arith.addi %[[KEY]], %[[START]]
// CHECK: %[[I:.*]] = arith.addi %[[FIRST]], %[[OI]]
// CHECK: %[[J:.*]] = arith.addi %[[J1]], %[[OJ]]
// CHECK: tile.load %{{.*}}[%[[KEY]], %{{.*}}]
// CHECK: %[[HEAD:.*]] = arith.addi %[[H]], %[[OH]]
// CHECK: tile.map {{.*}} origin(%[[I]], %[[J]])
// CHECK: arith.cmpi slt, %{{.*}}, %[[HEAD]]
func.func @coordinates(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>, %start: index,
                       %b: index, %h: index, %i: index, %j: index) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>) start(%start)
      origin(%b, %h, %i, %j)
      outs(%o : memref<2x4x?x64xf32>)
      mask(%bb, %hh, %ii, %jj) {
        %c = arith.cmpi slt, %jj, %hh : index
        attn.yield %c : i1
      }
      attributes {schedule = #schedule}
  return
}

// A scale too large to fold stays on the scores; bf16 is widened as it is read,
// the weights are rounded to what `probability` says, the result to the output's
// type. Dimensions in the order of indexing_maps.

// CHECK-LABEL: tile.kernel @numerics_attention(
// CHECK: tile.view %{{.*}} dims [1, 3] at[%[[B:.*]], %{{.*}}] limit
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK-NEXT: tile.yield
// CHECK: tile.dot {{.*}} : <64x64xf32>, <128x64xbf16>, <64x128xf32>
// CHECK: tile.map
// CHECK: arith.mulf %{{.*}}, %cst{{.*}} : f32
// CHECK: tile.reduce max
// CHECK: %[[P:.*]] = tile.map ins({{.*}} : !tile.tile<64x128xf32>) maps
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: tile.dot %[[P]], {{.*}} : <64x128xbf16>, <128x64xbf16>, <64x64xf32>
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: tile.store %{{.*}} : <64x64xbf16>, <?x64xbf16>
func.func @numerics(%q: memref<2x?x4x64xbf16>, %o: memref<2x?x4x64xbf16>) {
  attn.attention ins(%q : memref<2x?x4x64xbf16>)
      dense(%q, %q : memref<2x?x4x64xbf16>, memref<2x?x4x64xbf16>)
      outs(%o : memref<2x?x4x64xbf16>)
      attributes {schedule = #schedule, scale = 100.0 : f64,
                  numerics = #attn.numerics<probability = bf16>,
                  indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return
}

// A schedule for a GPU: products of the types in memory, weights in that of the
// values where `probability` is absent.

// CHECK-LABEL: tile.kernel @gpu_attention(
// CHECK: tile.dot {{.*}} : <64x64xbf16>, <128x64xbf16>, <64x128xf32>
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: tile.dot {{.*}} : <64x128xbf16>, <128x64xbf16>, <64x64xf32>
func.func @gpu(%q: memref<2x4x?x64xbf16>, %o: memref<2x4x?x64xbf16>) {
  attn.attention ins(%q : memref<2x4x?x64xbf16>)
      dense(%q, %q : memref<2x4x?x64xbf16>, memref<2x4x?x64xbf16>)
      outs(%o : memref<2x4x?x64xbf16>)
      attributes {schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2,
                  groups = 1, producer_regs = 24, consumer_regs = 240>}
  return
}

// `math = approximate` marks the functions of the regions `afn`: a target may take a
// less accurate one. And where the region bounds the scores, here by -1 and 1, weights
// are on a GPU relative to a number between, here 1/3 (in base 2: 0.48): no maximum is
// kept. Bounds of 60 are too far apart for that.

// CHECK-LABEL: tile.kernel @accurate_attention(
// CHECK: math.tanh %{{[0-9a-z]+}} : f32
// CHECK-LABEL: tile.kernel @approximate_attention(
// CHECK: math.tanh %{{[0-9a-z]+}} fastmath<reassoc,afn> : f32
// CHECK: tile.reduce max
// CHECK-LABEL: tile.kernel @near_attention(
// CHECK-DAG: %[[UNIT:.*]] = arith.constant 1.44269502 : f32
// CHECK-DAG: %[[PIVOT:.*]] = arith.constant -0.480898{{.*}} : f32
// CHECK: scf.for
// CHECK: math.tanh %{{[0-9a-z]+}} fastmath<reassoc,afn> : f32
// CHECK-NOT: tile.reduce max
// CHECK: %[[X:.*]] = math.fma %{{.*}}, %[[UNIT]], %[[PIVOT]]
// CHECK: math.exp2 %[[X]]
// CHECK-NOT: tile.reduce max
// CHECK-LABEL: tile.kernel @far_attention(
// CHECK: tile.reduce max
func.func @accurate(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
      attributes {schedule = #schedule, numerics = #attn.numerics<math = accurate>}
  return
}
func.func @approximate(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
      attributes {schedule = #schedule, numerics = #attn.numerics<math = approximate>}
  return
}

func.func @near(%q: memref<2x4x?x64xbf16>, %o: memref<2x4x?x64xbf16>) {
  attn.attention ins(%q : memref<2x4x?x64xbf16>)
      dense(%q, %q : memref<2x4x?x64xbf16>, memref<2x4x?x64xbf16>)
      outs(%o : memref<2x4x?x64xbf16>)
      score(%s, %b, %h, %i, %j) {
        %r = math.tanh %s : f32
        attn.yield %r : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>,
                  schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2,
                  groups = 1, producer_regs = 24, consumer_regs = 240>}
  return
}
func.func @far(%q: memref<2x4x?x64xbf16>, %o: memref<2x4x?x64xbf16>) {
  attn.attention ins(%q : memref<2x4x?x64xbf16>)
      dense(%q, %q : memref<2x4x?x64xbf16>, memref<2x4x?x64xbf16>)
      outs(%o : memref<2x4x?x64xbf16>)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 60.0 : f32
        %t = math.tanh %s : f32
        %r = arith.mulf %t, %c : f32
        attn.yield %r : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>,
                  schedule = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2,
                  groups = 1, producer_regs = 24, consumer_regs = 240>}
  return
}

// Two ops of one function get two kernels.

// CHECK: tile.kernel @two_attention(
// CHECK: tile.kernel @two_attention_1(
// CHECK-LABEL: func.func @two(
// CHECK: tile.launch @two_attention grid
// CHECK: tile.launch @two_attention_1 grid
func.func @two(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>, %u: memref<2x4x?x64xf32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
  attn.attention ins(%o : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%u : memref<2x4x?x64xf32>) attributes {schedule = #schedule}
  return
}

// CHECK-LABEL: tile.kernel @short_attention(
// CHECK: scf.for
// CHECK-COUNT-2: tile.dot
// CHECK-LABEL: func.func @short(
// CHECK: tile.launch @short_attention
// DOC-BEGIN: attn-to-tile --attn-to-tile --canonicalize --cse
func.func @short(%q: memref<1x8x?x64xf32>, %o: memref<1x8x?x64xf32>) {
  attn.attention ins(%q : memref<1x8x?x64xf32>)
      dense(%q, %q : memref<1x8x?x64xf32>, memref<1x8x?x64xf32>)
      outs(%o : memref<1x8x?x64xf32>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>}
  return
}
// DOC-SHOW: scf.for
// DOC-END

// Divisions that may trap are by 1 instead: by 0, and by -1 of the smallest
// integer. A known divisor needs less.

// CHECK-LABEL: tile.kernel @divisions_attention(
// CHECK: %[[X:.*]] = tile.gather
// CHECK-NEXT: %[[BYZERO:.*]] = arith.cmpi eq, %[[X]], %c0_i32 : i32
// CHECK-NEXT: %[[BYMINUS:.*]] = arith.cmpi eq, %[[X]], %c-1_i32 : i32
// CHECK-NEXT: %[[OFLEAST:.*]] = arith.cmpi eq, %[[X]], %c-2147483648_i32 : i32
// CHECK-NEXT: %[[WRAPS:.*]] = arith.andi %[[BYMINUS]], %[[OFLEAST]]
// CHECK-NEXT: %[[TRAPS:.*]] = arith.ori %[[BYZERO]], %[[WRAPS]]
// CHECK-NEXT: %[[SAFE:.*]] = arith.select %[[TRAPS]], %c1_i32, %[[X]]
// CHECK-NEXT: %[[A:.*]] = arith.remsi %[[X]], %[[SAFE]]
// CHECK-NEXT: %[[NONZERO:.*]] = arith.select %[[BYZERO]], %c1_i32, %[[X]]
// CHECK-NEXT: %[[B:.*]] = arith.divui %[[A]], %[[NONZERO]]
// CHECK-NEXT: %[[C:.*]] = arith.floordivsi %[[B]], %c-3
// CHECK-NEXT: %[[OVERFLOWS:.*]] = arith.cmpi eq, %[[C]], %c-2147483648_i32
// CHECK-NEXT: %[[D:.*]] = arith.select %[[OVERFLOWS]], %c1_i32, %c-1_i32
// CHECK-NEXT: %[[E:.*]] = arith.divsi %[[C]], %[[D]]
// CHECK-NEXT: arith.divui %[[E]], %c-1_i32
func.func @divisions(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>, %t: memref<?xi32>) {
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
      mask(%b, %h, %i, %j, %table = %t : memref<?xi32>) {
        %x = memref.load %table[%j] : memref<?xi32>
        %c-3 = arith.constant -3 : i32
        %c-1 = arith.constant -1 : i32
        %p = arith.remsi %x, %x : i32
        %r = arith.divui %p, %x : i32
        %s = arith.floordivsi %r, %c-3 : i32
        %u = arith.divsi %s, %c-1 : i32
        %v = arith.divui %u, %c-1 : i32
        %c = arith.cmpi slt, %v, %x : i32
        attn.yield %c : i1
      }
      attributes {schedule = #schedule}
  return
}
