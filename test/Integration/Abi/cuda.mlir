// What a launch asks of the driver, told by a driver that only records. It runs
// nothing, so the program's comparison of results fails.
// RUN: fovea-compile %S/call.mlir --target=cuda:sm_90a -o %t.so
// RUN: %cc -std=c11 -I%fovea_include %S/Inputs/call.c -o %t.exe -ldl -lm
// RUN: %cc -shared -fPIC %S/Inputs/fake_cuda.c -o %t.fake.so
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so %t.exe %t.so cuda \
// RUN:   | FileCheck %s --implicit-check-not=WRONG

// CHECK: OK: a missing argument: attention: expected 4 arguments, got 3
// CHECK: OK: unequal sizes: attention: dimension 0 of key must equal dimension 0 of query
// CHECK: OK: a wrong device: attention: argument 1: expected it on a CUDA device, got the CPU
// The code is loaded once.
// CHECK: load {{a cubin|PTX for sm_90a}}
// CHECK-NEXT: function attention_attention
// CHECK-NEXT: attribute 8 = [[SHARED:[0-9]+]]
// CHECK: OK: a stride: attention_attention: argument 1: dimension 2 has a stride of 132 elements of 2 bytes; the GPU's copies need a positive multiple of 16 bytes below 2^40: pass a contiguous copy
// CHECK: OK: an address: attention_attention: argument 1: its address is not a multiple of 16, which the GPU's copies need: pass a copy
// CHECK-NOT: launch
// CHECK: OK: errors leave the output alone
// CHECK-NOT: load
// CHECK: map type 9 dims 128 300 4 2 strides 256 76800 307200 box 64 128 1 1 swizzle 3 promotion 3
// CHECK-NEXT: map type 9 dims 128 300 2 2 strides 256 76800 153600 box 64 128 1 1 swizzle 3 promotion 3
// CHECK-NEXT: map type 9 dims 128 300 2 2 strides 256 76800 153600 box 64 128 1 1 swizzle 3 promotion 3
// CHECK-NEXT: map type 9 dims 128 300 4 2 strides 256 76800 307200 box 64 64 1 1 swizzle 3 promotion 3
// A persistent kernel: one block for each of the 24 work items.
// CHECK-NEXT: launch grid 24 1 1 block 384 1 1 shared [[SHARED]] stream given
// CHECK-NEXT: OK: a call

// Another GPU, a stream of another context, no driver.
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so FAKE_CAPABILITY=80 %t.exe %t.so cuda \
// RUN:   | FileCheck %s --check-prefix=OTHER --implicit-check-not=launch
// OTHER: FAILED: a call: attention_attention: is compiled for compute capability 9.0, but device 0 has 8.0
// RUN: not env LD_LIBRARY_PATH=%fovea_lib FOVEA_CUDA_DRIVER=%t.fake.so FAKE_OTHER_CONTEXT=1 %t.exe %t.so cuda \
// RUN:   | FileCheck %s --check-prefix=STREAM --implicit-check-not=launch
// STREAM: FAILED: a call: attention_attention: the stream is not one of the current CUDA context
// RUN: not env FOVEA_CUDA_DRIVER=%t.fake.so FAKE_FAIL=cuInit fovea-run %S/call.mlir --target cuda 2>&1 \
// RUN:   | FileCheck %s --check-prefix=INIT
// INIT: error: no NVIDIA GPU: cuInit: a fake error
// RUN: %cc -shared -fPIC -DFAKE_OLD %S/Inputs/fake_cuda.c -o %t.old.so
// RUN: not env FOVEA_CUDA_DRIVER=%t.old.so fovea-run %S/call.mlir --target cuda 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OLD
// OLD: error: the NVIDIA driver is too old: cuTensorMapEncodeTiled is missing (CUDA 12 is needed)
// RUN: not env FOVEA_CUDA_DRIVER=%t.fake.so fovea-run %S/call.mlir --target cuda --check-each-pass 2>&1 \
// RUN:   | FileCheck %s --check-prefix=EACH
// EACH: error: --check-each-pass runs on a CPU only

// fovea-run: copies, launches, compares (nothing ran, so with NaN), times.
// RUN: not env FOVEA_CUDA_DRIVER=%t.fake.so fovea-run %S/run.mlir --target=cuda --check --bench | FileCheck %s --check-prefix=RUNS
// RUNS-DAG: launch grid {{[0-9 ]+}} block 384 1 1
// RUNS-DAG: rel_error {{.*}} FAIL
// RUNS-DAG: median_ms

// An array without elements has strides of no use.
// RUN: not env FOVEA_CUDA_DRIVER=%t.fake.so fovea-run %S/Inputs/no-keys.mlir --target=cuda \
// RUN:   --check --dims S=70,T=0 | FileCheck %s --check-prefix=EMPTY
// EMPTY: map type 9 dims 72 1 2 2 strides {{[1-9]}}
// EMPTY: launch grid {{[0-9 ]+}} block

// The host's code: a table and a call.
// RUN: fovea-compile %S/call.mlir --target=cuda:sm_90a --emit=llvm | FileCheck %s --check-prefix=LLVM
// LLVM: @attention_attention_facts = internal constant {{.*}} [i64 90, i64 384,
// LLVM: define {{.*}}i32 @attention(ptr
// LLVM: call i32 @fovea_call(ptr nonnull @fovea_entry_attention,
// LLVM: call void @fovea_cuda_launch(ptr nonnull @attention_attention_kernel
// RUN: llvm-nm -D --defined-only %t.so | FileCheck %s --check-prefix=SYMBOLS --implicit-check-not=" T "
// SYMBOLS: T attention

// RUN: fovea-compile %S/call.mlir --target=cuda:sm_90a --emit=ptx | FileCheck %s --check-prefix=PTX
// PTX: .target sm_90a
// PTX: .visible .entry attention_attention(

// RUN: not fovea-compile %S/call.mlir --target=cuda:sm_80 -o %t.no 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'cuda:sm_80': the GPU to compile for is cuda:sm_90a
// RUN: not fovea-compile %S/call.mlir --emit=ptx 2>&1 | FileCheck %s --check-prefix=EMIT
// EMIT: error: --emit=ptx: there is no such code for --target=cpu; it takes so, obj, llvm, mlir, asm or header
// RUN: not fovea-compile %S/call.mlir 2>&1 | FileCheck %s --check-prefix=OUT
// OUT: error: give the output file by -o FILE
// RUN: not fovea-compile %s --target=cuda --emit=mlir 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: 'attn.attention' op has 264 channels; for cuda there are schedules up to 256

!t = tensor<?x?x?x264xbf16>
func.func @wide(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}
