//===- OutputFile.cpp - Files that are written whole or not at all --------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputFile.h"

#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using fovea::OutputFile;

OutputFile::~OutputFile() {
  if (file)
    consumeError(file->discard());
}

Error OutputFile::cannotWrite(std::error_code code, StringRef fix) const {
  return createStringError((path == "-" ? "standard output" : path) +
                           ": cannot write: " + code.message() + fix);
}

bool OutputFile::isReplaceable() const {
  sys::fs::file_status status;
  return path != "-" && (sys::fs::status(path, status) ||
                         status.type() == sys::fs::file_type::regular_file);
}

/// Writes to an open file; what a device can't take shows when it is closed.
static std::error_code writeAll(raw_fd_ostream &os, StringRef bytes) {
  os << bytes;
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  return code;
}

Error OutputFile::write(std::string bytes, bool executable) {
  if (!isReplaceable()) {
    pending = std::move(bytes);
    return Error::success();
  }
  // Behind a link, so that it stays one.
  SmallString<128> real;
  if (!sys::fs::real_path(path, real))
    path = real.str().str();
  unsigned mode = sys::fs::all_read | sys::fs::all_write;
  if (executable)
    mode |= sys::fs::all_exe;
  auto created = sys::fs::TempFile::create(path + ".%%%%%%", mode);
  if (!created)
    return cannotWrite(errorToErrorCode(created.takeError()),
                       "; give a path in a folder that can be written");
  file.emplace(std::move(*created));
  raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  if (std::error_code code = writeAll(os, bytes))
    return cannotWrite(code);
  return Error::success();
}

Error OutputFile::keep() {
  std::error_code code;
  if (file) {
    Error error = file->keep(path);
    file.reset();
    return error ? cannotWrite(errorToErrorCode(std::move(error)))
                 : Error::success();
  }
  if (path == "-")
    return (code = writeAll(outs(), pending)) ? cannotWrite(code)
                                              : Error::success();
  raw_fd_ostream os(path, code);
  if (!code)
    code = writeAll(os, pending);
  return code ? cannotWrite(code) : Error::success();
}
