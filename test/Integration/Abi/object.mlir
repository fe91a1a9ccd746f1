// The runtime loads objects, refuses what is none, and checks each argument.
// RUN: fovea-compile %s -o %t.so --target=cpu:avx512 --target=cpu:avx2 --target=cpu:plain
// RUN: fovea-compile %s -o %t.later.so --target=cpu:+amx-tile,+amx-fp16,+egpr
// RUN: %cc -std=c11 -shared -fPIC -I%fovea_include %S/Inputs/older.c -o %t.older.so -L%fovea_lib -lfovea_runtime
// RUN: %cc -std=c11 -shared -fPIC -I%fovea_include -DABI=99 %S/Inputs/older.c -o %t.newer.so -L%fovea_lib -lfovea_runtime
// RUN: %cc -std=c11 -shared -fPIC -I%fovea_include -DABI=0 %S/Inputs/older.c -o %t.without.so -L%fovea_lib -lfovea_runtime
// RUN: %cc -std=c11 -shared -fPIC -I%fovea_include -DNEEDS %S/Inputs/older.c -o %t.needs.so -L%fovea_lib -lfovea_runtime
// RUN: %cc -std=c11 -O1 -I%fovea_include %S/Inputs/object.c -o %t.exe -L%fovea_lib -lfovea_runtime -Wl,-rpath,%fovea_lib -lpthread -ldl -lm
// RUN: %t.exe %t | FileCheck %s --implicit-check-not=WRONG

// Files.
// CHECK: no object: fovea_find: there is no object
// CHECK: a missing file: {{.*}}: cannot be read: No such file or directory
// CHECK: a folder: {{.*}}: cannot be read: Is a directory
// CHECK: a device: {{.*}}: cannot be read: No such device
// CHECK: an empty file: {{.*}}: is no shared object (ELF)
// CHECK: a text: {{.*}}: is no shared object (ELF)
// CHECK: a header alone: {{.*}}: is truncated
// CHECK: half of it: {{.*}}: is truncated: it has {{[0-9]+}} bytes of {{[0-9]+}}
// CHECK: another machine: {{.*}}: is for another machine
// CHECK: no shared object: {{.*}}: is no shared object; link it first (fovea-compile --emit=so)
// CHECK: another library: {{.*}}: is no object of Fovea (it lacks the note FOVEA), or is corrupt
// CHECK: a changed byte: {{.*}}: is corrupt: its bytes are not those that were compiled; compile it again
// CHECK: {{[0-9]+}} changed bytes and {{[0-9]+}} lengths are errors
// CHECK: a newer object: {{.*}}: has ABI version 99, this libfovea_runtime knows 1 to 3; update the library
// CHECK: an object without a note: {{.*}}: is no object of Fovea
// CHECK: OK: an older object is loaded and called
// CHECK: its errors: older: argument 0: dimension 0 has stride 2, expected 1; pass a copy that has it
// CHECK: its entries: {{.*}}older.so: has ABI version 1, which describes no functions; compile it again
// CHECK: OK: an older object without a note is loaded by dlopen and called
// CHECK: a needed symbol is missing: {{.*}}: cannot be loaded: {{.*}}undefined symbol: nobody_has_this

// Functions.
// CHECK: a missing function: {{.*}}.so: has no function nothing
// CHECK: a function of the C library: {{.*}}older.so: has no function malloc
// CHECK: a later CPU: attention: this CPU cannot run the code for cpu:+amx-tile,+amx-fp16,+egpr: it lacks {{.*}}egpr; compile also for --target=cpu:plain
// CHECK: a call on it: attention: this CPU cannot run the code for
// CHECK: OK: three versions, each for all CPUs of the one before

// Arguments.
// CHECK: a count: attention: expected 4 arguments, got 3
// CHECK: no arguments: attention: expected 4 arguments, got 0
// CHECK: a NULL argument: attention: argument 2: is NULL
// CHECK: a device: attention: argument 1: expected it on the CPU, got a CUDA device
// CHECK: a type: attention: argument 1: expected elements of type float32, got bfloat32
// CHECK: vectors: attention: argument 1: expected elements of type float32, got float32 in vectors
// CHECK: a rank: attention: argument 1: expected rank 4, got 3
// CHECK: no shape: attention: argument 1: has no shape
// CHECK: a size: attention: argument 1: dimension 3 has size 15, expected 16
// CHECK: a negative size: attention: argument 1: dimension 2 has size -1
// CHECK: sizes that differ: attention: dimension {{.*}}
// CHECK: a stride: attention: argument 1: dimension 3 has stride 2, expected 1; pass a copy that has it
// CHECK: a huge stride: attention: argument 1: is too large
// CHECK: huge sizes: attention: argument 1: is too large
// CHECK: an address: attention: argument 1: its address is not a multiple of 4, the size of an element
// CHECK: no data: attention: argument 1: has no data
// CHECK: the output is an input: attention: argument 3: is written and shares memory with argument 0; give it memory of its own
// CHECK: the output overlaps an input: attention: argument 3: is written and shares memory with argument 2; give it memory of its own
// CHECK: the output overlaps itself: attention: argument 3: is written, but its elements share memory; pass an array whose strides keep them apart
// CHECK: two outputs overlap: two: argument 5: is written and shares memory with argument 4; give it memory of its own
// CHECK: OK: errors leave the output alone
// CHECK: OK: inputs may overlap, expanded and interleaved
// CHECK: OK: the output may lie between the inputs
// CHECK: OK: reversed rows
// CHECK: OK: an array without elements
// CHECK: OK: nothing outside of the arrays is touched

// Memory, threads, tracing.
// CHECK: OK: a process that may run on one CPU uses one thread
// CHECK: a workspace that is not aligned: fovea_set_workspace: the memory must be aligned to 64 bytes and its size not be negative
// CHECK: a small workspace: two: needs {{[0-9]+}} bytes of workspace, and {{[0-9]+}} for each thread; fovea_set_workspace gave {{[0-9]+}}
// CHECK: the workspace of wrong arguments: two: argument 0: is NULL
// CHECK: OK: with a workspace the first call allocates nothing
// CHECK: OK: without one the second call allocates nothing
// CHECK: OK: a provider's threads use the workspace
// CHECK: OK: the tracer: begin call two 6, begin loop two, end loop 0, begin loop two, end loop 0, end call 0
// CHECK: OK: the tracer sees errors
// CHECK: OK: all

!t = tensor<?x?x?x16xf32>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}

// Attention of attention, which needs memory for the first result.
func.func @two(%q: !t, %k: !t, %v: !t, %w: !t, %o: !t, %p: !t) -> (!t, !t) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : !t
  %h = tensor.dim %q, %c1 : !t
  %s = tensor.dim %q, %c2 : !t
  %e = tensor.empty(%b, %h, %s) : !t
  %x = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%e : !t)
  %y = attn.attention ins(%x : !t) dense(%k, %w : !t, !t) outs(%o : !t)
  %z = linalg.copy ins(%x : !t) outs(%p : !t) -> !t
  return %y, %z : !t, !t
}
