// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#lanes = #tile.lanes<axis = 0, width = 8>
#row = affine_map<(i) -> (i)>

// bf16 is held in f32, in loops and branches, too, and each result is rounded.
// What is rounded last is stored as it is.

// CHECK-LABEL: func.func private @arithmetic(
// CHECK-SAME: %[[T:[^:]*]]: memref<?xbf16>
// CHECK: %[[U:.*]] = memref.load %[[T]][
// CHECK: %[[UNIFORM:.*]] = arith.extf %[[U]] : bf16 to f32
// CHECK: %[[TABLE:.*]] = scf.if {{.*}} -> (vector<8xf32>) {
// CHECK:   %[[V:.*]] = vector.load %[[T]][%{{.*}}] : memref<?xbf16>, vector<8xbf16>
// CHECK:   arith.extf %[[V]] : vector<8xbf16> to vector<8xf32>
// CHECK: } else {
// CHECK:   scf.for {{.*}} -> (vector<8xf32>)
// CHECK:     %[[S:.*]] = memref.load %[[T]][
// CHECK:     arith.extf %[[S]] : bf16 to f32
// CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: %[[X:.*]] = arith.mulf %[[UNIFORM]], %[[HALF]] : f32
// CHECK: %[[XR:.*]] = arith.truncf %[[X]] : f32 to bf16
// CHECK: %[[XH:.*]] = arith.extf %[[XR]] : bf16 to f32
// CHECK: %[[XV:.*]] = vector.broadcast %[[XH]]
// CHECK: %[[Y:.*]] = arith.addf %[[TABLE]], %[[XV]] : vector<8xf32>
// CHECK: %[[YR:.*]] = arith.truncf %[[Y]] : vector<8xf32> to vector<8xbf16>
// CHECK-NOT: arith.truncf
// CHECK: vector.store %[[YR]], %{{.*}} : memref<8xbf16>, vector<8xbf16>
tile.kernel @arithmetic(%t: memref<?xbf16>, %o: memref<?xbf16>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xbf16> -> !tile.view<?xbf16>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %uniform = tile.gather %t[%x] : memref<?xbf16>
    %n = arith.addi %i, %x : index
    %consecutive = tile.gather %t[%n] : memref<?xbf16>
    %half = arith.constant 0.5 : bf16
    %u = arith.mulf %uniform, %half : bf16
    %y = arith.addf %consecutive, %u : bf16
    tile.yield %y : bf16
  } -> !tile.tile<8xbf16, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xbf16, #lanes>, !tile.view<?xbf16>
}

// A conversion to f32 costs nothing more.
// CHECK-LABEL: func.func private @extension(
// CHECK: %[[V:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK-NOT: arith.truncf
// CHECK-NOT: arith.extf
// CHECK: %[[B:.*]] = vector.broadcast %[[V]] : f32 to vector<8xf32>
// CHECK: vector.store %[[B]]
tile.kernel @extension(%t: memref<?xbf16>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #tile.cpu_schedule<query_tile = 8, key_tile = 16, lanes = 8, rows = 4, vectors = 1>} {
  %c0 = arith.constant 0 : index
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %m = tile.map ins() maps [] {
  ^bb0(%i: index):
    %f = tile.gather %t[%x] : memref<?xbf16>
    %y = arith.extf %f : bf16 to f32
    tile.yield %y : f32
  } -> !tile.tile<8xf32, #lanes>
  tile.store %m, %vo[%c0] : !tile.tile<8xf32, #lanes>, !tile.view<?xf32>
}
