/*===- causal.c - Calls compiled attention from C -----------------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The function is compiled from examples/causal.mlir:
//
//   fovea-compile examples/causal.mlir -o build/causal.so
//   cc -Iinclude -Ibuild examples/c/causal.c -Lbuild -l:causal.so \
//     -Lbuild/release/lib -lfovea_runtime -o build/causal
//   LD_LIBRARY_PATH=build:build/release/lib build/causal
//
//===----------------------------------------------------------------------===*/

#include "causal.h"

#include <stdio.h>

enum { B = 1, H = 4, S = 256, D = 64 };
static float q[B][H][S][D], k[B][H][S][D], v[B][H][S][D], o[B][H][S][D];

/* Describes an array; nothing is copied. A DLTensor has the same layout. */
static fovea_tensor_t describe(float *data) {
  static int64_t shape[] = {B, H, S, D};
  fovea_tensor_t tensor = {0};
  tensor.data = data;
  tensor.device.type = 1; /* CPU */
  tensor.ndim = 4;
  tensor.dtype.code = 2; /* float */
  tensor.dtype.bits = 32;
  tensor.dtype.lanes = 1;
  tensor.shape = shape; /* strides: none, so row-major */
  return tensor;
}

int main(void) {
  /* Queries of zeros weigh all keys alike, and value j is j: query i attends to
   * the keys 0 to i, whose mean is i / 2. */
  for (int h = 0; h < H; ++h)
    for (int j = 0; j < S; ++j)
      for (int d = 0; d < D; ++d)
        v[0][h][j][d] = (float)j;

  fovea_tensor_t tensors[] = {
      describe(&q[0][0][0][0]), describe(&k[0][0][0][0]),
      describe(&v[0][0][0][0]), describe(&o[0][0][0][0])};
  const fovea_tensor_t *arguments[] = {&tensors[0], &tensors[1], &tensors[2],
                                       &tensors[3]};
  if (causal(arguments, 4, /*stream=*/NULL)) {
    fprintf(stderr, "error: %s\n", fovea_last_error());
    return 1;
  }
  printf("query 0: %.1f  query 1: %.1f  query 255: %.1f\n", o[0][0][0][0],
         o[0][0][1][0], o[0][3][255][63]);

  /* Errors come back as text; the output is untouched. */
  if (causal(arguments, 3, NULL))
    printf("error: %s\n", fovea_last_error());
  return 0;
}
