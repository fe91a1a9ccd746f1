//===- CHeader.c - The header is plain C ----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea-runtime/Runtime.h"

static void addOne(int64_t item, void *scratch, void *context) {
  (void)scratch;
  ((int *)context)[item] += 1;
}

/* Called from ParallelForTest.cpp. */
int foveaRunFromC(void);

int foveaRunFromC(void) {
  int counts[3] = {0, 0, 0};
  fovea_parallel_for(3, 0, addOne, counts);
  return counts[0] == 1 && counts[1] == 1 && counts[2] == 1 && !fovea_last_error();
}
