//===- ToolSetup.h - What all of Fovea's tools do first ---------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_TOOLSETUP_H
#define FOVEA_TOOLS_TOOLSETUP_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

namespace fovea {

/// Sets what a crash says, and what --version prints: `tool` is the tool's
/// name. FOVEA_VERSION comes from the build.
inline void setUpTool(llvm::StringRef tool) {
  llvm::setBugReportMsg(
      "This is a bug in Fovea. Please report it with this text and the input "
      "(fovea-reduce makes inputs smaller).\n");
  llvm::cl::SetVersionPrinter([tool](llvm::raw_ostream &os) {
    os << tool << " " FOVEA_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
  });
}

/// Prints an error and gives the exit status.
inline int fail(llvm::StringRef tool, const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), tool) << message << '\n';
  return 1;
}

/// Writes what is left to `path` ("-" is the standard output); if it can't be
/// written, says so and gives false.
inline bool finish(llvm::StringRef tool, llvm::raw_fd_ostream &os,
                   llvm::StringRef path) {
  os.flush();
  std::error_code code = os.error();
  if (!code)
    return true;
  os.clear_error();
  fail(tool, (path == "-" ? "standard output" : path) +
                 ": cannot write: " + code.message());
  return false;
}

} // namespace fovea

#endif // FOVEA_TOOLS_TOOLSETUP_H
