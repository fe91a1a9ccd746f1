// RUN: fovea-opt %s --attn-decompose | FileCheck %s
// RUN: fovea-opt %s --attn-decompose=ops=attn.merge | FileCheck %s --check-prefix=MERGE
// RUN: fovea-opt %s --attn-decompose=ops=attn.merge,attn.score_reduce | FileCheck %s --check-prefix=TWO
// RUN: fovea-opt %s --attn-decompose=keep-overlaps | FileCheck %s --check-prefix=OVERLAPS
// RUN: not fovea-opt %s --attn-decompose=ops=attn.yield 2>&1 | FileCheck %s --check-prefix=YIELD
// RUN: not fovea-opt %s --attn-decompose=ops=merge 2>&1 | FileCheck %s --check-prefix=NAME

// YIELD: error: attn-decompose: 'attn.yield' in option ops is no op that can be decomposed; there are attn.attention, attn.merge, attn.reorder and attn.score_reduce
// NAME: error: attn-decompose: 'merge' in option ops is no op that can be decomposed

// CHECK-DAG: #[[PAIRS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[HEAD:.*]] = affine_map<(d0, d1, d2) -> (d1)>

// The example of the pass's documentation: weights exp(lse - max), and a part
// without weight adds nothing.

// CHECK-LABEL: func @merge
// CHECK-SAME: %[[A:.*]]: tensor<4x64xf32>, %[[B:.*]]: tensor<4x64xf32>, %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>, %[[O:.*]]: tensor<4x64xf32>)
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[A]], %[[B]], %[[X]], %[[Y]] :
// CHECK-SAME: outs(%[[O]] :
// CHECK: ^bb0(%[[EA:.*]]: f32, %[[EB:.*]]: f32, %[[EX:.*]]: f32, %[[EY:.*]]: f32, %{{.*}}: f32):
// CHECK: %[[NINF:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[M0:.*]] = arith.maxnumf %[[NINF]], %[[EX]]
// CHECK: %[[M1:.*]] = arith.maxnumf %[[M0]], %[[EY]]
// CHECK: %[[NONE:.*]] = arith.cmpf oeq, %[[M1]], %[[NINF]]
// CHECK: %[[TOP:.*]] = arith.select %[[NONE]], %{{.*}}, %[[M1]]
// CHECK: %[[DX:.*]] = arith.subf %[[EX]], %[[TOP]]
// CHECK: %[[WX:.*]] = math.exp %[[DX]]
// CHECK: arith.subf %[[EY]], %[[TOP]]
// CHECK: arith.cmpf oeq, %[[WX]]
// CHECK: arith.mulf %[[WX]], %[[EA]]
// CHECK: arith.divf
// CHECK: return

// MERGE-LABEL: func @merge
// MERGE-NOT: attn.merge
// MERGE-LABEL: func @attention
// MERGE: attn.attention
// MERGE-LABEL: func @reduce
// MERGE: attn.score_reduce

// TWO-LABEL: func @merge
// TWO-NOT: attn.merge
// TWO-LABEL: func @attention
// TWO: attn.attention
// TWO-LABEL: func @reduce
// TWO-NOT: attn.score_reduce
// TWO-LABEL: func @memrefs
// DOC-BEGIN: attn-decompose --attn-decompose
func.func @merge(%a: tensor<4x64xf32>, %b: tensor<4x64xf32>, %x: tensor<4xf32>,
                 %y: tensor<4xf32>, %o: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %r = attn.merge parts(%a, %b : tensor<4x64xf32>, tensor<4x64xf32>)
      lse(%x, %y : tensor<4xf32>, tensor<4xf32>)
      outs(%o : tensor<4x64xf32>) -> tensor<4x64xf32>
  return %r : tensor<4x64xf32>
}
// DOC-END

// CHECK-LABEL: func @attention
// CHECK-SAME: %[[Q:[^:]*]]: tensor<2x8x?x64xbf16>, %[[K:[^:]*]]: tensor<2x2x?x64xbf16>, %[[V:[^:]*]]: tensor<2x2x?x32xbf16>, %[[N:[^:]*]]: tensor<2xi32>, %[[SINKS:[^:]*]]: tensor<8xf32>, %[[SLOPES:[^:]*]]: tensor<8xf32>, %[[START:[^:]*]]: index, %[[OI:[^:]*]]: index, %[[O:[^:]*]]: tensor<2x8x?x32xbf16>, %[[L:[^:]*]]: tensor<2x8x?xf32>)
// CHECK-NOT: attn.
// The number of query heads for each key head.
// CHECK: %[[G:.*]] = arith.divui %c8, %c2
// Products q . k.
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%[[Q]] :
// CHECK: %[[H:.*]] = linalg.index 1
// CHECK: %[[HK:.*]] = arith.divui %[[H]], %[[G]]
// CHECK: tensor.extract %[[K]][%{{.*}}, %[[HK]], %{{.*}}, %{{.*}}]
// CHECK: arith.mulf
// Scores: scale, coordinates with origin and start, score, mask and length.
// CHECK: linalg.generic
// CHECK: %[[BL:.*]] = linalg.index 0
// CHECK: linalg.index 1
// CHECK: %[[IL:.*]] = linalg.index 2
// CHECK: %[[JL:.*]] = linalg.index 3
// CHECK: %[[I:.*]] = arith.addi %[[IL]], %[[OI]]
// CHECK: %[[J0:.*]] = arith.addi %[[JL]], %[[OI]]
// CHECK: %[[J:.*]] = arith.addi %[[J0]], %[[START]]
// CHECK: %[[SCALE:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: %[[S0:.*]] = arith.mulf %{{.*}}, %[[SCALE]]
// CHECK: %[[SLOPE:.*]] = tensor.extract %[[SLOPES]]
// CHECK: %[[S1:.*]] = arith.addf %[[SLOPE]], %[[S0]]
// CHECK: %[[MASK:.*]] = arith.cmpi sle, %[[J]], %[[I]]
// CHECK: %[[LEN:.*]] = tensor.extract %[[N]][%[[BL]]]
// CHECK: %[[LENX:.*]] = arith.index_cast %[[LEN]]
// CHECK: %[[IN:.*]] = arith.cmpi slt, %[[JL]], %[[LENX]]
// CHECK: %[[KEEP:.*]] = arith.andi %[[MASK]], %[[IN]]
// CHECK: arith.select %[[KEEP]], %[[S1]], %{{.*}}
// Maximum of a row; with the sink; 0 where nothing is left.
// CHECK: %[[ROWMAX:.*]] = linalg.generic {indexing_maps = [#[[PAIRS]], #[[ROWS]]]
// CHECK: arith.maxnumf
// CHECK: %[[M:.*]] = linalg.generic
// CHECK-SAME: ins(%[[ROWMAX]], %[[SINKS]] :
// CHECK: arith.cmpf oeq
// Weights, and their sum from exp(sink - maximum) on.
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[M]], %[[SINKS]] :
// CHECK: math.exp
// CHECK: %[[SUM:.*]] = linalg.generic
// CHECK: arith.addf
// The sum of values: weights are rounded to bf16, keys that do not exist add
// nothing.
// CHECK: %[[SV:.*]] = linalg.generic
// CHECK: tensor.extract %[[V]]
// CHECK: %[[P:.*]] = arith.truncf %{{.*}} : f32 to bf16
// CHECK: arith.extf %[[P]] : bf16 to f32
// CHECK: arith.cmpi slt
// CHECK: arith.select
// CHECK: %[[RO:.*]] = linalg.generic
// CHECK-SAME: ins(%[[SV]], %[[SUM]] :
// CHECK-SAME: outs(%[[O]] :
// CHECK: arith.divf
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: %[[RL:.*]] = linalg.generic
// CHECK-SAME: ins(%[[M]], %[[SUM]] :
// CHECK-SAME: outs(%[[L]] :
// CHECK: math.log
// CHECK: return %[[RO]], %[[RL]]
func.func @attention(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x?x64xbf16>,
                     %v: tensor<2x2x?x32xbf16>, %n: tensor<2xi32>,
                     %sinks: tensor<8xf32>, %slopes: tensor<8xf32>,
                     %start: index, %x: index, %o: tensor<2x8x?x32xbf16>,
                     %l: tensor<2x8x?xf32>)
    -> (tensor<2x8x?x32xbf16>, tensor<2x8x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xbf16>)
      dense(%k, %v : tensor<2x2x?x64xbf16>, tensor<2x2x?x32xbf16>)
        lengths(%n : tensor<2xi32>) start(%start)
      sinks(%sinks : tensor<8xf32>) origin(%x, %x, %x, %x)
      outs(%o, %l : tensor<2x8x?x32xbf16>, tensor<2x8x?xf32>)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<8xf32>) {
        %m = tensor.extract %t[%h] : tensor<8xf32>
        %y = arith.addf %m, %s : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {scale = 0.25, numerics = #attn.numerics<probability = bf16>}
  return %r#0, %r#1 : tensor<2x8x?x32xbf16>, tensor<2x8x?xf32>
}

// CHECK-LABEL: func @reduce
// CHECK-SAME: %[[L:[^:]*]]: tensor<1x8x?xf32>, %[[C:[^:]*]]: tensor<1x8x?xf32>)
// CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} outs(%[[C]] :
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction", "parallel"]
// CHECK-SAME: ins(%{{.*}}, %[[L]] :
// CHECK-SAME: outs(%[[ZERO]] :
// CHECK: math.exp
func.func @reduce(%q: tensor<1x8x?x64xf32>, %k: tensor<1x4x?x64xf32>,
                  %l: tensor<1x8x?xf32>, %c: tensor<1x8x?xf32>)
    -> tensor<1x8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf32>)
      dense(%k : tensor<1x4x?x64xf32>) lse(%l : tensor<1x8x?xf32>)
      outs(%c : tensor<1x8x?xf32>)
  return %r : tensor<1x8x?xf32>
}

// Ops on memrefs are left alone.

// CHECK-LABEL: func @memrefs
// CHECK: attn.attention
func.func @memrefs(%q: memref<1x8x4x64xf32>, %o: memref<1x8x4x64xf32>) {
  attn.attention ins(%q : memref<1x8x4x64xf32>)
      dense(%q, %q : memref<1x8x4x64xf32>, memref<1x8x4x64xf32>)
      outs(%o : memref<1x8x4x64xf32>)
  return
}

// Divisions of regions do not trap (test/Conversion/AttnToTile has the cases).

// CHECK-LABEL: func @division
// CHECK: %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[H:.*]] : index
// CHECK-NEXT: arith.divsi %{{.*}}, %[[SAFE]] : index
func.func @division(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x8x16xf32>, %o: tensor<1x2x8x16xf32>) -> tensor<1x2x8x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x8x16xf32>)
      dense(%k, %k : tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>)
      outs(%o : tensor<1x2x8x16xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.divsi %i, %h : index
        %c = arith.cmpi slt, %x, %j : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x8x16xf32>
}

// The token at a place, and 0 at a place beyond the grid.

// CHECK-LABEL: func @order
// CHECK: linalg.generic
// CHECK: %[[N:.*]] = linalg.index 0 : index
// CHECK: arith.divui %[[N]], %{{.*}} : index
// CHECK: %[[THERE:.*]] = arith.cmpi ult
// CHECK: %[[AT:.*]] = arith.select %[[THERE]], %{{.*}}, %{{.*}} : index
// CHECK: %[[X:.*]] = tensor.extract %{{.*}}[%[[AT]]] : tensor<10xf32>
// CHECK: arith.select %[[THERE]], %[[X]], %{{.*}} : f32
func.func @order(%x: tensor<10xf32>, %y: tensor<12xf32>) -> tensor<12xf32> {
  %r = attn.reorder order(#attn.order<grid = [10], q = [4], kv = [4]>) axes [0]
      ins(%x : tensor<10xf32>) outs(%y : tensor<12xf32>) -> tensor<12xf32>
  return %r : tensor<12xf32>
}

// CHECK-LABEL: func @overlaps
// CHECK: linalg.generic
// CHECK: arith.divui
// CHECK: arith.muli
// OVERLAPS-LABEL: func @order
// OVERLAPS-NOT: attn.reorder
// OVERLAPS-LABEL: func @overlaps
// OVERLAPS: attn.reorder
func.func @overlaps(%x: tensor<10xf32>, %y: tensor<20xf32>) -> tensor<20xf32> {
  %r = attn.reorder order(#attn.order<grid = [10], q = [4], kv = [4], kv_step = [2]>) keys
      axes [0] ins(%x : tensor<10xf32>) outs(%y : tensor<20xf32>) -> tensor<20xf32>
  return %r : tensor<20xf32>
}

// The inverse of a permutation is made first.

// CHECK-LABEL: func @permutation
// CHECK: %[[INVERSE:.*]] = scf.for
// CHECK: tensor.insert
// CHECK: linalg.generic
// CHECK: tensor.extract %[[INVERSE]]
func.func @permutation(%x: tensor<10xf32>, %p: tensor<10xi32>) -> tensor<10xf32> {
  %r = attn.reorder inverse by(%p : tensor<10xi32>) axes [0]
      ins(%x : tensor<10xf32>) outs(%x : tensor<10xf32>) -> tensor<10xf32>
  return %r : tensor<10xf32>
}
