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

// Scalars are scaled by their exponent.
// CHECK-LABEL: func @scalar
// CHECK-COUNT-5: math.fma
// CHECK: arith.shli %{{.*}} : i32
func.func @scalar(%x: f32) -> f32 {
  %r = math.exp2 %x : f32
  return %r : f32
}

// rsqrt stays: not every target with vectors of 8 has AVX's approximation.
// CHECK-LABEL: func @rsqrt
// CHECK: math.rsqrt %{{.*}} : vector<8xf32>
func.func @rsqrt(%x: vector<8xf32>) -> vector<8xf32> {
  %s = math.rsqrt %x : vector<8xf32>
  return %s : vector<8xf32>
}

// Other types stay.
// CHECK-LABEL: func @others
// CHECK: math.exp2 %{{.*}} : vector<4xf64>
func.func @others(%y: vector<4xf64>) -> vector<4xf64> {
  %s = math.exp2 %y : vector<4xf64>
  return %s : vector<4xf64>
}

// A known exponent: products.
// CHECK-LABEL: func @cube
// CHECK-SAME: (%[[X:.*]]: vector<4xf32>)
// CHECK: %[[XX:.*]] = arith.mulf %[[X]], %[[X]]
// CHECK: arith.mulf
// CHECK-NOT: scf.for
func.func @cube(%x: vector<4xf32>) -> vector<4xf32> {
  %n = arith.constant dense<3> : vector<4xi32>
  %r = math.fpowi %x, %n : vector<4xf32>, vector<4xi32>
  return %r : vector<4xf32>
}

// CHECK-LABEL: func @fpowi
// CHECK-SAME: (%[[X:.*]]: vector<4xf32>, %[[N:.*]]: vector<4xi32>)
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : vector<4xi32>
// CHECK-DAG: %[[UNIT:.*]] = arith.constant dense<1> : vector<4xi32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : vector<4xf32>
// CHECK-DAG: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[N]], %[[ZERO]]
// CHECK-DAG: %[[SIZE:.*]] = math.absi %[[N]]
// CHECK: %[[LOOP:.*]]:3 = scf.for %{{.*}} = %c0 to %c32 step %c1 iter_args(%[[P:.*]] = %[[ONE]], %[[S:.*]] = %[[X]], %[[REST:.*]] = %[[SIZE]])
// CHECK:   %[[BIT:.*]] = arith.andi %[[REST]], %[[UNIT]]
// CHECK:   %[[SET:.*]] = arith.cmpi ne, %[[BIT]], %[[ZERO]]
// CHECK:   %[[MORE:.*]] = arith.mulf %[[P]], %[[S]]
// CHECK:   %[[NEXT:.*]] = arith.select %[[SET]], %[[MORE]], %[[P]]
// CHECK:   %[[SQUARE:.*]] = arith.mulf %[[S]], %[[S]]
// CHECK:   %[[LESS:.*]] = arith.shrui %[[REST]], %[[UNIT]]
// CHECK:   scf.yield %[[NEXT]], %[[SQUARE]], %[[LESS]]
// CHECK: %[[INVERSE:.*]] = arith.divf %[[ONE]], %[[LOOP]]#0
// CHECK: arith.select %[[NEGATIVE]], %[[INVERSE]], %[[LOOP]]#0
func.func @fpowi(%x: vector<4xf32>, %n: vector<4xi32>) -> vector<4xf32> {
  %r = math.fpowi %x, %n : vector<4xf32>, vector<4xi32>
  return %r : vector<4xf32>
}

// CHECK-LABEL: func @ipowi
// CHECK-SAME: (%[[X:.*]]: index, %[[N:.*]]: index)
// CHECK: %[[LOOP:.*]]:3 = scf.for %{{.*}} = %c0 to %c64
// CHECK:   arith.muli
// CHECK: %[[SIZE:.*]] = math.absi %[[X]]
// CHECK: %[[ISUNIT:.*]] = arith.cmpi eq, %[[SIZE]], %c1
// CHECK: arith.select %[[ISUNIT]], %[[LOOP]]#0, %c0
func.func @ipowi(%x: index, %n: index) -> index {
  %r = math.ipowi %x, %n : index
  return %r : index
}

// bf16 is rounded once.
// CHECK-LABEL: func @short
// CHECK: arith.extf
// CHECK: scf.for
// CHECK-NOT: bf16
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @short(%x: bf16, %n: i64) -> bf16 {
  %r = math.fpowi %x, %n : bf16, i64
  return %r : bf16
}
