// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#lanes = #tile.lanes<axis = 0, width = 16>
#packed = #tile.lanes<axis = 0, width = 16, pack = 2>
#memory = #tile.in_memory
#schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 8, lanes = 16, rows = 4, vectors = 1, storage_types = true>

// Pairs that lie beside each other in memory are read where they are; the last
// of an odd number is filled up with zero.

// CHECK-LABEL: func.func private @rows(
// CHECK-SAME: memref<?x32xbf16>, %[[K:[^:]*]]: memref<8x31xbf16>
// A square of 16 rows by 16 pairs of channels is transposed.
// CHECK: vector.load {{.*}} : memref<?x32xbf16>, vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.shuffle
// CHECK: vector.store {{.*}} : memref<16x16xi32>, vector<16xi32>
// CHECK: scf.for
// CHECK:   vector.load %[[K]][{{.*}}] : memref<8x31xbf16>, vector<2xbf16>
// CHECK:   vector.bitcast {{.*}} : vector<2xbf16> to vector<1xi32>
// CHECK:   %[[P:.*]] = vector.broadcast {{.*}} : i32 to vector<16xi32>
// CHECK:   vector.bitcast %[[P]] : vector<16xi32> to vector<32xbf16>
// CHECK:   x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK: scf.for
// CHECK:   memref.load %[[K]]
// CHECK:   arith.bitcast {{.*}} : bf16 to i16
// CHECK:   arith.extui {{.*}} : i16 to i32
// CHECK:   x86vector.avx512.dot
tile.kernel @rows(%q: memref<?x32xbf16>, %k: memref<8x31xbf16>, %o: memref<?x8xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x32xbf16> -> !tile.view<?x32xbf16>
  %vk = tile.view %k dims [0, 1] at [] : memref<8x31xbf16> -> !tile.view<8x31xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x8xf32> -> !tile.view<?x8xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<16x32xbf16, #packed>
  %b = tile.load %vk[%c0, %c0] : !tile.view<8x31xbf16> -> !tile.tile<8x32xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<16x8xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<16x32xbf16, #packed>, !tile.tile<8x32xbf16, #memory>, !tile.tile<16x8xf32, #lanes>
  tile.store %s, %vo[%x, %c0] : !tile.tile<16x8xf32, #lanes>, !tile.view<?x8xf32>
}

// Weights: their sum is in f32, and only their pairs of bf16 are stored. The
// values' pairs are copied first: they lie in two rows.

// CHECK-LABEL: func.func private @weights(
// CHECK-SAME: %[[V:[^:]*]]: memref<8x32xbf16>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: vector.interleave {{.*}} : vector<16xi16>
// CHECK: vector.store {{.*}} : memref<4x16xi32>, vector<16xi32>
// CHECK: vector.load %[[V]]
// CHECK: vector.load %[[V]]
// CHECK: vector.interleave {{.*}} : vector<16xi16>
// CHECK: vector.store {{.*}} : memref<4x32xi32>, vector<16xi32>
// CHECK: memref.load {{.*}} : memref<4x32xi32>
// CHECK: x86vector.avx512.dot
tile.kernel @weights(%v: memref<8x32xbf16>, %l: memref<16xf32>, %o: memref<16x32xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vv = tile.view %v dims [0, 1] at [] : memref<8x32xbf16> -> !tile.view<8x32xbf16>
  %vl = tile.view %l dims [0] at [] : memref<16xf32> -> !tile.view<16xf32>
  %vo = tile.view %o dims [0, 1] at [] : memref<16x32xf32> -> !tile.view<16x32xf32>
  %z = tile.splat %zero : f32 -> !tile.tile<16x32xf32, #lanes>
  %p = tile.map ins() maps [] {
  ^bb0(%i: index, %j: index):
    %n = arith.index_cast %i : index to i32
    %f = arith.sitofp %n : i32 to f32
    tile.yield %f : f32
  } -> !tile.tile<16x8xf32, #lanes>
  %sum = tile.reduce add %p axis 1 : !tile.tile<16x8xf32, #lanes> -> !tile.tile<16xf32, #lanes>
  tile.store %sum, %vl[%c0] : !tile.tile<16xf32, #lanes>, !tile.view<16xf32>
  %h = tile.map ins(%p : !tile.tile<16x8xf32, #lanes>) maps [#id] {
  ^bb0(%e: f32, %i: index, %j: index):
    %y = arith.truncf %e : f32 to bf16
    tile.yield %y : bf16
  } -> !tile.tile<16x8xbf16, #packed>
  %b = tile.load %vv[%c0, %c0] : !tile.view<8x32xbf16> -> !tile.tile<8x32xbf16, #memory>
  %s = tile.dot %h, %b, %z {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<16x8xbf16, #packed>, !tile.tile<8x32xbf16, #memory>, !tile.tile<16x32xf32, #lanes>
  tile.store %s, %vo[%c0, %c0] : !tile.tile<16x32xf32, #lanes>, !tile.view<16x32xf32>
}

// Other short floats are converted to f32, once for each tile.

// CHECK-LABEL: func.func private @halves(
// CHECK-SAME: %[[K:[^:]*]]: memref<8x32xf16>
// CHECK: %[[H:.*]] = vector.load %[[K]]{{.*}} : memref<8x32xf16>, vector<16xf16>
// CHECK: %[[F:.*]] = arith.extf %[[H]] : vector<16xf16> to vector<16xf32>
// CHECK: vector.store %[[F]], {{.*}} : memref<8x32xf32>, vector<16xf32>
// CHECK: memref.load {{.*}} : memref<8x32xf32>
// CHECK: vector.fma
tile.kernel @halves(%k: memref<8x32xf16>, %q: memref<16x32xf32>, %o: memref<16x8xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<16x32xf32> -> !tile.view<16x32xf32>
  %vk = tile.view %k dims [0, 1] at [] : memref<8x32xf16> -> !tile.view<8x32xf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<16x8xf32> -> !tile.view<16x8xf32>
  %a = tile.load %vq[%c0, %c0] : !tile.view<16x32xf32> -> !tile.tile<16x32xf32, #lanes>
  %b = tile.load %vk[%c0, %c0] : !tile.view<8x32xf16> -> !tile.tile<8x32xf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<16x8xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<16x32xf32, #lanes>, !tile.tile<8x32xf16, #memory>, !tile.tile<16x8xf32, #lanes>
  tile.store %s, %vo[%c0, %c0] : !tile.tile<16x8xf32, #lanes>, !tile.view<16x8xf32>
}
