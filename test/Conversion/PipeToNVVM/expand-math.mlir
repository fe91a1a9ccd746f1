// RUN: fovea-opt %s --pipe-expand-math | FileCheck %s

// Functions without an instruction become arithmetic, others stay.

// DOC-BEGIN: pipe-expand-math --pipe-expand-math
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
// CHECK-LABEL: tile.kernel @decays
// CHECK: tile.map
// CHECK-NOT: math.log10
// CHECK: arith.mulf
// CHECK: math.tanh
tile.kernel @decays(%x: f32) grid(%m) {
  %s = tile.splat %x : f32 -> !acc
  %t = tile.map ins(%s : !acc) maps [affine_map<(i, j) -> (i, j)>] {
  ^bb0(%e: f32, %i: index, %j: index):
    %l = math.log10 %e : f32
    %t = math.tanh %l : f32
    tile.yield %t : f32
  } -> !acc
}
// DOC-END

// CHECK-LABEL: tile.kernel @functions
// CHECK: tile.map
// CHECK-NOT: math.{{sin|cos|erf|atan|cbrt|powf|acosh|rsqrt|is|expm1}}
// Of bf16, in f32.
// CHECK: arith.extf
// CHECK: math.tanh %{{.*}} : f32
// CHECK: math.log2 %{{.*}} fastmath<afn> : f32
// CHECK: math.copysign
// CHECK-NOT: math.{{sin|cos|erf|atan|cbrt|powf|acosh|rsqrt|is|expm1}}
tile.kernel @functions(%x: f32) grid(%m) {
  %s = tile.splat %x : f32 -> !acc
  %t = tile.map ins(%s : !acc) maps [affine_map<(i, j) -> (i, j)>] {
  ^bb0(%e: f32, %i: index, %j: index):
    %a = math.sin %e : f32
    %b = math.cos %a : f32
    %c = math.erf %b : f32
    %d = math.atan2 %c, %e : f32
    %f = math.cbrt %d : f32
    %g = math.powf %f, %e : f32
    %h = math.acosh %g : f32
    %k = math.rsqrt %h : f32
    %l = math.expm1 %k : f32
    %n = arith.truncf %l : f32 to bf16
    %o = math.tanh %n : bf16
    %p = arith.extf %o : bf16 to f32
    %q = math.log2 %p fastmath<afn> : f32
    %r = math.copysign %q, %e : f32
    %u = math.isnan %r : f32
    %v = math.isinf %r : f32
    %w = math.isfinite %r : f32
    %y = arith.select %u, %e, %r : f32
    %z = arith.select %v, %e, %y : f32
    %aa = arith.select %w, %z, %y : f32
    tile.yield %aa : f32
  } -> !acc
}
