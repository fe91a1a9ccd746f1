// RUN: fovea-opt %s --split-input-file --convert-parallel-to-launch | FileCheck %s --check-prefix=CPU
// RUN: fovea-opt %s --split-input-file --convert-parallel-to-launch=target=cuda:sm_90a | FileCheck %s --check-prefix=CUDA
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// On a CPU an item is a share of the rows; on a GPU each iteration is a thread's:
// rows of 8 are too short for runs.

// CPU-LABEL: func.func @scale
// CPU: arith.minsi %{{.*}}, %c256
// CPU: tile.launch @scale_loop grid(%{{.*}}) args({{.*}} memref<?x8xf32>{{.*}}) {scratch_bytes = 0 : i64}
// CPU: func.func private @scale_loop(%{{.*}}: index, %{{.*}}: memref<?xi8>,
// CPU: scf.for
// CPU: scf.for
// CPU: memref.store
// CUDA-LABEL: func.func @scale
// CUDA: tile.launch @scale_loop
// CUDA: gpu.module @scale_loop [#nvvm.target<O = 3, chip = "sm_90a", features = "+ptx80">]
// CUDA: llvm.func @scale_loop(%{{.*}}: !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>
// CUDA-SAME: block = 256
// CUDA: scf.if
// CUDA-NOT: scf.for
// CUDA: memref.store
// DOC-BEGIN: convert-parallel-to-launch --convert-parallel-to-launch
func.func @scale(%x: memref<?x8xf32>, %f: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %c8) step (%c1, %c1) {
    %e = memref.load %x[%i, %j] : memref<?x8xf32>
    %p = arith.mulf %e, %f : f32
    memref.store %p, %x[%i, %j] : memref<?x8xf32>
  }
  return
}
// DOC-END

// -----

// With a loop inside, a row is a warp's: lanes sum up every 32nd element, then
// one another's sums, and the first one stores.

// CUDA-LABEL: func.func @sums
// CUDA: gpu.module @sums_loop
// CUDA: llvm.func @sums_loop
// CUDA-SAME: block = 128
// CUDA: scf.for {{.*}} iter_args(%[[sum:.*]] = %{{.*}}) -> (f32)
// CUDA: arith.addf %[[sum]]
// CUDA-COUNT-5: nvvm.shfl.sync bfly
// CUDA: nvvm.bar.warp.sync
// CUDA: scf.if
// CUDA: memref.store
// CUDA: nvvm.bar.warp.sync
func.func @sums(%x: memref<?x?xf32>, %y: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = memref.dim %x, %c0 : memref<?x?xf32>
  %m = memref.dim %x, %c1 : memref<?x?xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %s = scf.parallel (%j) = (%c0) to (%m) step (%c1) init (%zero) -> f32 {
      %e = memref.load %x[%i, %j] : memref<?x?xf32>
      scf.reduce(%e : f32) {
      ^bb0(%a: f32, %b: f32):
        %c = arith.addf %a, %b : f32
        scf.reduce.return %c : f32
      }
    }
    memref.store %s, %y[%i] : memref<?xf32>
  }
  return
}

// -----

// Conditions are folded by one instruction, indices as two words; the type's offset of
// an array is not added twice.

// CUDA-LABEL: func.func @found
// CUDA: gpu.module @found_loop
// CUDA: llvm.getelementptr %{{.*}}[-3] : (!llvm.ptr) -> !llvm.ptr, i1
// CUDA: nvvm.redux.sync or
// CUDA-COUNT-10: nvvm.shfl.sync bfly
func.func @found(%x: memref<4x?xi1, strided<[?, 1], offset: 3>>, %y: memref<4xi1>, %z: memref<4xindex>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %no = arith.constant false
  %m = memref.dim %x, %c1 : memref<4x?xi1, strided<[?, 1], offset: 3>>
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %s:2 = scf.parallel (%j) = (%c0) to (%m) step (%c1) init (%no, %c0) -> (i1, index) {
      %e = memref.load %x[%i, %j] : memref<4x?xi1, strided<[?, 1], offset: 3>>
      %l = arith.select %e, %j, %c0 : index
      scf.reduce(%e, %l : i1, index) {
      ^bb0(%a: i1, %b: i1):
        %c = arith.ori %a, %b : i1
        scf.reduce.return %c : i1
      }, {
      ^bb0(%a: index, %b: index):
        %c = arith.maxsi %a, %b : index
        scf.reduce.return %c : index
      }
    }
    memref.store %s#0, %y[%i] : memref<4xi1>
    memref.store %s#1, %z[%i] : memref<4xindex>
  }
  return
}

// -----

// CPU-LABEL: func.func @copies
// CPU: memref.copy
// CUDA-LABEL: func.func @copies
// CUDA-NOT: memref.copy
// CUDA: tile.launch @copies_loop
// CUDA: gpu.module @copies_loop
// CUDA: memref.load
// CUDA: memref.store
func.func @copies(%x: memref<?x?xbf16>, %y: memref<?x?xbf16>) {
  memref.copy %x, %y : memref<?x?xbf16> to memref<?x?xbf16>
  return
}
