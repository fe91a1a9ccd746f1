// What a kernel asks for before it waits for the launch before it.
// RUN: fovea-opt %s --fovea-cuda-tile-stage --tile-to-nvvm | FileCheck %s

// One query streams keys and values: its first tiles, as many as there are slots.
// CHECK-LABEL: llvm.func @streams
// CHECK: nvvm.barrier
// CHECK: %[[FEW:.*]] = arith.addi %{{.*}}, %c2_i32{{.*}} : i32
// CHECK-NEXT: %[[LAST:.*]] = arith.minsi %{{.*}}, %[[FEW]]
// CHECK-NEXT: scf.for %{{.*}} = %{{.*}} to %[[LAST]] step
// CHECK-COUNT-4: nvvm.cp.async.bulk.tensor.prefetch %arg{{[12]}}, box[{{.*}}] l2_cache_hint =
// CHECK-NOT: tensor.prefetch
// CHECK: nvvm.griddepcontrol wait
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-NOT: tensor.prefetch
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
!q = tensor<?x?x1x128xbf16>
!k = tensor<?x?x?x128xbf16>
func.func @streams(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
  return %r : !q
}

// Where they lie is not known before memory is read that the launch before may write.
// CHECK-LABEL: llvm.func @lengths
// CHECK-NOT: tensor.prefetch
func.func @lengths(%q: !q, %k: !k, %v: !k, %n: tensor<?xi32>, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) lengths(%n : tensor<?xi32>) outs(%o : !q)
  return %r : !q
}

// Many queries read keys again, from the cache.
// CHECK-LABEL: llvm.func @many
// CHECK-NOT: tensor.prefetch
func.func @many(%q: !k, %k: !k, %v: !k, %o: !k) -> !k {
  %r = attn.attention ins(%q : !k) dense(%k, %v : !k, !k) outs(%o : !k)
  return %r : !k
}
