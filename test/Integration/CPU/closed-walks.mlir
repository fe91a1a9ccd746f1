// Walks in closed form: by the coordinates of every kind of segment, with lengths,
// origins, other masks and none, for attention and sums, against the reference, which
// knows the attribute.
//
// RUN: fovea-run %s --random 1 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 2 --check --all-entries --dims S=65,T=300 --target cpu:plain | FileCheck %s
// RUN: fovea-run %s --random 3 --check --entry blocks --dims S=1,T=0 | FileCheck %s --check-prefix=ONE
// RUN: fovea-run %s --random 3 --check --entry pages --dims S=1,T=0 | FileCheck %s --check-prefix=ONE
// RUN: fovea-run %s --random 3 --check --entry sums --dims S=1,T=1 | FileCheck %s --check-prefix=ONE
// ONE: rel_error {{.*}} ok
//
// The ranges that the analysis finds are those of the walk.
// RUN: fovea-opt %s --attn-walk-to-mask --attn-analyze-mask="query-tile=64 key-tile=32" -o %t 2>&1 \
// RUN:   | FileCheck %s --check-prefix=EXACT
// EXACT: mask of the queries i0 to i0 + n (n < 64) in tiles of 32 keys, exact
// EXACT: they may see keys to 31, or keys from 32 * (i0 floordiv 32) - 64 to
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

module attributes {fovea.dims = {S = 200, T = 170}} {

// CHECK: blocks {{.*}} ok
func.func @blocks(%q: tensor<2x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<2x1x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<2x1x?x16xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "S", ""]},
    %l: tensor<2x2x?xf32> {fovea.dims = ["", "", "S"]})
    -> (tensor<2x2x?x16xf32>, tensor<2x2x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x2x?x24xf32>)
      dense(%k, %v : tensor<2x1x?x24xf32>, tensor<2x1x?x16xf32>)
      outs(%o, %l : tensor<2x2x?x16xf32>, tensor<2x2x?xf32>)
      attributes {walk = #attn.walk<queries = 32, keys = 32,
                                    ranges = (t) -> (0, 1, t - 2, t + 1)>}
  return %r#0, %r#1 : tensor<2x2x?x16xf32>, tensor<2x2x?xf32>
}

// Every expression, a mask beside it, lengths, an origin and no key for some rows.
// CHECK: expressions {{.*}} ok
func.func @expressions(%q: tensor<2x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<2x1x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<2x1x?x16xf32> {fovea.dims = ["", "", "T", ""]},
    %n: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 301 : i64},
    %o: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "S", ""]}) -> tensor<2x2x?x16xf32> {
  %c0 = arith.constant 0 : index
  %c11 = arith.constant 11 : index
  %c5 = arith.constant 5 : index
  %r = attn.attention ins(%q : tensor<2x2x?x24xf32>)
      dense(%k, %v : tensor<2x1x?x24xf32>, tensor<2x1x?x16xf32>) lengths(%n : tensor<2xi32>)
      origin(%c0, %c0, %c11, %c5)
      outs(%o : tensor<2x2x?x16xf32>)
      mask(%b, %h, %i, %j) {
        %c3 = arith.constant 3 : index
        %m = arith.remui %j, %c3 : index
        %c = arith.cmpi ne, %m, %h : index
        attn.yield %c : i1
      }
      attributes {walk = #attn.walk<queries = 16, keys = 8,
          ranges = (t) -> (t * 2 + t floordiv 3, t * 2 + t ceildiv 4 + t mod 5 + 3, 7, 7)>}
  return %r : tensor<2x2x?x16xf32>
}

// Coordinates of packed sequences count from each one's beginning.
// CHECK: packed {{.*}} ok
func.func @packed(%q: tensor<2x?x24xf32> {fovea.dims = ["", "S", ""]},
    %k: tensor<1x?x24xf32> {fovea.dims = ["", "T", ""]},
    %v: tensor<1x?x16xf32> {fovea.dims = ["", "T", ""]},
    %qo: tensor<4xi32> {fovea.low = 0 : i64, fovea.high = 65 : i64, fovea.sorted},
    %ko: tensor<4xi32> {fovea.low = 0 : i64, fovea.high = 170 : i64, fovea.sorted},
    %o: tensor<2x?x16xf32> {fovea.dims = ["", "S", ""]}) -> tensor<2x?x16xf32> {
  %r = attn.attention ins(%q : tensor<2x?x24xf32>)
      packed(%k, %v : tensor<1x?x24xf32>, tensor<1x?x16xf32>)
      offsets(%qo, %ko : tensor<4xi32>, tensor<4xi32>)
      outs(%o : tensor<2x?x16xf32>)
      attributes {walk = #attn.walk<queries = 16, keys = 32,
                                    ranges = (t) -> (t - 1, t + 2)>}
  return %r : tensor<2x?x16xf32>
}

// Pages, of which the second segment starts where the first one's keys end.
// CHECK: pages {{.*}} ok
func.func @pages(%q: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<50x1x8x16xf32>, %table: tensor<2x9xi64> {fovea.low = 0 : i64, fovea.high = 49 : i64},
    %n: tensor<2xi32> {fovea.low = 20 : i64, fovea.high = 72 : i64},
    %k2: tensor<2x1x?x16xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<2x2x?x16xf32> {fovea.dims = ["", "", "S", ""]}) -> tensor<2x2x?x16xf32> {
  %c7 = arith.constant 7 : index
  %r = attn.attention ins(%q : tensor<2x2x?x16xf32>)
      paged<8>(%k, %k : tensor<50x1x8x16xf32>, tensor<50x1x8x16xf32>)
      lengths(%n : tensor<2xi32>) start(%c7) table(%table : tensor<2x9xi64>)
      dense(%k2, %k2 : tensor<2x1x?x16xf32>, tensor<2x1x?x16xf32>)
      outs(%o : tensor<2x2x?x16xf32>)
      attributes {walk = #attn.walk<queries = 24, keys = 24, ranges = (t) -> (t, t + 2, t * 3 + 5, t * 3 + 7)>}
  return %r : tensor<2x2x?x16xf32>
}

// CHECK: sums {{.*}} ok
func.func @sums(%q: tensor<2x2x?x24xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<2x1x?x24xf32> {fovea.dims = ["", "", "T", ""]},
    %lse: tensor<2x2x?xf32> {fovea.dims = ["", "", "S"], fovea.low = 2.0 : f64, fovea.high = 4.0 : f64},
    %o: tensor<2x2x?xf32> {fovea.dims = ["", "", "T"]}) -> tensor<2x2x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<2x2x?x24xf32>)
      dense(%k : tensor<2x1x?x24xf32>) lse(%lse : tensor<2x2x?xf32>)
      outs(%o : tensor<2x2x?xf32>)
      attributes {walk = #attn.walk<queries = 64, keys = 64,
                                    ranges = (t) -> (t, t + 1)>}
  return %r : tensor<2x2x?xf32>
}
}
