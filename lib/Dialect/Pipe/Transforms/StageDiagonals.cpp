//===- StageDiagonals.cpp - Strips of what depends on row - column --------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Pipe/Transforms/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

namespace fovea::pipe {
#define GEN_PASS_DEF_PIPESTAGEDIAGONALS
#include "fovea/Dialect/Pipe/Transforms/Passes.h.inc"
} // namespace fovea::pipe

using namespace mlir;
using namespace fovea;
using namespace fovea::pipe;

namespace {

/// What a value in the body of a map depends on.
enum class Kind {
  Uniform,  ///< On nothing that differs between elements.
  Row,      ///< It is the row's coordinate plus what is uniform.
  Column,   ///< Likewise.
  Diagonal, ///< On the difference of row and column, and on what is uniform.
  Other
};

/// The values in the body of a map of two axes by what they depend on.
class Kinds {
public:
  explicit Kinds(tile::MapOp map);

  Kind of(Value value) const {
    auto it = kinds.find(value);
    return it == kinds.end() ? Kind::Uniform : it->second;
  }

private:
  Kind classify(Operation *op) const;

  DenseMap<Value, Kind> kinds;
};

} // namespace

Kinds::Kinds(tile::MapOp map) {
  for (auto [element, input] : llvm::zip(map.getElements(), map.getInputs()))
    kinds[element] =
        input.getDefiningOp<tile::SplatOp>() ? Kind::Uniform : Kind::Other;
  kinds[map.getCoordinates()[0]] = Kind::Row;
  kinds[map.getCoordinates()[1]] = Kind::Column;
  for (Operation &op : map.getBlock().without_terminator()) {
    Kind kind = classify(&op);
    for (Value result : op.getResults())
      kinds[result] = kind;
  }
}

Kind Kinds::classify(Operation *op) const {
  if (op->getNumRegions() != 0 ||
      !(isMemoryEffectFree(op) || isa<tile::GatherOp>(op)))
    return Kind::Other;
  SmallVector<Kind, 2> operands =
      llvm::map_to_vector<2>(op->getOperands(), [&](Value v) { return of(v); });
  auto isOneOf = [&](Kind a, Kind b) {
    return operands == ArrayRef<Kind>{a, b} || operands == ArrayRef<Kind>{b, a};
  };
  // Coordinates do not wrap, the integers made of them may: what is said of the
  // difference holds in any width, a comparison only where nothing wraps, and
  // with a sign, as the row of a strip may be negative.
  if (isa<arith::SubIOp>(op) && isOneOf(Kind::Row, Kind::Column))
    return Kind::Diagonal;
  if (auto compare = dyn_cast<arith::CmpIOp>(op);
      compare && isOneOf(Kind::Row, Kind::Column) &&
      compare.getLhs().getType().isIndex() &&
      !llvm::is_contained({arith::CmpIPredicate::ult, arith::CmpIPredicate::ule,
                           arith::CmpIPredicate::ugt,
                           arith::CmpIPredicate::uge},
                          compare.getPredicate()))
    return Kind::Diagonal;
  if (auto cast = dyn_cast<arith::IndexCastOp>(op);
      cast && cast.getIn().getType().isIndex() &&
      (operands[0] == Kind::Row || operands[0] == Kind::Column))
    return operands[0];
  for (Kind axis : {Kind::Row, Kind::Column})
    if ((isa<arith::AddIOp>(op) && isOneOf(axis, Kind::Uniform)) ||
        (isa<arith::SubIOp>(op) &&
         operands == ArrayRef<Kind>{axis, Kind::Uniform}))
      return axis;
  bool isUniform = true;
  for (Kind kind : operands) {
    if (kind != Kind::Uniform && kind != Kind::Diagonal)
      return Kind::Other;
    isUniform &= kind == Kind::Uniform;
  }
  return isUniform ? Kind::Uniform : Kind::Diagonal;
}

/// The ops of the map's body that the value is computed with.
static llvm::SetVector<Operation *> sliceOf(Value value, tile::MapOp map) {
  llvm::SetVector<Operation *> slice;
  SmallVector<Value> open = {value};
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (op && op->getBlock() == &map.getBlock() && slice.insert(op))
      llvm::append_range(open, op->getOperands());
  }
  return slice;
}

/// A read of a table, or a function that takes more than a few instructions.
static bool isCostly(Operation *op) {
  if (isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
          math::FloorOp, math::FmaOp, math::RoundEvenOp, math::TruncOp>(op))
    return false;
  return isa<tile::GatherOp, arith::DivFOp>(op) ||
         isa<math::MathDialect>(op->getDialect());
}

/// The first value of the map's body that is worth a strip: it depends on the
/// difference of the coordinates, costs something, and goes into what depends
/// on more.
static Value findDiagonal(tile::MapOp map) {
  Kinds kinds(map);
  for (Operation &op : map.getBlock().without_terminator()) {
    if (op.getNumResults() != 1)
      continue;
    Value value = op.getResult(0);
    Type type = value.getType();
    if (kinds.of(value) != Kind::Diagonal ||
        !(type.isF32() || type.isF16() || type.isBF16()))
      continue;
    if (llvm::none_of(value.getUsers(), [&](Operation *user) {
          return user->getNumResults() == 0 ||
                 kinds.of(user->getResult(0)) != Kind::Diagonal;
        }))
      continue;
    if (llvm::any_of(sliceOf(value, map), [&](Operation *inner) {
          return isCostly(inner) &&
                 kinds.of(inner->getResult(0)) == Kind::Diagonal;
        }))
      return value;
  }
  return {};
}

/// The row of a strip may be negative where that of no element is.
static void forgetOverflow(Operation *op) {
  constexpr auto none = arith::IntegerOverflowFlags::none;
  if (auto add = dyn_cast<arith::AddIOp>(op))
    add.setOverflowFlags(none);
  else if (auto subtract = dyn_cast<arith::SubIOp>(op))
    subtract.setOverflowFlags(none);
}

/// Whether all that the ops use from outside of the map is there at `place`.
static bool isAvailable(ValueRange values, Operation *place) {
  return llvm::all_of(values, [&](Value value) {
    Operation *definition = value.getDefiningOp();
    return !definition || definition->getBlock() != place->getBlock() ||
           definition->isBeforeInBlock(place);
  });
}

/// Shared memory that -pipe-specialize will take for the kernel, without
/// barriers, at most.
static int64_t countBytes(tile::KernelOp kernel, ScheduleAttr schedule) {
  auto smem = SmemAttr::get(kernel.getContext(), 128);
  int64_t bytes = 0;
  kernel.walk([&](Operation *op) {
    if (auto load = dyn_cast<tile::LoadOp>(op)) {
      if (!isa_and_nonnull<SmemAttr>(load.getType().getLayout()))
        return; // An error of -pipe-specialize.
      bool inLoop = load->getParentOfType<scf::ForOp>();
      bytes += getSharedBytes(load.getType()) *
               (inLoop ? schedule.getStages() : schedule.getQueryStages());
    } else if (auto combine = dyn_cast<tile::CombineOp>(op)) {
      bytes +=
          getSharedBytes(CombineOp::getBufferTile(combine.getSum().getType()));
    } else if (auto store = dyn_cast<tile::StoreOp>(op);
               store && store.getValue().getType().getRank() == 2 &&
               !schedule.getReuseQueries()) {
      bytes += getSharedBytes(store.getValue().getType().withLayout(smem));
    }
  });
  return bytes;
}

namespace {

struct PipeStageDiagonalsPass final
    : pipe::impl::PipeStageDiagonalsBase<PipeStageDiagonalsPass> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (ScheduleAttr schedule = getSchedule(kernel))
        runOn(kernel, schedule);
  }

  void runOn(tile::KernelOp kernel, ScheduleAttr schedule) {
    SmallVector<tile::MapOp> maps;
    kernel.walk([&](tile::MapOp map) {
      if (isa_and_nonnull<AccAttr>(map.getType().getLayout()) &&
          isInLoops(map, kernel))
        maps.push_back(map);
    });
    int64_t bytes = countBytes(kernel, schedule);
    int64_t room = limits::tileBytes - bytes;
    // A second block on the multiprocessor is worth more.
    int64_t registers =
        limits::groupThreads * (schedule.getProducerRegs() +
                                static_cast<int64_t>(schedule.getGroups()) *
                                    schedule.getConsumerRegs());
    if (!schedule.getPersistent() && 2 * registers <= limits::registers &&
        2 * bytes <= limits::tileBytes)
      room = limits::tileBytes / 2 - bytes;
    for (tile::MapOp map : maps) {
      Value value = findDiagonal(map);
      if (!value)
        continue;
      auto strip = getStripType(map, value.getType());
      room -= schedule.getStages() *
              getSharedBytes(strip.withLayout(SmemAttr::get(&getContext(), 0)));
      if (room < 0)
        return;
      stage(map, value, strip);
      ++numStrips;
    }
  }

  /// Whether the op stands in a loop, and in nothing but loops: what the
  /// loading role does must not depend on more.
  static bool isInLoops(Operation *op, tile::KernelOp kernel) {
    Operation *parent = op->getParentOp();
    if (parent == kernel)
      return false;
    for (; parent != kernel; parent = parent->getParentOp())
      if (!isa<scf::ForOp>(parent))
        return false;
    return true;
  }

  /// An element for each difference of coordinates, the least one first.
  tile::TileType getStripType(tile::MapOp map, Type elementType) {
    ArrayRef<int64_t> shape = map.getType().getShape();
    int64_t size = llvm::alignTo(shape[0] + shape[1] - 1, limits::warpThreads);
    return tile::TileType::get(&getContext(), {size}, elementType,
                               LanesAttr::get(&getContext()));
  }

  void stage(tile::MapOp map, Value value, tile::TileType stripType) {
    Location loc = value.getLoc();
    llvm::SetVector<Operation *> slice = sliceOf(value, map);
    SmallVector<Value> outside(map.getOrigin());
    for (Value input : map.getInputs())
      if (auto splat = input.getDefiningOp<tile::SplatOp>())
        outside.push_back(splat.getValue());
    for (Operation *op : slice)
      llvm::copy_if(op->getOperands(), std::back_inserter(outside),
                    [&](Value operand) {
                      return operand.getParentBlock() != &map.getBlock();
                    });
    // Before the product whose scores it joins, if that can be: it is read
    // while the product is computed.
    Operation *place = map;
    for (auto dot : map->getBlock()->getOps<tile::DotOp>())
      if (dot->isBeforeInBlock(map) && isAvailable(outside, dot)) {
        place = dot;
        break;
      }
    OpBuilder b(place);
    int64_t last = map.getType().getDimSize(1) - 1;
    Value start = arith::ConstantIndexOp::create(b, loc, -last);
    if (!map.getOrigin().empty()) {
      Value difference =
          arith::SubIOp::create(b, loc, map.getOrigin()[0], map.getOrigin()[1]);
      start = arith::AddIOp::create(b, loc, difference, start);
    }
    // Any row and column with the difference give the value: column 0.
    auto strip = tile::MapOp::create(
        b, loc, stripType, ValueRange(), ArrayRef<AffineMap>(), ValueRange(),
        [&](OpBuilder &b, Location, ValueRange arguments) {
          IRMapping mapping;
          mapping.map(
              map.getCoordinates()[0],
              arith::AddIOp::create(b, loc, arguments[0], start).getResult());
          mapping.map(map.getCoordinates()[1],
                      arith::ConstantIndexOp::create(b, loc, 0).getResult());
          for (auto [element, input] :
               llvm::zip(map.getElements(), map.getInputs()))
            if (auto splat = input.getDefiningOp<tile::SplatOp>())
              mapping.map(element, splat.getValue());
          for (Operation &op : map.getBlock())
            if (slice.contains(&op))
              forgetOverflow(b.clone(op, mapping));
          return mapping.lookup(value);
        });
    auto type = map.getType();
    auto spread = tile::MapOp::create(
        b, loc,
        tile::TileType::get(&getContext(), type.getShape(), value.getType(),
                            type.getLayout()),
        ValueRange(), ArrayRef<AffineMap>(), ValueRange(),
        [&](OpBuilder &b, Location, ValueRange coordinates) -> Value {
          Value n =
              arith::SubIOp::create(b, loc, coordinates[0], coordinates[1]);
          n = arith::AddIOp::create(
              b, loc, n, arith::ConstantIndexOp::create(b, loc, last));
          return tile::ExtractOp::create(b, loc, value.getType(), strip, n);
        });
    replace(map, value, spread);
  }

  /// The value becomes an element of another input, or of what takes the map's
  /// place.
  void replace(tile::MapOp map, Value value, tile::MapOp tile) {
    if (map.getYielded() == value) {
      map.replaceAllUsesWith(tile.getResult());
      map.erase();
      return;
    }
    SmallVector<Attribute> accesses(map.getIndexingMaps().getValue());
    accesses.push_back(AffineMapAttr::get(
        AffineMap::getMultiDimIdentityMap(2, &getContext())));
    Value element = map.getBlock().insertArgument(
        map.getInputs().size(), value.getType(), value.getLoc());
    map.getInputsMutable().append(tile.getResult());
    map.setIndexingMapsAttr(ArrayAttr::get(&getContext(), accesses));
    value.replaceAllUsesWith(element);
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(map.getBlock())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
