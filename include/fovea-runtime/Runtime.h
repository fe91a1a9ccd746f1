/*===- Runtime.h - The C ABI of Fovea's runtime library -----------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What code compiled by Fovea calls, and what a program that loads such code
// may call. Plain C; needs no LLVM. Every function may be called from any
// thread, and none aborts the process. Objects made for an earlier version of
// the ABI keep working with a later library.
//
//   fovea_function_t causal = fovea_find(fovea_load("causal.so"), "causal");
//   if (!causal || causal(arguments, 4, NULL))
//     fprintf(stderr, "%s\n", fovea_last_error());
//
//===----------------------------------------------------------------------===*/

#ifndef FOVEA_RUNTIME_RUNTIME_H
#define FOVEA_RUNTIME_RUNTIME_H

#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define FOVEA_RUNTIME_EXPORT __attribute__((visibility("default")))
#else
#define FOVEA_RUNTIME_EXPORT
#endif

/* The version of this header: major * 10000 + minor * 100 + patch. */
#define FOVEA_RUNTIME_VERSION 100

/* The version of the ABI between compiled objects and this library. It counts
 * up when objects of the new version need a new library; the library refuses
 * objects of versions above its own, and runs all those below.
 *   1: a function checks its arguments by fovea_bind_arguments
 *   2: a function is described by a fovea_entry_t and run by fovea_call
 *   3: kernels for a GPU have flags, and fovea_cuda_choose takes one of several
 */
#define FOVEA_ABI_VERSION 3

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the loaded library, in the form of FOVEA_RUNTIME_VERSION. */
FOVEA_RUNTIME_EXPORT int fovea_runtime_version(void);

/*===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===*/

/* The body of a parallel loop: does work item `item`. `scratch` is memory that
 * no other running body uses, aligned to 64 bytes, of at least the size given
 * to fovea_parallel_for (NULL if that size is 0); its contents are undefined
 * when the body starts. `context` is what fovea_parallel_for was given.
 * A body must return normally: no exception, no longjmp, no fork that returns
 * from the body in the child. */
typedef void (*fovea_body_t)(int64_t item, void *scratch, void *context);

/* A parallel loop: runs body(item, scratch, context) once for each item in
 * [0, items), in any order, and returns when all have finished. */
typedef void (*fovea_parallel_for_t)(int64_t items, int64_t scratchBytes,
                                     fovea_body_t body, void *context);

/* Runs body(item, scratch, context) once for each item in [0, items), and
 * returns when all have finished. Nothing happens if items <= 0.
 *
 * The items are handed out one at a time to the calling thread and to a pool
 * of threads which is started at the first call and kept. A call from inside a
 * body, or one that finds the pool at work for another thread, runs its items
 * itself, one after another. Scratch memory belongs to the thread and is kept
 * for later calls.
 *
 * Errors: if a body calls fovea_report_error, the message is the calling
 * thread's fovea_last_error() when this function returns, whichever thread ran
 * the body; items not yet started are then skipped. The same holds when the
 * scratch memory can't be allocated. Inside of a call with a workspace the
 * scratch memory comes from there. */
FOVEA_RUNTIME_EXPORT void fovea_parallel_for(int64_t items,
                                             int64_t scratchBytes,
                                             fovea_body_t body, void *context);

/* Sets how many threads a parallel loop uses, the calling thread included, from
 * the next call on. 1: the calling thread alone. At most 1024. 0 or less: the
 * default, which is the environment variable FOVEA_NUM_THREADS if it is set,
 * and otherwise the number of CPUs that the thread which asks first may run on
 * (its affinity mask, which the pool's threads inherit). Has no effect on a
 * provider given to fovea_set_parallel_for. */
FOVEA_RUNTIME_EXPORT void fovea_set_num_threads(int threads);

/* How many threads a parallel loop uses, the calling thread included. */
FOVEA_RUNTIME_EXPORT int fovea_get_num_threads(void);

/* Makes fovea_parallel_for run its loops by `provider`, so that a program can
 * bring its own pool of threads; NULL restores the runtime's pool. The provider
 * must call the body it is given once for each item, on any threads, and return
 * only after the last has finished. It may pass NULL as scratch: the runtime
 * then supplies the scratch memory. Calls from inside a body run serially
 * and don't reach the provider; a call that the provider itself makes uses the
 * runtime's pool. Errors reach the calling thread as above; a provider that
 * leaves items undone is such an error. */
FOVEA_RUNTIME_EXPORT void fovea_set_parallel_for(fovea_parallel_for_t provider);

/* Memory that the bodies of one loop share: at least `bytes` bytes aligned to
 * 64, the first `clearedBytes` of them zero. Inside of a call with a workspace
 * it comes from there; otherwise the thread keeps the memory for later calls.
 * NULL after an error. Several may be had at once, and are given back by the
 * same thread, the last one first. */
FOVEA_RUNTIME_EXPORT void *fovea_acquire_workspace(int64_t bytes,
                                                   int64_t clearedBytes);

/* Gives the last workspace of the thread back; NULL: does nothing. */
FOVEA_RUNTIME_EXPORT void fovea_release_workspace(void *memory);

/*===----------------------------------------------------------------------===//
// Calls of compiled functions
//===----------------------------------------------------------------------===*/

/* A strided array; laid out as DLPack's DLTensor, so that a `DLTensor *` may be
 * passed for a `fovea_tensor_t *`. Neither the array nor this is kept. */
typedef struct fovea_tensor {
  void *data;
  struct {
    int32_t type; /* 1: CPU, 2: CUDA, 3: CUDA's pinned host memory */
    int32_t id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code; /* 0: signed, 1: unsigned, 2: float, 4: bfloat, 6: bool */
    uint8_t bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL: row-major */
  uint64_t byte_offset;
} fovea_tensor_t;

/* A function that fovea-compile makes: NAME(arguments, count, stream).
 *
 * `arguments` are those of the function in the source, in order, then its
 * results that are not computed in place of an argument. A scalar is a tensor
 * of rank 0 on the CPU. `stream` is a CUstream (NULL: the default stream) for
 * code for a GPU, which must be one of the current context; code for a CPU
 * ignores it.
 *
 * Returns 0, or 1 after an error, which fovea_last_error() tells. Before
 * anything is written, it checks of each argument the device, the element type,
 * the rank, the sizes, the strides and the address (a multiple of an element's
 * size), and that what it writes shares memory with no other argument and not
 * with itself. Reads no element outside of the arguments.
 *
 * A call for a CPU allocates nothing once calls of its size have been made with
 * as many threads, or with a workspace (fovea_set_workspace) from the first on.
 * A call for a GPU returns when the kernels are enqueued; it neither allocates
 * nor synchronises, but for the first one in a context, which loads the code,
 * and the first one on a stream that needs as much workspace or temporaries. It
 * can be captured in a CUDA graph, which keeps the stream's memory: do not
 * replay it beside calls on that stream. Any number of threads may call at
 * once. */
typedef int (*fovea_function_t)(const fovea_tensor_t *const *arguments,
                                int64_t count, void *stream);

/* The code of a function for one kind of CPU. */
typedef struct fovea_code {
  const char *target; /* as fovea-compile was told */
  uint64_t features;  /* what the CPU must have: see fovea_cpu_features */
  /* Does the work on checked arguments. `storage` has them one after the other:
   * a scalar as 8 bytes, an array as MLIR's memref descriptor {data, data, 0,
   * sizes..., strides...}. `temporaries` is memory aligned to 64 bytes, of the
   * device that the function is for. */
  void (*run)(const int64_t *storage, void *temporaries, void *stream);
  /* Bytes of the temporaries; NULL: none are needed. */
  int64_t (*temporary_bytes)(const int64_t *storage);
  int64_t scratch_bytes; /* of each thread of its parallel loops */
  int64_t shared_bytes;  /* of all threads of a loop together */
} fovea_code_t;

/* A function of an object: the constant fovea_entry_NAME of the object. */
typedef struct fovea_entry {
  int64_t abi; /* the version of the ABI; what follows belongs to it */
  const char *name;
  /* {device type, arguments, words of storage, argument...}; an argument is
   * {rank (-1: a scalar), dtype code, dtype bits, 1 if it is written else 0}
   * and, for each dimension, {size, stride}, where -1 is any. */
  const int64_t *signature;
  int64_t count; /* of codes; the first that this CPU can run is taken */
  const fovea_code_t *codes;
} fovea_entry_t;

/* What fovea_function_t does, for the function of this entry. */
FOVEA_RUNTIME_EXPORT int fovea_call(const fovea_entry_t *entry,
                                    const fovea_tensor_t *const *arguments,
                                    int64_t count, void *stream);

/* What this CPU and its operating system offer to compiled code: a bit for each
 * line of CpuFeatures.def. Where the CPU has AMX, the first call, also from
 * fovea_find or fovea_call, asks Linux to let this process use its registers;
 * if Linux refuses, AMX is not offered. */
FOVEA_RUNTIME_EXPORT uint64_t fovea_cpu_features(void);

/*===----------------------------------------------------------------------===//
// Objects
//===----------------------------------------------------------------------===*/

/* A shared object that fovea-compile made. */
typedef struct fovea_object fovea_object_t;

/* Loads a shared object; NULL after an error. A file that is missing,
 * truncated, foreign or for another machine, one that changed after it was
 * compiled, and one of a newer ABI are errors, which are found before any code
 * of it runs. (An object that was linked by hand from --emit=obj has no
 * checksum, so that changes of its code are not found.) */
FOVEA_RUNTIME_EXPORT fovea_object_t *fovea_load(const char *path);

/* Unloads an object; no function of it may be running. NULL is allowed. */
FOVEA_RUNTIME_EXPORT void fovea_unload(fovea_object_t *object);

/* A function of an object, or NULL after an error: there is no such function,
 * or it has no code that this CPU can run. Of NULL it leaves fovea_load's
 * error. */
FOVEA_RUNTIME_EXPORT fovea_function_t fovea_find(fovea_object_t *object,
                                                 const char *name);

/* The same as an entry, which objects of ABI version 1 don't have. */
FOVEA_RUNTIME_EXPORT const fovea_entry_t *
fovea_find_entry(fovea_object_t *object, const char *name);

/*===----------------------------------------------------------------------===//
// Workspace
//===----------------------------------------------------------------------===*/

/* Bytes of workspace with which a call on a CPU with these arguments allocates
 * nothing: for its temporaries, what its loops share, and scratch memory for
 * `threads` threads (0 or less: fovea_get_num_threads()). -1 after an error;
 * the arguments are checked as by a call, their elements are not touched. */
FOVEA_RUNTIME_EXPORT int64_t fovea_workspace_bytes(
    const fovea_entry_t *entry, const fovea_tensor_t *const *arguments,
    int64_t count, int threads);

/* Gives calls of the calling thread memory to work in, until it is called
 * again; NULL takes it back. The memory is aligned to 64 bytes; it is not
 * freed, and no other thread may use it meanwhile. A call that finds room for
 * fewer threads uses fewer; one that finds no room for one is an error. Returns
 * 0, or 1 after an error. */
FOVEA_RUNTIME_EXPORT int fovea_set_workspace(void *memory, int64_t bytes);

/*===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===*/

enum fovea_trace_kind {
  FOVEA_TRACE_CALL = 0,  /* of a compiled function, with its name */
  FOVEA_TRACE_LOOP = 1,  /* a parallel loop, with the function's name */
  FOVEA_TRACE_LAUNCH = 2 /* of a GPU kernel, with its name */
};

/* What is told of calls, on the thread that calls; begin and end nest. They
 * must not call compiled functions. `items` counts the arguments of a call, the
 * work items of a loop or launch; `status` is 0, or 1 after an error. */
typedef struct fovea_tracer {
  void (*begin)(enum fovea_trace_kind kind, const char *name, int64_t items,
                void *context);
  void (*end)(enum fovea_trace_kind kind, const char *name, int status,
              void *context);
  void *context;
} fovea_tracer_t;

/* Tells a tracer of all calls that begin from now on; NULL: none. It must stay
 * valid while calls run that began with it. */
FOVEA_RUNTIME_EXPORT void fovea_set_tracer(const fovea_tracer_t *tracer);

/*===----------------------------------------------------------------------===//
// What compiled functions call
//===----------------------------------------------------------------------===*/

/* For objects of ABI version 1. Clears the thread's error, checks the arguments
 * of the function `name` and writes them to `storage` as fovea_code_t says.
 * Returns 0, or 1 after an error.
 *
 * `signature` is {device type, count, argument...}; an argument is {-1, dtype
 * code, dtype bits} if it is a scalar and {rank, dtype code, dtype bits, size
 * (-1: any)...} if it is an array. The last dimension of an array must be
 * contiguous. What is written is not known, and so not checked. */
FOVEA_RUNTIME_EXPORT int
fovea_bind_arguments(const char *name, const int64_t *signature,
                     const fovea_tensor_t *const *arguments, int64_t count,
                     int64_t *storage);

/* For objects of ABI version 1: 1 if the thread has an error, otherwise 0. */
FOVEA_RUNTIME_EXPORT int fovea_call_status(void);

/* A kernel for an NVIDIA GPU. */
typedef struct fovea_cuda_kernel {
  const char *name;
  const void *image; /* a cubin, or PTX that ends with 0 */
  /* {compute capability * 10, threads of a block, bytes of dynamic shared
   * memory, the sum of fovea_cuda_kernel_flag values, rank of the grid,
   * coordinate of the work item for x, y and z..., count, argument...}; an
   * argument is {fovea_cuda_argument_kind, words that follow, words...}. */
  const int64_t *facts;
  void *state; /* the runtime's; NULL at first */
} fovea_cuda_kernel_t;

enum fovea_cuda_kernel_flag {
  FOVEA_CUDA_PERSISTENT = 1, /* one block a multiprocessor at most, in x */
  /* It waits for the kernels before it on its stream itself
   * (griddepcontrol.wait) before it reads or writes memory, so it may be
   * launched before they end. Since version 3 of the ABI. */
  FOVEA_CUDA_WAITS = 2
};

/* What a parameter of a kernel is made from. P is the number of an argument of
 * the launch, R the rank of that array. */
enum fovea_cuda_argument_kind {
  /* CUtensorMap: {P, R, CUtensorMapDataType, bytes of an element, bytes of the
   * swizzle, L, M, rank, dimensions..., box...}, innermost dimension first. The
   * second dimension ends at extent M of argument L if that is less; L = -1: no
   * such limit. Zeros outside. */
  FOVEA_CUDA_TENSOR_MAP = 0,
  FOVEA_CUDA_POINTER = 1, /* {P}: the address of the first element */
  FOVEA_CUDA_SIZE = 2,    /* {P, d}: an extent, 32 bits */
  FOVEA_CUDA_STRIDE = 3,  /* {P, R, d}: a stride in elements, 64 bits */
  FOVEA_CUDA_SCALAR = 4,  /* {P}: the scalar's bytes */
  /* {bytes} or {bytes, more for each multiprocessor}: memory of this kernel on
   * this stream, zeroed once; what a kernel needs to be zero it leaves so */
  FOVEA_CUDA_WORKSPACE = 5,
  FOVEA_CUDA_EXTENT = 6, /* {n}: extent of coordinate n of the grid, 32 bits */
  FOVEA_CUDA_DESCRIPTOR = 7 /* {P}: the array's memref descriptor */
};

/* The multiprocessors of the current context's device; 1 if there is none,
 * which a launch then tells. */
FOVEA_RUNTIME_EXPORT int64_t fovea_cuda_processors(void);

/* Which of `count` ways to launch something to take on the current context's
 * device: the first whose kernels use no local memory, or else one whose
 * kernels use least. `kernels` are those of all ways, `sizes` how many each
 * has. Loads what it asks about; an error of the first way is told by the
 * launch, too, and after one of another a way before it is taken. */
FOVEA_RUNTIME_EXPORT int64_t
fovea_cuda_choose(fovea_cuda_kernel_t *const *kernels, const int64_t *sizes,
                  int64_t count, void *stream);

/* Launches a kernel on a stream, for the work items below `grid`; `arguments`
 * point at memref descriptors and scalars. Errors go to fovea_report_error. */
FOVEA_RUNTIME_EXPORT void fovea_cuda_launch(fovea_cuda_kernel_t *kernel,
                                            const int64_t *grid,
                                            void *const *arguments,
                                            void *stream);

/*===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===*/

/* Records an error for the calling thread; compiled code calls it when a check
 * fails at run time, and returns. The first error stays until
 * fovea_clear_error: later ones are dropped, as they often follow from it.
 * The message is copied (the first 1023 bytes of it). */
FOVEA_RUNTIME_EXPORT void fovea_report_error(const char *message);

/* The calling thread's error, or NULL if there is none. The text is valid until
 * the thread calls fovea_clear_error or ends. */
FOVEA_RUNTIME_EXPORT const char *fovea_last_error(void);

/* Forgets the calling thread's error. */
FOVEA_RUNTIME_EXPORT void fovea_clear_error(void);

#ifdef __cplusplus
}
#endif

#endif /* FOVEA_RUNTIME_RUNTIME_H */
