//===- ThreadPool.h - The pool of threads behind fovea_parallel_for  -*- C++
//-*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_THREADPOOL_H
#define FOVEA_RUNTIME_THREADPOOL_H

#include "ThreadState.h"

#include "fovea-runtime/Runtime.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace fovea::runtime {

/// The most threads a loop uses, the calling thread included.
constexpr int maxThreads = 1024;

/// One parallel loop. Lives on the stack of the thread that called it. The
/// threads that take part get scratch memory from `workspace`, one piece each,
/// or from their own if it is empty.
class Job {
public:
  Job(int64_t items, int64_t scratchBytes, fovea_body_t body, void *context,
      Workspace workspace)
      : items(items), scratchBytes(scratchBytes), body(body), context(context),
        workspace(workspace) {}

  /// Takes items and runs them until none is left or one has failed. Returns
  /// false if this thread couldn't take part for want of scratch memory.
  bool participate(ThreadState &state);

  /// Whether every item has been taken, or need not be as one has failed.
  bool isExhausted() const {
    return next.load(std::memory_order_relaxed) >= items ||
           failed.load(std::memory_order_relaxed);
  }

  /// Moves the error of a worker's thread here.
  void takeError(ThreadState &state);

  /// To be called on the calling thread after all others have finished: passes
  /// the job's error on to it.
  void passErrorsOn(ThreadState &state);

private:
  friend class ThreadPool;

  const int64_t items;
  const int64_t scratchBytes;
  const fovea_body_t body;
  void *const context;
  const Workspace workspace;
  std::atomic<int> piecesTaken{0};
  /// The next item to hand out.
  alignas(64) std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  /// Workers which were given this job and have not finished with it.
  alignas(64) std::atomic<int> pending{0};
  std::mutex errorMutex;
  ErrorState error;
};

/// Threads which wait for jobs, spinning for a short time and then asleep. The
/// pool serves one job at a time. It is never destroyed: its threads end with
/// the process, so that no order of destruction at exit can go wrong.
class ThreadPool {
public:
  /// The process's pool, or null if there is no memory for it.
  static ThreadPool *get();

  /// Takes hold of the pool; false if it is at work.
  bool tryAcquire() { return !busy.exchange(true, std::memory_order_acquire); }
  void release() { busy.store(false, std::memory_order_release); }

  /// Runs a job of at least two items on up to `threads` threads, the calling
  /// one included. The caller holds the pool.
  void run(Job &job, int threads, ThreadState &state);

private:
  struct alignas(64) Worker {
    /// The job to do; null when there is none. Whoever takes it out by an
    /// exchange owns that piece of work: the worker, or the caller who found
    /// that it isn't needed any more.
    std::atomic<Job *> job{nullptr};
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::condition_variable wakeUp;
    ThreadPool *pool = nullptr;
  };

  static void *workerMain(void *worker);
  static void forgetInForkedChild();
  Job *waitForJob(Worker &worker);
  void give(Worker &worker, Job &job);
  void finish(Job &job);
  void waitForWorkers(Job &job);
  int startWorkers(int wanted);

  std::atomic<bool> busy{false};
  /// Guarded by `busy`.
  int numWorkers = 0;
  Worker *workers[maxThreads - 1] = {};

  /// For the caller asleep until the workers have finished.
  std::mutex doneMutex;
  std::condition_variable done;
  std::atomic<bool> callerAsleep{false};

  ThreadPool *nextForgotten = nullptr;
};

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_THREADPOOL_H
