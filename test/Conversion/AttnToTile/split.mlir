// RUN: fovea-opt %s --attn-to-tile --canonicalize | FileCheck %s

// Of up to 8 work items: as many parts as fit, but of two key tiles at least.
// CHECK-LABEL: tile.kernel @decode_attention(
// CHECK-SAME: %[[N:[a-z0-9]+]]: index) grid(%{{.*}}, %{{.*}}, %[[Z:.*]])
// CHECK-DAG: %[[PART:.*]] = arith.remui %[[Z]], %[[N]]
// CHECK-DAG: %[[TILE:.*]] = arith.divui %[[Z]], %[[N]]
// CHECK-DAG: %[[ROW:.*]] = arith.muli %[[TILE]], %c8
// CHECK: %[[SIZE:.*]] = tile.walk.size
// The sink is in the first part.
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[PART]], %c0
// CHECK: arith.select %[[FIRST]]
// CHECK: arith.select %[[FIRST]]
// CHECK: %[[SHARE:.*]] = arith.ceildivsi %[[SIZE]], %[[N]]
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]], %[[SHARE]]
// CHECK: %[[LOW:.*]] = arith.minsi %[[FROM]], %[[SIZE]]
// CHECK: %[[TO:.*]] = arith.addi %[[LOW]], %[[SHARE]]
// CHECK: %[[HIGH:.*]] = arith.minsi %[[TO]], %[[SIZE]]
// CHECK: %[[STATE:.*]]:3 = scf.for %{{.*}} = %[[LOW]] to %[[HIGH]]
// CHECK: %[[ROWS:.*]] = arith.subi %c5, %[[ROW]]
// CHECK: %{{.*}}, %{{.*}}, %{{.*}}, %[[LAST:.*]] = tile.combine %[[STATE]]#0, %[[STATE]]#1, %[[STATE]]#2 part %[[PART]] of %[[N]] rows %[[ROWS]] unit
// CHECK: scf.if %[[LAST]] {
// CHECK: tile.store
// CHECK-LABEL: func.func @decode(
// CHECK: %[[KEYS:.*]] = memref.dim
// CHECK: %[[MOST:.*]] = arith.ceildivsi %[[KEYS]], %c16
// CHECK: %[[FEW:.*]] = arith.minsi %[[MOST]], %c4
// CHECK: %[[PARTS:.*]] = arith.maxsi %[[FEW]], %c1
// CHECK: tile.launch @decode_attention grid(%c2, %c1, %[[PARTS]]) args({{.*}}, %[[PARTS]] :
func.func @decode(%q: memref<2x1x5x16xf32>, %k: memref<2x1x?x16xf32>, %s: memref<1xf32>) {
  attn.attention ins(%q : memref<2x1x5x16xf32>)
      dense(%k, %k : memref<2x1x?x16xf32>, memref<2x1x?x16xf32>)
      sinks(%s : memref<1xf32>)
      outs(%q : memref<2x1x5x16xf32>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 8, lanes = 8, rows = 4, vectors = 1, split_to = 8>}
  return
}

// As many as the GPU has multiprocessors.
// CHECK-LABEL: func.func @processors(
// CHECK: %[[ALL:.*]] = tile.processors
// CHECK: arith.divui %[[ALL]]
func.func @processors(%q: memref<2x3x1x64xbf16>, %k: memref<2x3x?x64xbf16>) {
  attn.attention ins(%q : memref<2x3x1x64xbf16>)
      dense(%k, %k : memref<2x3x?x64xbf16>, memref<2x3x?x64xbf16>)
      outs(%q : memref<2x3x1x64xbf16>)
      attributes {schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 4, groups = 1, producer_regs = 24, consumer_regs = 240, split_to = 0>}
  return
}
