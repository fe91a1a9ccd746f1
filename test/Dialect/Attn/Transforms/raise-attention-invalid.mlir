// RUN: fovea-opt %s --linalg-raise-attention --split-input-file --verify-diagnostics | FileCheck %s

// What is left alone, and why. Products whose weights are no exponentials get no
// remark.

// CHECK-NOT: attn.attention

func.func @product(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %z: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  return %s : tensor<5x7xf32>
}

// -----

// The weights are exponentials, no softmax.
func.func @no_sum(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %w = linalg.copy ins(%p : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the weights are not divided by their sum}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// The sum starts at 1: a sink, which the op has, but not here.
func.func @sum_from_one(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %init = arith.constant 1.0 : f32
  %zr = linalg.fill ins(%init : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the weights are divided by something else than their sum over the keys, from 0 on}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// The sum is over the queries.
func.func @sum_of_columns(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<7xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<7xf32>) -> tensor<7xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<7xf32>) dimensions = [0]
  %lb = linalg.broadcast ins(%l : tensor<7xf32>) outs(%e : tensor<5x7xf32>) dimensions = [0]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the weights are divided by something else than their sum over the keys, from 0 on}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// Weights from a tensor of scores.
func.func @no_product(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>, %t: tensor<5x7xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%t : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the scores hold no product of queries and keys}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// The product starts at something else than 0.
func.func @product_from_a_bias(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>, %t: tensor<5x7xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%t : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the scores hold no product of queries and keys}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// Scores of two products.
func.func @two_products(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>, %k2: tensor<8x7xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s2 = linalg.matmul ins(%q, %k2 : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s3 = linalg.add ins(%s, %s2 : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s3 : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: the scores hold several products of matrices}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// The weights are a result.
func.func @weights_are_used(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> (tensor<5x8xf32>, tensor<5x7xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: its scores or weights are used elsewhere, too}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o, %w : tensor<5x8xf32>, tensor<5x7xf32>
}

// -----

// f64.
func.func @f64(%q: tensor<5x8xf64>, %k: tensor<8x7xf64>, %v: tensor<7x8xf64>) -> tensor<5x8xf64> {
  %zero = arith.constant 0.0 : f64
  %e = tensor.empty() : tensor<5x7xf64>
  %z = linalg.fill ins(%zero : f64) outs(%e : tensor<5x7xf64>) -> tensor<5x7xf64>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf64>, tensor<8x7xf64>) outs(%z : tensor<5x7xf64>) -> tensor<5x7xf64>
  %p = linalg.exp ins(%s : tensor<5x7xf64>) outs(%e : tensor<5x7xf64>) -> tensor<5x7xf64>
  %er = tensor.empty() : tensor<5xf64>
  %zr = linalg.fill ins(%zero : f64) outs(%er : tensor<5xf64>) -> tensor<5xf64>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf64>) outs(%zr : tensor<5xf64>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf64>) outs(%e : tensor<5x7xf64>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf64>, tensor<5x7xf64>) outs(%e : tensor<5x7xf64>) -> tensor<5x7xf64>
  %eo = tensor.empty() : tensor<5x8xf64>
  %zo = linalg.fill ins(%zero : f64) outs(%eo : tensor<5x8xf64>) -> tensor<5x8xf64>
  // expected-remark @+1 {{is not raised to attention: queries, keys, values and result are not [batch, heads, rows, channels] of f32, f16 or bf16 in some order}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf64>, tensor<7x8xf64>) outs(%zo : tensor<5x8xf64>) -> tensor<5x8xf64>
  return %o : tensor<5x8xf64>
}

// -----

// Channels of dynamic size.
func.func @dynamic_channels(%q: tensor<5x?xf32>, %k: tensor<?x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x?xf32>, tensor<?x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: its channels (D and Dv) must be static}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// What is subtracted is no maximum of the scores: it starts at 0.
func.func @maximum_from_zero(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %em = tensor.empty() : tensor<5xf32>
  %m0 = linalg.fill ins(%zero : f32) outs(%em : tensor<5xf32>) -> tensor<5xf32>
  %m = linalg.reduce { arith.maximumf } ins(%s : tensor<5x7xf32>) outs(%m0 : tensor<5xf32>) dimensions = [1]
  %mb = linalg.broadcast ins(%m : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %d = linalg.sub ins(%s, %mb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %p = linalg.exp ins(%d : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: its scores depend on each other, but for the softmax}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// Scores that read others: their diagonal.
func.func @diagonal(%q: tensor<7x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<7x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<7x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<7x7xf32>) -> tensor<7x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<7x8xf32>, tensor<8x7xf32>) outs(%z : tensor<7x7xf32>) -> tensor<7x7xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%s, %s : tensor<7x7xf32>, tensor<7x7xf32>) outs(%e : tensor<7x7xf32>) {
    ^bb0(%x: f32, %u: f32, %out: f32):
      %r = arith.subf %x, %u : f32
      linalg.yield %r : f32
  } -> tensor<7x7xf32>
  %p = linalg.exp ins(%y : tensor<7x7xf32>) outs(%e : tensor<7x7xf32>) -> tensor<7x7xf32>
  %er = tensor.empty() : tensor<7xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<7xf32>) -> tensor<7xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<7x7xf32>) outs(%zr : tensor<7xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<7xf32>) outs(%e : tensor<7x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<7x7xf32>, tensor<7x7xf32>) outs(%e : tensor<7x7xf32>) -> tensor<7x7xf32>
  %eo = tensor.empty() : tensor<7x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<7x8xf32>) -> tensor<7x8xf32>
  // expected-remark @+1 {{is not raised to attention: its scores depend on each other, but for the softmax}}
  %o = linalg.matmul ins(%w, %v : tensor<7x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<7x8xf32>) -> tensor<7x8xf32>
  return %o : tensor<7x8xf32>
}

// -----

// An index that is a sum of two.
func.func @sum_of_indices(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>, %t: tensor<11xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i + j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%s, %t : tensor<5x7xf32>, tensor<11xf32>) outs(%e : tensor<5x7xf32>) {
    ^bb0(%x: f32, %u: f32, %out: f32):
      %r = arith.subf %x, %u : f32
      linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %p = linalg.exp ins(%y : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: its scores read a tensor at an index that is not a loop's}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// An op that no region holds.
func.func @other_ops(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) {
    ^bb0(%x: f32, %out: f32):
      %i = linalg.index 0 : index
      %a = affine.apply affine_map<(d) -> (d * 2)>(%i)
      %n = arith.index_cast %a : index to i64
      %b = arith.sitofp %n : i64 to f32
      %r = arith.addf %x, %b : f32
      linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %p = linalg.exp ins(%y : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: a score region cannot hold the op affine.apply}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// Scores in f64 between.
func.func @wide_scores(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %s = linalg.matmul ins(%q, %k : tensor<5x8xf32>, tensor<8x7xf32>) outs(%z : tensor<5x7xf32>) -> tensor<5x7xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) {
    ^bb0(%x: f32, %out: f32):
      %u = arith.extf %x : f32 to f64
      %t = math.tanh %u : f64
      %r = arith.truncf %t : f64 to f32
      linalg.yield %r : f32
  } -> tensor<5x7xf32>
  %p = linalg.exp ins(%y : tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %er = tensor.empty() : tensor<5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<5xf32>) -> tensor<5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<5x7xf32>) outs(%zr : tensor<5xf32>) dimensions = [1]
  %lb = linalg.broadcast ins(%l : tensor<5xf32>) outs(%e : tensor<5x7xf32>) dimensions = [1]
  %w = linalg.div ins(%p, %lb : tensor<5x7xf32>, tensor<5x7xf32>) outs(%e : tensor<5x7xf32>) -> tensor<5x7xf32>
  %eo = tensor.empty() : tensor<5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<5x8xf32>) -> tensor<5x8xf32>
  // expected-remark @+1 {{is not raised to attention: its scores are computed in f64}}
  %o = linalg.matmul ins(%w, %v : tensor<5x7xf32>, tensor<7x8xf32>) outs(%zo : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}

// -----

// The sequence of a head, of a number of heads that is not known.
#all = affine_map<(b, h, i, j) -> (b, h, i, j)>
func.func @dynamic_heads(%q: tensor<?x5x8xf32>, %k: tensor<?x8x7xf32>, %v: tensor<?x7x8xf32>, %t: tensor<2x5x7xf32>) -> tensor<?x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c0 : tensor<?x5x8xf32>
  %h = arith.divsi %n, %c2 : index
  %e = tensor.empty(%n) : tensor<?x5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x5x7xf32>) -> tensor<?x5x7xf32>
  %s = linalg.batch_matmul ins(%q, %k : tensor<?x5x8xf32>, tensor<?x8x7xf32>) outs(%z : tensor<?x5x7xf32>) -> tensor<?x5x7xf32>
  %s4 = tensor.expand_shape %s [[0, 1], [2], [3]] output_shape [2, %h, 5, 7] : tensor<?x5x7xf32> into tensor<2x?x5x7xf32>
  %e4 = tensor.empty(%h) : tensor<2x?x5x7xf32>
  %y = linalg.generic {indexing_maps = [#all, affine_map<(b, h, i, j) -> (b, i, j)>, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s4, %t : tensor<2x?x5x7xf32>, tensor<2x5x7xf32>) outs(%e4 : tensor<2x?x5x7xf32>) {
    ^bb0(%x: f32, %u: f32, %out: f32):
      %r = arith.addf %x, %u : f32
      linalg.yield %r : f32
  } -> tensor<2x?x5x7xf32>
  %y3 = tensor.collapse_shape %y [[0, 1], [2], [3]] : tensor<2x?x5x7xf32> into tensor<?x5x7xf32>
  %p = linalg.exp ins(%y3 : tensor<?x5x7xf32>) outs(%e : tensor<?x5x7xf32>) -> tensor<?x5x7xf32>
  %er = tensor.empty(%n) : tensor<?x5xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<?x5xf32>) -> tensor<?x5xf32>
  %l = linalg.reduce { arith.addf } ins(%p : tensor<?x5x7xf32>) outs(%zr : tensor<?x5xf32>) dimensions = [2]
  %lb = linalg.broadcast ins(%l : tensor<?x5xf32>) outs(%e : tensor<?x5x7xf32>) dimensions = [2]
  %w = linalg.div ins(%p, %lb : tensor<?x5x7xf32>, tensor<?x5x7xf32>) outs(%e : tensor<?x5x7xf32>) -> tensor<?x5x7xf32>
  %eo = tensor.empty(%n) : tensor<?x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  // expected-remark @+1 {{is not raised to attention: an index of its scores needs a static size}}
  %o = linalg.batch_matmul ins(%w, %v : tensor<?x5x7xf32>, tensor<?x7x8xf32>) outs(%zo : tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  return %o : tensor<?x5x8xf32>
}
