//===- ThreadState.h - What the runtime keeps for each thread - -*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_THREADSTATE_H
#define FOVEA_RUNTIME_THREADSTATE_H

#include <cstddef>
#include <cstdint>

namespace fovea::runtime {

/// A message with room of its own, so that recording one can't fail.
class ErrorState {
public:
  bool isSet() const { return set; }
  const char *text() const { return message; }
  void clear() { set = false; }

  /// Records `newMessage` unless a message is already there.
  void record(const char *newMessage);

private:
  bool set = false;
  char message[1024];
};

/// Bytes rounded up to the alignment of all memory that kernels get; more than
/// there can be stays that.
constexpr int64_t alignUp(int64_t bytes) {
  constexpr int64_t most = INT64_MAX & -64;
  return bytes > most ? most : (bytes + 63) & -64;
}

/// Memory that a caller brought; null: none.
struct Workspace {
  char *memory = nullptr;
  int64_t bytes = 0;
};

/// One thread's error and its scratch memory.
class ThreadState {
public:
  ThreadState() = default;
  ThreadState(const ThreadState &) = delete;
  ThreadState &operator=(const ThreadState &) = delete;
  ~ThreadState();

  /// The calling thread's state.
  static ThreadState &get();

  ErrorState error;
  /// How many errors this thread has reported, the dropped ones included.
  uint64_t reports = 0;
  /// How many bodies are running on this thread, one inside the other.
  unsigned depth = 0;
  /// Whether this thread is inside a provider and outside a body.
  bool inProvider = false;
  /// What fovea_set_workspace gave, and what is left of it for the loops of the
  /// call that runs.
  Workspace workspace, loopWorkspace;
  /// The compiled function that this thread runs; null: none.
  const char *function = nullptr;

  void report(const char *message);

  /// Memory that stays this thread's until it is given back, last one first;
  /// null if there is none.
  void *acquireWorkspace(int64_t bytes);
  void releaseWorkspace(void *memory);

private:
  friend class BodyScope;
  friend class CallScope;

  struct Block {
    void *memory = nullptr;
    int64_t size = 0;
    /// Makes it at least that large; false if that can't be had.
    bool grow(int64_t bytes);
  };
  /// A body inside a body must not get the outer one's scratch memory, so there
  /// is one block for each level; deeper levels allocate for each call.
  static constexpr unsigned maxKeptBlocks = 4;
  Block blocks[maxKeptBlocks];
  /// The same for workspaces.
  Block workspaces[maxKeptBlocks];
  unsigned numWorkspaces = 0;
};

/// Lives while the calling thread runs bodies of one loop.
class BodyScope {
public:
  explicit BodyScope(ThreadState &state);
  BodyScope(const BodyScope &) = delete;
  BodyScope &operator=(const BodyScope &) = delete;
  ~BodyScope();

  /// Sets `scratch` to memory of at least `bytes` bytes which is valid while
  /// this scope lives, or to null if `bytes` is 0. Returns false if it can't be
  /// had. To be called once.
  bool allocate(int64_t bytes, void *&scratch);

private:
  ThreadState &state;
  bool outerInProvider;
  void *ownMemory = nullptr;
};

/// Lives while the calling thread runs a compiled function.
class CallScope {
public:
  CallScope(ThreadState &state, const char *function);
  CallScope(const CallScope &) = delete;
  CallScope &operator=(const CallScope &) = delete;
  ~CallScope();

  /// Takes `bytes` bytes for the call's temporaries, and sees that a workspace
  /// which the caller gave has room for its loops: `shared` bytes, and
  /// `scratch` bytes for one thread at least. Returns false if that can't be
  /// had. To be called once.
  bool allocate(int64_t bytes, int64_t shared, int64_t scratch);

  /// The temporaries, aligned to 64.
  void *getTemporaries() const { return temporaries; }

private:
  ThreadState &state;
  const char *outerFunction;
  Workspace outerLoopWorkspace;
  void *temporaries = nullptr;
};

/// Reports for this thread that `bytes` bytes of scratch memory can't be had.
void reportScratchFailure(ThreadState &state, int64_t bytes);

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_THREADSTATE_H
