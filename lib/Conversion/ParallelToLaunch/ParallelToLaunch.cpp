//===- ParallelToLaunch.cpp - Parallel loops as kernels -------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"
#include "Runs.h"

#include "fovea/Conversion/Passes.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"

namespace fovea {
#define GEN_PASS_DEF_CONVERTPARALLELTOLAUNCH
#include "fovea/Conversion/Passes.h.inc"
} // namespace fovea

using namespace mlir;
using namespace fovea;

namespace {

/// Makes a kernel of one loop and launches it.
class LoopKernel {
public:
  LoopKernel(scf::ParallelOp loop, SymbolTable &symbols)
      : loop(loop), symbols(symbols), b(loop.getLoc(), loop) {
    auto function = loop->getParentOfType<func::FuncOp>();
    name = (function.getName() + "_loop").str();
    prepare();
  }

  void emitForCpu();
  LogicalResult emitForCuda(StringRef chip);

private:
  void prepare();
  void launch(Value items);
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value multiply(ArrayRef<Value> values) {
    Value product = index(1);
    for (Value value : values)
      product = b.createOrFold<arith::MulIOp>(product, value);
    return product;
  }
  /// The arguments of the kernel's block stand for the inputs from now on.
  void enterKernel(ValueRange arguments);
  SmallVector<Value> lookupExtents() {
    return llvm::map_to_vector(
        extents, [&](Value extent) { return mapping.lookup(extent); });
  }
  /// Gives the body the induction variables of an iteration, by its numbers in
  /// all dimensions.
  void mapVariables(ArrayRef<Value> numbers);
  /// The body for an iteration.
  void emitBody(ArrayRef<Value> numbers);
  /// The body for a run of iterations, by the numbers of the first.
  void emitRun(const Runs &runs, ArrayRef<Value> numbers, Value extent,
               Value areAligned);
  SmallVector<Value> delinearize(Value number, ArrayRef<Value> extents);
  LLVM::LLVMFuncOp createCudaFunction(StringRef chip, int64_t threads);
  Value unpackInput(Value argument, Type type);

  scf::ParallelOp loop;
  SymbolTable &symbols;
  ImplicitLocOpBuilder b;
  std::string name;
  SmallVector<Value> extents;      ///< Numbers of iterations.
  SmallVector<Value> inputs;       ///< What the kernel is given.
  SmallVector<Operation *> copied; ///< Constants that it has itself.
  IRMapping mapping;               ///< To values of the kernel.
};

} // namespace

void LoopKernel::prepare() {
  for (auto [low, high, step] : llvm::zip_equal(
           loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
    Value range = b.createOrFold<arith::SubIOp>(high, low);
    Value count = b.createOrFold<arith::CeilDivSIOp>(range, step);
    extents.push_back(b.createOrFold<arith::MaxSIOp>(count, index(0)));
  }
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.getRegion(), used);
  used.insert_range(loop.getLowerBound());
  used.insert_range(loop.getStep());
  used.insert_range(extents);
  for (Value value : used) {
    if (matchPattern(value, m_Constant()))
      copied.push_back(value.getDefiningOp());
    else
      inputs.push_back(value);
  }
}

void LoopKernel::launch(Value items) {
  b.setInsertionPoint(loop);
  tile::LaunchOp::create(b, FlatSymbolRefAttr::get(b.getContext(), name),
                         ValueRange(items), inputs,
                         /*scratch_bytes=*/b.getI64IntegerAttr(0),
                         /*workspace_bytes=*/IntegerAttr(),
                         /*cleared_bytes=*/IntegerAttr());
  loop.erase();
}

void LoopKernel::enterKernel(ValueRange arguments) {
  mapping.map(inputs, arguments);
  for (Operation *op : copied)
    b.clone(*op, mapping);
}

void LoopKernel::mapVariables(ArrayRef<Value> numbers) {
  for (auto [variable, number, low, step] :
       llvm::zip_equal(loop.getInductionVars(), numbers, loop.getLowerBound(),
                       loop.getStep())) {
    Value offset = b.createOrFold<arith::MulIOp>(number, mapping.lookup(step));
    mapping.map(variable,
                b.createOrFold<arith::AddIOp>(offset, mapping.lookup(low)));
  }
}

void LoopKernel::emitBody(ArrayRef<Value> numbers) {
  mapVariables(numbers);
  for (Operation &op : loop.getBody()->without_terminator())
    b.clone(op, mapping);
}

SmallVector<Value> LoopKernel::delinearize(Value number,
                                           ArrayRef<Value> extents) {
  SmallVector<Value> numbers(extents.size());
  for (size_t dim = extents.size(); dim-- > 1;) {
    numbers[dim] = arith::RemUIOp::create(b, number, extents[dim]);
    number = arith::DivUIOp::create(b, number, extents[dim]);
  }
  numbers[0] = number;
  return numbers;
}

//===----------------------------------------------------------------------===//
// CPUs
//===----------------------------------------------------------------------===//

/// Shares of the iterations, of all dimensions but the last one, which an item
/// runs through.
void LoopKernel::emitForCpu() {
  constexpr int64_t maxItems = 256;
  bool isNest = extents.size() > 1;
  Value outer = multiply(ArrayRef(extents).drop_back(isNest));
  Value items = b.createOrFold<arith::MinSIOp>(outer, index(maxItems));
  Type indexType = b.getIndexType();
  SmallVector<Type> types = {
      indexType, MemRefType::get({ShapedType::kDynamic}, b.getI8Type())};
  llvm::append_range(types, ValueRange(inputs).getTypes());
  types.push_back(indexType);
  auto function =
      func::FuncOp::create(loop.getLoc(), name, b.getFunctionType(types, {}));
  function.setPrivate();
  name = symbols.insert(function).str();

  Block *block = function.addEntryBlock();
  b.setInsertionPointToStart(block);
  enterKernel(block->getArguments().drop_front(2).drop_back());
  SmallVector<Value> counts = lookupExtents();
  ArrayRef<Value> outerCounts = ArrayRef(counts).drop_back(isNest);
  Value all = multiply(outerCounts);
  Value share =
      arith::CeilDivSIOp::create(b, all, block->getArguments().back());
  Value first = arith::MulIOp::create(b, block->getArgument(0), share);
  Value last =
      arith::MinSIOp::create(b, arith::AddIOp::create(b, first, share), all);
  auto shared = scf::ForOp::create(b, first, last, index(1));
  func::ReturnOp::create(b);
  b.setInsertionPointToStart(shared.getBody());
  SmallVector<Value> numbers =
      delinearize(shared.getInductionVar(), outerCounts);
  if (isNest) {
    auto inner = scf::ForOp::create(b, index(0), counts.back(), index(1));
    b.setInsertionPointToStart(inner.getBody());
    numbers.push_back(inner.getInductionVar());
  }
  emitBody(numbers);
  launch(items);
}

//===----------------------------------------------------------------------===//
// NVIDIA GPUs
//===----------------------------------------------------------------------===//

LLVM::LLVMFuncOp LoopKernel::createCudaFunction(StringRef chip,
                                                int64_t threads) {
  MLIRContext *context = b.getContext();
  LLVMTypeConverter converter(context);
  auto target = NVVM::NVVMTargetAttr::get(
      context, /*optLevel=*/3, "nvptx64-nvidia-cuda", chip, "+ptx80");
  OpBuilder detached(context);
  auto module = gpu::GPUModuleOp::create(detached, loop.getLoc(), name,
                                         ArrayRef<Attribute>{target});
  name = symbols.insert(module).str();
  SmallVector<Type> types;
  SmallVector<Attribute> facts;
  for (auto [n, input] : llvm::enumerate(inputs)) {
    types.push_back(converter.convertType(input.getType()));
    StringRef kind = isa<MemRefType>(input.getType()) ? "descriptor" : "scalar";
    facts.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("kind", b.getStringAttr(kind)),
         b.getNamedAttr("parameter", b.getI64IntegerAttr(n))}));
  }
  b.setInsertionPointToEnd(module.getBody());
  auto function = LLVM::LLVMFuncOp::create(
      b, name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types));
  UnitAttr unit = b.getUnitAttr();
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), unit);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), unit);
  function->setAttr(
      NVVM::NVVMDialect::getReqntidAttrName(),
      b.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
  function->setAttr("pipe.launch",
                    b.getDictionaryAttr(
                        {b.getNamedAttr("block", b.getI64IntegerAttr(threads)),
                         b.getNamedAttr("shared_bytes", b.getI64IntegerAttr(0)),
                         b.getNamedAttr("grid", b.getDenseI64ArrayAttr({0})),
                         b.getNamedAttr("arguments", b.getArrayAttr(facts))}));
  return function;
}

/// An array as its memref. The runtime passes the address of the first element,
/// which an offset in the type would be added to again.
Value LoopKernel::unpackInput(Value argument, Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return argument.getType() == type
               ? argument
               : arith::IndexCastOp::create(b, type, argument).getResult();
  auto [strides, offset] = memref.getStridesAndOffset();
  if (offset != 0 && !ShapedType::isDynamic(offset)) {
    MemRefDescriptor descriptor(argument);
    Type pointer = descriptor.getElementPtrType();
    Value first = descriptor.alignedPtr(b, b.getLoc());
    Type element =
        LLVMTypeConverter(b.getContext()).convertType(memref.getElementType());
    first = LLVM::GEPOp::create(
        b, pointer, element, first,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(-offset)});
    descriptor.setAlignedPtr(b, b.getLoc(), first);
    argument = descriptor;
  }
  return UnrealizedConversionCastOp::create(b, type, argument).getResult(0);
}

/// A run as a whole where its rows are aligned and it is whole, otherwise
/// iteration by iteration.
void LoopKernel::emitRun(const Runs &runs, ArrayRef<Value> numbers,
                         Value extent, Value areAligned) {
  Value end = arith::AddIOp::create(b, numbers.back(), index(Runs::length));
  Value isWhole =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end, extent);
  auto branch =
      scf::IfOp::create(b, arith::AndIOp::create(b, areAligned, isWhole),
                        /*withElseRegion=*/true);
  b.setInsertionPoint(branch.thenYield());
  mapVariables(numbers);
  runs.emit(b, mapping);
  b.setInsertionPoint(branch.elseYield());
  auto single = scf::ForOp::create(
      b, numbers.back(), arith::MinUIOp::create(b, end, extent), index(1));
  b.setInsertionPointToStart(single.getBody());
  SmallVector<Value> at(numbers);
  at.back() = single.getInductionVar();
  emitBody(at);
}

LogicalResult LoopKernel::emitForCuda(StringRef chip) {
  bool usesWarps =
      loop.getBody()
          ->walk([](scf::ParallelOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  int64_t threads = usesWarps ? 128 : 256;
  int64_t itemsOfBlock = usesWarps ? threads / warpSize : threads;
  for (Value input : inputs) {
    Type type = input.getType();
    bool isScalar = type.isIndex() ||
                    (type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 64);
    if (!isScalar && !isa<MemRefType>(type))
      return loop.emitOpError("uses a value of type ")
             << type << ", which a GPU's kernel cannot be given";
  }
  Runs runs(loop);
  // The last dimension is divided into runs.
  auto countItems = [&](SmallVector<Value> counts) {
    if (runs.exist())
      counts.back() = b.createOrFold<arith::CeilDivSIOp>(counts.back(),
                                                         index(Runs::length));
    return counts;
  };
  Value blocks = b.createOrFold<arith::CeilDivSIOp>(
      multiply(countItems(extents)), index(itemsOfBlock));
  LLVM::LLVMFuncOp function = createCudaFunction(chip, threads);
  Block *block = function.addEntryBlock(b);
  b.setInsertionPointToStart(block);
  SmallVector<Value> arguments;
  for (auto [argument, input] : llvm::zip_equal(block->getArguments(), inputs))
    arguments.push_back(unpackInput(argument, input.getType()));
  enterKernel(arguments);
  auto toIndex = [&](Value value) -> Value {
    return arith::IndexCastUIOp::create(b, b.getIndexType(), value);
  };
  Value thread = toIndex(NVVM::ThreadIdXOp::create(b, b.getI32Type()));
  Value first = arith::MulIOp::create(
      b, toIndex(NVVM::BlockIdXOp::create(b, b.getI32Type())),
      index(itemsOfBlock));
  Value own = thread, lane;
  if (usesWarps) {
    own = arith::DivUIOp::create(b, thread, index(warpSize));
    lane = arith::RemUIOp::create(b, thread, index(warpSize));
  }
  Value number = arith::AddIOp::create(b, first, own);
  SmallVector<Value> counts = countItems(lookupExtents());
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number,
                                       multiply(counts));
  Value areAligned;
  if (runs.exist())
    areAligned = runs.emitAreAligned(b, mapping);
  auto item = scf::IfOp::create(b, exists);
  LLVM::ReturnOp::create(b, ValueRange());
  b.setInsertionPointToStart(item.thenBlock());
  SmallVector<Value> numbers = delinearize(number, counts);
  if (runs.exist()) {
    numbers.back() =
        arith::MulIOp::create(b, numbers.back(), index(Runs::length));
    emitRun(runs, numbers, lookupExtents().back(), areAligned);
  } else {
    emitBody(numbers);
  }
  if (usesWarps && failed(Lanes(b, lane).distribute(*item.thenBlock())))
    return failure();
  launch(blocks);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// memref.copy  ->  a loop over the elements.
static void expandCopy(memref::CopyOp copy) {
  ImplicitLocOpBuilder b(copy.getLoc(), copy);
  Value source = copy.getSource(), target = copy.getTarget();
  int64_t rank = cast<MemRefType>(source.getType()).getRank();
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  // An array without dimensions is a loop of one iteration.
  SmallVector<Value> lows(std::max<int64_t>(rank, 1), index(0)),
      steps(lows.size(), index(1)), highs;
  for (int64_t dim = 0; dim < rank; ++dim)
    highs.push_back(memref::DimOp::create(b, source, dim));
  if (rank == 0)
    highs.push_back(index(1));
  auto loop = scf::ParallelOp::create(b, lows, highs, steps);
  b.setInsertionPointToStart(loop.getBody());
  ValueRange at = ValueRange(loop.getInductionVars()).take_front(rank);
  Value element = memref::LoadOp::create(b, source, at);
  memref::StoreOp::create(b, element, target, at);
  copy.erase();
}

namespace {

struct ConvertParallelToLaunchPass final
    : fovea::impl::ConvertParallelToLaunchBase<ConvertParallelToLaunchPass> {
  using Base::Base;

  void runOnOperation() override {
    bool isCuda = CudaTarget::isCuda(target);
    std::string chip;
    if (isCuda) {
      llvm::Expected<CudaTarget> parsed = CudaTarget::parse(target);
      if (!parsed) {
        getOperation().emitError(toString(parsed.takeError()));
        return signalPassFailure();
      }
      chip = parsed->chip;
    }
    SmallVector<scf::ParallelOp> loops;
    // There is no library of functions on a GPU.
    RewritePatternSet expansions(&getContext());
    populateMathPolynomialApproximationPatterns(expansions);
    FrozenRewritePatternSet patterns(std::move(expansions));
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (isCuda && failed(applyPatternsGreedily(function, patterns)))
        return signalPassFailure();
      if (isCuda)
        function.walk([](memref::CopyOp copy) {
          if (isa<MemRefType>(copy.getSource().getType()) &&
              isa<MemRefType>(copy.getTarget().getType()))
            expandCopy(copy);
        });
      function.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
        if (loop.getNumReductions())
          return WalkResult::advance();
        loops.push_back(loop);
        return WalkResult::skip();
      });
    }
    SymbolTable symbols(getOperation());
    for (scf::ParallelOp loop : loops) {
      LoopKernel kernel(loop, symbols);
      if (!isCuda)
        kernel.emitForCpu();
      else if (failed(kernel.emitForCuda(chip)))
        return signalPassFailure();
    }
    numKernels += loops.size();
    if (isCuda && !loops.empty())
      getOperation()->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                              UnitAttr::get(&getContext()));
  }
};

} // namespace
