//===- AttnSyntax.cpp - Custom syntax of the ops that form scores ---------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   attn.attention ins(%q : T)
//     dense(%k, %v : T, T) lengths(%n : T) start(%x)
//     factors(%f, %g : T, T) sinks(%s : T) origin(%b, %h, %i, %j) walk<128,
//     128>(%r, %t : T, T) outs(%o, %l : T, T) score(%s, %b, %h, %i, %j, %name =
//     %operand : T) { ... } mask(%b, %h, %i, %j) { ... } attributes {...}
//
//===----------------------------------------------------------------------===//

#include "fovea/Dialect/Attn/IR/Attn.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace fovea::attn;

namespace {

/// Operands of one group, with their types.
struct Group {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types;
};

/// What the custom syntax holds, in the order of the op's operand groups.
struct ScoreSyntax {
  Group query, keys, values, lengths, tables, starts, factors, scoreCaptures,
      maskCaptures, origin, walk, tail, outputs;
  SmallVector<Attribute> segments;
  SmallVector<int64_t> walkShape;
};

} // namespace

/// `(` operands `:` types `)`
static ParseResult parseGroup(OpAsmParser &parser, Group &group) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLParen() || parser.parseOperandList(operands) ||
      parser.parseColonTypeList(types) || parser.parseRParen())
    return failure();
  if (operands.size() != types.size())
    return parser.emitError(loc)
           << operands.size() << " operands have " << types.size() << " types";
  llvm::append_range(group.operands, operands);
  llvm::append_range(group.types, types);
  return success();
}

/// `(` operands `)`, all of type index.
static ParseResult parseIndices(OpAsmParser &parser, Group &group) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  if (parser.parseOperandList(operands, OpAsmParser::Delimiter::Paren))
    return failure();
  for (auto &operand : operands) {
    group.operands.push_back(operand);
    group.types.push_back(parser.getBuilder().getIndexType());
  }
  return success();
}

/// Segments: kind, keys and values, then what belongs to them.
static ParseResult parseSegments(OpAsmParser &parser, ScoreSyntax &syntax,
                                 bool hasValues) {
  StringRef keyword;
  while (succeeded(
      parser.parseOptionalKeyword(&keyword, {"dense", "packed", "paged"}))) {
    SegmentKind kind = *symbolizeSegmentKind(keyword);
    int64_t pageSize = 0;
    if (kind == SegmentKind::paged &&
        (parser.parseLess() || parser.parseInteger(pageSize) ||
         parser.parseGreater()))
      return failure();
    Group operands;
    SMLoc loc = parser.getCurrentLocation();
    if (parseGroup(parser, operands))
      return failure();
    if (operands.operands.size() != (hasValues ? 2 : 1))
      return parser.emitError(loc)
             << "a segment of this op has "
             << (hasValues ? "keys and values" : "keys and no values");
    syntax.keys.operands.push_back(operands.operands[0]);
    syntax.keys.types.push_back(operands.types[0]);
    if (hasValues) {
      syntax.values.operands.push_back(operands.operands[1]);
      syntax.values.types.push_back(operands.types[1]);
    }
    bool hasLengths = false, hasStart = false;
    Group offsets, table;
    while (succeeded(parser.parseOptionalKeyword(
        &keyword, {"lengths", "start", "offsets", "table"}))) {
      ParseResult parsed = success();
      if (keyword == "lengths") {
        hasLengths = true;
        parsed = parseGroup(parser, syntax.lengths);
      } else if (keyword == "start") {
        hasStart = true;
        parsed = parseIndices(parser, syntax.starts);
      } else {
        parsed = parseGroup(parser, keyword == "table" ? table : offsets);
      }
      if (parsed)
        return failure();
    }
    for (Group *group : {&offsets, &table}) {
      llvm::append_range(syntax.tables.operands, group->operands);
      llvm::append_range(syntax.tables.types, group->types);
    }
    bool hasOffsets = kind != SegmentKind::packed && !offsets.operands.empty();
    auto segment = SegmentAttr::getChecked(
        [&] { return parser.emitError(loc); }, parser.getContext(), kind,
        pageSize, hasLengths, hasStart, hasOffsets);
    if (!segment)
      return failure();
    syntax.segments.push_back(segment);
  }
  return success();
}

/// `<` queries `,` keys `>`
static ParseResult parseWalkShape(OpAsmParser &parser,
                                  SmallVectorImpl<int64_t> &shape) {
  shape.resize(2);
  return failure(parser.parseLess() || parser.parseInteger(shape[0]) ||
                 parser.parseComma() || parser.parseInteger(shape[1]) ||
                 parser.parseGreater());
}

/// shape `(` rows `,` tiles (`,` masks)? `:` types `)`
static ParseResult parseWalk(OpAsmParser &parser, ScoreSyntax &syntax) {
  SMLoc loc = parser.getCurrentLocation();
  if (parseWalkShape(parser, syntax.walkShape) ||
      parseGroup(parser, syntax.walk))
    return failure();
  if (syntax.walk.operands.size() != 2 && syntax.walk.operands.size() != 3)
    return parser.emitError(loc) << "a walk has rows and tiles, and may have "
                                    "masks";
  return success();
}

/// `(` %s `,` %b ... `,` %name `=` %operand `:` type ... `)` region
static ParseResult parseRegion(OpAsmParser &parser, ArrayRef<Type> coordinates,
                               Group &captures, Region &region) {
  SmallVector<OpAsmParser::Argument> arguments;
  auto parseArgument = [&]() -> ParseResult {
    OpAsmParser::Argument &argument = arguments.emplace_back();
    if (parser.parseArgument(argument))
      return failure();
    if (failed(parser.parseOptionalEqual())) {
      if (arguments.size() > coordinates.size())
        return parser.emitError(argument.ssaName.location)
               << "expected '=' and the captured operand after "
               << argument.ssaName.name << "; the region has "
               << coordinates.size() << " arguments of its own";
      argument.type = coordinates[arguments.size() - 1];
      return success();
    }
    return failure(parser.parseOperand(captures.operands.emplace_back()) ||
                   parser.parseColonType(captures.types.emplace_back()) ||
                   (argument.type = captures.types.back(), false));
  };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren,
                                     parseArgument))
    return failure();
  if (arguments.size() - captures.operands.size() != coordinates.size())
    return parser.emitError(loc) << "expected " << coordinates.size()
                                 << " arguments before the captured ones, got "
                                 << arguments.size() - captures.operands.size();
  return parser.parseRegion(region, arguments);
}

/// Parses everything; `tailKeyword` names the group before the outputs (sinks
/// or lse).
static ParseResult parseScoreOp(OpAsmParser &parser, OperationState &result,
                                bool hasValues, StringRef tailKeyword) {
  ScoreSyntax syntax;
  Builder &builder = parser.getBuilder();
  if (parser.parseKeyword("ins") || parseGroup(parser, syntax.query) ||
      parseSegments(parser, syntax, hasValues))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("factors")) &&
      parseGroup(parser, syntax.factors))
    return failure();
  if (succeeded(parser.parseOptionalKeyword(tailKeyword)) &&
      parseGroup(parser, syntax.tail))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("origin")) &&
      parseIndices(parser, syntax.origin))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("walk")) &&
      parseWalk(parser, syntax))
    return failure();
  if (parser.parseKeyword("outs") || parseGroup(parser, syntax.outputs))
    return failure();

  Region *score = result.addRegion(), *mask = result.addRegion();
  // The type of the scores comes with the attributes, which come last, so the
  // accumulator is named here where it is not f32.
  Type accumulator = builder.getF32Type(), index = builder.getIndexType();
  if (succeeded(parser.parseOptionalKeyword("score"))) {
    if (succeeded(parser.parseOptionalLess()) &&
        (parser.parseType(accumulator) || parser.parseGreater()))
      return failure();
    if (parseRegion(parser, {accumulator, index, index, index, index},
                    syntax.scoreCaptures, *score))
      return failure();
  }
  if (succeeded(parser.parseOptionalKeyword("mask")) &&
      parseRegion(parser, {index, index, index, index}, syntax.maskCaptures,
                  *mask))
    return failure();
  // Here, as an attribute of the wrong kind would not become a property.
  SMLoc attributes = parser.getCurrentLocation();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      failed(result.name.verifyInherentAttrs(
          result.attributes, [&] { return parser.emitError(attributes); })))
    return failure();
  result.addAttribute("segments", builder.getArrayAttr(syntax.segments));
  if (!syntax.walkShape.empty())
    result.addAttribute("walk_shape",
                        builder.getDenseI64ArrayAttr(syntax.walkShape));

  SmallVector<Group *> groups = {&syntax.query, &syntax.keys};
  if (hasValues)
    groups.push_back(&syntax.values);
  for (Group *group :
       {&syntax.lengths, &syntax.tables, &syntax.starts, &syntax.factors,
        &syntax.scoreCaptures, &syntax.maskCaptures, &syntax.origin,
        &syntax.walk, &syntax.tail, &syntax.outputs})
    groups.push_back(group);
  SmallVector<int32_t> sizes;
  for (Group *group : groups) {
    size_t size = group->operands.size();
    if (group == &syntax.walk)
      sizes.append({size > 0, size > 1, size > 2}); // Rows, tiles, masks.
    else if (group == &syntax.factors)
      sizes.append({size > 0, int32_t(size > 0 ? size - 1 : 0)});
    else
      sizes.push_back(size);
    if (parser.resolveOperands(group->operands, group->types,
                               parser.getCurrentLocation(), result.operands))
      return failure();
  }
  result.addAttribute("operandSegmentSizes",
                      builder.getDenseI32ArrayAttr(sizes));
  for (Type type : syntax.outputs.types)
    if (isa<RankedTensorType>(type))
      result.addTypes(type);
  return success();
}

static void printGroup(OpAsmPrinter &printer, StringRef keyword,
                       ValueRange values) {
  printer << keyword << '(' << values << " : " << values.getTypes() << ')';
}

static void printSegments(OpAsmPrinter &printer, ScoreOpInterface op,
                          ValueRange values) {
  unsigned length = 0, table = 0, start = 0;
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    auto segment = cast<SegmentAttr>(attribute);
    printer.printNewline();
    printer << "    " << stringifySegmentKind(segment.getKind());
    if (segment.getKind() == SegmentKind::paged)
      printer << '<' << segment.getPageSize() << '>';
    SmallVector<Value, 2> operands = {op.getKeys()[n]};
    if (!values.empty())
      operands.push_back(values[n]);
    printGroup(printer, "", operands);
    if (unsigned offsets = segment.getNumOffsets())
      printGroup(printer, " offsets", op.getTables().slice(table, offsets));
    table += segment.getNumTables();
    if (segment.getKind() == SegmentKind::paged)
      printGroup(printer, " table", op.getTables()[table - 1]);
    if (segment.getHasLengths())
      printGroup(printer, " lengths", op.getLengths()[length++]);
    if (segment.getHasStart())
      printer << " start(" << op.getStarts()[start++] << ')';
  }
}

static void printRegion(OpAsmPrinter &printer, StringRef keyword,
                        Region &region, ValueRange captures) {
  if (region.empty())
    return;
  printer.printNewline();
  printer << "    " << keyword << '(';
  auto arguments = region.getArguments();
  size_t own = arguments.size() - captures.size();
  llvm::interleaveComma(arguments.take_front(own), printer,
                        [&](BlockArgument argument) {
                          printer.printRegionArgument(argument, {},
                                                      /*omitType=*/true);
                        });
  for (auto [argument, capture] :
       llvm::zip(arguments.drop_front(own), captures)) {
    printer << ", ";
    printer.printRegionArgument(argument, {}, /*omitType=*/true);
    printer << " = " << capture << " : " << capture.getType();
  }
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

/// The custom syntax needs the properties that it derives to be derivable.
static void printScoreOp(OpAsmPrinter &printer, ScoreOpInterface op,
                         ValueRange values, StringRef tailKeyword,
                         ValueRange tail, ValueRange outputs,
                         ArrayRef<StringRef> elided) {
  printGroup(printer, " ins", op.getQuery());
  printSegments(printer, op, values);
  printer.printNewline();
  printer << "   ";
  if (Value factors = op.getQueryFactors()) {
    SmallVector<Value> all = {factors};
    llvm::append_range(all, op.getKeyFactors());
    printGroup(printer, " factors", all);
  }
  if (!tail.empty())
    printGroup(printer, (" " + tailKeyword).str(), tail);
  if (!op.getOrigin().empty())
    printer << " origin(" << op.getOrigin() << ')';
  if (std::optional<ArrayRef<int64_t>> shape = op.getWalkShape()) {
    printer << " walk<" << *shape << '>';
    SmallVector<Value> lists = {op.getWalkRows(), op.getWalkTiles()};
    if (Value masks = op.getWalkMasks())
      lists.push_back(masks);
    printGroup(printer, "", lists);
  }
  printGroup(printer, " outs", outputs);
  std::string score = "score";
  if (!op.getScore().empty() && op.getScore().getNumArguments() &&
      !op.getScore().getArgument(0).getType().isF32()) {
    llvm::raw_string_ostream stream(score);
    stream << '<' << op.getScore().getArgument(0).getType() << '>';
  }
  printRegion(printer, score, op.getScore(), op.getScoreCaptures());
  printRegion(printer, "mask", op.getMask(), op.getMaskCaptures());
  printer.printOptionalAttrDictWithKeyword(op->getAttrs(), elided);
}

ParseResult AttentionOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseScoreOp(parser, result, /*hasValues=*/true, "sinks");
}

void AttentionOp::print(OpAsmPrinter &printer) {
  printScoreOp(printer, *this, getValues(), "sinks",
               getSinks() ? ValueRange(getSinks()) : ValueRange(), getOutputs(),
               {"operandSegmentSizes", "segments", "walk_shape"});
}

ParseResult ScoreReduceOp::parse(OpAsmParser &parser, OperationState &result) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<ScoreReducer> reducer = symbolizeScoreReducer(keyword);
  if (!reducer)
    return parser.emitError(loc)
           << "'" << keyword << "' is no reducer; there is column_sum";
  result.addAttribute("reducer",
                      ScoreReducerAttr::get(parser.getContext(), *reducer));
  return parseScoreOp(parser, result, /*hasValues=*/false, "lse");
}

void ScoreReduceOp::print(OpAsmPrinter &printer) {
  printer << ' ' << stringifyScoreReducer(getReducer());
  printScoreOp(printer, *this, {}, "lse", getLse(), getOutputs(),
               {"operandSegmentSizes", "segments", "walk_shape", "reducer"});
}

//===----------------------------------------------------------------------===//
// attn.walk.from_mask<128, 128> sizes(%sq, %skv) outs(%r, %t : T, T)
//   mask(%b, %h, %i, %j, %name = %operand : T) { ... } attributes {...}
//===----------------------------------------------------------------------===//

ParseResult WalkFromMaskOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<int64_t> shape;
  Group sizes, outputs, captures;
  SMLoc loc = parser.getCurrentLocation();
  if (parseWalkShape(parser, shape) || parser.parseKeyword("sizes") ||
      parseIndices(parser, sizes) || parser.parseKeyword("outs") ||
      parseGroup(parser, outputs) || parser.parseKeyword("mask"))
    return failure();
  if (sizes.operands.size() != 2)
    return parser.emitError(loc) << "sizes are those of queries and keys";
  if (outputs.operands.size() != 2 && outputs.operands.size() != 3)
    return parser.emitError(loc) << "the outputs are rows and tiles, and masks "
                                    "if wanted";
  Type index = parser.getBuilder().getIndexType();
  if (parseRegion(parser, {index, index, index, index}, captures,
                  *result.addRegion()) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  result.addAttribute("walk_shape",
                      parser.getBuilder().getDenseI64ArrayAttr(shape));
  for (Group *group : {&sizes, &captures, &outputs})
    if (parser.resolveOperands(group->operands, group->types, loc,
                               result.operands))
      return failure();
  int32_t numMasks = outputs.operands.size() - 2;
  result.addAttribute("operandSegmentSizes",
                      parser.getBuilder().getDenseI32ArrayAttr(
                          {1, 1, static_cast<int32_t>(captures.operands.size()),
                           1, 1, numMasks}));
  for (Type type : outputs.types)
    if (isa<RankedTensorType>(type))
      result.addTypes(type);
  return success();
}

void WalkFromMaskOp::print(OpAsmPrinter &printer) {
  printer << '<' << getWalkShape() << "> sizes(" << getQueries() << ", "
          << getKeys() << ')';
  printer.printNewline();
  printer << "   ";
  printGroup(printer, " outs", getDpsInits());
  printRegion(printer, "mask", getMask(), getMaskCaptures());
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {"operandSegmentSizes", "walk_shape"});
}
