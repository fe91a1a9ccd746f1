// A comparison of a captured bf16: LLVM would compare in bf16 with flush to zero,
// which PTX has no instruction for.
// REQUIRES: ptxas
// RUN: fovea-compile %s --target=cuda:sm_90a -o %t.so --report 2>&1 | FileCheck %s
// CHECK: 0 bytes spilled

!t = tensor<?x?x?x64xbf16>
func.func @threshold(%q: !t, %k: !t, %v: !t, %table: tensor<?xbf16>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j, %c = %table : tensor<?xbf16>) {
        %x = tensor.extract %c[%h] : tensor<?xbf16>
        %y = arith.extf %x : bf16 to f32
        %one = arith.constant 1.0 : f32
        %z = arith.cmpf olt, %y, %one : f32
        attn.yield %z : i1
      }
  return %r : !t
}
