// RUN: fovea-opt %s --fovea-move-bf16-as-integers | FileCheck %s

// What is only moved becomes an integer; a number that is computed is one again.

// CHECK-LABEL: llvm.func @copy
// CHECK-SAME: %[[NUMBER:[a-z0-9]+]]: i16) -> f32
// CHECK: %[[X:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i16
// CHECK: %[[Y:.*]] = llvm.bitcast %[[X]] : i16 to bf16
// CHECK: llvm.store %[[X]], %{{.*}} : i16, !llvm.ptr
// CHECK: llvm.fpext %[[Y]] : bf16 to f32
// CHECK: llvm.store %[[NUMBER]], %{{.*}} : i16, !llvm.ptr
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f16
// DOC-BEGIN: fovea-move-bf16-as-integers --fovea-move-bf16-as-integers
llvm.func @copy(%from: !llvm.ptr, %to: !llvm.ptr, %number: bf16) -> f32 {
  %x = llvm.load %from : !llvm.ptr -> bf16
  llvm.store %x, %to : bf16, !llvm.ptr
  %y = llvm.fpext %x : bf16 to f32
  llvm.store %number, %from : bf16, !llvm.ptr
  llvm.return %y : f32
}
// DOC-END

llvm.func @half(%from: !llvm.ptr, %to: !llvm.ptr) {
  %x = llvm.load %from : !llvm.ptr -> f16
  llvm.store %x, %to : f16, !llvm.ptr
  llvm.return
}

// So are vectors, from the load to the store.

// CHECK-LABEL: llvm.func @vectors
// CHECK-SAME: %[[V:[a-z0-9]+]]: vector<4xi16>)
// CHECK: %[[C:.*]] = llvm.mlir.constant(1 : i32)
// CHECK: %[[X:.*]] = llvm.load %{{.*}} : !llvm.ptr -> vector<3xi16>
// CHECK: %[[W:.*]] = llvm.shufflevector %[[X]], %[[X]] [0, 1, 2, 0] : vector<3xi16>
// CHECK: %[[S:.*]] = llvm.shufflevector %[[W]], %[[V]] [0, 1, 2, 7] : vector<4xi16>
// CHECK: %[[E:.*]] = llvm.extractelement %[[S]][%[[C]] : i32] : vector<4xi16>
// CHECK: %[[I:.*]] = llvm.insertelement %[[E]], %[[S]][%[[C]] : i32] : vector<4xi16>
// CHECK: llvm.store %[[I]], %{{.*}} : vector<4xi16>, !llvm.ptr
llvm.func @vectors(%from: !llvm.ptr, %to: !llvm.ptr, %v: vector<4xbf16>) {
  %c = llvm.mlir.constant(1 : i32) : i32
  %x = llvm.load %from : !llvm.ptr -> vector<3xbf16>
  %w = llvm.shufflevector %x, %x [0, 1, 2, 0] : vector<3xbf16>
  %s = llvm.shufflevector %w, %v [0, 1, 2, 7] : vector<4xbf16>
  %e = llvm.extractelement %s[%c : i32] : vector<4xbf16>
  %i = llvm.insertelement %e, %s[%c : i32] : vector<4xbf16>
  llvm.store %i, %to : vector<4xbf16>, !llvm.ptr
  llvm.return
}

// Arguments of functions and calls, too.

// CHECK-LABEL: llvm.func @caller
// CHECK-SAME: %[[A:.*]]: i16)
// CHECK: llvm.call @callee(%[[A]]) : (i16) -> f32
llvm.func @caller(%a: bf16) -> f32 {
  %r = llvm.call @callee(%a) : (bf16) -> f32
  llvm.return %r : f32
}
// CHECK: llvm.func @callee(i16) -> f32
llvm.func @callee(bf16) -> f32
