// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @narrow
// CHECK: schedule = #pipe.schedule<query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, consumer_regs = 160, turns = true, persistent = true, skip = true>
func.func @narrow(%q: tensor<1x8x?x64xf16>) -> tensor<1x8x?x64xf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf16>)
      dense(%q, %q : tensor<1x8x?x64xf16>, tensor<1x8x?x64xf16>)
      outs(%q : tensor<1x8x?x64xf16>)
  return %r : tensor<1x8x?x64xf16>
}

// Wide rows leave a GPU room for two groups and a persistent kernel, with the
// last tiles first if there is a mask.
// CHECK-LABEL: func.func @wide
// CHECK: groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, persistent = true>
// CHECK: groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, persistent = true, last_first = true>
func.func @wide(%q: tensor<1x8x?x128xbf16>) -> tensor<1x8x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x128xbf16>)
      dense(%q, %q : tensor<1x8x?x128xbf16>, tensor<1x8x?x128xbf16>)
      outs(%q : tensor<1x8x?x128xbf16>)
  %c = attn.attention ins(%q : tensor<1x8x?x128xbf16>)
      dense(%q, %q : tensor<1x8x?x128xbf16>, tensor<1x8x?x128xbf16>)
      outs(%r : tensor<1x8x?x128xbf16>)
      mask(%b, %h, %i, %j) {
        %m = arith.cmpi sle, %j, %i : index
        attn.yield %m : i1
      }
  return %c : tensor<1x8x?x128xbf16>
}

// Behind a mask three groups take no turns.
// CHECK-LABEL: func.func @narrow_causal
// CHECK: query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, consumer_regs = 160, persistent = true, last_first = true, skip = true>
func.func @narrow_causal(%q: tensor<1x8x?x64xbf16>) -> tensor<1x8x?x64xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xbf16>)
      dense(%q, %q : tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
      outs(%q : tensor<1x8x?x64xbf16>)
      mask(%b, %h, %i, %j) {
        %m = arith.cmpi sle, %j, %i : index
        attn.yield %m : i1
      }
  return %r : tensor<1x8x?x64xbf16>
}

// Where functions of scores take longer than products, groups take no turns.
// CHECK-LABEL: func.func @soft_cap
// CHECK: query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, persistent = true>
// CHECK-LABEL: func.func @accurate
// CHECK-NOT: key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, persistent = true>
func.func @soft_cap(%q: tensor<1x8x?x128xbf16>) -> tensor<1x8x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x128xbf16>)
      dense(%q, %q : tensor<1x8x?x128xbf16>, tensor<1x8x?x128xbf16>)
      outs(%q : tensor<1x8x?x128xbf16>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : tensor<1x8x?x128xbf16>
}
func.func @accurate(%q: tensor<1x8x?x128xbf16>) -> tensor<1x8x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x128xbf16>)
      dense(%q, %q : tensor<1x8x?x128xbf16>, tensor<1x8x?x128xbf16>)
      outs(%q : tensor<1x8x?x128xbf16>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
  return %r : tensor<1x8x?x128xbf16>
}

// Of many channels, a short masked walk has key tiles of 64.
// CHECK-LABEL: func.func @short
// CHECK: query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, last_first = true, reuse_queries = true, skip = true>
func.func @short(%q: tensor<1x8x1024x256xbf16>) -> tensor<1x8x1024x256xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x1024x256xbf16>)
      dense(%q, %q : tensor<1x8x1024x256xbf16>, tensor<1x8x1024x256xbf16>)
      outs(%q : tensor<1x8x1024x256xbf16>)
      mask(%b, %h, %i, %j) {
        %m = arith.cmpi sle, %j, %i : index
        attn.yield %m : i1
      }
  return %r : tensor<1x8x1024x256xbf16>
}
// CHECK-LABEL: func.func @long
// CHECK: query_tile = 128, key_tile = 80, {{.*}}, skip = true>
func.func @long(%q: tensor<1x8x2048x256xbf16>) -> tensor<1x8x2048x256xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x2048x256xbf16>)
      dense(%q, %q : tensor<1x8x2048x256xbf16>, tensor<1x8x2048x256xbf16>)
      outs(%q : tensor<1x8x2048x256xbf16>)
      mask(%b, %h, %i, %j) {
        %m = arith.cmpi sle, %j, %i : index
        attn.yield %m : i1
      }
  return %r : tensor<1x8x2048x256xbf16>
}

// Results may have f32, from which nothing is read.
// CHECK-LABEL: func.func @f32_result
// CHECK: schedule = #pipe.schedule<
func.func @f32_result(%q: tensor<1x8x?x64xbf16>, %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xbf16>)
      dense(%q, %q : tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
      outs(%o : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}

// Few queries' and keys' channels do not make a row of values narrow.
// CHECK-LABEL: func.func @unequal
// CHECK: query_tile = 128
func.func @unequal(%q: tensor<1x8x?x40xf16>, %v: tensor<1x8x?x72xf16>) -> tensor<1x8x?x72xf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x40xf16>)
      dense(%q, %v : tensor<1x8x?x40xf16>, tensor<1x8x?x72xf16>)
      outs(%v : tensor<1x8x?x72xf16>)
  return %r : tensor<1x8x?x72xf16>
}

// -----

!t = tensor<1x8x?x64xf32>
func.func @f32(%q: !t) -> !t {
  // expected-error @+1 {{has queries of 'f32'; on NVIDIA GPUs there is code for bf16 and f16: convert them before the call, or permit it by numerics = #attn.numerics<operand = bf16>}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%q : !t)
  return %r : !t
}

// -----

!t = tensor<1x8x?x64xbf16>
func.func @two_types(%q: tensor<1x8x?x64xf16>, %k: !t) -> !t {
  // expected-error @+1 {{has queries of 'f16' and keys of 'bf16'; they need one type on NVIDIA GPUs}}
  %r = attn.attention ins(%q : tensor<1x8x?x64xf16>) dense(%k, %k : !t, !t) outs(%k : !t)
  return %r : !t
}

// -----

!t = tensor<1x8x?x64xbf16>
func.func @weights(%q: !t) -> !t {
  // expected-error @+1 {{has weights (probability) of 'f32' and values of 'bf16'; they need one type on NVIDIA GPUs}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%q : !t)
      attributes {numerics = #attn.numerics<probability = f32>}
  return %r : !t
}

// -----

// Also if the schedule is given.
!t = tensor<1x8x?x20xbf16>
func.func @odd_channels(%q: !t, %v: tensor<1x8x?x64xbf16>) -> tensor<1x8x?x64xbf16> {
  // expected-error @+1 {{has 20 channels of queries and keys (D), on NVIDIA GPUs a multiple of 8 is needed; add zeros up to 24 channels, and scale = 1 / sqrt(20) if it is not given}}
  %r = attn.attention ins(%q : !t) dense(%q, %v : !t, tensor<1x8x?x64xbf16>)
      outs(%v : tensor<1x8x?x64xbf16>)
      attributes {schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>}
  return %r : tensor<1x8x?x64xbf16>
}

// -----

!t = tensor<1x8x?x64xbf16>
func.func @odd_values(%q: !t, %v: tensor<1x8x?x1xbf16>) -> tensor<1x8x?x1xbf16> {
  // expected-error @+1 {{has 1 channels of values (Dv), on NVIDIA GPUs a multiple of 8 is needed; add any up to 8 channels, and take the first 1 of the result}}
  %r = attn.attention ins(%q : !t) dense(%q, %v : !t, tensor<1x8x?x1xbf16>)
      outs(%v : tensor<1x8x?x1xbf16>)
  return %r : tensor<1x8x?x1xbf16>
}

// -----

// A schedule's tiles divide those of a walk; two blocks on a multiprocessor work on small ones.
// CHECK-LABEL: func.func @walk
// CHECK: query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 216
func.func @walk(%q: tensor<1x8x?x64xf16>, %r: tensor<1x1x?x4xi32>,
                %t: tensor<?xi32>) -> tensor<1x8x?x64xf16> {
  %x = attn.attention ins(%q : tensor<1x8x?x64xf16>)
      dense(%q, %q : tensor<1x8x?x64xf16>, tensor<1x8x?x64xf16>)
      walk<64, 64>(%r, %t : tensor<1x1x?x4xi32>, tensor<?xi32>)
      outs(%q : tensor<1x8x?x64xf16>)
  return %x : tensor<1x8x?x64xf16>
}

// -----

!t = tensor<1x8x?x64xbf16>
func.func @segments(%q: !t) -> !t {
  // expected-error @+1 {{has 2 segments; on NVIDIA GPUs there is code for one: compute each with its lse, and combine them with attn.merge}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) dense(%q, %q : !t, !t) outs(%q : !t)
  return %r : !t
}

// -----

!t = tensor<1x8x?x64xbf16>
func.func @pages(%q: !t, %k: tensor<?x8x20x64xbf16>, %p: tensor<1x?xi32>) -> !t {
  // expected-error @+1 {{has pages of 20 keys; on NVIDIA GPUs a multiple of 8 is needed}}
  %r = attn.attention ins(%q : !t) paged<20>(%k, %k : tensor<?x8x20x64xbf16>, tensor<?x8x20x64xbf16>) table(%p : tensor<1x?xi32>)
      outs(%q : !t)
  return %r : !t
}

// -----

func.func @reduce(%q: tensor<8x?x64xbf16>, %k: tensor<8x?x64xbf16>, %p: tensor<?xi32>, %n: tensor<?xi32>, %l: tensor<8x?xf32>, %o: tensor<8x?xf32>) -> tensor<8x?xf32> {
  // expected-error @+1 {{is no attention of keys to queries, which alone has code for NVIDIA GPUs: sums are in f32 there; run -attn-swap-score-reduce}}
  %r = attn.score_reduce column_sum ins(%q : tensor<8x?x64xbf16>) packed(%k : tensor<8x?x64xbf16>) offsets(%p, %p : tensor<?xi32>, tensor<?xi32>) lengths(%n : tensor<?xi32>)
      lse(%l : tensor<8x?xf32>) outs(%o : tensor<8x?xf32>)
  return %r : tensor<8x?xf32>
}
