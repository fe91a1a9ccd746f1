//===- ParallelFor.cpp - fovea_parallel_for and its settings --------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "ThreadPool.h"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include <sched.h>
#include <unistd.h>

using namespace fovea::runtime;

//===----------------------------------------------------------------------===//
// The number of threads
//===----------------------------------------------------------------------===//

/// How many CPUs this process may run on.
static int countCpus() {
#if defined(__linux__)
  // The kernel refuses a set smaller than its own.
  for (int size = 1024; size <= (1 << 20); size *= 2) {
    cpu_set_t *set = CPU_ALLOC(size);
    if (!set)
      break;
    size_t bytes = CPU_ALLOC_SIZE(size);
    int failed = sched_getaffinity(0, bytes, set);
    int error = errno;
    int count = failed ? 0 : CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    if (count > 0)
      return count;
    if (error != EINVAL)
      break;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? int(std::min<long>(online, maxThreads)) : 1;
}

static int computeDefaultNumThreads() {
  int cpus = std::min(countCpus(), maxThreads);
  const char *text = getenv("FOVEA_NUM_THREADS");
  if (!text || !*text)
    return cpus;
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno == 0 && *end == '\0' && value >= 1 && value <= maxThreads)
    return int(value);
  fprintf(stderr,
          "fovea: FOVEA_NUM_THREADS='%s' is not a number from 1 to %d; using "
          "%d thread%s\n",
          text, maxThreads, cpus, cpus == 1 ? "" : "s");
  return cpus;
}

/// What fovea_set_num_threads asked for; 0: the default.
static std::atomic<int> requestedThreads{0};

int fovea_get_num_threads(void) {
  if (int threads = requestedThreads.load(std::memory_order_relaxed))
    return threads;
  static const int defaultThreads = computeDefaultNumThreads();
  return defaultThreads;
}

void fovea_set_num_threads(int threads) {
  threads = std::min(std::max(threads, 0), maxThreads);
  requestedThreads.store(threads, std::memory_order_relaxed);
}

//===----------------------------------------------------------------------===//
// A provider's loops
//===----------------------------------------------------------------------===//

static std::atomic<fovea_parallel_for_t> currentProvider{nullptr};

void fovea_set_parallel_for(fovea_parallel_for_t provider) {
  currentProvider.store(provider);
}

namespace {
/// Pieces of a caller's workspace, lent to the items of a provider's loop,
/// whose threads are unknown.
class Pieces {
public:
  Pieces(Workspace workspace, int64_t bytes, int count)
      : workspace(workspace), bytes(alignUp(bytes)),
        free(count < 64 ? (uint64_t(1) << count) - 1 : ~uint64_t(0)) {}

  bool isEmpty() const { return !workspace.memory; }

  /// Waits while all pieces are lent.
  void *take(int &piece) {
    uint64_t seen = free.load(std::memory_order_relaxed);
    for (;;) {
      if (!seen) {
        sched_yield();
        seen = free.load(std::memory_order_relaxed);
      } else if (free.compare_exchange_weak(seen, seen & (seen - 1),
                                            std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
        piece = __builtin_ctzll(seen);
        return workspace.memory + bytes * piece;
      }
    }
  }
  void giveBack(int piece) {
    free.fetch_or(uint64_t(1) << piece, std::memory_order_release);
  }

private:
  const Workspace workspace;
  const int64_t bytes;
  std::atomic<uint64_t> free;
};

/// One loop run by a provider.
struct ProviderCall {
  ProviderCall(fovea_body_t body, void *context, int64_t scratchBytes,
               ThreadState *caller, Workspace workspace, int pieces)
      : body(body), context(context), scratchBytes(scratchBytes),
        caller(caller), pieces(workspace, scratchBytes, pieces) {}

  const fovea_body_t body;
  void *const context;
  const int64_t scratchBytes;
  ThreadState *const caller;
  Pieces pieces;
  std::atomic<int64_t> finished{0};
  std::atomic<bool> failed{false};
  std::mutex errorMutex;
  ErrorState error;

  void runItem(int64_t item, void *scratch);
  void runItemHere(ThreadState &state, int64_t item, void *scratch);
};
} // namespace

/// Runs an item on this thread; an error is left in its state.
void ProviderCall::runItemHere(ThreadState &state, int64_t item,
                               void *scratch) {
  BodyScope scope(state);
  if (!scratch && scratchBytes > 0 && !pieces.isEmpty()) {
    int piece;
    scratch = pieces.take(piece);
    body(item, scratch, context);
    pieces.giveBack(piece);
    return;
  }
  if (!scratch && !scope.allocate(scratchBytes, scratch)) {
    reportScratchFailure(state, scratchBytes);
    return;
  }
  body(item, scratch, context);
}

/// Runs an item, and moves an error of a thread that isn't the caller's here,
/// leaving that thread's own error as it was.
void ProviderCall::runItem(int64_t item, void *scratch) {
  if (!failed.load(std::memory_order_relaxed)) {
    ThreadState &state = ThreadState::get();
    bool isForeign = &state != caller;
    bool hadError = isForeign && state.error.isSet();
    ErrorState own;
    if (hadError) {
      own = state.error;
      state.error.clear();
    }
    uint64_t reportsBefore = state.reports;
    runItemHere(state, item, scratch);
    if (state.reports != reportsBefore) {
      failed.store(true, std::memory_order_relaxed);
      if (isForeign) {
        std::lock_guard<std::mutex> lock(errorMutex);
        error.record(state.error.text());
        state.error.clear();
      }
    }
    if (hadError)
      state.error = own;
  }
  finished.fetch_add(1, std::memory_order_relaxed);
}

static void runProviderItem(int64_t item, void *scratch, void *call) {
  static_cast<ProviderCall *>(call)->runItem(item, scratch);
}

static void runByProvider(fovea_parallel_for_t provider, int64_t items,
                          int64_t scratchBytes, fovea_body_t body,
                          void *context, ThreadState &state,
                          Workspace workspace, int threads) {
  ProviderCall call(body, context, scratchBytes, &state, workspace, threads);
  state.inProvider = true;
  provider(items, scratchBytes, runProviderItem, &call);
  state.inProvider = false;
  int64_t finished = call.finished.load(std::memory_order_relaxed);
  if (call.error.isSet())
    state.report(call.error.text());
  if (finished == items)
    return;
  char message[160];
  snprintf(message, sizeof(message),
           "the provider given to fovea_set_parallel_for ran %" PRId64
           " items instead of %" PRId64,
           finished, items);
  state.report(message);
}

//===----------------------------------------------------------------------===//
// fovea_parallel_for
//===----------------------------------------------------------------------===//

void fovea_parallel_for(int64_t items, int64_t scratchBytes, fovea_body_t body,
                        void *context) {
  if (items <= 0)
    return;
  ThreadState &state = ThreadState::get();
  if (scratchBytes < 0)
    return reportScratchFailure(state, scratchBytes);

  bool isNested = state.depth > 0;
  TraceScope trace(FOVEA_TRACE_LOOP, state.function, items);
  int threads = fovea_get_num_threads();
  Workspace workspace;
  if (!isNested && state.loopWorkspace.memory && scratchBytes > 0) {
    workspace = state.loopWorkspace;
    int64_t pieces = workspace.bytes / alignUp(scratchBytes);
    if (pieces == 0)
      return reportScratchFailure(state, scratchBytes);
    threads = int(std::min<int64_t>(threads, pieces));
  }
  if (!isNested && !state.inProvider)
    if (fovea_parallel_for_t provider = currentProvider.load())
      return runByProvider(provider, items, scratchBytes, body, context, state,
                           workspace, threads);

  Job job(items, scratchBytes, body, context, workspace);
  if (!isNested && threads > 1 && items > 1) {
    ThreadPool *pool = ThreadPool::get();
    if (pool && pool->tryAcquire()) {
      pool->run(job, threads, state);
      pool->release();
      return;
    }
  }
  job.participate(state);
  job.passErrorsOn(state);
}
