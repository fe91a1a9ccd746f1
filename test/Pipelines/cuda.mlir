// RUN: fovea-opt %s --fovea-cuda-tile-stage | FileCheck %s --check-prefix=TILE
// RUN: fovea-opt %s --fovea-cuda-tile-stage --tile-to-nvvm | FileCheck %s --check-prefix=NVVM
// RUN: fovea-opt %s --fovea-cuda-tile-stage --tile-to-nvvm --nvvm-to-nvptx | FileCheck %s --check-prefix=BINARY
// RUN: fovea-opt %s --fovea-cuda-pipeline | FileCheck %s --check-prefix=HOST
// RUN: not fovea-opt %s --fovea-cuda-pipeline=target=cuda:sm_80 2>&1 | FileCheck %s --check-prefix=ERROR

// TILE: tile.kernel @causal_attention({{.*}}) attributes {schedule = #pipe.schedule<
// TILE: tile.launch @causal_attention grid(
// NVVM: gpu.module @causal_attention [#nvvm.target
// NVVM: llvm.func @causal_attention({{.*}} pipe.launch = {
// NVVM: nvvm.setmaxregister {{ *}}decrease
// NVVM: tile.launch @causal_attention grid(
// BINARY: gpu.binary @causal_attention [#gpu.object<#nvvm.target<{{.*}}chip = "sm_90a"
// BINARY-SAME: .visible .entry causal_attention(
// HOST: llvm.mlir.global internal constant @causal_attention_image(
// HOST: llvm.func @causal(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: !llvm.ptr) -> i32
// HOST: llvm.call @fovea_cuda_launch(
// ERROR: error: unknown target 'cuda:sm_80'

!t = tensor<1x2x?x128xbf16>
func.func @causal(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : !t
}

// The four heads of a group are rows of one tile, the keys divided.
// TILE-LABEL: func.func @decode
// TILE: tile.processors
// TILE: %[[PARTS:.*]] = arith.maxsi
// TILE: tile.launch @decode_attention grid(%c1, %c2, %[[PARTS]])
func.func @decode(%q: tensor<1x8x1x128xbf16>, %k: tensor<1x2x?x128xbf16>, %o: tensor<1x8x1x128xbf16>) -> tensor<1x8x1x128xbf16> {
  %r = attn.attention ins(%q : tensor<1x8x1x128xbf16>)
      dense(%k, %k : tensor<1x2x?x128xbf16>, tensor<1x2x?x128xbf16>)
      outs(%o : tensor<1x8x1x128xbf16>)
  return %r : tensor<1x8x1x128xbf16>
}
