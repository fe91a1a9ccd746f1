/*===- older.c - A function as ABI version 1 had it ----------------*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// older(f32[?], f32[?]): doubles the first into the second, by the calls that
// objects of version 1 made. ABI is the version its note tells; 0: no note. With
// NEEDS it wants a function that nobody has.
//
//===----------------------------------------------------------------------===*/

#include "fovea-runtime/Runtime.h"

#ifndef ABI
#define ABI 1
#endif

#if ABI
__attribute__((section(".note.fovea"), used, aligned(4))) static const struct {
  uint32_t owner_length, length, type;
  char owner[8];
  uint32_t abi, zero[3];
} note = {6, 16, 1, "FOVEA", ABI, {0, 0, 0}};
#endif

static const int64_t signature[] = {1, 2, 1, 2, 32, -1, 1, 2, 32, -1};

static void body(int64_t item, void *scratch, void *context) {
  const int64_t *storage = context;
  (void)scratch;
  ((float *)storage[6])[item] = 2 * ((const float *)storage[1])[item];
}

int older(const fovea_tensor_t *const *arguments, int64_t count, void *stream) {
  int64_t storage[10];
  (void)stream;
  if (fovea_bind_arguments("older", signature, arguments, count, storage))
    return 1;
  if (storage[3] != storage[8]) {
    fovea_report_error("older: sizes differ");
    return fovea_call_status();
  }
  fovea_parallel_for(storage[3], 0, body, storage);
  return fovea_call_status();
}

#ifdef NEEDS
void nobody_has_this(void);
void call_it(void) { nobody_has_this(); }
#endif
