// RUN: fovea-opt %s --canonicalize | FileCheck %s
// RUN: fovea-opt %s --canonicalize | fovea-opt --canonicalize | FileCheck %s

// A mask that is always true goes, and with it what it captured.

// CHECK-LABEL: func @true_mask
// CHECK: attn.attention
// CHECK-NOT: mask
// CHECK: return
func.func @true_mask(%q: tensor<1x8x?x64xf32>, %t: tensor<8xi1>,
                     %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      mask(%b, %h, %i, %j, %x = %t : tensor<8xi1>) {
        %y = tensor.extract %x[%h] : tensor<8xi1>
        %true = arith.constant true
        %z = arith.ori %y, %true : i1
        attn.yield %z : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// One that is always false stays: every row is empty.

// CHECK-LABEL: func @false_mask
// CHECK: mask(
// CHECK-NEXT: %[[F:.*]] = arith.constant false
// CHECK-NEXT: attn.yield %[[F]]
func.func @false_mask(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %false = arith.constant false
        attn.yield %false : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// CHECK-LABEL: func @identity_score
// CHECK: attn.attention
// CHECK-NOT: score
// CHECK: mask(
func.func @identity_score(%q: tensor<1x8x?x64xf32>, %t: tensor<8xf32>,
                          %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %x = %t : tensor<8xf32>) {
        attn.yield %s : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// CHECK-LABEL: func @unused_captures
// CHECK-SAME: %{{.*}}: tensor<1x8x?x64xf32>, %[[T:.*]]: tensor<8xf32>, %[[U:.*]]: f32, %[[W:.*]]: index
// CHECK: score(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %[[X:.*]] = %[[U]] : f32) {
// CHECK: arith.addf %{{.*}}, %[[X]] : f32
// CHECK: mask(%{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %[[J:[^,]*]], %[[Y:.*]] = %[[W]] : index) {
// CHECK: arith.cmpi sle, %[[J]], %[[Y]] : index
func.func @unused_captures(%q: tensor<1x8x?x64xf32>, %t: tensor<8xf32>, %u: f32,
                           %w: index, %o: tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %x = %t : tensor<8xf32>, %y = %u : f32, %z = %t : tensor<8xf32>) {
        %a = arith.addf %s, %y : f32
        attn.yield %a : f32
      }
      mask(%b, %h, %i, %j, %x = %u : f32, %y = %w : index) {
        %c = arith.cmpi sle, %j, %y : index
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// CHECK-LABEL: func @unused_lse
// CHECK-SAME: %[[O:[^:]*]]: tensor<1x?x8x32xf32>, %{{[^:]*}}: tensor<1x8x?xf32>)
// CHECK: %[[R:.*]] = attn.attention
// CHECK: outs(%[[O]] : tensor<1x?x8x32xf32>)
// CHECK: mask(
// CHECK: indexing_maps = [#{{[a-z0-9]*}}, #{{[a-z0-9]*}}, #{{[a-z0-9]*}}, #{{[a-z0-9]*}}]
// CHECK-SAME: scale = 5.000000e-01
// CHECK: return %[[R]]
func.func @unused_lse(%q: tensor<1x?x8x64xf32>, %v: tensor<1x?x8x32xf32>,
                      %o: tensor<1x?x8x32xf32>, %l: tensor<1x8x?xf32>)
    -> tensor<1x?x8x32xf32> {
  %r:2 = attn.attention ins(%q : tensor<1x?x8x64xf32>)
      dense(%q, %v : tensor<1x?x8x64xf32>, tensor<1x?x8x32xf32>)
      outs(%o, %l : tensor<1x?x8x32xf32>, tensor<1x8x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {scale = 0.5, indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return %r#0 : tensor<1x?x8x32xf32>
}

// CHECK-LABEL: func @used_lse
// CHECK: %[[R:.*]]:2 = attn.attention
// CHECK: return %[[R]]#1
func.func @used_lse(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>,
                    %l: tensor<1x8x?xf32>) -> tensor<1x8x?xf32> {
  %r:2 = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o, %l : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>)
  return %r#1 : tensor<1x8x?xf32>
}

// CHECK-LABEL: func @score_reduce
// CHECK: attn.score_reduce column_sum
// CHECK-NOT: score(
// CHECK-NOT: mask(
// CHECK: return
func.func @score_reduce(%q: tensor<1x8x?x64xf32>, %l: tensor<1x8x?xf32>,
                        %c: tensor<1x8x?xf32>) -> tensor<1x8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf32>)
      dense(%q : tensor<1x8x?x64xf32>) lse(%l : tensor<1x8x?xf32>)
      outs(%c : tensor<1x8x?xf32>)
      score(%s, %b, %h, %i, %j) {
        attn.yield %s : f32
      }
      mask(%b, %h, %i, %j) {
        %true = arith.constant true
        attn.yield %true : i1
      }
  return %r : tensor<1x8x?xf32>
}

// Only the regions ask for coordinates.

// CHECK-LABEL: func @unused_origin
// CHECK: attn.attention
// CHECK-NOT: origin
// CHECK: attn.attention
// CHECK: origin(
// CHECK: return
func.func @unused_origin(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>,
                         %x: index)
    -> (tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>) {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      origin(%x, %x, %x, %x) outs(%o : tensor<1x8x?x64xf32>)
  %s = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      origin(%x, %x, %x, %x) outs(%o : tensor<1x8x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r, %s : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>
}

// Constants stay in the regions, which are isolated from what is around them,
// and equal ones outside are not used in them.

// CHECK-LABEL: func @constants
// CHECK: arith.constant 7 : index
// CHECK: mask(
// CHECK-NEXT: arith.constant 7 : index
func.func @constants(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>)
    -> (tensor<1x8x?x64xf32>, index) {
  %c = arith.constant 7 : index
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %k = arith.constant 7 : index
        %x = arith.addi %i, %k : index
        %m = arith.cmpi sle, %j, %x : index
        attn.yield %m : i1
      }
  return %r, %c : tensor<1x8x?x64xf32>, index
}

// Casts of operands to types that say less are left out; that of an output stands
// behind the op.

// CHECK-LABEL: func @casts
// CHECK-SAME: (%[[Q:.*]]: tensor<1x8x4x64xf32>, %[[N:.*]]: tensor<1xi32>, %[[T:.*]]: tensor<9xf32>, %[[O:.*]]: tensor<1x8x4x64xf32>)
// CHECK: %[[R:.*]] = attn.attention ins(%[[Q]] : tensor<1x8x4x64xf32>)
// CHECK-NEXT: lengths(%[[N]] : tensor<1xi32>)
// CHECK-NEXT: outs(%[[O]] : tensor<1x8x4x64xf32>)
// CHECK-NEXT: score({{.*}} = %[[T]] : tensor<9xf32>)
// CHECK: %[[C:.*]] = tensor.cast %[[R]] : tensor<1x8x4x64xf32> to tensor<1x8x?x64xf32>
// CHECK: return %[[C]]
func.func @casts(%q: tensor<1x8x4x64xf32>, %n: tensor<1xi32>, %t: tensor<9xf32>,
                 %o: tensor<1x8x4x64xf32>) -> tensor<1x8x?x64xf32> {
  %q1 = tensor.cast %q : tensor<1x8x4x64xf32> to tensor<1x8x?x64xf32>
  %n1 = tensor.cast %n : tensor<1xi32> to tensor<?xi32>
  %t1 = tensor.cast %t : tensor<9xf32> to tensor<?xf32>
  %o1 = tensor.cast %o : tensor<1x8x4x64xf32> to tensor<1x8x?x64xf32>
  %r = attn.attention ins(%q1 : tensor<1x8x?x64xf32>)
      dense(%q1, %q1 : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      lengths(%n1 : tensor<?xi32>) outs(%o1 : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %u = %t1 : tensor<?xf32>) {
        %x = tensor.extract %u[%j] : tensor<?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x8x?x64xf32>
}

// A walk in closed form counts tiles by coordinates.

// CHECK-LABEL: func @origin_of_walk
// CHECK: origin(
func.func @origin_of_walk(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>,
    %x: index) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      origin(%x, %x, %x, %x) outs(%o : tensor<1x8x?x64xf32>)
      attributes {walk = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t, t + 1)>}
  return %r : tensor<1x8x?x64xf32>
}
