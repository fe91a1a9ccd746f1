// RUN: fovea-opt %s --attn-outline-calls --split-input-file --verify-diagnostics

func.func @vector(%q: tensor<1x2x8x16xf32>, %n: vector<2xf32>) -> tensor<1x2x8x16xf32> {
  // expected-error @+1 {{has an operand of type 'vector<2xf32>', which the C ABI cannot pass}}
  %r = attn.attention ins(%q : tensor<1x2x8x16xf32>)
      dense(%q, %q : tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>) outs(%q : tensor<1x2x8x16xf32>)
      score(%s, %b, %h, %i, %j, %m = %n : vector<2xf32>) {
        attn.yield %s : f32
      }
  return %r : tensor<1x2x8x16xf32>
}

// -----

func.func @complex(%q: tensor<1x2x8x16xf32>, %n: tensor<2xcomplex<f32>>) -> tensor<1x2x8x16xf32> {
  // expected-error @+1 {{has an operand of type 'tensor<2xcomplex<f32>>', which the C ABI cannot pass}}
  %r = attn.attention ins(%q : tensor<1x2x8x16xf32>)
      dense(%q, %q : tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>) outs(%q : tensor<1x2x8x16xf32>)
      score(%s, %b, %h, %i, %j, %m = %n : tensor<2xcomplex<f32>>) {
        attn.yield %s : f32
      }
  return %r : tensor<1x2x8x16xf32>
}

// -----

func.func @wide(%q: tensor<1x2x8x16xf32>, %n: i128) -> tensor<1x2x8x16xf32> {
  // expected-error @+1 {{has an operand of type 'i128', which the C ABI cannot pass}}
  %r = attn.attention ins(%q : tensor<1x2x8x16xf32>)
      dense(%q, %q : tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>) outs(%q : tensor<1x2x8x16xf32>)
      score(%s, %b, %h, %i, %j, %m = %n : i128) {
        attn.yield %s : f32
      }
  return %r : tensor<1x2x8x16xf32>
}
