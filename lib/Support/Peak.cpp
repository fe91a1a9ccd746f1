//===- Peak.cpp - Probes of this machine's ceilings -----------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Peak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

//===----------------------------------------------------------------------===//
// The measured loops
//===----------------------------------------------------------------------===//

// They are in assembly so that they are the same at every optimization level
// and under every sanitizer.

namespace {
/// A loop of `iterations` rounds, each of `flopsPerIteration` operations.
struct FmaLoop {
  void (*run)(int64_t iterations);
  int64_t flopsPerIteration;
};

/// Reads `bytes` bytes, a multiple of 512, from `data`, aligned to 64.
using ReadLoop = void (*)(const char *data, int64_t bytes);
} // namespace

#if defined(__x86_64__)

/// acc = acc * factor + addend stays between 1 and 2 for these.
static const float factor = 0.5f;
static const float addend = 0.75f;

// 16 accumulators: more than the latency (4 or 5 cycles) times the number of
// units (2) on any x86-64 machine so far.

#define FOVEA_REPEAT16(DO)                                                     \
  DO(0)                                                                        \
  DO(1)                                                                        \
  DO(2)                                                                        \
  DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) \
      DO(15)

#define FOVEA_SET_512(N) "vmovaps %%zmm16, %%zmm" #N "\n\t"
#define FOVEA_FMA_512(N) "vfmadd213ps %%zmm17, %%zmm16, %%zmm" #N "\n\t"

__attribute__((target("avx512f"))) static void runFma512(int64_t iterations) {
  asm volatile(
      "vbroadcastss %[factor], %%zmm16\n\t"
      "vbroadcastss %[addend], %%zmm17\n\t" FOVEA_REPEAT16(
          FOVEA_SET_512) ".p2align 5\n"
                         "1:\n\t" FOVEA_REPEAT16(FOVEA_FMA_512) "decq %[n]\n\t"
                                                                "jnz 1b\n\t"
                                                                "vzeroupper"
      : [n] "+r"(iterations)
      : [factor] "m"(factor), [addend] "m"(addend)
      : "cc", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7",
        "zmm8", "zmm9", "zmm10", "zmm11", "zmm12", "zmm13", "zmm14", "zmm15",
        "zmm16", "zmm17");
}

// There are only 16 registers without AVX-512: 12 accumulators.

#define FOVEA_REPEAT12(DO)                                                     \
  DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

#define FOVEA_SET_256(N) "vmovaps %%ymm14, %%ymm" #N "\n\t"
#define FOVEA_FMA_256(N) "vfmadd213ps %%ymm15, %%ymm14, %%ymm" #N "\n\t"

__attribute__((target("avx2,fma"))) static void runFma256(int64_t iterations) {
  asm volatile(
      "vbroadcastss %[factor], %%ymm14\n\t"
      "vbroadcastss %[addend], %%ymm15\n\t" FOVEA_REPEAT12(
          FOVEA_SET_256) ".p2align 5\n"
                         "1:\n\t" FOVEA_REPEAT12(FOVEA_FMA_256) "decq %[n]\n\t"
                                                                "jnz 1b\n\t"
                                                                "vzeroupper"
      : [n] "+r"(iterations)
      : [factor] "m"(factor), [addend] "m"(addend)
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
        "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15");
}

#define FOVEA_SET_128(N) "movaps %%xmm14, %%xmm" #N "\n\t"
#define FOVEA_MUL_128(N) "mulps %%xmm14, %%xmm" #N "\n\t"
#define FOVEA_ADD_128(N) "addps %%xmm15, %%xmm" #N "\n\t"

static void runMulAdd128(int64_t iterations) {
  asm volatile(
      "movss %[factor], %%xmm14\n\t"
      "shufps $0, %%xmm14, %%xmm14\n\t"
      "movss %[addend], %%xmm15\n\t"
      "shufps $0, %%xmm15, %%xmm15\n\t" FOVEA_REPEAT12(
          FOVEA_SET_128) ".p2align 5\n"
                         "1:\n\t" FOVEA_REPEAT12(FOVEA_MUL_128)
                             FOVEA_REPEAT12(FOVEA_ADD_128) "decq %[n]\n\t"
                                                           "jnz 1b\n\t"
      : [n] "+r"(iterations)
      : [factor] "m"(factor), [addend] "m"(addend)
      : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
        "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15");
}

/// A word holds two numbers of bf16: 1 and 1. Sums stop growing at 2^25.
static const uint32_t ones = 0x3f803f80;

#define FOVEA_DOT_BF16(N) "vdpbf16ps %%zmm17, %%zmm16, %%zmm" #N "\n\t"

__attribute__((target("avx512f,avx512bf16"))) static void
runDotBf16(int64_t iterations) {
  asm volatile(
      "vpbroadcastd %[ones], %%zmm16\n\t"
      "vmovaps %%zmm16, %%zmm17\n\t" FOVEA_REPEAT16(
          FOVEA_SET_512) ".p2align 5\n"
                         "1:\n\t" FOVEA_REPEAT16(FOVEA_DOT_BF16) "decq %[n]\n\t"
                                                                 "jnz 1b\n\t"
                                                                 "vzeroupper"
      : [n] "+r"(iterations)
      : [ones] "m"(ones)
      : "cc", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7",
        "zmm8", "zmm9", "zmm10", "zmm11", "zmm12", "zmm13", "zmm14", "zmm15",
        "zmm16", "zmm17");
}

static FmaLoop findBf16Loop() {
  if (__builtin_cpu_supports("avx512bf16"))
    return {runDotBf16, 16 * 32 * 2};
  return {nullptr, 0};
}

static FmaLoop findFmaLoop(unsigned vectorBits) {
  if (vectorBits == 512 && __builtin_cpu_supports("avx512f"))
    return {runFma512, 16 * 16 * 2};
  if (vectorBits == 256 && __builtin_cpu_supports("avx2") &&
      __builtin_cpu_supports("fma"))
    return {runFma256, 12 * 8 * 2};
  if (vectorBits == 128)
    return {runMulAdd128, 12 * 4 * 2};
  return {nullptr, 0};
}

#define FOVEA_REPEAT8(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

#define FOVEA_LOAD_512(N) "vmovaps " #N "*64(%[p]), %%zmm" #N "\n\t"

__attribute__((target("avx512f"))) static void read512(const char *data,
                                                       int64_t bytes) {
  const char *end = data + bytes;
  asm volatile("1:\n\t" FOVEA_REPEAT8(FOVEA_LOAD_512) "addq $512, %[p]\n\t"
                                                      "cmpq %[end], %[p]\n\t"
                                                      "jb 1b\n\t"
                                                      "vzeroupper"
               : [p] "+r"(data)
               : [end] "r"(end)
               : "cc", "memory", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5",
                 "zmm6", "zmm7");
}

#define FOVEA_LOAD_256(N) "vmovaps " #N "*32(%[p]), %%ymm" #N "\n\t"

__attribute__((target("avx"))) static void read256(const char *data,
                                                   int64_t bytes) {
  const char *end = data + bytes;
  asm volatile("1:\n\t" FOVEA_REPEAT8(FOVEA_LOAD_256) "addq $256, %[p]\n\t"
                                                      "cmpq %[end], %[p]\n\t"
                                                      "jb 1b\n\t"
                                                      "vzeroupper"
               : [p] "+r"(data)
               : [end] "r"(end)
               : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                 "xmm6", "xmm7");
}

#define FOVEA_LOAD_128(N) "movaps " #N "*16(%[p]), %%xmm" #N "\n\t"

static void read128(const char *data, int64_t bytes) {
  const char *end = data + bytes;
  asm volatile("1:\n\t" FOVEA_REPEAT8(FOVEA_LOAD_128) "addq $128, %[p]\n\t"
                                                      "cmpq %[end], %[p]\n\t"
                                                      "jb 1b\n\t"
               : [p] "+r"(data)
               : [end] "r"(end)
               : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                 "xmm6", "xmm7");
}

static ReadLoop findReadLoop() {
  if (__builtin_cpu_supports("avx512f"))
    return read512;
  return __builtin_cpu_supports("avx") ? read256 : read128;
}

#else // Not x86-64.

static FmaLoop findFmaLoop(unsigned) { return {nullptr, 0}; }

static FmaLoop findBf16Loop() { return {nullptr, 0}; }

static void readWords(const char *data, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += sizeof(uint64_t)) {
    uint64_t word = *reinterpret_cast<const uint64_t *>(data + i);
    asm volatile("" : : "r"(word));
  }
}

static ReadLoop findReadLoop() { return readWords; }

#endif

//===----------------------------------------------------------------------===//
// Threads and rounds
//===----------------------------------------------------------------------===//

namespace {
/// Something done by several threads at once.
class Team {
public:
  using Work = void (*)(int thread, void *context);

  /// The work of each of `threads` threads, the calling one being number 0.
  Team(int threads, Work work, void *context)
      : members(threads), work(work), context(context) {
    for (int i = 0; i < threads; ++i)
      members[i] = {this, i, {}};
  }

  /// Runs the work once and returns the seconds from the common start to the
  /// last end; negative if the threads couldn't be started.
  double run();

private:
  struct Member {
    Team *team;
    int number;
    pthread_t thread;
  };

  static void *threadMain(void *opaque) {
    auto *member = static_cast<Member *>(opaque);
    Team &team = *member->team;
    ++team.ready;
    while (team.phase.load() == Wait)
      sched_yield();
    if (team.phase.load() == Go)
      team.work(member->number, team.context);
    return nullptr;
  }

  enum Phase { Wait, Go, GiveUp };
  std::vector<Member> members;
  Work work;
  void *context;
  std::atomic<int> ready{0};
  std::atomic<Phase> phase{Wait};
};
} // namespace

double Team::run() {
  ready = 0;
  phase = Wait;
  size_t started = 1;
  for (; started < members.size(); ++started)
    if (pthread_create(&members[started].thread, nullptr, threadMain,
                       &members[started]) != 0)
      break;
  bool complete = started == members.size();
  if (complete)
    while (size_t(ready.load()) < started - 1)
      sched_yield();
  Clock::time_point start = Clock::now();
  phase = complete ? Go : GiveUp;
  if (complete)
    work(0, context);
  for (size_t i = 1; i < started; ++i)
    pthread_join(members[i].thread, nullptr);
  return complete ? secondsSince(start) : -1;
}

/// Runs the team for about `seconds`, at least three times, and returns the
/// median of the times; 0 if the threads can't be started.
static double medianTime(Team &team, double seconds) {
  std::vector<double> times;
  Clock::time_point start = Clock::now();
  while (times.size() < 3 ||
         (times.size() < 10000 && secondsSince(start) < seconds)) {
    double time = team.run();
    if (time < 0)
      return 0;
    times.push_back(time);
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2,
                   times.end());
  return times[times.size() / 2];
}

/// A rate from an amount and a time which is 0 if there is none.
static double giga(double amount, double time) {
  return time > 0 ? amount / time * 1e-9 : 0;
}

/// More threads than any machine has CPUs only waste time.
static int clampThreads(int threads) { return std::clamp(threads, 1, 1024); }

//===----------------------------------------------------------------------===//
// The probes
//===----------------------------------------------------------------------===//

static double probeLoop(FmaLoop loop, int threads, double seconds) {
  struct Context {
    FmaLoop loop;
    int64_t iterations;
  };
  Context context{loop, 1 << 16};
  if (!context.loop.run)
    return 0;
  auto work = [](int, void *opaque) {
    auto *context = static_cast<Context *>(opaque);
    context->loop.run(context->iterations);
  };
  // Warm up, and find how many iterations take 10 ms.
  Clock::time_point start = Clock::now();
  Team single(1, work, &context);
  double time = single.run();
  while (secondsSince(start) < std::min(seconds / 4, 0.02))
    time = std::min(time, single.run());
  context.iterations =
      std::max<int64_t>(1, context.iterations * std::min(0.01 / time, 1e3));

  threads = clampThreads(threads);
  Team team(threads, work, &context);
  double flops = double(context.loop.flopsPerIteration) * context.iterations;
  return giga(flops * threads, medianTime(team, seconds));
}

double fovea::probeFmaGflops(unsigned vectorBits, int threads, double seconds) {
  return probeLoop(findFmaLoop(vectorBits), threads, seconds);
}

double fovea::probeBf16Gflops(int threads, double seconds) {
  return probeLoop(findBf16Loop(), threads, seconds);
}

unsigned fovea::widestVectorBits() {
  for (unsigned bits : {512u, 256u, 128u})
    if (findFmaLoop(bits).run)
      return bits;
  return 0;
}

/// A size which no cache can hold a useful part of.
static int64_t readProbeSize() {
  int64_t cache = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  cache = std::max<int64_t>(0, sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  return std::clamp<int64_t>(4 * cache, int64_t(256) << 20, int64_t(2) << 30);
}

namespace {
struct ReadContext {
  ReadLoop read;
  char *memory;
  int64_t share;
};
} // namespace

fovea::ReadProbe::ReadProbe(int threads) : threads(clampThreads(threads)) {
  int64_t size = readProbeSize();
  void *mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return;
#if defined(MADV_HUGEPAGE)
  // Only a wish: small pages give a slightly lower rate.
  madvise(mapped, size, MADV_HUGEPAGE);
#endif
  memory = static_cast<char *>(mapped);
  share = size / this->threads / 4096 * 4096;
  // Pages are where the thread that first writes to them is.
  ReadContext context{findReadLoop(), memory, share};
  auto touch = [](int thread, void *opaque) {
    auto *context = static_cast<ReadContext *>(opaque);
    char *begin = context->memory + thread * context->share;
    for (int64_t i = 0; i < context->share; i += 4096)
      static_cast<volatile char *>(begin)[i] = 1;
  };
  if (Team(this->threads, touch, &context).run() < 0)
    share = 0;
}

fovea::ReadProbe::~ReadProbe() {
  if (memory)
    munmap(memory, readProbeSize());
}

double fovea::ReadProbe::run() {
  if (!share)
    return 0;
  ReadContext context{findReadLoop(), memory, share};
  auto read = [](int thread, void *opaque) {
    auto *context = static_cast<ReadContext *>(opaque);
    context->read(context->memory + thread * context->share, context->share);
  };
  return giga(double(share) * threads, Team(threads, read, &context).run());
}
