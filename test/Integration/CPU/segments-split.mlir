// RUN: fovea-run %s --random 3 --check --all-entries | FileCheck %s
// RUN: fovea-run %s --random 4 --check-each-pass --entry pages | FileCheck %s --check-prefix=EACH
// RUN: fovea-opt %s --fovea-attn-stage=target=cpu:avx512 | FileCheck %s --check-prefix=SCHEDULE

// Few queries: keys are divided between work items, in pages, in several segments and
// packed, too; the query heads of a group are rows of one tile.

// CHECK-COUNT-5: ok
// CHECK-NOT: FAIL
// EACH: attn-to-tile {{.*}} ok
// EACH: tile-to-vector {{.*}} ok

// SCHEDULE-LABEL: func.func @pages
// SCHEDULE: split_to = 64
func.func @pages(%q: tensor<3x8x1x16xf32>, %k: tensor<50x2x16x16xf32>, %v: tensor<50x2x16x24xf32>,
    %t: tensor<3x90xi32> {fovea.low = 0 : i64, fovea.high = 49 : i64},
    %n: tensor<3xi32> {fovea.low = 0 : i64, fovea.high = 1500 : i64},
    %o: tensor<3x8x1x24xf32>, %l: tensor<3x8x1xf32>) -> (tensor<3x8x1x24xf32>, tensor<3x8x1xf32>) {
  %r:2 = attn.attention ins(%q : tensor<3x8x1x16xf32>)
      paged<16>(%k, %v : tensor<50x2x16x16xf32>, tensor<50x2x16x24xf32>) table(%t : tensor<3x90xi32>) lengths(%n : tensor<3xi32>)
      outs(%o, %l : tensor<3x8x1x24xf32>, tensor<3x8x1xf32>)
      score(%s, %b, %h, %i, %j) {
        %f = arith.index_cast %h : index to i32
        %g = arith.sitofp %f : i32 to f32
        %x = arith.mulf %s, %g : f32
        attn.yield %x : f32
      }
  return %r#0, %r#1 : tensor<3x8x1x24xf32>, tensor<3x8x1xf32>
}

// Each part has a share of the tiles of each segment; sinks count once.
// SCHEDULE-LABEL: func.func @several
// SCHEDULE: split_to = 64
func.func @several(%q: tensor<1x4x3x16xf32>, %k: tensor<1x2x700x16xf32>, %p: tensor<30x2x8x16xf32>,
    %t: tensor<1x77xi32> {fovea.low = 0 : i64, fovea.high = 29 : i64}, %sinks: tensor<4xf32>,
    %o: tensor<1x4x3x16xf32>) -> tensor<1x4x3x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x3x16xf32>)
      dense(%k, %k : tensor<1x2x700x16xf32>, tensor<1x2x700x16xf32>)
      paged<8>(%p, %p : tensor<30x2x8x16xf32>, tensor<30x2x8x16xf32>) table(%t : tensor<1x77xi32>)
      sinks(%sinks : tensor<4xf32>)
      outs(%o : tensor<1x4x3x16xf32>)
      mask(%b, %h, %i, %j) {
        %c600 = arith.constant 600 : index
        %limit = arith.muli %i, %c600 : index
        %c = arith.cmpi sle, %j, %limit : index
        attn.yield %c : i1
      }
  return %r : tensor<1x4x3x16xf32>
}

// A query for each of most sequences.
// SCHEDULE-LABEL: func.func @packed
// SCHEDULE: split_to = 64
func.func @packed(%q: tensor<2x9x16xf32>, %k: tensor<1x4000x16xf32>,
    %qo: tensor<8xi32> {fovea.low = 0 : i64, fovea.high = 9 : i64, fovea.sorted},
    %ko: tensor<8xi32> {fovea.low = 0 : i64, fovea.high = 4000 : i64, fovea.sorted},
    %o: tensor<2x9x16xf32>, %l: tensor<2x9xf32>) -> (tensor<2x9x16xf32>, tensor<2x9xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x9x16xf32>)
      packed(%k, %k : tensor<1x4000x16xf32>, tensor<1x4000x16xf32>) offsets(%qo, %ko : tensor<8xi32>, tensor<8xi32>)
      outs(%o, %l : tensor<2x9x16xf32>, tensor<2x9xf32>)
  return %r#0, %r#1 : tensor<2x9x16xf32>, tensor<2x9xf32>
}

// Sequences with many queries and with few: few get tiles of their own.
// SCHEDULE-LABEL: func.func @ragged
// SCHEDULE: query_tile = 64, {{.*}} tail_tile = 16
func.func @ragged(%q: tensor<4x300x16xbf16>, %k: tensor<40x2x32x16xbf16>,
    %qo: tensor<21xi32> {fovea.low = 0 : i64, fovea.high = 300 : i64, fovea.sorted},
    %t: tensor<20x9xi32> {fovea.low = 0 : i64, fovea.high = 39 : i64},
    %n: tensor<20xi32> {fovea.low = 0 : i64, fovea.high = 288 : i64},
    %o: tensor<4x300x16xbf16>) -> tensor<4x300x16xbf16> {
  %r = attn.attention ins(%q : tensor<4x300x16xbf16>)
      paged<32>(%k, %k : tensor<40x2x32x16xbf16>, tensor<40x2x32x16xbf16>) offsets(%qo : tensor<21xi32>)
      table(%t : tensor<20x9xi32>) lengths(%n : tensor<20xi32>)
      outs(%o : tensor<4x300x16xbf16>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %i, %j : index
        attn.yield %c : i1
      }
  return %r : tensor<4x300x16xbf16>
}

// A listed walk on pages.
func.func @walk(%q: tensor<2x2x7x16xf32>, %k: tensor<40x1x16x16xf32>, %blocks: tensor<1x1x1x3xi1>,
    %rows: tensor<1x1x1x4xi32>, %tiles: tensor<3xi32>,
    %t: tensor<2x24xi32> {fovea.low = 0 : i64, fovea.high = 39 : i64},
    %o: tensor<2x2x7x16xf32>) -> tensor<2x2x7x16xf32> {
  %w:2 = attn.walk.from_blocks ins(%blocks : tensor<1x1x1x3xi1>)
      outs(%rows, %tiles : tensor<1x1x1x4xi32>, tensor<3xi32>) -> tensor<1x1x1x4xi32>, tensor<3xi32>
  %r = attn.attention ins(%q : tensor<2x2x7x16xf32>)
      paged<16>(%k, %k : tensor<40x1x16x16xf32>, tensor<40x1x16x16xf32>) table(%t : tensor<2x24xi32>)
      walk<64, 128>(%w#0, %w#1 : tensor<1x1x1x4xi32>, tensor<3xi32>)
      outs(%o : tensor<2x2x7x16xf32>)
  return %r : tensor<2x2x7x16xf32>
}
