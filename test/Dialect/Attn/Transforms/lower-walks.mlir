// RUN: fovea-opt %s --attn-lower-walks --split-input-file --verify-diagnostics | FileCheck %s
// RUN: fovea-opt %s --attn-lower-walks=check=false --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=UNCHECKED
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Parallel loops: over parts of rows, to count; over heads and rows, for the
// places and the order of the rows; over parts, to write the entries.

// CHECK-LABEL: func.func @blocks
// CHECK: scf.parallel (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) =
// CHECK: scf.while
// CHECK: memref.load %{{.*}} : memref<1x1x4x4xi1>
// CHECK: arith.ori
// CHECK: math.ctpop
// CHECK: scf.parallel (%{{.*}}, %{{.*}}, %{{.*}}) =
// CHECK: scf.parallel (%{{.*}}, %{{.*}}) =
// CHECK: scf.parallel (%{{.*}}, %{{.*}}, %{{.*}}) =
// CHECK: memref.store %{{.*}} : memref<1x1x4x4xi32>
// CHECK: cf.assert %{{.*}}, "the walk has more entries than its list of tiles; give a longer one"
// CHECK: scf.parallel (%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) =
// CHECK: memref.store %{{.*}} : memref<16xi32>
// CHECK: memref.dealloc
// UNCHECKED-LABEL: func.func @blocks
// UNCHECKED-NOT: cf.assert
// DOC-BEGIN: attn-lower-walks --attn-lower-walks --canonicalize --cse
func.func @blocks(%blocks: memref<1x1x4x4xi1>, %rows: memref<1x1x4x4xi32>,
                  %tiles: memref<16xi32>) {
  attn.walk.from_blocks ins(%blocks : memref<1x1x4x4xi1>)
      outs(%rows, %tiles : memref<1x1x4x4xi32>, memref<16xi32>)
  return
}
// DOC-END

// Document numbers are read once for each query and each key, to find the least
// and the largest of each tile, and then of each chunk; pairs are only compared where these
// leave it open.

// CHECK-LABEL: func.func @documents
// CHECK: scf.parallel
// CHECK: memref.load %{{.*}} : memref<?xi32>
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK: scf.parallel
// CHECK: arith.minsi
// CHECK: scf.parallel
// CHECK: scf.while
func.func @documents(%docs: memref<?xi32>, %n: index,
                     %rows: memref<1x1x?x4xi32>, %tiles: memref<?xi32>) {
  attn.walk.from_mask<64, 64> sizes(%n, %n)
      outs(%rows, %tiles : memref<1x1x?x4xi32>, memref<?xi32>)
      mask(%b, %h, %i, %j, %d = %docs : memref<?xi32>) {
        %x = memref.load %d[%i] : memref<?xi32>
        %y = memref.load %d[%j] : memref<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        attn.yield %same : i1
      }
  return
}

// -----

func.func @tensors(%s: tensor<1x1x4x4xf32>, %r: tensor<1x1x4x4xi32>,
                   %t: tensor<16xi32>) {
  // expected-error @+1 {{works on tensors; run -attn-bufferize first}}
  %x, %y = attn.walk.topk 4 ins(%s : tensor<1x1x4x4xf32>)
      outs(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>)
      -> tensor<1x1x4x4xi32>, tensor<16xi32>
  return
}
