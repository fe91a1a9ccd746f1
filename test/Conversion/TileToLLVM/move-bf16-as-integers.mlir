// RUN: fovea-opt %s --fovea-move-bf16-as-integers | FileCheck %s

// What is only moved becomes an integer; a number that is computed is one again.

// CHECK-LABEL: llvm.func @copy
// CHECK-SAME: %[[NUMBER:[a-z0-9]+]]: bf16) -> f32
// CHECK: %[[INTEGER:.*]] = llvm.bitcast %[[NUMBER]] : bf16 to i16
// CHECK: %[[X:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i16
// CHECK: %[[Y:.*]] = llvm.bitcast %[[X]] : i16 to bf16
// CHECK: llvm.store %[[X]], %{{.*}} : i16, !llvm.ptr
// CHECK: llvm.fpext %[[Y]] : bf16 to f32
// CHECK: llvm.store %[[INTEGER]], %{{.*}} : i16, !llvm.ptr
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
// CHECK-SAME: %[[W4:[a-z0-9]+]]: vector<4xbf16>)
// CHECK: %[[V:.*]] = llvm.bitcast %[[W4]] : vector<4xbf16> to vector<4xi16>
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

// Arguments of functions that nobody else calls are integers, too. Others keep the type
// that their callers know; inside they are integers from the beginning on.

// CHECK-LABEL: llvm.func @caller
// CHECK-SAME: %[[A:[a-z0-9]+]]: bf16)
// CHECK: %[[I:.*]] = llvm.bitcast %[[A]] : bf16 to i16
// CHECK: %[[B:.*]] = llvm.bitcast %[[I]] : i16 to bf16
// CHECK: llvm.call @own(%[[I]]) : (i16) -> f32
// CHECK: llvm.call @foreign(%[[B]]) : (bf16) -> f32
// CHECK: llvm.call @addressed(%[[B]]) : (bf16) -> f32
llvm.func @caller(%a: bf16) -> !llvm.ptr {
  %0 = llvm.call @own(%a) : (bf16) -> f32
  %1 = llvm.call @foreign(%a) : (bf16) -> f32
  %2 = llvm.call @addressed(%a) : (bf16) -> f32
  %3 = llvm.mlir.addressof @addressed : !llvm.ptr
  llvm.return %3 : !llvm.ptr
}
// CHECK: llvm.func @foreign(bf16) -> f32
llvm.func @foreign(bf16) -> f32
// CHECK: llvm.func @own(%[[X:.*]]: i16) -> f32
// CHECK: llvm.bitcast %[[X]] : i16 to bf16
llvm.func @own(%x: bf16) -> f32 attributes {sym_visibility = "private"} {
  %0 = llvm.fpext %x : bf16 to f32
  llvm.return %0 : f32
}
// CHECK: llvm.func @addressed(%{{.*}}: bf16) -> f32
llvm.func @addressed(%x: bf16) -> f32 attributes {sym_visibility = "private"} {
  %0 = llvm.fpext %x : bf16 to f32
  llvm.return %0 : f32
}
