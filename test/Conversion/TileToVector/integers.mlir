// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#lanes = #tile.lanes<axis = 0, width = 8>
#row = affine_map<(i) -> (i)>

// i8 wraps as i8, also where 32 bits would hold the sum.
// CHECK-LABEL: func.func private @narrow(
// CHECK: %[[N:.*]] = scf.if {{.*}} -> (vector<8xi8>)
// CHECK: arith.addi %[[N]], %[[N]] : vector<8xi8>
tile.kernel @narrow(%t: memref<?xi8>, %o: memref<?xi8>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xi8> -> !tile.view<?xi8>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %n = tile.gather %t[%i] : memref<?xi8>
    %s = arith.addi %n, %n : i8
    tile.yield %s : i8
  } -> !tile.tile<8xi8, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xi8, #lanes>, !tile.view<?xi8>
}

// CHECK-LABEL: func.func private @casts(
// CHECK: %[[N:.*]] = scf.if {{.*}} -> (vector<8xi8>)
// CHECK: %[[U:.*]] = arith.extui %[[N]] : vector<8xi8> to vector<8xi64>
// CHECK: %[[S:.*]] = arith.extsi %[[N]] : vector<8xi8> to vector<8xi64>
// CHECK: %[[D:.*]] = arith.muli %[[U]], %[[S]] : vector<8xi64>
// CHECK: arith.trunci %[[D]] : vector<8xi64> to vector<8xi16>
tile.kernel @casts(%t: memref<?xi8>, %o: memref<?xi16>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xi16> -> !tile.view<?xi16>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %n = tile.gather %t[%i] : memref<?xi8>
    %u = arith.index_castui %n : i8 to index
    %s = arith.index_cast %n : i8 to index
    %d = arith.muli %u, %s : index
    %y = arith.index_castui %d : index to i16
    tile.yield %y : i16
  } -> !tile.tile<8xi16, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xi16, #lanes>, !tile.view<?xi16>
}
