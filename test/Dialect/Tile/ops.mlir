// RUN: fovea-opt %s | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --mlir-print-op-generic | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --emit-bytecode | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --verify-roundtrip --cse -o /dev/null
// RUN: fovea-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// The end of a kernel is written in the generic form only.
// GENERIC: "tile.kernel"() <{
// GENERIC: "tile.return"() : () -> ()

// Every op, type and attribute of the dialect, in custom and in generic form.

#element = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#a = affine_map<(m, n, k) -> (m, k)>
#b_nk = affine_map<(m, n, k) -> (n, k)>
#b_kn = affine_map<(m, n, k) -> (k, n)>
#acc = affine_map<(m, n, k) -> (m, n)>

// CHECK-DAG: #[[ELEMENT:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[ACC:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// Rows behind an offset, and rows in pages.
// CHECK-LABEL: tile.kernel @views
// CHECK-SAME: (%[[X:.*]]: memref<8x?x64xf32>, %[[P:.*]]: memref<?x16x64xf32>, %[[T:.*]]: memref<?x?xi32>, %[[N:.*]]: index) grid(%b)
tile.kernel @views(%x: memref<8x?x64xf32>, %p: memref<?x16x64xf32>, %t: memref<?x?xi32>, %n: index) grid(%b) {
  // CHECK: tile.view %[[X]] dims [1, 2] at[%b] from %[[N]] limit %[[N]] : memref<8x?x64xf32> -> <?x64xf32>
  // CHECK: tile.view %[[P]] dims [1, 2] at[] pages 16 along 0 of %[[T]][%b] : memref<?x16x64xf32>, memref<?x?xi32> -> <?x64xf32>
  %v = tile.view %x dims [1, 2] at [%b] from %n limit %n : memref<8x?x64xf32> -> !tile.view<?x64xf32>
  %w = tile.view %p dims [1, 2] at [] pages 16 along 0 of %t[%b] : memref<?x16x64xf32>, memref<?x?xi32> -> !tile.view<?x64xf32>
}

// A kernel has memrefs and scalars as parameters, and the grid's coordinates.
// CHECK-LABEL: tile.kernel @copy
// CHECK-SAME: (%[[X:.*]]: memref<2x?x64xf32>, %[[Y:.*]]: memref<2x?x64xf32>, %[[N:.*]]: index) grid(%b, %h)
// CHECK-SAME: attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 128, lanes = 16, rows = 16, vectors = 1>}
tile.kernel @copy(%x: memref<2x?x64xf32>, %y: memref<2x?x64xf32>, %n: index)
    grid(%b, %r) attributes {schedule = #tile.cpu_schedule<
      query_tile = 16, key_tile = 128, lanes = 16, rows = 16, vectors = 1>} {
  %c0 = arith.constant 0 : index
  // The order of `dims` is the order of axes: a transposed view.
  // CHECK: tile.view %[[X]] dims [1, 2] at[%b] limit %[[N]] : memref<2x?x64xf32> -> <?x64xf32>
  // CHECK: tile.view %[[Y]] dims [2, 1] at[%b] : memref<2x?x64xf32> -> <64x?xf32>
  // CHECK: tile.view %[[Y]] dims [2] at[%b, %h] : memref<2x?x64xf32> -> <64xf32>
  %v = tile.view %x dims [1, 2] at [%b] limit %n : memref<2x?x64xf32> -> !tile.view<?x64xf32>
  %w = tile.view %y dims [2, 1] at [%b] : memref<2x?x64xf32> -> !tile.view<64x?xf32>
  %u = tile.view %y dims [2] at [%b, %r] : memref<2x?x64xf32> -> !tile.view<64xf32>
  // CHECK: %[[T:.*]] = tile.load %{{.*}}[%h, %{{.*}}] : <?x64xf32> -> <16x64xf32>
  // CHECK: tile.store %[[T]], %{{.*}}[%{{.*}}, %h] : <16x64xf32>, <64x?xf32>
  %t = tile.load %v[%r, %c0] : !tile.view<?x64xf32> -> !tile.tile<16x64xf32>
  tile.store %t, %w[%c0, %r] : !tile.tile<16x64xf32>, !tile.view<64x?xf32>
  // CHECK: %[[ROW1:.*]] = tile.load %{{.*}}[%{{.*}}] : <64xf32> -> <64xf32>
  %one = tile.load %u[%c0] : !tile.view<64xf32> -> !tile.tile<64xf32>
  tile.store %one, %u[%c0] : !tile.tile<64xf32>, !tile.view<64xf32>
}

// CHECK-LABEL: func.func @launch
func.func @launch(%n: index, %x: memref<2x?x64xf32>) {
  // CHECK: tile.launch @copy grid(%{{.*}}, %{{.*}}) args(%{{.*}}, %{{.*}}, %{{.*}} : memref<2x?x64xf32>, memref<2x?x64xf32>, index)
  // CHECK-NOT: scratch_bytes
  tile.launch @copy grid(%n, %n) args(%x, %x, %n : memref<2x?x64xf32>, memref<2x?x64xf32>, index)
  // CHECK: {scratch_bytes = 4096 : i64}
  tile.launch @copy grid(%n, %n) args(%x, %x, %n : memref<2x?x64xf32>, memref<2x?x64xf32>, index) {scratch_bytes = 4096 : i64}
  return
}

// Products in both orientations of b, and with narrow operands.
// CHECK-LABEL: func.func @dot
func.func @dot(%q: !tile.tile<64x32xf32>, %k: !tile.tile<128x32xbf16>,
               %v: !tile.tile<128x8xf16>, %s: !tile.tile<64x128xf32>,
               %o: !tile.tile<64x8xf32>) {
  // CHECK: tile.dot %{{.*}} {indexing_maps = [#[[A]], #[[NK]], #[[ACC]]]} : <64x32xf32>, <128x32xbf16>, <64x128xf32>
  %0 = tile.dot %q, %k, %s {indexing_maps = [#a, #b_nk, #acc]}
    : !tile.tile<64x32xf32>, !tile.tile<128x32xbf16>, !tile.tile<64x128xf32>
  // CHECK: tile.dot %{{.*}} {indexing_maps = [#[[A]], #[[KN]], #[[ACC]]]} : <64x128xf32>, <128x8xf16>, <64x8xf32>
  %1 = tile.dot %0, %v, %o {indexing_maps = [#a, #b_kn, #acc]}
    : !tile.tile<64x128xf32>, !tile.tile<128x8xf16>, !tile.tile<64x8xf32>
  return
}

// Maps read elements, rows and columns; coordinates have an origin.
// CHECK-LABEL: func.func @map
func.func @map(%s: !tile.tile<64x128xf32>, %row: !tile.tile<64xf32>,
               %column: !tile.tile<128xi32>, %table: memref<8x?xf32>,
               %i0: index, %j0: index) -> !tile.tile<64xf32> {
  // CHECK: %[[MAP:.*]] = tile.map ins(%{{.*}}, %{{.*}}, %{{.*}} : !tile.tile<64x128xf32>, !tile.tile<64xf32>, !tile.tile<128xi32>) maps [#[[ELEMENT]], #[[ROW]], #[[COLUMN]]] origin(%{{.*}}, %{{.*}}) {
  // CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: i32, %{{.*}}: index, %{{.*}}: index):
  // CHECK: tile.gather %{{.*}}[%{{.*}}, %{{.*}}] : memref<8x?xf32>
  // CHECK: tile.yield %{{.*}} : f32
  // CHECK: } -> <64x128xf32>
  %m = tile.map ins(%s, %row, %column : !tile.tile<64x128xf32>, !tile.tile<64xf32>, !tile.tile<128xi32>)
      maps [#element, #row, #column] origin(%i0, %j0) {
  ^bb0(%x: f32, %r: f32, %c: i32, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %bias = tile.gather %table[%i0, %d] : memref<8x?xf32>
    %y = arith.addf %x, %bias : f32
    tile.yield %y : f32
  } -> !tile.tile<64x128xf32>
  // A tile of one axis is read at any element.
  // CHECK: tile.extract %{{.*}}[%{{.*}}] : <64xf32>
  %e = tile.map ins() maps [] {
  ^bb0(%i: index, %j: index):
    %x = tile.extract %row[%i] : !tile.tile<64xf32>
    tile.yield %x : f32
  } -> !tile.tile<64x128xf32>
  // A map without inputs makes a tile of its coordinates.
  // CHECK: tile.map ins() maps [] {
  %iota = tile.map ins() maps [] {
  ^bb0(%i: index):
    tile.yield %i : index
  } -> !tile.tile<64xindex>
  // CHECK: tile.reduce max %[[MAP]] axis 1 : <64x128xf32> -> <64xf32>
  // CHECK: tile.reduce add %[[MAP]] axis 0 : <64x128xf32> -> <128xf32>
  %top = tile.reduce max %m axis 1 : !tile.tile<64x128xf32> -> !tile.tile<64xf32>
  %sum = tile.reduce add %m axis 0 : !tile.tile<64x128xf32> -> !tile.tile<128xf32>
  // CHECK: tile.splat %{{.*}} : f32 -> <64xf32>
  %cst = arith.constant 1.0 : f32
  %one = tile.splat %cst : f32 -> !tile.tile<64xf32>
  return %top : !tile.tile<64xf32>
}

// CHECK-LABEL: func.func @walk
func.func @walk(%a: index, %b: index) -> (index, i1, index) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[W:.*]] = tile.walk.ranges(%{{.*}}, %{{.*}}) to(%{{.*}}, %{{.*}}) {partial = array<i1: false, true>}
  // CHECK: tile.walk.size %[[W]]
  // CHECK: tile.walk.at %[[W]][%{{.*}}]
  %w = tile.walk.ranges (%c0, %a) to (%a, %b) {partial = array<i1: false, true>}
  %n = tile.walk.size %w
  %t, %p = tile.walk.at %w[%c0]
  // A walk over nothing.
  // CHECK: tile.walk.ranges() to() {partial = array<i1>}
  %none = tile.walk.ranges () to () {partial = array<i1>}
  return %t, %p, %n : index, i1, index
}

// CHECK-LABEL: func.func @together
func.func @together(%o: !tile.tile<64x128xf32>, %m: !tile.tile<64xf32>, %part: index,
                    %rows: index) -> i1 {
  // CHECK: %[[N:.*]] = tile.processors
  %n = tile.processors
  // CHECK: tile.choose
  %c = tile.choose
  // CHECK: %{{.*}}, %{{.*}}, %{{.*}}, %[[LAST:.*]] = tile.combine %{{.*}}, %{{.*}}, %{{.*}} part %{{.*}} of %[[N]] rows %{{.*}} unit 1.250000e-01 : <64x128xf32>, <64xf32>
  %s, %t, %w, %last = tile.combine %o, %m, %m part %part of %n rows %rows unit 0.125
      : !tile.tile<64x128xf32>, !tile.tile<64xf32>
  // CHECK: return %[[LAST]]
  return %last : i1
}

// Layouts on types.
// CHECK-LABEL: func.func private @layouts
// CHECK-SAME: !tile.tile<64x128xf32, #tile.lanes<axis = 0, width = 16>>
// CHECK-SAME: !tile.tile<3x8xf32, #tile.lanes<axis = 1, width = 4>>
// CHECK-SAME: !tile.tile<64xf32, #tile.lanes<axis = 0, width = 8>>
// CHECK-SAME: !tile.tile<128x64xbf16, #tile.in_memory>
// CHECK-SAME: !tile.walk
func.func private @layouts(!tile.tile<64x128xf32, #tile.lanes<axis = 0, width = 16>>,
                           !tile.tile<3x8xf32, #tile.lanes<axis = 1, width = 4>>,
                           !tile.tile<64xf32, #tile.lanes<axis = 0, width = 8>>,
                           !tile.tile<128x64xbf16, #tile.in_memory>,
                           !tile.walk)

// CHECK-LABEL: tile.kernel @listed
// CHECK: %[[W:.*]] = tile.walk.list %{{.*}}[%{{.*}}] count %{{.*}} partials %{{.*}} limit %{{.*}} split 2 : memref<?xi32>
// CHECK: tile.walk.at %[[W]][%{{.*}}]
// CHECK: tile.walk.entry %[[W]][%{{.*}}]
tile.kernel @listed(%tiles: memref<?xi32>, %n: index) grid(%x) {
  %c0 = arith.constant 0 : index
  %w = tile.walk.list %tiles[%x] count %n partials %c0 limit %n split 2
      : memref<?xi32>
  %tile, %partial = tile.walk.at %w[%c0]
  %entry = tile.walk.entry %w[%c0]
}

// CHECK-LABEL: func.func @boxes
func.func @boxes(%m: memref<2x64x100x64xbf16>, %l: memref<2x64x100xf32>, %h: index) {
  // CHECK: tile.view %{{.*}} dims [1, 2, 3] at[%{{.*}}] boxes [8, 16] : memref<2x64x100x64xbf16> -> <7168x64xbf16>
  %v = tile.view %m dims [1, 2, 3] at [%h] boxes [8, 16] : memref<2x64x100x64xbf16> -> !tile.view<7168x64xbf16>
  // CHECK: tile.view %{{.*}} dims [1, 2, 3] at[%{{.*}}] boxes [8, 16] every [1, 2] : memref<2x64x100x64xbf16> -> <409600x64xbf16>
  %u = tile.view %m dims [1, 2, 3] at [%h] boxes [8, 16] every [1, 2] : memref<2x64x100x64xbf16> -> !tile.view<409600x64xbf16>
  // CHECK: tile.view %{{.*}} dims [1, 2] at[%{{.*}}] boxes [8, 16] : memref<2x64x100xf32> -> <7168xf32>
  %w = tile.view %l dims [1, 2] at [%h] boxes [8, 16] : memref<2x64x100xf32> -> !tile.view<7168xf32>
  return
}
