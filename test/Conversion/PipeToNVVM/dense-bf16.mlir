// RUN: fovea-opt %s --tile-to-nvvm --canonicalize --cse | FileCheck %s
// RUN: fovea-opt %s --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize \
// RUN:   --pipe-to-nvvm | FileCheck %s --check-prefix=PLAIN

// Dense attention as attn-to-tile gives it for a GPU schedule.

// CHECK: gpu.module @attention [#nvvm.target<O = 3, chip = "sm_90a", features = "+ptx80">]
// CHECK: llvm.mlir.global external @shared_memory() {addr_space = 3 : i32, alignment = 1024 : i64}
// CHECK: llvm.func @attention(%[[TQ:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}, %[[TK:.*]]: !llvm.ptr {{.*}}, %[[TV:.*]]: !llvm.ptr {{.*}}, %[[TO:.*]]: !llvm.ptr {{.*}}, %[[SKV:.*]]: i32)
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.minctasm = 1 : i32
// CHECK-SAME: nvvm.reqntid = array<i32: 384, 1, 1>
// CHECK-SAME: passthrough = {{\[\[}}"denormal-fp-math-f32", "preserve-sign,preserve-sign"]]
// CHECK-SAME: pipe.launch = {arguments = [
// CHECK-SAME: {box = array<i64: 64, 128, 1, 1>, dims = array<i64: 3, 2, 1, 0>, element = bf16, kind = "tensor_map", parameter = 0 : i64, swizzle = 128 : i64}
// CHECK-SAME: {box = array<i64: 64, 64, 1, 1>, dims = array<i64: 3, 2, 1, 0>, element = bf16, kind = "tensor_map", parameter = 3 : i64, swizzle = 128 : i64}
// CHECK-SAME: {dim = 2 : i64, kind = "dim", parameter = 1 : i64}
// CHECK-SAME: block = 384 : i64, grid = array<i64: 2, 1, 0>, persistent = false, shared_bytes = 196688 : i64, waits = true}
// Barriers: one arrival fills a slot, eight warps empty it.
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : i32
// CHECK: nvvm.mbarrier.init %{{.*}}, %[[C1]]
// CHECK: nvvm.mbarrier.init %{{.*}}, %[[C8]]
// CHECK: nvvm.fence.mbarrier.init
// CHECK: nvvm.barrier
// The loading role: one thread copies each tile in two blocks of 64 columns.
// CHECK: nvvm.setmaxregister {{ *}}decrease 24
// CHECK: nvvm.elect.sync
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[TQ]], %{{.*}}, box[
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[TQ]], %{{.*}}, box[
// CHECK: scf.for
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: %[[TK]], %{{.*}}, box[
// CHECK: %[[TV]], %{{.*}}, box[
// The computing role.
// CHECK: nvvm.setmaxregister {{ *}}increase 240
// Scores and product of the pipelined loop: a thread carries 64 elements of o, 2
// of each row's numbers and p as 64 bf16.
// CHECK: scf.for {{.*}} -> ({{.*}}vector<2xf32>, vector<2xf32>, i32, i32, vector<64xbf16>, vector<64xf32>)
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: nvvm.wgmma.fence.aligned
// CHECK-COUNT-8: nvvm.wgmma.mma_async {{.*}} A[<bf16>, <one>, <row>], B[<bf16>, <one>, <col>]
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: llvm.inline_asm has_side_effects asm_dialect = att "{{.*}}wgmma.fence.sync.aligned;{{.*}}wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
// CHECK: llvm.inline_asm has_side_effects asm_dialect = att "wgmma.wait_group.sync.aligned 1;"
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.shfl.sync {{ *}}bfly
// CHECK: math.exp2 %{{.*}} : vector<64xf32>
// CHECK: llvm.inline_asm has_side_effects asm_dialect = att "wgmma.wait_group.sync.aligned 0;"
// CHECK: nvvm.mbarrier.arrive
// The output goes through shared memory.
// CHECK-COUNT-8: nvvm.stmatrix
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK: nvvm.barrier id
// CHECK: nvvm.cp.async.bulk.tensor.global.shared.cta %[[TO]]
// CHECK: nvvm.cp.async.bulk.commit.group
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK-NOT: tile.
// CHECK-NOT: pipe.ring

// Without overlap no product is left in flight.
// PLAIN-NOT: wait_group.sync.aligned 1
// PLAIN-COUNT-2: wgmma.wait_group.sync.aligned 0

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#id1 = affine_map<(i) -> (i)>
!memref = memref<?x?x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>
!view = !tile.view<?x128xbf16>
!q = !tile.tile<128x128xbf16>
!s = !tile.tile<128x128xf32>
!r = !tile.tile<128xf32>

tile.kernel @attention(%q: !memref, %k: !memref, %v: !memref, %o: !memref)
    grid(%b, %h, %m) attributes {schedule = #pipe.schedule<query_tile = 128,
      key_tile = 128, stages = 2, groups = 2, producer_regs = 24,
      consumer_regs = 240>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %minf = arith.constant 0xFF800000 : f32
  // log2(e) / sqrt(128)
  %c = arith.constant 0.127517432 : f32
  %qv = tile.view %q dims [2, 3] at [%b, %h] : !memref -> !view
  %kv = tile.view %k dims [2, 3] at [%b, %h] : !memref -> !view
  %vv = tile.view %v dims [2, 3] at [%b, %h] : !memref -> !view
  %ov = tile.view %o dims [2, 3] at [%b, %h] : !memref -> !view
  %r0 = arith.muli %m, %c128 : index
  %qt = tile.load %qv[%r0, %c0] : !view -> !q
  %o0 = tile.splat %zero : f32 -> !s
  %m0 = tile.splat %minf : f32 -> !r
  %l0 = tile.splat %zero : f32 -> !r
  %skv = memref.dim %k, %c2 : !memref
  %n = arith.ceildivsi %skv, %c128 : index
  %w = tile.walk.ranges (%c0) to (%n) {partial = array<i1: false>}
  %size = tile.walk.size %w
  %on, %mn, %ln = scf.for %p = %c0 to %size step %c1
      iter_args(%oi = %o0, %mi = %m0, %li = %l0) -> (!s, !r, !r) {
    %t, %partial = tile.walk.at %w[%p]
    %j0 = arith.muli %t, %c128 : index
    %kt = tile.load %kv[%j0, %c0] : !view -> !q
    %s = tile.dot %qt, %kt, %o0 {indexing_maps = [#mk, #nk, #mn]} : !q, !q, !s
    %mx = tile.reduce max %s axis 1 : !s -> !r
    %m1 = tile.map ins(%mi, %mx : !r, !r) maps [#id1, #id1] {
    ^bb0(%x: f32, %y: f32, %i: index):
      %z = arith.maxnumf %x, %y : f32
      tile.yield %z : f32
    } -> !r
    %ms = tile.map ins(%m1 : !r) maps [#id1] {
    ^bb0(%x: f32, %i: index):
      %e = arith.cmpf oeq, %x, %minf : f32
      %z = arith.select %e, %zero, %x : f32
      tile.yield %z : f32
    } -> !r
    %alpha = tile.map ins(%mi, %ms : !r, !r) maps [#id1, #id1] {
    ^bb0(%x: f32, %y: f32, %i: index):
      %d = arith.subf %x, %y : f32
      %e = arith.mulf %d, %c : f32
      %z = math.exp2 %e : f32
      tile.yield %z : f32
    } -> !r
    %pt = tile.map ins(%s, %ms : !s, !r) maps [#id, #row] {
    ^bb0(%x: f32, %y: f32, %i: index, %j: index):
      %d = arith.subf %x, %y : f32
      %e = arith.mulf %d, %c : f32
      %z = math.exp2 %e : f32
      tile.yield %z : f32
    } -> !s
    %ls = tile.reduce add %pt axis 1 : !s -> !r
    %l1 = tile.map ins(%li, %alpha, %ls : !r, !r, !r) maps [#id1, #id1, #id1] {
    ^bb0(%x: f32, %a: f32, %y: f32, %i: index):
      %d = arith.mulf %x, %a : f32
      %z = arith.addf %d, %y : f32
      tile.yield %z : f32
    } -> !r
    %pb = tile.map ins(%pt : !s) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      %z = arith.truncf %x : f32 to bf16
      tile.yield %z : bf16
    } -> !q
    %vt = tile.load %vv[%j0, %c0] : !view -> !q
    %oa = tile.map ins(%oi, %alpha : !s, !r) maps [#id, #row] {
    ^bb0(%x: f32, %a: f32, %i: index, %j: index):
      %z = arith.mulf %x, %a : f32
      tile.yield %z : f32
    } -> !s
    %o1 = tile.dot %pb, %vt, %oa {indexing_maps = [#mk, #kn, #mn]} : !q, !q, !s
    scf.yield %o1, %m1, %l1 : !s, !r, !r
  }
  %of = tile.map ins(%on, %ln : !s, !r) maps [#id, #row] {
  ^bb0(%x: f32, %l: f32, %i: index, %j: index):
    %e = arith.cmpf oeq, %l, %zero : f32
    %inv = arith.divf %one, %l : f32
    %y = arith.mulf %x, %inv : f32
    %z = arith.select %e, %zero, %y : f32
    tile.yield %z : f32
  } -> !s
  %ob = tile.map ins(%of : !s) maps [#id] {
  ^bb0(%x: f32, %i: index, %j: index):
    %z = arith.truncf %x : f32 to bf16
    tile.yield %z : bf16
  } -> !q
  tile.store %ob, %ov[%r0, %c0] : !q, !view
}
