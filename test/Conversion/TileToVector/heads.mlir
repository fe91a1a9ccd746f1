// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

// A work item has two heads. Their loop is cut at the loop over keys: sums of each head begin
// in its scratch memory, each step of the loop over keys is done for both, and what comes after
// it again. The number of the head is computed anew in each, the first key once.

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#row = affine_map<(i) -> (i)>
#lanes = #tile.lanes<axis = 1, width = 16>
#scalars = #tile.lanes<axis = 0, width = 1>
#memory = #tile.in_memory
#schedule = #tile.cpu_schedule<query_tile = 1, key_tile = 16, lanes = 16, rows = 1, vectors = 1, lane_axis = 1, heads = 2>

// CHECK-LABEL: func.func private @sums(
// CHECK-SAME: %[[ITEM:[^:]*]]: index, %[[SCRATCH:[^:]*]]: memref<?xi8>, %[[V:[^:]*]]: memref<?x?x16xf32>
// CHECK-SAME: %[[ALL:[^:]*]]: index, %{{[^:]*}}: index, %[[ITEMS:[^:]*]]: index)
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c2 : index
// CHECK: %[[LEFT:.*]] = arith.subi %[[ALL]], %[[FIRST]] : index
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c2 : index
// CHECK: %[[TILES:.*]] = memref.dim %[[V]]
// CHECK: scf.for %[[H:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK:   memref.store {{.*}}[%[[H]]] : memref<2xf32>
// CHECK: }
// CHECK: scf.for %[[TILE:.*]] = %c0 to %[[TILES]] step %c1 {
// CHECK:   scf.for %[[H2:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK-DAG: %[[HEAD:.*]] = arith.addi %[[FIRST]], %[[H2]] : index
// CHECK-DAG: memref.load {{.*}}[%[[H2]]] : memref<2xf32>
// CHECK:     %[[ROW:.*]] = arith.addi %[[HEAD]], %{{.*}} : index
// CHECK:     vector.load %[[V]][%[[TILE]], %[[ROW]],
// CHECK:     memref.store {{.*}}[%[[H2]]] : memref<2xf32>
// CHECK: scf.for %[[H3:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK:   memref.load {{.*}}[%[[H3]]] : memref<2xf32>
tile.kernel @sums(%v: memref<?x?x16xf32>, %o: memref<?x?xf32>) grid(%h, %m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = memref.dim %v, %c0 : memref<?x?x16xf32>
  %start = tile.splat %zero : f32 -> !tile.tile<1xf32, #scalars>
  %sum = scf.for %t = %c0 to %n step %c1 iter_args(%s = %start) -> !tile.tile<1xf32, #scalars> {
    %view = tile.view %v dims [1, 2] at [%t] : memref<?x?x16xf32> -> !tile.view<?x16xf32>
    %x = tile.load %view[%h, %c0] : !tile.view<?x16xf32> -> !tile.tile<1x16xf32, #lanes>
    %r = tile.reduce add %x axis 1 : !tile.tile<1x16xf32, #lanes> -> !tile.tile<1xf32, #scalars>
    %next = tile.map ins(%s, %r : !tile.tile<1xf32, #scalars>, !tile.tile<1xf32, #scalars>) maps [#row, #row] {
    ^bb0(%a: f32, %b: f32, %i: index):
      %y = arith.addf %a, %b : f32
      tile.yield %y : f32
    } -> !tile.tile<1xf32, #scalars>
    scf.yield %next : !tile.tile<1xf32, #scalars>
  }
  %out = tile.view %o dims [1] at [%h] : memref<?x?xf32> -> !tile.view<?xf32>
  tile.store %sum, %out[%m] : !tile.tile<1xf32, #scalars>, !tile.view<?xf32>
}

// What a head computes once, and two loops over keys use, is kept in its memory, at one place.

// CHECK-LABEL: func.func private @kept(
// CHECK: scf.for %[[H:.*]] = %c0 to %[[COUNT:.*]] step %c1 {
// CHECK:   vector.store %{{.*}}, %[[KEPT:.*]][%[[H]], %c0] : memref<2x16xf32>
// CHECK: scf.for
// CHECK:   scf.for %[[H2:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK:     vector.load %[[KEPT]][%[[H2]], %c0] : memref<2x16xf32>
// CHECK:     arith.addf
// CHECK-NOT: vector.store
// CHECK: scf.for
// CHECK:   scf.for %[[H3:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK:     vector.load %[[KEPT]][%[[H3]], %c0] : memref<2x16xf32>
// CHECK:     arith.mulf
tile.kernel @kept(%v: memref<?x?x16xf32>, %o: memref<?x?xf32>) grid(%h, %m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %v, %c0 : memref<?x?x16xf32>
  %view = tile.view %v dims [1, 2] at [%m] : memref<?x?x16xf32> -> !tile.view<?x16xf32>
  %x = tile.load %view[%h, %c0] : !tile.view<?x16xf32> -> !tile.tile<1x16xf32, #lanes>
  %once = tile.reduce add %x axis 1 : !tile.tile<1x16xf32, #lanes> -> !tile.tile<1xf32, #scalars>
  %zero = arith.constant 0.0 : f32
  %start = tile.splat %zero : f32 -> !tile.tile<1xf32, #scalars>
  %a = scf.for %t = %c0 to %n step %c1 iter_args(%s = %start) -> !tile.tile<1xf32, #scalars> {
    %next = tile.map ins(%s, %once : !tile.tile<1xf32, #scalars>, !tile.tile<1xf32, #scalars>) maps [#row, #row] {
    ^bb0(%p: f32, %q: f32, %i: index):
      %y = arith.addf %p, %q : f32
      tile.yield %y : f32
    } -> !tile.tile<1xf32, #scalars>
    scf.yield %next : !tile.tile<1xf32, #scalars>
  }
  %b = scf.for %t = %c0 to %n step %c1 iter_args(%s = %a) -> !tile.tile<1xf32, #scalars> {
    %next = tile.map ins(%s, %once : !tile.tile<1xf32, #scalars>, !tile.tile<1xf32, #scalars>) maps [#row, #row] {
    ^bb0(%p: f32, %q: f32, %i: index):
      %y = arith.mulf %p, %q : f32
      tile.yield %y : f32
    } -> !tile.tile<1xf32, #scalars>
    scf.yield %next : !tile.tile<1xf32, #scalars>
  }
  %out = tile.view %o dims [1] at [%h] : memref<?x?xf32> -> !tile.view<?xf32>
  tile.store %b, %out[%m] : !tile.tile<1xf32, #scalars>, !tile.view<?xf32>
}

// Heads whose loops over keys differ run one after the other.

// CHECK-LABEL: func.func private @differ(
// CHECK-SAME: %[[COUNTS:[^:]*]]: memref<?xindex>
// CHECK: scf.for
// CHECK:   %[[N:.*]] = memref.load %[[COUNTS]]
// CHECK:   scf.for %{{.*}} = %c0 to %[[N]] step %c1 iter_args(
// CHECK-NOT: memref<2xf32>
// CHECK: return
tile.kernel @differ(%counts: memref<?xindex>, %v: memref<?x?x16xf32>, %o: memref<?x?xf32>) grid(%h, %m)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = memref.load %counts[%h] : memref<?xindex>
  %start = tile.splat %zero : f32 -> !tile.tile<1xf32, #scalars>
  %sum = scf.for %t = %c0 to %n step %c1 iter_args(%s = %start) -> !tile.tile<1xf32, #scalars> {
    %view = tile.view %v dims [1, 2] at [%t] : memref<?x?x16xf32> -> !tile.view<?x16xf32>
    %x = tile.load %view[%h, %c0] : !tile.view<?x16xf32> -> !tile.tile<1x16xf32, #lanes>
    %r = tile.reduce add %x axis 1 : !tile.tile<1x16xf32, #lanes> -> !tile.tile<1xf32, #scalars>
    %next = tile.map ins(%s, %r : !tile.tile<1xf32, #scalars>, !tile.tile<1xf32, #scalars>) maps [#row, #row] {
    ^bb0(%a: f32, %b: f32, %i: index):
      %y = arith.addf %a, %b : f32
      tile.yield %y : f32
    } -> !tile.tile<1xf32, #scalars>
    scf.yield %next : !tile.tile<1xf32, #scalars>
  }
  %out = tile.view %o dims [1] at [%h] : memref<?x?xf32> -> !tile.view<?xf32>
  tile.store %sum, %out[%m] : !tile.tile<1xf32, #scalars>, !tile.view<?xf32>
}

// The launch has a work item for every two heads, and tells how many there are.

// CHECK-LABEL: func.func @launch(
// CHECK-SAME: index, %[[N:.*]]: index)
// CHECK: %[[HALF:.*]] = arith.ceildivui %[[N]], %c2 : index
// CHECK: tile.launch @sums grid(%[[HALF]], %c1) args(%{{.*}}, %{{.*}}, %[[N]] : memref<?x?x16xf32>, memref<?x?xf32>, index)
func.func @launch(%v: memref<?x?x16xf32>, %o: memref<?x?xf32>, %m: index, %n: index) {
  %c1 = arith.constant 1 : index
  tile.launch @sums grid(%n, %c1) args(%v, %o : memref<?x?x16xf32>, memref<?x?xf32>)
  return
}
