// RUN: fovea-opt %s --fovea-embed-gpu-binaries | FileCheck %s

// CHECK: llvm.mlir.global internal constant @fill_image("// PTX\00") {{.*}}alignment = 64 : i64
// CHECK-NOT: gpu.binary
// DOC-BEGIN: fovea-embed-gpu-binaries --fovea-embed-gpu-binaries
llvm.mlir.global external constant @fill_image() : !llvm.array<0 x i8>
gpu.binary @fill [#gpu.object<#nvvm.target<chip = "sm_90a">, assembly = "// PTX">]
// DOC-END
