// Scores that a region bounds need no maximum where approximations are allowed: all of
// them at the lower bound, at the upper one, and some rows masked as a whole.
//
// RUN: fovea-run %s --check --all-entries --random 0 | FileCheck %s
// RUN: fovea-run %s --check --all-entries --random 1 --dims S=1 --dims T=700 --target cpu:plain | FileCheck %s
// RUN: fovea-opt %s --attn-select-schedule --attn-bufferize --attn-to-tile | FileCheck %s --check-prefix=TILE
// CHECK: capped {{.*}} ok
// CHECK: clamped {{.*}} ok
// CHECK: halves {{.*}} ok
// TILE: tile.kernel
// TILE-NOT: tile.reduce max

#numerics = #attn.numerics<math = approximate>
module attributes {fovea.dims = {S = 150, T = 333}} {
func.func @capped(
    %q: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %l: tensor<1x2x?xf32> {fovea.dims = ["", "", "S"]}) -> (tensor<1x2x?x24xf32>, tensor<1x2x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x2x?x24xf32>)
      dense(%k, %v : tensor<1x2x?x24xf32>, tensor<1x2x?x24xf32>)
      outs(%o, %l : tensor<1x2x?x24xf32>, tensor<1x2x?xf32>)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 50.0 : f32
        %d = arith.constant 0.02 : f32
        %x = arith.mulf %s, %d : f32
        %t = math.tanh %x : f32
        %y = arith.mulf %t, %c : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %m = arith.cmpi slt, %j, %i : index
        attn.yield %m : i1
      }
      attributes {numerics = #numerics}
  return %r#0, %r#1 : tensor<1x2x?x24xf32>, tensor<1x2x?xf32>
}

// All scores of a head are at a bound.
func.func @clamped(
    %q: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %l: tensor<1x2x?xf32> {fovea.dims = ["", "", "S"]}) -> (tensor<1x2x?x24xf32>, tensor<1x2x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x2x?x24xf32>)
      dense(%k, %v : tensor<1x2x?x24xf32>, tensor<1x2x?x24xf32>)
      outs(%o, %l : tensor<1x2x?x24xf32>, tensor<1x2x?xf32>)
      score(%s, %b, %h, %i, %j) {
        %low = arith.constant -60.0 : f32
        %high = arith.constant 40.0 : f32
        %far = arith.constant 1000.0 : f32
        %zero = arith.constant 0 : index
        %first = arith.cmpi eq, %h, %zero : index
        %minus = arith.negf %far : f32
        %shift = arith.select %first, %far, %minus : f32
        %x = arith.addf %s, %shift : f32
        %y = arith.minimumf %x, %high : f32
        %z = arith.maximumf %y, %low : f32
        attn.yield %z : f32
      }
      attributes {numerics = #numerics}
  return %r#0, %r#1 : tensor<1x2x?x24xf32>, tensor<1x2x?xf32>
}

// Bounds of sums, differences and choices.
func.func @halves(
    %q: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<1x2x?x24xf32> {fovea.dims = ["", "", "S", ""]}) -> tensor<1x2x?x24xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x24xf32>)
      dense(%k, %v : tensor<1x2x?x24xf32>, tensor<1x2x?x24xf32>)
      outs(%o : tensor<1x2x?x24xf32>)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 8.0 : f32
        %t = math.sin %s : f32
        %u = math.cos %s : f32
        %n = arith.negf %u : f32
        %x = math.fma %t, %c, %n : f32
        %d = arith.subf %x, %t : f32
        %late = arith.cmpi sgt, %j, %i : index
        %y = arith.select %late, %d, %c : f32
        attn.yield %y : f32
      }
      attributes {numerics = #numerics}
  return %r : tensor<1x2x?x24xf32>
}
}
