//===- Jit.cpp - Machine code in memory -----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Execution/Jit.h"

#include "TargetMachine.h"
#include "fovea-runtime/Runtime.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using fovea::CpuTarget;
using fovea::Jit;
using fovea::JitArgument;
using fovea::MemRefView;

MemRefView MemRefView::rowMajor(void *data, ArrayRef<int64_t> shape) {
  MemRefView view;
  view.data = data;
  view.shape.assign(shape.begin(), shape.end());
  view.strides.assign(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    view.strides[axis - 1] = view.strides[axis] * shape[axis];
  return view;
}

void fovea::registerJitTranslations(mlir::DialectRegistry &registry) {
  mlir::registerAllToLLVMIRTranslations(registry);
}

std::unique_ptr<TargetMachine>
fovea::createTargetMachine(const CpuTarget &target, bool jit) {
  std::unique_ptr<TargetMachine> machine(target.backend().createTargetMachine(
      Triple(target.triple), target.cpu, target.features, TargetOptions(),
      Reloc::PIC_, std::nullopt, CodeGenOptLevel::Default, jit));
  assert(machine && "the target has a code generator");
  return machine;
}

Expected<std::unique_ptr<Module>> fovea::translate(mlir::ModuleOp module,
                                                   LLVMContext &context) {
  // Of MLIR's diagnostics the first one names the op; others follow from it.
  std::string why;
  mlir::ScopedDiagnosticHandler handler(
      module.getContext(), [&](mlir::Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
          return mlir::failure();
        raw_string_ostream os(why);
        mlir::Location loc = diagnostic.getLocation();
        if (auto place = loc->findInstanceOf<mlir::FileLineColLoc>();
            place && why.empty())
          os << place.getFilename().getValue() << ':' << place.getLine() << ':'
             << place.getColumn() << ": " << diagnostic.str();
        return mlir::success();
      });
  std::unique_ptr<Module> code = mlir::translateModuleToLLVMIR(module, context);
  if (!code)
    return createStringError(why);
  return code;
}

Error Jit::checkHost(const CpuTarget &target) {
  if (!target.isNative())
    return createStringError("code for " + Triple(target.triple).getArchName() +
                             " does not run on this machine; choose another "
                             "--target to run here");
  uint64_t missing = target.abiFeatures() & ~fovea_cpu_features();
#define FOVEA_CPU_FEATURE(BIT, NAME, ...)                                      \
  if (missing >> BIT & 1)                                                      \
    return createStringError("this CPU does not have '" NAME                   \
                             "'; choose another --target to run here");
#include "fovea-runtime/CpuFeatures.def"
#undef FOVEA_CPU_FEATURE
  return Error::success();
}

Expected<std::unique_ptr<Jit>> Jit::create(mlir::ModuleOp module,
                                           const CpuTarget &target) {
  std::unique_ptr<TargetMachine> machine =
      createTargetMachine(target, /*jit=*/true);
  auto transform = [&target, machine = machine.get()](Module *llvmModule) {
    return optimize(*llvmModule, target, *machine);
  };
  mlir::ExecutionEngineOptions options;
  options.transformer = transform;
  options.jitCodeGenOptLevel = CodeGenOptLevel::Default;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  std::string why;
  auto build = [&](mlir::Operation *,
                   LLVMContext &context) -> std::unique_ptr<Module> {
    auto code = translate(module, context);
    if (code)
      return std::move(*code);
    why = toString(code.takeError());
    return nullptr;
  };
  options.llvmModuleBuilder = build;
  auto engine =
      mlir::ExecutionEngine::create(module, options, std::move(machine));
  if (!engine) {
    if (why.empty())
      return engine.takeError();
    consumeError(engine.takeError());
    return createStringError(why);
  }
  // Compiles now, so that it counts as compile time.
  for (mlir::Operation &op : module.getOps())
    if (auto name = op.getAttrOfType<mlir::StringAttr>("sym_name");
        name && name.getValue().starts_with("_mlir_ciface_"))
      if (auto symbol = (*engine)->lookup(name.getValue()); !symbol)
        return symbol.takeError();
  return std::unique_ptr<Jit>(new Jit(std::move(*engine)));
}

Expected<void *> Jit::lookup(StringRef name) { return engine->lookup(name); }

/// {allocated, aligned, offset, shape..., strides...}, as MLIR passes memrefs.
static std::vector<int64_t> makeDescriptor(const MemRefView &view) {
  int64_t address = reinterpret_cast<int64_t>(view.data);
  std::vector<int64_t> words = {address, address, 0};
  words.insert(words.end(), view.shape.begin(), view.shape.end());
  words.insert(words.end(), view.strides.begin(), view.strides.end());
  return words;
}

Error Jit::call(StringRef name, ArrayRef<JitArgument> arguments) {
  std::vector<std::vector<int64_t>> descriptors(arguments.size());
  std::vector<int64_t> scalars(arguments.size());
  std::vector<void *> pointers(arguments.size()), packed(arguments.size());
  for (auto [n, argument] : enumerate(arguments)) {
    if (argument.isMemRef) {
      descriptors[n] = makeDescriptor(argument.view);
      pointers[n] = descriptors[n].data();
      packed[n] = &pointers[n];
    } else {
      scalars[n] = argument.scalar;
      packed[n] = &scalars[n];
    }
  }
  fovea_clear_error();
  if (Error error =
          engine->invokePacked(("_mlir_ciface_" + name).str(), packed))
    return error;
  if (const char *message = fovea_last_error())
    return createStringError(message);
  return Error::success();
}
