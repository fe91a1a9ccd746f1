//===- Object.cpp - Loads compiled objects --------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "ObjectFile.h"

#include "fovea-runtime/Runtime.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fovea::runtime;

struct fovea_object {
  void *handle;
  uint32_t abi;
  char path[PATH_MAX];
};

__attribute__((format(printf, 2, 3))) static void
report(const char *path, const char *format, ...) {
  char message[1024];
  int length = snprintf(message, sizeof(message), "%.500s: ", path);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message + length, sizeof(message) - length, format, arguments);
  va_end(arguments);
  fovea_report_error(message);
}

namespace {
/// The bytes of a file.
class Contents {
public:
  ~Contents() { free(bytes); }

  /// Returns 0 or errno.
  int read(const char *path);

  unsigned char *bytes = nullptr;
  size_t size = 0;
};
} // namespace

int Contents::read(const char *path) {
  // A pipe must not make this wait.
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return errno;
  struct stat status;
  int error = 0;
  if (fstat(file, &status))
    error = errno;
  else if (!S_ISREG(status.st_mode))
    error = S_ISDIR(status.st_mode) ? EISDIR : ENODEV;
  else if (!(bytes = static_cast<unsigned char *>(malloc(status.st_size + 1))))
    error = ENOMEM;
  while (!error && size < size_t(status.st_size)) {
    ssize_t count = ::read(file, bytes + size, status.st_size - size);
    if (count == 0)
      break;
    if (count > 0)
      size += count;
    else if (errno != EINTR)
      error = errno;
  }
  close(file);
  return error;
}

fovea_object_t *fovea_load(const char *path) {
  fovea_clear_error();
  Contents contents;
  if (int error = contents.read(path)) {
    report(path, "cannot be read: %s", strerror(error));
    return nullptr;
  }
  ObjectFile file(contents.bytes, contents.size);
  char why[200];
  if (const char *wrong = file.check(why, sizeof(why))) {
    report(path, "%s", wrong);
    return nullptr;
  }
  auto *object = new (std::nothrow) fovea_object;
  // A name without a slash would be looked for in the system's folders.
  if (!object || !realpath(path, object->path)) {
    report(path, "cannot be loaded: %s", strerror(errno));
    delete object;
    return nullptr;
  }
  object->abi = file.abi();
  object->handle = dlopen(object->path, RTLD_NOW | RTLD_LOCAL);
  if (object->handle)
    return object;
  const char *reason = dlerror();
  report(path, "cannot be loaded: %s", reason ? reason : "");
  delete object;
  return nullptr;
}

void fovea_unload(fovea_object_t *object) {
  if (!object)
    return;
  dlclose(object->handle);
  delete object;
}

/// The address of a symbol of the object itself, not of a library that it
/// needs; null after an error.
static void *findSymbol(fovea_object_t *object, const char *symbol,
                        const char *name) {
  void *address = dlsym(object->handle, symbol);
  Dl_info place;
  link_map *map = nullptr;
  if (address && dladdr(address, &place) &&
      !dlinfo(object->handle, RTLD_DI_LINKMAP, &map) &&
      reinterpret_cast<uintptr_t>(place.dli_fbase) == map->l_addr)
    return address;
  report(object->path, "has no function %.200s", name);
  return nullptr;
}

const fovea_entry_t *fovea_find_entry(fovea_object_t *object,
                                      const char *name) {
  if (!object) {
    fovea_report_error("fovea_find: there is no object");
    return nullptr;
  }
  fovea_clear_error();
  if (object->abi < 2) {
    report(object->path,
           "has ABI version %u, which describes no functions; "
           "compile it again",
           unsigned(object->abi));
    return nullptr;
  }
  char symbol[1024]; // Of a longer name there is none.
  snprintf(symbol, sizeof(symbol), "fovea_entry_%s", name);
  auto *entry =
      static_cast<const fovea_entry_t *>(findSymbol(object, symbol, name));
  return entry && findCode(*entry) ? entry : nullptr;
}

fovea_function_t fovea_find(fovea_object_t *object, const char *name) {
  if ((!object || object->abi >= 2) && !fovea_find_entry(object, name))
    return nullptr;
  fovea_clear_error();
  return reinterpret_cast<fovea_function_t>(findSymbol(object, name, name));
}
