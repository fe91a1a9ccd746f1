//===- CudaDriver.h - NVIDIA's driver, opened at run time -------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of libcuda.so.1 that Fovea calls, with the types and values of
// the driver's ABI; no toolkit is needed to build. The environment variable
// FOVEA_CUDA_DRIVER names another library to open.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_CUDADRIVER_H
#define FOVEA_RUNTIME_CUDADRIVER_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>

namespace fovea::cuda {

using Result = int;
using Context = struct ContextObject *;
using Module = struct ModuleObject *;
using Function = struct FunctionObject *;
using Stream = struct StreamObject *;
using Event = struct EventObject *;
using Device = int;
using Address = uint64_t;

/// CUlaunchAttribute; the value is a number at its start.
struct alignas(8) LaunchAttribute {
  int id;
  int padding;
  int value;
  char rest[60];
};
static_assert(sizeof(LaunchAttribute) == 72 &&
                  offsetof(LaunchAttribute, value) == 8,
              "as in the driver's ABI");
/// CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION.
constexpr int launchBeforeEnd = 6;

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned grid[3];
  unsigned block[3];
  unsigned sharedBytes;
  Stream stream;
  LaunchAttribute *attributes;
  unsigned numAttributes;
};
static_assert(sizeof(LaunchConfig) == 56 &&
                  offsetof(LaunchConfig, stream) == 32,
              "as in the driver's ABI");

struct alignas(64) TensorMap {
  uint64_t words[16];
};

constexpr int attributeProcessors = 16;
constexpr int attributeMajor = 75, attributeMinor = 76;
constexpr int functionLocalBytes = 3, functionMaxDynamicShared = 8;
constexpr int captureRelaxed = 2;
constexpr unsigned streamNonBlocking = 1;

/// name, its symbol in the library, result and parameters.
#define FOVEA_CUDA_FUNCTIONS(F)                                                \
  F(init, "cuInit", unsigned)                                                  \
  F(driverGetVersion, "cuDriverGetVersion", int *)                             \
  F(getErrorString, "cuGetErrorString", Result, const char **)                 \
  F(deviceGet, "cuDeviceGet", Device *, int)                                   \
  F(deviceGetName, "cuDeviceGetName", char *, int, Device)                     \
  F(deviceGetAttribute, "cuDeviceGetAttribute", int *, int, Device)            \
  F(primaryCtxRetain, "cuDevicePrimaryCtxRetain", Context *, Device)           \
  F(ctxSetCurrent, "cuCtxSetCurrent", Context)                                 \
  F(ctxGetCurrent, "cuCtxGetCurrent", Context *)                               \
  F(ctxGetDevice, "cuCtxGetDevice", Device *)                                  \
  F(ctxGetId, "cuCtxGetId", Context, unsigned long long *)                     \
  F(ctxSynchronize, "cuCtxSynchronize")                                        \
  F(moduleLoadData, "cuModuleLoadData", Module *, const void *)                \
  F(moduleUnload, "cuModuleUnload", Module)                                    \
  F(moduleGetFunction, "cuModuleGetFunction", Function *, Module,              \
    const char *)                                                              \
  F(funcGetAttribute, "cuFuncGetAttribute", int *, int, Function)              \
  F(funcSetAttribute, "cuFuncSetAttribute", Function, int, int)                \
  F(tensorMapEncodeTiled, "cuTensorMapEncodeTiled", TensorMap *, int,          \
    uint32_t, void *, const uint64_t *, const uint64_t *, const uint32_t *,    \
    const uint32_t *, int, int, int, int)                                      \
  F(launchKernel, "cuLaunchKernelEx", const LaunchConfig *, Function, void **, \
    void **)                                                                   \
  F(streamCreate, "cuStreamCreate", Stream *, unsigned)                        \
  F(streamDestroy, "cuStreamDestroy_v2", Stream)                               \
  F(streamSynchronize, "cuStreamSynchronize", Stream)                          \
  F(streamGetCtx, "cuStreamGetCtx", Stream, Context *)                         \
  F(threadExchangeCaptureMode, "cuThreadExchangeStreamCaptureMode", int *)     \
  F(memAlloc, "cuMemAlloc_v2", Address *, size_t)                              \
  F(memFree, "cuMemFree_v2", Address)                                          \
  F(memsetD8Async, "cuMemsetD8Async", Address, unsigned char, size_t, Stream)  \
  F(memcpyHtoD, "cuMemcpyHtoD_v2", Address, const void *, size_t)              \
  F(memcpyDtoH, "cuMemcpyDtoH_v2", void *, Address, size_t)                    \
  F(eventCreate, "cuEventCreate", Event *, unsigned)                           \
  F(eventDestroy, "cuEventDestroy_v2", Event)                                  \
  F(eventRecord, "cuEventRecord", Event, Stream)                               \
  F(eventSynchronize, "cuEventSynchronize", Event)                             \
  F(eventElapsedTime, "cuEventElapsedTime", float *, Event, Event)

/// The opened library.
struct Driver {
  /// Why the driver can't be used; empty if it can.
  char error[512] = "";
  int version = 0; ///< 1000 * major + 10 * minor.

#define FOVEA_DECLARE(NAME, SYMBOL, ...) Result (*NAME)(__VA_ARGS__) = nullptr;
  FOVEA_CUDA_FUNCTIONS(FOVEA_DECLARE)
#undef FOVEA_DECLARE

  /// The process's driver, opened and initialized at the first call.
  static const Driver &get() {
    static const Driver driver;
    return driver;
  }

  bool isUsable() const { return error[0] == '\0'; }

  /// What a status means.
  const char *describe(Result status) const {
    const char *text = nullptr;
    if (getErrorString(status, &text) || !text)
      return "unknown error";
    return text;
  }

private:
  Driver() { open(); }

  void open() {
    const char *path = getenv("FOVEA_CUDA_DRIVER");
    if (!path || !*path)
      path = "libcuda.so.1";
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return fail("no NVIDIA GPU: %s", dlerror());
#define FOVEA_LOAD(NAME, SYMBOL, ...)                                          \
  NAME = reinterpret_cast<Result (*)(__VA_ARGS__)>(dlsym(library, SYMBOL));    \
  if (!NAME)                                                                   \
    return fail("the NVIDIA driver is too old: %s is missing (CUDA 12 is "     \
                "needed)",                                                     \
                SYMBOL);
    FOVEA_CUDA_FUNCTIONS(FOVEA_LOAD)
#undef FOVEA_LOAD
    if (Result status = init(0))
      return fail("no NVIDIA GPU: cuInit: %s", describe(status));
    driverGetVersion(&version);
  }

  void fail(const char *format, const char *what) {
    snprintf(error, sizeof(error), format, what);
  }
};

} // namespace fovea::cuda

#endif // FOVEA_RUNTIME_CUDADRIVER_H
