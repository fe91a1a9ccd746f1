// RUN: fovea-opt %s --fovea-attn-stage | FileCheck %s --check-prefix=ATTN
// RUN: fovea-opt %s --fovea-attn-stage --fovea-tile-stage | FileCheck %s --check-prefix=TILE
// RUN: fovea-opt %s --fovea-attn-stage=target=cpu:avx2 --fovea-tile-stage --fovea-vector-stage=target=cpu:avx2 | FileCheck %s --check-prefix=VECTOR
// RUN: fovea-opt %s --fovea-attn-stage --fovea-tile-stage --fovea-vector-stage --fovea-llvm-stage | FileCheck %s --check-prefix=LLVM
// RUN: fovea-opt %s --fovea-cpu-pipeline=target=cpu:avx512 | FileCheck %s --check-prefix=LLVM
// RUN: not fovea-opt %s --fovea-cpu-pipeline=target=tpu 2>&1 | FileCheck %s --check-prefix=ERROR

// ATTN: attributes {schedule = #tile.cpu_schedule<
// Full tiles first, without a mask; then those on the diagonal.
// TILE: tile.kernel @causal_attention
// TILE: scf.for
// TILE-NOT: arith.cmpi sle
// TILE: scf.for
// TILE: arith.cmpi sle
// TILE: tile.launch @causal_attention grid(
// VECTOR: func.func private @causal_attention(%{{.*}}: index, %{{.*}}: memref<?xi8>
// VECTOR: vector.fma {{.*}} : vector<8xf32>
// VECTOR-NOT: tile.map
// VECTOR: tile.launch @causal_attention {{.*}} {scratch_bytes = {{[0-9]+}} : i64}
// LLVM: llvm.func internal @causal_attention_body(
// LLVM: llvm.call @fovea_parallel_for
// ERROR: error: unknown target 'tpu'
func.func @causal(%q: tensor<1x2x?x16xf32>, %o: tensor<1x2x?x16xf32>) -> tensor<1x2x?x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x16xf32>)
      dense(%q, %q : tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>)
      outs(%o : tensor<1x2x?x16xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x?x16xf32>
}
