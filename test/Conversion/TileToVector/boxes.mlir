// RUN: fovea-opt %s --tile-assign-layouts --tile-to-vector --canonicalize --cse | FileCheck %s

// A row of boxes that overlap is read from where it is on the grid; beyond the grid
// stands its last element.

// CHECK-LABEL: func.func private @boxes(
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<8x9x16xf32>
// CHECK: %[[BOX:.*]] = arith.divui %[[ROW:.*]], %c16
// CHECK: %[[INSIDE:.*]] = arith.remui %[[ROW]], %c16
// CHECK: %[[NUMBER:.*]] = arith.remui %[[BOX]], %c5
// CHECK: %[[OFFSET:.*]] = arith.remui %[[INSIDE]], %c4
// CHECK: %[[START:.*]] = arith.muli %[[NUMBER]], %c2
// CHECK: %[[SUM:.*]] = arith.addi %[[START]], %[[OFFSET]]
// CHECK: %[[X:.*]] = arith.minui %[[SUM]], %c8
// CHECK: %[[START:.*]] = arith.divui %[[BOX]], %c5
// CHECK: %[[OFFSET:.*]] = arith.divui %[[INSIDE]], %c4
// CHECK: %[[SUM:.*]] = arith.addi %[[START]], %[[OFFSET]]
// CHECK: %[[Y:.*]] = arith.minui %[[SUM]], %c7
// CHECK: vector.load %[[K]][%[[Y]], %[[X]], %{{.*}}] : memref<8x9x16xf32>
tile.kernel @boxes(%k: memref<8x9x16xf32>, %o: memref<16x16xf32>) grid(%x) attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 16, lanes = 16, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %first = arith.muli %x, %c16 : index
  %v = tile.view %k dims [0, 1, 2] at [] boxes [4, 4] every [1, 2] : memref<8x9x16xf32> -> !tile.view<640x16xf32>
  %w = tile.view %o dims [0, 1] at [] : memref<16x16xf32> -> !tile.view<16x16xf32>
  %t = tile.load %v[%first, %c0] : !tile.view<640x16xf32> -> !tile.tile<16x16xf32>
  tile.store %t, %w[%c0, %c0] : !tile.tile<16x16xf32>, !tile.view<16x16xf32>
}
