//===- AttnVerifiers.cpp - Verification -----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Attn/IR/AttnFactors.h"
#include "fovea/Dialect/Attn/IR/AttnOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace fovea::attn;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

namespace {

/// Collects the static extents of the iteration space from the operands, and
/// says which two operands disagree.
class Extents {
public:
  explicit Extents(Operation *op) : op(op) {}

  /// Takes the extents of `value`, called `name`, whose dimensions are those of
  /// `map`; `ignored` dimensions are free. Key heads have an extent of their
  /// own.
  LogicalResult add(Value value, StringRef name, AffineMap map,
                    bool keyHeads = false, ArrayRef<unsigned> ignored = {}) {
    auto type = cast<ShapedType>(value.getType());
    if (map.getNumDims() != 6 || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation())
      return op->emitOpError("the indexing map of ")
             << name << " is no projected permutation of (b, h, i, j, d, e): "
             << AffineMapAttr::get(map);
    if (type.getRank() != map.getNumResults())
      return op->emitOpError()
             << name << " has rank " << type.getRank() << ", but its map "
             << AffineMapAttr::get(map) << " gives " << map.getNumResults()
             << " dimensions";
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      unsigned dim = map.getDimPosition(axis);
      int64_t extent = type.getDimSize(axis);
      if (ShapedType::isDynamic(extent) || llvm::is_contained(ignored, dim))
        continue;
      if (failed(add(extent, name, dim, keyHeads)))
        return failure();
    }
    return success();
  }

  /// Takes one extent that `name` gives.
  LogicalResult add(int64_t extent, StringRef name, unsigned dim,
                    bool keyHeads = false) {
    Entry &entry = entries[keyHeads && dim == 1 ? 6 : dim];
    if (entry.extent >= 0 && entry.extent != extent)
      return op->emitOpError()
             << name << " has " << extent << ' ' << names[dim] << ", but "
             << entry.name << " has " << entry.extent;
    entry = {extent, name.str()};
    return success();
  }

  /// The extent of a dimension, -1 if it is not known.
  int64_t get(unsigned dim) const { return entries[dim].extent; }

  /// D and Dv are static; query heads are a multiple of key heads.
  LogicalResult verify(bool hasValues) {
    if (entries[4].extent < 0 || (hasValues && entries[5].extent < 0))
      return op->emitOpError("channels (D and Dv) must be static");
    if (entries[4].extent == 0 || (hasValues && entries[5].extent == 0))
      return op->emitOpError("has 0 channels, expected D and Dv >= 1");
    int64_t heads = entries[1].extent, keyHeads = entries[6].extent;
    if (heads >= 0 && keyHeads >= 0 &&
        (keyHeads == 0 ? heads != 0 : heads % keyHeads != 0))
      return op->emitOpError("query heads (")
             << heads << ") must be a multiple of key heads (" << keyHeads
             << ")";
    return success();
  }

private:
  struct Entry {
    int64_t extent = -1;
    std::string name;
  };
  static constexpr StringLiteral names[] = {"sequences (b)", "heads (h)",
                                            "queries (i)",   "keys (j)",
                                            "channels (d)",  "channels (e)"};
  Operation *op;
  Entry entries[7];
};

} // namespace

static LogicalResult verifyFloat(Operation *op, Value value, StringRef name) {
  Type type = getElementTypeOrSelf(value.getType());
  if (type.isF32() || type.isF16() || type.isBF16())
    return success();
  return op->emitOpError()
         << name << " has elements of type " << type
         << "; supported are f32, f16 and bf16 (convert it with arith.extf or "
            "arith.truncf)";
}

static LogicalResult verifyF32(Operation *op, Value value, StringRef name) {
  Type type = getElementTypeOrSelf(value.getType());
  if (type.isF32())
    return success();
  return op->emitOpError() << name << " has elements of type " << type
                           << ", expected f32";
}

/// A rank-1 operand with one element for each of something.
static LogicalResult verifyVector(Operation *op, Value value, StringRef name) {
  auto type = cast<ShapedType>(value.getType());
  if (type.getRank() == 1)
    return success();
  return op->emitOpError() << name << " has rank " << type.getRank()
                           << ", expected 1";
}

/// All shaped operands are tensors or all are memrefs, and the results are the
/// tensors among the outputs.
static LogicalResult verifySemantics(DestinationStyleOpInterface op) {
  bool tensors = false, memrefs = false;
  for (Value operand : op->getOperands()) {
    tensors |= isa<TensorType>(operand.getType());
    memrefs |= isa<BaseMemRefType>(operand.getType());
  }
  if (tensors && memrefs)
    return op->emitOpError("mixes tensors and memrefs");
  unsigned expected = tensors ? op.getNumDpsInits() : 0;
  if (op->getNumResults() != expected)
    return op->emitOpError("has ")
           << op->getNumResults() << " results, expected " << expected
           << ": one for each tensor in outs";
  for (OpResult result : op->getResults())
    if (result.getType() != op.getTiedOpOperand(result)->get().getType())
      return op->emitOpError("result ")
             << result.getResultNumber() << " is " << result.getType()
             << ", but its output is "
             << op.getTiedOpOperand(result)->get().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

static LogicalResult verifyTables(ScoreOpInterface op) {
  for (auto [name, values] :
       {std::pair<StringRef, OperandRange>{"lengths", op.getLengths()},
        std::pair<StringRef, OperandRange>{"table", op.getTables()}})
    for (Value value : values) {
      Type type = getElementTypeOrSelf(value.getType());
      if (!type.isIndex() && !type.isInteger(32) && !type.isInteger(64))
        return op->emitOpError() << name << " has elements of type " << type
                                 << ", expected i32, i64 or index";
    }
  for (Value value : op.getLengths())
    if (failed(verifyVector(op, value, "lengths")))
      return failure();
  unsigned table = 0;
  for (Attribute attribute : op.getSegments()) {
    auto segment = cast<SegmentAttr>(attribute);
    for (unsigned n = 0; n < segment.getNumTables(); ++n, ++table) {
      int64_t rank = n < segment.getNumOffsets() ? 1 : 2;
      auto type = cast<ShapedType>(op.getTables()[table].getType());
      if (type.getRank() != rank)
        return op->emitOpError()
               << (rank == 2 ? "table has rank " : "offsets have rank ")
               << type.getRank() << ", expected "
               << (rank == 2 ? "2: [B, pages]" : "1: [B + 1]");
    }
  }
  return success();
}

/// Numbers of operands against what the segments' attributes say.
static LogicalResult verifySegments(ScoreOpInterface op) {
  unsigned lengths = 0, tables = 0, starts = 0, packed = 0, offsets = 0;
  for (Attribute attribute : op.getSegments()) {
    auto segment = cast<SegmentAttr>(attribute);
    lengths += segment.getHasLengths();
    starts += segment.getHasStart();
    tables += segment.getNumTables();
    packed += segment.getKind() == SegmentKind::packed;
    offsets += segment.getNumOffsets() > 0;
  }
  size_t segments = op.getSegments().size();
  if (segments == 0)
    return op->emitOpError("has no keys: give a segment, dense(%k, %v : ...)");
  if (op.getKeys().size() != segments)
    return op->emitOpError("has ")
           << segments << " segments and keys for " << op.getKeys().size();
  if (op.getLengths().size() != lengths || op.getStarts().size() != starts ||
      op.getTables().size() != tables)
    return op->emitOpError("its segments need ")
           << lengths << " lengths, " << tables << " tables and " << starts
           << " starts, got " << op.getLengths().size() << ", "
           << op.getTables().size() << " and " << op.getStarts().size();
  if (packed != 0 && packed != segments)
    return op->emitOpError("packed segments stand with packed ones only: "
                           "packed queries have no batch dimension");
  if (offsets != 0 && offsets != segments)
    return op->emitOpError("has row offsets of the queries in ")
           << offsets << " of " << segments
           << " segments; give offsets(...) to all, or to none";
  return verifyTables(op);
}

/// Dimensions of a segment's keys and values that are no dimensions of the
/// iteration space: a paged pool has pages for b and slots for j; each segment
/// has its own number of keys.
static SmallVector<unsigned> getFreeDims(SegmentAttr segment) {
  if (segment.getKind() == SegmentKind::paged)
    return {0, 3};
  return {3};
}

/// Lengths and page tables have a row for each sequence, offsets one more.
static LogicalResult verifyTableShapes(ScoreOpInterface op, Extents &extents) {
  MLIRContext *context = op.getContext();
  AffineMap sequences = AffineMap::getMultiDimMapWithTargets(6, {0u}, context);
  for (Value length : op.getLengths())
    if (failed(extents.add(length, "lengths", sequences)))
      return failure();
  unsigned table = 0;
  for (Attribute attribute : op.getSegments()) {
    auto segment = cast<SegmentAttr>(attribute);
    for (unsigned n = 0; n < segment.getNumTables(); ++n, ++table) {
      int64_t rows =
          cast<ShapedType>(op.getTables()[table].getType()).getDimSize(0);
      if (ShapedType::isDynamic(rows))
        continue;
      bool isOffsets = n < segment.getNumOffsets();
      if (isOffsets && rows == 0)
        return op->emitOpError("offsets have no elements, expected B + 1");
      if (failed(extents.add(isOffsets ? rows - 1 : rows,
                             isOffsets ? "offsets" : "table", 0)))
        return failure();
    }
  }
  return success();
}

/// Pages hold as many keys as the segment says.
static LogicalResult verifyPage(ScoreOpInterface op, SegmentAttr segment,
                                Value value, StringRef name, AffineMap map) {
  if (segment.getKind() != SegmentKind::paged)
    return success();
  if (!map.isFunctionOfDim(0))
    return op->emitOpError("the indexing map of ")
           << name << " lacks b, which counts the pages of a paged segment: "
           << AffineMapAttr::get(map);
  auto type = cast<ShapedType>(value.getType());
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == 3 && !type.isDynamicDim(axis) &&
        type.getDimSize(axis) != segment.getPageSize())
      return op->emitOpError()
             << name << " has pages of " << type.getDimSize(axis)
             << " keys, but its segment is paged<" << segment.getPageSize()
             << ">";
  return success();
}

/// The maps give each operand the dimensions that it needs and no others.
static LogicalResult verifyMaps(ScoreOpInterface op, ArrayRef<AffineMap> maps,
                                ArrayRef<StringRef> operands,
                                ArrayRef<SmallVector<unsigned>> needed) {
  static constexpr StringLiteral letters = "bhijde";
  // Keys of sequences, though the queries are packed.
  bool keyedSequences =
      llvm::any_of(op.getSegments().getAsRange<SegmentAttr>(),
                   [](SegmentAttr segment) { return segment.getHasOffsets(); });
  auto uses = [](AffineMap map, unsigned dim) {
    return map.isFunctionOfDim(dim);
  };
  for (auto [map, name, dims] : llvm::zip_equal(maps, operands, needed)) {
    if (map.getNumDims() != 6)
      continue; // Said where the operand's shape is looked at.
    bool keyed = name == "key" || name == "value";
    for (unsigned dim = 0; dim < 6; ++dim) {
      // Of b, h and i the queries choose; keys may leave out b and h.
      bool need = llvm::is_contained(dims, dim);
      bool may = need;
      if (dim < 3 && name != "query") {
        // Sums for keys of each sequence are of its own queries, packed or not.
        bool chosen =
            uses(maps[0], dim) || (dim == 0 && keyedSequences &&
                                   name == "output" && isa<ScoreReduceOp>(op));
        may = need && (chosen || (keyed && dim == 0 && keyedSequences));
        need = need && chosen && !keyed;
      } else if (dim < 3) {
        need = false;
      }
      if (uses(map, dim) ? !may : need)
        return op->emitOpError("the indexing map of ")
               << name << (need ? " lacks " : " may not use ") << letters[dim]
               << ": " << AffineMapAttr::get(map);
    }
  }
  return success();
}

/// A factor has the dimensions of the operand, but for those that are free, and
/// as many products as the queries' factors, in place of channels.
static LogicalResult verifyFactor(ScoreOpInterface op, Value factor,
                                  StringRef name, AffineMap map,
                                  Extents &extents, bool isKey,
                                  ArrayRef<unsigned> free = {}) {
  SmallVector<unsigned> ignored(free);
  llvm::append_range(ignored, getFreeDims(factor, map));
  if (failed(verifyFloat(op, factor, name)) ||
      failed(extents.add(factor, name, map, isKey, ignored)))
    return failure();
  auto countProducts = [](Value factor, AffineMap map) {
    return cast<ShapedType>(factor.getType()).getDimSize(*axisOf(map, dimD));
  };
  Value rows = op.getQueryFactors();
  int64_t products = countProducts(factor, map);
  if (products >= 1 &&
      products == countProducts(rows, op.getIndexingMapsArray()[0]))
    return success();
  return op->emitOpError() << name << " is " << factor.getType()
                           << " and that of the queries " << rows.getType()
                           << "; the number of products, in place of channels, "
                              "is static, 1 or more, and the same";
}

static LogicalResult verifyFactors(ScoreOpInterface op, Extents &extents,
                                   ArrayRef<AffineMap> maps) {
  Value rows = op.getQueryFactors();
  OperandRange columns = op.getKeyFactors();
  if (!rows && columns.empty())
    return success();
  if (!rows || columns.size() != op.getSegments().size())
    return op->emitOpError("has ")
           << columns.size() << " factors of keys in "
           << op.getSegments().size()
           << " segments; give factors(%f, %g : ...), one for the queries and "
              "one for the keys of each segment";
  if (failed(verifyFactor(op, rows, "factor of the queries", maps[0], extents,
                          /*isKey=*/false)))
    return failure();
  constexpr StringLiteral name = "factor of the keys";
  for (auto [n, factor] : llvm::enumerate(columns)) {
    // As the keys that they belong to, and as all where the iteration space is
    // that of all.
    auto segment = cast<SegmentAttr>(op.getSegments()[n]);
    Extents own(op);
    if (failed(own.add(op.getKeys()[n], "key", maps[1], /*keyHeads=*/true)) ||
        failed(verifyFactor(op, factor, name, maps[1], own, /*isKey=*/true)) ||
        failed(verifyFactor(op, factor, name, maps[1], extents, /*isKey=*/true,
                            getFreeDims(segment))))
      return failure();
    bool isShared = llvm::is_contained(getFreeDims(factor, maps[1]), dimJ);
    if (!isShared && failed(verifyPage(op, segment, factor, name, maps[1])))
      return failure();
  }
  return success();
}

static LogicalResult verifyOperandShapes(ScoreOpInterface op, Extents &extents,
                                         ArrayRef<AffineMap> maps,
                                         ValueRange values) {
  if (failed(verifyFloat(op, op.getQuery(), "query")) ||
      failed(extents.add(op.getQuery(), "query", maps[0])))
    return failure();
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    auto segment = cast<SegmentAttr>(attribute);
    SmallVector<unsigned> free = getFreeDims(segment);
    Value key = op.getKeys()[n];
    if (failed(verifyFloat(op, key, "key")) ||
        failed(extents.add(key, "key", maps[1], /*keyHeads=*/true, free)) ||
        failed(verifyPage(op, segment, key, "key", maps[1])))
      return failure();
    if (values.empty())
      continue;
    if (failed(verifyFloat(op, values[n], "value")) ||
        failed(extents.add(values[n], "value", maps[2], true, free)) ||
        failed(verifyPage(op, segment, values[n], "value", maps[2])))
      return failure();
    // Keys and values of one segment agree in what the iteration space leaves
    // free.
    Extents own(op);
    if (failed(own.add(key, "key", maps[1], true)) ||
        failed(own.add(values[n], "value", maps[2], true)))
      return failure();
  }
  if (failed(verifyFactors(op, extents, maps)))
    return failure();
  return verifyTableShapes(op, extents);
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

static LogicalResult verifyWalkShape(Operation *op, ArrayRef<int64_t> shape) {
  if (shape.size() == 2 && shape[0] > 0 && shape[1] > 0 &&
      shape[0] % walkUnit == 0 && shape[1] % walkUnit == 0)
    return success();
  return op->emitOpError("has a walk of tiles <")
         << shape << ">, expected queries and keys in multiples of "
         << walkUnit;
}

static LogicalResult verifyMasks(Operation *op, Value masks, Value tiles,
                                 ArrayRef<int64_t> shape) {
  if (!masks)
    return success();
  auto type = cast<ShapedType>(masks.getType());
  int64_t want[] = {cast<ShapedType>(tiles.getType()).getDimSize(0), shape[0],
                    getMaskWords(shape[1])};
  if (type.getRank() == 3 && type.getElementType().isInteger(32) &&
      succeeded(verifyCompatibleShape(type.getShape(), want)) &&
      !type.isDynamicDim(1) && !type.isDynamicDim(2))
    return success();
  return op->emitOpError("the masks of the walk are ")
         << type << ", expected [entries, " << want[1] << ", " << want[2]
         << "] of i32";
}

static LogicalResult verifyWalk(Operation *op, Value rows, Value tiles) {
  auto rowsType = cast<ShapedType>(rows.getType());
  auto tilesType = cast<ShapedType>(tiles.getType());
  if (rowsType.getRank() != 4 || rowsType.getDimSize(3) != 4 ||
      !rowsType.getElementType().isInteger(32))
    return op->emitOpError("the rows of the walk are ")
           << rowsType << ", expected [1 or B, 1 or H, rows, 4] of i32";
  if (tilesType.getRank() != 1 || !tilesType.getElementType().isInteger(32))
    return op->emitOpError("the tiles of the walk are ")
           << tilesType << ", expected a list of i32";
  return success();
}

/// The walk fits the sequences, heads and queries.
static LogicalResult verifyWalk(ScoreOpInterface op, const Extents &extents) {
  Value rows = op.getWalkRows(), tiles = op.getWalkTiles();
  std::optional<ArrayRef<int64_t>> shape = op.getWalkShape();
  if (!rows != !tiles || !rows != !shape)
    return op->emitOpError("needs rows, tiles and a shape for its walk, or "
                           "none: walk<128, 128>(%rows, %tiles : ...)");
  if (op.getWalkMasks() && (!rows || !op.getMask().empty()))
    return op->emitOpError(rows ? "has a mask region and masks of its walk; it "
                                  "takes one of them"
                                : "has masks of a walk, but no walk");
  if (!rows)
    return success();
  if (op.getWalkAttr())
    return op->emitOpError("has a listed walk and one in closed form; give one "
                           "of them");
  if (failed(verifyWalkShape(op, *shape)) ||
      failed(verifyWalk(op, rows, tiles)) ||
      failed(verifyMasks(op, op.getWalkMasks(), tiles, *shape)))
    return failure();
  if (op.getSegments().size() != 1 ||
      cast<SegmentAttr>(op.getSegments()[0]).getNumOffsets() > 0)
    return op->emitOpError("has a walk; its keys must be one segment, dense or "
                           "paged, without row offsets");
  auto type = cast<ShapedType>(rows.getType());
  auto fits = [&](unsigned axis, int64_t want,
                  StringRef name) -> LogicalResult {
    int64_t size = type.getDimSize(axis);
    if (ShapedType::isDynamic(size) || want < 0 || size == want ||
        (axis < 2 && size == 1))
      return success();
    return op->emitOpError("the walk has rows for ")
           << size << ' ' << name << ", but there are " << want;
  };
  int64_t queries = extents.get(2);
  if (queries >= 0)
    queries = llvm::divideCeilSigned(queries, (*shape)[0]);
  if (failed(fits(0, extents.get(0), "sequences (b)")) ||
      failed(fits(1, extents.get(1), "heads (h)")) ||
      failed(fits(2, queries, "query tiles")))
    return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

static bool isAllowedInRegion(Operation *op) {
  Dialect *dialect = op->getDialect();
  if (isa_and_nonnull<arith::ArithDialect, math::MathDialect,
                      index::IndexDialect>(dialect))
    return true;
  return isa<YieldOp, tensor::ExtractOp, tensor::DimOp, memref::LoadOp,
             memref::DimOp>(op);
}

static LogicalResult verifyRegion(Operation *op, StringRef name, Region &region,
                                  TypeRange own, OperandRange captures,
                                  Type yielded) {
  if (region.empty()) {
    if (!captures.empty())
      return op->emitOpError("captures values for a ")
             << name << " region that it does not have";
    return success();
  }
  if (!region.hasOneBlock())
    return op->emitOpError("the ") << name << " region must have one block";
  SmallVector<Type> expected(own);
  llvm::append_range(expected, captures.getTypes());
  if (!llvm::equal(region.getArgumentTypes(), expected)) {
    InFlightDiagnostic diagnostic = op->emitOpError("the ");
    diagnostic << name << " region's arguments are ("
               << region.getArgumentTypes() << "), expected (" << expected
               << ")";
    if (own.front().isF64())
      diagnostic << "; write score<f64>(...)";
    return diagnostic;
  }
  for (Operation &nested : region.front()) {
    if (!isAllowedInRegion(&nested) || nested.getNumRegions() != 0)
      return nested.emitOpError("may not stand in a ")
             << name
             << " region: it holds arith, math, index, tensor.extract and "
                "attn.yield";
    for (Type type : nested.getResultTypes())
      if (isa<ShapedType>(type))
        return nested.emitOpError("works on ")
               << type << "; a " << name << " region computes scalars";
  }
  // Of the ops allowed, attn.yield alone is a terminator.
  auto yield = cast<YieldOp>(region.front().getTerminator());
  if (yield.getValue().getType() != yielded)
    return yield.emitOpError("yields ")
           << yield.getValue().getType() << ", but a " << name
           << " region yields " << yielded;
  return success();
}

/// Regions use captured values only. This comes before the check that they are
/// isolated, to say how to capture.
static LogicalResult verifyCaptures(Operation *op, StringRef name,
                                    Region &region) {
  WalkResult walked = region.walk([&](Operation *nested) {
    for (Value operand : nested->getOperands()) {
      if (region.isAncestor(operand.getParentRegion()))
        continue;
      std::string type;
      llvm::raw_string_ostream(type) << operand.getType();
      nested->emitOpError("uses a value from outside the ")
          << name << " region: capture it, " << name
          << "(..., %x = %value : " << type << ")";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}

static LogicalResult verifyRegions(ScoreOpInterface op) {
  MLIRContext *context = op.getContext();
  Type index = IndexType::get(context);
  Type accumulator = op.getAccumulatorType();
  if (failed(verifyRegion(op, "score", op.getScore(),
                          {accumulator, index, index, index, index},
                          op.getScoreCaptures(), accumulator)))
    return failure();
  return verifyRegion(op, "mask", op.getMask(), {index, index, index, index},
                      op.getMaskCaptures(), IntegerType::get(context, 1));
}

static LogicalResult verifyCommon(ScoreOpInterface op, unsigned maps) {
  if (failed(verifySemantics(cast<DestinationStyleOpInterface>(*op))) ||
      failed(verifySegments(op)))
    return failure();
  if (op.getIndexingMapsArray().size() != maps)
    return op->emitOpError("has ") << op.getIndexingMapsArray().size()
                                   << " indexing maps, expected " << maps;
  if (failed(verifyCaptures(op, "score", op.getScore())) ||
      failed(verifyCaptures(op, "mask", op.getMask())))
    return failure();
  if (auto scale = op->getAttrOfType<FloatAttr>("scale"))
    if (!scale.getValue().isFinite())
      return op->emitOpError("scale is ")
             << scale << ", expected a finite number";
  if (!op.getOrigin().empty() && op.getOrigin().size() != 4)
    return op->emitOpError("origin gives b, h, i and j, got ")
           << op.getOrigin().size() << " indices";
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// An operand that is not variadic is there once; operandSegmentSizes might say
/// otherwise.
static LogicalResult verifyOnce(Operation *op, size_t size, StringRef name) {
  if (size == 1)
    return success();
  return op->emitOpError("has ")
         << size << " operands as " << name << ", expected 1";
}

/// The grid has a place for each of the tokens.
static LogicalResult verifyGrid(Operation *op, OrderAttr order, int64_t tokens,
                                StringRef name) {
  if (tokens < 0 || TokenOrder::fits(order, tokens))
    return success();
  return op->emitOpError("has ")
         << tokens << ' ' << name << ", but the grid of its order has "
         << *TokenOrder::getNumTokens(order)
         << " tokens; the product of the extents is their number";
}

/// The number of keys of the first segment; negative if it is not known.
static int64_t getNumKeys(AttentionOp op, AffineMap map) {
  auto type = cast<ShapedType>(op.getKeys()[0].getType());
  for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
    if (map.getDimPosition(axis) == 3 && !type.isDynamicDim(axis))
      return type.getDimSize(axis);
  return -1;
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyOnce(*this, getODSOperandIndexAndLength(0).second, "query")))
    return failure();
  size_t outputs = getOutputs().size();
  if (outputs < 1 || outputs > 2)
    return emitOpError("has one output, and an lse if wanted; got ") << outputs;
  if (getValues().size() != getKeys().size())
    return emitOpError("has ") << getKeys().size() << " keys and "
                               << getValues().size() << " values";
  if (failed(verifyCommon(*this, 3 + outputs)))
    return failure();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  SmallVector<StringRef> names = {"query", "key", "value", "output"};
  SmallVector<SmallVector<unsigned>> dims = {
      {0, 1, 2, 4}, {0, 1, 3, 4}, {0, 1, 3, 5}, {0, 1, 2, 5}};
  if (getLse()) {
    names.push_back("lse");
    dims.push_back({0, 1, 2});
  }
  if (failed(verifyMaps(*this, maps, names, dims)))
    return failure();
  if (maps[1].isFunctionOfDim(1) != maps[2].isFunctionOfDim(1))
    return emitOpError("the maps of key and value both have a head dimension "
                       "(h), or neither does");
  Extents extents(*this);
  if (failed(verifyOperandShapes(*this, extents, maps, getValues())))
    return failure();
  if (failed(verifyFloat(*this, getOutput(), "output")) ||
      failed(extents.add(getOutput(), "output", maps[3])))
    return failure();
  if (Value lse = getLse())
    if (failed(verifyF32(*this, lse, "lse")) ||
        failed(extents.add(lse, "lse", maps[4])))
      return failure();
  if (Value sinks = getSinks())
    if (failed(verifyF32(*this, sinks, "sinks")) ||
        failed(verifyVector(*this, sinks, "sinks")) ||
        failed(extents.add(
            sinks, "sinks",
            AffineMap::getMultiDimMapWithTargets(6, {1u}, getContext()))))
      return failure();
  if (OrderAttr order = getOrderAttr()) {
    int64_t queries = extents.get(2), keys = getNumKeys(*this, maps[1]);
    if (failed(verifyGrid(*this, order, queries, "queries")) ||
        failed(verifyGrid(*this, order, keys, "keys")))
      return failure();
  }
  return success(succeeded(extents.verify(/*hasValues=*/true)) &&
                 succeeded(verifyWalk(*this, extents)));
}

LogicalResult AttentionOp::verifyRegions() { return ::verifyRegions(*this); }

LogicalResult ScoreReduceOp::verify() {
  constexpr unsigned lseGroup = 13;
  if (failed(
          verifyOnce(*this, getODSOperandIndexAndLength(0).second, "query")) ||
      failed(verifyOnce(*this, getODSOperandIndexAndLength(lseGroup).second,
                        "lse")))
    return failure();
  if (getOutputs().size() != 1)
    return emitOpError("has one output, got ") << getOutputs().size();
  if (failed(verifyCommon(*this, 4)))
    return failure();
  SmallVector<AffineMap> maps = getIndexingMapsArray();
  if (failed(verifyMaps(*this, maps, {"query", "key", "output", "lse"},
                        {{0, 1, 2, 4}, {0, 1, 3, 4}, {0, 1, 3}, {0, 1, 2}})))
    return failure();
  Extents extents(*this);
  if (failed(verifyOperandShapes(*this, extents, maps, {})))
    return failure();
  if (getSegments().size() == 1 &&
      failed(extents.add(getKeys()[0], "key", maps[1], /*keyHeads=*/true)))
    return failure();
  if (failed(verifyF32(*this, getOutput(), "output")) ||
      failed(verifyF32(*this, getLse(), "lse")) ||
      failed(extents.add(getOutput(), "output", maps[2])) ||
      failed(extents.add(getLse(), "lse", maps[3])))
    return failure();
  return success(succeeded(extents.verify(/*hasValues=*/false)) &&
                 succeeded(verifyWalk(*this, extents)));
}

LogicalResult ScoreReduceOp::verifyRegions() { return ::verifyRegions(*this); }

LogicalResult MergeOp::verify() {
  size_t outputs = getOutputs().size();
  if (outputs < 1 || outputs > 2)
    return emitOpError("has one output, and an lse if wanted; got ") << outputs;
  if (getParts().empty() || getParts().size() != getLses().size())
    return emitOpError("needs one lse for each part, got ")
           << getLses().size() << " for " << getParts().size();
  if (failed(verifySemantics(cast<DestinationStyleOpInterface>(**this))))
    return failure();
  auto shape = [](Value value) {
    return cast<ShapedType>(value.getType()).getShape();
  };
  ArrayRef<int64_t> want = shape(getOutputs()[0]);
  if (want.empty())
    return emitOpError("the output has rank 0, expected [..., Dv]");
  if (failed(verifyFloat(*this, getOutputs()[0], "output")))
    return failure();
  for (Value part : getParts()) {
    if (failed(verifyFloat(*this, part, "part")))
      return failure();
    if (failed(verifyCompatibleShape(shape(part), want)))
      return emitOpError("part ")
             << part.getType() << " does not fit the output "
             << getOutputs()[0].getType();
  }
  SmallVector<Value> lses(getLses());
  if (outputs == 2)
    lses.push_back(getOutputs()[1]);
  for (Value lse : lses) {
    if (failed(verifyF32(*this, lse, "lse")))
      return failure();
    if (failed(verifyCompatibleShape(shape(lse), want.drop_back())))
      return emitOpError("lse ") << lse.getType() << " does not fit the output "
                                 << getOutputs()[0].getType();
  }
  return success();
}

/// The axes are dimensions of the input, each once.
static LogicalResult verifyAxes(ReorderOp op, int64_t rank) {
  ArrayRef<int64_t> axes = op.getAxes();
  if (axes.empty())
    return op.emitOpError("needs axes: the dimension that counts tokens is the "
                          "last of them");
  for (auto [n, axis] : llvm::enumerate(axes))
    if (axis < 0 || axis >= rank ||
        llvm::is_contained(axes.take_front(n), axis))
      return op.emitOpError("axis ")
             << axis << " is no dimension of the input, or is there twice";
  return success();
}

/// Tokens and places along the token axis, as far as they are known.
static LogicalResult verifyPlaces(ReorderOp op, int64_t tokens,
                                  int64_t places) {
  OrderAttr order = op.getOrderAttr();
  if (order.getQ().empty())
    return op.emitOpError("needs an order with boxes: give q and kv");
  if (op.getInverse() && op.getKeys() && !order.getKvStep().empty())
    return op.emitOpError("moves keys back from boxes that overlap, where a "
                          "token has several places; leave out kv_step");
  if (failed(verifyGrid(op, order, tokens, "tokens")))
    return failure();
  if (ShapedType::isDynamic(tokens)) {
    std::optional<int64_t> count = TokenOrder::getNumTokens(order);
    if (!count)
      return op.emitOpError("needs a static number of tokens, or an order "
                            "whose grid gives it");
    tokens = *count;
  }
  int64_t expected =
      TokenOrder::get(order, op.getKeys(), tokens).getNumPlaces();
  if (!ShapedType::isDynamic(places) && places != expected)
    return op.emitOpError("has ")
           << places << " places along axis " << op.getTokenAxis()
           << ", but the order has " << expected;
  return success();
}

static LogicalResult verifyPermutation(ReorderOp op, ShapedType input) {
  if (op.getKeys())
    return op.emitOpError("says keys, which belongs to an order: a permutation "
                          "has one side");
  auto type = cast<ShapedType>(op.getPermutation().getType());
  Type element = type.getElementType();
  if (!element.isIndex() && !element.isInteger(32) && !element.isInteger(64))
    return op.emitOpError("permutation has elements of type ")
           << element << ", expected i32, i64 or index";
  SmallVector<int64_t> shape = llvm::map_to_vector(
      op.getAxes(), [&](int64_t axis) { return input.getDimSize(axis); });
  if (failed(verifyCompatibleShape(type.getShape(), shape)))
    return op.emitOpError("permutation ")
           << type << " does not have the dimensions " << op.getAxes() << " of "
           << input;
  return success();
}

LogicalResult ReorderOp::verify() {
  if (failed(verifySemantics(cast<DestinationStyleOpInterface>(**this))))
    return failure();
  auto input = cast<ShapedType>(getInput().getType());
  auto output = cast<ShapedType>(getOutput().getType());
  if (input.getElementType() != output.getElementType())
    return emitOpError("moves elements of type ")
           << input.getElementType() << " to " << output.getElementType();
  if (input.getRank() != output.getRank())
    return emitOpError("input ")
           << input << " and output " << output << " have different ranks";
  if (failed(verifyAxes(*this, input.getRank())))
    return failure();
  if (getOrderAttr() ? bool(getPermutation()) : !getPermutation())
    return emitOpError("needs an order(...) or a permutation by(...), and one "
                       "of them only");
  if (getOrderAttr() && getAxes().size() != 1)
    return emitOpError("has ")
           << getAxes().size()
           << " axes; an order is the same for all heads and takes one";
  SmallVector<int64_t> from(input.getShape()), to(output.getShape());
  if (getOrderAttr()) {
    int64_t tokens = from[getTokenAxis()], places = to[getTokenAxis()];
    if (getInverse())
      std::swap(tokens, places);
    if (failed(verifyPlaces(*this, tokens, places)))
      return failure();
    from[getTokenAxis()] = to[getTokenAxis()];
  }
  if (failed(verifyCompatibleShape(from, to)))
    return emitOpError("input ")
           << input << " does not fit the output " << output;
  return getOrderAttr() ? success() : verifyPermutation(*this, input);
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

LogicalResult WalkFromMaskOp::verify() {
  if (getMask().empty())
    return emitOpError("needs a mask region");
  if (failed(verifySemantics(cast<DestinationStyleOpInterface>(**this))) ||
      failed(verifyCaptures(*this, "mask", getMask())) ||
      failed(verifyWalkShape(*this, getWalkShape())))
    return failure();
  return success(
      succeeded(verifyWalk(*this, getRows(), getTiles())) &&
      succeeded(verifyMasks(*this, getMasks(), getTiles(), getWalkShape())));
}

LogicalResult WalkFromMaskOp::verifyRegions() {
  Type index = IndexType::get(getContext());
  return verifyRegion(*this, "mask", getMask(), {index, index, index, index},
                      getMaskCaptures(), IntegerType::get(getContext(), 1));
}

/// Ops that select among blocks.
template <typename OpTy>
static LogicalResult verifyBlocks(OpTy op, bool isElement, StringRef element) {
  if (failed(verifySemantics(cast<DestinationStyleOpInterface>(*op))) ||
      failed(verifyWalk(op, op.getRows(), op.getTiles())))
    return failure();
  auto type = cast<ShapedType>(op.getInput().getType());
  if (type.getRank() != 4 || !isElement)
    return op.emitOpError("its input is ")
           << type << ", expected [B, H, tiles of queries, key tiles] of "
           << element;
  ArrayRef<int64_t> want =
      cast<ShapedType>(op.getRows().getType()).getShape().drop_back();
  if (failed(verifyCompatibleShape(type.getShape().drop_back(), want)))
    return op.emitOpError("its input, ")
           << type << ", does not fit the rows, " << op.getRows().getType();
  return success();
}

LogicalResult WalkFromBlocksOp::verify() {
  return verifyBlocks(
      *this, getElementTypeOrSelf(getInput().getType()).isInteger(1), "i1");
}

LogicalResult WalkTopKOp::verify() {
  return verifyBlocks(*this, getElementTypeOrSelf(getInput().getType()).isF32(),
                      "f32");
}

LogicalResult WalkThresholdOp::verify() {
  return verifyBlocks(*this, getElementTypeOrSelf(getInput().getType()).isF32(),
                      "f32");
}
