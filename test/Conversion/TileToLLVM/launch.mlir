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

tile.kernel @kernel(%a: memref<?xf32>) grid(%x) {
}
func.func @entry(%a: memref<?xf32>, %n: index) {
  // expected-error @+1 {{of @kernel, which is not lowered; run -tile-to-vector first}}
  tile.launch @kernel grid(%n) args(%a : memref<?xf32>)
  return
}
