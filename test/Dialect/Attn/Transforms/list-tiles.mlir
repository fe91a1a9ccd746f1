// Masks that ranges of key tiles do not hold exactly get a list of tiles.
//
// RUN: fovea-opt %s -split-input-file --attn-list-tiles | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Images of 8 lines of 60 tokens, of which each sees those up to 2 lines above or
// below and in its column or the next, in the order of their numbers.

// Ranges visit 24 tiles. Those of the first and of the last queries are fewer.
// CHECK-LABEL: @columns
// CHECK-DAG: %[[ROWS:.*]] = arith.constant dense<{{\[+}}2, 0, 3, 3], {{.*}}> : tensor<1x1x8x4xi32>
// CHECK-DAG: %[[TILES:.*]] = arith.constant dense<[0, 1, 2, {{.*}}]> : tensor<20xi32>
// CHECK: attn.attention
// CHECK: walk<64, 128>(%[[ROWS]], %[[TILES]] : tensor<1x1x8x4xi32>, tensor<20xi32>)
// DOC-BEGIN: attn-list-tiles --attn-list-tiles
func.func @columns(%q: tensor<1x2x480x32xf32>, %k: tensor<1x2x480x32xf32>,
    %v: tensor<1x2x480x32xf32>, %o: tensor<1x2x480x32xf32>) -> tensor<1x2x480x32xf32> {
  %r = attn.attention ins(%q : tensor<1x2x480x32xf32>)
      dense(%k, %v : tensor<1x2x480x32xf32>, tensor<1x2x480x32xf32>)
      outs(%o : tensor<1x2x480x32xf32>)
      mask(%b, %h, %i, %j) {
        %c60 = arith.constant 60 : index
        %c2 = arith.constant 2 : index
        %c1 = arith.constant 1 : index
        %yi = arith.divui %i, %c60 : index
        %yj = arith.divui %j, %c60 : index
        %xi = arith.remui %i, %c60 : index
        %xj = arith.remui %j, %c60 : index
        %dy = arith.subi %yi, %yj : index
        %dx = arith.subi %xi, %xj : index
        %ay = math.absi %dy : index
        %ax = math.absi %dx : index
        %a = arith.cmpi sle, %ay, %c2 : index
        %e = arith.cmpi sle, %ax, %c1 : index
        %c = arith.andi %a, %e : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x2x480x32xf32>
}
// DOC-END

// -----

// CHECK-LABEL: @causal
// CHECK-NOT: walk<
func.func @causal(%q: tensor<1x2x256x32xf32>, %k: tensor<1x2x640x32xf32>,
    %v: tensor<1x2x640x32xf32>, %o: tensor<1x2x256x32xf32>) -> tensor<1x2x256x32xf32> {
  %r = attn.attention ins(%q : tensor<1x2x256x32xf32>)
      dense(%k, %v : tensor<1x2x640x32xf32>, tensor<1x2x640x32xf32>)
      outs(%o : tensor<1x2x256x32xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x256x32xf32>
}

// -----

// Each head sees its own stripes, and has a list of its own: head 0 none at all.
// The tiles of a schedule are those of the walk.

// CHECK-LABEL: @stripes
// Rows 0, 1 and so on of the first head have no entry. Those of the second list tiles,
// of 32 keys each, with keys of columns 0 to 15: 0, 3, 4, 6 and so on.
// CHECK-DAG: arith.constant dense<"0x000000000000000000000000000000000100000000000000000000000000000002{{.*}}"> : tensor<1x2x16x4xi32>
// CHECK-DAG: arith.constant dense<"0x00000000030000000400000006{{.*}}"> : tensor<{{[0-9]+}}xi32>
// CHECK: walk<16, 32>
func.func @stripes(%q: tensor<1x2x256x32xf32>, %k: tensor<1x2x640x32xf32>,
    %v: tensor<1x2x640x32xf32>, %o: tensor<1x2x256x32xf32>) -> tensor<1x2x256x32xf32> {
  %r = attn.attention ins(%q : tensor<1x2x256x32xf32>)
      dense(%k, %v : tensor<1x2x640x32xf32>, tensor<1x2x640x32xf32>)
      outs(%o : tensor<1x2x256x32xf32>)
      mask(%b, %h, %i, %j) {
        %c100 = arith.constant 100 : index
        %m = arith.remui %j, %c100 : index
        %n = arith.remui %i, %c100 : index
        %d = arith.subi %m, %n : index
        %a = math.absi %d : index
        %c = arith.cmpi slt, %a, %h : index
        attn.yield %c : i1
      }
      attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 32, lanes = 8, rows = 4, vectors = 2>}
  return %r : tensor<1x2x256x32xf32>
}

// -----

// The mask of the sequence is not the same for all, and a captured number is not
// known: no list.

// CHECK-LABEL: @unknown
// CHECK-NOT: walk<
func.func @unknown(%q: tensor<2x2x480x32xf32>, %k: tensor<2x2x480x32xf32>,
    %v: tensor<2x2x480x32xf32>, %o: tensor<2x2x480x32xf32>, %n: index) -> tensor<2x2x480x32xf32> {
  %r = attn.attention ins(%q : tensor<2x2x480x32xf32>)
      dense(%k, %v : tensor<2x2x480x32xf32>, tensor<2x2x480x32xf32>)
      outs(%o : tensor<2x2x480x32xf32>)
      mask(%b, %h, %i, %j, %w = %n : index) {
        %c60 = arith.constant 60 : index
        %x = arith.remui %i, %c60 : index
        %y = arith.remui %j, %c60 : index
        %d = arith.subi %x, %y : index
        %a = math.absi %d : index
        %c = arith.cmpi slt, %a, %w : index
        attn.yield %c : i1
      }
  %s = attn.attention ins(%q : tensor<2x2x480x32xf32>)
      dense(%k, %v : tensor<2x2x480x32xf32>, tensor<2x2x480x32xf32>)
      outs(%r : tensor<2x2x480x32xf32>)
      mask(%b, %h, %i, %j) {
        %c60 = arith.constant 60 : index
        %x = arith.remui %i, %c60 : index
        %y = arith.remui %j, %c60 : index
        %d = arith.subi %x, %y : index
        %a = math.absi %d : index
        %c = arith.cmpi slt, %a, %b : index
        attn.yield %c : i1
      }
  return %s : tensor<2x2x480x32xf32>
}
