// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a --attn-bufferize --attn-to-tile --canonicalize --cse | FileCheck %s
// RUN: fovea-opt %s --attn-select-schedule=target=cuda:sm_90a --attn-bufferize --attn-to-tile --tile-to-nvvm | FileCheck %s --check-prefix=NVVM

// Products go in steps of 16 channels: tiles end beyond the memrefs, where copies
// write zeros and nothing is stored. In shared memory a tile takes blocks of 64.

!t = tensor<?x?x?x72xbf16>
!v = tensor<?x?x?x40xbf16>

// CHECK-LABEL: tile.kernel @channels_attention
// CHECK: tile.load {{.*}} : <?x72xbf16> -> <128x80xbf16>
// CHECK: tile.load {{.*}} : <?x72xbf16> -> <128x80xbf16>
// CHECK: tile.load {{.*}} : <?x40xbf16> -> <128x48xbf16>
// CHECK: tile.store {{.*}} : <128x48xbf16>, <?x40xbf16>

// Two slots each of 128 rows of queries and keys in 2 blocks, and of values in one;
// the result; barriers. Scores take 5 steps of 16 channels.
// NVVM-LABEL: llvm.func @channels_attention
// NVVM-SAME: box = array<i64: 64, 128, 1, 1>
// NVVM-SAME: shared_bytes = 180344 : i64
// NVVM: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c32768
// NVVM-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global
// NVVM: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c32768
// NVVM-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global
// NVVM: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c16384
// NVVM-COUNT-1: nvvm.cp.async.bulk.tensor.shared.cluster.global
// NVVM-COUNT-5: nvvm.wgmma.mma_async
// NVVM-NOT: nvvm.wgmma.mma_async
// NVVM: nvvm.wgmma.commit.group
// NVVM: wgmma.mma_async.sync.aligned.m64n48k16
func.func @channels(%q: !t, %k: !t, %v: !v, %o: !v) -> !v {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !v) outs(%o : !v)
  return %r : !v
}
