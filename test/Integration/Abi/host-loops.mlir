// What code for a GPU cannot do: loops whose iterations depend on one another.
// RUN: not fovea-compile %s --target=cuda --emit=mlir 2>&1 | FileCheck %s
// CHECK: touches memory outside of a kernel, which code for a GPU cannot

!t = tensor<1x2x256x128xbf16>
func.func @back(%v: !t, %p: tensor<256xi32>, %o: !t) -> !t {
  %r = attn.reorder inverse by(%p : tensor<256xi32>) axes [2] ins(%v : !t) outs(%o : !t) -> !t
  return %r : !t
}
