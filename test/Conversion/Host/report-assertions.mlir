// RUN: fovea-opt %s --fovea-report-assertions | FileCheck %s

// An assertion that fails becomes the error of the function's caller.

// CHECK-DAG: llvm.mlir.global internal constant @[[MESSAGE:.*]]("f: a is empty\00")
// CHECK-DAG: llvm.func @fovea_report_error(!llvm.ptr)
// CHECK-LABEL: func.func @f(
// CHECK: cf.cond_br %{{.*}}, ^[[OK:.*]], ^[[BAD:.*]]
// CHECK: ^[[OK]]:
// CHECK-NEXT: return
// CHECK: ^[[BAD]]:
// CHECK-NEXT: %[[TEXT:.*]] = llvm.mlir.addressof @[[MESSAGE]]
// CHECK-NEXT: llvm.call @fovea_report_error(%[[TEXT]])
// CHECK-NEXT: return
// DOC-BEGIN: fovea-report-assertions --fovea-report-assertions
func.func @f(%a: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %size = memref.dim %a, %c0 : memref<?xf32>
  %some = arith.cmpi ne, %size, %c0 : index
  cf.assert %some, "a is empty"
  return
}
// DOC-END

// A function with results has none to return then.
// CHECK-LABEL: func.func @result(
// CHECK: cf.assert
func.func @result(%c: i1) -> i1 {
  cf.assert %c, "no"
  return %c : i1
}
