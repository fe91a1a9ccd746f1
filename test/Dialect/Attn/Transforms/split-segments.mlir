// RUN: fovea-opt %s --attn-split-segments --canonicalize --cse --split-input-file | FileCheck %s

// Keys of a cache, with lengths, and those of this step behind them. The mask asks for
// their coordinates, which begin where the cache of the sequence ends.
// CHECK-LABEL: func.func @cache
// CHECK-SAME: (%[[Q:.*]]: tensor<4x8x16x64xbf16>, %[[K:.*]]: tensor<4x2x512x64xbf16>, %[[V:.*]]: tensor<4x2x512x64xbf16>, %[[N:.*]]: tensor<4xi32>, %[[KN:.*]]: tensor<4x2x16x64xbf16>, %[[VN:.*]]: tensor<4x2x16x64xbf16>, %[[O:.*]]: tensor<4x8x16x64xbf16>)
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C512:.*]] = arith.constant 512 : index
// CHECK: %[[A:.*]]:2 = attn.attention ins(%[[Q]] :
// CHECK-NEXT: dense(%[[K]], %[[V]] : {{.*}}) lengths(%[[N]] :
// CHECK-NEXT: outs(%{{.*}} : tensor<4x8x16x64xf32>, tensor<4x8x16xf32>)
// CHECK-NEXT: mask(%{{[^=]*}}) {
// CHECK: scale = 1.250000e-01
// CHECK: %[[FIRST:.*]] = linalg.generic
// CHECK: %[[E:.*]] = tensor.extract %[[N]]
// CHECK: %[[X:.*]] = arith.index_cast %[[E]]
// CHECK: %[[Y:.*]] = arith.maxsi %[[X]], %[[C0]]
// CHECK: arith.minsi %[[Y]], %[[C512]]
// CHECK: %[[B:.*]]:2 = attn.attention ins(%[[Q]] :
// CHECK-NEXT: dense(%[[KN]], %[[VN]] : tensor<4x2x16x64xbf16>, tensor<4x2x16x64xbf16>){{$}}
// CHECK: mask(%[[BB:.*]], %{{.*}}, %{{.*}}, %[[J:.*]], %[[T:.*]] = %[[FIRST]] : tensor<4xindex>) {
// CHECK: %[[F:.*]] = tensor.extract %[[T]][%[[BB]]]
// CHECK: %[[JF:.*]] = arith.addi %[[J]], %[[F]]
// CHECK: arith.cmpi sle, %[[JF]],
// CHECK: %[[R:.*]] = attn.merge parts(%[[A]]#0, %[[B]]#0 : {{.*}}) lse(%[[A]]#1, %[[B]]#1 : {{.*}}) outs(%[[O]] :
// CHECK: return %[[R]]
// DOC-BEGIN: attn-split-segments --attn-split-segments --canonicalize
func.func @cache(%q: tensor<4x8x16x64xbf16>, %k: tensor<4x2x512x64xbf16>, %v: tensor<4x2x512x64xbf16>,
                 %n: tensor<4xi32>, %kn: tensor<4x2x16x64xbf16>, %vn: tensor<4x2x16x64xbf16>,
                 %o: tensor<4x8x16x64xbf16>) -> tensor<4x8x16x64xbf16> {
  %r = attn.attention ins(%q : tensor<4x8x16x64xbf16>)
      dense(%k, %v : tensor<4x2x512x64xbf16>, tensor<4x2x512x64xbf16>) lengths(%n : tensor<4xi32>)
      dense(%kn, %vn : tensor<4x2x16x64xbf16>, tensor<4x2x16x64xbf16>)
      outs(%o : tensor<4x8x16x64xbf16>)
      mask(%b, %h, %i, %j) {
        %c500 = arith.constant 500 : index
        %last = arith.addi %i, %c500 : index
        %c = arith.cmpi sle, %j, %last : index
        attn.yield %c : i1
      }
  return %r : tensor<4x8x16x64xbf16>
}
// DOC-END

// -----

// Behind a segment without lengths: a start. Sinks go to the first.
// CHECK-LABEL: func.func @sizes
// CHECK: %[[C12:.*]] = arith.constant 12 : index
// CHECK: attn.attention
// CHECK-NEXT: paged<4>
// CHECK-NEXT: sinks(
// CHECK: attn.attention
// CHECK-NEXT: dense({{.*}}) start(%[[C12]])
// CHECK-NOT: sinks
// CHECK: attn.merge {{.*}} outs(%{{.*}}, %{{.*}} : tensor<1x2x8x16xf16>, tensor<1x2x8xf32>)
func.func @sizes(%q: tensor<1x2x8x16xf16>, %k: tensor<1x2x100x16xf16>, %p: tensor<9x2x4x16xf16>,
                 %t: tensor<1x3xi32>, %s: tensor<2xf32>, %o: tensor<1x2x8x16xf16>,
                 %l: tensor<1x2x8xf32>) -> (tensor<1x2x8x16xf16>, tensor<1x2x8xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x2x8x16xf16>)
      paged<4>(%p, %p : tensor<9x2x4x16xf16>, tensor<9x2x4x16xf16>) table(%t : tensor<1x3xi32>)
      dense(%k, %k : tensor<1x2x100x16xf16>, tensor<1x2x100x16xf16>)
      sinks(%s : tensor<2xf32>)
      outs(%o, %l : tensor<1x2x8x16xf16>, tensor<1x2x8xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %i, %j : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<1x2x8x16xf16>, tensor<1x2x8xf32>
}

// Where nothing asks for coordinates there are no starts.
// CHECK-LABEL: func.func @plain
// CHECK-COUNT-2: attn.attention
// CHECK-NOT: start(
// CHECK: attn.merge
func.func @plain(%q: tensor<1x2x8x16xf16>, %k: tensor<1x2x100x16xf16>, %p: tensor<1x2x?x16xf16>,
                 %o: tensor<1x2x8x16xf16>) -> tensor<1x2x8x16xf16> {
  %r = attn.attention ins(%q : tensor<1x2x8x16xf16>)
      dense(%p, %p : tensor<1x2x?x16xf16>, tensor<1x2x?x16xf16>)
      dense(%k, %k : tensor<1x2x100x16xf16>, tensor<1x2x100x16xf16>)
      outs(%o : tensor<1x2x8x16xf16>)
  return %r : tensor<1x2x8x16xf16>
}

// -----

// Packed: coordinates begin behind the rows of each sequence; rows of no sequence
// stay as they are. Channels that are not innermost become so in between.
// CHECK-LABEL: func.func @packed
// CHECK-SAME: %[[A:[^ ]*]]: tensor<4xi32>, %[[C:[^ ]*]]: tensor<4xi64>, %[[O:[^ ]*]]: tensor<16x2x40xf16>)
// CHECK: attn.attention
// CHECK-NEXT: packed({{.*}}) offsets(%[[A]], %[[C]] :
// CHECK-NEXT: outs({{.*}} : tensor<2x40x16xf32>, tensor<2x40xf32>)
// CHECK: linalg.generic
// CHECK-DAG: tensor.extract %[[C]]
// CHECK-DAG: tensor.extract %[[C]]
// CHECK: arith.subi
// CHECK: linalg.yield
// CHECK: attn.attention
// CHECK-NEXT: packed({{.*}}) offsets(%[[A]], %[[A]] :
// CHECK: attn.merge {{.*}} -> tensor<2x40x16xf16>
// CHECK: linalg.generic {{.*}} outs(%[[O]] :
// CHECK: linalg.index 2
// CHECK: tensor.extract %[[A]]
// CHECK: tensor.extract %[[A]]
// CHECK-COUNT-2: arith.select
func.func @packed(%q: tensor<2x40x16xf16>, %k: tensor<2x90x16xf16>, %m: tensor<2x77x16xf16>,
                  %a: tensor<4xi32>, %c: tensor<4xi64>, %o: tensor<16x2x40xf16>) -> tensor<16x2x40xf16> {
  %r = attn.attention ins(%q : tensor<2x40x16xf16>)
      packed(%k, %k : tensor<2x90x16xf16>, tensor<2x90x16xf16>) offsets(%a, %c : tensor<4xi32>, tensor<4xi64>)
      packed(%m, %m : tensor<2x77x16xf16>, tensor<2x77x16xf16>) offsets(%a, %a : tensor<4xi32>, tensor<4xi32>)
      outs(%o : tensor<16x2x40xf16>)
      score(%s, %b, %h, %i, %j) {
        %x = arith.index_cast %j : index to i32
        %f = arith.sitofp %x : i32 to f32
        %y = arith.addf %s, %f : f32
        attn.yield %y : f32
      }
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>, affine_map<(b, h, i, j, d, e) -> (e, h, i)>]}
  return %r : tensor<16x2x40xf16>
}
