//===- ObjectFile.cpp - Compiled objects as files -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObjectFile.h"

#include "fovea-runtime/Runtime.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <elf.h>

using namespace fovea::runtime;

/// The machine that this code runs on.
static constexpr uint16_t thisMachine =
#if defined(__aarch64__)
    EM_AARCH64;
#else
    EM_X86_64;
#endif

template <typename T>
bool ObjectFile::read(uint64_t offset, T &value) const {
  if (offset > size || size - offset < sizeof(T))
    return false;
  memcpy(&value, bytes + offset, sizeof(T));
  return true;
}

const char *ObjectFile::checkHeaders(char *why, size_t room) {
  Elf64_Ehdr header;
  if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG))
    return "is no shared object (ELF)";
  if (!read(0, header))
    return "is truncated";
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != thisMachine)
    return "is for another machine";
  if (header.e_type != ET_DYN)
    return "is no shared object; link it first (fovea-compile --emit=so)";
  uint64_t end = header.e_shoff + uint64_t(header.e_shnum) * sizeof(Elf64_Shdr);
  for (unsigned n = 0; n < header.e_phnum; ++n) {
    Elf64_Phdr segment;
    uint64_t last;
    if (!read(header.e_phoff + n * sizeof(segment), segment) ||
        __builtin_add_overflow(segment.p_offset, segment.p_filesz, &last))
      return "is truncated";
    end = last > end ? last : end;
  }
  if (end <= size)
    return nullptr;
  snprintf(why, room, "is truncated: it has %zu bytes of %" PRIu64, size, end);
  return why;
}

/// Finds the note; of several, which a linker puts one behind the other, that
/// of the newest version counts.
bool ObjectFile::findNote() {
  Elf64_Ehdr header;
  bool found = false;
  if (!read(0, header))
    return false;
  for (unsigned n = 0; n < header.e_phnum; ++n) {
    Elf64_Phdr segment;
    if (!read(header.e_phoff + n * sizeof(segment), segment) ||
        segment.p_type != PT_NOTE || segment.p_offset > size ||
        segment.p_filesz > size - segment.p_offset)
      continue;
    uint64_t at = segment.p_offset, end = at + segment.p_filesz;
    Elf64_Nhdr head;
    while (at < end && read(at, head)) {
      uint64_t name = at + sizeof(head);
      uint64_t content = name + ((uint64_t(head.n_namesz) + 3) & ~uint64_t(3));
      at = content + ((uint64_t(head.n_descsz) + 3) & ~uint64_t(3));
      ObjectNote candidate;
      if (at > end || head.n_type != 1 || head.n_namesz != 6 ||
          memcmp(bytes + name, "FOVEA", 6) ||
          head.n_descsz != sizeof(candidate) || !read(content, candidate))
        continue;
      if (!found || candidate.abi > note.abi) {
        note = candidate;
        noteOffset = content;
      }
      found = true;
    }
  }
  return found;
}

/// FNV-1a. Each byte changes it one to one, so that no single change is missed.
uint64_t ObjectFile::computeChecksum() {
  const uint64_t begin = noteOffset + offsetof(ObjectNote, checksum);
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t n = 0; n < size; ++n) {
    bool isChecksum = n - begin < sizeof(note.checksum);
    hash = (hash ^ (isChecksum ? 0 : bytes[n])) * 0x100000001b3;
  }
  return hash ? hash : 1;
}

bool ObjectFile::seal() {
  if (!findNote())
    return false;
  uint64_t checksum = computeChecksum();
  memcpy(bytes + noteOffset + offsetof(ObjectNote, checksum), &checksum,
         sizeof(checksum));
  return true;
}

const char *ObjectFile::check(char *why, size_t room) {
  if (const char *wrong = checkHeaders(why, room))
    return wrong;
  if (!findNote())
    return "is no object of Fovea (it lacks the note FOVEA), or is corrupt";
  if (note.abi < 1 || note.abi > FOVEA_ABI_VERSION) {
    snprintf(why, room,
             "has ABI version %" PRIu32
             ", this libfovea_runtime knows 1 to %d; "
             "update the library",
             note.abi, FOVEA_ABI_VERSION);
    return why;
  }
  if (note.checksum && note.checksum != computeChecksum())
    return "is corrupt: its bytes are not those that were compiled; compile it "
           "again";
  return nullptr;
}
