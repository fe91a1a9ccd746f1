// RUN: fovea-opt %s --pipe-to-nvvm --canonicalize --cse --split-input-file | FileCheck %s

// A tile of one axis: the first of the four lanes that hold a row writes it, if
// it lies inside of the view.

!rows = !tile.tile<128xf32, #pipe.slice<axis = 1, parent = <groups = 2>>>

// CHECK-LABEL: llvm.func @store_rows
// CHECK-SAME: %[[N:.*]]: i32, %[[F:.*]]: f32, %[[P:.*]]: !llvm.ptr<1>, %[[S:.*]]: i64)
// CHECK-SAME: {dim = 1 : i64, kind = "dim", parameter = 0 : i64}
// CHECK-SAME: {kind = "scalar", parameter = 1 : i64}, {kind = "pointer", parameter = 0 : i64}, {dim = 0 : i64, kind = "stride", parameter = 0 : i64}
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : i32
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : i64
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : i32
// CHECK: %[[STRIDE:.*]] = arith.muli %[[S]], %[[C4]] : i64
// CHECK: %[[HEAD:.*]] = arith.muli %{{.*}}, %[[STRIDE]] : i64
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[P]][%[[HEAD]]]
// CHECK: %[[QUAD:.*]] = arith.andi %{{.*}}, %[[C3]] : i32
// CHECK: %[[WRITES:.*]] = arith.cmpi eq, %[[QUAD]],
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[ROW:.*]], %[[N]] : i32
// CHECK: %[[BOTH:.*]] = arith.andi %[[WRITES]], %[[INSIDE]] : i1
// CHECK: scf.if %[[BOTH]] {
// CHECK:   llvm.getelementptr %[[AT]]
// CHECK:   llvm.store %[[F]], %{{.*}} : f32, !llvm.ptr<1>
// CHECK: %[[LOWER:.*]] = arith.addi %[[ROW]], %[[C8]] : i32
// CHECK: arith.cmpi slt, %[[LOWER]], %[[N]] : i32
// CHECK: llvm.store %[[F]]
// CHECK-NOT: llvm.store
tile.kernel @store_rows(%o: memref<4x?xf32, strided<[?, 1], offset: ?>>, %f: f32) grid(%h, %m) {
  %c128 = arith.constant 128 : index
  %row = arith.muli %m, %c128 : index
  %ov = tile.view %o dims [1] at [%h] : memref<4x?xf32, strided<[?, 1], offset: ?>> -> !tile.view<?xf32>
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    %t = tile.splat %f : f32 -> !rows
    tile.store %t, %ov[%row] : !rows, !tile.view<?xf32>
  }
}

// -----

// Scalars of memory are read by all threads, and shared within a warp, which
// tells ptxas that they are uniform. An index is clamped to 32 bits.

!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>

// CHECK-LABEL: llvm.func @scalars
// CHECK-DAG: %[[LEAST:.*]] = arith.constant -2147483648 : i64
// CHECK-DAG: %[[MOST:.*]] = arith.constant 2147483647 : i64
// CHECK: llvm.load %{{.*}} invariant : !llvm.ptr<1> -> f32
// CHECK: %[[N:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr<1> -> i32
// CHECK: nvvm.shfl.sync idx %{{.*}}, %[[N]]
// CHECK: %[[W:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr<1> -> i64
// CHECK: %[[W0:.*]] = arith.maxsi %[[W]], %[[LEAST]]
// CHECK: %[[W1:.*]] = arith.minsi %[[W0]], %[[MOST]]
// CHECK: %[[INDEX:.*]] = arith.trunci %[[W1]] : i64 to i32
// CHECK: nvvm.shfl.sync idx %{{.*}}, %[[INDEX]]
tile.kernel @scalars(%a: memref<?xf32>, %b: memref<?xi32>, %c: memref<?xindex>, %o: memref<?xf32>) grid(%m) {
  %x = memref.load %a[%m] : memref<?xf32>
  %n = memref.load %b[%m] : memref<?xi32>
  %ni = arith.index_cast %n : i32 to index
  %w = memref.load %c[%m] : memref<?xindex>
  %row = arith.minsi %ni, %w : index
  %ov = tile.view %o dims [0] at [] : memref<?xf32> -> !tile.view<?xf32>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %t = tile.splat %x : f32 -> !rows
    tile.store %t, %ov[%row] : !rows, !tile.view<?xf32>
  }
}

// -----

// Rows from %n on of both 64-column blocks become zero, before the products of
// the group that come later.

!shared = !tile.tile<128x128xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>

// CHECK-LABEL: llvm.func @clear
// CHECK-DAG: %[[ROWS:.*]] = arith.constant 128 : i32
// CHECK-DAG: %[[BLOCK:.*]] = arith.constant 16384 : i32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : vector<4xi32>
// CHECK: nvvm.mbarrier.try_wait.parity
// CHECK: %[[FIRST:.*]] = arith.maxsi
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[FIRST]], %[[ROWS]] : i32
// CHECK: scf.if %[[SOME]] {
// CHECK:   scf.for
// CHECK:     llvm.store %[[ZERO]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK:     arith.addi %{{.*}}, %[[BLOCK]] : i32
// CHECK:     llvm.store %[[ZERO]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK:   }
// CHECK:   nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK:   nvvm.barrier id = %{{.*}} number_of_threads = %[[ROWS]]
// CHECK: }
// CHECK: nvvm.mbarrier.arrive
tile.kernel @clear(%n: index) grid(%m) {
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %c = pipe.start %ring : !ring
    %s, %next = pipe.take %ring[%c] : !ring -> !pipe.slot<!shared, read>
    pipe.clear %s from %n : !pipe.slot<!shared, read>
    pipe.release %s : !pipe.slot<!shared, read>
  }
}

// -----

// Elements of 32 bits are no copy engine's: each lane writes its own, of the rows and
// columns that the view has. Of 20 columns, 16 are known to be there.

!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// CHECK-LABEL: llvm.func @store_f32
// CHECK-SAME: %[[N:.*]]: i32, %[[F:.*]]: f32, %[[O:.*]]: !llvm.ptr<1>, %[[S:.*]]: i64)
// CHECK-DAG: %[[C2:.*]] = arith.constant 2 : i32
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : i64
// CHECK-DAG: %[[C8:.*]] = arith.constant 8 : i32
// CHECK-DAG: %[[C16:.*]] = arith.constant 16 : i32
// CHECK-DAG: %[[C20:.*]] = arith.constant 20 : i32
// CHECK: %[[COLUMN:.*]] = arith.muli %{{.*}}, %[[C2]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[ROW:.*]], %[[N]] : i32
// CHECK: scf.if %[[INSIDE]] {
// CHECK:   %[[STRIDE:.*]] = arith.muli %[[S]], %[[C4]] : i64
// CHECK:   arith.muli %{{.*}}, %[[STRIDE]] : i64
// CHECK:   %[[START:.*]] = llvm.getelementptr %[[O]][
// CHECK:   %[[AT:.*]] = llvm.getelementptr %[[START]][
// CHECK-NEXT: llvm.store %[[F]], %[[AT]] : f32
// CHECK-NEXT: %[[AT1:.*]] = llvm.getelementptr %[[AT]][4]
// CHECK-NEXT: llvm.store %[[F]], %[[AT1]]
// CHECK-COUNT-2: llvm.store
// CHECK:   %[[NEXT:.*]] = arith.addi %[[COLUMN]], %[[C16]]
// CHECK:   %[[EXISTS:.*]] = arith.cmpi slt, %[[NEXT]], %[[C20]]
// CHECK:   scf.if %[[EXISTS]] {
// CHECK-NEXT: llvm.getelementptr %[[AT]][64]
// CHECK-NEXT: llvm.store
// CHECK:   scf.if
// CHECK-NEXT: llvm.getelementptr %[[AT]][68]
// CHECK-NEXT: llvm.store
// CHECK-NOT: llvm.store
// CHECK: %[[BELOW:.*]] = arith.addi %[[ROW]], %[[C8]]
// CHECK: arith.cmpi slt, %[[BELOW]], %[[N]]
// CHECK-COUNT-6: llvm.store
// CHECK-NOT: llvm.store
tile.kernel @store_f32(%o: memref<?x20xf32, strided<[?, 1], offset: ?>>, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %m, %c64 : index
  %ov = tile.view %o dims [0, 1] at [] : memref<?x20xf32, strided<[?, 1], offset: ?>> -> !tile.view<?x20xf32>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %t = tile.splat %f : f32 -> !acc
    tile.store %t, %ov[%row, %c0] : !acc, !tile.view<?x20xf32>
  }
}
