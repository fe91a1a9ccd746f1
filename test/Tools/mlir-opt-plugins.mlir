// Upstream's mlir-opt, with Fovea as a plugin: its dialects, and its passes and
// pipelines in --pass-pipeline.
//
// UNSUPPORTED: asan
// RUN: mlir-opt --load-dialect-plugin=%fovea_lib/libFovea.so %s | FileCheck %s
// RUN: mlir-opt --load-dialect-plugin=%fovea_lib/libFovea.so \
// RUN:   --load-pass-plugin=%fovea_lib/libFovea.so %s \
// RUN:   --pass-pipeline='builtin.module(attn-select-schedule{target=cpu:avx2})' \
// RUN:   | FileCheck %s --check-prefix=SCHEDULE
// RUN: mlir-opt --load-dialect-plugin=%fovea_lib/libFovea.so \
// RUN:   --load-pass-plugin=%fovea_lib/libFovea.so %s \
// RUN:   --pass-pipeline='builtin.module(canonicalize, fovea-cpu-pipeline{target=cpu:plain})' \
// RUN:   | FileCheck %s --check-prefix=LLVM
// RUN: not mlir-opt --load-dialect-plugin=%fovea_lib/libFovea.so \
// RUN:   --load-pass-plugin=%fovea_lib/libFovea.so %s \
// RUN:   --pass-pipeline='builtin.module(attn-decompose{ops=attn.other})' 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ERROR

// CHECK: attn.attention ins(%{{.*}} : tensor<1x2x?x32xf32>)
// SCHEDULE: schedule = #tile.cpu_schedule<{{.*}}lanes = 8
// LLVM: llvm.call @fovea_parallel_for
// ERROR: attn.other
func.func @attend(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>,
                  %v: tensor<1x2x?x32xf32>, %o: tensor<1x2x?x32xf32>)
    -> tensor<1x2x?x32xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x32xf32>)
      dense(%k, %v : tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>)
      outs(%o : tensor<1x2x?x32xf32>)
  return %r : tensor<1x2x?x32xf32>
}
