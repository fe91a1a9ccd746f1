// Keys attend to queries; what cannot be swapped stays.
//
// RUN: fovea-opt %s --attn-swap-score-reduce --split-input-file | FileCheck %s

// CHECK-LABEL: func @grouped
// CHECK-SAME: %[[Q:.*]]: tensor<1x4x?x64xf16>, %[[K:.*]]: tensor<1x2x?x64xf16>, %[[N:.*]]: tensor<1xi32>, %[[LSE:.*]]: tensor<1x4x?xf32>,
// CHECK: %[[REPEATED:.*]] = linalg.generic
// CHECK: tensor.extract %[[K]]
// CHECK: %[[FEW:.*]] = tensor.extract_slice %[[Q]][0, 0, 0, 0] [1, 4, %{{.*}}, 8]
// CHECK: %[[NEGATED:.*]] = linalg.generic {{.*}} ins(%[[LSE]]
// CHECK: arith.select
// CHECK: %[[A:.*]]:2 = attn.attention ins(%[[REPEATED]] : tensor<1x4x?x64xf16>)
// CHECK-NEXT: dense(%[[Q]], %[[FEW]] : tensor<1x4x?x64xf16>, tensor<1x4x?x8xf16>)
// CHECK-NOT: lengths
// CHECK: score(%[[S:.*]], %[[B:.*]], %[[H:.*]], %{{.*}}, %[[J:.*]], %[[T:.*]] = %[[NEGATED]] : tensor<1x4x?xf32>)
// CHECK: %[[X:.*]] = tensor.extract %[[T]][%[[B]], %[[H]], %[[J]]]
// CHECK: %[[Y:.*]] = arith.addf %[[S]], %[[X]]
// CHECK: attn.yield %[[Y]]
// CHECK: mask(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// CHECK: arith.cmpi sle, %[[I]], %[[J]]
// CHECK: scale = 1.250000e-01
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[A]]#1
// CHECK: math.exp
// CHECK: tensor.extract %[[N]]
// CHECK: arith.select
// CHECK: return %[[R]]
// DOC-BEGIN: attn-swap-score-reduce --attn-swap-score-reduce --canonicalize
func.func @grouped(%q: tensor<1x4x?x64xf16>, %k: tensor<1x2x?x64xf16>, %n: tensor<1xi32>, %lse: tensor<1x4x?xf32>, %o: tensor<1x4x?xf32>) -> tensor<1x4x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x4x?x64xf16>) dense(%k : tensor<1x2x?x64xf16>) lengths(%n : tensor<1xi32>)
      lse(%lse : tensor<1x4x?xf32>) outs(%o : tensor<1x4x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x4x?xf32>
}
// DOC-END

// -----

// Coordinates keep their origins; that of the keys has their start.

// CHECK-LABEL: func @start
// CHECK-SAME: %[[START:arg[0-9]+]]: index
// CHECK-DAG: %[[C3:.*]] = arith.constant 3
// CHECK-DAG: %[[C5:.*]] = arith.constant 5
// CHECK: %[[FIRST:.*]] = arith.addi %[[START]], %[[C5]]
// CHECK: attn.attention
// CHECK: origin(%{{.*}}, %{{.*}}, %[[FIRST]], %[[C3]])
// CHECK: score(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[J:.*]], %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %[[ORIGIN:.*]] = %[[C3]] : index)
// CHECK: arith.subi %[[J]], %[[ORIGIN]]
func.func @start(%q: tensor<4x9x32xf16>, %start: index, %lse: tensor<4x9xf32>, %o: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c5 = arith.constant 5 : index
  %r = attn.score_reduce column_sum ins(%q : tensor<4x9x32xf16>) dense(%q : tensor<4x9x32xf16>) start(%start)
      lse(%lse : tensor<4x9xf32>) origin(%c0, %c0, %c3, %c5) outs(%o : tensor<4x9xf32>)
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
                                   affine_map<(b, h, i, j, d, e) -> (h, j)>, affine_map<(b, h, i, j, d, e) -> (h, i)>]}
  return %r : tensor<4x9xf32>
}

// -----

// Heads and sequences share the keys.

// CHECK-LABEL: func @shared
// CHECK-SAME: %[[K:arg1]]: tensor<12x32xf16>
// CHECK: %[[COPY:.*]] = linalg.generic
// CHECK-DAG: %[[J:.*]] = linalg.index 2
// CHECK-DAG: %[[D:.*]] = linalg.index 3
// CHECK: tensor.extract %[[K]][%[[J]], %[[D]]]
// CHECK: attn.attention ins(%[[COPY]] : tensor<3x4x12x32xf16>)
func.func @shared(%q: tensor<3x4x9x32xf16>, %k: tensor<12x32xf16>, %lse: tensor<3x4x9xf32>, %o: tensor<3x4x12xf32>) -> tensor<3x4x12xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<3x4x9x32xf16>) dense(%k : tensor<12x32xf16>)
      lse(%lse : tensor<3x4x9xf32>) outs(%o : tensor<3x4x12xf32>)
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (j, d)>,
                                   affine_map<(b, h, i, j, d, e) -> (b, h, j)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return %r : tensor<3x4x12xf32>
}

// CHECK-LABEL: func @plain
// CHECK: attn.attention ins(%arg1 : tensor<12x32xf16>)
func.func @plain(%q: tensor<9x32xf16>, %k: tensor<12x32xf16>, %lse: tensor<9xf32>, %o: tensor<12xf32>) -> tensor<12xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<9x32xf16>) dense(%k : tensor<12x32xf16>)
      lse(%lse : tensor<9xf32>) outs(%o : tensor<12xf32>)
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (i, d)>, affine_map<(b, h, i, j, d, e) -> (j, d)>,
                                   affine_map<(b, h, i, j, d, e) -> (j)>, affine_map<(b, h, i, j, d, e) -> (i)>]}
  return %r : tensor<12xf32>
}

// -----

// CHECK-LABEL: func @packed
// CHECK-SAME: %[[Q:.*]]: tensor<2x?x64xf16>, %[[K:.*]]: tensor<2x?x64xf16>, %[[QO:.*]]: tensor<?xi32>, %[[KO:.*]]: tensor<?xi32>,
// CHECK: attn.attention ins(%[[K]] : tensor<2x?x64xf16>)
// CHECK-NEXT: packed(%[[Q]], %{{.*}} : {{.*}}) offsets(%[[KO]], %[[QO]] : tensor<?xi32>, tensor<?xi32>)
// CHECK: score(%{{.*}}, %[[B:.*]], %[[H:.*]], %{{.*}}, %[[J:.*]], %[[T:.*]] = %{{.*}}, %[[O:.*]] = %[[QO]] : tensor<?xi32>)
// CHECK: %[[X:.*]] = tensor.extract %[[O]][%[[B]]]
// CHECK: %[[FIRST:.*]] = arith.index_cast %[[X]]
// CHECK: %[[ROW:.*]] = arith.addi %[[J]], %[[FIRST]]
// CHECK: tensor.extract %[[T]][%[[H]], %[[ROW]]]
// CHECK: math.exp
// CHECK: tensor.extract %[[KO]]
func.func @packed(%q: tensor<2x?x64xf16>, %k: tensor<2x?x64xf16>, %qo: tensor<?xi32>, %ko: tensor<?xi32>, %lse: tensor<2x?xf32>, %o: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<2x?x64xf16>) packed(%k : tensor<2x?x64xf16>) offsets(%qo, %ko : tensor<?xi32>, tensor<?xi32>)
      lse(%lse : tensor<2x?xf32>) outs(%o : tensor<2x?xf32>)
  return %r : tensor<2x?xf32>
}

// -----

// Keys in pages are copied, whatever the table holds where no key is.
// CHECK-LABEL: func @pages
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x?x64xf16>, %[[K:.*]]: tensor<?x8x16x64xf16>, %[[P:.*]]: tensor<1x?xi32>,
// CHECK: %[[COUNT:.*]] = tensor.dim %[[K]], %c0
// CHECK: %[[COPY:.*]] = linalg.generic
// CHECK: %[[B:.*]] = linalg.index 0
// CHECK: %[[J:.*]] = linalg.index 2
// CHECK: %[[AT:.*]] = arith.divui %[[J]], %c16
// CHECK: %[[ENTRY:.*]] = tensor.extract %[[P]][%[[B]], %[[AT]]]
// CHECK: %[[PAGE:.*]] = arith.index_cast %[[ENTRY]]
// CHECK: %[[LAST:.*]] = arith.subi %[[COUNT]], %{{.*}}
// CHECK: %[[LOW:.*]] = arith.minsi %[[PAGE]], %[[LAST]]
// CHECK: %[[SAFE:.*]] = arith.maxsi %[[LOW]]
// CHECK: %[[SLOT:.*]] = arith.remui %{{.*}}, %c16
// CHECK: tensor.extract %[[K]][%[[SAFE]], %{{.*}}, %[[SLOT]], %{{.*}}]
// CHECK: attn.attention ins(%[[COPY]] : tensor<1x8x?x64xf16>)
// CHECK-NEXT: dense(%[[Q]],
// CHECK-NOT: attn.score_reduce
func.func @pages(%q: tensor<1x8x?x64xf16>, %k: tensor<?x8x16x64xf16>, %p: tensor<1x?xi32>, %lse: tensor<1x8x?xf32>, %o: tensor<1x8x?xf32>) -> tensor<1x8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf16>) paged<16>(%k : tensor<?x8x16x64xf16>) table(%p : tensor<1x?xi32>)
      lse(%lse : tensor<1x8x?xf32>) outs(%o : tensor<1x8x?xf32>)
  return %r : tensor<1x8x?xf32>
}

// -----

// Each segment's sums are a part of the output. The coordinate of the second one's
// first key is the number of keys of the first one.
// CHECK-LABEL: func @several
// CHECK: %[[O0:.*]] = tensor.extract_slice %[[O:.*]][0, 0, 0] [1, 8, 5] [1, 1, 1]
// CHECK: attn.attention
// CHECK: %[[R0:.*]] = linalg.generic {{.*}} outs(%[[O0]]
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[R0]] into %[[O]][0, 0, 0] [1, 8, 5] [1, 1, 1]
// CHECK: %[[O1:.*]] = tensor.extract_slice %[[FIRST]][0, 0, 5] [1, 8, 7] [1, 1, 1]
// CHECK: attn.attention
// CHECK: origin(%{{.*}}, %{{.*}}, %c5{{.*}}, %c0{{.*}})
// CHECK: %[[R1:.*]] = linalg.generic {{.*}} outs(%[[O1]]
// CHECK: %[[ALL:.*]] = tensor.insert_slice %[[R1]] into %[[FIRST]][0, 0, 5] [1, 8, 7] [1, 1, 1]
// CHECK: return %[[ALL]]
func.func @several(%q: tensor<1x8x9x64xf16>, %k: tensor<1x8x5x64xf16>, %l: tensor<1x8x7x64xf16>, %lse: tensor<1x8x9xf32>, %o: tensor<1x8x12xf32>) -> tensor<1x8x12xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x9x64xf16>) dense(%k : tensor<1x8x5x64xf16>) dense(%l : tensor<1x8x7x64xf16>)
      lse(%lse : tensor<1x8x9xf32>) outs(%o : tensor<1x8x12xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x8x12xf32>
}

// -----

// The second segment begins behind keys of which each sequence has its own number.
// CHECK-LABEL: func @lengths
// CHECK-SAME: %[[N:[a-z0-9]+]]: tensor<1xi32>
// CHECK: attn.attention
// CHECK: attn.attention
// CHECK: mask(%[[B:[a-z0-9]+]], %{{.*}}, %[[I:.*]], %[[J:.*]], %[[C:.*]] = %[[N]] :
// CHECK: %[[COUNT:.*]] = tensor.extract %[[C]][%[[B]]]
// CHECK: %[[BEFORE:.*]] = arith.index_cast %[[COUNT]]
// CHECK: %[[KEY:.*]] = arith.addi %[[I]], %[[BEFORE]]
// CHECK: arith.cmpi sle, %[[KEY]], %[[J]]
// CHECK-NOT: attn.score_reduce
func.func @lengths(%q: tensor<1x8x9x64xf16>, %k: tensor<1x8x5x64xf16>, %n: tensor<1xi32>, %l: tensor<1x8x7x64xf16>, %lse: tensor<1x8x9xf32>, %o: tensor<1x8x12xf32>) -> tensor<1x8x12xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x9x64xf16>) dense(%k : tensor<1x8x5x64xf16>) lengths(%n : tensor<1xi32>)
      dense(%l : tensor<1x8x7x64xf16>) lse(%lse : tensor<1x8x9xf32>) outs(%o : tensor<1x8x12xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x8x12xf32>
}

// -----

// A row is a key of a sequence if it is one of its first ones.
// CHECK-LABEL: func @packed_lengths
// CHECK: attn.attention
// CHECK-NEXT: packed(
// CHECK: linalg.generic
// CHECK: scf.for
// CHECK: arith.select
// CHECK-NOT: attn.score_reduce
func.func @packed_lengths(%q: tensor<8x?x64xf16>, %k: tensor<8x?x64xf16>, %p: tensor<?xi32>, %n: tensor<?xi32>, %lse: tensor<8x?xf32>, %o: tensor<8x?xf32>) -> tensor<8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<8x?x64xf16>) packed(%k : tensor<8x?x64xf16>) offsets(%p, %p : tensor<?xi32>, tensor<?xi32>) lengths(%n : tensor<?xi32>)
      lse(%lse : tensor<8x?xf32>) outs(%o : tensor<8x?xf32>)
  return %r : tensor<8x?xf32>
}

// -----

// Where queries alone are packed, keys are copied one sequence after the other.
// CHECK-LABEL: func @ragged
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<8x?x64xf16>
// CHECK: %[[KEYS:.*]] = linalg.generic
// CHECK: arith.divui
// CHECK: arith.remui
// CHECK: arith.negf
// CHECK: %[[ROWS:.*]] = linalg.generic
// CHECK: attn.attention ins(%[[KEYS]] : tensor<8x18x64xf16>)
// CHECK-NEXT: packed(%[[Q]],
// CHECK-SAME: offsets(%[[ROWS]], %
// CHECK-NOT: attn.score_reduce
func.func @ragged(%q: tensor<8x?x64xf16>, %k: tensor<2x8x9x64xf16>, %p: tensor<3xi32>, %lse: tensor<8x?xf32>, %o: tensor<2x8x9xf32>) -> tensor<2x8x9xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<8x?x64xf16>) dense(%k : tensor<2x8x9x64xf16>) offsets(%p : tensor<3xi32>)
      lse(%lse : tensor<8x?xf32>) outs(%o : tensor<2x8x9xf32>)
  return %r : tensor<2x8x9xf32>
}
