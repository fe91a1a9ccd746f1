//===- CudaDevice.h - The current CUDA device -------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_CUDADEVICE_H
#define FOVEA_RUNTIME_CUDADEVICE_H

#include <cstddef>
#include <cstdint>

namespace fovea::runtime {

/// Whether the calling thread's current CUDA context is one of device `id`;
/// otherwise writes to `why` what is wrong.
bool isCurrentCudaDevice(int32_t id, char *why, size_t size);

struct DeviceMemory;

/// Memory of the current device for the temporaries of a call on a stream; none
/// after an error of the function `name`. The launches of a stream's calls
/// follow each other and share it, so that another thread's call on the stream
/// waits until this one has enqueued its launches.
class CudaTemporaries {
public:
  CudaTemporaries(const char *name, void *stream, int64_t bytes);
  ~CudaTemporaries();
  CudaTemporaries(const CudaTemporaries &) = delete;
  CudaTemporaries &operator=(const CudaTemporaries &) = delete;

  /// Null after an error.
  void *get() const;

private:
  DeviceMemory *memory;
};

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_CUDADEVICE_H
