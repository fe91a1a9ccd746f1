// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a --attn-bufferize --attn-to-tile --canonicalize --cse | FileCheck %s

// A length in 64 bits is brought into the memref's extent before it becomes an
// index, which has 32 bits on a GPU.

!t = tensor<?x?x?x64xf16>
!l = tensor<?x?x?xf32>

// CHECK-LABEL: tile.kernel @operands_attention
// CHECK-SAME: (%{{.*}}, %[[K:[^:]*]]: memref<?x?x?x64xf16, {{[^%]*}}, %{{[^%]*}}, %{{[^%]*}}, %{{[^%]*}}, %[[N:[^:]*]]: memref<?xi64{{[^%]*}}, %[[SINKS:[^:]*]]: memref<?xf32{{[^%]*}}) grid(%[[B:.*]], %[[H:.*]], %{{.*}})
// CHECK: %[[ALL:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[LENGTH:.*]] = memref.load %[[N]][%[[B]]]
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[ALL]] : index to i64
// CHECK: %[[LOW:.*]] = arith.maxsi %[[LENGTH]], %c0_i64 : i64
// CHECK: %[[BOUND:.*]] = arith.minsi %[[LOW]], %[[WIDE]] : i64
// CHECK: %[[KEYS:.*]] = arith.index_cast %[[BOUND]] : i64 to index
// CHECK: tile.view %[[K]] dims [2, 3] at[{{.*}}] limit %[[KEYS]]
// CHECK: %[[SINK:.*]] = memref.load %[[SINKS]][%[[H]]]
// The accuracy of the logarithm of a sum is one of its absolute value.
// CHECK: math.log2 %{{.*}} fastmath<afn> : f32
// CHECK: tile.store %{{.*}} : <192xf32>, <?xf32>
func.func @operands(%q: !t, %k: !t, %v: !t, %n: tensor<?xi64>, %s: tensor<?xf32>,
                    %o: !t, %l: !l) -> (!t, !l) {
  %r:2 = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xi64>)
      sinks(%s : tensor<?xf32>) outs(%o, %l : !t, !l)
  return %r#0, %r#1 : !t, !l
}

// A region that only adds to the score: what it adds, over the scale, is where the
// product's sums start, and the scale moves into the exponent. `approximate` lets the
// order of its operations go.
// CHECK-LABEL: tile.kernel @adds_attention
// CHECK: scf.for
// CHECK: %[[BIAS:.*]] = tile.map ins(%{{.*}}) maps [{{.*}}] origin(%{{.*}}, %{{.*}}) {
// CHECK: math.fma %{{.*}}, %{{.*}}, %{{.*}} fastmath<reassoc,afn>
// CHECK: arith.mulf %{{.*}}, %cst{{.*}} fastmath<reassoc>
// CHECK: %[[S:.*]] = tile.dot %{{.*}}, %{{.*}}, %[[BIAS]]
// CHECK-NEXT: tile.reduce max %[[S]]
func.func @adds(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j) {
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %c = arith.constant 0.25 : f32
        %y = math.fma %f, %c, %s : f32
        attn.yield %y : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !t
}

// The score enters a product: the region comes after the scale.
// CHECK-LABEL: tile.kernel @multiplies_attention
// CHECK: scf.for
// CHECK: %[[S:.*]] = tile.dot
// CHECK: %[[SCALED:.*]] = tile.map ins(%[[S]]
// CHECK: tile.map ins(%[[SCALED]]
func.func @multiplies(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.25 : f32
        %y = math.fma %s, %c, %s : f32
        attn.yield %y : f32
      }
  return %r : !t
}

// A table in bf16, with approximate numerics.
// CHECK-LABEL: tile.kernel @converts_attention
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK-NEXT: arith.addf %{{.*}} fastmath<reassoc>
func.func @converts(%q: !t, %k: !t, %v: !t, %table: tensor<?xbf16>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j, %bias = %table : tensor<?xbf16>) {
        %x = tensor.extract %bias[%j] : tensor<?xbf16>
        %w = arith.extf %x : bf16 to f32
        %y = arith.addf %s, %w : f32
        attn.yield %y : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !t
}

// What is finite stays so over a scale below 1: the lowest number of a mask that is
// added is no minus infinity.
// CHECK-LABEL: tile.kernel @finite_attention
// CHECK: tile.gather
// CHECK: %[[ADDED:.*]] = arith.addf
// CHECK: %[[SCALED:.*]] = arith.mulf %[[ADDED]], %{{.*}} : f32
// CHECK: %[[LOW:.*]] = arith.maxnumf %[[SCALED]], %{{.*}} : f32
// CHECK: %[[BOUNDED:.*]] = arith.minnumf %[[LOW]], %{{.*}} : f32
// CHECK: %[[SIZE:.*]] = math.absf %[[ADDED]]
// CHECK: %[[FINITE:.*]] = arith.cmpf olt, %[[SIZE]]
// CHECK: arith.select %[[FINITE]], %[[BOUNDED]], %[[ADDED]]
// CHECK: tile.dot
func.func @finite(%q: !t, %k: !t, %v: !t, %table: tensor<?xf32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j, %bias = %table : tensor<?xf32>) {
        %x = tensor.extract %bias[%j] : tensor<?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : !t
}

// With approximate numerics, too, where there is a very large number or one that is
// read, but not for a slope of the head.
// CHECK-LABEL: tile.kernel @hidden_attention
// CHECK: %[[SCALED:.*]] = arith.mulf %{{.*}}, %{{.*}} fastmath<reassoc> : f32
// CHECK: arith.maxnumf %[[SCALED]], %{{.*}} : f32
// CHECK: tile.dot
func.func @hidden(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j) {
        %lowest = arith.constant -3.40282347E+38 : f32
        %zero = arith.constant 0.0 : f32
        %c = arith.cmpi sle, %j, %i : index
        %x = arith.select %c, %zero, %lowest : f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !t
}

// CHECK-LABEL: tile.kernel @slopes_attention
// CHECK: %[[SCALED:.*]] = arith.mulf %{{.*}}, %{{.*}} fastmath<reassoc> : f32
// CHECK-NEXT: tile.yield %[[SCALED]]
// CHECK: tile.dot
func.func @slopes(%q: !t, %k: !t, %v: !t, %slopes: tensor<?xf32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<?xf32>) {
        %slope = tensor.extract %t[%h] : tensor<?xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %y = math.fma %f, %slope, %s : f32
        attn.yield %y : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !t
}
