// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, turns = true, persistent = true/' \
// RUN:   %S/../../Target/PTX/dense-bf16-d128.mlir | fovea-opt --tile-to-nvvm | FileCheck %s
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, persistent = true, last_first = true/' \
// RUN:   %S/../../Target/PTX/dense-bf16-d128.mlir | fovea-opt --tile-to-nvvm \
// RUN:   | FileCheck %s --check-prefix=LAST

// The launcher gives the extents of the grid and eight zeroed bytes.
// CHECK: pipe.launch = {arguments = [
// CHECK-SAME: {coordinate = 0 : i64, kind = "extent"}, {coordinate = 1 : i64, kind = "extent"}, {coordinate = 2 : i64, kind = "extent"}, {bytes = 8 : i64, kind = "workspace"}]
// CHECK-SAME: persistent = true
// The loading thread draws the next item, starts its copies, and publishes it.
// CHECK: nvvm.setmaxregister {{ *}}decrease 24
// CHECK: scf.while
// CHECK: %[[TICKET:.*]] = llvm.atomicrmw add %{{.*}}, %{{.*}} monotonic
// CHECK: %[[NEXT:.*]] = arith.addi %[[TICKET]],
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: llvm.store volatile %[[NEXT]]
// CHECK: nvvm.mbarrier.arrive
// CHECK: scf.yield %[[NEXT]]
// The last block to end clears the counters.
// CHECK: llvm.atomicrmw add %{{.*}}, %{{.*}} acq_rel
// CHECK: scf.if
// CHECK-COUNT-2: llvm.store
// The last group gives the first turn; all take the item's number at its end,
// and the buffer of the output is waited for before it is written again.
// CHECK: nvvm.setmaxregister {{ *}}increase 240
// CHECK: scf.if
// CHECK-NEXT: arith
// CHECK: nvvm.barrier.arrive
// CHECK: scf.while
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK: nvvm.barrier id
// CHECK: nvvm.stmatrix
// CHECK: %[[TAKEN:.*]] = llvm.load volatile
// CHECK: nvvm.bar.warp.sync
// CHECK: scf.yield %[[TAKEN]]

// LAST: scf.while
// LAST: arith.minui
// LAST: arith.subi
