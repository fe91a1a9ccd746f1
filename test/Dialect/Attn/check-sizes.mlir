// RUN: fovea-opt %s --attn-check-sizes | FileCheck %s

// Assertions stand before the op; ops of its regions get none, as they would
// from --generate-runtime-verification.

// DOC-BEGIN: attn-check-sizes --attn-check-sizes
// CHECK-LABEL: func @document(
// CHECK: cf.assert %{{.*}}, "dimension 2 of value must equal dimension 2 of key: the number of keys (j)"
// CHECK: cf.assert %{{.*}}, "dimension 2 of output must equal dimension 2 of query: the number of queries (i)"
// CHECK: attn.attention
// CHECK-NOT: cf.assert
// CHECK: tensor.extract
// CHECK-NOT: cf.assert
// CHECK: return
func.func @document(%q: tensor<1x2x?x64xf16>, %k: tensor<1x2x?x64xf16>,
                    %v: tensor<1x2x?x64xf16>, %o: tensor<1x2x?x64xf16>,
                    %ids: tensor<?xi32>) -> tensor<1x2x?x64xf16> {
  %r = attn.attention ins(%q : tensor<1x2x?x64xf16>)
      dense(%k, %v : tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>)
      outs(%o : tensor<1x2x?x64xf16>)
      mask(%b, %h, %i, %j, %id = %ids : tensor<?xi32>) {
        %mine = tensor.extract %id[%i] : tensor<?xi32>
        %other = tensor.extract %id[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        attn.yield %same : i1
      }
  return %r : tensor<1x2x?x64xf16>
}
// DOC-END

// Other dialects' ops are left alone.

// CHECK-LABEL: func @other(
// CHECK-NEXT: tensor.extract
// CHECK-NEXT: return
func.func @other(%a: tensor<?xf32>, %n: index) -> f32 {
  %x = tensor.extract %a[%n] : tensor<?xf32>
  return %x : f32
}

// A table that a region reads is not empty, but where nothing reads it.

// CHECK-LABEL: func @table(
// CHECK: cf.assert %{{.*}}, "dimension 2 of output must equal dimension 2 of query
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %{{.*}}, %{{.*}} : index
// CHECK: %[[NO_SEQUENCE:.*]] = arith.cmpi eq
// CHECK: %[[A:.*]] = arith.ori %[[SOME]], %[[NO_SEQUENCE]]
// CHECK: %[[NO_HEAD:.*]] = arith.cmpi eq
// CHECK: %[[B:.*]] = arith.ori %[[A]], %[[NO_HEAD]]
// CHECK: %[[NO_QUERY:.*]] = arith.cmpi eq
// CHECK: %[[C:.*]] = arith.ori %[[B]], %[[NO_QUERY]]
// CHECK: %[[NO_KEY:.*]] = arith.cmpi eq
// CHECK: %[[D:.*]] = arith.ori %[[C]], %[[NO_KEY]]
// CHECK: cf.assert %[[D]], "dimension 1 of capture 0 of the score must not be 0: the region reads it"
// CHECK: return
func.func @table(%q: tensor<1x8x?x64xf32>, %t: tensor<8x?xf32>, %o: tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<8x?xf32>) {
        %x = tensor.extract %table[%h, %j] : tensor<8x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x8x?x64xf32>
}

// Places have to be those of the order; a permutation holds each token once.

// CHECK-LABEL: func @orders(
// CHECK: cf.assert %{{.*}}, "dimension 1 of input must be 60, the tokens of the order's grid"
// CHECK: cf.assert %{{.*}}, "dimension 1 of output must be 96, the places of the order"
// CHECK: attn.reorder
// CHECK: cf.assert %{{.*}}, "dimension 0 of permutation must equal dimension 0 of input: the number of elements along it"
// CHECK: scf.for
// CHECK: cf.assert %{{.*}}, "permutation must hold each token once"
// CHECK: attn.reorder
func.func @orders(%x: tensor<2x?xf32>, %y: tensor<2x?xf32>, %p: tensor<?x?xi64>)
    -> (tensor<2x?xf32>, tensor<2x?xf32>) {
  %0 = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>)
      axes [1] ins(%x : tensor<2x?xf32>) outs(%y : tensor<2x?xf32>)
      -> tensor<2x?xf32>
  %1 = attn.reorder inverse by(%p : tensor<?x?xi64>) axes [0, 1]
      ins(%x : tensor<2x?xf32>) outs(%y : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %0, %1 : tensor<2x?xf32>, tensor<2x?xf32>
}
