//===- Arguments.cpp - Values of an entry's arguments ---------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"

#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <cstdlib>
#include <random>
#include <unistd.h>

using namespace mlir;
using namespace fovea;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

Expected<ElementKind> fovea::elementKind(Type type) {
  if (type.isF32())
    return ElementKind::F32;
  if (type.isF16())
    return ElementKind::F16;
  if (type.isBF16())
    return ElementKind::BF16;
  if (type.isF64())
    return ElementKind::F64;
  if (type.isInteger(1))
    return ElementKind::Bool;
  if (type.isInteger(8))
    return ElementKind::I8;
  if (type.isInteger(16))
    return ElementKind::I16;
  if (type.isInteger(32))
    return ElementKind::I32;
  if (type.isInteger(64) || type.isIndex())
    return ElementKind::I64;
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return createStringError("elements of type " + text +
                           " can't be passed; supported are f16, bf16, f32, "
                           "f64, i1, i8, i16, i32, i64 and index");
}

void fovea::poison(NpyArray &array) {
  int64_t count = array.data.size() / elementSize(array.kind);
  for (int64_t n = 0; n < count; ++n)
    switch (array.kind) {
    case ElementKind::F16:
    case ElementKind::BF16:
    case ElementKind::F32:
    case ElementKind::F64:
      storeElement(array.kind, array.data.data(), n, std::nan(""));
      break;
    default:
      std::memset(array.data.data(), 0x80, array.data.size());
      return;
    }
}

static std::string describe(func::FuncOp entry, unsigned position) {
  return "argument " + std::to_string(position) + " of @" +
         entry.getName().str();
}

static std::string shapeText(ArrayRef<int64_t> shape) {
  return "(" +
         llvm::join(llvm::map_range(shape,
                                    [](int64_t extent) {
                                      return ShapedType::isDynamic(extent)
                                                 ? std::string("?")
                                                 : std::to_string(extent);
                                    }),
                    ", ") +
         ")";
}

static std::optional<int64_t> integerOf(Attribute attribute) {
  auto integer = dyn_cast_or_null<IntegerAttr>(attribute);
  if (!integer || !integer.getValue().isSignedIntN(63))
    return std::nullopt;
  return integer.getValue().getSExtValue();
}

static std::optional<double> numberOf(Attribute attribute) {
  if (auto number = dyn_cast_or_null<FloatAttr>(attribute))
    return number.getValueAsDouble();
  return integerOf(attribute);
}

/// Fails unless the module's attribute fovea.dims, if there is one, gives
/// sizes.
static Error checkSizes(ModuleOp module) {
  Attribute sizes = module->getAttr("fovea.dims");
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(sizes);
  if (!sizes ||
      (dictionary && llvm::all_of(dictionary, [](NamedAttribute size) {
         return integerOf(size.getValue()).has_value();
       })))
    return Error::success();
  return createStringError("fovea.dims of the module is no dictionary of "
                           "sizes; write {NAME = SIZE, ...}");
}

/// Fails unless the attributes of an argument that are read here are such as
/// makeArguments describes.
static Error checkArgument(func::FuncOp entry, unsigned position) {
  Type type = entry.getArgumentTypes()[position];
  if (Attribute dims = entry.getArgAttr(position, "fovea.dims")) {
    auto shaped = dyn_cast<RankedTensorType>(type);
    auto names = dyn_cast<ArrayAttr>(dims);
    if (!names || !shaped ||
        names.size() != static_cast<size_t>(shaped.getRank()) ||
        !llvm::all_of(names, llvm::IsaPred<StringAttr>))
      return createStringError(describe(entry, position) +
                               ": fovea.dims is not a string for each "
                               "dimension; write \"\" for one without name");
  }
  Attribute low = entry.getArgAttr(position, "fovea.low");
  Attribute high = entry.getArgAttr(position, "fovea.high");
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(type));
  auto isNumber = [&](Attribute bound) {
    return !bound || (isFloat ? numberOf(bound).has_value()
                              : integerOf(bound).has_value());
  };
  if (!isNumber(low) || !isNumber(high))
    return createStringError(describe(entry, position) +
                             ": fovea.low and fovea.high are " +
                             (isFloat ? "numbers" : "integers"));
  double range = numberOf(high).value_or(1) - numberOf(low).value_or(0);
  if ((low || high) && !(range >= 0 && std::isfinite(range)))
    return createStringError(describe(entry, position) +
                             ": fovea.high (1 if not given) is below fovea.low "
                             "(0 if not given)");
  return Error::success();
}

Error fovea::checkAttributes(func::FuncOp entry) {
  if (Error error = checkSizes(entry->getParentOfType<ModuleOp>()))
    return error;
  if (Attribute attribute = entry->getAttr("fovea.useful_fraction")) {
    auto useful = dyn_cast<FloatAttr>(attribute);
    double fraction = useful ? useful.getValueAsDouble() : -1;
    if (!(fraction >= 0 && fraction <= 1))
      return createStringError("@" + entry.getName() +
                               ": fovea.useful_fraction is no float from 0 to "
                               "1");
  }
  for (unsigned n = 0; n < entry.getNumArguments(); ++n)
    if (Error error = checkArgument(entry, n))
      return error;
  return Error::success();
}

/// Collects the sizes of named dimensions as arguments are made.
namespace {
class Dimensions {
public:
  Dimensions(func::FuncOp entry, const ArgumentSources &sources)
      : entry(entry), given(sources.dims) {
    auto module = entry->getParentOfType<ModuleOp>();
    if (auto defaults = module->getAttrOfType<DictionaryAttr>("fovea.dims"))
      for (NamedAttribute entry : defaults)
        sizes[entry.getName().getValue()] = *integerOf(entry.getValue());
    for (const auto &size : given)
      sizes[size.first()] = size.second;
  }

  /// Name of a dimension; empty without one.
  StringRef name(unsigned position, unsigned axis) {
    auto names = entry.getArgAttrOfType<ArrayAttr>(position, "fovea.dims");
    return names ? cast<StringAttr>(names[axis]).getValue() : StringRef();
  }

  Expected<SmallVector<int64_t>> shape(unsigned position, ShapedType type) {
    SmallVector<int64_t> shape(type.getShape());
    for (auto [axis, extent] : llvm::enumerate(shape)) {
      if (!ShapedType::isDynamic(extent))
        continue;
      StringRef dim = name(position, axis);
      auto it = sizes.find(dim);
      if (dim.empty() || it == sizes.end())
        return createStringError(
            describe(entry, position) + " has a dynamic dimension " +
            std::to_string(axis) +
            (dim.empty()
                 ? ", which has no name: give the argument the attribute "
                   "fovea.dims = [\"...\"], or a file by --in"
                 : " called " + dim.str() + "; give its size by --dims " +
                       dim.str() + "=SIZE"));
      extent = it->second;
      if (extent < 0)
        return createStringError("dimension " + dim.str() +
                                 " has a negative size");
    }
    return shape;
  }

  /// A file's shape gives sizes to dimensions without one.
  Error learn(unsigned position, ShapedType type, ArrayRef<int64_t> shape) {
    for (auto [axis, extent] : llvm::enumerate(shape))
      if (StringRef dim = name(position, axis);
          !dim.empty() && type.isDynamicDim(axis)) {
        if (learned.count(dim) && sizes[dim] != extent)
          return createStringError(
              describe(entry, position) + " has " + std::to_string(extent) +
              " for dimension " + dim.str() + ", which is " +
              std::to_string(sizes[dim]) + " in an earlier file");
        if (auto it = given.find(dim);
            it != given.end() && it->second != extent)
          return createStringError(describe(entry, position) + " has " +
                                   std::to_string(extent) + " for dimension " +
                                   dim.str() + ", which --dims gives as " +
                                   std::to_string(it->second));
        learned.insert({dim, true});
        sizes[dim] = extent;
      }
    return Error::success();
  }

private:
  func::FuncOp entry;
  const llvm::StringMap<int64_t> &given;
  llvm::StringMap<int64_t> sizes;
  llvm::StringMap<bool> learned;
};
} // namespace

static Expected<NpyArray> readArgument(func::FuncOp entry, unsigned position,
                                       ShapedType type, ElementKind kind,
                                       StringRef path) {
  Expected<NpyArray> array = readNpy(path, kind);
  if (!array)
    return array.takeError();
  bool fits = array->shape.size() == static_cast<size_t>(type.getRank());
  for (int64_t axis = 0; fits && axis < type.getRank(); ++axis)
    fits =
        type.isDynamicDim(axis) || type.getDimSize(axis) == array->shape[axis];
  if (!fits)
    return createStringError(path + ": has shape " + shapeText(array->shape) +
                             ", but " + describe(entry, position) + " is " +
                             shapeText(type.getShape()));
  return array;
}

static bool isFloatKind(ElementKind kind) {
  return kind == ElementKind::F16 || kind == ElementKind::BF16 ||
         kind == ElementKind::F32 || kind == ElementKind::F64;
}

static void fillRandom(func::FuncOp entry, unsigned position, NpyArray &array,
                       uint64_t seed) {
  std::mt19937_64 generator(seed * 1000003 + position);
  int64_t count = array.data.size() / elementSize(array.kind);
  Attribute low = entry.getArgAttr(position, "fovea.low");
  Attribute high = entry.getArgAttr(position, "fovea.high");
  std::vector<double> values(count);
  if (isFloatKind(array.kind)) {
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform(numberOf(low).value_or(0),
                                                   numberOf(high).value_or(1));
    for (double &value : values)
      value = low || high ? uniform(generator) : normal(generator);
  } else {
    std::uniform_int_distribution<int64_t> uniform(integerOf(low).value_or(0),
                                                   integerOf(high).value_or(1));
    for (double &value : values)
      value = uniform(generator);
  }
  if (entry.getArgAttr(position, "fovea.sorted"))
    llvm::sort(values);
  for (int64_t n = 0; n < count; ++n)
    storeElement(array.kind, array.data.data(), n, values[n]);
}

/// Whether this process can have that much memory, within its limits and the
/// machine's.
static bool hasMemory(int64_t bytes) {
  double machine = double(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  void *memory = bytes < machine ? std::malloc(bytes ? bytes : 1) : nullptr;
  std::free(memory);
  return memory;
}

Expected<std::vector<Argument>>
fovea::makeArguments(func::FuncOp entry, const ArgumentSources &sources,
                     ArrayRef<bool> outputs) {
  if (sources.files.size() > entry.getNumArguments())
    return createStringError(
        "--in gives " + std::to_string(sources.files.size()) + " files, but @" +
        entry.getName().str() + " has " +
        std::to_string(entry.getNumArguments()) + " arguments");
  Dimensions dimensions(entry, sources);
  std::vector<Argument> arguments;
  for (unsigned n = 0; n < entry.getNumArguments(); ++n) {
    Type type = entry.getArgumentTypes()[n];
    Argument argument;
    auto shaped = dyn_cast<RankedTensorType>(type);
    argument.isScalar = !shaped;
    if (!shaped) {
      if (!type.isIntOrIndexOrFloat())
        return createStringError(describe(entry, n) +
                                 " is neither a ranked tensor nor a scalar");
      shaped = RankedTensorType::get({}, type);
    }
    argument.elementType = shaped.getElementType();
    Expected<ElementKind> kind = elementKind(shaped.getElementType());
    if (!kind)
      return createStringError(describe(entry, n) + ": " +
                               toString(kind.takeError()));
    if (n < sources.files.size()) {
      auto array = readArgument(entry, n, shaped, *kind, sources.files[n]);
      if (!array)
        return array.takeError();
      if (Error error = dimensions.learn(n, shaped, array->shape))
        return std::move(error);
      argument.array = std::move(*array);
    } else {
      auto shape = dimensions.shape(n, shaped);
      if (!shape)
        return shape.takeError();
      argument.array.kind = *kind;
      argument.array.shape = *shape;
      int64_t count = 1;
      for (int64_t extent : *shape)
        if (__builtin_mul_overflow(count, extent, &count) ||
            count > (int64_t(1) << 40))
          return createStringError(describe(entry, n) + " of shape " +
                                   shapeText(*shape) + " is too large");
      // Random values are made in f64 first.
      if (!hasMemory(count * (elementSize(*kind) + sizeof(double))))
        return createStringError(describe(entry, n) + " of shape " +
                                 shapeText(*shape) +
                                 " doesn't fit in memory; give smaller sizes "
                                 "by --dims");
      argument.array.data.resize(count * elementSize(*kind));
      if (outputs[n])
        poison(argument.array);
      else
        fillRandom(entry, n, argument.array, sources.seed);
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

reference::Array fovea::toReference(const Argument &argument) {
  reference::Array array(argument.array.shape, argument.elementType);
  int64_t count = array.getNumElements();
  const char *data = argument.array.data.data();
  for (int64_t n = 0; n < count; ++n) {
    if (array.isFloat())
      array.floats[n] = loadElement(argument.array.kind, data, n);
    else if (argument.array.kind == ElementKind::I64)
      std::memcpy(&array.ints[n], data + 8 * n, 8);
    else
      array.ints[n] = loadElement(argument.array.kind, data, n);
  }
  return array;
}

JitArgument fovea::toJit(Argument &argument) {
  JitArgument result;
  result.isMemRef = !argument.isScalar;
  char *data = argument.array.data.data();
  if (argument.isScalar)
    std::memcpy(&result.scalar, data, argument.array.data.size());
  else
    result.view = MemRefView::rowMajor(data, argument.array.shape);
  return result;
}
