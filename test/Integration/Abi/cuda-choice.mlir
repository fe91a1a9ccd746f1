// Without ptxas, the object has kernels of several schedules, and the first call takes
// the first one of which the driver says that it uses no local memory.
// RUN: env FOVEA_PTXAS= fovea-compile %S/call.mlir --target=cuda:sm_90a -o %t.so
// RUN: %cc -std=c11 -I%fovea_include %S/Inputs/call.c -o %t.exe -ldl -lm
// RUN: %cc -shared -fPIC %S/Inputs/fake_cuda.c -o %t.fake.so
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so %t.exe %t.so cuda \
// RUN:   | FileCheck %s --check-prefix=FIRST
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so FAKE_LOCAL="attention_attention=16" \
// RUN:   FAKE_VERSION=12030 %t.exe %t.so cuda | FileCheck %s --check-prefix=SECOND
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so \
// RUN:   FAKE_LOCAL="attention_attention=16 attention_attention_1=8 attention_attention_2=8" %t.exe %t.so cuda \
// RUN:   | FileCheck %s --check-prefix=LEAST
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so FAKE_FAIL=cuFuncGetAttribute %t.exe %t.so cuda \
// RUN:   | FileCheck %s --check-prefix=FAIL --implicit-check-not=launch

// FIRST: load PTX for sm_90a
// FIRST-NEXT: function attention_attention{{$}}
// FIRST-NOT: load
// FIRST: launch grid 24 1 1 block 384 1 1 {{.*}} stream given{{$}}
// FIRST-NOT: load

// The driver of CUDA 12.3 begins kernels before those before them end.
// SECOND: function attention_attention{{$}}
// SECOND: function attention_attention_1
// SECOND-NOT: load
// SECOND: launch grid 3 4 2 block 384 1 1 {{.*}} stream given before others end

// LEAST: function attention_attention{{$}}
// LEAST: function attention_attention_1
// LEAST: function attention_attention_2
// LEAST: OK: a call

// FAIL: FAILED: a call: attention_attention: cuFuncGetAttribute: a fake error

// With ptxas, or as text, there is one kernel.
// RUN: env FOVEA_PTXAS= fovea-compile %S/call.mlir --target=cuda:sm_90a --emit=ptx | FileCheck %s --check-prefix=PTX
// PTX: .entry attention_attention(
// PTX-NOT: .entry
