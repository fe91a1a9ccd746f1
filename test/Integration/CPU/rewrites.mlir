// What the rewrites of scores compute is what the file says, on odd sizes, masked rows
// and lse; the reference is of the file as it is.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// RUN: fovea-run %s --entry=terms --check-each-pass | FileCheck %s --check-prefix=PASSES
// PASSES: attn-rewrite-scores {{.*}} ok
// PASSES-NOT: CHANGED
// RUN: fovea-run %s --check --all-entries --passes="attn-split-keys{parts=2}" | FileCheck %s
//
// CHECK: terms {{.*}} ok
// CHECK: columns {{.*}} ok
// CHECK: alibi {{.*}} ok

!q = tensor<2x4x37x40xf32>
!k = tensor<2x2x53x40xf32>
!l = tensor<4x37x2xf32>
#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
#l = affine_map<(b, h, i, j, d, e) -> (h, i, b)>

// Row terms of each kind of sum; the first rows see no key.
func.func @terms(%q: !q, %k: !k, %v: !k,
                 %ages: tensor<37xi32> {fovea.low = 0 : i64, fovea.high = 30 : i64},
                 %lengths: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 60 : i64},
                 %o: !q, %l: !l) -> (!q, !l) {
  %r:2 = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) lengths(%lengths : tensor<2xi32>)
      outs(%o, %l : !q, !l)
      score(%s, %b, %h, %i, %j, %age = %ages : tensor<37xi32>) {
        %a = tensor.extract %age[%i] : tensor<37xi32>
        %f = arith.sitofp %a : i32 to f32
        %g = math.tanh %f : f32
        %x = arith.addf %s, %g : f32
        %y = math.fma %f, %g, %x : f32
        %n = arith.index_cast %h : index to i64
        %m = arith.sitofp %n : i64 to f32
        %z = arith.subf %m, %y : f32
        attn.yield %z : f32
      }
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %d = arith.subi %i, %c3 : index
        %c = arith.cmpi sle, %j, %d : index
        attn.yield %c : i1
      } attributes {indexing_maps = [#q, #k, #v, #o, #l]}
  return %r#0, %r#1 : !q, !l
}

!w = tensor<2x2x515x16xf32>
!x = tensor<2x2x53x16xf32>

// Weights of keys, by their logarithm, in a factor and in a term.
func.func @columns(%q: !w, %k: !x, %v: !x,
                   %t: tensor<2x53xf32> {fovea.low = 0.1 : f64, fovea.high = 2.0 : f64},
                   %z: tensor<2xf32>, %o: !w, %l: tensor<2x2x515xf32>) -> (!w, tensor<2x2x515xf32>) {
  %r:2 = attn.attention ins(%q : !w) dense(%k, %v : !x, !x) sinks(%z : tensor<2xf32>)
      outs(%o, %l : !w, tensor<2x2x515xf32>)
      score(%s, %b, %h, %i, %j, %u = %t : tensor<2x53xf32>) {
        %a = tensor.extract %u[%h, %j] : tensor<2x53xf32>
        %f = math.log %a : f32
        %x = arith.addf %s, %f : f32
        %c = tensor.extract %u[%b, %j] : tensor<2x53xf32>
        %g = math.exp %c : f32
        %y = arith.mulf %x, %g : f32
        %e = math.tanh %y : f32
        attn.yield %e : f32
      }
  return %r#0, %r#1 : !w, tensor<2x2x515xf32>
}

// Slopes that are said to be finite.
func.func @alibi(%q: !q, %k: !k, %v: !k,
                 %slopes: tensor<4xf32> {fovea.low = 0.0 : f64, fovea.high = 0.5 : f64},
                 %o: !q, %l: tensor<2x4x37xf32>) -> (!q, tensor<2x4x37xf32>) {
  %r:2 = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o, %l : !q, tensor<2x4x37xf32>)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<4xf32>) {
        %m = tensor.extract %t[%h] : tensor<4xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i64
        %f = arith.sitofp %n : i64 to f32
        %x = math.fma %f, %m, %s fastmath<reassoc,nnan,ninf> : f32
        attn.yield %x : f32
      }
  return %r#0, %r#1 : !q, tensor<2x4x37xf32>
}
