/*===- call.c - Times calls through the C ABI ----------------------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// call OBJECT: times its function `attention` (f32, B1 H1 S16 D16) on one thread,
// called by the C ABI and as the code alone, whose arguments are unpacked before;
// the two alternate. Prints the medians of 201 rounds of 500 calls, in
// microseconds, and the median of their differences.
//
//===----------------------------------------------------------------------===*/

#include "fovea-runtime/Runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 201, CALLS = 500, S = 16, D = 16 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof(double), compare);
  return values[ROUNDS / 2];
}

int main(int argc, char **argv) {
  fovea_object_t *object = argc == 2 ? fovea_load(argv[1]) : NULL;
  const fovea_entry_t *entry =
      object ? fovea_find_entry(object, "attention") : NULL;
  fovea_function_t function = entry ? fovea_find(object, "attention") : NULL;
  if (!function) {
    fprintf(stderr, "call: %s\n",
            argc == 2 ? fovea_last_error() : "give an object");
    return 1;
  }
  static float data[4][S * D];
  int64_t shape[4] = {1, 1, S, D}, strides[4] = {S * D, S * D, D, 1};
  int64_t storage[4 * 11];
  fovea_tensor_t tensors[4];
  const fovea_tensor_t *arguments[4];
  for (int n = 0; n < 4; ++n) {
    fovea_tensor_t tensor = {data[n], {1, 0}, 4, {2, 32, 1}, shape, strides, 0};
    tensors[n] = tensor;
    arguments[n] = &tensors[n];
    int64_t *words = storage + 11 * n;
    words[0] = words[1] = (int64_t)data[n];
    words[2] = 0;
    for (int axis = 0; axis < 4; ++axis) {
      words[3 + axis] = shape[axis];
      words[7 + axis] = strides[axis];
    }
  }
  fovea_set_num_threads(1);
  static double called[ROUNDS], alone[ROUNDS], beyond[ROUNDS];
  int failed = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    double start = now();
    for (int n = 0; n < CALLS; ++n)
      entry->codes[0].run(storage, NULL, NULL);
    double middle = now();
    for (int n = 0; n < CALLS; ++n)
      failed |= function(arguments, 4, NULL);
    double end = now();
    alone[round] = (middle - start) / CALLS;
    called[round] = (end - middle) / CALLS;
    beyond[round] = called[round] - alone[round];
  }
  if (failed) {
    fprintf(stderr, "call: %s\n", fovea_last_error());
    return 1;
  }
  printf("called %.3f alone %.3f beyond %.3f\n", median(called), median(alone),
         median(beyond));
  fovea_unload(object);
  return 0;
}
