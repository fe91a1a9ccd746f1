//===- ObjectFile.h - Compiled objects as files -----------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_RUNTIME_OBJECTFILE_H
#define FOVEA_RUNTIME_OBJECTFILE_H

#include <cstddef>
#include <cstdint>

namespace fovea::runtime {

/// What marks a file as Fovea's: a note in the section `.note.fovea`, of owner
/// FOVEA and type 1. Part of the ABI.
struct ObjectNote {
  uint32_t abi;
  uint32_t reserved; ///< 0
  uint64_t checksum; ///< Of the file with zeros here; 0: none.
};

/// A shared object in memory, `size` bytes.
class ObjectFile {
public:
  ObjectFile(unsigned char *bytes, size_t size) : bytes(bytes), size(size) {}

  /// Checks what a loader relies on, the version of the ABI and the checksum.
  /// Returns what is wrong, in a buffer of `room` bytes, or null.
  const char *check(char *why, size_t room);

  /// Writes the checksum; false if the file is no object of Fovea.
  bool seal();

  /// The version of the ABI of a checked object.
  uint32_t abi() const { return note.abi; }

private:
  const char *checkHeaders(char *why, size_t room);
  bool findNote();
  uint64_t computeChecksum();
  template <typename T>
  bool read(uint64_t offset, T &value) const;

  unsigned char *bytes;
  size_t size;
  ObjectNote note = {};
  uint64_t noteOffset = 0;
};

} // namespace fovea::runtime

#endif // FOVEA_RUNTIME_OBJECTFILE_H
