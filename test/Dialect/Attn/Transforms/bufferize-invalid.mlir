// RUN: fovea-opt %s --attn-bufferize --split-input-file --verify-diagnostics

func.func @dynamic_result(%q: tensor<1x8x?x64xf32>, %n: index) -> tensor<1x8x?x64xf32> {
  %o = tensor.empty(%n) : tensor<1x8x?x64xf32>
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
  // expected-error @+1 {{returns a new tensor of dynamic shape, 'memref<1x8x?x64xf32>'; take it as an argument and compute it in outs()}}
  return %r : tensor<1x8x?x64xf32>
}

// -----

// expected-error @+1 {{is called; inline it before bufferization (-inline)}}
func.func private @callee(%q: tensor<4xf32>) -> tensor<4xf32> {
  return %q : tensor<4xf32>
}
func.func @caller(%q: tensor<4xf32>) -> tensor<4xf32> {
  %r = call @callee(%q) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// expected-error @+1 {{has several blocks; functions of tensors have structured control flow}}
func.func @blocks(%q: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^next
^next:
  return %q : tensor<4xf32>
}
