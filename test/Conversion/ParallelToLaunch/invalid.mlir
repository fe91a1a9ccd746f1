// RUN: fovea-opt %s --convert-parallel-to-launch=target=cuda:sm_90a --split-input-file --verify-diagnostics
// RUN: not fovea-opt %s --convert-parallel-to-launch=target=cuda:sm_1 2>&1 | FileCheck %s
// CHECK: sm_1
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @atomic(%x: memref<4xi32>, %y: memref<4xi32>, %v: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    // expected-error @+1 {{writes memory and has a result, which the lanes of a warp cannot share; put it into a parallel loop}}
    %old = memref.atomic_rmw addi %v, %x[%i] : (i32, memref<4xi32>) -> i32
    scf.parallel (%j) = (%c0) to (%c4) step (%c1) {
      memref.store %old, %y[%j] : memref<4xi32>
    }
  }
  return
}

// -----

func.func @last(%x: memref<4xi32>, %y: memref<4xi32>, %v: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %s = scf.parallel (%j) = (%c0) to (%c4) step (%c1) init (%v) -> i32 {
      %e = memref.load %x[%j] : memref<4xi32>
      // expected-error @+1 {{of a loop for the lanes of a warp has to be one op with a neutral element}}
      scf.reduce(%e : i32) {
      ^bb0(%a: i32, %b: i32):
        scf.reduce.return %b : i32
      }
    }
    memref.store %s, %y[%i] : memref<4xi32>
  }
  return
}

// -----

func.func @wide(%x: memref<4xi128>, %y: memref<4xi128>, %v: i128) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0 : i128
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    // expected-error @+1 {{a value of type 'i128' cannot be folded over the lanes of a warp}}
    %s = scf.parallel (%j) = (%c0) to (%c4) step (%c1) init (%zero) -> i128 {
      %e = memref.load %x[%j] : memref<4xi128>
      scf.reduce(%e : i128) {
      ^bb0(%a: i128, %b: i128):
        %c = arith.addi %a, %b : i128
        scf.reduce.return %c : i128
      }
    }
    memref.store %s, %y[%i] : memref<4xi128>
  }
  return
}

// -----

func.func @given(%y: memref<4xi128>, %v: i128) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  // expected-error @+1 {{uses a value of type 'i128', which a GPU's kernel cannot be given}}
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    memref.store %v, %y[%i] : memref<4xi128>
  }
  return
}
