// RUN: fovea-opt %s --attn-pack-heads --split-input-file | FileCheck %s
// RUN: fovea-opt %s --attn-pack-heads --canonicalize --split-input-file -o /dev/null

// CHECK-LABEL: func.func @decode
// CHECK-SAME: (%[[Q:.*]]: memref<2x8x1x64xbf16>, %[[K:.*]]: memref<2x2x?x64xbf16>, %[[O:.*]]: memref<2x8x1x64xbf16>, %[[L:.*]]: memref<2x8x1xf32>, %[[T:.*]]: memref<8xf32>)
// CHECK: %[[ROWS:.*]] = memref.reinterpret_cast %[[Q]] to offset: [0], sizes: [2, 2, 4, 64], strides: [512, 256, 64, 1]
// CHECK: %[[OUT:.*]] = memref.reinterpret_cast %[[O]] to offset: [0], sizes: [2, 2, 4, 64], strides: [512, 256, 64, 1]
// CHECK: %[[LSE:.*]] = memref.reinterpret_cast %[[L]] to offset: [0], sizes: [2, 2, 4], strides: [8, 4, 1]
// CHECK: attn.attention ins(%[[ROWS]] :
// CHECK: outs(%[[OUT]], %[[LSE]] :
// CHECK: score(%{{.*}}, %{{.*}}, %[[H:.*]], %[[I:.*]], %[[J:.*]], %[[TABLE:.*]] = %[[T]] : memref<8xf32>)
// CHECK-DAG: %[[GROUP:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[FIRST:.*]] = arith.muli %[[H]], %[[GROUP]]
// CHECK-DAG: %[[HEAD:.*]] = arith.addi %[[FIRST]], %[[I]]
// CHECK: memref.load %[[TABLE]][%[[HEAD]]]
// CHECK: mask(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: %[[QUERY:.*]] = arith.constant 0 : index
// CHECK: arith.cmpi sle, %[[QUERY]], %
// DOC-BEGIN: attn-pack-heads --attn-pack-heads
func.func @decode(%q: memref<2x8x1x64xbf16>, %k: memref<2x2x?x64xbf16>,
                  %o: memref<2x8x1x64xbf16>, %l: memref<2x8x1xf32>, %t: memref<8xf32>) {
  attn.attention ins(%q : memref<2x8x1x64xbf16>)
      dense(%k, %k : memref<2x2x?x64xbf16>, memref<2x2x?x64xbf16>)
      outs(%o, %l : memref<2x8x1x64xbf16>, memref<2x8x1xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : memref<8xf32>) {
        %x = memref.load %table[%h] : memref<8xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %i, %j : index
        attn.yield %c : i1
      }
  return
}
// DOC-END

// -----

// Dynamic heads: a region that asks for the head captures the size of a group.
// CHECK-LABEL: func.func @dynamic
// CHECK-SAME: (%[[Q:.*]]: memref<?x1x?x64xbf16>, %[[K:.*]]: memref<?x?x?x64xbf16>,
// CHECK: %[[H:.*]] = memref.dim %[[Q]], %c2
// CHECK: %[[HK:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[SOME:.*]] = arith.maxui %[[HK]], %c1
// CHECK: %[[GROUP:.*]] = arith.divui %[[H]], %[[SOME]]
// CHECK: %[[STRIDE:.*]] = arith.muli %{{.*}}, %[[GROUP]]
// CHECK: memref.reinterpret_cast %[[Q]] to offset: [0], sizes: [%{{.*}}, %[[GROUP]], %[[HK]], 64], strides: [%{{.*}}, 64, %[[STRIDE]], 1]
// CHECK: mask(%{{.*}}, %[[HEAD:.*]], %[[I:.*]], %{{.*}}, %[[SIZE:.*]] = %[[GROUP]] : index)
// CHECK: %[[FIRST:.*]] = arith.muli %[[HEAD]], %[[SIZE]]
// CHECK: %[[WHOLE:.*]] = arith.addi %[[FIRST]], %[[I]]
// CHECK: arith.cmpi sle, %{{.*}}, %[[WHOLE]]
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
      attributes {indexing_maps = [#q, #k, #v, #o]}
  return
}

// -----

// Keys in pages, behind dense ones.
// CHECK-LABEL: func.func @pages
// CHECK: reinterpret_cast %{{.*}} sizes: [2, 2, 4, 64]
// CHECK: attn.attention
// CHECK-NEXT: dense(
// CHECK-NEXT: paged<16>(
func.func @pages(%q: memref<2x8x1x64xbf16>, %k: memref<2x2x?x64xbf16>, %p: memref<?x2x16x64xbf16>, %t: memref<2x?xi32>) {
  attn.attention ins(%q : memref<2x8x1x64xbf16>)
      dense(%k, %k : memref<2x2x?x64xbf16>, memref<2x2x?x64xbf16>)
      paged<16>(%p, %p : memref<?x2x16x64xbf16>, memref<?x2x16x64xbf16>) table(%t : memref<2x?xi32>)
      outs(%q : memref<2x8x1x64xbf16>)
  return
}

// -----

// Several queries, a head each, sinks: as they are.
// CHECK-LABEL: func.func @others
// CHECK-NOT: reinterpret_cast
!q = memref<1x8x2x64xbf16>
!r = memref<1x8x1x64xbf16>
func.func @others(%q: !q, %r: !r, %k: memref<1x2x9x64xbf16>, %kr: memref<1x8x9x64xbf16>, %s: memref<8xf32>) {
  attn.attention ins(%q : !q) dense(%k, %k : memref<1x2x9x64xbf16>, memref<1x2x9x64xbf16>) outs(%q : !q)
  attn.attention ins(%r : !r) dense(%kr, %kr : memref<1x8x9x64xbf16>, memref<1x8x9x64xbf16>) outs(%r : !r)
  attn.attention ins(%r : !r) dense(%k, %k : memref<1x2x9x64xbf16>, memref<1x2x9x64xbf16>)
      sinks(%s : memref<8xf32>) outs(%r : !r)
  return
}

// -----

// Keys that all sequences share: the sequences become rows, with sinks, too.
// CHECK-LABEL: func.func @shared
// CHECK-SAME: (%[[Q:.*]]: memref<8x4x1x64xbf16>
// CHECK: %[[ROWS:.*]] = memref.reinterpret_cast %[[Q]] to offset: [0], sizes: [1, 4, 8, 64], strides: [2048, 64, 256, 1]
// CHECK: attn.attention ins(%[[ROWS]] :
// CHECK: mask(%[[B:.*]], %{{.*}}, %[[I:.*]], %[[J:.*]], %{{.*}} = %{{.*}})
// CHECK: %[[FIRST:.*]] = arith.muli %[[B]], %c8
// CHECK: %[[SEQUENCE:.*]] = arith.addi %[[FIRST]], %[[I]]
// CHECK: memref.load %{{.*}}[%[[SEQUENCE]]]
#qs = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#ks = affine_map<(b, h, i, j, d, e) -> (h, j, d)>
#vs = affine_map<(b, h, i, j, d, e) -> (h, j, e)>
#os = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
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
      attributes {indexing_maps = [#qs, #ks, #vs, #os]}
  return
}
