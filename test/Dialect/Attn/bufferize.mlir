// RUN: fovea-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" --canonicalize | FileCheck %s
func.func @in_place(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>,
                    %o: tensor<1x8x?x64xf32> {bufferization.writable = true}, %l: tensor<1x8x?xf32> {bufferization.writable = true})
    -> (tensor<1x8x?x64xf32>, tensor<1x8x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o, %l : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>)
  return %r#0, %r#1 : tensor<1x8x?x64xf32>, tensor<1x8x?xf32>
}

func.func @captures(%q: tensor<1x8x?x64xf32>, %t: tensor<8x?xf32>, %d: tensor<?xi32>, %x: f32, %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
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

func.func @query_as_output(%q: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}

func.func @chain(%q: tensor<1x8x4x64xf32>, %l: tensor<1x8x4xf32>, %c: tensor<1x8x4xf32>) -> (tensor<1x8x4x64xf32>, tensor<1x8x4xf32>) {
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
      outs(%e : tensor<1x8x4x64xf32>) -> tensor<1x8x4x64xf32>
  return %m, %s : tensor<1x8x4x64xf32>, tensor<1x8x4xf32>
}
