// Operands in rows of a multiple of 8 channels: the results are those of the op as it is,
// and rows of no sequence stay.
//
// RUN: fovea-run %s --random 1 --check --all-entries --passes=attn-copy-operands | FileCheck %s
// CHECK-COUNT-3: ok
// CHECK-NOT: FAIL

func.func @odd(%q: tensor<2x4x9x20xf32>, %k: tensor<2x2x33x20xf32>, %v: tensor<2x2x33x13xf32>,
               %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 33 : i64}, %o: tensor<2x4x9x13xf32>,
               %l: tensor<2x4x9xf32>) -> (tensor<2x4x9x13xf32>, tensor<2x4x9xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x4x9x20xf32>)
      dense(%k, %v : tensor<2x2x33x20xf32>, tensor<2x2x33x13xf32>) lengths(%n : tensor<2xi32>)
      outs(%o, %l : tensor<2x4x9x13xf32>, tensor<2x4x9xf32>)
  return %r#0, %r#1 : tensor<2x4x9x13xf32>, tensor<2x4x9xf32>
}

func.func @packed(%q: tensor<3x40x8xbf16>, %k: tensor<1x50x8xbf16>, %v: tensor<3x1x50xbf16>,
    %a: tensor<5xi32> {fovea.low = 0 : i64, fovea.high = 40 : i64, fovea.sorted},
    %c: tensor<5xi32> {fovea.low = 0 : i64, fovea.high = 50 : i64, fovea.sorted},
    %o: tensor<3x3x40xbf16>) -> tensor<3x3x40xbf16> {
  %r = attn.attention ins(%q : tensor<3x40x8xbf16>)
      packed(%k, %v : tensor<1x50x8xbf16>, tensor<3x1x50xbf16>) offsets(%a, %c : tensor<5xi32>, tensor<5xi32>)
      outs(%o : tensor<3x3x40xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (e, h, j)>, affine_map<(b, h, i, j, d, e) -> (e, h, i)>]}
  return %r : tensor<3x3x40xbf16>
}

func.func @pages(%q: tensor<2x2x5x12xf16>, %k: tensor<9x1x8x12xf16>, %v: tensor<9x1x8x16xf16>,
    %t: tensor<2x4xi32> {fovea.low = 0 : i64, fovea.high = 8 : i64}, %o: tensor<2x2x5x16xf16>) -> tensor<2x2x5x16xf16> {
  %r = attn.attention ins(%q : tensor<2x2x5x12xf16>)
      paged<8>(%k, %v : tensor<9x1x8x12xf16>, tensor<9x1x8x16xf16>) table(%t : tensor<2x4xi32>)
      outs(%o : tensor<2x2x5x16xf16>)
      mask(%b, %h, %i, %j) {
        %c5 = arith.constant 5 : index
        %x = arith.muli %i, %c5 : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      }
  return %r : tensor<2x2x5x16xf16>
}
