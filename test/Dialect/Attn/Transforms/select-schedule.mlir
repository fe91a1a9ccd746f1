// RUN: fovea-opt %s --attn-select-schedule=target=cpu:avx512 | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: fovea-opt %s --attn-select-schedule=target=cpu:avx2 | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: fovea-opt %s --attn-select-schedule=target=cpu:plain | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: fovea-opt %s --attn-select-schedule=target=cpu:+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512bf16 | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: fovea-opt %s --attn-select-schedule=target=cpu:amx | FileCheck %s --check-prefix=AMX
// RUN: not fovea-opt %s --attn-select-schedule=target=gpu 2>&1 | FileCheck %s --check-prefix=GPU
// RUN: not fovea-opt %s --attn-select-schedule=target=cpu:avx2,fma 2>&1 | FileCheck %s --check-prefix=FEATURE

// GPU: error: unknown target 'gpu': it is no CPU; a target is cpu, cpu:amx, cpu:avx512, cpu:avx2, cpu:plain, cpu:+FEATURE,-FEATURE,... or cpu:aarch64
// FEATURE: error: unknown target 'cpu:avx2,fma': 'avx2' is no feature with + or - in front

// Of an unknown number of queries the last ones of a head have a tile of one vector.
// CHECK-LABEL: func.func @dynamic
// AVX512: schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, tail_tile = 16>
// AVX2: schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 8, rows = 4, vectors = 2, tail_tile = 8>
// PLAIN: schedule = #tile.cpu_schedule<query_tile = 32, key_tile = 128, lanes = 4, rows = 4, vectors = 2, tail_tile = 4>
// BF16: schedule = #tile.cpu_schedule<query_tile = 64, key_tile = 128, lanes = 16, rows = 4, vectors = 4, tail_tile = 16>
// DOC-BEGIN: attn-select-schedule --attn-select-schedule=target=cpu:avx512
func.func @dynamic(%q: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}
// DOC-END

// A decoding step: keys and channels fill vectors, and keys are divided.
// CHECK-LABEL: func.func @one_query
// AVX512: schedule = #tile.cpu_schedule<query_tile = 1, key_tile = 64, lanes = 16, rows = 1, vectors = 4, split_to = 64, lane_axis = 1>
// AVX2: schedule = #tile.cpu_schedule<query_tile = 1, key_tile = 64, lanes = 8, rows = 1, vectors = 2, split_to = 64, lane_axis = 1>
// PLAIN: schedule = #tile.cpu_schedule<query_tile = 1, key_tile = 64, lanes = 4, rows = 1, vectors = 2, split_to = 64, lane_axis = 1>
func.func @one_query(%q: tensor<1x8x1x64xf32>, %k: tensor<1x8x?x64xf32>) -> tensor<1x8x1x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x1x64xf32>)
      dense(%k, %k : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%q : tensor<1x8x1x64xf32>)
  return %r : tensor<1x8x1x64xf32>
}

// Queries are counted along dimension i, wherever indexing_maps put it.
// CHECK-LABEL: func.func @bshd
// AVX512: schedule = #tile.cpu_schedule<query_tile = 3,
func.func @bshd(%q: tensor<1x3x8x64xf32>, %k: tensor<1x?x8x64xf32>) -> tensor<1x3x8x64xf32> {
  %r = attn.attention ins(%q : tensor<1x3x8x64xf32>)
      dense(%k, %k : tensor<1x?x8x64xf32>, tensor<1x?x8x64xf32>)
      outs(%q : tensor<1x3x8x64xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<1x3x8x64xf32>
}

// Where the last work item of a head has few rows, its tiles are smaller. Products of
// bf16 take pairs if all operands are of that type and the CPU multiplies them, in
// tile registers if it has them.
// CHECK-LABEL: func.func @tail
// AVX512: vectors = 4, tail_tile = 32>
// AVX2: vectors = 2, tail_tile = 32>
// PLAIN: vectors = 2>
// BF16: vectors = 4, tail_tile = 32, storage_types = true>
// AMX-LABEL: func.func @tail
// AMX: vectors = 4, tail_tile = 32, storage_types = true, amx = true>
func.func @tail(%q: tensor<1x8x90x64xbf16>, %k: tensor<1x8x?x64xbf16>) -> tensor<1x8x90x64xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x90x64xbf16>)
      dense(%k, %k : tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
      outs(%q : tensor<1x8x90x64xbf16>)
  return %r : tensor<1x8x90x64xbf16>
}

// CHECK-LABEL: func.func @mixed
// BF16: vectors = 4>
// AMX-LABEL: func.func @mixed
// AMX: vectors = 4>
func.func @mixed(%q: tensor<1x8x64x64xf32>, %k: tensor<1x8x?x64xbf16>) -> tensor<1x8x64x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x64x64xf32>)
      dense(%k, %k : tensor<1x8x?x64xbf16>, tensor<1x8x?x64xbf16>)
      outs(%q : tensor<1x8x64x64xf32>)
  return %r : tensor<1x8x64x64xf32>
}

// Few queries of heads that share keys: up to 16 rows have channels in lanes.
// CHECK-LABEL: func.func @sixteen_rows
// AVX512: schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 64, lanes = 16, rows = 4, vectors = 4, split_to = 64, lane_axis = 1>
func.func @sixteen_rows(%q: tensor<1x8x4x64xf32>, %k: tensor<1x2x?x64xf32>) -> tensor<1x8x4x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x4x64xf32>) dense(%k, %k : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      outs(%q : tensor<1x8x4x64xf32>)
  return %r : tensor<1x8x4x64xf32>
}

// CHECK-LABEL: func.func @twenty_rows
// AVX512: schedule = #tile.cpu_schedule<query_tile = 32, key_tile = 128, lanes = 16, rows = 8, vectors = 2, split_to = 64>
func.func @twenty_rows(%q: tensor<1x8x5x64xf32>, %k: tensor<1x2x?x64xf32>) -> tensor<1x8x5x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x5x64xf32>) dense(%k, %k : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      outs(%q : tensor<1x8x5x64xf32>)
  return %r : tensor<1x8x5x64xf32>
}

// What is expected of sequences is theirs, not that of all.
// CHECK-LABEL: func.func @expected
// AVX512: schedule = #tile.cpu_schedule<query_tile = 4, key_tile = 64, lanes = 16, rows = 4, vectors = 4, split_to = 64, lane_axis = 1>
func.func @expected(%q: tensor<4x256x64xf32>, %k: tensor<2x?x64xf32>, %n: tensor<?xi32>) -> tensor<4x256x64xf32> {
  %r = attn.attention ins(%q : tensor<4x256x64xf32>)
      packed(%k, %k : tensor<2x?x64xf32>, tensor<2x?x64xf32>) offsets(%n, %n : tensor<?xi32>, tensor<?xi32>)
      outs(%q : tensor<4x256x64xf32>) attributes {attn.sizes = #attn.sizes<queries = [1, 4]>}
  return %r : tensor<4x256x64xf32>
}

// One query over small pages: the heads of a page one after the other, up to eight in a work
// item; of large pages, or of one head, each on its own.
// CHECK-LABEL: func.func @small_pages
// AVX512: schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 32, lanes = 16, rows = 2, vectors = 4, split_to = 64, lane_axis = 1, heads = 8>
// BF16: schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 32, lanes = 16, rows = 2, vectors = 4, split_to = 64, storage_types = true, lane_axis = 1, heads = 8>
func.func @small_pages(%q: tensor<1x22x1x64xbf16>, %k: tensor<?x11x16x64xbf16>, %t: tensor<1x?xi32>,
                       %o: tensor<1x22x1x64xbf16>) -> tensor<1x22x1x64xbf16> {
  %r = attn.attention ins(%q : tensor<1x22x1x64xbf16>)
      paged<16>(%k, %k : tensor<?x11x16x64xbf16>, tensor<?x11x16x64xbf16>) table(%t : tensor<1x?xi32>)
      outs(%o : tensor<1x22x1x64xbf16>)
  return %r : tensor<1x22x1x64xbf16>
}

// CHECK-LABEL: func.func @large_pages
// AVX512: schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 64, lanes = 16, rows = 2, vectors = 4, split_to = 64, lane_axis = 1>
func.func @large_pages(%q: tensor<1x22x1x64xbf16>, %k: tensor<?x11x128x64xbf16>, %t: tensor<1x?xi32>,
                       %o: tensor<1x22x1x64xbf16>) -> tensor<1x22x1x64xbf16> {
  %r = attn.attention ins(%q : tensor<1x22x1x64xbf16>)
      paged<128>(%k, %k : tensor<?x11x128x64xbf16>, tensor<?x11x128x64xbf16>) table(%t : tensor<1x?xi32>)
      outs(%o : tensor<1x22x1x64xbf16>)
  return %r : tensor<1x22x1x64xbf16>
}
