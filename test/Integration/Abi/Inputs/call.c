/*===- call.c - Calls a compiled function and checks it ===*
 *
 * Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
 * See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/
/*
 * call SHARED-OBJECT cpu|cuda: calls `attention` (causal, bf16, 128 channels,
 * grouped heads) of a shared object and compares with a loop in double. Links
 * only the C library; needs libfovea_runtime.so.0 beside the shared object, and
 * for cuda a driver. Prints OK for each check and returns 0 if all passed.
 */
#include "fovea-runtime/Runtime.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 2, H = 4, HK = 2, S = 300, D = 128 };

static int failures;
static void check(int ok, const char *what, const char *detail) {
  printf("%s: %s%s%s\n", ok ? "OK" : "FAILED", what, detail ? ": " : "",
         detail ? detail : "");
  failures += !ok;
}

/* The driver, for cuda only. */
static void *driver;
static int call_driver(const char *name, void *a, void *b, void *c) {
  int (*f)(void *, void *, void *) =
      (int (*)(void *, void *, void *))dlsym(driver, name);
  int status = f ? f(a, b, c) : -1;
  if (status) {
    printf("FAILED: %s gives %d\n", name, status);
    exit(1);
  }
  return status;
}
#define CU(name, a, b, c)                                                      \
  call_driver(name, (void *)(size_t)(a), (void *)(size_t)(b),                  \
              (void *)(size_t)(c))

static float widen(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
static uint16_t narrow(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

typedef struct {
  uint16_t *host;
  size_t bytes;
  int64_t shape[4];
  fovea_tensor_t tensor;
} array_t;

static void make(array_t *a, int heads, int cuda, uint32_t seed) {
  int64_t count = (int64_t)B * heads * S * D;
  a->bytes = count * 2;
  a->host = malloc(a->bytes);
  for (int64_t n = 0; n < count; ++n) {
    seed = seed * 1664525 + 1013904223;
    a->host[n] = narrow(((int32_t)seed / 2147483648.0f) * 1.7f);
  }
  int64_t shape[4] = {B, heads, S, D};
  memcpy(a->shape, shape, sizeof(shape));
  memset(&a->tensor, 0, sizeof(a->tensor));
  a->tensor.data = a->host;
  a->tensor.device.type = cuda ? 2 : 1;
  a->tensor.ndim = 4;
  a->tensor.dtype.code = 4;
  a->tensor.dtype.bits = 16;
  a->tensor.dtype.lanes = 1;
  a->tensor.shape = a->shape;
  if (cuda) {
    CU("cuMemAlloc_v2", &a->tensor.data, a->bytes, 0);
    CU("cuMemcpyHtoD_v2", a->tensor.data, a->host, a->bytes);
  }
}

static void poison(array_t *a, int cuda) {
  memset(a->host, 0xff, a->bytes);
  if (cuda)
    CU("cuMemcpyHtoD_v2", a->tensor.data, a->host, a->bytes);
}

static void fetch(array_t *a, int cuda) {
  if (cuda) {
    CU("cuCtxSynchronize", 0, 0, 0);
    CU("cuMemcpyDtoH_v2", a->host, a->tensor.data, a->bytes);
  }
}

static double error_of(array_t *q, array_t *k, array_t *v, array_t *o) {
  double sum = 0, wanted = 0;
  for (int b = 0; b < B; ++b)
    for (int h = 0; h < H; ++h)
      for (int i = 0; i < S; ++i) {
        const uint16_t *kk = k->host + (size_t)(b * HK + h * HK / H) * S * D;
        const uint16_t *vv = v->host + (size_t)(b * HK + h * HK / H) * S * D;
        size_t row = ((size_t)(b * H + h) * S + i) * D;
        double p[S], most = -1e300, total = 0;
        for (int j = 0; j <= i; ++j) {
          p[j] = 0;
          for (int d = 0; d < D; ++d)
            p[j] += (double)widen(q->host[row + d]) * widen(kk[j * D + d]);
          p[j] /= sqrt((double)D);
          most = p[j] > most ? p[j] : most;
        }
        for (int j = 0; j <= i; ++j)
          total += p[j] = exp(p[j] - most);
        for (int d = 0; d < D; ++d) {
          double want = 0;
          for (int j = 0; j <= i; ++j)
            want += p[j] / total * widen(vv[j * D + d]);
          double difference = widen(o->host[row + d]) - want;
          sum += difference * difference;
          wanted += want * want;
        }
      }
  return sqrt(sum / wanted);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: call SHARED-OBJECT cpu|cuda\n");
    return 2;
  }
  int cuda = !strcmp(argv[2], "cuda");
  void *stream = NULL;
  if (cuda) {
    const char *path = getenv("FOVEA_CUDA_DRIVER");
    driver = dlopen(path ? path : "libcuda.so.1", RTLD_NOW);
    if (!driver) {
      printf("FAILED: no NVIDIA GPU: %s\n", dlerror());
      return 1;
    }
    int device;
    void *context;
    CU("cuInit", 0, 0, 0);
    CU("cuDeviceGet", &device, 0, 0);
    CU("cuDevicePrimaryCtxRetain", &context, device, 0);
    CU("cuCtxSetCurrent", context, 0, 0);
    CU("cuStreamCreate", &stream, 1, 0);
  }
  void *object = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  if (!object) {
    printf("FAILED: %s\n", dlerror());
    return 1;
  }
  fovea_function_t attention = (fovea_function_t)dlsym(object, "attention");
  const char *(*last)(void) = (const char *(*)(void))dlsym(object, "fovea_last_error");
  if (!attention || !last) {
    printf("FAILED: %s\n", dlerror());
    return 1;
  }
  array_t q, k, v, o;
  make(&q, H, cuda, 1);
  make(&k, HK, cuda, 2);
  make(&v, HK, cuda, 3);
  make(&o, H, cuda, 4);
  poison(&o, cuda);
  const fovea_tensor_t *arguments[] = {&q.tensor, &k.tensor, &v.tensor,
                                       &o.tensor};

  /* Errors come first, and leave the output alone. */
  check(attention(arguments, 3, stream) == 1, "a missing argument", last());
  k.tensor.dtype.code = 2;
  check(attention(arguments, 4, stream) == 1, "a wrong type", last());
  k.tensor.dtype.code = 4;
  k.shape[0] = B - 1;
  check(attention(arguments, 4, stream) == 1, "unequal sizes", last());
  k.shape[0] = B;
  k.tensor.device.type = cuda ? 1 : 2;
  check(attention(arguments, 4, stream) == 1, "a wrong device", last());
  k.tensor.device.type = cuda ? 2 : 1;
  k.tensor.ndim = 3;
  check(attention(arguments, 4, stream) == 1, "a wrong rank", last());
  k.tensor.ndim = 4;
  if (cuda) {
    int64_t odd[4] = {HK * S * (D + 4), S * (D + 4), D + 4, 1};
    k.tensor.strides = odd;
    check(attention(arguments, 4, stream) == 1, "a stride", last());
    k.tensor.strides = NULL;
    k.tensor.byte_offset = 8;
    check(attention(arguments, 4, stream) == 1, "an address", last());
    k.tensor.byte_offset = 0;
  }
  fetch(&o, cuda);
  int untouched = 1;
  for (size_t n = 0; n < o.bytes / 2; ++n)
    untouched &= o.host[n] == 0xffff;
  check(untouched, "errors leave the output alone", NULL);

  char text[64];
  int status = attention(arguments, 4, stream);
  check(status == 0, "a call", status ? last() : NULL);
  fetch(&o, cuda);
  double error = error_of(&q, &k, &v, &o);
  snprintf(text, sizeof(text), "%.2e", error);
  check(error < 1e-2, "relative error", text);

  if (cuda) {
    void *graph, *executable;
    poison(&o, cuda);
    CU("cuStreamBeginCapture_v2", stream, 0, 0);
    status = attention(arguments, 4, stream);
    CU("cuStreamEndCapture", stream, &graph, 0);
    check(status == 0, "a captured call", status ? last() : NULL);
    CU("cuGraphInstantiateWithFlags", &executable, graph, 0);
    for (int n = 0; n < 3; ++n)
      CU("cuGraphLaunch", executable, stream, 0);
    fetch(&o, cuda);
    error = error_of(&q, &k, &v, &o);
    snprintf(text, sizeof(text), "%.2e", error);
    check(error < 1e-2, "relative error of the replayed graph", text);
  }
  return failures != 0;
}
