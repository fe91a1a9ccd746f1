//===- OutputFile.h - Files that are written whole or not at all *- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_TOOLS_FOVEA_COMPILE_OUTPUTFILE_H
#define FOVEA_TOOLS_FOVEA_COMPILE_OUTPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include <optional>
#include <string>

namespace fovea {

/// A file that is there only when all of it is: its bytes go to another one
/// beside it, which takes its place in the end, and which goes away if that
/// fails or the program is interrupted. The standard output (-), devices and
/// pipes can't be replaced: they are written in the end.
class OutputFile {
public:
  explicit OutputFile(llvm::StringRef path) : path(path) {}
  ~OutputFile();

  /// Whether a file at this path may be replaced; where none is, too.
  bool isReplaceable() const;

  /// Writes all of the bytes. To be called once.
  llvm::Error write(std::string bytes, bool executable = false);

  /// Makes them the file.
  llvm::Error keep();

private:
  llvm::Error cannotWrite(std::error_code code, llvm::StringRef fix = "") const;

  std::string path;
  /// What is written in the end.
  std::string pending;
  std::optional<llvm::sys::fs::TempFile> file;
};

} // namespace fovea

#endif // FOVEA_TOOLS_FOVEA_COMPILE_OUTPUTFILE_H
