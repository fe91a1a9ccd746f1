/*===- threads.c - Calls a function from many threads at once ------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// threads OBJECT: loads and unloads the object, and calls its function `two` from
// eight threads: with the runtime's pool, a pool of the program's (OpenMP's, where
// it is compiled with it) and workspaces of the program's; with errors among the
// calls and settings that change meanwhile. The thread sanitizer watches the
// runtime; what leaks is told at exit. Prints OK if all results are equal.
//
//===----------------------------------------------------------------------===*/

#include "fovea-runtime/Runtime.h"
#ifdef _OPENMP
#include "fovea-runtime/OpenMP.h"
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 8, ROUNDS = 40, B = 2, H = 2, S = 200, D = 16 };
enum { COUNT = B * H * S * D };

static const char *path;
static const fovea_entry_t *two;
static fovea_function_t call_two;
static float inputs[4][COUNT];
static atomic_int wrong, traced;

static void begin(enum fovea_trace_kind kind, const char *name, int64_t items,
                  void *context) {
  (void)kind, (void)name, (void)items;
  ++*(atomic_int *)context;
}

static const fovea_tracer_t tracer = {begin, NULL, &traced};

/* A pool of the program's: this thread and another one. */
typedef struct {
  fovea_body_t body;
  int64_t items;
  atomic_llong next;
  void *context;
} loop_t;

static void *run(void *opaque) {
  loop_t *loop = opaque;
  int64_t item;
  while ((item = loop->next++) < loop->items)
    loop->body(item, NULL, loop->context);
  return NULL;
}

static void provide(int64_t items, int64_t scratch_bytes, fovea_body_t body,
                    void *context) {
  loop_t loop = {body, items, 0, context};
  pthread_t other;
  (void)scratch_bytes;
  pthread_create(&other, NULL, run, &loop);
  run(&loop);
  pthread_join(other, NULL);
}

static void *caller(void *opaque) {
  int number = (int)(size_t)opaque;
  int64_t shape[4] = {B, H, S, D};
  float *outputs[2] = {malloc(COUNT * 4), malloc(COUNT * 4)};
  float *first = malloc(COUNT * 4);
  fovea_tensor_t tensors[6];
  const fovea_tensor_t *arguments[6];
  for (int n = 0; n < 6; ++n) {
    fovea_tensor_t tensor = {n < 4 ? inputs[n] : outputs[n - 4],
                             {1, 0},
                             4,
                             {2, 32, 1},
                             shape,
                             NULL,
                             0};
    tensors[n] = tensor;
    arguments[n] = &tensors[n];
  }
  void *workspace = NULL;
  if (number % 2) {
    int64_t bytes = fovea_workspace_bytes(two, arguments, 6, 2);
    workspace = aligned_alloc(64, bytes);
    wrong += fovea_set_workspace(workspace, bytes) != 0;
  }
  for (int round = 0; round < ROUNDS; ++round) {
    memset(outputs[0], 0xff, COUNT * 4);
    if (number == 0) {
      fovea_set_num_threads(1 + round % 4);
      fovea_set_tracer(round % 3 ? &tracer : NULL);
      fovea_set_parallel_for(round % 4 == 3 ? provide : NULL);
#ifdef _OPENMP
      if (round % 4 == 1)
        fovea_set_parallel_for(fovea_parallel_for_openmp);
#endif
    }
    if (number == 1 && round % 4 == 0) {
      fovea_object_t *again = fovea_load(path);
      wrong += !again || !fovea_find(again, "two");
      fovea_unload(again);
    }
    wrong += call_two(arguments, 6, NULL) != 0;
    if (round == 0)
      memcpy(first, outputs[0], COUNT * 4);
    wrong += memcmp(first, outputs[0], COUNT * 4) != 0;
    /* An error of this thread only. */
    tensors[number % 4].ndim = 3;
    char expected[100];
    snprintf(expected, sizeof(expected), "two: argument %d: expected rank 4, got 3",
             number % 4);
    wrong += call_two(arguments, 6, NULL) != 1 ||
             strcmp(fovea_last_error(), expected) != 0;
    tensors[number % 4].ndim = 4;
  }
  fovea_set_workspace(NULL, 0);
  free(workspace);
  free(outputs[0]);
  free(outputs[1]);
  return first;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  path = argv[1];
  fovea_object_t *object = fovea_load(path);
  two = object ? fovea_find_entry(object, "two") : NULL;
  call_two = two ? fovea_find(object, "two") : NULL;
  if (!call_two) {
    printf("WRONG: %s\n", fovea_last_error());
    return 1;
  }
  for (int n = 0; n < 4 * COUNT; ++n)
    inputs[n / COUNT][n % COUNT] = (float)(n * 7919 % 1000) / 500 - 1;
  pthread_t threads[CALLERS];
  float *results[CALLERS];
  for (size_t n = 0; n < CALLERS; ++n)
    pthread_create(&threads[n], NULL, caller, (void *)n);
  for (int n = 0; n < CALLERS; ++n)
    pthread_join(threads[n], (void **)&results[n]);
  for (int n = 0; n < CALLERS; ++n) {
    wrong += memcmp(results[0], results[n], COUNT * 4) != 0;
    if (n)
      free(results[n]);
  }
  free(results[0]);
  fovea_set_tracer(NULL);
  fovea_set_parallel_for(NULL);
  fovea_unload(object);
  printf("%s: %d calls of %d threads, %s\n", wrong ? "WRONG" : "OK",
         2 * CALLERS * ROUNDS, CALLERS, traced ? "some traced" : "none traced");
  return wrong != 0;
}
