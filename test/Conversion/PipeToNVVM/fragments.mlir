// RUN: fovea-opt %s --pipe-to-nvvm --canonicalize --cse --split-input-file | FileCheck %s
// RUN: fovea-opt %s --pipe-to-nvvm --split-input-file | FileCheck %s --check-prefix=WALK

// What a map computes once a row, once a column or once an element.

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>

// CHECK-LABEL: llvm.func @levels
// CHECK-SAME: (%[[N:.*]]: i64, %[[F:.*]]: f32)
tile.kernel @levels(%n: index, %f: f32) grid(%m) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %r = tile.splat %zero : f32 -> !rows
    // A loop, so that nothing is folded.
    // CHECK: scf.for {{.*}} iter_args(%[[S:.*]] = %{{.*}}, %[[R:.*]] = %{{.*}}) -> (vector<16xf32>, vector<2xf32>)
    %loop:2 = scf.for %k = %c0 to %n step %c1 iter_args(%a = %s, %b = %r) -> (!acc, !rows) {
      // Rows: 16 warp + lane / 4 + {0, 8}; columns: 2 (lane mod 4) + {0, 1, 8, 9, ...}.
      // A scalar may be any number: what is computed from it has 64 bits.
      // CHECK-DAG: %[[ROWS:.*]] = arith.addi %{{.*}}, %[[TWO:.*]] : vector<2xi32>
      // CHECK-DAG: %[[COLUMNS:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<8xi32>
      // CHECK: %[[WIDE:.*]] = arith.extsi %[[ROWS]] : vector<2xi32> to vector<2xi64>
      // CHECK: arith.muli %[[WIDE]], %{{.*}} : vector<2xi64>
      // CHECK-DAG: vector.shuffle {{.*}} [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]
      // CHECK-DAG: vector.shuffle {{.*}} [0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7]
      // CHECK: %[[BROWS:.*]] = arith.addf %[[R]], %{{.*}} : vector<2xf32>
      // CHECK: vector.shuffle %[[BROWS]]
      // A condition stands right before its use.
      // CHECK: arith.cmpi slt, %{{.*}}, %{{.*}} : i64
      // CHECK: arith.select
      // CHECK-NEXT: %[[IN:.*]] = arith.cmpi slt, %{{.*}}, %{{.*}} : i64
      // CHECK-NEXT: arith.select %[[IN]], %{{.*}}, %{{.*}} : f32
      %t = tile.map ins(%a, %b : !acc, !rows) maps [#id, #row] origin(%k, %c0) {
      ^bb0(%x: f32, %y: f32, %i: index, %j: index):
        %i2 = arith.muli %i, %n : index
        %in = arith.cmpi slt, %j, %i2 : index
        %y2 = arith.addf %y, %f : f32
        %z = arith.select %in, %x, %y2 : f32
        tile.yield %z : f32
      } -> !acc
      // Eight elements of a row in a thread, then the four lanes of the row.
      // CHECK: vector.from_elements %[[E0:[0-9a-z]+]], %[[E1:[0-9a-z]+]], %{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[E4:[0-9a-z]+]], %[[E5:[0-9a-z]+]], {{.*}} : vector<16xf32>
      // CHECK: arith.addf %[[E0]], %[[E1]]
      // CHECK: arith.addf %[[E4]], %[[E5]]
      // CHECK: %[[ROW0:.*]] = nvvm.shfl.sync {{ *}}bfly %{{.*}}, %{{.*}}, %[[ONE:.*]], %{{.*}} : f32 -> f32
      // CHECK-COUNT-3: nvvm.shfl.sync
      // CHECK-NOT: nvvm.shfl.sync
      // CHECK: vector.from_elements %{{.*}}, %{{.*}} : vector<2xf32>
      %sum = tile.reduce add %t axis 1 : !acc -> !rows
      scf.yield %t, %sum : !acc, !rows
    }
  }
}

// -----

// A walk of three ranges: the last range that starts at or before the position.
// WALK-LABEL: llvm.func @walk
tile.kernel @walk(%a: index, %b: index, %c: index) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %w = tile.walk.ranges (%c0, %a, %b) to (%a, %b, %c) {partial = array<i1: true, false, true>}
  // WALK-COUNT-3: arith.maxsi
  %size = tile.walk.size %w
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %r = tile.splat %zero : f32 -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
    // WALK: scf.for
    %loop = scf.for %p = %c0 to %size step %c1 iter_args(%x = %r) -> (!tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>) {
      // WALK: %[[IN1:.*]] = arith.cmpi sge
      // WALK: arith.select %[[IN1]], %{{.*}}, %{{.*}} : i32
      // WALK: %[[IN2:.*]] = arith.cmpi sge
      // WALK: arith.select %[[IN2]], %{{.*}}, %{{.*}} : i32
      %t, %partial = tile.walk.at %w[%p]
      %y = tile.map ins(%x : !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>) maps [affine_map<(i) -> (i)>] {
      ^bb0(%e: f32, %i: index):
        %ti = arith.index_cast %t : index to i32
        %tf = arith.sitofp %ti : i32 to f32
        %z = arith.select %partial, %e, %tf : f32
        tile.yield %z : f32
      } -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
      scf.yield %y : !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
    }
  }
}

// -----

// Where `afn` permits it, tanh is one instruction with a relative error of 2^-11, and
// exp is exp2 of a rounded product. Elsewhere tanh is a polynomial below 0.625 and
// exp2 above, and exp is corrected by the product's error while that is finite.
// CHECK-LABEL: llvm.func @functions
// CHECK: scf.for
// CHECK-COUNT-4: llvm.inline_asm asm_dialect = att "tanh.approx.f32 $0, $1;"
// CHECK-NOT: tanh
// CHECK: %[[LOG2E:.*]] = arith.mulf
// CHECK-NEXT: math.exp2 %[[LOG2E]] : vector<4xf32>
// CHECK: %[[SIZE:.*]] = math.absf %[[X:.*]] : vector<4xf32>
// CHECK-COUNT-5: math.fma
// CHECK: math.exp2
// CHECK: %[[LARGE:.*]] = math.copysign %{{.*}}, %[[X]]
// CHECK: %[[SMALL:.*]] = arith.cmpf olt, %[[SIZE]]
// CHECK: %[[TANH:.*]] = arith.select %[[SMALL]], %{{.*}}, %[[LARGE]]
// CHECK-NOT: tanh
// CHECK: %[[EXPONENT:.*]] = arith.mulf %[[TANH]]
// CHECK-NEXT: %[[POWER:.*]] = math.exp2 %[[EXPONENT]]
// CHECK-COUNT-2: math.fma %[[TANH]]
// CHECK: %[[CORRECTED:.*]] = math.fma %[[POWER]], %{{.*}}, %[[POWER]]
// CHECK: arith.cmpf olt
// CHECK: arith.select %{{.*}}, %[[CORRECTED]], %[[POWER]]
#id = affine_map<(i, j) -> (i, j)>
!tile = !tile.tile<64x8xf32, #pipe.acc<groups = 1>>
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
tile.kernel @functions(%n: index, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !tile
    %loop = scf.for %k = %c0 to %n step %c1 iter_args(%a = %s) -> !tile {
      %t = tile.map ins(%a : !tile) maps [#id] {
      ^bb0(%x: f32, %i: index, %j: index):
        %y = math.tanh %x fastmath<afn> : f32
        %z = math.exp %y fastmath<afn> : f32
        %u = math.tanh %z : f32
        %w = math.exp %u : f32
        tile.yield %w : f32
      } -> !tile
      // So that the loop has an effect.
      %r = tile.reduce add %t axis 1 : !tile -> !rows
      scf.yield %t : !tile
    }
  }
}

// -----

// A difference of coordinates as f32, times a number, over a scale: where the order
// of operations is free one fused operation an element, of its constant.
// CHECK-LABEL: llvm.func @line
// CHECK: %[[BASE:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT: %[[TIMES:.*]] = math.fma %[[BASE]], %{{.*}}, %{{.*}} : f32
// CHECK-NEXT: arith.mulf %[[TIMES]], %{{.*}} : f32
// CHECK: math.fma %cst{{.*}}, %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK-NEXT: %{{.*}}:16 = vector.to_elements
// In the order given, the conversion is one addition, which is exact.
// CHECK: arith.addf %{{.*}}, %cst{{.*}} : vector<16xf32>
// CHECK: arith.mulf {{.*}} : vector<16xf32>
#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>
!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
tile.kernel @line(%slope: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %zero : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %d = arith.subi %j, %i : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %y = math.fma %f, %slope, %x fastmath<reassoc> : f32
      %c = arith.constant 8.0 : f32
      %z = arith.mulf %y, %c fastmath<reassoc> : f32
      tile.yield %z : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !rows
    %u = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %d = arith.subi %j, %i : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %z = arith.mulf %f, %slope : f32
      tile.yield %z : f32
    } -> !acc
    %v = tile.reduce add %u axis 1 : !acc -> !rows
  }
}

// -----

// Two elements of a row in a thread, then the four lanes of the row.
// CHECK-LABEL: llvm.func @row_sums
// CHECK-SAME: (%[[F:.*]]: f32)
// CHECK: arith.addf %[[F]], %[[F]]
// CHECK-COUNT-4: nvvm.shfl.sync {{ *}}bfly
// DOC-BEGIN: pipe-to-nvvm --pipe-to-nvvm --canonicalize --cse
tile.kernel @row_sums(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !tile.tile<64x8xf32, #pipe.acc<groups = 1>>
    %r = tile.reduce add %s axis 1 : !tile.tile<64x8xf32, #pipe.acc<groups = 1>>
      -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}
// DOC-SHOW: llvm.func @row_sums
// DOC-END
