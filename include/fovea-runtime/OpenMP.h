/*===- OpenMP.h - Parallel loops by the caller's OpenMP -----------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A provider for fovea_set_parallel_for. It is compiled by the program that uses
// it (with -fopenmp), so that the process has one OpenMP runtime: the program's.
//
//   fovea_set_parallel_for(fovea_parallel_for_openmp);
//
//===----------------------------------------------------------------------===*/

#ifndef FOVEA_RUNTIME_OPENMP_H
#define FOVEA_RUNTIME_OPENMP_H

#include "fovea-runtime/Runtime.h"

#include <stddef.h>

#ifndef _OPENMP
#error compile with OpenMP (-fopenmp)
#endif

/* Runs the items of a loop on OpenMP's threads, as many as OpenMP would use. */
static inline void fovea_parallel_for_openmp(int64_t items,
                                             int64_t scratch_bytes,
                                             fovea_body_t body, void *context) {
  (void)scratch_bytes; /* the runtime supplies the memory */
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t item = 0; item < items; ++item)
    body(item, NULL, context);
}

#endif /* FOVEA_RUNTIME_OPENMP_H */
