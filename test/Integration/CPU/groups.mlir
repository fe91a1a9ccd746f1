// RUN: fovea-run %s --random 5 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 6 --check --all-entries --target=cpu:avx2 | FileCheck %s
// RUN: fovea-run %s --random 7 --check-each-pass --entry few | FileCheck %s --check-prefix=EACH
// RUN: fovea-opt %s --fovea-attn-stage=target=cpu:avx512 --fovea-tile-stage | FileCheck %s --check-prefix=ROWS

// A few queries of heads that share keys are rows of the same tiles; what regions ask
// for is that of each row.

// CHECK-COUNT-7: ok
// CHECK-NOT: FAIL
// EACH: attn-to-tile {{.*}} ok
// EACH: tile-to-vector {{.*}} ok

#qi = affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>
#ki = affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>
#vi = affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>
#oi = affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>
#li = affine_map<(b, h, i, j, d, e) -> (b, h, i)>
#qs = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#ks = affine_map<(b, h, i, j, d, e) -> (h, j, d)>
#vs = affine_map<(b, h, i, j, d, e) -> (h, j, e)>
#os = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>

module attributes {fovea.dims = {N = 650, H = 12, G = 4, Q = 21, THREE = 3}} {

// Rows that lie apart, causal from the end, with slopes of heads.
// ROWS-LABEL: tile.kernel @few_attention(
// ROWS: boxes [5, 3]
func.func @few(%q: tensor<2x5x6x32xf32>, %k: tensor<2x?x2x32xf32> {fovea.dims = ["", "N", "", ""]},
    %v: tensor<2x?x2x24xf32> {fovea.dims = ["", "N", "", ""]}, %slopes: tensor<6xf32>,
    %o: tensor<2x5x6x24xf32>, %l: tensor<2x6x5xf32>) -> (tensor<2x5x6x24xf32>, tensor<2x6x5xf32>) {
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %n = tensor.dim %k, %c1 : tensor<2x?x2x32xf32>
  %first = arith.subi %n, %c5 : index
  %r:2 = attn.attention ins(%q : tensor<2x5x6x32xf32>)
      dense(%k, %v : tensor<2x?x2x32xf32>, tensor<2x?x2x24xf32>)
      outs(%o, %l : tensor<2x5x6x24xf32>, tensor<2x6x5xf32>)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<6xf32>) {
        %slope = tensor.extract %t[%h] : tensor<6xf32>
        %d = arith.subi %i, %j : index
        %di = arith.index_cast %d : index to i32
        %df = arith.sitofp %di : i32 to f32
        %scale = arith.constant 1.0e-3 : f32
        %m = arith.mulf %slope, %df : f32
        %x = arith.mulf %m, %scale : f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j, %f = %first : index) {
        %p = arith.addi %i, %f : index
        %c = arith.cmpi sle, %j, %p : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [#qi, #ki, #vi, #oi, #li]}
  return %r#0, %r#1 : tensor<2x5x6x24xf32>, tensor<2x6x5xf32>
}

// More rows than a tile has, of bf16; a sink for each head, a length for each sequence.
// ROWS-LABEL: tile.kernel @many_attention(
// ROWS: boxes [13, 7]
func.func @many(%q: tensor<2x14x13x40xbf16>, %k: tensor<2x2x?x40xbf16> {fovea.dims = ["", "", "N", ""]},
    %v: tensor<2x2x?x48xbf16> {fovea.dims = ["", "", "N", ""]}, %sinks: tensor<14xf32>,
    %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 700 : i64},
    %o: tensor<2x14x13x48xbf16>) -> tensor<2x14x13x48xbf16> {
  %r = attn.attention ins(%q : tensor<2x14x13x40xbf16>)
      dense(%k, %v : tensor<2x2x?x40xbf16>, tensor<2x2x?x48xbf16>) lengths(%n : tensor<2xi32>)
      sinks(%sinks : tensor<14xf32>)
      outs(%o : tensor<2x14x13x48xbf16>)
  return %r : tensor<2x14x13x48xbf16>
}

// Channels in lanes: two queries of four heads, in pages.
// ROWS-LABEL: tile.kernel @pages_attention(
// ROWS-SAME: lane_axis = 1
// ROWS: boxes [2, 4]
func.func @pages(%q: tensor<3x8x2x64xbf16>, %k: tensor<50x2x16x64xbf16>, %v: tensor<50x2x16x64xbf16>,
    %t: tensor<3x40xi32> {fovea.low = 0 : i64, fovea.high = 49 : i64},
    %n: tensor<3xi32> {fovea.low = 0 : i64, fovea.high = 640 : i64},
    %o: tensor<3x8x2x64xbf16>, %l: tensor<3x8x2xf32>) -> (tensor<3x8x2x64xbf16>, tensor<3x8x2xf32>) {
  %r:2 = attn.attention ins(%q : tensor<3x8x2x64xbf16>)
      paged<16>(%k, %v : tensor<50x2x16x64xbf16>, tensor<50x2x16x64xbf16>) table(%t : tensor<3x40xi32>)
      lengths(%n : tensor<3xi32>)
      outs(%o, %l : tensor<3x8x2x64xbf16>, tensor<3x8x2xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.addi %h, %i : index
        %c3 = arith.constant 3 : index
        %y = arith.addi %x, %j : index
        %z = arith.remui %y, %c3 : index
        %c = arith.cmpi ne, %z, %c3 : index
        %c0 = arith.constant 0 : index
        %d = arith.cmpi ne, %z, %c0 : index
        %e = arith.andi %c, %d : i1
        attn.yield %e : i1
      }
  return %r#0, %r#1 : tensor<3x8x2x64xbf16>, tensor<3x8x2xf32>
}

// Keys that all sequences share; each sees as many of them as it says.
// ROWS-LABEL: tile.kernel @shared_attention(
// ROWS: boxes [2, 9]
func.func @shared(%q: tensor<9x4x2x16xf32>, %k: tensor<2x?x16xf32> {fovea.dims = ["", "N", ""]},
    %s: tensor<4xf32>, %t: tensor<9xi32> {fovea.low = 0 : i64, fovea.high = 700 : i64},
    %o: tensor<9x4x2x16xf32>) -> tensor<9x4x2x16xf32> {
  %r = attn.attention ins(%q : tensor<9x4x2x16xf32>)
      dense(%k, %k : tensor<2x?x16xf32>, tensor<2x?x16xf32>)
      sinks(%s : tensor<4xf32>) outs(%o : tensor<9x4x2x16xf32>)
      mask(%b, %h, %i, %j, %limit = %t : tensor<9xi32>) {
        %x = tensor.extract %limit[%b] : tensor<9xi32>
        %n = arith.index_cast %x : i32 to index
        %m = arith.addi %n, %i : index
        %c = arith.cmpi slt, %j, %m : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [#qs, #ks, #vs, #os]}
  return %r : tensor<9x4x2x16xf32>
}

// One query, whose heads have a sink each, and dynamic numbers of heads.
// ROWS-LABEL: tile.kernel @one_attention(
func.func @one(%q: tensor<2x?x1x16xf32> {fovea.dims = ["", "H", "", ""]},
    %k: tensor<2x?x?x16xf32> {fovea.dims = ["", "G", "N", ""]}, %s: tensor<?xf32> {fovea.dims = ["H"]},
    %o: tensor<2x?x1x16xf32> {fovea.dims = ["", "H", "", ""]}) -> tensor<2x?x1x16xf32> {
  %r = attn.attention ins(%q : tensor<2x?x1x16xf32>)
      dense(%k, %k : tensor<2x?x?x16xf32>, tensor<2x?x?x16xf32>)
      sinks(%s : tensor<?xf32>) outs(%o : tensor<2x?x1x16xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sge, %j, %h : index
        attn.yield %c : i1
      }
  return %r : tensor<2x?x1x16xf32>
}


// Few queries are expected: keys are divided. More are right, too.
// ROWS-LABEL: tile.kernel @expected_attention(
// ROWS-SAME: query_tile = 4, {{.*}}split_to = 64
func.func @expected(%q: tensor<1x4x?x16xf32> {fovea.dims = ["", "", "Q", ""]},
    %k: tensor<1x2x?x16xf32> {fovea.dims = ["", "", "N", ""]},
    %o: tensor<1x4x?x16xf32> {fovea.dims = ["", "", "Q", ""]}) -> tensor<1x4x?x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x?x16xf32>)
      dense(%k, %k : tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>)
      outs(%o : tensor<1x4x?x16xf32>)
      attributes {attn.sizes = #attn.sizes<queries = [1, 4]>}
  return %r : tensor<1x4x?x16xf32>
}

// Results whose types do not say how many queries there are.
func.func @results(%q: tensor<2x6x3x32xf32>, %k: tensor<2x2x?x32xf32> {fovea.dims = ["", "", "N", ""]},
    %o: tensor<2x6x?x32xf32> {fovea.dims = ["", "", "THREE", ""]},
    %l: tensor<2x6x?xf32> {fovea.dims = ["", "", "THREE"]}) -> (tensor<2x6x?x32xf32>, tensor<2x6x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x6x3x32xf32>)
      dense(%k, %k : tensor<2x2x?x32xf32>, tensor<2x2x?x32xf32>)
      outs(%o, %l : tensor<2x6x?x32xf32>, tensor<2x6x?xf32>)
  return %r#0, %r#1 : tensor<2x6x?x32xf32>, tensor<2x6x?xf32>
}
}
