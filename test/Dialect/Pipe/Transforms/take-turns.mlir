// RUN: fovea-opt %S/../../../Target/PTX/dense-bf16-d128.mlir -o %t.mlir
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, turns = true/' %t.mlir \
// RUN:   | fovea-opt --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize \
// RUN:     --pipe-pipeline --pipe-take-turns --pipe-verify | FileCheck %s
// RUN: fovea-opt %t.mlir --pipe-mask-ragged --pipe-assign-layouts \
// RUN:   --pipe-specialize --pipe-pipeline --pipe-take-turns \
// RUN:   | FileCheck %s --check-prefix=OFF

// Both products of a step start in the group's turn; keys are waited for before
// it, scores after it.
// CHECK: pipe.role math
// CHECK: scf.for
// CHECK: pipe.take
// CHECK: %[[TURN:.*]] = pipe.wait_turn
// CHECK-NEXT: pipe.dot
// CHECK: pipe.dot
// CHECK-NEXT: pipe.pass_turn %[[TURN]]
// CHECK-NEXT: pipe.await
// CHECK-NOT: pipe.wait_turn

// OFF-NOT: pipe.wait_turn
