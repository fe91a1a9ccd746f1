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
// thread, and none aborts the process.
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
 * scratch memory can't be allocated. */
FOVEA_RUNTIME_EXPORT void fovea_parallel_for(int64_t items,
                                             int64_t scratchBytes,
                                             fovea_body_t body, void *context);

/* Sets how many threads a parallel loop uses, the calling thread included, from
 * the next call on. 1: the calling thread alone. At most 1024. 0 or less: the
 * default, which is the environment variable FOVEA_NUM_THREADS if it is set,
 * and otherwise the number of CPUs this process may run on. Has no effect on a
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
