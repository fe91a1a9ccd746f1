// RUN: fovea-opt %s --fovea-cuda-tile-stage --tile-to-nvvm | FileCheck %s

// Two blocks side by side where the registers of the roles and shared memory allow it:
// not with a third slot, nor in a persistent kernel.
#narrow = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 216>
#wide = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240>
#deep = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 4, groups = 1, producer_regs = 24, consumer_regs = 216>
#persistent = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 216, persistent = true>

!q = tensor<2x4x?x128xbf16>

// A thread starts with 128 registers, and the computing role takes more.
// CHECK-LABEL: llvm.func @narrow_attention(
// CHECK-SAME: nvvm.minctasm = 2
// CHECK-DAG: nvvm.setmaxregister decrease 24
// CHECK-DAG: nvvm.setmaxregister increase 216
func.func @narrow(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      attributes {schedule = #narrow}
  return %r : !q
}

// CHECK-LABEL: llvm.func @wide_attention(
// CHECK-SAME: nvvm.minctasm = 1
func.func @wide(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      attributes {schedule = #wide}
  return %r : !q
}

// CHECK-LABEL: llvm.func @deep_attention(
// CHECK-SAME: nvvm.minctasm = 1
func.func @deep(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      attributes {schedule = #deep}
  return %r : !q
}

// CHECK-LABEL: llvm.func @persistent_attention(
// CHECK-SAME: nvvm.minctasm = 1
func.func @persistent(%q: !q, %k: !q, %v: !q, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) outs(%o : !q)
      attributes {schedule = #persistent}
  return %r : !q
}
