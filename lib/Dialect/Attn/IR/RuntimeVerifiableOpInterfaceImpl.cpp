//===- RuntimeVerifiableOpInterfaceImpl.cpp - Checks of dynamic sizes -----===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asserts at run time what the verifier could not see: that the dynamic sizes
// of operands agree, that row offsets ascend, that pages exist.
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnFactors.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "fovea/Dialect/Attn/IR/AttnOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fovea::attn;

namespace {

/// One dimension of an operand, for which `name` stands in messages.
struct Axis {
  Value value;
  std::string name;
  unsigned axis;

  bool isDynamic() const {
    return cast<ShapedType>(value.getType()).isDynamicDim(axis);
  }
  std::string describe() const {
    return "dimension " + std::to_string(axis) + " of " + name;
  }
};

/// Emits the assertions of one op.
class SizeChecks {
public:
  SizeChecks(Operation *op, OpBuilder &b, Location loc, MessageBuilder message)
      : op(op), b(b), loc(loc), message(message) {}

  /// Notes the dimensions of `value`: each belongs to a kind of size, by the
  /// dimension (b, h, i, j, d, e) that the map gives. Key heads are a kind of
  /// their own (6), dimensions in `ignored` have none.
  void add(Value value, const Twine &name, AffineMap map, bool keyHeads = false,
           ArrayRef<unsigned> ignored = {}) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      unsigned dim = map.getDimPosition(axis);
      if (llvm::is_contained(ignored, dim))
        continue;
      kinds[keyHeads && dim == 1 ? 6 : dim].push_back(
          {value, name.str(), axis});
    }
  }

  /// All sizes of a kind are equal.
  void checkAll() {
    static constexpr StringLiteral what[] = {
        "sequences (b)", "heads (h)",    "queries (i)", "keys (j)",
        "channels (d)",  "channels (e)", "key heads"};
    for (auto [axes, name] : llvm::zip_equal(kinds, what))
      checkEqual(axes, name);
  }

  void checkEqual(ArrayRef<Axis> axes, StringRef what) {
    if (axes.empty())
      return;
    const Axis *reference =
        llvm::find_if(axes, [](const Axis &axis) { return !axis.isDynamic(); });
    if (reference == axes.end())
      reference = axes.begin();
    for (const Axis &axis : axes) {
      bool same =
          axis.value == reference->value && axis.axis == reference->axis;
      if (same || (!axis.isDynamic() && !reference->isDynamic()))
        continue;
      Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          size(axis), size(*reference));
      check(equal, axis.describe() + " must equal " + reference->describe() +
                       ": the number of " + what);
    }
  }

  /// A page holds `pageSize` keys.
  void checkPage(Value value, const Twine &name, AffineMap map,
                 int64_t pageSize) {
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      Axis slots{value, name.str(), axis};
      if (map.getDimPosition(axis) != 3 || !slots.isDynamic())
        continue;
      Value want = arith::ConstantIndexOp::create(b, loc, pageSize);
      Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          size(slots), want);
      check(equal,
            slots.describe() + " must be the page size, " + Twine(pageSize));
    }
  }

  /// An extent is a number.
  void checkSize(const Axis &axis, int64_t expected, StringRef what) {
    if (!axis.isDynamic())
      return;
    Value want = arith::ConstantIndexOp::create(b, loc, expected);
    Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        size(axis), want);
    check(equal, axis.describe() + " must be " + Twine(expected) + ", " + what);
  }

  /// Each token is at some place, for each of the leading indices.
  void checkPermutation(Value permutation);

  /// Query heads are a multiple of key heads.
  void checkHeads() {
    if (kinds[1].empty() || kinds[6].empty())
      return;
    const Axis &queryHeads = kinds[1].front(), &keyHeads = kinds[6].front();
    if (!queryHeads.isDynamic() && !keyHeads.isDynamic())
      return;
    Value heads = size(queryHeads), groups = size(keyHeads);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    // No key heads: then there are no query heads either.
    Value divisor = arith::MaxUIOp::create(b, loc, groups, one);
    Value rest = arith::RemUIOp::create(b, loc, heads, divisor);
    Value some = arith::MinUIOp::create(b, loc, groups, one);
    Value excess =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, some, zero);
    rest = arith::SelectOp::create(b, loc, excess, heads, rest);
    Value fits =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, zero);
    check(fits, queryHeads.describe() + " must be a multiple of " +
                    keyHeads.describe() + ": query heads for each key head");
  }

  /// What a region reads has elements, unless there is no pair of a query and a
  /// key, for which it would be read.
  void checkCaptures(ValueRange captures, StringRef region) {
    for (auto [n, capture] : llvm::enumerate(captures)) {
      auto type = dyn_cast<ShapedType>(capture.getType());
      for (unsigned axis = 0; type && axis < type.getRank(); ++axis) {
        Axis read{capture, ("capture " + Twine(n) + " of " + region).str(),
                  axis};
        if (!read.isDynamic() && type.getDimSize(axis) != 0)
          continue;
        Value fine = isNone(read, arith::CmpIPredicate::ne);
        for (ArrayRef<Axis> axes : ArrayRef(kinds).take_front(3))
          if (!axes.empty())
            fine = arith::OrIOp::create(b, loc, fine, isNone(axes.front()));
        if (!keys.empty())
          fine = arith::OrIOp::create(b, loc, fine, isNone(keys.front()));
        check(fine, read.describe() + " must not be 0: the region reads it");
      }
    }
  }

  /// The walk has rows for one sequence or all, one head or all, and all tiles
  /// of queries.
  void checkWalk(ScoreOpInterface scores) {
    Value rows = scores.getWalkRows();
    if (!rows)
      return;
    if (Value masks = scores.getWalkMasks())
      checkEqual({{scores.getWalkTiles(), "the walk's tiles", 0},
                  {masks, "the walk's masks", 0}},
                 "entries");
    int64_t tile = (*scores.getWalkShape())[0];
    for (unsigned axis = 0; axis < 3; ++axis) {
      Axis own{rows, "the walk's rows", axis};
      if (kinds[axis].empty())
        continue;
      const Axis &reference = kinds[axis].front();
      if (!own.isDynamic() && !reference.isDynamic())
        continue;
      Value have = size(own), want = size(reference);
      if (axis == 2)
        want = arith::CeilDivSIOp::create(
            b, loc, want, arith::ConstantIndexOp::create(b, loc, tile));
      Value fits =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, have, want);
      std::string what = " must be " + reference.describe();
      if (axis == 2) {
        what += " divided by " + std::to_string(tile) + ", rounded up";
      } else {
        Value one = arith::ConstantIndexOp::create(b, loc, 1);
        Value shared =
            arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, have, one);
        fits = arith::OrIOp::create(b, loc, fits, shared);
        what = " must be 1 or equal " + reference.describe();
      }
      check(fits, own.describe() + what);
    }
  }

  /// Offsets have one element more than there are sequences.
  void checkOffsets(ArrayRef<Axis> offsets) {
    if (offsets.empty())
      return;
    checkEqual(offsets, "sequences (b) and one");
    if (offsets.front().isDynamic())
      check(isNone(offsets.front(), arith::CmpIPredicate::ne),
            offsets.front().describe() + " must not be 0: there is one more "
                                         "offset than sequences");
    for (const Axis &axis : kinds[0]) {
      if (!axis.isDynamic() && !offsets.front().isDynamic())
        continue;
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      Value more = arith::AddIOp::create(b, loc, size(axis), one);
      Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          size(offsets.front()), more);
      check(equal, offsets.front().describe() + " must be one more than " +
                       axis.describe() + ": the number of sequences (b)");
    }
  }

  /// Row offsets ascend, from at least 0 to at most the extent of `rows`.
  void checkAscending(Value offsets, const Twine &name, const Axis &rows) {
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value fine = arith::ConstantIntOp::create(b, loc, 1, 1);
    auto loop = emitLoop(
        size({offsets, name.str(), 0}), {fine, zero},
        [&](Value n, ValueRange state) -> SmallVector<Value> {
          Value offset = load(offsets, n);
          Value ascends = arith::CmpIOp::create(
              b, loc, arith::CmpIPredicate::sge, offset, state[1]);
          return {arith::AndIOp::create(b, loc, state[0], ascends), offset};
        });
    check(loop[0], name + " must ascend, from 0 or more");
    Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle,
                                         loop[1], size(rows));
    check(inside, "the last of " + name + " must be at most " +
                      rows.describe() + ": the number of rows");
  }

  /// Each page that holds a key is one of `pages`; `lengths` may be null.
  void checkPages(Value table, const Twine &name, Value lengths,
                  int64_t pageSize, const Axis &pages) {
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    Value fine = arith::ConstantIntOp::create(b, loc, 1, 1);
    Value all = size(pages), columns = size({table, name.str(), 1});
    auto sequences = emitLoop(
        size({table, name.str(), 0}), fine,
        [&](Value sequence, ValueRange state) -> SmallVector<Value> {
          Value used = columns;
          if (lengths) {
            Value keys = arith::MaxSIOp::create(b, loc, load(lengths, sequence),
                                                constant(0));
            used = arith::CeilDivSIOp::create(b, loc, keys, constant(pageSize));
            used = arith::MinSIOp::create(b, loc, used, columns);
          }
          return emitLoop(
              used, state,
              [&](Value column, ValueRange state) -> SmallVector<Value> {
                Value page = load(table, {sequence, column});
                Value exists = arith::CmpIOp::create(
                    b, loc, arith::CmpIPredicate::ult, page, all);
                return {arith::AndIOp::create(b, loc, state[0], exists)};
              });
        });
    check(sequences[0], name + " must name pages below " + pages.describe() +
                            " where a sequence has keys: the number of pages");
  }

  /// Where the only segment has its keys.
  SmallVector<Axis> keys;

private:
  /// A loop over [0, end) that carries values.
  SmallVector<Value>
  emitLoop(Value end, ValueRange init,
           function_ref<SmallVector<Value>(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(
        b, loc, arith::ConstantIndexOp::create(b, loc, 0), end,
        arith::ConstantIndexOp::create(b, loc, 1), init,
        [&](OpBuilder &nested, Location, Value n, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          scf::YieldOp::create(b, loc, body(n, state));
        });
    return SmallVector<Value>(loop.getResults());
  }

  /// An element of a table, as an index.
  Value load(Value table, ValueRange at) {
    Value element =
        isa<TensorType>(table.getType())
            ? tensor::ExtractOp::create(b, loc, table, at).getResult()
            : memref::LoadOp::create(b, loc, table, at).getResult();
    if (element.getType().isIndex())
      return element;
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), element);
  }

  /// Compares a size with 0.
  Value isNone(const Axis &axis,
               arith::CmpIPredicate predicate = arith::CmpIPredicate::eq) {
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    return arith::CmpIOp::create(b, loc, predicate, size(axis), zero);
  }

  Value size(const Axis &axis) {
    OpFoldResult size =
        isa<TensorType>(axis.value.getType())
            ? tensor::getMixedSize(b, loc, axis.value, axis.axis)
            : memref::getMixedSize(b, loc, axis.value, axis.axis);
    return getValueOrCreateConstantIndexOp(b, loc, size);
  }

  void check(Value condition, const Twine &what) {
    cf::AssertOp::create(b, loc, condition, message(op, what.str()));
  }

  Operation *op;
  OpBuilder &b;
  Location loc;
  MessageBuilder message;
  SmallVector<Axis> kinds[7];
};

} // namespace

void SizeChecks::checkPermutation(Value permutation) {
  Value inverse = createInverse(b, loc, permutation, /*none=*/-1);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  SmallVector<Value> ends = getValueOrCreateConstantIndexOp(
      b, loc, tensor::getMixedSizes(b, loc, inverse));
  SmallVector<Value> zeros(ends.size(), zero),
      ones(ends.size(), arith::ConstantIndexOp::create(b, loc, 1));
  Value yes = arith::ConstantIntOp::create(b, loc, 1, /*width=*/1);
  scf::LoopNest nest = scf::buildLoopNest(
      b, loc, zeros, ends, ones, yes,
      [&](OpBuilder &b, Location, ValueRange at,
          ValueRange state) -> scf::ValueVector {
        Value place = tensor::ExtractOp::create(b, loc, inverse, at);
        Value found = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                            place, zero);
        return {arith::AndIOp::create(b, loc, state[0], found)};
      });
  check(nest.results[0], "permutation must hold each token once");
}

/// "key", or "key of segment 1" where there are several.
static std::string inSegment(ScoreOpInterface op, StringRef name, unsigned n) {
  if (op.getSegments().size() == 1)
    return name.str();
  return (name + " of segment " + Twine(n)).str();
}

static void addQueries(SizeChecks &checks, ScoreOpInterface op, AffineMap map) {
  checks.add(op.getQuery(), "query", map);
  if (Value factors = op.getQueryFactors())
    checks.add(factors, "factor of the queries", map, /*keyHeads=*/false,
               getFreeDims(factors, map));
}

/// Keys, values and tables of each segment.
static void addSegments(SizeChecks &checks, ScoreOpInterface op,
                        ArrayRef<AffineMap> maps, ValueRange values) {
  unsigned table = 0, length = 0;
  SmallVector<Axis> offsets;
  AffineMap sequences =
      AffineMap::getMultiDimMapWithTargets(6, {0u}, op.getContext());
  AffineMap tables =
      AffineMap::getMultiDimMapWithTargets(6, {0u, 3u}, op.getContext());
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    auto segment = cast<SegmentAttr>(attribute);
    // In a pool, b counts pages; each segment has its own number of keys.
    bool paged = segment.getKind() == SegmentKind::paged;
    SmallVector<unsigned> free = {3};
    if (paged)
      free.push_back(0);
    SmallVector<std::tuple<Value, std::string, AffineMap>> operands = {
        {op.getKeys()[n], inSegment(op, "key", n), maps[1]}};
    if (!values.empty())
      operands.push_back({values[n], inSegment(op, "value", n), maps[2]});
    SmallVector<Axis> pages, keys;
    for (auto &[value, name, map] : operands) {
      checks.add(value, name, map, /*keyHeads=*/true, free);
      for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
        if (map.getDimPosition(axis) == 3)
          keys.push_back({value, name, axis});
        if (paged && map.getDimPosition(axis) == 0)
          pages.push_back({value, name, axis});
      }
      if (paged)
        checks.checkPage(value, name, map, segment.getPageSize());
    }
    if (!op.getKeyFactors().empty()) {
      Value factors = op.getKeyFactors()[n];
      SmallVector<unsigned> own = getFreeDims(factors, maps[1]);
      std::string name = inSegment(op, "factor of the keys", n);
      auto compare = [&](SmallVector<Axis> &axes, unsigned dim) {
        std::optional<unsigned> axis = axisOf(maps[1], dim);
        if (axis && !llvm::is_contained(own, dim))
          axes.push_back({factors, name, *axis});
      };
      compare(keys, dimJ);
      if (paged) {
        compare(pages, dimB);
        checks.checkPage(factors, name, maps[1], segment.getPageSize());
      }
      llvm::append_range(own, free);
      checks.add(factors, name, maps[1], /*keyHeads=*/true, own);
    }
    checks.checkEqual(pages, "pages");
    if (!paged)
      checks.checkEqual(keys, "keys (j)");
    if (op.getSegments().size() == 1)
      checks.keys = keys;
    if (paged)
      checks.add(op.getTables()[table + segment.getNumOffsets()],
                 inSegment(op, "table", n), tables, false, {3});
    if (segment.getNumOffsets() > 0)
      offsets.push_back({op.getTables()[table], "offsets of queries", 0});
    if (segment.getKind() == SegmentKind::packed)
      offsets.push_back(
          {op.getTables()[table + 1], inSegment(op, "offsets of keys", n), 0});
    table += segment.getNumTables();
    if (segment.getHasLengths())
      checks.add(op.getLengths()[length++], inSegment(op, "lengths", n),
                 sequences);
  }
  checks.checkOffsets(offsets);
}

/// The dimension of a value that `map` gives for `dim`.
static Axis findAxis(Value value, const Twine &name, AffineMap map,
                     unsigned dim) {
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == dim)
      return {value, name.str(), axis};
  llvm_unreachable("the verifier wants rows and pages");
}

/// What offsets and page tables hold.
static void checkContents(SizeChecks &checks, ScoreOpInterface op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto table = op.getTables().begin(), length = op.getLengths().begin();
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    auto segment = cast<SegmentAttr>(attribute);
    Value lengths = segment.getHasLengths() ? *length++ : Value();
    Value key = op.getKeys()[n];
    std::string name = inSegment(op, "key", n);
    if (segment.getNumOffsets() > 0) {
      // The first segment's are read.
      Value queries = *table++;
      if (n == 0)
        checks.checkAscending(queries, "offsets of queries",
                              findAxis(op.getQuery(), "query", maps[0], 2));
    }
    if (segment.getKind() == SegmentKind::packed) {
      checks.checkAscending(*table++, inSegment(op, "offsets of keys", n),
                            findAxis(key, name, maps[1], 3));
    } else if (segment.getKind() == SegmentKind::paged) {
      checks.checkPages(*table++, inSegment(op, "table", n), lengths,
                        segment.getPageSize(), findAxis(key, name, maps[1], 0));
    }
  }
}

static void addOperands(SizeChecks &checks, AttentionOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  addQueries(checks, op, maps[0]);
  addSegments(checks, op, maps, op.getValues());
  if (op.getSinks())
    checks.add(op.getSinks(), "sinks",
               AffineMap::getMultiDimMapWithTargets(6, {1u}, op.getContext()));
  checks.add(op.getOutput(), "output", maps[3]);
  if (op.getLse())
    checks.add(op.getLse(), "lse", maps[4]);
}

static void addOperands(SizeChecks &checks, ScoreReduceOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  addQueries(checks, op, maps[0]);
  addSegments(checks, op, maps, {});
  // The columns of the output are the keys of the only segment.
  bool single =
      op.getSegments().size() == 1 &&
      cast<SegmentAttr>(op.getSegments()[0]).getKind() != SegmentKind::paged;
  if (single)
    checks.add(op.getKeys()[0], "key", maps[1], true, {0, 1, 4});
  checks.add(op.getLse(), "lse", maps[3]);
  if (single)
    checks.add(op.getOutput(), "output", maps[2]);
  else
    checks.add(op.getOutput(), "output", maps[2], false, {3});
}

template <typename OpTy>
static void createChecks(SizeChecks &checks, OpTy op, bool contents) {
  addOperands(checks, op);
  checks.checkAll();
  checks.checkHeads();
  checks.checkWalk(op);
  checks.checkCaptures(op.getScoreCaptures(), "the score");
  checks.checkCaptures(op.getMaskCaptures(), "the mask");
  if (contents)
    checkContents(checks, op);
}

static void createChecks(SizeChecks &checks, MergeOp merge, bool) {
  unsigned rank = cast<ShapedType>(merge.getOutputs()[0].getType()).getRank();
  for (unsigned axis = 0; axis < rank; ++axis) {
    SmallVector<Axis> axes = {{merge.getOutputs()[0], "output", axis}};
    for (auto [n, part] : llvm::enumerate(merge.getParts()))
      axes.push_back({part, "part " + std::to_string(n), axis});
    if (axis + 1 < rank) {
      for (auto [n, lse] : llvm::enumerate(merge.getLses()))
        axes.push_back({lse, "lse " + std::to_string(n), axis});
      if (merge.getOutputs().size() == 2)
        axes.push_back({merge.getOutputs()[1], "lse output", axis});
    }
    checks.checkEqual(axes, axis + 1 < rank ? "rows" : "channels");
  }
}

static void checkPlaces(SizeChecks &checks, ReorderOp op, Axis tokens,
                        Axis places) {
  if (op.getInverse())
    std::swap(tokens, places);
  OrderAttr order = op.getOrderAttr();
  auto type = cast<ShapedType>(tokens.value.getType());
  int64_t count = tokens.isDynamic() ? *TokenOrder::getNumTokens(order)
                                     : type.getDimSize(tokens.axis);
  checks.checkSize(tokens, count, "the tokens of the order's grid");
  checks.checkSize(places,
                   TokenOrder::get(order, op.getKeys(), count).getNumPlaces(),
                   "the places of the order");
}

static void createChecks(SizeChecks &checks, ReorderOp reorder, bool contents) {
  unsigned rank = cast<ShapedType>(reorder.getInput().getType()).getRank();
  for (unsigned axis = 0; axis < rank; ++axis) {
    Axis input{reorder.getInput(), "input", axis},
        output{reorder.getOutput(), "output", axis};
    if (reorder.getOrderAttr() && axis == reorder.getTokenAxis())
      checkPlaces(checks, reorder, input, output);
    else
      checks.checkEqual({input, output}, "elements along it");
  }
  if (!reorder.getPermutation())
    return;
  for (auto [n, axis] : llvm::enumerate(reorder.getAxes()))
    checks.checkEqual({{reorder.getPermutation(), "permutation", unsigned(n)},
                       {reorder.getInput(), "input", unsigned(axis)}},
                      "elements along it");
  if (contents && isa<TensorType>(reorder.getPermutation().getType()))
    checks.checkPermutation(reorder.getPermutation());
}

void fovea::attn::createRuntimeChecks(Operation *op, OpBuilder &b, Location loc,
                                      MessageBuilder message, bool contents) {
  SizeChecks checks(op, b, loc, message);
  llvm::TypeSwitch<Operation *>(op)
      .Case<AttentionOp, ScoreReduceOp, MergeOp, ReorderOp>(
          [&](auto attnOp) { createChecks(checks, attnOp, contents); });
}

namespace {

template <typename OpTy>
struct RuntimeVerification
    : RuntimeVerifiableOpInterface::ExternalModel<RuntimeVerification<OpTy>,
                                                  OpTy> {
  void generateRuntimeVerification(Operation *op, OpBuilder &b, Location loc,
                                   MessageBuilder message) const {
    createRuntimeChecks(op, b, loc, message, /*contents=*/true);
  }
};

} // namespace

void fovea::attn::registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AttnDialect *) {
    context->loadDialect<arith::ArithDialect, cf::ControlFlowDialect,
                         memref::MemRefDialect, scf::SCFDialect>();
    AttentionOp::attachInterface<RuntimeVerification<AttentionOp>>(*context);
    ScoreReduceOp::attachInterface<RuntimeVerification<ScoreReduceOp>>(
        *context);
    MergeOp::attachInterface<RuntimeVerification<MergeOp>>(*context);
    ReorderOp::attachInterface<RuntimeVerification<ReorderOp>>(*context);
  });
}
