// RUN: fovea-opt %s --attn-explain="target=cpu:avx512 svg=%t.svg" -o /dev/null | FileCheck %s
// RUN: FileCheck %s --check-prefix=SVG --input-file %t.svg
// RUN: fovea-run %s --explain --target cpu:plain --svg %t.run.svg | FileCheck %s --check-prefix=TOOL
// RUN: FileCheck %s --check-prefix=SVG --input-file %t.run.svg
// RUN: not fovea-run %s --svg %t.svg 2>&1 | FileCheck %s --check-prefix=ALONE
// RUN: not fovea-opt %s --attn-explain=svg=%t/none/x.svg -o /dev/null 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: python3 %S/../../../Tools/Inputs/once.py fovea-run %s --explain --svg /dev/full | FileCheck %s --check-prefix=FULL
// RUN: python3 %S/../../../Tools/Inputs/once.py --full fovea-run %s --explain | FileCheck %s --check-prefix=OUT
// RUN: not fovea-opt %s --attn-explain=assumed=0 -o /dev/null 2>&1 | FileCheck %s --check-prefix=ASSUMED

// FULL: error: attn-explain: cannot write '/dev/full': No space left on device
// OUT: error: attn-explain: cannot write '-': No space left on device
// ASSUMED: error: attn-explain: assumed is from 1 to 1099511627776, got 0
// ALONE: error: --svg: there is no picture without --explain
// FILE: error: attn-explain: cannot open output file

// SVG: <svg
// SVG: full: no mask needed
// SVG: partial: the mask decides
// SVG: empty: not visited
// SVG: @causal: 512 queries, 512 keys
// SVG: key tiles of {{[0-9]+}} keys
// SVG: query tiles of {{[0-9]+}} queries
// SVG: tokens moved
// SVG: </svg>

// TOOL: @causal: 512 queries, 512 keys

// CHECK: @causal: 512 queries, 512 keys
// CHECK-NEXT: all heads: 8 x 4 tiles of 64 queries by 128 keys: 12 empty, 12 full, 8 partial
// CHECK-NEXT: pairs in tiles with work: 62.5% of all
// CHECK-NEXT: schedule: #tile.cpu_schedule<
// CHECK-NEXT: expected time: 62.5% of the same attention without a mask
// DOC-BEGIN: attn-explain --attn-explain=target=cpu:avx512 -o /dev/null
func.func @causal(%q: tensor<1x2x512x64xf32>, %o: tensor<1x2x512x64xf32>)
    -> tensor<1x2x512x64xf32> {
  %r = attn.attention ins(%q : tensor<1x2x512x64xf32>)
      dense(%q, %q : tensor<1x2x512x64xf32>, tensor<1x2x512x64xf32>)
      outs(%o : tensor<1x2x512x64xf32>)
      mask(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : index
        attn.yield %past : i1
      }
  return %r : tensor<1x2x512x64xf32>
}
// DOC-END

// Heads with windows of their own are groups.

// CHECK: @windows: 512 queries, 512 keys
// CHECK: head 0: 8 x 4 tiles
// CHECK: heads 1-2: 8 x 4 tiles
func.func @windows(%q: tensor<1x3x512x8xf32>, %o: tensor<1x3x512x8xf32>)
    -> tensor<1x3x512x8xf32> {
  %r = attn.attention ins(%q : tensor<1x3x512x8xf32>)
      dense(%q, %q : tensor<1x3x512x8xf32>, tensor<1x3x512x8xf32>)
      outs(%o : tensor<1x3x512x8xf32>)
      mask(%b, %h, %i, %j) {
        %c600 = arith.constant 600 : index
        %w = arith.muli %h, %c600 : index
        %d = arith.subi %i, %j : index
        %past = arith.cmpi sle, %j, %i : index
        %near = arith.cmpi sle, %d, %w : index
        %c = arith.andi %past, %near : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x3x512x8xf32>
}

// CHECK: @dilated: 1024 queries, 1024 keys
// CHECK-NEXT: all heads, tokens as they are numbered: 16 x
// CHECK-NEXT: pairs in tiles with work:
// CHECK-NEXT: all heads, tokens moved: 16 x
// CHECK-NEXT: pairs in tiles with work:
// CHECK-NEXT: order: #attn.order<grid = [256, 4]
// CHECK-NEXT: schedule:
// CHECK-NEXT: expected time:
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

// The tiles that a constant walk lists, for two heads.

// CHECK: @listed: 64 queries, 64 keys
// CHECK-NEXT: head 0: 2 x 2 tiles of 32 queries by 32 keys: 1 empty, 2 full, 1 partial
// CHECK-NEXT: pairs in tiles with work: 75.0% of all
// CHECK-NEXT: head 1: 2 x 2 tiles of 32 queries by 32 keys: 3 empty, 1 full, 0 partial
// CHECK-NEXT: pairs in tiles with work: 25.0% of all
// CHECK-NEXT: schedule:
// CHECK-NEXT: expected time: 50.0% of the same
func.func @listed(%q: tensor<1x2x64x8xf32>, %o: tensor<1x2x64x8xf32>)
    -> tensor<1x2x64x8xf32> {
  %rows = arith.constant dense<[[[[1, 0, 2, 1], [0, 2, 1, 0]],
                                 [[0, 3, 1, 0], [1, 0, 0, 0]]]]>
      : tensor<1x2x2x4xi32>
  %tiles = arith.constant dense<[1, 0, 0, 1]> : tensor<4xi32>
  %r = attn.attention ins(%q : tensor<1x2x64x8xf32>)
      dense(%q, %q : tensor<1x2x64x8xf32>, tensor<1x2x64x8xf32>)
      walk<32, 32>(%rows, %tiles : tensor<1x2x2x4xi32>, tensor<4xi32>)
      outs(%o : tensor<1x2x64x8xf32>)
  return %r : tensor<1x2x64x8xf32>
}

// Those of one that is known later, or lists a tile that is not there.

// CHECK: @later: 64 queries, 64 keys
// CHECK-NEXT: the tiles are not known before it runs
// CHECK-NEXT: schedule:
// CHECK-NEXT: @wrong: 64 queries, 64 keys
// CHECK-NEXT: the tiles are not known before it runs
func.func @later(%q: tensor<1x2x64x8xf32>, %o: tensor<1x2x64x8xf32>,
                 %rows: tensor<1x1x2x4xi32>, %tiles: tensor<4xi32>)
    -> tensor<1x2x64x8xf32> {
  %r = attn.attention ins(%q : tensor<1x2x64x8xf32>)
      dense(%q, %q : tensor<1x2x64x8xf32>, tensor<1x2x64x8xf32>)
      walk<32, 32>(%rows, %tiles : tensor<1x1x2x4xi32>, tensor<4xi32>)
      outs(%o : tensor<1x2x64x8xf32>)
  return %r : tensor<1x2x64x8xf32>
}
func.func @wrong(%q: tensor<1x2x64x8xf32>, %o: tensor<1x2x64x8xf32>)
    -> tensor<1x2x64x8xf32> {
  %rows = arith.constant dense<[[[[0, 0, 1, 0], [1, 0, 1, 0]]]]>
      : tensor<1x1x2x4xi32>
  %tiles = arith.constant dense<[2]> : tensor<1xi32>
  %r = attn.attention ins(%q : tensor<1x2x64x8xf32>)
      dense(%q, %q : tensor<1x2x64x8xf32>, tensor<1x2x64x8xf32>)
      walk<32, 32>(%rows, %tiles : tensor<1x1x2x4xi32>, tensor<1xi32>)
      outs(%o : tensor<1x2x64x8xf32>)
  return %r : tensor<1x2x64x8xf32>
}

// CHECK: @dynamic: 4096 queries, 4096 keys
// CHECK-NEXT: the number of queries and of keys is assumed: neither the types nor fovea.dims say it
// CHECK-NEXT: all heads: 64 x 32 tiles
// CHECK-NEXT: pairs in tiles with work: 100.0% of all
// CHECK-NEXT: schedule:
func.func @dynamic(%q: tensor<1x1x?x8xf32>, %o: tensor<1x1x?x8xf32>)
    -> tensor<1x1x?x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x?x8xf32>)
      dense(%q, %q : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>)
      outs(%o : tensor<1x1x?x8xf32>)
  return %r : tensor<1x1x?x8xf32>
}

// CHECK: @nothing: 0 queries, 0 keys
// CHECK-NEXT: schedule:
func.func @nothing(%q: tensor<1x1x0x8xf32>) -> tensor<1x1x0x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x0x8xf32>)
      dense(%q, %q : tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>)
      outs(%q : tensor<1x1x0x8xf32>)
  return %r : tensor<1x1x0x8xf32>
}
