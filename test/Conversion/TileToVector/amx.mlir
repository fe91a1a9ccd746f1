// RUN: fovea-opt %s --tile-to-vector --cse | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#lanes = #tile.lanes<axis = 0, width = 16>
#packed = #tile.lanes<axis = 0, width = 16, pack = 2>
#memory = #tile.in_memory
#schedule = #tile.cpu_schedule<query_tile = 32, key_tile = 40, lanes = 16, rows = 4, vectors = 2, storage_types = true, amx = true>

// Keys are read where they are, with the stride of their rows: 16 by 22 channels, of
// which there are three times as many, with 11 pairs of channels of two vectors.
// Blocks of vectors take the sums from scratch memory. Keys beyond the 32nd are left
// to vectors.

// CHECK-LABEL: func.func private @keys(
// CHECK-SAME: %[[K:[^:]*]]: memref<40x3x66xbf16>
// CHECK: %[[SUMS:.*]] = memref.view {{.*}} : memref<?xi8> to memref<16x32xf32>
// CHECK: scf.for %[[N:.*]] = %c0{{.*}} to %c32{{.*}} step %c16
// CHECK:   %[[Q:.*]] = memref.view {{.*}} : memref<?xi8> to memref<40x64xbf16>
// CHECK:   amx.tile_zero : !amx.tile<16x16xf32>
// CHECK:   amx.tile_zero : !amx.tile<16x16xf32>
// CHECK:   %[[TILES:.*]]:2 = scf.for %[[W:.*]] = %c0{{.*}} to %c33{{.*}} step %c11{{.*}} iter_args(%[[X:.*]] = {{.*}}, %[[Y:.*]] = {{.*}})
// CHECK:     %[[D:.*]] = arith.muli %[[W]], %c2
// CHECK:     %[[A:.*]] = amx.tile_load %[[K]][%{{.*}}, %{{.*}}, %{{.*}}], %c198{{.*}} : memref<40x3x66xbf16> into !amx.tile<16x22xbf16>
// CHECK:     %[[B0:.*]] = amx.tile_load %[[Q]][%[[W]], %c0{{.*}}] : memref<40x64xbf16> into !amx.tile<11x32xbf16>
// CHECK:     amx.tile_mulf %[[A]], %[[B0]], %[[X]]
// CHECK:     %[[B1:.*]] = amx.tile_load %[[Q]][%[[W]], %c32{{.*}}] : memref<40x64xbf16> into !amx.tile<11x32xbf16>
// CHECK:     amx.tile_mulf %[[A]], %[[B1]], %[[Y]]
// CHECK:   amx.tile_store %[[SUMS]][%c0{{.*}}, %c0{{.*}}], %[[TILES]]#0
// CHECK:   amx.tile_store %[[SUMS]][%c0{{.*}}, %c16{{.*}}], %[[TILES]]#1
// CHECK:   scf.for %[[R:.*]] = %c0{{.*}} to %c16{{.*}} step %c4
// CHECK:     arith.addi %[[N]], %[[R]]
// CHECK:     %[[S:.*]] = vector.load %[[SUMS]][%{{.*}}, %c0{{.*}}]
// CHECK:     arith.addf %{{.*}}, %[[S]]
// CHECK-NOT: x86vector
// CHECK:     vector.store
// CHECK: scf.for %{{.*}} = %c32{{.*}} to %c40{{.*}} step %c4
// CHECK:   x86vector.avx512.dot
// CHECK-NOT: amx.
// CHECK: return
tile.kernel @keys(%q: memref<?x66xbf16>, %k: memref<40x3x66xbf16>, %o: memref<?x40xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<?x66xbf16> -> !tile.view<?x66xbf16>
  %vk = tile.view %k dims [0, 2] at [%x] : memref<40x3x66xbf16> -> !tile.view<40x66xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<?x40xf32> -> !tile.view<?x40xf32>
  %a = tile.load %vq[%x, %c0] : !tile.view<?x66xbf16> -> !tile.tile<32x80xbf16, #packed>
  %b = tile.load %vk[%c0, %c0] : !tile.view<40x66xbf16> -> !tile.tile<40x80xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<32x40xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<32x80xbf16, #packed>, !tile.tile<40x80xbf16, #memory>, !tile.tile<32x40xf32, #lanes>
  tile.store %s, %vo[%x, %c0] : !tile.tile<32x40xf32, #lanes>, !tile.view<?x40xf32>
}

// Values, of which the pairs lie in two rows, are copied: squares of 32 keys by 16
// channels, transposed so that pairs of a channel lie beside each other. How many
// keys there are is not known: those beyond a multiple of 32 are left to vectors.

// CHECK-LABEL: func.func private @values(
// CHECK-SAME: %[[V:[^:]*]]: memref<?x48xbf16>
// CHECK: %[[COPY:.*]] = memref.view {{.*}} : memref<?xi8> to memref<48x20xi32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c48{{.*}} step %c16
// CHECK:   scf.for %{{.*}} = %c0{{.*}} to %{{.*}} step %c32
// CHECK:     vector.load %[[V]][{{.*}}] : memref<?x48xbf16>, vector<16xbf16>
// CHECK:     vector.interleave {{.*}} : vector<16xi16>
// CHECK:     vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK:     vector.store {{.*}}, %[[COPY]][{{.*}}] : memref<48x20xi32>, vector<16xi32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c48{{.*}} step %c16
// CHECK:   %[[PAIRS:.*]] = memref.view {{.*}} : memref<?xi8> to memref<48x40xbf16>
// CHECK:   scf.for %{{.*}} = %c0{{.*}} to %[[DEPTH:.*]] step %c16
// CHECK:     amx.tile_load %[[PAIRS]][{{.*}}], %c40{{.*}} : memref<48x40xbf16> into !amx.tile<16x32xbf16>
// CHECK:     amx.tile_mulf
// CHECK:   amx.tile_store
// CHECK:   scf.for
// CHECK:     scf.for %{{.*}} = %[[DEPTH]] to
// CHECK:       memref.load %[[COPY]][{{.*}}] : memref<48x20xi32>
// CHECK:       x86vector.avx512.dot
// CHECK: return
tile.kernel @values(%p: memref<32x?xbf16>, %v: memref<?x48xbf16>, %o: memref<32x48xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vp = tile.view %p dims [0, 1] at [] : memref<32x?xbf16> -> !tile.view<32x?xbf16>
  %vv = tile.view %v dims [0, 1] at [] : memref<?x48xbf16> -> !tile.view<?x48xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<32x48xf32> -> !tile.view<32x48xf32>
  %a = tile.load %vp[%c0, %c0] : !tile.view<32x?xbf16> -> !tile.tile<32x40xbf16, #packed>
  %b = tile.load %vv[%c0, %c0] : !tile.view<?x48xbf16> -> !tile.tile<40x48xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<32x48xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #kn, #mn]}
    : !tile.tile<32x40xbf16, #packed>, !tile.tile<40x48xbf16, #memory>, !tile.tile<32x48xf32, #lanes>
  tile.store %s, %vo[%c0, %c0] : !tile.tile<32x48xf32, #lanes>, !tile.view<32x48xf32>
}

// Keys in pages of eight, less than a tile has: they are copied, channel by channel
// beside each other.

// CHECK-LABEL: func.func private @pages(
// CHECK-SAME: %[[K:[^:]*]]: memref<?x8x64xbf16>
// CHECK: %[[COPY:.*]] = memref.view {{.*}} : memref<?xi8> to memref<40x32xi32>
// CHECK: vector.load %[[K]][{{.*}}] : memref<?x8x64xbf16>, vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.store {{.*}}, %[[COPY]][{{.*}}] : memref<40x32xi32>, vector<16xi32>
// CHECK: amx.tile_load %{{.*}}[{{.*}}], %c64{{.*}} : memref<40x64xbf16> into !amx.tile<16x32xbf16>
tile.kernel @pages(%q: memref<32x64xbf16>, %k: memref<?x8x64xbf16>, %t: memref<?xi32>, %o: memref<32x40xf32>) grid(%x)
    attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %vq = tile.view %q dims [0, 1] at [] : memref<32x64xbf16> -> !tile.view<32x64xbf16>
  %vk = tile.view %k dims [1, 2] at [] pages 8 along 0 of %t[] : memref<?x8x64xbf16>, memref<?xi32> -> !tile.view<?x64xbf16>
  %vo = tile.view %o dims [0, 1] at [] : memref<32x40xf32> -> !tile.view<32x40xf32>
  %a = tile.load %vq[%c0, %c0] : !tile.view<32x64xbf16> -> !tile.tile<32x64xbf16, #packed>
  %b = tile.load %vk[%c0, %c0] : !tile.view<?x64xbf16> -> !tile.tile<40x64xbf16, #memory>
  %z = tile.splat %zero : f32 -> !tile.tile<32x40xf32, #lanes>
  %s = tile.dot %a, %b, %z {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<32x64xbf16, #packed>, !tile.tile<40x64xbf16, #memory>, !tile.tile<32x40xf32, #lanes>
  tile.store %s, %vo[%c0, %c0] : !tile.tile<32x40xf32, #lanes>, !tile.view<32x40xf32>
}
