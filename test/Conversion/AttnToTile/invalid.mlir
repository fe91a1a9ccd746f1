// RUN: fovea-opt %s --attn-to-tile --split-input-file --verify-diagnostics

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>

func.func @tensors(%q: tensor<2x4x?x64xf32>) -> tensor<2x4x?x64xf32> {
  // expected-error @+1 {{works on tensors; run -attn-bufferize first}}
  %r = attn.attention ins(%q : tensor<2x4x?x64xf32>)
      dense(%q, %q : tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>)
      outs(%q : tensor<2x4x?x64xf32>) attributes {schedule = #schedule}
  return %r : tensor<2x4x?x64xf32>
}

// -----

func.func @no_schedule(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
  // expected-error @+1 {{has no schedule; run -attn-select-schedule first}}
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>
func.func @accumulator(%q: memref<2x4x?x64xf32>, %o: memref<2x4x?x64xf32>) {
  // expected-error @+1 {{accumulates in 'f64'; only f32 is lowered}}
  attn.attention ins(%q : memref<2x4x?x64xf32>)
      dense(%q, %q : memref<2x4x?x64xf32>, memref<2x4x?x64xf32>)
      outs(%o : memref<2x4x?x64xf32>)
      attributes {schedule = #schedule, numerics = #attn.numerics<accumulator = f64>}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>
%q = memref.alloc() : memref<2x4x8x64xf32>
// expected-error @+1 {{is not inside of a function; put it into a func.func}}
attn.attention ins(%q : memref<2x4x8x64xf32>)
    dense(%q, %q : memref<2x4x8x64xf32>, memref<2x4x8x64xf32>)
    outs(%q : memref<2x4x8x64xf32>) attributes {schedule = #schedule}

// -----

func.func @another_schedule(%q: memref<1x1x4x8xf32>, %o: memref<1x1x4x8xf32>) {
  // expected-error @+1 {{has 5 : i64 for its schedule; leave it out, or write #tile.cpu_schedule or #pipe.schedule}}
  attn.attention ins(%q : memref<1x1x4x8xf32>)
    dense(%q, %q : memref<1x1x4x8xf32>, memref<1x1x4x8xf32>)
    outs(%o : memref<1x1x4x8xf32>) attributes {schedule = 5}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>
func.func @reduce_walk(%q: memref<2x4x?x64xf32>, %l: memref<2x4x?xf32>, %o: memref<2x4x?xf32>,
                       %rows: memref<1x1x?x4xi32>, %tiles: memref<?xi32>) {
  // expected-error @+1 {{with a walk is not lowered; give the walk's pairs as a mask}}
  attn.score_reduce column_sum ins(%q : memref<2x4x?x64xf32>) dense(%q : memref<2x4x?x64xf32>)
      lse(%l : memref<2x4x?xf32>)
      walk<64, 128>(%rows, %tiles : memref<1x1x?x4xi32>, memref<?xi32>) outs(%o : memref<2x4x?xf32>) attributes {schedule = #schedule}
  return
}

// -----

func.func @reduce_gpu(%q: memref<2x4x?x64xbf16>, %l: memref<2x4x?xf32>, %o: memref<2x4x?xf32>) {
  // expected-error @+1 {{is lowered for CPUs only, by a #tile.cpu_schedule without storage_types, split_to and tail_tile}}
  attn.score_reduce column_sum ins(%q : memref<2x4x?x64xbf16>) dense(%q : memref<2x4x?x64xbf16>)
      lse(%l : memref<2x4x?xf32>) outs(%o : memref<2x4x?xf32>)
      attributes {schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>
func.func @walk(%q: memref<1x1x256x64xf32>, %r: memref<1x1x4x4xi32>,
                %t: memref<16xi32>, %o: memref<1x1x256x64xf32>) {
  // expected-error @+1 {{has a walk of 64 queries by 64 keys and a schedule of 64 by 128; the schedule's tiles must divide the walk's}}
  attn.attention ins(%q : memref<1x1x256x64xf32>)
      dense(%q, %q : memref<1x1x256x64xf32>, memref<1x1x256x64xf32>)
      walk<64, 64>(%r, %t : memref<1x1x4x4xi32>, memref<16xi32>)
      outs(%o : memref<1x1x256x64xf32>) attributes {schedule = #schedule}
  return
}

// -----

#schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4>
func.func @factors(%q: memref<1x1x256x64xf32>, %f: memref<1x1x256x2xf32>) {
  // expected-error @+1 {{has factors; run -attn-append-factors before bufferization}}
  attn.attention ins(%q : memref<1x1x256x64xf32>)
      dense(%q, %q : memref<1x1x256x64xf32>, memref<1x1x256x64xf32>)
      factors(%f, %f : memref<1x1x256x2xf32>, memref<1x1x256x2xf32>)
      outs(%q : memref<1x1x256x64xf32>) attributes {schedule = #schedule}
  return
}

// -----

func.func @closed_walk(%q: memref<2x4x256x64xf32>, %k: memref<2x4x256x64xf32>, %v: memref<2x4x256x64xf32>, %o: memref<2x4x256x64xf32>) {
  // expected-error @+1 {{has a walk in closed form; run -attn-walk-to-mask first}}
  attn.attention ins(%q : memref<2x4x256x64xf32>)
      dense(%k, %v : memref<2x4x256x64xf32>, memref<2x4x256x64xf32>)
      outs(%o : memref<2x4x256x64xf32>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 64, lanes = 16, rows = 4, vectors = 4>,
          walk = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t, t + 1)>}
  return
}
