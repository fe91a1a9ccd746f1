// Sums of probabilities over the queries, with masks, lengths, origins, grouped
// heads, and keys of all kinds of segments.
//
// RUN: fovea-run %s --random 3 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 3 --check --all-entries --passes=attn-list-to-mask,attn-swap-score-reduce | FileCheck %s
// RUN: fovea-run %s --random 4 --check-each-pass --entry dense | FileCheck %s --check-prefix=EACH
// CHECK-COUNT-13: ok
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

// Sequences have fewer keys than they store.
func.func @packed_lengths(%q: tensor<4x150x16xf32>, %k: tensor<2x260x16xf32>, %qo: tensor<6xi32> {fovea.high = 150 : i64, fovea.sorted},
    %n: tensor<5xi32> {fovea.low = 0 : i64, fovea.high = 20 : i64},
    %lse: tensor<4x150xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64}, %o: tensor<4x260xf32>) -> tensor<4x260xf32> {
  %ko = arith.constant dense<[3, 50, 75, 75, 160, 240]> : tensor<6xi32>
  %r = attn.score_reduce column_sum ins(%q : tensor<4x150x16xf32>)
      packed(%k : tensor<2x260x16xf32>) offsets(%qo, %ko : tensor<6xi32>, tensor<6xi32>) lengths(%n : tensor<5xi32>)
      lse(%lse : tensor<4x150xf32>) outs(%o : tensor<4x260xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<4x260xf32>
}

// Keys behind as many as each sequence has, in a score region, too.
func.func @behind(%q: tensor<2x4x70x16xf32>, %p: tensor<9x2x16x16xf32>, %t: tensor<2x3xi32> {fovea.high = 8 : i64},
    %n: tensor<2xi32> {fovea.high = 48 : i64}, %k: tensor<2x2x9x16xf32>, %m: tensor<2xi32> {fovea.high = 9 : i64}, %l: tensor<2x2x5x16xf32>,
    %lse: tensor<2x4x70xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64}, %o: tensor<2x4x62xf32>) -> tensor<2x4x62xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %r = attn.score_reduce column_sum ins(%q : tensor<2x4x70x16xf32>)
      paged<16>(%p : tensor<9x2x16x16xf32>) table(%t : tensor<2x3xi32>) lengths(%n : tensor<2xi32>)
      dense(%k : tensor<2x2x9x16xf32>) lengths(%m : tensor<2xi32>)
      dense(%l : tensor<2x2x5x16xf32>)
      lse(%lse : tensor<2x4x70xf32>) origin(%c1, %c0, %c7, %c0) outs(%o : tensor<2x4x62xf32>)
      score(%s, %b, %h, %i, %j) {
        %d = arith.subi %i, %j : index
        %x = arith.index_cast %d : index to i32
        %f = arith.sitofp %x : i32 to f32
        %scale = arith.constant 0.01 : f32
        %y = math.fma %f, %scale, %s : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<2x4x62xf32>
}

// A listed walk: the first entries of a row are partial, which the region decides; one
// entry is no tile.
func.func @listed(%q: tensor<2x2x70x16xf32>, %k: tensor<2x1x100x16xf32>, %lse: tensor<2x2x70xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<2x2x100xf32>) -> tensor<2x2x100xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %rows = arith.constant dense<[[[[1, 0, 3, 1], [0, 3, 2, 2], [2, 5, 0, 0]], [[2, 4, 3, 0], [1, 1, 2, 0], [0, 2, 1, 1]]]]> : tensor<1x2x3x4xi32>
  %tiles = arith.constant dense<[2, 0, 1, 1, 3, 7]> : tensor<6xi32>
  %r = attn.score_reduce column_sum ins(%q : tensor<2x2x70x16xf32>)
      dense(%k : tensor<2x1x100x16xf32>) lse(%lse : tensor<2x2x70xf32>) origin(%c2, %c0, %c5, %c2)
      walk<32, 32>(%rows, %tiles : tensor<1x2x3x4xi32>, tensor<6xi32>) outs(%o : tensor<2x2x100xf32>)
      mask(%b, %h, %i, %j) {
        %two = arith.constant 2 : index
        %none = arith.constant 0 : index
        %x = arith.addi %i, %j : index
        %y = arith.remui %x, %two : index
        %c = arith.cmpi eq, %y, %none : index
        attn.yield %c : i1
      }
  return %r : tensor<2x2x100xf32>
}

// Masks of partial tiles as bits.
func.func @bits(%q: tensor<2x2x70x16xf32>, %k: tensor<2x1x140x16xf32>, %m: tensor<4x32x4xi32>, %lse: tensor<2x2x70xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<2x2x140xf32>) -> tensor<2x2x140xf32> {
  %rows = arith.constant dense<[[[[1, 0, 3, 2], [0, 3, 1, 1], [2, 1, 2, 0]]]]> : tensor<1x1x3x4xi32>
  %tiles = arith.constant dense<[2, 0, 1, 1]> : tensor<4xi32>
  %r = attn.score_reduce column_sum ins(%q : tensor<2x2x70x16xf32>)
      dense(%k : tensor<2x1x140x16xf32>) lse(%lse : tensor<2x2x70xf32>)
      walk<32, 64>(%rows, %tiles, %m : tensor<1x1x3x4xi32>, tensor<4xi32>, tensor<4x32x4xi32>) outs(%o : tensor<2x2x140xf32>)
  return %r : tensor<2x2x140xf32>
}

// Packed queries beside keys of each sequence, one sequence without queries.
func.func @ragged(%q: tensor<4x150x16xf32>, %x: tensor<4xi32> {fovea.high = 150 : i64, fovea.sorted}, %p: tensor<9x2x16x16xf32>,
    %t: tensor<3x2xi32> {fovea.high = 8 : i64}, %n: tensor<3xi32> {fovea.high = 32 : i64}, %k: tensor<3x2x7x16xf32>,
    %lse: tensor<4x150xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64}, %o: tensor<3x4x39xf32>) -> tensor<3x4x39xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<4x150x16xf32>)
      paged<16>(%p : tensor<9x2x16x16xf32>) offsets(%x : tensor<4xi32>) table(%t : tensor<3x2xi32>) lengths(%n : tensor<3xi32>)
      dense(%k : tensor<3x2x7x16xf32>) offsets(%x : tensor<4xi32>)
      lse(%lse : tensor<4x150xf32>) outs(%o : tensor<3x4x39xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<3x4x39xf32>
}

// A listed walk counts tiles from the first key, wherever that stands.
func.func @started(%q: tensor<2x2x70x16xf32>, %k: tensor<2x1x100x16xf32>, %s: index {fovea.low = 3 : i64, fovea.high = 9 : i64},
    %lse: tensor<2x2x70xf32> {fovea.low = 2.0 : f64, fovea.high = 4.0 : f64}, %o: tensor<2x2x100xf32>) -> tensor<2x2x100xf32> {
  %rows = arith.constant dense<[[[[1, 0, 3, 1], [0, 3, 2, 2], [2, 5, 1, 0]]]]> : tensor<1x1x3x4xi32>
  %tiles = arith.constant dense<[2, 0, 1, 1, 0, 3]> : tensor<6xi32>
  %r = attn.score_reduce column_sum ins(%q : tensor<2x2x70x16xf32>)
      dense(%k : tensor<2x1x100x16xf32>) start(%s) lse(%lse : tensor<2x2x70xf32>)
      walk<32, 32>(%rows, %tiles : tensor<1x1x3x4xi32>, tensor<6xi32>) outs(%o : tensor<2x2x100xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<2x2x100xf32>
}

// Keys of two kinds for each sequence.
func.func @packed_twice(%q: tensor<4x150x16xf32>, %x: tensor<4xi32> {fovea.high = 150 : i64, fovea.sorted}, %k: tensor<2x260x16xf32>, %y: tensor<4xi32> {fovea.high = 260 : i64, fovea.sorted}, %l: tensor<2x30x16xf32>, %z: tensor<4xi32> {fovea.high = 30 : i64, fovea.sorted}, %lse: tensor<4x150xf32>{fovea.low = 2.0 : f64, fovea.high = 4.0 : f64}, %o: tensor<4x290xf32>) -> tensor<4x290xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<4x150x16xf32>)
      packed(%k : tensor<2x260x16xf32>) offsets(%x, %y : tensor<4xi32>, tensor<4xi32>)
      packed(%l : tensor<2x30x16xf32>) offsets(%x, %z : tensor<4xi32>, tensor<4xi32>)
      lse(%lse : tensor<4x150xf32>) outs(%o : tensor<4x290xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<4x290xf32>
}
}
