// RUN: fovea-opt %s --attn-bufferize | FileCheck %s

// An argument becomes a memref with free strides and a contiguous last
// dimension; a result that is computed in place of an argument is dropped, and
// the attribute says which argument holds it.

// CHECK-LABEL: func.func @in_place(
// CHECK-SAME: %[[Q:[^:]*]]: memref<1x8x?x64xf32, strided<[?, ?, ?, 1], offset: ?>>
// CHECK-SAME: %[[O:[^:]*]]: memref<1x8x?x64xf32, strided<[?, ?, ?, 1], offset: ?>>)
// CHECK-SAME: attributes {fovea.results = array<i64: 1>, fovea.writes = array<i64: 1>}
// CHECK-NOT: memref.alloc
// CHECK: attn.attention ins(%[[Q]] :
// CHECK: outs(%[[O]] :
// CHECK-NOT: linalg.generic
// CHECK: return{{$}}
// DOC-BEGIN: attn-bufferize --attn-bufferize
func.func @in_place(%q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}
// DOC-END

// A result that no argument holds becomes an argument at the end.

// CHECK-LABEL: func.func @new_result(
// CHECK-SAME: %[[NEW:[^:]*]]: memref<1x8x16x64xf32, strided<[?, ?, ?, 1], offset: ?>>)
// CHECK-SAME: attributes {fovea.results = array<i64: 1>, fovea.writes = array<i64: 1>}
// CHECK: linalg.generic {{.*}} outs(%[[NEW]] :
// CHECK: return{{$}}
func.func @new_result(%q: tensor<1x8x16x64xf32>) -> tensor<1x8x16x64xf32> {
  %o = tensor.empty() : tensor<1x8x16x64xf32>
  %r = attn.attention ins(%q : tensor<1x8x16x64xf32>)
      dense(%q, %q : tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>)
      outs(%o : tensor<1x8x16x64xf32>)
  return %r : tensor<1x8x16x64xf32>
}

// Captured tensors are read from memory; scalars stay.

// CHECK-LABEL: func.func @captures(
// CHECK-SAME: %[[T:[^:]*]]: memref<?xf32, strided<[1], offset: ?>>, %[[N:[^:]*]]: index
// CHECK: score({{.*}} = %[[T]] : memref<?xf32, strided<[1], offset: ?>>
// CHECK: memref.load
// CHECK: mask({{.*}} = %[[N]] : index
func.func @captures(%t: tensor<?xf32>, %n: index, %q: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>) -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%q, %q : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
      score(%s, %b, %h, %i, %j, %u = %t : tensor<?xf32>) {
        %x = tensor.extract %u[%j] : tensor<?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j, %m = %n : index) {
        %c = arith.cmpi slt, %j, %m : index
        attn.yield %c : i1
      }
  return %r : tensor<1x8x?x64xf32>
}

// What may be written, also through a view, and what is only read.

// CHECK-LABEL: func.func @writes(
// CHECK-SAME: attributes {fovea.results = array<i64>, fovea.writes = array<i64: 1, 2>}
func.func @writes(%a: memref<8xf32>, %b: memref<8xf32>, %c: memref<8xf32>, %i: index) {
  %v = memref.subview %a[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  %x = memref.load %v[%i] : memref<4xf32, strided<[1], offset: 4>>
  memref.store %x, %b[%i] : memref<8xf32>
  %w = memref.subview %c[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %v, %w : memref<4xf32, strided<[1], offset: 4>> to memref<4xf32, strided<[1], offset: 4>>
  %n = memref.dim %a, %i : memref<8xf32>
  return
}
