// RUN: fovea-run %s --random 1 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 2 --check-each-pass --entry packed | FileCheck %s --check-prefix=EACH

// Sequences of many, one and no queries; pages of all kinds; segments of several
// kinds in one softmax. Random programs have more of them.

// CHECK-COUNT-5: ok
// CHECK-NOT: FAIL
// EACH: attn-to-tile {{.*}} ok
// EACH: tile-to-vector {{.*}} ok

module attributes {fovea.dims = {Q = 70, K = 133, TQ = 300, TK = 320}} {

// Rows before the first sequence and behind the last keep what they hold.
func.func @packed(%q: tensor<4x?x40xf32> {fovea.dims = ["", "TQ", ""]}, %k: tensor<2x?x40xf32> {fovea.dims = ["", "TK", ""]},
    %v: tensor<2x?x24xf32> {fovea.dims = ["", "TK", ""]}, %qo: tensor<6xi32> {fovea.low = 0 : i64, fovea.high = 300 : i64, fovea.sorted},
    %ko: tensor<6xi64> {fovea.low = 0 : i64, fovea.high = 320 : i64, fovea.sorted}, %o: tensor<4x?x24xf32> {fovea.dims = ["", "TQ", ""]},
    %l: tensor<4x?xf32> {fovea.dims = ["", "TQ"]}) -> (tensor<4x?x24xf32>, tensor<4x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<4x?x40xf32>)
      packed(%k, %v : tensor<2x?x40xf32>, tensor<2x?x24xf32>) offsets(%qo, %ko : tensor<6xi32>, tensor<6xi64>)
      outs(%o, %l : tensor<4x?x24xf32>, tensor<4x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<4x?x24xf32>, tensor<4x?xf32>
}

// One query each for most of 300 sequences of up to 2 rows.
func.func @ragged(%q: tensor<2x200x16xf32>, %k: tensor<2x900x16xf32>, %v: tensor<2x900x16xf32>,
    %qo: tensor<301xi32> {fovea.low = 0 : i64, fovea.high = 200 : i64, fovea.sorted},
    %ko: tensor<301xi32> {fovea.low = 0 : i64, fovea.high = 900 : i64, fovea.sorted},
    %o: tensor<2x200x16xf32>) -> tensor<2x200x16xf32> {
  %r = attn.attention ins(%q : tensor<2x200x16xf32>)
      packed(%k, %v : tensor<2x900x16xf32>, tensor<2x900x16xf32>) offsets(%qo, %ko : tensor<301xi32>, tensor<301xi32>)
      outs(%o : tensor<2x200x16xf32>)
  return %r : tensor<2x200x16xf32>
}

// Pages of one key; of a size that divides no tile; larger than a tile.
func.func @pages(%q: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "Q", ""]}, %k1: tensor<50x1x1x16xf32>,
    %t1: tensor<2x?xi64> {fovea.dims = ["", "K"], fovea.low = 0 : i64, fovea.high = 49 : i64},
    %k37: tensor<5x1x37x16xf32>, %t37: tensor<2x7xi32> {fovea.low = 0 : i64, fovea.high = 4 : i64},
    %n37: tensor<2xi32> {fovea.low = 100 : i64, fovea.high = 260 : i64},
    %k256: tensor<3x1x256x16xbf16>, %t256: tensor<2x2xindex> {fovea.low = 0 : i64, fovea.high = 2 : i64},
    %n256: tensor<2xindex> {fovea.low = 250 : i64, fovea.high = 500 : i64},
    %o: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "Q", ""]}) -> tensor<2x2x?x16xf32> {
  %r = attn.attention ins(%q : tensor<2x2x?x16xf32>)
      paged<1>(%k1, %k1 : tensor<50x1x1x16xf32>, tensor<50x1x1x16xf32>) table(%t1 : tensor<2x?xi64>)
      paged<37>(%k37, %k37 : tensor<5x1x37x16xf32>, tensor<5x1x37x16xf32>) table(%t37 : tensor<2x7xi32>) lengths(%n37 : tensor<2xi32>)
      paged<256>(%k256, %k256 : tensor<3x1x256x16xbf16>, tensor<3x1x256x16xbf16>) table(%t256 : tensor<2x2xindex>) lengths(%n256 : tensor<2xindex>)
      outs(%o : tensor<2x2x?x16xf32>)
      mask(%b, %h, %i, %j) {
        %c5 = arith.constant 5 : index
        %limit = arith.muli %i, %c5 : index
        %c = arith.cmpi sle, %j, %limit : index
        attn.yield %c : i1
      }
  return %r : tensor<2x2x?x16xf32>
}

// Older keys in pages, this step's beside them; sinks; slots before heads.
func.func @cache(%q: tensor<3x1x4x32xbf16>, %kp: tensor<20x16x2x32xbf16>, %vp: tensor<20x16x2x32xbf16>,
    %t: tensor<3x8xi32> {fovea.low = 0 : i64, fovea.high = 19 : i64}, %n: tensor<3xi32> {fovea.low = 0 : i64, fovea.high = 128 : i64},
    %k: tensor<3x1x2x32xbf16>, %v: tensor<3x1x2x32xbf16>, %sinks: tensor<4xf32>,
    %o: tensor<3x1x4x32xbf16>, %l: tensor<3x1x4xf32>) -> (tensor<3x1x4x32xbf16>, tensor<3x1x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<3x1x4x32xbf16>)
      paged<16>(%kp, %vp : tensor<20x16x2x32xbf16>, tensor<20x16x2x32xbf16>) table(%t : tensor<3x8xi32>) lengths(%n : tensor<3xi32>)
      dense(%k, %v : tensor<3x1x2x32xbf16>, tensor<3x1x2x32xbf16>)
      sinks(%sinks : tensor<4xf32>) outs(%o, %l : tensor<3x1x4x32xbf16>, tensor<3x1x4xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h)>]}
  return %r#0, %r#1 : tensor<3x1x4x32xbf16>, tensor<3x1x4xf32>
}

// No sequence, no key.
func.func @none(%q: tensor<2x5x8xf32>, %k: tensor<2x0x8xf32>, %qo: tensor<1xi32> {fovea.high = 0 : i64}, %ko: tensor<1xi32> {fovea.high = 0 : i64},
    %o: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
  %r = attn.attention ins(%q : tensor<2x5x8xf32>)
      packed(%k, %k : tensor<2x0x8xf32>, tensor<2x0x8xf32>) offsets(%qo, %ko : tensor<1xi32>, tensor<1xi32>)
      outs(%o : tensor<2x5x8xf32>)
  return %r : tensor<2x5x8xf32>
}
}
