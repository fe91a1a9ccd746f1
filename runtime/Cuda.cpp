//===- Cuda.cpp - Launches on NVIDIA GPUs ---------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "CudaDevice.h"
#include "CudaDriver.h"

#include "fovea-runtime/Runtime.h"

#include <atomic>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>

using namespace fovea::cuda;
using namespace fovea::runtime;

namespace {

/// Memory of a kernel on one stream.
struct Workspace {
  Stream stream;
  int64_t argument;
  Address memory;
  Workspace *next;
};

/// A kernel in one context. Contexts are told apart by their numbers, which
/// are never used again.
struct LoadedKernel {
  unsigned long long context;
  Function function;
  int processors;
  int localBytes; ///< Memory of a thread for what registers do not hold.
  std::atomic<Workspace *> workspaces;
  LoadedKernel *next;
};

/// Lists are read without a lock and only grow, at the front, under this one.
std::mutex &growth() {
  static std::mutex &mutex = *new std::mutex;
  return mutex;
}

/// Lets this thread load code and allocate while a stream is captured.
class RelaxedCapture {
public:
  explicit RelaxedCapture(const Driver &driver) : driver(driver) {
    driver.threadExchangeCaptureMode(&mode);
  }
  ~RelaxedCapture() { driver.threadExchangeCaptureMode(&mode); }

private:
  const Driver &driver;
  int mode = captureRelaxed;
};

/// One launch.
class Launch {
public:
  Launch(fovea_cuda_kernel_t &kernel, void *const *arguments, Stream stream)
      : driver(Driver::get()), kernel(kernel), arguments(arguments),
        stream(stream) {}

  bool run(const int64_t *grid);

  /// Bytes of local memory of a thread; negative after an error.
  int64_t findLocalBytes() {
    return findKernel(kernel.facts[0], kernel.facts[2]) ? loaded->localBytes
                                                        : -1;
  }

private:
  static constexpr int64_t maxArguments = 64, maxRank = 5;

  __attribute__((format(printf, 2, 3))) bool fail(const char *format, ...);
  bool check(Result status, const char *what) {
    return !status || fail("%s: %s", what, driver.describe(status));
  }
  bool findKernel(int64_t capability, int64_t sharedBytes);
  LoadedKernel *load(unsigned long long context, int64_t capability,
                     int64_t sharedBytes);
  bool makeTensorMap(const int64_t *words, TensorMap &map);
  bool findWorkspace(int64_t argument, int64_t bytes, Address &memory);
  const int64_t *descriptor(int64_t argument) const {
    return static_cast<const int64_t *>(arguments[argument]);
  }

  const Driver &driver;
  fovea_cuda_kernel_t &kernel;
  void *const *arguments;
  Stream stream;
  LoadedKernel *loaded = nullptr;
};

} // namespace

static std::atomic<LoadedKernel *> &kernelsOf(fovea_cuda_kernel_t &kernel) {
  static_assert(sizeof(std::atomic<LoadedKernel *>) == sizeof(void *));
  return *reinterpret_cast<std::atomic<LoadedKernel *> *>(&kernel.state);
}

bool Launch::fail(const char *format, ...) {
  char message[512];
  int length = snprintf(message, sizeof(message), "%.200s: ", kernel.name);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + length, sizeof(message) - length, format, arguments);
  va_end(arguments);
  fovea_report_error(message);
  return false;
}

bool fovea::runtime::isCurrentCudaDevice(int32_t id, char *why, size_t size) {
  const Driver &driver = Driver::get();
  if (!driver.isUsable()) {
    snprintf(why, size, "%s", driver.error);
    return false;
  }
  Device current;
  if (Result status = driver.ctxGetDevice(&current)) {
    snprintf(why, size,
             "this thread has no current CUDA context (%s); make one of "
             "device %d current",
             driver.describe(status), int(id));
    return false;
  }
  if (current == id)
    return true;
  snprintf(why, size,
           "is on CUDA device %d, but the current context on device "
           "%d",
           int(id), int(current));
  return false;
}

//===----------------------------------------------------------------------===//
// Code and memory
//===----------------------------------------------------------------------===//

LoadedKernel *Launch::load(unsigned long long context, int64_t capability,
                           int64_t sharedBytes) {
  Device device;
  int major = 0, minor = 0, processors = 0;
  if (!check(driver.ctxGetDevice(&device), "cuCtxGetDevice") ||
      !check(driver.deviceGetAttribute(&major, attributeMajor, device),
             "cuDeviceGetAttribute") ||
      !check(driver.deviceGetAttribute(&minor, attributeMinor, device),
             "cuDeviceGetAttribute") ||
      !check(
          driver.deviceGetAttribute(&processors, attributeProcessors, device),
          "cuDeviceGetAttribute"))
    return nullptr;
  if (major * 10 + minor != capability) {
    fail("is compiled for compute capability %d.%d, but device %d has %d.%d",
         int(capability / 10), int(capability % 10), device, major, minor);
    return nullptr;
  }
  RelaxedCapture relaxed(driver);
  Module module;
  if (!check(driver.moduleLoadData(&module, kernel.image), "cuModuleLoadData"))
    return nullptr;
  Function function;
  auto *entry = new (std::nothrow)
      LoadedKernel{context, nullptr, processors, 0, {}, nullptr};
  if (entry &&
      check(driver.moduleGetFunction(&function, module, kernel.name),
            "cuModuleGetFunction") &&
      check(driver.funcSetAttribute(function, functionMaxDynamicShared,
                                    int(sharedBytes)),
            "cuFuncSetAttribute(dynamic shared memory)") &&
      check(driver.funcGetAttribute(&entry->localBytes, functionLocalBytes,
                                    function),
            "cuFuncGetAttribute")) {
    entry->function = function;
    return entry;
  }
  if (!entry)
    fail("no memory");
  delete entry;
  driver.moduleUnload(module);
  return nullptr;
}

bool Launch::findKernel(int64_t capability, int64_t sharedBytes) {
  if (!driver.isUsable())
    return fail("%s", driver.error);
  Context current = nullptr;
  unsigned long long number;
  if (!check(driver.ctxGetCurrent(&current), "cuCtxGetCurrent"))
    return false;
  if (!current)
    return fail("this thread has no current CUDA context");
  // 0, 1 and 2 are the default streams of whichever context is current.
  if (reinterpret_cast<uintptr_t>(stream) > 2) {
    Context owner;
    if (!check(driver.streamGetCtx(stream, &owner), "cuStreamGetCtx"))
      return false;
    if (owner != current)
      return fail("the stream is not one of the current CUDA context");
  }
  if (!check(driver.ctxGetId(current, &number), "cuCtxGetId"))
    return false;
  auto find = [&]() -> LoadedKernel * {
    LoadedKernel *k = kernelsOf(kernel).load(std::memory_order_acquire);
    while (k && k->context != number)
      k = k->next;
    return k;
  };
  if ((loaded = find()))
    return true;
  std::lock_guard<std::mutex> lock(growth());
  if ((loaded = find()))
    return true;
  loaded = load(number, capability, sharedBytes);
  if (!loaded)
    return false;
  loaded->next = kernelsOf(kernel).load(std::memory_order_relaxed);
  kernelsOf(kernel).store(loaded, std::memory_order_release);
  return true;
}

bool Launch::findWorkspace(int64_t argument, int64_t bytes, Address &memory) {
  auto find = [&] {
    Workspace *w = loaded->workspaces.load(std::memory_order_acquire);
    while (w && (w->stream != stream || w->argument != argument))
      w = w->next;
    if (w)
      memory = w->memory;
    return w != nullptr;
  };
  if (find())
    return true;
  std::lock_guard<std::mutex> lock(growth());
  if (find())
    return true;
  RelaxedCapture relaxed(driver);
  Stream own;
  if (!check(driver.memAlloc(&memory, bytes), "cuMemAlloc"))
    return false;
  auto *entry = new (std::nothrow) Workspace{stream, argument, memory, nullptr};
  bool ok = entry && check(driver.streamCreate(&own, streamNonBlocking),
                           "cuStreamCreate");
  if (ok) {
    ok =
        check(driver.memsetD8Async(memory, 0, bytes, own), "cuMemsetD8Async") &&
        check(driver.streamSynchronize(own), "cuStreamSynchronize");
    driver.streamDestroy(own);
  }
  if (!ok) {
    delete entry;
    driver.memFree(memory);
    return fail("no workspace");
  }
  entry->next = loaded->workspaces.load(std::memory_order_relaxed);
  loaded->workspaces.store(entry, std::memory_order_release);
  return true;
}

//===----------------------------------------------------------------------===//
// Tensor maps
//===----------------------------------------------------------------------===//

bool Launch::makeTensorMap(const int64_t *words, TensorMap &map) {
  int64_t parameter = words[0], memrefRank = words[1], type = words[2];
  int64_t bytes = words[3], swizzle = words[4], limitOf = words[5];
  int64_t limitDim = words[6], rank = words[7];
  const int64_t *dims = words + 8, *box = dims + rank;
  const int64_t *sizes = descriptor(parameter) + 3,
                *strides = sizes + memrefRank;
  uint64_t extents[maxRank], steps[maxRank] = {};
  uint32_t boxes[maxRank], ones[maxRank];
  auto address = static_cast<uint64_t>(descriptor(parameter)[1]);
  bool empty = false;
  for (int64_t n = 0; n < rank; ++n) {
    int64_t extent = sizes[dims[n]];
    if (n == 1 && limitOf >= 0) {
      int64_t limit = descriptor(limitOf)[3 + limitDim];
      extent = limit < extent ? limit : extent;
    }
    if (extent > int64_t(UINT32_MAX))
      return fail("argument %" PRId64 ": dimension %" PRId64
                  " has size %" PRId64 ", which exceeds the limit of 2^32 - 1",
                  parameter, dims[n], extent);
    empty |= extent <= 0;
    extents[n] = extent > 0 ? extent : 1;
    boxes[n] = static_cast<uint32_t>(box[n]);
    ones[n] = 1;
  }
  for (int64_t n = 1; n < rank; ++n) {
    // The stride of a dimension of one element is never used, and none of an
    // array without elements.
    int64_t step = strides[dims[n]];
    if (empty || sizes[dims[n]] <= 1)
      step = 16;
    else if (step <= 0 || step * bytes % 16 || step * bytes >= int64_t(1) << 40)
      return fail("argument %" PRId64 ": dimension %" PRId64 " has a stride of "
                  "%" PRId64 " elements of %" PRId64 " bytes; the GPU's copies "
                  "need a positive multiple of 16 bytes below 2^40: pass a "
                  "contiguous copy",
                  parameter, dims[n], step, bytes);
    steps[n - 1] = step * bytes;
  }
  // No element of an empty array is read; a map needs an address all the same.
  if (empty)
    address = 256;
  if (address % 16)
    return fail("argument %" PRId64 ": its address is not a multiple of 16, "
                "which the GPU's copies need: pass a copy",
                parameter);
  int mode = swizzle == 128 ? 3 : swizzle == 64 ? 2 : swizzle == 32 ? 1 : 0;
  constexpr int promoteTo256Bytes = 3;
  Result status = driver.tensorMapEncodeTiled(
      &map, int(type), uint32_t(rank), reinterpret_cast<void *>(address),
      extents, steps, boxes, ones, /*interleave=*/0, mode, promoteTo256Bytes,
      /*fill with NaN=*/0);
  return !status || fail("argument %" PRId64 ": cuTensorMapEncodeTiled: %s",
                         parameter, driver.describe(status));
}

//===----------------------------------------------------------------------===//
// Launch
//===----------------------------------------------------------------------===//

bool Launch::run(const int64_t *grid) {
  const int64_t *facts = kernel.facts;
  int64_t capability = facts[0], block = facts[1], sharedBytes = facts[2];
  int64_t persistent = facts[3] & FOVEA_CUDA_PERSISTENT, rank = facts[4];
  const int64_t *order = facts + 5, *next = order + rank;
  // x, y and z.
  static constexpr int64_t limits[] = {INT32_MAX, 65535, 65535};
  unsigned extents[3] = {1, 1, 1};
  int64_t items = 1;
  for (int64_t n = 0; n < rank; ++n) {
    if (grid[n] <= 0)
      return true;
    items = items > INT32_MAX || grid[n] > INT32_MAX ? INT64_MAX / 2
                                                     : items * grid[n];
  }
  TraceScope trace(FOVEA_TRACE_LAUNCH, kernel.name, items);
  if (persistent && items > INT32_MAX / 2)
    return fail("has more than 2^30 work items");
  for (int64_t n = 0; n < rank && !persistent; ++n) {
    int64_t extent = grid[order[n]];
    if (extent > limits[n])
      return fail("needs %" PRId64 " blocks in dimension %" PRId64
                  " of the grid, but a GPU takes %" PRId64,
                  extent, n, limits[n]);
    extents[n] = static_cast<unsigned>(extent);
  }
  if (!findKernel(capability, sharedBytes))
    return false;
  if (persistent)
    extents[0] =
        unsigned(items < loaded->processors ? items : loaded->processors);
  int64_t count = *next++;
  TensorMap maps[maxArguments];
  uint64_t values[maxArguments];
  void *parameters[maxArguments];
  if (count > maxArguments)
    return fail("has more than %" PRId64 " parameters", maxArguments);
  for (int64_t n = 0; n < count; ++n) {
    int64_t kind = next[0], length = next[1];
    const int64_t *words = next + 2;
    next = words + length;
    parameters[n] = &values[n];
    switch (kind) {
    case FOVEA_CUDA_TENSOR_MAP:
      if (!makeTensorMap(words, maps[n]))
        return false;
      parameters[n] = &maps[n];
      break;
    case FOVEA_CUDA_POINTER:
      values[n] = descriptor(words[0])[1];
      break;
    case FOVEA_CUDA_SIZE: {
      int64_t size = descriptor(words[0])[3 + words[1]];
      // Kernels add small constants to coordinates in 32 bits.
      constexpr int64_t largest = (int64_t(1) << 31) - (int64_t(1) << 20);
      if (size > largest)
        return fail("argument %" PRId64 ": dimension %" PRId64 " has size "
                    "%" PRId64 ", but a GPU takes %" PRId64,
                    words[0], words[1], size, largest);
      values[n] = size;
      break;
    }
    case FOVEA_CUDA_STRIDE:
      values[n] = descriptor(words[0])[3 + words[1] + words[2]];
      break;
    case FOVEA_CUDA_SCALAR:
      memcpy(&values[n], arguments[words[0]], sizeof(values[n]));
      break;
    case FOVEA_CUDA_WORKSPACE:
      if (!findWorkspace(
              n, words[0] + (length > 1 ? words[1] * loaded->processors : 0),
              values[n]))
        return false;
      break;
    case FOVEA_CUDA_EXTENT:
      values[n] = grid[words[0]];
      break;
    case FOVEA_CUDA_DESCRIPTOR:
      parameters[n] = arguments[words[0]];
      break;
    default:
      return fail("needs a newer libfovea_runtime (parameter of kind %" PRId64
                  ")",
                  kind);
    }
  }
  LaunchAttribute early = {launchBeforeEnd, 0, /*value=*/1, {}};
  LaunchConfig config = {{extents[0], extents[1], extents[2]},
                         {unsigned(block), 1, 1},
                         unsigned(sharedBytes),
                         stream,
                         &early,
                         0};
  // Graphs take such launches from this version on.
  constexpr int versionOfEarlyLaunches = 12030;
  if ((facts[3] & FOVEA_CUDA_WAITS) && driver.version >= versionOfEarlyLaunches)
    config.numAttributes = 1;
  return check(
      driver.launchKernel(&config, loaded->function, parameters, nullptr),
      "cuLaunchKernelEx");
}

//===----------------------------------------------------------------------===//
// Temporaries
//===----------------------------------------------------------------------===//

/// Memory for the temporaries of calls on one stream. It is not freed when more
/// is needed: a kernel that runs, or a graph, may use it.
struct fovea::runtime::DeviceMemory {
  unsigned long long context;
  const void *stream;
  int64_t bytes;
  Address address;
  DeviceMemory *next;
  std::mutex inUse;
};

/// The memory of a stream that is large enough; null after an error.
static DeviceMemory *getTemporaries(const char *name, void *stream,
                                    int64_t bytes) {
  static std::atomic<DeviceMemory *> all{nullptr};
  const Driver &driver = Driver::get();
  auto fail = [&](const char *why, const char *call = "") -> DeviceMemory * {
    char message[512];
    snprintf(message, sizeof(message), "%.200s: %s%s%.200s", name, call,
             *call ? ": " : "", why);
    fovea_report_error(message);
    return nullptr;
  };
  if (!driver.isUsable())
    return fail(driver.error);
  Context current = nullptr;
  unsigned long long context;
  if (Result status = driver.ctxGetCurrent(&current))
    return fail(driver.describe(status), "cuCtxGetCurrent");
  if (!current)
    return fail("this thread has no current CUDA context");
  if (Result status = driver.ctxGetId(current, &context))
    return fail(driver.describe(status), "cuCtxGetId");
  // CU_STREAM_PER_THREAD is another one in each thread.
  static thread_local char ownStream;
  const void *key =
      reinterpret_cast<uintptr_t>(stream) == 2 ? &ownStream : stream;
  int64_t largest = 0;
  auto find = [&]() -> DeviceMemory * {
    DeviceMemory *t = all.load(std::memory_order_acquire);
    for (; t; t = t->next) {
      if (t->context != context || t->stream != key)
        continue;
      if (t->bytes >= bytes)
        break;
      largest = t->bytes > largest ? t->bytes : largest;
    }
    return t;
  };
  DeviceMemory *found = find();
  if (!found) {
    std::lock_guard<std::mutex> lock(growth());
    found = find();
    if (!found) {
      RelaxedCapture relaxed(driver);
      int64_t size = bytes > 2 * largest ? bytes : 2 * largest;
      Address memory;
      if (Result status = driver.memAlloc(&memory, size))
        return fail(driver.describe(status), "cuMemAlloc");
      found = new (std::nothrow) DeviceMemory{
          context, key, size, memory, all.load(std::memory_order_relaxed), {}};
      if (!found) {
        driver.memFree(memory);
        return fail("no memory");
      }
      all.store(found, std::memory_order_release);
    }
  }
  return found;
}

CudaTemporaries::CudaTemporaries(const char *name, void *stream, int64_t bytes)
    : memory(getTemporaries(name, stream, bytes)) {
  if (memory)
    memory->inUse.lock();
}

CudaTemporaries::~CudaTemporaries() {
  if (memory)
    memory->inUse.unlock();
}

void *CudaTemporaries::get() const {
  return memory ? reinterpret_cast<void *>(memory->address) : nullptr;
}

int64_t fovea_cuda_processors(void) {
  const Driver &driver = Driver::get();
  Device device;
  int processors = 0;
  if (!driver.isUsable() || driver.ctxGetDevice(&device) ||
      driver.deviceGetAttribute(&processors, attributeProcessors, device))
    return 1;
  return processors > 0 ? processors : 1;
}

int64_t fovea_cuda_choose(fovea_cuda_kernel_t *const *kernels,
                          const int64_t *sizes, int64_t count, void *stream) {
  int64_t best = 0, least = INT64_MAX;
  for (int64_t n = 0; n < count && least != 0 && !fovea_last_error(); ++n) {
    int64_t sum = 0;
    for (int64_t k = 0; k < sizes[n]; ++k) {
      int64_t bytes = Launch(*kernels[k], nullptr, static_cast<Stream>(stream))
                          .findLocalBytes();
      if (bytes < 0) {
        // What can be launched is launched.
        if (n > 0)
          fovea_clear_error();
        return best;
      }
      sum += bytes;
    }
    kernels += sizes[n];
    if (sum < least) {
      best = n;
      least = sum;
    }
  }
  return best;
}

void fovea_cuda_launch(fovea_cuda_kernel_t *kernel, const int64_t *grid,
                       void *const *arguments, void *stream) {
  // What follows an error would compute from garbage.
  if (fovea_last_error())
    return;
  Launch(*kernel, arguments, static_cast<Stream>(stream)).run(grid);
}
