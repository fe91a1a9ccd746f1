//===- Hopper.cpp - Copies, barriers and products of sm_90a ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace fovea;

/// Ticks that a wait sleeps at most before it looks again.
static constexpr int64_t waitTicks = 10000000;
/// Depth of one product instruction with elements of 16 bits.
static constexpr int64_t stepDepth = 16;
/// Bytes of a row of a block in shared memory.
using pipe::limits::rowBytes;

//===----------------------------------------------------------------------===//
// Barriers and rings
//===----------------------------------------------------------------------===//

/// Whether threads write and read the tile themselves.
static bool isByThreads(tile::TileType type) { return type.getRank() == 1; }

/// One thread sets up the barriers: a slot is full when its copy has arrived,
/// and empty when each warp of each reader has released it. What threads write
/// and read by themselves each of them says to be written or read.
void KernelEmitter::emitBarrierSetUp() {
  OpBuilder::InsertionGuard guard(builder);
  auto first = scf::IfOp::create(builder, loc, equals(thread, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  for (Operation &op : kernel.getBlock()) {
    auto ring = dyn_cast<pipe::RingOp>(op);
    if (!ring)
      continue;
    const RingPlace &place = rings[ring];
    for (int64_t stage = 0; stage < place.stages; ++stage) {
      auto init = [&](int64_t offset, int64_t count) {
        NVVM::MBarrierInitOp::create(
            builder, loc, sharedPointer(add(shared, offset + 8 * stage)),
            constant(count), Value());
      };
      bool byThreads = isByThreads(ring.getType().getTile());
      init(place.full, byThreads ? pipe::limits::warpThreads : 1);
      init(place.empty,
           (byThreads ? pipe::limits::groupThreads : 4) * place.readers);
    }
  }
  if (persistent) {
    auto init = [&](int64_t offset, int64_t count) {
      NVVM::MBarrierInitOp::create(builder, loc,
                                   sharedPointer(add(shared, offset)),
                                   constant(count), Value());
    };
    init(itemPlace + 8, 1);
    init(itemPlace + 16, 4 * itemReaders);
  }
  NVVM::FenceMbarrierInitOp::create(builder, loc);
  for (unsigned n = 0; n < tensorMaps.size(); ++n)
    NVVM::PrefetchOp::create(builder, loc, NVVM::PrefetchCacheLevelAttr(),
                             NVVM::CacheEvictionPriorityAttr(),
                             entry->getArgument(n), Value(),
                             /*tensormap=*/builder.getUnitAttr());
  builder.setInsertionPointAfter(first);
  NVVM::BarrierOp::create(builder, loc);
}

void KernelEmitter::emitWait(Value barrier, Value parity) {
  NVVM::MBarrierTryWaitParityOp::create(builder, loc, sharedPointer(barrier),
                                        parity, constant(waitTicks));
}

/// pipe.acquire and pipe.take: from the position, slot and parity; the filling
/// end waits for the parity of the round before.
LogicalResult KernelEmitter::emitAdvance(Operation *op) {
  const RingPlace &place = rings[op->getOperand(0)];
  Value cursor = get(op->getOperand(1));
  Value stage = constant(0), round = cursor;
  if (place.stages > 1) {
    stage = remainder(cursor, place.stages);
    round = divide(cursor, place.stages);
  }
  Value parity = remainder(round, 2);
  Value barrierOffset = multiply(stage, 8);
  Value full = add(add(shared, place.full), barrierOffset);
  Value empty = add(add(shared, place.empty), barrierOffset);
  Value data = add(add(shared, place.data), multiply(stage, place.slotBytes));
  if (isa<pipe::AcquireOp>(op)) {
    // Page numbers are read while the slot is waited for.
    for (Operation *user : op->getResult(0).getUsers())
      if (auto fill = dyn_cast<pipe::FillOp>(user))
        emitPages(fill);
    emitWait(empty, arith::XOrIOp::create(builder, loc, parity, constant(1)));
    // No lane of a warp may be a round ahead of another that still waits.
    if (startsCopies)
      NVVM::SyncWarpOp::create(builder, loc, constant(-1));
  } else {
    emitWait(full, parity);
  }
  values[op->getResult(0)] = {data, full, empty};
  set(op->getResult(1), add(cursor, 1));
  return success();
}

/// All threads of the group meet.
void KernelEmitter::emitGroupBarrier() {
  NVVM::BarrierOp::create(builder, loc, Type(), add(group, roleFirstGroup),
                          constant(pipe::limits::groupThreads),
                          NVVM::BarrierReductionAttr(), Value());
}

/// What this thread wrote to shared memory is seen by copies and products.
void KernelEmitter::emitSharedFence() {
  NVVM::FenceProxyOp::create(
      builder, loc, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(builder.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

/// Whole rows, so that the permutation inside of them does not matter: eight
/// threads write one row of a block, 16 bytes each. Groups that share the slot
/// write the same zeros.
void KernelEmitter::emitClear(pipe::ClearOp op) {
  tile::TileType type = op.getSlot().getType().getTile();
  int64_t rows = type.getDimSize(0);
  Value first =
      arith::MaxSIOp::create(builder, loc, get(op.getFirst()), constant(0));
  Value some = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                     first, constant(rows));
  OpBuilder::InsertionGuard guard(builder);
  auto branch = scf::IfOp::create(builder, loc, some);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value member = remainder(thread, pipe::limits::groupThreads);
  Value start =
      add(values[op.getSlot()][0], multiply(remainder(member, 8), 16));
  auto zero = VectorType::get(4, builder.getI32Type());
  scf::ForOp::create(
      builder, loc, add(first, divide(member, 8)), constant(rows),
      constant(pipe::limits::groupThreads / 8), ValueRange(),
      [&](OpBuilder &, Location, Value row, ValueRange) {
        OpBuilder::InsertionGuard guard(builder);
        builder.setInsertionPointToEnd(row.getParentBlock());
        Value address = add(start, multiply(row, rowBytes));
        for (int64_t block = 0; block < pipe::getSharedBytes(type);
             block += rows * rowBytes)
          LLVM::StoreOp::create(builder, loc,
                                arith::ConstantOp::create(
                                    builder, loc, builder.getZeroAttr(zero)),
                                sharedPointer(add(address, block)),
                                /*alignment=*/16);
        scf::YieldOp::create(builder, loc);
      });
  emitSharedFence();
  emitGroupBarrier();
}

/// One thread of each warp arrives, or all that have read by themselves; the
/// first one waits for what it stored through the slot.
void KernelEmitter::emitRelease(pipe::ReleaseOp op) {
  Value empty = values[op.getSlot()][2];
  if (llvm::any_of(op.getSlot().getUsers(), llvm::IsaPred<pipe::StoreOp>))
    emitStoreWait();
  if (isByThreads(op.getSlot().getType().getTile())) {
    NVVM::MBarrierArriveOp::create(builder, loc, Type(), sharedPointer(empty),
                                   Value());
    return;
  }
  OpBuilder::InsertionGuard guard(builder);
  auto first = scf::IfOp::create(builder, loc, equals(lane, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  NVVM::MBarrierArriveOp::create(builder, loc, Type(), sharedPointer(empty),
                                 Value());
}

//===----------------------------------------------------------------------===//
// Turns
//===----------------------------------------------------------------------===//

// Each group has a named barrier of two groups' threads: its own, which wait,
// and those of the group before it, which arrive when they pass the turn.

/// Named barriers after the block's and one for each group's stores.
Value KernelEmitter::turnBarrier(Value turnOf) {
  return add(turnOf, threads / pipe::limits::groupThreads + roleFirstGroup);
}

void KernelEmitter::emitWaitTurn(Value turnOf) {
  NVVM::BarrierOp::create(builder, loc, Type(), turnBarrier(turnOf),
                          constant(2 * pipe::limits::groupThreads),
                          NVVM::BarrierReductionAttr(), Value());
}

void KernelEmitter::emitPassTurn() {
  Value next = remainder(add(group, 1), turnGroups);
  NVVM::BarrierArriveOp::create(builder, loc, turnBarrier(next),
                                constant(2 * pipe::limits::groupThreads));
}

/// The last group passes the first turn to group 0, and group 0 takes the turn
/// that is left over at the end.
void KernelEmitter::emitFirstTurn() {
  OpBuilder::InsertionGuard guard(builder);
  auto last = scf::IfOp::create(builder, loc, equals(group, turnGroups - 1));
  builder.setInsertionPointToStart(last.thenBlock());
  emitPassTurn();
}

void KernelEmitter::emitLastTurn() {
  OpBuilder::InsertionGuard guard(builder);
  auto first = scf::IfOp::create(builder, loc, equals(group, 0));
  builder.setInsertionPointToStart(first.thenBlock());
  emitWaitTurn(group);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Coordinates of a box so many rows below the offsets, innermost first; `page`
/// is its page, if there are pages.
FailureOr<KernelEmitter::Values>
KernelEmitter::tensorCoordinates(tile::ViewOp view, ValueRange offsets,
                                 Value below, int64_t column, Value page) {
  Value row = add(get(offsets[0]), below);
  if (view.getFrom())
    row = add(row, get(view.getFrom()));
  if (page)
    row = remainder(row, *view.getPageSize());
  Values result = {add(get(offsets[1]), column)};
  if (view.getBoxes())
    llvm::append_range(result, llvm::reverse(emitBoxCoordinates(view, row)));
  else
    result.push_back(row);
  for (int64_t dim : getOuterDims(view))
    if (page && dim == static_cast<int64_t>(*view.getPageDim()))
      result.push_back(page);
    else
      result.push_back(get(getIndexOf(view, dim)));
  for (Value value : result)
    if (!value)
      return view.emitError("an index has no value in the kernel");
  return result;
}

/// Whether an offset is known to be a multiple of `factor`.
static bool isMultipleOf(Value value, int64_t factor) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue() % factor == 0;
  auto product = value.getDefiningOp<arith::MulIOp>();
  return product && (isMultipleOf(product.getLhs(), factor) ||
                     isMultipleOf(product.getRhs(), factor));
}

/// Reads the pages of the boxes that are copied, if there are pages, the offset
/// is known and this was not done yet.
void KernelEmitter::emitPages(pipe::FillOp op) {
  Values &pages = pagesOf[op];
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  Value first = get(op.getOffsets()[0]);
  if (!pages.empty() || !view.getTable() || !first)
    return;
  if (view.getFrom())
    first = add(first, get(view.getFrom()));
  int64_t rows = op.getSlot().getType().getTile().getDimSize(0);
  for (int64_t row = 0; row < rows; row += getBoxRows(view, rows))
    pages.push_back(emitPage(view, add(first, row)));
}

/// What createpolicy.fractional.L2::evict_first of all of it gives, as CUTLASS
/// has it (CacheHintSm90).
Value KernelEmitter::evictionHint(pipe::FillOp op) {
  constexpr int64_t evictFirst = 0x12F0000000000000;
  if (!op.getEvictFirst())
    return {};
  return LLVM::ConstantOp::create(builder, loc,
                                  builder.getI64IntegerAttr(evictFirst));
}

LogicalResult
KernelEmitter::forEachBox(pipe::FillOp op,
                          llvm::function_ref<void(ValueRange, int64_t)> body) {
  tile::TileType type = op.getSlot().getType().getTile();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  int64_t rows = type.getDimSize(0), box = getBoxRows(view, rows);
  emitPages(op);
  ArrayRef<Value> pages = pagesOf[op];
  for (int64_t row = 0; row < rows; row += box) {
    FailureOr<Values> coordinates =
        tensorCoordinates(view, op.getOffsets(), constant(row), 0,
                          pages.empty() ? Value() : pages[row / box]);
    if (failed(coordinates))
      return failure();
    Value first = coordinates->front();
    for (int64_t column = 0; column < type.getDimSize(1); column += 64) {
      coordinates->front() = add(first, column);
      body(*coordinates, column * rows * 2 + row * rowBytes);
    }
  }
  return success();
}

LogicalResult KernelEmitter::emitFill(pipe::FillOp op) {
  tile::TileType type = op.getSlot().getType().getTile();
  Values slot = values[op.getSlot()];
  OpBuilder::InsertionGuard guard(builder);
  if (startsCopies) {
    emitPages(op); // By all lanes, like the wait before it.
    auto one = scf::IfOp::create(builder, loc, startsCopies);
    builder.setInsertionPointToStart(one.thenBlock());
  }
  Value barrier = sharedPointer(slot[1]);
  NVVM::MBarrierArriveExpectTxOp::create(
      builder, loc, Type(), barrier, constant(pipe::getSharedBytes(type)),
      NVVM::MemScopeKind::CTA, /*relaxed=*/false, Value());
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  int64_t box = getBoxRows(view, type.getDimSize(0));
  if ((view.getTable() || view.getBoxes()) &&
      !isMultipleOf(op.getOffsets()[0], box))
    return op.emitError("fills from pages or boxes at an offset that is not "
                        "known to be a multiple of ")
           << box;
  auto cluster = LLVM::LLVMPointerType::get(builder.getContext(), 7);
  Value hint = evictionHint(op);
  return forEachBox(op, [&](ValueRange coordinates, int64_t place) {
    Value target = LLVM::AddrSpaceCastOp::create(
        builder, loc, cluster, sharedPointer(add(slot[0], place)));
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
        builder, loc, target, entry->getArgument(tensorMapOf[op]), coordinates,
        barrier, ValueRange(), Value(), hint, NVVM::TMALoadMode::TILE,
        /*isCTAOnly=*/false, NVVM::CTAGroupKindAttr(), Value());
  });
}

/// The value's rows of this group go into the group's rows of the buffer or
/// slot, in the permuted order of #pipe.smem, and from there to memory.
LogicalResult KernelEmitter::emitStore(pipe::StoreOp op) {
  tile::TileType type = op.getValue().getType();
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
  if (roleFirstGroup == 0)
    return op.emitError("a store belongs into a role after the loading one");
  if (columns % 16 != 0)
    return op.emitError("a stored tile has a multiple of 16 columns, got ")
           << type;
  bool throughSlot = isa<pipe::SlotType>(op.getThrough().getType());
  if (throughSlot) {
    emitGroupBarrier(); // All warps have awaited the products that read it.
  } else if (persistent || op->getParentOfType<scf::ForOp>()) {
    emitStoreWait(); // The last store has left the buffer.
    emitGroupBarrier();
  }

  auto words = VectorType::get(columns / 4, builder.getI32Type());
  auto registers = vector::ToElementsOp::create(
      builder, loc,
      vector::BitCastOp::create(builder, loc, words, get(op.getValue())));
  // Lane l gives the address of row l mod 8 of matrix l / 8; matrices are the
  // upper and lower 8 rows of 8 columns, then of the next 8.
  Value row8 = remainder(lane, 8), matrix = divide(lane, 8);
  Value row =
      add(add(multiply(warp, 16), row8), multiply(remainder(matrix, 2), 8));
  Value place = throughSlot ? values[op.getThrough()][0]
                            : add(shared, buffers[op.getThrough()]);
  Value slab = add(place, multiply(group, pipe::limits::groupRows * rowBytes));
  Value rowAddress = add(slab, multiply(row, rowBytes));
  Value second = divide(matrix, 2);
  for (int64_t chunk = 0; chunk < columns / 8; chunk += 2) {
    Value permuted =
        arith::XOrIOp::create(builder, loc, add(second, chunk % 8), row8);
    Value address = add(add(rowAddress, multiply(permuted, 16)),
                        chunk / 8 * rows * rowBytes);
    SmallVector<Value> sources;
    for (int64_t n = 0; n < 4; ++n)
      sources.push_back(registers.getResult(2 * chunk + n));
    NVVM::StMatrixOp::create(
        builder, loc, sharedPointer(address), sources, NVVM::MMALayout::row,
        NVVM::LdStMatrixShapeAttr::get(builder.getContext(), 8, 8),
        NVVM::LdStMatrixEltType::B16);
  }
  emitSharedFence();
  emitGroupBarrier();

  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  if (view.getBoxes() &&
      !isMultipleOf(op.getOffsets()[0], pipe::limits::groupRows))
    return op.emitError("stores into boxes at an offset that is not known to "
                        "be a multiple of ")
           << pipe::limits::groupRows;
  Value below = multiply(group, pipe::limits::groupRows);
  OpBuilder::InsertionGuard guard(builder);
  // The copy engine writes whole boxes up to the end of the memref: where the
  // view ends before, threads write what is inside.
  if (view.getFrom() && view.getLimit()) {
    Value left = arith::SubIOp::create(builder, loc, get(view.getLimit()),
                                       add(get(op.getOffsets()[0]), below));
    Value whole =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, left,
                              constant(pipe::limits::groupRows));
    auto branch =
        scf::IfOp::create(builder, loc, whole, /*withElseRegion=*/true);
    builder.setInsertionPointToStart(branch.elseBlock());
    emitPartialStore(op, slab, left);
    builder.setInsertionPointToStart(branch.thenBlock());
  }
  builder.setInsertionPointToStart(emitStorer());
  for (int64_t column = 0; column < columns; column += 64) {
    FailureOr<Values> coordinates =
        tensorCoordinates(view, op.getOffsets(), below, column);
    if (failed(coordinates))
      return failure();
    NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
        builder, loc, entry->getArgument(tensorMapOf[op]),
        sharedPointer(add(slab, column / 64 * rows * rowBytes)), *coordinates,
        Value(), NVVM::TMAStoreMode::TILE, Value());
  }
  NVVM::CpAsyncBulkCommitGroupOp::create(builder, loc);
  return success();
}

/// The first `rows` rows of a group's part of the buffer to memory, 8 elements
/// at a time.
void KernelEmitter::emitPartialStore(pipe::StoreOp op, Value slab, Value rows) {
  tile::TileType type = op.getValue().getType();
  auto view = op.getView().getDefiningOp<tile::ViewOp>();
  Value source = view.getSource();
  int64_t chunks = type.getDimSize(1) / 8;
  Value address = emitViewAddress(view);
  Value first =
      add(get(op.getOffsets()[0]), multiply(group, pipe::limits::groupRows));
  address = advance(address, source, view.getDims()[0], first);
  address =
      advance(address, source, view.getDims()[1], get(op.getOffsets()[1]));
  int64_t extent = view.getType().getShape()[1];
  Value end =
      constant(ShapedType::isDynamic(extent) ? type.getDimSize(1) : extent);
  Value room =
      arith::SubIOp::create(builder, loc, end, get(op.getOffsets()[1]));
  auto quad = VectorType::get(4, builder.getI32Type());
  Value inside = arith::MinSIOp::create(builder, loc, rows,
                                        constant(pipe::limits::groupRows));
  auto loop = scf::ForOp::create(
      builder, loc, remainder(thread, pipe::limits::groupThreads),
      multiply(inside, chunks), constant(pipe::limits::groupThreads),
      ValueRange());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value row = divide(loop.getInductionVar(), chunks);
  Value chunk = remainder(loop.getInductionVar(), chunks);
  Value exists = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       multiply(chunk, 8), room);
  auto branch = scf::IfOp::create(builder, loc, exists);
  builder.setInsertionPointToStart(branch.thenBlock());
  // Chunk c of row r is at place c xor r of the 8 of its block.
  Value place = arith::XOrIOp::create(builder, loc, remainder(chunk, 8),
                                      remainder(row, 8));
  Value from = add(add(slab, multiply(row, rowBytes)), multiply(place, 16));
  from = add(from, multiply(divide(chunk, 8), type.getDimSize(0) * rowBytes));
  Value elements = LLVM::LoadOp::create(builder, loc, quad, sharedPointer(from),
                                        /*alignment=*/16);
  Value to = advance(address, source, view.getDims()[0], row);
  to = advance(to, source, view.getDims()[1], multiply(chunk, 8));
  LLVM::StoreOp::create(builder, loc, elements, to, /*alignment=*/16);
}

/// The block that one thread of each group runs: the one whose stores are
/// waited for.
Block *KernelEmitter::emitStorer() {
  Value threadOfGroup = remainder(thread, pipe::limits::groupThreads);
  return scf::IfOp::create(builder, loc, equals(threadOfGroup, 0)).thenBlock();
}

/// Waits until the group's stores have read their buffers.
void KernelEmitter::emitStoreWait() {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(emitStorer());
  NVVM::CpAsyncBulkWaitGroupOp::create(builder, loc, 0, builder.getUnitAttr());
}

/// Shared memory lives until the last store has read it.
void KernelEmitter::emitStoreEnd(pipe::RoleOp role) {
  if (role.walk([](pipe::StoreOp) { return WalkResult::interrupt(); })
          .wasInterrupted())
    emitStoreWait();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

namespace {

/// How an operand in shared memory is walked along the depth of a product.
struct SharedOperand {
  /// The depth is the contiguous axis.
  bool depthIsContiguous;
  int64_t rows;
  /// Distance of 64-column blocks, where the descriptor needs it.
  int64_t leading;

  SharedOperand(tile::TileType type, AffineMap map)
      : depthIsContiguous(map.getDimPosition(1) == 2), rows(type.getDimSize(0)),
        leading(depthIsContiguous ? 16 : rows * rowBytes) {}

  /// Bytes from the operand's start to a step of the depth.
  int64_t stepOffset(int64_t step) const {
    if (!depthIsContiguous)
      return step * stepDepth * rowBytes;
    int64_t column = step * stepDepth;
    return column / 64 * rows * rowBytes + column % 64 * 2;
  }

  /// Bytes from the start to the 64 rows or columns of a group.
  int64_t groupStride() const {
    return depthIsContiguous ? pipe::limits::groupRows * rowBytes
                             : rows * rowBytes;
  }

  NVVM::MMALayout layout(bool isA) const {
    return depthIsContiguous == isA ? NVVM::MMALayout::row
                                    : NVVM::MMALayout::col;
  }
};

} // namespace

static AffineMap getMap(pipe::DotOp op, unsigned operand) {
  return cast<AffineMapAttr>(op.getIndexingMaps()[operand]).getValue();
}

static int64_t getDepth(pipe::DotOp op) {
  AffineMap map = getMap(op, 1);
  return op.getB().getType().getDimSize(map.getDimPosition(0) == 2 ? 0 : 1);
}

static bool isZero(Value acc) {
  auto splat = acc.getDefiningOp<tile::SplatOp>();
  return splat && matchPattern(splat.getValue(), m_AnyZeroFloat());
}

/// The descriptor of 128-byte swizzled shared memory.
Value KernelEmitter::emitDescriptor(Value address, int64_t leading,
                                    int64_t stride) {
  Value start = remainder(divide(address, 16), 1 << 14);
  Type i64 = builder.getI64Type();
  Value low = arith::ExtUIOp::create(builder, loc, i64, start);
  int64_t high = (leading / 16) << 16 | (stride / 16) << 32 | int64_t(1) << 62;
  return arith::OrIOp::create(builder, loc, low, constant(high, 64));
}

/// Both operands in shared memory.
Value KernelEmitter::emitSharedProduct(pipe::DotOp op, Value a, Value b) {
  SharedOperand operandA(op.getA().getType(), getMap(op, 0));
  SharedOperand operandB(op.getB().getType(), getMap(op, 1));
  tile::TileType type = op.getAcc().getType();
  int64_t columns = type.getDimSize(1), registers = columns / 2;
  Type f32 = builder.getF32Type();
  auto structType = LLVM::LLVMStructType::getLiteral(
      builder.getContext(), SmallVector<Type>(registers, f32));
  bool zero = isZero(op.getAcc());
  Value acc = LLVM::UndefOp::create(builder, loc, structType);
  if (!zero)
    for (auto [n, element] : llvm::enumerate(
             vector::ToElementsOp::create(builder, loc, get(op.getAcc()))
                 .getResults()))
      acc = LLVM::InsertValueOp::create(builder, loc, acc, element,
                                        static_cast<int64_t>(n));
  Value rowsOfGroup = add(a, multiply(group, operandA.groupStride()));
  Value descriptorA =
      emitDescriptor(rowsOfGroup, operandA.leading, 8 * rowBytes);
  Value descriptorB = emitDescriptor(b, operandB.leading, 8 * rowBytes);
  auto element = op.getB().getType().getElementType().isBF16()
                     ? NVVM::WGMMATypes::bf16
                     : NVVM::WGMMATypes::f16;
  auto shape =
      NVVM::MMAShapeAttr::get(builder.getContext(), 64, columns, stepDepth);
  NVVM::WgmmaFenceAlignedOp::create(builder, loc);
  for (int64_t step = 0; step < getDepth(op) / stepDepth; ++step) {
    auto at = [&](Value descriptor, const SharedOperand &operand) -> Value {
      int64_t offset = operand.stepOffset(step) / 16;
      return arith::AddIOp::create(builder, loc, descriptor,
                                   constant(offset, 64));
    };
    acc = NVVM::WgmmaMmaAsyncOp::create(
        builder, loc, structType, acc, at(descriptorA, operandA),
        at(descriptorB, operandB), shape, element, element,
        NVVM::WGMMATypes::f32,
        step == 0 && zero ? NVVM::WGMMAScaleOut::zero
                          : NVVM::WGMMAScaleOut::one,
        NVVM::WGMMAScaleIn::one, NVVM::WGMMAScaleIn::one, operandA.layout(true),
        operandB.layout(false), NVVM::MMAIntOverflowAttr());
  }
  NVVM::WgmmaGroupSyncAlignedOp::create(builder, loc);
  return acc;
}

/// Text of `{$first, ..}`.
static std::string registerList(int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t n = 0; n < count; ++n)
    text += (n ? ", $" : "$") + std::to_string(first + n);
  return text + "}";
}

/// The first operand in registers: NVVM has no op for it. Fence, all steps and
/// commit are one block, so that nothing gets between them.
Value KernelEmitter::emitRegisterProduct(pipe::DotOp op, Value a, Value b) {
  SharedOperand operand(op.getB().getType(), getMap(op, 1));
  tile::TileType type = op.getAcc().getType();
  int64_t columns = type.getDimSize(1), registers = columns / 2;
  Value descriptor = emitDescriptor(b, operand.leading, 8 * rowBytes);
  auto words = vector::ToElementsOp::create(builder, loc, a).getResults();
  std::string element =
      op.getB().getType().getElementType().isBF16() ? "bf16" : "f16";
  bool zero = isZero(op.getAcc());

  std::string text = "{\n.reg .b64 db;\nwgmma.fence.sync.aligned;\n";
  int64_t firstA = registers, position = firstA + words.size();
  for (int64_t step = 0; step < getDepth(op) / stepDepth; ++step) {
    text += "add.s64 db, $" + std::to_string(position) + ", " +
            std::to_string(operand.stepOffset(step) / 16) + ";\n";
    text += "wgmma.mma_async.sync.aligned.m64n" + std::to_string(columns) +
            "k16.f32." + element + "." + element + " " +
            registerList(0, registers) + ", " +
            registerList(firstA + 4 * step, 4) + ", db, " +
            (step == 0 && zero ? "0" : "1") + ", 1, 1, " +
            (operand.depthIsContiguous ? "0" : "1") + ";\n";
  }
  text += "wgmma.commit_group.sync.aligned;\n}";

  std::string constraints;
  for (int64_t n = 0; n < registers; ++n)
    constraints += n ? ",=f" : "=f";
  SmallVector<Value> operands(words);
  for (size_t n = 0; n < words.size(); ++n)
    constraints += ",r";
  constraints += ",l";
  operands.push_back(descriptor);
  for (int64_t n = 0; n < registers; ++n)
    constraints += "," + std::to_string(n);
  llvm::append_range(
      operands, vector::ToElementsOp::create(builder, loc, get(op.getAcc()))
                    .getResults());
  auto structType = LLVM::LLVMStructType::getLiteral(
      builder.getContext(), SmallVector<Type>(registers, builder.getF32Type()));
  return LLVM::InlineAsmOp::create(
             builder, loc, structType, operands, text, constraints,
             /*has_side_effects=*/true, /*is_align_stack=*/false,
             LLVM::tailcallkind::TailCallKind::None,
             LLVM::AsmDialectAttr::get(builder.getContext(),
                                       LLVM::AsmDialect::AD_ATT),
             ArrayAttr())
      .getRes();
}

/// The elements of a struct as a vector.
static Value toVector(OpBuilder &builder, Location loc, Value aggregate) {
  auto type = cast<LLVM::LLVMStructType>(aggregate.getType());
  SmallVector<Value> elements;
  for (int64_t n = 0, e = type.getBody().size(); n < e; ++n)
    elements.push_back(
        LLVM::ExtractValueOp::create(builder, loc, aggregate, n));
  return vector::FromElementsOp::create(
      builder, loc,
      VectorType::get(static_cast<int64_t>(elements.size()),
                      type.getBody().front()),
      elements);
}

LogicalResult KernelEmitter::emitDot(pipe::DotOp op) {
  tile::TileType a = op.getA().getType(), b = op.getB().getType(),
                 acc = op.getAcc().getType();
  Type element = b.getElementType();
  if (a.getElementType() != element ||
      (!element.isBF16() && !element.isF16()) || !acc.getElementType().isF32())
    return op.emitError("products are of bf16 or f16 into f32 on this target, "
                        "got ")
           << a << " by " << b << " into " << acc;
  if (!getMap(op, 2).isIdentity() && getMap(op, 2).getDimPosition(0) != 0)
    return op.emitError("the product has to be (m, n)");
  int64_t columns = acc.getDimSize(1), depth = getDepth(op);
  if (columns > pipe::limits::columns || columns % 8 != 0 ||
      depth % stepDepth != 0)
    return op.emitError("a product has a multiple of 8 up to 256 columns and a "
                        "depth that is a multiple of 16, got ")
           << columns << " and " << depth;
  Value registers, result;
  if (isa<pipe::ARegAttr>(a.getLayout())) {
    if (getMap(op, 0).getDimPosition(0) != 0)
      return op.emitError("a in registers has to be (m, k)");
    auto words = VectorType::get(depth / 4, builder.getI32Type());
    registers = vector::BitCastOp::create(builder, loc, words, get(op.getA()));
    result = emitRegisterProduct(op, registers, get(op.getB()));
  } else {
    result = emitSharedProduct(op, get(op.getA()), get(op.getB()));
  }
  Values &pending = values[op.getPending()];
  pending = {toVector(builder, loc, result)};
  if (registers)
    pending.push_back(registers);
  return success();
}

/// Products surely started after the op, on every path through it.
static int64_t countStarts(Operation *op) {
  if (isa<pipe::DotOp>(op))
    return 1;
  auto branch = dyn_cast<scf::IfOp>(op);
  if (!branch || branch.getElseRegion().empty())
    return 0; // A loop may not run at all.
  auto countBlock = [](Block *block) {
    int64_t count = 0;
    for (Operation &inner : *block)
      count += countStarts(&inner);
    return count;
  };
  return std::min(countBlock(branch.thenBlock()),
                  countBlock(branch.elseBlock()));
}

/// Waits until no more groups are in flight than were started later, and hands
/// on the registers, so that no use of them moves before the wait.
LogicalResult KernelEmitter::emitAwait(pipe::AwaitOp op) {
  auto dot = op.getPending().getDefiningOp<pipe::DotOp>();
  if (!dot || dot->getBlock() != op->getBlock())
    return op.emitError("a product is awaited in the block that starts it");
  int64_t later = 0;
  for (Operation *next = dot->getNextNode(); next != op;
       next = next->getNextNode())
    later += countStarts(next);
  Values pending = values[op.getPending()];
  auto type = cast<VectorType>(pending[0].getType());
  int64_t registers = type.getNumElements();
  SmallVector<Value> operands(
      vector::ToElementsOp::create(builder, loc, pending[0]).getResults());
  std::string constraints;
  for (int64_t n = 0; n < registers; ++n)
    constraints += n ? ",=f" : "=f";
  for (int64_t n = 0; n < registers; ++n)
    constraints += "," + std::to_string(n);
  if (pending.size() > 1)
    for (Value word :
         vector::ToElementsOp::create(builder, loc, pending[1]).getResults()) {
      operands.push_back(word);
      constraints += ",r";
    }
  auto structType = LLVM::LLVMStructType::getLiteral(
      builder.getContext(),
      SmallVector<Type>(registers, type.getElementType()));
  Value result =
      LLVM::InlineAsmOp::create(
          builder, loc, structType, operands,
          "wgmma.wait_group.sync.aligned " + std::to_string(later) + ";",
          constraints, /*has_side_effects=*/true, /*is_align_stack=*/false,
          LLVM::tailcallkind::TailCallKind::None,
          LLVM::AsmDialectAttr::get(builder.getContext(),
                                    LLVM::AsmDialect::AD_ATT),
          ArrayAttr())
          .getRes();
  set(op, toVector(builder, loc, result));
  return success();
}
