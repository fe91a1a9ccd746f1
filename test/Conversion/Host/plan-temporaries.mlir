// RUN: fovea-opt %s --fovea-plan-temporaries --split-input-file | FileCheck %s

// Each allocation becomes a view behind the one before it; another function
// computes the bytes of all.

// CHECK-LABEL: func.func private @f_temporaries(
// CHECK-SAME: %[[A:.*]]: memref<?xf32>) -> index
// CHECK: memref.dim %[[A]]
// CHECK: return %{{.*}} : index
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %{{.*}}: memref<?xf32>, %[[BYTES:.*]]: memref<?xi8>) attributes {fovea.temporaries = @f_temporaries}
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[BYTES]][%[[ZERO]]][] : memref<?xi8> to memref<3x5xf32>
// CHECK: %[[END:.*]] = arith.addi %[[ZERO]], %{{.*}} : index
// CHECK: memref.view %[[BYTES]][%[[END]]][%{{.*}}] : memref<?xi8> to memref<?x2xbf16>
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.dealloc
// DOC-BEGIN: fovea-plan-temporaries --fovea-plan-temporaries
func.func @f(%a: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %a, %c0 : memref<?xf32>
  %s = memref.alloc() {alignment = 64 : i64} : memref<3x5xf32>
  %d = memref.alloc(%n) : memref<?x2xbf16>
  memref.dealloc %d : memref<?x2xbf16>
  return
}
// DOC-SHOW: func.func private @f_temporaries
// DOC-END

// -----

// A function without allocations stays as it is.

// CHECK-LABEL: func.func @none(
// CHECK-SAME: %{{.*}}: memref<?xf32>) {
func.func @none(%a: memref<?xf32>) {
  return
}
