// RUN: fovea-opt %s --tile-to-nvvm | FileCheck %s
// RUN: fovea-opt %s --tile-to-nvptx | FileCheck %s --check-prefix=BINARY

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>
!view = !tile.view<?x64xbf16>

// The host's code stays; the launch names the kernel's module.
// A limit that is the extent of another parameter becomes part of the tensor map;
// one that is the memref's own extent says nothing.
// CHECK: llvm.func @product
// CHECK-SAME: {box = array<i64: 64, 64>, dims = array<i64: 1, 0>, element = bf16, kind = "tensor_map", parameter = 0 : i64, swizzle = 128 : i64}
// CHECK-SAME: {box = array<i64: 64, 64>, dims = array<i64: 1, 0>, element = bf16, kind = "tensor_map", limit = array<i64: 0, 0>, parameter = 1 : i64, swizzle = 128 : i64}
// CHECK: func.func @host
// CHECK: arith.ceildivsi
// CHECK: tile.launch @product
// BINARY: gpu.binary @product {{ *}}[#gpu.object<#nvvm.target<O = 3, chip = "sm_90a", features = "+ptx80">,
// BINARY: func.func @host
// BINARY: arith.ceildivsi
// BINARY: tile.launch @product
tile.kernel @product(%a: memref<?x64xbf16>, %b: memref<?x64xbf16>,
    %c: memref<?x64xbf16>) grid(%m) attributes {schedule = #schedule} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %n = memref.dim %a, %c0 : memref<?x64xbf16>
  %r0 = arith.muli %m, %c64 : index
  %av = tile.view %a dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !view
  %bv = tile.view %b dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !view
  %cv = tile.view %c dims [0, 1] at [] : memref<?x64xbf16> -> !view
  %at = tile.load %av[%r0, %c0] : !view -> !tile.tile<64x64xbf16>
  %bt = tile.load %bv[%c0, %c0] : !view -> !tile.tile<64x64xbf16>
  %s0 = tile.splat %zero : f32 -> !tile.tile<64x64xf32>
  %s = tile.dot %at, %bt, %s0 {indexing_maps = [#mk, #nk, #mn]}
    : !tile.tile<64x64xbf16>, !tile.tile<64x64xbf16>, !tile.tile<64x64xf32>
  %o = tile.map ins(%s : !tile.tile<64x64xf32>) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !tile.tile<64x64xbf16>
  tile.store %o, %cv[%r0, %c0] : !tile.tile<64x64xbf16>, !view
}

func.func @host(%a: memref<?x64xbf16>, %b: memref<?x64xbf16>, %c: memref<?x64xbf16>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %rows = memref.dim %a, %c0 : memref<?x64xbf16>
  %tiles = arith.ceildivsi %rows, %c64 : index
  tile.launch @product grid(%tiles) args(%a, %b, %c : memref<?x64xbf16>, memref<?x64xbf16>, memref<?x64xbf16>)
  return
}
