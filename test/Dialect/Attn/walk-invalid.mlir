// What the verifiers say of walks.
//
// RUN: fovea-opt %s -split-input-file -verify-diagnostics
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{has a walk of tiles <64, 60>, expected queries and keys in multiples of 16}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 60>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x3xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{the rows of the walk are 'tensor<1x1x4x3xi32>', expected [1 or B, 1 or H, rows, 4] of i32}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x3xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi64>) {
  // expected-error @+1 {{the tiles of the walk are 'tensor<16xi64>', expected a list of i32}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi64>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>, %m: tensor<16x64x2xi32>) {
  // expected-error @+1 {{the masks of the walk are 'tensor<16x64x2xi32>', expected [entries, 64, 4] of i32}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t, %m : tensor<1x1x4x4xi32>, tensor<16xi32>, tensor<16x64x2xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>, %m: tensor<16x64x4xi32>) {
  // expected-error @+1 {{has a mask region and masks of its walk; it takes one of them}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t, %m : tensor<1x1x4x4xi32>, tensor<16xi32>, tensor<16x64x4xi32>) outs(%o : tensor<2x4x256x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<3x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{the walk has rows for 3 sequences (b), but there are 2}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<3x1x4x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x3x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{the walk has rows for 3 heads (h), but there are 4}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x3x4x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<2x4x5x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{the walk has rows for 5 query tiles, but there are 4}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<2x4x5x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{has a walk; its keys must be one segment, dense or paged, without row offsets}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>) dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      
  return
}

// -----

func.func @packed(%q: tensor<4x256x64xf32>, %n: tensor<3xi32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{has a walk; its keys must be one segment, dense or paged, without row offsets}}
  %x = attn.attention ins(%q : tensor<4x256x64xf32>)
      packed(%q, %q : tensor<4x256x64xf32>, tensor<4x256x64xf32>) offsets(%n, %n : tensor<3xi32>, tensor<3xi32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) outs(%q : tensor<4x256x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>) {
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      // expected-error @+1 {{a walk has rows and tiles, and may have masks}}
      walk<64, 64>(%r : tensor<1x1x4x4xi32>) outs(%o : tensor<2x4x256x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>, %m: tensor<16x64x4xi32>) {
  // expected-error @+1 {{needs rows, tiles and a shape for its walk, or none: walk<128, 128>(%rows, %tiles : ...)}}
  %x = "attn.attention"(%q, %k, %k, %r, %t, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
    : (tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>, tensor<1x1x4x4xi32>, tensor<16xi32>, tensor<2x4x256x64xf32>) -> tensor<2x4x256x64xf32>
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>, %m: tensor<16x64x4xi32>) {
  // expected-error @+1 {{has masks of a walk, but no walk}}
  %x = "attn.attention"(%q, %k, %k, %m, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
    : (tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>, tensor<16x64x4xi32>, tensor<2x4x256x64xf32>) -> tensor<2x4x256x64xf32>
  return
}

// -----

func.func @f(%n: index, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{sizes are those of queries and keys}}
  %x, %y = attn.walk.from_mask<64, 64> sizes(%n) outs(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return
}

// -----

func.func @f(%n: index, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{the outputs are rows and tiles, and masks if wanted}}
  %x = attn.walk.from_mask<64, 64> sizes(%n, %n) outs(%r : tensor<1x1x4x4xi32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return
}

// -----

func.func @f(%n: index, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{needs a mask region}}
  %x, %y = "attn.walk.from_mask"(%n, %n, %r, %t) <{
      operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0>, walk_shape = array<i64: 64, 64>}> ({})
    : (index, index, tensor<1x1x4x4xi32>, tensor<16xi32>) -> (tensor<1x1x4x4xi32>, tensor<16xi32>)
  return
}

// -----

func.func @f(%s: tensor<1x1x4x4xf16>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{its input is 'tensor<1x1x4x4xf16>', expected [B, H, tiles of queries, key tiles] of f32}}
  %x, %y = attn.walk.topk 4 ins(%s : tensor<1x1x4x4xf16>) outs(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) -> tensor<1x1x4x4xi32>, tensor<16xi32>
  return
}

// -----

func.func @f(%s: tensor<1x2x4x4xi1>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{its input, 'tensor<1x2x4x4xi1>', does not fit the rows, 'tensor<1x1x4x4xi32>'}}
  %x, %y = attn.walk.from_blocks ins(%s : tensor<1x2x4x4xi1>) outs(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) -> tensor<1x1x4x4xi32>, tensor<16xi32>
  return
}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>, %r: tensor<1x1x4x4xi32>, %t: tensor<16xi32>) {
  // expected-error @+1 {{has a listed walk and one in closed form; give one of them}}
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>) outs(%o : tensor<2x4x256x64xf32>)
      attributes {walk = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t, t + 1)>}
  return
}

// -----

// expected-error @+1 {{tiles of a walk have from 1 to 2^31 queries and keys, got 64 and 0}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 0, ranges = (t) -> (t, t + 1)>}

// -----

// expected-error @+1 {{ranges of a walk are pairs of begin and end for the number of a query tile, (t) -> (t - 2, t + 1), got affine_map<(d0) -> (d0)>}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t)>}

// -----

// expected-error @+1 {{got affine_map<(d0)[s0] -> (d0, s0)>}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 64, ranges = (t)[n] -> (t, n)>}

// -----

// expected-error @+1 {{ranges of a walk divide by positive constants only, got affine_map<(d0) -> (d0 floordiv 0, d0)>}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t floordiv 0, t)>}

// -----

func.func @f(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>) {
  %x = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      // expected-error @+1 {{attribute 'walk' failed to satisfy constraint: A walk in closed form: ranges of key tiles for a query tile}}
      outs(%o : tensor<2x4x256x64xf32>) attributes {walk = 64}
  return
}

// -----

// expected-error @+1 {{ranges of a walk stay below 2^62 for tiles below 2^31, got affine_map<(d0) -> (0, d0 * 4611686018427387904 + 5)>}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (0, t * 4611686018427387904 + 5)>}

// -----

// expected-error @+1 {{ranges of a walk stay below 2^62 for tiles below 2^31}}
func.func private @f() attributes {x = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (0, t ceildiv 9223372036854775807)>}
