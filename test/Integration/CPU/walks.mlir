// Ops that make walks, against the reference: rows, tiles and masks to the bit.
//
// RUN: fovea-run %s --all-entries --check --random 3 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --random 4 --dims S=129,R=3 --target cpu:avx2 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --random 5 --dims S=64,R=1 --target cpu:plain | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A list that is too short is an error, and no result.
//
// RUN: not fovea-run %s --entry thresholds --dims N=1 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: thresholds: the walk has more entries than its list of tiles; give a longer one

module attributes {fovea.dims = {S = 200, R = 4, N = 64, T = 5}} {

// Documents and causal order, with the masks of partial tiles.
// CHECK: documents {{.*}} ok
func.func @documents(
    %doc: tensor<?xi32> {fovea.dims = ["S"], fovea.low = 0 : i64, fovea.high = 3 : i64},
    %rows: tensor<1x1x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<?xi32> {fovea.dims = ["N"]},
    %masks: tensor<?x64x4xi32> {fovea.dims = ["N", "", ""]})
    -> tensor<1x1x?x4xi32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %doc, %c0 : tensor<?xi32>
  %r, %t, %m = attn.walk.from_mask<64, 48> sizes(%n, %n)
      outs(%rows, %tiles, %masks
          : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      mask(%b, %h, %i, %j, %d = %doc : tensor<?xi32>) {
        %x = tensor.extract %d[%i] : tensor<?xi32>
        %y = tensor.extract %d[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x1x?x4xi32>
}

// Sums of captured values and coordinates, which differ by sequence and head;
// a value near the largest integer makes a sum wrap.
// CHECK: sums {{.*}} ok
func.func @sums(
    %limit: tensor<2x3xi64> {fovea.low = -60 : i64, fovea.high = 60 : i64},
    %shift: tensor<?xi64> {fovea.dims = ["S"], fovea.low = 0 : i64, fovea.high = 40 : i64},
    %rows: tensor<2x3x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<600xi32>) -> tensor<2x3x?x4xi32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %shift, %c0 : tensor<?xi64>
  %r, %t = attn.walk.from_mask<64, 16> sizes(%n, %n)
      outs(%rows, %tiles : tensor<2x3x?x4xi32>, tensor<600xi32>)
      mask(%b, %h, %i, %j, %l = %limit : tensor<2x3xi64>, %s = %shift : tensor<?xi64>) {
        %huge = arith.constant 9223372036854775807 : i64
        %c7 = arith.constant 7 : i64
        %u = tensor.extract %l[%b, %h] : tensor<2x3xi64>
        %x = tensor.extract %s[%i] : tensor<?xi64>
        %y = tensor.extract %s[%j] : tensor<?xi64>
        %i64 = arith.index_cast %i : index to i64
        %j64 = arith.index_cast %j : index to i64
        %d = arith.subi %i64, %j64 : i64
        %e = arith.addi %d, %x : i64
        %near = arith.cmpi slt, %e, %u : i64
        %w = arith.addi %y, %huge : i64
        %v = arith.addi %w, %d : i64
        %wraps = arith.cmpi slt, %v, %c7 : i64
        %low = arith.minsi %x, %y : i64
        %small = arith.cmpi sge, %low, %c7 : i64
        %a = arith.xori %near, %wraps : i1
        %c = arith.ori %a, %small : i1
        attn.yield %c : i1
      }
  return %r : tensor<2x3x?x4xi32>
}

// CHECK: blocks {{.*}} ok
func.func @blocks(
    %blocks: tensor<1x2x?x?xi1> {fovea.dims = ["", "", "R", "T"]},
    %rows: tensor<1x2x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<?xi32> {fovea.dims = ["N"]}) -> tensor<1x2x?x4xi32> {
  %r, %t = attn.walk.from_blocks partial ins(%blocks : tensor<1x2x?x?xi1>)
      outs(%rows, %tiles : tensor<1x2x?x4xi32>, tensor<?xi32>)
      -> tensor<1x2x?x4xi32>, tensor<?xi32>
  return %r : tensor<1x2x?x4xi32>
}

// CHECK: best {{.*}} ok
func.func @best(
    %scores: tensor<1x2x?x?xf32> {fovea.dims = ["", "", "R", "T"]},
    %rows: tensor<1x2x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<?xi32> {fovea.dims = ["N"]}) -> tensor<1x2x?x4xi32> {
  %r, %t = attn.walk.topk 3 ins(%scores : tensor<1x2x?x?xf32>)
      outs(%rows, %tiles : tensor<1x2x?x4xi32>, tensor<?xi32>)
      -> tensor<1x2x?x4xi32>, tensor<?xi32>
  return %r : tensor<1x2x?x4xi32>
}

// CHECK: thresholds {{.*}} ok
func.func @thresholds(
    %scores: tensor<1x2x?x?xf32> {fovea.dims = ["", "", "R", "T"]},
    %rows: tensor<1x2x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<?xi32> {fovea.dims = ["N"]}) -> tensor<1x2x?x4xi32> {
  %least = arith.constant 0.0 : f32
  %r, %t = attn.walk.threshold %least ins(%scores : tensor<1x2x?x?xf32>)
      outs(%rows, %tiles : tensor<1x2x?x4xi32>, tensor<?xi32>)
      -> tensor<1x2x?x4xi32>, tensor<?xi32>
  return %r : tensor<1x2x?x4xi32>
}

// Attention by a walk that its own function makes, masks included.
// CHECK: attend {{.*}} ok
func.func @attend(
    %q: tensor<1x2x?x32xf32> {fovea.dims = ["", "", "S", ""]},
    %doc: tensor<?xi32> {fovea.dims = ["S"], fovea.low = 0 : i64, fovea.high = 3 : i64},
    %rows: tensor<1x1x?x4xi32> {fovea.dims = ["", "", "R", ""]},
    %tiles: tensor<?xi32> {fovea.dims = ["N"]},
    %masks: tensor<?x64x4xi32> {fovea.dims = ["N", "", ""]},
    %o: tensor<1x2x?x32xf32> {fovea.dims = ["", "", "S", ""]})
    -> tensor<1x2x?x32xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %doc, %c0 : tensor<?xi32>
  %r, %t, %m = attn.walk.from_mask<64, 128> sizes(%n, %n)
      outs(%rows, %tiles, %masks
          : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      mask(%b, %h, %i, %j, %d = %doc : tensor<?xi32>) {
        %x = tensor.extract %d[%i] : tensor<?xi32>
        %y = tensor.extract %d[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        attn.yield %same : i1
      }
  %a = attn.attention ins(%q : tensor<1x2x?x32xf32>)
      dense(%q, %q : tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>)
      walk<64, 128>(%r, %t, %m
          : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      outs(%o : tensor<1x2x?x32xf32>)
  return %a : tensor<1x2x?x32xf32>
}

// A walk of numbers at random: no entry leads outside of the operands. What it
// visits is defined unless a row names a tile twice, which one tile prevents.
// CHECK: wild {{.*}} ok
func.func @wild(
    %q: tensor<1x1x?x32xf32> {fovea.dims = ["", "", "S", ""]},
    %first: tensor<1xi32>, %o: tensor<1x1x64x32xf32>)
    -> tensor<1x1x64x32xf32> {
  %c0 = arith.constant 0 : index
  %x = tensor.extract %first[%c0] : tensor<1xi32>
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %rows = tensor.from_elements %zero, %x, %one, %x : tensor<1x1x1x4xi32>
  %s = tensor.extract_slice %q[0, 0, 0, 0] [1, 1, 64, 32] [1, 1, 1, 1]
      : tensor<1x1x?x32xf32> to tensor<1x1x64x32xf32>
  %a = attn.attention ins(%s : tensor<1x1x64x32xf32>)
      dense(%q, %q : tensor<1x1x?x32xf32>, tensor<1x1x?x32xf32>)
      walk<64, 64>(%rows, %first : tensor<1x1x1x4xi32>, tensor<1xi32>)
      outs(%o : tensor<1x1x64x32xf32>)
  return %a : tensor<1x1x64x32xf32>
}

}
