//===- Object.cpp - Machine code in files ---------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Execution/Object.h"

#include "ObjectFile.h"
#include "TargetMachine.h"
#include "fovea-runtime/Runtime.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <cstring>

using namespace llvm;
using fovea::CompiledModule;
using fovea::CpuTarget;

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// What -fovea-make-entry-points calls the table of a function's code, and its
/// entry.
static std::string codesName(StringRef entry) {
  return (entry + "_codes").str();
}
static std::string entryName(StringRef entry) {
  return ("fovea_entry_" + entry).str();
}

/// Translates one version and optimizes it. But for the first, only the tables
/// of code are kept of the entries.
static Expected<std::unique_ptr<Module>>
buildVersion(mlir::ModuleOp module, const CpuTarget &target,
             ArrayRef<std::string> entries, bool first, LLVMContext &context) {
  std::unique_ptr<TargetMachine> machine =
      fovea::createTargetMachine(target, /*jit=*/false);
  auto code = fovea::translate(module, context);
  if (!code)
    return code.takeError();
  mlir::ExecutionEngine::setupTargetTripleAndDataLayout(code->get(),
                                                        machine.get());
  StringSet<> kept;
  for (const std::string &entry : entries) {
    GlobalVariable *codes =
        (*code)->getGlobalVariable(codesName(entry), /*AllowInternal=*/true);
    codes->setLinkage(GlobalValue::ExternalLinkage);
    kept.insert(codes->getName());
    if (first) {
      kept.insert(entry);
      kept.insert(entryName(entry));
    }
  }
  internalizeModule(**code, [&](const GlobalValue &value) {
    return kept.contains(value.getName());
  });
  if (Error error = fovea::optimize(**code, target, *machine))
    return std::move(error);
  return code;
}

/// The functions that a caller reaches before its CPU is looked at are for all.
static void makePortable(Module &module, ArrayRef<std::string> entries,
                         const CpuTarget &baseline) {
  for (const std::string &entry : entries)
    if (Function *function = module.getFunction(entry)) {
      function->addFnAttr("target-cpu", baseline.cpu);
      function->addFnAttr("target-features", baseline.features);
    }
}

/// Replaces an entry's table of code by one of all versions, whose elements are
/// given.
static void setCodes(Module &module, StringRef name,
                     ArrayRef<Constant *> codes) {
  GlobalVariable *entry = module.getGlobalVariable(entryName(name));
  auto *type = ArrayType::get(codes[0]->getType(), codes.size());
  auto *table = new GlobalVariable(
      module, type, /*isConstant=*/true, GlobalValue::InternalLinkage,
      ConstantArray::get(type, codes), codesName(name));
  Constant *old = entry->getInitializer();
  SmallVector<Constant *> fields;
  for (unsigned n = 0; n < old->getType()->getStructNumElements(); ++n)
    fields.push_back(old->getAggregateElement(n));
  fields[3] = ConstantInt::get(fields[3]->getType(), codes.size());
  fields[4] = table;
  entry->setInitializer(
      ConstantStruct::get(cast<StructType>(old->getType()), fields));
}

/// Adds the note that marks an object of Fovea; its checksum comes last.
static void addNote(Module &module) {
  using fovea::runtime::ObjectNote;
  LLVMContext &context = module.getContext();
  auto word = [&](uint32_t value) {
    return ConstantInt::get(Type::getInt32Ty(context), value);
  };
  // The owner's name ends with 0 and is padded to a multiple of 4.
  Constant *note = ConstantStruct::getAnon(
      {word(/*length of the owner=*/6), word(sizeof(ObjectNote)),
       word(/*type=*/1),
       ConstantDataArray::getString(context, StringRef("FOVEA\0\0\0", 8),
                                    /*AddNull=*/false),
       word(FOVEA_ABI_VERSION), word(0), word(0), word(0)});
  auto *global =
      new GlobalVariable(module, note->getType(), /*isConstant=*/true,
                         GlobalValue::InternalLinkage, note, "fovea_note");
  global->setSection(".note.fovea");
  global->setAlignment(Align(4));
  appendToUsed(module, {global});
}

static Expected<std::unique_ptr<Module>>
buildObject(ArrayRef<CompiledModule> versions, ArrayRef<std::string> entries,
            LLVMContext &context) {
  std::unique_ptr<Module> whole;
  SmallVector<SmallVector<Constant *>> codes(entries.size());
  for (const CompiledModule &version : versions) {
    auto code =
        buildVersion(*version.module, version.target, entries, !whole, context);
    if (!code)
      return code.takeError();
    if (!whole) {
      whole = std::move(*code);
    } else {
      [[maybe_unused]] bool failed =
          Linker::linkModules(*whole, std::move(*code));
      assert(!failed && "versions differ in the names of what is visible");
    }
    // The next version brings a table of the same name.
    for (auto [n, entry] : enumerate(entries)) {
      GlobalVariable *table = whole->getGlobalVariable(codesName(entry));
      codes[n].push_back(table->getInitializer()->getAggregateElement(0u));
      table->setLinkage(GlobalValue::InternalLinkage);
      table->setName(codesName(entry) + ".version");
    }
  }
  for (auto [n, entry] : enumerate(entries)) {
    setCodes(*whole, entry, codes[n]);
    makePortable(*whole, entries, versions[0].target.baseline());
  }
  for (GlobalVariable &global : make_early_inc_range(whole->globals()))
    if (global.hasInternalLinkage() && global.use_empty())
      global.eraseFromParent();
  addNote(*whole);
  return whole;
}

Error fovea::emitObject(ArrayRef<CompiledModule> versions,
                        ArrayRef<std::string> entries, CodeForm form,
                        raw_pwrite_stream &os) {
  LLVMContext context;
  auto code = buildObject(versions, entries, context);
  if (!code)
    return code.takeError();
  if (form == CodeForm::LLVM) {
    (*code)->print(os, nullptr);
    return Error::success();
  }
  // Functions say what they are for; the rest is for all.
  std::unique_ptr<TargetMachine> machine =
      createTargetMachine(versions[0].target.baseline(), /*jit=*/false);
  legacy::PassManager passes;
  [[maybe_unused]] bool refused = machine->addPassesToEmitFile(
      passes, os, nullptr,
      form == CodeForm::Assembly ? CodeGenFileType::AssemblyFile
                                 : CodeGenFileType::ObjectFile);
  assert(!refused && "LLVM writes the code of all targets");
  passes.run(**code);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Shared objects
//===----------------------------------------------------------------------===//

namespace {
/// A file that is removed in the end, also if the program is interrupted.
class TemporaryFile {
public:
  ~TemporaryFile() {
    if (path.empty())
      return;
    sys::fs::remove(path);
    sys::DontRemoveFileOnSignal(path);
  }

  Error create(StringRef extension) {
    if (auto code = sys::fs::createTemporaryFile("fovea", extension, path)) {
      path.clear();
      return createStringError("cannot write a temporary file: " +
                               code.message());
    }
    sys::RemoveFileOnSignal(path);
    return Error::success();
  }

  SmallString<128> path;
};
} // namespace

static Error writeTemporary(StringRef path, StringRef bytes) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  os << bytes;
  os.close();
  if (!code)
    code = os.error();
  os.clear_error();
  return code ? createStringError(path + ": cannot write: " + code.message())
              : Error::success();
}

/// Whether a file reaches to the end of its section headers, where the linker's
/// files end: what it writes to its output may be cut short, and it does not
/// say so.
static bool isWhole(StringRef bytes) {
  ELF::Elf64_Ehdr header;
  if (bytes.size() < sizeof(header))
    return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.checkMagic() &&
         bytes.size() ==
             header.e_shoff + uint64_t(header.e_shnum) * header.e_shentsize;
}

Expected<std::string> fovea::linkSharedObject(StringRef object,
                                              const char *program) {
  ErrorOr<std::string> linker = sys::findProgramByName("ld.lld-22");
  if (!linker)
    linker = sys::findProgramByName("ld.lld");
  if (!linker)
    return createStringError("the linker ld.lld-22 is not on PATH; install lld "
                             "(on Debian: apt-get install lld-22), or use "
                             "--emit=obj and link it yourself");
  std::string self = sys::fs::getMainExecutable(
      program, reinterpret_cast<void *>(&fovea::linkSharedObject));
  SmallString<128> runtime(
      sys::path::parent_path(sys::path::parent_path(self)));
  sys::path::append(runtime, "lib", "libfovea_runtime.so");
  if (!sys::fs::exists(runtime))
    return createStringError("the runtime " + runtime.str() +
                             " is missing; build the target fovea_runtime");
  TemporaryFile input, output, log;
  for (auto [file, extension] :
       {std::pair(&input, "o"), std::pair(&output, "so"),
        std::pair(&log, "log")})
    if (Error error = file->create(extension))
      return std::move(error);
  if (Error error = writeTemporary(input.path, object))
    return std::move(error);
  // Into a file that is open before the linker runs: one that it made itself
  // would stay where this program is interrupted.
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(output.path),
                                          StringRef(log.path)};
  // What is undefined: the C library's, which the runtime brings. No name of
  // its own, so that the bytes don't depend on where it is written.
  StringRef arguments[] = {*linker,
                           "-shared",
                           "-z",
                           "undefs",
                           "-z",
                           "noexecstack",
                           "--build-id=none",
                           "--enable-new-dtags",
                           "-rpath",
                           "$ORIGIN",
                           "-o",
                           "-",
                           input.path,
                           runtime};
  std::string message;
  int status = sys::ExecuteAndWait(*linker, arguments, std::nullopt, redirects,
                                   0, 0, &message);
  auto text = MemoryBuffer::getFile(status ? log.path : output.path);
  if (status)
    return createStringError(
        *linker + ": " +
        (message.empty() && text ? (*text)->getBuffer().trim() : message));
  if (!text)
    return createStringError(output.path + ": " + text.getError().message());
  if (!isWhole((*text)->getBuffer()))
    return createStringError(
        output.path + ": cannot write all of a temporary file; make room "
                      "there, or set TMPDIR to another folder");
  std::string bytes = (*text)->getBuffer().str();
  [[maybe_unused]] bool sealed =
      runtime::ObjectFile(reinterpret_cast<unsigned char *>(bytes.data()),
                          bytes.size())
          .seal();
  assert(sealed && "the object has the note");
  return bytes;
}
