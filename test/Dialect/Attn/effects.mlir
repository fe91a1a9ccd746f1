// RUN: fovea-opt %s --cse | FileCheck %s --check-prefixes=CHECK,CSE
// RUN: fovea-opt %s --resolve-shaped-type-result-dims --canonicalize | FileCheck %s --check-prefixes=CHECK,SHAPES
// RUN: fovea-opt %s --loop-invariant-code-motion --canonicalize | FileCheck %s --check-prefixes=CHECK,LICM

// What nothing uses is removed on tensors, and kept on memrefs.

// CHECK-LABEL: func @dead_on_tensors
// CHECK-NOT: attn.
// CHECK: return
func.func @dead_on_tensors(%q: tensor<1x8x4x64xf32>, %l: tensor<1x8x4xf32>) {
  %0 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
      dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      outs(%q : tensor<1x8x4x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %1 = attn.merge parts(%q : tensor<1x8x4x64xf32>) lse(%l : tensor<1x8x4xf32>)
      outs(%q : tensor<1x8x4x64xf32>) -> tensor<1x8x4x64xf32>
  %2 = attn.score_reduce column_sum ins(%q : tensor<1x8x4x64xf32>)
      dense(%q : tensor<1x8x4x64xf32>) lse(%l : tensor<1x8x4xf32>)
      outs(%l : tensor<1x8x4xf32>)
  return
}

// CHECK-LABEL: func @kept_on_memrefs
// CHECK: attn.attention
// CHECK: attn.merge
// CHECK: attn.score_reduce
func.func @kept_on_memrefs(%q: memref<1x8x4x64xf32>, %l: memref<1x8x4xf32>,
                           %o: memref<1x8x4x64xf32>, %r: memref<1x8x4xf32>) {
  attn.attention ins(%q : memref<1x8x4x64xf32>)
      dense(%q, %q : memref<1x8x4x64xf32>, memref<1x8x4x64xf32>)
      outs(%o : memref<1x8x4x64xf32>)
  attn.merge parts(%q : memref<1x8x4x64xf32>) lse(%l : memref<1x8x4xf32>)
      outs(%o : memref<1x8x4x64xf32>)
  attn.score_reduce column_sum ins(%q : memref<1x8x4x64xf32>)
      dense(%q : memref<1x8x4x64xf32>) lse(%l : memref<1x8x4xf32>)
      outs(%r : memref<1x8x4xf32>)
  return
}

// Two equal ones on tensors are one; with other regions they are two.

// CHECK-LABEL: func @equal
// CSE: %[[A:.*]] = attn.attention
// CSE: %[[B:.*]] = attn.attention
// CSE-NOT: attn.attention
// CSE: return %[[A]], %[[A]], %[[B]]
func.func @equal(%q: tensor<1x8x4x64xf32>)
    -> (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) {
  %0 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
      dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      outs(%q : tensor<1x8x4x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %1 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
      dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      outs(%q : tensor<1x8x4x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %2 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
      dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
      outs(%q : tensor<1x8x4x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi slt, %j, %i : index
        attn.yield %c : i1
      }
  return %0, %1, %2 : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>
}

// What does not change in a loop is computed before it, on tensors only.

// CHECK-LABEL: func @invariant
// LICM: attn.attention
// LICM: scf.for
// LICM-NOT: attn.attention
// LICM: return
func.func @invariant(%q: tensor<1x8x4x64xf32>, %n: index, %zero: f32)
    -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %x = %c0 to %n step %c1 iter_args(%sum = %zero) -> f32 {
    %0 = attn.attention ins(%q : tensor<1x8x4x64xf32>)
        dense(%q, %q : tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>)
        outs(%q : tensor<1x8x4x64xf32>)
    %1 = tensor.extract %0[%c0, %c0, %c0, %x] : tensor<1x8x4x64xf32>
    %2 = arith.addf %sum, %1 : f32
    scf.yield %2 : f32
  }
  return %r : f32
}

// CHECK-LABEL: func @not_moved
// LICM: scf.for
// LICM-NEXT: attn.attention
func.func @not_moved(%q: memref<1x8x4x64xf32>, %o: memref<1x8x4x64xf32>,
                     %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %x = %c0 to %n step %c1 {
    attn.attention ins(%q : memref<1x8x4x64xf32>)
        dense(%q, %q : memref<1x8x4x64xf32>, memref<1x8x4x64xf32>)
        outs(%o : memref<1x8x4x64xf32>)
  }
  return
}

// The sizes of results are those of outputs.

// CHECK-LABEL: func @shapes
// SHAPES-SAME: %[[O:[^:]*]]: tensor<1x8x?x64xf32>)
// SHAPES: %[[C2:.*]] = arith.constant 2 : index
// SHAPES: %[[N:.*]] = tensor.dim %[[O]], %[[C2]]
// SHAPES: return %[[N]]
func.func @shapes(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>,
                  %o: tensor<1x8x?x64xf32>) -> index {
  %c2 = arith.constant 2 : index
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %k : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
  %n = tensor.dim %r, %c2 : tensor<1x8x?x64xf32>
  return %n : index
}
