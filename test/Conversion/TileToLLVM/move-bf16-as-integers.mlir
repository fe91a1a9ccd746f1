// RUN: fovea-opt %s --fovea-move-bf16-as-integers | FileCheck %s

// What is only moved becomes an integer; a number that is computed is one again.

// CHECK-LABEL: llvm.func @copy
// CHECK: %[[X:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i16
// CHECK: %[[Y:.*]] = llvm.bitcast %[[X]] : i16 to bf16
// CHECK: llvm.store %[[X]], %{{.*}} : i16, !llvm.ptr
// CHECK: llvm.fpext %[[Y]] : bf16 to f32
// CHECK: %[[Z:.*]] = llvm.bitcast %{{.*}} : bf16 to i16
// CHECK: llvm.store %[[Z]], %{{.*}} : i16, !llvm.ptr
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
