// RUN: fovea-opt %s --pipe-to-nvvm --canonicalize --cse --split-input-file | FileCheck %s

// A captured tensor's address and dynamic strides are parameters of the kernel; it
// is read once for each different index of a thread.

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// The same for all elements: one read, of a safe index in 32 bits.
// CHECK-LABEL: llvm.func @uniform
// CHECK-SAME: (%[[SIZE:.*]]: i32, %[[N:.*]]: i64, %{{.*}}: f32, %[[TABLE:.*]]: !llvm.ptr<1>, %[[STRIDE:.*]]: i64)
// CHECK-SAME: arguments = [{dim = 0 : i64, kind = "dim", parameter = 0 : i64},
// CHECK-SAME: {kind = "pointer", parameter = 0 : i64}, {dim = 0 : i64, kind = "stride", parameter = 0 : i64}]
// CHECK: %[[LOW:.*]] = arith.maxsi %[[N]], %{{.*}} : i64
// CHECK: %[[NEAR:.*]] = arith.minsi %[[LOW]], %{{.*}} : i64
// CHECK: %[[INDEX:.*]] = arith.trunci %[[NEAR]] : i64 to i32
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[INDEX]]
// CHECK: %[[FROMEND:.*]] = arith.addi %[[INDEX]], %[[SIZE]]
// CHECK: %[[CHOSEN:.*]] = arith.select %[[NEGATIVE]], %[[FROMEND]], %[[INDEX]]
// CHECK: %[[LAST:.*]] = arith.addi %[[SIZE]], %{{.*}}
// CHECK: %[[CUT:.*]] = arith.minsi %[[CHOSEN]], %[[LAST]]
// CHECK: %[[SAFE:.*]] = arith.maxsi %[[CUT]]
// CHECK: %[[WIDE:.*]] = arith.extsi %[[SAFE]]
// CHECK: %[[BYTES:.*]] = arith.muli %[[STRIDE]], %{{.*}} : i64
// CHECK: %[[OFFSET:.*]] = arith.muli %[[WIDE]], %[[BYTES]]
// CHECK: %[[PLACE:.*]] = llvm.getelementptr %[[TABLE]][%[[OFFSET]]]
// CHECK-COUNT-1: llvm.load %[[PLACE]] invariant : !llvm.ptr<1> -> f32
// CHECK-NOT: llvm.load
tile.kernel @uniform(%table: memref<?xf32, strided<[?]>>, %n: index, %f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      %y = tile.gather %table[%n] : memref<?xf32, strided<[?]>>
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// Once a row (2 rows a thread) and once a column (8 columns): constant offsets from
// one address while the thread's indices are inside; else clamped one by one.
// CHECK-LABEL: llvm.func @row_and_column
// CHECK: %[[ROWS:.*]] = scf.if %{{.*}} -> (vector<2xi32>) {
// CHECK: %[[FIRST:.*]] = llvm.getelementptr
// CHECK: llvm.load %[[FIRST]] invariant : !llvm.ptr<1> -> i32
// CHECK: %[[SECOND:.*]] = llvm.getelementptr %[[FIRST]][32]
// CHECK: llvm.load %[[SECOND]] invariant : !llvm.ptr<1> -> i32
// CHECK: } else {
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK: llvm.load volatile
// CHECK: llvm.load volatile
// CHECK-NOT: llvm.load
// CHECK: %[[COLUMNS:.*]] = scf.if %{{.*}} -> (vector<8xi32>) {
// CHECK-COUNT-8: llvm.load %{{.*}} invariant : !llvm.ptr<1> -> i32
// CHECK: } else {
// CHECK-COUNT-8: llvm.load volatile
// CHECK: arith.select
// CHECK-NEXT: arith.cmpi eq, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT: arith.select
tile.kernel @row_and_column(%table: memref<?xi32>, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %mine = tile.gather %table[%i] : memref<?xi32>
      %other = tile.gather %table[%j] : memref<?xi32>
      %same = arith.cmpi eq, %mine, %other : i32
      %zero = arith.constant 0.0 : f32
      %y = arith.select %same, %x, %zero : f32
      tile.yield %y : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// Along a diagonal: of the 16 elements of a thread 10 have different distances.
// CHECK-LABEL: llvm.func @diagonal
// CHECK: %[[STRIP:.*]] = scf.if %{{.*}} -> (vector<10xf32>) {
// CHECK-COUNT-10: llvm.load %{{.*}} invariant
// CHECK: } else {
// CHECK-COUNT-10: llvm.load volatile
// CHECK: vector.shuffle %[[STRIP]], %[[STRIP]] [0, 1, 2, 3, 4, 5, 0, 1, 6, 7, 4, 5, 8, 9, 6, 7]
tile.kernel @diagonal(%table: memref<4x?xf32>, %n: index, %f: f32) grid(%h, %m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %d = arith.subi %i, %j : index
      %p = arith.addi %d, %n : index
      %y = tile.gather %table[%h, %p] : memref<4x?xf32>
      %z = arith.addf %x, %y : f32
      tile.yield %z : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// A table of i1 by row and column: each element by itself, from bytes.
// CHECK-LABEL: llvm.func @bits
// CHECK-COUNT-16: llvm.load %{{.*}} invariant : !llvm.ptr<1> -> i8
// CHECK-NOT: llvm.load
// CHECK: arith.select
tile.kernel @bits(%table: memref<?x?xi1>, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %visible = tile.gather %table[%i, %j] : memref<?x?xi1>
      %zero = arith.constant 0.0 : f32
      %y = arith.select %visible, %x, %zero : f32
      tile.yield %y : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

!strip = !tile.tile<96xf32, #pipe.lanes>
!stored = !tile.tile<96xf32, #pipe.smem<swizzle = 0>>
!ring = !pipe.ring<1 x !stored>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// A strip: a warp computes it, each lane stores its three elements and says so. A
// thread with 16 elements reads its 10 diagonals once, at constant offsets, and
// gives the slot back.
// CHECK-LABEL: llvm.func @strip
// CHECK-DAG: %[[LANES:.*]] = arith.constant 32 : i32
// CHECK-DAG: %[[THREADS:.*]] = arith.constant 128 : i32
// CHECK: nvvm.mbarrier.init %{{.*}}, %[[LANES]]
// CHECK: nvvm.mbarrier.init %{{.*}}, %[[THREADS]]
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: %[[FIRST:.*]] = llvm.inttoptr
// CHECK: llvm.store %{{.*}}, %{{.*}} : f32, !llvm.ptr<3>
// CHECK: llvm.getelementptr %{{.*}}[32] : (!llvm.ptr<3>) -> !llvm.ptr<3>, f32
// CHECK: llvm.store
// CHECK: llvm.getelementptr %{{.*}}[64] : (!llvm.ptr<3>) -> !llvm.ptr<3>, f32
// CHECK: llvm.store
// CHECK-NOT: scf.if
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK-COUNT-10: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK-NOT: {{llvm.load|scf.if}}
// CHECK: nvvm.mbarrier.arrive
tile.kernel @strip(%table: memref<?xf32>) grid(%m) {
  %c31 = arith.constant 31 : index
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!stored, write>
    %t = tile.map ins() maps [] {
    ^bb0(%e: index):
      %x = tile.gather %table[%e] : memref<?xf32>
      tile.yield %x : f32
    } -> !strip
    pipe.put %t, %s0 : !strip, !pipe.slot<!stored, write>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!stored, read>
    %t = pipe.read %s0 : !pipe.slot<!stored, read>
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      %d = arith.subi %i, %j : index
      %n = arith.addi %d, %c31 : index
      %y = tile.extract %t[%n] : !stored
      tile.yield %y : f32
    } -> !acc
    pipe.release %s0 : !pipe.slot<!stored, read>
    %r = tile.reduce add %b axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

!stored = !tile.tile<96xbf16, #pipe.smem<swizzle = 0>>
!ring = !pipe.ring<1 x !stored>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// Indices that are no sums have an address each, one that is the same for all has one.
// CHECK-LABEL: llvm.func @scattered
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK-COUNT-17: llvm.load %{{.*}} : !llvm.ptr<3> -> bf16
// CHECK-NOT: llvm.load
tile.kernel @scattered(%n: index) grid(%m) {
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!stored, read>
    %t = pipe.read %s0 : !pipe.slot<!stored, read>
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      %d = arith.xori %i, %j : index
      %x = tile.extract %t[%d] : !stored
      %y = tile.extract %t[%n] : !stored
      %z = arith.addf %x, %y : bf16
      %w = arith.extf %z : bf16 to f32
      tile.yield %w : f32
    } -> !acc
    pipe.release %s0 : !pipe.slot<!stored, read>
    %r = tile.reduce add %b axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}
