//===- LaunchToCuda.cpp - Launches of GPU kernels -------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringSet.h"

namespace fovea {
#define GEN_PASS_DEF_CONVERTTILELAUNCHTOCUDA
#define GEN_PASS_DEF_EMBEDGPUBINARIES
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

/// The runtime's functions, argument kinds and flags (fovea-runtime/Runtime.h).
static constexpr StringLiteral launchName = "fovea_cuda_launch",
                               processorsName = "fovea_cuda_processors",
                               chooseName = "fovea_cuda_choose";
enum ArgumentKind : int64_t {
  tensorMapKind = 0,
  pointerKind = 1,
  sizeKind = 2,
  strideKind = 3,
  scalarKind = 4,
  workspaceKind = 5,
  extentKind = 6,
  descriptorKind = 7
};
enum LaunchFlag : int64_t { persistentFlag = 1, waitsFlag = 2 };

static std::string imageName(StringRef kernel) {
  return (kernel + "_image").str();
}

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

/// CUtensorMapDataType of an element type, or nothing.
static std::optional<int64_t> tensorMapType(Type type) {
  if (type.isBF16())
    return 9;
  if (type.isF16())
    return 6;
  if (type.isF32())
    return 7;
  return std::nullopt;
}

namespace {
/// Reads the entries of `pipe.launch`.
class FactsReader {
public:
  FactsReader(tile::LaunchOp launch, DictionaryAttr facts)
      : launch(launch), facts(facts) {}

  /// The words of fovea_cuda_kernel_t::facts.
  FailureOr<SmallVector<int64_t>> read();

private:
  LogicalResult readArgument(DictionaryAttr argument);
  std::optional<int64_t> integer(DictionaryAttr from, StringRef name) {
    if (auto attribute = from.getAs<IntegerAttr>(name))
      return attribute.getInt();
    return std::nullopt;
  }
  /// Rank of the parameter that an entry names, or nothing.
  std::optional<int64_t> rankOf(int64_t parameter) {
    if (parameter < 0 ||
        parameter >= static_cast<int64_t>(launch.getArguments().size()))
      return std::nullopt;
    auto type =
        dyn_cast<MemRefType>(launch.getArguments()[parameter].getType());
    return type ? type.getRank() : 0;
  }
  void append(ArgumentKind kind, ArrayRef<int64_t> payload) {
    words.append({kind, static_cast<int64_t>(payload.size())});
    words.append(payload.begin(), payload.end());
  }

  tile::LaunchOp launch;
  DictionaryAttr facts;
  SmallVector<int64_t> words;
};
} // namespace

LogicalResult FactsReader::readArgument(DictionaryAttr argument) {
  auto kind = argument.getAs<StringAttr>("kind");
  auto bad = [&] {
    return launch.emitOpError("of ")
           << launch.getKernelAttr()
           << ": cannot make the kernel's parameter from " << argument;
  };
  if (!kind)
    return bad();
  if (kind == "workspace") {
    std::optional<int64_t> bytes = integer(argument, "bytes");
    std::optional<int64_t> more = integer(argument, "bytes_of_processor");
    if (!bytes)
      return bad();
    append(workspaceKind, {*bytes, more.value_or(0)});
    return success();
  }
  if (kind == "extent") {
    std::optional<int64_t> coordinate = integer(argument, "coordinate");
    if (!coordinate)
      return bad();
    append(extentKind, {*coordinate});
    return success();
  }
  std::optional<int64_t> parameter = integer(argument, "parameter");
  std::optional<int64_t> rank = parameter ? rankOf(*parameter) : std::nullopt;
  std::optional<int64_t> dim = integer(argument, "dim");
  if (!rank)
    return bad();
  if (kind == "pointer") {
    append(pointerKind, {*parameter});
  } else if (kind == "descriptor") {
    append(descriptorKind, {*parameter});
  } else if (kind == "dim" && dim) {
    append(sizeKind, {*parameter, *dim});
  } else if (kind == "stride" && dim) {
    append(strideKind, {*parameter, *rank, *dim});
  } else if (kind == "scalar") {
    append(scalarKind, {*parameter});
  } else if (kind == "tensor_map") {
    auto dims = argument.getAs<DenseI64ArrayAttr>("dims");
    auto box = argument.getAs<DenseI64ArrayAttr>("box");
    auto element = argument.getAs<TypeAttr>("element");
    auto limit = argument.getAs<DenseI64ArrayAttr>("limit");
    std::optional<int64_t> swizzle = integer(argument, "swizzle");
    auto type = element ? tensorMapType(element.getValue()) : std::nullopt;
    if (!dims || !box || !type || !swizzle || dims.size() != box.size())
      return bad();
    SmallVector<int64_t> payload = {*parameter,
                                    *rank,
                                    *type,
                                    element.getValue().getIntOrFloatBitWidth() /
                                        8,
                                    *swizzle,
                                    limit ? limit[0] : -1,
                                    limit ? limit[1] : 0,
                                    dims.size()};
    llvm::append_range(payload, dims.asArrayRef());
    llvm::append_range(payload, box.asArrayRef());
    append(tensorMapKind, payload);
  } else {
    return bad();
  }
  return success();
}

FailureOr<SmallVector<int64_t>> FactsReader::read() {
  std::optional<int64_t> block = integer(facts, "block");
  std::optional<int64_t> shared = integer(facts, "shared_bytes");
  auto grid = facts.getAs<DenseI64ArrayAttr>("grid");
  auto arguments = facts.getAs<ArrayAttr>("arguments");
  if (!block || !shared || !grid || !arguments || grid.size() > 3)
    return launch.emitOpError("of ")
           << launch.getKernelAttr()
           << ": the attribute pipe.launch of the kernel lacks block, "
              "shared_bytes, a grid of at most 3 dimensions or arguments";
  auto isSet = [&](StringRef name) {
    auto flag = facts.getAs<BoolAttr>(name);
    return flag && flag.getValue();
  };
  int64_t flags = (isSet("persistent") ? persistentFlag : 0) |
                  (isSet("waits") ? waitsFlag : 0);
  words = {/*compute capability=*/90, *block, *shared, flags, grid.size()};
  llvm::append_range(words, grid.asArrayRef());
  words.push_back(arguments.size());
  for (Attribute argument : arguments) {
    auto entry = dyn_cast<DictionaryAttr>(argument);
    if (!entry || failed(readArgument(entry)))
      return failure();
  }
  return words;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// A constant of 64-bit words.
static LLVM::GlobalOp createTable(ImplicitLocOpBuilder &b, StringRef name,
                                  ArrayRef<int64_t> words) {
  auto type = LLVM::LLVMArrayType::get(b.getI64Type(), words.size());
  return LLVM::GlobalOp::create(
      b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
      DenseElementsAttr::get(
          RankedTensorType::get(words.size(), b.getI64Type()), words));
}

/// `@KERNEL_kernel`, a fovea_cuda_kernel_t.
static FailureOr<LLVM::GlobalOp> getKernel(tile::LaunchOp launch) {
  auto module = launch->getParentOfType<ModuleOp>();
  StringRef name = launch.getKernel();
  std::string global = (name + "_kernel").str();
  if (auto known = module.lookupSymbol<LLVM::GlobalOp>(global))
    return known;
  auto gpuModule = module.lookupSymbol<gpu::GPUModuleOp>(name);
  auto function =
      gpuModule ? gpuModule.lookupSymbol<LLVM::LLVMFuncOp>(name) : nullptr;
  auto facts = function ? function->getAttrOfType<DictionaryAttr>("pipe.launch")
                        : nullptr;
  if (!facts)
    return launch.emitOpError("of ")
           << launch.getKernelAttr()
           << ", which is not lowered; run -pipe-to-nvvm first";
  FailureOr<SmallVector<int64_t>> words = FactsReader(launch, facts).read();
  if (failed(words))
    return failure();
  ImplicitLocOpBuilder b(launch.getLoc(), module.getBody(),
                         module.getBody()->begin());
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  std::string text = name.str() + '\0';
  auto nameGlobal = LLVM::GlobalOp::create(
      b, LLVM::LLVMArrayType::get(b.getI8Type(), text.size()),
      /*isConstant=*/true, LLVM::Linkage::Internal, (name + "_name").str(),
      b.getStringAttr(text));
  auto image = LLVM::GlobalOp::create(
      b, LLVM::LLVMArrayType::get(b.getI8Type(), 0), /*isConstant=*/true,
      LLVM::Linkage::External, imageName(name), Attribute());
  LLVM::GlobalOp table = createTable(b, (name + "_facts").str(), *words);
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer, pointer, pointer, pointer});
  auto kernel =
      LLVM::GlobalOp::create(b, type, /*isConstant=*/false,
                             LLVM::Linkage::Internal, global, Attribute());
  b.createBlock(&kernel.getInitializerRegion());
  Value value = LLVM::ZeroOp::create(b, type);
  LLVM::GlobalOp parts[] = {nameGlobal, image, table};
  for (auto [n, part] : llvm::enumerate(parts))
    value = LLVM::InsertValueOp::create(b, value,
                                        LLVM::AddressOfOp::create(b, part), n);
  LLVM::ReturnOp::create(b, value);
  return kernel;
}

static LLVM::LLVMFuncOp getLaunchFunction(ModuleOp module) {
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(launchName))
    return known;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  return LLVM::LLVMFuncOp::create(
      b, module.getLoc(), launchName,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {pointer, pointer, pointer, pointer}));
}

/// The multiprocessors of the device.
static void lowerProcessors(tile::ProcessorsOp op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(processorsName);
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  if (!function)
    function = LLVM::LLVMFuncOp::create(
        b, module.getLoc(), processorsName,
        LLVM::LLVMFunctionType::get(b.getI64Type(), ArrayRef<Type>()));
  b.setInsertionPoint(op);
  Value count =
      LLVM::CallOp::create(b, op.getLoc(), function, ValueRange{}).getResult();
  op.replaceAllUsesWith(
      arith::IndexCastOp::create(b, op.getLoc(), b.getIndexType(), count)
          .getResult());
  op.erase();
}

/// Stores values one after the other in an array on the stack.
static Value storeArray(ImplicitLocOpBuilder &b, Type element,
                        ValueRange values) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value count = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(values.size()));
  Value array = LLVM::AllocaOp::create(b, pointer, element, count);
  for (auto [n, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(
        b, value,
        LLVM::GEPOp::create(b, pointer, element, array,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(n)}));
  return array;
}

static LogicalResult lowerLaunch(tile::LaunchOp launch, Value stream) {
  FailureOr<LLVM::GlobalOp> kernel = getKernel(launch);
  if (failed(kernel))
    return failure();
  ImplicitLocOpBuilder b(launch.getLoc(), launch);
  LLVMTypeConverter converter(b.getContext());
  SmallVector<Value> grid, arguments;
  for (Value extent : launch.getGrid())
    grid.push_back(arith::IndexCastOp::create(b, b.getI64Type(), extent));
  for (Value argument : launch.getArguments()) {
    Type type = converter.convertType(argument.getType());
    Value value = argument;
    if (type != argument.getType())
      value =
          UnrealizedConversionCastOp::create(b, type, argument).getResult(0);
    // The runtime reads 8 bytes of a scalar.
    Value zero = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(0));
    Value place = storeArray(b, b.getI64Type(), zero);
    if (auto memref = dyn_cast<MemRefType>(argument.getType())) {
      // The runtime takes the first element's address.
      MemRefDescriptor descriptor(value);
      Value first = descriptor.bufferPtr(b, b.getLoc(), converter, memref);
      descriptor.setAlignedPtr(b, b.getLoc(), first);
      descriptor.setOffset(b, b.getLoc(), zero);
      place = storeArray(b, type, Value(descriptor));
    } else {
      LLVM::StoreOp::create(b, value, place);
    }
    arguments.push_back(place);
  }
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  LLVM::CallOp::create(b,
                       getLaunchFunction(launch->getParentOfType<ModuleOp>()),
                       ValueRange{LLVM::AddressOfOp::create(b, *kernel),
                                  storeArray(b, b.getI64Type(), grid),
                                  storeArray(b, pointer, arguments), stream});
  launch.erase();
  return success();
}

/// The regions of a switch on `choose` by their numbers; none after a
/// diagnostic.
static FailureOr<SmallVector<Region *>> findChoices(tile::ChooseOp choose) {
  auto branch = choose->hasOneUse()
                    ? dyn_cast<scf::IndexSwitchOp>(*choose->user_begin())
                    : nullptr;
  SmallVector<Region *> regions;
  if (branch) {
    regions = {&branch.getDefaultRegion()};
    for (auto [number, region] :
         llvm::zip(branch.getCases(), branch.getCaseRegions()))
      if (number == static_cast<int64_t>(regions.size()))
        regions.push_back(&region);
  }
  if (!branch || regions.size() != branch.getNumRegions())
    return choose.emitOpError("feeds no scf.index_switch with cases 1, 2, ...; "
                              "-attn-offer-schedules makes one");
  return regions;
}

/// A call of the runtime with the kernels of each region.
static LogicalResult lowerChoose(tile::ChooseOp choose, Value stream) {
  FailureOr<SmallVector<Region *>> regions = findChoices(choose);
  if (failed(regions))
    return failure();
  auto module = choose->getParentOfType<ModuleOp>();
  ImplicitLocOpBuilder b(choose.getLoc(), choose);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  SmallVector<Value> kernels, counts;
  for (Region *region : *regions) {
    size_t before = kernels.size();
    WalkResult result = region->walk([&](tile::LaunchOp launch) {
      FailureOr<LLVM::GlobalOp> kernel = getKernel(launch);
      if (failed(kernel))
        return WalkResult::interrupt();
      kernels.push_back(LLVM::AddressOfOp::create(b, *kernel));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
    counts.push_back(LLVM::ConstantOp::create(
        b, b.getI64IntegerAttr(kernels.size() - before)));
  }
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(chooseName);
  if (!function) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    function = LLVM::LLVMFuncOp::create(
        b, chooseName,
        LLVM::LLVMFunctionType::get(
            b.getI64Type(), {pointer, pointer, b.getI64Type(), pointer}));
  }
  Value count = LLVM::ConstantOp::create(b, b.getI64IntegerAttr(counts.size()));
  Value number =
      LLVM::CallOp::create(b, function,
                           ValueRange{storeArray(b, pointer, kernels),
                                      storeArray(b, b.getI64Type(), counts),
                                      count, stream})
          .getResult();
  choose.replaceAllUsesWith(
      arith::IndexCastOp::create(b, b.getIndexType(), number).getResult());
  choose.erase();
  return success();
}

/// Refuses what would run on the host.
static LogicalResult checkHostOps(func::FuncOp function) {
  WalkResult result = function.getBody().walk([](Operation *op) {
    if (isa<tile::LaunchOp, tile::ChooseOp, func::CallOp, cf::AssertOp>(op) ||
        isMemoryEffectFree(op) || op->hasTrait<OpTrait::IsTerminator>() ||
        op->hasTrait<OpTrait::HasRecursiveMemoryEffects>())
      return WalkResult::advance();
    op->emitOpError("touches memory outside of a kernel, which code for a GPU "
                    "cannot; compute results in place of an argument (outs), "
                    "and by ops that become kernels");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

namespace {

struct ConvertTileLaunchToCudaPass final
    : fovea::impl::ConvertTileLaunchToCudaBase<ConvertTileLaunchToCudaPass> {
  using Base::Base;

  void runOnOperation() override {
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    SmallVector<func::FuncOp> functions;
    // Sizes of temporaries are computed without a stream.
    llvm::StringSet<> sizes;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (auto symbol =
              function->getAttrOfType<FlatSymbolRefAttr>("fovea.temporaries"))
        sizes.insert(symbol.getValue());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && !sizes.contains(function.getName()))
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      if (failed(checkHostOps(function)) ||
          failed(function.insertArgument(function.getNumArguments(), pointer,
                                         {}, function.getLoc())))
        return signalPassFailure();
    }
    for (func::FuncOp function : functions) {
      Value stream = function.getArguments().back();
      function.walk([&](tile::ProcessorsOp op) { lowerProcessors(op); });
      SmallVector<tile::ChooseOp> choices;
      function.walk([&](tile::ChooseOp op) { choices.push_back(op); });
      for (tile::ChooseOp choose : choices)
        if (failed(lowerChoose(choose, stream)))
          return signalPassFailure();
      SmallVector<tile::LaunchOp> launches;
      function.walk([&](tile::LaunchOp op) { launches.push_back(op); });
      for (tile::LaunchOp launch : launches)
        if (failed(lowerLaunch(launch, stream)))
          return signalPassFailure();
      function.walk([&](func::CallOp call) {
        auto callee =
            getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
        if (callee && !callee.isExternal())
          call.getOperandsMutable().append(stream);
      });
    }
  }
};

struct EmbedGpuBinariesPass final
    : fovea::impl::EmbedGpuBinariesBase<EmbedGpuBinariesPass> {
  using Base::Base;

  void runOnOperation() override {
    for (auto binary :
         llvm::make_early_inc_range(getOperation().getOps<gpu::BinaryOp>())) {
      auto object = dyn_cast<gpu::ObjectAttr>(binary.getObjects()[0]);
      auto image = getOperation().lookupSymbol<LLVM::GlobalOp>(
          imageName(binary.getName()));
      if (object && image) {
        std::string bytes = object.getObject().getValue().str();
        if (object.getFormat() == gpu::CompilationTarget::Assembly &&
            !StringRef(bytes).ends_with(StringRef("", 1)))
          bytes.push_back('\0');
        OpBuilder b(&getContext());
        image.setGlobalType(
            LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size()));
        image.setValueAttr(b.getStringAttr(bytes));
        image.setLinkage(LLVM::Linkage::Internal);
        image.setAlignment(64);
      }
      binary.erase();
    }
  }
};

} // namespace
