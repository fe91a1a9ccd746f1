// RUN: fovea-opt %s --attn-outline-calls | FileCheck %s
// RUN: fovea-opt %s --attn-outline-calls=part=calls | FileCheck %s --check-prefix=CALLS
// RUN: fovea-opt %s --attn-outline-calls=part=functions \
// RUN:   | FileCheck %s --check-prefix=FUNCTIONS
// RUN: not fovea-opt %s --attn-outline-calls=part=all 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: -attn-outline-calls: part=all is unknown; expected both, calls or functions

// The calls: nothing of Fovea's is left.

// CALLS-NOT: attn.
// CALLS: func.func private @attend_attention(i64, i64, i64) -> i32
// CALLS-NOT: attn.
// CALLS-NOT: module @

// FUNCTIONS-NOT: func.call
// FUNCTIONS: func.func @attend_attention(
// FUNCTIONS-NOT: module @

// A pointer to each fovea_tensor_t, then those, each with its shape and strides.

// CHECK-DAG: func.func private @attend_attention(i64, i64, i64) -> i32
// CHECK-DAG: func.func private @with_captures_attention(i64, i64, i64) -> i32
// CHECK-LABEL: func.func @attend(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<?x16xf32>
// CHECK-SAME: %[[O:[^:]*]]: tensor<?x16xf32>)
// CHECK: %[[M:.*]] = bufferization.to_buffer %[[Q]] read_only : tensor<?x16xf32> to memref<?x16xf32, strided<[?, ?], offset: ?>>
// CHECK: %[[N:.*]] = tensor.dim %[[O]], %c0
// CHECK: %[[R:.*]] = memref.alloc(%[[N]]) : memref<?x16xf32>
// CHECK: %[[STATUS:.*]] = memref.alloca_scope -> (i32) {
// CHECK: %[[WORDS:.*]] = memref.alloca() {alignment = 8 : i64} : memref<44xi64>
// CHECK: %[[BASE:.*]] = arith.index_cast
// CHECK: %[[FIRST:.*]] = arith.addi %[[BASE]], %c32_i64
// CHECK: memref.store %[[FIRST]], %[[WORDS]][%c0
// CHECK: memref.extract_strided_metadata %[[M]]
// float, 32 bits, one lane, rank 2: 2 + (2 << 32) + (32 << 40) + (1 << 48).
// CHECK: arith.constant 316667938734082 : i64
// CHECK: func.call @attend_attention(%[[BASE]], %c4_i64{{.*}}, %c0_i64{{.*}}) : (i64, i64, i64) -> i32
// CHECK: %[[OK:.*]] = arith.cmpi eq, %[[STATUS]], %c0_i32
// CHECK: cf.assert %[[OK]], "attend_attention failed; fovea_last_error() says why"
// CHECK: bufferization.to_tensor %[[R]] restrict writable
// DOC-BEGIN: attn-outline-calls --attn-outline-calls
// DOC-SHOW: module @fovea_functions
#q = affine_map<(b, h, i, j, d, e) -> (i, d)>
#k = affine_map<(b, h, i, j, d, e) -> (j, d)>
#v = affine_map<(b, h, i, j, d, e) -> (j, e)>
#o = affine_map<(b, h, i, j, d, e) -> (i, e)>
func.func @attend(%q: tensor<?x16xf32>, %k: tensor<?x16xf32>, %v: tensor<?x16xf32>, %o: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %r = attn.attention ins(%q : tensor<?x16xf32>)
      dense(%k, %v : tensor<?x16xf32>, tensor<?x16xf32>) outs(%o : tensor<?x16xf32>)
      attributes {indexing_maps = [#q, #k, #v, #o]}
  return %r : tensor<?x16xf32>
}
// DOC-END

// Two ops that do the same share the function; q, k and v are one argument. What is
// captured is passed, a scalar as the word behind its description, but constants
// stay in the function.

// CHECK-LABEL: func.func @with_captures(
// CHECK-SAME: %[[N:[^:]*]]: index, %[[S:[^:]*]]: f16)
// CHECK: %[[BITS:.*]] = arith.bitcast %[[S]] : f16 to i16
// CHECK: %[[WIDE:.*]] = arith.extui %[[BITS]] : i16 to i64
// CHECK: arith.constant 299075752689664 : i64
// CHECK: memref.store %[[WIDE]],
// CHECK: %[[WORD:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: arith.constant 351843720888320 : i64
// CHECK: memref.store %[[WORD]],
// CHECK: call @with_captures_attention(%{{.*}}, %c4_i64{{.*}}, %{{.*}})
// CHECK: call @with_captures_attention(
func.func @with_captures(%x: tensor<?x16xf32>, %o: tensor<?x16xf32>, %n: index, %s: f16) -> (tensor<?x16xf32>, tensor<?x16xf32>) {
  %c3 = arith.constant 3 : index
  %r = attn.attention ins(%x : tensor<?x16xf32>)
      dense(%x, %x : tensor<?x16xf32>, tensor<?x16xf32>) outs(%o : tensor<?x16xf32>)
      score(%t, %b, %h, %i, %j, %f = %s : f16) {
        %g = arith.extf %f : f16 to f32
        %u = arith.mulf %t, %g : f32
        attn.yield %u : f32
      }
      mask(%b, %h, %i, %j, %m = %n : index, %l = %c3 : index) {
        %a = arith.cmpi slt, %j, %m : index
        %c = arith.cmpi sge, %j, %l : index
        %v = arith.ori %a, %c : i1
        attn.yield %v : i1
      }
      attributes {indexing_maps = [#q, #k, #v, #o]}
  %r2 = attn.attention ins(%r : tensor<?x16xf32>)
      dense(%r, %r : tensor<?x16xf32>, tensor<?x16xf32>) outs(%o : tensor<?x16xf32>)
      score(%t, %b, %h, %i, %j, %f = %s : f16) {
        %g = arith.extf %f : f16 to f32
        %u = arith.mulf %t, %g : f32
        attn.yield %u : f32
      }
      mask(%b, %h, %i, %j, %m = %n : index, %l = %c3 : index) {
        %a = arith.cmpi slt, %j, %m : index
        %c = arith.cmpi sge, %j, %l : index
        %v = arith.ori %a, %c : i1
        attn.yield %v : i1
      }
      attributes {indexing_maps = [#q, #k, #v, #o]}
  return %r, %r2 : tensor<?x16xf32>, tensor<?x16xf32>
}

// An output that is an input, too, is new memory, and no other argument.

// CHECK-LABEL: func.func @merge_in_place(
// CHECK-COUNT-4: bufferization.to_buffer
// CHECK: memref.alloc
// CHECK: call @merge_in_place_merge(%{{.*}}, %c5_i64{{.*}}, %{{.*}})
func.func @merge_in_place(%a: tensor<2x5x8xf32>, %b: tensor<2x5x8xf32>, %la: tensor<2x5xf32>, %lb: tensor<2x5xf32>) -> tensor<2x5x8xf32> {
  %r = attn.merge parts(%a, %b : tensor<2x5x8xf32>, tensor<2x5x8xf32>)
      lse(%la, %lb : tensor<2x5xf32>, tensor<2x5xf32>) outs(%a : tensor<2x5x8xf32>)
      -> tensor<2x5x8xf32>
  return %r : tensor<2x5x8xf32>
}

// CHECK-LABEL: func.func @walk(
// CHECK: call @walk_walk_from_blocks(%{{.*}}, %c3_i64{{.*}}, %{{.*}})
func.func @walk(%blocks: tensor<1x1x8x8xi1>, %rows: tensor<1x1x8x4xi32>, %tiles: tensor<64xi32>) -> (tensor<1x1x8x4xi32>, tensor<64xi32>) {
  %r, %t = attn.walk.from_blocks ins(%blocks : tensor<1x1x8x8xi1>)
      outs(%rows, %tiles : tensor<1x1x8x4xi32>, tensor<64xi32>) -> tensor<1x1x8x4xi32>, tensor<64xi32>
  return %r, %t : tensor<1x1x8x4xi32>, tensor<64xi32>
}

// CHECK: module @fovea_functions {
// CHECK: func.func @attend_attention(
// CHECK: func.func @with_captures_attention(%[[X:.*]]: tensor<?x16xf32>, %[[A:.*]]: f16, %[[B:.*]]: index, %[[Y:.*]]: tensor<?x16xf32>) -> tensor<?x16xf32> {
// CHECK-NEXT: %[[C:.*]] = arith.constant 3 : index
// CHECK-NEXT: attn.attention ins(%[[X]] :
