// Many threads call one function at once: the thread sanitizer watches the
// runtime, which is compiled with it here.
// UNSUPPORTED: asan
// RUN: rm -rf %t && mkdir -p %t
// RUN: fovea-compile %S/object.mlir -o %t/two.so
// RUN: %clang -std=c++17 -O1 -g -fsanitize=thread -fno-exceptions -fno-rtti -fvisibility=hidden -fPIC -shared -I%fovea_include %S/../../../runtime/*.cpp -Wl,-soname,libfovea_runtime.so.0 -Wl,-z,nodelete -o %t/libfovea_runtime.so.0
// RUN: %clang -std=c11 -O1 -g -fsanitize=thread -I%fovea_include %S/Inputs/threads.c %t/libfovea_runtime.so.0 -Wl,-rpath,%t -lpthread -lstdc++ -o %t/threads
// RUN: %t/threads %t/two.so 2>&1 | FileCheck %s --implicit-check-not=WARNING
// CHECK: OK: 640 calls of 8 threads, some traced
