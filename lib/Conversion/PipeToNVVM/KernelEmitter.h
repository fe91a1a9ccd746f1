//===- KernelEmitter.h - Emits one kernel -----------------------*- C++ -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_LIB_CONVERSION_PIPETONVVM_KERNELEMITTER_H
#define FOVEA_LIB_CONVERSION_PIPETONVVM_KERNELEMITTER_H

#include "fovea/Dialect/Pipe/IR/Pipe.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>
#include <optional>

namespace fovea {

/// A tensor map that the kernel takes: a box of a memref parameter.
struct TensorMap {
  unsigned parameter = 0;
  /// Dimensions of the memref and the box's extents, innermost first.
  llvm::SmallVector<int64_t> dims, box;
  /// Extent (parameter, dimension) that bounds the map's axis 1, if any.
  std::optional<std::pair<unsigned, int64_t>> limit;

  bool operator==(const TensorMap &other) const {
    return parameter == other.parameter && dims == other.dims &&
           box == other.box && limit == other.limit;
  }
};

/// Which elements one thread holds of a tile in registers: element `reg` of a
/// thread is at `threadPart(group, warp, lane) + registerPart[reg]`.
struct Fragment {
  tile::TileType type;
  mlir::AffineMap map;
  llvm::SmallVector<int64_t, 4> places;
  /// Coordinates of each register, relative to register 0.
  llvm::SmallVector<llvm::SmallVector<int64_t, 2>> registerPart;

  int64_t size() const { return places[3]; }
  /// The tile's coordinates of a place.
  llvm::SmallVector<int64_t, 2> at(int64_t group, int64_t warp, int64_t lane,
                                   int64_t reg) const;
  /// Fails, with a diagnostic at `loc`, for layouts that are not sums of a
  /// thread's and a register's part.
  static mlir::FailureOr<Fragment> get(tile::TileType type, mlir::Location loc);
};

/// Emits the function of one kernel. Ops are visited in order; each value of
/// the kernel is known by the values of the function that stand for it:
///
///   index            i32; i64 if it comes from memory or a scalar parameter
///   tile, registers  vector of a thread's elements
///   tile, shared     i32, its address
///   cursor           i32, slots passed since the start
///   slot             3 x i32: addresses of the tile, its full and empty
///   barrier pending          the accumulator, and the operand in registers if
///   any
class KernelEmitter {
public:
  /// `constants`: what each parameter holds at every launch, where it is known.
  KernelEmitter(tile::KernelOp kernel,
                llvm::ArrayRef<mlir::DenseElementsAttr> constants)
      : kernel(kernel), constants(constants), builder(kernel),
        loc(kernel.getLoc()) {}

  /// Builds the gpu.module before the kernel; false after a diagnostic.
  mlir::LogicalResult emit();

private:
  using Values = llvm::SmallVector<mlir::Value, 3>;

  /// Where a ring lies, in bytes from the start of shared memory.
  struct RingPlace {
    int64_t data = 0, full = 0, empty = 0, slotBytes = 0, stages = 0,
            readers = 0;
  };
  /// The ranges of a walk.
  struct Walk {
    Values lower, size;
    llvm::ArrayRef<bool> partial;
  };

  // Parameters.cpp: what the kernel takes.
  mlir::LogicalResult collect();
  mlir::FailureOr<unsigned> addTensorMap(mlir::Operation *op, tile::ViewOp view,
                                         int64_t rows, int64_t columns);
  /// Rows that are copied at once: within a page or a box, if there are some.
  static int64_t getBoxRows(tile::ViewOp view, int64_t rows) {
    if (view.getTable())
      return std::gcd(rows, *view.getPageSize());
    return view.getBoxes() ? std::gcd(rows, view.getBoxSize()) : rows;
  }
  /// Dimensions that a view holds fixed, innermost first, but for those of size
  /// 1; and the index of such a dimension.
  static llvm::SmallVector<int64_t> getOuterDims(tile::ViewOp view);
  static mlir::Value getIndexOf(tile::ViewOp view, int64_t fixed);
  void addDim(unsigned parameter, int64_t dim) {
    if (!llvm::is_contained(dims, std::make_pair(parameter, dim)))
      dims.push_back({parameter, dim});
  }
  mlir::LLVM::LLVMFuncOp makeFunction(mlir::gpu::GPUModuleOp module);
  mlir::DictionaryAttr getLaunch();

  // KernelEmitter.cpp: structure.
  void emitEntry(mlir::LLVM::LLVMFuncOp function);
  mlir::LogicalResult emitRoles();
  mlir::LogicalResult emitRole(pipe::RoleOp role, int64_t firstGroup);
  mlir::LogicalResult emitItems(pipe::RoleOp role);
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitFor(mlir::scf::ForOp loop);
  mlir::LogicalResult emitIf(mlir::scf::IfOp branch);
  void emitWalkRanges(tile::WalkRangesOp op);
  void emitWalkAt(tile::WalkAtOp op);
  mlir::LogicalResult emitScalar(mlir::Operation *op);
  mlir::Value convertIndex(mlir::Operation *op, mlir::Value operand);

  // Persistent.cpp: the order of work items, and items from a counter.
  bool isLastFirst() {
    auto schedule =
        mlir::dyn_cast_or_null<pipe::ScheduleAttr>(kernel.getScheduleAttr());
    return schedule && schedule.getLastFirst();
  }
  mlir::Value emitExtent(int64_t coordinate);
  mlir::Value emitItemCount();
  void emitBlockItem();
  void emitCoordinates(mlir::Value item);
  mlir::LogicalResult emitItemLoop(pipe::RoleOp role);
  mlir::Value emitTicket();
  mlir::Value emitNextItem(mlir::Value next, mlir::Value round);
  void emitCounterReset();

  // Memory.cpp: what threads read and write in place.
  void emitGlobal(unsigned parameter);
  mlir::LogicalResult addMemory(mlir::Operation *op, mlir::Value memref);
  mlir::Value extentOf(mlir::Value memref, int64_t dim);
  mlir::Value strideOf(mlir::Value memref, int64_t dim);
  static llvm::SmallVector<int64_t> getStrides(mlir::MemRefType type);
  static int64_t getElementBytes(mlir::MemRefType type);
  mlir::Value emitElement(mlir::MemRefType type, mlir::Value address,
                          bool isVolatile = false);
  mlir::Value advance(mlir::Value address, mlir::Value memref, int64_t dim,
                      mlir::Value index);
  mlir::Value emitSafeIndex(mlir::Value index, mlir::Value size);
  mlir::Value clampIndex(mlir::Value index, int64_t low, int64_t high);
  mlir::LogicalResult emitGather(tile::GatherOp op);
  void emitLoad(mlir::memref::LoadOp op);
  mlir::LogicalResult emitRowStore(tile::StoreOp op);
  /// The page that holds a row of a view.
  mlir::Value emitPage(tile::ViewOp view, mlir::Value row);
  Values emitBoxCoordinates(tile::ViewOp view, mlir::Value row);
  /// The address of (row 0, column 0) of a view.
  mlir::Value emitViewAddress(tile::ViewOp view);

  // Combine.cpp: work items that share their keys.
  void collectCombine(pipe::CombineOp op);
  mlir::LogicalResult emitCombine(pipe::CombineOp op);
  mlir::Value emitItemNumber();
  mlir::Value emitArrival(mlir::Value counter, mlir::Value count);
  mlir::LogicalResult forEachHeldRow(
      tile::TileType type,
      llvm::function_ref<void(const Fragment &, llvm::ArrayRef<int64_t>,
                              mlir::Value, mlir::Value)>
          body);
  void emitFold(pipe::CombineOp op, mlir::Value slots, mlir::Value states,
                mlir::Value rows, mlir::Value count);

  // Fragments.cpp and MapEmitter.cpp: what each thread computes on its
  // elements.
  friend class MapEmitter;
  mlir::LogicalResult emitSplat(tile::SplatOp op);
  mlir::LogicalResult emitMap(tile::MapOp op);
  mlir::LogicalResult emitReduce(tile::ReduceOp op);
  mlir::Value emitAffine(mlir::AffineExpr expr, mlir::ValueRange dims);

  // Strips.cpp: tiles that the loading role computes.
  mlir::LogicalResult emitPut(pipe::PutOp op);

  // Prefetch.cpp: what a kernel asks for before it waits for the launch before
  // it; sets `emittedBlock` if that took the ops beside the roles.
  mlir::LogicalResult emitPrefetch(bool &emittedBlock);

  // Hopper.cpp: copies, barriers, products.
  void emitBarrierSetUp();
  mlir::Value emitWarpPredicate();
  mlir::LogicalResult emitAdvance(mlir::Operation *op);
  mlir::Value evictionHint(pipe::FillOp op);
  /// Gives the coordinates of each box that a fill copies, and where it goes,
  /// in bytes from the start of the tile.
  mlir::LogicalResult forEachBox(
      pipe::FillOp op,
      llvm::function_ref<void(mlir::ValueRange coordinates, int64_t place)>
          body);
  mlir::LogicalResult emitFill(pipe::FillOp op);
  void emitClear(pipe::ClearOp op);
  void emitRelease(pipe::ReleaseOp op);
  void emitGroupBarrier();
  void emitSharedFence();
  mlir::LogicalResult emitDot(pipe::DotOp op);
  mlir::LogicalResult emitAwait(pipe::AwaitOp op);
  mlir::LogicalResult emitStore(pipe::StoreOp op);
  mlir::Block *emitStorer();
  void emitStoreWait();
  void emitStoreEnd(pipe::RoleOp role);
  void emitFirstTurn();
  void emitWaitTurn(mlir::Value turnOf);
  void emitPassTurn();
  void emitLastTurn();
  mlir::Value turnBarrier(mlir::Value turnOf);
  mlir::FailureOr<Values> tensorCoordinates(tile::ViewOp view,
                                            mlir::ValueRange offsets,
                                            mlir::Value below, int64_t column,
                                            mlir::Value page = {});
  void emitPages(pipe::FillOp op);
  void emitPartialStore(pipe::StoreOp op, mlir::Value slab, mlir::Value limit);
  void emitWait(mlir::Value barrier, mlir::Value parity);
  mlir::Value emitDescriptor(mlir::Value address, int64_t leading,
                             int64_t stride);
  mlir::Value emitSharedProduct(pipe::DotOp op, mlir::Value a, mlir::Value b);
  mlir::Value emitRegisterProduct(pipe::DotOp op, mlir::Value registers,
                                  mlir::Value b);

  // Helpers.
  /// What stands for a value that is one in the function too; an index in 32
  /// bits, as coordinates, extents and bounds take it.
  mlir::Value get(mlir::Value value);
  /// The same, in 64 bits for an index that comes from memory or a scalar.
  mlir::Value getExact(mlir::Value value) const {
    auto it = values.find(value);
    return it == values.end() || it->second.size() != 1 ? mlir::Value()
                                                        : it->second.front();
  }
  /// All that stands for a value.
  Values getAll(mlir::Value value) {
    return value.getType().isIndex() ? Values{get(value)} : values[value];
  }
  void set(mlir::Value value, mlir::Value replacement) {
    values[value] = {replacement};
  }
  mlir::Type convertScalar(mlir::Type type) const {
    return type.isIndex() ? mlir::IntegerType::get(type.getContext(), 32)
                          : type;
  }
  /// The types that stand for a value's type; fails for pending products.
  mlir::LogicalResult convertType(mlir::Type type,
                                  llvm::SmallVectorImpl<mlir::Type> &types);
  mlir::Attribute convertConstant(mlir::Attribute attribute) const;
  mlir::Value constant(int64_t value, unsigned bits = 32);
  /// An integer or a vector of them in at least that many bits, with its sign.
  mlir::Value extend(mlir::Value value, unsigned bits);
  /// Bits of what stands for the operands of an op that are of type index.
  static unsigned getIndexBits(mlir::Operation *op, mlir::ValueRange operands);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value multiply(mlir::Value a, int64_t b);
  mlir::Value divide(mlir::Value a, int64_t b);
  mlir::Value remainder(mlir::Value a, int64_t b);
  /// Emits what one thread of a loading role does, which may be a warp.
  void onOneThread(llvm::function_ref<void()> emit);
  mlir::Value equals(mlir::Value a, int64_t b);
  mlir::Value sharedPointer(mlir::Value address);
  /// The value of the lane whose number differs in the bits of `offset`.
  mlir::Value shuffle(mlir::Value value, int64_t offset);

  tile::KernelOp kernel;
  llvm::ArrayRef<mlir::DenseElementsAttr> constants;
  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::DenseMap<mlir::Value, Values> values;
  llvm::DenseMap<mlir::Value, Walk> walks;
  llvm::DenseMap<mlir::Value, RingPlace> rings;
  llvm::DenseMap<mlir::Value, int64_t> buffers;
  llvm::SmallVector<pipe::RoleOp> roles;

  llvm::SmallVector<TensorMap> tensorMaps;
  llvm::DenseMap<mlir::Operation *, unsigned> tensorMapOf;
  /// Pages of fills, where they are read already.
  llvm::DenseMap<mlir::Operation *, Values> pagesOf;
  /// Extents (parameter, dimension) that the kernel asks for.
  llvm::SmallVector<std::pair<unsigned, int64_t>> dims;
  llvm::SmallVector<unsigned> scalars;
  /// Memrefs whose elements threads read by themselves; their address and
  /// dynamic strides.
  llvm::SmallVector<unsigned> memories;
  /// Those that are constants: in the module's memory.
  llvm::SmallVector<unsigned> globals;
  llvm::DenseMap<mlir::Value, Values> memoryOf;
  int64_t sharedBytes = 0, threads = 0;
  /// Blocks that a multiprocessor runs side by side.
  int64_t blocks = 1;
  /// Bytes of workspace for one work item's state; 0 if states stay where they
  /// are. The kernel's schedule says how many there may be.
  int64_t slotBytes = 0;
  mlir::Value workspace;
  /// Persistent kernels: the schedule, else null; the slot that holds the next
  /// item's number and its barriers, in bytes from the start of shared memory;
  /// groups that read it; and where the item at hand starts in each ring.
  pipe::ScheduleAttr persistent;
  int64_t itemPlace = 0, itemReaders = 0;
  llvm::DenseMap<mlir::Value, mlir::Value> startOf;
  mlir::Block *entry = nullptr;

  /// The thread's place; `group` is that of the role being emitted.
  mlir::Value shared, thread, lane, warp, warpgroup, group;
  /// Of the role being emitted: its first warpgroup and how many it has.
  int64_t roleFirstGroup = 0, turnGroups = 1;
  /// Whether one thread of a warp runs what is being emitted.
  bool oneThread = false;
  /// In a loading role that a whole warp runs: whether this lane starts copies.
  mlir::Value startsCopies;
};

} // namespace fovea

#endif // FOVEA_LIB_CONVERSION_PIPETONVVM_KERNELEMITTER_H
