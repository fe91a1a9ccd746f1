// Attention as calls of a compiled object, in a program that upstream's tools
// compile: they know nothing of Fovea. The same program with attention decomposed
// to linalg is the reference.
//
// UNSUPPORTED: asan
// RUN: rm -rf %t && mkdir %t
// RUN: fovea-opt %s --attn-outline-calls=part=functions -o %t/functions.mlir
// RUN: fovea-compile %t/functions.mlir -o %t/attention.so
// RUN: fovea-opt %s --attn-outline-calls=part=calls -o %t/calls.mlir
// RUN: not grep attn %t/calls.mlir
// RUN: mlir-opt %t/calls.mlir --one-shot-bufferize=bufferize-function-boundaries \
// RUN:   --convert-linalg-to-loops --test-lower-to-llvm -o %t/calls-llvm.mlir
// RUN: mlir-runner %t/calls-llvm.mlir -e main --entry-point-result=void \
// RUN:   --shared-libs=%fovea_lib/libfovea_runtime.so,%t/attention.so,%llvm_lib/libmlir_runner_utils.so \
// RUN:   > %t/got
// RUN: fovea-opt %s --attn-decompose | mlir-opt --one-shot-bufferize=bufferize-function-boundaries \
// RUN:   --convert-linalg-to-loops --test-lower-to-llvm -o %t/linalg-llvm.mlir
// RUN: mlir-runner %t/linalg-llvm.mlir -e main --entry-point-result=void \
// RUN:   --shared-libs=%llvm_lib/libmlir_runner_utils.so,%llvm_lib/libmlir_c_runner_utils.so > %t/want
// RUN: python3 %S/Inputs/close.py %t/got %t/want | FileCheck %s
// CHECK: 672 numbers, close

// Two layers: the second reads the first's result in another order of dimensions,
// and has a mask, a captured table and a scalar.
func.func @attend(%q: tensor<2x3x7x16xf32>, %o: tensor<2x3x7x16xf32>, %t: tensor<3x13xf32>, %n: i32) -> tensor<2x3x7x16xf32> {
  %0 = attn.attention ins(%q : tensor<2x3x7x16xf32>)
      dense(%q, %q : tensor<2x3x7x16xf32>, tensor<2x3x7x16xf32>)
      outs(%o : tensor<2x3x7x16xf32>)
  %1 = tensor.extract_slice %0[0, 1, 0, 0] [2, 1, 7, 16] [1, 1, 1, 1] : tensor<2x3x7x16xf32> to tensor<2x7x16xf32>
  %2 = attn.attention ins(%0 : tensor<2x3x7x16xf32>)
      dense(%1, %1 : tensor<2x7x16xf32>, tensor<2x7x16xf32>)
      outs(%o : tensor<2x3x7x16xf32>)
      score(%s, %b, %h, %i, %j, %u = %t : tensor<3x13xf32>) {
        %c6 = arith.constant 6 : index
        %d = arith.subi %j, %i : index
        %at = arith.addi %d, %c6 : index
        %x = tensor.extract %u[%h, %at] : tensor<3x13xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j, %m = %n : i32) {
        %k = arith.index_cast %m : i32 to index
        %l = arith.addi %i, %k : index
        %c = arith.cmpi sle, %j, %l : index
        attn.yield %c : i1
      }
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return %2 : tensor<2x3x7x16xf32>
}

func.func private @printMemrefF32(memref<*xf32>) attributes {llvm.emit_c_interface}

// Numbers of no pattern from -1 to 1.
func.func @fill(%to: tensor<2x3x7x16xf32>) -> tensor<2x3x7x16xf32> {
  %c37 = arith.constant 37 : index
  %c101 = arith.constant 101 : index
  %c50 = arith.constant 50.0 : f32
  %one = arith.constant 1.0 : f32
  %0 = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%to : tensor<2x3x7x16xf32>) {
    ^bb0(%out: f32):
      %a = linalg.index 0 : index
      %b = linalg.index 1 : index
      %c = linalg.index 2 : index
      %d = linalg.index 3 : index
      %x0 = arith.muli %a, %c37 : index
      %x1 = arith.addi %x0, %b : index
      %x2 = arith.muli %x1, %c37 : index
      %x3 = arith.addi %x2, %c : index
      %x4 = arith.muli %x3, %c37 : index
      %x5 = arith.addi %x4, %d : index
      %x6 = arith.muli %x5, %x5 : index
      %x7 = arith.remui %x6, %c101 : index
      %i = arith.index_cast %x7 : index to i32
      %f = arith.sitofp %i : i32 to f32
      %g = arith.divf %f, %c50 : f32
      %h = arith.subf %g, %one : f32
      linalg.yield %h : f32
  } -> tensor<2x3x7x16xf32>
  return %0 : tensor<2x3x7x16xf32>
}

func.func @main() {
  %e = tensor.empty() : tensor<2x3x7x16xf32>
  %q = call @fill(%e) : (tensor<2x3x7x16xf32>) -> tensor<2x3x7x16xf32>
  %o = tensor.empty() : tensor<2x3x7x16xf32>
  %t = tensor.extract_slice %q[0, 0, 0, 0] [1, 1, 3, 13] [1, 1, 1, 1] : tensor<2x3x7x16xf32> to tensor<3x13xf32>
  %n = arith.constant 2 : i32
  %r = call @attend(%q, %o, %t, %n) : (tensor<2x3x7x16xf32>, tensor<2x3x7x16xf32>, tensor<3x13xf32>, i32) -> tensor<2x3x7x16xf32>
  %m = bufferization.to_buffer %r read_only : tensor<2x3x7x16xf32> to memref<2x3x7x16xf32>
  %u = memref.cast %m : memref<2x3x7x16xf32> to memref<*xf32>
  call @printMemrefF32(%u) : (memref<*xf32>) -> ()
  return
}
