// RUN: fovea-opt %S/../../../Conversion/PipeToNVVM/dense-bf16.mlir \
// RUN:   --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize --pipe-pipeline --pipe-verify \
// RUN:   | FileCheck %s
// RUN: sed 's/consumer_regs = 240/consumer_regs = 240, overlap = false/' %S/../../../Conversion/PipeToNVVM/dense-bf16.mlir \
// RUN:   | fovea-opt --pipe-mask-ragged --pipe-assign-layouts --pipe-specialize --pipe-pipeline --pipe-verify \
// RUN:   | FileCheck %s --check-prefix=PLAIN

// The loading role is left alone.
// CHECK: pipe.role {{ *}}load
// CHECK: scf.for
// CHECK: pipe.role {{ *}}math
// CHECK: %[[SOME:.*]] = arith.cmpi slt
// CHECK: scf.if %[[SOME]]
// Scores and softmax of the first step.
// CHECK:   pipe.take
// CHECK:   %[[S0:.*]] = pipe.dot
// CHECK:   pipe.await %[[S0]]
// CHECK:   pipe.release
// CHECK:   tile.reduce {{ *}}max
// CHECK:   tile.reduce {{ *}}add
// The loop: scores of the next step are started before the product of this one,
// and awaited before it.
// CHECK:   scf.for
// CHECK:     pipe.take %[[KEYS:[0-9a-z]+]]
// CHECK:     %[[S:.*]] = pipe.dot
// CHECK:     pipe.take %[[VALUES:[0-9a-z]+]]
// CHECK:     %[[O:.*]] = pipe.dot
// CHECK:     pipe.await %[[S]]
// CHECK:     pipe.release
// CHECK:     tile.reduce {{ *}}max
// CHECK:     tile.reduce {{ *}}add
// CHECK:     arith.truncf
// CHECK:     %[[OLD:.*]] = pipe.await %[[O]]
// CHECK:     pipe.release
// CHECK:     tile.map ins(%[[OLD]]
// CHECK:     scf.yield
// The product of the last step.
// CHECK:   pipe.take %[[VALUES]]
// CHECK:   pipe.dot
// CHECK:   pipe.await
// CHECK:   pipe.release
// CHECK:   scf.yield
// CHECK: else
// CHECK:   scf.yield
// CHECK-NOT: pipe.dot

// PLAIN: pipe.role {{ *}}math
// PLAIN-NOT: arith.cmpi slt
// PLAIN: scf.for
// PLAIN-COUNT-2: pipe.dot
// PLAIN-NOT: pipe.dot
