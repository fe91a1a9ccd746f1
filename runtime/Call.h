//===- Call.h - Calls of compiled functions ---------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_CALL_H
#define FOVEA_RUNTIME_CALL_H

#include "fovea-runtime/Runtime.h"

namespace fovea::runtime {

/// The code of a function that this CPU runs; null after an error.
const fovea_code_t *findCode(const fovea_entry_t &entry);

/// Tells the tracer, if there is one, of the begin and the end of something.
class TraceScope {
public:
  TraceScope(fovea_trace_kind kind, const char *name, int64_t items);
  TraceScope(const TraceScope &) = delete;
  TraceScope &operator=(const TraceScope &) = delete;
  ~TraceScope();

private:
  const fovea_tracer_t *tracer;
  fovea_trace_kind kind;
  const char *name;
};

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_CALL_H
