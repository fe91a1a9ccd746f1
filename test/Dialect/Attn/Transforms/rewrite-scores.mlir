// RUN: fovea-opt %s --attn-rewrite-scores --split-input-file | FileCheck %s
// RUN: fovea-opt %s --attn-rewrite-scores=beside=false --split-input-file | FileCheck %s --check-prefix=ALONE
// RUN: fovea-opt %s --attn-rewrite-scores=rules=columns --split-input-file | FileCheck %s --check-prefix=COLUMNS
// RUN: not fovea-opt %s --attn-rewrite-scores=rules=row --split-input-file -o /dev/null 2>&1 | FileCheck %s --check-prefix=INVALID

// INVALID: error: attn-rewrite-scores: there is no rule 'row'; there are rows and columns

// DOC-BEGIN: attn-rewrite-scores --attn-rewrite-scores
!q = tensor<1x8x?x64xf32>
!l = tensor<1x8x?xf32>

// The query's position goes from the scores to lse; a logarithm of a weight of the
// key is computed once for each key.
// CHECK: func.func @weighted(%[[Q:.*]]: tensor<1x8x?x64xf32>, {{.*}}, %[[O:.*]]: tensor<1x8x?x64xf32>, %[[L:.*]]: tensor<1x8x?xf32>, %[[W:.*]]: tensor<?xf32>)
// CHECK: %[[EMPTY:.*]] = tensor.empty(%{{.*}}) : tensor<?xf32>
// CHECK: %[[ROW:.*]] = linalg.generic {{.*}} outs(%[[EMPTY]] : tensor<?xf32>)
// CHECK: %[[J:.*]] = linalg.index 0
// CHECK: tensor.extract %[[W]]
// CHECK: math.log
// CHECK: %[[R:.*]]:2 = attn.attention
// CHECK: score(%[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %[[KEY:.*]], %[[CAPTURED:.*]] = %[[ROW]] : tensor<?xf32>) {
// CHECK-NEXT: %[[X:.*]] = tensor.extract %[[CAPTURED]][%[[KEY]]]
// CHECK-NEXT: %[[Y:.*]] = arith.addf %[[S]], %[[X]]
// CHECK-NEXT: attn.yield %[[Y]]
// CHECK: %[[LSE:.*]] = linalg.generic {{.*}} outs(%[[R]]#1 : tensor<1x8x?xf32>)
// CHECK: linalg.index 2
// CHECK: arith.addf
// CHECK: arith.subf
// CHECK: return %[[R]]#0, %[[LSE]]
// ALONE-LABEL: func.func @weighted
// ALONE-NOT: linalg
// ALONE: math.log
// COLUMNS-LABEL: func.func @weighted
// COLUMNS: score
// COLUMNS: arith.sitofp
func.func @weighted(%q: !q, %k: !q, %v: !q, %o: !q, %l: !l, %w: tensor<?xf32>) -> (!q, !l) {
  %r:2 = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o, %l : !q, !l)
      score(%s, %b, %h, %i, %j, %t = %w : tensor<?xf32>) {
        %n = arith.index_cast %i : index to i64
        %f = arith.sitofp %n : i64 to f32
        %c = arith.constant 0.5 : f32
        %x = arith.subf %s, %f : f32
        %y = arith.addf %x, %c : f32
        %e = tensor.extract %t[%j] : tensor<?xf32>
        %g = math.log %e : f32
        %z = arith.addf %y, %g : f32
        attn.yield %z : f32
      }
  return %r#0, %r#1 : !q, !l
}
// DOC-END

// -----

!q = tensor<1x8x?x64xf32>

// Without an lse nothing is beside the op, and no region is left.
// CHECK-LABEL: func.func @bounded
// CHECK-NOT: linalg
// CHECK-NOT: score
// ALONE-LABEL: func.func @bounded
// ALONE-NOT: score
// ALONE: return
func.func @bounded(%q: !q, %k: !q, %v: !q, %o: !q, %t: tensor<8xf32>, %n: tensor<?xi32>) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j, %ages = %n : tensor<?xi32>) {
        %age = tensor.extract %ages[%i] : tensor<?xi32>
        %f = arith.sitofp %age : i32 to f32
        %g = arith.constant -0.125 : f32
        %x = math.fma %f, %g, %s : f32
        %two = arith.constant 2.0 : f32
        %m = arith.divf %f, %two : f32
        %e = math.sin %m : f32
        %y = arith.subf %e, %x : f32
        %z = arith.negf %y : f32
        attn.yield %z : f32
      }
  return %r : !q
}

// -----

!q = tensor<1x8x?x64xf32>

// With flags: any term, and a distance in two.
// CHECK-LABEL: func.func @alibi
// CHECK: score(%[[S:.*]], %{{.*}}, %[[H:.*]], %{{.*}}, %[[J:.*]], %[[T:.*]] = %{{.*}}) {
// CHECK: %[[M:.*]] = tensor.extract %[[T]][%[[H]]]
// CHECK: %[[N:.*]] = arith.index_cast %[[J]] : index to i64
// CHECK: %[[F:.*]] = arith.sitofp %[[N]]
// CHECK: %[[X:.*]] = math.fma %[[F]], %[[M]], %[[S]] fastmath<reassoc,nnan,ninf>
// CHECK-NEXT: attn.yield %[[X]]
func.func @alibi(%q: !q, %k: !q, %v: !q, %o: !q, %w: tensor<8xf32>) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j, %t = %w : tensor<8xf32>) {
        %m = tensor.extract %t[%h] : tensor<8xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i64
        %f = arith.sitofp %n : i64 to f32
        %x = math.fma %f, %m, %s fastmath<reassoc,nnan,ninf> : f32
        attn.yield %x : f32
      }
  return %r : !q
}

// -----

!q = tensor<1x8x?x64xf32>

// A slope that is computed is proved to be finite; the numerics permit the rest.
// CHECK-LABEL: func.func @computed
// CHECK: score(%[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %[[J:.*]]) {
// CHECK: %[[SLOPE:.*]] = math.exp2
// CHECK: %[[N:.*]] = arith.index_cast %[[J]]
// CHECK: %[[F:.*]] = arith.sitofp %[[N]]
// CHECK: %[[G:.*]] = arith.negf %[[F]]
// CHECK: %[[P:.*]] = arith.mulf %[[G]], %[[SLOPE]]
// CHECK: %[[X:.*]] = arith.addf %[[S]], %[[P]]
// CHECK: attn.yield %[[X]]
func.func @computed(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j) {
        %n = arith.index_cast %h : index to i32
        %a = arith.sitofp %n : i32 to f32
        %minus = arith.constant -1.0 : f32
        %e = arith.mulf %a, %minus : f32
        %m = math.exp2 %e : f32
        %d = arith.subi %i, %j : index
        %c = arith.index_cast %d : index to i64
        %f = arith.sitofp %c : i64 to f32
        %p = arith.mulf %m, %f : f32
        %x = arith.addf %s, %p : f32
        attn.yield %x : f32
      } attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !q
}

// -----

!q = tensor<1x8x?x64xf32>

// What may be infinite or NaN stays, and what no sum has; so do all terms with sinks.
// CHECK-LABEL: func.func @captured
// CHECK: score
// CHECK: tensor.extract
// CHECK: arith.addf
// CHECK-LABEL: func.func @distance
// CHECK: arith.subi
// CHECK-LABEL: func.func @capped
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK: attn.yield
// CHECK-LABEL: func.func @sunk
// CHECK: arith.addf
// CHECK-LABEL: func.func @twice
// CHECK: arith.addf
// CHECK: arith.mulf
func.func @captured(%q: !q, %k: !q, %v: !q, %o: !q, %w: tensor<8xf32>) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j, %t = %w : tensor<8xf32>) {
        %m = tensor.extract %t[%i] : tensor<8xf32>
        %x = arith.addf %s, %m : f32
        attn.yield %x : f32
      }
  return %r : !q
}
func.func @distance(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j) {
        %d = arith.subi %i, %j : index
        %c = arith.index_cast %d : index to i64
        %f = arith.sitofp %c : i64 to f32
        %g = arith.constant 0.25 : f32
        %x = math.fma %f, %g, %s : f32
        attn.yield %x : f32
      }
  return %r : !q
}
func.func @capped(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.25 : f32
        %x = arith.addf %s, %c : f32
        %y = math.tanh %x : f32
        attn.yield %y : f32
      }
  return %r : !q
}
func.func @sunk(%q: !q, %k: !q, %v: !q, %o: !q, %z: tensor<8xf32>) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q)
      sinks(%z : tensor<8xf32>) outs(%o : !q)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.25 : f32
        %x = arith.addf %s, %c : f32
        attn.yield %x : f32
      }
  return %r : !q
}
func.func @twice(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.25 : f32
        %x = arith.addf %s, %c : f32
        %y = arith.mulf %x, %x : f32
        attn.yield %y : f32
      }
  return %r : !q
}

// -----

!q = tensor<2x8x511x64xf32>
!r = tensor<2x8x512x64xf32>

// A column inside of a function, with the dimensions that it needs; none for as few
// as 511 queries, none that is cheap or depends on the score.
// COLUMNS-LABEL: func.func @few
// COLUMNS-NOT: linalg
// COLUMNS-LABEL: func.func @inside
// COLUMNS: linalg.generic {{.*}} outs({{.*}} : tensor<2x512xf32>)
// COLUMNS: math.exp
// COLUMNS: score(%[[S:[^,]*]], %[[B:[^,]*]], %{{[^,]*}}, %{{[^,]*}}, %[[J:[^,]*]], %{{.*}}, %[[T:[^,]*]] = {{.*}} : tensor<2x512xf32>)
// COLUMNS: %[[X:.*]] = tensor.extract %[[T]][%[[B]], %[[J]]]
// COLUMNS: arith.mulf %[[S]], %[[X]]
// COLUMNS: math.tanh
func.func @few(%q: !q, %k: !r, %v: !r, %o: !q, %w: tensor<2x512xf32>) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !r, !r) outs(%o : !q)
      score(%s, %b, %h, %i, %j, %t = %w : tensor<2x512xf32>) {
        %m = tensor.extract %t[%b, %j] : tensor<2x512xf32>
        %e = math.exp %m : f32
        %x = arith.mulf %s, %e : f32
        attn.yield %x : f32
      }
  return %r : !q
}
func.func @inside(%q: !r, %k: !r, %v: !r, %o: !r, %w: tensor<2x512xf32>) -> !r {
  %r = attn.attention ins(%q : !r) dense(%k, %v : !r, !r) outs(%o : !r)
      score(%s, %b, %h, %i, %j, %t = %w : tensor<2x512xf32>) {
        %m = tensor.extract %t[%b, %j] : tensor<2x512xf32>
        %e = math.exp %m : f32
        %x = arith.mulf %s, %e : f32
        %y = math.tanh %x : f32
        %z = arith.addf %y, %m : f32
        attn.yield %z : f32
      }
  return %r : !r
}
