// RUN: fovea-opt %s --convert-scf-to-cf --fovea-lower-to-llvm | FileCheck %s --implicit-check-not=unrealized

// What LLVM has no intrinsic for is a call.
// CHECK-DAG: llvm.func @erff(f32) -> f32
// CHECK-DAG: llvm.func @abort()

// Views, masks and functions in one conversion.
// DOC-BEGIN: fovea-lower-to-llvm --convert-scf-to-cf --fovea-lower-to-llvm
// CHECK-LABEL: llvm.func @sum(
// CHECK: llvm.cond_br
// CHECK: llvm.icmp "sgt"
// CHECK: llvm.intr.masked.load {{.*}} -> vector<8xf32>
// CHECK: llvm.fadd
// CHECK: llvm.intr.vector.reduce.fadd
func.func @sum(%x: memref<?x?xf32>, %i: index, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %init = arith.constant 0.0 : f32
  %row = memref.subview %x[%i, 0] [1, %n] [1, 1] : memref<?x?xf32> to memref<?xf32, strided<[1], offset: ?>>
  %sums = scf.for %j = %c0 to %n step %c8 iter_args(%sum = %zero) -> vector<8xf32> {
    %left = affine.apply affine_map<(j)[n] -> (n - j)>(%j)[%n]
    %mask = vector.create_mask %left : vector<8xi1>
    %part = vector.maskedload %row[%j], %mask, %zero
        : memref<?xf32, strided<[1], offset: ?>>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    %next = arith.addf %sum, %part : vector<8xf32>
    scf.yield %next : vector<8xf32>
  }
  %r = vector.reduction <add>, %sums, %init : vector<8xf32> into f32
  return %r : f32
}
// DOC-END

// CHECK-LABEL: llvm.func @functions(
// CHECK: llvm.intr.exp
// CHECK: llvm.call @erff
func.func @functions(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  %1 = math.erf %0 : f32
  return %1 : f32
}

// CHECK-LABEL: llvm.func @choose(
// CHECK: llvm.switch
func.func @choose(%i: index) -> index {
  %r = scf.index_switch %i -> index
  case 1 {
    %a = index.constant 7
    scf.yield %a : index
  }
  default {
    %b = index.constant 9
    scf.yield %b : index
  }
  return %r : index
}

// CHECK-LABEL: llvm.func @stop(
// CHECK: llvm.call @abort
func.func @stop(%c: i1) {
  cf.assert %c, "no"
  return
}

