// For cuda.mlir; and a result that is not made in place of an argument: a kernel of
// its own copies it.
// RUN: sed 's/outs(%o/outs(%e/' %s > %t.mlir
// RUN: fovea-compile %t.mlir --target=cuda --emit=mlir | FileCheck %s
// CHECK-DAG: @attention_attention_kernel
// CHECK-DAG: @attention_loop_kernel

!t = tensor<1x2x256x128xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %e = tensor.empty() : !t
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}
