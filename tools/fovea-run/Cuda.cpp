//===- Cuda.cpp - Runs compiled functions on an NVIDIA GPU ----------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"

#include "fovea-runtime/Runtime.h"
#include "runtime/CudaDriver.h"
#include "llvm/ADT/ScopeExit.h"

using namespace fovea;
using llvm::Error;

static Error checked(cuda::Result status, const char *what) {
  if (!status)
    return Error::success();
  return llvm::createStringError(std::string(what) + ": " +
                                 cuda::Driver::get().describe(status));
}

Error fovea::openCuda() {
  const cuda::Driver &driver = cuda::Driver::get();
  if (!driver.isUsable())
    return llvm::createStringError(driver.error);
  cuda::Device device;
  cuda::Context context;
  if (Error error = checked(driver.deviceGet(&device, 0), "cuDeviceGet"))
    return error;
  if (Error error = checked(driver.primaryCtxRetain(&context, device),
                            "cuDevicePrimaryCtxRetain"))
    return error;
  return checked(driver.ctxSetCurrent(context), "cuCtxSetCurrent");
}

/// DLPack's code of an element kind.
static uint8_t typeCode(ElementKind kind) {
  switch (kind) {
  case ElementKind::BF16:
    return 4;
  case ElementKind::Bool:
    return 6;
  default:
    return (kind == ElementKind::F16 || kind == ElementKind::F32 ||
            kind == ElementKind::F64)
               ? 2
               : 0;
  }
}

Error fovea::callOnCuda(void *function, std::vector<Argument> &arguments,
                        std::vector<double> *times) {
  const cuda::Driver &driver = cuda::Driver::get();
  std::vector<cuda::Address> memory(arguments.size(), 0);
  llvm::scope_exit release([&] {
    for (cuda::Address address : memory)
      if (address)
        driver.memFree(address);
  });
  std::vector<fovea_tensor_t> tensors(arguments.size());
  std::vector<const fovea_tensor_t *> pointers;
  for (auto [n, argument] : llvm::enumerate(arguments)) {
    std::vector<char> &data = argument.array.data;
    fovea_tensor_t &tensor = tensors[n];
    tensor = {};
    tensor.data = data.data();
    tensor.device.type = argument.isScalar ? 1 : 2;
    tensor.ndim = argument.isScalar ? 0 : argument.array.shape.size();
    tensor.shape = argument.array.shape.data();
    tensor.dtype.code = typeCode(argument.array.kind);
    tensor.dtype.bits = 8 * elementSize(argument.array.kind);
    tensor.dtype.lanes = 1;
    if (!argument.isScalar && !data.empty()) {
      if (Error error =
              checked(driver.memAlloc(&memory[n], data.size()), "cuMemAlloc"))
        return error;
      tensor.data = reinterpret_cast<void *>(memory[n]);
      if (Error error =
              checked(driver.memcpyHtoD(memory[n], data.data(), data.size()),
                      "cuMemcpyHtoD"))
        return error;
    }
    pointers.push_back(&tensor);
  }
  auto call = [&]() -> Error {
    if (reinterpret_cast<fovea_function_t>(function)(
            pointers.data(), pointers.size(), /*stream=*/nullptr))
      return llvm::createStringError(fovea_last_error());
    return Error::success();
  };
  if (Error error = call())
    return error;
  if (Error error = checked(driver.ctxSynchronize(), "the kernel"))
    return error;
  if (times) {
    cuda::Event begin = nullptr, end = nullptr;
    llvm::scope_exit destroy([&] {
      for (cuda::Event event : {begin, end})
        if (event)
          driver.eventDestroy(event);
    });
    for (cuda::Event *event : {&begin, &end})
      if (Error error = checked(driver.eventCreate(event, 0), "cuEventCreate"))
        return error;
    for (unsigned run = 0; run < 100; ++run) {
      float milliseconds = 0;
      if (Error error = checked(driver.eventRecord(begin, nullptr), "event"))
        return error;
      if (Error error = call())
        return error;
      if (Error error = checked(driver.eventRecord(end, nullptr), "event"))
        return error;
      if (Error error = checked(driver.eventSynchronize(end), "the kernel"))
        return error;
      if (Error error = checked(
              driver.eventElapsedTime(&milliseconds, begin, end), "event"))
        return error;
      // The first ones warm up.
      if (run >= 10)
        times->push_back(milliseconds);
    }
  }
  for (auto [n, argument] : llvm::enumerate(arguments))
    if (memory[n])
      if (Error error =
              checked(driver.memcpyDtoH(argument.array.data.data(), memory[n],
                                        argument.array.data.size()),
                      "cuMemcpyDtoH"))
        return error;
  return Error::success();
}
