// RUN: fovea-opt %s --split-input-file --convert-parallel-to-launch=target=cuda:sm_90a --canonicalize --cse | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A thread has 8 neighbours of a row; what they share is computed once. The runs of the
// row are counted, and whether rows are aligned is asked of their address and stride.

// CHECK-LABEL: llvm.func @rows_loop
// CHECK-DAG: %[[run:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[bits:.*]] = arith.constant 15 : index
// CHECK: memref.extract_strided_metadata
// CHECK: memref.extract_aligned_pointer_as_index
// CHECK: arith.andi %{{.*}}, %[[bits]]
// CHECK: scf.if
// CHECK: %[[first:.*]] = arith.muli %{{.*}}, %[[run]]
// CHECK: scf.if
// CHECK: %[[scale:.*]] = memref.load %{{.*}}[%{{.*}}] : memref<?xf32>
// CHECK: memref.load %{{.*}} {alignment = 16 : i64} : memref<?x64xbf16,
// CHECK-COUNT-7: memref.load %{{.*}} : memref<?x64xbf16,
// CHECK-COUNT-8: arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NOT: memref.load
// CHECK: memref.store %{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-7: memref.store
// CHECK: } else {
// CHECK: scf.for %{{.*}} = %[[first]] to
// CHECK: memref.load %{{.*}} : memref<?xf32>
// CHECK: memref.store
func.func @rows(%x: memref<?x64xbf16, strided<[?, 1], offset: ?>>, %scales: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %n = memref.dim %scales, %c0 : memref<?xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %c64) step (%c1, %c1) {
    %s = memref.load %scales[%i] : memref<?xf32>
    %e = memref.load %x[%i, %j] : memref<?x64xbf16, strided<[?, 1], offset: ?>>
    %w = arith.extf %e : bf16 to f32
    %p = arith.mulf %w, %s : f32
    %t = arith.truncf %p : f32 to bf16
    memref.store %t, %x[%i, %j] : memref<?x64xbf16, strided<[?, 1], offset: ?>>
  }
  return
}

// -----

// 20 elements are two runs and a half: the last one is not whole, and goes one by one.

// CHECK-LABEL: llvm.func @ragged_loop
// CHECK: %[[first:.*]] = arith.muli %{{.*}}, %c8
// CHECK-NEXT: %[[end:.*]] = arith.addi %[[first]], %c8
// CHECK-NEXT: %[[whole:.*]] = arith.cmpi ule, %[[end]], %[[extent:c20.*]] : index
// CHECK: arith.andi %{{.*}}, %[[whole]]
// CHECK: arith.minui %[[end]], %[[extent]]
func.func @ragged(%x: memref<?x20xf32>, %y: memref<?x20xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c20 = arith.constant 20 : index
  %n = memref.dim %x, %c0 : memref<?x20xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %c20) step (%c1, %c1) {
    %e = memref.load %x[%i, %j] : memref<?x20xf32>
    memref.store %e, %y[%i, %j] : memref<?x20xf32>
  }
  return
}

// -----

// Columns are no rows.

// CHECK-LABEL: llvm.func @columns_loop
// CHECK-NOT: alignment
// CHECK-NOT: scf.for
// CHECK: return
func.func @columns(%x: memref<?x64xf32>, %y: memref<?x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.parallel (%j, %i) = (%c0, %c0) to (%c64, %c64) step (%c1, %c1) {
    %e = memref.load %x[%i, %j] : memref<?x64xf32>
    memref.store %e, %y[%i, %j] : memref<?x64xf32>
  }
  return
}
