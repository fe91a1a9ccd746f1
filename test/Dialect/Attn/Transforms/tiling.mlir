// RUN: fovea-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// A tile of two heads lies within the four that share a key head. Lengths and
// sinks are sliced, captures are not, and the origin says where the tile is.

// CHECK: #[[GROUP:.*]] = affine_map<(d0) -> (d0 floordiv 4)>
// CHECK-LABEL: func @heads_within_group
// CHECK-SAME: %[[Q:[^:]*]]: tensor<2x8x?x64xf32>, %[[K:[^:]*]]: tensor<2x2x?x64xf32>, %[[V:[^:]*]]: tensor<2x2x?x32xf32>, %[[N:[^:]*]]: tensor<2xi32>, %[[S:[^:]*]]: tensor<8xf32>, %[[T:[^:]*]]: tensor<8xf32>, %[[OUT:[^:]*]]: tensor<2x8x?x32xf32>, %[[LSE:[^:]*]]: tensor<2x8x?xf32>)
// CHECK-DAG: %[[C0:[a-z0-9_]+]] = arith.constant 0 : index
// CHECK: %[[SKV:[a-z0-9_]+]] = tensor.dim %[[K]]
// CHECK: scf.for %[[B:[a-z0-9_]+]] = {{.*}} step %c1 iter_args
// CHECK: scf.for %[[H:[a-z0-9_]+]] = {{.*}} step %c2 iter_args
// CHECK: scf.for %[[I:[a-z0-9_]+]] = {{.*}} step %c128 iter_args(%[[O:[a-z0-9_]+]] = %{{.*}}, %[[L:[a-z0-9_]+]] = %{{.*}})
// CHECK: %[[SIZE:[a-z0-9_]+]] = affine.min
// CHECK: %[[OT:[a-z0-9_]+]] = tensor.extract_slice %[[O]][%[[B]], %[[H]], %[[I]], 0] [1, 2, %[[SIZE]], 32]
// CHECK: %[[LT:[a-z0-9_]+]] = tensor.extract_slice %[[L]][%[[B]], %[[H]], %[[I]]] [1, 2, %[[SIZE]]]
// CHECK: %[[QT:[a-z0-9_]+]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[I]], 0] [1, 2, %[[SIZE]], 64]
// CHECK: %[[HK:[a-z0-9_]+]] = affine.apply #[[GROUP]](%[[H]])
// CHECK: %[[KT:[a-z0-9_]+]] = tensor.extract_slice %[[K]][%[[B]], %[[HK]], 0, 0] [1, 1, %[[SKV]], 64]
// CHECK: %[[VT:[a-z0-9_]+]] = tensor.extract_slice %[[V]][%[[B]], %[[HK]], 0, 0] [1, 1, %[[SKV]], 32]
// CHECK: %[[NT:[a-z0-9_]+]] = tensor.extract_slice %[[N]][%[[B]]] [1]
// CHECK: %[[ST:[a-z0-9_]+]] = tensor.extract_slice %[[S]][%[[H]]] [2]
// CHECK: %[[R:[a-z0-9_]+]]:2 = attn.attention ins(%[[QT]] : tensor<1x2x?x64xf32>)
// CHECK: dense(%[[KT]], %[[VT]] : tensor<1x1x?x64xf32>, tensor<1x1x?x32xf32>) lengths(%[[NT]] : tensor<1xi32>)
// CHECK: sinks(%[[ST]] : tensor<2xf32>) origin(%[[B]], %[[H]], %[[I]], %[[C0]]) outs(%[[OT]], %[[LT]] :
// CHECK: score({{.*}} = %[[T]] : tensor<8xf32>) {
// CHECK: mask(
// CHECK: tensor.insert_slice %[[R]]#0 into %[[O]][%[[B]], %[[H]], %[[I]], 0] [1, 2, %[[SIZE]], 32]
// CHECK: tensor.insert_slice %[[R]]#1 into %[[L]][%[[B]], %[[H]], %[[I]]] [1, 2, %[[SIZE]]]
func.func @heads_within_group(
    %q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>,
    %v: tensor<2x2x?x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
    %t: tensor<8xf32>, %o: tensor<2x8x?x32xf32>, %l: tensor<2x8x?xf32>)
    -> (tensor<2x8x?x32xf32>, tensor<2x8x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x?x32xf32>, tensor<2x8x?xf32>)
      score(%x, %b, %h, %i, %j, %table = %t : tensor<8xf32>) {
        %y = tensor.extract %table[%h] : tensor<8xf32>
        %z = arith.addf %x, %y : f32
        attn.yield %z : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<2x8x?x32xf32>, tensor<2x8x?xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:3 = transform.structured.tile_using_for %a tile_sizes [1, 2, 128, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A tile of whole groups reads as many key heads; an origin that is there is
// moved.

// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0) -> (d0 floordiv 4)>
// CHECK-DAG: #[[SUM:.*]] = affine_map<(d0)[s0] -> (d0 + s0)>
// CHECK-LABEL: func @whole_groups
// CHECK-SAME: %[[X:[^:]*]]: index
// CHECK: scf.for %[[H:[a-z0-9_]+]] = {{.*}} step %c8
// CHECK: %[[HK:[a-z0-9_]+]] = affine.apply #[[GROUP]](%[[H]])
// CHECK: tensor.extract_slice %{{.*}}[0, %[[HK]], 0, 0] [1, 2, 32, 64]
// CHECK: %[[OH:[a-z0-9_]+]] = affine.apply #[[SUM]](%{{.*}})[%{{.*}}]
// CHECK: attn.attention ins(%{{.*}} : tensor<1x8x16x64xf32>)
// CHECK: dense(%{{.*}} : tensor<1x2x32x64xf32>, tensor<1x2x32x64xf32>)
// CHECK: origin(%[[X]], %[[OH]], %[[X]], %[[X]])
func.func @whole_groups(%x: index, %q: tensor<1x16x16x64xf32>,
                        %k: tensor<1x4x32x64xf32>, %o: tensor<1x16x16x64xf32>)
    -> tensor<1x16x16x64xf32> {
  %r = attn.attention ins(%q : tensor<1x16x16x64xf32>)
      dense(%k, %k : tensor<1x4x32x64xf32>, tensor<1x4x32x64xf32>)
      origin(%x, %x, %x, %x) outs(%o : tensor<1x16x16x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x16x16x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 8, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// With heads whose number is known at run time only, tiles of one head.

// CHECK-LABEL: func @dynamic_heads
// CHECK-SAME: %[[Q:[^:]*]]: tensor<1x?x16x64xf32>, %[[K:[^:]*]]: tensor<1x?x32x64xf32>
// CHECK: scf.for %[[H:[a-z0-9_]+]] =
// CHECK: %[[NK:[a-z0-9_]+]] = tensor.dim %[[K]]
// CHECK: %[[G:[a-z0-9_]+]] = arith.divui %{{.*}}, %[[NK]]
// CHECK: %[[HK:[a-z0-9_]+]] = arith.divui %[[H]], %[[G]]
// CHECK: tensor.extract_slice %[[K]][0, %[[HK]], 0, 0] [1, 1, 32, 64]
func.func @dynamic_heads(%q: tensor<1x?x16x64xf32>, %k: tensor<1x?x32x64xf32>,
                         %o: tensor<1x?x16x64xf32>) -> tensor<1x?x16x64xf32> {
  %r = attn.attention ins(%q : tensor<1x?x16x64xf32>)
      dense(%k, %k : tensor<1x?x32x64xf32>, tensor<1x?x32x64xf32>)
      outs(%o : tensor<1x?x16x64xf32>)
  return %r : tensor<1x?x16x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 1, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Channels of the values, and one key head for all: its keys are read whole.

// CHECK-LABEL: func @channels
// CHECK-SAME: %[[K:[^:]*]]: tensor<1x1x32x64xf32>
// CHECK: scf.forall (%[[HN:[a-z0-9_]+]], %[[EN:[a-z0-9_]+]]) in (2, 4)
// CHECK: %[[H:[a-z0-9_]+]] = affine.apply #{{.*}}(%[[HN]])
// CHECK: %[[E:[a-z0-9_]+]] = affine.apply #{{.*}}(%[[EN]])
// CHECK: %[[N:[a-z0-9_]+]] = affine.min
// CHECK: %[[V:[a-z0-9_]+]] = tensor.extract_slice %[[K]][0, 0, 0, %[[E]]] [1, 1, 32, 16]
// CHECK: %[[R:[a-z0-9_]+]] = attn.attention ins(%{{.*}} : tensor<1x?x16x64xf32>)
// CHECK: dense(%[[K]], %[[V]] : tensor<1x1x32x64xf32>, tensor<1x1x32x16xf32>)
// CHECK: tensor.parallel_insert_slice %[[R]] into %{{.*}}[0, %[[H]], 0, %[[E]]] [1, %[[N]], 16, 16]
func.func @channels(%q: tensor<1x6x16x64xf32>, %k: tensor<1x1x32x64xf32>,
                    %o: tensor<1x6x16x64xf32>) -> tensor<1x6x16x64xf32> {
  %r = attn.attention ins(%q : tensor<1x6x16x64xf32>)
      dense(%k, %k : tensor<1x1x32x64xf32>, tensor<1x1x32x64xf32>)
      outs(%o : tensor<1x6x16x64xf32>)
  return %r : tensor<1x6x16x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %a tile_sizes [0, 4, 0, 0, 16]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// On memrefs, in another order of dimensions.

// CHECK-LABEL: func @memrefs
// CHECK-SAME: %[[Q:[^:]*]]: memref<2x?x8x64xf32>, %[[O:[^:]*]]: memref<2x?x8x64xf32>)
// CHECK: scf.for %[[H:[a-z0-9_]+]] =
// CHECK: scf.for %[[I:[a-z0-9_]+]] =
// CHECK: %[[OT:[a-z0-9_]+]] = memref.subview %[[O]][0, %[[I]], %[[H]], 0] [2, %[[N:[a-z0-9_]+]], 4, 64]
// CHECK: %[[QT:[a-z0-9_]+]] = memref.subview %[[Q]][0, %[[I]], %[[H]], 0] [2, %[[N]], 4, 64]
// CHECK: %[[KT:[a-z0-9_]+]] = memref.subview %[[Q]][0, 0, %[[H]], 0] [2, %{{.*}}, 4, 64]
// CHECK: attn.attention ins(%[[QT]] :
// CHECK: dense(%[[KT]], %[[KT]] :
// CHECK: outs(%[[OT]] :
func.func @memrefs(%q: memref<2x?x8x64xf32>, %o: memref<2x?x8x64xf32>) {
  attn.attention ins(%q : memref<2x?x8x64xf32>)
      dense(%q, %q : memref<2x?x8x64xf32>, memref<2x?x8x64xf32>)
      outs(%o : memref<2x?x8x64xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:2 = transform.structured.tile_using_for %a tile_sizes [0, 4, 16, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Fused into the loop of its consumer.

// CHECK-LABEL: func @fused
// CHECK-SAME: %[[Q:[^:]*]]: tensor<2x8x?x64xf32>, %[[K:[^:]*]]: tensor<2x8x?x64xf32>
// CHECK-NOT: attn.attention
// CHECK: scf.forall (%[[B:[a-z0-9_]+]], %[[H:[a-z0-9_]+]], %[[N:[a-z0-9_]+]]) in
// CHECK: %[[I:[a-z0-9_]+]] = affine.apply
// CHECK: %[[QT:[a-z0-9_]+]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[I]], 0]
// CHECK: %[[KT:[a-z0-9_]+]] = tensor.extract_slice %[[K]][%[[B]], %[[H]], 0, 0]
// CHECK: %[[R:[a-z0-9_]+]] = attn.attention ins(%[[QT]] :
// CHECK: dense(%[[KT]], %[[KT]] :
// CHECK: linalg.exp ins(%[[R]] :
// CHECK-NOT: attn.attention ins
func.func @fused(%q: tensor<2x8x?x64xf32>, %k: tensor<2x8x?x64xf32>,
                 %o: tensor<2x8x?x64xf32>, %l: tensor<2x8x?xf32>,
                 %x: tensor<2x8x?x64xf32>) -> tensor<2x8x?x64xf32> {
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %k : tensor<2x8x?x64xf32>, tensor<2x8x?x64xf32>)
      outs(%o, %l : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
  %e = linalg.exp ins(%r#0 : tensor<2x8x?x64xf32>)
      outs(%x : tensor<2x8x?x64xf32>) -> tensor<2x8x?x64xf32>
  return %e : tensor<2x8x?x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %e = transform.structured.match ops{["linalg.exp"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %e tile_sizes [1, 1, 128]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %f, %n = transform.structured.fuse_into_containing_op %a into %l
        : (!transform.any_op, !transform.any_op)
        -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Parts of the keys: each gives (o, lse), in f32 and with lengths counted from
// its first key; attn.merge combines them.

// CHECK-DAG: #[[OFFSET:.*]] = affine_map<(d0)[s0] -> (d0 * (s0 ceildiv 4))>
// CHECK-LABEL: func @split_keys
// CHECK-SAME: %[[Q:[^:]*]]: tensor<2x8x1x64xbf16>, %[[K:[^:]*]]: tensor<2x2x?x64xbf16>, %[[V:[^:]*]]: tensor<2x2x?x32xbf16>, %[[N:[^:]*]]: tensor<2xi32>, %[[O:[^:]*]]: tensor<2x8x1x32xbf16>, %[[L:[^:]*]]: tensor<2x8x1xf32>)
// CHECK-DAG: %[[C0:[a-z0-9_]+]] = arith.constant 0 : index
// CHECK-DAG: %[[NINF:[a-z0-9_]+]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[OP:[a-z0-9_]+]] = tensor.empty() : tensor<4x2x8x1x32xf32>
// CHECK-DAG: %[[LE:[a-z0-9_]+]] = tensor.empty() : tensor<4x2x8x1xf32>
// CHECK: %[[LP:[a-z0-9_]+]] = linalg.fill ins(%[[NINF]] : f32) outs(%[[LE]] :
// CHECK: %[[PARTS:[a-z0-9_]+]]:2 = scf.forall (%[[P:[a-z0-9_]+]]) in (4) shared_outs(%[[OS:[a-z0-9_]+]] = %[[OP]], %[[LS:[a-z0-9_]+]] = %[[LP]])
// CHECK: %[[J:[a-z0-9_]+]] = affine.apply #[[OFFSET]](%[[P]])
// CHECK: %[[SIZE:[a-z0-9_]+]] = affine.max
// CHECK: %[[OT:[a-z0-9_]+]] = tensor.extract_slice %[[OS]][%[[P]], 0, 0, 0, 0] [1, 2, 8, 1, 32] {{.*}} to tensor<2x8x1x32xf32>
// CHECK: %[[LT:[a-z0-9_]+]] = tensor.extract_slice %[[LS]][%[[P]], 0, 0, 0] [1, 2, 8, 1] {{.*}} to tensor<2x8x1xf32>
// CHECK: %[[KT:[a-z0-9_]+]] = tensor.extract_slice %[[K]][0, 0, %[[J]], 0] [2, 2, %[[SIZE]], 64]
// CHECK: %[[VT:[a-z0-9_]+]] = tensor.extract_slice %[[V]][0, 0, %[[J]], 0] [2, 2, %[[SIZE]], 32]
// CHECK: %[[NT:[a-z0-9_]+]] = linalg.generic {{.*}} ins(%[[N]] : tensor<2xi32>)
// CHECK: %[[LEFT:[a-z0-9_]+]] = arith.subi %{{.*}}, %[[J]] : index
// CHECK: arith.maxsi %[[LEFT]], %[[C0]]
// CHECK: %[[R:[a-z0-9_]+]]:2 = attn.attention ins(%[[Q]] : tensor<2x8x1x64xbf16>)
// CHECK: dense(%[[KT]], %[[VT]] : {{.*}}) lengths(%[[NT]] : tensor<2xi32>)
// CHECK: origin(%[[C0]], %[[C0]], %[[C0]], %[[J]]) outs(%[[OT]], %[[LT]] : tensor<2x8x1x32xf32>, tensor<2x8x1xf32>)
// CHECK: mask(
// CHECK: tensor.parallel_insert_slice %[[R]]#0 into %[[OS]][%[[P]], 0, 0, 0, 0] [1, 2, 8, 1, 32]
// CHECK: tensor.parallel_insert_slice %[[R]]#1 into %[[LS]][%[[P]], 0, 0, 0] [1, 2, 8, 1]
// CHECK-DAG: %[[O0:[a-z0-9_]+]] = tensor.extract_slice %[[PARTS]]#0[0, 0, 0, 0, 0] [1, 2, 8, 1, 32]
// CHECK-DAG: %[[O3:[a-z0-9_]+]] = tensor.extract_slice %[[PARTS]]#0[3, 0, 0, 0, 0] [1, 2, 8, 1, 32]
// CHECK-DAG: %[[L0:[a-z0-9_]+]] = tensor.extract_slice %[[PARTS]]#1[0, 0, 0, 0] [1, 2, 8, 1]
// CHECK-DAG: %[[L3:[a-z0-9_]+]] = tensor.extract_slice %[[PARTS]]#1[3, 0, 0, 0] [1, 2, 8, 1]
// CHECK: %[[M:[a-z0-9_]+]]:2 = attn.merge parts(%[[O0]], %{{.*}}, %{{.*}}, %[[O3]] : {{.*}}) lse(%[[L0]], %{{.*}}, %{{.*}}, %[[L3]] : {{.*}}) outs(%[[O]], %[[L]] : tensor<2x8x1x32xbf16>, tensor<2x8x1xf32>)
// CHECK: return %[[M]]#0, %[[M]]#1
func.func @split_keys(%q: tensor<2x8x1x64xbf16>, %k: tensor<2x2x?x64xbf16>,
                      %v: tensor<2x2x?x32xbf16>, %n: tensor<2xi32>,
                      %o: tensor<2x8x1x32xbf16>, %l: tensor<2x8x1xf32>)
    -> (tensor<2x8x1x32xbf16>, tensor<2x8x1xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x1x64xbf16>)
      dense(%k, %v : tensor<2x2x?x64xbf16>, tensor<2x2x?x32xbf16>)
        lengths(%n : tensor<2xi32>)
      outs(%o, %l : tensor<2x8x1x32xbf16>, tensor<2x8x1xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<2x8x1x32xbf16>, tensor<2x8x1xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        transform.structured.tile_reduction_using_forall %a by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Parts of a size, the last one smaller.

// CHECK-LABEL: func @split_keys_by_size
// CHECK: tensor.empty() : tensor<4x2x8x1x64xf32>
// CHECK: scf.forall (%[[J:[a-z0-9_]+]]) = (0) to (100) step (32)
// CHECK-DAG: %[[SIZE:[a-z0-9_]+]] = affine.min
// CHECK-DAG: %[[P:[a-z0-9_]+]] = affine.apply
// CHECK: tensor.extract_slice %{{.*}}[%[[P]], 0, 0, 0, 0] [1, 2, 8, 1, 64]
// CHECK: tensor.extract_slice %{{.*}}[0, 0, %[[J]], 0] [2, 8, %[[SIZE]], 64]
// CHECK: attn.merge
func.func @split_keys_by_size(%q: tensor<2x8x1x64xf32>,
                              %k: tensor<2x8x100x64xf32>,
                              %o: tensor<2x8x1x64xf32>, %l: tensor<2x8x1xf32>)
    -> (tensor<2x8x1x64xf32>, tensor<2x8x1xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      dense(%k, %k : tensor<2x8x100x64xf32>, tensor<2x8x100x64xf32>)
      outs(%o, %l : tensor<2x8x1x64xf32>, tensor<2x8x1xf32>)
  return %r#0, %r#1 : tensor<2x8x1x64xf32>, tensor<2x8x1xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        transform.structured.tile_reduction_using_forall %a by tile_sizes = [0, 0, 0, 32, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// CHECK-LABEL: func @merge
// CHECK: scf.for %[[B:[a-z0-9_]+]] =
// CHECK: scf.for %[[I:[a-z0-9_]+]] = {{.*}} iter_args(%[[O:[a-z0-9_]+]] = %{{.*}}, %[[L:[a-z0-9_]+]] = %{{.*}})
// CHECK: tensor.extract_slice %{{.*}}[%[[B]], %[[I]], 0] [1, %[[N:[a-z0-9_]+]], 64]
// CHECK: tensor.extract_slice %{{.*}}[%[[B]], %[[I]]] [1, %[[N]]]
// CHECK: tensor.extract_slice %[[O]][%[[B]], %[[I]], 0] [1, %[[N]], 64]
// CHECK: tensor.extract_slice %[[L]][%[[B]], %[[I]]] [1, %[[N]]]
// CHECK: %[[R:[a-z0-9_]+]]:2 = attn.merge {{.*}} -> tensor<1x?x64xf32>, tensor<1x?xf32>
// CHECK: tensor.insert_slice %[[R]]#0 into %[[O]][%[[B]], %[[I]], 0] [1, %[[N]], 64]
// CHECK: tensor.insert_slice %[[R]]#1 into %[[L]][%[[B]], %[[I]]] [1, %[[N]]]
func.func @merge(%a: tensor<4x?x64xf32>, %la: tensor<4x?xf32>,
                 %o: tensor<4x?x64xf32>, %l: tensor<4x?xf32>)
    -> (tensor<4x?x64xf32>, tensor<4x?xf32>) {
  %r:2 = attn.merge parts(%a, %a : tensor<4x?x64xf32>, tensor<4x?x64xf32>)
      lse(%la, %la : tensor<4x?xf32>, tensor<4x?xf32>)
      outs(%o, %l : tensor<4x?x64xf32>, tensor<4x?xf32>)
      -> tensor<4x?x64xf32>, tensor<4x?xf32>
  return %r#0, %r#1 : tensor<4x?x64xf32>, tensor<4x?xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.merge"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:2 = transform.structured.tile_using_for %a tile_sizes [1, 16]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The last dimension of a merge, where there is no lse.

// CHECK-LABEL: func @merge_channels
// CHECK: scf.forall (%[[I:[a-z0-9_]+]], %[[E:[a-z0-9_]+]]) in (2, 2)
// CHECK: %[[AT:[a-z0-9_]+]] = affine.apply
// CHECK: %[[TO:[a-z0-9_]+]] = affine.apply
// CHECK: tensor.extract_slice %{{.*}}[%[[AT]], %[[TO]]] [4, 32]
// CHECK: attn.merge {{.*}} -> tensor<4x32xf32>
func.func @merge_channels(%a: tensor<8x64xf32>, %b: tensor<8x64xf32>,
                          %l: tensor<8xf32>, %o: tensor<8x64xf32>)
    -> tensor<8x64xf32> {
  %r = attn.merge parts(%a, %b : tensor<8x64xf32>, tensor<8x64xf32>)
      lse(%l, %l : tensor<8xf32>, tensor<8xf32>)
      outs(%o : tensor<8x64xf32>) -> tensor<8x64xf32>
  return %r : tensor<8x64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.merge"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_forall %a num_threads [2, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
