/*===- object.c - Loads objects and calls them in every wrong way --*- C -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// object PREFIX: PREFIX.so and others beside it are what object.mlir compiles.
// Prints a line for each thing that is tried, with its message; WRONG where it
// fails, and then the status is 1.
//
//===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include "fovea-runtime/Runtime.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

static void check(int ok, const char *what) {
  printf("%s: %s\n", ok ? "OK" : "WRONG", what);
  failures += !ok;
}

/* Expects an error, and prints it. */
static void expectError(int failed, const char *what) {
  const char *error = fovea_last_error();
  printf("%s%s: %s\n", failed && error ? "" : "WRONG: ", what,
         error ? error : "no error");
  failures += !failed || !error;
}

/*===----------------------------------------------------------------------===//
// Allocations
//===----------------------------------------------------------------------===*/

static atomic_int allocations;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
void *malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
#endif

/*===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===*/

static unsigned char *bytes;
static size_t size;
static char path[4096];

static const char *beside(const char *prefix, const char *name) {
  static char text[4096];
  snprintf(text, sizeof(text), "%s%s", prefix, name);
  return text;
}

static void readFile(const char *name) {
  FILE *file = fopen(name, "rb");
  if (!file) {
    printf("WRONG: no file %s\n", name);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  rewind(file);
  bytes = malloc(size + 1);
  size = fread(bytes, 1, size, file);
  fclose(file);
}

static fovea_object_t *loadBytes(size_t count) {
  FILE *file = fopen(path, "wb");
  fwrite(bytes, 1, count, file);
  fclose(file);
  return fovea_load(path);
}

static void tryFiles(const char *prefix) {
  expectError(!fovea_find(NULL, "attention"), "no object");
  fovea_clear_error();
  expectError(!fovea_find(fovea_load(beside(prefix, ".gone.so")), "attention"),
              "a missing file");
  expectError(!fovea_load("/"), "a folder");
  expectError(!fovea_load("/dev/zero"), "a device");
  snprintf(path, sizeof(path), "%s.tried.so", prefix);
  bytes = (unsigned char *)strdup("some text\n");
  expectError(!loadBytes(0), "an empty file");
  expectError(!loadBytes(10), "a text");
  free(bytes);

  readFile(beside(prefix, ".so"));
  expectError(!loadBytes(64), "a header alone");
  expectError(!loadBytes(size / 2), "half of it");
  unsigned char machine = bytes[18];
  bytes[18] = 8;
  expectError(!loadBytes(size), "another machine");
  bytes[18] = machine;
  bytes[16] = 1;
  expectError(!loadBytes(size), "no shared object");
  bytes[16] = 3;
  Dl_info library;
  dladdr((void *)fovea_load, &library);
  expectError(!fovea_load(library.dli_fname), "another library");
  bytes[size / 2] ^= 1;
  expectError(!loadBytes(size), "a changed byte");
  bytes[size / 2] ^= 1;

  /* Any byte, and any length. */
  int changed = 0, cut = 0, wrong = 0;
  int step = (int)(size / 500 + 1);
  for (size_t n = 0; n < size; n += n < 700 ? 1 : step, ++changed) {
    bytes[n] ^= 1 << n % 8;
    wrong += loadBytes(size) != NULL || !fovea_last_error();
    bytes[n] ^= 1 << n % 8;
  }
  for (size_t n = 0; n < size; n += 5 * step, ++cut)
    wrong += loadBytes(n) != NULL || !fovea_last_error();
  printf("%s%d changed bytes and %d lengths are errors\n",
         wrong ? "WRONG: not all of " : "", changed, cut);
  failures += wrong;
  free(bytes);
  unlink(path);
}

static void tryVersions(const char *prefix) {
  expectError(!fovea_load(beside(prefix, ".newer.so")), "a newer object");
  expectError(!fovea_load(beside(prefix, ".without.so")),
              "an object without a note");
  fovea_object_t *object = fovea_load(beside(prefix, ".older.so"));
  fovea_function_t older = object ? fovea_find(object, "older") : NULL;
  float in[6] = {1, 2, 3, 4, 5, 6}, out[3] = {0};
  int64_t shape = 3, stride = 2;
  fovea_tensor_t a = {in, {1, 0}, 1, {2, 32, 1}, &shape, NULL, 0}, b = a;
  b.data = out;
  const fovea_tensor_t *arguments[] = {&a, &b};
  check(older && !older(arguments, 2, NULL) && out[2] == 6,
        "an older object is loaded and called");
  a.strides = &stride;
  expectError(older && older(arguments, 2, NULL), "its errors");
  a.strides = NULL;
  expectError(object && !fovea_find_entry(object, "older"), "its entries");
  void *handle = dlopen(beside(prefix, ".without.so"), RTLD_NOW);
  older = handle ? (fovea_function_t)dlsym(handle, "older") : NULL;
  out[2] = 0;
  check(older && !older(arguments, 2, NULL) && out[2] == 6,
        "an older object without a note is loaded by dlopen and called");
  expectError(!fovea_load(beside(prefix, ".needs.so")),
              "a needed symbol is missing");
  fovea_unload(object);
  fovea_unload(NULL);
}

/*===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===*/

enum { B = 2, H = 2, S = 70, D = 16, ROWS = B * H * S, COUNT = ROWS * D };

typedef struct {
  float *data;
  int64_t shape[4], strides[4];
  fovea_tensor_t tensor;
} array_t;

static array_t arrays[6];
static const fovea_tensor_t *arguments[6];

/* Sets argument n anew, row-major at `data`. */
static void reset(int n, float *data) {
  array_t *a = &arrays[n];
  int64_t shape[4] = {B, H, S, D}, strides[4] = {H * S * D, S * D, D, 1};
  memcpy(a->shape, shape, sizeof(shape));
  memcpy(a->strides, strides, sizeof(strides));
  fovea_tensor_t tensor = {data,     {1, 0},     4, {2, 32, 1},
                           a->shape, a->strides, 0};
  a->tensor = tensor;
  a->data = data;
  arguments[n] = &a->tensor;
}

static void resetAll(float *memory) {
  for (int n = 0; n < 6; ++n)
    reset(n, memory + (size_t)n * COUNT);
}

static float at(const array_t *a, int b, int h, int i, int d) {
  return ((const float *)a->tensor.data)[b * a->strides[0] + h * a->strides[1] +
                                         i * a->strides[2] + d * a->strides[3]];
}

/* Whether argument 3 is the attention of 0 to 2. */
static int isRight(void) {
  double worst = 0;
  for (int b = 0; b < B; ++b)
    for (int h = 0; h < H; ++h)
      for (int i = 0; i < S; i += 7) {
        double sum = 0, o[D] = {0};
        for (int j = 0; j < S; ++j) {
          double s = 0;
          for (int d = 0; d < D; ++d)
            s +=
                (double)at(&arrays[0], b, h, i, d) * at(&arrays[1], b, h, j, d);
          s = exp(s / 4);
          sum += s;
          for (int d = 0; d < D; ++d)
            o[d] += s * at(&arrays[2], b, h, j, d);
        }
        for (int d = 0; d < D; ++d) {
          double e = fabs(o[d] / sum - at(&arrays[3], b, h, i, d));
          worst = e > worst || e != e ? e : worst;
        }
      }
  return worst < 1e-4;
}

static void tryArguments(fovea_function_t attention, fovea_function_t two,
                         float *memory) {
  array_t *k = &arrays[1], *o = &arrays[3];
#define TRY(WHAT, CHANGE)                                                      \
  do {                                                                         \
    resetAll(memory);                                                          \
    CHANGE;                                                                    \
    expectError(attention(arguments, 4, NULL) == 1, WHAT);                     \
  } while (0)
  for (int n = 0; n < 6 * COUNT; ++n)
    memory[n] = (float)(n * 7919 % 1000) / 500 - 1;
  resetAll(memory);
  memset(o->data, 0xff, COUNT * 4);
  expectError(attention(arguments, 3, NULL) == 1, "a count");
  expectError(attention(NULL, 4, NULL) == 1, "no arguments");
  TRY("a NULL argument", arguments[2] = NULL);
  TRY("a device", k->tensor.device.type = 2);
  TRY("a type", k->tensor.dtype.code = 4);
  TRY("vectors", k->tensor.dtype.lanes = 4);
  TRY("a rank", k->tensor.ndim = 3);
  TRY("no shape", k->tensor.shape = NULL);
  TRY("a size", k->shape[3] = 15);
  TRY("a negative size", k->shape[2] = -1);
  TRY("sizes that differ", k->shape[2] = S - 1);
  TRY("a stride", k->strides[3] = 2);
  TRY("a huge stride", k->strides[0] = INT64_C(1) << 61);
  TRY("huge sizes", k->shape[0] = k->shape[1] = INT64_C(1) << 40);
  TRY("an address", k->tensor.byte_offset = 2);
  TRY("no data", k->tensor.data = NULL);
  TRY("the output is an input", o->tensor.data = arrays[0].data);
  TRY("the output overlaps an input",
      o->tensor.data = arrays[2].data + COUNT - 1);
  TRY("the output overlaps itself", o->strides[1] = 0);
  resetAll(memory);
  reset(5, arrays[4].data + 5);
  expectError(two(arguments, 6, NULL) == 1, "two outputs overlap");
  int untouched = 1;
  for (int n = 0; n < COUNT; ++n)
    untouched &= ((uint32_t *)o->data)[n] == 0xffffffff;
  check(untouched, "errors leave the output alone");

  /* One key head for all; keys and values side by side in rows of 2 D. */
  resetAll(memory);
  for (int n = 1; n < 3; ++n) {
    int64_t strides[4] = {0, 0, 2 * D, 1};
    memcpy(arrays[n].strides, strides, sizeof(strides));
    arrays[n].tensor.data = arrays[1].data + (n - 1) * D;
  }
  check(!attention(arguments, 4, NULL) && isRight(),
        "inputs may overlap, expanded and interleaved");
  /* All four in rows of 4 D. */
  resetAll(memory);
  for (int n = 0; n < 4; ++n) {
    int64_t strides[4] = {H * S * 4 * D, S * 4 * D, 4 * D, 1};
    memcpy(arrays[n].strides, strides, sizeof(strides));
    arrays[n].tensor.data = memory + n * D;
  }
  check(!attention(arguments, 4, NULL) && isRight(),
        "the output may lie between the inputs");
  resetAll(memory);
  for (int n = 0; n < 4; ++n) {
    arrays[n].tensor.data = arrays[n].data + (S - 1) * D;
    arrays[n].strides[2] = -D;
  }
  check(!attention(arguments, 4, NULL) && isRight(), "reversed rows");
  resetAll(memory);
  for (int n = 0; n < 4; ++n) {
    arrays[n].shape[0] = 0;
    arrays[n].tensor.data = NULL;
  }
  check(!attention(arguments, 4, NULL), "an array without elements");
}

/* Memory of that many floats, which ends where no page is, or begins there. */
static float *guarded(size_t count, int atEnd) {
  size_t page = sysconf(_SC_PAGESIZE);
  size_t inside = (count * sizeof(float) + page - 1) / page * page;
  char *pages = mmap(NULL, inside + 2 * page, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + page, inside, PROT_READ | PROT_WRITE);
  return (float *)(pages + page + (atEnd ? inside - count * sizeof(float) : 0));
}

/* Calls each version on arrays of odd sizes between pages that are not there.
 */
static void tryOutside(const fovea_entry_t *entry) {
  int failed = 0;
  for (int atEnd = 0; atEnd < 2; ++atEnd)
    for (int queries = 1; queries < 70; queries += 17) {
      for (int n = 0; n < 4; ++n) {
        int rows = n == 1 || n == 2 ? 61 : queries;
        reset(n, guarded((size_t)rows * D, atEnd));
        int64_t shape[4] = {1, 1, rows, D};
        memcpy(arrays[n].shape, shape, sizeof(shape));
        for (int m = 0; m < rows * D; ++m)
          arrays[n].data[m] = 1;
      }
      for (int64_t version = 0; version < entry->count; ++version) {
        fovea_entry_t one = *entry;
        one.count -= version;
        one.codes += version;
        memset(arrays[3].data, 0xff, (size_t)queries * D * sizeof(float));
        failed |= fovea_call(&one, arguments, 4, NULL);
        for (int m = 0; m < queries * D; ++m)
          failed |= fabsf(arrays[3].data[m] - 1) > 1e-5f;
      }
    }
  check(!failed, "nothing outside of the arrays is touched");
}

/*===----------------------------------------------------------------------===//
// Memory, threads and tracing
//===----------------------------------------------------------------------===*/

static char events[1000];

static void begin(enum fovea_trace_kind kind, const char *name, int64_t items,
                  void *context) {
  size_t used = strlen(events);
  (void)context;
  snprintf(events + used, sizeof(events) - used, "begin %s %s",
           kind == FOVEA_TRACE_CALL ? "call" : "loop", name);
  used = strlen(events);
  if (kind == FOVEA_TRACE_CALL)
    snprintf(events + used, sizeof(events) - used, " %d", (int)items);
  strcat(events, ", ");
}

static void end(enum fovea_trace_kind kind, const char *name, int status,
                void *context) {
  size_t used = strlen(events);
  (void)context, (void)name;
  snprintf(events + used, sizeof(events) - used, "end %s %d%s",
           kind == FOVEA_TRACE_CALL ? "call" : "loop", status,
           kind == FOVEA_TRACE_CALL ? "" : ", ");
}

typedef struct {
  fovea_body_t body;
  int64_t next, items;
  void *context;
  pthread_mutex_t mutex;
} loop_t;

static void *runItems(void *opaque) {
  loop_t *loop = opaque;
  for (;;) {
    pthread_mutex_lock(&loop->mutex);
    int64_t item = loop->next++;
    pthread_mutex_unlock(&loop->mutex);
    if (item >= loop->items)
      return NULL;
    loop->body(item, NULL, loop->context);
  }
}

static void fourThreads(int64_t items, int64_t scratchBytes, fovea_body_t body,
                        void *context) {
  loop_t loop = {body, 0, items, context, PTHREAD_MUTEX_INITIALIZER};
  pthread_t threads[4];
  (void)scratchBytes;
  for (int n = 0; n < 4; ++n)
    pthread_create(&threads[n], NULL, runItems, &loop);
  for (int n = 0; n < 4; ++n)
    pthread_join(threads[n], NULL);
}

static void tryMemory(const fovea_entry_t *two, float *memory) {
  static _Alignas(64) char workspace[1 << 22];
  resetAll(memory);
  expectError(fovea_set_workspace(workspace + 1, 100),
              "a workspace that is not aligned");
  int64_t needed = fovea_workspace_bytes(two, arguments, 6, 1);
  int64_t more = fovea_workspace_bytes(two, arguments, 6, 3);
  failures +=
      needed < COUNT * 4 || more <= needed || more > (int64_t)sizeof(workspace);
  fovea_set_workspace(workspace, needed - 1);
  expectError(fovea_call(two, arguments, 6, NULL), "a small workspace");
  arguments[0] = NULL;
  expectError(fovea_workspace_bytes(two, arguments, 6, 0) < 0,
              "the workspace of wrong arguments");
  resetAll(memory);

  memset(workspace, 0x5a, sizeof(workspace));
  fovea_set_workspace(workspace, needed);
  int before = allocations;
  int failed = fovea_call(two, arguments, 6, NULL);
  int inside = 1;
  for (size_t n = needed; n < sizeof(workspace); ++n)
    inside &= workspace[n] == 0x5a;
  check(!failed && allocations == before && inside,
        "with a workspace the first call allocates nothing");
  fovea_set_workspace(NULL, 0);
  float first[8];
  memcpy(first, arrays[4].data + COUNT - 8, sizeof(first));
  fovea_set_num_threads(1);
  fovea_call(two, arguments, 6, NULL);
  before = allocations;
  memset(arrays[4].data, 0xff, COUNT * 4);
  failed = fovea_call(two, arguments, 6, NULL);
  check(!failed && allocations == before &&
            !memcmp(first, arrays[4].data + COUNT - 8, sizeof(first)),
        "without one the second call allocates nothing");

  fovea_set_num_threads(3);
  memset(workspace, 0x5a, sizeof(workspace));
  fovea_set_workspace(workspace, more);
  fovea_set_parallel_for(fourThreads);
  memset(arrays[4].data, 0xff, COUNT * 4);
  failed = fovea_call(two, arguments, 6, NULL);
  inside = 1;
  for (size_t n = more; n < sizeof(workspace); ++n)
    inside &= workspace[n] == 0x5a;
  check(!failed && inside &&
            !memcmp(first, arrays[4].data + COUNT - 8, sizeof(first)),
        "a provider's threads use the workspace");
  fovea_set_parallel_for(NULL);
  fovea_set_workspace(NULL, 0);

  fovea_tracer_t tracer = {begin, end, NULL};
  fovea_set_tracer(&tracer);
  fovea_call(two, arguments, 6, NULL);
  printf("OK: the tracer: %s\n", events);
  events[0] = 0;
  fovea_call(two, arguments, 5, NULL);
  check(!strcmp(events, "begin call two 5, end call 1"),
        "the tracer sees errors");
  fovea_set_tracer(NULL);
}

static void tryAffinity(void) {
  pid_t child = fork();
  if (child == 0) {
    cpu_set_t all, one;
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof(all), &all);
    for (int n = 0; n < CPU_SETSIZE && !CPU_COUNT(&one); ++n)
      if (CPU_ISSET(n, &all))
        CPU_SET(n, &one);
    sched_setaffinity(0, sizeof(one), &one);
    unsetenv("FOVEA_NUM_THREADS");
    execl("/proc/self/exe", "object", "--threads", NULL);
    _exit(1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  check(status == 0, "a process that may run on one CPU uses one thread");
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  const char *prefix = argv[1];
  if (!strcmp(prefix, "--threads"))
    return fovea_get_num_threads() != 1;
  tryFiles(prefix);
  tryVersions(prefix);

  fovea_object_t *object = fovea_load(beside(prefix, ".so"));
  fovea_object_t *later = fovea_load(beside(prefix, ".later.so"));
  fovea_object_t *older = fovea_load(beside(prefix, ".older.so"));
  if (!object || !later || !older) {
    printf("WRONG: %s\n", fovea_last_error());
    return 1;
  }
  expectError(!fovea_find(object, "nothing"), "a missing function");
  expectError(!fovea_find(older, "malloc"), "a function of the C library");
  expectError(!fovea_find(later, "attention"), "a later CPU");
  void *handle = dlopen(beside(prefix, ".later.so"), RTLD_NOW);
  fovea_function_t impossible =
      handle ? (fovea_function_t)dlsym(handle, "attention") : NULL;
  static float memory[6 * COUNT];
  resetAll(memory);
  expectError(impossible && impossible(arguments, 4, NULL), "a call on it");

  const fovea_entry_t *entry = fovea_find_entry(object, "attention");
  fovea_function_t attention = fovea_find(object, "attention");
  fovea_function_t two = fovea_find(object, "two");
  if (!entry || !attention || !two) {
    printf("WRONG: %s\n", fovea_last_error());
    return 1;
  }
  check(entry->count == 3 && entry->codes[2].features == 0 &&
            !strcmp(entry->codes[0].target, "cpu:avx512") &&
            !(entry->codes[1].features & ~entry->codes[0].features),
        "three versions, each for all CPUs of the one before");
  tryArguments(attention, two, memory);
  tryOutside(entry);
  tryAffinity();
  tryMemory(fovea_find_entry(object, "two"), memory);
  fovea_unload(object);
  fovea_unload(later);
  fovea_unload(older);
  check(failures == 0, "all");
  return failures != 0;
}
