/*===- fake_cuda.c - A driver that records calls ===*
 *
 * Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
 * See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/
/* Stands in for libcuda.so.1 (FOVEA_CUDA_DRIVER): device memory is the host's,
 * nothing runs, and what a launch asks for is printed. FAKE_CAPABILITY is the
 * device's compute capability times 10, FAKE_VERSION the driver's version,
 * FAKE_LOCAL the local memory of kernels; the function that FAKE_FAIL names fails;
 * with FAKE_NO_CONTEXT no context is current. Compiled with FAKE_OLD, it is a
 * driver that is too old. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int status_of(const char *function) {
  const char *failing = getenv("FAKE_FAIL");
  return failing && !strcmp(failing, function) ? 999 : 0;
}

#define RETURN_0(NAME)                                                         \
  int NAME(void) { return status_of(#NAME); }
RETURN_0(cuInit)
RETURN_0(cuCtxSetCurrent)
RETURN_0(cuCtxSynchronize)
RETURN_0(cuModuleUnload)
RETURN_0(cuStreamDestroy_v2)
RETURN_0(cuStreamSynchronize)
RETURN_0(cuThreadExchangeStreamCaptureMode)
RETURN_0(cuEventCreate)
RETURN_0(cuEventDestroy_v2)
RETURN_0(cuEventRecord)
RETURN_0(cuEventSynchronize)
RETURN_0(cuEventElapsedTime)
RETURN_0(cuStreamBeginCapture_v2)
RETURN_0(cuStreamEndCapture)
RETURN_0(cuGraphInstantiateWithFlags)
RETURN_0(cuGraphLaunch)

int cuDriverGetVersion(int *version) {
  const char *text = getenv("FAKE_VERSION");
  return *version = text ? atoi(text) : 12000, 0;
}
int cuGetErrorString(int status, const char **text) {
  (void)status;
  *text = "a fake error";
  return 0;
}
int cuDeviceGet(int *device, int n) { return *device = n, 0; }
int cuDeviceGetName(char *name, int size, int device) {
  (void)device;
  return snprintf(name, size, "fake"), 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  const char *text = getenv("FAKE_CAPABILITY");
  int capability = text ? atoi(text) : 90;
  *value = attribute == 16 ? 132 : attribute == 75 ? capability / 10 : capability % 10;
  return status_of("cuDeviceGetAttribute");
}
static int context;
int cuDevicePrimaryCtxRetain(void **c, int d) { return (void)d, *c = &context, 0; }
int cuCtxGetCurrent(void **c) {
  *c = getenv("FAKE_NO_CONTEXT") ? NULL : &context;
  return status_of("cuCtxGetCurrent");
}
int cuCtxGetDevice(int *device) {
  return *device = 0, status_of("cuCtxGetDevice");
}
int cuCtxGetId(void *c, unsigned long long *id) {
  return (void)c, *id = 7, status_of("cuCtxGetId");
}
int cuStreamCreate(void **stream, unsigned flags) {
  (void)flags;
  static int object;
  return *stream = &object, status_of("cuStreamCreate");
}
int cuStreamGetCtx(void *stream, void **c) {
  (void)stream;
  static int other;
  *c = getenv("FAKE_OTHER_CONTEXT") ? &other : &context;
  return 0;
}
int cuModuleLoadData(void **module, const void *image) {
  const char *text = image;
  *module = &context;
  printf("load %s\n", text[0] == 0x7f     ? "a cubin"
                      : strstr(text, ".target sm_90a") ? "PTX for sm_90a"
                                                       : "what is no code");
  return status_of("cuModuleLoadData");
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
  (void)module;
  printf("function %s\n", name);
  static char names[64][64];
  static int count;
  *function = strncpy(names[count++ % 64], name, 63);
  return status_of("cuModuleGetFunction");
}
/* FAKE_LOCAL is NAME=BYTES ..., with a space between two. */
int cuFuncGetAttribute(int *value, int attribute, void *function) {
  const char *text = getenv("FAKE_LOCAL");
  size_t length = strlen(function);
  *value = 0;
  for (; text && attribute == 3; text = strchr(text, ' '), text = text ? text + 1 : text)
    if (!strncmp(text, function, length) && text[length] == '=')
      *value = atoi(text + length + 1);
  return status_of("cuFuncGetAttribute");
}
int cuFuncSetAttribute(void *function, int attribute, int value) {
  (void)function;
  printf("attribute %d = %d\n", attribute, value);
  return status_of("cuFuncSetAttribute");
}
int cuMemAlloc_v2(void **memory, size_t bytes) {
  if (status_of("cuMemAlloc_v2"))
    return 999;
  return *memory = aligned_alloc(256, (bytes + 255) & ~(size_t)255), 0;
}
int cuMemFree_v2(void *memory) { return free(memory), 0; }
int cuMemsetD8Async(void *memory, int value, size_t bytes, void *stream) {
  (void)stream;
  return memset(memory, value, bytes), status_of("cuMemsetD8Async");
}
int cuMemcpyHtoD_v2(void *to, const void *from, size_t bytes) {
  return memcpy(to, from, bytes), 0;
}
int cuMemcpyDtoH_v2(void *to, const void *from, size_t bytes) {
  return memcpy(to, from, bytes), 0;
}
#ifndef FAKE_OLD
int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address,
                           const uint64_t *dims, const uint64_t *strides,
                           const uint32_t *box, const uint32_t *steps,
                           int interleave, int swizzle, int promotion,
                           int fill) {
  printf("map type %d dims", type);
  for (uint32_t n = 0; n < rank; ++n)
    printf(" %llu", (unsigned long long)dims[n]);
  printf(" strides");
  for (uint32_t n = 0; n + 1 < rank; ++n)
    printf(" %llu", (unsigned long long)strides[n]);
  printf(" box");
  for (uint32_t n = 0; n < rank; ++n)
    printf(" %u", box[n]);
  printf(" swizzle %d promotion %d%s\n", swizzle, promotion,
         (uintptr_t)address % 16 || (uintptr_t)map % 64 || steps[0] != 1 ||
                 interleave || fill
             ? " WRONG"
             : "");
  return status_of("cuTensorMapEncodeTiled");
}
#endif
struct config {
  unsigned grid[3], block[3], shared;
  void *stream, *attributes;
  unsigned count;
};
int cuLaunchKernelEx(const struct config *config, void *function,
                     void **parameters, void **extra) {
  (void)function, (void)extra, (void)parameters;
  printf("launch grid %u %u %u block %u %u %u shared %u stream %s%s\n",
         config->grid[0], config->grid[1], config->grid[2], config->block[0],
         config->block[1], config->block[2], config->shared,
         config->stream ? "given" : "default",
         config->count ? " before others end" : "");
  return status_of("cuLaunchKernelEx");
}
