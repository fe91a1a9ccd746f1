// RUN: fovea-opt %s --convert-scf-to-cf --fovea-lower-to-llvm=x86 | FileCheck %s --implicit-check-not=unrealized

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

// Tiles of AMX, which branches may carry; strides are in bytes.
// CHECK-LABEL: llvm.func @tiles(
// CHECK: %[[ZERO:.*]] = llvm.call_intrinsic "llvm.x86.tilezero.internal"(%{{.*}}, %{{.*}}) : (i16, i16) -> !llvm.x86_amx
// CHECK: llvm.br ^{{.*}}(%{{.*}}, %[[ZERO]] : i64, !llvm.x86_amx)
// CHECK: ^{{.*}}(%{{.*}}: i64, %[[SUM:.*]]: !llvm.x86_amx)
// CHECK: %[[X:.*]] = llvm.call_intrinsic "llvm.x86.tileloadd64.internal"
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"(%{{.*}}, %{{.*}}, %{{.*}}, %[[SUM]], %[[X]], %[[X]])
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(64 : i64) : i64
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64.internal"(%{{.*}}, %{{.*}}, %{{.*}}, %[[BYTES]], %[[SUM]])
func.func @tiles(%x: memref<?x32xbf16>, %y: memref<16x16xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %zero = amx.tile_zero : !amx.tile<16x16xf32>
  %sum = scf.for %i = %c0 to %n step %c16 iter_args(%s = %zero) -> !amx.tile<16x16xf32> {
    %a = amx.tile_load %x[%i, %c0] : memref<?x32xbf16> into !amx.tile<16x32xbf16>
    %t = amx.tile_mulf %a, %a, %s
      : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
    scf.yield %t : !amx.tile<16x16xf32>
  }
  amx.tile_store %y[%c0, %c0], %sum : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}
