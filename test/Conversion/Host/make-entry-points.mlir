// RUN: fovea-opt %s --fovea-make-entry-points | FileCheck %s

// The function of the C ABI binds its arguments by the table of their types; the
// function of memrefs is private.

// CHECK-DAG: llvm.mlir.global internal constant @[[TABLE:.*]](dense<[1, 2, 1, 2, 32, -1, -1, 0, 32]>
// CHECK: llvm.func @f(%[[ARGUMENTS:.*]]: !llvm.ptr, %[[COUNT:.*]]: i64, %{{.*}}: !llvm.ptr) -> i32
// CHECK: %[[TYPES:.*]] = llvm.mlir.addressof @[[TABLE]]
// CHECK: %[[STATUS:.*]] = llvm.call @fovea_bind_arguments(%{{.*}}, %[[TYPES]], %[[ARGUMENTS]], %[[COUNT]], %{{.*}})
// CHECK: llvm.cond_br %{{.*}}, ^[[OK:.*]], ^[[BAD:.*]]
// CHECK: ^[[OK]]:
// CHECK: call @f_memrefs(
// CHECK: ^[[BAD]]:
// CHECK-NEXT: llvm.return %[[STATUS]]
// CHECK: func.func private @f_memrefs(
// DOC-BEGIN: fovea-make-entry-points --fovea-make-entry-points
func.func @f(%a: memref<?xf32, strided<[1], offset: ?>>, %n: i32) {
  return
}
// DOC-SHOW: llvm.func @f(
// DOC-END
