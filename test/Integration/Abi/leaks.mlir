// Nothing that the calls of many threads allocate is lost.
// RUN: fovea-compile %S/object.mlir -o %t.so
// RUN: %cc %leak_sanitizer -std=c11 -O1 -g -I%fovea_include %S/Inputs/threads.c -L%fovea_lib -lfovea_runtime -Wl,-rpath,%fovea_lib -lpthread -o %t.exe
// RUN: env ASAN_OPTIONS=detect_leaks=1 %t.exe %t.so 2>&1 | FileCheck %s --implicit-check-not=ERROR
// CHECK: OK: 640 calls of 8 threads, some traced
