// RUN: fovea-opt %s --attn-select-schedule=target=cpu:avx512 --split-input-file --verify-diagnostics | FileCheck %s

// A user's schedule wins.
// CHECK-LABEL: func.func @given
// CHECK: schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 8, rows = 2, vectors = 2>
func.func @given(%q: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 8, rows = 2, vectors = 2>}
  return %r : tensor<1x8x?x64xf32>
}

// -----

func.func @other(%q: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  // expected-error @+1 {{which is not for cpu:avx512; leave it out, or give #tile.cpu_schedule<...>}}
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
      attributes {schedule = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>}
  return %r : tensor<1x8x?x64xf32>
}
