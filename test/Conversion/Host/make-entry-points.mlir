// RUN: fovea-opt %s --fovea-make-entry-points | FileCheck %s

// The function of the C ABI binds its arguments by the table of their types; the
// function of memrefs is private, and an assertion that fails a reported error.

// CHECK-DAG: llvm.mlir.global internal constant @[[MESSAGE:.*]]("f: a is empty\00")
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
// CHECK-NOT: cf.assert
// CHECK: llvm.mlir.addressof @[[MESSAGE]]
// CHECK: llvm.call @fovea_report_error
// DOC-BEGIN: fovea-make-entry-points --fovea-make-entry-points
func.func @f(%a: memref<?xf32, strided<[1], offset: ?>>, %n: i32) {
  %c0 = arith.constant 0 : index
  %size = memref.dim %a, %c0 : memref<?xf32, strided<[1], offset: ?>>
  %one = arith.constant 1 : index
  %some = arith.cmpi sge, %size, %one : index
  cf.assert %some, "a is empty"
  return
}
// DOC-SHOW: llvm.func @f(
// DOC-END
