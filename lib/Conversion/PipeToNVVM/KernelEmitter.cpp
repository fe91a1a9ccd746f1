//===- KernelEmitter.cpp - Structure of a kernel --------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

Value KernelEmitter::constant(int64_t value, unsigned bits) {
  return arith::ConstantIntOp::create(builder, loc, value, bits);
}

Value KernelEmitter::get(Value value) {
  Value exact = getExact(value);
  if (!exact || !value.getType().isIndex() || exact.getType().isInteger(32))
    return exact;
  return arith::TruncIOp::create(builder, loc, builder.getI32Type(), exact);
}

Value KernelEmitter::extend(Value value, unsigned bits) {
  Type type = value.getType(), wide = builder.getIntegerType(bits);
  if (getElementTypeOrSelf(type).getIntOrFloatBitWidth() >= bits)
    return value;
  if (auto vector = dyn_cast<VectorType>(type))
    wide = vector.clone(wide);
  return arith::ExtSIOp::create(builder, loc, wide, value);
}

unsigned KernelEmitter::getIndexBits(Operation *op, ValueRange operands) {
  unsigned bits = 32;
  for (auto [original, operand] : llvm::zip(op->getOperands(), operands))
    if (original.getType().isIndex())
      bits =
          std::max(bits, getElementTypeOrSelf(operand).getIntOrFloatBitWidth());
  return bits;
}

Value KernelEmitter::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value KernelEmitter::add(Value a, int64_t b) {
  return b == 0 ? a : add(a, constant(b));
}

Value KernelEmitter::multiply(Value a, int64_t b) {
  return b == 1 ? a : arith::MulIOp::create(builder, loc, a, constant(b));
}

Value KernelEmitter::divide(Value a, int64_t b) {
  if (llvm::isPowerOf2_64(b))
    return arith::ShRUIOp::create(builder, loc, a, constant(llvm::Log2_64(b)));
  return arith::DivUIOp::create(builder, loc, a, constant(b));
}

Value KernelEmitter::remainder(Value a, int64_t b) {
  if (llvm::isPowerOf2_64(b))
    return arith::AndIOp::create(builder, loc, a, constant(b - 1));
  return arith::RemUIOp::create(builder, loc, a, constant(b));
}

void KernelEmitter::onOneThread(llvm::function_ref<void()> emit) {
  if (!startsCopies)
    return emit();
  OpBuilder::InsertionGuard guard(builder);
  auto one = scf::IfOp::create(builder, loc, startsCopies);
  builder.setInsertionPointToStart(one.thenBlock());
  emit();
}

Value KernelEmitter::equals(Value a, int64_t b) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a,
                               constant(b));
}

Value KernelEmitter::sharedPointer(Value address) {
  return LLVM::IntToPtrOp::create(
      builder, loc, LLVM::LLVMPointerType::get(builder.getContext(), 3),
      address);
}

LogicalResult KernelEmitter::convertType(Type type,
                                         SmallVectorImpl<Type> &types) {
  Type i32 = builder.getI32Type();
  if (auto tile = dyn_cast<tile::TileType>(type)) {
    if (isa_and_nonnull<pipe::SmemAttr>(tile.getLayout())) {
      types.push_back(i32);
      return success();
    }
    FailureOr<Fragment> fragment = Fragment::get(tile, loc);
    if (failed(fragment))
      return failure();
    types.push_back(VectorType::get(fragment->size(), tile.getElementType()));
    return success();
  }
  if (isa<pipe::PendingType>(type))
    return emitError(loc)
           << "a product in flight cannot be handed to a loop or "
              "a branch; await it before";
  if (isa<pipe::SlotType>(type)) {
    types.append(3, i32);
    return success();
  }
  if (isa<pipe::CursorType>(type) || type.isIntOrIndexOrFloat()) {
    types.push_back(isa<pipe::CursorType>(type) ? i32 : convertScalar(type));
    return success();
  }
  return emitError(loc) << "a value of type " << type
                        << " cannot be lowered to NVVM";
}

Attribute KernelEmitter::convertConstant(Attribute attribute) const {
  auto integer = dyn_cast<IntegerAttr>(attribute);
  if (!integer || !integer.getType().isIndex())
    return attribute;
  unsigned bits = integer.getValue().isSignedIntN(32) ? 32 : 64;
  return IntegerAttr::get(IntegerType::get(integer.getContext(), bits),
                          integer.getValue().sextOrTrunc(bits));
}

//===----------------------------------------------------------------------===//
// Entry and roles
//===----------------------------------------------------------------------===//

/// The thread's place and the work item's coordinates.
void KernelEmitter::emitEntry(LLVM::LLVMFuncOp function) {
  MLIRContext *context = builder.getContext();
  auto module = cast<gpu::GPUModuleOp>(function->getParentOp());
  Type i32 = builder.getI32Type();
  builder.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), 0);
  auto memory = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/false,
                                       LLVM::Linkage::External, "shared_memory",
                                       Attribute(), /*alignment=*/1024,
                                       /*addrSpace=*/3);
  entry = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(entry);
  Value pointer = LLVM::AddressOfOp::create(
      builder, loc, LLVM::LLVMPointerType::get(context, 3),
      memory.getSymName());
  shared = LLVM::PtrToIntOp::create(builder, loc, i32, pointer);
  thread = NVVM::ThreadIdXOp::create(builder, loc, i32);
  lane = remainder(thread, 32);
  // The same in all lanes, and known to be so.
  Value warpOfBlock = NVVM::ShflOp::create(
      builder, loc, i32, constant(-1), divide(thread, 32), constant(0),
      constant(31), NVVM::ShflKind::idx, UnitAttr());
  warp = remainder(warpOfBlock, 4);
  warpgroup = divide(warpOfBlock, 4);

  unsigned position = tensorMaps.size() + dims.size();
  for (unsigned parameter : scalars) {
    set(kernel.getBlock().getArgument(parameter),
        entry->getArgument(position++));
  }
  for (unsigned parameter : memories) {
    BlockArgument memory = kernel.getBlock().getArgument(parameter);
    memoryOf[memory].push_back(entry->getArgument(position++));
    for (int64_t stride : getStrides(cast<MemRefType>(memory.getType())))
      if (ShapedType::isDynamic(stride))
        memoryOf[memory].push_back(entry->getArgument(position++));
  }
  for (unsigned parameter : globals)
    emitGlobal(parameter);
  workspace = slotBytes ? entry->getArgument(position) : Value();
  if (!persistent)
    emitBlockItem();
}

LogicalResult KernelEmitter::emitRole(pipe::RoleOp role, int64_t firstGroup) {
  // A block starts with the registers divided evenly, in steps of 8.
  int64_t atStart = std::min<int64_t>(
      pipe::limits::registers / (threads * blocks) / 8 * 8, 255 / 8 * 8);
  int64_t wanted = role.getRegisters();
  if (wanted != atStart)
    NVVM::SetMaxRegisterOp::create(builder, loc, wanted,
                                   wanted < atStart
                                       ? NVVM::SetMaxRegisterAction::decrease
                                       : NVVM::SetMaxRegisterAction::increase);
  roleFirstGroup = firstGroup;
  group = arith::SubIOp::create(builder, loc, warpgroup, constant(firstGroup));
  set(role.getBlock().getArgument(0), group);
  turnGroups = role.getGroups();
  if (role.getKind() == pipe::RoleKind::math) {
    bool takesTurns =
        role.walk([](pipe::WaitTurnOp) { return WalkResult::interrupt(); })
            .wasInterrupted();
    if (takesTurns)
      emitFirstTurn();
    if (failed(emitItems(role)))
      return failure();
    if (takesTurns)
      emitLastTurn();
    emitStoreEnd(role);
    return success();
  }
  // One thread starts all copies; a warp computes what is handed over.
  OpBuilder::InsertionGuard guard(builder);
  auto first = scf::IfOp::create(builder, loc, equals(warp, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  Value elected =
      NVVM::ElectSyncOp::create(builder, loc, builder.getI1Type(), Value());
  if (role.walk([](pipe::PutOp) { return WalkResult::interrupt(); })
          .wasInterrupted()) {
    startsCopies = elected;
    LogicalResult emitted = emitItems(role);
    startsCopies = Value();
    return emitted;
  }
  auto one = scf::IfOp::create(builder, loc, elected);
  builder.setInsertionPointToStart(one.thenBlock());
  oneThread = true;
  LogicalResult emitted = emitItems(role);
  oneThread = false;
  return emitted;
}

/// The role's program: once, or for each work item.
LogicalResult KernelEmitter::emitItems(pipe::RoleOp role) {
  return persistent ? emitItemLoop(role) : emitBlock(role.getBlock());
}

LogicalResult KernelEmitter::emitRoles() {
  OpBuilder::InsertionGuard guard(builder);
  int64_t firstGroup = 0;
  for (pipe::RoleOp role : roles) {
    int64_t next = firstGroup + role.getGroups();
    if (role == roles.back())
      return emitRole(role, firstGroup);
    Value mine = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                       warpgroup, constant(next));
    auto branch =
        scf::IfOp::create(builder, loc, mine, /*withElseRegion=*/true);
    builder.setInsertionPointToStart(branch.thenBlock());
    if (failed(emitRole(role, firstGroup)))
      return failure();
    builder.setInsertionPointToStart(branch.elseBlock());
    firstGroup = next;
  }
  return success();
}

/// Extends bf16 by a shift. LLVM would move a comparison before arith.extf and
/// then write setp.ftz.bf16, which there is not.
static void expandExtensions(LLVM::LLVMFuncOp function) {
  function.walk([](arith::ExtFOp op) {
    Type from = op.getIn().getType();
    if (!getElementTypeOrSelf(from).isBF16())
      return;
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto like = [&](unsigned bits) -> Type {
      Type integer = builder.getIntegerType(bits);
      auto vector = dyn_cast<VectorType>(from);
      return vector ? vector.clone(integer) : integer;
    };
    Value bits = arith::BitcastOp::create(builder, loc, like(16), op.getIn());
    Value wide = arith::ExtUIOp::create(builder, loc, like(32), bits);
    TypedAttr sixteen = builder.getI32IntegerAttr(16);
    if (auto vector = dyn_cast<VectorType>(wide.getType()))
      sixteen = DenseElementsAttr::get(vector, sixteen);
    Value shift = arith::ConstantOp::create(builder, loc, sixteen);
    Value high = arith::ShLIOp::create(builder, loc, wide, shift);
    op.replaceAllUsesWith(
        arith::BitcastOp::create(builder, loc, op.getType(), high).getResult());
    op.erase();
  });
}

LogicalResult KernelEmitter::emit() {
  if (failed(collect()))
    return failure();
  MLIRContext *context = builder.getContext();
  auto target = NVVM::NVVMTargetAttr::get(
      context, /*optLevel=*/3, "nvptx64-nvidia-cuda", "sm_90a", "+ptx80");
  auto module = gpu::GPUModuleOp::create(builder, loc, kernel.getSymName(),
                                         ArrayRef<Attribute>{target});
  LLVM::LLVMFuncOp function = makeFunction(module);
  emitEntry(function);
  emitBarrierSetUp();
  bool emittedBlock = false;
  LogicalResult emitted = emitPrefetch(emittedBlock);
  // What is before this runs beside the end of the kernel before this one on
  // the stream, whose results are there behind it; then the next kernel may
  // begin.
  for (auto kind : {NVVM::GridDepActionKind::wait,
                    NVVM::GridDepActionKind::launch_dependents})
    NVVM::GriddepcontrolOp::create(builder, loc, kind);
  // Roles of persistent kernels compute scalars for each item.
  if (succeeded(emitted) && !emittedBlock && !persistent)
    emitted = emitBlock(kernel.getBlock());
  if (succeeded(emitted))
    emitted = emitRoles();
  if (failed(emitted)) {
    module.erase();
    return failure();
  }
  builder.setInsertionPointToEnd(entry);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  expandExtensions(function);
  return success();
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult KernelEmitter::emitBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(emitOp(&op)))
      return failure();
  return success();
}

LogicalResult KernelEmitter::emitOp(Operation *op) {
  loc = op->getLoc();
  for (Value operand : op->getOperands())
    if (isa<tile::TileType, pipe::SlotType, pipe::PendingType, IndexType,
            FloatType, IntegerType>(operand.getType()) &&
        !values.contains(operand))
      return op->emitError("an operand of '")
             << op->getName() << "' has no value in the kernel";
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      // Handled elsewhere.
      .Case<pipe::RoleOp, pipe::RingOp, pipe::BufferOp, tile::ViewOp>(
          [](auto) { return success(); })
      .Case<scf::ForOp>([&](auto loop) { return emitFor(loop); })
      .Case<scf::IfOp>([&](auto branch) { return emitIf(branch); })
      .Case<memref::DimOp>([&](auto dim) {
        set(dim, extentOf(dim.getSource(), *dim.getConstantIndex()));
        return success();
      })
      .Case<tile::WalkRangesOp>([&](auto walk) {
        emitWalkRanges(walk);
        return success();
      })
      .Case<tile::WalkSizeOp>([&](auto size) {
        Value sum = constant(0);
        for (Value extent : walks[size.getWalk()].size)
          sum = add(sum, extent);
        set(size, sum);
        return success();
      })
      .Case<tile::WalkAtOp>([&](auto at) {
        emitWalkAt(at);
        return success();
      })
      .Case<tile::GatherOp>([&](auto gather) { return emitGather(gather); })
      .Case<tile::SplatOp>([&](auto splat) { return emitSplat(splat); })
      .Case<tile::MapOp>([&](auto map) { return emitMap(map); })
      .Case<tile::ReduceOp>([&](auto reduce) { return emitReduce(reduce); })
      .Case<pipe::StartOp>([&](auto start) {
        Value position = startOf.lookup(start.getRing());
        set(start, position ? position : constant(0));
        return success();
      })
      .Case<pipe::AcquireOp, pipe::TakeOp>(
          [&](auto advance) { return emitAdvance(advance); })
      .Case<pipe::FillOp>([&](auto fill) { return emitFill(fill); })
      .Case<pipe::PutOp>([&](auto put) { return emitPut(put); })
      .Case<pipe::ReadOp>([&](auto read) {
        set(read, values[read.getSlot()][0]);
        return success();
      })
      .Case<pipe::ClearOp>([&](auto clear) {
        emitClear(clear);
        return success();
      })
      .Case<pipe::ReleaseOp>([&](auto release) {
        emitRelease(release);
        return success();
      })
      .Case<pipe::DotOp>([&](auto dot) { return emitDot(dot); })
      .Case<pipe::AwaitOp>([&](auto await) { return emitAwait(await); })
      .Case<pipe::StoreOp>([&](auto store) { return emitStore(store); })
      .Case<pipe::CombineOp>([&](auto combine) { return emitCombine(combine); })
      .Case<memref::LoadOp>([&](auto load) {
        emitLoad(load);
        return success();
      })
      .Case<tile::StoreOp>([&](auto store) { return emitRowStore(store); })
      .Case<pipe::WaitTurnOp>([&](auto wait) {
        emitWaitTurn(group);
        set(wait, constant(0));
        return success();
      })
      .Case<pipe::PassTurnOp>([&](auto) {
        emitPassTurn();
        return success();
      })
      .Default([&](Operation *other) { return emitScalar(other); });
}

LogicalResult KernelEmitter::emitFor(scf::ForOp loop) {
  Values inits;
  for (Value init : loop.getInitArgs())
    llvm::append_range(inits, getAll(init));
  auto copy =
      scf::ForOp::create(builder, loc, get(loop.getLowerBound()),
                         get(loop.getUpperBound()), get(loop.getStep()), inits,
                         [](OpBuilder &, Location, Value, ValueRange) {});
  set(loop.getInductionVar(), copy.getInductionVar());
  auto arguments = copy.getRegionIterArgs();
  ResultRange results = copy.getResults();
  size_t position = 0;
  for (auto [init, argument, result] : llvm::zip(
           loop.getInitArgs(), loop.getRegionIterArgs(), loop.getResults())) {
    SmallVector<Type> types;
    if (failed(convertType(init.getType(), types)))
      return failure();
    auto range = [&](auto list) {
      return Values(list.begin() + position,
                    list.begin() + position + types.size());
    };
    values[argument] = range(arguments);
    values[result] = range(results);
    position += types.size();
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(copy.getBody());
  if (failed(emitBlock(*loop.getBody())))
    return failure();
  Values yielded;
  for (Value value : loop.getYieldedValues())
    llvm::append_range(yielded, getAll(value));
  scf::YieldOp::create(builder, loop.getLoc(), yielded);
  return success();
}

LogicalResult KernelEmitter::emitIf(scf::IfOp branch) {
  SmallVector<Type> types;
  SmallVector<unsigned> counts;
  for (Type type : branch.getResultTypes()) {
    size_t before = types.size();
    if (failed(convertType(type, types)))
      return failure();
    counts.push_back(types.size() - before);
  }
  auto copy =
      scf::IfOp::create(builder, loc, types, get(branch.getCondition()),
                        /*addThenBlock=*/true, !branch.getElseRegion().empty());
  size_t position = 0;
  for (auto [result, count] : llvm::zip(branch.getResults(), counts)) {
    values[result] = Values(copy.getResults().begin() + position,
                            copy.getResults().begin() + position + count);
    position += count;
  }
  OpBuilder::InsertionGuard guard(builder);
  for (auto [from, to] : llvm::zip(branch->getRegions(), copy->getRegions())) {
    if (from.empty())
      continue;
    to.front().clear();
    builder.setInsertionPointToEnd(&to.front());
    if (failed(emitBlock(from.front())))
      return failure();
    Values yielded;
    for (Value value : from.front().getTerminator()->getOperands())
      llvm::append_range(yielded, getAll(value));
    scf::YieldOp::create(builder, branch.getLoc(), yielded);
  }
  return success();
}

void KernelEmitter::emitWalkRanges(tile::WalkRangesOp op) {
  Walk &walk = walks[op];
  walk = Walk();
  walk.partial = op.getPartial();
  for (auto [lower, upper] : llvm::zip(op.getLower(), op.getUpper())) {
    Value size = arith::SubIOp::create(builder, loc, get(upper), get(lower));
    walk.lower.push_back(get(lower));
    walk.size.push_back(
        arith::MaxSIOp::create(builder, loc, size, constant(0)));
  }
}

/// The last range that starts at or before the position holds it.
void KernelEmitter::emitWalkAt(tile::WalkAtOp op) {
  const Walk &walk = walks[op.getWalk()];
  Value position = get(op.getPosition());
  Value start, tile, partial;
  for (unsigned n = 0; n < walk.lower.size(); ++n) {
    Value flag = constant(walk.partial[n], 1);
    if (n == 0) {
      start = constant(0);
      tile = add(walk.lower[0], position);
      partial = flag;
      continue;
    }
    start = add(start, walk.size[n - 1]);
    Value inside = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::sge, position, start);
    Value here = add(walk.lower[n],
                     arith::SubIOp::create(builder, loc, position, start));
    tile = arith::SelectOp::create(builder, loc, inside, here, tile);
    partial = arith::SelectOp::create(builder, loc, inside, flag, partial);
  }
  set(op.getTile(), tile ? tile : constant(0));
  set(op.getPartial(), partial ? partial : constant(0, 1));
}

/// An index cast of what stands for its operand, a vector or not: to an integer
/// of its width, or to an index of 64 bits.
Value KernelEmitter::convertIndex(Operation *op, Value operand) {
  Type type = op->getResult(0).getType();
  unsigned from = getElementTypeOrSelf(operand).getIntOrFloatBitWidth();
  unsigned to = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  Type result = builder.getIntegerType(to);
  if (auto vector = dyn_cast<VectorType>(operand.getType()))
    result = vector.clone(result);
  if (from > to)
    return arith::TruncIOp::create(builder, loc, result, operand);
  if (from == to)
    return operand;
  if (isa<arith::IndexCastOp>(op))
    return arith::ExtSIOp::create(builder, loc, result, operand);
  return arith::ExtUIOp::create(builder, loc, result, operand);
}

/// An op of arith or math on scalars.
LogicalResult KernelEmitter::emitScalar(Operation *op) {
  if (auto cast = dyn_cast<arith::ConstantOp>(op)) {
    Attribute value = convertConstant(cast.getValue());
    set(cast,
        arith::ConstantOp::create(builder, loc, llvm::cast<TypedAttr>(value)));
    return success();
  }
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    set(op->getResult(0), convertIndex(op, getExact(op->getOperand(0))));
    return success();
  }
  if (!OpTrait::hasElementwiseMappableTraits(op) || op->getNumRegions() != 0)
    return op->emitError("'") << op->getName() << "' cannot be lowered to NVVM";
  OperationState state(loc, op->getName());
  SmallVector<Value> operands = llvm::map_to_vector(
      op->getOperands(), [&](Value operand) { return getExact(operand); });
  unsigned bits = getIndexBits(op, operands);
  for (auto [original, operand] : llvm::zip(op->getOperands(), operands))
    state.addOperands(original.getType().isIndex() ? extend(operand, bits)
                                                   : operand);
  for (Type type : op->getResultTypes())
    state.addTypes(type.isIndex() ? builder.getIntegerType(bits) : type);
  state.addAttributes(op->getAttrs());
  Operation *copy = builder.create(state);
  for (auto [result, value] : llvm::zip(op->getResults(), copy->getResults()))
    set(result, value);
  return success();
}
