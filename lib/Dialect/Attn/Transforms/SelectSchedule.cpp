//===- SelectSchedule.cpp - Tile sizes for attention ops ------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/Transforms/Passes.h"

#include "fovea/Dialect/Attn/IR/AttnGroups.h"
#include "fovea/Dialect/Attn/IR/AttnRegions.h"
#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CpuTarget.h"
#include "fovea/Target/CudaTarget.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include <numeric>

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNSELECTSCHEDULE
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Where keys are divided between work items, on CPUs so many: results do not
/// depend on the number of threads.
static constexpr int64_t cpuSplitTo = 64;

/// Up to so many rows have keys and channels in lanes (with AMX, whose tiles
/// have so many rows, half of a vector).
static constexpr int64_t mostRowsByKeys = 16;

/// Heads of pages of up to so many keys are read one after the other, up to so
/// many by a work item.
static constexpr int64_t largestSmallPage = 64, mostHeads = 8;

/// Sequences of up to so many queries are short on GPUs...
static constexpr int64_t mostShort = 1024;

/// ...and of so many keys long.
static constexpr int64_t leastLong = 8192;

/// Size of a dimension of the iteration space, or -1 if it is dynamic.
static int64_t staticExtent(Value value, AffineMap map, unsigned dim) {
  auto type = cast<ShapedType>(value.getType());
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dim)
      return type.isDynamicDim(axis) ? -1 : type.getDimSize(axis);
  return -1;
}

/// Number of queries (of all packed sequences), or -1 if it is dynamic.
static int64_t staticQueries(AttentionOp op) {
  return staticExtent(op.getQuery(), op.getIndexingMapsArray()[0], 2);
}

static bool hasPackedQueries(ScoreOpInterface op) {
  return cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() > 0;
}

namespace {
/// How many queries or keys a sequence may have, or is expected to have.
struct SizeRange {
  int64_t least = 0, most = std::numeric_limits<int64_t>::max();

  /// `size`: what the types say, or -1; no more than the most if `isBound`.
  static SizeRange of(int64_t size, bool isBound, ArrayRef<int64_t> expected) {
    if (size >= 0 && !isBound)
      return {size, size};
    SizeRange range;
    if (!expected.empty())
      range.least = expected[0];
    if (!expected.empty() && !ShapedType::isDynamic(expected[1]))
      range.most = expected[1];
    if (size >= 0)
      range.most = std::min(range.most, size);
    return range;
  }
};
} // namespace

/// The sizes that a user expects, if there are some.
static SizesAttr expectedOf(AttentionOp op) {
  if (auto sizes = op->getAttrOfType<SizesAttr>(expectedSizes))
    return sizes;
  return SizesAttr::get(op.getContext(), {}, {});
}

/// The number of queries that a sequence of the op may have.
static SizeRange queriesOf(AttentionOp op) {
  return SizeRange::of(staticQueries(op), hasPackedQueries(op),
                       expectedOf(op).getQueries());
}

/// Whether there are so few queries that keys are divided.
static bool isDecoding(AttentionOp op) {
  return queriesOf(op).most <= mostFewQueries;
}

/// Whether products of the op run on pairs of bf16.
static bool multipliesBf16(AttentionOp op, const CpuTarget &target) {
  auto isBf16 = [](Value value) {
    return getElementTypeOrSelf(value.getType()).isBF16();
  };
  return target.hasBf16() && target.lanes == 16 && isBf16(op.getQuery()) &&
         llvm::all_of(op.getKeys(), isBf16) &&
         llvm::all_of(op.getValues(), isBf16);
}

/// Rows of a smaller tile for the last work item of a head: what is left of a
/// known number of queries, if that saves half of the work; of an unknown
/// number (-1) one vector. Such a second program takes half as long again to
/// compile.
static int64_t selectTail(int64_t queries, int64_t tile, int64_t lanes,
                          int64_t vectors) {
  if (queries < 0)
    return tile > lanes ? lanes : 0;
  if (queries % tile == 0)
    return 0;
  int64_t tail = llvm::alignTo(queries % tile, lanes);
  if (tail > vectors * lanes)
    tail = llvm::alignTo(tail, vectors * lanes);
  return tail * 2 <= tile ? tail : 0;
}

/// Tiles for an op with `rows` rows that fill vectors, or -1 if their number is
/// not known. Rows by vectors of a register block: 16 accumulators where there
/// are 32 registers, 8 where there are 16 (with 12, LLVM's order of loads
/// spills one).
static tile::CpuScheduleAttr selectTiles(ScoreOpInterface op, int64_t rows,
                                         const CpuTarget &target) {
  int64_t lanes = target.lanes;
  // {vectors of a query tile, vectors of a block, rows of a block}
  struct Shape {
    int64_t tile, vectors, rows;
  };
  SmallVector<Shape> shapes;
  if (lanes == 16)
    shapes = {{1, 1, 16}, {2, 2, 8}, {4, 4, 4}};
  else if (lanes == 8)
    shapes = {{1, 1, 8}, {2, 2, 4}, {8, 2, 4}};
  else
    shapes = {{1, 1, 8}, {2, 2, 4}, {8, 2, 4}};
  // A tile of a walk is a number of tiles of the schedule.
  int64_t keyTile = 128;
  if (std::optional<ArrayRef<int64_t>> walk = op.getWalkShape()) {
    llvm::erase_if(shapes, [&](const Shape &shape) {
      return (*walk)[0] % (shape.tile * lanes) != 0;
    });
    keyTile = std::gcd(keyTile, (*walk)[1]);
  }
  Shape shape = shapes.back();
  if (rows >= 0)
    for (const Shape &smaller : llvm::reverse(shapes))
      if (smaller.tile * lanes >= rows)
        shape = smaller;
  return tile::CpuScheduleAttr::get(
      op.getContext(), shape.tile * lanes, keyTile, lanes, shape.rows,
      shape.vectors, /*split_to=*/1, /*tail_tile=*/0, /*storage_types=*/false,
      /*lane_axis=*/0, /*amx=*/false, /*heads=*/1);
}

/// Whether keys lie on pages so small that those of a head are a short piece of
/// memory.
static bool hasSmallPages(AttentionOp op) {
  return llvm::any_of(op.getSegments().getAsRange<SegmentAttr>(),
                      [](SegmentAttr segment) {
                        return segment.getKind() == SegmentKind::paged &&
                               segment.getPageSize() <= largestSmallPage;
                      });
}

/// Tiles for few rows: keys and channels fill vectors.
static tile::CpuScheduleAttr selectFewRows(AttentionOp op, int64_t rows,
                                           const CpuTarget &target) {
  int64_t blockRows = std::min<int64_t>(rows, 4);
  // All heads of a page lie beside each other.
  int64_t heads = 1;
  if (hasSmallPages(op)) {
    heads = staticExtent(op.getKeys()[0], op.getIndexingMapsArray()[1], 1);
    heads = heads < 0 ? mostHeads : std::clamp<int64_t>(heads, 1, mostHeads);
  }
  return tile::CpuScheduleAttr::get(
      op.getContext(), rows, /*key_tile=*/heads > 1 ? 32 : 64, target.lanes,
      blockRows, /*vectors=*/target.lanes == 16 ? 4 : 2, cpuSplitTo,
      /*tail_tile=*/0, multipliesBf16(op, target), /*lane_axis=*/1,
      /*amx=*/false, heads);
}

static tile::CpuScheduleAttr selectCpu(AttentionOp op,
                                       const CpuTarget &target) {
  int64_t queries = staticQueries(op);
  if (isDecoding(op))
    queries = queriesOf(op).most;
  // Those of heads, or sequences, that share keys; dynamic is negative.
  if (std::optional<KeyGroup> group = getKeyGroup(op))
    queries = std::max<int64_t>(group->getRows(), 1);
  bool usesAmx = target.hasAmx() && multipliesBf16(op, target);
  if (isDecoding(op) && !op.getWalkRows() && queries >= 1 &&
      queries <= (usesAmx ? target.lanes / 2 : mostRowsByKeys))
    return selectFewRows(op, queries, target);
  tile::CpuScheduleAttr tiles = selectTiles(op, queries, target);
  int64_t tile = tiles.getQueryTile(), lanes = tiles.getLanes();
  // Work items that share keys have tiles of one size. Packed sequences end
  // anywhere, and may have one query.
  int64_t tail = 0;
  if (hasPackedQueries(op) && !isDecoding(op))
    tail = tile > lanes ? lanes : 0;
  else if (!isDecoding(op))
    tail = selectTail(queries, tile, lanes, tiles.getVectors());
  bool pairs = tiles.getKeyTile() % 2 == 0 && multipliesBf16(op, target);
  return tile::CpuScheduleAttr::get(
      op.getContext(), tile, tiles.getKeyTile(), lanes, tiles.getRows(),
      tiles.getVectors(), isDecoding(op) ? cpuSplitTo : 1, tail, pairs,
      /*lane_axis=*/0, /*amx=*/pairs && target.hasAmx(), /*heads=*/1);
}

/// Keys (columns of the output) fill the vectors of score_reduce.
static tile::CpuScheduleAttr selectCpu(ScoreReduceOp op,
                                       const CpuTarget &target) {
  return selectTiles(
      op, staticExtent(op.getOutput(), op.getIndexingMapsArray()[2], 3),
      target);
}

/// Merges of more channels, or other ranks, have no tile program.
static constexpr int64_t maxMergedChannels = 256, maxMergedRank = 4;

/// Vectors of rows, as many as there are, up to four; none where there is no
/// tile program.
static tile::CpuScheduleAttr selectMerge(MergeOp op, const CpuTarget &target) {
  auto type = cast<ShapedType>(op.getOutputs()[0].getType());
  int64_t rank = type.getRank();
  if (rank < 2 || rank > maxMergedRank || type.isDynamicDim(rank - 1) ||
      type.getDimSize(rank - 1) < 1 ||
      type.getDimSize(rank - 1) > maxMergedChannels)
    return {};
  int64_t longest = 0;
  for (int64_t size : type.getShape().drop_back())
    longest = std::max(longest, ShapedType::isDynamic(size)
                                    ? std::numeric_limits<int64_t>::max()
                                    : size);
  int64_t vectors = longest <= target.lanes ? 1 : 4;
  return tile::CpuScheduleAttr::get(
      op.getContext(), vectors * target.lanes, /*key_tile=*/128, target.lanes,
      /*rows=*/1, /*vectors=*/1, /*split_to=*/1, /*tail_tile=*/0,
      /*storage_types=*/false, /*lane_axis=*/0, /*amx=*/false, /*heads=*/1);
}

//===----------------------------------------------------------------------===//
// NVIDIA GPUs
//===----------------------------------------------------------------------===//

/// Channels of queries and keys, and of values.
static std::pair<int64_t, int64_t> channelsOf(AttentionOp op) {
  auto count = [&](unsigned operand, Value value) {
    AffineMap map = op.getIndexingMapsArray()[operand];
    auto type = cast<ShapedType>(value.getType());
    int64_t channels = 0;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      if (map.getDimPosition(axis) >= 4)
        channels = type.getDimSize(axis);
    return channels;
  };
  return {count(0, op.getQuery()), count(2, op.getValues()[0])};
}

/// What no schedule makes possible on an NVIDIA GPU, with what to do.
static LogicalResult checkCuda(AttentionOp op) {
  auto elementOf = [](Value value) {
    return getElementTypeOrSelf(value.getType());
  };
  Type query = elementOf(op.getQuery()), values = elementOf(op.getValues()[0]);
  for (auto [name, type] :
       {std::pair<StringRef, Type>("queries", query),
        std::pair<StringRef, Type>("keys", elementOf(op.getKeys()[0])),
        std::pair<StringRef, Type>("values", values)})
    if (!type.isBF16() && !type.isF16())
      return op.emitOpError("has ")
             << name << " of " << type
             << "; on NVIDIA GPUs there is code for bf16 and f16: convert them "
                "before the call, or permit it by numerics = "
                "#attn.numerics<operand = bf16>";
  if (elementOf(op.getKeys()[0]) != query)
    return op.emitOpError("has queries of ")
           << query << " and keys of " << elementOf(op.getKeys()[0])
           << "; they need one type on NVIDIA GPUs";
  if (op.getNumerics() && op.getNumerics()->getProbability() &&
      op.getNumerics()->getProbability() != values)
    return op.emitOpError("has weights (probability) of ")
           << op.getNumerics()->getProbability() << " and values of " << values
           << "; they need one type on NVIDIA GPUs";
  if (op.getSegments().size() != 1)
    return op.emitOpError("has ")
           << op.getSegments().size()
           << " segments; on NVIDIA GPUs there is code for one: compute each "
              "with its lse, and combine them with attn.merge";
  auto segment = cast<SegmentAttr>(op.getSegments()[0]);
  if (segment.getKind() == SegmentKind::paged && segment.getPageSize() % 8 != 0)
    return op.emitOpError("has pages of ")
           << segment.getPageSize()
           << " keys; on NVIDIA GPUs a multiple of 8 is needed";
  auto [d, dv] = channelsOf(op);
  auto padded = [](int64_t size) { return llvm::alignTo(size, 8); };
  if (d % 8 != 0)
    return op.emitOpError("has ")
           << d << " channels of queries and keys (D), on NVIDIA GPUs a "
           << "multiple of 8 is needed; add zeros up to " << padded(d)
           << " channels, and scale = 1 / sqrt(" << d << ") if it is not given";
  if (dv % 8 != 0)
    return op.emitOpError("has ")
           << dv << " channels of values (Dv), on NVIDIA GPUs a multiple of 8 "
           << "is needed; add any up to " << padded(dv)
           << " channels, and take the first " << dv << " of the result";
  return success();
}

namespace {

/// What score and mask regions hold in registers.
struct RegionCost {
  /// Captured elements that differ from row to row only, from column to column
  /// only, from score to score; functions of scores without an instruction.
  int64_t rows = 0, columns = 0, elements = 0, functions = 0;
  /// Functions of scores with an instruction, on a unit that exponentials need.
  int64_t instructions = 0;
  /// Whether one has formulas for several ranges.
  bool severalRanges = false;

  bool captures() const { return rows || columns || elements; }
};

} // namespace

/// Adds what a region holds to `cost`. Its arguments are `first` (a score or
/// nothing), b, h, i and j, then captured values.
static void addRegion(Region &region, bool hasScore, bool approximate,
                      RegionCost &cost) {
  if (region.empty())
    return;
  enum : unsigned { none = 0, row = 1, column = 2, element = 3 };
  llvm::DenseMap<Value, unsigned> varies;
  Block &block = region.front();
  if (hasScore)
    varies[block.getArgument(0)] = element;
  varies[block.getArgument(hasScore + 2)] = row;
  varies[block.getArgument(hasScore + 3)] = column;
  block.walk([&](Operation *op) {
    unsigned how = none;
    bool reads = false;
    for (Value operand : op->getOperands()) {
      how |= varies.lookup(operand);
      reads |= isa<ShapedType>(operand.getType());
    }
    for (Value result : op->getResults())
      varies[result] = how;
    cost.rows += reads && how == row;
    cost.columns += reads && how == column;
    cost.elements += reads && how == element;
    if (how != element)
      return;
    bool hasInstruction = isa<math::TanhOp, math::SinOp, math::CosOp,
                              math::LogOp, math::Log2Op, math::PowFOp>(op);
    cost.functions += hasInstruction && !approximate;
    cost.instructions += hasInstruction && approximate;
    // Of two functions, or of several ranges.
    if (isa<math::AcosOp, math::AcoshOp, math::AsinOp, math::AsinhOp,
            math::AtanOp, math::Atan2Op, math::AtanhOp, math::CbrtOp,
            math::CoshOp, math::ErfOp, math::ErfcOp, math::ExpM1Op,
            math::Log1pOp, math::SinhOp, math::TanOp>(op)) {
      cost.functions += 2;
      cost.severalRanges = true;
    }
  });
}

/// What the op's regions hold.
static RegionCost costOf(AttentionOp op) {
  NumericsAttr numerics = op.getNumericsAttr();
  bool approximate = numerics && numerics.getMath() == MathMode::approximate;
  RegionCost cost;
  // A bias is there before the scores are.
  if (!onlyAdds(op.getScore()))
    addRegion(op.getScore(), /*hasScore=*/true, approximate, cost);
  addRegion(op.getMask(), /*hasScore=*/false, approximate, cost);
  return cost;
}

/// Registers of a thread of the computing role, more or less.
static int64_t estimateRegisters(AttentionOp op, pipe::ScheduleAttr schedule) {
  RegionCost cost = costOf(op);
  // 64 rows by 128 threads: a thread holds half a column of output and scores.
  int64_t keys = schedule.getKeyTile(), scores = keys / 2;
  int64_t registers =
      channelsOf(op).second / 2 + scores + /*addresses, rows=*/32;
  // Weights of one step while the scores of the next are computed.
  if (schedule.getOverlap())
    registers += scores / 2;
  registers += cost.rows * 2 + cost.columns * keys / 4 +
               cost.elements * scores + cost.functions * 2 * scores;
  // What belongs to a work item does not become a constant of the kernel.
  if (schedule.getPersistent() && cost.captures())
    registers += 16;
  return registers;
}

/// Whether sequences have fewer keys than there are.
static bool hasKeysOfOthers(AttentionOp op) {
  auto segment = cast<SegmentAttr>(op.getSegments()[0]);
  return segment.getKind() != SegmentKind::dense || segment.getHasLengths();
}

/// The number of keys that a sequence of the op may have.
static SizeRange keysOf(AttentionOp op) {
  int64_t keys =
      staticExtent(op.getKeys()[0], op.getIndexingMapsArray()[1], dimJ);
  return SizeRange::of(keys, hasKeysOfOthers(op), expectedOf(op).getKeys());
}

SmallVector<SizesAttr> attn::getCudaSizes(AttentionOp op) {
  SizesAttr expected = expectedOf(op);
  auto isDynamic = [&](Value operand, unsigned number, unsigned dim) {
    auto axis = axisOf(op.getIndexingMapsArray()[number], dim);
    return axis && cast<ShapedType>(operand.getType()).isDynamicDim(*axis);
  };
  SmallVector<SizesAttr> candidates, sizes;
  if (expected.getQueries().empty() && !hasPackedQueries(op) &&
      isDynamic(op.getQuery(), 0, dimI))
    candidates.push_back(
        SizesAttr::get(op.getContext(), {0, mostShort}, expected.getKeys()));
  if (expected.getKeys().empty() && !hasKeysOfOthers(op) &&
      isDynamic(op.getKeys()[0], 1, dimJ))
    candidates.push_back(SizesAttr::get(op.getContext(), expected.getQueries(),
                                        {leastLong, ShapedType::kDynamic}));
  SmallVector<pipe::ScheduleAttr> usual = getCudaSchedules(op);
  Attribute given = op->getAttr(expectedSizes);
  for (SizesAttr candidate : candidates) {
    op->setAttr(expectedSizes, candidate);
    if (!usual.empty() && getCudaSchedules(op).front() != usual.front())
      sizes.push_back(candidate);
    op->removeAttr(expectedSizes);
    if (given)
      op->setAttr(expectedSizes, given);
  }
  return sizes;
}

SmallVector<pipe::ScheduleAttr> attn::getCudaSchedules(AttentionOp op) {
  // Braces would make names that lambdas cannot capture.
  int64_t d = channelsOf(op).first, dv = channelsOf(op).second;
  int64_t widest = std::max(d, dv);
  if (widest > pipe::limits::columns)
    return {};
  // Work items differ in their work.
  bool masked = !op.getMask().empty() || op.getWalkRows();
  std::optional<ArrayRef<int64_t>> walk = op.getWalkShape();
  SmallVector<pipe::ScheduleAttr> fits, spills;
  // Adds a schedule unless shared memory is too small or the walk's tiles are
  // no multiples of its tiles.
  auto consider = [&](pipe::ScheduleAttr schedule) {
    if ((walk && ((*walk)[0] % schedule.getQueryTile() != 0 ||
                  (*walk)[1] % schedule.getKeyTile() != 0)) ||
        schedule.getTileBytes(d, dv) > pipe::limits::tileBytes)
      return false;
    bool few = estimateRegisters(op, schedule) <= schedule.getConsumerRegs();
    (few ? fits : spills).push_back(schedule);
    return true;
  };
  // With the result in the queries' place if there is none of its own.
  auto add = [&](int64_t groups, int64_t keyTile, bool overlap, bool persistent,
                 bool computes = false, bool turns = true) {
    int64_t consumerRegs = groups == 3 ? 160 : 240, producerRegs = 24;
    if (groups == 3)
      producerRegs = 32;
    if (computes)
      consumerRegs = 232, producerRegs = 40;
    for (bool reuse : {false, true})
      if (!(reuse && dv > static_cast<int64_t>(llvm::alignTo(d, 64))) &&
          consider(pipe::ScheduleAttr::get(
              op.getContext(), groups * pipe::limits::groupRows, keyTile,
              /*stages=*/2, groups, producerRegs, consumerRegs, overlap,
              turns && overlap && (groups == 2 || (groups == 3 && !masked)),
              persistent, /*last_first=*/masked, /*split_to=*/1, reuse,
              /*skip=*/groups == 3 || (groups == 2 && masked && widest > 128))))
        return true;
    return false;
  };
  if (isDecoding(op))
    for (auto [keyTile, stages, overlap] :
         {std::tuple(128, 2, true), std::tuple(64, 4, true),
          std::tuple(64, 4, false)})
      consider(pipe::ScheduleAttr::get(
          op.getContext(), pipe::limits::groupRows, keyTile, stages,
          /*groups=*/1, /*producer_regs=*/24, /*consumer_regs=*/240, overlap,
          /*turns=*/false, /*persistent=*/false, /*last_first=*/false,
          /*split_to=*/0, /*reuse_queries=*/false, /*skip=*/false));
  // Two blocks on a multiprocessor, which wait for each other less than the
  // groups of one.
  if (walk && (*walk)[0] == pipe::limits::groupRows && (*walk)[1] == 64 &&
      widest <= 128)
    consider(pipe::ScheduleAttr::get(
        op.getContext(), pipe::limits::groupRows, /*key_tile=*/64,
        /*stages=*/2, /*groups=*/1, /*producer_regs=*/24,
        /*consumer_regs=*/216, /*overlap=*/true, /*turns=*/false,
        /*persistent=*/false, /*last_first=*/masked, /*split_to=*/1,
        /*reuse_queries=*/false, /*skip=*/false));
  // The widest key tile that fits, of up to `most` keys.
  auto addWidest = [&](int64_t groups, bool persistent, bool computes = false,
                       int64_t most = 128) {
    for (int64_t keyTile = most; keyTile >= 64; keyTile -= 16)
      if (add(groups, keyTile, /*overlap=*/true, persistent, computes))
        return;
  };
  // Of a short walk much is masked: less with tiles of as many keys as a group
  // has rows.
  if (masked && widest > 128 && queriesOf(op).most <= mostShort)
    add(2, 64, /*overlap=*/true, /*persistent=*/false);
  // Where functions of scores take longer than products, a group that has its
  // turn alone would leave their unit idle.
  if (widest > 64 && widest <= 128 && costOf(op).instructions)
    add(2, 64, /*overlap=*/true, /*persistent=*/true, /*computes=*/false,
        /*turns=*/false);
  // A long one has fewer steps with wider tiles.
  if (!masked && widest > 64 && widest <= 128 && op.getScore().empty() &&
      keysOf(op).least >= leastLong)
    addWidest(2, /*persistent=*/false, /*computes=*/false, /*most=*/176);
  // Persistent kernels first, but above 128 channels, where they spill a
  // little.
  for (int64_t groups : {3, 2})
    if (groups == 2 || widest <= 64)
      for (bool first : {true, false})
        addWidest(groups, /*persistent=*/first == (widest <= 128));
  add(2, 64, /*overlap=*/true, /*persistent=*/true);
  if (walk)
    for (int64_t keyTile : {128, 64})
      add(1, keyTile, /*overlap=*/true, /*persistent=*/true);
  add(2, 64, /*overlap=*/false, /*persistent=*/false);
  RegionCost cost = costOf(op);
  if (widest > 128 || cost.severalRanges)
    add(2, 32, /*overlap=*/false, /*persistent=*/false);
  if (widest > 128 && cost.functions)
    add(2, 16, /*overlap=*/false, /*persistent=*/false);
  // The loading role may compute what depends on distances.
  if (!op.getScore().empty())
    addWidest(2, /*persistent=*/false, /*computes=*/true);
  // Where none is expected to do, those that need fewer come closer.
  if (fits.empty()) {
    SmallVector<std::pair<int64_t, size_t>> needs;
    for (auto [n, schedule] : llvm::enumerate(spills))
      needs.push_back({estimateRegisters(op, schedule), n});
    llvm::sort(needs);
    for (auto [registers, n] : needs)
      fits.push_back(spills[n]);
    spills.clear();
  }
  // Two ways may lead to one schedule.
  fits.append(spills);
  SmallVector<pipe::ScheduleAttr> different;
  for (pipe::ScheduleAttr schedule : fits)
    if (!llvm::is_contained(different, schedule))
      different.push_back(schedule);
  return different;
}

//===----------------------------------------------------------------------===//
// A user's schedule
//===----------------------------------------------------------------------===//

llvm::Error attn::setSchedules(ModuleOp module, StringRef text) {
  MLIRContext *context = module.getContext();
  context->loadDialect<pipe::PipeDialect, tile::TileDialect>();
  std::string message;
  Attribute schedule;
  {
    ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
      if (message.empty())
        message = diagnostic.str();
    });
    schedule = parseAttribute(text, context);
  }
  if (!schedule)
    return llvm::createStringError(message);
  if (!isa<tile::ScheduleAttrInterface>(schedule))
    return llvm::createStringError(text + " is no schedule; write "
                                          "#pipe.schedule<...> for a GPU, "
                                          "#tile.cpu_schedule<...> for a CPU");
  module.walk([&](AttentionOp op) { op.setScheduleAttr(schedule); });
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnSelectSchedulePass final
    : attn::impl::AttnSelectScheduleBase<AttnSelectSchedulePass> {
  using Base::Base;

  /// Sets the schedules, of type `Schedule`, to one of those that `list` gives,
  /// best first, of ops that pass `check`.
  template <typename Schedule>
  void selectAll(llvm::function_ref<SmallVector<Schedule>(AttentionOp)> list,
                 llvm::function_ref<LogicalResult(AttentionOp)> check) {
    WalkResult result = getOperation()->walk([&](AttentionOp op) {
      if (failed(check(op)))
        return WalkResult::interrupt();
      if (Attribute given = op.getScheduleAttr()) {
        if (!isa<tile::ScheduleAttrInterface>(given) || isa<Schedule>(given))
          return WalkResult::advance();
        op.emitOpError("has ")
            << given << ", which is not for " << target << "; leave it out, or "
            << "give #" << Schedule::name << "<...>";
        return WalkResult::interrupt();
      }
      SmallVector<Schedule> schedules = list(op);
      if (schedules.empty()) {
        op.emitOpError("has ")
            << std::max(channelsOf(op).first, channelsOf(op).second)
            << " channels; for " << target << " there are schedules up to "
            << pipe::limits::columns;
        return WalkResult::interrupt();
      }
      if (attempt >= schedules.size()) {
        op.emitOpError("has ")
            << schedules.size() << " schedules for " << target
            << "; attempt is from 0 to " << schedules.size() - 1 << ", got "
            << attempt.getValue();
        return WalkResult::interrupt();
      }
      op.setScheduleAttr(schedules[attempt]);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  template <typename Target>
  std::optional<Target> parse() {
    llvm::Expected<Target> parsed = Target::parse(target);
    if (parsed)
      return *parsed;
    emitError(getOperation()->getLoc()) << toString(parsed.takeError());
    signalPassFailure();
    return std::nullopt;
  }

  void runOnOperation() override {
    if (CudaTarget::isCuda(target)) {
      if (parse<CudaTarget>())
        selectAll<pipe::ScheduleAttr>(getCudaSchedules, checkCuda);
      getOperation()->walk([&](ScoreReduceOp op) {
        op.emitOpError("is no attention of keys to queries, which alone has "
                       "code for NVIDIA GPUs: sums are in f32 there; run "
                       "-attn-swap-score-reduce");
        signalPassFailure();
      });
    } else if (auto cpu = parse<CpuTarget>()) {
      selectAll<tile::CpuScheduleAttr>(
          [&](AttentionOp op) {
            return SmallVector<tile::CpuScheduleAttr>{selectCpu(op, *cpu)};
          },
          [](AttentionOp) { return success(); });
      getOperation()->walk([&](ScoreReduceOp op) {
        if (!op.getScheduleAttr())
          op.setScheduleAttr(selectCpu(op, *cpu));
      });
      getOperation()->walk([&](MergeOp op) {
        if (!op.getScheduleAttr())
          if (tile::CpuScheduleAttr schedule = selectMerge(op, *cpu))
            op.setScheduleAttr(schedule);
      });
    }
  }
};

} // namespace
