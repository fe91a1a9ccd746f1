// Sums of probabilities over the queries, with masks, lengths, origins, grouped
// heads, and keys of all kinds of segments.
//
// RUN: fovea-run %s --random 3 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 3 --check --all-entries --passes=attn-swap-score-reduce | FileCheck %s
// RUN: fovea-run %s --random 4 --check-each-pass --entry dense | FileCheck %s --check-prefix=EACH
// CHECK-COUNT-6: ok
// CHECK-NOT: FAIL
// EACH: attn-to-tile {{.*}} ok
// EACH: tile-to-vector {{.*}} ok

module attributes {fovea.dims = {Q = 130, K = 201, ALL = 249}} {

func.func @dense(%q: tensor<2x4x?x24xf32> {fovea.dims = ["", "", "Q", ""]}, %k: tensor<2x2x?x24xbf16> {fovea.dims = ["", "", "K", ""]},
    %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 201 : i64}, %lse: tensor<2x4x?xf32> {fovea.dims = ["", "", "Q"], fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %slopes: tensor<4xf32>, %o: tensor<2x4x?xf32> {fovea.dims = ["", "", "K"]}) -> tensor<2x4x?xf32> {
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %r = attn.score_reduce column_sum ins(%q : tensor<2x4x?x24xf32>)
      dense(%k : tensor<2x2x?x24xbf16>) lengths(%n : tensor<2xi32>)
      lse(%lse : tensor<2x4x?xf32>) origin(%c1, %c1, %c7, %c1) outs(%o : tensor<2x4x?xf32>)
      score(%s, %b, %h, %i, %j, %slope = %slopes : tensor<4xf32>) {
        %m = tensor.extract %slope[%h] : tensor<4xf32>
        %y = arith.addf %s, %m : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<2x4x?xf32>
}

// A row whose lse is -inf adds nothing.
func.func @none(%q: tensor<1x1x9x8xf32>, %k: tensor<1x1x70x8xf32>, %a: tensor<1x1x9x8xf32>, %l: tensor<1x1x9xf32>, %v: tensor<1x1x70x8xf32>,
    %o: tensor<1x1x70xf32>) -> tensor<1x1x70xf32> {
  %r:2 = attn.attention ins(%q : tensor<1x1x9x8xf32>) dense(%k, %v : tensor<1x1x70x8xf32>, tensor<1x1x70x8xf32>)
      outs(%a, %l : tensor<1x1x9x8xf32>, tensor<1x1x9xf32>)
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %c = arith.cmpi sge, %i, %c3 : index
        attn.yield %c : i1
      }
  %s = attn.score_reduce column_sum ins(%q : tensor<1x1x9x8xf32>)
      dense(%k : tensor<1x1x70x8xf32>) lse(%r#1 : tensor<1x1x9xf32>) outs(%o : tensor<1x1x70xf32>)
  return %s : tensor<1x1x70xf32>
}

// Heads and sequences share the keys.
func.func @shared(%q: tensor<3x4x9x32xf32>, %k: tensor<12x32xf32>, %lse: tensor<3x4x9xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<3x4x12xf32>) -> tensor<3x4x12xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<3x4x9x32xf32>) dense(%k : tensor<12x32xf32>)
      lse(%lse : tensor<3x4x9xf32>) outs(%o : tensor<3x4x12xf32>)
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (j, d)>,
                                   affine_map<(b, h, i, j, d, e) -> (b, h, j)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return %r : tensor<3x4x12xf32>
}

func.func @packed(%q: tensor<4x150x16xf32>, %k: tensor<2x260x16xf32>, %qo: tensor<6xi32> {fovea.high = 150 : i64, fovea.sorted},
    %ko: tensor<6xi32> {fovea.high = 260 : i64, fovea.sorted}, %lse: tensor<4x150xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<4x260xf32>) -> tensor<4x260xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<4x150x16xf32>)
      packed(%k : tensor<2x260x16xf32>) offsets(%qo, %ko : tensor<6xi32>, tensor<6xi32>)
      lse(%lse : tensor<4x150xf32>) outs(%o : tensor<4x260xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<4x260xf32>
}

func.func @several(%q: tensor<2x2x20x16xf32>, %p: tensor<9x2x16x16xf32>, %t: tensor<2x6xi32> {fovea.high = 8 : i64},
    %n: tensor<2xi32> {fovea.high = 96 : i64}, %k: tensor<2x2x5x16xf32>, %lse: tensor<2x2x20xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<2x2x101xf32>) -> tensor<2x2x101xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<2x2x20x16xf32>)
      paged<16>(%p : tensor<9x2x16x16xf32>) table(%t : tensor<2x6xi32>) lengths(%n : tensor<2xi32>)
      dense(%k : tensor<2x2x5x16xf32>)
      lse(%lse : tensor<2x2x20xf32>) outs(%o : tensor<2x2x101xf32>)
  return %r : tensor<2x2x101xf32>
}

// The causal mask counts keys of all segments, those in pages up to the last page.
func.func @following(%q: tensor<2x4x70x16xf32>, %k: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "K", ""]},
    %p: tensor<9x2x16x16xf32>, %t: tensor<2x3xi32> {fovea.high = 8 : i64}, %n: tensor<2xi32> {fovea.high = 48 : i64},
    %lse: tensor<2x4x70xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<2x4x?xf32> {fovea.dims = ["", "", "ALL"]}) -> tensor<2x4x?xf32> {
  %c180 = arith.constant 180 : index
  %c0 = arith.constant 0 : index
  %r = attn.score_reduce column_sum ins(%q : tensor<2x4x70x16xf32>)
      dense(%k : tensor<2x2x?x16xf32>)
      paged<16>(%p : tensor<9x2x16x16xf32>) table(%t : tensor<2x3xi32>) lengths(%n : tensor<2xi32>)
      lse(%lse : tensor<2x4x70xf32>) origin(%c0, %c0, %c180, %c0) outs(%o : tensor<2x4x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<2x4x?xf32>
}
}
