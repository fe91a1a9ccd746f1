// RUN: fovea-opt %s --attn-version-sizes | FileCheck %s
// RUN: fovea-opt %s --attn-version-sizes --attn-select-schedule=target=cuda | FileCheck %s --check-prefix=CHOSEN

// Many keys have wider tiles.
// CHECK-LABEL: func.func @full
// CHECK-SAME: %{{[^:]*}}: memref<?x?x?x128xbf16>, %[[K:[^:]*]]: memref<?x?x?x128xbf16>, %{{[^:]*}}: memref
// CHECK: %[[AXIS:.*]] = arith.constant 2
// CHECK: %[[KEYS:.*]] = memref.dim %[[K]], %[[AXIS]]
// CHECK: %[[MANY:.*]] = arith.constant 8192
// CHECK: %[[LONG:.*]] = arith.cmpi sge, %[[KEYS]], %[[MANY]]
// CHECK: scf.if %[[LONG]]
// CHECK-NEXT: attn.attention
// CHECK: attn.sizes = #attn.sizes<keys = [8192, ?]>
// CHECK: } else {
// CHECK-NEXT: attn.attention
// CHECK-NOT: attn.sizes
// CHECK: return
// CHOSEN-LABEL: func.func @full
// CHOSEN: key_tile = 176, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, reuse_queries = true>
// CHOSEN: key_tile = 128, {{.*}}persistent = true>
// DOC-BEGIN: attn-version-sizes --attn-version-sizes
!t = memref<?x?x?x128xbf16>
func.func @full(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return
}
// DOC-SHOW: func.func @full
// DOC-END

// Of many channels, few queries have narrower ones, behind a mask.
// CHECK-LABEL: func.func @causal
// CHECK: %[[FEW:.*]] = arith.constant 1024
// CHECK: %[[SHORT:.*]] = arith.cmpi sle, %{{.*}}, %[[FEW]]
// CHECK: scf.if %[[SHORT]]
// CHECK: attn.attention
// CHECK: attn.sizes = #attn.sizes<queries = [0, 1024]>
// CHECK: } else {
// CHECK: attn.attention
// CHECK-NOT: attn.sizes
// CHECK: return
// CHOSEN-LABEL: func.func @causal
// CHOSEN: key_tile = 64,
// CHOSEN: key_tile = 80,
!w = memref<?x?x?x256xbf16>
func.func @causal(%q: !w, %k: !w, %v: !w, %o: !w) {
  attn.attention ins(%q : !w) dense(%k, %v : !w, !w) outs(%o : !w)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return
}

// Buffers of the op alone have a copy for each version.
// CHECK-LABEL: func.func @moved
// CHECK-NOT: attn.reorder
// CHECK: scf.if
// CHECK: memref.alloc
// CHECK: attn.reorder
// CHECK: attn.attention
// CHECK: else
// CHECK: memref.alloc
// CHECK: attn.reorder
// CHECK: attn.attention
func.func @moved(%q: memref<1x2x64x128xbf16>, %k: !t, %v: !t, %o: memref<1x2x64x128xbf16>) {
  %m = memref.alloc() : memref<1x2x64x128xbf16>
  attn.reorder order(<grid = [8, 8], q = [8, 8], kv = [8, 8]>) axes [2] ins(%q : memref<1x2x64x128xbf16>) outs(%m : memref<1x2x64x128xbf16>)
  attn.attention ins(%m : memref<1x2x64x128xbf16>) dense(%k, %v : !t, !t) outs(%o : memref<1x2x64x128xbf16>)
  memref.dealloc %m : memref<1x2x64x128xbf16>
  return
}

// The size of such a buffer is tested, which is inside of the versions then.
// CHECK-LABEL: func.func @moved_size
// CHECK-SAME: %[[TOKENS:[^:]*]]: index)
// CHECK: %[[SHORT:.*]] = arith.cmpi sle, %[[TOKENS]]
// CHECK: scf.if %[[SHORT]]
// CHECK: memref.alloc
// CHECK: attn.reorder
// CHECK: attn.attention
// CHECK: else
// CHECK: memref.alloc
// CHECK: attn.reorder
// CHECK: attn.attention
func.func @moved_size(%q: !w, %k: !w, %v: !w, %o: !w, %heads: index, %tokens: index) {
  %m = memref.alloc(%heads, %heads, %tokens) : !w
  attn.reorder order(<grid = [8, 8], q = [8, 8], kv = [8, 8]>) axes [2] ins(%q : !w) outs(%m : !w)
  attn.attention ins(%m : !w) dense(%k, %v : !w, !w) outs(%o : !w)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  memref.dealloc %m : !w
  return
}

// What is known, given, or the same for all sizes has no versions.
// CHECK-LABEL: func.func @static
// CHECK-NOT: scf.if
// CHOSEN-LABEL: func.func @static
// CHOSEN: key_tile = 176,
!s = memref<1x2x8192x128xbf16>
func.func @static(%q: !s, %k: !s, %v: !s, %o: !s) {
  attn.attention ins(%q : !s) dense(%k, %v : !s, !s) outs(%o : !s)
  return
}
// CHECK-LABEL: func.func @expected
// CHECK-NOT: scf.if
// CHOSEN-LABEL: func.func @expected
// CHOSEN: key_tile = 176,
func.func @expected(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      attributes {attn.sizes = #attn.sizes<queries = [1, 64], keys = [20000, 40000]>}
  return
}
// Few queries divide their keys.
// CHOSEN-LABEL: func.func @expected_few
// CHOSEN: query_tile = 64, {{.*}}split_to = 0
func.func @expected_few(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      attributes {attn.sizes = #attn.sizes<queries = [1, 16], keys = [1, ?]>}
  return
}
// The other version stays for sizes that are not given.
// CHECK-LABEL: func.func @partly
// CHECK: scf.if
// CHECK: attn.sizes = #attn.sizes<queries = [1, 64], keys = [8192, ?]>
// CHECK: } else {
// CHECK: attn.sizes = #attn.sizes<queries = [1, 64]>
func.func @partly(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      attributes {attn.sizes = #attn.sizes<queries = [1, 64]>}
  return
}

// There may be room for more keys than sequences have.
// CHECK-LABEL: func.func @lengths
// CHECK-NOT: scf.if
// CHOSEN-LABEL: func.func @lengths
// CHOSEN: key_tile = 128,
func.func @lengths(%q: !t, %k: !t, %v: !t, %n: memref<?xi32>, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : memref<?xi32>) outs(%o : !t)
  return
}
// CHOSEN-LABEL: func.func @static_lengths
// CHOSEN: key_tile = 128,
func.func @static_lengths(%q: !s, %k: !s, %v: !s, %n: memref<?xi32>, %o: !s) {
  attn.attention ins(%q : !s) dense(%k, %v : !s, !s) lengths(%n : memref<?xi32>) outs(%o : !s)
  return
}
// CHOSEN-LABEL: func.func @below
// CHOSEN: key_tile = 128,
!below = memref<1x2x8191x128xbf16>
func.func @below(%q: !below, %k: !below, %v: !below, %o: !below) {
  attn.attention ins(%q : !below) dense(%k, %v : !below, !below) outs(%o : !below)
  return
}

// CHECK-LABEL: func.func @narrow
// CHECK-NOT: scf.if
!n = memref<?x?x?x64xbf16>
func.func @narrow(%q: !n, %k: !n, %v: !n, %o: !n) {
  attn.attention ins(%q : !n) dense(%k, %v : !n, !n) outs(%o : !n)
  return
}
// CHECK-LABEL: func.func @given
// CHECK-NOT: scf.if
#schedule = #pipe.schedule<query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>
func.func @given(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t) attributes {schedule = #schedule}
  return
}
// CHECK-LABEL: func.func @packed
// CHECK-NOT: scf.if
!p = memref<?x?x128xbf16>
func.func @packed(%q: !p, %k: !p, %v: !p, %n: memref<?xi32>, %o: !p) {
  attn.attention ins(%q : !p) packed(%k, %v : !p, !p)
      offsets(%n, %n : memref<?xi32>, memref<?xi32>) outs(%o : !p)
  return
}
// CHECK-LABEL: func.func @tensors
// CHECK-NOT: scf.if
!u = tensor<?x?x?x128xbf16>
func.func @tensors(%q: !u, %k: !u, %v: !u, %o: !u) -> !u {
  %r = attn.attention ins(%q : !u) dense(%k, %v : !u, !u) outs(%o : !u)
  return %r : !u
}
