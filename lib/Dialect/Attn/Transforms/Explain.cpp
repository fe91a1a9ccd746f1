//===- Explain.cpp - What the compiler makes of masks ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileMap.h"

#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Pipe/IR/Pipe.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Target/CudaTarget.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/ToolOutputFile.h"

namespace fovea::attn {
#define GEN_PASS_DEF_ATTNEXPLAIN
#include "fovea/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace fovea::attn

using namespace mlir;
using namespace fovea;
using namespace fovea::attn;

/// Sizes and other integers above it are not looked at.
static constexpr int64_t maxSize = maxGuarded;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

namespace {

/// Sizes that the types leave open: those of named dimensions of arguments.
class Sizes {
public:
  explicit Sizes(ModuleOp module)
      : sizes(module->getAttrOfType<DictionaryAttr>("fovea.dims")) {}

  /// Of a dimension of a tensor; negative if it is not known.
  int64_t sizeOf(Value tensor, unsigned axis) const;
  /// The value of an integer outside of regions, if at most `depth` ops in a
  /// row make it.
  std::optional<int64_t> valueOf(Value value, unsigned depth = 8) const;

private:
  DictionaryAttr sizes;
};

} // namespace

int64_t Sizes::sizeOf(Value tensor, unsigned axis) const {
  while (true) {
    auto type = dyn_cast<ShapedType>(tensor.getType());
    if (!type || !type.hasRank())
      return -1;
    if (!type.isDynamicDim(axis))
      return type.getDimSize(axis);
    auto cast = tensor.getDefiningOp<tensor::CastOp>();
    if (!cast)
      break;
    tensor = cast.getSource();
  }
  auto argument = dyn_cast<BlockArgument>(tensor);
  if (!sizes || !argument || !argument.getOwner()->isEntryBlock())
    return -1;
  auto function =
      dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  auto names = function ? function.getArgAttrOfType<ArrayAttr>(
                              argument.getArgNumber(), "fovea.dims")
                        : ArrayAttr();
  if (!names || axis >= names.size())
    return -1;
  auto name = dyn_cast<StringAttr>(names[axis]);
  auto size = name ? sizes.getAs<IntegerAttr>(name) : IntegerAttr();
  std::optional<int64_t> known =
      size ? size.getValue().trySExtValue() : std::nullopt;
  return known && *known <= maxSize ? *known : -1;
}

std::optional<int64_t> Sizes::valueOf(Value value, unsigned depth) const {
  if (depth == 0)
    return std::nullopt;
  auto find = [&]() -> std::optional<int64_t> {
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)))
      return constant.trySExtValue();
    Operation *op = value.getDefiningOp();
    if (auto dim = dyn_cast_or_null<tensor::DimOp>(op)) {
      std::optional<int64_t> axis = dim.getConstantIndex();
      int64_t size = axis ? sizeOf(dim.getSource(), *axis) : -1;
      return size < 0 ? std::nullopt : std::optional(size);
    }
    if (isa_and_nonnull<arith::IndexCastOp>(op))
      return valueOf(op->getOperand(0), depth - 1);
    if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op))
      return std::nullopt;
    std::optional<int64_t> x = valueOf(op->getOperand(0), depth - 1),
                           y = valueOf(op->getOperand(1), depth - 1);
    if (!x || !y)
      return std::nullopt;
    return isa<arith::AddIOp>(op) ? *x + *y : *x - *y;
  };
  std::optional<int64_t> found = find();
  Type type = value.getType();
  bool isSmall =
      found && -maxSize <= *found && *found <= maxSize &&
      (type.isIndex() || llvm::isIntN(type.getIntOrFloatBitWidth(), *found));
  return isSmall ? found : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

namespace {

/// Numbers of tiles by class.
struct TileCounts {
  double empty = 0, full = 0, partial = 0;
  void add(TileClass which, double count) {
    (which == TileClass::empty  ? empty
     : which == TileClass::full ? full
                                : partial) += count;
  }
  bool operator==(const TileCounts &other) const {
    return empty == other.empty && full == other.full &&
           partial == other.partial;
  }
};

/// An axis of a map: its tiles, in cells of several where there are many.
struct TileAxis {
  TileAxis(int64_t extent, int64_t tile)
      : extent(extent), tile(tile), tiles(llvm::divideCeil(extent, tile)),
        step(llvm::divideCeil(tiles, maxCells)),
        cells(llvm::divideCeil(tiles, step)) {}

  /// Tiles of a range that are in a cell.
  double countTiles(IntegerRange range, int64_t cell) const {
    return std::min(range.high, (cell + 1) * step - 1) -
           std::max(range.low, cell * step) + 1;
  }
  /// Queries or keys that are in a range of tiles.
  double countElements(IntegerRange range) const {
    return std::min((range.high + 1) * tile, extent) - range.low * tile;
  }

  static constexpr int64_t maxCells = 128;
  int64_t extent, tile, tiles, step, cells;
};

/// A map of tiles: how many of each class are in each of its cells.
struct TileMap {
  TileMap(const OpExtents &extents, TileExtents tiles)
      : queries(extents.queries, tiles.queries), keys(extents.keys, tiles.keys),
        cells(queries.cells * keys.cells) {}

  TileCounts getTotal() const;
  /// Counts the tiles of a box, or takes them away again.
  void add(IntegerRange queryTiles, IntegerRange keyTiles, TileClass which,
           int sign = 1);

  TileAxis queries, keys;
  std::vector<TileCounts> cells; ///< By query, then by key.
  double visited = 0;            ///< Pairs of elements in tiles with work.
  bool isAbout = false;          ///< By some of the tiles only.
};

} // namespace

TileCounts TileMap::getTotal() const {
  TileCounts total;
  for (const TileCounts &cell : cells) {
    total.empty += cell.empty;
    total.full += cell.full;
    total.partial += cell.partial;
  }
  return total;
}

void TileMap::add(IntegerRange queryTiles, IntegerRange keyTiles,
                  TileClass which, int sign) {
  for (int64_t y = queryTiles.low / queries.step;
       y <= queryTiles.high / queries.step; ++y)
    for (int64_t x = keyTiles.low / keys.step; x <= keyTiles.high / keys.step;
         ++x)
      cells[y * keys.cells + x].add(which,
                                    sign * queries.countTiles(queryTiles, y) *
                                        keys.countTiles(keyTiles, x));
  if (which != TileClass::empty)
    visited +=
        sign * queries.countElements(queryTiles) * keys.countElements(keyTiles);
}

/// The tiles of a mask.
static TileMap readMask(const NaturalMask &mask, const OpExtents &extents,
                        TileExtents tiles) {
  // Some tenths of a second, and more than a window over millions of tokens.
  constexpr size_t maxBoxes = size_t(1) << 18;
  TileMap map(extents, tiles);
  map.isAbout = !mask.visit(
      tiles, maxBoxes,
      [&](IntegerRange queryTiles, IntegerRange keyTiles, TileClass which,
          bool) { map.add(queryTiles, keyTiles, which); });
  return map;
}

/// The tiles that a constant walk lists for a head of the first sequence; none
/// if they are not known, or it lists what is not there.
static std::optional<TileMap> readWalk(AttentionOp op, OpExtents extents,
                                       TileExtents size, int64_t head) {
  DenseIntElementsAttr rows, tiles;
  if (!matchPattern(op.getWalkRows(), m_Constant(&rows)) ||
      !matchPattern(op.getWalkTiles(), m_Constant(&tiles)))
    return std::nullopt;
  ArrayRef<int64_t> shape = cast<ShapedType>(rows.getType()).getShape();
  TileMap map(extents, size);
  if (shape[2] != map.queries.tiles)
    return std::nullopt;
  map.add({0, map.queries.tiles - 1}, {0, map.keys.tiles - 1},
          TileClass::empty);
  int64_t first = head * map.queries.tiles;
  auto fields = rows.getValues<int32_t>();
  auto list = tiles.getValues<int32_t>();
  auto isBelow = [](int64_t x, int64_t limit) { return x >= 0 && x < limit; };
  for (int64_t row = 0; row < map.queries.tiles; ++row) {
    auto field = [&](unsigned n) -> int64_t {
      return fields[4 * (first + row) + n];
    };
    for (int64_t n = 0; n < field(2); ++n) {
      if (!isBelow(field(0), map.queries.tiles) ||
          !isBelow(field(1) + n, tiles.size()) ||
          !isBelow(list[field(1) + n], map.keys.tiles))
        return std::nullopt;
      IntegerRange query{field(0), field(0)};
      IntegerRange key{list[field(1) + n], list[field(1) + n]};
      map.add(query, key, TileClass::empty, -1);
      map.add(query, key, n < field(3) ? TileClass::partial : TileClass::full);
    }
  }
  return map;
}

namespace {

/// Heads whose maps are alike.
struct HeadGroup {
  std::string name;
  int64_t heads;
  TileMap map;
};

} // namespace

/// "heads 0-3, 7"
static std::string nameHeads(ArrayRef<int64_t> heads) {
  std::string text = heads.size() == 1 ? "head " : "heads ";
  llvm::raw_string_ostream os(text);
  for (size_t n = 0; n < heads.size();) {
    size_t end = n;
    while (end + 1 < heads.size() && heads[end + 1] == heads[end] + 1)
      ++end;
    os << (n == 0 ? "" : ", ") << heads[n];
    if (end != n)
      os << "-" << heads[end];
    n = end + 1;
  }
  return text;
}

/// The tiles of an op's walk or else of its mask, of tiles of this size;
/// nothing if they are not known. Of more heads than `maxHeads` nothing is
/// known but what holds for all.
static std::vector<HeadGroup> groupHeads(AttentionOp op, OpExtents extents,
                                         TileExtents tiles,
                                         const Sizes &sizes) {
  constexpr int64_t maxHeads = 64;
  Value rows = op.getWalkRows();
  int64_t heads = 1;
  if (rows)
    heads = cast<ShapedType>(rows.getType()).getDimSize(1);
  else if (!op.getMask().empty() && extents.heads <= maxHeads &&
           !op.getMask().getArgument(dimH).use_empty())
    heads = std::max<int64_t>(extents.heads, 1);
  auto find = [&](int64_t head) -> std::optional<TileMap> {
    if (rows)
      return readWalk(op, extents, tiles, head);
    NaturalMask mask(op, extents,
                     heads == 1 ? std::nullopt : std::optional(head),
                     [&](Value value) { return sizes.valueOf(value); });
    if (!mask.isKnown())
      return std::nullopt;
    return readMask(mask, extents, tiles);
  };
  std::vector<HeadGroup> groups;
  SmallVector<SmallVector<int64_t>> members;
  for (int64_t head = 0; head < heads; ++head) {
    std::optional<TileMap> map = find(head);
    if (!map)
      return {};
    auto same = llvm::find_if(groups, [&](const HeadGroup &group) {
      return group.map.cells == map->cells;
    });
    if (same == groups.end()) {
      groups.push_back({"all heads", 0, std::move(*map)});
      same = std::prev(groups.end());
      members.emplace_back();
    }
    ++same->heads;
    members[same - groups.begin()].push_back(head);
  }
  if (heads != 1)
    for (auto [group, heads] : llvm::zip_equal(groups, members))
      group.name = nameHeads(heads);
  return groups;
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

namespace {

/// Draws maps of tiles, one beside the other, a line for each op.
class Picture {
public:
  Picture() : svg(body) {}

  /// Starts a line of maps.
  void startLine(StringRef text) {
    breakLine();
    writeText(margin, top + 18, 15, escape(text), "bold");
    top += 30;
  }
  void add(StringRef title, const TileMap &map);
  void write(llvm::raw_ostream &os);

private:
  void breakLine() {
    top += lineHeight;
    left = margin;
    lineHeight = 0;
  }
  static constexpr int margin = 64, side = 448;
  static std::string escape(StringRef text) {
    std::string result;
    for (char c : text)
      if (c == '<')
        result += "&lt;";
      else if (c == '>')
        result += "&gt;";
      else if (c == '&')
        result += "&amp;";
      else
        result += c;
    return result;
  }
  void writeText(double x, double y, int size, StringRef text,
                 StringRef weight = "normal", StringRef anchor = "start") {
    svg << "<text x=\"" << llvm::format("%.1f", x) << "\" y=\""
        << llvm::format("%.1f", y) << "\" font-size=\"" << size
        << "\" font-weight=\"" << weight << "\" text-anchor=\"" << anchor
        << "\">" << text << "</text>\n";
  }

  std::string body;
  llvm::raw_string_ostream svg;
  double top = 40, left = margin, lineHeight = 0, width = 560;
};

} // namespace

/// From white to a class's colour.
static std::string mix(double full, double partial) {
  auto channel = [&](int strong, int weak) {
    double rest = 1 - full - partial;
    return int(full * strong + partial * weak + rest * 244 + 0.5);
  };
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(
      "#%02x%02x%02x", channel(31, 240), channel(84, 150), channel(150, 40));
  return text;
}

/// The colour of a cell. One with some work in it can be told from one without.
static std::string getColor(const TileCounts &tiles) {
  double work = tiles.full + tiles.partial;
  double all = std::min(tiles.empty + work, 4 * std::max(work, 1.0));
  return mix(tiles.full / all, tiles.partial / all);
}

void Picture::add(StringRef title, const TileMap &map) {
  if (left > 4 * side)
    breakLine();
  const TileAxis &queries = map.queries, &keys = map.keys;
  double scale = double(side) / std::max(queries.extent, keys.extent);
  double width = std::max(scale * keys.extent, side / 4.0),
         height = std::max(scale * queries.extent, side / 4.0);
  double x0 = left + 24, y0 = top + 26;
  writeText(x0, top + 14, 12, escape(title));
  svg << "<g shape-rendering=\"crispEdges\">\n<rect x=\"" << x0 << "\" y=\""
      << y0 << "\" width=\"" << width << "\" height=\"" << height
      << "\" fill=\"#f4f4f4\" stroke=\"#888\"/>\n";
  double cellWidth = width / keys.cells, cellHeight = height / queries.cells;
  for (int64_t row = 0; row < queries.cells; ++row) {
    std::string last;
    double start = 0;
    auto flush = [&](double end) {
      if (!last.empty() && last != "#f4f4f4")
        svg << llvm::format("<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                            "height=\"%.2f\" fill=\"%s\"/>\n",
                            x0 + start * cellWidth, y0 + row * cellHeight,
                            (end - start) * cellWidth, cellHeight,
                            last.c_str());
    };
    int64_t column = 0;
    for (; column < keys.cells; ++column) {
      std::string color = getColor(map.cells[row * keys.cells + column]);
      if (color == last)
        continue;
      flush(column);
      last = color;
      start = column;
    }
    flush(column);
  }
  svg << "</g>\n";
  double bottom = y0 + height;
  writeText(x0, bottom + 14, 10, "0", "normal", "middle");
  writeText(x0 + width, bottom + 14, 10, std::to_string(keys.tiles), "normal",
            "middle");
  writeText(x0, bottom + 30, 12,
            "key tiles of " + std::to_string(keys.tile) + " keys");
  if (queries.step != 1 || keys.step != 1)
    writeText(x0, bottom + 46, 10,
              "a cell is " + std::to_string(queries.step) + " by " +
                  std::to_string(keys.step) + " tiles" +
                  (map.isAbout ? ", by some of them" : "") +
                  ": darker where more have work");
  writeText(x0 - 6, y0 + 8, 10, "0", "normal", "end");
  writeText(x0 - 6, bottom, 10, std::to_string(queries.tiles), "normal", "end");
  svg << llvm::format("<g transform=\"translate(%.1f %.1f) rotate(-90)\">\n",
                      x0 - 30, y0 + height / 2);
  std::string label =
      "query tiles of " + std::to_string(queries.tile) + " queries";
  writeText(0, 0, 12, label, "normal", "middle");
  svg << "</g>\n";
  left += side + margin + 24;
  this->width = std::max(this->width, left);
  lineHeight = std::max(lineHeight, height + 92);
}

void Picture::write(llvm::raw_ostream &os) {
  double height = top + lineHeight + 10;
  os << llvm::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
                     "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                     "font-family=\"sans-serif\">\n",
                     width, height, width, height);
  os << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  double x = margin;
  for (auto [text, color] : {std::pair("full: no mask needed", mix(1, 0)),
                             {"partial: the mask decides", mix(0, 1)},
                             {"empty: not visited", mix(0, 0)}}) {
    os << llvm::format("<rect x=\"%.0f\" y=\"12\" width=\"14\" height=\"14\" "
                       "fill=\"%s\" stroke=\"#888\"/>\n<text x=\"%.0f\" "
                       "y=\"24\" font-size=\"12\">%s</text>\n",
                       x, color.c_str(), x + 20, text);
    x += 190;
  }
  os << body << "</svg>\n";
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct AttnExplainPass final
    : fovea::attn::impl::AttnExplainBase<AttnExplainPass> {
  using Base::Base;

  void runOnOperation() override {
    if (assumed < 1 || assumed > maxSize) {
      getOperation().emitError("attn-explain: assumed is from 1 to ")
          << maxSize << ", got " << assumed.getValue();
      return signalPassFailure();
    }
    // The decisions, on a copy of the ops with their masks.
    OwningOpRef<ModuleOp> given = getOperation().clone();
    PassManager masks(&getContext());
    masks.addPass(createAttnWalkToMask());
    if (failed(masks.run(*given)))
      return signalPassFailure();
    OwningOpRef<ModuleOp> decided = given->clone();
    PassManager pm(&getContext());
    AttnReorderTokensOptions reorder;
    reorder.target = target;
    pm.addPass(createAttnReorderTokens(reorder));
    AttnListTilesOptions list;
    list.target = target;
    pm.addPass(createAttnListTiles(list));
    AttnSelectScheduleOptions schedule;
    schedule.target = target;
    pm.addPass(createAttnSelectSchedule(schedule));
    if (failed(pm.run(*decided)))
      return signalPassFailure();
    SmallVector<AttentionOp> before, after;
    given->walk([&](AttentionOp op) { before.push_back(op); });
    decided->walk([&](AttentionOp op) { after.push_back(op); });

    std::string text;
    llvm::raw_string_ostream os(text);
    Picture picture;
    for (auto [was, is] : llvm::zip_equal(before, after))
      explain(os, picture, was, is);
    if (before.empty())
      os << "no attn.attention\n";
    markAllAnalysesPreserved();
    if (failed(writeFile(output, [&](llvm::raw_ostream &os) { os << text; })))
      return signalPassFailure();
    if (!svg.empty() && failed(writeFile(svg, [&](llvm::raw_ostream &os) {
          picture.write(os);
        })))
      return signalPassFailure();
  }

private:
  LogicalResult writeFile(StringRef name,
                          llvm::function_ref<void(llvm::raw_ostream &)> body) {
    std::string message;
    std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(name, &message);
    if (!file)
      return getOperation().emitError("attn-explain: ") << message;
    body(file->os());
    file->os().flush();
    if (std::error_code code = file->os().error()) {
      file->os().clear_error();
      return getOperation().emitError("attn-explain: cannot write '")
             << name << "': " << code.message();
    }
    file->keep();
    return success();
  }

  void explain(llvm::raw_ostream &os, Picture &picture, AttentionOp was,
               AttentionOp is);
};

} // namespace

/// "12.5%", or "0.0039%".
static llvm::format_object<double> percent(double share) {
  bool isSmall = share > 0 && share < 0.01;
  return llvm::format(isSmall ? "%.2g%%" : "%.1f%%", 100 * share);
}

void AttnExplainPass::explain(llvm::raw_ostream &os, Picture &picture,
                              AttentionOp was, AttentionOp is) {
  Sizes sizes(getOperation());
  OpExtents extents(was, [&](Value value, unsigned axis) {
    return sizes.sizeOf(value, axis);
  });
  auto function = was->getParentOfType<FunctionOpInterface>();
  std::string name =
      function ? ("@" + function.getName()).str() : std::string("attention");
  std::string open;
  for (auto [size, what] : {std::pair(&extents.queries, "queries"),
                            std::pair(&extents.keys, "keys")})
    if (*size < 0) {
      *size = assumed;
      open += (open.empty() ? "" : " and of ") + std::string(what);
    }
  name += ": " + std::to_string(extents.queries) + " queries, " +
          std::to_string(extents.keys) + " keys";
  os << name << "\n";
  if (!open.empty()) {
    name += " (the number of " + open + " is assumed)";
    os << "  the number of " << open
       << " is assumed: neither the types nor fovea.dims say it\n";
  }
  if (extents.queries == 0 || extents.keys == 0) {
    os << "  schedule: " << is.getScheduleAttr() << "\n";
    return;
  }
  picture.startLine(name);
  auto schedule = cast<tile::ScheduleAttrInterface>(is.getScheduleAttr());
  auto moved = is.getQuery().getDefiningOp<ReorderOp>();
  double all = double(extents.queries) * extents.keys;
  double visited = 0;
  bool isAbout = false;
  // Prints the maps of an op and gives whether they are known.
  auto describe = [&](AttentionOp op, StringRef tokens) {
    TileExtents tiles{schedule.getQueryTile(), schedule.getKeyTile()};
    if (std::optional<ArrayRef<int64_t>> shape = op.getWalkShape())
      tiles = {(*shape)[0], (*shape)[1]};
    OpExtents places = extents;
    if (op != was) { // Tokens move for static numbers of them only.
      places.queries = OpExtents(op).queries;
      places.keys = OpExtents(op).keys;
    }
    std::vector<HeadGroup> groups = groupHeads(op, places, tiles, sizes);
    int64_t heads = 0;
    visited = 0;
    isAbout = false;
    for (const HeadGroup &group : groups) {
      const TileMap &map = group.map;
      std::string title = group.name + tokens.str();
      TileCounts total = map.getTotal();
      StringRef about = map.isAbout ? "about " : "";
      os << "  " << title << ": " << map.queries.tiles << " x "
         << map.keys.tiles << " tiles of " << tiles.queries << " queries by "
         << tiles.keys << " keys: " << about
         << llvm::format("%.0f empty, %.0f full, %.0f partial\n", total.empty,
                         total.full, total.partial)
         << "    pairs in tiles with work: " << about
         << percent(map.visited / all) << " of all\n";
      picture.add(title, map);
      heads += group.heads;
      isAbout |= map.isAbout;
      visited += map.visited * group.heads;
    }
    visited /= std::max<int64_t>(heads, 1);
    return !groups.empty();
  };
  bool isKnown = describe(was, moved ? ", tokens as they are numbered" : "");
  if (!moved && is.getWalkRows() && !was.getWalkRows())
    os << "  walk: a list of these tiles, made when the op is compiled\n";
  if (moved) {
    isKnown = describe(is, ", tokens moved");
    os << "  order: " << moved.getOrderAttr() << "\n";
  }
  if (!isKnown)
    os << "  the tiles are not known before it runs\n";
  os << "  schedule: " << is.getScheduleAttr() << "\n";
  if (isKnown)
    os << "  expected time: " << (isAbout ? "about " : "")
       << percent(std::min(1.0, visited / all))
       << " of the same attention without a mask\n";
}
