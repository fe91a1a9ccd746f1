// RUN: fovea-opt %s --fovea-make-entry-points --split-input-file | FileCheck %s

// The function of the C ABI is a call of the runtime with its entry; the function
// of memrefs is private, and its code takes what the runtime unpacked.

// CHECK-LABEL: llvm.func internal @f_run(
// CHECK-SAME: %[[STORAGE:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr)
// CHECK: llvm.getelementptr %[[STORAGE]][0]
// CHECK: %[[N:.*]] = llvm.getelementptr %[[STORAGE]][5]
// CHECK: llvm.load %[[N]] : !llvm.ptr -> i32
// CHECK: call @f_memrefs(
// CHECK: llvm.mlir.global internal constant @f_codes()
// CHECK-DAG: %[[FEATURES:.*]] = llvm.mlir.constant(0 : i64)
// CHECK-DAG: llvm.insertvalue %[[FEATURES]], %{{.*}}[0, 1]
// CHECK-DAG: %[[CODE:.*]] = llvm.mlir.addressof @f_run
// CHECK-DAG: llvm.insertvalue %[[CODE]], %{{.*}}[0, 2]
// CHECK: llvm.mlir.global internal constant @[[TABLE:.*]](dense<[1, 2, 6, 1, 2, 32, 1, -1, 1, -1, 0, 32, 0]>
// CHECK: llvm.mlir.global external constant @fovea_entry_f()
// CHECK-DAG: %[[ABI:.*]] = llvm.mlir.constant(3 : i64)
// CHECK-DAG: llvm.insertvalue %[[ABI]], %{{.*}}[0]
// CHECK-DAG: llvm.mlir.addressof @[[TABLE]]
// CHECK: llvm.func @f(%[[ARGUMENTS:.*]]: !llvm.ptr, %[[COUNT:.*]]: i64, %[[STREAM:.*]]: !llvm.ptr) -> i32
// CHECK: %[[ENTRY:.*]] = llvm.mlir.addressof @fovea_entry_f
// CHECK: %[[STATUS:.*]] = llvm.call @fovea_call(%[[ENTRY]], %[[ARGUMENTS]], %[[COUNT]], %[[STREAM]])
// CHECK: llvm.return %[[STATUS]]
// CHECK: func.func private @f_memrefs(
// DOC-BEGIN: fovea-make-entry-points --fovea-make-entry-points
func.func @f(%a: memref<?xf32, strided<[1], offset: ?>>, %n: i32)
    attributes {fovea.writes = array<i64: 0>} {
  return
}
// DOC-SHOW: llvm.func @f(
// DOC-END

// -----

// Free strides, and memory for temporaries.

// CHECK: llvm.func internal @g_run(
// CHECK-SAME: %{{.*}}: !llvm.ptr, %[[TEMPORARIES:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr)
// CHECK: llvm.insertvalue %[[TEMPORARIES]], %{{.*}}[1]
// CHECK: call @g_memrefs(%{{.*}}, %{{.*}})
// CHECK: llvm.func internal @g_temporary_bytes(%{{.*}}: !llvm.ptr) -> i64
// CHECK: call @g_temporaries(
// CHECK: constant @{{.*}}(dense<[1, 1, 7, 2, 4, 16, 0, 3, -1, -1, -1]>
func.func private @g_temporaries(%a: memref<3x?xbf16, strided<[?, ?], offset: ?>>) -> index {
  %0 = arith.constant 64 : index
  return %0 : index
}
func.func @g(%a: memref<3x?xbf16, strided<[?, ?], offset: ?>>, %bytes: memref<?xi8>)
    attributes {fovea.temporaries = @g_temporaries} {
  return
}
