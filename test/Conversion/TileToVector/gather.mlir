// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#lanes = #tile.lanes<axis = 0, width = 8>
#row = affine_map<(i) -> (i)>

// A captured read is one scalar where the index is the same for all lanes, one
// vector where lanes are consecutive and inside the table, else one by one; all
// indices are made safe.

// CHECK-LABEL: func.func private @uniform(
// CHECK-SAME: %[[T:[^:]*]]: memref<?xf32>
// CHECK-DAG: arith.cmpi slt
// CHECK-DAG: arith.minsi
// CHECK-DAG: arith.maxsi
// CHECK: %[[V:.*]] = memref.load %[[T]][
// CHECK: vector.broadcast %[[V]] : f32 to vector<8xf32>
tile.kernel @uniform(%t: memref<?xf32>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %f = tile.gather %t[%x] : memref<?xf32>
    tile.yield %f : f32
  } -> !tile.tile<8xf32, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xf32, #lanes>, !tile.view<?xf32>
}

// CHECK-LABEL: func.func private @consecutive(
// CHECK-SAME: %[[T:[^:]*]]: memref<?xf32>
// CHECK: scf.if {{.*}} -> (vector<8xf32>) {
// CHECK:   vector.load %[[T]][%{{.*}}] : memref<?xf32>, vector<8xf32>
// CHECK: } else {
// CHECK:   scf.for
// CHECK:     memref.load %[[T]][
tile.kernel @consecutive(%t: memref<?xf32>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %n = arith.addi %i, %x : index
    %f = tile.gather %t[%n] : memref<?xf32>
    tile.yield %f : f32
  } -> !tile.tile<8xf32, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xf32, #lanes>, !tile.view<?xf32>
}

// CHECK-LABEL: func.func private @scattered(
// CHECK-SAME: %[[T:[^:]*]]: memref<?xf32>
// CHECK-NOT: vector.load %[[T]]
// CHECK: scf.for
// CHECK: memref.load %[[T]][
// CHECK: vector.insert
tile.kernel @scattered(%t: memref<?xf32>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %n = arith.muli %i, %i : index
    %f = tile.gather %t[%n] : memref<?xf32>
    tile.yield %f : f32
  } -> !tile.tile<8xf32, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xf32, #lanes>, !tile.view<?xf32>
}
