// RUN: fovea-opt %s --attn-append-factors --canonicalize --split-input-file | FileCheck %s
// RUN: fovea-opt %s --attn-append-factors=multiple=8 --canonicalize --split-input-file | FileCheck %s --check-prefix=EIGHT
// RUN: fovea-opt %s --attn-append-factors=round --canonicalize --split-input-file | FileCheck %s --check-prefix=ROUND
// RUN: not fovea-opt %s --attn-append-factors=multiple=0 --split-input-file -o /dev/null 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: attn-append-factors: multiple is at least 1, got 0

// Queries take 1/8, and the slopes go as they are.
// CHECK-LABEL: func.func @alibi
// CHECK-SAME: (%[[Q:.*]]: tensor<1x8x?x64xf32>, %[[K:.*]]: tensor<1x2x?x64xf32>, %[[F:.*]]: tensor<1x8x1x1xf32>, %[[G:.*]]: tensor<1x1x?x1xf32>)
// CHECK: %[[T:.*]] = tensor.empty(%{{.*}}) : tensor<1x8x?x65xf32>
// CHECK: linalg.generic {{.*}} ins(%[[Q]] :
// CHECK: arith.mulf %{{.*}}, %cst
// CHECK: tensor.insert_slice {{.*}}[0, 0, 0, 0] [1, 8, %{{.*}}, 64]
// CHECK: tensor.extract_slice {{.*}}[0, 0, 0, 64] [1, 8, %{{.*}}, 1]
// CHECK: %[[H:.*]] = linalg.index 1
// CHECK-NEXT: %[[X:.*]] = tensor.extract %[[F]][%c0, %[[H]], %c0, %c0]
// CHECK-NEXT: linalg.yield %[[X]]
// CHECK: %[[Q2:.*]] = tensor.insert_slice
// CHECK: tensor.insert_slice %[[K]] into {{.*}}[0, 0, 0, 0] [1, 2, %{{.*}}, 64]
// CHECK: %[[J:.*]] = linalg.index 2
// CHECK-NEXT: tensor.extract %[[G]][%c0, %c0, %[[J]], %c0]
// CHECK: %[[K2:.*]] = tensor.insert_slice
// CHECK: attn.attention ins(%[[Q2]] : tensor<1x8x?x65xf32>)
// CHECK-NEXT: dense(%[[K2]], %[[K]] : tensor<1x2x?x65xf32>, tensor<1x2x?x64xf32>)
// CHECK-NEXT: outs(%[[Q]] : tensor<1x8x?x64xf32>) attributes {scale = 1.000000e+00 : f64}
// DOC-BEGIN: attn-append-factors --attn-append-factors --canonicalize
func.func @alibi(%q: tensor<1x8x?x64xf32>, %k: tensor<1x2x?x64xf32>, %slopes: tensor<1x8x1x1xf32>,
                 %positions: tensor<1x1x?x1xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      factors(%slopes, %positions : tensor<1x8x1x1xf32>, tensor<1x1x?x1xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}
// DOC-END

// -----

// Three pieces each of two factors: six products, and four channels of zeros.
// CHECK-LABEL: func.func @pieces
// CHECK: tensor.empty() : tensor<1x2x9x84xbf16>
// EIGHT-LABEL: func.func @pieces
// EIGHT: %[[ZERO:.*]] = arith.constant 0.000000e+00 : bf16
// EIGHT: tensor.empty() : tensor<1x2x9x88xbf16>
// EIGHT: tensor.extract_slice {{.*}}[0, 0, 0, 72] [1, 2, 9, 16]
// EIGHT: %[[C:.*]] = linalg.index 3
// EIGHT: %[[R:.*]] = arith.remui %[[C]], %c2
// EIGHT: %[[X:.*]] = tensor.extract %{{.*}}[%{{.*}}, %{{.*}}, %[[R]]]
// EIGHT: %[[Y:.*]] = arith.mulf %[[X]]
// EIGHT: %[[P0:.*]] = arith.truncf %[[Y]]
// EIGHT: %[[E0:.*]] = arith.extf %[[P0]]
// EIGHT: %[[R1:.*]] = arith.subf %[[Y]], %[[E0]]
// EIGHT: %[[P1:.*]] = arith.truncf %[[R1]]
// EIGHT: %[[E1:.*]] = arith.extf %[[P1]]
// EIGHT: %[[R2:.*]] = arith.subf %[[R1]], %[[E1]]
// EIGHT: %[[P2:.*]] = arith.truncf %[[R2]]
// EIGHT: %[[LAST:.*]] = arith.cmpi ult, %[[C]], %c12
// EIGHT: arith.select %[[LAST]], %[[P2]], %[[ZERO]]
// EIGHT: arith.cmpi ult, %[[C]], %c2
// EIGHT: arith.select %{{.*}}, %[[P0]], %{{.*}}
// EIGHT: scale = 1.885{{.*}} : f64
func.func @pieces(%q: tensor<1x2x9x72xbf16>, %f: tensor<1x2x9x2xf32>) -> tensor<1x2x9x72xbf16> {
  %r = attn.attention ins(%q : tensor<1x2x9x72xbf16>)
      dense(%q, %q : tensor<1x2x9x72xbf16>, tensor<1x2x9x72xbf16>)
      factors(%f, %f : tensor<1x2x9x2xf32>, tensor<1x2x9x2xf32>)
      outs(%q : tensor<1x2x9x72xbf16>)
  return %r : tensor<1x2x9x72xbf16>
}

// -----

// As the table of the pass says: f16 with f32 on one side; on memrefs nothing.
// CHECK-LABEL: func.func @half
// CHECK: attn.score_reduce column_sum ins(%{{.*}} : tensor<1x2x9x70xf16>)
// CHECK: attn.attention {{.*}} memref<1x2x9x64xf16>
// CHECK: factors(
func.func @half(%q: tensor<1x2x9x64xf16>, %f: tensor<1x2x9x3xf32>, %g: tensor<1x2x9x3xf16>,
                %m: tensor<1x2x9xf32>, %qm: memref<1x2x9x64xf16>, %fm: memref<1x2x9x3xf32>)
    -> tensor<1x2x9xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x9x64xf16>) dense(%q : tensor<1x2x9x64xf16>)
      factors(%f, %g : tensor<1x2x9x3xf32>, tensor<1x2x9x3xf16>)
      lse(%m : tensor<1x2x9xf32>) outs(%m : tensor<1x2x9xf32>)
  attn.attention ins(%qm : memref<1x2x9x64xf16>)
      dense(%qm, %qm : memref<1x2x9x64xf16>, memref<1x2x9x64xf16>)
      factors(%fm, %fm : memref<1x2x9x3xf32>, memref<1x2x9x3xf32>)
      outs(%qm : memref<1x2x9x64xf16>)
  return %r : tensor<1x2x9xf32>
}

// -----

// What the numerics permit to be rounded, is, where there is no product of f32: then six
// products of pieces in place of one.
// CHECK-LABEL: func.func @permitted
// CHECK: attn.attention ins(%{{.*}} : tensor<1x2x9x17xf32>)
// CHECK-NEXT: dense(%{{.*}}, %{{.*}} : tensor<1x2x9x17xf32>, tensor<1x2x9x16xf32>)
// ROUND-LABEL: func.func @permitted
// ROUND: arith.truncf %{{.*}} : f32 to bf16
// ROUND: attn.attention ins(%{{.*}} : tensor<1x2x9x22xbf16>)
// ROUND-NEXT: dense(%{{.*}}, %{{.*}} : tensor<1x2x9x22xbf16>, tensor<1x2x9x16xf32>)
func.func @permitted(%q: tensor<1x2x9x16xf32>, %k: tensor<1x2x9x16xf32>, %v: tensor<1x2x9x16xf32>,
    %f: tensor<1x2x9x1xf32>, %g: tensor<1x2x9x1xf32>, %o: tensor<1x2x9x16xf32>) -> tensor<1x2x9x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x9x16xf32>)
      dense(%k, %v : tensor<1x2x9x16xf32>, tensor<1x2x9x16xf32>)
      factors(%f, %g : tensor<1x2x9x1xf32>, tensor<1x2x9x1xf32>)
      outs(%o : tensor<1x2x9x16xf32>)
      attributes {numerics = #attn.numerics<operand = bf16>}
  return %r : tensor<1x2x9x16xf32>
}
