// The names of the option are known even where the input has no attn op.

// RUN: fovea-opt %s --attn-decompose=ops=attn.merge | FileCheck %s

// CHECK: func.func @none(
func.func @none(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
