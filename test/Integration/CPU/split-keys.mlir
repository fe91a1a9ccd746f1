// Keys in parts, on odd sizes: a prefix that sequences share, read once for their
// queries, with what each has of its own; and ranges, of which some are beyond the lengths
// or, of a dynamic size, empty. The reference is of the file as it is.
//
// RUN: fovea-run %s --check --all-entries --passes="attn-split-keys{parts=3}" --dims=B=2,H=4,Hk=2,S=17,T=2 | FileCheck %s
// CHECK: decode {{.*}} ok
// CHECK: prefill {{.*}} ok
// CHECK: ranges {{.*}} ok
// CHECK: dynamic {{.*}} ok

!q = tensor<5x4x1x24xf32>
!p = tensor<2x77x24xf32>
!s = tensor<5x2x19x24xf32>
!a = tensor<5x2x77x24xf32>
!k = tensor<5x2x96x24xf32>

// One query of five sequences; the mask and the score ask for the coordinates of each.
func.func @decode(%q: !q, %kp: !p, %vp: !p, %ks: !s, %vs: !s,
                  %t: tensor<5xf32>, %z: tensor<4xf32>, %o: !q, %l: tensor<5x4x1xf32>)
                  -> (!q, tensor<5x4x1xf32>) {
  %e = tensor.empty() : !a
  %kb = linalg.broadcast ins(%kp : !p) outs(%e : !a) dimensions = [0]
  %vb = linalg.broadcast ins(%vp : !p) outs(%e : !a) dimensions = [0]
  %k = tensor.concat dim(2) %kb, %ks : (!a, !s) -> !k
  %v = tensor.concat dim(2) %vb, %vs : (!a, !s) -> !k
  %r:2 = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) sinks(%z : tensor<4xf32>)
      outs(%o, %l : !q, tensor<5x4x1xf32>)
      score(%s, %b, %h, %i, %j, %u = %t : tensor<5xf32>) {
        %x = tensor.extract %u[%b] : tensor<5xf32>
        %n = arith.index_cast %j : index to i64
        %f = arith.sitofp %n : i64 to f32
        %m = arith.constant 0.03 : f32
        %y = arith.mulf %f, %m : f32
        %w = math.fma %x, %y, %s : f32
        attn.yield %w : f32
      }
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %c23 = arith.constant 23 : index
        %x = arith.muli %b, %c23 : index
        %y = arith.muli %h, %c3 : index
        %first = arith.addi %x, %y : index
        %c = arith.cmpi sle, %first, %j : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !q, tensor<5x4x1xf32>
}

// Several queries, in bf16; lengths that end within the prefix, or the suffix.
func.func @prefill(%q: tensor<3x9x4x16xbf16>, %kp: tensor<33x2x16xbf16>, %vp: tensor<33x2x16xbf16>,
                   %ks: tensor<3x7x2x16xbf16>, %vs: tensor<3x7x2x16xbf16>,
                   %n: tensor<3xi64> {fovea.low = -2 : i64, fovea.high = 42 : i64},
                   %o: tensor<3x9x4x16xbf16>) -> tensor<3x9x4x16xbf16> {
  %e = tensor.empty() : tensor<3x33x2x16xbf16>
  %kb = linalg.broadcast ins(%kp : tensor<33x2x16xbf16>) outs(%e : tensor<3x33x2x16xbf16>) dimensions = [0]
  %vb = linalg.broadcast ins(%vp : tensor<33x2x16xbf16>) outs(%e : tensor<3x33x2x16xbf16>) dimensions = [0]
  %k = tensor.concat dim(1) %kb, %ks : (tensor<3x33x2x16xbf16>, tensor<3x7x2x16xbf16>) -> tensor<3x40x2x16xbf16>
  %v = tensor.concat dim(1) %vb, %vs : (tensor<3x33x2x16xbf16>, tensor<3x7x2x16xbf16>) -> tensor<3x40x2x16xbf16>
  %r = attn.attention ins(%q : tensor<3x9x4x16xbf16>)
      dense(%k, %v : tensor<3x40x2x16xbf16>, tensor<3x40x2x16xbf16>)
      lengths(%n : tensor<3xi64>) outs(%o : tensor<3x9x4x16xbf16>)
      mask(%b, %h, %i, %j) {
        %c31 = arith.constant 31 : index
        %x = arith.addi %i, %c31 : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      } attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>, affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<3x9x4x16xbf16>
}

// Nine keys; a start, an origin and an lse.
func.func @ranges(%q: tensor<1x2x30x8xf32>, %k: tensor<1x1x9x8xf32>, %v: tensor<1x1x9x12xf32>,
                  %o: tensor<1x2x30x12xf32>, %l: tensor<1x2x30xf32>) -> (tensor<1x2x30x12xf32>, tensor<1x2x30xf32>) {
  %c5 = arith.constant 5 : index
  %r:2 = attn.attention ins(%q : tensor<1x2x30x8xf32>)
      dense(%k, %v : tensor<1x1x9x8xf32>, tensor<1x1x9x12xf32>) start(%c5)
      origin(%c5, %c5, %c5, %c5) outs(%o, %l : tensor<1x2x30x12xf32>, tensor<1x2x30xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<1x2x30x12xf32>, tensor<1x2x30xf32>
}

// Sizes that the call says.
func.func @dynamic(%q: tensor<?x?x?x8xf32> {fovea.dims = ["B", "H", "S", ""]},
                   %k: tensor<?x?x?x8xf32> {fovea.dims = ["B", "Hk", "T", ""]},
                   %v: tensor<?x?x?x8xf32> {fovea.dims = ["B", "Hk", "T", ""]},
                   %o: tensor<?x?x?x8xf32> {fovea.dims = ["B", "H", "S", ""]}) -> tensor<?x?x?x8xf32> {
  %r = attn.attention ins(%q : tensor<?x?x?x8xf32>)
      dense(%k, %v : tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>) outs(%o : tensor<?x?x?x8xf32>)
  return %r : tensor<?x?x?x8xf32>
}
