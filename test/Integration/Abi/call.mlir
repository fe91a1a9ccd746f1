// A C program calls the shared object and compares with a loop in double.
// RUN: fovea-compile %s -o %t.so
// RUN: %cc -std=c11 -I%fovea_include %S/Inputs/call.c -o %t.exe -ldl -lm
// RUN: env LD_LIBRARY_PATH=%fovea_lib %t.exe %t.so cpu | FileCheck %s

// Captured tensors are read with safe indices; no check stands inside of a region.
// RUN: fovea-compile %S/../../../examples/document.mlir -o %t.document.so

// CHECK: OK: a missing argument: attention: expected 4 arguments, got 3
// CHECK: OK: a wrong type: attention: argument 1: expected elements of type bfloat16, got float16
// CHECK: OK: unequal sizes: attention: dimension 0 of key must equal dimension 0 of query
// CHECK: OK: a wrong device: attention: argument 1: expected it on the CPU, got a CUDA device
// CHECK: OK: a wrong rank: attention: argument 1: expected rank 4, got 3
// CHECK: OK: errors leave the output alone
// CHECK: OK: a call
// CHECK: OK: relative error: {{.*}}

// What is visible outside, and the header.
// RUN: llvm-nm -D --defined-only %t.so | FileCheck %s --check-prefix=SYMBOLS --implicit-check-not=" T "
// SYMBOLS: T attention
// RUN: FileCheck %s --check-prefix=HEADER --input-file=%t.h
// HEADER: Arguments:
// HEADER-NEXT: 0: bf16[?][?][?][128]
// HEADER: int attention(const fovea_tensor_t *const *arguments, int64_t count, void *stream);
// RUN: %cc -std=c11 -fsyntax-only -Wall -Werror -I%fovea_include -x c %t.h

!t = tensor<?x?x?x128xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : !t
}
