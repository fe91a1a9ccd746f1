// RUN: fovea-opt %s --split-input-file --attn-reorder-tokens --canonicalize --cse --verify-diagnostics | FileCheck %s
// RUN: fovea-opt %s --split-input-file --attn-reorder-tokens=report 2>&1 | FileCheck %s --check-prefix=REPORT
// RUN: not fovea-opt %s --split-input-file --attn-reorder-tokens=target=x 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: fovea-opt %s --split-input-file --attn-reorder-tokens=only-given 2>/dev/null | FileCheck %s --check-prefix=GIVEN

// REPORT: remark: its tokens are reordered: #attn.order<grid = [256, 4], q = [64, 1], kv = [{{64|128}}, 1]>; {{[0-9]+}} pairs were in tiles with work, and {{[0-9]+}} are now
// TARGET: error: {{.*}}target

// Each query sees the 3 x 3 tokens around it on a grid of 12 x 10; a tile of
// queries is a box of 4 x 4, one of keys of 2 x 8, and places beyond the grid are
// masked.

// CHECK-LABEL: func @image(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<1x1x120x8xf32>, %[[O:[^:]*]]: tensor<1x1x120x8xf32>)
// CHECK: %[[Q1:.*]] = attn.reorder order(<grid = [12, 10], q = [4, 4], kv = [2, 8]>) axes [2] ins(%[[Q]] : tensor<1x1x120x8xf32>) outs(%{{.*}} : tensor<1x1x144x8xf32>)
// CHECK: %[[K1:.*]] = attn.reorder order(<grid = [12, 10], q = [4, 4], kv = [2, 8]>) keys axes [2] ins(%[[Q]] : tensor<1x1x120x8xf32>) outs(%{{.*}} : tensor<1x1x192x8xf32>)
// CHECK: %[[R:.*]] = attn.attention ins(%[[Q1]] :
// CHECK-NEXT: dense(%[[K1]], %[[K1]] :
// CHECK: walk<64, 128>(
// CHECK: mask(%{{.*}}, %{{.*}}, %[[I:.*]], %[[J:.*]]) {
// The coordinates of the place i: no division of a token is left.
// CHECK: %[[BOX:.*]] = arith.divui %[[I]], %c16 : index
// CHECK: arith.remui %[[BOX]], %c3 : index
// CHECK: arith.divui %[[J]], %c16 : index
// CHECK: %[[THERE:.*]] = arith.cmpi ult, %{{.*}}, %c10 : index
// CHECK-NOT: arith.floordivsi
// CHECK-NOT: arith.remsi
// CHECK: arith.andi %[[THERE]], %{{.*}} : i1
// CHECK-NEXT: attn.yield
// CHECK: attn.reorder inverse order(<grid = [12, 10], q = [4, 4], kv = [2, 8]>) axes [2] ins(%[[R]] : tensor<1x1x144x8xf32>) outs(%[[O]] : tensor<1x1x120x8xf32>)
// GIVEN-LABEL: func @image(
// GIVEN: attn.reorder
// DOC-BEGIN: attn-reorder-tokens --attn-reorder-tokens --canonicalize --cse
func.func @image(%q: tensor<1x1x120x8xf32>, %o: tensor<1x1x120x8xf32>)
    -> tensor<1x1x120x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x120x8xf32>)
      dense(%q, %q : tensor<1x1x120x8xf32>, tensor<1x1x120x8xf32>)
      outs(%o : tensor<1x1x120x8xf32>)
      mask(%b, %h, %i, %j) {
        %c1 = arith.constant 1 : index
        %c10 = arith.constant 10 : index
        %yi = arith.floordivsi %i, %c10 : index
        %yj = arith.floordivsi %j, %c10 : index
        %dy = arith.subi %yi, %yj : index
        %ay = math.absi %dy : index
        %near_y = arith.cmpi sle, %ay, %c1 : index
        %xi = arith.remsi %i, %c10 : index
        %xj = arith.remsi %j, %c10 : index
        %dx = arith.subi %xi, %xj : index
        %ax = math.absi %dx : index
        %near_x = arith.cmpi sle, %ax, %c1 : index
        %near = arith.andi %near_y, %near_x : i1
        attn.yield %near : i1
      }
      attributes {order = #attn.order<grid = [12, 10], q = [4, 4], kv = [2, 8]>}
  return %r : tensor<1x1x120x8xf32>
}
// DOC-END

// -----

// Every fourth key up to the query: the remainder gives the grid, and boxes of one
// column leave out three tiles of four.

// CHECK-LABEL: func @dilated(
// CHECK: attn.reorder order(<grid = [256, 4], q = [64, 1], kv = [{{64|128}}, 1]>) axes [2]
// CHECK: attn.attention
// CHECK: walk<64, {{64|128}}>(
// CHECK: attn.reorder inverse
// GIVEN-LABEL: func @dilated(
// GIVEN-NOT: attn.reorder
// GIVEN: return
func.func @dilated(%q: tensor<1x1x1024x8xf32>, %o: tensor<1x1x1024x8xf32>)
    -> tensor<1x1x1024x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x1024x8xf32>)
      dense(%q, %q : tensor<1x1x1024x8xf32>, tensor<1x1x1024x8xf32>)
      outs(%o : tensor<1x1x1024x8xf32>)
      mask(%b, %h, %i, %j) {
        %c4 = arith.constant 4 : index
        %m = arith.remsi %i, %c4 : index
        %n = arith.remsi %j, %c4 : index
        %same = arith.cmpi eq, %m, %n : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x1x1024x8xf32>
}

// -----

// With no mask, places without a token get one. What captures say, of tokens, is
// read at their numbers. The lse moves back, too.

// CHECK-LABEL: func @captures(
// CHECK: attn.attention
// CHECK: score(%{{.*}}, %{{.*}}, %{{.*}}, %[[I:[^,]*]], %{{.*}}, %[[T:[^ ]*]] = %{{.*}} : tensor<60xf32>) {
// CHECK: arith.divui %[[I]], %c16
// CHECK: tensor.extract %[[T]]
// CHECK: mask(
// CHECK: arith.cmpi ult
// CHECK-COUNT-2: attn.reorder inverse
func.func @captures(%q: tensor<1x1x60x8xf32>, %o: tensor<1x1x60x8xf32>,
                    %l: tensor<1x1x60xf32>, %t: tensor<60xf32>)
    -> (tensor<1x1x60x8xf32>, tensor<1x1x60xf32>) {
  %r:2 = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%o, %l : tensor<1x1x60x8xf32>, tensor<1x1x60xf32>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<60xf32>) {
        %x = tensor.extract %table[%i] : tensor<60xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r#0, %r#1 : tensor<1x1x60x8xf32>, tensor<1x1x60xf32>
}

// -----

// A causal mask on a grid of lines: no boxes are better.

// CHECK-LABEL: func @causal(
// CHECK-NOT: attn.reorder
// CHECK: return
func.func @causal(%q: tensor<1x1x1024x8xf32>, %o: tensor<1x1x1024x8xf32>)
    -> tensor<1x1x1024x8xf32> {
  // expected-remark @below {{its tokens stay as they are: no boxes of the grid leave out a fifth of the tiles}}
  %r = attn.attention ins(%q : tensor<1x1x1024x8xf32>)
      dense(%q, %q : tensor<1x1x1024x8xf32>, tensor<1x1x1024x8xf32>)
      outs(%o : tensor<1x1x1024x8xf32>)
      mask(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : index
        attn.yield %past : i1
      }
      attributes {order = #attn.order<grid = [32, 32]>}
  return %r : tensor<1x1x1024x8xf32>
}

// -----

// Boxes of keys that overlap: a list has those that cover what a tile of queries
// sees: of the queries from column 8 on, keys from column 6 on.

// CHECK-LABEL: func @anywhere(
// CHECK-DAG: arith.constant dense<[0, 8, 128, 136, 6, 14, 134, 142, 96, 104, 224, 232, 102, 110, 230, 238]> : tensor<16xi32>
// CHECK: attn.reorder order([[ORDER:.*]]) axes [2] {{.*}} outs(%{{.*}} : tensor<1x1x256x8xf32>)
// CHECK: attn.reorder order([[ORDER]]) keys axes [2] {{.*}} outs(%{{.*}} : tensor<1x1x16384x8xf32>)
// CHECK: walk<64, 64>
func.func @anywhere(%q: tensor<1x1x256x8xf32>) -> tensor<1x1x256x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x256x8xf32>)
      dense(%q, %q : tensor<1x1x256x8xf32>, tensor<1x1x256x8xf32>)
      outs(%q : tensor<1x1x256x8xf32>)
      mask(%b, %h, %i, %j) {
        %c2 = arith.constant 2 : index
        %c16 = arith.constant 16 : index
        %yi = arith.floordivsi %i, %c16 : index
        %yj = arith.floordivsi %j, %c16 : index
        %dy = arith.subi %yi, %yj : index
        %ay = math.absi %dy : index
        %near_y = arith.cmpi sle, %ay, %c2 : index
        %xi = arith.remsi %i, %c16 : index
        %xj = arith.remsi %j, %c16 : index
        %dx = arith.subi %xi, %xj : index
        %ax = math.absi %dx : index
        %near_x = arith.cmpi sle, %ax, %c2 : index
        %near = arith.andi %near_y, %near_x : i1
        attn.yield %near : i1
      }
      attributes {order = #attn.order<grid = [16, 16], q = [8, 8], kv = [8, 8], kv_step = [1, 1]>}
  return %r : tensor<1x1x256x8xf32>
}

// -----

// With no mask they cover the grid.

// CHECK-LABEL: func @everything(
// CHECK-DAG: arith.constant dense<[0, 4, 0, 4]> : tensor<4xi32>
// CHECK: mask(
func.func @everything(%q: tensor<1x1x60x8xf32>) -> tensor<1x1x60x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [8, 8], kv = [8, 8], kv_step = [2, 2]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @gaps(%q: tensor<1x1x60x8xf32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: its boxes of keys overlap, so that loads take them whole from a full grid: leave out kv_step, or kv_size and lines that are not full}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4], kv_size = 64, kv_step = [1, 1]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @small(%q: tensor<1x1x60x8xf32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: its boxes of keys overlap, so that each is a tile: it needs a multiple of 64 keys, not 16}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4], kv_step = [1, 1]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @many(%q: tensor<1x1x131072x8xf32>) -> tensor<1x1x131072x8xf32> {
  // expected-remark @below {{its tokens stay as they are: there are too many tiles for a list of them}}
  %r = attn.attention ins(%q : tensor<1x1x131072x8xf32>)
      dense(%q, %q : tensor<1x1x131072x8xf32>, tensor<1x1x131072x8xf32>)
      outs(%q : tensor<1x1x131072x8xf32>)
      attributes {order = #attn.order<grid = [131072], q = [64], kv = [64], kv_step = [1]>}
  return %r : tensor<1x1x131072x8xf32>
}

// -----

func.func @lengths(%q: tensor<1x1x60x8xf32>, %n: tensor<1xi32>)
    -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: its segment has lengths or a start}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      lengths(%n : tensor<1xi32>) outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @segments(%q: tensor<1x1x60x8xf32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: its keys are not one dense segment}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @walk(%q: tensor<1x1x60x8xf32>, %rows: tensor<1x1x1x4xi32>,
                %tiles: tensor<1xi32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: it has a walk, which lists tiles of tokens as they are numbered}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      walk<64, 64>(%rows, %tiles : tensor<1x1x1x4xi32>, tensor<1xi32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @factors(%q: tensor<1x1x60x8xf32>, %f: tensor<1x1x1x1xf32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: it has factors; run -attn-append-factors first}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      factors(%f, %f : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @schedule(%q: tensor<1x1x60x8xf32>) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: its schedule's tiles are no multiples of 16}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>,
        schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8,
                                      rows = 8, vectors = 1>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @origin(%q: tensor<1x1x60x8xf32>, %n: index) -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: it is a tile of an attention, with an origin}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%q, %q : tensor<1x1x60x8xf32>, tensor<1x1x60x8xf32>)
      origin(%n, %n, %n, %n) outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @dynamic(%q: tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> {
  // expected-warning @below {{its order is not used: its number of tokens is not static}}
  %r = attn.attention ins(%q : tensor<1x1x?x8xf32>)
      dense(%q, %q : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>)
      outs(%q : tensor<1x1x?x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x?x8xf32>
}

// -----

func.func @cross(%q: tensor<1x1x60x8xf32>, %k: tensor<1x1x61x8xf32>)
    -> tensor<1x1x60x8xf32> {
  // expected-warning @below {{its order is not used: it has other queries than keys}}
  %r = attn.attention ins(%q : tensor<1x1x60x8xf32>)
      dense(%k, %k : tensor<1x1x61x8xf32>, tensor<1x1x61x8xf32>)
      outs(%q : tensor<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [?, 10], q = [4, 4], kv = [4, 4]>}
  return %r : tensor<1x1x60x8xf32>
}

// -----

func.func @one_query(%q: tensor<1x1x8xf32>, %k: tensor<1x1x1x8xf32>)
    -> tensor<1x1x8xf32> {
  // expected-warning @below {{its order is not used: an operand has no dimension of tokens}}
  %r = attn.attention ins(%q : tensor<1x1x8xf32>)
      dense(%k, %k : tensor<1x1x1x8xf32>, tensor<1x1x1x8xf32>)
      outs(%q : tensor<1x1x8xf32>)
      attributes {order = #attn.order<grid = [?], q = [4], kv = [4]>,
        indexing_maps = [
          affine_map<(b, h, i, j, d, e) -> (b, h, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, e)>]}
  return %r : tensor<1x1x8xf32>
}

// -----

func.func @memrefs(%q: memref<1x1x60x8xf32>, %o: memref<1x1x60x8xf32>) {
  // expected-warning @below {{its order is not used: it works on memrefs}}
  attn.attention ins(%q : memref<1x1x60x8xf32>)
      dense(%q, %q : memref<1x1x60x8xf32>, memref<1x1x60x8xf32>)
      outs(%o : memref<1x1x60x8xf32>)
      attributes {order = #attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>}
  return
}
