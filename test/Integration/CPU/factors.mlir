// A bias in two factors is what the reference adds, on odd sizes: shared dimensions, types
// of more bits than the operand's, scales by which factors cannot be divided.
//
// RUN: fovea-run %s --check --all-entries --dims=B=2,S=37,T=53 | FileCheck %s
// RUN: fovea-run %s --check --all-entries --dims=B=2,S=37,T=53 --target cpu:plain | FileCheck %s
// CHECK: alibi {{.*}} ok
// CHECK: capped {{.*}} ok
// CHECK: zero {{.*}} ok
// CHECK: moved {{.*}} ok
// CHECK: precise {{.*}} ok
// CHECK: half {{.*}} ok
// CHECK: sums {{.*}} ok
//
// RUN: fovea-run %s --entry=capped --check-each-pass --dims=B=2,S=9,T=11 | FileCheck %s --check-prefix=PASSES
// PASSES: attn-append-factors {{.*}} ok
// PASSES-NOT: CHANGED
//
// Heads and keys in parts have their parts of the factors.
// RUN: fovea-run %s --check --entry=parts --passes="attn-split-heads,canonicalize" | FileCheck %s --check-prefix=PARTS
// RUN: fovea-run %s --check --entry=parts --passes="attn-split-keys{parts=3}" | FileCheck %s --check-prefix=PARTS
// RUN: fovea-run %s --check --entry=prefix --passes="attn-split-keys" | FileCheck %s --check-prefix=PARTS
//
// Queries and keys may be rounded, factors not: they become pieces.
// RUN: fovea-run %s --check --entry=rounded --passes="attn-append-factors{round}" | FileCheck %s --check-prefix=PARTS
// PARTS: rel_error {{.*}} ok
//
// The decomposition is the meaning.
// RUN: fovea-run %s --check --entry=parts --passes="attn-decompose" | FileCheck %s --check-prefix=PARTS

// ALiBi: a slope for each head, a position for each key.
func.func @alibi(%q: tensor<1x4x37x16xf32>, %k: tensor<1x2x53x16xf32>, %v: tensor<1x2x53x16xf32>,
    %f: tensor<1x4x1x1xf32>, %g: tensor<1x1x53x1xf32>, %o: tensor<1x4x37x16xf32>) -> tensor<1x4x37x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x37x16xf32>)
      dense(%k, %v : tensor<1x2x53x16xf32>, tensor<1x2x53x16xf32>)
      factors(%f, %g : tensor<1x4x1x1xf32>, tensor<1x1x53x1xf32>)
      outs(%o : tensor<1x4x37x16xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x4x37x16xf32>
}

// The score region has the sum; dynamic sizes, lengths, lse.
func.func @capped(%q: tensor<?x2x?x24xbf16> {fovea.dims = ["B", "", "S", ""]},
    %k: tensor<?x2x?x24xbf16> {fovea.dims = ["B", "", "T", ""]},
    %v: tensor<?x2x?x8xbf16> {fovea.dims = ["B", "", "T", ""]},
    %n: tensor<?xi32> {fovea.dims = ["B"], fovea.high = 60 : i64},
    %f: tensor<?x2x?x3xf32> {fovea.dims = ["B", "", "S", ""]},
    %g: tensor<1x2x?x3xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<?x2x?x8xf32> {fovea.dims = ["B", "", "S", ""]},
    %l: tensor<?x2x?xf32> {fovea.dims = ["B", "", "S"]}) -> (tensor<?x2x?x8xf32>, tensor<?x2x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<?x2x?x24xbf16>)
      dense(%k, %v : tensor<?x2x?x24xbf16>, tensor<?x2x?x8xbf16>) lengths(%n : tensor<?xi32>)
      factors(%f, %g : tensor<?x2x?x3xf32>, tensor<1x2x?x3xf32>)
      outs(%o, %l : tensor<?x2x?x8xf32>, tensor<?x2x?xf32>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
  return %r#0, %r#1 : tensor<?x2x?x8xf32>, tensor<?x2x?xf32>
}

// The bias is all there is of the score; one query.
func.func @zero(%q: tensor<2x3x1x8xf16>, %k: tensor<2x3x19x8xf16>, %v: tensor<2x3x19x5xf16>,
    %f: tensor<2x1x1x2xf16>, %g: tensor<2x3x19x2xbf16>, %o: tensor<2x3x1x5xf16>) -> tensor<2x3x1x5xf16> {
  %r = attn.attention ins(%q : tensor<2x3x1x8xf16>)
      dense(%k, %v : tensor<2x3x19x8xf16>, tensor<2x3x19x5xf16>)
      factors(%f, %g : tensor<2x1x1x2xf16>, tensor<2x3x19x2xbf16>)
      outs(%o : tensor<2x3x1x5xf16>) attributes {scale = 0.0 : f64}
  return %r : tensor<2x3x1x5xf16>
}

// Numbers of bf16 that are moved as they are, to an odd number of channels.
func.func @moved(%q: tensor<1x4x37x24xbf16>, %k: tensor<1x2x53x24xbf16>, %v: tensor<1x2x53x16xbf16>,
    %f: tensor<1x4x1x1xbf16>, %g: tensor<1x1x53x1xbf16>, %o: tensor<1x4x37x16xf32>) -> tensor<1x4x37x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x37x24xbf16>)
      dense(%k, %v : tensor<1x2x53x24xbf16>, tensor<1x2x53x16xbf16>)
      factors(%f, %g : tensor<1x4x1x1xbf16>, tensor<1x1x53x1xbf16>)
      outs(%o : tensor<1x4x37x16xf32>) attributes {scale = 0.25 : f64}
  return %r : tensor<1x4x37x16xf32>
}

// Sums of thousands: two pieces of bf16 would give errors of a hundredth.
func.func @precise(%q: tensor<1x4x37x24xbf16>, %k: tensor<1x2x53x24xbf16>, %v: tensor<1x2x53x16xbf16>,
    %f: tensor<1x4x37x3xf32> {fovea.low = -40.0 : f64, fovea.high = 40.0 : f64},
    %g: tensor<1x2x53x3xf32> {fovea.low = -40.0 : f64, fovea.high = 40.0 : f64},
    %o: tensor<1x4x37x16xf32>) -> tensor<1x4x37x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x37x24xbf16>)
      dense(%k, %v : tensor<1x2x53x24xbf16>, tensor<1x2x53x16xbf16>)
      factors(%f, %g : tensor<1x4x37x3xf32>, tensor<1x2x53x3xf32>)
      outs(%o : tensor<1x4x37x16xf32>)
  return %r : tensor<1x4x37x16xf32>
}

// The same in f16, with a negative scale; the keys' factor has a larger range than f16.
func.func @half(%q: tensor<1x4x37x24xf16>, %k: tensor<1x2x53x24xf16>, %v: tensor<1x2x53x16xf16>,
    %f: tensor<1x4x37x3xf32> {fovea.low = -40.0 : f64, fovea.high = 40.0 : f64},
    %g: tensor<1x2x53x3xbf16> {fovea.low = -40.0 : f64, fovea.high = 40.0 : f64},
    %o: tensor<1x4x37x16xf32>) -> tensor<1x4x37x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x37x24xf16>)
      dense(%k, %v : tensor<1x2x53x24xf16>, tensor<1x2x53x16xf16>)
      factors(%f, %g : tensor<1x4x37x3xf32>, tensor<1x2x53x3xbf16>)
      outs(%o : tensor<1x4x37x16xf32>) attributes {scale = -0.03 : f64}
  return %r : tensor<1x4x37x16xf32>
}

// Of a reduction of scores.
func.func @sums(%q: tensor<2x4x37x16xf32>, %k: tensor<2x2x53x16xf32>, %f: tensor<2x4x37x2xf32>,
    %g: tensor<2x1x53x2xf32>, %l: tensor<2x4x37xf32>, %o: tensor<2x4x53xf32>) -> tensor<2x4x53xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<2x4x37x16xf32>)
      dense(%k : tensor<2x2x53x16xf32>)
      factors(%f, %g : tensor<2x4x37x2xf32>, tensor<2x1x53x2xf32>)
      lse(%l : tensor<2x4x37xf32>) outs(%o : tensor<2x4x53xf32>)
  return %r : tensor<2x4x53xf32>
}

func.func @parts(%q: tensor<2x6x37x24xf32>, %k: tensor<2x3x41x24xf32>, %v: tensor<2x3x41x24xf32>,
    %f: tensor<2x6x1x2xf32>, %g: tensor<1x3x41x2xf32>, %o: tensor<2x6x37x24xf32>) -> tensor<2x6x37x24xf32> {
  %r = attn.attention ins(%q : tensor<2x6x37x24xf32>)
      dense(%k, %v : tensor<2x3x41x24xf32>, tensor<2x3x41x24xf32>)
      factors(%f, %g : tensor<2x6x1x2xf32>, tensor<1x3x41x2xf32>)
      outs(%o : tensor<2x6x37x24xf32>)
      mask(%b, %h, %i, %j) {
        %c2 = arith.constant 2 : index
        %c9 = arith.constant 9 : index
        %past = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c9 : index
        %both = arith.andi %past, %near : i1
        %first = arith.cmpi sgt, %c2, %h : index
        %c = arith.select %first, %both, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<2x6x37x24xf32>
}

func.func @prefix(%q: tensor<3x4x5x24xf32>, %kp: tensor<4x33x24xf32>, %ks: tensor<3x4x7x24xf32>,
    %f: tensor<3x1x5x2xf32>, %g: tensor<3x4x40x2xf32>, %o: tensor<3x4x5x24xf32>) -> tensor<3x4x5x24xf32> {
  %e = tensor.empty() : tensor<3x4x33x24xf32>
  %kb = linalg.broadcast ins(%kp : tensor<4x33x24xf32>) outs(%e : tensor<3x4x33x24xf32>) dimensions = [0]
  %k = tensor.concat dim(2) %kb, %ks : (tensor<3x4x33x24xf32>, tensor<3x4x7x24xf32>) -> tensor<3x4x40x24xf32>
  %r = attn.attention ins(%q : tensor<3x4x5x24xf32>)
      dense(%k, %k : tensor<3x4x40x24xf32>, tensor<3x4x40x24xf32>)
      factors(%f, %g : tensor<3x1x5x2xf32>, tensor<3x4x40x2xf32>)
      outs(%o : tensor<3x4x5x24xf32>)
  return %r : tensor<3x4x5x24xf32>
}

// Large factors of f32; the scale leaves nothing of the rounded product.
func.func @rounded(%q: tensor<1x4x37x16xf32>, %k: tensor<1x2x53x16xf32>, %v: tensor<1x2x53x16xf32>,
    %f: tensor<1x4x37x2xf32> {fovea.low = -9.0 : f64, fovea.high = 9.0 : f64},
    %g: tensor<1x2x53x2xf32> {fovea.low = -9.0 : f64, fovea.high = 9.0 : f64},
    %o: tensor<1x4x37x16xf32>) -> tensor<1x4x37x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x37x16xf32>)
      dense(%k, %v : tensor<1x2x53x16xf32>, tensor<1x2x53x16xf32>)
      factors(%f, %g : tensor<1x4x37x2xf32>, tensor<1x2x53x2xf32>)
      outs(%o : tensor<1x4x37x16xf32>)
      attributes {scale = 0.0 : f64, numerics = #attn.numerics<operand = bf16>}
  return %r : tensor<1x4x37x16xf32>
}
