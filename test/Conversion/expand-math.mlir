// RUN: fovea-opt %s --fovea-expand-math | FileCheck %s --check-prefixes=CHECK,SHIFT
// RUN: fovea-opt %s --fovea-expand-math=use-scalef | FileCheck %s --check-prefixes=CHECK,SCALEF

// CHECK-LABEL: func @exp2
// SHIFT-COUNT-5: vector.fma
// SHIFT: arith.shli
// SHIFT-NOT: x86vector
// SCALEF: math.roundeven
// SCALEF-COUNT-5: vector.fma
// SCALEF: x86vector.avx512.mask.scalef
// DOC-BEGIN: fovea-expand-math --fovea-expand-math=use-scalef --canonicalize
func.func @exp2(%x: vector<16xf32>) -> vector<16xf32> {
  %r = math.exp2 %x : vector<16xf32>
  return %r : vector<16xf32>
}
// DOC-END

// Scalars and other types stay.
// CHECK-LABEL: func @others
// CHECK: math.exp2 %{{.*}} : f32
// CHECK: math.exp2 %{{.*}} : vector<4xf64>
func.func @others(%x: f32, %y: vector<4xf64>) -> (f32, vector<4xf64>) {
  %r = math.exp2 %x : f32
  %s = math.exp2 %y : vector<4xf64>
  return %r, %s : f32, vector<4xf64>
}
