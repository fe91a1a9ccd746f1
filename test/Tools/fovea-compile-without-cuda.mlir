// Where NVIDIA's assembler is missing, a cubin can't be made; PTX can.
// UNSUPPORTED: ptxas
// RUN: python3 %S/Inputs/once.py fovea-compile %s --target=cuda --emit=cubin -o %t.cubin | FileCheck %s
// CHECK: error: --emit=cubin needs ptxas of the CUDA toolkit, which is neither in FOVEA_PTXAS or CUDA_HOME nor on PATH; --emit=ptx does without
// RUN: not ls %t.cubin
// RUN: python3 %S/Inputs/once.py fovea-compile %s --target=cuda --emit=ptx --report | FileCheck %s --check-prefix=REPORT
// REPORT: error: --report needs ptxas of the CUDA toolkit, which is neither in FOVEA_PTXAS or CUDA_HOME nor on PATH
// RUN: fovea-compile %s --target=cuda --emit=ptx | FileCheck %s --check-prefix=PTX
// PTX: .target sm_90a

!t = tensor<1x2x256x128xbf16>
func.func @f(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
  return %r : !t
}
