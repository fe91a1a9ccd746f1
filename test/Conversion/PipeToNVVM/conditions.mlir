// RUN: fovea-opt %s --pipe-to-nvvm --canonicalize --cse --split-input-file | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// Two comparisons: each is a word for either row of a thread, with as many low bits as
// columns lie below the limit; they are joined once a row, and each of the 16 elements
// tests its bit.
// CHECK-LABEL: llvm.func @window
// CHECK-DAG: %[[ONES:.*]] = arith.constant -1 : i64
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : i32
// CHECK-COUNT-2: arith.shli %[[ONES]], %{{.*}} : i64
// CHECK-COUNT-2: arith.shli %[[ONES]], %{{.*}} : i64
// CHECK: %[[FIRST:.*]] = arith.andi %{{.*}}, %{{.*}} : i32
// CHECK: %[[SECOND:.*]] = arith.andi %{{.*}}, %{{.*}} : i32
// CHECK: %[[BIT:.*]] = arith.andi %[[FIRST]], %{{.*}} : i32
// CHECK: %[[IS:.*]] = arith.cmpi ne, %[[BIT]], %[[ZERO]] : i32
// CHECK: arith.select %[[IS]]
// CHECK: arith.andi %[[FIRST]], %{{.*}} : i32
// CHECK: arith.cmpi ne
// CHECK: arith.select
// CHECK: arith.andi %[[SECOND]], %{{.*}} : i32
// CHECK: arith.cmpi ne
// CHECK: arith.select
// CHECK-NOT: arith.cmpi s
tile.kernel @window(%f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %n = arith.constant 100 : index
      %d = arith.subi %i, %j : index
      %c = arith.cmpi sle, %j, %i : index
      %e = arith.cmpi slt, %d, %n : index
      %b = arith.andi %c, %e : i1
      %zero = arith.constant 0.0 : f32
      %y = arith.select %b, %x, %zero : f32
      tile.yield %y : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x32xf32, #pipe.acc<groups = 1>>

// One comparison is done on each element (two rows share some), and so is a joint one
// that depends on more.
// CHECK-LABEL: llvm.func @single
// CHECK-NOT: arith.shli
// CHECK-COUNT-10: arith.cmpi sge, %{{.*}}, %{{.*}} : i32
// CHECK-LABEL: llvm.func @mixed
// CHECK-NOT: arith.shli
// CHECK: %[[SMALL:.*]] = arith.cmpf olt
// CHECK: %[[EARLY:.*]] = arith.cmpi sge, %{{.*}}, %{{.*}} : i32
// CHECK: arith.andi %[[EARLY]], %[[SMALL]] : i1
tile.kernel @single(%f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %c = arith.cmpi sle, %j, %i : index
      %zero = arith.constant 0.0 : f32
      %y = arith.select %c, %x, %zero : f32
      tile.yield %y : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}
tile.kernel @mixed(%f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] origin(%m, %c0) {
    ^bb0(%x: f32, %i: index, %j: index):
      %c = arith.cmpi sle, %j, %i : index
      %zero = arith.constant 0.0 : f32
      %small = arith.cmpf olt, %x, %zero : f32
      %b = arith.andi %c, %small : i1
      %y = arith.select %b, %x, %zero : f32
      tile.yield %y : f32
    } -> !acc
    %r = tile.reduce add %t axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}
