// RUN: fovea-opt %s --linalg-raise-attention | FileCheck %s

// Attention written in other ways than torch-mlir's. unittests/Reference/RaiseTest.cpp
// runs all functions before and after the pass.

// CHECK-LABEL: func.func @attend(
// CHECK-SAME: %[[Q:.*]]: tensor<5x16xf32>, %[[K:.*]]: tensor<7x16xf32>, %[[V:.*]]: tensor<7x24xf32>)
// CHECK-NOT: linalg
// CHECK: attn.attention ins(%[[Q]] : tensor<5x16xf32>)
// CHECK-NEXT: dense(%[[K]], %[[V]] : tensor<7x16xf32>, tensor<7x24xf32>)
// CHECK-NEXT: outs(%{{.*}} : tensor<5x24xf32>) attributes {indexing_maps = [#{{.*}}], scale = 5.000000e-01 : f64}
// CHECK-NEXT: return
// DOC-BEGIN: linalg-raise-attention --linalg-raise-attention
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @attend(%q: tensor<5x16xf32>, %k: tensor<7x16xf32>, %v: tensor<7x24xf32>) -> tensor<5x24xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %half = arith.constant 0.5 : f32
  %e0 = tensor.empty() : tensor<16x7xf32>
  %kt = linalg.transpose ins(%k : tensor<7x16xf32>) outs(%e0 : tensor<16x7xf32>) permutation = [1, 0]
  %e1 = tensor.empty() : tensor<5x7xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<5x16xf32>, tensor<16x7xf32>) outs(%z1 : tensor<5x7xf32>) -> tensor<5x7xf32>
  %scaled = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<5x7xf32>) outs(%e1 : tensor<5x7xf32>) {
    ^bb0(%x: f32, %out: f32):
      %y = arith.mulf %x, %half : f32
      linalg.yield %y : f32
  } -> tensor<5x7xf32>
  %e2 = tensor.empty() : tensor<5xf32>
  %m0 = linalg.fill ins(%lowest : f32) outs(%e2 : tensor<5xf32>) -> tensor<5xf32>
  %m = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%scaled : tensor<5x7xf32>) outs(%m0 : tensor<5xf32>) {
    ^bb0(%x: f32, %top: f32):
      %y = arith.maximumf %x, %top : f32
      linalg.yield %y : f32
  } -> tensor<5xf32>
  %p = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%scaled, %m : tensor<5x7xf32>, tensor<5xf32>) outs(%e1 : tensor<5x7xf32>) {
    ^bb0(%x: f32, %top: f32, %out: f32):
      %d = arith.subf %x, %top : f32
      %y = math.exp %d : f32
      linalg.yield %y : f32
  } -> tensor<5x7xf32>
  %l0 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%p : tensor<5x7xf32>) outs(%l0 : tensor<5xf32>) {
    ^bb0(%x: f32, %sum: f32):
      %y = arith.addf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<5xf32>
  %w = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%p, %l : tensor<5x7xf32>, tensor<5xf32>) outs(%e1 : tensor<5x7xf32>) {
    ^bb0(%x: f32, %sum: f32, %out: f32):
      %y = arith.divf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<5x7xf32>
  %e3 = tensor.empty() : tensor<5x24xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<5x24xf32>) -> tensor<5x24xf32>
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x24xf32>) outs(%z3 : tensor<5x24xf32>) -> tensor<5x24xf32>
  return %o : tensor<5x24xf32>
}
// DOC-END

// Elementwise ops in one, a causal mask from the loops' indices, no maximum, and
// the division after the product with the values.

// CHECK-LABEL: func.func @plain(
// CHECK-NOT: linalg
// CHECK: attn.attention
// CHECK: score(%[[S:.*]], %{{.*}}, %{{.*}}, %[[I:.*]], %[[J:[^)]*]])
// CHECK: %[[C:.*]] = arith.cmpi sle, %[[J]], %[[I]] : index
// CHECK: %[[Y:.*]] = arith.select %[[C]], %[[S]], %{{.*}} : f32
// CHECK-NEXT: attn.yield %[[Y]]
// CHECK-NEXT: } attributes {{.*}}scale = 2.500000e-01
// CHECK-NEXT: return
#h_qk = affine_map<(h, i, j, d) -> (h, i, d)>
#h_k = affine_map<(h, i, j, d) -> (h, j, d)>
#h_s = affine_map<(h, i, j, d) -> (h, i, j)>
#h_all = affine_map<(h, i, j) -> (h, i, j)>
#h_row = affine_map<(h, i, j) -> (h, i)>
func.func @plain(%q: tensor<2x5x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %hidden = arith.constant 0xFF800000 : f32
  %four = arith.constant dense<4.0> : tensor<f32>
  %e = tensor.empty() : tensor<2x5x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x5xf32>) -> tensor<2x5x5xf32>
  %s = linalg.generic {indexing_maps = [#h_qk, #h_k, #h_s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x5x8xf32>, tensor<2x5x8xf32>) outs(%z : tensor<2x5x5xf32>) {
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %x = arith.mulf %b, %a : f32
      %y = arith.addf %sum, %x : f32
      linalg.yield %y : f32
  } -> tensor<2x5x5xf32>
  %p = linalg.generic {indexing_maps = [#h_all, affine_map<(h, i, j) -> ()>, #h_all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s, %four : tensor<2x5x5xf32>, tensor<f32>) outs(%e : tensor<2x5x5xf32>) {
    ^bb0(%x: f32, %f: f32, %out: f32):
      %i = linalg.index 1 : index
      %j = linalg.index 2 : index
      %c = arith.cmpi sle, %j, %i : index
      %d = arith.divf %x, %f : f32
      %m = arith.select %c, %d, %hidden : f32
      %y = math.exp %m : f32
      linalg.yield %y : f32
  } -> tensor<2x5x5xf32>
  %er = tensor.empty() : tensor<2x5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %l = linalg.generic {indexing_maps = [#h_all, #h_row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%p : tensor<2x5x5xf32>) outs(%zr : tensor<2x5xf32>) {
    ^bb0(%x: f32, %sum: f32):
      %y = arith.addf %sum, %x : f32
      linalg.yield %y : f32
  } -> tensor<2x5xf32>
  %eo = tensor.empty() : tensor<2x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<2x5x5xf32>, tensor<2x5x8xf32>) outs(%zo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
  %r = linalg.generic {indexing_maps = [#h_all, #h_row, #h_all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%o, %l : tensor<2x5x8xf32>, tensor<2x5xf32>) outs(%eo : tensor<2x5x8xf32>) {
    ^bb0(%x: f32, %sum: f32, %out: f32):
      %y = arith.divf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<2x5x8xf32>
  return %r : tensor<2x5x8xf32>
}

// Named ops; the weights are multiplied by the reciprocal of the sum; the maximum
// starts at the lowest number. Scores get a bias that is a function's scalar, and
// tanh.

// CHECK-LABEL: func.func @named(
// CHECK-SAME: %[[BIAS:[^:]*]]: f32)
// CHECK-NOT: linalg
// CHECK: attn.attention
// CHECK: score(%[[S:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[X:.*]] = %[[BIAS]] : f32)
// CHECK: %[[A:.*]] = arith.addf %[[S]], %[[X]] : f32
// CHECK: %[[Y:.*]] = math.tanh %[[A]] : f32
// CHECK: attn.yield %[[Y]]
// CHECK: scale = 1.000000e+00
// CHECK-NEXT: return
func.func @named(%q: tensor<2x5x8xf32>, %k: tensor<2x8x7xf32>, %v: tensor<2x7x8xf32>, %bias: f32) -> tensor<2x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %lowest = arith.constant -3.40282347E+38 : f32
  %e = tensor.empty() : tensor<2x5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<2x5x8xf32>, tensor<2x8x7xf32>) outs(%z : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %biases = linalg.fill ins(%bias : f32) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %biased = linalg.add ins(%s, %biases : tensor<2x5x7xf32>, tensor<2x5x7xf32>) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %capped = linalg.tanh ins(%biased : tensor<2x5x7xf32>) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %er = tensor.empty() : tensor<2x5xf32>
  %m0 = linalg.fill ins(%lowest : f32) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %m = linalg.reduce { arith.maxnumf } ins(%capped : tensor<2x5x7xf32>) outs(%m0 : tensor<2x5xf32>) dimensions = [2]
  %mb = linalg.broadcast ins(%m : tensor<2x5xf32>) outs(%e : tensor<2x5x7xf32>) dimensions = [2]
  %d = linalg.sub ins(%capped, %mb : tensor<2x5x7xf32>, tensor<2x5x7xf32>) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %p = linalg.exp ins(%d : tensor<2x5x7xf32>) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %l0 = linalg.fill ins(%zero : f32) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<2x5x7xf32>) outs(%l0 : tensor<2x5xf32>) dimensions = [2]
  %ones = linalg.fill ins(%one : f32) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %inverse = linalg.div ins(%ones, %l : tensor<2x5xf32>, tensor<2x5xf32>) outs(%er : tensor<2x5xf32>) -> tensor<2x5xf32>
  %ib = linalg.broadcast ins(%inverse : tensor<2x5xf32>) outs(%e : tensor<2x5x7xf32>) dimensions = [2]
  %w = linalg.mul ins(%ib, %p : tensor<2x5x7xf32>, tensor<2x5x7xf32>) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %eo = tensor.empty() : tensor<2x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<2x5x7xf32>, tensor<2x7x8xf32>) outs(%zo : tensor<2x5x8xf32>) -> tensor<2x5x8xf32>
  return %o : tensor<2x5x8xf32>
}

// Each op computes the exponentials again, as after fusion; batch and heads stand
// between the others; the product with the values has its operands swapped.

// CHECK-LABEL: func.func @fused(
// CHECK-NOT: linalg
// CHECK: attn.attention ins(%{{.*}} : tensor<5x2x3x8xf32>)
// CHECK-NEXT: dense(%{{.*}} : tensor<7x2x3x8xf32>, tensor<2x8x3x7xf32>)
// CHECK-NEXT: outs(%{{.*}} : tensor<2x3x8x5xf32>)
// CHECK-NEXT: return
#f_q = affine_map<(b, h, i, j, d) -> (i, b, h, d)>
#f_k = affine_map<(b, h, i, j, d) -> (j, b, h, d)>
#f_s = affine_map<(b, h, i, j, d) -> (h, b, j, i)>
#f_in = affine_map<(b, h, i, j) -> (h, b, j, i)>
#f_row = affine_map<(b, h, i, j) -> (b, i, h)>
#f_v = affine_map<(b, h, i, e, j) -> (b, e, h, j)>
#f_p = affine_map<(b, h, i, e, j) -> (h, b, j, i)>
#f_pr = affine_map<(b, h, i, e, j) -> (b, i, h)>
#f_o = affine_map<(b, h, i, e, j) -> (b, h, e, i)>
func.func @fused(%q: tensor<5x2x3x8xf32>, %k: tensor<7x2x3x8xf32>, %v: tensor<2x8x3x7xf32>) -> tensor<2x3x8x5xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<3x2x7x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x2x7x5xf32>) -> tensor<3x2x7x5xf32>
  %s = linalg.generic {indexing_maps = [#f_q, #f_k, #f_s], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<5x2x3x8xf32>, tensor<7x2x3x8xf32>) outs(%z : tensor<3x2x7x5xf32>) {
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %x = arith.mulf %a, %b : f32
      %y = arith.addf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<3x2x7x5xf32>
  %er = tensor.empty() : tensor<2x5x3xf32>
  %m0 = linalg.fill ins(%lowest : f32) outs(%er : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %m = linalg.generic {indexing_maps = [#f_in, #f_row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%s : tensor<3x2x7x5xf32>) outs(%m0 : tensor<2x5x3xf32>) {
    ^bb0(%x: f32, %top: f32):
      %y = arith.maximumf %top, %x : f32
      linalg.yield %y : f32
  } -> tensor<2x5x3xf32>
  %l0 = linalg.fill ins(%zero : f32) outs(%er : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %l = linalg.generic {indexing_maps = [#f_in, #f_row, #f_row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%s, %m : tensor<3x2x7x5xf32>, tensor<2x5x3xf32>) outs(%l0 : tensor<2x5x3xf32>) {
    ^bb0(%x: f32, %top: f32, %sum: f32):
      %d = arith.subf %x, %top : f32
      %p = math.exp %d : f32
      %y = arith.addf %p, %sum : f32
      linalg.yield %y : f32
  } -> tensor<2x5x3xf32>
  %w = linalg.generic {indexing_maps = [#f_in, #f_row, #f_row, #f_in], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s, %m, %l : tensor<3x2x7x5xf32>, tensor<2x5x3xf32>, tensor<2x5x3xf32>) outs(%e : tensor<3x2x7x5xf32>) {
    ^bb0(%x: f32, %top: f32, %sum: f32, %out: f32):
      %d = arith.subf %x, %top : f32
      %p = math.exp %d : f32
      %y = arith.divf %p, %sum : f32
      linalg.yield %y : f32
  } -> tensor<3x2x7x5xf32>
  %eo = tensor.empty() : tensor<2x3x8x5xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x8x5xf32>) -> tensor<2x3x8x5xf32>
  %o = linalg.generic {indexing_maps = [#f_v, #f_p, #f_o], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%v, %w : tensor<2x8x3x7xf32>, tensor<3x2x7x5xf32>) outs(%zo : tensor<2x3x8x5xf32>) {
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %x = arith.mulf %a, %b : f32
      %y = arith.addf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<2x3x8x5xf32>
  return %o : tensor<2x3x8x5xf32>
}

// One query, which is no dimension, of each head, bf16; keys and values are
// shared by all heads.

// CHECK-LABEL: func.func @one_query(
// CHECK-NOT: linalg
// CHECK: attn.attention ins(%{{.*}} : tensor<4x8xbf16>)
// CHECK-NEXT: dense(%{{.*}} : tensor<?x8xbf16>, tensor<?x8xbf16>)
// CHECK-NEXT: outs(%{{.*}} : tensor<4x8xbf16>)
// CHECK-NEXT: return
func.func @one_query(%q: tensor<4x8xbf16>, %k: tensor<?x8xbf16> {fovea.dims = ["T", ""]}, %v: tensor<?x8xbf16> {fovea.dims = ["T", ""]}) -> tensor<4x8xbf16> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %k, %c0 : tensor<?x8xbf16>
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x?xf32>) -> tensor<4x?xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(h, j, d) -> (h, d)>, affine_map<(h, j, d) -> (j, d)>, affine_map<(h, j, d) -> (h, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<4x8xbf16>, tensor<?x8xbf16>) outs(%z : tensor<4x?xf32>) {
    ^bb0(%a: bf16, %b: bf16, %sum: f32):
      %x = arith.extf %a : bf16 to f32
      %y = arith.extf %b : bf16 to f32
      %xy = arith.mulf %x, %y : f32
      %t = arith.addf %xy, %sum : f32
      linalg.yield %t : f32
  } -> tensor<4x?xf32>
  %p = linalg.exp ins(%s : tensor<4x?xf32>) outs(%e : tensor<4x?xf32>) -> tensor<4x?xf32>
  %er = tensor.empty() : tensor<4xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<4x?xf32>) outs(%zr : tensor<4xf32>) dimensions = [1]
  %w = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%p, %l : tensor<4x?xf32>, tensor<4xf32>) outs(%e : tensor<4x?xf32>) {
    ^bb0(%x: f32, %sum: f32, %out: f32):
      %y = arith.divf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<4x?xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(h, e, j) -> (h, j)>, affine_map<(h, e, j) -> (j, e)>, affine_map<(h, e, j) -> (h, e)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x?xf32>, tensor<?x8xbf16>) outs(%zo : tensor<4x8xf32>) {
    ^bb0(%a: f32, %b: bf16, %sum: f32):
      %y = arith.extf %b : bf16 to f32
      %xy = arith.mulf %a, %y : f32
      %t = arith.addf %xy, %sum : f32
      linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %eb = tensor.empty() : tensor<4x8xbf16>
  %r = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
      ins(%o : tensor<4x8xf32>) outs(%eb : tensor<4x8xbf16>) {
    ^bb0(%x: f32, %out: bf16):
      %y = arith.truncf %x : f32 to bf16
      linalg.yield %y : bf16
  } -> tensor<4x8xbf16>
  return %r : tensor<4x8xbf16>
}

// What reads a mask is copied with its own reads: a bias from a table, by distance,
// for a part of the batch.

// CHECK-LABEL: func.func @table(
// CHECK-NOT: linalg
// CHECK: attn.attention
// CHECK: score(%[[S:.*]], %{{.*}}, %[[H:.*]], %[[I:.*]], %[[J:.*]], %[[T:.*]] = %{{.*}} : tensor<3x9xf16>)
// CHECK-DAG: %[[PART:.*]] = arith.floordivsi %[[H]], %c2
// CHECK-DAG: %[[D:.*]] = arith.subi %[[J]], %[[I]] : index
// CHECK: %[[X:.*]] = tensor.extract %[[T]][%[[PART]], %{{.*}}] : tensor<3x9xf16>
// CHECK: arith.extf %[[X]] : f16 to f32
// CHECK: return
func.func @table(%q: tensor<6x5x8xf16>, %k: tensor<6x5x8xf16>, %v: tensor<6x5x8xf16>, %t: tensor<3x9xf16>) -> tensor<6x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %c4 = arith.constant 4 : index
  %e = tensor.empty() : tensor<6x5x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %s = linalg.generic {indexing_maps = [#h_qk, #h_k, #h_s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<6x5x8xf16>, tensor<6x5x8xf16>) outs(%z : tensor<6x5x5xf32>) {
    ^bb0(%a: f16, %b: f16, %sum: f32):
      %x = arith.extf %a : f16 to f32
      %y = arith.extf %b : f16 to f32
      %xy = arith.mulf %x, %y : f32
      %t0 = arith.addf %xy, %sum : f32
      linalg.yield %t0 : f32
  } -> tensor<6x5x5xf32>
  %s4 = tensor.expand_shape %s [[0, 1], [2], [3]] output_shape [3, 2, 5, 5] : tensor<6x5x5xf32> into tensor<3x2x5x5xf32>
  %e4 = tensor.empty() : tensor<3x2x5x5xf32>
  %biased = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (b, h, i, j)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s4 : tensor<3x2x5x5xf32>) outs(%e4 : tensor<3x2x5x5xf32>) {
    ^bb0(%x: f32, %out: f32):
      %b = linalg.index 0 : index
      %i = linalg.index 2 : index
      %j = linalg.index 3 : index
      %d = arith.subi %j, %i : index
      %at = arith.addi %d, %c4 : index
      %u = tensor.extract %t[%b, %at] : tensor<3x9xf16>
      %w = arith.extf %u : f16 to f32
      %y = arith.addf %x, %w : f32
      linalg.yield %y : f32
  } -> tensor<3x2x5x5xf32>
  %s3 = tensor.collapse_shape %biased [[0, 1], [2], [3]] : tensor<3x2x5x5xf32> into tensor<6x5x5xf32>
  %p = linalg.exp ins(%s3 : tensor<6x5x5xf32>) outs(%e : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %er = tensor.empty() : tensor<6x5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<6x5xf32>) -> tensor<6x5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<6x5x5xf32>) outs(%zr : tensor<6x5xf32>) dimensions = [2]
  %w = linalg.generic {indexing_maps = [#h_all, #h_row, #h_all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p, %l : tensor<6x5x5xf32>, tensor<6x5xf32>) outs(%e : tensor<6x5x5xf32>) {
    ^bb0(%x: f32, %sum: f32, %out: f32):
      %y = arith.divf %x, %sum : f32
      linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %eo = tensor.empty() : tensor<6x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<6x5x8xf32>) -> tensor<6x5x8xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<6x5x5xf32>, tensor<6x5x8xf16>) outs(%zo : tensor<6x5x8xf32>) -> tensor<6x5x8xf32>
  return %o : tensor<6x5x8xf32>
}
