// RUN: fovea-opt %s --attn-split-keys --canonicalize --cse --split-input-file | FileCheck %s
// RUN: fovea-opt %s --attn-split-keys=parts=3 --canonicalize --cse --split-input-file | FileCheck %s --check-prefix=THREE
// RUN: not fovea-opt %s --attn-split-keys=parts=0 --split-input-file -o /dev/null 2>&1 | FileCheck %s --check-prefix=INVALID

// INVALID: error: attn-split-keys: parts is from 1 to 1024, got 0

// A prefix of 4096 keys that eight sequences share, and a suffix of each.
// CHECK: #[[SHARED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d3, d4)>
// CHECK-LABEL: func.func @prefix
// CHECK-SAME: (%[[Q:.*]]: tensor<8x4x1x64xf32>, %[[KP:.*]]: tensor<2x4096x64xf32>, %[[VP:.*]]: tensor<2x4096x64xf32>, %[[KS:.*]]: tensor<8x2x?x64xf32>, %[[VS:.*]]: tensor<8x2x?x64xf32>, %[[O:.*]]: tensor<8x4x1x64xf32>)
// CHECK-DAG: %[[FIRST:.*]] = arith.constant 4096 : index
// CHECK: %[[P:.*]]:2 = attn.attention ins(%[[Q]] :
// CHECK-NEXT: dense(%[[KP]], %[[VP]] :
// CHECK: #[[SHARED]]
// CHECK: %[[S:.*]]:2 = attn.attention ins(%[[Q]] :
// CHECK-NEXT: dense(%[[KS]], %[[VS]] : {{.*}}) start(%[[FIRST]])
// CHECK: %[[R:.*]] = attn.merge parts(%[[P]]#0, %[[S]]#0 : {{.*}}) lse(%[[P]]#1, %[[S]]#1 : {{.*}}) outs(%[[O]] :
// CHECK: return %[[R]]
// DOC-BEGIN: attn-split-keys --attn-split-keys --canonicalize
func.func @prefix(%q: tensor<8x4x1x64xf32>, %kp: tensor<2x4096x64xf32>, %vp: tensor<2x4096x64xf32>,
                  %ks: tensor<8x2x?x64xf32>, %vs: tensor<8x2x?x64xf32>,
                  %o: tensor<8x4x1x64xf32>) -> tensor<8x4x1x64xf32> {
  %e = tensor.empty() : tensor<8x2x4096x64xf32>
  %kb = linalg.broadcast ins(%kp : tensor<2x4096x64xf32>) outs(%e : tensor<8x2x4096x64xf32>) dimensions = [0]
  %vb = linalg.broadcast ins(%vp : tensor<2x4096x64xf32>) outs(%e : tensor<8x2x4096x64xf32>) dimensions = [0]
  %k = tensor.concat dim(2) %kb, %ks : (tensor<8x2x4096x64xf32>, tensor<8x2x?x64xf32>) -> tensor<8x2x?x64xf32>
  %v = tensor.concat dim(2) %vb, %vs : (tensor<8x2x4096x64xf32>, tensor<8x2x?x64xf32>) -> tensor<8x2x?x64xf32>
  %r = attn.attention ins(%q : tensor<8x4x1x64xf32>)
      dense(%k, %v : tensor<8x2x?x64xf32>, tensor<8x2x?x64xf32>)
      outs(%o : tensor<8x4x1x64xf32>)
  return %r : tensor<8x4x1x64xf32>
}
// DOC-END

// -----

// Three ranges of 20 keys; sinks in one, lengths and coordinates of each.
// CHECK-LABEL: func.func @ranges
// CHECK-NOT: attn.merge
// THREE-LABEL: func.func @ranges
// THREE-SAME: (%[[Q:.*]]: tensor<2x4x5x64xf32>, %[[K:.*]]: tensor<2x2x20x64xf32>
// THREE-DAG: %[[C7:.*]] = arith.constant 7 : index
// THREE-DAG: %[[C14:.*]] = arith.constant 14 : index
// THREE: tensor.extract_slice %[[K]][0, 0, 0, 0] [2, 2, 7, 64]
// THREE: tensor.extract_slice %[[K]][0, 0, 7, 0] [2, 2, 7, 64]
// THREE: tensor.extract_slice %[[K]][0, 0, 14, 0] [2, 2, 6, 64]
// THREE: attn.attention
// THREE: lengths(%{{.*}})
// THREE-NEXT: sinks
// THREE: linalg.generic
// THREE: arith.maxsi
// THREE: arith.subi
// THREE: attn.attention
// THREE: lengths(%{{.*}}) start(%[[C7]])
// THREE-NOT: sinks
// THREE: attn.attention
// THREE: lengths(%{{.*}}) start(%[[C14]])
// THREE-NOT: sinks
// THREE: attn.merge {{.*}} outs(%{{.*}}, %{{.*}} : tensor<2x4x5x64xf32>, tensor<2x4x5xf32>)
func.func @ranges(%q: tensor<2x4x5x64xf32>, %k: tensor<2x2x20x64xf32>, %n: tensor<2xi32>,
                  %s: tensor<4xf32>, %o: tensor<2x4x5x64xf32>, %l: tensor<2x4x5xf32>)
                  -> (tensor<2x4x5x64xf32>, tensor<2x4x5xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x4x5x64xf32>)
      dense(%k, %k : tensor<2x2x20x64xf32>, tensor<2x2x20x64xf32>) lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<4xf32>) outs(%o, %l : tensor<2x4x5x64xf32>, tensor<2x4x5xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %i, %j : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<2x4x5x64xf32>, tensor<2x4x5xf32>
}

// -----

// Sizes that may differ: as they are, but in ranges. Channels that are not innermost are
// so in between.
// CHECK-LABEL: func.func @others
// CHECK-NOT: attn.merge
// THREE-LABEL: func.func @others
// THREE: attn.merge
// THREE: %[[M:.*]] = attn.merge {{.*}} -> tensor<1x2x5x64xf32>
// THREE: %[[R:.*]] = linalg.generic {{.*}} ins(%[[M]] : {{.*}}) outs(%{{.*}} : tensor<1x2x64x5xf32>)
// THREE: return %{{.*}}, %[[R]]
#q = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (b, h, e, i)>
!k = tensor<1x2x?x64xf32>
func.func @others(%q: tensor<1x2x5x64xf32>, %k0: !k, %k1: !k, %v0: !k, %v1: !k,
                  %o: tensor<1x2x5x64xf32>, %p: tensor<1x2x64x5xf32>)
                  -> (tensor<1x2x5x64xf32>, tensor<1x2x64x5xf32>) {
  %k = tensor.concat dim(2) %k0, %k1 : (!k, !k) -> !k
  %v = tensor.concat dim(2) %v0, %v1 : (!k, !k) -> !k
  %r = attn.attention ins(%q : tensor<1x2x5x64xf32>) dense(%k, %v : !k, !k)
      outs(%o : tensor<1x2x5x64xf32>)
  %s = attn.attention ins(%q : tensor<1x2x5x64xf32>) dense(%k0, %v0 : !k, !k)
      outs(%p : tensor<1x2x64x5xf32>)
      attributes {indexing_maps = [#q, #k, #v, #o]}
  return %r, %s : tensor<1x2x5x64xf32>, tensor<1x2x64x5xf32>
}

// -----

// No keys, no parts.
// THREE-LABEL: func.func @none
// THREE-NOT: attn.merge
func.func @none(%q: tensor<1x2x5x64xf32>, %k: tensor<1x2x0x64xf32>, %v: tensor<1x2x?x64xf32>,
                %o: tensor<1x2x5x64xf32>) -> tensor<1x2x5x64xf32> {
  %r = attn.attention ins(%q : tensor<1x2x5x64xf32>)
      dense(%k, %v : tensor<1x2x0x64xf32>, tensor<1x2x?x64xf32>)
      outs(%o : tensor<1x2x5x64xf32>)
  return %r : tensor<1x2x5x64xf32>
}
