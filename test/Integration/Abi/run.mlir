// For cuda.mlir; and what code for a GPU cannot do.
// RUN: sed 's/outs(%o/outs(%e/' %s > %t.mlir
// RUN: not fovea-compile %t.mlir --target=cuda --emit=mlir 2>&1 | FileCheck %s
// CHECK: touches memory outside of a kernel, which code for a GPU cannot

!t = tensor<1x2x256x128xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %e = tensor.empty() : !t
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}
