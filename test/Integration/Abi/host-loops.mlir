// What code for a GPU cannot do: loops whose iterations depend on one another.
// RUN: not fovea-compile %s --target=cuda --emit=mlir 2>&1 | FileCheck %s
// CHECK: touches memory outside of a kernel, which code for a GPU cannot

func.func @sums(%v: tensor<256xf32>, %o: tensor<256xf32>) -> tensor<256xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c256 = arith.constant 256 : index
  %zero = arith.constant 0.0 : f32
  %r, %s = scf.for %i = %c0 to %c256 step %c1 iter_args(%t = %o, %sum = %zero) -> (tensor<256xf32>, f32) {
    %x = tensor.extract %v[%i] : tensor<256xf32>
    %next = arith.addf %sum, %x : f32
    %u = tensor.insert %next into %t[%i] : tensor<256xf32>
    scf.yield %u, %next : tensor<256xf32>, f32
  }
  return %r : tensor<256xf32>
}
