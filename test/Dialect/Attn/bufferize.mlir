// RUN: fovea-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --canonicalize | FileCheck %s
// RUN: fovea-opt %s --one-shot-bufferize="bufferize-function-boundaries" | FileCheck %s --check-prefix=STRIDED

// Outputs are written where they are: nothing is allocated or copied.

// CHECK-LABEL: func @in_place
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x8x?x64xf32>, %[[K:[^:]*]]: memref<1x8x?x64xf32>, %[[O:[^:]*]]: memref<1x8x?x64xf32>, %[[L:[^:]*]]: memref<1x8x?xf32>
// CHECK-NEXT: attn.attention ins(%[[Q]] : memref<1x8x?x64xf32>)
// CHECK-NEXT: dense(%[[K]], %[[K]] : memref<1x8x?x64xf32>, memref<1x8x?x64xf32>)
// CHECK-NEXT: outs(%[[O]], %[[L]] : memref<1x8x?x64xf32>, memref<1x8x?xf32>)
// CHECK-NEXT: return %[[O]], %[[L]]

// STRIDED-LABEL: func @in_place
// STRIDED-NEXT: attn.attention ins(%{{.*}} : memref<1x8x?x64xf32, strided<[?, ?, ?, ?], offset: ?>>)
// STRIDED: return
func.func @in_place(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>,
                    %o: tensor<1x8x?x64xf32>, %l: tensor<1x8x?xf32>)
    -> (tensor<1x8x?x64xf32>, tensor<1x8x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o, %l : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>)
  return %r#0, %r#1 : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>
}

// Captured tensors become memrefs, reads of them loads.

// CHECK-LABEL: func @captures
// CHECK-SAME: %[[T:[^:]*]]: memref<8x?xf32>, %[[D:[^:]*]]: memref<?xi32>, %[[X:[^:]*]]: f32
// CHECK-NOT: memref.alloc
// CHECK: score(%[[S:[^,]*]], %{{[^,]*}}, %[[H:[^,]*]], %{{[^,]*}}, %[[J:[^,]*]], %[[TABLE:.*]] = %[[T]] : memref<8x?xf32>, %[[Y:.*]] = %[[X]] : f32) {
// CHECK: %[[N:.*]] = memref.dim %[[TABLE]], %{{.*}} : memref<8x?xf32>
// CHECK: %[[AT:.*]] = arith.minsi %[[N]], %[[J]]
// CHECK: %[[A:.*]] = memref.load %[[TABLE]][%[[H]], %[[AT]]] : memref<8x?xf32>
// CHECK: arith.addf %[[S]], %[[A]]
// CHECK: mask(%{{[^,]*}}, %{{[^,]*}}, %[[I:[^,]*]], %[[J:[^,]*]], %[[DOC:.*]] = %[[D]] : memref<?xi32>) {
// CHECK: memref.load %[[DOC]][%[[I]]]
// CHECK: memref.load %[[DOC]][%[[J]]]
// CHECK-NOT: memref.copy
// CHECK: return

// STRIDED-LABEL: func @captures
// STRIDED: %{{.*}} = %{{.*}} : memref<8x?xf32, strided<[?, ?], offset: ?>>
// STRIDED: memref.load %{{.*}} : memref<8x?xf32, strided<[?, ?], offset: ?>>
// STRIDED: return
func.func @captures(%q: tensor<1x8x?x64xf32>, %t: tensor<8x?xf32>,
                    %d: tensor<?xi32>, %x: f32, %o: tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<8x?xf32>, %y = %x : f32) {
        %c1 = arith.constant 1 : index
        %n = tensor.dim %table, %c1 : tensor<8x?xf32>
        %at = arith.minsi %n, %j : index
        %a = tensor.extract %table[%h, %at] : tensor<8x?xf32>
        %e = arith.addf %s, %a : f32
        %f = arith.mulf %e, %y : f32
        attn.yield %f : f32
      }
      mask(%b, %h, %i, %j, %doc = %d : tensor<?xi32>) {
        %di = tensor.extract %doc[%i] : tensor<?xi32>
        %dj = tensor.extract %doc[%j] : tensor<?xi32>
        %c = arith.cmpi eq, %di, %dj : i32
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// An output that is also read gets memory of its own; what it held before is
// not copied, since attention overwrites it.

// CHECK-LABEL: func @query_as_output
// CHECK-SAME: %[[Q:[^:]*]]: memref
// CHECK: %[[A:.*]] = memref.alloc
// CHECK-NOT: memref.copy
// CHECK: attn.attention ins(%[[Q]] :
// CHECK: outs(%[[A]] :
// CHECK-NOT: memref.copy
// CHECK: return %[[A]]
func.func @query_as_output(%q: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}

// CHECK-LABEL: func @chain
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x8x4x64xf32>, %[[L:[^:]*]]: memref<1x8x4xf32>, %[[C:[^:]*]]: memref<1x8x4xf32>, %[[O:[^:]*]]: memref<1x8x4x64xf32>
// CHECK: attn.attention
// CHECK: outs(%[[E:.*]], %[[F:.*]] :
// CHECK: attn.score_reduce column_sum
// CHECK: lse(%[[F]] : memref<1x8x4xf32>) outs(%[[C]] : memref<1x8x4xf32>)
// CHECK: attn.merge parts(%[[E]], %[[Q]] :
// CHECK-SAME: lse(%[[F]], %[[L]] :
// CHECK-SAME: outs(%[[O]] : memref<1x8x4x64xf32>)
// CHECK-NOT: memref.copy
// CHECK: return %[[O]], %[[C]]
func.func @chain(%q: tensor<1x8x4x64xf32>, %l: tensor<1x8x4xf32>,
                 %c: tensor<1x8x4xf32>, %o: tensor<1x8x4x64xf32>)
    -> (tensor<1x8x4x64xf32>, tensor<1x8x4xf32>) {
  %e = tensor.empty() : tensor<1x8x4x64xf32>
  %f = tensor.empty() : tensor<1x8x4xf32>
  %r:2 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
      dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      outs(%e, %f : tensor<1x8x4x64xf32>, tensor<1x8x4xf32>)
  %s = attn.score_reduce column_sum ins(%q : tensor<1x8x4x64xf32>)
      dense(%q : tensor<1x8x4x64xf32>) lse(%r#1 : tensor<1x8x4xf32>)
      outs(%c : tensor<1x8x4xf32>)
  %m = attn.merge parts(%r#0, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      lse(%r#1, %l : tensor<1x8x4xf32>, tensor<1x8x4xf32>)
      outs(%o : tensor<1x8x4x64xf32>) -> tensor<1x8x4x64xf32>
  return %m, %s : tensor<1x8x4x64xf32>, tensor<1x8x4xf32>
}
