// RUN: fovea-opt %s --convert-tile-launch-to-llvm --split-input-file --verify-diagnostics | FileCheck %s

// The body unpacks the context and calls the kernel; the launch packs it.
// CHECK: llvm.func @fovea_parallel_for(i64, i64, !llvm.ptr, !llvm.ptr)
// CHECK: llvm.func internal @kernel_body(%[[ITEM:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr, %[[CONTEXT:.*]]: !llvm.ptr)
// CHECK:   llvm.load %[[CONTEXT]]
// CHECK:   call @kernel(
// CHECK: func.func @entry
// CHECK:   %[[ITEMS:.*]] = llvm.mul
// CHECK:   llvm.call @fovea_parallel_for(%[[ITEMS]], %{{.*}}, %{{.*}}, %{{.*}})
// DOC-BEGIN: convert-tile-launch-to-llvm --convert-tile-launch-to-llvm
func.func private @kernel(%item: index, %scratch: memref<?xi8>, %a: memref<?xf32>, %n: index) {
  return
}
func.func @entry(%a: memref<?xf32>, %n: index) {
  tile.launch @kernel grid(%n) args(%a : memref<?xf32>) {scratch_bytes = 64 : i64}
  return
}
// DOC-SHOW: func.func @entry
// DOC-END

// -----

// Memory for all work items, without which none runs.
// CHECK-LABEL: llvm.func internal @shared_body(
// CHECK: %[[PACKED:.*]] = llvm.load
// CHECK: llvm.extractvalue %[[PACKED]][0]
// CHECK: call @shared(
// CHECK-LABEL: func.func @shared_entry
// CHECK: %[[MEMORY:.*]] = llvm.call @fovea_acquire_workspace(%{{.*}}, %{{.*}}) : (i64, i64) -> !llvm.ptr
// CHECK: %[[HAS:.*]] = llvm.icmp "ne" %[[MEMORY]]
// CHECK: %[[ITEMS:.*]] = llvm.select %[[HAS]]
// CHECK: llvm.call @fovea_parallel_for(%[[ITEMS]]
// CHECK: llvm.call @fovea_release_workspace(%[[MEMORY]])
func.func private @shared(%item: index, %scratch: memref<?xi8>, %workspace: memref<?xi8>, %n: index) {
  return
}
func.func @shared_entry(%n: index) {
  tile.launch @shared grid(%n) args() {scratch_bytes = 64 : i64, workspace_bytes = 128 : i64, cleared_bytes = 64 : i64}
  return
}

// -----

tile.kernel @kernel(%a: memref<?xf32>) grid(%x) {
}
func.func @entry(%a: memref<?xf32>, %n: index) {
  // expected-error @+1 {{of @kernel, which is not lowered; run -tile-to-vector on its module first}}
  tile.launch @kernel grid(%n) args(%a : memref<?xf32>)
  return
}
