// Segments one by one, merged: keys have the same coordinates as in one softmax, in score
// and mask; sinks count once; lengths beyond the keys and below 0; rows of no sequence. The
// reference is of the file as it is.
//
// RUN: fovea-run %s --random 1 --check --all-entries --dims=B=3,S=19,K=23 --passes=attn-split-segments | FileCheck %s
// RUN: fovea-run %S/segments.mlir --random 1 --check --all-entries --passes=attn-split-segments | FileCheck %s
// CHECK-COUNT-5: ok
// CHECK-NOT: FAIL

!q = tensor<5x4x9x16xf32>
!k = tensor<5x2x37x16xf32>
!s = tensor<5x2x6x16xf32>
!n = tensor<5xi64>

// The third segment begins where lengths say, the fourth at a start of its own.
func.func @lengths(%q: !q, %k0: !k, %k1: !s, %k2: !k, %n0: !n {fovea.low = -3 : i64, fovea.high = 50 : i64},
                   %n2: !n {fovea.low = 0 : i64, fovea.high = 37 : i64}, %x: index {fovea.low = 3 : i64, fovea.high = 9 : i64},
                   %z: tensor<4xf32>, %t: tensor<80xf32>, %o: !q, %l: tensor<5x4x9xf32>)
                   -> (!q, tensor<5x4x9xf32>) {
  %r:2 = attn.attention ins(%q : !q) dense(%k0, %k0 : !k, !k) lengths(%n0 : !n)
      dense(%k1, %k1 : !s, !s) dense(%k2, %k2 : !k, !k) lengths(%n2 : !n)
      dense(%k1, %k1 : !s, !s) start(%x)
      sinks(%z : tensor<4xf32>)
      outs(%o, %l : !q, tensor<5x4x9xf32>)
      score(%s, %b, %h, %i, %j, %u = %t : tensor<80xf32>) {
        %y = tensor.extract %u[%j] : tensor<80xf32>
        %w = arith.addf %s, %y : f32
        attn.yield %w : f32
      }
      mask(%b, %h, %i, %j) {
        %c6 = arith.constant 6 : index
        %x6 = arith.muli %i, %c6 : index
        %last = arith.addi %x6, %b : index
        %c = arith.cmpi sle, %j, %last : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !q, tensor<5x4x9xf32>
}

// Packed, the second with lengths; channels of the result are not innermost.
func.func @packed(%q: tensor<2x60x8xf16>, %k: tensor<1x90x8xf16>, %m: tensor<1x70x8xf16>,
    %a: tensor<6xi32> {fovea.low = 0 : i64, fovea.high = 60 : i64, fovea.sorted},
    %c: tensor<6xi64> {fovea.low = 0 : i64, fovea.high = 90 : i64, fovea.sorted},
    %e: tensor<6xindex> {fovea.low = 0 : i64, fovea.high = 70 : i64, fovea.sorted},
    %n: !n {fovea.low = -1 : i64, fovea.high = 20 : i64}, %o: tensor<8x2x60xf16>, %l: tensor<60x2xf32>)
    -> (tensor<8x2x60xf16>, tensor<60x2xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x60x8xf16>)
      packed(%k, %k : tensor<1x90x8xf16>, tensor<1x90x8xf16>) offsets(%a, %c : tensor<6xi32>, tensor<6xi64>) lengths(%n : !n)
      packed(%m, %m : tensor<1x70x8xf16>, tensor<1x70x8xf16>) offsets(%a, %e : tensor<6xi32>, tensor<6xindex>)
      packed(%k, %k : tensor<1x90x8xf16>, tensor<1x90x8xf16>) offsets(%a, %c : tensor<6xi32>, tensor<6xi64>)
      outs(%o, %l : tensor<8x2x60xf16>, tensor<60x2xf32>)
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %last = arith.muli %i, %c3 : index
        %v = arith.cmpi sle, %j, %last : index
        attn.yield %v : i1
      }
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>, affine_map<(b, h, i, j, d, e) -> (e, h, i)>,
        affine_map<(b, h, i, j, d, e) -> (i, h)>]}
  return %r#0, %r#1 : tensor<8x2x60xf16>, tensor<60x2xf32>
}

// A tile of an attention: coordinates from an origin on.
func.func @tile(%q: tensor<2x2x5x8xf32>, %k: tensor<2x2x21x8xf32>, %m: tensor<2x2x9x8xf32>,
                %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 21 : i64}, %o: tensor<2x2x5x8xf32>)
                -> tensor<2x2x5x8xf32> {
  %b0 = arith.constant 3 : index
  %i0 = arith.constant 10 : index
  %j0 = arith.constant 2 : index
  %r = attn.attention ins(%q : tensor<2x2x5x8xf32>)
      dense(%k, %k : tensor<2x2x21x8xf32>, tensor<2x2x21x8xf32>) lengths(%n : tensor<2xi32>)
      dense(%m, %m : tensor<2x2x9x8xf32>, tensor<2x2x9x8xf32>)
      origin(%b0, %b0, %i0, %j0) outs(%o : tensor<2x2x5x8xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.addi %i, %b : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      }
  return %r : tensor<2x2x5x8xf32>
}

// Dynamic sizes, and one of no keys.
func.func @dynamic(%q: tensor<?x2x?x8xbf16> {fovea.dims = ["B", "", "S", ""]}, %k: tensor<?x1x?x8xbf16> {fovea.dims = ["B", "", "K", ""]},
                   %e: tensor<?x1x0x8xbf16> {fovea.dims = ["B", "", "", ""]}, %o: tensor<?x2x?x8xbf16> {fovea.dims = ["B", "", "S", ""]})
                   -> tensor<?x2x?x8xbf16> {
  %r = attn.attention ins(%q : tensor<?x2x?x8xbf16>)
      dense(%e, %e : tensor<?x1x0x8xbf16>, tensor<?x1x0x8xbf16>)
      dense(%k, %k : tensor<?x1x?x8xbf16>, tensor<?x1x?x8xbf16>)
      dense(%k, %k : tensor<?x1x?x8xbf16>, tensor<?x1x?x8xbf16>)
      outs(%o : tensor<?x2x?x8xbf16>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sge, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<?x2x?x8xbf16>
}

// One query, for which CPUs divide the keys of each part.
func.func @one(%q: tensor<2x8x1x16xf32>, %k: tensor<2x2x400x16xf32>, %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 400 : i64},
               %m: tensor<2x2x1x16xf32>, %o: tensor<2x8x1x16xf32>) -> tensor<2x8x1x16xf32> {
  %r = attn.attention ins(%q : tensor<2x8x1x16xf32>)
      dense(%k, %k : tensor<2x2x400x16xf32>, tensor<2x2x400x16xf32>) lengths(%n : tensor<2xi32>)
      dense(%m, %m : tensor<2x2x1x16xf32>, tensor<2x2x1x16xf32>)
      outs(%o : tensor<2x8x1x16xf32>)
  return %r : tensor<2x8x1x16xf32>
}
