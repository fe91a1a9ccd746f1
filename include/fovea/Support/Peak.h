//===- Peak.h - Probes of this machine's ceilings ------------- -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a kernel's speed is compared with. Each probe runs for about the time it
// is given and returns the median of rounds of about 10 ms, so a machine which
// is busy with other work gives lower numbers.
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_SUPPORT_PEAK_H
#define FOVEA_SUPPORT_PEAK_H

#include <cstdint>

namespace fovea {

/// The rate of independent f32 multiply-adds in registers, in GFLOP/s (a
/// multiply-add counts as two operations), on `threads` threads at once.
/// `vectorBits` is 512 (AVX-512), 256 (AVX2 and FMA) or 128 (SSE, a multiply
/// and an add as separate instructions). Returns 0 if this machine or this
/// build hasn't such vectors, or if the threads can't be started.
double probeFmaGflops(unsigned vectorBits, int threads, double seconds = 0.1);

/// The same for products of pairs of bf16 that are added in f32 (AVX512-BF16);
/// a pair counts as two multiply-adds.
double probeBf16Gflops(int threads, double seconds = 0.1);

/// The widest `vectorBits` for which probeFmaGflops has a result; 0 if none.
unsigned widestVectorBits();

/// Threads that together read memory which is in no cache, with the widest
/// loads there are: 256 MiB, or four times the last-level cache if that is more
/// (at most 2 GiB).
class ReadProbe {
public:
  explicit ReadProbe(int threads);
  ~ReadProbe();
  ReadProbe(const ReadProbe &) = delete;
  ReadProbe &operator=(const ReadProbe &) = delete;

  /// Reads all of it once and returns the rate in 10^9 bytes per second; 0 if
  /// the memory or the threads can't be had.
  double run();

private:
  char *memory = nullptr;
  int64_t share = 0;
  int threads;
};

} // namespace fovea

#endif // FOVEA_SUPPORT_PEAK_H
