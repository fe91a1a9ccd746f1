// RUN: fovea-opt %s --attn-analyze-mask=key-tile=64 -o /dev/null 2>&1 | FileCheck %s
// RUN: fovea-opt %s --attn-analyze-mask=key-tile=64 2>/dev/null | fovea-opt --attn-analyze-mask=key-tile=64 -o /dev/null 2>&1 | grep -c "remark: mask of the queries" | FileCheck %s --check-prefix=UNCHANGED
// RUN: not fovea-opt %s --attn-analyze-mask=query-tile=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE

// UNCHANGED: 11
// NEGATIVE: error: tiles of -1 x 0 elements: give positive sizes, or 0 for the schedule's

!t = tensor<1x2x2048x64xf32>
!dynamic = tensor<1x2x?x64xf32>

// The counts are those of the mask itself: with tiles of 128 x 64, 32 of each
// half are cut by the diagonal.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys to i0 + 127
// CHECK: note: they may miss keys from i0 + 1
// CHECK: note: 240 tiles are empty, 240 full and 32 partial
// DOC-BEGIN: attn-analyze-mask --attn-analyze-mask
func.func @causal(%q: tensor<1x2x2048x64xf32>, %o: tensor<1x2x2048x64xf32>)
    -> tensor<1x2x2048x64xf32> {
  %r = attn.attention ins(%q : tensor<1x2x2048x64xf32>)
      dense(%q, %q : tensor<1x2x2048x64xf32>, tensor<1x2x2048x64xf32>)
      outs(%o : tensor<1x2x2048x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x2048x64xf32>
}
// DOC-END

// Each head has a window of its own; the tiles of both heads are counted.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys from -512 * h + i0 - 511 to i0 + 127
// CHECK: note: they may miss keys to -512 * h + i0 - 385, or keys from i0 + 1
// CHECK: note: 668 tiles are empty, 252 full and 104 partial
func.func @head_windows(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c512 = arith.constant 512 : index
        %0 = arith.muli %h, %c512 : index
        %size = arith.addi %0, %c512 : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %size : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %near, %past : i1
        attn.yield %c : i1
      }
  return %r : !t
}

// Blocks by division, as index ops; of a dynamic number of queries the last tile
// has fewer.
// CHECK: remark: mask of the queries i0 to i0 + n (n < 128) in tiles of 64 keys, exact
// CHECK: note: they may see keys from 200 * (i0 floordiv 200) to 200 * ((i0 + n) floordiv 200) + 199
// CHECK: note: they may miss keys to 200 * ((i0 + n) floordiv 200) - 1, or keys from 200 * (i0 floordiv 200) + 200
// CHECK-NOT: tiles are
func.func @chunks(%q: !dynamic, %o: !dynamic) -> !dynamic {
  %r = attn.attention ins(%q : !dynamic) dense(%q, %q : !dynamic, !dynamic) outs(%o : !dynamic)
      mask(%b, %h, %i, %j) {
        %c200 = index.constant 200
        %x = index.divu %i, %c200
        %y = index.divu %j, %c200
        %c = index.cmp eq(%x, %y)
        attn.yield %c : i1
      }
  return %r : !dynamic
}

// Two intervals: the sinks and the window.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys from i0 - 299 to i0 + 127, or keys to 63
// CHECK: note: they may miss keys from 64 to i0 - 173, or keys from i0 + 1
// CHECK: note: 396 tiles are empty, 44 full and 72 partial
func.func @sinks_and_window(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c300 = arith.constant 300 : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c300 : index
        %sink = arith.cmpi slt, %j, %c64 : index
        %kept = arith.ori %near, %sink : i1
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %kept, %past : i1
        attn.yield %c : i1
      }
  return %r : !t
}

// What is read by batch or head alone is exact, and not counted.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys to x0 - 1
// CHECK: note: they may miss keys from x0
// CHECK: note: x0 is the value computed here
// CHECK-NEXT: %read = tensor.extract
// CHECK-NOT: tiles are
func.func @lengths(%q: !t, %o: !t, %lengths: tensor<1xi32>) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j, %length = %lengths : tensor<1xi32>) {
        %read = tensor.extract %length[%b] : tensor<1xi32>
        %n = arith.index_cast %read : i32 to index
        %c = arith.cmpi slt, %j, %n : index
        attn.yield %c : i1
      }
  return %r : !t
}

// A condition that is the same for all queries and keys.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see any key if x0, or keys to i0 + 127
// CHECK: note: they may miss keys from i0 + 1 if not x0
func.func @switch(%q: !t, %o: !t, %flags: tensor<2xi1>) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j, %flag = %flags : tensor<2xi1>) {
        %all = tensor.extract %flag[%h] : tensor<2xi1>
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %all, %past : i1
        attn.yield %c : i1
      }
  return %r : !t
}

// Each tile of 64 keys has some of each remainder.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys to i0 + 127
// CHECK: note: they may miss any key
// CHECK: note: 240 tiles are empty, 0 full and 272 partial
func.func @dilated(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c4 = arith.constant 4 : index
        %d = arith.subi %i, %j : index
        %m = arith.remsi %d, %c4 : index
        %on = arith.cmpi eq, %m, %c0 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %on, %past : i1
        attn.yield %c : i1
      }
  return %r : !t
}

// Data decide, within the past.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, not proved exact
// CHECK: note: they may see keys to i0 + 127
// CHECK: note: they may miss any key
// CHECK: note: 'tensor.extract' is not analysed: it is taken for true and for false
// CHECK-NEXT: %mine = tensor.extract
func.func @documents(%q: !t, %o: !t, %documents: tensor<2048xi32>) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j, %document = %documents : tensor<2048xi32>) {
        %mine = tensor.extract %document[%i] : tensor<2048xi32>
        %other = tensor.extract %document[%j] : tensor<2048xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        attn.yield %c : i1
      }
  return %r : !t
}

// Tiles of the schedule.
// CHECK: remark: mask of the queries i0 to i0 + 31 in tiles of 64 keys, exact
// CHECK: note: they see no key
// CHECK: note: they may miss any key
// CHECK: note: 2048 tiles are empty, 0 full and 0 partial
func.func @never(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %later = arith.cmpi sgt, %j, %i : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %later, %past : i1
        attn.yield %c : i1
      }
      attributes {schedule = #tile.cpu_schedule<query_tile = 32, key_tile = 128, lanes = 16, rows = 8, vectors = 2>}
  return %r : !t
}

// Every eighth block of 64 keys: no interval of keys, so that tiles are visited
// in vain.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, not proved exact
// CHECK: note: they may see any key
// CHECK: note: they may miss any key
// CHECK: note: 0 tiles are empty, 0 full and 512 partial, of which 512 need not be
func.func @strided_blocks(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c8 = arith.constant 8 : index
        %c64 = arith.constant 64 : index
        %block = arith.divui %j, %c64 : index
        %m = arith.remui %block, %c8 : index
        %c = arith.cmpi eq, %m, %c0 : index
        attn.yield %c : i1
      }
  return %r : !t
}

// A million tokens cost no more than a few.
// CHECK: remark: mask of the queries i0 to i0 + 127 in tiles of 64 keys, exact
// CHECK: note: they may see keys from i0 - 4095 to i0 + 127
// CHECK: note: 133678112 tiles are empty, 506912 full and 32704 partial
func.func @long(%q: tensor<1x1x1048576x64xf32>, %o: tensor<1x1x1048576x64xf32>) -> tensor<1x1x1048576x64xf32> {
  %r = attn.attention ins(%q : tensor<1x1x1048576x64xf32>)
      dense(%q, %q : tensor<1x1x1048576x64xf32>, tensor<1x1x1048576x64xf32>)
      outs(%o : tensor<1x1x1048576x64xf32>)
      mask(%b, %h, %i, %j) {
        %c4096 = arith.constant 4096 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi ult, %d, %c4096 : index
        attn.yield %c : i1
      }
  return %r : tensor<1x1x1048576x64xf32>
}

// No mask, no remark.
// CHECK-NOT: remark
func.func @dense(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
  return %r : !t
}

// CHECK: remark: has a walk in closed form: run -attn-walk-to-mask first
func.func @closed_walk(%q: !dynamic, %o: !dynamic) -> !dynamic {
  %r = attn.attention ins(%q : !dynamic) dense(%q, %q : !dynamic, !dynamic)
      outs(%o : !dynamic)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {walk = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t, t + 1)>}
  return %r : !dynamic
}
