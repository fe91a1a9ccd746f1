// The program's OpenMP runs the loops.
// REQUIRES: openmp
// UNSUPPORTED: asan
// RUN: fovea-compile %S/object.mlir -o %t.so
// RUN: %clang -fopenmp -std=c11 -O1 -Wall -Werror -I%fovea_include %S/Inputs/threads.c -L%fovea_lib -lfovea_runtime -Wl,-rpath,%fovea_lib -lpthread -o %t.exe
// RUN: %t.exe %t.so 2>&1 | FileCheck %s
// RUN: not %clang -fsyntax-only -I%fovea_include -x c %fovea_include/fovea-runtime/OpenMP.h 2>&1 | FileCheck %s --check-prefix=WITHOUT
// WITHOUT: error: compile with OpenMP (-fopenmp)
// CHECK: OK: 640 calls of 8 threads, some traced
