// Bad input gives one diagnostic that names the place and the fix, and status 1.

// RUN: python3 %S/Inputs/once.py fovea-run %s --target gpu | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'gpu': it is no CPU; a target is cpu, cpu:amx, cpu:avx512
// RUN: not env FOVEA_CUDA_DRIVER=%t.no-libcuda.so.1 fovea-run %s --entry one --target cuda 2>&1 | FileCheck %s --check-prefix=CUDA
// CUDA: error: no NVIDIA GPU: {{.*}}no-libcuda.so.1
// RUN: not fovea-run %s --target cuda:sm_80 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: unknown target 'cuda:sm_80': the GPU to compile for is cuda:sm_90a
// RUN: python3 %S/Inputs/once.py fovea-run %s --target cpu:avx9000 | FileCheck %s --check-prefix=FEATURE
// FEATURE: error: unknown target 'cpu:avx9000': 'avx9000' is no feature with + or - in front
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --target cpu:+xop | FileCheck %s --check-prefix=HOST
// HOST: error: this CPU does not have 'xop'; choose another --target to run here
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --target cpu:+bogus | FileCheck %s --check-prefix=NONE
// NONE: error: unknown target 'cpu:+bogus': 'bogus' is no feature that kernels can use
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --passes attn-nothing | FileCheck %s --check-prefix=PASSES
// PASSES: error: --passes: 'attn-nothing' does not refer to a registered pass
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry nothing | FileCheck %s --check-prefix=ENTRY
// ENTRY: there is no entry 'nothing'; entries: one, two
// RUN: python3 %S/Inputs/once.py fovea-run %s | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: error: {{.*}}fovea-run-errors.mlir: has several entries; choose one by --entry, or all by --all-entries: one, two
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry two | FileCheck %s --check-prefix=SIZE
// SIZE: argument 0 of @two has a dynamic dimension 2 called S; give its size by --dims S=SIZE
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry two --dims S | FileCheck %s --check-prefix=DIMS
// DIMS: --dims S: expected NAME=VALUE with a size of 0 or more
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --threads -3 | FileCheck %s --check-prefix=THREADS
// THREADS: --threads -3: expected a number from 1 to 1024
// RUN: python3 %S/Inputs/once.py fovea-run %t.missing.mlir | FileCheck %s --check-prefix=MISSING
// MISSING: cannot open input file
// RUN: env FOVEA_NUM_THREADS=abc fovea-run %s --entry one 2>&1 | FileCheck %s --check-prefix=VARIABLE
// VARIABLE: fovea: FOVEA_NUM_THREADS='abc' is not a number from 1 to 1024; using {{[0-9]+}} thread

// Files of the wrong kind; a result that can't be written leaves nothing.
// RUN: echo "not an array" > %t.npy
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --in %t.npy | FileCheck %s --check-prefix=NPY
// NPY: error: {{.*}}.npy
// RUN: fovea-run %s --entry one --out %t.o.npy
// RUN: head -c 200 %t.o.npy > %t.short.npy
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --in %t.short.npy | FileCheck %s --check-prefix=SHORT
// SHORT: error: {{.*}}short.npy
// RUN: python3 %S/Inputs/once.py fovea-run %s --entry one --out %t.nowhere/o.npy | FileCheck %s --check-prefix=OUT
// RUN: not ls %t.nowhere
// OUT: error: {{.*}}o.npy

// A tolerance that no f32 meets: status 1.
// RUN: not fovea-run %s --entry one --check --tolerance 1e-30 | FileCheck %s --check-prefix=FAIL
// FAIL: rel_error {{.*}} FAIL
// RUN: fovea-run %s --entry one --check --bench --json | FileCheck %s --check-prefix=JSON
// JSON-DAG: "entry":"one"
// JSON-DAG: "shape":"B1 H2 Sq33 Skv33 D16"
// JSON-DAG: "rel_error":
// JSON-DAG: "max_error":
// JSON-DAG: "median_ms":
// JSON-DAG: "min_ms":
// JSON-DAG: "gflops":
// JSON-DAG: "gbytes_per_s":
// JSON-DAG: "peak_fraction":
// JSON-DAG: "compile_ms":
// JSON-DAG: "threads":
// JSON-DAG: "target":"cpu"
// RUN: fovea-run %s --entry one --check-each-pass | FileCheck %s --check-prefix=EACH
// EACH: attn-to-tile {{.*}} ok
// EACH: (passes on functions and kernels) {{.*}} ok
// EACH: tile-to-vector {{.*}} ok
// EACH: fovea-expand-math {{.*}} ok
// RUN: fovea-run --version | FileCheck %s --check-prefix=VERSION
// VERSION: fovea-run 0.1.0 (LLVM 22
// RUN: fovea-run --help | FileCheck %s --check-prefix=HELP
// HELP: fovea-run examples/causal.mlir --random 0 --check
// HELP: --check-each-pass

func.func @one(%q: tensor<1x2x33x16xf32>, %o: tensor<1x2x33x16xf32>) -> tensor<1x2x33x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x33x16xf32>)
      dense(%q, %q : tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>)
      outs(%o : tensor<1x2x33x16xf32>)
  return %r : tensor<1x2x33x16xf32>
}

func.func @two(%q: tensor<1x2x?x16xf32> {fovea.dims = ["", "", "S", ""]},
               %o: tensor<1x2x?x16xf32> {fovea.dims = ["", "", "S", ""]}) -> tensor<1x2x?x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x16xf32>)
      dense(%q, %q : tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>)
      outs(%o : tensor<1x2x?x16xf32>)
  return %r : tensor<1x2x?x16xf32>
}
