// Ranges of heads, each on its own, give what the file says: sinks, an lse, a head that
// is asked for, lengths.
//
// RUN: fovea-run %s --check --passes=attn-split-heads,canonicalize | FileCheck %s
// CHECK: rel_error {{.*}} ok
!q = tensor<2x6x37x24xf32>
!k = tensor<2x3x41x24xf32>
!l = tensor<2x6x37xf32>
func.func @heads(%q: !q, %k: !k, %v: !k, %t: tensor<6xf32>,
                 %sizes: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 43 : i64}, %o: !q, %l: !l) -> (!q, !l) {
  %r:2 = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) lengths(%sizes : tensor<2xi32>)
      sinks(%t : tensor<6xf32>) outs(%o, %l : !q, !l)
      score(%s, %b, %h, %i, %j) {
        %c4 = arith.constant 4 : index
        %n = arith.index_cast %h : index to i64
        %f = arith.sitofp %n : i64 to f32
        %x = arith.mulf %s, %f : f32
        %last = arith.cmpi sge, %h, %c4 : index
        %y = arith.select %last, %s, %x : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c2 = arith.constant 2 : index
        %c9 = arith.constant 9 : index
        %past = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c9 : index
        %both = arith.andi %past, %near : i1
        %first = arith.cmpi sgt, %c2, %h : index
        %c = arith.select %first, %both, %past : i1
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !q, !l
}
