// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

// Few rows: keys and channels in lanes.

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#lanes = #tile.lanes<axis = 1, width = 16>
#pairs = #tile.lanes<axis = 1, width = 16, pack = 2>
#scalars = #tile.lanes<axis = 0, width = 1>
#memory = #tile.in_memory
#schedule = #tile.cpu_schedule<query_tile = 1, key_tile = 16, lanes = 16, rows = 1, vectors = 4, storage_types = true, lane_axis = 1>

// A vector of pairs of channels of each of four keys; the sums are transposed while they
// are added up. The maximum of a row is taken across lanes at the end.

// CHECK-LABEL: func.func private @scores(
// CHECK-SAME: memref<?x64xbf16>, %[[K:[^:]*]]: memref<16x64xbf16>
// CHECK: vector.store {{.*}} : memref<1x64xi16>, vector<16xi16>
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK: vector.shuffle {{.*}} : vector<16xf32>, vector<16xf32>
// CHECK: arith.addf {{.*}} : vector<16xf32>
// CHECK: vector.reduction <maxnumf>, {{.*}} : vector<16xf32> into f32
tile.kernel @scores(%q: memref<?x64xbf16>, %k: memref<16x64xbf16>, %o: memref<?xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %vk = tile.view %k dims [0, 1] at [] : memref<16x64xbf16> -> !tile.view<16x64xbf16>
  %vo = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x64xbf16> -> !tile.tile<1x64xbf16, #pairs>
  %b = tile.load %vk[%c0, %c0] : !tile.view<16x64xbf16> -> !tile.tile<16x64xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<1x16xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<1x64xbf16, #pairs>, !tile.tile<16x64xbf16, #memory>, !tile.tile<1x16xf32, #lanes>
  %r = tile.reduce max %s axis 1 : !tile.tile<1x16xf32, #lanes> -> !tile.tile<1xf32, #scalars>
  tile.store %r, %vo[%x] : !tile.tile<1xf32, #scalars>, !tile.view<?xf32>
}

// Two keys of values are interleaved, and meet a pair of weights in all lanes. Keys are
// an odd number: the last one has a zero beside it.

// CHECK-LABEL: func.func private @values(
// CHECK-SAME: memref<?x32xbf16>, %[[V:[^:]*]]: memref<15x64xbf16>
// CHECK: scf.for
// CHECK:   vector.load %[[V]]{{.*}} : memref<15x64xbf16>, vector<16xbf16>
// CHECK:   vector.interleave {{.*}} : vector<16xbf16>
// CHECK:   vector.broadcast {{.*}} : i32 to vector<16xi32>
// CHECK:   x86vector.avx512.dot
// CHECK: scf.for
// CHECK:   x86vector.avx512.dot
tile.kernel @values(%p: memref<?x32xbf16>, %v: memref<15x64xbf16>, %o: memref<?x64xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vp = tile.view %p dims [0, 1] at [] : memref<?x32xbf16> -> !tile.view<?x32xbf16>
  %vv = tile.view %v dims [0, 1] at [] : memref<15x64xbf16> -> !tile.view<15x64xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  %a = tile.load %vp[%x, %c0] : !tile.view<?x32xbf16> -> !tile.tile<1x32xbf16, #pairs>
  %b = tile.load %vv[%c0, %c0] : !tile.view<15x64xbf16> -> !tile.tile<32x64xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<1x64xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<1x32xbf16, #pairs>, !tile.tile<32x64xbf16, #memory>, !tile.tile<1x64xf32, #lanes>
  tile.store %s, %vo[%x, %c0] : !tile.tile<1x64xf32, #lanes>, !tile.view<?x64xf32>
}

// While a tile of keys is multiplied, the next one is asked for: a line of the cache of
// each of the four keys before their products, so that loads never wait behind many
// requests. Beyond the last tile, it is the last row that is asked for. The loop carries no
// tile, which the pass once left half lowered.

// CHECK-LABEL: func.func private @next(
// CHECK-SAME: memref<?x64xbf16>, %[[K:[^:]*]]: memref<64x64xbf16>
// CHECK: %[[LAST:.*]] = arith.subi %c64, %c1 : index
// CHECK: %[[NEXT:.*]] = arith.minsi {{.*}}, %[[LAST]] : index
// CHECK-NOT: memref.prefetch
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: memref.prefetch %[[K]][%[[NEXT]],
// CHECK-COUNT-3: memref.prefetch %[[K]]
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-4: x86vector.avx512.dot
// CHECK-NOT: memref.prefetch
// CHECK: scf.yield
tile.kernel @next(%q: memref<?x64xbf16>, %k: memref<64x64xbf16>, %o: memref<?x64xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %vk = tile.view %k dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x64xbf16> -> !tile.tile<1x64xbf16, #pairs>
  scf.for %t = %c0 to %c4 step %c1 {
    %first = arith.muli %t, %c16 : index
    %b = tile.load %vk[%first, %c0] : !tile.view<64x64xbf16> -> !tile.tile<16x64xbf16, #memory>
    %z = tile.splat %zero : f32 -> !tile.tile<1x16xf32, #lanes>
    %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
      : !tile.tile<1x64xbf16, #pairs>, !tile.tile<16x64xbf16, #memory>, !tile.tile<1x16xf32, #lanes>
    tile.store %s, %vo[%x, %first] : !tile.tile<1x16xf32, #lanes>, !tile.view<?x64xf32>
  }
}

// Of pages of 8 keys a tile has two. A line of each of the next tile's is asked for
// first, so that their addresses are translated together.

// CHECK-LABEL: func.func private @pages(
// CHECK-SAME: memref<?x64xbf16>, %[[K:[^:]*]]: memref<?x8x64xbf16>, %[[T:[^:]*]]: memref<?xi32>
// CHECK: scf.for
// CHECK: memref.load %[[T]]
// CHECK: memref.load %[[T]]
// CHECK: memref.prefetch %[[K]]
// CHECK-NEXT: memref.prefetch %[[K]]
// CHECK-NOT: memref.prefetch
// CHECK: scf.for
// CHECK-COUNT-4: memref.prefetch %[[K]]
tile.kernel @pages(%q: memref<?x64xbf16>, %k: memref<?x8x64xbf16>, %table: memref<?xi32>, %o: memref<?x64xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %vk = tile.view %k dims [1, 2] at [] pages 8 along 0 of %table[] : memref<?x8x64xbf16>, memref<?xi32> -> !tile.view<?x64xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x64xbf16> -> !tile.tile<1x64xbf16, #pairs>
  scf.for %t = %c0 to %c4 step %c1 {
    %first = arith.muli %t, %c16 : index
    %b = tile.load %vk[%first, %c0] : !tile.view<?x64xbf16> -> !tile.tile<16x64xbf16, #memory>
    %z = tile.splat %zero : f32 -> !tile.tile<1x16xf32, #lanes>
    %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
      : !tile.tile<1x64xbf16, #pairs>, !tile.tile<16x64xbf16, #memory>, !tile.tile<1x16xf32, #lanes>
    tile.store %s, %vo[%x, %first] : !tile.tile<1x16xf32, #lanes>, !tile.view<?x64xf32>
  }
}
