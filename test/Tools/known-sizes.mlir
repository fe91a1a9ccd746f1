// Sizes that are known after all, by a cast or in the user's own branch, have one kernel.
// REQUIRES: ptxas
// RUN: split-file %s %t
// RUN: fovea-compile %t/cast.mlir --target=cuda:sm_90a -o %t/cast.so --report 2>&1 | FileCheck %s
// RUN: fovea-compile %t/branch.mlir --target=cuda:sm_90a -o %t/branch.so --report 2>&1 | FileCheck %s
// CHECK: f_attention: {{.*}}key_tile = 176
// CHECK-NOT: f_attention

//--- cast.mlir
!s = memref<1x2x16384x128xbf16>
!t = memref<?x?x?x128xbf16>
func.func @f(%q: !t, %k: !s, %v: !s, %o: !t) {
  %a = memref.cast %k : !s to !t
  %b = memref.cast %v : !s to !t
  attn.attention ins(%q : !t) dense(%a, %b : !t, !t) outs(%o : !t)
  return
}

//--- branch.mlir
!q = tensor<1x2x300x128xbf16>
!t = tensor<1x2x?x128xbf16>
func.func @f(%q: !q, %k: !t, %o: !q) -> !q {
  %c2 = arith.constant 2 : index
  %c8192 = arith.constant 8192 : index
  %n = tensor.dim %k, %c2 : !t
  %c = arith.cmpi sge, %n, %c8192 : index
  %r = scf.if %c -> !q {
    %a = attn.attention ins(%q : !q) dense(%k, %k : !t, !t) outs(%o : !q)
    scf.yield %a : !q
  } else {
    scf.yield %o : !q
  }
  return %r : !q
}
